"""Who works together: `groups:` of an assignment in course.yml, or the table that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from autograder.lms.rows import NotATable, read_rows

Groups = dict[str, tuple[str, ...]]


def read_groups(file: Path, problems: list[str]) -> Groups:
    """The groups in a table with the columns group and student, a line a student. What is wrong goes to problems."""
    try:
        header, *rows = read_rows(file.read_bytes())
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror}; it is the table that `groups` names")
        return {}
    except NotATable as bad:
        problems.append(f"{file}:{bad.line}: {bad}; the first line is `group,student`")
        return {}
    columns = [cell.strip().lower() for cell in header.cells]
    if not {"group", "student"} <= set(columns):
        problems.append(f"{file}:{header.line}: has no columns group and student; the first line is `group,student`")
        return {}
    found: Groups = {}
    for row in rows:
        group, student = (row.cells[columns.index(name)].strip() for name in ("group", "student"))
        if group and student:
            found[group] = (*found.get(group, ()), student)
        else:
            problems.append(f"{file}:{row.line}: names no {'student' if group else 'group'}")
    return found


def wrong_members(groups: Mapping[str, tuple[str, ...]], roster: set[str]) -> Iterator[str]:
    """What is wrong with the members: unknown to the roster (unless that is empty), or in two groups, or twice."""
    first: dict[str, str] = {}
    for group, members in groups.items():
        for student in members:
            if roster and student not in roster:
                near = get_close_matches(student, roster, n=1)
                advice = f"did you mean {near[0]!r}?" if near else "take it out, or add it to roster.csv"
                yield f"group {group!r}: nobody on roster.csv is called {student!r}; {advice}"
            if first.setdefault(student, group) != group or members.count(student) > 1:
                yield f"group {group!r}: {student} is in {first[student]!r} already; a student is in one group"
