"""An instructor stands in a folder of students' files: no process outside the jail imports one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import TinyCourse

pytestmark = pytest.mark.jail

GRADE = Path(sys.executable).with_name("grade")
RIGHT = "def add(a, b):\n    return a + b\ndef total(n):\n    return sum(n)\n"
OURS = {
    "autograder",
    "click",
    "conftest",
    "msgpack",
    "numpy",
    "pydantic",
    "pytest",
    "reference",
    "rich",
    "ruamel",
    "torch",
}


def test_modules_of_the_working_folder_are_not_imported(tiny_course: TinyCourse) -> None:
    """Whatever they are called: as Python's own modules, as ours, or as those that ours need"""
    tiny_course.hand_in("s01", RIGHT)
    folder = tiny_course.root / "unpacked"
    folder.mkdir()
    own = {name for name in sys.stdlib_module_names - set(sys.builtin_module_names) if not name.startswith("_")}
    for name in own | OURS:
        (folder / f"{name}.py").write_text(
            f"import os\nopen({str(tiny_course.root)!r} + '/ran', 'a').write({name!r})\n"
        )
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p conftest\n")
    command = [str(GRADE), "../assignments", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    ran = tiny_course.root / "ran"
    assert not ran.exists(), ran.read_text()
    assert [result["score"] for result in json.loads(done.stdout)["results"]] == [100], done.stderr
