"""From a starter and its reference to a solved starter: the starter's signature and docstring, the reference's body.

A body brings along what it needs of its module and the notebook does not have: imports, private functions, constants.
They go into the function, so that the whole solution is one region that nbgrader can take out.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from autograder.errors import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "raise NotImplementedError"
# How a percent script is read. By default jupytext 1.19.6 makes code of a comment that begins like a shell command
# ("# cat the two halves"), and no cell can run that.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A source file by its top-level names: functions, and for everything else the statement that binds the name."""

    file: Path
    source: str
    functions: dict[str, _Function]
    others: dict[str, ast.stmt] = field(default_factory=dict)


def read_module(file: Path) -> Module:
    """Parse a reference. CourseError if it is not there or does not parse."""
    try:
        source = file.read_text("utf-8")
        tree = ast.parse(source)
    except OSError as error:
        raise CourseError(f"{file}: cannot be read: {error.strerror}; each assignment needs a reference") from None
    except (SyntaxError, ValueError) as error:
        raise CourseError(f"{file}: does not parse: {error}") from None
    functions: dict[str, _Function] = {}
    others: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[node.name] = node
        else:
            others |= dict.fromkeys(_bound(node), node)
    return Module(file=file, source=source, functions=functions, others=others)


def functions_of(cell: str) -> dict[str, _Function | ast.ClassDef]:
    """The top-level functions and classes of a cell by name; none if it is not Python."""
    try:
        body = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return {}
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name: node for node in body if isinstance(node, kinds)}


def names_of(cell: str) -> set[str]:
    """Everything a cell binds at its top level."""
    try:
        body = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return set()
    return {name for node in body for name in _bound(node)}


def is_stub(function: _Function | ast.ClassDef) -> bool:
    """Whether there is nothing behind the docstring but `raise NotImplementedError`.

    A class is one if there is nothing at all behind its docstring, or if a method is one.
    """
    if isinstance(function, ast.ClassDef):
        inner = [each for each in function.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        empty = all(isinstance(each, ast.Pass) or _is_text(each) for each in function.body)
        return empty or any(map(is_stub, inner))
    return len(_body(function)) == 1 and ast.unparse(_body(function)[0]) == STUB


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _solved_class(cell: str, mine: ast.ClassDef, reference: Module, there: set[str]) -> str:
    """The cell with the reference's class under the starter's docstring, between the markers as a whole."""
    module, theirs = _find_class(mine.name, reference)
    lines = cell.split("\n")
    start = min([mine.lineno, *(decorator.lineno for decorator in mine.decorator_list)]) - 1
    documented = ast.get_docstring(mine, clean=False) is not None
    head = lines[start : mine.body[0].end_lineno] if documented else lines[start : mine.body[0].lineno - 1]
    behind = theirs.body[1:] if ast.get_docstring(theirs, clean=False) is not None else theirs.body
    body = _text(module.source, behind or theirs.body, None)
    inside = ["    " + line if line else "" for line in body]
    needs = _needs(theirs, module, there | {mine.name})
    space = [""] if documented else []
    return "\n".join([*lines[:start], BEGIN, *needs, *head, *space, *inside, END, *lines[mine.end_lineno or 0 :]])


def _find_class(name: str, reference: Module) -> tuple[Module, ast.ClassDef]:
    """The class, followed through `from reference.other import name`."""
    node = reference.others.get(name)
    if isinstance(node, ast.ClassDef):
        return reference, node
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference."):
        origin = next(alias.name for alias in node.names if name in (alias.name, alias.asname))
        return _find_class(origin, read_module(_file_of(reference, node)))
    raise CourseError(f"{reference.file}: has no class {name!r}, which the starter asks for; write it there")


def solved(cell: str, name: str, reference: Module, there: set[str]) -> str:
    """The cell with the reference's body for the function or class `name`, between the markers of a solution.

    there: the names the notebook has anyway. A default that differs is the reference's: then the whole function stands
    between the markers; a class always does. CourseError if the reference has no such function or class.
    """
    mine = functions_of(cell)[name]
    if isinstance(mine, ast.ClassDef):
        return _solved_class(cell, mine, reference, there)
    module, theirs = _find(name, reference)
    body = _needs(theirs, module, there | {name}) + _text(module.source, _body(theirs), theirs)
    lines = cell.split("\n")
    first = _body(mine)[0]
    indent = " " * first.col_offset
    last = mine.end_lineno or len(lines)
    inside = [indent + line if line else "" for line in "\n".join(body).split("\n")]
    if _defaults(mine) == _defaults(theirs) and first.lineno > mine.lineno:
        head = lines[: first.lineno - 1]
        return "\n".join([*head, indent + BEGIN, *inside, indent + END, *lines[last:]])
    start = min([mine.lineno, *(decorator.lineno for decorator in mine.decorator_list)]) - 1
    head = lines[start : first.lineno - 1] if first.lineno > mine.lineno else [_signature(mine)]
    head = _with_defaults(head, start + 1, mine, theirs)
    return "\n".join([*lines[:start], BEGIN, *head, *inside, END, *lines[last:]])


def _signature(function: _Function) -> str:
    returns = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    return f"def {function.name}({ast.unparse(function.args)}){returns}:"


def _with_defaults(head: list[str], first: int, mine: _Function, theirs: _Function) -> list[str]:
    """The lines of a signature, the first of them at line `first`, with the other function's defaults."""
    head = [*head]
    for old, new in reversed(list(zip(_default_nodes(mine), _default_nodes(theirs), strict=True))):
        at = old.lineno - first
        text = head[at].encode()  # columns count bytes
        head[at] = (text[: old.col_offset] + ast.unparse(new).encode() + text[old.end_col_offset :]).decode()
    return head


def _default_nodes(function: _Function) -> list[ast.expr]:
    return [*function.args.defaults, *(value for value in function.args.kw_defaults if value is not None)]


def _defaults(function: _Function) -> list[str]:
    return [ast.unparse(value) for value in _default_nodes(function)]


def _find(name: str, reference: Module) -> tuple[Module, _Function]:
    """The function, followed through `from reference.other import name`."""
    if name in reference.functions:
        return reference, reference.functions[name]
    node = reference.others.get(name)
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference."):
        origin = next(alias.name for alias in node.names if name in (alias.name, alias.asname))
        return _find(origin, read_module(_file_of(reference, node)))
    raise CourseError(f"{reference.file}: has no function {name!r}, which the starter asks for; write it there")


def _file_of(reference: Module, node: ast.ImportFrom) -> Path:
    """The file of `reference.a.b`: modules of the reference lie beside one another."""
    root = next(folder for folder in reference.file.parents if folder.name == "reference")
    return root.joinpath(*(node.module or "").split(".")[1:]).with_suffix(".py")


def _needs(function: _Function | ast.ClassDef, module: Module, there: set[str]) -> list[str]:
    """Statements for what the function uses of its module, in the module's order, and what those use."""
    wanted: dict[int, list[str]] = {}
    used: list[ast.stmt] = [function] if isinstance(function, ast.ClassDef) else _body(function)
    asked, seen = [*_used(used)], set(there)
    while asked:
        name = asked.pop()
        if name in seen or hasattr(builtins, name):
            continue
        seen.add(name)
        if name in module.functions:
            node = module.functions[name]
            wanted[node.lineno] = [*_text(module.source, [node], None), ""]
            asked += _used([node])
        elif name in module.others:
            other = module.others[name]
            inner = _inlined(module, other, name, seen)
            wanted[other.lineno] = [*wanted.get(other.lineno, []), *inner]
            if not isinstance(other, ast.Import | ast.ImportFrom):
                asked += _used([other])
    return [line for at in sorted(wanted) for line in wanted[at]]


def _inlined(module: Module, node: ast.stmt, name: str, there: set[str]) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        alias = next(a for a in node.names if name in (a.asname, a.name, a.name.partition(".")[0]))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "reference":
            origin, function = _find(name, module)
            return [*_needs(function, origin, there), *_text(origin.source, [function], None), ""]
        single = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], 0)
        return [ast.unparse(single)]
    return _text(module.source, [node], None)


def _text(source: str, nodes: list[ast.stmt], within: _Function | None) -> list[str]:
    """The source lines of consecutive statements, comments among them included, without their indentation."""
    first, last = nodes[0], nodes[-1]
    start = first.lineno
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and first.decorator_list:
        start = first.decorator_list[0].lineno
    if within is not None:  # comments between docstring and body belong to the body
        before = within.body[0].end_lineno if within.body[0] is not first else within.lineno
        lines = source.split("\n")
        while start - 1 > (before or 0) and lines[start - 2].strip().startswith("#"):
            start -= 1
    return textwrap.dedent("\n".join(source.split("\n")[start - 1 : last.end_lineno])).split("\n")


def _body(function: _Function) -> list[ast.stmt]:
    """The statements behind the docstring; a function of nothing else has its docstring as its body."""
    behind = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return behind or function.body


def _used(nodes: list[ast.stmt]) -> list[str]:
    return [n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return targets
