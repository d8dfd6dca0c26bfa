"""Whether an id in a file of the course is somebody's: on the roster, or of somebody who handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autograder.marks import nearest
from autograder.records import Student


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Where ids are looked up. root: of the course; slugs: its assignments; roster: empty if there is none."""

    root: Path
    slugs: tuple[str, ...]
    roster: tuple[Student, ...]
    _handed_in: list[frozenset[str]] = field(default_factory=list)


def doubt_about(people: People, student: str) -> str:
    """Why the id cannot be meant, and the nearest one; "" if it is on the roster, or handed in, or was graded once.

    Without a roster whoever has not handed in yet is unknown, so only an id that differs in its capitals is doubted.
    """
    listed = {known.id for known in people.roster}
    if student in listed:
        return ""
    there = _handed_in(people)
    if student in there:
        return ""
    everybody = listed | there
    if people.roster:
        return (
            f"nobody called {student!r} is on the roster or handed in anything{nearest(student, everybody)}. Mend it, "
            "or take it out if that student has left"
        )
    same = [known for known in sorted(everybody) if known.casefold() == student.strip().casefold()]
    return f"nobody called {student!r} handed in anything; did you mean {same[0]!r}?" if same else ""


def _handed_in(people: People) -> frozenset[str]:
    """Names of folders of submissions and results, looked up once, and only if an id is not on the roster."""
    if not people._handed_in:
        names: set[str] = set()
        for slug in people.slugs:
            for step in ("submitted", "autograded"):
                folder = people.root / "assignments" / slug / step
                if folder.is_dir():
                    names |= {entry.name for entry in folder.iterdir() if entry.is_dir()}
        people._handed_in.append(frozenset(names))
    return people._handed_in[0]
