"""A student's file, run in this process statement by statement, as grading does: one bad line costs what needs it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import io
import linecache
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from autograder.errors import UsageError
from autograder.reading.files import CODE, Chunk, Read, read
from autograder.reading.stand_ins import Shell, put_in_place

_MODULE = "submission"
_MOST = 2_000  # names in a folder that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """functions: those the file and its siblings define, classes too, in order; problems: what failed, in words."""

    namespace: dict[str, Any]
    functions: dict[str, Callable[..., Any]]
    problems: tuple[str, ...]


def load(file: Path) -> Loaded:
    """Run the file. Not as `__main__`, so drawing cells stay quiet. UsageError if it cannot be read at all."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; name the file that you are working on") from None
    found = read(file.name, data, stem=file.stem)
    if not file.name.lower().endswith(CODE) and not found.notebook:
        raise UsageError(f"{file}: is neither a .py file nor a notebook (.ipynb)")
    if broken := next((remark for remark in found.remarks if remark.kind == "format"), None):
        raise UsageError(f"{file}: {broken.message}")
    module = ModuleType(_MODULE)
    module.__file__ = str(file)
    sys.modules[_MODULE] = module  # dataclasses and pickling look a function's module up
    os.environ.setdefault("MPLBACKEND", "Agg")  # a window would wait for a click
    running = _Running(file.parent, file.name)
    with _beside(file, running, module):
        running.run(file.name, found, module)
        running.run_what_was_only_written(found, module)
    functions = {
        name: value
        for name, value in vars(module).items()
        if _is_code(value) and value.__module__ in running.modules and not name.startswith("_")
    }
    return Loaded(namespace=vars(module), functions=functions, problems=tuple(running.problems))


def _is_code(value: Any) -> bool:
    """Whether it is a function, also under decorators such as functools.cache, or a class."""
    return isinstance(value, type) or isinstance(inspect.unwrap(value) if callable(value) else value, FunctionType)


class _Folder(Mapping[str, bytes]):
    """The files beside the one that is tried, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        return self.written[name] if name in self.written else (self._folder / name).read_bytes()

    def __contains__(self, name: object) -> bool:
        return name in self.written or (isinstance(name, str) and (self._folder / name).is_file())

    def __iter__(self) -> Iterator[str]:
        yield from self.written
        for number, path in enumerate(self._folder.rglob("*.py")):
            if number >= _MOST:
                return
            yield path.relative_to(self._folder).as_posix()

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Running:
    """The file and its siblings on their way through this process."""

    def __init__(self, folder: Path, main: str) -> None:
        self.files = _Folder(folder)
        self.main = main
        self.problems: list[str] = []
        self.used: set[str] = set()
        self.modules: set[str] = set()

    def run_sibling(self, name: str, module: ModuleType) -> None:
        """Run another file of the folder, as an import or `%run` does."""
        self.run(name, read(name, self.files[name]), module)

    def run_beside(self, name: str, module: ModuleType) -> None:
        """What `%run name` does."""
        found = next((n for n in (name, *(name + suffix for suffix in CODE)) if n in self.files), None)
        if found is None:
            raise FileNotFoundError(f"%run: {name} is not there")
        self.run_sibling(found, module)

    def run(self, name: str, found: Read, module: ModuleType) -> None:
        """Execute statement by statement; what failed becomes a problem in words. What it prints is not shown."""
        self.used.add(name)
        self.modules.add(module.__name__)
        self.problems += [_told(name, remark.cell, remark.line, remark.message) for remark in found.remarks]
        for file, content in found.written.items():
            self.files.written.setdefault(file, content)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if found.notebook else 0
        space = vars(module)
        for chunk in found.chunks:
            lines = chunk.source.splitlines(keepends=True)
            linecache.cache[_where(chunk)] = (len(chunk.source), None, lines, _where(chunk))
        for place, (chunk, statement) in enumerate(found.statements):
            own = space.get("__name__")
            if place in found.as_main and name == self.main:
                space["__name__"] = "__main__"
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    code = compile(ast.Module([statement], []), _where(chunk), "exec", flags=flags, dont_inherit=True)
                    _execute(code, space)
            except (Exception, SystemExit) as error:  # noqa: BLE001  the student's code may raise anything
                told = f"{type(error).__name__}: {error}".rstrip(": ")
                self.problems.append(_told(name, chunk.cell, statement.lineno, told))
            finally:
                space["__name__"] = own

    def run_what_was_only_written(self, found: Read, module: ModuleType) -> None:
        """Code that `%%writefile` put into a file that nothing imported, as grading takes it."""
        for name in [name for name in found.written if name not in self.used and name.endswith(CODE)]:
            apart = ModuleType(_MODULE)
            self.run_sibling(name, apart)
            vars(module).update({key: value for key, value in vars(apart).items() if key not in vars(module)})


def _execute(code: Any, space: dict[str, Any]) -> None:
    if not code.co_flags & inspect.CO_COROUTINE:
        exec(code, space)  # noqa: S102  the student's own file on the student's own machine
        return
    import asyncio

    asyncio.run(eval(code, space))  # noqa: S307  the same, of a cell that awaits


def _where(chunk: Chunk) -> str:
    return f"{chunk.file}, cell {chunk.cell}" if chunk.cell else chunk.file


def _told(name: str, cell: int | None, line: int, message: str) -> str:
    return f"{name}, cell {cell}, line {line}: {message}" if cell else f"{name}, line {line}: {message}"


@contextlib.contextmanager
def _beside(file: Path, running: _Running, module: ModuleType) -> Iterator[None]:
    """The file may import what lies beside it, and finds what Jupyter and Colab offer."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    shell = Shell(
        run=lambda name: running.run_beside(name, module),
        cell=lambda body: exec(compile(body, file.name, "exec", dont_inherit=True), vars(module)),  # noqa: S102
    )
    put_in_place(running.files, running.run_sibling, shell, file.name)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
