"""The course's own modules that a suite needs: the reference, its misconceptions, what the suite provides."""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import os
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
    """The course's known wrong ideas of this assignment; empty if it has none. CourseError if they cannot be read."""
    file = course_root / "reference" / "misconceptions" / f"{slug}.py"
    if not file.exists():
        return ()
    _put_on_path(course_root)
    if not file.with_name("__init__.py").is_file():
        raise CourseError(
            f"{file.with_name('__init__.py')} is missing; it defines Misconception: take that of `grade init`"
        )
    try:
        bank: tuple[Any, ...] = importlib.import_module(f"reference.misconceptions.{slug}").MISCONCEPTIONS
    except Exception as error:  # the course's own code may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        place = f"{file}:{lines[-1] if lines else getattr(error, 'lineno', None) or 1}"
        raise CourseError(f"{place}: raises {type(error).__name__} at import: {error}") from error
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
    """Work in the folder of the assignment's data meanwhile, as submissions do, so that a reference finds its files.

    Python's own ways to write there raise the OSError of a read-only file system, as they do behind the wall: slips and
    wrong ideas are tried in this process too.
    """
    if equipment is None or equipment.data is None:
        yield
        return
    folder = os.path.realpath(equipment.data)
    if not _GUARDED:
        sys.addaudithook(_refuse_writing)  # for as long as the process lives
    _GUARDED.append(folder)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        _GUARDED[_GUARDED.index(folder)] = ""


# Folders in which nothing may be written now; "" where one was.
_GUARDED: list[str] = []
# What changes a name in a folder, and which of its arguments are such names. Names beside an open folder are let pass.
_CHANGES = {
    "os.remove": slice(0, 1),
    "os.rename": slice(0, 2),
    "os.rmdir": slice(0, 1),
    "os.mkdir": slice(0, 1),
    "os.link": slice(0, 2),
    "os.symlink": slice(1, 2),
}


def _refuse_writing(event: str, args: tuple[Any, ...]) -> None:
    """Raise where somebody is about to change a file of a guarded folder, also through a link."""
    if event == "open" and type(args[2]) is int:
        writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        paths, through_links = args[:1] if writes else (), True
    elif event == "os.truncate":
        paths, through_links = args[:1], True
    else:
        beside_cwd = event in _CHANGES and args[-1] == -1  # the last argument is an open folder
        paths, through_links = args[_CHANGES[event]] if beside_cwd else (), False
    for path in paths:
        if isinstance(path, str | bytes | os.PathLike):
            place = _place(os.fsdecode(path), through_links)
            if any(folder and (place == folder or place.startswith(folder + os.sep)) for folder in _GUARDED):
                raise OSError(errno.EROFS, f"{os.strerror(errno.EROFS)} (data of an assignment)", os.fsdecode(path))


def _place(path: str, through_links: bool) -> str:
    """Where a path leads, or where its last name stands, if that is a link too."""
    if through_links:
        return os.path.realpath(path)
    return str(Path(os.path.realpath(Path(path).parent), Path(path).name))


def _put_on_path(course_root: Path) -> None:
    if str(course_root) not in sys.path:
        sys.path.insert(0, str(course_root))
