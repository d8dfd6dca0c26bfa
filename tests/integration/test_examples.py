"""The courses of examples/: each known submission, graded by the command, ends as its expected.yml says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

EXAMPLES = Path(__file__).parents[2] / "examples"
COURSES = sorted(path.parent for path in EXAMPLES.glob("*/course.yml"))


@pytest.mark.jail
@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.name)
def test_known_submissions_end_as_they_should(course: Path, tmp_path: Path) -> None:
    """Right ones keep 100, wrong ones lose what they should and get their hint, hostile ones gain nothing."""
    root = tmp_path / "course"
    shutil.copytree(course, root)
    slug = course.name
    known = sorted((root / "tests" / "submissions" / slug).iterdir())
    assert len(known) >= 8
    lines = ["student,name"]
    for folder in known:
        shutil.copytree(
            folder, root / "assignments" / slug / "submitted" / folder.name, ignore=lambda *_: ["expected.yml"]
        )
        lines.append(f"{folder.name},{folder.name}")
    (root / "roster.csv").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "assignments"]
    here = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(command, cwd=root, env=here, capture_output=True, text=True, timeout=280, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    differs = {}
    for folder in known:
        expected = YAML(typ="safe").load((folder / "expected.yml").read_text())
        result = json.loads((root / "assignments" / slug / "autograded" / folder.name / "result.json").read_text())
        outcomes = {check["id"]: check["outcome"] for check in result["checks"]}
        points = sum(check["points"] for check in result["checks"])
        hints = {check["id"]: check["misconception"]["id"] for check in result["checks"] if check.get("misconception")}
        seen = (points, outcomes, hints)
        if seen != (expected["score"], expected["outcomes"], expected.get("misconceptions", {})):
            differs[folder.name] = [(c["id"], c["outcome"], c["message"]) for c in result["checks"]]
    assert not differs, json.dumps(differs, indent=1)
