"""The import contracts bite: each kind of forbidden import, planted in a copy, breaks the contract that forbids it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

ARROWS = "An arrow between rooms points down"
JAILED = "The jailed side imports the boundary and nothing else of ours"
NOBODY = "Nobody imports the jailed side"
NBGRADER = "Only the gradebook, the release and the commands that nbgrader calls know nbgrader"
DETOUR = "What grades reaches nbgrader by no detour either"
CIRCLES = "No circles between the modules of a room"

PLANTED = {
    "a worker imports the records": ("jailed/worker.py", "from autograder.records import Limits", JAILED),
    "a worker imports a facade": ("jailed/worker.py", "from autograder import student", JAILED),
    "the trusted side imports the worker": ("sandbox/replies.py", "from autograder.jailed import worker", NOBODY),
    "a command imports the worker": ("cli/doctor.py", "from autograder.jailed import walls", NOBODY),
    "the boundary imports the errors": (
        "boundary/wire.py",
        "from autograder.errors import StudentFault",
        "The boundary imports nothing of ours",
    ),
    "a grader imports nbgrader": ("grading/grader.py", "import nbgrader", NBGRADER),
    "a comparison imports nbgrader": ("runs/compare.py", "import nbgrader", NBGRADER),
    "a command imports nbgrader": ("cli/check.py", "import nbgrader", NBGRADER),
    "a grader imports the gradebook": ("grading/grader.py", "from autograder.gradebook import write", DETOUR),
    "another module imports Dask": ("executors/local.py", "import distributed", "One module knows Dask"),
    "a suite's word imports a command": ("suite/calls.py", "from autograder.cli import report", ARROWS),
    "scoring imports the course": ("scoring.py", "from autograder.course import roster", ARROWS),
    "pages and the sandbox know each other": ("pages/write.py", "from autograder.sandbox import jail", ARROWS),
    "a session imports the zygote": ("sandbox/session.py", "from autograder.sandbox import zygote", CIRCLES),
}


def broken_contracts(root: Path) -> list[str]:
    """Run lint-imports on a checkout; the names of the contracts that it calls broken."""
    lint = str(Path(sys.executable).with_name("lint-imports"))
    command = [lint, "--no-cache", "--config", str(root / "pyproject.toml")]
    environment = {"PYTHONPATH": str(root), "COLUMNS": "300"}
    ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    return [line.split(" BROKEN")[0] for line in ran.stdout.splitlines() if " BROKEN" in line]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine and its contracts, without any breach."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    assert broken_contracts(root) == []
    return root


def test_each_planted_import_breaks_its_contract(copy: Path) -> None:
    """All at once would hide one behind another, so each is planted alone and taken out again"""
    kept = {}
    for name, (file, line, contract) in PLANTED.items():
        module = copy / "autograder" / file
        source = module.read_text("utf-8")
        module.write_text(f"{source}\n{line}\n", "utf-8")
        broken = broken_contracts(copy)
        module.write_text(source, "utf-8")
        if contract not in broken:
            kept[name] = broken
    assert kept == {}


def test_a_new_room_without_a_place_breaks_the_order(copy: Path) -> None:
    """The layers are exhaustive: whoever adds a room says where it stands"""
    room = copy / "autograder" / "attic.py"
    room.write_text('"""New."""\n', "utf-8")
    broken = broken_contracts(copy)
    room.unlink()
    assert broken == [ARROWS]
