"""The instructor's and the student's notebook of an assignment, made from its starter, its reference and its points.

The starter (`release/<slug>.py`, jupytext's percent format) is the one source of text, signatures and docstrings; the
bodies are the reference's. A notebook holds no check: its grade cells are names with points, and what runs in them is
the examples that the docstring shows to everybody.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.records import Assignment, Course
from autograder.release.quick_import import without_the_grammar
from autograder.release.splice import PERCENT, functions_of, is_stub, names_of, read_module, solved
from autograder.results.result_json import write_atomically

SETUP_ID = "public-check"
_DRAWS = re.compile(r"if __name__ == .__main__.")
_SETUP = '''\
# Runs the examples in a function's docstring and draws what differs. Your work is graded without it, too.
# With check(..., hints=True) it also says which idea to think about again.
try:
    from autograder.student import check
except ImportError:

    def check(function, hints=False):
        """Stands in where the course's package is not installed."""
        print(f"START.md says how to try the examples of {function.__name__} here")'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Checks that share a grade cell: those whose id starts with its name. points: their sum."""

    name: str
    points: float
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What was written for one assignment. groups: its grade cells."""

    slug: str
    source: Path
    release: Path
    starter: Path
    groups: tuple[Group, ...]


def source_file(root: Path, slug: str) -> Path:
    """The instructor's notebook."""
    return root / "assignments" / slug / "source" / f"{slug}.ipynb"


def release_file(root: Path, slug: str) -> Path:
    """The student's notebook."""
    return root / "assignments" / slug / "release" / f"{slug}.ipynb"


def has_notebook(course: Course, assignment: Assignment) -> bool:
    """Whether an assignment has code, of which notebooks are made. One of texts alone is handed out as it lies there.

    Without texts there must be a starter: that it is missing is told by `build`.
    """
    steps = (course.root / "assignments" / assignment.slug / step for step in ("release", "source"))
    return not assignment.files or any((step / f"{assignment.slug}.py").is_file() for step in steps)


def build(course: Course, assignment: Assignment, suite: Path) -> Released:
    """Write source/<slug>.ipynb and release/<slug>.ipynb, and copy the starter into source/.

    nbgrader's --force empties release/ and fills it from source/: with the copy the starter survives that. CourseError
    says which of starter, reference and suite does not fit.
    """
    with without_the_grammar():
        from autograder.release.nbgrader_bridge import released, write_notebook

    slug = assignment.slug
    starter = _starter(course.root, slug)
    groups = read_groups(suite, assignment.max_score)
    notebook = source_notebook(starter, course.root / "reference" / f"{slug}.py", groups)
    source, release = source_file(course.root, slug), release_file(course.root, slug)
    write_notebook(notebook, source)
    write_notebook(released(notebook), release)
    for place in (source, release):
        copy = place.with_name(starter.name)
        if copy != starter:
            write_atomically(copy, starter.read_bytes())
    return Released(slug=slug, source=source, release=release, starter=release.with_name(starter.name), groups=groups)


def _starter(root: Path, slug: str) -> Path:
    for step in ("release", "source"):
        file = root / "assignments" / slug / step / f"{slug}.py"
        if file.is_file():
            return file
    raise CourseError(
        f"{root / 'assignments' / slug / 'release' / slug}.py: there is no starter; write it in jupytext's percent "
        f"format (cells begin with `# %%`), with `raise NotImplementedError` where the student's work goes"
    )


def read_groups(suite: Path, max_score: float = 100.0) -> tuple[Group, ...]:
    """The grade cells, in the suite's order, read from its text: no suite runs for a release. CourseError if broken.

    max_score: what all of them add up to.
    """
    try:
        tree = ast.parse(suite.read_text("utf-8"))
    except OSError as error:
        raise CourseError(f"{suite}: cannot be read: {error.strerror}; each assignment needs a suite") from None
    except (SyntaxError, ValueError) as error:
        raise CourseError(f"{suite}: does not parse: {error}") from None
    points: dict[str, float] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _called(decorator) == "check":
                    identity, worth = _read_check(suite, decorator)
                    points[identity] = worth
    if not points:
        raise CourseError(f"{suite}: has no check; a release needs the points of its grade cells")
    total = sum(points.values()) or 1.0
    names = dict.fromkeys(identity.partition(".")[0] for identity in points)
    return tuple(
        Group(
            name=name,
            points=round(sum(points[identity] for identity in mine) * max_score / total, 6),
            checks=tuple(mine),
        )
        for name in names
        for mine in [[identity for identity in points if identity.partition(".")[0] == name]]
    )


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _read_check(suite: Path, call: ast.Call) -> tuple[str, float]:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    try:
        return str(ast.literal_eval(call.args[0])), float(ast.literal_eval(given["points"]))
    except (IndexError, KeyError, ValueError, TypeError):
        where = f"{suite}:{call.lineno}"
        raise CourseError(
            f'{where}: write id and points of a check as constants: @check("f.values", points=10)'
        ) from None


def source_notebook(starter: Path, reference: Path, groups: Iterable[Group]) -> Any:
    """The instructor's notebook: starter cells with solutions, a locked grade cell behind each function's cell."""
    import jupytext  # type: ignore[import-untyped]

    groups = tuple(groups)
    module = read_module(reference)
    cells = jupytext.reads(starter.read_text("utf-8"), fmt=PERCENT).cells
    there = {name for cell in cells if cell.cell_type == "code" for name in names_of(cell.source)}
    written = {name: at for at, cell in enumerate(cells) for name in _asked(cell, groups)}
    places = {group.name: _place(group, cells, written) for group in groups}
    finished: list[Any] = []
    for at, cell in enumerate(cells):
        asked = [name for name, where in written.items() if where == at]
        finished.append(_solution(cell, asked, module, there) if asked else _plain(cell))
        if at == 0:
            finished.append(_locked(_SETUP, SETUP_ID))
        finished += [_grade(group, asked) for group in groups if places[group.name] == at]
    return _notebook(reference.stem, finished)


def _asked(cell: Any, groups: tuple[Group, ...]) -> list[str]:
    """The functions and classes of a cell that students write: empty ones, and those that say what checks them."""
    if cell.cell_type != "code":
        return []
    named = {group.name for group in groups}
    checks = [check for group in groups for check in group.checks]
    return [
        name
        for name, function in functions_of(cell.source).items()
        if is_stub(function) or name in named or any(_says(_text_of(function), c) for c in checks)
    ]


def _text_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """Its docstring, and those of its methods."""
    inner = node.body if isinstance(node, ast.ClassDef) else []
    methods = [each for each in inner if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    return "\n".join(ast.get_docstring(each) or "" for each in [node, *methods])


def _says(docstring: str, check: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(check)} \(\d", docstring) is not None


def _place(group: Group, cells: list[Any], written: dict[str, int]) -> int:
    """Behind which cell the group's grade cell stands: its function's, or the last that names one of its checks."""
    if group.name in written:
        return written[group.name]
    mentions = [at for at in written.values() if any(_says(cells[at].source, check) for check in group.checks)]
    return max(mentions, default=len(cells) - 1)


def _solution(cell: Any, asked: list[str], module: Any, there: set[str]) -> Any:
    source = cell.source
    for name in asked:
        source = solved(source, name, module, there)
    metadata = _nbgrader(f"{asked[0]}-answer", solution=True)
    asked_for = [node for name, node in functions_of(cell.source).items() if name in asked]
    if not all(is_stub(node) and not isinstance(node, ast.ClassDef) for node in asked_for):
        metadata["autograder"] = {"starter": cell.source}  # what nbgrader's one stub for all cells cannot restore
    return _code(source, metadata)


def _grade(group: Group, asked: list[str]) -> Any:
    points = f"{group.points:g} point" + ("" if group.points == 1 else "s")
    lines = [f"# {group.name}: {points}, by the course's own checks with inputs that nobody has seen."]
    tried = group.name if group.name in asked else asked[0] if asked and len(asked) == 1 else None
    if tried:
        lines += ["# This cell only tries the examples in the docstring.", f"check({tried})"]
    return _locked("\n".join(lines), group.name, points=group.points)


def _locked(source: str, grade_id: str, *, points: float | None = None) -> Any:
    return _code(source, _nbgrader(grade_id, locked=True, points=points))


def _plain(cell: Any) -> Any:
    from nbformat.v4 import new_markdown_cell

    if cell.cell_type != "code":
        return new_markdown_cell(cell.source)  # type: ignore[no-untyped-call]
    # A picture of a wrong answer may fail: Jupyter's "Run All" goes on behind a cell with this tag.
    return _code(cell.source, {"tags": ["raises-exception"]} if _DRAWS.search(cell.source) else {})


def _code(source: str, metadata: dict[str, Any]) -> Any:
    from nbformat.v4 import new_code_cell

    return new_code_cell(source, metadata=metadata)  # type: ignore[no-untyped-call]


def _nbgrader(
    grade_id: str, *, solution: bool = False, locked: bool = False, points: float | None = None
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "cell_type": "code",
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": fields if points is None else fields | {"points": points}}


def _notebook(slug: str, cells: list[Any]) -> Any:
    from nbformat.v4 import new_notebook

    for place, cell in enumerate(cells):
        cell["id"] = f"{slug}-{place:02d}"[-64:]  # the library's own are random
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
