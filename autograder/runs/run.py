"""The run, from paths to results: what must run, who runs it, and what is written as each verdict comes in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.errors import CourseError, OutputError
from autograder.executors.dispatch import OpenExecutor, verdicts
from autograder.pages.dashboard import write_dashboard
from autograder.pages.progress import progress_file, write_progress_pages
from autograder.pages.student_page import page_file, write_student_page
from autograder.records import Course, Given, GradedSubmission, Mark
from autograder.release.quick_import import without_the_grammar
from autograder.results.history import Change, append_change, history_file, last_told, mend_history
from autograder.results.result_json import (
    ResultHead,
    head_from,
    head_of,
    load_head,
    load_result,
    result_file,
    write_result,
)
from autograder.runs import lock as one_run
from autograder.runs import upkeep
from autograder.runs.book import (
    Book,
    Whose,
    arrival,
    mark_now,
    marks,
    marks_by_student,
    open_book,
    open_book_for_writing,
    stands,
    strangers,
    withdrawn,
)
from autograder.runs.why_changed import told_causes
from autograder.submissions.find import find_submissions, missing_students, odd_folders, unknown_students
from autograder.submissions.plan import PlannedJob, plan

Verdict = tuple[PlannedJob, Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to. results: every submission asked for, in course order, graded now or before.

    planned: what had to run, with the reason; fresh: the results that this run wrote; rescored: those among them that
    had nothing to run, but count differently since a date moved or a person gave something; missing: slug to roster
    students without a submission; unknown: students with one who are not on the roster; withdrawn: who has a result and
    no submission any more; refused: a sentence on each folder that is nobody's. book: what marks were made of.
    """

    book: Book

    results: tuple[ResultHead, ...] = ()
    fresh: tuple[Mark, ...] = ()
    planned: tuple[PlannedJob, ...] = ()
    kept: int = 0
    rescored: tuple[Mark, ...] = ()
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    withdrawn: tuple[Whose, ...] = ()

    @property
    def need_human(self) -> tuple[ResultHead, ...]:
        """The results that a person must look at."""
        return tuple(graded for graded in self.results if graded.needs_human)

    @property
    def waited(self) -> float:
        """Which share of its time this run's grading waited for a processor, 0..1."""
        seconds = sum(graded.seconds for graded in self.fresh)
        return min(1.0, sum(graded.waited for graded in self.fresh) / seconds) if seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One verdict came in: how many of how many, the verdict, and why it was asked for."""

    done: int
    total: int
    graded: GradedSubmission
    why: str


def survey(
    course: Course, paths: list[Path], *, out: Path | None = None, force: bool = False, book: Book | None = None
) -> Ran:
    """What a run would do: finds and compares, runs nothing. `planned` says why each job must run.

    out: the folder under which results lie instead of the course. book: opened already. CourseError or UsageError.
    """
    book = book or open_book(course, out)
    submissions = find_submissions(course, paths)
    jobs = plan(course, submissions, force=force, out=out)
    _refuse_missing_models(job for job in jobs if job.runs)
    slugs = dict.fromkeys(submission.assignment for submission in submissions)
    kept = [(job, head_from(job.head)) for job in jobs if not job.runs]
    moved = [job for job, head in kept if not stands(book, head, arrival(book, head))]
    rescored = tuple(_rescored(book, load_result(job.result)) for job in moved)
    now = {(graded.assignment, graded.student): head_of(graded) for graded in rescored}
    return Ran(
        book=book,
        planned=tuple(job for job in jobs if job.runs),
        kept=len(kept),
        missing={slug: gone for slug in slugs if (gone := missing_students(course, slug))},
        unknown=unknown_students(course, submissions),
        refused=odd_folders(course, paths),
        withdrawn=withdrawn(book),
        results=tuple(now.get((head.assignment, head.student), head) for _, head in kept),
        rescored=rescored,
    )


def _refuse_missing_models(jobs: Iterable[PlannedJob]) -> None:
    """Raise CourseError before anything is graded where the folder of an assignment's model is not there."""
    for job in jobs:
        model = job.job.equipment.model
        if model is not None and not model.is_dir():
            slug = job.job.submission.assignment
            raise CourseError(f"{model} is not there; course.yml or MODEL names it as the folder of {slug}'s model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Where a run writes, and what besides results.

    out: the folder that results go to instead of the course. gradebook: nbgrader's, to be brought up to date. by_hand:
    as `open_book` has it. class_pages: whether to end with `write_class_pages`; not for who calls a run student by
    student. fail_fast: stop at the first submission that needs a human.
    """

    out: Path | None = None
    gradebook: Path | None = None
    by_hand: bool | None = True
    class_pages: bool = True
    fail_fast: bool = False


def run(
    course: Course,
    paths: list[Path],
    executor: OpenExecutor,
    writing: Writing | None = None,
    *,
    clock: Callable[[], datetime],
    force: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Grade what must be graded and write each result as it comes in.

    executor: opens a pool of graders; not called where there is nothing to run. Raises BusyError, CourseError,
    JailError, OutputError; what was written until then stays, and the next run goes on from there.
    """
    writing = writing or Writing()
    with one_run.one_run(writing.out or course.root, clock()):
        book = open_book_for_writing(course, writing.out, by_hand=writing.by_hand)
        found = survey(course, paths, out=writing.out, force=force, book=book)
        with closing(graded_now(found.book, found.planned, executor, clock)) as judged:
            return record(found, judged, writing, clock=clock, on_progress=on_progress)


def graded_now(
    book: Book,
    planned: tuple[PlannedJob, ...],
    executor: OpenExecutor,
    clock: Callable[[], datetime],
    *,
    seen: Mapping[Whose, tuple[Given, ...]] | None = None,
) -> Generator[Verdict, None, None]:
    """The jobs' verdicts as marks, as they come in. Close it to be rid of the graders.

    seen: what people gave as it was told before, where the job's own head does not know it.
    """
    with closing(verdicts(planned, executor)) as coming:
        for job, graded in coming:
            told = given_before(job) if seen is None else seen.get(whose(job), ())
            yield job, mark_now(book, replace(graded, graded_at=clock()), arrival_of(book, job), told)


def record(
    found: Ran,
    judged: Iterable[Verdict],
    writing: Writing,
    *,
    clock: Callable[[], datetime],
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Write results, and what is made of them. Only inside `one_run`.

    A result is written last of all that belongs to it, and the mark of a run at work goes when everything is written:
    so a run that is killed at any moment is made good by the next one.
    """
    book, gradebook = found.book, writing.gradebook
    course, root = book.course, writing.out or book.course.root
    cut_off = one_run.was_cut_off(root)
    if cut_off:
        one_run.sweep(root)
        for assignment in course.assignments:
            mend_history(root, assignment.slug)
    behind = gradebook is not None and not upkeep.gradebook_stands(course, gradebook, found.withdrawn)
    if found.planned or found.rescored:
        one_run.begun(root)
        if root == course.root:
            upkeep.gradebook_is_behind(course)
    told = {assignment.slug: last_told(history_file(root, assignment.slug)) for assignment in course.assignments}
    fresh: list[Mark] = []
    for kept in found.rescored:
        write_mark(book, kept, told, "", clock())
        fresh.append(kept)
    for job, graded in judged:
        write_mark(book, graded, told, job.reason, graded.graded_at)
        fresh.append(graded)
        done = len(fresh) - len(found.rescored)
        on_progress(Progress(done=done, total=len(found.planned), graded=graded, why=job.reason))
        if writing.fail_fast and graded.needs_human:
            break
    anew = cut_off or not upkeep.pages_stand(course, root, found.withdrawn)
    if writing.class_pages and (fresh or anew):
        # Another roster or course.yml concerns all: who comes back to the course has no page, though nothing is fresh.
        write_class_pages(book, None if anew else {graded.student for graded in fresh})
    if gradebook is not None and (fresh or behind):
        with without_the_grammar():  # it imports nbgrader: not for a run that changes nothing
            from autograder.gradebook.write import write_scores

        write_scores(
            course,
            marks(book) if behind else fresh,
            gradebook,
            everything=lambda slug: marks(book, [slug]),
            submitted=book.submitted,
        )
        upkeep.gradebook_written(course, gradebook, found.withdrawn)
    if writing.class_pages or not cut_off:
        one_run.completed(root)
    written = {(graded.assignment, graded.student) for graded in fresh}
    heads = [head for head in found.results if (head.assignment, head.student) not in written]
    order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}
    results = sorted([*heads, *map(head_of, fresh)], key=lambda head: (order[head.assignment], head.student))
    return replace(found, results=tuple(results), fresh=tuple(fresh))


def write_class_pages(book: Book, concerned: Collection[str] | None, *, own_pages: bool = False) -> tuple[int, int]:
    """The dashboard of the whole class, and the way through the course of those concerned; None: of all.

    own_pages: the pages of all submissions, too, and not only those that are not there, such as of work that was taken
    away and handed in again. Who is not on the roster is in no page of the class. No more than one student's results
    are held at a time. How many pages of submissions, and of students, were made.
    """
    course, unknown = book.course, strangers(book)
    left = {student.id for student in course.roster}
    pages, ways = 0, 0

    def passing() -> Iterator[Mark]:
        nonlocal pages, ways
        for student, mine in marks_by_student(book):
            there = [mark for mark in mine if student in book.submitted[mark.assignment]]
            for each in there:
                if own_pages or not page_file(book.root, each.assignment, student).exists():
                    write_student_page(course, each, book.root)
                    pages += 1
            if left and student not in left:
                continue
            if concerned is None or student in concerned:
                write_progress_pages(course, mine, book.root, [student])
                ways += 1
            yield from mine

    write_dashboard(course, passing(), book.root, unknown=sorted(unknown))
    for student, slug in withdrawn(book):  # pages are made of results, so nothing is lost with them
        page_file(book.root, slug, student).unlink(missing_ok=True)
        if not any(student in there for there in book.submitted.values()):
            progress_file(book.root, student).unlink(missing_ok=True)
    for student in unknown:
        progress_file(book.root, student).unlink(missing_ok=True)
    if concerned is None:
        upkeep.pages_written(course, book.root, withdrawn(book))
    return pages, ways


def whose(job: PlannedJob) -> Whose:
    """Student and assignment of a job."""
    return job.job.submission.student, job.job.submission.assignment


def given_before(job: PlannedJob) -> tuple[Given, ...]:
    """What people gave, as the stored result of a job told it."""
    return tuple(Given(**each) for each in job.head.get("given", ()))


def arrival_of(book: Book, job: PlannedJob) -> datetime | None:
    """When a job's submission came in. Where received.json is gone, its last result of the same files tells."""
    submission = job.job.submission
    if job.head and job.head["submission"]["sha256"] == submission.sha256:
        return arrival(book, head_from(job.head))
    return submission.received_at


def _rescored(book: Book, told: GradedSubmission) -> Mark:
    return mark_now(book, told, arrival(book, told))


def write_mark(book: Book, graded: Mark, told: Mapping[str, dict[str, float | None]], why: str, now: datetime) -> None:
    """Write a submission's page, its line in the changelog if the score changed, and its result: in this order.

    told: the scores as the changelogs left them; a result that somebody took away does not begin them anew. why: it was
    graded again, "" if only its mark was made anew.
    """
    root = book.root
    file = result_file(root, graded.assignment, graded.student)
    write_student_page(book.course, graded, root)
    before = told[graded.assignment].get(graded.student, _stored_score(file))
    if graded.score != before:
        causes = told_causes(book, stored_result(file), graded, why)
        change = Change(when=now, student=graded.student, before=before, after=graded.score, why=causes)
        append_change(history_file(root, graded.assignment), change)
    write_result(graded, file)


def stored_result(file: Path) -> GradedSubmission | None:
    """The result in file, None if there is none that can be read."""
    try:
        return load_result(file)
    except (OutputError, CourseError):
        return None


def _stored_score(file: Path) -> float | None:
    try:
        return load_head(file).score
    except (OutputError, CourseError):
        return None
