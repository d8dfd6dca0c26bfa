"""What README.md and docs/nbgrader-and-lms.md say of nbgrader and of LMSs is done, line by line, by a reader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import Command, steps
from released_course import call
from term import STUDENTS, canvas_zip, exchange_zip, prepare, roster, times_file, work_of, worksheet

pytestmark = [pytest.mark.jail, pytest.mark.gradebook, pytest.mark.timeout(1200)]
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "nbgrader-and-lms.md"


def commands(page):
    """The commands that a page shows."""
    return [step for step in steps(page) if isinstance(step, Command)]


@pytest.fixture
def course(tmp_path):
    """The reader's course: one student's work is there, the rest in the downloads that the page names."""
    root = tmp_path / "course"
    call(tmp_path, "grade", "init", "course")
    prepare(root)
    handed_in = root / "assignments" / "warmup" / "submitted" / "s01" / "warmup.py"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(work_of("warmup", "s01").source, "utf-8")
    canvas_zip(root, "warmup", root / "submissions.zip", guest=False)
    exchange_zip(root, "warmup", root / "exchange.zip")
    times_file(root / "times.csv", "warmup")
    (root / "worksheet.csv").write_text(worksheet(root, "warmup"), "utf-8")
    people = [roster(root)[student] for student in STUDENTS]
    canvas = ["Student,ID,SIS User ID,SIS Login ID,Section,Sculpting (502)", "    Points Possible,,,,,100"]
    canvas += [f'"{student.name}",{student.lms_id},,,,' for student in people]
    (root / "canvas.csv").write_text("\n".join(canvas), "utf-8")
    blackboard = ["Last Name\tFirst Name\tUsername\tSculpting [Total Pts: 100 Score] |9002"]
    blackboard += [f"{student.id}\t\t{student.login}\t" for student in people]
    (root / "gradecenter.xls").write_text("\n".join(blackboard), "utf-16")
    return root


def test_every_command_of_the_page_runs_and_shows_what_it_shows(course):
    """In the order of the page, in a shell; each ends as shown."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HOME": str(course / ".home"), "COLUMNS": "100"}
    for command in commands(PAGE):
        ran = subprocess.run(
            ["bash", "-c", command.line], cwd=course, env=environment, capture_output=True, text=True, timeout=900
        )
        assert ran.returncode == command.code, f"{command.line}\n{ran.stdout}{ran.stderr}"
        assert command.agrees(ran.stdout), f"{command.line}\nshown: {command.shown}\nseen:\n{ran.stdout}"


def test_the_readme_shows_no_other_commands(tmp_path):
    """Both sections are there, and each of their commands is one that the page above shows."""
    readme = (ROOT / "README.md").read_text("utf-8")
    known = {command.line.partition(" #")[0].rstrip() for command in commands(PAGE)}
    for title in ("With nbgrader", "With your LMS"):
        section = tmp_path / "section.md"
        section.write_text(readme.partition(f"\n## {title}\n")[2].partition("\n## ")[0], "utf-8")
        shown = [command.line.partition(" #")[0].rstrip() for command in commands(section)]
        assert shown
        assert [line for line in shown if line not in known] == []
