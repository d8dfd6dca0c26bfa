"""A known wrong idea in one function costs no points of a function that calls it, for every such pair of the course."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slips import Listening, judged, quick_checks, with_slips

from autograder.course.course_yml import load_course
from autograder.course.modules import load_bank
from autograder.records import CheckResult
from autograder.suite.student import Student
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import Trusted

pytestmark = pytest.mark.no_cover

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


@contextmanager
def unheard_aside(listening: Listening) -> Iterator[None]:
    """What a check asks aside, to know what it has before it, is not listened to."""
    aside = Student.aside

    @contextmanager
    def unheard(student: Student) -> Iterator[None]:
        before, listening.listens = listening.listens, False
        try:
            with aside(student):
                yield
        finally:
            listening.listens = before

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Student, "aside", unheard)
        yield


def judge(suite: CollectedSuite, backend: Trusted, only: frozenset[str]) -> tuple[CheckResult, ...]:
    """These checks, as a submission's would be judged."""
    return judged(COURSE, suite, backend, only, secret="slips", diagnose=False)


def checks_of(suite: CollectedSuite, reference: Path) -> Iterator[tuple[str, set[str]]]:
    """Each check with the functions that it asks for."""
    for id in quick_checks(suite):
        listening = Listening(with_slips(reference))
        with unheard_aside(listening):
            judge(suite, listening, frozenset([id]))
        yield id, listening.asked


@pytest.mark.sampled(4)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_known_wrong_idea_costs_no_function_that_calls_it(slug: str) -> None:
    """Checks that ask for the outer function and not for the inner one keep all their points"""

    def lost(suite: CollectedSuite) -> list[tuple[str, str, str]]:
        reference = ROOT / "reference" / f"{slug}.py"
        asked = dict(checks_of(suite, reference))
        found, tried = [], 0
        for outer, inner in dict.fromkeys(pairs(slug)):
            own = frozenset(id for id, names in asked.items() if outer in names and inner not in names)
            for idea in load_bank(ROOT, slug) if own else ():
                if idea.function == inner and not idea.slow and idea.id not in CHANCE:
                    tried += 1
                    results = judge(suite, Trusted(with_slips(reference, (inner, idea.wrong))), frozenset(asked))
                    found += [(idea.id, r.id, r.message) for r in results if r.id in own and r.points < r.max_points]
        assert tried >= 2
        return found

    assert collect(ROOT / "tests" / "suites" / f"test_{slug}.py", ROOT, lost) == []
