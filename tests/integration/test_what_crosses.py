"""Every row of docs/what-crosses.md, through the real jail and in the rehearsal's process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from what_crosses import Row, rows

import autograder.suite
from autograder.records import JAIL_TIERS, Equipment, JailReport, Limits, LoadReport, Outcome
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.suite.objects import BUILTINS_OF_SUITES
from autograder.suite.student import Backend, Student
from autograder.verdicts.trusted import Names, Trusted
from autograder.verdicts.verdict import Attempt, attempt

LIMITS = Limits(call_seconds=5.0, submission_seconds=30.0, memory_mib=1024)
ROWS = rows()
NEEDS_PANDAS = [row for row in ROWS if "pandas" in row.submission]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data of all rows. This process is beside them, as one that judges is."""
    folder = tmp_path_factory.mktemp("data")
    for name, content in [item for row in ROWS for item in row.data.items()]:
        (folder / name).write_text(content)
    for above in (folder, *list(folder.parents)[:2]):
        above.chmod(0o755)
    with contextlib.chdir(folder):
        yield folder


@pytest.fixture(scope="module")
def zygote(data: Path) -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS, equipment=Equipment(data=data)) as started:
        yield started


def asked(row: Row, backend: Backend, report: LoadReport, reference: dict[str, Any]) -> Attempt:
    """How the check of a row ends."""
    space: dict[str, Any] = {name: getattr(autograder.suite, name) for name in autograder.suite.__all__}
    space |= BUILTINS_OF_SUITES
    source = f"def check(student, reference, rng):\n{indent(row.check, '    ')}"
    exec(compile(source, __file__, "exec"), space)
    student = Student(backend, report)
    given = {"student": student, "reference": SimpleNamespace(**reference), "rng": np.random.default_rng(0)}
    return attempt(space["check"], given, student)


def in_jail(row: Row, source: str, zygote: Zygote, tmp_path: Path) -> Attempt:
    """The same for a submission in the jail."""
    with Session(zygote, LIMITS, seed=1) as session:
        beside = {name: content.encode() for name, content in row.files.items()}
        report = session.load({"work.py": source.encode(), **beside}, "work.py")
        assert not report.problems or "program" in row.title, report.problems
        space = in_process(row, tmp_path)
        return asked(row, session, report, space)


def in_process(row: Row, folder: Path) -> dict[str, Any]:
    source = row.submission
    for name, content in row.files.items():
        (folder / name).write_text(content)
    if "sys.stdin" in source:
        return Names({}, text=source, file=str(folder / "work.py"))
    space: dict[str, Any] = {"__name__": "work"}
    file = folder / "work.py"
    file.write_text(source)
    exec(compile(source, str(file), "exec"), space)
    return Names(space, text=source, file=str(file))


def ends_as_it_says(row: Row, done: Attempt) -> None:
    if row.refused:
        assert done.outcome is Outcome.UNGRADED and row.refused in done.message, done.message
    else:
        assert done.outcome is Outcome.PASSED, done.message


@pytest.mark.jail
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_a_row_holds_in_the_jail(row: Row, zygote: Zygote, tmp_path: Path) -> None:
    """A right submission passes, or the check is ungraded and says what to do."""
    if row in NEEDS_PANDAS:
        pytest.importorskip("pandas")
    ends_as_it_says(row, in_jail(row, row.submission, zygote, tmp_path))


@pytest.mark.jail
@pytest.mark.parametrize("row", [row for row in ROWS if row.wrong], ids=lambda row: row.title)
def test_a_row_is_not_held_by_a_wrong_submission(row: Row, zygote: Zygote, tmp_path: Path) -> None:
    """It fails or crashes, and is graded."""
    if row in NEEDS_PANDAS:
        pytest.importorskip("pandas")
    assert row.wrong is not None
    done = in_jail(row, row.wrong, zygote, tmp_path)
    assert done.outcome in (Outcome.FAILED, Outcome.CRASHED), done.message
    assert done.message


SPOILS = """
import os

def spoil(name):
    try:
        open(name, "w")
    except OSError as error:
        os.unlink(name)
        return type(error).__name__

def read(name):
    return open(name).read()
"""


@pytest.mark.jail
def test_nobody_changes_the_data_of_the_next_worker(zygote: Zygote, data: Path) -> None:
    """They are read-only, and who takes them out of his own folder finds them there again in a fresh worker."""
    with Session(zygote, LIMITS, seed=1) as session:
        session.load({"work.py": SPOILS.encode()}, "work.py")
        assert session.call("spoil", ["cities.csv"], {}).value in ("OSError", "PermissionError")
        session.renew()
        assert session.call("read", ["cities.csv"], {}).value == (data / "cities.csv").read_text()


TRIES = """
import ctypes, os

def libc(name, *arguments):  # os.chmod is a quiet stand-in here
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

def tries(name):
    ways = {
        "write": lambda: open(name, "w"),
        "append": lambda: open(name, "a"),
        "truncate": lambda: os.truncate(name, 0),
        "change mode": lambda: libc("chmod", name.encode(), 0o666),
        "remove": lambda: os.remove(os.path.realpath(name)),
        "rename": lambda: os.rename(os.path.realpath(name), os.path.realpath(name) + ".mine"),
        "put beside": lambda: open(os.path.realpath(name) + ".mine", "w"),
    }
    done = []
    for way, attempt in ways.items():
        try:
            attempt()
            done.append(way)
        except OSError:
            pass
    return open(name).read(), done
"""


@pytest.mark.jail
@pytest.mark.parametrize("walls", JAIL_TIERS.values(), ids=JAIL_TIERS)
def test_data_can_be_read_and_never_written_in_each_tier(walls: tuple[str, ...], tmp_path: Path) -> None:
    """Where there is bubblewrap, and where a machine has none."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "cities.csv").write_text("city\n")
    report = JailReport(layers=walls)
    tier = Zygote(limits=LIMITS, equipment=Equipment(data=data), required_layers=walls, report=report)
    with tier as zygote, Session(zygote, LIMITS, seed=1) as session:
        session.load({"work.py": TRIES.encode()}, "work.py")
        assert session.call("tries", ["cities.csv"], {}).value == ("city\n", [])
    assert [(file.name, file.read_text()) for file in data.iterdir()] == [("cities.csv", "city\n")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_a_row_holds_in_a_rehearsal(row: Row, data: Path, tmp_path: Path) -> None:
    """What runs in this process refuses and wraps by the same rules."""
    if row in NEEDS_PANDAS:
        pytest.importorskip("pandas")
    space = in_process(row, tmp_path)
    ends_as_it_says(row, asked(row, Trusted(space, data=data), LoadReport(), space))
