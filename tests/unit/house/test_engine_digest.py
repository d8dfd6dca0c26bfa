"""The engine's digest covers what a grading run imports, and nothing that only a validation or a command imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from tiny_course import SUITE, TinyCourse

from autograder.submissions import plan

ENGINE = Path(plan.__file__).parents[1]

# A grader imports these, and no verdict depends on them.
DECIDES_NOTHING = {
    "__init__.py",
    "course/__init__.py",
    "executors/__init__.py",
    "executors/dispatch.py",  # hands a job to a grader
    "executors/forkserver_ends.py",
    "executors/local.py",
    "submissions/__init__.py",
}

# These match a pattern of the digest, and no grading run imports them.
NEVER_IMPORTED = {"suite/rehearse.py"}  # a public name for authors

RECORDER = """
import sys
from pathlib import Path

_LOG = open({log!r}, "a")

def _note(event, arguments):
    if event == "import" and arguments[0].startswith("autograder"):
        print(arguments[0], file=_LOG, flush=True)

for _name in list(sys.modules):
    _note("import", [_name])
sys.addaudithook(_note)
"""


def covered() -> set[str]:
    """The files in the digest, relative to the engine."""
    return {str(file.relative_to(ENGINE)) for file in plan.engine_files()}


@pytest.fixture
def imported(tiny_course: TinyCourse, tmp_path: Path) -> set[str]:
    """The engine's files that a real run imports where it judges: a right, a wrong and a dying submission."""
    log = tmp_path / "imported"
    tiny_course.write_suite(dedent(RECORDER.format(log=str(log))) + SUITE)
    tiny_course.hand_in("right", "def add(a, b):\n    return a + b\ndef total(n):\n    return sum(n)\n")
    tiny_course.hand_in("wrong", "def add(a, b):\n    return a - b\ndef total(n):\n    return [1.5, 2.5]\n")
    tiny_course.hand_in("dying", "import os\ndef add(a, b):\n    os._exit(3)\n")
    command = [sys.executable, "-c", "from autograder.cli import main; main()", str(tiny_course.root / "assignments")]
    subprocess.run(command, check=True, capture_output=True)
    assert tiny_course.result("dying").exists()
    names = set(log.read_text().split())
    paths = [ENGINE.parent / name.replace(".", "/") for name in names]
    files = [f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()]
    return {str(file.relative_to(ENGINE)) for file in files}


@pytest.mark.jail
def test_the_digest_is_what_a_grading_run_imports(imported: set[str]) -> None:
    """No more, or a comment elsewhere regrades a class; no less, or a stored result outlives what made it"""
    assert "verdicts/verdict.py" in imported
    missing = sorted(imported - DECIDES_NOTHING - covered())
    assert missing == [], missing
    beside = {file for file in covered() - imported if not file.startswith(("jailed/", "reading/"))}
    assert beside == NEVER_IMPORTED


def test_every_pattern_of_the_digest_matches_a_file() -> None:
    """A room that was renamed would else leave the digest in silence"""
    assert [pattern for pattern in plan.ENGINE_CODE if not list(ENGINE.glob(pattern))] == []


def test_a_comment_in_a_validation_module_regrades_nobody() -> None:
    """Mutants, trials and known submissions decide no student's verdict"""
    assert not any(file.startswith(("validation/", "cli/", "pages/", "lms/")) for file in covered())
