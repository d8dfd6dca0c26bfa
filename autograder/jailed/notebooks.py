"""The code cells of a notebook and the IPython in them, by simple rules of our own: no notebook library in the jail."""

from __future__ import annotations

import ast
import json
import re

_RUN_BODY = {"time", "timeit", "capture", "prun"}  # cell magics whose cell is Python and runs
_MAGIC_LINE = re.compile(r"^(\s*)(?:%time\s+(?P<timed>\S.*)|[%!?].*|[^#'\"]*=\s*[%!].*|\??[\w.*]+\?\??\s*)$")
_MAX_MAGICS = 200


def code_cells(source: str) -> list[str]:
    """The sources of the code cells, in order. Raises ValueError for what is not a notebook."""
    notebook = json.loads(source)
    if not isinstance(notebook, dict):
        raise ValueError("the file holds no JSON object")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # format 3
        cells = [cell for sheet in notebook["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", [])]
    if not isinstance(cells, list):
        raise ValueError("the file has no list of cells")
    code = [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return [_text(cell.get("source", cell.get("input", ""))) for cell in code]


def _text(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n").replace("\r", "\n")


def without_magics(source: str) -> str | None:
    """The Python of a cell, line for line where it was; None for a cell that is another language's (`%%bash`).

    A cell that parses is left alone, so a `%` or `!` at the start of a line inside a text is safe. Otherwise the line
    at which the parser stops is replaced by `pass` if it looks like IPython, and the parser tries again.
    """
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        magic = lines[first].lstrip()[2:].split()
        if not magic or magic[0] not in _RUN_BODY:
            return None
        lines[first] = "pass"
    for _ in range(_MAX_MAGICS):
        try:
            ast.parse("\n".join(lines))
            break
        except SyntaxError as error:
            if not _replace(lines, error.lineno or 0):
                break
        except (ValueError, MemoryError, RecursionError):
            break
    else:
        for number in range(1, len(lines) + 1):
            _replace(lines, number)
    return "\n".join(lines)


def _replace(lines: list[str], number: int) -> bool:
    """Take the IPython out of one line, if it is such a line; `%time x = f()` keeps its statement."""
    if not 1 <= number <= len(lines):
        return False
    match = _MAGIC_LINE.match(lines[number - 1])
    if match is None:
        return False
    lines[number - 1] = match[1] + (match["timed"] or "pass")
    return True
