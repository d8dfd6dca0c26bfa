"""Whether gradebook and pages hold what the results say, so that a run that changes nothing need not make them anew.

It does if nobody touched it, nor the files beside the results that it is made from, since a run wrote it. The stamp of
that moment lies beside the lock; a run that is about to write results takes it away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from autograder.records import Course
from autograder.results.result_json import write_atomically
from autograder.runs.lock import STATE_FOLDER


def gradebook_stands(course: Course, gradebook: Path, withdrawn: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether the gradebook is as `gradebook_written` left it. withdrawn: who has a result and no submission."""
    try:
        return _stamp_file(course).read_text("utf-8") == _stamp(course, gradebook, withdrawn)
    except (OSError, ValueError):
        return False


def gradebook_written(course: Course, gradebook: Path, withdrawn: Iterable[tuple[str, str]] = ()) -> None:
    """Every result of the course is in the gradebook now. withdrawn: as in `gradebook_stands`."""
    write_atomically(_stamp_file(course), _stamp(course, gradebook, withdrawn).encode())


def gradebook_is_behind(course: Course) -> None:
    """Results are about to change."""
    _stamp_file(course).unlink(missing_ok=True)


def pages_stand(course: Course, root: Path, withdrawn: Iterable[tuple[str, str]]) -> bool:
    """Whether the pages of the class under root are of this roster, this course.yml and these students.

    Results that change are no matter of this: whoever writes one makes the pages anew. withdrawn: as above.
    """
    try:
        return _pages_stamp_file(root).read_text("utf-8") == _pages_stamp(course, withdrawn)
    except (OSError, ValueError):
        return False


def pages_written(course: Course, root: Path, withdrawn: Iterable[tuple[str, str]]) -> None:
    """The pages of the class are made of everything that there is now."""
    write_atomically(_pages_stamp_file(root), _pages_stamp(course, withdrawn).encode())


def _pages_stamp(course: Course, withdrawn: Iterable[tuple[str, str]]) -> str:
    digest = hashlib.sha256(str(sorted(withdrawn)).encode("utf-8", "replace"))
    for file in (course.root / "course.yml", course.root / "roster.csv"):
        digest.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return digest.hexdigest()


def _pages_stamp_file(root: Path) -> Path:
    return root / STATE_FOLDER / "pages"


def _stamp(course: Course, gradebook: Path, withdrawn: Iterable[tuple[str, str]]) -> str:
    status = gradebook.stat()
    digest = hashlib.sha256(f"{status.st_mtime_ns} {status.st_size} {sorted(withdrawn)}".encode("utf-8", "replace"))
    releases = (course.root / "assignments" / a.slug / "release" / f"{a.slug}.ipynb" for a in course.assignments)
    for file in (course.root / "course.yml", course.root / "roster.csv", *releases):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _stamp_file(course: Course) -> Path:
    return course.root / STATE_FOLDER / "gradebook"
