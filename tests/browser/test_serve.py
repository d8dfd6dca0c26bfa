"""The service in a real Chromium: a hand-in by keyboard alone, told without a reload; every page audited."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from chromium import audit, open_browser
from paper_grader import PaperGrader
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from served import served, with_roster
from tiny_course import make_tiny_course

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


class Held(PaperGrader):
    """Grades when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def submit(self, fn, /, *args, **kwargs):
        self.go.wait(60)
        return super().submit(fn, *args, **kwargs)


def tab_to(browser, text):
    """Go on by Tab to the control of that text."""
    for _ in range(20):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        focused = browser.switch_to.active_element
        if text in (focused.text, focused.get_attribute("id")):
            return focused
    raise AssertionError(text)


def test_a_hand_in_by_keyboard_is_told_as_it_goes_and_no_page_has_a_fault(tmp_path: Path) -> None:
    course = with_roster(make_tiny_course(tmp_path / "course"))
    grader, found = Held(), []
    for number, points in enumerate((60, 100)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "sums.py").write_text(f"# {points}\nx = {number}\n")
    with served(course, grader, gradebook=False) as site, open_browser(tmp_path / "profile") as browser:
        wait = WebDriverWait(browser, 60, poll_frequency=0.2)

        def go(path):
            browser.get(site.url + path)
            found.extend(audit(browser, path))

        browser.get(site.link("s01"))
        found += audit(browser, "enter")
        tab_to(browser, "Go on as Ada Lovelace").send_keys(Keys.ENTER)
        wait.until(lambda driver: "Your assignments" in driver.page_source)
        found += audit(browser, "home")
        tab_to(browser, "Adding up").send_keys(Keys.ENTER)
        wait.until(lambda driver: driver.find_elements(By.ID, "files"))
        found += audit(browser, "assignment")
        tab_to(browser, "files").send_keys(str(tmp_path / "0" / "sums.py"))
        tab_to(browser, "Hand in").send_keys(Keys.ENTER)
        wait.until(lambda driver: "/h/1" in driver.current_url)
        found += audit(browser, "queued")
        browser.execute_script("window.sameDocument = true")
        wait.until(lambda driver: "being graded now" in driver.find_element(By.ID, "live").text)
        grader.go.set()
        wait.until(lambda driver: "60 of 100 points" in driver.find_element(By.ID, "live").text)
        assert browser.execute_script("return window.sameDocument") is True
        found += audit(browser, "done")
        tab_to(browser, "Read the page, with what to look at next").send_keys(Keys.ENTER)
        wait.until(lambda driver: "What to look at next" in driver.page_source and "/page" in driver.current_url)
        assert browser.find_elements(By.LINK_TEXT, "Back to this attempt")  # axe cannot run there, as nothing can
        go("/a/sums")
        browser.find_element(By.ID, "files").send_keys(str(tmp_path / "1" / "sums.py"))
        browser.find_element(By.CSS_SELECTOR, "form[enctype] button").click()
        wait.until(lambda driver: "100 of 100 points" in driver.find_element(By.ID, "live").text)
        for path in ("/h/2", "/a/sums", "/h/99"):
            go(path)
        browser.delete_all_cookies()
        browser.get(site.link("instructor", "instructor"))
        browser.find_element(By.CSS_SELECTOR, "button.main").click()
        wait.until(lambda driver: "2 done" in driver.find_element(By.ID, "live").text.replace("\n", " "))
        wait.until(lambda _: (course.root / "feedback/index.html").exists())
        for path in ("/class", "/class/sums/s01", "/feedback/index.html"):
            go(path)
        shown = [each["message"] for each in browser.get_log("browser") if "404" not in each["message"]]
    assert found == []
    assert shown == []
