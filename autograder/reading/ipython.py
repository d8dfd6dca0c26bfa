"""IPython in a cell or in a script that was exported from one, turned into Python line for line.

The rules are IPython's (core/inputtransformer2.py of IPython 9, against which the tests hold them): `%`, `!` and `?` at
the start of a logical line, `name = %magic`, `name = !command`, `%%magic` on a cell's first line, prompts, indents.
What has an effect on names becomes what IPython makes of it, a call of `get_ipython()`; the rest is left out.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

RUN_BODY = frozenset({"time", "capture", "prun", "memit", "mprun", "lprun", "debug"})  # the cell is Python and runs
# Line magics that change what names mean or where files are.
_EFFECTIVE = frozenset({"run", "pylab", "cd", "env", "set_env"})
# Lines that nobody misses: told to nobody when they are left out.
# fmt: off
_SILENT = frozenset(
    (
        "matplotlib", "config", "load_ext", "reload_ext", "autoreload", "pip", "conda", "timeit", "pwd", "ls", "who",
        "whos", "who_ls", "history", "reset_selective", "precision", "xmode", "doctest_mode", "colors", "pinfo",
        "pinfo2", "psearch", "lsmagic", "magic", "quickref", "unload_ext", "watermark", "html", "css", "javascript",
        "js", "svg", "latex", "markdown",
    )
)
# fmt: on
_SILENT_COMMANDS = re.compile(
    r"(?:sudo\s+)?(?:\S*python\S*\s+-m\s+)?(?:pip3?|conda|mamba|uv|apt|apt-get|nvidia-smi|ls|pwd|echo|date)\b"
)
_AUTOMAGIC = re.compile(r"^(?:pip3?|conda|mamba)\s+\w|^(?:cd|ls|mkdir|cat|cp|mv|rm|run|load_ext|matplotlib)\s+[\w./~-]")

_MAGIC = re.compile(r"(?P<indent>\s*)(?P<mark>%{1,2}|!{1,2}|\?{1,2})(?P<rest>.*)", re.DOTALL)
_ASSIGNED = re.compile(r"(?P<target>\s*[^\W\d][\w.,\s*\[\]'\"]*?)=\s*(?P<mark>%|!)(?P<rest>[^=].*|)$", re.DOTALL)
_HELP = re.compile(r"(?P<indent>\s*)%{0,2}[^\W\d]\w*(?:\.\w+|\[-?\d+\])*\s*\?{1,2}\s*$")
_PROMPT = re.compile(r"(?:>>> ?|\.\.\.(?: |$)|In \[\d+\]: ?|   \.\.\.+: ?)")
_FIRST_PROMPT = re.compile(r"(?:>>>(?: |$)|In \[\d+\]:)")
_CELL_MARK = re.compile(r"#\s?(?:%%|In\s?\[)")
_COMMENTED_OUT = "# Commented out IPython magic"
# Never inside brackets: a line of this kind means that a bracket was left open above it.
_BEGINS_ANEW = re.compile(
    r"(?:def|class|import|from)\s+\w|async\s+def\s|@\w|![A-Za-z]|%(?:matplotlib|load_ext|time|run|pip)\b"
)
_PIECE = re.compile(r"#.*|'''|\"\"\"|'(?:\\.|[^'\\])*'?|\"(?:\\.|[^\"\\])*\"?|[()\[\]{}]|\\$|[^#'\"()\[\]{}\\]+|.")
# The head that jupytext writes, and what it comments out of the code below: magics, commands, words of a shell.
_JUPYTEXT = re.compile(r"\A(?:#[!:\w -][^\n]*\n)*# ---\n(?:#[^\n]*\n)*?#\s+jupytext:")
_PAIRED_MAGIC = re.compile(
    r"# (?:%{1,2}(?:run|cd|pylab|env|set_env|time|prun|writefile|file)\b|[^\W\d]\w*\s*=\s*[%!]\s*[A-Za-z])"
)
_PAIRED_PYTHON = re.compile(r"# (?:cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren)\s+[^\w\s,]")
MAX_NESTED = 5


@dataclass(slots=True, kw_only=True)
class Translated:
    """source: the Python, line for line where it was; None if the cell is another language's.

    left_out: line and text of what was taken out and could be missed. file: the name, the text and whether to append,
    where the cell writes a file.
    """

    source: str | None
    left_out: list[tuple[int, str]] = field(default_factory=list)
    file: tuple[str, str, bool] | None = None


def translate_cell(cell: str, nested: int = 0) -> Translated:
    """One cell of a notebook."""
    lines = _without_indent(_without_prompts(cell.split("\n")))
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not lines[first].startswith("%%") or nested > MAX_NESTED:
        return translate(lines)
    name, _, arguments = lines[first][2:].strip().partition(" ")
    body = "\n".join(lines[first + 1 :])
    if name in RUN_BODY:
        inner = translate_cell(body, nested + 1)
        above = ["", *[""] * first]
        inner.source = None if inner.source is None else "\n".join([*above, inner.source])
        inner.left_out = [(line + first + 1, text) for line, text in inner.left_out]
        return inner
    said = [(first + 1, lines[first].strip())]
    if name in ("writefile", "file"):
        words = arguments.split()
        target = next((word for word in words if not word.startswith("-")), "").strip("'\"")
        return Translated(source=None, left_out=said, file=(target, body, "-a" in words or "--append" in words))
    return Translated(source=None, left_out=[] if name in _SILENT else said)


def translate_script(text: str, stem: str = "") -> tuple[str, list[tuple[int, str]], list[tuple[str, str, bool]]]:
    """A script that Colab, VS Code, jupytext or nbconvert made of a notebook: its Python, what was left out, files.

    stem: a `%%writefile` of <stem>.py is code in its place.
    """
    lines = _uncommented(text.split("\n"))
    marks = [number for number, line in enumerate(lines) if _CELL_MARK.match(line)]
    python: list[str] = []
    left_out: list[tuple[int, str]] = []
    files = []
    for begin, end in zip([0, *marks], [*marks, len(lines)], strict=True):
        part = lines[begin:end]
        head = 1 if part and _CELL_MARK.match(part[0]) else 0
        done = translate_cell("\n".join(part[head:])) if head else translate(part)
        if done.file and stem and done.file[0].rpartition("/")[2] == f"{stem}.py":
            body = done.file[1].split("\n")
            done = Translated(source="\n".join([*[""] * (len(part) - head - len(body)), *body]))
        elif done.file:
            files.append(done.file)
        left_out += [(line + begin + head, told) for line, told in done.left_out]
        new = [] if done.source is None else done.source.split("\n")
        python += [*part[:head], *new, *[""] * (len(part) - head - len(new))][: len(part)]
    return "\n".join(python), left_out, files


def translate(lines: list[str]) -> Translated:
    """Line magics, commands and questions, wherever a logical line begins."""
    new: list[str] = []
    left_out: list[tuple[int, str]] = []
    depth, quote, continued = 0, "", False
    number = 0
    while number < len(lines):
        line = lines[number]
        if depth and not quote and _BEGINS_ANEW.match(line):
            depth = 0
        taken = None if quote or depth or continued else _escaped(lines, number)
        if taken is None:
            depth, quote, continued = _advance(line, depth, quote)
            new.append(line)
            number += 1
            continue
        python, count, missed = taken
        if missed:
            left_out.append((number + 1, " ".join(lines[number].split())[:80]))
        new += [python, *[""] * (count - 1)]
        number += count
    return Translated(source="\n".join(new), left_out=left_out)


def unpaired(text: str) -> tuple[str, list[tuple[int, str]]]:
    """A script that jupytext wrote, with the lines back that it comments out, and which of them were plain Python.

    It takes `cp *= 2` for the shell's cp (seen in jupytext 1.19.6). Only what binds a name is taken back; jupytext
    itself takes back every such line when it opens the script as a notebook.
    """
    lines = text.split("\n")
    python: list[tuple[int, str]] = []
    if not _JUPYTEXT.match(text):
        return text, python
    for number, line in enumerate(lines):
        if _PAIRED_MAGIC.match(line):
            lines[number] = line[2:]
        elif _PAIRED_PYTHON.match(line) and _binds(line[2:]):
            lines[number] = line[2:]
            python.append((number + 1, line[2:]))
    return "\n".join(lines), python


def _binds(line: str) -> bool:
    try:
        body = ast.parse(line).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return len(body) == 1 and isinstance(body[0], (ast.Assign, ast.AugAssign))


def automagic(line: str) -> bool:
    """Whether a line that is no Python is a command that IPython takes without a mark: `pip install torch`."""
    return _AUTOMAGIC.match(line) is not None


def _escaped(lines: list[str], number: int) -> tuple[str, int, bool] | None:
    """The Python for a line of IPython's, how many lines it took, and whether somebody may miss it. None for Python."""
    text, count = lines[number], 1
    start = _MAGIC.match(text) or _ASSIGNED.match(text)
    if start is None:
        help_line = _HELP.match(text)
        return (help_line["indent"] + "pass", 1, False) if help_line else None
    while text.endswith("\\") and number + count < len(lines):
        text = text[:-1] + " " + lines[number + count]
        count += 1
    assigned = _ASSIGNED.match(text) if _MAGIC.match(text) is None else None
    if assigned is not None:
        return f"{assigned['target']}= {_value(assigned['mark'], assigned['rest'].strip())}", count, False
    match = _MAGIC.match(text)
    assert match is not None
    indent, mark, rest = match["indent"], match["mark"], match["rest"].strip()
    name, _, arguments = rest.partition(" ")
    if mark == "%" and not rest:
        return indent + "pass", count, False
    if mark == "%%":  # only on a cell's first line; what its body may be is Python all the same
        return indent + "pass", count, name not in RUN_BODY | _SILENT
    if mark == "%" and name in ("time", "prun", "memit") and arguments and not arguments.startswith("-"):
        return indent + arguments.strip(), count, False
    if mark == "%" and name in _EFFECTIVE:
        return f"{indent}get_ipython().run_line_magic({name!r}, {arguments.strip()!r})", count, False
    missed = (mark == "%" and name not in _SILENT) or (mark[0] == "!" and not _SILENT_COMMANDS.match(rest))
    return indent + "pass", count, missed


def _value(mark: str, rest: str) -> str:
    name, _, arguments = rest.partition(" ")
    if mark == "%" and name == "time" and arguments.strip():
        return arguments.strip()
    if mark == "%":
        return f"get_ipython().run_line_magic({name!r}, {arguments.strip()!r})"
    return f"get_ipython().getoutput({rest!r})"


def _advance(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """What is open at the end of a line: brackets, a text in three quotes, a backslash."""
    place = 0
    while place < len(line):
        if quote:
            end = _closing(line, quote, place)
            if end < 0:
                return depth, quote, False
            quote, place = "", end
            continue
        match = _PIECE.match(line, place)
        if match is None:
            break
        piece, place = match.group(), match.end()
        if piece in ("'''", '"""'):
            quote = piece
        elif piece in "([{":
            depth += 1
        elif piece in ")]}":
            depth = max(0, depth - 1)
        elif piece == "\\" and place == len(line):
            return depth, "", True
    return depth, quote, False


def _closing(line: str, quote: str, place: int) -> int:
    """Where a text in three quotes ends, -1 if not in this line."""
    while place < len(line):
        if line[place] == "\\":
            place += 2
        elif line.startswith(quote, place):
            return place + 3
        else:
            place += 1
    return -1


def _without_prompts(lines: list[str]) -> list[str]:
    """A cell that was pasted with its prompts."""
    first = next((line for line in lines if line.strip()), "")
    if not _FIRST_PROMPT.match(first):
        return lines
    return [_PROMPT.sub("", line, count=1) if _PROMPT.match(line) else line for line in lines]


def _without_indent(lines: list[str]) -> list[str]:
    """A cell whose first line is indented, as when the body of a function was pasted."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    if not indent:
        return lines
    return [line[len(indent) :] if line.startswith(indent) else line for line in lines]


def _uncommented(lines: list[str]) -> list[str]:
    """Colab comments magics out when it exports, and with a cell's magic the whole cell."""
    new = list(lines)
    for number, line in enumerate(lines):
        if not line.startswith(_COMMENTED_OUT):
            continue
        end = number + 1
        while end < len(lines) and lines[end].startswith("#"):
            end += 1
        block = [text[2:] if text.startswith("# ") else text[1:] for text in lines[number + 1 : end]]
        if block and block[0].lstrip().startswith(("%", "!")):
            new[number] = "# %%" if block[0].startswith("%%") else line
            new[number + 1 : end] = block
            if block[0].startswith("%%") and end < len(lines):
                new[end] = new[end] if new[end].strip() else "# %%"
    return new
