"""A student's source as a short row of words in which names, layout and comments no longer show.

The source is text to look at, never a program: no parser and no tokenizer of Python sees it. `ast` can be made to run
out of stack or memory and `tokenize` raises on what students really hand in; this reader goes through any text once, in
a time that grows with its length, up to a limit.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
from dataclasses import dataclass

MAX_CHARACTERS = 400_000
MAX_TOKENS = 20_000
NAME, NUMBER, TEXT = "name", "0", "''"
_KEPT = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
_LAYOUT = frozenset("(),;:")  # what a formatter adds, takes away and moves
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f]+|\\\r?\n)"
    r"|(?P<newline>\n)"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<text>[A-Za-z]{0,2}(?:'''|\"\"\"|'|\"))"
    r"|(?P<number>(?:\d|\.\d)[\w.]*(?:(?<=[eE])[+-]\d+)?)"
    r"|(?P<name>\w+)"
    r"|(?P<sign>\*\*=?|//=?|>>=?|<<=?|->|:=|\.\.\.|[-+*/%&|^@=<>!]=?|.)",
    re.DOTALL,
)
# What follows an opening quote, to the closing one or where the text ends without it. Nothing is ever tried twice.
_REST = {
    quote: re.compile(pattern, re.DOTALL)
    for quote, pattern in {
        "'": r"[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?",
        '"': r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?',
        "'''": r"[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?",
        '"""': r'[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?',
    }.items()
}
_LINE = re.compile(r"[^\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """words: what is compared; spans: where in the source each stands; cut: whether the source goes on behind them."""

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    cut: bool = False


def source_text(name: str, data: bytes) -> str:
    """A file as text, with the code cells of a notebook one below the other. "" for a notebook that is none.

    Bytes that are not UTF-8 are read as Latin-1: names do not count anyway.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if name.endswith(".ipynb"):
        text = "\n\n".join(_cells(text))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def _cells(text: str) -> list[str]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        return []
    sheets = [notebook]
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):  # format 3
        sheets = notebook["worksheets"]
    cells = [
        cell
        for sheet in sheets
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]
    return [_joined(cell.get("source", cell.get("input"))) for cell in cells]


def _joined(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))


def tokens(source: str) -> Tokens:
    """The words of a source: keywords, built-ins, attributes and signs as they are, other names and values by kind.

    Left out: comments, layout, brackets, docstrings, imports, annotations of arguments, a notebook's magics.
    """
    text = source[:MAX_CHARACTERS]
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    depth = position = 0
    begins = True  # a statement
    skips = False  # an import, to its end
    header = -1  # the depth of the `def` whose arguments these are
    annotation = False
    before = two_before = ""
    while position < len(text) and len(words) < MAX_TOKENS:
        match = _TOKEN.match(text, position)
        if match is None:  # the last alternative takes any character
            break
        kind, word, start = match.lastgroup or "", match.group(), position
        position = match.end()
        if kind in ("space", "comment"):
            continue
        if kind == "newline":
            if depth == 0:
                begins, skips, header, annotation = True, False, -1, False
            continue
        if kind == "text":
            quote = word.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
            rest = _REST[quote].match(text, position)
            position = rest.end() if rest else position
            if begins:  # a docstring
                continue
            word = TEXT
        elif begins and word in ("%", "!", "%%"):
            line = _LINE.match(text, position)
            position = line.end() if line else position
            continue
        elif begins and word in ("import", "from"):
            skips = True
        begins = word == ";" and depth == 0
        if kind == "sign":
            depth += (word in _OPENING) - (word in _CLOSING and depth > 0)
        if before == "def":
            header = depth
        if header >= 0:
            annotation = _in_annotation(annotation, word, depth - header)
            if word == ":" and depth == header:
                header = -1
        if not skips and not annotation and word not in _LAYOUT:
            words.append(_normal(kind, word, before, two_before))
            spans.append((start, position))
        two_before, before = before, word
    return Tokens(words=tuple(words), spans=tuple(spans), cut=position < len(source))


def exact_words(source: str) -> tuple[str, ...]:
    """The words of a source as they are, with the indent that each line begins with; without comments and docstrings.

    A line's beginning is a line end and its indent's width ("\\n4"); inside brackets there are no lines.
    """
    text = source[:MAX_CHARACTERS]
    words: list[str] = []
    depth = position = indent = 0
    begins = True
    while position < len(text) and len(words) < MAX_TOKENS:
        match = _TOKEN.match(text, position)
        if match is None:
            break
        kind, word = match.lastgroup or "", match.group()
        position = match.end()
        if kind == "newline":
            begins, indent = begins or depth == 0, 0
        elif kind == "space" and begins:
            indent = len(word.expandtabs())
        if kind in ("newline", "space", "comment"):
            continue
        if kind == "text":
            quote = word.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
            rest = _REST[quote].match(text, position)
            word += rest.group() if rest else ""
            position = rest.end() if rest else position
            if begins:
                continue
        if begins:
            words.append(f"\n{indent}")
            begins = False
        if kind == "sign":
            depth += (word in _OPENING) - (word in _CLOSING and depth > 0)
        words.append(word)
    return tuple(words)


def _in_annotation(inside: bool, word: str, depth: int) -> bool:
    """Whether a word of a function's header belongs to an annotation, or begins one. depth: within the header."""
    if (depth == 1 and word == ":") or (depth == 0 and word == "->"):
        return True
    if (depth == 1 and word in (",", "=")) or (depth == 0 and word in (":", ")")):
        return False
    return inside


def _normal(kind: str, word: str, before: str, two_before: str) -> str:
    if kind == "number":
        return NUMBER
    if kind != "name" or (word in _KEPT and before != "."):
        return word
    if before == "." and two_before != "self":
        return word
    return NAME
