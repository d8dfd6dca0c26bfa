"""The course's own modules that a suite needs: the reference, its misconceptions, what the suite provides."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.errors import CourseError
from autograder.records import Equipment


def load_reference(course_root: Path, slug: str) -> ModuleType:
    """Import reference/<slug>.py of this course. CourseError if it is missing or raises."""
    _put_on_path(course_root)
    file = course_root / "reference" / f"{slug}.py"
    try:
        return importlib.import_module(f"reference.{slug}")
    except ModuleNotFoundError as error:
        if error.name not in (f"reference.{slug}", "reference"):
            raise CourseError(f"reference/{slug}.py imports {error.name}, which is not installed") from error
        raise CourseError(f"{file} is missing; every suite needs a reference") from error
    except Exception as error:  # the course's own code may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        place = f"{file}:{lines[-1] if lines else getattr(error, 'lineno', None) or 1}"
        raise CourseError(f"{place}: raises {type(error).__name__} at import: {error}") from error


def load_bank(course_root: Path, slug: str) -> tuple[Any, ...]:
    """The course's known wrong ideas of this assignment; empty if it has none."""
    if not (course_root / "reference" / "misconceptions" / f"{slug}.py").exists():
        return ()
    _put_on_path(course_root)
    bank: tuple[Any, ...] = importlib.import_module(f"reference.misconceptions.{slug}").MISCONCEPTIONS
    return bank


def load_ways(course_root: Path, slug: str) -> dict[str, tuple[Any, ...]]:
    """Other right ways to write a function that builds on earlier ones: OTHER_WAYS of the misconceptions, by name.

    The reference may write out what most students put together from earlier functions.
    """
    if not load_bank(course_root, slug):
        return {}
    module = importlib.import_module(f"reference.misconceptions.{slug}")
    found: dict[str, tuple[Any, ...]] = getattr(module, "OTHER_WAYS", {})
    return found


def load_thoughtless(course_root: Path, slug: str) -> dict[str, dict[str, Any]]:
    """Submissions without thought that an assignment invites: THOUGHTLESS of its misconceptions, name to functions."""
    if not load_bank(course_root, slug):
        return {}
    module = importlib.import_module(f"reference.misconceptions.{slug}")
    found: dict[str, dict[str, Any]] = getattr(module, "THOUGHTLESS", {})
    return found


def load_lent(equipment: Equipment) -> ModuleType | None:
    """What the suite lends, warmed up in this process: its oracles are made of the same. None if it lends nothing."""
    if equipment.lent is None:
        return None
    spec = importlib.util.spec_from_file_location(equipment.lent.stem, equipment.lent)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        module.warm_up(str(equipment.model))
    except ModuleNotFoundError as error:
        raise CourseError(f"{equipment.lent} imports {error.name}, which is not installed") from error
    except Exception as error:  # the course's own code, and the files of a model, may raise anything
        why = f"{type(error).__name__}: {error}"
        place = f"{equipment.lent}: what it lends could not be made, perhaps of a broken file in {equipment.model}"
        raise CourseError(f"{place}: {why}") from error
    return module


@contextlib.contextmanager
def beside_data(equipment: Equipment | None) -> Iterator[None]:
    """Work in the folder of the assignment's data meanwhile, as submissions do, so that a reference finds its files."""
    if equipment is None or equipment.data is None:
        yield
        return
    with contextlib.chdir(equipment.data):
        yield


def _put_on_path(course_root: Path) -> None:
    if str(course_root) not in sys.path:
        sys.path.insert(0, str(course_root))
