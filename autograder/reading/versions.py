"""Which Python a text that does not parse was written for. A claim is made only where it was proved.

The proof: what only that version reads is put in the words of this one, and then the text parses.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable

_QUOTES = re.compile(r"(?P<prefix>[rRfFtTbBuU]{0,2})(?P<quote>'''|\"\"\"|'|\")")
_TYPE = re.compile(r"^(\s*)type\s+(\w+)\s*(?:\[[^\]\n]*\])?\s*=", re.MULTILINE)
_GENERIC = re.compile(r"^(\s*(?:async\s+)?(?:def|class)\s+\w+)\s*\[[^\]\n]*\]", re.MULTILINE)
_EXCEPT = re.compile(r"^(\s*except\*?)[ \t]+([A-Z][\w.]*(?:\s*,\s*[A-Z][\w.]*)+)\s*:", re.MULTILINE)
_OLD_EXCEPT = re.compile(r"^(\s*except)[ \t]+([\w.]+|\([^)\n]*\))\s*,\s*([a-z_]\w*)\s*:", re.MULTILINE)
_OLD_PRINT = re.compile(r"^(\s*)(print|exec)[ \t]+(?![(=.,])(?:>>\s*[\w.]+\s*,)?([^\n]*?),?[ \t]*$", re.MULTILINE)
_OLD_PRINT_TEXT = re.compile(r"^(\s*)print[ \t]+(\([^\n]*)$", re.MULTILINE)
_BARE_PRINT = re.compile(r"^(\s*)print[ \t]*$", re.MULTILINE)
_OLD_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*([^\n]+)$", re.MULTILINE)
_MAX = 200_000


def other_python(text: str) -> str:
    """The version whose syntax a text has, "" if this Python's, or none that is known, is meant."""
    if len(text) > _MAX:
        return ""
    newer: tuple[tuple[tuple[int, int], Callable[[str], str]], ...] = ((3, 12), _twelve), ((3, 14), _fourteen)
    for version, in_our_words in newer:
        if sys.version_info < version and _parses(in_our_words(text)):
            return f"{version[0]}.{version[1]}"
    return "2" if _parses(_two(text)) else ""


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _twelve(text: str) -> str:
    """Without f-strings that hold their own quotes, `type X = ...` and type parameters."""
    return _GENERIC.sub(r"\1", _TYPE.sub(r"\1\2 =", _plain_texts(text, "f")))


def _fourteen(text: str) -> str:
    """Without template strings and exceptions listed without brackets, too."""
    return _GENERIC.sub(r"\1", _TYPE.sub(r"\1\2 =", _plain_texts(_EXCEPT.sub(r"\1 (\2):", text), "ft")))


def _two(text: str) -> str:
    text = _OLD_EXCEPT.sub(r"\1 \2 as \3:", text)
    text = _OLD_RAISE.sub(r"\1(\2)", text)
    text = _BARE_PRINT.sub(r"\1print()", text)
    text = _OLD_PRINT_TEXT.sub(r"\1print(\2)", text)
    return _OLD_PRINT.sub(r"\1\2(\3)", text)


def _plain_texts(text: str, kinds: str) -> str:
    """With an empty text in place of each f-string (or t-string), read as Python 3.12 reads it."""
    out: list[str] = []
    place = 0
    while place < len(text):
        if text[place] == "#":
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            out.append(text[place:end])
            place = end
            continue
        match = _QUOTES.match(text, place)
        if match is None:
            word = re.compile(r"\w+|.", re.DOTALL).match(text, place)
            assert word is not None
            out.append(word.group())
            place = word.end()
            continue
        end = _end_of_text(text, match.end(), match["quote"], formatted=_formatted(match["prefix"], kinds))
        out.append('""' if _formatted(match["prefix"], kinds) else text[place:end])
        place = end
    return "".join(out)


def _formatted(prefix: str, kinds: str) -> bool:
    return any(kind in prefix.lower() for kind in kinds)


def _end_of_text(text: str, place: int, quote: str, *, formatted: bool) -> int:
    """Where a text that began before `place` ends; in a field of a formatted one, other texts may stand."""
    fields = 0
    while place < len(text):
        if fields:
            match = _QUOTES.match(text, place)
            if match is not None:
                place = _end_of_text(text, match.end(), match["quote"], formatted=_formatted(match["prefix"], "ft"))
                continue
            fields += (text[place] in "{[(") - (text[place] in "}])")
            place += 1
        elif text[place] == "\\":
            place += 2
        elif text.startswith(quote, place):
            return place + len(quote)
        elif formatted and text.startswith("{{", place):
            place += 2
        elif formatted and text[place] == "{":
            fields, place = 1, place + 1
        elif len(quote) == 1 and text[place] == "\n":
            return place
        else:
            place += 1
    return len(text)
