"""A known wrong idea in one function costs no points of a function that calls it, for every such pair of the course."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.course.course_yml import load_course
from autograder.course.modules import load_bank
from autograder.records import CheckResult, LoadReport
from autograder.suite.student import Student
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.collection import collect
from autograder.verdicts.inputs import Identity
from autograder.verdicts.trusted import Trusted, load_functions

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
# latent_diffusion needs its model in a worker; the other assignments have no function that calls another one.
SLUGS = ["warmup", "noising", "sampling_loop", "mse_loss", "cfg", "beyond_images"]
# Answers otherwise each time, so nobody can tell whether it is behind a first answer.
CHANCE = {"q-global-noise"}


def pairs(slug: str) -> list[tuple[str, str]]:
    """(outer, inner) for each public function of a reference that calls another one of it, itself or by a third."""
    tree = ast.parse((ROOT / "reference" / f"{slug}.py").read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    calls = {
        outer: {
            call.func.id
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions
        }
        for outer, node in functions.items()
    }
    for _ in functions:  # a call of a call counts too
        calls = {outer: inner.union(*(calls[name] for name in inner)) for outer, inner in calls.items()}
    return [
        (outer, inner)
        for outer, found in calls.items()
        for inner in sorted(found - {outer})
        if not outer.startswith("_") and not inner.startswith("_")
    ]


class Listening(Trusted):
    """Remembers which functions it was asked for, but for what a check asked aside."""

    def __init__(self, names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        super().__init__(names)
        self.asked: set[str] = set()
        self._listens = True
        aside = Student.aside

        @contextmanager
        def unheard(student: Student) -> Iterator[None]:
            before, self._listens = self._listens, False
            with aside(student):
                yield
            self._listens = before

        patch.setattr(Student, "aside", unheard)

    def call(self, name: str, *rest: Any, **named: Any) -> Any:
        if self._listens:
            self.asked.add(name)
        return super().call(name, *rest, **named)


def judged(suite: CollectedSuite, slug: str, backend: Trusted, only: frozenset[str]) -> tuple[CheckResult, ...]:
    """The checks `only`, as a submission's would be judged."""
    identity = Identity(secret="slips", student="s01", assignment=slug)
    carries = COURSE.assignment(slug).carries
    run = Run(identity=identity, backend=backend, report=LoadReport(), carries=carries, diagnose=False)
    return suite.run(run, only=only)


def with_slip(slug: str, inner: str, wrong: Any) -> dict[str, Any]:
    """The reference's functions, one of them as somebody with a wrong idea would write it; the others call that."""
    functions = load_functions(ROOT / "reference" / f"{slug}.py")
    space = next(f.__globals__ for f in functions.values() if getattr(f, "__globals__", {}).get("__rehearsed__"))
    space[inner] = wrong
    return {**functions, inner: wrong}


def checks_of(suite: CollectedSuite, slug: str) -> Iterator[tuple[str, set[str]]]:
    """Each check with the functions that it asks for; those that train for half a minute are left out."""
    for spec in suite.specs:
        if spec.timeout is None and not spec.needs:
            with pytest.MonkeyPatch.context() as patch:
                listening = Listening(with_slip(slug, "", None), patch)
                judged(suite, slug, listening, frozenset([spec.id]))
            yield spec.id, listening.asked


@pytest.mark.sampled(4)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_known_wrong_idea_costs_no_function_that_calls_it(slug: str) -> None:
    """Checks that ask for the outer function and not for the inner one keep all their points"""

    def lost(suite: CollectedSuite) -> list[tuple[str, str, str]]:
        asked = dict(checks_of(suite, slug))
        found, tried = [], 0
        for outer, inner in dict.fromkeys(pairs(slug)):
            own = frozenset(id for id, names in asked.items() if outer in names and inner not in names)
            for idea in load_bank(ROOT, slug) if own else ():
                if idea.function == inner and not idea.slow and idea.id not in CHANCE:
                    tried += 1
                    results = judged(suite, slug, Trusted(with_slip(slug, inner, idea.wrong)), frozenset(asked))
                    found += [(idea.id, r.id, r.message) for r in results if r.id in own and r.points < r.max_points]
        assert tried >= 2
        return found

    assert collect(ROOT / "tests" / "suites" / f"test_{slug}.py", ROOT, lost) == []
