#!/usr/bin/env bash
# Guess: a notebook turned into a percent script and back keeps its Python: code stays code, and a comment stays a
#   comment
# Seen: a line that starts with the name of a shell command is taken for one: in a notebook 'cp *= 1 - beta', 'cat
#   += x' and 'ls  = 3' (two blanks) become comments in the script; in a script the comment '# cat the two halves'
#   becomes the code 'cat the two halves'. Indented lines, 'cp = 1' and 'cp, d = 1, 2' are left alone. With
#   comment_magics False nothing is changed
# With: jupytext 1.19.6, nbformat 5.11.1, Python 3.11, 2026-11-30
# Matters: a right submission loses a line on its way to a .py file, and a comment in a starter makes a notebook
#   that does not run
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile jupytext==1.19.6 nbformat==5.11.1
cd "$work"
venv/bin/python - <<'PY'
import jupytext
from nbformat.v4 import new_code_cell, new_notebook


def script(source):
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = new_notebook(cells=[new_code_cell(source)], metadata={"kernelspec": kernel})
    return jupytext.writes(notebook, fmt="py:percent").rpartition("# %%")[2].strip()


def cell(source, **settings):
    kind = {"extension": ".py", "format_name": "percent", **settings}
    return jupytext.reads("# %%\n" + source + "\n", fmt=kind).cells[0].source


lines = ("cp *= 1 - beta", "cat += x", "ls  = 3", "cp = 1", "cp, d = 1, 2", "def f(cp):\n    cp *= 2")
comments = ("# cat the two halves", "# cp", "# the two halves", "def f():\n    # cat the two halves\n    return 1")
seen = {line: script(line) for line in lines}
seen |= {comment: cell(comment) for comment in comments}
seen["told"] = cell(comments[0], comment_magics=False)
stated = {line: line for line in (*lines, *comments)}
stated |= {line: "# " + line for line in lines[:3]}
stated |= {"# cat the two halves": "cat the two halves", "# cp": "cp", "told": "# cat the two halves"}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
