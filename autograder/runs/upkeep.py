"""Whether the gradebook holds what the results say, so that a run that changes nothing need not open it.

It does if nobody touched it, nor the files beside the results that it is made from, since a run wrote it. The stamp of
that moment lies beside the lock; a run that is about to write results takes it away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from autograder.records import Course
from autograder.results.result_json import write_atomically
from autograder.runs.lock import STATE_FOLDER


def gradebook_stands(course: Course, gradebook: Path) -> bool:
    """Whether the gradebook is as `gradebook_written` left it."""
    try:
        return _stamp_file(course).read_text("utf-8") == _stamp(course, gradebook)
    except (OSError, ValueError):
        return False


def gradebook_written(course: Course, gradebook: Path) -> None:
    """Every result of the course is in the gradebook now."""
    write_atomically(_stamp_file(course), _stamp(course, gradebook).encode())


def gradebook_is_behind(course: Course) -> None:
    """Results are about to change."""
    _stamp_file(course).unlink(missing_ok=True)


def _stamp(course: Course, gradebook: Path) -> str:
    status = gradebook.stat()
    digest = hashlib.sha256(f"{status.st_mtime_ns} {status.st_size}".encode())
    releases = (course.root / "assignments" / a.slug / "release" / f"{a.slug}.ipynb" for a in course.assignments)
    for file in (course.root / "course.yml", course.root / "roster.csv", *releases):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _stamp_file(course: Course) -> Path:
    return course.root / STATE_FOLDER / "gradebook"
