"""Hints on the public examples: which misconception answers as the student's function does.

The course's bundle brings them as hints.json, one entry for each wrong answer that a misconception gives to an example.
An entry is found, and can be read, only with that very answer: its name is a digest of the answer, and its text is
covered by a stream that is made of the answer. So the file holds no answer, right or wrong, and no code, and nobody
reads the hint to a mistake that they did not make.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autograder.selfcheck.run import Report, State

HINTS_FILE = "hints.json"
NO_FILE = f"There are no hints here: they come with the course's bundle, as {HINTS_FILE} in the assignment's folder."
NO_HINT = "No hint: none of the known wrong ideas gives this answer."


def read_hints(folder: Path) -> dict[str, str] | None:
    """Name of an entry to its covered text; None if the folder has no such file."""
    with contextlib.suppress(OSError, ValueError, AttributeError, KeyError, TypeError):
        document = json.loads((folder / HINTS_FILE).read_text("utf-8"))
        return {str(name): str(text) for name, text in document["hints"].items()}
    return None


def with_hint(report: Report, hints: Mapping[str, str] | None) -> Report:
    """The report, with a hint if its answer is that of a misconception, or with why there is none."""
    if report.state is not State.WRONG:
        return report
    if hints is None:
        return replace(report, hint=NO_FILE)
    answer = wrong_answer(report)
    hint = uncover(answer, hints) if answer else ""
    return replace(report, hint=f"It may be this: {hint}" if hint else NO_HINT)


def wrong_answer(report: Report) -> str:
    """What function, example and answer were, as one text; "" if the answer tells no misconception."""
    if report.state is not State.WRONG or not report.tried[-1].answer:
        return ""
    return f"{report.function}\n{len(report.tried)}\n{report.tried[-1].answer}"


def cover(answer: str, hint: str) -> tuple[str, str]:
    """Name and covered text of the hint that belongs to a wrong answer."""
    return _name(answer), base64.b64encode(_covered(answer, hint.encode())).decode()


def uncover(answer: str, hints: Mapping[str, str]) -> str:
    """The hint that belongs to a wrong answer; "" if there is none."""
    with contextlib.suppress(KeyError, ValueError):
        return _covered(answer, base64.b64decode(hints[_name(answer)], validate=True)).decode()
    return ""


def _name(answer: str) -> str:
    return hashlib.sha256(b"name\n" + answer.encode()).hexdigest()[:24]


def _covered(answer: str, text: bytes) -> bytes:
    stream = hashlib.shake_256(b"text\n" + answer.encode()).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
