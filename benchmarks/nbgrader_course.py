"""A course of nbgrader's with the six checks as hidden test cells."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from assignment import CHECKS, preamble, solution
from measuring import measure

_CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'benchmark'\n"


def course(programs: Path, variant: str) -> Path:
    """The released course, made once beside nbgrader's environment."""
    root = programs.parent / f"six-checks-{variant}"
    if not (root / "release").exists():
        shutil.rmtree(root, ignore_errors=True)
        (root / "source" / "ps1").mkdir(parents=True)
        (root / "source" / "ps1" / "ps1.ipynb").write_text(json.dumps(_notebook(variant)), "utf-8")
        (root / "nbgrader_config.py").write_text(_CONFIG, "utf-8")
        command = [programs / "nbgrader", "generate_assignment", "ps1", "--create", "--force"]
        made = measure(command, root, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
        if made.exit_code:
            raise RuntimeError(f"nbgrader could not release the assignment: {made.output[-600:]}")
    return root


def hand_in(root: Path, source: str, submissions: int) -> None:
    """Put `source` into the released notebook, for so many students."""
    notebook = json.loads((root / "release" / "ps1" / "ps1.ipynb").read_text("utf-8"))
    notebook["cells"][0]["source"] = source
    for number in range(submissions):
        folder = root / "submitted" / f"s{number:04}" / "ps1"
        folder.mkdir(parents=True)
        (folder / "ps1.ipynb").write_text(json.dumps(notebook), "utf-8")


def marks(gradebook: Path) -> float:
    """The sum of all students' automatic points."""
    with closing(sqlite3.connect(gradebook)) as database:
        (total,) = database.execute("SELECT SUM(auto_score) FROM grade").fetchone()
    return float(total or 0)


def _notebook(variant: str) -> dict[str, Any]:
    answer = f"### BEGIN SOLUTION\n{solution(f'add_noise_{variant}')}### END SOLUTION\n"
    cells = [_cell("answer", answer, solution=True, grade=False, locked=False)]
    for name, body in CHECKS.items():
        hidden = f"### BEGIN HIDDEN TESTS\n{preamble(variant)}f = add_noise\n{body}\n### END HIDDEN TESTS"
        cells.append(_cell(name, hidden, solution=False, grade=True, locked=True, points=1))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def _cell(name: str, source: str, **role: object) -> dict[str, Any]:
    metadata = {"nbgrader": {"schema_version": 3, "grade_id": name, "task": False, **role}}
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "id": name.replace("_", "-")}
    return cell | {"source": source, "metadata": metadata}
