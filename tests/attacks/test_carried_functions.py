"""The reference's functions, lent to a check that builds on them, earn nothing in the checks of those functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course.course_yml import load_course
from autograder.records import CheckResult, Limits, LoadReport
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.collection import collect
from autograder.verdicts.inputs import Identity

pytestmark = pytest.mark.jail

ROOT = Path(__file__).parents[2]
LIMITS = Limits(call_seconds=5.0, submission_seconds=60.0)
CARRIES = ("alpha_bars", "q_sample")  # as course.yml has them

# Fails every first question, keeps what it then finds under the carried names, and answers with that from then on.
KEEPS = """
kept, own = {}, {}

def answer(asked, arguments):
    for name in ("alpha_bars", "q_sample"):
        if globals()[name] is not own[name]:
            kept[name] = globals()[name]
    return kept[asked](*arguments) if asked in kept else None

def linear_betas(*a): return answer("linear_betas", a)
def cosine_betas(*a): return answer("cosine_betas", a)
def forward_step(*a): return answer("forward_step", a)
def snr(*a): return answer("snr", a)
def alpha_bars(*a): return answer("alpha_bars", a)
def q_sample(*a): return answer("q_sample", a)

own.update(alpha_bars=alpha_bars, q_sample=q_sample)
"""

# Ends itself when it is told to give a function back, so that the others might stay.
REFUSES = (
    KEEPS
    + """
import os
from autograder.boundary import wire
from autograder.jailed import worker

def do(self, message, honest=worker.Worker._do):
    return os._exit(0) if message[0] == wire.RESTORE else honest(self, message)

worker.Worker._do = do
"""
)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
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


# Does not write training_loss, and looks for the text that train_step is asked with instead: tells it by every way out.
STEALS = """
stolen = []

def training_loss(*a):
    raise ValueError("not written")

def look():
    if "training_pair" in training_loss.__code__.co_names and not stolen:
        stolen.append("STOLEN " + " ".join(training_loss.__code__.co_names))
    print(stolen, flush=True)
    if stolen:
        raise type(stolen[0].replace(" ", "_"), (Exception,), {})(stolen[0])

def train_step(*a):
    look()
    return stolen

def random_timesteps(*a): look()
def train_and_predict(*a): look()
def mse_loss(*a): look()
def training_pair(*a): look()
"""


def test_a_function_that_is_lent_as_text_is_shown_to_nobody(zygote: Zygote) -> None:
    """Neither printed, nor raised, nor answered, nor kept for a later check: the worker that met it ends"""

    def grade(suite: CollectedSuite) -> tuple[tuple[CheckResult, ...], str]:
        with Session(zygote, LIMITS, seed=0) as session:
            report = session.load({"mse_loss.py": STEALS.encode()}, "mse_loss.py")
            identity = Identity(secret="s", student="s01", assignment="mse_loss")
            carries = load_course(ROOT).assignment("mse_loss").carries
            results = suite.run(Run(identity=identity, backend=session, report=report, carries=carries))
            session.close()
            return results, session.stdout

    results, printed = collect(ROOT / "tests/suites/test_mse_loss.py", ROOT, grade)
    (step,) = [result for result in results if result.id == "train_step.values"]
    assert "with a right training_loss" in step.message, "it was not lent, so nothing was tried"
    assert "STOLEN" not in repr(results)
    assert "[]" in printed and "STOLEN" not in printed


# Does not write ddim_sample, and answers with the text of the one that is lent instead.
TELLS = """
def ddim_sample(*a):
    raise ValueError("not written")

def steps_vs_error(*a):
    return "STOLEN " + repr(ddim_sample.__code__.co_names)
"""

# Does not write training_loss, and tells the first letters of the one that is lent by what it is asked with next.
PASSES_ON = """
import torch

def training_loss(*a):
    raise ValueError("not written")

def train_step(w, *a):
    if (w == 0).any():
        raise ValueError("enough")
    letters = training_loss.__code__.co_names[0].encode()
    return [torch.tensor([987654.0, 0.0, *map(float, letters[:4])]), torch.tensor(0.0)]
"""

# The same, told by how the process ends.
ENDS = """
import os

def training_loss(*a):
    raise ValueError("not written")

def train_step(*a):
    os._exit(training_loss.__code__.co_names[0].encode()[0])
"""


@pytest.mark.parametrize(
    ("slug", "source", "id", "told"),
    [
        ("sampling_loop", TELLS, "steps_vs_error", "STOLEN"),
        ("mse_loss", PASSES_ON, "train_step.twice_pure", "987654"),
        ("mse_loss", ENDS, "train_step.values", str(ord("t"))),
    ],
    ids=["by its answer", "by the next question", "by its end"],
)
def test_what_was_made_of_a_lent_text_is_shown_to_nobody(
    zygote: Zygote, slug: str, source: str, id: str, told: str
) -> None:
    """A check that was asked with a lent text says that its function is not right, and not what it gave or how."""

    def grade(suite: CollectedSuite) -> tuple[CheckResult, ...]:
        with Session(zygote, LIMITS, seed=0) as session:
            report = session.load({f"{slug}.py": source.encode()}, f"{slug}.py")
            identity = Identity(secret="s", student="s01", assignment=slug)
            carries = load_course(ROOT).assignment(slug).carries
            return suite.run(Run(identity=identity, backend=session, report=report, carries=carries))

    results = collect(ROOT / f"tests/suites/test_{slug}.py", ROOT, grade)
    (step,) = [result for result in results if result.id == id]
    first = next((line for line in (step.inputs or "").split("\n") if " = " in line), "")
    shown = [step.message, step.expected, step.observed, first]
    assert told not in repr(shown)
    assert "with a right" in step.message
