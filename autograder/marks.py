"""The one place where a mark is made. Pure: a verdict, its arrival, the policy and what people gave, to a mark.

Pages, dashboard, status, gradebook, exports and `--compare` show marks that `mark` made, and reckon nothing themselves.
What lateness costs is `scoring.penalty_for`.

What a person gave stays the number that was entered, whatever becomes of the check that it was given for: if the suite
renamed, removed or re-weighted it, the number is kept, shown in every view, and a person is asked to look. Points in
formgrader then count as nbgrader counts them, on top of the checks, and add nothing to the maximum; a line of
overrides.yml sets the points of a check, so without the check it sets nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from difflib import get_close_matches

from autograder.records import (
    Assignment,
    CheckResult,
    Given,
    GradedSubmission,
    HandCell,
    HandGrades,
    Late,
    Mark,
    Outcome,
    Override,
)
from autograder.scoring import DIGITS, hundredths, late_for, score_of

OVERRIDES = "overrides.yml"
FORMGRADER = "formgrader"
NOTHING = HandGrades()
_DIGITS = 6  # of points in the gradebook
_NEAR = 2e-6
_VERDICT = tuple(field.name for field in fields(GradedSubmission))


@dataclass(frozen=True, slots=True, kw_only=True)
class CellScore:
    """What a cell of the gradebook is worth, and what the checks earned of it: None while one of them is ungraded."""

    earned: float | None
    worth: float


def mark(
    verdict: GradedSubmission,
    assignment: Assignment,
    received_at: datetime | None,
    *,
    overrides: Iterable[Override] = (),
    hand: HandGrades | None = NOTHING,
    seen: Iterable[Given] = (),
) -> Mark:
    """The mark of a submission.

    verdict: as a grader returned it, or the `verdict` of an earlier mark. overrides: those of others are passed over.
    hand: what people wrote into this submission's part of the gradebook; None if that cannot be read, and what the mark
    before tells of it stands. seen: `given` of the mark before, which also knows what an override's check was worth
    when the override was written.

    A score is None while a check is ungraded that nobody gave points for. Lateness is taken off what both sides gave
    together, down to 0.
    """
    verdict = verdict_of(verdict)
    mine = [o for o in overrides if (o.student, o.assignment) == (verdict.student, verdict.assignment)]
    seen = tuple(seen)
    checks, given = _overridden(verdict.checks, mine, {(g.source, g.name, g.points, g.by): g.of for g in seen})
    if hand is None:
        hand = _as_before(seen, checks, assignment.max_score)
    known = {check.id for check in verdict.checks}
    worth_then = {g.name: g.of for g in seen if g.source == FORMGRADER and g.points is not None}
    given += [
        _entered(cell, cell_score(checks, assignment.max_score, cell.name), worth_then.get(cell.name, 0.0))
        for cell in hand.cells
    ]
    before = score_of(checks, assignment.max_score)
    total = _total(checks, assignment.max_score, before, hand)
    late, penalty = late_for(assignment, verdict.student, received_at)
    taken = round(min(penalty, total or 0.0), DIGITS)
    asked = [each.ask for each in given if each.ask]
    told = [_told(o) for o in mine if o.check in known]
    settled = total is not None and _ungraded(verdict.checks)
    return Mark(
        **{name: getattr(verdict, name) for name in _VERDICT}
        | {
            "received_at": received_at,
            "checks": checks,
            "score_before_late": before,
            "late": Late(days=late, penalty=taken),
            "score": None if total is None else round(total - taken, DIGITS),
            "max_score": assignment.max_score,
            "needs_human": (verdict.needs_human and not settled) or bool(asked),
            "reasons": tuple(dict.fromkeys([*verdict.reasons, *told, *asked])),
        },
        given=tuple(given),
        by_hand=0.0 if total is None or before is None else round(total - before, DIGITS),
        verdict=verdict,
    )


def verdict_of(graded: GradedSubmission) -> GradedSubmission:
    """What the grader said, of a mark or of a verdict."""
    return graded.verdict if isinstance(graded, Mark) else graded


def given_of(graded: GradedSubmission) -> tuple[Given, ...]:
    """What people gave, of a mark or of a verdict, which knows of nothing."""
    return graded.given if isinstance(graded, Mark) else ()


def without_submission(graded: GradedSubmission) -> GradedSubmission:
    """The verdict on a submission that is there no more: nothing is judged, and a person must look."""
    verdict = verdict_of(graded)
    why = "there is no submission any more, and points that a person gave stay in the gradebook"
    return replace(verdict, checks=(), reasons=(why,), needs_human=True, stdout="", stderr="")


def raised(graded: GradedSubmission) -> frozenset[str]:
    """The checks that a person gave all points for in formgrader: there is nothing to gain in them any more."""
    ids = [check.id for check in graded.checks]
    full = [
        given
        for given in given_of(graded)
        if given.source == FORMGRADER and given.points is not None and given.points >= given.of - _NEAR
    ]
    return frozenset[str]().union(*(cell_checks(ids, given.name) for given in full))


def said_of(given: Given) -> str:
    """What a person gave, in words for whoever it was given to: the points, what for, who, and what was written."""
    parts = []
    if given.points is not None:
        parts.append(f"{hundredths(given.points)} of {hundredths(given.of)} points")
    if given.extra:
        parts.append(f"{'+' if given.extra > 0 else ''}{hundredths(given.extra)} points on top")
    told = f"{given.name}: {' and '.join(parts)}, given by {given.by}" if parts else f"{given.name}, by {given.by}"
    return f"{told}: {given.comment}" if given.comment else told


def cell_score(checks: Sequence[CheckResult], max_score: float, name: str) -> CellScore:
    """What the checks give to a cell: that of a check, or of a function and all its checks.

    Cells of all checks add up to the score before lateness, in points of max_score. A skipped check has the share that
    the others earned.
    """
    mine = cell_checks([check.id for check in checks], name)
    scale = max_score / (sum(check.max_points for check in checks) or 1.0)
    share = (score_of(checks, max_score) or 0.0) / (max_score or 1.0)
    worth, earned, judged = 0.0, 0.0, True
    for check in checks:
        if check.id in mine:
            worth += check.max_points * scale
            earned += (share * check.max_points if check.outcome is Outcome.SKIPPED else _within(check)) * scale
            judged = judged and check.outcome is not Outcome.UNGRADED
    return CellScore(earned=earned if judged else None, worth=worth)


def cell_checks(ids: Collection[str], name: str) -> frozenset[str]:
    """The checks that a cell of this name is of: the one of that id, else those of the function of that name."""
    return frozenset({name}) if name in ids else frozenset(id for id in ids if id.partition(".")[0] == name)


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for what comes nearest to a misspelt id, "" if nothing does."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def _total(checks: Sequence[CheckResult], max_score: float, before: float | None, hand: HandGrades) -> float | None:
    """The points of both sides, before lateness; None while something has points from neither."""
    if not any(cell.points is not None or cell.extra for cell in hand.cells):
        return before
    ids = [check.id for check in checks]
    by_hand = [cell for cell in hand.cells if cell.points is not None]
    replaced = frozenset[str]().union(*(cell_checks(ids, cell.name) for cell in by_hand))
    rest = [cell_score(checks, max_score, id).earned for id in ids if id not in replaced]
    if not (ids or hand.whole) or any(points is None for points in rest):
        return None
    return max(0.0, sum(filter(None, rest)) + sum((cell.points or 0.0) + cell.extra for cell in hand.cells))


def _overridden(
    checks: Sequence[CheckResult], overrides: Sequence[Override], worth_then: Mapping[tuple[object, ...], float]
) -> tuple[tuple[CheckResult, ...], list[Given]]:
    by_check = {override.check: override for override in overrides}
    known = {check.id: check.max_points for check in checks}
    given = []
    for override in by_check.values():
        key = (OVERRIDES, override.check, override.points, override.by)
        worth = worth_then.get(key) or known.get(override.check, 0.0)
        given.append(
            Given(
                source=OVERRIDES,
                name=override.check,
                points=override.points,
                of=worth,
                comment=override.reason,
                by=override.by,
                ask=_doubt(override, known, worth) if checks else "",
            )
        )
    return tuple(_judged(check, by_check[check.id]) if check.id in by_check else check for check in checks), given


def _doubt(override: Override, known: Mapping[str, float], worth: float) -> str:
    """Why a person must look at an override again."""
    where = f"{OVERRIDES}:{override.line}" if override.line else OVERRIDES
    if override.check not in known:
        near = nearest(override.check, known)
        return (
            f"{where}: {override.assignment} has no check {override.check!r}{near}. The {override.points:g} points "
            f"that {override.by} gave for it count for nothing until the line names a check"
        )
    now = known[override.check]
    if override.points > now + _NEAR:
        return f"{where}: {override.points:g} points for {override.check}, which is worth {now:g}: {now:g} count"
    if abs(worth - now) > _NEAR:
        return (
            f"{where}: {override.by} gave {override.points:g} of {worth:g} points for {override.check}, which is worth "
            f"{now:g} now; write what it shall be"
        )
    return ""


def _judged(check: CheckResult, override: Override) -> CheckResult:
    points = min(max(override.points, 0.0), check.max_points)
    outcome = check.outcome
    if outcome in (Outcome.UNGRADED, Outcome.SKIPPED):
        outcome = Outcome.PASSED if points == check.max_points else Outcome.FAILED
    note = f"{override.by} set this to {points:g} of {check.max_points:g} points: {override.reason}"
    message = check.message
    if message != note and not message.startswith(f"{note}\n"):  # a result from before marks has it in its checks
        message = f"{note}\n{message}".rstrip()
    return replace(check, points=points, outcome=outcome, message=message)


def _as_before(seen: Iterable[Given], checks: Sequence[CheckResult], max_score: float) -> HandGrades:
    mine = [given for given in seen if given.source == FORMGRADER]
    cells = tuple(
        HandCell(
            name=given.name,
            points=given.points,
            extra=given.extra,
            comment=given.comment,
            automatic=cell_score(checks, max_score, given.name).earned,
            worth=given.of,
            open=bool(given.ask),
        )
        for given in mine
    )
    return HandGrades(cells=cells)


def _entered(cell: HandCell, now: CellScore, then: float) -> Given:
    """What formgrader's cell holds. A check's cell beside its function's is worth nothing there, so `then` tells."""
    if not cell.worth and now.worth:
        cell = replace(cell, worth=then or now.worth)
    return Given(
        source=FORMGRADER,
        name=cell.name,
        points=cell.points,
        of=round(now.worth, _DIGITS),
        extra=cell.extra,
        comment=cell.comment,
        by="a teacher, in formgrader",  # nbgrader keeps no name
        ask=_stale(cell, now),
    )


def _stale(cell: HandCell, now: CellScore) -> str:
    """Why a person must look at points of formgrader again. Saving them there once more settles it."""
    if cell.points is None and not cell.extra:
        return ""
    said = " and ".join(
        part
        for part in (
            f"{cell.points:g} points" if cell.points is not None else "",
            f"{cell.extra:g} extra points" if cell.extra else "",
        )
        if part
    )
    settle = "look at it in formgrader and save it there"
    gone, moved = now.worth == 0.0, abs(now.worth - cell.worth) > _NEAR
    if gone and (cell.open or moved):
        return f"{cell.name}: {said} by hand, for a check that the suite has no more: they count on top; {settle}"
    if cell.points is None:
        return ""
    if moved:
        return f"{cell.name}: {said} by hand, of {cell.worth:g}, but it is worth {now.worth:g} now; {settle}"
    if cell.open or not _same(cell.automatic, now.earned):
        return f"{cell.name}: {said} by hand, and the work beneath has changed since; {settle}"
    return ""


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _NEAR


def _told(override: Override) -> str:
    return f"{override.check}: {override.points:g} points by {override.by}: {override.reason}"


def _ungraded(checks: Iterable[CheckResult]) -> bool:
    return any(check.outcome is Outcome.UNGRADED for check in checks)


def _within(check: CheckResult) -> float:
    return min(max(check.points, 0.0), check.max_points)
