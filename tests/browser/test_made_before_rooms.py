"""A course that `grade init` made at commit 35a88a1, before modules were moved into rooms, works as it did.

tests/data/made_before_rooms is that course to the byte, its secret apart. Its nbgrader_config.py names modules where
they were then. The scores are those that the commands of that commit gave.
"""

import csv
import json
import shutil
import urllib.request
from pathlib import Path

import nbformat
import pytest
from released_course import call

pytestmark = [
    pytest.mark.jail,
    pytest.mark.gradebook,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),  # nbgrader's own
]
BEFORE = Path(__file__).parents[1] / "data" / "made_before_rooms"
SCORES = {"s01": 100.0, "s02": 50.0, "s03": 80.0}
SLUG = "temperatures"


def shown_by_formgrader(server, method="GET", path=f"submissions/{SLUG}"):
    """What formgrader's own pages ask its server for."""
    request = urllib.request.Request(f"{server}/formgrader/api/{path}", method=method)
    with urllib.request.urlopen(request, timeout=200) as answer:
        return json.load(answer)


def test_a_course_made_before_still_grades_exports_and_works_in_formgrader(tmp_path, jupyter):
    """The same scores by `grade`, in its export, in nbgrader's by the old names, and on formgrader's button."""
    root = tmp_path / "course"
    shutil.copytree(BEFORE, root)
    document = json.JSONDecoder().raw_decode(call(root, "grade", "assignments", "--json"))[0]
    assert {result["student"]: result["score"] for result in document["results"]} == SCORES

    call(root, "grade", "export", "--to", "csv", "--output", "ours.csv")
    ours = csv.DictReader((root / "ours.csv").read_text("utf-8-sig").splitlines())
    assert {row["student"]: row[SLUG] for row in ours} == {s: f"{score:g}" for s, score in SCORES.items()} | {"s04": ""}
    call(root, "grade", "release")
    call(root, "nbgrader", "generate_assignment", SLUG, "--force")
    old_name = "--ExportApp.plugin_class=autograder.cli.nbgrader_export.CsvExport"
    call(root, "nbgrader", "export", old_name, "--to", "theirs.csv")
    assert (root / "theirs.csv").read_bytes() == (root / "ours.csv").read_bytes()

    handed_in = nbformat.read(root / f"assignments/{SLUG}/release/{SLUG}.ipynb", 4)
    right = (root / f"assignments/{SLUG}/submitted/s01/{SLUG}.py").read_text("utf-8")
    for cell in handed_in.cells:
        if cell.source.startswith("def "):
            cell.source = right
    (root / f"assignments/{SLUG}/submitted/s04").mkdir()
    nbformat.write(handed_in, root / f"assignments/{SLUG}/submitted/s04/{SLUG}.ipynb")
    formgrader = "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"
    server = jupyter(root, formgrader, "--ServerApp.disable_check_xsrf=True")
    shown = {row["student"]: (row["autograded"], row["score"]) for row in shown_by_formgrader(server)}
    assert shown == {student: (True, score) for student, score in SCORES.items()} | {"s04": (False, 0)}
    done = shown_by_formgrader(server, "POST", f"submission/{SLUG}/s04/autograde")
    assert done["success"], done
    shown = {row["student"]: (row["autograded"], row["score"]) for row in shown_by_formgrader(server)}
    assert shown["s04"] == (True, 100.0)
