"""All marks of a course, made of what lies on disk: results, overrides.yml, received.json, gradebook.db, course.yml.

Results are the book: each holds a verdict, and the mark as it was last told. Every view asks here for the mark as it is
now, so that no view can differ from another; `is_behind` says where what was told last is another one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from autograder.course.overrides import read_overrides
from autograder.errors import CourseError
from autograder.gradebook.read import read_gradebook
from autograder.marks import NOTHING, given_of, mark, without_submission
from autograder.records import RECEIVED_FILE, Course, Given, GradedSubmission, HandGrades, Late, Mark, Override
from autograder.results.result_json import RESULT_FILE, ResultHead, load_result, result_file
from autograder.runs.lock import was_cut_off
from autograder.scoring import DIGITS, late_for
from autograder.submissions.find import find_submissions, read_received, submitters
from autograder.submissions.plan import plan

CUT_OFF = "the last run was cut off: dashboard and gradebook.db may be behind"
GRADEBOOK_FILE = "gradebook.db"
Whose = tuple[str, str]  # student, assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What marks are made of beside the results, read once. root: where results lie: the course, or `--out`'s folder.

    hand: what people wrote into the gradebook; None if that was not read, and what results tell of it stands. received:
    assignment to student to time; an assignment without received.json is not in it. submitted: assignment to who has a
    folder there.
    """

    course: Course
    root: Path
    overrides: Mapping[Whose, tuple[Override, ...]]
    hand: Mapping[Whose, HandGrades] | None
    received: Mapping[str, Mapping[str, datetime]]
    submitted: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mark as it is now, and as it was last told: None for one that no run wrote."""

    mark: Mark
    told: GradedSubmission | None


def open_book(course: Course, root: Path | None = None, *, by_hand: bool | None = True) -> Book:
    """Read what marks are made of. CourseError, with file and line, for what is wrong in one of the files.

    by_hand: whether points in gradebook.db count; None: as far as results tell of them, without the gradebook.
    """
    hand: Mapping[Whose, HandGrades] | None = {}
    if by_hand is None:
        hand = None
    elif by_hand:
        hand = read_gradebook(course.root / GRADEBOOK_FILE)
    slugs = [assignment.slug for assignment in course.assignments]
    overrides: dict[Whose, tuple[Override, ...]] = {}
    for override in read_overrides(course):
        whose = override.student, override.assignment
        overrides[whose] = (*overrides.get(whose, ()), override)
    return Book(
        course=course,
        root=root or course.root,
        overrides=overrides,
        hand=hand,
        received={slug: read_received(course.root, slug) for slug in slugs if _has_times(course.root, slug)},
        submitted={slug: frozenset(submitters(course.root, slug)) for slug in slugs},
    )


def open_book_for_writing(course: Course, root: Path | None = None, *, by_hand: bool | None = True) -> Book:
    """As open_book, but grading waits for no gradebook that cannot be read: whoever writes it says what is wrong."""
    try:
        return open_book(course, root, by_hand=by_hand)
    except CourseError:
        return open_book(course, root, by_hand=None)


def mark_now(
    book: Book, graded: GradedSubmission, received_at: datetime | None, seen: Iterable[Given] | None = None
) -> Mark:
    """The mark of a result or a fresh verdict under everything as it is now. seen: `given` of the mark told before."""
    return mark(
        graded,
        book.course.assignment(graded.assignment),
        received_at,
        overrides=book.overrides.get((graded.student, graded.assignment), ()),
        hand=hand_of(book, graded.student, graded.assignment),
        seen=given_of(graded) if seen is None else seen,
    )


def hand_of(book: Book, student: str, slug: str) -> HandGrades | None:
    """What people wrote into the gradebook for a submission; None if that was not read."""
    return None if book.hand is None else book.hand.get((student, slug), NOTHING)


def arrival(book: Book, graded: GradedSubmission | ResultHead) -> datetime | None:
    """When the submission of a result came in: as received.json says, or, if that is gone, as the result does."""
    times = book.received.get(graded.assignment)
    return graded.received_at if times is None else times.get(graded.student)


def is_behind(told: GradedSubmission | ResultHead, now: Mark) -> bool:
    """Whether what was told last is another mark than it is now."""
    before = told.given if isinstance(told, ResultHead) else given_of(told)
    return _told_of(told, before) != _told_of(now, now.given)


def stands(book: Book, head: ResultHead, received_at: datetime | None) -> bool:
    """As not `is_behind`, told from a result's head alone where nobody gave anything; the result is read otherwise."""
    whose = head.student, head.assignment
    if head.given or whose in book.overrides or (book.hand is not None and whose in book.hand):
        file = result_file(book.root, head.assignment, head.student)
        return not is_behind(head, mark_now(book, load_result(file), received_at))
    assignment = book.course.assignment(head.assignment)
    days, whole = late_for(assignment, head.student, received_at)
    earned = (head.score or 0.0) + head.late.penalty
    now = (assignment.max_score, Late(days=days, penalty=round(min(whole, earned), DIGITS)), received_at)
    return now == (head.max_score, head.late, head.received_at)


def _told_of(graded: GradedSubmission | ResultHead, given: Iterable[Given]) -> tuple[object, ...]:
    flags = tuple((replace(each, ask=""), bool(each.ask)) for each in given)
    return graded.score, graded.max_score, graded.late, graded.received_at, flags


def entries(book: Book, slugs: Collection[str] = (), students: Collection[str] = ()) -> Iterator[Entry]:
    """Every mark there is, one after the other: by assignment in the course's order, then by student.

    Of whoever has no submission any more there is one only if a person gave something. slugs, students: () for all.
    CourseError for a result that is none.
    """
    for assignment in book.course.assignments:
        if not slugs or assignment.slug in slugs:
            for student in sorted(_students(book, assignment.slug)):
                if students and student not in students:
                    continue
                entry = _entry(book, student, assignment.slug)
                if entry is not None:
                    yield entry


@dataclass(slots=True)
class Tally:
    """What `counted` saw. behind: marks that are not what was told last; given: source to marks with its points."""

    behind: int = 0
    given: Counter[str] = field(default_factory=Counter)


def counted(book: Book, slugs: Collection[str], tally: Tally) -> Iterator[Mark]:
    """The marks of `entries`, counted in tally as they pass."""
    for entry in entries(book, slugs):
        tally.behind += entry.told is None or is_behind(entry.told, entry.mark)
        tally.given.update({given.source for given in entry.mark.given if given.points is not None or given.extra})
        yield entry.mark


def doubts(book: Book, tally: Tally, slugs: Collection[str] = ()) -> tuple[str, ...]:
    """What whoever reads marks should know, a line each, with the command that helps."""
    told = []
    to_grade = pending(book, slugs)
    if to_grade:
        told.append(
            f"{to_grade} submissions are new or changed, and not in these scores; `grade assignments/` grades them"
        )
    if tally.behind:
        told.append(
            f"{tally.behind} scores differ from the last run's (a date, max_score, or points that a person gave); "
            "pages, result.json and gradebook.db follow with `grade assignments/`"
        )
    if was_cut_off(book.root):
        told.append(f"{CUT_OFF}; `grade assignments/` makes it good")
    wanted = [whose for whose in withdrawn(book) if not slugs or whose[1] in slugs]
    if wanted:
        names = ", ".join(f"{slug}/{student}" for student, slug in wanted[:10])
        more = f" and {len(wanted) - 10} more" if len(wanted) > 10 else ""
        told.append(f"{len(wanted)} results without a submission do not count: {names}{more}")
    return tuple(told)


def pending(book: Book, slugs: Collection[str] = ()) -> int:
    """How many submissions the next run would grade."""
    paths = [book.course.root / "assignments" / slug for slug in slugs] or [book.course.root]
    out = None if book.root == book.course.root else book.root
    return sum(job.runs for job in plan(book.course, find_submissions(book.course, paths), out=out, whole=False))


def marks(book: Book, slugs: Collection[str] = (), students: Collection[str] = ()) -> Iterator[Mark]:
    """The marks of `entries`."""
    return (entry.mark for entry in entries(book, slugs, students))


def marks_by_student(book: Book) -> Iterator[tuple[str, tuple[Mark, ...]]]:
    """Each student with all marks, in the course's order: so no more than one's are held at a time."""
    slugs = [assignment.slug for assignment in book.course.assignments]
    there = {slug: _students(book, slug) for slug in slugs}
    for student in sorted(frozenset[str]().union(*there.values())):
        found = (_entry(book, student, slug) for slug in slugs if student in there[slug])
        yield student, tuple(entry.mark for entry in found if entry is not None)


def withdrawn(book: Book) -> tuple[Whose, ...]:
    """Whose result lies there without a submission, sorted. No view counts them; what people gave is kept."""
    return tuple(
        sorted(
            (student, assignment.slug)
            for assignment in book.course.assignments
            for student in _graded(book, assignment.slug) - book.submitted[assignment.slug]
        )
    )


def strangers(book: Book) -> frozenset[str]:
    """Who handed in and is not on the roster; nobody if there is no roster."""
    known = {student.id for student in book.course.roster}
    return frozenset().union(*book.submitted.values()) - known if known else frozenset()


def _students(book: Book, slug: str) -> frozenset[str]:
    by_hand = {student for student, where in book.hand or () if where == slug}
    return (_graded(book, slug) & book.submitted[slug]) | by_hand


def _graded(book: Book, slug: str) -> frozenset[str]:
    folder = book.root / "assignments" / slug / "autograded"
    try:
        with os.scandir(folder) as entries:
            return frozenset(e.name for e in entries if os.path.exists(f"{e.path}/{RESULT_FILE}"))  # noqa: PTH110  thousands
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _entry(book: Book, student: str, slug: str) -> Entry | None:
    file = result_file(book.root, slug, student)
    told = load_result(file) if file.exists() else None
    if student in book.submitted[slug]:
        return None if told is None else Entry(mark=mark_now(book, told, arrival(book, told)), told=told)
    if told is None:
        told_by_people = _bare(book.course, slug, student)
        return Entry(mark=mark_now(book, without_submission(told_by_people), None), told=None)
    return Entry(mark=mark_now(book, without_submission(told), None, given_of(told)), told=told)


def _bare(course: Course, slug: str, student: str) -> GradedSubmission:
    """A verdict that nobody made, for what people wrote into the gradebook where nothing was handed in."""
    return GradedSubmission(
        assignment=slug,
        student=student,
        submission_sha256="",
        files=(),
        received_at=None,
        format="py",
        suite_sha256="",
        reference_sha256="",
        engine_version="",
        seed="",
        graded_at=datetime.fromtimestamp(0, UTC),
        seconds=0.0,
        layers=(),
        checks=(),
        score_before_late=None,
        late=Late(),
        score=None,
        max_score=course.assignment(slug).max_score,
        needs_human=True,
    )


def _has_times(root: Path, slug: str) -> bool:
    return (root / "assignments" / slug / RECEIVED_FILE).exists()
