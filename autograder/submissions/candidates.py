"""Which file of several is the work: one in which functions of the starter were changed, by their words.

Comments, line ends, empty lines and outputs do not count, so an untouched starter is one however it was saved.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from autograder.reading import cells
from autograder.submissions.tokens import exact_words

FORMATS = {".py": "py", ".ipynb": "ipynb"}
# What browsers and mail programs put behind a name.
_BEHIND = (".txt", ".json")
_MOST = 12  # candidates that are looked into


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """main: the file that is graded, "" if there is none; notes: for the instructor; asks: why a human is to look."""

    main: str
    notes: tuple[str, ...] = ()
    asks: str = ""


@lru_cache(maxsize=4096)
def format_of(name: str) -> str | None:
    """ "py" or "ipynb" by a file's name, in whatever capitals, also with an ending of a browser's; None for others."""
    plain = name.lower()
    for ending in _BEHIND:
        if posixpath.splitext(plain.removesuffix(ending))[1] in FORMATS:
            plain = plain.removesuffix(ending)
    return FORMATS.get(posixpath.splitext(plain)[1])


def choose(slug: str, others: tuple[str, ...], contents: Mapping[str, bytes], starters: tuple[bytes, ...]) -> Choice:
    """The file of a folder that is the work on `slug`.

    others: the course's other assignments; contents: the code in the folder, by name; starters: as handed out.
    """
    code = _likely([name for name in contents if format_of(name)], slug)
    named = [name for name in code if _stem(name) == slug]
    exact = [name for name in named if "/" not in name]
    wanted = f"{slug}.py or {slug}.ipynb"
    if not code:
        return Choice(main="")
    asked = _blocks_of(starters)
    work = {name: _changed(contents[name], asked, starters) for name in code[:_MOST]}
    done = [name for name, count in work.items() if count]
    building = [name for name in named if any(_uses(contents[name], other) for other in done if other != name)]
    main = next((name for name in [*exact, *named] if name in done or name in building), "")
    if not main:
        main = max(done, key=lambda name: (name in _copies(done, slug), work[name], -done.index(name)), default="")
    if not main:
        return _none_written(slug, others, [*exact, *named], code, wanted)
    rivals = [
        name
        for name in done
        if name != main
        and not _uses(contents[main], name)
        and (asked or name in named or main not in named)
        and _words(contents[name]) != _words(contents[main])
        and not _holds(contents[main], contents[name], asked)
    ]
    notes = []
    idle = [name for name in exact if name not in done and name != main]
    if idle or main not in exact:
        passed = f"{' and '.join(idle)} is as handed out" if idle else f"there is no {wanted}"
        notes.append(f"{passed}: {main} is graded")
    elif len(exact) > 1 and not rivals:
        notes.append(f"{' and '.join(exact)} are both there: {main} is graded")
    if rivals:
        both = " and ".join([main, *rivals[:3]])
        notes.append(f"{both} are different work on {slug}: {main} is graded; keep one of them and grade again")
    foreign = _stem(main) in others and main not in named
    if foreign:
        notes.append(f"{main} is named after another assignment")
    return Choice(main=main, notes=tuple(notes), asks=notes[-1] if rivals or foreign else "")


def _none_written(slug: str, others: tuple[str, ...], named: list[str], code: list[str], wanted: str) -> Choice:
    """Nobody's functions were changed: the starter is graded as it is; anything else is for a human to look at."""
    if named:
        return Choice(main=named[0])
    main = min(code, key=lambda name: (_stem(name) in others, name.count("/")))
    said = f"there is no {wanted}, and no function of {slug} in {', '.join(code[:5])}"
    return Choice(main=main, notes=(f"{said}: {main} is graded",), asks=said)


def _stem(name: str) -> str:
    plain = posixpath.basename(name).lower()
    for ending in (*_BEHIND, *FORMATS):
        plain = plain.removesuffix(ending)
    return plain


def _copies(names: list[str], slug: str) -> list[str]:
    """Those whose name holds the assignment's: noising-Copy1, my_noising (2)."""
    return [name for name in names if slug in _stem(name)]


def _likely(code: list[str], slug: str) -> list[str]:
    """The files, those first that are likeliest the work."""

    def unlike(name: str) -> tuple[bool, bool, int, bool, str]:
        return _stem(name) != slug, slug not in name.lower(), name.count("/"), format_of(name) != "py", name

    return sorted(code, key=unlike)


def _uses(data: bytes, name: str) -> bool:
    """Whether a file imports, runs or names another."""
    stem = re.escape(posixpath.splitext(posixpath.basename(name))[0])
    return (
        re.search(
            rf"(?:import|from|%run|run_line_magic|exec|open|import_module|run_path|run_module)\b[^\n]*\b{stem}\b".encode(),
            data,
        )
        is not None
    )


def _holds(data: bytes, other: bytes, asked: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether one file has every changed function of another, word for word."""
    if not asked:
        return False
    mine, theirs = _blocks(data), _blocks(other)
    changed = [name for name in asked if name in theirs and theirs[name] != asked[name]]
    return all(mine.get(name) == theirs[name] for name in changed)


def _changed(data: bytes, asked: Mapping[str, tuple[str, ...]], starters: tuple[bytes, ...]) -> int:
    """How many functions of the starter a file defines in other words; of a starter without any, whether it differs."""
    if not asked:
        return int(all(_words(data) != _words(starter) for starter in starters))
    mine = _blocks(data)
    return sum(1 for name, words in asked.items() if name in mine and mine[name] != words)


def _blocks_of(starters: tuple[bytes, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for starter in starters:
        found.update(_blocks(starter))
    return found


@lru_cache(maxsize=256)
def _words(data: bytes) -> tuple[str, ...]:
    return exact_words(_text(data))


@lru_cache(maxsize=256)
def _blocks(data: bytes) -> dict[str, tuple[str, ...]]:
    """A name to the words of the function or class at the top level that has it; the last one of a name counts."""
    found: dict[str, tuple[str, ...]] = {}
    name, block = "", list[str]()
    for word in (*_words(data), "\n0"):
        if word.startswith("\n") and word == "\n0":
            if name:
                found[name] = tuple(block)
            name, block = "", []
            continue
        block.append(word)
        if (len(block) == 2 and block[0] in ("def", "class")) or (len(block) == 3 and block[:2] == ["async", "def"]):
            name = word
    return found


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if cells.is_notebook(text):
        try:
            text = "\n".join(cells.notebook(text).code)
        except (ValueError, RecursionError):
            return text
    return text.replace("\r\n", "\n").replace("\r", "\n")
