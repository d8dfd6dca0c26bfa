"""What is graded in the benchmarks: a course of ours on disk, and the same six checks for other graders."""

from __future__ import annotations

import shutil
from pathlib import Path

_COURSE = Path(__file__).parent / "course"
VARIANTS = ("list", "torch")


def solution(slug: str) -> str:
    """A right submission: the reference, as a student would hand it in."""
    return (_COURSE / "reference" / f"{slug}.py").read_text("utf-8")


def write_course(root: Path, slug: str, submissions: int) -> Path:
    """A course for `grade` at `root` with that many right submissions, no two of them equal. Returns its root."""
    shutil.copytree(_COURSE, root)
    for number in range(submissions):
        folder = root / "assignments" / slug / "submitted" / f"s{number:04}"
        folder.mkdir(parents=True)
        (folder / f"{slug}.py").write_text(f"{solution(slug)}\n# by s{number:04}\n", "utf-8")
    return root


# --- the six checks for the others: inputs as in course/tests/suites, a value f to call, plain assertions -------------

_INPUTS = """\
import math, random

def draw(seed=7):
    r = random.Random(seed)
    return [r.gauss(0, 1) for _ in range(16)], [1 - i / 20 for i in range(21)], [r.gauss(0, 1) for _ in range(16)]

def mix(x0, t, alpha_bar, eps):
    signal, noise = math.sqrt(alpha_bar[t]), math.sqrt(1 - alpha_bar[t])
    return [signal * x + noise * e for x, e in zip(x0, eps)]

x0, alpha_bar, eps = draw()
"""
_VALUES = {
    "list": """\
give = list
def close(a, b): return len(a) == len(b) and all(abs(p - q) < 1e-5 for p, q in zip(a, b))
""",
    "torch": """\
import torch
def give(values): return torch.tensor(values, dtype=torch.float64)
def close(a, b): return torch.allclose(torch.as_tensor(a), give(b), atol=1e-5)
""",
}
_ASK = "f(give({x0}), {t}, give(alpha_bar), give(eps))"


def _ask(t: int, x0: str = "x0") -> str:
    return _ASK.format(x0=x0, t=t)


CHECKS = {
    "t0_is_x0": f"assert close({_ask(0)}, x0)",
    "end_is_eps": f"assert close({_ask(20)}, eps)",
    "matches_reference": f"assert close({_ask(9)}, mix(x0, 9, alpha_bar, eps))",
    "length": f"assert len({_ask(5)}) == len(x0)",
    "pure": "given = give(x0); f(given, 5, give(alpha_bar), give(eps)); "
    f"assert close(given, x0) and close({_ask(3)}, mix(x0, 3, alpha_bar, eps))",
    "zeros": f"zeros = [0.0] * 16; assert close({_ask(7, 'zeros')}, mix(zeros, 7, alpha_bar, eps))",
}


def preamble(variant: str) -> str:
    """What each check's text needs before it: x0, alpha_bar, eps, give, close, mix. It sets no f."""
    return _INPUTS + _VALUES[variant]
