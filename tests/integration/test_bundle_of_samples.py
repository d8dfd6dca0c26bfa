"""The bundle of a sample course, made by the command and unpacked where a student has nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

GRADE = Path(sys.executable).with_name("grade")


def grade(*arguments: object, cwd: Path) -> str:
    """What `grade` prints."""
    done = subprocess.run(
        [GRADE, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bundle of a course like `data`."""
    pytest.importorskip("pandas")
    folder = tmp_path_factory.mktemp("teacher")
    grade("init", "course", "--like", "data", cwd=folder)
    grade("release", "--bundle", folder, cwd=folder / "course")
    (bundle,) = folder.glob("*.zip")
    home = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(home)
    return home / bundle.stem


def test_data_and_handout_lie_beside_the_starter(unpacked: Path) -> None:
    """Whole, and START.md says what is there."""
    names = {file.name for file in (unpacked / "data").iterdir()}
    assert names >= {"data.py", "data.ipynb", "README.md", "orders.csv", "examples.json", "hints.json"}
    assert (unpacked / "data" / "orders.csv").read_text().count("\n") == 9
    promised = re.findall(r"`([\w./]+\.\w+)`", (unpacked / "START.md").read_text())
    assert {name for name in promised if "/" in name} <= {"data/README.md", "data/data.py"}


def test_requirements_are_of_this_course(unpacked: Path) -> None:
    """What its starters import, and not what another course does."""
    lines = (unpacked / "requirements.txt").read_text().lower()
    assert re.search(r"^pandas", lines, re.MULTILINE)
    assert not re.search(r"^(torch|diffusers|transformers|safetensors)", lines, re.MULTILINE)


def test_nothing_hidden_is_in_it(unpacked: Path) -> None:
    """No suite, reference, known submission or secret."""
    files = [file for file in unpacked.rglob("*") if file.is_file()]
    assert not [file for file in files if {"tests", "reference", "submitted"} & set(file.parts)]
    assert b"having sum(count)" not in b"".join(file.read_bytes() for file in files)


def test_the_examples_are_tried_beside_the_data(unpacked: Path) -> None:
    """A right answer is right there, in the folder of the student."""
    right = Path(__file__).parents[2] / "examples/data/tests/submissions/data/correct_csv_module/data.py"
    (unpacked / "data" / "data.py").write_bytes(right.read_bytes())
    assert "2 of 2 functions are right in their examples" in grade("check", "data.py", cwd=unpacked / "data")


def test_each_assignment_has_a_zip_of_its_own(tmp_path: Path) -> None:
    """And none takes the place of another's."""
    grade("init", "course", "--like", "basics", cwd=tmp_path)
    for arguments in (["basics"], []):
        grade("release", *arguments, "--bundle", tmp_path / "out", cwd=tmp_path / "course")
    assert [file.name for file in sorted((tmp_path / "out").iterdir())] == [
        "basics-of-python-basics.zip",
        "basics-of-python.zip",
    ]
