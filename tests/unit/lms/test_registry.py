"""One LMS, one file, one line: commands, course.yml, nbgrader's exporters and the documents come from one table."""

import json
import shutil
import subprocess
import sys
import warnings
from importlib import import_module, reload
from pathlib import Path

import pytest

import autograder
from autograder.lms.registry import DOWNLOADS, FORMATS, KEYS

DOCS = Path(__file__).resolve().parents[3] / "docs"
LMS_PAGE = (DOCS / "nbgrader-and-lms.md").read_text("utf-8")

TOY = """
from autograder.lms.export.layout import Format
from autograder.lms.intake.downloads import Claim, Download
from autograder.lms.system import CourseKey, System

SYSTEM = System(
    download=Download(
        word="toy",
        name="Toy",
        read=lambda name, slug, zone: Claim(person=name, label=name, who=(("id", name[:3]),), file=name[4:]),
        made="Toys",
        times="nowhere",
    ),
    exports=(
        Format(
            word="toy-marks",
            name="Toy",
            exporter="ToyExport",
            imported="Toys",
            students_by="id",
            columns_by="slug",
            write=lambda marks, layout: b"toy",
            title_of=lambda header: header,
            max_of=lambda sheet, index: None,
            keys={"student": "id"},
        ),
    ),
    key=CourseKey(word="toy", kind=int, example="7", meaning="a number", default="none"),
)
"""
ASKS = """
import json, sys
from autograder.cli.collect import collect_command
from autograder.cli.export import export_command
from autograder.course.course_yml import course_keys
from autograder import nbgrader_plugin
choices = {p.name: list(p.type.choices) for c in (collect_command, export_command) for p in c.params
           if p.name in ("source", "to")}
print(json.dumps([choices["source"], choices["to"], "toy" in course_keys(), nbgrader_plugin.ToyExport.lms]))
"""


def test_an_lms_is_added_by_one_file_and_one_line(tmp_path):
    """In a copy of the engine a module and its name in the table give the LMS to every command."""
    engine = tmp_path / "autograder"
    shutil.copytree(Path(autograder.__file__).parent, engine, ignore=shutil.ignore_patterns("__pycache__"))
    (engine / "lms/systems/toy.py").write_text(TOY, "utf-8")
    table = engine / "lms/registry.py"
    table.write_text(table.read_text("utf-8").replace('    "plain",\n', '    "plain",\n    "toy",\n'), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASKS], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True
    )
    sources, targets, key, exporter = json.loads(done.stdout)
    assert sources == [*DOWNLOADS, "toy"]
    assert targets == [*FORMATS, "toy-marks"]
    assert key
    assert exporter == "toy-marks"


def test_the_documents_have_a_row_for_each_download_and_each_export():
    """Where an archive is made and a file imported stands in the documents as the table says it."""
    rows = [f"| `{each.word}` | {each.made} | {each.times} |" for each in DOWNLOADS.values()]
    rows += [f"| `{f.word}` | {f.imported} | {f.students_by} | {f.columns_by} |" for f in FORMATS.values()]
    assert [row for row in rows if row.replace("|  |", "| |") not in LMS_PAGE] == []
    assert [form.exporter for form in FORMATS.values() if f"`{form.exporter}`" not in LMS_PAGE] == []


def test_the_documents_have_a_row_for_each_key_of_course_yml():
    """What `lms:` may name stands in docs/course.md as the table says it."""
    page = (DOCS / "course.md").read_text("utf-8")
    assert [k.word for k in KEYS if f"| `{k.word}` | {k.meaning} | {k.default} |" not in page] == []


@pytest.mark.parametrize("module", ["autograder.nbgrader_plugin", "autograder.cli.nbgrader_export"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_exporters_keep_their_public_names(module):
    """`nbgrader export --exporter=` finds each class under the names that courses may have written down."""
    names = ["CanvasExport", "MoodleExport", "MoodleWorksheetExport", "BlackboardExport", "BrightspaceExport"]
    loaded = import_module(module)
    assert {name: getattr(loaded, name).__name__ for name in [*names, "CsvExport"]} == {
        name: name for name in [*names, "CsvExport"]
    }
    assert set(names) <= set(loaded.__all__)


def test_the_old_name_of_the_exporters_says_the_new_one():
    """The stub works, and says what to write instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stub = import_module("autograder.cli.nbgrader_export")
    with pytest.warns(DeprecationWarning, match="autograder.nbgrader_plugin"):
        reload(stub)
