"""What `--compare` finds and `--accept` writes, graded on paper."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from paper_grader import NOON, PaperGrader, run_on_paper
from tiny_course import TinyCourse

from autograder.course.course_yml import load_course
from autograder.errors import UsageError
from autograder.results.result_json import load_result
from autograder.runs.compare import Comparison, accept, compare
from autograder.runs.run import Ran
from autograder.runs.why_changed import GIVEN_CHANGED

pytestmark = [pytest.mark.gradebook, pytest.mark.filterwarnings("default")]  # nbgrader's and alembic's own
OVERRIDE = "- {student: s01, assignment: sums, check: a.b, points: 75, reason: read by hand, by: A}\n"


@pytest.fixture
def graded(tiny_course: TinyCourse) -> TinyCourse:
    """Two students, graded."""
    tiny_course.hand_in("s01", "# 60")
    tiny_course.hand_in("s02", "# 100")
    run_on_paper(tiny_course)
    return tiny_course


def compared(course: TinyCourse, grader: PaperGrader | None = None, *, force: bool = False) -> Comparison:
    """Compare on paper, an hour after the run."""
    opened = (grader or PaperGrader()).opened
    later = NOON + timedelta(hours=1)
    return compare(load_course(course.root), [course.root], opened, clock=lambda: later, force=force)


def accepted(course: TinyCourse) -> tuple[Ran, int]:
    """Accept, two hours after the run."""
    return accept(load_course(course.root), [course.root], clock=lambda: NOON + timedelta(hours=2))


def score(course: TinyCourse, student: str) -> float:
    """As it lies on disk."""
    return float(json.loads(course.result(student).read_bytes())["score"])


def told(comparison: Comparison) -> list[tuple[str, float | None, bool, str]]:
    return [(d.student, d.gain, d.moves, d.why) for d in comparison.differences]


def test_a_submission_that_changed_and_a_new_one(graded: TinyCourse) -> None:
    """The one moves by so much, the other is new; who did not change is only counted."""
    graded.hand_in("s01", "# 70")
    graded.hand_in("s03", "# 0")
    found = compared(graded)
    assert told(found) == [("s01", 10, True, "submission changed"), ("s03", None, False, "new")]
    assert [check.id for check in found.differences[0].checks] == ["a.b"]
    assert found.kept == 1
    assert score(graded, "s01") == 60


def test_a_second_comparison_grades_nothing(graded: TinyCourse) -> None:
    """Unless it is forced to; what it says is the same."""
    graded.hand_in("s01", "# 70")
    first = compared(graded)
    grader = PaperGrader()
    assert told(compared(graded, grader)) == told(first)
    assert grader.graded == []
    compared(graded, grader, force=True)
    assert grader.graded == ["s01", "s02"]


def test_an_override_is_compared_too(graded: TinyCourse) -> None:
    """With its reason; accepted, it is what a run would have written."""
    (graded.root / "overrides.yml").write_text(OVERRIDE)
    assert told(compared(graded)) == [("s01", 15, True, GIVEN_CHANGED)]
    ran, left = accepted(graded)
    assert (score(graded, "s01"), len(ran.fresh), left) == (75, 1, 0)
    assert run_on_paper(graded).planned == ()


def test_a_due_date_that_moved_needs_no_grading(graded: TinyCourse) -> None:
    """It is shown and accepted like the rest."""
    course_file = graded.root / "course.yml"
    course_file.write_text(course_file.read_text() + "    max_score: 50\n")
    grader = PaperGrader()
    assert [(d.student, d.gain) for d in compared(graded, grader).differences] == [("s01", -30), ("s02", -50)]
    assert (grader.graded, score(graded, "s01")) == ([], 60)
    accepted(graded)
    assert (score(graded, "s01"), score(graded, "s02")) == (30, 50)


def test_what_changed_since_is_left(graded: TinyCourse) -> None:
    """Nobody has seen what it would come to. The rest is accepted, once."""
    graded.hand_in("s01", "# 70")
    graded.hand_in("s02", "# 90")
    compared(graded)
    graded.hand_in("s02", "# 10")
    ran, left = accepted(graded)
    assert ([graded.student for graded in ran.fresh], left) == (["s01"], 1)
    assert (score(graded, "s01"), score(graded, "s02")) == (70, 100)
    with pytest.raises(UsageError, match=r"1 submissions have changed.*--compare first"):
        accepted(graded)


def test_a_run_knows_how_much_it_waited_for_a_processor(graded: TinyCourse) -> None:
    """A share of the time of what it graded; none where it graded nothing."""
    ran = run_on_paper(graded)
    assert ran.waited == 0.0
    result = load_result(graded.result("s01"))
    fresh = (replace(result, seconds=3.0, waited=0.0), replace(result, seconds=1.0, waited=1.0))
    assert replace(ran, fresh=fresh).waited == 0.25


def test_accepting_where_nothing_is_to_do(graded: TinyCourse) -> None:
    """Is no mistake."""
    ran, left = accepted(graded)
    assert (ran.fresh, ran.kept, left) == ((), 2, 0)
