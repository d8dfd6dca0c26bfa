"""Why a mark moved, each cause with its share in points, so that no cause is blamed for what another one did."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.marks import OVERRIDES, given_of, mark
from autograder.records import Given, GradedSubmission, Mark, Override
from autograder.runs.book import Book, mark_now
from autograder.scoring import DIGITS

DATES_MOVED = "a due date, an extension, the time of arrival or max_score changed"
GIVEN_CHANGED = "points that a person gave changed (overrides.yml or formgrader)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause. points: what it alone adds to the score; None where a share cannot be told."""

    why: str
    points: float | None = None


def causes_of(book: Book, before: GradedSubmission | None, after: Mark, why: str) -> tuple[Cause, ...]:
    """What led from a mark that was told to another one. They are taken in this order: dates, people, grading.

    why: it was graded again, "" if it was not. Shares add up to the change; a cause that moved nothing is left out,
    except that `why` stays where nothing else did anything.
    """
    if before is None or before.score is None or after.score is None:
        return (Cause(why=why or GIVEN_CHANGED),)
    assignment = book.course.assignment(after.assignment)
    overrides = [_as_told(before, given) for given in given_of(before) if given.source == OVERRIDES]
    dated = mark(before, assignment, after.received_at, overrides=overrides, hand=None, seen=given_of(before))
    handed = mark_now(book, before, after.received_at)
    steps = [(DATES_MOVED, before.score, dated.score), (GIVEN_CHANGED, dated.score, handed.score)]
    steps.append((why, handed.score, after.score))
    if any(score is None for _, *pair in steps for score in pair):
        return (Cause(why=why or GIVEN_CHANGED),)
    shares = [(cause, round((to or 0.0) - (start or 0.0), DIGITS)) for cause, start, to in steps]
    found = tuple(Cause(why=cause, points=share) for cause, share in shares if share and cause)
    return found or (Cause(why=why or DATES_MOVED, points=0.0),)


def told_causes(book: Book, before: GradedSubmission | None, after: Mark, why: str) -> str:
    """The causes in one line, with their shares where there are several."""
    found = causes_of(book, before, after, why)
    if len(found) == 1:
        return found[0].why
    return "; ".join(f"{cause.why}: {cause.points:+g}" for cause in found)


def _as_told(graded: GradedSubmission, given: Given) -> Override:
    return Override(
        student=graded.student,
        assignment=graded.assignment,
        check=given.name,
        points=given.points or 0.0,
        reason=given.comment,
        by=given.by,
    )
