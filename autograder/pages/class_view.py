"""What a class has understood, counted from its results. Pure: records in, records out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

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
class ClassView:
    """All that the dashboard shows. Lists are sorted by what an instructor should see first."""

    assignments: tuple[AssignmentView, ...]
    checks: tuple[CheckView, ...]
    ideas: tuple[IdeaView, ...]
    unnamed: tuple[IdeaView, ...]
    humans: tuple[GradedSubmission, ...]
    late: tuple[GradedSubmission, ...]
    troubled: tuple[tuple[GradedSubmission, tuple[CheckResult, ...]], ...]


def class_view(course: Course, results: Sequence[GradedSubmission]) -> ClassView:
    """Count a class's results."""
    by_slug: dict[str, list[GradedSubmission]] = defaultdict(list)
    for graded in results:
        by_slug[graded.assignment].append(graded)
    crashed = [(graded, _troubles(graded)) for graded in results]
    return ClassView(
        assignments=tuple(_assignment(course, slug, by_slug[slug]) for slug in _slugs(course, by_slug)),
        checks=tuple(sorted(_checks(results), key=lambda check: (-check.share, -check.of, check.slug, check.id))),
        ideas=_ideas(results),
        unnamed=tuple(idea for idea in _unnamed(results) if len(idea.students) > 1),
        humans=tuple(graded for graded in results if graded.needs_human),
        late=tuple(graded for graded in results if graded.late.days),
        troubled=tuple((graded, checks) for graded, checks in crashed if checks),
    )


def _slugs(course: Course, by_slug: dict[str, list[GradedSubmission]]) -> list[str]:
    return [assignment.slug for assignment in course.assignments if assignment.slug in by_slug]


def _assignment(course: Course, slug: str, results: list[GradedSubmission]) -> AssignmentView:
    assignment = course.assignment(slug)
    scores = [graded.score for graded in results if graded.score is not None]
    bins = [0] * BINS
    for score in scores:
        bins[min(BINS - 1, int(BINS * score / assignment.max_score))] += 1
    there = {graded.student for graded in results}
    return AssignmentView(
        slug=slug,
        title=assignment.title,
        graded=len(results),
        missing=tuple(student.id for student in course.roster if student.id not in there),
        mean=mean(scores) if scores else None,
        median=median(scores) if scores else None,
        histogram=tuple(bins),
    )


def _checks(results: Iterable[GradedSubmission]) -> list[CheckView]:
    lost: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for graded in results:
        for check in graded.checks:
            if check.outcome not in (Outcome.SKIPPED, Outcome.UNGRADED):
                lost[graded.assignment, check.id, check.title].append(check.points < check.max_points)
    return [
        CheckView(slug=slug, id=id, title=title, lost=sum(outcomes), of=len(outcomes))
        for (slug, id, title), outcomes in lost.items()
    ]


def _ideas(results: Iterable[GradedSubmission]) -> tuple[IdeaView, ...]:
    found: dict[tuple[str, str], list[tuple[str, CheckResult]]] = defaultdict(list)
    for graded in results:
        for check in graded.checks:
            if check.misconception is not None:
                found[graded.assignment, check.misconception.id].append((graded.student, check))
    return _sorted(
        _idea(slug, id, pairs[0][1].misconception.hint if pairs[0][1].misconception else "", pairs)
        for (slug, id), pairs in found.items()
    )


def _unnamed(results: Iterable[GradedSubmission]) -> tuple[IdeaView, ...]:
    found: dict[tuple[str, str, str], list[tuple[str, CheckResult]]] = defaultdict(list)
    for graded in results:
        for check in graded.checks:
            if check.fingerprint:
                found[graded.assignment, check.id, check.fingerprint].append((graded.student, check))
    return _sorted(_idea(slug, mark, pairs[0][1].message, pairs) for (slug, _, mark), pairs in found.items())


def _idea(slug: str, id: str, text: str, pairs: list[tuple[str, CheckResult]]) -> IdeaView:
    return IdeaView(
        slug=slug,
        id=id,
        text=text,
        checks=tuple(sorted({check.id for _, check in pairs})),
        students=tuple(sorted({student for student, _ in pairs})),
    )


def _sorted(ideas: Iterable[IdeaView]) -> tuple[IdeaView, ...]:
    return tuple(sorted(ideas, key=lambda idea: (-len(idea.students), idea.slug, idea.id)))


def _troubles(graded: GradedSubmission) -> tuple[CheckResult, ...]:
    """Time-outs, and workers that ended or broke the line: what honest mistakes rarely do."""
    return tuple(check for check in graded.checks if check.outcome is Outcome.TIMEOUT or check.died)
