"""Whoever has two ideas and hands in the second when he sees that he is asked again gains nothing by it.

A submission answers wrongly at first, and rightly when its detector says that this is the second time. The base is the
same submission whose detector never says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from autograder.course.course_yml import load_course
from autograder.records import Limits
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.collection import collect
from autograder.verdicts.inputs import Identity

pytestmark = [pytest.mark.jail, pytest.mark.no_cover]

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
LIMITS = Limits(call_seconds=5.0, submission_seconds=90.0)
SUITES = ["warmup", "noising", "denoise_step", "sampling_loop", "mse_loss", "cfg", "beyond_images", "clinic"]

# Put behind right work: all its functions answer wrongly until `again` says otherwise.
TWO_IDEAS = """
import sys as _sys, types as _types, pickle as _pickle
import numpy as _np, torch as _torch

_right = {n: f for n, f in list(globals().items()) if isinstance(f, _types.FunctionType) and not n.startswith("_")}
_carried = CARRIED

def _spoilt(value):
    if isinstance(value, (_torch.Tensor, _np.ndarray)) and value.dtype not in (_torch.bool, bool):
        return value * 1.37 + 0.21
    if isinstance(value, (list, tuple)):
        return type(value)(_spoilt(item) for item in value)
    return value * 1.37 + 0.21 if isinstance(value, (int, float)) and not isinstance(value, bool) else value

def _two(name, right):
    def function(*args, **kwargs):
        second = again(name, args)
        if name not in _carried:
            for carried in _carried:  # so that it counts as building on each of them
                try:
                    _probe(carried)
                except Exception:
                    pass
        value = right(*args, **kwargs)
        return value if second else _spoilt(value)
    function.__name__ = name
    return function

def _probe(name):
    return globals()[name](*[_np.array([0.1, 0.2])] * PROBE[name])

def again(name, args):
    return False

for _name, _f in _right.items():
    globals()[_name] = _two(_name, _f)
_mine = {n: globals()[n] for n in _carried if n in globals()}
"""

DETECTORS = {
    "type": """
def again(name, args):
    return any(type(globals()[n]).__name__ != "function" for n in _mine)
""",
    "identity": """
def again(name, args):
    return any(globals()[n] is not f for n, f in _mine.items())
""",
    "closure": """
def again(name, args):
    return any(globals()[n].__code__ is not f.__code__ for n, f in _mine.items())
""",
    "memory": """
_seen = set()
def again(name, args):
    key = name, repr([a if not callable(a) else "model" for a in args])
    known = key in _seen
    _seen.add(key)
    return known
""",
    "count": """
_asked = []
def again(name, args):
    _asked.append(name)
    return _asked[0] not in FIRST  # nobody asked what the suite asks at first: this is another process
""",
    "answers": """
def again(name, args):
    for n, f in _mine.items():
        if name not in _carried:
            try:
                here, mine = _probe(n), f(*[_np.array([0.1, 0.2])] * PROBE[n])
            except Exception:
                continue
            if repr(here) != repr(mine):
                return True
    return False
""",
    "the worker's own lines": """
from autograder.jailed import worker as _worker
_told = []
def _do(self, message, honest=_worker.Worker._do):
    if message[0] == 4 and message[1] not in GIVEN:  # those are there at the first and only time that it is asked
        _told.append(message)
    return honest(self, message)
_worker.Worker._do = _do
def again(name, args):
    return bool(_told)
""",
}


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


def source_of(slug: str, detector: str) -> bytes:
    """The known right submission, made to have two ideas."""
    right = (ROOT / f"tests/submissions/{slug}/correct_as_reference/{slug}.py").read_text("utf-8")
    names = COURSE.assignment(slug).carries
    suite = (ROOT / f"tests/suites/test_{slug}.py").read_text("utf-8")
    first = re.findall(r"student\.(?:call\(\")?(\w+)", suite[suite.index("@check") :])[:1]
    probe = "PROBE = __import__('collections').defaultdict(lambda: 1)\n"
    given = re.findall(r"\w+", " ".join(re.findall(r"given=\(([^)]*)\)", suite)))
    two = TWO_IDEAS.replace("CARRIED", repr(tuple(names)))
    return f"{right}\n{probe}FIRST = {first!r}\nGIVEN = {given!r}\n{two}\n{DETECTORS.get(detector, '')}".encode()


def points(zygote: Zygote, slug: str, source: bytes) -> float:
    """What a submission earns."""

    def grade(suite: CollectedSuite) -> float:
        with Session(zygote, LIMITS, seed=0) as session:
            report = session.load({f"{slug}.py": source}, f"{slug}.py")
            identity = Identity(secret="s", student="s01", assignment=slug)
            carries = COURSE.assignment(slug).carries
            run = Run(identity=identity, backend=session, report=report, carries=carries)
            return sum(result.points for result in suite.run(run))

    return collect(ROOT / f"tests/suites/test_{slug}.py", ROOT, grade)


# Says aloud what the reference's q_sample makes of known arguments, whenever it is there.
SAYS = """
import numpy as np, torch
own = "nothing yet"
def alpha_bars(betas): return np.cumprod(1 - np.asarray(betas))
def q_sample(x0, t, alpha_bar, eps): return x0 * 0 - 5.0
own = q_sample
def q_sample_own(x0, t, alpha_bar, seed):
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed))
    x_t = q_sample(x0, t, alpha_bar, eps)
    print("ASKED WITH MY OWN" if q_sample is own else "LEAK", float(x_t.flatten()[0]), flush=True)
    return x_t
"""


def test_nothing_is_printed_while_a_function_of_the_references_is_lent(zygote: Zygote) -> None:
    """What the first attempt prints is kept; what a later one prints would show the reference's answers."""

    def grade(suite: CollectedSuite) -> str:
        with Session(zygote, LIMITS, seed=0) as session:
            report = session.load({"noising.py": SAYS.encode()}, "noising.py")
            identity = Identity(secret="s", student="s01", assignment="noising")
            carries = COURSE.assignment("noising").carries
            suite.run(Run(identity=identity, backend=session, report=report, carries=carries))
            session.close()
            return session.stdout

    printed = collect(ROOT / "tests/suites/test_noising.py", ROOT, grade)
    assert "ASKED WITH MY OWN -5.0" in printed
    assert "LEAK" not in printed


_base = cache(lambda zygote, slug: points(zygote, slug, source_of(slug, "never")))


@pytest.mark.sampled(19)
@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("slug", SUITES)
def test_a_second_idea_gains_nothing(zygote: Zygote, slug: str, detector: str) -> None:
    """At most 5 of 100 points over the same submission without its detector.

    In `mse_loss` 6: a check of train_step is judged over a right training_loss where the own one is wrong, and there a
    second idea for train_step is not told from the first.
    """
    base = _base(zygote, slug)
    assert base < 50, "the first idea is wrong"
    assert points(zygote, slug, source_of(slug, detector)) - base <= (6 if slug == "mse_loss" else 5)


# Behind right work again. Knows the reference's ddpm_step by its answer, so that it calls its own at first and answers
# as before when that one is behind a stand-in.
KNOWS = """
import os as _os
_deep, _step, _walk = [0], ddpm_step, ddpm_sample

def ddpm_step(x, t, *rest):
    if x.numel() == 1:
        return torch.tensor([123.0])
    if DIES and not _deep[0]:
        _os._exit(3)  # asked by itself: so the first answers are being explained
    return _step(x, t, *rest)

def ddpm_sample(model, x_T, betas, noises):
    known = ddpm_step(torch.ones(1), 1, torch.ones(1), torch.tensor([0.1, 0.2]), torch.zeros(1))
    again = KNOWS and float(known) != 123.0
    _deep[0] += 1
    try:
        sample = _walk(model, x_T, betas, noises)
    finally:
        _deep[0] -= 1
    if again:
        return sample + 1 if UNJUDGED and noises.any() and not noises[0].any() else sample
    return sample * 1.37 + 0.21
"""


@pytest.mark.parametrize("way", ["DIES", "UNJUDGED"])
def test_a_second_idea_gains_nothing_by_hiding_what_the_first_came_from(zygote: Zygote, way: str) -> None:
    """Neither by an earlier function that ends the process where it is asked by itself, nor by another answer than the
    reference's where a check does not look at it."""
    right = (ROOT / "tests/submissions/sampling_loop/correct_as_reference/sampling_loop.py").read_text("utf-8")

    def earned(**flags: bool) -> float:
        wanted = {"KNOWS": False, "DIES": False, "UNJUDGED": False} | flags
        words = "\n".join(f"{name} = {value}" for name, value in wanted.items())
        return points(zygote, "sampling_loop", f"{right}\n{words}\n{KNOWS}".encode())

    base = earned()
    assert base < 80, "the first idea is wrong"
    assert earned(KNOWS=True, **{way: True}) == base
