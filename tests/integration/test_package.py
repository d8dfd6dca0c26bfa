"""The package as pip installs it, away from this folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_an_installed_package_brings_the_sample_courses(tmp_path: Path) -> None:
    """Whole: what a course made from the wheel holds is what one made here holds."""
    pytest.importorskip("setuptools")
    pytest.importorskip("pip")
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "submitted", "autograded", "feedback", ".grade")
    for folder in ("autograder", "examples"):
        shutil.copytree(ROOT / folder, source / folder, symlinks=True, ignore=ignore)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    wheel = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, source]
    subprocess.run(wheel, check=True, timeout=200, capture_output=True)
    (made,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(made).extractall(tmp_path / "installed")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path / "installed")!r})
from pathlib import Path
from autograder.course.new_course import LIKE, __file__ as place, make_course
assert {str(tmp_path)!r} in place, place
for like in LIKE:
    make_course(Path({str(tmp_path)!r}) / "new" / like, secret="0123456789", like=like)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    for sample in sorted((ROOT / "examples").glob("*/course.yml")):
        there = tmp_path / "new" / sample.parent.name
        for file in sample.parent.glob("*/**/*.*"):
            if "__pycache__" not in file.parts and ".grade" not in file.parts:
                assert (there / file.relative_to(sample.parent)).read_bytes() == file.read_bytes(), file
