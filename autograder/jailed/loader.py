"""Run a submission inside the jail, statement by statement, so that one bad line costs only what needs it.

How files become statements is `autograder.reading`'s business. What fails is reported as a plain dict (`problem`) with
the fields of records.LoadProblem, plus the statement's number. Only `load` is for others.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import posixpath
import re
import signal
import sys
import time
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.jailed import surroundings
from autograder.reading.advice import advice
from autograder.reading.files import CODE, Chunk, bound_by, read
from autograder.reading.stand_ins import Shell
from autograder.reading.statements import future_flags

MAX_PROBLEMS = 200
_IN_CELLS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_PATIENCE = 8  # statements' worth of time that loading may take; then what only takes time gets little
_LITTLE = 0.1  # of a statement's time
_TEXTS = (".sql", ".txt", ".md", ".csv", ".tex", ".html")
_BEHIND_CODE = re.compile(r"\.(py|ipynb)\.")  # a browser's work.py.txt is code
_QUICK = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Overrun(BaseException):
    """A statement used up its time. Not an Exception, so that a student's `except Exception` lets it pass."""


@dataclass(slots=True, kw_only=True)
class Submission:
    """A submission as it is loaded.

    announce: told each statement's number before it runs, so that the grader knows which one ended the process.
    skip: numbers of statements that ended or hung an earlier worker, with the reason; they are reported, not run.
    guarded: names that are set only under `if __name__ == "__main__"`, which does not run.
    """

    files: dict[str, bytes]
    main: str
    statement_seconds: float
    skip: Mapping[int, str]
    announce: Callable[[int], None]
    module: types.ModuleType = field(init=False)
    problems: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    spent: float = 0.0
    guarded: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    handed_in: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.handed_in = frozenset(self.files)

    def problem(self, kind: str, file: str, line: int, message: str, **details: object) -> None:
        """Record one problem; past the limit they no longer help anybody."""
        if file not in self.handed_in:  # a file that the notebook writes
            file, message = self.main, f"in {file}: {message}"
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append({"kind": kind, "file": file, "line": line, "message": message[:2000], **details})


def load(submission: Submission) -> None:
    """Run the main file into a fresh module. Never raises for anything the submission does."""
    stem = submission.main.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    name = (
        stem
        if stem.isidentifier() and stem not in sys.modules and stem not in sys.stdlib_module_names
        else "submission"
    )
    submission.module = module = types.ModuleType(name)
    sys.modules[name] = module
    sys.argv = [submission.main]
    shell = Shell(
        run=lambda file: _run_beside(submission, file, module), cell=lambda body: _run_cell(submission, body, module)
    )
    surroundings.install(
        submission.files, lambda file, sibling: run_file(submission, file, sibling), shell, submission.main
    )
    module.__file__ = surroundings.unpack(submission.files, submission.main)
    signal.signal(signal.SIGPROF, _overrun)
    try:
        before = set(submission.files)
        if submission.main.lower().endswith(_TEXTS) and not _BEHIND_CODE.search(submission.main.lower()):
            submission.used.add(submission.main)  # no code was handed in: a suite reads the text
            return
        run_file(submission, submission.main, module)
        _run_what_was_only_written(submission, before, module)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
    submission.guarded -= module.__dict__.keys()


def _overrun(number: int, frame: object) -> None:
    raise Overrun


def run_file(submission: Submission, file: str, module: types.ModuleType) -> None:
    """Run one file of the submission, main or sibling, into `module`."""
    submission.used.add(file)
    is_main = file == submission.main
    stem = posixpath.basename(file).rsplit(".", 1)[0] if is_main else ""
    found = read(file, submission.files[file], stem=stem)
    for chunk in found.chunks:
        lines = chunk.source.splitlines(keepends=True)
        linecache.cache[chunk.filename] = (len(chunk.source), None, lines, chunk.filename)
    for remark in found.remarks:
        submission.problem(
            remark.kind,
            file,
            remark.line,
            remark.message,
            cell=remark.cell,
            column=remark.column,
            source=remark.source,
            names=list(remark.names),
        )
    for name, content in found.written.items():
        submission.files.setdefault(name, content)
        surroundings.put(name, content)
    flags = _IN_CELLS if found.notebook else 0
    if is_main:
        submission.guarded |= found.guarded
    for place, (chunk, statement) in enumerate(found.statements):
        flags |= future_flags(statement)
        if is_main and place in found.as_main:
            _as_main(submission, chunk, statement, module, flags)
            continue
        _run(submission, chunk, statement, module, flags)


def run_as_program(submission: Submission, given: Mapping[str, object] | None = None) -> None:
    """Run the main file once more, from its first line, as a program of its own. Raises what it raises.

    given: what stands under names of the file in the place of what it defines.
    """
    found = read(submission.main, submission.files[submission.main])
    for remark in found.remarks:
        if remark.kind == "syntax":
            raise SyntaxError(f"line {remark.line}: {remark.message}")
    space = types.ModuleType("__main__")
    flags = _IN_CELLS if found.notebook else 0
    for chunk, statement in found.statements:
        flags |= future_flags(statement)
        exec(_compiled(chunk, statement, flags), space.__dict__)  # noqa: S102
        for name in _defined(statement) & (given or {}).keys():
            space.__dict__[name] = (given or {})[name]


def _defined(statement: ast.stmt) -> set[str]:
    """The name of a function that a statement defines, also below an `if`."""
    nodes = ast.walk(statement)
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _compiled(chunk: Chunk, statement: ast.stmt, flags: int) -> types.CodeType:
    tree = ast.Module(body=[statement], type_ignores=[])
    code: types.CodeType = compile(tree, chunk.filename, "exec", flags=flags, dont_inherit=True)
    return code


def _as_main(submission: Submission, chunk: Chunk, statement: ast.stmt, module: types.ModuleType, flags: int) -> None:
    name = module.__dict__["__name__"]
    module.__dict__["__name__"] = "__main__"
    try:
        _run(submission, chunk, statement, module, flags)
    finally:
        module.__dict__["__name__"] = name


def _run_beside(submission: Submission, name: str, module: types.ModuleType) -> None:
    """What `%run file` does: run a file of the submission into the notebook's own names."""
    wanted = posixpath.normpath(name)
    for file in (wanted, *(wanted + suffix for suffix in CODE)):
        found = next((f for f in submission.files if f == file), None)
        found = found or next((f for f in submission.files if posixpath.basename(f) == posixpath.basename(file)), None)
        if found and found != submission.main:
            run_file(submission, found, module)
            return
    raise FileNotFoundError(f"%run: {name} was not handed in")


def _run_cell(submission: Submission, body: str, module: types.ModuleType) -> None:
    """What `get_ipython().run_cell_magic("time", "", body)` does in a script that was exported from a notebook."""
    exec(compile(body, submission.main, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def _run_what_was_only_written(submission: Submission, before: set[str], module: types.ModuleType) -> None:
    """Code that `%%writefile` put into a file that nothing imported: it gives what the notebook does not define."""
    for file in [f for f in submission.files if f not in before and f not in submission.used and f.endswith(CODE)]:
        apart = types.ModuleType(module.__name__)
        run_file(submission, file, apart)
        new = {name: value for name, value in vars(apart).items() if name not in module.__dict__}
        module.__dict__.update(new)
        if any(not name.startswith("_") for name in new):
            said = f"{file} was written by %%writefile and nothing imports it; what it defines was taken all the same"
            submission.problem("note", submission.main, 1, said)


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
            names=sorted(bound_by(statement))[:50],
            number=number,
        )

    if number in submission.skip:
        kind = "timeout" if "time" in submission.skip[number] else "error"
        report(kind, statement.lineno, submission.skip[number], statement.col_offset + 1)
        return
    submission.announce(number)
    late = submission.spent > _PATIENCE * submission.statement_seconds and not isinstance(statement, _QUICK)
    seconds = submission.statement_seconds * (_LITTLE if late else 1)
    began = time.process_time()
    outer = signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        try:
            code = _compiled(chunk, statement, flags)
            if code.co_flags & inspect.CO_COROUTINE:
                surroundings.finish(eval(code, module.__dict__))  # noqa: S307  a cell that awaits at its top level
            else:
                exec(code, module.__dict__)  # noqa: S102
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)  # inside the outer try: an alarm that is just ringing is caught
    except Overrun:
        why = ", since what stands above it had used up the time for loading" if late else ""
        report("timeout", statement.lineno, f"this statement was stopped: it ran longer than {seconds:g} s{why}")
    except BaseException as error:  # noqa: BLE001  a student's code may raise anything, SystemExit included
        line, column = _where(error, chunk, statement)
        report("error", line, ": ".join(part for part in explain(error, submission.guarded) if part), column)
    submission.spent += time.process_time() - began
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


# fmt: off
_KNOWN_LIBRARIES = frozenset(
    (
        "pandas", "scipy", "sklearn", "skimage", "cv2", "seaborn", "plotly", "bokeh", "altair", "requests", "wandb",
        "tensorboard", "lightning", "pytorch_lightning", "keras", "tensorflow", "jax", "flax", "accelerate",
        "datasets", "gradio", "streamlit", "torchinfo", "torchsummary", "imageio", "h5py", "numba", "sympy",
        "statsmodels", "networkx", "nltk", "openai", "kaggle", "mlflow", "hydra", "omegaconf", "clip", "timm",
        "xformers",
    )
)
# fmt: on


def explain(error: BaseException, guarded: frozenset[str] | set[str] = frozenset()) -> tuple[str, str]:
    """An exception's class and text, with a word on what to do where that helps. Never raises."""
    try:
        name, text = str(type(error).__name__), str(error)
    except BaseException:  # noqa: BLE001  __str__ may be a student's
        return "Exception", "(its text cannot be shown)"
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = str(error.name).split(".")[0]
        if top in _KNOWN_LIBRARIES:
            text += f": {top} is not installed where grading happens; keep it out of what is graded"
        else:
            text += f": {top}.py was not handed in, and no library of that name is installed where grading happens"
    elif isinstance(error, NameError) and getattr(error, "name", None) in guarded:
        text += ' (it is set only under `if __name__ == "__main__"`, which does not run when your file is graded)'
    elif isinstance(error, SystemExit):
        text += " (a submission must not end the program)"
    elif isinstance(error, PermissionError):
        text += " (a submission may write files in its own folder only, and has no network and no processes)"
    elif "CUDA" in text and isinstance(error, (AssertionError, RuntimeError)):
        text += " (grading has no GPU: write .to(x.device) instead of naming cuda)"
    elif told := advice(error):
        text += f" ({told})"
    return name[:100], text[:2000]
