"""The class dashboard: what is counted, and that nothing a student wrote becomes markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from records import graded_submission

from autograder.pages.class_view import class_view
from autograder.pages.dashboard import dashboard, write_dashboard
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

COURSE = Course(
    root=Path(),
    title="Sums",
    term="",
    timezone="UTC",
    secret="",
    assignments=(Assignment(slug="sums", title="Adding up"),),
    roster=(Student(id="s01"), Student(id="s02"), Student(id="s03"), Student(id="s09", name="Student 09")),
)
PASSED = CheckResult(id="add.values", title="add", outcome=Outcome.PASSED, points=100, max_points=100)
MINUS = Misconception(id="minus", hint="Which sign?")


def graded(student: str, check: CheckResult = PASSED, **changes: object) -> GradedSubmission:
    """A submission with one check."""
    return graded_submission(check, student=student, **changes)


def failed(**changes: object) -> CheckResult:
    """The same check, lost."""
    lost = replace(PASSED, outcome=Outcome.FAILED, points=0, message="sum is 3; it should be 5.")
    return replace(lost, **changes)


def test_scores_are_counted_by_assignment_with_those_who_are_missing() -> None:
    """Mean, median, tenths of the scale, and the roster's students without a submission."""
    (view,) = class_view(COURSE, [graded("s01"), graded("s02", failed()), graded("s03")]).assignments
    assert (view.graded, view.missing, view.median) == (3, ("s09",), 100)
    assert view.histogram == (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)


def test_a_check_nobody_could_judge_is_not_counted_as_lost() -> None:
    """Ungraded and skipped checks are on neither side of the share."""
    ungraded = replace(PASSED, outcome=Outcome.UNGRADED, points=0)
    (check,) = class_view(COURSE, [graded("s01"), graded("s02", failed()), graded("s03", ungraded)]).checks
    assert (check.lost, check.of) == (1, 2)


def test_ideas_are_counted_by_students_and_equal_unnamed_mistakes_are_one_group() -> None:
    """A named idea lists who has it; a fingerprint of one student alone is no group."""
    results = [
        graded("s01", failed(misconception=MINUS)),
        graded("s02", failed(fingerprint="abc")),
        graded("s03", failed(fingerprint="abc")),
        graded("s04", failed(fingerprint="xyz")),
    ]
    view = class_view(COURSE, results)
    assert [(idea.id, idea.students) for idea in view.ideas] == [("minus", ("s01",))]
    assert [(idea.id, idea.students) for idea in view.unnamed] == [("abc", ("s02", "s03"))]


def test_who_hung_died_came_late_or_needs_a_human_is_listed() -> None:
    """Each list holds its own."""
    hung = replace(PASSED, outcome=Outcome.TIMEOUT, points=0)
    died = replace(PASSED, outcome=Outcome.CRASHED, points=0, died=True, message="worded in any way")
    said_so = replace(PASSED, outcome=Outcome.CRASHED, points=0, message="add raised ValueError: gave no answer")
    results = [
        graded("s01", hung),
        graded("s02", late=Late(days=2, penalty=20)),
        graded("s03", needs_human=True, reasons=("look here",)),
        graded("s04", died),
        graded("s05", said_so),
    ]
    view = class_view(COURSE, results)
    assert [g.student for g in view.troubled] == ["s01", "s04"]
    assert [g.student for g in view.late] == ["s02"]
    assert [g.student for g in view.humans] == ["s03"]


def test_the_page_shows_every_student_with_a_link_and_escapes_what_they_wrote() -> None:
    """A script in a message or reason is text; each score leads to its page; the missing have a dash."""
    evil = "<script>alert(1)</script>"
    results = [
        graded("s01", failed(message=evil, fingerprint="abc")),
        graded("s02", failed(message=evil, fingerprint="abc"), needs_human=True, reasons=(evil,)),
    ]
    page = dashboard(COURSE, results)
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert 'href="../assignments/sums/feedback/s01/index.html"' in page
    assert "Student 09" in page


def test_an_empty_class_has_a_page_too(tmp_path: Path) -> None:
    """Before the first submission, the dashboard says so instead of failing."""
    assert "0 submissions" in write_dashboard(COURSE, [], tmp_path).read_text("utf-8")
