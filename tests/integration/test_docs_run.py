"""A reader who does what our pages say gets what they show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import File, steps

pytestmark = pytest.mark.jail
ROOT = Path(__file__).parents[2]
# Pages with commands of their own; the one about nbgrader and LMS is run where these are tested.
PAGES = ("authors.md", "instructors.md", "operations.md", "students.md")


def run(line: str, folder: Path, where: Path) -> subprocess.CompletedProcess[str]:
    """A line in the reader's shell, which has our command; the file `where` then says in which folder the shell is."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"cd '{folder}'\n{line}\ncode=$?\npwd > '{where}'\nexit $code"
    environment = os.environ | {"PATH": path, "HOME": str(folder), "COLUMNS": "80"}
    return subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_true_from_top_to_bottom(page: str, tmp_path: Path) -> None:
    """Every file is written and every command run in order; each ends as shown, with the output that is shown."""
    if page == "students.md":  # what a student has from the start: the bundle, unpacked
        shutil.copy(ROOT / "assignments" / "noising" / "release" / "noising.py", tmp_path)
    here = tmp_path
    done = steps(ROOT / "docs" / page)
    assert done
    for step in done:
        if isinstance(step, File):
            file = here / step.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text((file.read_text("utf-8") if step.added else "") + step.text, "utf-8")
            continue
        ran = run(step.line, here, tmp_path / ".where")
        assert ran.returncode == step.code, f"{step.line}\n{ran.stdout}{ran.stderr}"
        assert step.agrees(ran.stdout), f"{step.line}\nshown: {step.shown}\nseen:\n{ran.stdout}"
        here = Path((tmp_path / ".where").read_text().strip())
