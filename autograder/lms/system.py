"""What one LMS is to the rest: its download, the files that its import reads, its key in course.yml."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.lms.export.layout import Format
from autograder.lms.intake.downloads import Download


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseKey:
    """The key of one LMS under `lms:` of course.yml: what that LMS calls an assignment.

    kind: int for a number that the LMS gave, str for a title. meaning and default: the row of docs/course.md, Markdown.
    """

    word: str
    kind: type[int] | type[str]
    example: str
    meaning: str
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One LMS. What it does not have (a download that we read, a key) is None or empty."""

    download: Download | None = None
    exports: tuple[Format, ...] = ()
    key: CourseKey | None = None
