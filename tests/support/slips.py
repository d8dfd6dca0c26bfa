"""Submissions that are the reference but for slips, judged as any, for tests of carrying and of hints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.records import CheckResult, Course, LoadReport
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.inputs import Identity
from autograder.verdicts.trusted import Trusted, load_functions


class Listening(Trusted):
    """Remembers which functions it was asked for, while `listens`."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.asked: set[str] = set()
        self.listens = True

    def call(self, name: str, *rest: Any, **named: Any) -> Any:
        """As any backend."""
        if self.listens:
            self.asked.add(name)
        return super().call(name, *rest, **named)


def with_slips(reference: Path, *slips: tuple[str, Any]) -> dict[str, Any]:
    """The functions of a reference with some of them written otherwise; the others call those."""
    functions = load_functions(reference)
    spaces = (getattr(function, "__globals__", {}) for function in functions.values())
    space = next((each for each in spaces if each.get("__rehearsed__")), {})
    space.update(slips)
    return {**functions, **dict(slips)}


def judged(
    course: Course, suite: CollectedSuite, backend: Trusted, only: frozenset[str], *, secret: str, diagnose: bool = True
) -> tuple[CheckResult, ...]:
    """The checks `only`, as a submission's would be judged."""
    slug = suite.path.stem.removeprefix("test_")
    identity = Identity(secret=secret, student="s01", assignment=slug)
    carries = course.assignment(slug).carries
    run = Run(identity=identity, backend=backend, report=LoadReport(), carries=carries, diagnose=diagnose)
    return suite.run(run, only=only)


def quick_checks(suite: CollectedSuite) -> list[str]:
    """The checks without those that train for half a minute, or need a device."""
    return [spec.id for spec in suite.specs if spec.timeout is None and not spec.needs]
