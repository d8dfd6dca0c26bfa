"""A student's way through the course: what is counted, what is shown, and that nothing they wrote becomes markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from records import graded_submission

from autograder.pages.dashboard import dashboard
from autograder.pages.progress import progress_file, progress_page, write_progress_pages
from autograder.pages.progress_view import Stage, progress_name, progress_view
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

EVIL = '</p><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"\' onload="x'
DUE = datetime(2026, 10, 1, 12, tzinfo=UTC)
COURSE = Course(
    root=Path(),
    title="Sums",
    term="",
    timezone="UTC",
    secret="",
    assignments=(
        Assignment(slug="sums", title="Adding up", weight=1, due=DUE),
        Assignment(slug="products", title="Times", weight=3),
        Assignment(slug="powers", title="Powers", weight=1, excused=("s02",)),
    ),
    roster=(Student(id="s01", name="Student 01"),),
)
PASSED = CheckResult(id="add.values", title="add gives the sum", outcome=Outcome.PASSED, points=60, max_points=60)
MINUS = Misconception(id="minus", hint="Which sign brings two numbers together?")
LOST = CheckResult(
    id="total.values",
    title="total gives the sum of a list",
    outcome=Outcome.FAILED,
    points=10,
    max_points=40,
    misconception=MINUS,
)


def graded(slug: str, *checks: CheckResult, student: str = "s01", **changes: object) -> GradedSubmission:
    """A submission whose score is the sum of its points."""
    return graded_submission(*checks, assignment=slug, student=student, **changes)


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def stages(view: object) -> list[Stage]:
    """The stage of each lesson."""
    return [lesson.stage for lesson in view.lessons]  # type: ignore[attr-defined]


def test_a_lesson_is_completed_when_no_point_is_lost_and_lateness_changes_nothing_about_it() -> None:
    """Right but late is completed; a check that could not run here does not stand in the way."""
    skipped = replace(LOST, outcome=Outcome.SKIPPED, points=0)
    view = progress_view(COURSE, "s01", [graded("sums", PASSED, skipped, score=30, late=Late(days=3, penalty=30))])
    assert stages(view) == [Stage.COMPLETED, Stage.OPEN, Stage.OPEN]
    assert (view.lessons[0].right, view.lessons[0].of) == (1, 1)
    assert (view.completed, view.asked) == (1, 3)


def test_what_is_open_is_each_check_with_points_to_gain() -> None:
    """A lesson with a lost check is begun, and says which."""
    view = progress_view(COURSE, "s01", [graded("sums", PASSED, LOST)])
    assert stages(view)[0] is Stage.BEGUN
    assert [check.id for check in view.lessons[0].open] == ["total.values"]


def test_a_lesson_we_could_not_judge_is_not_the_student_s_to_mend() -> None:
    """It is not judged yet, none of its unjudged checks is open, and there is no total."""
    ungraded = replace(PASSED, outcome=Outcome.UNGRADED, points=0)
    view = progress_view(COURSE, "s01", [graded("sums", ungraded, score=None), graded("products", PASSED, LOST)])
    assert stages(view) == [Stage.UNJUDGED, Stage.BEGUN, Stage.OPEN]
    assert view.lessons[0].open == ()
    assert (view.total, view.so_far) == (None, 70)


def test_an_idea_seen_in_two_checks_is_one_idea_and_the_dearest_comes_first() -> None:
    """Points to gain are added up over the checks of one assignment."""
    other = replace(LOST, id="x.values", points=35, misconception=Misconception(id="x", hint="?"))
    again = replace(LOST, id="total.empty", points=0, max_points=20)
    view = progress_view(COURSE, "s01", [graded("sums", other, LOST, again)])
    assert [(idea.id, idea.points, len(idea.checks)) for idea in view.ideas] == [("minus", 50, 2), ("x", 5, 1)]


def test_an_idea_whose_points_a_human_gave_back_is_not_missing() -> None:
    """Where nothing is lost, nothing is missing."""
    view = progress_view(COURSE, "s01", [graded("sums", replace(LOST, points=40, outcome=Outcome.PASSED))])
    assert (view.ideas, stages(view)[0]) == ((), Stage.COMPLETED)


def test_the_total_counts_what_is_missing_as_nothing_and_so_far_only_what_is_graded() -> None:
    """Weights 1, 3 and 1: 70 of the first alone is 14 percent of the course."""
    view = progress_view(COURSE, "s01", [graded("sums", PASSED, LOST)])
    assert (view.total, view.so_far) == (14, 70)


def test_an_excused_lesson_is_neither_open_nor_asked_for() -> None:
    """It is left out of the count; others' results are passed over."""
    view = progress_view(COURSE, "s02", [graded("sums", PASSED)])
    assert stages(view) == [Stage.OPEN, Stage.OPEN, Stage.EXCUSED]
    assert (view.completed, view.asked, view.total, view.so_far) == (0, 2, 0, None)


def test_the_date_is_the_student_s_own() -> None:
    """An extension stands in the place of the deadline."""
    later = datetime(2026, 10, 9, 12, tzinfo=UTC)
    first = replace(COURSE.assignments[0], extensions={"s01": later})
    course = replace(COURSE, assignments=(first, *COURSE.assignments[1:]))
    assert progress_view(course, "s01", []).lessons[0].due == later
    assert "2026-10-09 12:00" in progress_page(course, "s01", [])


def test_nothing_a_student_wrote_becomes_markup() -> None:
    """A script in a name, an id, a title or a hint is text on the page."""
    bad = replace(LOST, id=EVIL, title=EVIL, misconception=Misconception(id=EVIL, hint=EVIL))
    course = replace(COURSE, title=EVIL, roster=(Student(id=EVIL, name=EVIL),))
    page = progress_page(course, EVIL, [graded("sums", bad, student=EVIL)])
    tags = Tags(page).found
    assert not [tag for tag, _ in tags if tag in ("script", "img")]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert "49" not in page.replace(EVIL, "")


def test_the_page_leads_only_to_the_student_s_own_pages_and_loads_nothing() -> None:
    """No link to the dashboard, to others or to another place; the policy forbids loading."""
    page = progress_page(COURSE, "s01", [graded("sums", PASSED, LOST), graded("products", PASSED, student="s02")])
    links = {attributes["href"] for _, attributes in Tags(page).found if "href" in attributes}
    own = "../assignments/sums/feedback/s01/index.html"
    assert links == {own, f"{own}#check-total.values"}
    assert not [attributes for _, attributes in Tags(page).found if "src" in attributes]
    assert "default-src 'none'" in page


@pytest.mark.parametrize(("feedback", "told"), [("full", True), ("hints", True), ("scores", False)])
def test_ideas_are_told_where_the_course_tells_hints(feedback: str, told: bool) -> None:
    """What the other pages withhold is withheld here."""
    page = progress_page(replace(COURSE, feedback=feedback), "s01", [graded("sums", LOST)])
    assert (MINUS.hint in page) is told


def test_pages_are_written_for_those_who_are_named_each_once(tmp_path: Path) -> None:
    """A student with two results gets one page, one who is not named none."""
    results = [graded("sums", PASSED), graded("products", PASSED), graded("sums", PASSED, student="s02")]
    assert write_progress_pages(COURSE, results, tmp_path, ["s01", "s01"]) == (progress_file(tmp_path, "s01"),)
    assert [file.name for file in (tmp_path / "feedback").iterdir()] == ["s01.html"]
    assert "<strong>2</strong> of 3 lessons" in progress_file(tmp_path, "s01").read_text("utf-8")


def test_no_student_s_page_lies_where_the_dashboard_or_another_s_does() -> None:
    """A student called index, in any letters, has a page of another name."""
    names = [progress_name(student) for student in ("index", "Index", "index_", "index__", "indexes", "s01")]
    assert "index.html" not in [name.casefold() for name in names]
    assert len(set(names)) == len(names)


def test_the_dashboard_leads_to_each_student_who_handed_in() -> None:
    """A name that means something in an address is quoted; who handed in nothing has no page to lead to."""
    page = dashboard(COURSE, [graded("sums", PASSED, student="a#b?")])
    links = {attributes.get("href") for tag, attributes in Tags(page).found if tag == "a"}
    assert "a%23b%3F.html" in links
    assert "s01.html" not in links
