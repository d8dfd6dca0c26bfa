"""The tiny course with a starter, a handout and nbgrader's configuration, for tests of releases and of nbgrader."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tiny_course import TinyCourse, make_tiny_course

STARTER = '''\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Sums

# %%
import math


# %%
def add(a: float, b: float) -> float:
    """Add two numbers.

    >>> add(1, 2)
    3

    What is checked: add.values (60) two numbers.
    """
    raise NotImplementedError


# %%
def total(numbers: list[float]) -> float:
    """Add all of them up. This one is begun for you.

    >>> total([1, 2, 3])
    6

    What is checked: total.values (40) five numbers.
    """
    result = 0
    for number in numbers:
        result = number
    return result


# %%
if __name__ == "__main__":
    print(math.pi)
'''


def make_released_course(root: Path) -> TinyCourse:
    """Write the tiny course and a starter for it; `grade release` has not run yet."""
    course = make_tiny_course(root)
    home = root / "assignments" / "sums"
    (home / "release").mkdir()
    (home / "release" / "sums.py").write_text(STARTER, "utf-8")
    (home / "README.md").write_text("# Sums\n\nAdd up.\n", "utf-8")
    (root / "roster.csv").write_text("student,name\n" + "".join(f"s0{n},Student {n}\n" for n in range(1, 6)), "utf-8")
    shutil.copy(Path(__file__).parents[2] / "nbgrader_config.py", root)
    return course


def call(root: Path, *words: str, exits: tuple[int, ...] = (0,)) -> str:
    """Run `grade` or `nbgrader` in the course; its output. Fails the test on another exit code."""
    home = root / ".home"
    home.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words, cwd=root, env=os.environ | {"PATH": path, "HOME": str(home)}, capture_output=True, text=True, timeout=900
    )
    assert done.returncode in exits, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
