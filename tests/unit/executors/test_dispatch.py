"""Jobs go out the longest first, and one that the executor's side lost is tried once more."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace

import pytest
from paper_grader import PaperGrader
from tiny_course import TinyCourse

from autograder.course.course_yml import load_course
from autograder.errors import CourseError, InfrastructureError
from autograder.executors.dispatch import longest_first, verdicts
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import PlannedJob, plan


class Careless(PaperGrader):
    """Loses a student's job as often as it is told."""

    def __init__(self, losses: dict[str, int]) -> None:
        super().__init__()
        self._losses = dict(losses)

    def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
        """A future that is done or lost."""
        future = super().submit(fn, *args, **kwargs)
        student = self.graded[-1]
        if not self._losses.get(student):
            return future
        self._losses[student] -= 1
        lost: Future[object] = Future()
        lost.set_exception(InfrastructureError("its process ended"))
        return lost


@pytest.fixture
def jobs(tiny_course: TinyCourse) -> tuple[PlannedJob, ...]:
    """Those of three students."""
    for student in ("s01", "s02", "s03"):
        tiny_course.hand_in(student, "# 100")
    course = load_course(tiny_course.root)
    return plan(course, find_submissions(course, [course.root]))


def students(jobs: list[PlannedJob]) -> list[str]:
    return [job.job.submission.student for job in jobs]


def test_the_longest_goes_first(jobs: tuple[PlannedJob, ...]) -> None:
    """By its last time; one without goes by the mean of its assignment."""
    timed = [replace(job, seconds=seconds) for job, seconds in zip(jobs, (1.0, None, 7.0), strict=True)]
    assert students(longest_first(timed)) == ["s03", "s02", "s01"]


def test_where_nothing_is_known_the_order_stays(jobs: tuple[PlannedJob, ...]) -> None:
    """As on the first run of a course."""
    assert students(longest_first(jobs)) == ["s01", "s02", "s03"]


def test_the_unknown_goes_before_the_known(jobs: tuple[PlannedJob, ...]) -> None:
    """An assignment that was never graded may hold the longest of all."""
    other = replace(jobs[1].job.submission, assignment="other")
    mixed = [replace(jobs[0], seconds=9.0), replace(jobs[1], job=replace(jobs[1].job, submission=other))]
    assert students(longest_first(mixed)) == ["s02", "s01"]


def test_a_lost_job_is_tried_once_more(jobs: tuple[PlannedJob, ...]) -> None:
    """After the others; its verdict is like any other."""
    grader = Careless({"s01": 1})
    found = [(job.job.submission.student, len(graded.checks)) for job, graded in verdicts(jobs, grader.opened)]
    assert found == [("s02", 1), ("s03", 1), ("s01", 1)] or sorted(found) == [("s01", 1), ("s02", 1), ("s03", 1)]
    assert grader.graded == ["s01", "s02", "s03", "s01"]


def test_a_job_lost_twice_is_ungraded_and_says_why(jobs: tuple[PlannedJob, ...]) -> None:
    """Never a zero; and the others are not concerned."""
    grader = Careless({"s01": 2})
    found = {job.job.submission.student: graded for job, graded in verdicts(jobs, grader.opened)}
    assert (found["s01"].score, found["s01"].needs_human, found["s01"].checks) == (None, True, ())
    assert "twice over this submission: its process ended" in found["s01"].reasons[-1]
    assert not found["s02"].needs_human


def test_without_jobs_nothing_is_opened() -> None:
    """No grader is warmed up for nothing."""

    @contextmanager
    def opened(*_: object) -> Iterator[Executor]:
        raise AssertionError("there is nothing to do")
        yield

    assert list(verdicts((), opened)) == []


def test_a_course_that_is_wrong_ends_it(jobs: tuple[PlannedJob, ...]) -> None:
    """That is nobody's submission's fault, and no second try mends it."""

    class Refusing(PaperGrader):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            future.set_exception(CourseError("the points sum to 90"))
            return future

    with pytest.raises(CourseError):
        list(verdicts(jobs, Refusing().opened))


@pytest.mark.parametrize("where", ["submission", "suite", "reference", "nowhere"])
def test_graders_are_told_of_torch_where_anything_uses_it(tiny_course: TinyCourse, where: str) -> None:
    """In a submission, the suite, the reference or what that imports; a course without it never waits for it."""
    using = "import torch\n"
    tiny_course.hand_in("s01", "# 100\n" + (using if where == "submission" else ""))
    suite, reference = tiny_course.root / "tests/suites/test_sums.py", tiny_course.root / "reference/sums.py"
    if where == "suite":
        suite.write_text(using + suite.read_text("utf-8"), "utf-8")
    elif where == "reference":
        (tiny_course.root / "reference/helping.py").write_text(using, "utf-8")
        reference.write_text("import reference.helping\n" + reference.read_text("utf-8"), "utf-8")
    course = load_course(tiny_course.root)
    told: list[list[str]] = []

    @contextmanager
    def opened(libraries: list[str], jobs: int) -> Iterator[Executor]:
        assert jobs == 1
        told.append(libraries)
        yield PaperGrader()

    list(verdicts(plan(course, find_submissions(course, [course.root])), opened))
    assert told == [[] if where == "nowhere" else ["torch"]]
