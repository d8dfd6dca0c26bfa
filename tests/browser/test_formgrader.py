"""Formgrader for real: the list of submissions, a student's notebook, the autograde button, the scores."""

import nbformat
import pytest
from released_course import call, make_released_course
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [pytest.mark.browser, pytest.mark.jail, pytest.mark.gradebook, pytest.mark.filterwarnings("default")]
RIGHT = "def add(a, b):\n    return a + b\n\n\ndef total(numbers):\n    return max(numbers)\n"


def text_of(driver, selector):
    return " ".join(element.text for element in driver.find_elements(By.CSS_SELECTOR, selector))


def scores_in(driver):
    return {box.get_attribute("placeholder") for box in driver.find_elements(By.CSS_SELECTOR, "input.score")}


def test_formgrader_shows_and_regrades(tmp_path, jupyter, jupyter_browser):
    """A script graded by `grade` is listed with its score; the button grades a notebook; its cells have scores."""
    course = make_released_course(tmp_path / "course")
    call(course.root, "grade", "release")
    course.hand_in("s01", RIGHT)
    call(course.root, "grade", "assignments/")
    notebook = nbformat.read(course.root / "assignments/sums/release/sums.ipynb", 4)
    for cell in notebook.cells:
        if cell.source.startswith("def add"):
            cell.source = "def add(a, b):\n    return a + b"
    course.hand_in("s02", nbformat.writes(notebook).encode(), name="sums.ipynb")

    server = jupyter(course.root, "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}")
    browser, wait = jupyter_browser, WebDriverWait(jupyter_browser, 120, poll_frequency=1)
    browser.get(f"{server}/formgrader/manage_submissions/sums")
    wait.until(lambda driver: "s02" in text_of(driver, "table"))
    rows = {row.text.split()[0]: row for row in browser.find_elements(By.CSS_SELECTOR, "tbody tr") if row.text}
    listed = text_of(browser, "tbody")
    assert "60 / 100" in listed
    assert "needs autograding" in listed
    row = next(row for row in rows.values() if "s02" in row.text)
    row.find_element(By.CSS_SELECTOR, ".autograde a").click()
    wait.until(lambda driver: text_of(driver, "tbody").count("60 / 100") == 2)
    assert course.result("s02").exists()

    browser.get(f"{server}/formgrader/gradebook/sums/sums")
    wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "tbody a"))
    browser.find_element(By.CSS_SELECTOR, "tbody a").click()
    wait.until(lambda driver: scores_in(driver) == {"60", "0"})  # formgrader asks for them after it has drawn the boxes
    assert "def total" in text_of(browser, "body")

    browser.find_element(By.PARTIAL_LINK_TEXT, "The full report").click()
    wait.until(lambda driver: driver.current_url.endswith("/index.html"))
    wait.until(lambda driver: "What to look at next" in text_of(driver, "body"))
