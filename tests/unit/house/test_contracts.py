"""The import contracts bite: each kind of forbidden import, planted in a copy, breaks the contract that forbids it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

ARROWS = "An arrow between rooms points down"
JAILED = "The jailed side imports the boundary, the reading and nothing else of ours"
NOBODY = "Nobody imports the jailed side"
NBGRADER = "Only the gradebook, the release and the commands that nbgrader calls know nbgrader"
DETOUR = "What grades reaches nbgrader by no detour either"
CIRCLES = "No circles between the modules of a room"
CYCLE = r"No cycles are allowed in autograder\.sandbox"

PLANTED = {
    "a worker imports the records": ("jailed/worker.py", "from autograder.records import Limits", JAILED),
    "a worker imports a facade": ("jailed/worker.py", "from autograder import student", JAILED),
    "the trusted side imports the worker": ("sandbox/replies.py", "from autograder.jailed import worker", NOBODY),
    "a command imports the worker": ("cli/doctor.py", "from autograder.jailed import walls", NOBODY),
    "the boundary imports the errors": (
        "boundary/wire.py",
        "from autograder.errors import StudentFault",
        "The boundary and the reading import nothing of ours",
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


def broken_contracts(root: Path) -> dict[str, str]:
    """Run lint-imports on a checkout: what it says of each contract that it calls broken."""
    lint = str(Path(sys.executable).with_name("lint-imports"))
    command = [lint, "--no-cache", "--config", str(root / "pyproject.toml")]
    environment = {"PYTHONPATH": str(root), "COLUMNS": "300"}
    ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    summary, _, details = ran.stdout.partition("Contracts: ")
    names = [line.split(" BROKEN")[0] for line in summary.splitlines() if " BROKEN" in line]
    sections = re.split(rf"^({'|'.join(map(re.escape, names))})\n-+$", details, flags=re.MULTILINE) if names else []
    return dict(zip(sections[1::2], sections[2::2], strict=True))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine and its contracts, without any breach."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    assert broken_contracts(root) == {}
    return root


def test_each_planted_import_breaks_its_contract(copy: Path) -> None:
    """lint-imports names the module that imports and the one that it must not import"""
    sources = {file: (copy / "autograder" / file).read_text("utf-8") for file, *_ in PLANTED.values()}
    for file, line, _ in PLANTED.values():
        with (copy / "autograder" / file).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    broken = broken_contracts(copy)
    for file, source in sources.items():
        (copy / "autograder" / file).write_text(source, "utf-8")
    unnoticed = [
        name
        for name, (file, line, contract) in PLANTED.items()
        if not re.search(CYCLE if contract == CIRCLES else arrow(file, line), broken.get(contract, ""))
    ]
    assert unnoticed == [], broken


def arrow(file: str, line: str) -> str:
    """The pattern of what lint-imports says of this import."""
    importer = "autograder." + file.removesuffix(".py").replace("/", ".")
    package, *names = line.removeprefix("from ").removeprefix("import ").split(" import ")
    return rf"{re.escape(importer)} -> {re.escape(package)}(\.{'|'.join(names)})?\b"


def test_a_new_room_without_a_place_breaks_the_order(copy: Path) -> None:
    """The layers are exhaustive: whoever adds a room says where it stands"""
    room = copy / "autograder" / "attic.py"
    room.write_text('"""New."""\n', "utf-8")
    broken = broken_contracts(copy)
    room.unlink()
    assert list(broken) == [ARROWS]
    assert "attic" in broken[ARROWS]
