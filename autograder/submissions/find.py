"""Find what was handed in, pick the file that is graded, and read it without trusting its name, size or kind."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from autograder.course.yaml_lines import read_yaml
from autograder.errors import CourseError, InfrastructureError, UsageError
from autograder.records import RECEIVED_FILE, Course, Submission, SubmittedFile, is_odd_id
from autograder.scoring import NEVER
from autograder.submissions.candidates import Choice, choose, format_of
from autograder.submissions.folder import Refused, list_files, open_bytes
from autograder.submissions.slim import slim

_RECEIVED_ADVICE = (
    "mend it, or put back a copy: without this file nobody is late. `grade collect` of the same archive writes it anew "
    "once it is moved away"
)


def find_submissions(course: Course, paths: Sequence[Path]) -> list[Submission]:
    """Every submission under paths, each once, by assignment in the course's order, then by student.

    A path is the course or its assignments folder, one assignment, its submitted folder, one student's folder, or one
    file in it, which is then the file that is graded. UsageError for any other path. A student not on the roster is
    graded too, with a note. What a student did wrong is `problem`; what our side could not read is `fault`.
    """
    received: dict[str, dict[str, datetime]] = {}
    known = {student.id for student in course.roster}
    starters: dict[str, tuple[bytes, ...]] = {}
    found: dict[tuple[str, str], Submission] = {}
    for path in paths:
        for slug, student, main in _targets(course, path):
            if slug not in received:
                received[slug] = read_received(course.root, slug)
                starters[slug] = _starters(course, slug)
            at = received[slug].get(student)
            submission = _normalise(course, slug, student, main, known, starters[slug])
            found[slug, student] = replace(submission, received_at=at)
    order = {assignment.slug: index for index, assignment in enumerate(course.assignments)}
    return sorted(found.values(), key=lambda submission: (order[submission.assignment], submission.student))


def submitters(root: Path, slug: str) -> list[str]:
    """Who has a folder for this assignment, sorted. CourseError for a folder whose name cannot be shown."""
    return _students(_submitted(root, slug))


def missing_students(course: Course, slug: str) -> tuple[str, ...]:
    """Those on the roster without a folder for this assignment, in the roster's order."""
    there = set(submitters(course.root, slug))
    return tuple(student.id for student in course.roster if student.id not in there)


def odd_folders(course: Course, paths: Sequence[Path]) -> tuple[str, ...]:
    """A sentence on each folder under paths that is graded for nobody, as its name cannot be shown or is too long."""
    slugs = dict.fromkeys(slug for path in paths for slug in _slugs(course, path))
    return tuple(
        f"{submitted}: the folder {name[:60]!a} has a name that cannot be shown, or is too long; rename it"
        for submitted in (_submitted(course.root, slug) for slug in slugs)
        for name in _folders(submitted)
        if is_odd_id(name)
    )


def _slugs(course: Course, path: Path) -> tuple[str, ...]:
    """The assignments of which a path means every submission."""
    whole = path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()
    parts = whole.relative_to(course.root).parts
    if len(parts) < 2:
        return tuple(assignment.slug for assignment in course.assignments)
    return (parts[1],) if len(parts) == 2 or parts[2:] == ("submitted",) else ()


def unknown_students(course: Course, submissions: Iterable[Submission]) -> tuple[str, ...]:
    """Those who handed in but are not on the roster, each once; nobody if the course has no roster."""
    known = {student.id for student in course.roster}
    return tuple(sorted({s.student for s in submissions} - known)) if known else ()


def read_files(submission: Submission) -> dict[str, bytes]:
    """The submission's files by name, as they were when it was found. InfrastructureError if they changed since."""
    contents: dict[str, bytes] = {}
    for file in submission.files:
        try:
            data = open_bytes(file.path, file.size)
        except OSError as error:
            raise InfrastructureError(f"{file.path}: cannot be read any more: {error}") from error
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise InfrastructureError(f"{file.path}: changed while it was being graded; grade it again")
        contents[file.name] = slim(data) if format_of(file.name) else data
    return contents


def read_received(root: Path, slug: str) -> dict[str, datetime]:
    """When each submission came in: assignments/<slug>/received.json, which `grade collect` writes from the LMS.

    {"s01": {"received_at": "2026-10-12T21:40:00+00:00", "archive": "hw1.zip", "sha256": "..."}}: only received_at is
    read here; a time without a zone is UTC. Empty if the file is not there; CourseError if it is broken.
    """
    file = root / "assignments" / slug / RECEIVED_FILE
    try:
        document: Any = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CourseError(f"{file}: cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise CourseError(f"{file}:{error.lineno}: is no JSON: {error.msg}; {_RECEIVED_ADVICE}") from None
    except (ValueError, RecursionError) as error:
        why = "is nested too deep" if isinstance(error, RecursionError) else f"is no JSON: {error}"
        raise CourseError(f"{file}: {why}; {_RECEIVED_ADVICE}") from None
    if not isinstance(document, dict):
        raise CourseError(f"{file}:1: must be an object, a student a key; {_RECEIVED_ADVICE}")
    moments = {student: _arrival(file, student, entry) for student, entry in document.items()}
    return {student: at for student, at in moments.items() if at is not None}


def _arrival(file: Path, student: str, entry: Any) -> datetime | None:
    """One time of arrival. CourseError, with line and field, if it is none."""
    try:
        if entry["received_at"] is None:
            return None
        at = datetime.fromisoformat(entry["received_at"])
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if 1970 <= at.astimezone(UTC).year < NEVER.year:
            return at
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        pass
    where = read_yaml(file).where((student, "received_at"))  # JSON is YAML
    said = entry.get("received_at", "nothing") if isinstance(entry, dict) else entry
    raise CourseError(
        f'{where}: {student}: received_at must be a time such as "2026-10-12T21:40:00+00:00", not {str(said)[:40]!r}; '
        f"{_RECEIVED_ADVICE}"
    )


def _submitted(root: Path, slug: str) -> Path:
    return root / "assignments" / slug / "submitted"


def _students(submitted: Path) -> list[str]:
    """Names of the folders, and of links, which are refused later, so that nobody is passed over in silence.

    Without those that no page or terminal can show, which `odd_folders` tells of.
    """
    return [name for name in _folders(submitted) if not is_odd_id(name)]


def _folders(submitted: Path) -> list[str]:
    try:
        with os.scandir(submitted) as entries:
            return sorted(e.name for e in entries if not e.name.startswith(".") and (e.is_symlink() or e.is_dir()))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CourseError(f"{submitted}: cannot be listed: {error.strerror}") from error


def _targets(course: Course, path: Path) -> list[tuple[str, str, str | None]]:
    """(slug, student, named file or None) for each submission that path means."""
    whole = path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()
    slugs = [assignment.slug for assignment in course.assignments]
    try:
        parts = whole.relative_to(course.root).parts
    except ValueError:
        raise UsageError(f"{path} is not in the course {course.root}") from None
    if parts in ((), ("assignments",)):
        return [(slug, student, None) for slug in slugs for student in _students(_submitted(course.root, slug))]
    if parts[0] != "assignments":
        raise UsageError(f"{path} holds no submissions; name assignments/, or a path in it")
    slug = parts[1]
    if slug not in slugs:
        near = get_close_matches(slug, slugs, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"it lists {', '.join(slugs)}"
        raise UsageError(f"{path}: course.yml lists no assignment {slug!r}; {advice}")
    students = _students(_submitted(course.root, slug))
    if len(parts) == 2 or parts[2:] == ("submitted",):
        return [(slug, student, None) for student in students]
    if parts[2] != "submitted":
        raise UsageError(f"{path} holds no submissions; they lie in assignments/{slug}/submitted/<student>/")
    student, main = parts[3], "/".join(parts[4:]) or None
    if student not in students:
        near = get_close_matches(student, students, n=1)
        raise UsageError(f"{path}: there is no folder of that student" + (f"; did you mean {near[0]}?" if near else ""))
    if main is not None and (format_of(main) is None or not (whole.exists() or whole.is_symlink())):
        raise UsageError(f"{path}: name a .py or .ipynb file that is there, or the student's folder")
    return [(slug, student, main)]


def _normalise(
    course: Course, slug: str, student: str, named: str | None, known: set[str], starters: tuple[bytes, ...]
) -> Submission:
    folder = _submitted(course.root, slug) / student
    notes = [] if not known or student in known else [f"{student} is not on the roster"]
    try:
        listing = list_files(folder, round(course.limits.submission_mib * 2**20))
        notes += listing.notes
        contents = {name: open_bytes(folder / name, size) for name, size in listing.sizes.items()}
        choice = Choice(main=named) if named is not None else _pick(course, slug, contents, listing.refused, starters)
        main, notes = choice.main, [*notes, *choice.notes]
        asked = course.assignment(slug).files
        notes += [f"{name} was not handed in" for name in asked if name not in contents]
        if main in listing.refused:
            raise Refused(listing.refused[main])
        if main not in contents:
            raise Refused(f"{main} cannot be graded: name a file that is not hidden")
    except Refused as refused:
        return _ungradable(slug, student, folder, notes, problem=str(refused))
    except OSError as error:
        where = Path(error.filename).name if error.filename else student
        fault = f"{where} could not be read on our side: {error.strerror}"
        return _ungradable(slug, student, folder, [*notes, fault], fault=fault)
    files = tuple(
        SubmittedFile(name=name, path=folder / name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for name, data in contents.items()
    )
    return Submission(
        assignment=slug,
        student=student,
        folder=folder,
        main=main,
        files=files,
        sha256=_digest([main, *(part for file in files for part in (file.name, file.sha256))]),
        format=format_of(main) or "py",
        notes=tuple(notes),
        asks=choice.asks,
    )


def _ungradable(
    slug: str, student: str, folder: Path, notes: list[str], *, problem: str | None = None, fault: str | None = None
) -> Submission:
    digest = _digest(["problem", problem]) if problem else ""  # a fault of ours has no hash: it is tried again
    return Submission(
        assignment=slug,
        student=student,
        folder=folder,
        main="",
        files=(),
        sha256=digest,
        format="py",
        problem=problem,
        fault=fault,
        notes=tuple(notes),
    )


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _pick(
    course: Course, slug: str, contents: dict[str, bytes], refused: dict[str, str], starters: tuple[bytes, ...]
) -> Choice:
    """The file that is graded. Refused, in the student's words, if there is none."""
    exact = [f"{slug}.py", f"{slug}.ipynb"]
    others = tuple(assignment.slug for assignment in course.assignments if assignment.slug != slug)
    choice = choose(slug, others, contents, starters)
    if choice.main in contents and (choice.main in exact or not any(name in refused for name in exact)):
        return choice
    asked = course.assignment(slug).files
    texts = [name for name in asked if name in contents]
    if texts and not choice.main:
        return Choice(main=texts[0])
    for name in exact:
        if name in refused:
            raise Refused(refused[name])
    for name, why in refused.items():
        if format_of(name):
            raise Refused(why)
    holds = f"holds only {', '.join(list(contents)[:5])}" if contents else "is empty"
    wanted = " and ".join(asked) or f"one file called {exact[0]} or {exact[1]}"
    raise Refused(f"the folder {holds}: hand in {wanted}")


def _starters(course: Course, slug: str) -> tuple[bytes, ...]:
    """The files as they were handed out; none if the assignment was never released."""
    folder = course.root / "assignments" / slug / "release"
    found = []
    for suffix in (".py", ".ipynb"):
        with contextlib.suppress(OSError):
            found.append((folder / f"{slug}{suffix}").read_bytes())
    return tuple(found)
