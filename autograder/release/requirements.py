"""requirements.txt of the bundle: our package from the bundle itself, everything else by name from the usual index."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from autograder.errors import CourseError
from autograder.release.student_wheel import Wheel, our_requirements

WHEELS = "wheels"
_OWN = "autograder"
_EXTRAS = ("capstone",)  # whoever imports one of these needs the others, too
_HEAD = f"""\
# The course's own package lies in `{WHEELS}` beside this file; everything else comes from your usual index.
--find-links {WHEELS}
"""


def requirements_txt(wheel: Wheel, starters: Iterable[Path]) -> str:
    """What to install: the package, JupyterLab, what these starters import, and what their assignments ask for.

    An assignment asks for more than it imports in assignments/<slug>/requirements.txt, a requirement a line.
    CourseError for an import of which nothing is known here.
    """
    known: dict[str, str] = {}
    for extra in ("course", "cluster", *_EXTRAS, "notebooks", ""):
        known |= our_requirements(extra)
    lines = set(our_requirements("notebooks").values())
    owners = metadata.packages_distributions()
    for starter in starters:
        lines |= _asked_for(starter.parent.parent / "requirements.txt")
        for module, guarded in third_party_imports(starter).items():
            if module not in owners:
                if guarded:
                    continue
                raise CourseError(
                    f"{starter}: imports {module}, which is not installed here, so that the bundle cannot say what "
                    f"students need for it; install it where you release"
                )
            name = owners[module][0].lower()
            lines.add(known.get(name, name))
            for together in map(our_requirements, _EXTRAS):
                lines |= set(together.values()) if name in together else set()
    return "\n".join([f"{_HEAD}{wheel.requirement}", *sorted(lines, key=str.lower)]) + "\n"


def _asked_for(file: Path) -> set[str]:
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return {line for text in lines if (line := text.partition("#")[0].strip())}


def third_party_imports(starter: Path) -> Mapping[str, bool]:
    """Top-level module to whether the starter does without it: it is asked for only where ImportError is caught."""
    try:
        tree = ast.parse(starter.read_text("utf-8"))
    except (SyntaxError, ValueError) as error:
        raise CourseError(f"{starter}:{getattr(error, 'lineno', None) or 1}: does not parse: {error}") from None
    beside = {file.stem for file in starter.parent.iterdir()}
    guarded = {node for block in ast.walk(tree) if isinstance(block, ast.Try) for node in ast.walk(block)}
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in beside and top != _OWN:
                found[top] = found.get(top, True) and node in guarded
    return found
