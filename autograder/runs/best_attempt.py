"""`attempts: best`: of all attempts that are known, the one with the most points is put where it is graded.

Every attempt is graded in the side, as a folder of `submitted/` is; results stay there, so that a second call runs
nothing. Attempts beyond `max_attempts` are not looked at. What a person changed by hand stays, and says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from autograder.errors import OutputError
from autograder.executors.dispatch import OpenExecutor, verdicts
from autograder.lms.intake.store import KeptAttempt, Shelf
from autograder.marks import NOTHING
from autograder.records import Course, Mark
from autograder.results.result_json import load_result, write_result
from autograder.runs import run as pipeline
from autograder.runs.book import Book, Whose, hand_of, mark_now, open_book_for_writing
from autograder.runs.lock import STATE_FOLDER, one_run
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import PlannedJob, plan

_SIDE = "attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """What was found of one student who has several attempts.

    chosen: the label of the attempt that lies in submitted/ now; moved: whether another one lay there; scores: of each
    attempt by label, the oldest first, None where one could not be graded; why: why what was there stays, or "".
    """

    student: str
    assignment: str
    chosen: str
    moved: bool = False
    scores: Mapping[str, float | None]
    why: str = ""

    @property
    def needs_human(self) -> bool:
        """Whether an attempt that could have been the best could not be graded."""
        return None in self.scores.values()


def take_best(
    course: Course,
    paths: list[Path],
    executor: OpenExecutor,
    *,
    clock: Callable[[], datetime],
    by_hand: bool | None = True,
    force: bool = False,
) -> tuple[Best, ...]:
    """Put the best attempt of each student under paths into submitted/, for assignments whose `attempts` is best.

    The best has the most points after lateness, each attempt's own; of equals what lies there stays, or the newest
    counts. by_hand: as `open_book` has it. Raises as a run does.
    """
    slugs = {assignment.slug for assignment in course.assignments if assignment.attempts == "best"}
    if not slugs:
        return ()
    with one_run(course.root, clock()):
        book = open_book_for_writing(course, by_hand=by_hand)
        pipeline.survey(course, paths, book=book)
        there = [each for each in find_submissions(course, paths) if each.assignment in slugs]
        found: list[Best] = []
        for slug in dict.fromkeys(each.assignment for each in there):
            with Shelf(course.root, slug, replace_others=True, dry_run=False) as shelf:
                students = [each.student for each in there if each.assignment == slug]
                known = {student: shelf.attempts(student) for student in students}
                several = {student: attempts for student, attempts in known.items() if len(attempts) > 1}
                marks = _marks(book, slug, several, executor, clock, force=force)
                found += [_chosen(book, shelf, slug, student, several[student], marks) for student in several]
        return tuple(found)


def _marks(
    book: Book,
    slug: str,
    known: Mapping[str, tuple[KeptAttempt, ...]],
    executor: OpenExecutor,
    clock: Callable[[], datetime],
    *,
    force: bool,
) -> dict[tuple[str, str], Mark]:
    """The mark of each attempt, by student and label."""
    course, at_most = book.course, book.course.assignment(slug).max_attempts
    jobs: dict[Path, tuple[str, KeptAttempt, PlannedJob]] = {}
    for student, attempts in known.items():
        for attempt in attempts[:at_most]:
            side = course.root / STATE_FOLDER / _SIDE / attempt.label
            folder = _laid_out(course, side, slug, student, attempt)
            (submission,) = find_submissions(replace(course, root=side), [folder])
            submission = replace(submission, received_at=attempt.received_at)
            (job,) = plan(course, [submission], force=force, out=side)
            jobs[job.result] = (student, attempt, job)
    runs = [job for _, _, job in jobs.values() if job.runs]
    with closing(verdicts(runs, executor)) as coming:
        for job, graded in coming:
            _, attempt, _ = jobs[job.result]
            write_result(mark_now(book, replace(graded, graded_at=clock()), attempt.received_at, ()), job.result)
    return {
        (student, attempt.label): mark_now(book, load_result(file), attempt.received_at, ())
        for file, (student, attempt, _) in jobs.items()
    }


def _laid_out(course: Course, side: Path, slug: str, student: str, attempt: KeptAttempt) -> Path:
    """The attempt's files as a folder of submitted/ in the side, beside the files that were handed out."""
    place = side / "assignments" / slug
    folder = place / "submitted" / student
    try:
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in attempt.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        if not (place / "release").is_symlink():
            (place / "release").symlink_to(course.root / "assignments" / slug / "release")
    except OSError as error:
        raise OutputError(f"{folder}: could not be written: {error.strerror or error}") from error
    return folder


def _chosen(
    book: Book,
    shelf: Shelf,
    slug: str,
    student: str,
    attempts: tuple[KeptAttempt, ...],
    marks: Mapping[tuple[str, str], Mark],
) -> Best:
    scores = {a.label: marks[student, a.label].score for a in attempts if (student, a.label) in marks}
    there = next(attempt.label for attempt in attempts if attempt.there)
    told = Best(student=student, assignment=slug, chosen=there, scores=scores)
    whose: Whose = (student, slug)
    if hand_of(book, *whose) not in (None, NOTHING):
        return replace(told, why="a person gave points or a comment for it in formgrader")
    graded = [attempt for attempt in attempts if scores.get(attempt.label) is not None]
    if not graded:
        return told
    best = max(graded, key=lambda attempt: (scores[attempt.label] or 0.0, attempt.there, attempts.index(attempt)))
    if best.there:
        return told
    if why := shelf.give_way(student, best):
        return replace(told, why=why)
    return replace(told, chosen=best.label, moved=True)
