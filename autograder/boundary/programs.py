"""Run code of a submission as a program: its keyboard is a text, and what it prints, raises and writes is seen.

The side that holds the code runs this; what is seen crosses by value.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograder.boundary import plots

MAX_PRINTED = 1 << 18  # characters
MAX_FILES = 100
MAX_FILE = 1 << 20  # bytes
MAX_ROWS = 10_000
_INPUT = builtins.input  # asks `sys.stdin`


class NoRoom(Exception):
    """There is no folder in which files could be written here."""


class _Heard(io.TextIOBase):
    """Keeps the beginning of what is printed, and passes it on."""

    def __init__(self, rest: Any) -> None:
        self._parts: list[str] = []
        self._left = MAX_PRINTED
        self._rest = rest

    encoding = "utf-8"

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str, /) -> int:
        """Keep what still fits; claim to have written all."""
        self._parts.append(text[: self._left])
        self._left -= len(self._parts[-1])
        self._rest.write(text)
        return len(text)

    def heard(self) -> str:
        """What was printed."""
        return "".join(self._parts)


def watched(
    function: Callable[[], Any], stdin: str, files: Mapping[str, str | bytes], arguments: Sequence[str] | None = None
) -> dict[str, Any]:
    """Call a function, and say what it gave, printed, raised, drew and wrote, and how it exited.

    files: written into the working folder beforehand. arguments: of a program, None for a function.
    """
    seen: dict[str, Any] = {"value": None, "raised": None, "text": "", "bases": [], "exit_code": 0, "axes": []}
    for name, content in files.items():
        _write(name, content)
    before = dict(_folder())
    plots.forget()
    heard = _Heard(sys.stdout)
    with _surroundings(stdin, heard, arguments):
        try:
            seen["value"] = value = function()
            seen["axes"] = plots.drawn(value)
        except SystemExit as error:
            code = error.code
            seen["exit_code"] = code if type(code) is int else 0 if code is None else 1
            if isinstance(code, str):
                heard.write(code + "\n")
        except Exception as error:  # noqa: BLE001  what it raised is what is asked
            seen.update(raised=type(error).__name__, text=str(error)[:2000], bases=bases_of(error), exit_code=1)
    seen["printed"] = heard.heard()
    now = _folder()
    changed = {name: _read(name) for name, state in now if before.get(name) != state}
    seen["files"] = {name: content for name, content in changed.items() if content is not None}
    return seen


def settled(value: Any) -> Any:
    """What a coroutine gives in the end; what an async generator gives, one by one. Anything else as it is."""
    if type(value) is types.CoroutineType:  # neither kind can be subclassed
        import asyncio  # seldom needed

        return asyncio.run(value)
    return _one_by_one(value) if type(value) is types.AsyncGeneratorType else value


def _one_by_one(items: types.AsyncGeneratorType[Any, Any]) -> Iterator[Any]:
    import asyncio

    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(_next(items))
            except StopAsyncIteration:
                return


async def _next(items: types.AsyncGeneratorType[Any, Any]) -> Any:
    return await anext(items)


def queried(sql: str, setup: str) -> list[tuple[Any, ...]]:
    """The rows of the last statement of `sql` on a database in memory that `setup` has filled. Raises sqlite3.Error."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(setup)
        rows: list[tuple[Any, ...]] = []
        for statement in _statements(sql):
            rows = database.execute(statement).fetchmany(MAX_ROWS)
        return rows


def _statements(sql: str) -> Iterator[str]:
    import sqlite3

    waiting = ""
    for part in sql.split(";"):
        waiting += part
        if sqlite3.complete_statement(waiting + ";"):
            if waiting.strip():
                yield waiting
            waiting = ""
        else:
            waiting += ";"
    if waiting.strip(" ;\n\t"):
        yield waiting


_CLASSES_OF, _NAME_OF = type.__dict__["__mro__"].__get__, type.__dict__["__name__"].__get__


def bases_of(error: BaseException) -> list[str]:
    """The names of an exception's classes, its own first. Never raises: no metaclass of a submission's is asked."""
    return [_NAME_OF(kind)[:100] for kind in _CLASSES_OF(type(error))[:20] if kind is not object]


@contextlib.contextmanager
def _surroundings(stdin: str, stdout: Any, arguments: Sequence[str] | None) -> Iterator[None]:
    kept = sys.stdin, sys.stdout, builtins.input, sys.argv
    sys.stdin, sys.stdout, builtins.input = io.StringIO(stdin), stdout, _INPUT
    if arguments is not None:
        sys.argv = [*sys.argv[:1], *arguments]
    try:
        yield
    finally:
        sys.stdin, sys.stdout, builtins.input, sys.argv = kept


def _write(name: str, content: str | bytes) -> None:
    try:
        if folder := os.path.dirname(name):  # noqa: PTH120
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(name, "wb") as file:  # noqa: PTH123
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise NoRoom(f"{name} could not be written") from error


def _folder() -> list[tuple[str, tuple[int, int]]]:
    """The files below the working folder, with what changes when they do."""
    found = []
    for folder, _, names in os.walk("."):
        for name in names:
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
            with contextlib.suppress(OSError):
                state = os.stat(path)  # noqa: PTH116
                found.append((path, (state.st_mtime_ns, state.st_size)))
            if len(found) >= MAX_FILES:
                return found
    return found


def _read(name: str) -> str | bytes | None:
    try:
        with open(name, "rb") as file:  # noqa: PTH123
            content = file.read(MAX_FILE)
    except OSError:
        return None
    with contextlib.suppress(UnicodeDecodeError):
        return content.decode()
    return content
