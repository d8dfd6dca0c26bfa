"""A submission with its verdict as a notebook: what nbgrader's feedback and formgrader show.

The student's code stands in the release notebook's solution cells, ours in the grade cells. Nothing of the student's
metadata or outputs survives, and their own prose is shown as text, so that no markup of theirs runs in a browser.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

from autograder.errors import OutputError
from autograder.gradebook.cells import marked_cells, read_release, source_of
from autograder.marks import FORMGRADER, cell_checks, cell_score, given_of
from autograder.pages.picture_style import standalone
from autograder.pages.student_page import page_file
from autograder.records import CheckResult, Course, GradedSubmission
from autograder.release.build import release_file
from autograder.results.disclosure import OUTCOME_WORDS, disclosed
from autograder.results.result_json import result_file

_DEFINITION = re.compile(r"^(?:async )?def (\w+)\s*\(", re.MULTILINE)
_CELL_MARK = re.compile(r"^# ?%%")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    kind: str  # "code" or "markdown"
    source: str


def report_file(root: Path, slug: str, student: str) -> Path:
    """Where nbgrader looks for a graded submission."""
    return root / "assignments" / slug / "autograded" / student / f"{slug}.ipynb"


def write_reports(course: Course, results: Iterable[GradedSubmission]) -> int:
    """Write the report notebook of each result that is newer than its notebook; how many were written.

    Assignments that were never released have none. timestamp.txt is written beside it, as nbgrader does, so that its
    autograde sees a newer submission.
    """
    releases: dict[str, dict[str, Any] | None] = {}
    written = 0
    for graded in results:
        slug = graded.assignment
        if slug not in releases:
            releases[slug] = read_release(release_file(course.root, slug))
        release = releases[slug]
        file = report_file(course.root, slug, graded.student)
        if release is not None and _older(file, result_file(course.root, slug, graded.student)):
            _write(file, json.dumps(report_notebook(course, graded, release), ensure_ascii=False))
            if graded.received_at is not None:
                moment = graded.received_at.astimezone(UTC).replace(tzinfo=None)
                _write(file.with_name("timestamp.txt"), f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC\n")
            _lead_to_the_page(file, page_file(course.root, slug, graded.student))
            written += 1
    return written


def _lead_to_the_page(report: Path, page: Path) -> None:
    """Let formgrader find the page that a report links to: it serves what lies beside the report (nbgrader 0.9.6)."""
    with suppress(OSError):  # there already; or a disk without links, where formgrader alone does not find the page
        report.with_name(page.name).symlink_to(os.path.relpath(page, report.parent))


def _write(file: Path, text: str) -> None:
    """By rename, and not synced: what a crash of the machine takes is made again from result.json."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text.encode("utf-8", "replace"))
        part.replace(file)
    except OSError as error:
        raise OutputError(f"{file}: could not be written: {error.strerror}; make room and run it again") from error


def _older(file: Path, than: Path) -> bool:
    try:
        return file.stat().st_mtime_ns < than.stat().st_mtime_ns
    except FileNotFoundError:
        return True


def report_notebook(course: Course, graded: GradedSubmission, release: Mapping[str, Any]) -> dict[str, Any]:
    """The notebook as JSON: an introduction, the student's cells, a grade cell with its outcome for each group."""
    marked = marked_cells(release)
    grades = {name: cell for name, cell in marked.items() if cell["metadata"]["nbgrader"].get("grade")}
    answers = {name: cell for name, cell in marked.items() if cell["metadata"]["nbgrader"].get("solution")}
    functions = {f: name for name, cell in answers.items() for f in _DEFINITION.findall(source_of(cell))}
    cells = [_introduction(graded)]
    places: dict[str, int] = {}
    ours = {source_of(cell).strip() for cell in release["cells"] if _is_locked(cell)}
    prose = {source_of(cell).strip() for cell in release["cells"] if cell["cell_type"] == "markdown"}
    for cell in _split(_submitted_cells(course, graded), functions):
        if cell.source.strip() in ours:
            continue
        if cell.kind == "markdown":
            text = cell.source if cell.source.strip() in prose else _fenced(cell.source)
            cells.append(_markdown(text))
            continue
        cells.append(_code(cell.source, {}))
        for name in (functions[f] for f in _DEFINITION.findall(cell.source) if f in functions):
            places[name] = len(cells) - 1
    for name, at in places.items():  # of two definitions the last one counts, as in Python
        cells[at]["metadata"] = {"deletable": False, "nbgrader": answers[name]["metadata"]["nbgrader"]}
    kept = [given.name for given in given_of(graded) if given.source == FORMGRADER and given.name not in marked]
    grades |= {name: _kept(name) for name in kept}  # formgrader shows only the cells of this notebook
    _insert_grades(cells, places, grades, [*marked, *kept], _outcomes(course, graded, grades))
    for place, entry in enumerate(cells):
        entry["id"] = f"cell-{place}"
    return {"cells": cells, "metadata": dict(release["metadata"]), "nbformat": 4, "nbformat_minor": 5}


def _is_locked(cell: Mapping[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("locked"))


def _kept(name: str) -> dict[str, Any]:
    """A grade cell that the release has no more, and that holds what a person gave."""
    fields = {"grade": True, "grade_id": name, "locked": True, "points": 0.0, "schema_version": 3}
    fields |= {"cell_type": "code", "solution": False, "task": False}
    return _code(
        f"# {name}: the release has no such cell any more. What a person gave in it stays.", {"nbgrader": fields}
    )


def _insert_grades(
    cells: list[dict[str, Any]],
    places: Mapping[str, int],
    grades: Mapping[str, dict[str, Any]],
    order: list[str],
    outputs: Mapping[str, list[dict[str, Any]]],
) -> None:
    """Put each grade cell behind the solution that it follows in the release, else at the end."""
    behind: dict[int, list[str]] = {}
    last = None
    for name in order:
        if name in places:
            last = places[name]
        elif name in grades:
            behind.setdefault(len(cells) - 1 if last is None else last, []).append(name)
        else:
            last = None
    for at in sorted(behind, reverse=True):
        for name in reversed(behind[at]):
            fields = dict(grades[name]["metadata"]["nbgrader"])
            cell = _code(source_of(grades[name]), {"deletable": False, "editable": False, "nbgrader": fields})
            cell["execution_count"], cell["outputs"] = 1, outputs[name]
            cells.insert(at + 1, cell)


def _outcomes(
    course: Course, graded: GradedSubmission, grades: Mapping[str, dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Grade cell to outputs from which nbgrader, too, reads the right score: an empty one would be full marks."""
    outputs = {}
    for name in grades:
        ids = cell_checks([check.id for check in graded.checks], name)
        checks = [check for check in graded.checks if check.id in ids]
        cell = cell_score(graded.checks, graded.max_score, name)
        judged = bool(checks) and cell.earned is not None
        earned, worth = cell.earned or 0.0, cell.worth
        text = "\n\n".join(_told(check, course.feedback) for check in checks)
        if not judged:
            text = "\n\n".join(part for part in (text, "Not judged yet: a human will look.") if part)
        outputs[name] = _output(text, earned if judged else 0.0, worth)
        pictures = [disclosed(check, course.feedback).picture for check in checks]
        outputs[name] += [_drawn(picture) for picture in pictures if picture]
    return outputs


def _output(text: str, earned: float, worth: float) -> list[dict[str, Any]]:
    if earned <= 0 or worth <= 0:
        lines = text.split("\n") or [""]
        return [{"output_type": "error", "ename": "NoPoints", "evalue": lines[0], "traceback": lines}]
    told = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
    if earned >= worth - 1e-9:
        return [told]
    number = {"text/plain": f"{earned:.6g}"}
    return [told, {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": number}]


def _told(check: CheckResult, level: str) -> str:
    """One check in words, as much as course.yml lets students know."""
    check = disclosed(check, level)
    lines = [f"{OUTCOME_WORDS[check.outcome]}: {check.title} ({check.points:g} of {check.max_points:g} points)"]
    if check.message:
        lines.append(check.message)
    if check.expected is not None and check.observed is not None:
        lines += [f"expected: {check.expected}", f"yours:    {check.observed}"]
    if check.misconception:
        lines.append(f"Think about: {check.misconception.hint}")
    return "\n    ".join("\n".join(lines).split("\n"))


def _drawn(picture: str) -> dict[str, Any]:
    data = {"image/svg+xml": standalone(picture), "text/plain": "a picture of your answer beside the right one"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _introduction(graded: GradedSubmission) -> dict[str, Any]:
    """The link to our own page, which lies beside nbgrader's."""
    lines = ["[The full report, with what to look at next](index.html)"]
    if graded.late.days:
        lines.append(f"Handed in {graded.late.days} days late: {graded.late.penalty:g} points less.")
    if graded.needs_human:
        lines.append("Some of this was not judged yet: a human will look.")
    return _markdown("\n\n".join(lines))


def _submitted_cells(course: Course, graded: GradedSubmission) -> list[_Cell]:
    """The cells of the graded file; none if there is none that can be shown."""
    folder = course.root / "assignments" / graded.assignment / "submitted" / graded.student
    named = f"{graded.assignment}.{graded.format}"
    suffix = f".{graded.format}"
    main = named if named in graded.files else next((name for name in graded.files if name.endswith(suffix)), None)
    data = None if main is None else _read(folder, main, round(course.limits.submission_mib * 2**20))
    if data is None:
        return []
    return _notebook_cells(data) if graded.format == "ipynb" else _script_cells(data.decode("utf-8", "replace"))


def _read(folder: Path, name: str, limit: int) -> bytes | None:
    """A file that the student handed in: no link is followed, nothing outside the folder read."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return None
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as stream:  # noqa: PTH123  a descriptor, so that no link is followed
            return stream.read(limit) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except (OSError, ValueError):
        return None


def _notebook_cells(data: bytes) -> list[_Cell]:
    try:
        found = json.loads(data)["cells"]
        return [
            _Cell(kind="code" if cell["cell_type"] == "code" else "markdown", source=source_of(cell)) for cell in found
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [_Cell(kind="code", source=data[:100_000].decode("utf-8", "replace"))]


def _script_cells(text: str) -> list[_Cell]:
    """The cells of a script in the percent format; one cell if it has no marks."""
    cells: list[_Cell] = []
    kind, lines = "code", list[str]()
    for line in [*text.replace("\r\n", "\n").split("\n"), "# %%"]:
        if not _CELL_MARK.match(line):
            lines.append(line)
            continue
        source = "\n".join(lines).strip("\n")
        if kind == "markdown":
            source = "\n".join(prose.removeprefix("#").removeprefix(" ") for prose in source.split("\n"))
        if source.strip() and not (not cells and source.startswith("# ---\n")):  # not jupytext's own header
            cells.append(_Cell(kind=kind, source=source))
        kind, lines = "markdown" if "[markdown]" in line else "code", []
    return cells


def _split(cells: list[_Cell], functions: Mapping[str, str]) -> list[_Cell]:
    """One asked function a cell, so that each has a solution cell of its own."""
    split = []
    for cell in cells:
        if cell.kind == "code":
            starts = [m.start() for m in _DEFINITION.finditer(cell.source) if m[1] in functions]
            cuts = [0, *starts[1:], len(cell.source)]
            parts = [cell.source[a:b].strip("\n") for a, b in pairwise(cuts)]
            split += [_Cell(kind="code", source=part) for part in parts]
        else:
            split.append(cell)
    return split


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}
