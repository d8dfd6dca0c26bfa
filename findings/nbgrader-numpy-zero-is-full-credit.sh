#!/usr/bin/env bash
# Guess: a grade cell whose last value is np.float64(0.0) or torch.tensor(1.0) gets that many points of 4, and one
#   that ends in False gets none
# Seen: all of these get 4 of 4: the text of the value is read as a number, and numpy 2 writes np.float64(0.0); a
#   warning stands in the log only. 0, 1.0 and torch.tensor(1.0).item() get 0, 1 and 1
# With: nbgrader 0.9.6, ipykernel 7.4.0, numpy 2.4.6, torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: a check that computes its share with numpy gives everybody full points since numpy 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile nbgrader==0.9.6 ipykernel==7.4.0 numpy==2.4.6 torch==2.13.0
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


numpy, torch = "import numpy as np\n", "import torch\n"
seen = graded(
    "ps1",
    plain="0",
    one="1.0",
    item=torch + "torch.tensor(1.0).item()",
    zero=numpy + "np.float64(0.0)",
    whole=numpy + "np.int64(1)",
    tensor=torch + "torch.tensor(1.0)",
    false="False",
)
stated = (0, {"plain": 0.0, "one": 1.0, "item": 1.0, "zero": 4.0, "whole": 4.0, "tensor": 4.0, "false": 4.0})

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
