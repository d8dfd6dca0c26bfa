"""A student's file, run in this process statement by statement, as grading does: one bad line costs what needs it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import linecache
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from autograder.errors import UsageError

_MODULE = "submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """functions: those the file itself defines, in order; problems: statements that failed, in words."""

    namespace: dict[str, Any]
    functions: dict[str, FunctionType]
    problems: tuple[str, ...]


def load(file: Path) -> Loaded:
    """Run the file. Not as `__main__`, so drawing cells stay quiet. UsageError if it cannot be read at all."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; name the file that you are working on") from None
    if file.suffix not in (".py", ".ipynb"):
        raise UsageError(f"{file}: is neither a .py file nor a notebook (.ipynb)")
    module = ModuleType(_MODULE)
    module.__file__ = str(file)
    sys.modules[_MODULE] = module  # dataclasses and pickling look a function's module up
    problems: list[str] = []
    os.environ.setdefault("MPLBACKEND", "Agg")  # a window would wait for a click
    with _beside(file):
        for number, source in enumerate(_parts(file, data), 1):
            where = f"{file.name}, cell {number}" if file.suffix == ".ipynb" else file.name
            problems += _run(source, where, vars(module))
    functions = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == _MODULE and not name.startswith("_")
    }
    return Loaded(namespace=vars(module), functions=functions, problems=tuple(problems))


@contextlib.contextmanager
def _beside(file: Path) -> Any:
    """The file may import what lies beside it."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def _parts(file: Path, data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if file.suffix == ".py":
        return [text]
    try:
        cells = json.loads(text)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{file}: is no notebook; save it again in JupyterLab") from None
    return ["\n".join(_plain(line) for line in "".join(source).split("\n")) for source in code]


def _plain(line: str) -> str:
    """A line without IPython's own commands."""
    bare = line.lstrip()
    return line[: len(line) - len(bare)] + "pass" if bare.startswith(("%", "!")) else line


def _run(source: str, where: str, namespace: dict[str, Any]) -> list[str]:
    """Execute statement by statement; what failed, in words. What it prints is not shown."""
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        return [f"{where}, line {error.lineno}: {error.msg}; nothing of it could be run"]
    except ValueError as error:
        return [f"{where}: {error}; nothing of it could be run"]
    problems = []
    for statement in body:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                code = compile(ast.Module([statement], []), where, "exec")
                exec(code, namespace)  # noqa: S102  the student's own file on the student's own machine
        except (Exception, SystemExit) as error:  # noqa: BLE001  the student's code may raise anything
            told = f"{type(error).__name__}: {error}".rstrip(": ")
            problems.append(f"{where}, line {statement.lineno}: {told}")
    return problems
