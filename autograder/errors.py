"""Every way a run can go wrong, as one tree.

    GraderError
    |-- UsageError             the command was called wrongly                       exit 2
    |-- CourseError            course.yml, a suite or the roster is wrong           exit 3
    |-- JailError              no acceptable jail on this machine                   exit 4
    |-- OutputError            a result could not be written                        exit 1
    |-- BusyError              another run is at work on the same course            exit 1
    |-- InfrastructureError    our side failed while grading: the check is ungraded
    `-- StudentFault           what a submission did to itself: never our fault
        |-- StudentError       its code raised an exception
        |-- ModelMisuse        it called the check's model with something no model accepts
        |-- StudentDied        its process ended, or broke the protocol
        `-- StudentTimeout     it did not answer in time

`StudentFault` deliberately has no built-in base besides `Exception`: a student's StopIteration or KeyError must never
be able to steer a suite's own `for` or `except`.
"""

from __future__ import annotations

from dataclasses import dataclass


class GraderError(Exception):
    """The root. `exit_code` is what `grade` ends with when nothing handles the error."""

    exit_code = 1


class UsageError(GraderError):
    """The command was called with a path or an option that makes no sense."""

    exit_code = 2


class CourseError(GraderError):
    """The course is wrong: says the file, the line and what to write instead."""

    exit_code = 3


class JailError(GraderError):
    """This machine lacks a jail layer that course.yml requires."""

    exit_code = 4


class OutputError(GraderError):
    """A result, a gradebook or a page could not be written. Nothing that was there before is lost."""


class BusyError(GraderError):
    """Another run is at work on the same course; the text says which and since when. Nothing was done."""


class InfrastructureError(GraderError):
    """The trusted side failed. The check is `ungraded` and a human is told; it is never a score."""


class WorkerLost(InfrastructureError):
    """A worker was ended from outside: the job is graded anew, as if nothing had been."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the student's own traceback.

    file: the name it was submitted under; cell: 1-based code cell of a notebook, else None; line: 1-based in either.
    """

    file: str
    line: int
    function: str
    source: str
    cell: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}, cell {self.cell}, line {self.line}" if self.cell else f"{self.file}:{self.line}"
        return f"{place} in {self.function}: {self.source}"


class StudentFault(GraderError):
    """Something the submission did. `text` is safe to show: it was sanitised at the border."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class StudentError(StudentFault):
    """The student's code raised. `kind` is the exception's class name, `frames` innermost last.

    bases: the names of the classes that it is derived from, as the submission says.
    """

    def __init__(self, kind: str, text: str, frames: tuple[Frame, ...] = (), bases: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind = kind
        self.frames = frames
        self.bases = bases


class ModelMisuse(StudentFault):
    """The student's code called a callback of the check, such as the model, with arguments it cannot take."""


class StudentDied(StudentFault):
    """The worker ended before it answered, or said something that is not the protocol."""


class StudentTimeout(StudentFault):
    """No answer within the time allowed for a call, or for the whole submission."""
