"""Copies as students make them: the same work renamed, reordered, reformatted, or moved into a notebook."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

from autograder.submissions.tokens import source_text

# Known submissions that were written from the reference or from one another: alike for a reason, so not in the pool.
DERIVED = (
    "correct_notebook",
    "correct_notebook_in_the_wild",
    "correct_steps_not_pasted",
    "correct_wrong_steps_carried",
)


def independent(course: Path) -> dict[str, str]:
    """The course's known right submissions that nobody wrote from another, as text by <slug>/<name>."""
    found = {}
    for folder in sorted((course / "tests" / "submissions").glob("*/correct_*")):
        if folder.name not in DERIVED:
            (file,) = [file for suffix in ("py", "ipynb") for file in folder.glob(f"{folder.parent.name}.{suffix}")]
            found[f"{folder.parent.name}/{folder.name}"] = source_text(file.name, file.read_bytes())
    return found


def renamed(tree: ast.Module) -> ast.Module:
    """Every variable of a function under another name."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names = {name: f"other_{place}" for place, name in enumerate(sorted(stored))}
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                node.id = names.get(node.id, node.id)
    return tree


def reordered(tree: ast.Module) -> ast.Module:
    """The functions last, in the opposite order."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tree.body = [node for node in tree.body if node not in functions] + functions[::-1]
    return tree


def padded(tree: ast.Module) -> ast.Module:
    """A print after every fourth statement."""
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.For):
            body: list[ast.stmt] = []
            for statement in node.body:
                count += 1
                body += [statement, ast.parse("print('so far so good', 1)").body[0]] if count % 4 == 0 else [statement]
            node.body = body
    return ast.fix_missing_locations(tree)


def notebook(source: str) -> bytes:
    """The functions of a source, each in a cell of its own."""
    cells = [ast.unparse(node) for node in ast.parse(source).body]
    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]}).encode()


# Unparsing drops comments and takes quotes, brackets and line breaks to one form, as a formatter does.
DISGUISES: dict[str, Callable[[str], str]] = {
    "renamed": lambda source: ast.unparse(renamed(ast.parse(source))),
    "reordered": lambda source: ast.unparse(reordered(ast.parse(source))),
    "reformatted": lambda source: ast.unparse(ast.parse(source)),
    "notebook": lambda source: source_text("x.ipynb", notebook(source)),
    "all": lambda source: ast.unparse(padded(reordered(renamed(ast.parse(source))))),
}
