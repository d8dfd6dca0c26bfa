"""history.jsonl: the changelog of an assignment's scores. A line for each change: when, whose, from, to, why.

A line is written, and synced, just before the result it speaks of. So after a kill at most the last line of each file
speaks of a result that was not written; the next run takes it out, and writes it anew when it has graded again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.errors import OutputError
from autograder.results.result_json import load_head, result_file, sync_folder

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line. before, after: scores, None where there was or is none; why: what made the submission be graded."""

    when: datetime
    student: str
    before: float | None
    after: float | None
    why: str


def history_file(root: Path, assignment: str) -> Path:
    """Where an assignment's changelog lies under root."""
    return root / "assignments" / assignment / "autograded" / HISTORY_FILE


def read_history(file: Path) -> tuple[Change, ...]:
    """Every change, the oldest first; none if there is no file. OutputError if a line of it cannot be read."""
    changes = []
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)
            changes.append(
                Change(
                    when=datetime.fromisoformat(said["when"]),
                    student=said["student"],
                    before=said["from"],
                    after=said["to"],
                    why=said["why"],
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{file}:{number}: is no line of a changelog ({error}); mend or remove it") from error
    return tuple(changes)


def last_told(file: Path) -> dict[str, float | None]:
    """Each student's score as the changelog left it. OutputError as `read_history`."""
    return {change.student: change.after for change in read_history(file)}


def append_change(file: Path, change: Change) -> None:
    """Add one line, which is on disk when this returns. OutputError, and the file as it was, if that cannot be."""
    said = {
        "when": change.when.isoformat(timespec="seconds"),
        "student": change.student,
        "from": change.before,
        "to": change.after,
        "why": change.why,
    }
    data = (json.dumps(said, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    try:
        is_new = not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            length = os.fstat(descriptor).st_size
            if os.write(descriptor, data) < len(data):
                os.ftruncate(descriptor, length)
                raise OSError(28, "No space left on device")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(file.parent)
    except OSError as error:
        raise OutputError(
            f"{file}: could not be written: {error.strerror}. What was there before is unchanged; "
            f"make room or make the folder writable, then run the same command again"
        ) from error


def mend_history(root: Path, assignment: str) -> None:
    """After a run that was cut off: take out a last line that is torn, or whose result was not written."""
    file = history_file(root, assignment)
    if not file.exists():
        return
    data = file.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    start = whole.rfind(b"\n", 0, -1) + 1
    if whole and not _is_told_by_a_result(root, assignment, whole[start:]):
        whole = whole[:start]
    if len(whole) < len(data):
        os.truncate(file, len(whole))


def _is_told_by_a_result(root: Path, assignment: str, line: bytes) -> bool:
    try:
        said = json.loads(line)
        return bool(load_head(result_file(root, assignment, said["student"])).score == said["to"])
    except (OutputError, ValueError, KeyError, TypeError):
        return False
