"""result.json, schema 1: one graded submission as a file, written whole or not at all, and read back."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, OutputError
from autograder.marks import given_of
from autograder.records import SCHEMA, CheckResult, Course, Given, GradedSubmission, Late, Mark, Misconception, Outcome
from autograder.results.head import read_head, read_whole

RESULT_FILE = "result.json"
LOG_LIMIT = 64 * 1024  # bytes of each of stdout and stderr, as they stand in the file
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHead:
    """The verdict without its checks: what can be told of a result without reading all of it."""

    assignment: str
    student: str
    received_at: datetime | None
    graded_at: datetime
    score_before_late: float | None
    late: Late
    score: float | None
    max_score: float
    needs_human: bool
    reasons: tuple[str, ...]
    given: tuple[Given, ...] = ()


def result_file(root: Path, assignment: str, student: str) -> Path:
    """Where a result lies under root (the course, or the folder that `--out` names)."""
    return root / "assignments" / assignment / "autograded" / student / RESULT_FILE


def to_document(graded: GradedSubmission) -> dict[str, Any]:
    """The JSON of a result. What a later run compares comes first, so that reading the head of the file is enough."""
    return {
        "schema": SCHEMA,
        "assignment": graded.assignment,
        "student": graded.student,
        "score": graded.score,
        "max_score": graded.max_score,
        "suite_sha256": graded.suite_sha256,
        "reference_sha256": graded.reference_sha256,
        "engine_version": graded.engine_version,
        "seed": graded.seed,
        "submission": {
            "sha256": graded.submission_sha256,
            "format": graded.format,
            "received_at": graded.received_at.isoformat() if graded.received_at else None,
            "files": list(graded.files),
        },
        "graded_at": graded.graded_at.isoformat(),
        "seconds": round(graded.seconds, 3),
        "jail": {"layers": list(graded.layers)},
        "score_before_late": graded.score_before_late,
        "late": {"days": graded.late.days, "penalty": graded.late.penalty},
        "needs_human": graded.needs_human,
        "reasons": list(graded.reasons),
        **_of_people(graded),
        "lost": graded.lost,
        "checks": [_check_document(check) for check in graded.checks],
        "log": {"stdout": _capped(graded.stdout), "stderr": _capped(graded.stderr)},
    }


def _capped(text: str) -> str:
    """As much of a log as takes LOG_LIMIT bytes in the file, where one character may take six."""
    text = _SURROGATE.sub("\ufffd", text[:LOG_LIMIT])
    stored = json.dumps(text, ensure_ascii=False)[1:-1].encode()
    if len(stored) <= LOG_LIMIT:
        return text
    sizes = (len(json.dumps(character, ensure_ascii=False).encode()) - 2 for character in text)
    ends = itertools.accumulate(sizes)
    return text[: sum(1 for _ in itertools.takewhile(lambda end: end <= LOG_LIMIT, ends))]


def _of_people(graded: GradedSubmission) -> dict[str, Any]:
    """What people gave, and what the grader had said before; nothing if nobody gave anything."""
    if not isinstance(graded, Mark) or not graded.given:
        return {}
    said = graded.verdict
    pairs = zip(said.checks, graded.checks, strict=True)
    return {
        "by_hand": graded.by_hand,
        "given": [asdict(given) for given in graded.given],
        "verdict": {
            "needs_human": said.needs_human,
            "reasons": list(said.reasons),
            "checks": {
                before.id: {"outcome": before.outcome.value, "points": before.points, "message": before.message}
                for before, after in pairs
                if before != after
            },
        },
    }


def _check_document(check: CheckResult) -> dict[str, Any]:
    idea = check.misconception
    return {
        "id": check.id,
        "title": check.title,
        "outcome": check.outcome.value,
        "points": check.points,
        "max_points": check.max_points,
        "message": check.message,
        "expected": check.expected,
        "observed": check.observed,
        "misconception": None if idea is None else {"id": idea.id, "hint": idea.hint},
        "picture": check.picture,
        "fingerprint": check.fingerprint,
        "died": check.died,
        "inputs": check.inputs,
        "unwritten": check.unwritten,
        "seconds": round(check.seconds, 3),
    }


def from_document(document: dict[str, Any]) -> GradedSubmission:
    """The record of a JSON result of schema 1: a mark if people gave something, else as the grader made it.

    ValueError, KeyError or TypeError if it is not of that schema.
    """
    graded = _graded(document)
    if "given" not in document:
        return graded
    said = document["verdict"]
    before = {id: {**values, "outcome": Outcome(values["outcome"])} for id, values in said["checks"].items()}
    checks = tuple(replace(check, **before.get(check.id, {})) for check in graded.checks)
    verdict = replace(graded, checks=checks, needs_human=said["needs_human"], reasons=tuple(said["reasons"]))
    values = {name: getattr(graded, name) for name in GradedSubmission.__slots__}
    given = tuple(Given(**each) for each in document["given"])
    return Mark(**values, given=given, by_hand=document.get("by_hand", 0.0), verdict=verdict)


def _graded(document: dict[str, Any]) -> GradedSubmission:
    submission = document["submission"]
    received = submission["received_at"]
    return GradedSubmission(
        assignment=document["assignment"],
        student=document["student"],
        submission_sha256=submission["sha256"],
        files=tuple(submission["files"]),
        received_at=datetime.fromisoformat(received) if received else None,
        format=submission["format"],
        suite_sha256=document["suite_sha256"],
        reference_sha256=document["reference_sha256"],
        engine_version=document["engine_version"],
        seed=document["seed"],
        graded_at=datetime.fromisoformat(document["graded_at"]),
        seconds=document["seconds"],
        layers=tuple(document["jail"]["layers"]),
        checks=tuple(_check(check) for check in document["checks"]),
        score_before_late=document["score_before_late"],
        late=Late(**document["late"]),
        score=document["score"],
        max_score=document["max_score"],
        needs_human=document["needs_human"],
        reasons=tuple(document["reasons"]),
        lost=document.get("lost", 0),
        stdout=document["log"]["stdout"],
        stderr=document["log"]["stderr"],
    )


def _check(document: dict[str, Any]) -> CheckResult:
    idea = document["misconception"]
    return CheckResult(
        **document
        | {
            "outcome": Outcome(document["outcome"]),
            "misconception": None if idea is None else Misconception(**idea),
        }
    )


def to_json(document: Any) -> str:
    """Strict JSON: no NaN (ValueError), no lone surrogates (replaced), keys in the order given, one line at the end."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text


def write_result(graded: GradedSubmission, file: Path) -> None:
    """Write a result by rename. OutputError, and the old file untouched, if the disk is full or cannot be written."""
    try:
        text = to_json(to_document(graded))
    except ValueError:
        raise OutputError(
            f"{file}: the result holds a number that is not finite; this is a fault of the suite"
        ) from None
    write_atomically(file, text.encode())


def load_result(file: Path) -> GradedSubmission:
    """The result in file. OutputError if it is not there, CourseError (file, line, field) if it is none of schema 1."""
    try:
        return from_document(read_whole(file))
    except FileNotFoundError:
        raise OutputError(f"{file}: there is no such result; run `grade` first") from None
    except OSError as error:
        raise OutputError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        why = f"{type(error).__name__}: {error}"
        raise CourseError(f"{file}: is no result of schema {SCHEMA} ({why}); grade it again") from error


def load_head(file: Path) -> ResultHead:
    """The head of the result in file. OutputError or CourseError as `load_result`."""
    try:
        return head_from(read_head(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return head_of(load_result(file))  # which says what is wrong


def head_of(graded: GradedSubmission) -> ResultHead:
    """The head of a result."""
    values = {name: getattr(graded, name) for name in ResultHead.__slots__ if name != "given"}
    return ResultHead(**values, given=given_of(graded))


def head_from(document: Mapping[str, Any]) -> ResultHead:
    """The head in a document as `read_head` gives it. ValueError, KeyError or TypeError if it is not of schema 1."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']!r} is not {SCHEMA}")
    received = document["submission"]["received_at"]
    return ResultHead(
        assignment=document["assignment"],
        student=document["student"],
        received_at=datetime.fromisoformat(received) if received else None,
        graded_at=datetime.fromisoformat(document["graded_at"]),
        score_before_late=document["score_before_late"],
        late=Late(**document["late"]),
        score=document["score"],
        max_score=document["max_score"],
        needs_human=document["needs_human"],
        reasons=tuple(document["reasons"]),
        given=tuple(Given(**each) for each in document.get("given", ())),
    )


def load_results(course: Course, root: Path) -> tuple[GradedSubmission, ...]:
    """Every result under root, in the course's order, then by student. OutputError for one that cannot be read."""
    return tuple(
        load_result(file)
        for assignment in course.assignments
        for file in sorted((root / "assignments" / assignment.slug / "autograded").glob(f"*/{RESULT_FILE}"))
    )


def write_atomically(file: Path, data: bytes, *, synced: bool = True) -> None:
    """Make file hold data, or leave it as it was, whatever happens: written beside it, synced, renamed, synced.

    synced: false for what can be made again, which a power failure may then take. OutputError says what to do.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
        part.replace(file)
        if synced:
            sync_folder(file.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OutputError(
            f"{file}: could not be written: {error.strerror}. What was there before is unchanged; "
            f"make room or make the folder writable, then run the same command again"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
