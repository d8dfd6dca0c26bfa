"""What a class has understood, counted from its results. Pure: records in, records out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean, median

from autograder.marks import given_of, said_of
from autograder.records import CheckResult, Course, GradedSubmission, Outcome

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """The scores of one assignment. histogram: how many in each tenth of the scale, the last with its upper end."""

    slug: str
    title: str
    graded: int
    missing: tuple[str, ...]
    mean: float | None
    median: float | None
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """How often one check was lost, of those it could judge. share: 0..1."""

    slug: str
    id: str
    title: str
    lost: int
    of: int

    @property
    def share(self) -> float:
        """The share that lost points."""
        return self.lost / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaView:
    """A wrong idea and who has it. id: of the misconception, or the fingerprint of an unnamed mistake.

    example: for an unnamed mistake, the message one of them got; it names nobody.
    """

    slug: str
    id: str
    text: str
    checks: tuple[str, ...]
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One submission in a list of the dashboard. text: what is told of it."""

    assignment: str
    student: str
    text: str
    days: int = 0
    penalty: float = 0.0
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One submission's place in the table of students. by_hand: a person gave points."""

    score: float | None
    late: bool
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """All that the dashboard shows. Lists are sorted by what an instructor should see first.

    count: submissions. humans, late, troubled, given: whom a person must look at, who was late, whose code hung or
    died, whom a person gave something. cells: student to slug to score.
    """

    count: int
    assignments: tuple[AssignmentView, ...]
    checks: tuple[CheckView, ...]
    ideas: tuple[IdeaView, ...]
    unnamed: tuple[IdeaView, ...]
    humans: tuple[Row, ...]
    late: tuple[Row, ...]
    troubled: tuple[Row, ...]
    given: tuple[Row, ...]
    cells: Mapping[str, Mapping[str, Cell]]


class _Counts:
    """What one pass over the marks leaves behind: numbers and names, and nothing of the marks themselves."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[str, Cell]] = {}
        self.lost: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.ideas: dict[tuple[str, str], _Idea] = {}
        self.unnamed: dict[tuple[str, str, str], _Idea] = {}
        self.humans: list[Row] = []
        self.late: list[Row] = []
        self.troubled: list[Row] = []
        self.given: list[Row] = []

    def add(self, graded: GradedSubmission) -> None:
        """Count one mark."""
        slug, student = graded.assignment, graded.student
        given = given_of(graded)
        cell = Cell(score=graded.score, late=bool(graded.late.days), by_hand=bool(given))
        self.cells.setdefault(student, {})[slug] = cell
        for check in graded.checks:
            if check.outcome not in (Outcome.SKIPPED, Outcome.UNGRADED):
                count = self.lost[slug, check.id, check.title]
                count[0] += check.points < check.max_points
                count[1] += 1
            if check.misconception is not None:
                idea = self.ideas.setdefault((slug, check.misconception.id), _Idea(text=check.misconception.hint))
                idea.add(student, check.id)
            if check.fingerprint:
                key = (slug, check.id, check.fingerprint)
                self.unnamed.setdefault(key, _Idea(text=check.message)).add(student, check.id)
        if graded.needs_human:
            self.humans.append(Row(assignment=slug, student=student, text="; ".join(graded.reasons)))
        if graded.late.days:
            days, penalty = graded.late.days, graded.late.penalty
            self.late.append(Row(assignment=slug, student=student, text="", days=days, penalty=penalty))
        if given:
            self.given.append(Row(assignment=slug, student=student, text="; ".join(map(said_of, given))))
        troubles = [check.message for check in graded.checks if _is_trouble(check)]
        if troubles:
            self.troubled.append(Row(assignment=slug, student=student, text=troubles[0], more=len(troubles) - 1))


class _Idea:
    def __init__(self, *, text: str) -> None:
        self.text = text
        self.students: set[str] = set()
        self.checks: set[str] = set()

    def add(self, student: str, check: str) -> None:
        self.students.add(student)
        self.checks.add(check)


def class_view(course: Course, results: Iterable[GradedSubmission]) -> ClassView:
    """Count a class's marks, in one pass: none is kept."""
    counts = _Counts()
    for graded in results:
        counts.add(graded)
    order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}

    def sorted_rows(rows: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(sorted(rows, key=lambda row: (order[row.assignment], row.student)))

    checks = [
        CheckView(slug=slug, id=id, title=title, lost=lost, of=of)
        for (slug, id, title), (lost, of) in counts.lost.items()
    ]
    there = {slug for mine in counts.cells.values() for slug in mine}
    return ClassView(
        count=sum(map(len, counts.cells.values())),
        assignments=tuple(_assignment(course, a.slug, counts.cells) for a in course.assignments if a.slug in there),
        checks=tuple(sorted(checks, key=lambda check: (-check.share, -check.of, check.slug, check.id))),
        ideas=_sorted(_view(slug, id, idea) for (slug, id), idea in counts.ideas.items()),
        unnamed=_sorted(
            _view(slug, mark, idea) for (slug, _, mark), idea in counts.unnamed.items() if len(idea.students) > 1
        ),
        humans=sorted_rows(counts.humans),
        late=sorted_rows(counts.late),
        troubled=sorted_rows(counts.troubled),
        given=sorted_rows(counts.given),
        cells=counts.cells,
    )


def _assignment(course: Course, slug: str, cells: Mapping[str, Mapping[str, Cell]]) -> AssignmentView:
    assignment = course.assignment(slug)
    mine = [by_slug[slug] for by_slug in cells.values() if slug in by_slug]
    scores = [cell.score for cell in mine if cell.score is not None]
    bins = [0] * BINS
    for score in scores:
        bins[max(0, min(BINS - 1, int(BINS * score / assignment.max_score)))] += 1
    return AssignmentView(
        slug=slug,
        title=assignment.title,
        graded=len(mine),
        missing=tuple(student.id for student in course.roster if slug not in cells.get(student.id, {})),
        mean=mean(scores) if scores else None,
        median=median(scores) if scores else None,
        histogram=tuple(bins),
    )


def _view(slug: str, id: str, idea: _Idea) -> IdeaView:
    return IdeaView(
        slug=slug, id=id, text=idea.text, checks=tuple(sorted(idea.checks)), students=tuple(sorted(idea.students))
    )


def _sorted(ideas: Iterable[IdeaView]) -> tuple[IdeaView, ...]:
    return tuple(sorted(ideas, key=lambda idea: (-len(idea.students), idea.slug, idea.id)))


def _is_trouble(check: CheckResult) -> bool:
    """Time-outs, and workers that ended or broke the line: what honest mistakes rarely do."""
    return check.outcome is Outcome.TIMEOUT or check.died
