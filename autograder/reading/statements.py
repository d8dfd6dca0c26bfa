"""The statements of a text that parses in part only: the block that does not parse is lost, and no other.

A block is what stands from one line without an indent to the next; a class loses a method of its own.
"""

from __future__ import annotations
import __future__

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

from autograder.reading.ipython import automagic
from autograder.reading.versions import other_python

# A line without an indent that goes on with what stands above it.
_GOES_ON = re.compile(r"[)\]}#]|(?:else|elif|except|finally)\b")
_INCOMPLETE = re.compile(r"was never closed|unterminated triple-quoted|unexpected EOF|EOF while scanning")
_DEFINES = re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_MERGE_MARK = re.compile(r"(?:<{7}|={7}|>{7})(?: |$)")
_FUTURE_FLAGS = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
_UNPARSABLE = (ValueError, MemoryError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A block that does not parse. line, column: where the parser stopped; names: what it would have defined."""

    line: int
    column: int | None
    message: str
    names: tuple[str, ...]


def parse(source: str, filename: str) -> tuple[list[ast.stmt], list[Lost]]:
    """The statements of a text, and what of it was lost."""
    try:
        return ast.parse(source, filename).body, []
    except SyntaxError:
        return _salvaged(source, filename)
    except _UNPARSABLE as error:
        told = f"this cannot be parsed: {str(error) or 'it is nested too deeply'}"
        return [], [Lost(line=1, column=None, message=told, names=())]


def _salvaged(source: str, filename: str) -> tuple[list[ast.stmt], list[Lost]]:
    lines = source.split("\n")
    starts = [number for number in range(len(lines)) if _begins(lines, number)]
    bounds = [*starts, len(lines)]
    if not starts:
        starts, bounds = [0], [0, len(lines)]
    patience = 20 * len(source) + 100_000  # characters that may be looked at more than once
    statements: list[ast.stmt] = []
    lost: list[Lost] = []
    last_lost = -2
    here = 0
    while here < len(starts):
        begin = bounds[here]
        found, end, patience = _block(lines, bounds, here, filename, patience)
        if isinstance(found, list):
            statements += found
            here = end
            continue
        block = lines[begin : bounds[here + 1]]
        rest = _without_bad_methods(block, begin, filename)
        if rest is not None:
            statements += rest[0]
            lost += rest[1]
        elif not automagic(block[0]):
            names = _DEFINES.search("\n".join(block))
            if names or last_lost != here - 1:  # what an unclosed quote leaves of a text is told once
                lost.append(_told(found, block, begin))
            last_lost = here
        here += 1
    return statements, lost


def _block(
    lines: list[str], bounds: list[int], here: int, filename: str, patience: int
) -> tuple[list[ast.stmt] | SyntaxError, int, int]:
    """The statements from one bound to the first where they parse, which bound that is, and the patience that is left.

    The first error, if they never do. Only a text in which something is still open is looked at beyond the next bound.
    """
    first: SyntaxError | None = None
    for end in range(here + 1, len(bounds)):
        text = "\n".join(lines[bounds[here] : bounds[end]])
        patience -= len(text) if first else 0
        found = _try(text, bounds[here], filename)
        if isinstance(found, list):
            return found, end, patience
        first = first or found
        if patience < 0 or not _INCOMPLETE.search(str(found.msg)):
            break
    assert first is not None
    return first, here + 1, patience


def _begins(lines: list[str], number: int) -> bool:
    """Whether a line may be the first of a block."""
    line = lines[number]
    if not line.strip() or line[0] in " \t\f" or _GOES_ON.match(line):
        return False
    above = number - 1
    while above >= 0 and (not lines[above].strip() or lines[above].startswith("#")):
        above -= 1
    if above < 0:
        return True
    return not (lines[above].startswith("@") or (above == number - 1 and lines[above].endswith("\\")))


def _try(text: str, begin: int, filename: str) -> list[ast.stmt] | SyntaxError:
    try:
        body = ast.parse(text, filename).body
    except SyntaxError as error:
        return error
    except _UNPARSABLE as error:
        return SyntaxError(f"this cannot be parsed: {str(error) or 'it is nested too deeply'}")
    for statement in body:
        ast.increment_lineno(statement, begin)
    return body


def _without_bad_methods(block: list[str], begin: int, filename: str) -> tuple[list[ast.stmt], list[Lost]] | None:
    """A class without those of its methods that do not parse; None for anything else."""
    head = next((n for n, line in enumerate(block) if line.startswith("class ")), None)
    if head is None:
        return None
    first = next((line for line in block[head + 1 :] if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if not indent:
        return None
    inside = [
        n
        for n in range(head + 1, len(block))
        if block[n].startswith(indent) and _begins([*block[:n], block[n][len(indent) :]], n)
    ]
    kept, lost = list(block), list[Lost]()
    for start, end in pairwise([*inside, len(block)]):
        text = "\n".join(line[len(indent) :] if line.startswith(indent) else line for line in block[start:end])
        found = _try(text, begin + start, filename)
        if isinstance(found, SyntaxError):
            lost.append(_told(found, block[start:end], begin + start))
            kept[start:end] = [indent + "pass", *[""] * (end - start - 1)]
    whole = _try("\n".join(kept), begin, filename)
    return (whole, lost) if lost and isinstance(whole, list) else None


def _told(error: SyntaxError, block: list[str], begin: int) -> Lost:
    text = "\n".join(block)
    names = tuple(dict.fromkeys(one or other for one, other in _DEFINES.findall(text)))[:50]
    line = begin + min(error.lineno or 1, len(block))
    if _MERGE_MARK.match(block[0]):
        said = "this is the mark of a merge that was not finished: keep one of the two versions and delete the marks"
        return Lost(line=begin + 1, column=1, message=said, names=names)
    said = error.msg if error.msg.startswith("this cannot") else f"{type(error).__name__}: {error.msg}"
    said = said.replace(f" on line {error.lineno}", "") if error.lineno else said
    version = other_python(text)
    if version:
        said += f" (this is the syntax of Python {version}, and grading runs Python {_ours()})"
    return Lost(line=line, column=error.offset, message=said, names=names)


def _ours() -> str:
    import sys

    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def future_flags(statement: ast.stmt) -> int:
    """What a statement asks of the compiler for those behind it, where each is compiled by itself."""
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    return sum(_FUTURE_FLAGS.get(alias.name, 0) for alias in statement.names)
