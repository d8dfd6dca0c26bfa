"""Parse and run a submission inside the jail, statement by statement, so that one bad line costs only what needs it.

A `.py` that does not parse runs nothing; a notebook loses only the cells that do not parse. What fails is reported as a
plain dict (`problem`) with the fields of contracts.LoadProblem, plus the statement's number. Only `load` is for others.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import signal
import sys
import tokenize
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from autograder.jailed import notebooks, surroundings

MAX_PROBLEMS = 200
_FUTURE_FLAGS = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}


class Overrun(BaseException):
    """A statement used up its time. Not an Exception, so that a student's `except Exception` lets it pass."""


@dataclass(slots=True, kw_only=True)
class Submission:
    """A submission as it is loaded.

    announce: told each statement's number before it runs, so that the grader knows which one ended the process.
    skip: numbers of statements that ended or hung an earlier worker, with the reason; they are reported, not run.
    """

    files: Mapping[str, bytes]
    main: str
    statement_seconds: float
    skip: Mapping[int, str]
    announce: Callable[[int], None]
    module: types.ModuleType = field(init=False)
    problems: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def problem(self, kind: str, file: str, line: int, message: str, **details: object) -> None:
        """Record one problem; past the limit they no longer help anybody."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append({"kind": kind, "file": file, "line": line, "message": message[:2000], **details})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One unit that parses as a whole: a `.py` file, or one code cell (1-based)."""

    file: str
    source: str
    cell: int | None = None

    @property
    def filename(self) -> str:
        """The name tracebacks carry; `place` turns it back."""
        return f"{self.file}#cell {self.cell}" if self.cell else self.file


def place(filename: str) -> tuple[str, int | None]:
    """The submitted file and cell that a traceback's file name stands for."""
    file, _, cell = filename.partition("#cell ")
    return file, int(cell) if cell.isdigit() else None


def load(submission: Submission) -> None:
    """Run the main file into a fresh module. Never raises for anything the submission does."""
    stem = submission.main.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    name = (
        stem
        if stem.isidentifier() and stem not in sys.modules and stem not in sys.stdlib_module_names
        else "submission"
    )
    submission.module = module = types.ModuleType(name)
    module.__file__ = submission.main
    sys.modules[name] = module
    sys.argv = [submission.main]
    surroundings.install(submission.files, lambda file, sibling: run_file(submission, file, sibling))
    signal.signal(signal.SIGPROF, _overrun)
    try:
        run_file(submission, submission.main, module)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)


def _overrun(number: int, frame: object) -> None:
    raise Overrun


def run_file(submission: Submission, file: str, module: types.ModuleType) -> None:
    """Run one file of the submission, main or sibling, into `module`."""
    data = submission.files[file]
    if not data.strip():
        submission.problem("empty", file, 1, "the file is empty")
        return
    source = _decode(submission, file, data)
    if file.endswith(".ipynb"):
        module.__dict__["get_ipython"] = surroundings.quiet
        try:
            cells = notebooks.code_cells(source)
        except (ValueError, RecursionError) as error:
            submission.problem("format", file, getattr(error, "lineno", 1), f"this is not a notebook: {error}")
            return
        chunks = [Chunk(file=file, source=cell, cell=number) for number, cell in enumerate(cells, start=1)]
    else:
        chunks = [Chunk(file=file, source=source)]
    statements = [(chunk, statement) for chunk in chunks for statement in _parse(submission, chunk)]
    if not submission.problems and all(_says_nothing(statement) for _, statement in statements):
        submission.problem("empty", file, 1, "the file holds no code")
    flags = 0
    for chunk, statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            flags |= sum(_FUTURE_FLAGS.get(alias.name, 0) for alias in statement.names)
        _run(submission, chunk, statement, module, flags)


def _decode(submission: Submission, file: str, data: bytes) -> str:
    """The text of a file by its own declaration (PEP 263, byte order mark), as latin-1 if that fails."""
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        encoding = "utf-8-sig" if file.endswith(".ipynb") else tokenize.detect_encoding(BytesIO(data).readline)[0]
        text: str = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        submission.problem(
            "encoding", file, 1, "the file is not UTF-8; it was read as latin-1. Save it as UTF-8 to be safe"
        )
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(submission: Submission, chunk: Chunk) -> list[ast.stmt]:
    """The statements of one chunk, none if it does not parse (which is then reported)."""
    source = notebooks.without_magics(chunk.source) if chunk.cell else chunk.source
    if source is None:
        return []
    lines = source.splitlines(keepends=True)
    linecache.cache[chunk.filename] = (len(source), None, lines, chunk.filename)
    try:
        return ast.parse(source, chunk.filename).body
    except SyntaxError as error:
        line = error.lineno or 1
        lost = "nothing in this cell runs" if chunk.cell else "nothing in the file can run"
        submission.problem(
            "syntax",
            chunk.file,
            line,
            f"{type(error).__name__}: {error.msg}. Until it is mended, {lost}",
            cell=chunk.cell,
            column=error.offset,
            source=_line(chunk, line),
        )
    except (ValueError, MemoryError, RecursionError) as error:
        message = f"this cannot be parsed: {str(error) or 'it is nested too deeply'}"
        submission.problem("syntax", chunk.file, 1, message, cell=chunk.cell)
    return []


def _says_nothing(statement: ast.stmt) -> bool:
    """A docstring, or a bare constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _line(chunk: Chunk, line: int) -> str:
    return linecache.getline(chunk.filename, line).strip()[:200]


def _run(submission: Submission, chunk: Chunk, statement: ast.stmt, module: types.ModuleType, flags: int) -> None:
    """Run one top-level statement. Whatever it raises becomes a problem that names what it would have defined."""
    submission.count += 1
    number = submission.count

    def report(kind: str, line: int, message: str, column: int | None = None) -> None:
        submission.problem(
            kind,
            chunk.file,
            line,
            message,
            cell=chunk.cell,
            column=column,
            source=_line(chunk, line),
            names=sorted(defined_by(statement))[:50],
            number=number,
        )

    if number in submission.skip:
        kind = "timeout" if "time" in submission.skip[number] else "error"
        report(kind, statement.lineno, submission.skip[number], statement.col_offset + 1)
        return
    submission.announce(number)
    outer = signal.setitimer(signal.ITIMER_PROF, submission.statement_seconds, 1.0)
    try:
        try:
            tree = ast.Module(body=[statement], type_ignores=[])
            exec(compile(tree, chunk.filename, "exec", flags=flags, dont_inherit=True), module.__dict__)  # noqa: S102
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)  # inside the outer try: an alarm that is just ringing is caught
    except Overrun:
        seconds = f"{submission.statement_seconds:g}"
        report("timeout", statement.lineno, f"this statement was stopped: it ran longer than {seconds} s")
    except BaseException as error:  # noqa: BLE001  a student's code may raise anything, SystemExit included
        line, column = _where(error, chunk, statement)
        report("error", line, ": ".join(part for part in explain(error) if part), column)
    signal.setitimer(signal.ITIMER_PROF, *outer)


def _where(error: BaseException, chunk: Chunk, statement: ast.stmt) -> tuple[int, int | None]:
    """Line and column of the top-level code that raised, not of the function it called."""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == chunk.filename and code.co_name == "<module>":
            positions = list(code.co_positions())[traceback.tb_lasti // 2]
            return traceback.tb_lineno, None if positions[2] is None else positions[2] + 1
        traceback = traceback.tb_next
    return statement.lineno, statement.col_offset + 1


def explain(error: BaseException) -> tuple[str, str]:
    """An exception's class and text, with a word on what to do where that helps. Never raises."""
    try:
        name, text = str(type(error).__name__), str(error)
    except BaseException:  # noqa: BLE001  __str__ may be a student's
        return "Exception", "(its text cannot be shown)"
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = str(error.name).split(".")[0]
        text += f": {top}.py was not handed in, and no library of that name is installed where grading happens"
    elif isinstance(error, SystemExit):
        text += " (a submission must not end the program)"
    elif isinstance(error, PermissionError):
        text += " (a submission has no files to write, no network and no processes)"
    elif "CUDA" in text and isinstance(error, (AssertionError, RuntimeError)):
        text += " (grading has no GPU: write .to(x.device) instead of naming cuda)"
    return name[:100], text[:2000]


def defined_by(statement: ast.stmt) -> set[str]:
    """The names a top-level statement binds, also inside its branches, but not inside functions and classes."""
    return set(_bound(statement))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)
