"""The tiny course with a starter, a handout and nbgrader's configuration, for tests of releases and of nbgrader."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
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


# Commands that start no process of their own. nbgrader and what it imports take seconds in each new process.
QUICK_HERE = {
    "grade": {"export", "release"},
    "nbgrader": {"db", "export", "generate_assignment", "generate_feedback", "list", "zip_collect"},
}


def call(root: Path, *words: str, exits: tuple[int, ...] = (0,)) -> str:
    """Run `grade` or `nbgrader` in the course; its output. Fails the test on another exit code.

    In this process, where the command is one of QUICK_HERE; else in one of its own, as a person runs it.
    """
    home = root / ".home"
    home.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if words[1] in QUICK_HERE.get(words[0], ()):
        with contextlib.chdir(root), pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(home))
            patch.setenv("PATH", path)
            code, output = (_grade if words[0] == "grade" else _nbgrader)(list(words[1:]))
        assert code in exits, f"{words}: exit {code}\n{output}"
        return output
    done = subprocess.run(
        words, cwd=root, env=os.environ | {"PATH": path, "HOME": str(home)}, capture_output=True, text=True, timeout=900
    )
    assert done.returncode in exits, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _grade(words: list[str]) -> tuple[int, str]:
    from autograder.cli import grade_command

    done = CliRunner().invoke(grade_command, words, standalone_mode=False)
    if done.exception is not None:
        return getattr(done.exception, "exit_code", 1), f"{done.output}\n{done.exception!r}"
    return done.return_value or 0, done.output


def _nbgrader(words: list[str]) -> tuple[int, str]:
    from jupyter_core.application import NoStart
    from nbgrader.apps.nbgraderapp import NbGraderApp

    said = io.StringIO()
    app = NbGraderApp()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            app.initialize(words)
            with contextlib.suppress(NoStart):  # so says one command that another has done the work
                app.start()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1, said.getvalue()
        finally:
            inner = app.subapp
            while inner is not None:
                inner.clear_instance()
                inner = inner.subapp
    return 0, said.getvalue()
