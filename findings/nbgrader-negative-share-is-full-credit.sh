#!/usr/bin/env bash
# Guess: a grade cell of 4 points whose value is -1 gets 0, and one whose value is 7 gets 4
# Seen: -1 gets 4 of 4, with 'This is strange.' in the log; 7 stops the grading of the student's whole work
#   (ValueError, status 1), and the cell beside it has no score either. The gradebook takes a manual score of 99 and
#   of -5 for a cell of 4
# With: nbgrader 0.9.6, ipykernel 7.4.0, Python 3.11, 2026-11-30
# Matters: a share that is not held between 0 and the maximum by the check itself becomes full points or a work
#   without any grade
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile nbgrader==0.9.6 ipykernel==7.4.0
cd "$work"
export HOME="$work" PATH="$work/venv/bin:$PATH"
echo 'c = get_config(); c.CourseDirectory.course_id = "course"' > nbgrader_config.py
venv/bin/python - <<'PY'
import subprocess
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook


def graded(assignment, **sources):
    """(status of autograde, points of each cell) of a work of 4-point grade cells that end in these lines."""
    cells = [
        new_code_cell(
            source,
            metadata={
                "nbgrader": {
                    "schema_version": 3,
                    "grade": True,
                    "solution": False,
                    "locked": True,
                    "task": False,
                    "grade_id": name,
                    "points": 4,
                    "cell_type": "code",
                }
            },
        )
        for name, source in sources.items()
    ]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    for folder in (f"source/{assignment}", f"submitted/ann/{assignment}"):
        Path(folder).mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), f"source/{assignment}/work.ipynb")
    run = ["venv/bin/nbgrader"]
    subprocess.run([*run, "generate_assignment", assignment, "--create"], check=True, capture_output=True)
    released = Path(f"release/{assignment}/work.ipynb").read_text("utf-8")
    Path(f"submitted/ann/{assignment}/work.ipynb").write_text(released, "utf-8")
    done = subprocess.run([*run, "autograde", assignment, "--create"], capture_output=True)
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        notebook = gradebook.find_submission(assignment, "ann").notebooks[0]
        return done.returncode, {grade.name: grade.auto_score for grade in notebook.grades}


seen = {"below": graded("ps1", share="-1", other="2"), "above": graded("ps2", share="7", other="2")}
for given in (99.0, -5.0):
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        grade = gradebook.find_submission("ps1", "ann").notebooks[0].grades[0]
        grade.manual_score = given
        gradebook.db.commit()
        seen[given] = grade.score
stated = {
    "below": (0, {"share": 4.0, "other": 2.0}),
    "above": (1, {"share": None, "other": None}),
    99.0: 99.0,
    -5.0: -5.0,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
