"""From a worker's replies to our own records: every field is checked here, every text sanitised.

Whatever does not look as it should is a WireError, which the session turns into the submission's own StudentDied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.boundary import wire
from autograder.errors import Frame, StudentError
from autograder.records import Answer, LoadProblem, LoadReport
from autograder.sandbox.sanitise import sanitise

MAX_TEXT = 2_000
_PROBLEM_KINDS = ("syntax", "error", "timeout", "encoding", "empty", "format", "note")


def whole_number(fields: list[Any], place: int) -> int:
    """The natural number at `place`, or WireError."""
    if len(fields) <= place or type(fields[place]) is not int or not 0 <= fields[place] < 2**31:
        raise wire.WireError("a number is missing")
    return int(fields[place])


def texts(value: Any, count: int) -> tuple[str, ...]:
    """A list of at most `count` short texts, sanitised, or WireError."""
    if type(value) is not list or len(value) > count or not all(type(item) is str for item in value):
        raise wire.WireError("a list of texts is missing")
    return tuple(sanitise(item, wire.MAX_NAME) for item in value)


def answer(message: list[Any]) -> Answer:
    """What a call gave back, or WireError."""
    if message[0] != wire.ANSWER or len(message) != 4:
        raise wire.WireError("an answer is missing")
    return Answer(value=message[1], mutated=texts(message[2], 100), generators=texts(message[3], 3))


def student_error(message: list[Any]) -> StudentError:
    """The exception that the student's code raised, or WireError."""
    if len(message) != 5 or type(message[1]) is not str or type(message[2]) is not str or type(message[3]) is not list:
        raise wire.WireError("a malformed error")
    frames = []
    for fields in message[3][-8:]:
        if type(fields) is not list or len(fields) != 5 or not all(type(fields[place]) is str for place in (0, 2, 3)):
            raise wire.WireError("a malformed error")
        cell = None if fields[4] is None else whole_number(fields, 4)
        file, function, source = (sanitise(fields[place], 200) for place in (0, 2, 3))
        frames.append(Frame(file=file, line=whole_number(fields, 1), function=function, source=source, cell=cell))
    kind, text, bases = sanitise(message[1], wire.MAX_NAME), sanitise(message[2], MAX_TEXT), texts(message[4], 20)
    return StudentError(kind, text, tuple(frames), bases)


def report(message: list[Any], files: Mapping[str, bytes]) -> tuple[LoadReport, dict[int, str]]:
    """A checked load report, and which statements hung, so that a later worker leaves them out."""
    if message[0] != wire.REPORT or len(message) != 3 or type(message[2]) is not list or len(message[2]) > 1_000:
        raise wire.WireError("a malformed report")
    problems, hung = [], {}
    for fields in message[2]:
        if type(fields) is not dict:
            raise wire.WireError("a malformed report")
        if not all(type(fields.get(key, "")) is str for key in ("kind", "file", "message", "source")):
            raise wire.WireError("a malformed report")
        if fields.get("kind") not in _PROBLEM_KINDS or fields.get("file") not in files or "message" not in fields:
            raise wire.WireError("a malformed report")
        places = {key: whole_number([fields[key]], 0) for key in ("cell", "column") if fields.get(key) is not None}
        problem = LoadProblem(
            kind=fields["kind"],
            file=fields["file"],
            line=whole_number([fields.get("line")], 0),
            message=sanitise(fields["message"], MAX_TEXT),
            source=sanitise(fields.get("source", ""), 200),
            names=texts(fields.get("names", []), 50),
            **places,
        )
        problems.append(problem)
        if problem.kind == "timeout" and fields.get("number") is not None:
            hung[whole_number([fields["number"]], 0)] = problem.message
    return LoadReport(names=texts(message[1], 2_000), problems=tuple(problems)), hung
