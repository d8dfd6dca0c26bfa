"""One file of a hand-in as statements in order, with remarks on all that was lost, left out or read otherwise."""

from __future__ import annotations

import ast
import posixpath
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from autograder.reading import cells, ipython, statements

CODE = (".py", ".ipynb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One text whose lines are counted together: a script, or one code cell (1-based). source: as Python."""

    file: str
    source: str
    cell: int | None = None

    @property
    def filename(self) -> str:
        """The name that tracebacks carry; `place` turns it back."""
        return f"{self.file}#cell {self.cell}" if self.cell else self.file


def place(filename: str) -> tuple[str, int | None]:
    """The submitted file and cell that a traceback's file name stands for."""
    file, _, cell = filename.partition("#cell ")
    return file, int(cell) if cell.isdigit() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about a file. kind: "syntax", "encoding", "empty", "format", or "note" for what costs nothing."""

    kind: str
    line: int
    message: str
    cell: int | None = None
    column: int | None = None
    source: str = ""
    names: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Read:
    """statements: with the chunk that each stands in. written: files that `%%writefile` makes, by name.

    notebook: whether it was one, whatever its name. as_main: places of the blocks under `if __name__ == "__main__"`
    that run all the same: the author of a notebook is __main__, and other cells need their names. guarded: what such
    blocks bind.
    """

    statements: list[tuple[Chunk, ast.stmt]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    written: dict[str, bytes] = field(default_factory=dict)
    notebook: bool = False
    as_main: frozenset[int] = frozenset()
    guarded: frozenset[str] = frozenset()


def read(file: str, data: bytes, *, stem: str = "") -> Read:
    """Read one file by what is in it. Never raises. stem: a `%%writefile` of <stem>.py is code in its place."""
    found = Read()
    if not data.strip():
        found.remarks.append(Remark(kind="empty", line=1, message="the file is empty"))
        return found
    text = _decoded(found, file, data)
    named_notebook = file.lower().endswith(".ipynb")
    found.notebook = cells.is_notebook(text) or (named_notebook and _no_script(text))
    if cells.is_web_page(text):
        said = "this is a web page, not code: download the file itself, in Jupyter by File > Download"
        found.remarks.append(Remark(kind="format", line=1, message=said))
    elif found.notebook:
        if not named_notebook:
            said = "this file holds a notebook and was read as one; name it .ipynb"
            found.remarks.append(Remark(kind="note", line=1, message=said))
        _read_notebook(found, file, text, stem)
    else:
        if named_notebook:
            said = "this file holds no notebook but a script, and was read as one; name it .py"
            found.remarks.append(Remark(kind="note", line=1, message=said))
        _read_script(found, file, text, stem)
    _find_guards(found)
    lost = any(remark.kind in ("syntax", "format") for remark in found.remarks)
    if not lost and not found.written and all(_says_nothing(statement) for _, statement in found.statements):
        found.remarks.append(Remark(kind="empty", line=1, message="the file holds no code"))
    return found


def _find_guards(found: Read) -> None:
    guards = {n: bound_by(each) for n, (_, each) in enumerate(found.statements) if _is_main_guard(each)}
    if not guards:
        return
    needed = {
        node.id
        for number, (_, statement) in enumerate(found.statements)
        if number not in guards
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    found.guarded = frozenset(name for names in guards.values() for name in names)
    if found.notebook:
        found.as_main = frozenset(number for number, names in guards.items() if names & needed)


def _is_main_guard(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If):
        return False
    inside = list(ast.walk(statement.test))
    named = any(isinstance(node, ast.Name) and node.id == "__name__" for node in inside)
    return named and any(isinstance(node, ast.Constant) and node.value == "__main__" for node in inside)


def bound_by(statement: ast.stmt) -> set[str]:
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


def _decoded(found: Read, file: str, data: bytes) -> str:
    """The text of a file by its own declaration (PEP 263, byte order mark), as latin-1 if that fails."""
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16").replace("\r\n", "\n").replace("\r", "\n")
        json_like = data.lstrip()[:1] == b"{" or file.lower().endswith(".ipynb")
        encoding = "utf-8-sig" if json_like else tokenize.detect_encoding(BytesIO(data).readline)[0]
        text: str = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        try:
            text = data.decode("utf-8-sig")
            said = "its first lines name a coding that Python does not know; it was read as UTF-8. Take that line out"
        except UnicodeError:
            text = data.decode("latin-1")
            said = "the file is not UTF-8; it was read as latin-1. Save it as UTF-8 to be safe"
        found.remarks.append(Remark(kind="encoding", line=1, message=said))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _no_script(text: str) -> bool:
    """Whether a text is anything but Python, as far as its beginning tells."""
    return text.lstrip()[:1] in ("{", "[", "<") or not any(
        mark in text for mark in ("def ", "import ", "=", "(", "class ")
    )


def _read_notebook(found: Read, file: str, text: str, stem: str) -> None:
    try:
        notebook = cells.notebook(text)
    except (ValueError, RecursionError) as error:
        said = f"this is not a notebook: {error}. Save it again in Jupyter"
        found.remarks.append(Remark(kind="format", line=getattr(error, "lineno", 1), message=said))
        return
    if notebook.damage:
        found.remarks.append(Remark(kind="note", line=1, message=notebook.damage))
    left_out: list[str] = []
    for number, cell in enumerate(notebook.code, start=1):
        done = ipython.translate_cell(cell)
        source, left = done.source, done.left_out
        if done.file and _is(done.file[0], stem):
            above = "\n" * (cell.count("\n") - done.file[1].count("\n"))
            source, left = above + done.file[1], []
        elif done.file:
            _write(found, done.file)
            left = []
        left_out += [f"cell {number}, line {line}: {told}" for line, told in left]
        if source is not None:
            _add(found, Chunk(file=file, source=source, cell=number))
    _note_left_out(found, left_out)
    defined = {name for _, statement in found.statements for name in bound_by(statement)}
    for name, kind in notebook.elsewhere.items():
        if name not in defined:
            said = f"{name} stands in a cell that is no code cell ({kind}); turn it into one (Esc, then y, in Jupyter)"
            found.remarks.append(Remark(kind="note", line=1, message=said, names=(name,)))


def _read_script(found: Read, file: str, text: str, stem: str) -> None:
    text, restored = ipython.unpaired(text)
    for line, code in restored:
        word = code.split()[0]
        said = (
            f"jupytext had commented out `{code[:80]}`, since {word} is also a command of the shell; it was read as "
            f"code. Give {word} another name"
        )
        found.remarks.append(Remark(kind="note", line=line, message=said))
    plain = Chunk(file=file, source=text)
    if "# Commented out IPython magic" not in text:
        try:
            body = ast.parse(text, file).body
        except SyntaxError:
            pass
        except (ValueError, MemoryError, RecursionError):
            _add(found, plain)
            return
        else:
            found.chunks.append(plain)
            found.statements += [(plain, statement) for statement in body]
            return
    python, left_out, files = ipython.translate_script(text, stem)
    for written in files:
        _write(found, written)
    _add(found, Chunk(file=file, source=python))
    _note_left_out(found, [f"line {line}: {told}" for line, told in left_out])


def _add(found: Read, chunk: Chunk) -> None:
    """A chunk's statements, and a remark on each block of it that does not parse."""
    body, lost = statements.parse(chunk.source, chunk.filename)
    found.chunks.append(chunk)
    found.statements += [(chunk, statement) for statement in body]
    lines = chunk.source.split("\n")
    for block in lost:
        what = " and ".join(block.names[:3]) + (" and more" if len(block.names) > 3 else "")
        until = f"Until it is mended, {what} and what needs it is lost" if what else "This block is left out"
        found.remarks.append(
            Remark(
                kind="syntax",
                line=block.line,
                message=f"{block.message}. {until}; the rest runs" if body else f"{block.message}. {until}",
                cell=chunk.cell,
                column=block.column,
                source=lines[min(block.line, len(lines)) - 1].strip()[:200],
                names=block.names,
            )
        )


def _write(found: Read, written: tuple[str, str, bool]) -> None:
    name, body, append = written
    name = posixpath.normpath(name).lstrip("/") if name else ""
    if not name or name.startswith(".."):
        return
    before = found.written.get(name, b"") if append else b""
    found.written[name] = before + body.encode("utf-8", "surrogatepass")


def _is(name: str, stem: str) -> bool:
    return bool(stem) and posixpath.basename(name) == f"{stem}.py"


def _note_left_out(found: Read, left_out: list[str]) -> None:
    if left_out:
        more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
        said = f"Jupyter's own commands do not run here and were left out: {'; '.join(left_out[:5])}{more}"
        found.remarks.append(Remark(kind="note", line=1, message=said))


def _says_nothing(statement: ast.stmt) -> bool:
    """A docstring, or a bare constant, or nothing at all."""
    bare = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return bare or isinstance(statement, ast.Pass)
