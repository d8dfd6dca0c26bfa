"""overrides.yml: points that a human gives whatever grading says, kept across regrades."""

from __future__ import annotations

from typing import Any

from autograder.course.people import People, doubt_about
from autograder.course.yaml_lines import Located, read_yaml
from autograder.errors import CourseError
from autograder.records import Course, Override

OVERRIDES_FILE = "overrides.yml"
_MOST = 1_000_000_000
_EXAMPLE = "- {student: s03, assignment: warmup, check: mse.values, points: 8, reason: read by hand, by: A. Teacher}"
_KEYS = ("student", "assignment", "check", "points", "reason", "by")


def read_overrides(course: Course) -> tuple[Override, ...]:
    """The overrides of the course, none if it has no overrides.yml. CourseError (file:line) for what is wrong."""
    file = course.root / OVERRIDES_FILE
    if not file.exists():
        return ()
    located = read_yaml(file)
    entries = located.data if located.data is not None else []
    if not isinstance(entries, list):
        raise CourseError(f"{located.where(())}: must be a list, such as `{_EXAMPLE}`")
    people = People(root=course.root, slugs=tuple(a.slug for a in course.assignments), roster=course.roster)
    overrides = tuple(_override(course, people, located, index, entry) for index, entry in enumerate(entries))
    first: dict[tuple[str, str, str], int] = {}
    for index, override in enumerate(overrides):
        key = (override.student, override.assignment, override.check)
        if first.setdefault(key, index) != index:
            line = located.where((first[key],)).rpartition(":")[2]
            raise CourseError(f"{located.where((index,))}: the same check is overridden in line {line}; keep one")
    return overrides


def _override(course: Course, people: People, located: Located, index: int, entry: Any) -> Override:
    where = located.where((index,))
    if not isinstance(entry, dict):
        raise CourseError(f"{where}: an override has the keys {', '.join(_KEYS)}; write `{_EXAMPLE}`")
    for key in entry:
        if key not in _KEYS:
            raise CourseError(f"{located.where((index, key))}: unknown key {key!r}; known: {', '.join(_KEYS)}")
    for key in _KEYS:
        if key not in entry:
            raise CourseError(f"{where}: {key} is missing; write `{_EXAMPLE}`")
        wanted = (int, float) if key == "points" else (str,)
        if not isinstance(entry[key], wanted) or isinstance(entry[key], bool) or entry[key] == "":
            kind = "a number" if key == "points" else "text"
            raise CourseError(f"{located.where((index, key))}: {key} must be {kind}, not {entry[key]!r}")
    if not 0 <= entry["points"] <= _MOST:
        told = repr(entry["points"])[:40]
        raise CourseError(
            f"{located.where((index, 'points'))}: points must be 0 or more, and at most {_MOST:,}, not {told}"
        )
    slugs = [assignment.slug for assignment in course.assignments]
    if entry["assignment"] not in slugs:
        place = located.where((index, "assignment"))
        raise CourseError(f"{place}: there is no assignment {entry['assignment']!r}; known: {', '.join(slugs)}")
    if doubt := doubt_about(people, entry["student"]):
        raise CourseError(f"{located.where((index, 'student'))}: {doubt}")
    line = int(where.rpartition(":")[2])
    return Override(**entry | {"points": float(entry["points"]), "line": line})
