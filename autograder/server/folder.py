"""The course folder as the service writes it: with the parts that `grade collect` and a run write it with.

Everything here holds the course's lock for as short as it can, and waits where another command holds it. Between a
verdict and the pages of the class that are made of it the folder is marked as a run that was cut off is: whatever stops
the service then, the next run, or the service's own next start, makes it good.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from autograder.course.course_yml import COURSE_FILE, load_course
from autograder.errors import BusyError, CourseError
from autograder.lms.intake.store import Incoming, Shelf, Status
from autograder.records import RECEIVED_FILE, Course, GradedSubmission, Mark
from autograder.release.quick_import import without_the_grammar
from autograder.results.history import history_file, last_told, mend_history
from autograder.results.result_json import load_result, sync_folder
from autograder.runs import lock, upkeep
from autograder.runs.book import (
    GRADEBOOK_FILE,
    Book,
    Whose,
    marks,
    open_book_for_writing,
    withdrawn,
)
from autograder.runs.book import mark_now as mark_of
from autograder.runs.run import arrival_of, given_before, write_class_pages, write_mark
from autograder.scoring import due_for
from autograder.server.store import HandIn
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import PlannedJob, engine_sha256, plan

SOURCE = "serve"  # as received.json names where a hand-in came from
_PAUSE_SECONDS = 0.2
Placed = dict[str, tuple[Status, str]]


class Stopped(Exception):
    """The service ends; what was begun is queued for its next start."""


class CourseFolder:
    """The course, open for the service. Its methods may be called from several threads."""

    def __init__(self, course: Course, clock: Callable[[], datetime], *, gradebook: bool = True) -> None:
        self._course, self._clock, self._with_gradebook = course, clock, gradebook
        self._code = engine_sha256()  # graders keep the code that they started with, and so must what is said of it
        self._stamp = self._files_stamp()
        self._here, self._loading = threading.Lock(), threading.Lock()
        self._ended = threading.Event()
        self._behind: dict[Whose, Mark] = {}  # recorded, and not yet on the pages of the class
        self._mark_of_ours: tuple[int, int] | None = None
        self._gradebook_stood = False
        self._all_behind = True  # at the start nobody knows how the last service ended
        self.trouble = ""

    def warm_up(self) -> None:
        """Import nbgrader, which takes seconds, before anybody waits for it."""
        if self._with_gradebook:
            _write_scores()

    def end(self) -> None:
        """Whoever waits for the course's lock gives up."""
        self._ended.set()

    @property
    def course(self) -> Course:
        """The course as its files say now; as it was, with `trouble` saying why, while they are wrong."""
        with self._loading:
            stamp = self._files_stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._course = load_course(self._course.root)
                    self.trouble = ""
                except CourseError as wrong:
                    self.trouble = f"course.yml or roster.csv cannot be read, and the last good ones are used: {wrong}"
            return self._course

    def place(self, hand_in: HandIn, files: Mapping[str, bytes]) -> Placed:
        """Put a hand-in where it is graded, for each whom it is of. The attempt before is kept as `grade collect` does.

        Once more, after a crash, it finds everything as it is to be. OutputError if the disk does not want it.
        """
        course = self.course
        assignment = course.assignment(hand_in.assignment)
        placed: Placed = {}
        with self.locked():
            with Shelf(course.root, assignment.slug, replace_others=False, dry_run=False) as shelf:
                for student in hand_in.targets:
                    due = due_for(assignment, student)
                    until = due + timedelta(minutes=assignment.late.grace_minutes) if due else None
                    placed[student] = shelf.put(
                        Incoming(
                            student=student,
                            files=dict(files),
                            received_at=hand_in.received_at,
                            order=hand_in.id,
                            late=until is not None and hand_in.received_at > until,
                            source=SOURCE,
                            archive=f"hand-in {hand_in.id}",
                            by_hand_now=True,
                            deadline=until if assignment.attempts == "last_on_time" else None,
                        )
                    )
            _synced(course.root / "assignments" / assignment.slug, placed)
        return placed

    def planned(self, student: str, slug: str, *, force: bool) -> PlannedJob | None:
        """The job for what lies in a student's folder; None if nothing does. CourseError if the suite is wrong."""
        course = self.course
        folder = course.root / "assignments" / slug / "submitted" / student
        if not folder.is_dir():
            return None
        (submission,) = find_submissions(course, [folder])
        (job,) = plan(course, [submission], force=force, code=self._code)
        return job

    def told(self, job: PlannedJob) -> GradedSubmission:
        """The result that a job need not make anew."""
        return load_result(job.result)

    def record(self, job: PlannedJob, graded: GradedSubmission) -> tuple[Mark, bool]:
        """Write a verdict as a run does: page, changelog, result. Not if other files lie there by now.

        Returns the mark, and whether it was written.
        """
        course = self.course
        submission = job.job.submission
        with self.locked() as now:
            book = self._book(course)
            mark = mark_of(book, replace(graded, graded_at=now), arrival_of(book, job), given_before(job))
            found = find_submissions(course, [submission.folder]) if submission.folder.is_dir() else []
            if [each.sha256 for each in found] != [submission.sha256]:
                return mark, False
            self._begin(course)
            slug = submission.assignment
            write_mark(book, mark, {slug: last_told(history_file(course.root, slug))}, job.reason, now)
            self._behind[submission.student, slug] = mark
        return mark, True

    @property
    def is_behind(self) -> bool:
        """Whether pages of the class, or the gradebook, are still to be made."""
        return bool(self._behind) or self._all_behind

    def catch_up(self) -> None:
        """Make the pages of the class and the gradebook as new as the results, as the end of a run does."""
        course = self.course
        with self.locked():
            root = course.root
            if self._all_behind and not lock.was_cut_off(root) and not self._behind:
                self._all_behind = False
                return
            whole = self._all_behind or (lock.was_cut_off(root) and lock.mark_of_work(root) != self._mark_of_ours)
            if whole and lock.was_cut_off(root):
                lock.sweep(root)
                for assignment in course.assignments:
                    mend_history(root, assignment.slug)
            book = self._book(course)
            gone = withdrawn(book)
            write_class_pages(book, None if whole else {student for student, _ in self._behind})
            upkeep.pages_written(course, root, gone)
            if self._with_gradebook:
                self._write_gradebook(book, gone, whole=whole)
            lock.completed(root)
            self._behind.clear()
            self._all_behind, self._mark_of_ours = False, None

    def _write_gradebook(self, book: Book, gone: tuple[Whose, ...], *, whole: bool) -> None:
        gradebook = book.course.root / GRADEBOOK_FILE
        _write_scores()(
            book.course,
            marks(book) if whole or not gradebook.exists() else list(self._behind.values()),
            gradebook,
            everything=lambda slug: marks(book, [slug]),
            submitted=book.submitted,
        )
        if whole or self._gradebook_stood:
            upkeep.gradebook_written(book.course, gradebook, gone)

    def _book(self, course: Course) -> Book:
        return open_book_for_writing(course, by_hand=True if self._with_gradebook else None)

    def _begin(self, course: Course) -> None:
        """Mark the folder as one in which not everything is made of the results yet."""
        root = course.root
        if self._mark_of_ours is not None and lock.mark_of_work(root) == self._mark_of_ours:
            return
        if lock.was_cut_off(root):
            self._all_behind = True
        gradebook = root / GRADEBOOK_FILE
        self._gradebook_stood = self._with_gradebook and (
            not gradebook.exists() or upkeep.gradebook_stands(course, gradebook, withdrawn(self._book(course)))
        )
        lock.begun(root)
        upkeep.gradebook_is_behind(course)
        self._mark_of_ours = lock.mark_of_work(root)

    @contextmanager
    def locked(self) -> Iterator[datetime]:
        """Be the only writer, here and on this machine. Stopped if the service ends while another command writes."""
        with self._here, ExitStack() as held:
            while True:
                now = self._clock()
                try:
                    held.enter_context(lock.one_run(self._course.root, now))
                    break
                except BusyError:
                    if self._ended.wait(_PAUSE_SECONDS):
                        raise Stopped from None
            yield now

    def _files_stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Changes whenever a file changes that the course is read from; tables of teams are CSV files too."""
        root = self._course.root
        found = []
        for file in (root / COURSE_FILE, *sorted(root.glob("*.csv"))):
            try:
                status = file.stat()
            except OSError:
                continue
            found.append((file.name, status.st_mtime_ns, status.st_size))
        return tuple(found)


def _synced(assignment: Path, placed: Placed) -> None:
    """Make renames and received.json outlast a power cut, as the files themselves do already."""
    record = assignment / RECEIVED_FILE
    if record.exists():
        descriptor = os.open(record, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    for folder in (assignment, assignment / "submitted", assignment / "attempts"):
        if folder.is_dir():
            sync_folder(folder)


def _write_scores() -> Callable[..., None]:
    """What writes the gradebook. Imported where there is one to write."""
    with without_the_grammar():
        from autograder.gradebook.write import write_scores

    return write_scores
