"""A real Chromium for tests that look at pages: one set of flags, a profile of its own, and what it asked for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_core_python.base import AXE_SCRIPT

AUDIT = "axe.run(document, {resultTypes: ['violations']}).then(arguments[arguments.length - 1])"
PHONE = 390
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_browser(
    profile: Path, *, width: int = 1280, height: int = 1600, blocks_third_parties: bool = False, hosts: str = ""
) -> Iterator[Any]:
    """A driver of the system's Chromium that writes down its console and every request.

    blocks_third_parties: their cookies, as the browser's setting does. hosts: names that end so are this machine's,
    with certificates of any signer.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--window-size={width},{height}", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    if hosts:
        options.add_argument(f"--host-resolver-rules=MAP *{hosts} 127.0.0.1")
        options.add_argument("--ignore-certificate-errors")
    if blocks_third_parties:
        blocked = {"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": True}
        options.add_experimental_option("prefs", blocked)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(90)
    try:
        yield driver
    finally:
        driver.quit()


def requests_of(driver: Any) -> list[str]:
    """Every address that was asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def show_as(
    driver: Any, *, scheme: str = "light", medium: str = "screen", width: int = 1280, height: int = 1600
) -> None:
    """Look from now on as a screen or sheet of this width in pixels does, light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def audit(browser: Any, name: str) -> list[Any]:
    """What axe complains of, and what sticks out at a phone's width, in both schemes."""
    found: list[Any] = []
    for scheme in ("light", "dark"):
        show_as(browser, scheme=scheme, width=PHONE, height=844)
        if folder := os.environ.get("PICTURES_OF_PAGES"):
            browser.save_screenshot(f"{folder}/{name.strip('/').replace('/', '-')}-{scheme}.png")
        browser.execute_script(AXE_SCRIPT)
        violations = browser.execute_async_script(AUDIT)["violations"]
        found += [(name, scheme, each["id"], each["nodes"][0]["html"][:120]) for each in violations]
    if browser.execute_script("return document.documentElement.scrollWidth") > PHONE:
        found.append((name, "is wider than a phone"))
    return found
