#!/usr/bin/env bash
# Guess: nbstripout takes outputs and counts out of a notebook and leaves the cells' ids alone
# Seen: it numbers the cells anew: ids 'noising' and 'why' become '0' and '1'; with --keep-id they stay
# With: nbstripout 0.9.1, nbformat 5.11.1, Python 3.11, 2026-11-30
# Matters: a tool that finds a student's cell by its id finds none, or another cell, in all work of a repository
#   with this filter
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile nbstripout==0.9.1 nbformat==5.11.1
cd "$work"
venv/bin/python - <<'PY'
import subprocess

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def stripped(*options):
    cells = [new_code_cell("x = 1", id="noising"), new_markdown_cell("because", id="why")]
    nbformat.write(new_notebook(cells=cells), "work.ipynb")
    subprocess.run(["venv/bin/nbstripout", *options, "work.ipynb"], check=True)
    return [cell.id for cell in nbformat.read("work.ipynb", as_version=4).cells]


seen = {"plain": stripped(), "--keep-id": stripped("--keep-id")}
stated = {"plain": ["0", "1"], "--keep-id": ["noising", "why"]}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
