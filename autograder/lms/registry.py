"""The table of LMSs. Commands' choices, the schema of course.yml, nbgrader's exporters and the documents come from it.

A new LMS is a module in `systems/` with a `SYSTEM`, and its name in `_MODULES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from autograder.lms.export.layout import Format
from autograder.lms.intake.downloads import Download
from autograder.lms.system import CourseKey, System

# In the order in which commands and documents list them.
_MODULES = (
    "canvas",
    "moodle",
    "blackboard",
    "brightspace",
    "sakai",
    "ilias",
    "nbgrader",
    "plain",
)


def _system(module: str) -> System:
    system = import_module(f"autograder.lms.systems.{module}").SYSTEM
    assert isinstance(system, System)
    return system


SYSTEMS: tuple[System, ...] = tuple(_system(module) for module in _MODULES)
DOWNLOADS: Mapping[str, Download] = {s.download.word: s.download for s in SYSTEMS if s.download}
FORMATS: Mapping[str, Format] = {form.word: form for system in SYSTEMS for form in system.exports}
KEYS: tuple[CourseKey, ...] = tuple(system.key for system in SYSTEMS if system.key)
