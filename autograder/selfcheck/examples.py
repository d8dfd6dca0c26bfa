"""Where the public examples are, if a student's function has lost its docstring."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path

EXAMPLES_FILE = "examples.json"


def handed_out(folder: Path, stem: str = "") -> dict[str, str]:
    """Function to the docstring of the starter, where students dropped theirs; empty if nothing is found.

    From examples.json in the folder, as in the students' bundle, else from assignments/<stem>/release/ of the course
    that the folder lies in; a copy's name (noising-Copy1) holds the assignment's.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        document = json.loads((folder / EXAMPLES_FILE).read_text("utf-8"))
        return {str(name): str(text) for name, text in document.items()}
    here = folder.resolve()
    for above in here.parents:
        starters = (above / "assignments").glob("*/release/*.py")
        named = [s for s in starters if stem and s.stem == s.parts[-3] and s.stem in stem.lower()]
        for starter in sorted(named, key=lambda starter: starter.stem != stem)[:1]:
            with contextlib.suppress(OSError, ValueError, SyntaxError):
                return docstrings(starter.read_text("utf-8"))
    return {}


def docstrings(starter: str) -> dict[str, str]:
    """The docstrings with examples of a starter's functions and classes; a class's methods count as its own."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {node.name: _docstrings(node) for node in ast.parse(starter).body if isinstance(node, kinds)}
    return {name: text for name, text in found.items() if ">>>" in text}


def _docstrings(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)]
    parts = [node, *(methods if isinstance(node, ast.ClassDef) else [])]
    return "\n\n".join(text for part in parts if (text := ast.get_docstring(part)))
