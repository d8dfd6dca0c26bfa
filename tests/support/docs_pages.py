"""Reads our pages: the files that a reader is told to write and the commands to run, in the order of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_WRITE = re.compile(r"(Write|Add to)\s+`([^`\n]+)`:\s*\Z")
_ENDS = re.compile(r"\s+# ends with (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that the page tells its reader to write, or to add to."""

    name: str
    text: str
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that the page shows. shown: the lines below it, where "..." stands for anything; code: how it ends."""

    line: str
    shown: tuple[str, ...]
    code: int

    def agrees(self, output: str) -> bool:
        """Whether the output is what the page shows. Blanks within a line may be of any width."""
        if not self.shown:
            return True
        lines = [r".*(?:\n.*)*?" if line == "..." else _pattern(line) for line in self.shown]
        return re.fullmatch("\n?".join(lines) + r"\s*", output.strip()) is not None


def _pattern(line: str) -> str:
    parts = [r"\s+".join(re.escape(word) for word in part.split()) for part in line.split("...")]
    return r"\s*" + r".*".join(parts) + r"[^\S\n]*"


def steps(page: Path) -> list[File | Command]:
    """What a reader of the page does, from top to bottom."""
    text = page.read_text("utf-8")
    found: list[File | Command] = []
    for block in _BLOCK.finditer(text):
        language, body = block.groups()
        told = _WRITE.search(text[: block.start()])
        if language == "console":
            found += _commands(body)
        elif told:
            found.append(File(name=told.group(2), text=body, added=told.group(1) == "Add to"))
    return found


def _commands(body: str) -> list[Command]:
    commands = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        line, *shown = part.rstrip("\n").split("\n")
        ends = _ENDS.search(line)
        bare = line[: ends.start()] if ends else line
        commands.append(Command(line=bare, shown=tuple(shown), code=int(ends.group(1)) if ends else 0))
    return commands
