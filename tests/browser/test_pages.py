"""Our pages in a real Chromium, made from real verdicts: whole, readable by everybody, running nobody's script."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_core_python.base import AXE_SCRIPT
from chromium import open_browser, requests_of, show_as
from hostile_page import EVIL_FOLDER, make_hostile_course
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.jail, pytest.mark.filterwarnings("default")]
GRADE = Path(sys.executable).with_name("grade")
PAGES = {
    "right": "assignments/noising/feedback/s01/index.html",
    "wrong": "assignments/noising/feedback/s02/index.html",
    "hostile": f"assignments/noising/feedback/{EVIL_FOLDER}/index.html",
    "way": "feedback/s02.html",
    "hostile way": f"feedback/{EVIL_FOLDER}.html",
    "class": "feedback/index.html",
    "alike": "alike/index.html",
    "pair": "alike/001.html",
}
# A sheet of A4 is 794 of a browser's pixels wide; with usual margins 718 are left.
SHEET, PHONE = 718, 390
AUDIT = "axe.run(document, {resultTypes: ['violations']}).then(arguments[arguments.length - 1])"
HIDDEN = "return [...document.querySelectorAll('pre, .code')].filter(e => e.scrollHeight > e.clientHeight + 1).length"
TOO_WIDE = """
const clips = (e) => e && (getComputedStyle(e).overflowX === 'auto' || clips(e.parentElement));
return [...document.querySelectorAll('body *')].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && (arguments[0] || !clips(e));
}).map((e) => e.outerHTML.slice(0, 90));
"""


def grade(*arguments: object) -> None:
    """Run `grade`."""
    done = subprocess.run([GRADE, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode in (0, 5), done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course graded for real, with the pages of a run and of `grade similar`."""
    root = tmp_path_factory.mktemp("pages") / "course"
    make_hostile_course(root)
    grade(root / "assignments", "--jobs", 1, "--no-gradebook")
    grade("similar", "noising", "--top", 3, "--html", root / "alike", "--course", root)
    return root


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with open_browser(tmp_path_factory.mktemp("chromium")) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        yield driver


@pytest.fixture
def look(course: Path, browser: Any) -> Any:
    """look(name, ...): opens a page, afresh, as `show_as` says; the browser."""

    def opened(name: str, **how: Any) -> Any:
        show_as(browser, **how)
        browser.get_log("browser"), requests_of(browser)
        browser.get((course / PAGES[name]).as_uri())
        return browser

    return opened


def visible_text(browser: Any) -> str:
    """All that a reader can read now."""
    return browser.find_element(By.TAG_NAME, "body").text


def colours_of(element: Any) -> int:
    """How many colours an element shows."""
    picture = Image.open(io.BytesIO(element.screenshot_as_png)).convert("RGB")
    return len(picture.getcolors(picture.width * picture.height) or ())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_but_itself_and_complains_of_nothing(name: str, look: Any) -> None:
    """The one request is for the page; the console stays empty; no script of a student's ran, or was even kept out."""
    browser = look(name)
    assert [address for address in requests_of(browser) if not address.startswith("data:")] == [browser.current_url]
    assert browser.get_log("browser") == []
    assert browser.execute_script("return window.owned") is None
    ours = 1 if name == "class" else 0
    assert len(browser.find_elements(By.TAG_NAME, "script")) == ours
    assert browser.find_elements(By.CSS_SELECTOR, "[onerror], [onload], body img, body style") == []


def test_what_a_student_wrote_is_read_as_it_was_written(look: Any) -> None:
    """A script in a print, a name, an exception, a value or a line of code stands on the page as text."""
    text = visible_text(look("hostile"))
    assert text.count("<script>window.owned = 1</script>") >= 6
    assert EVIL_FOLDER in text
    assert "<script>window.owned = 1</script>" in visible_text(look("class"))
    assert "<script>window.owned = 1</script>" in visible_text(look("way"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_an_audit_of_accessibility_finds_nothing(name: str, scheme: str, look: Any) -> None:
    """axe has no violation to tell: contrast, headings, labels, landmarks, alternative text, keyboard."""
    browser = look(name, scheme=scheme)
    browser.execute_script(AXE_SCRIPT)
    found = browser.execute_async_script(AUDIT)["violations"]
    assert [(problem["id"], problem["nodes"][0]["html"][:120]) for problem in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_a_page_without_scrolling_sideways(name: str, look: Any) -> None:
    """At 390 pixels nothing sticks out; only a wide table moves, within its own frame."""
    browser = look(name, width=PHONE, height=844)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE
    assert browser.execute_script(TOO_WIDE, False) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_sheet_of_paper_shows_all_of_a_page_dark_on_light(name: str, look: Any) -> None:
    """Nothing is cut off at the right, nothing is hidden behind a scroll bar, and ink is not wasted on the ground."""
    browser = look(name, width=SHEET, medium="print", scheme="dark")
    assert browser.execute_script(TOO_WIDE, True) == []
    assert browser.execute_script(HIDDEN) == 0
    ground = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert ground == "rgba(255, 255, 255, 1)"
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_are_shown(scheme: str, look: Any) -> None:
    """Curves, bars and tiles of a wrong submission are drawn, each with a title that says what it is."""
    browser = look("wrong", scheme=scheme)
    pictures = browser.find_elements(By.CSS_SELECTOR, "details[open] svg.picture")
    assert len(pictures) >= 4
    assert all(picture.size["width"] > 300 and colours_of(picture) > 8 for picture in pictures)
    titles = [picture.find_element(By.TAG_NAME, "title").get_attribute("textContent") for picture in pictures]
    assert all("yours" in title or "your" in title for title in titles)


def test_a_check_opens_and_closes_by_keyboard(look: Any) -> None:
    """Tab comes to every check, Enter opens one that was right, and the focus can be seen."""
    browser = look("right")
    check = browser.find_element(By.CSS_SELECTOR, "details")
    assert check.get_attribute("open") is None
    check.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert check.get_attribute("open") is not None
    focused = browser.switch_to.active_element
    assert focused.tag_name == "summary"
    assert focused.value_of_css_property("outline-style") != "none"
    focused.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.tag_name == "summary"


def test_the_next_step_leads_to_its_check(look: Any) -> None:
    """A click on what to look at next brings the check that it is about into view."""
    browser = look("wrong", height=700)
    step = browser.find_element(By.CSS_SELECTOR, "#next + ol a")
    target = browser.find_element(By.ID, step.get_attribute("href").partition("#")[2])
    assert target.get_attribute("open") is not None
    step.click()
    place = "const box = arguments[0].getBoundingClientRect(); return [box.top, innerHeight]"
    top, height = browser.execute_script(place, target)
    assert -1 < top < height


@pytest.mark.parametrize("name", ["way", "hostile way", "class", "alike", "pair"])
def test_every_link_leads_to_a_page_that_is_there(name: str, look: Any) -> None:
    """Also to a student whose name needs escaping in an address."""
    browser = look(name)
    targets = [link.get_attribute("href") for link in browser.find_elements(By.TAG_NAME, "a")]
    assert targets
    files = [Path(unquote(urlsplit(target).path)) for target in targets]
    assert [str(file) for file in files if not file.is_file()] == []


def rows(browser: Any, table: str) -> list[str]:
    """The rows of a table that can be seen, as text."""
    found = browser.find_elements(By.CSS_SELECTOR, f"{table} tbody tr")
    return [row.text for row in found if row.is_displayed()]


def test_the_class_can_be_filtered(look: Any) -> None:
    """Only rows with the words are left; how many is said aloud; without words all are back."""
    browser = look("class")
    everybody = rows(browser, "#matrix")
    box = browser.find_element(By.ID, "filter-students")
    box.send_keys("S03")
    assert [row.split()[0] for row in rows(browser, "#matrix")] == ["s03"]
    assert "1 of 5" in browser.find_element(By.CSS_SELECTOR, "#filter-students ~ output").text
    box.send_keys(Keys.BACKSPACE * 3)
    assert rows(browser, "#matrix") == everybody


def test_the_class_can_be_sorted_by_each_column(look: Any) -> None:
    """By keyboard too: first the largest on top, then the smallest; numbers as numbers, and no score below all."""
    browser = look("class")
    button = browser.find_elements(By.CSS_SELECTOR, "#matrix th button")[1]
    column = "return [...document.querySelectorAll('#matrix tbody tr')].map(r => r.children[1].textContent.trim())"
    button.send_keys(Keys.ENTER)
    falling = browser.execute_script(column)
    button.send_keys(Keys.ENTER)
    rising = browser.execute_script(column)
    scores = [float(text.split()[0]) for text in falling if text != "-"]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 2
    assert falling[-1] == "-"
    assert rising == falling[::-1]
    assert button.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
