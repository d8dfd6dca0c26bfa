"""The reference's functions, lent to a check that builds on them, earn nothing in the checks of those functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.records import CheckResult, Limits, LoadReport
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.collection import collect
from autograder.verdicts.identity import Identity

pytestmark = pytest.mark.jail

ROOT = Path(__file__).parents[2]
LIMITS = Limits(call_seconds=5.0, submission_seconds=60.0)
CARRIES = ("alpha_bars", "q_sample")  # as course.yml has them

# Fails every first question, keeps what it then finds under the carried names, and answers with that from then on.
KEEPS = """
kept = {}

def answer(asked, arguments):
    for name in ("alpha_bars", "q_sample"):
        if type(globals()[name]).__name__ == "Model":
            kept[name] = globals()[name]
    return kept[asked](*arguments) if asked in kept else None

def linear_betas(*a): return answer("linear_betas", a)
def cosine_betas(*a): return answer("cosine_betas", a)
def forward_step(*a): return answer("forward_step", a)
def snr(*a): return answer("snr", a)
def alpha_bars(*a): return answer("alpha_bars", a)
def q_sample(*a): return answer("q_sample", a)
"""

# Ends itself when it is told to give a function back, so that the others might stay.
REFUSES = (
    KEEPS
    + """
import os
from autograder.jailed import wire, worker

def do(self, message, honest=worker.Worker._do):
    return os._exit(0) if message[0] == wire.RESTORE else honest(self, message)

worker.Worker._do = do
"""
)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One warm process for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


@pytest.mark.parametrize("source", [KEEPS, REFUSES], ids=["kept", "never given back"])
def test_a_function_that_was_lent_earns_nothing_for_who_keeps_it(zygote: Zygote, source: str) -> None:
    """Not a point of a hundred, though each check that failed was tried with the reference's functions in place."""

    def grade(suite: CollectedSuite) -> tuple[CheckResult, ...]:
        with Session(zygote, LIMITS, seed=0) as session:
            session.load({"noising.py": source.encode()}, "noising.py")
            identity = Identity(secret="s", student="s01", assignment="noising")
            run = Run(identity=identity, backend=session, report=LoadReport(), carries=CARRIES, diagnose=False)
            return suite.run(run)

    results = collect(ROOT / "tests/suites/test_noising.py", ROOT, grade)
    assert {result.id: result.points for result in results if result.points} == {}
