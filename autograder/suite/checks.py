"""The decorator that turns a pytest function into a graded check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.errors import CourseError
from autograder.records import CheckSpec

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "__check__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check's spec, whether each of its parametrised cases earns its own share of the points, and what it gives."""

    spec: CheckSpec
    partial: bool
    given: tuple[str, ...] = ()


def check(
    id: str,
    *,
    points: float,
    needs: str | tuple[str, ...] = (),
    timeout: float | None = None,
    partial: bool = False,
    given: tuple[str, ...] = (),
    false_failure_rate: float = 0.0,
) -> Callable[[F], F]:
    """Grade a pytest function. The docstring's first line is the title that the student reads.

    id: unique in the suite, such as "q_sample.image"; points: what it is worth; needs: what the machine must offer
    ("cuda", or a module's name), else the check is skipped and its points leave the total; timeout: seconds for one
    call; partial: with parametrised cases, points for the share that passes instead of all or nothing; given: names of
    functions from an earlier assignment that no check of this suite judges: the reference's take their place here;
    false_failure_rate: the chance that a right solution fails, 0 where nothing is random.
    """

    def mark(function: F) -> F:
        title = (function.__doc__ or "").strip().split("\n")[0].rstrip(".")
        where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
        if not title:
            raise CourseError(f"{where}: check {id} has no docstring; its first line is the title the student reads")
        if points < 0:
            raise CourseError(f"{where}: check {id} has {points} points; give 0 or more")
        spec = CheckSpec(
            id=id,
            title=title,
            points=points,
            needs=(needs,) if isinstance(needs, str) else tuple(needs),
            timeout=timeout,
            false_failure_rate=false_failure_rate,
        )
        setattr(function, ATTRIBUTE, Check(spec=spec, partial=partial, given=given))
        return function

    return mark
