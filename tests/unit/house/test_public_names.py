"""The names that courses, notebooks and scripts import: they stay, or they stay as stubs that say what to name now."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PUBLIC = {
    "autograder": ["__version__"],
    "autograder.cli": ["main"],
    "autograder.cli.reference": [],
    "autograder.errors": ["ModelMisuse", "StudentError"],
    "autograder.nbgrader_plugin": [
        "ASSIGNMENT_PREPROCESSORS",
        "BlackboardExport",
        "BrightspaceExport",
        "CanvasExport",
        "CourseGrader",
        "CsvExport",
        "MoodleExport",
        "MoodleWorksheetExport",
        "use_course_grading",
    ],
    "autograder.student": ["attempt", "check", "show", "show_clouds", "show_histogram", "show_pictures"],
    "autograder.suite": [
        "CallLog",
        "as_array",
        "assert_matches",
        "assert_pure",
        "assert_uses",
        "check",
        "lend",
        "raises",
        "require",
        "stochastic",
    ],
    "autograder.suite.assertions": ["CheckFailed"],
    "autograder.suite.rehearse": ["main", "rehearse"],
}

DEPRECATED = {
    "autograder.cli.nbgrader_commands": ["CourseGrader", "use_course_grading"],
    "autograder.cli.nbgrader_export": ["CanvasExport", "CsvExport", "MoodleExport", "MoodleWorksheetExport"],
    "autograder.output.nbgrader_bridge": ["ASSIGNMENT_PREPROCESSORS"],
}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_public_name_is_there(module: str) -> None:
    """Courses and their scripts import these"""
    found = importlib.import_module(module)
    assert [name for name in PUBLIC[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", DEPRECATED)
def test_an_old_name_works_and_says_what_to_name_now(module: str) -> None:
    """Courses that `grade init` made before the rooms were moved name these in nbgrader_config.py"""
    sys.modules.pop(module, None)
    with pytest.warns(DeprecationWarning, match=r"name autograder\.nbgrader_plugin"):
        found = importlib.import_module(module)
    new = importlib.import_module("autograder.nbgrader_plugin")
    assert all(getattr(found, name) is getattr(new, name) for name in DEPRECATED[module])


def test_a_facade_promises_its_public_names() -> None:
    """`__all__` is what a facade promises; a new LMS adds its exporters to nbgrader's"""
    suite, plugin = (importlib.import_module(name) for name in ("autograder.suite", "autograder.nbgrader_plugin"))
    assert sorted(suite.__all__) == PUBLIC["autograder.suite"]
    promised = set(plugin.__all__)
    assert promised >= set(PUBLIC["autograder.nbgrader_plugin"])
    assert [name for name in promised if not hasattr(plugin, name)] == []


def test_the_commands_that_the_docs_name_as_modules_run() -> None:
    """`python -m` of both"""
    for module in ("autograder.cli.reference", "autograder.suite.rehearse"):
        ran = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True)
        assert "No module named" not in ran.stderr
