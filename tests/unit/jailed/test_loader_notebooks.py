"""Reading notebooks without a notebook library: which cells are code, and what remains of their IPython."""

from __future__ import annotations

import json

import pytest

from autograder.jailed import notebooks


def test_the_code_cells_come_in_order_and_markdown_is_left_out() -> None:
    """A source may be a list of lines or one text."""
    cells = [
        {"cell_type": "markdown", "source": "no"},
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        {"cell_type": "code", "source": "c = 3\r\n"},
        {"cell_type": "code"},
    ]
    assert notebooks.code_cells(json.dumps({"cells": cells})) == ["a = 1\nb = 2", "c = 3\n", ""]


def test_notebooks_of_format_3_keep_their_cells_in_worksheets() -> None:
    """Old notebooks call a cell's source its input."""
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "a = 1"}]}]}
    assert notebooks.code_cells(json.dumps(old)) == ["a = 1"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"cells": 5}', "print(1)", "[" * 100_000])
def test_what_is_not_a_notebook_is_an_error(text: str) -> None:
    """ValueError, or RecursionError for absurd nesting: never anything else."""
    with pytest.raises((ValueError, RecursionError)):
        notebooks.code_cells(text)


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("x = 1\n!pip install torch 'unclosed", "x = 1\npass"),
        ("?print\nprint?\ntorch.nn??\nx = 1", "pass\npass\npass\nx = 1"),
        ("files = !ls\nx = 1", "pass\nx = 1"),
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit f(1)\ny = 2", "pass\ny = 2"),
        ("if True:\n    %load_ext x\n    y = 1", "if True:\n    pass\n    y = 1"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("\n%%capture out\nx = 1", "\npass\nx = 1"),
        ("%cd (", "pass"),
        ("text = '''\n%d items\n!'''", "text = '''\n%d items\n!'''"),
        ("x = (7\n% 4)\n%pwd", "x = (7\n% 4)\npass"),
        ("x = 1 +", "x = 1 +"),
    ],
)
def test_ipython_is_taken_out_line_for_line(cell: str, python: str) -> None:
    """What is Python stays where it was, so that line numbers hold; texts and modulo signs are left alone."""
    assert notebooks.without_magics(cell) == python


@pytest.mark.parametrize("cell", ["%%bash\nls", "%%writefile a.py\nx = 1", "%%html\n<b>", "%%"])
def test_a_cell_in_another_language_is_no_python(cell: str) -> None:
    """It is skipped whole."""
    assert notebooks.without_magics(cell) is None


def test_a_cell_of_very_many_magics_takes_no_time() -> None:
    """Past a limit every line that looks like IPython goes at once."""
    assert set(notebooks.without_magics("%pwd\n" * 5_000 + "x = 1").split("\n")) == {"pass", "x = 1"}
