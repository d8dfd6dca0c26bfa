"""A hint stands only beside a failure that its idea explains: every known wrong idea alone, and each two of them.

An idea explains that a check fails if it makes the check fail where it is the only slip. So whoever reads the hint and
mends that idea alone is a step further, whatever else is wrong. EVERY_CASE=1 tries all pairs, which takes minutes.
"""

from __future__ import annotations

import inspect
import itertools
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from slips import Listening, judged, quick_checks, with_slips

from autograder.course.course_yml import load_course
from autograder.course.modules import load_bank
from autograder.records import CheckResult
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import Trusted, load_functions

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
# latent_diffusion's ideas over diffusers' objects need its model in a worker: `grade validate` puts them to the test.
EVERY = bool(os.environ.get("EVERY_CASE"))
SLUGS = [each.slug for each in COURSE.assignments if each.slug != "latent_diffusion"] if EVERY else ["noising"]
SOME = 4  # pairs of each kind and assignment, where not all are tried
# Draw from a generator without a seed: what they answer is another thing each time.
CHANCE = {"q-global-noise", "step-own-noise", "own-seed-ignored", "dropr-unseeded"}


def mutating(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """The same idea by somebody who also writes into the first tensor that is handed in."""

    def changed(*args: Any, **kwargs: Any) -> Any:
        answer = wrong(*args, **kwargs)
        first = next((a for a in args if isinstance(a, torch.Tensor) and a.is_floating_point() and a.numel()), None)
        if first is not None and answer is not first:
            answer = answer.clone() if isinstance(answer, torch.Tensor) else answer
            with torch.no_grad():
                first.add_(1)
        return answer

    return changed


def drawing(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """By somebody who draws from the global generator for nothing."""

    def drawn(*args: Any, **kwargs: Any) -> Any:
        torch.rand(1)
        return wrong(*args, **kwargs)

    return drawn


def asking_twice(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """By somebody who asks a model once too often."""

    def asked(model: Any, *args: Any, **kwargs: Any) -> Any:
        def twice(*mine: Any, **named: Any) -> Any:
            model(*mine, **named)
            return model(*mine, **named)

        return wrong(twice if callable(model) else model, *args, **kwargs)

    return asked


HABITS = {"mutates": mutating, "draws": drawing, "asks twice": asking_twice}


@dataclass(slots=True)
class Trial:
    """A suite, its known ideas, and what it says of one that is the only slip."""

    suite: CollectedSuite
    slug: str
    ideas: list[Any]
    asked: dict[str, set[str]] = field(default_factory=dict)
    lost_alone: dict[Any, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id in quick_checks(self.suite):
            listening = Listening(self.with_slips())
            self.judged(listening, frozenset([id]))
            self.asked[id] = listening.asked

    def judged(self, backend: Trusted, only: frozenset[str]) -> tuple[CheckResult, ...]:
        """These checks, hints and all, as a submission's would be judged."""
        return judged(COURSE, self.suite, backend, only, secret="hints")

    def with_slips(self, *slips: tuple[str, Any]) -> dict[str, Any]:
        """The reference's functions with some of them written otherwise; the others call those."""
        return with_slips(ROOT / "reference" / f"{self.slug}.py", *slips)

    def reached(self, *functions: str) -> frozenset[str]:
        """The checks that ask for one of these functions, with those that an earlier function is carried into."""
        return frozenset(id for id, asked in self.asked.items() if asked & set(functions))

    def lost(self, key: Any, *slips: tuple[str, Any]) -> frozenset[str]:
        """The checks that lose points to these slips."""
        if key not in self.lost_alone:
            results = self.judged(Trusted(self.with_slips(*slips)), frozenset(self.asked))
            self.lost_alone[key] = frozenset(r.id for r in results if r.points < r.max_points)
        return self.lost_alone[key]


def told(results: tuple[CheckResult, ...]) -> Iterator[tuple[str, str, str]]:
    """Check, idea and sentence of each hint."""
    for result in results:
        if result.misconception:
            yield result.id, result.misconception.id, result.message


def stray(hints: Iterator[tuple[str, str, str]], trial: Trial, slips: dict[str, tuple[str, Any]]) -> list[Any]:
    """Of the hints to a submission with these slips, those that none of them explains."""
    return [
        (list(slips), check, id, message)
        for check, id, message in hints
        if id not in slips or check not in trial.lost(id, slips[id])
    ]


def some(candidates: list[Any], slug: str) -> list[Any]:
    """All of them, or a few that are the same at each run."""
    return candidates if EVERY or len(candidates) <= SOME else random.Random(slug).sample(candidates, SOME)


def tried(slug: str, question: Callable[[Trial], list[Any]]) -> list[Any]:
    """Wrong hints that `question` finds, in a process that may be spoilt."""
    ideas = [idea for idea in load_bank(ROOT, slug) if not idea.slow and idea.id not in CHANCE]
    suite = ROOT / "tests" / "suites" / f"test_{slug}.py"
    return collect(suite, ROOT, lambda collected: question(Trial(collected, slug, ideas)))


def of_two_functions(trial: Trial) -> list[tuple[Any, Any]]:
    """Pairs of ideas that can meet in one check: in functions that it asks for, or of which one calls the other."""
    functions = load_functions(ROOT / "reference" / f"{trial.slug}.py")
    calls = {
        (name, used)
        for name, function in functions.items()
        for used in getattr(getattr(inspect.unwrap(function), "__code__", None), "co_names", ())
    }
    together = {pair for asked in trial.asked.values() for pair in itertools.permutations(asked, 2)}
    return [
        (one, other)
        for one, other in itertools.combinations(trial.ideas, 2)
        if one.function != other.function
        and {(one.function, other.function), (other.function, one.function)} & (together | calls)
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_two_ideas_are_hinted_at_only_where_each_explains_the_failure(slug: str) -> None:
    """Two functions, each with an idea of its own: no third idea is named, and none where the other one is to blame"""

    def wrong(trial: Trial) -> list[Any]:
        found = []
        for pair in some(of_two_functions(trial), slug):
            slips = {idea.id: (idea.function, idea.wrong) for idea in pair}
            reached = trial.reached(*(idea.function for idea in pair))
            results = trial.judged(Trusted(trial.with_slips(*slips.values())), reached)
            found += stray(told(results), trial, slips)
        return found

    assert tried(slug, wrong) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_bad_habit_is_not_explained_by_an_idea_about_values(slug: str) -> None:
    """One function with an idea, written so that it changes its inputs, draws, or asks a model once too often"""

    def wrong(trial: Trial) -> list[Any]:
        found = []
        for idea, habit in some(list(itertools.product(trial.ideas, HABITS)), slug):
            slip = idea.function, HABITS[habit](idea.wrong)
            results = trial.judged(Trusted(trial.with_slips(slip)), trial.reached(idea.function))
            found += stray(told(results), trial, {idea.id: (idea.function, idea.wrong)})
        return found

    assert tried(slug, wrong) == []
