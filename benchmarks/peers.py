"""The graders we are compared with, each given the same six checks and graded submissions in its own usual way.

A peer is installed into an environment of its own. It is asked either for one submission at a time, because that is how
it is run, or for a whole class at once (`batch`), which is kinder to it: its start is then shared. A peer that does not
give the right submission full marks is not timed: `Misgraded` says what it said.
"""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbgrader_course
from assignment import CHECKS, preamble, solution, write_course
from measuring import Cost, in_results, measure


class Misgraded(Exception):
    """A peer did not give full marks to a right submission, so its time means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """grade(programs, folder, variant, submissions) grades that many in an empty folder and returns what it cost."""

    name: str
    about: str
    packages: tuple[str, ...]
    batch: bool
    grade: Callable[[Path, Path, str, int], Cost]


def _marks(name: str, cost: Cost, read: Callable[[], float]) -> Cost:
    """The cost, if the marks that the peer wrote down are full."""
    try:
        marks = read()
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise Misgraded(f"{name} left no marks ({error!r}): {cost.output[-600:]}") from error
    if marks != len(CHECKS):
        raise Misgraded(f"{name} gave {marks:g} of {len(CHECKS)} to a right submission: {cost.output[-600:]}")
    return cost


def _path(programs: Path) -> str:
    return f"{programs}{os.pathsep}{os.environ['PATH']}"


def _submission(variant: str) -> str:
    return solution(f"add_noise_{variant}")


def _grade(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    """This project: the command as users call it, one grader process."""
    root = write_course(folder / "course", f"add_noise_{variant}", submissions)
    paths = [root / "assignments", "--no-gradebook", "--jobs", 1, "--force", "--json", "--out", folder / "out"]
    cost = measure([programs / "grade", *paths], root)

    def marks() -> float:
        return len(CHECKS) * sum(in_results(folder / "out", "score")) / submissions / 100

    return _marks("grade", cost, marks)


def _pytest(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    checks = [f"def test_{name}():\n    {body}\n" for name, body in CHECKS.items()]
    text = f"{preamble(variant)}from submission import add_noise as f\n\n{''.join(checks)}"
    (folder / "test_hidden.py").write_text(text, "utf-8")
    (folder / "submission.py").write_text(_submission(variant), "utf-8")
    options = ["-q", "-p", "no:cacheprovider", "--junitxml=report.xml", "test_hidden.py"]
    cost = measure([programs / "python", "-m", "pytest", *options], folder, PYTHONPATH=str(folder))

    def marks() -> float:
        suite = next(ET.parse(folder / "report.xml").getroot().iter("testsuite"))
        return int(suite.attrib["tests"]) - int(suite.attrib["failures"]) - int(suite.attrib["errors"])

    return _marks("pytest", cost, marks)


_GRADESCOPE_MAIN = """\
import unittest
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

with open("results.json", "w") as stream:
    JSONTestRunner(visibility="visible", stream=stream).run(unittest.defaultTestLoader.discover("tests"))
"""


def _gradescope(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    checks = [f"    @weight(1)\n    def test_{name}(self):\n        {body}\n" for name, body in CHECKS.items()]
    imports = "import unittest\nfrom gradescope_utils.autograder_utils.decorators import weight\n"
    imports += "from submission import add_noise as f\n"
    text = f"{preamble(variant)}{imports}\nclass TestHidden(unittest.TestCase):\n{''.join(checks)}"
    (folder / "tests").mkdir()
    (folder / "tests" / "test_hidden.py").write_text(text, "utf-8")
    (folder / "submission.py").write_text(_submission(variant), "utf-8")
    (folder / "run_tests.py").write_text(_GRADESCOPE_MAIN, "utf-8")
    cost = measure([programs / "python", "run_tests.py"], folder, PYTHONPATH=str(folder))
    return _marks("gradescope-utils", cost, lambda: json.loads((folder / "results.json").read_bytes())["score"])


_CHECK50 = """\
@check50.check()
def {name}():
    "{name}"
    f = check50.py.import_("submission.py").add_noise
    try:
        exec({body!r}, dict(globals(), f=f))
    except AssertionError:
        raise check50.Failure("wrong")
"""
_CHECK50_FILES = "check50:\n  files:\n    - !exclude '*'\n    - !require submission.py\n  checks: __init__.py\n"


def _check50(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    checks = "".join(_CHECK50.format(name=name, body=body) for name, body in CHECKS.items())
    for name in ("checks", "student"):
        (folder / name).mkdir()
    text = f"import check50, check50.py\n{preamble(variant)}{checks}"
    (folder / "checks" / "__init__.py").write_text(text, "utf-8")
    (folder / "checks" / ".cs50.yaml").write_text(_CHECK50_FILES, "utf-8")
    (folder / "student" / "submission.py").write_text(_submission(variant), "utf-8")
    options = ["--dev", "-o", "json", "--output-file", folder / "out.json", folder / "checks"]
    cost = measure([programs / "check50", *options], folder / "student", PATH=_path(programs))

    def marks() -> float:
        return sum(bool(check["passed"]) for check in json.loads((folder / "out.json").read_bytes())["results"])

    return _marks("check50", cost, marks)


_OTTER_TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = 1

@test_case(points=1, hidden=True)
def check(env):
    values = {{}}
    exec({preamble!r}, values)
    values["f"] = env["add_noise"]
    exec({body!r}, values)
"""


def _otter(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    archive = programs.parent / f"six-checks-{variant}.zip"
    if not archive.exists():
        (folder / "tests").mkdir()
        for name, body in CHECKS.items():
            text = _OTTER_TEST.format(name=name, body=body, preamble=preamble(variant))
            (folder / "tests" / f"{name}.py").write_text(text, "utf-8")
        options = ["-t", "tests", "-o", archive, "--no-config", "--no-requirements", "--no-environment"]
        measure([programs / "otter", "generate", *options], folder, PATH=_path(programs))
    (folder / "submission.py").write_text(_submission(variant), "utf-8")
    command = [programs / "otter", "run", "--no-logo", "-a", archive, "-o", folder, "submission.py"]
    cost = measure(command, folder, PATH=_path(programs))

    def marks() -> float:
        return sum(test.get("score", 0) for test in json.loads((folder / "results.json").read_bytes())["tests"])

    return _marks("otter", cost, marks)


_PRAIRIELEARN_TENSORS = """
import torch as _torch
_theirs = add_noise
def add_noise(x0, t, alpha_bar, eps):
    x0, alpha_bar, eps = (_torch.tensor(values, dtype=_torch.float64) for values in (x0, alpha_bar, eps))
    return _theirs(x0, t, alpha_bar, eps).tolist()
"""


def _prairielearn(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    """Only JSON crosses to its sandbox, so tensors are made and unmade inside; one sandbox for the six checks."""
    text = "import pytest\nfrom pytest_prairielearn_grader import ConfigObject\n" + preamble("list")
    text += "autograder_config = ConfigObject(sandbox_timeout=30.0)\n"
    for name, body in CHECKS.items():
        text += f"@pytest.mark.grading_data(name={name!r}, points=1)\ndef test_{name}(module_sandbox):\n"
        text += f"    f = lambda *a: module_sandbox.query_function('add_noise', *a, query_timeout=10)\n    {body}\n"
    inside = folder / "test_hidden"
    inside.mkdir()
    (inside / "student_code.py").write_text(_submission(variant), "utf-8")
    if variant == "torch":
        (inside / "trailing_code.py").write_text(_PRAIRIELEARN_TENSORS, "utf-8")
    (folder / "test_hidden.py").write_text(text, "utf-8")
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", folder, "test_hidden.py"]
    cost = measure([programs / "python", "-m", "pytest", *options], folder)

    def marks() -> float:
        return sum(t.get("points", 0) for t in json.loads((folder / "autograder_results.json").read_bytes())["tests"])

    return _marks("prairielearn", cost, marks)


def _nbgrader(programs: Path, folder: Path, variant: str, submissions: int) -> Cost:
    """One `nbgrader autograde` for the whole class."""
    made = nbgrader_course.course(programs, variant)
    root = shutil.copytree(made, folder / "course")
    nbgrader_course.hand_in(root, _submission(variant), submissions)
    cost = measure([programs / "nbgrader", "autograde", "ps1", "--force"], root, seconds=590, PATH=_path(programs))
    return _marks("nbgrader", cost, lambda: nbgrader_course.marks(root / "gradebook.db") / submissions)


OURS = Peer(name="grade", about="this project, jailed, one grader", packages=(), batch=True, grade=_grade)
PEERS = {
    peer.name: peer
    for peer in (
        Peer(name="nbgrader", about="batch", packages=("nbgrader",), batch=True, grade=_nbgrader),
        Peer(name="otter", about="otter run", packages=("otter-grader", "ipykernel"), batch=False, grade=_otter),
        Peer(name="pytest", about="no grader", packages=("pytest",), batch=False, grade=_pytest),
        Peer(
            name="gradescope", about="gradescope-utils", packages=("gradescope-utils",), batch=False, grade=_gradescope
        ),
        Peer(name="check50", about="--dev", packages=("check50",), batch=False, grade=_check50),
        Peer(
            name="prairielearn",
            about="its pytest grader, one sandbox",
            packages=("pytest-prairielearn-grader", "pandas", "networkx", "plot-serializer"),
            batch=False,
            grade=_prairielearn,
        ),
    )
}
