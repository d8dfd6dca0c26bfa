"""A launch in a frame of an LMS, in a real Chromium that blocks third-party cookies, over https on two sites."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from chromium import audit, open_browser
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from launching import arrives, registered
from lms_platform import lms_of
from paper_grader import PaperGrader
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served import served, with_roster
from tiny_course import make_tiny_course

from autograder.server.lti.pages import LtiPages

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]
ROSTER = "student,name,email\ns01,Ada Lovelace,ada@example.org\n"


def certificate(folder: Path) -> dict[str, str]:
    """A certificate of the two sites, and its key, as uvicorn takes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    hosts = [x509.DNSName("lms.test"), x509.DNSName("grade.test"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = {"ssl_certfile": folder / "cert.pem", "ssl_keyfile": folder / "key.pem"}
    files["ssl_certfile"].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    files["ssl_keyfile"].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return {name: str(file) for name, file in files.items()}


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """Both sites are on this machine, and this process trusts their certificate."""
    files = certificate(tmp_path)
    there = socket.getaddrinfo

    def getaddrinfo(host, *more, **named):
        name = host.decode() if isinstance(host, bytes) else host
        return there("127.0.0.1" if isinstance(name, str) and name.endswith(".test") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("SSL_CERT_FILE", files["ssl_certfile"])
    return files


def test_a_student_works_in_the_frame_of_an_lms(tmp_path, tls, monkeypatch):
    """From the activity to the verdict; and out into a window of its own. The pages have no fault"""
    course = with_roster(make_tiny_course(tmp_path / "course"), ROSTER)
    (tmp_path / "sums.py").write_text("# 60\n")
    with (
        lms_of("moodle", url="https://lms.test:{port}", **tls) as lms,
        served(course, PaperGrader(), public_url="https://grade.test:{port}", tls=tls) as site,
        open_browser(tmp_path / "profile", blocks_third_parties=True, hosts=".test") as browser,
    ):
        passing = (NoSuchElementException, StaleElementReferenceException)  # while a page goes
        wait = WebDriverWait(browser, 60, poll_frequency=0.2, ignored_exceptions=passing)
        registered(site, lms)
        lms.activity("l1")
        lms.person("11", "Ada Lovelace", email="ada@example.org")
        lms.person("90", "Emmy Noether", role="Instructor")
        book = site.store.lti_book()

        def click(sub):
            browser.get(f"{lms.url}/activity?sub={sub}&link=l1&assignment=sums")
            browser.switch_to.frame(browser.find_element(By.ID, "tool"))

        def said(text):
            wait.until(lambda driver: text in driver.find_element(By.TAG_NAME, "body").text)

        # The control: the same launch with a cookie that is not partitioned is lost.
        partitioned = LtiPages._cookie
        monkeypatch.setattr(LtiPages, "_cookie", lambda *given: partitioned(*given).replace("; Partitioned", ""))
        click("11")
        said("did not bring the cookie back")
        monkeypatch.setattr(LtiPages, "_cookie", partitioned)

        click("90")
        said("Not connected yet")
        (context,) = book.contexts()
        book.connect(context.id)
        click("90")
        said("The queue")
        click("11")
        said("Adding up")
        browser.find_element(By.ID, "files").send_keys(str(tmp_path / "sums.py"))
        browser.find_element(By.CSS_SELECTOR, "form[enctype] button").click()
        said("60 of 100 points")
        arrives(lms, "11", "l1", 60.0)
        first = browser.current_window_handle
        browser.find_element(By.LINK_TEXT, "Open in a window of its own").click()
        wait.until(lambda driver: len(driver.window_handles) == 2)
        browser.switch_to.window(next(each for each in browser.window_handles if each != first))
        said("This link is for Ada Lovelace")
        browser.find_element(By.CSS_SELECTOR, "button.main").click()
        said("Your assignments")

        browser.get(site.link("instructor", "instructor"))
        browser.find_element(By.CSS_SELECTOR, "button.main").click()
        said("Your LMS")
        browser.get(f"{site.url}/class/lms")
        said("1 mark arrived")
        assert audit(browser, "class-lms") == []
