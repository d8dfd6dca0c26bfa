"""A student's page: what it tells at each level, and that nothing a student wrote becomes markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from records import graded_submission

from autograder.pages.student_page import page_file, student_page, write_student_page
from autograder.records import (
    Assignment,
    CheckResult,
    Course,
    GradedSubmission,
    Late,
    Misconception,
    Outcome,
    Student,
)

FAILED = CheckResult(
    id="add.values",
    title="add gives the sum",
    outcome=Outcome.FAILED,
    points=0,
    max_points=60,
    message="sum is 3; it should be 5.",
    expected="5",
    observed="3",
    misconception=Misconception(id="minus", hint="Which sign brings two numbers together?"),
    picture='<svg class="picture"><title>bars</title></svg>',
)
PASSED = CheckResult(id="total.values", title="total sums", outcome=Outcome.PASSED, points=40, max_points=40)


def graded(**changes: object) -> GradedSubmission:
    """A half-right submission, with changes."""
    record = graded_submission(
        FAILED,
        PASSED,
        submission_sha256="ab" * 32,
        files=("sums.py",),
        graded_at=datetime(2026, 10, 1, 12, tzinfo=UTC),
        layers=("bubblewrap",),
        score_before_late=40,
        score=40,
    )
    return replace(record, **changes)


def course(feedback: str = "full", name: str = "Student 01") -> Course:
    """A course of one assignment."""
    return Course(
        root=Path(),
        title="Sums",
        term="",
        timezone="UTC",
        secret="",
        assignments=(Assignment(slug="sums", title="Adding up"),),
        feedback=feedback,
        roster=(Student(id="s01", name=name),),
    )


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_tells_score_message_values_hint_and_picture() -> None:
    """At the level "full" a learner sees what was asked, what came back and what to think about."""
    page = student_page(course(), graded())
    for told in ("<strong>40</strong> of 100", "sum is 3; it should be 5.", "Which sign brings", "<svg", "Student 01"):
        assert told in page


@pytest.mark.parametrize(
    ("level", "shown", "hidden"),
    [
        ("hints", ["Which sign brings", "not right yet"], ["it should be 5", "<code>5</code>", "<svg"]),
        ("scores", ["not right yet", "0 / 60"], ["Which sign brings", "it should be 5", "<code>5</code>", "<svg"]),
    ],
)
def test_a_course_may_withhold_values_or_hints(level: str, shown: list[str], hidden: list[str]) -> None:
    """ "hints" tells ideas and no expected value; "scores" tells outcomes and points alone."""
    page = student_page(course(level), graded())
    assert [text for text in shown if text not in page] == []
    assert [text for text in hidden if text in page] == []


EVIL = '</pre></code><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"\' onload="x'


def test_nothing_a_student_wrote_becomes_markup() -> None:
    """A script in a print, a name, a value, a message or a reason is text on the page."""
    bad = replace(FAILED, message=EVIL, expected=EVIL, observed=EVIL)
    page = student_page(course(name=EVIL), graded(checks=(bad, PASSED), stdout=EVIL, stderr=EVIL, reasons=(EVIL,)))
    tags = Tags(page).found
    assert not [tag for tag, _ in tags if tag in ("script", "img")]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert "49" not in page.replace(EVIL, "")


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    """No address of another place stands in it, and its policy forbids loading any."""
    page = student_page(course(), graded())
    addresses = [value for _, attributes in Tags(page).found for n, value in attributes.items() if n in ("src", "href")]
    assert all(address.startswith("#") for address in addresses if address)
    assert "default-src 'none'" in page


def test_lateness_is_explained() -> None:
    """A late submission's page says how its score came about."""
    page = student_page(course(), graded(late=Late(days=1, penalty=10), score=30))
    assert "40 points for the work, less 10 because it came 1 day late" in page


def test_an_ungraded_submission_has_no_score_and_says_whose_fault_it_was() -> None:
    """No number is shown where there is none."""
    ungraded = replace(PASSED, outcome=Outcome.UNGRADED, points=0)
    page = student_page(course(), graded(checks=(FAILED, ungraded), score=None, score_before_late=None))
    assert "No score yet" in page
    assert "on our side" in page


def test_the_next_step_is_the_idea_that_costs_most() -> None:
    """Two checks lost to one idea are one step with the points of both."""
    other = replace(FAILED, id="add.twice", max_points=20)
    small = replace(FAILED, id="total.empty", max_points=5, misconception=None)
    page = student_page(course(), graded(checks=(small, FAILED, other)))
    assert page.index("add (80 points)") < page.index("total (5 points)")


def test_a_page_that_would_not_change_is_left_as_it_is(tmp_path: Path) -> None:
    """Writing it again touches nothing; another score does; and what is no page any more is written anew."""
    file = write_student_page(course(), graded(), tmp_path)
    before = file.stat().st_ino
    assert write_student_page(course(), graded(), tmp_path).stat().st_ino == before
    assert write_student_page(course(), graded(score=30), tmp_path).stat().st_ino != before
    file.write_bytes(b"")
    write_student_page(course(), graded(), tmp_path)
    assert file.read_text("utf-8") == student_page(course(), graded())


def test_the_page_is_written_beside_the_results(tmp_path: Path) -> None:
    """feedback/<student>/index.html of the assignment."""
    file = write_student_page(course(), graded(), tmp_path)
    assert file == page_file(tmp_path, "sums", "s01") == tmp_path / "assignments/sums/feedback/s01/index.html"
    assert file.read_text("utf-8").startswith("<!doctype html>")
