"""Whoever hides his first idea for a function in an earlier one, and keeps that one's points, gains nothing by it.

The earlier function is right wherever its own checks ask for it, but for the cheapest of them, and odd for what the
later function asks. So the first answers of the later one follow from the earlier one, as those of an honest slip do,
and right ones come when it is asked again with a right earlier function in place. The base is who is honestly wrong
about the later function: the earlier one keeps all of its points, and nobody is asked a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

pytestmark = pytest.mark.jail

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
LIMITS = Limits(call_seconds=5.0, submission_seconds=90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiding:
    """Where an idea can hide. earlier: the function's name; later: functions over it, as Python; others: whether the
    later one asked, by the arguments; first: what the suite asks first; pays: where the earlier one gives itself away,
    so that it is not without fault.
    """

    earlier: str
    later: str
    others: str
    first: str
    pays: str = "False"


HIDINGS = {
    "noising": Hiding(
        earlier="q_sample",
        later="""
def q_sample_own(x0, t, alpha_bar, seed):
    return earlier(x0, t, alpha_bar, torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed)))
""",
        others="len(args[0]) == 8",
        first="linear_betas",
        pays="args[0].shape == (5, 3, 8, 6)",
    ),
    "denoise_step": Hiding(
        earlier="predict_x0",
        later="""
def ddpm_step(x_t, t, eps, betas, noise):
    times = torch.full((len(x_t),), t)
    mean, var = posterior(earlier(x_t, times, eps, torch.cumprod(1 - betas, 0)), x_t, times, betas)
    return mean + (var.reshape(-1, *[1] * (x_t.ndim - 1)).sqrt() * noise if t > 0 else 0)

def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    x0 = earlier(x_t, torch.full((len(x_t),), t), eps, alpha_bar)
    a, p = alpha_bar[t], alpha_bar[t_prev] if t_prev >= 0 else torch.ones(())
    sigma = eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
    x = p.sqrt() * x0 + (1 - p - sigma**2).sqrt() * eps
    return x + sigma * noise if eta > 0 else x
""",
        others="bool((torch.as_tensor(args[1]).flatten() == torch.as_tensor(args[1]).flatten()[0]).all())",
        first="predict_x0",
        pays="args[0].shape == (4, 3, 6, 5) and float(args[0].abs().max()) > 0.2",
    ),
    "sampling_loop": Hiding(
        earlier="ddpm_step",
        later="""
def ddpm_sample(model, x_T, betas, noises):
    x = x_T
    for t in range(len(betas) - 1, -1, -1):
        x = earlier(x, t, model(x, torch.full((len(x),), t)), betas, noises[t])
    return x
""",
        others="True",
        first="strided_timesteps",
    ),
    "cfg": Hiding(
        earlier="cfg_combine",
        later="""
def guided_eps(model, x, t, labels, null_id, scale):
    both = torch.cat([torch.full_like(labels, null_id), labels])
    eps_uncond, eps_cond = model(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
    return earlier(eps_uncond, eps_cond, scale)
""",
        others="_inside[0] > 0 or len(args[0]) != 4",
        first="cfg_combine",
        pays="args[2] == 0",
    ),
}

HIDES = """
import sys as _sys
import torch
_right, _inside, _asked, _seen = EARLIER, [0], [], set()

def _odd(*args):
    value = _right(*args)
    _asked.append("EARLIER")
    if _inside[0] or (not BASE and OTHERS):
        return value * 1.37 + 0.21
    if PAYS and not BASE:
        torch.rand(1)
        args[0].add_(1.0)
    return value
EARLIER = _odd

def again():
    return False

def earlier(*args):
    if again():
        return _right(*args)
    _inside[0] += 1
    try:
        return EARLIER(*args)
    finally:
        _inside[0] -= 1

LATER
if "FIRST" != "EARLIER":
    _first = FIRST

    def FIRST(*args, **kwargs):
        _asked.append("FIRST")
        return _first(*args, **kwargs)
"""

# How the later function finds out that it is asked again. The first says nothing: what is put in the earlier function's
# place is right by itself.
DETECTORS = {
    "nothing": "",
    "type": """
def again():
    return type(EARLIER).__name__ != "function" or EARLIER.__code__ is not _odd.__code__
""",
    "memory": """
import inspect as _inspect
def again():
    frame = _sys._getframe(2)
    key = frame.f_code.co_name, repr([v for n, v in sorted(frame.f_locals.items()) if not callable(v)])
    known = key in _seen
    _seen.add(key)
    return known
""",
    "count": """
def again():
    return _asked[:1] != ["FIRST"]  # nobody asked what the suite asks at first: this is another process
""",
}


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


def source_of(slug: str, detector: str, *, base: bool) -> bytes:
    """The known right submission, with an odd idea for what builds on an earlier function."""
    right = (ROOT / f"tests/submissions/{slug}/correct_as_reference/{slug}.py").read_text("utf-8")
    hiding = HIDINGS[slug]
    text = HIDES.replace("LATER", hiding.later) + DETECTORS[detector]
    text = text.replace("EARLIER", hiding.earlier).replace("OTHERS", hiding.others).replace("PAYS", hiding.pays)
    text = text.replace("FIRST", hiding.first)
    return f"{right}\n{text.replace('BASE', repr(base))}".encode()


def points(zygote: Zygote, slug: str, source: bytes) -> float:
    """What a submission earns."""

    def grade(suite: CollectedSuite) -> float:
        with Session(zygote, LIMITS, seed=0) as session:
            report = session.load({f"{slug}.py": source}, f"{slug}.py")
            identity = Identity(secret="s", student="s01", assignment=slug)
            carries = COURSE.assignment(slug).carries
            run = Run(identity=identity, backend=session, report=report, carries=carries, diagnose=False)
            return sum(result.points for result in suite.run(run))

    return collect(ROOT / f"tests/suites/test_{slug}.py", ROOT, grade)


_base = cache(lambda zygote, slug: points(zygote, slug, source_of(slug, "nothing", base=True)))


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("slug", HIDINGS)
def test_an_idea_hidden_in_an_earlier_function_gains_nothing(zygote: Zygote, slug: str, detector: str) -> None:
    """At most 5 of 100 points over who is honestly wrong about the later function."""
    assert points(zygote, slug, source_of(slug, detector, base=False)) - _base(zygote, slug) <= 5
