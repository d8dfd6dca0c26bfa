"""Which of several files is the work, and when a human is asked."""

from __future__ import annotations

import json

import pytest

from autograder.submissions.candidates import choose, format_of
from autograder.submissions.slim import SMALL, slim

STARTER = """# %% [markdown]
# # One
import math


def double(x):
    \"\"\"Twice x.\"\"\"
    raise NotImplementedError


def half(x):
    raise NotImplementedError


print(double)
"""
WORK = STARTER.replace("raise NotImplementedError", "return 2 * x", 1)
BETTER = WORK.replace("raise NotImplementedError", "return x / 2")
HELPER = "def tool(x):\n    return x\n"


def notebook(text: str, **cell: object) -> str:
    """A notebook of one code cell for each part of a script."""
    parts = text.split("\n\n\n")
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": part, **cell} for part in parts]})


STARTERS = (STARTER.encode(), notebook(STARTER).encode())


@pytest.mark.parametrize(
    ("files", "main", "asks"),
    [
        ({"one.py": WORK}, "one.py", ""),
        ({"one.py": STARTER}, "one.py", ""),
        ({"ONE.PY": WORK}, "ONE.PY", ""),
        ({"one.ipynb.txt": notebook(WORK)}, "one.ipynb.txt", ""),
        ({"one.py": STARTER.replace("\n", "\r\n"), "one.ipynb": notebook(WORK)}, "one.ipynb", ""),
        ({"one.py": STARTER.replace("Twice x.", "An earlier text."), "one.ipynb": notebook(WORK)}, "one.ipynb", ""),
        ({"one.py": "\ufeff# mine\n" + STARTER, "one.ipynb": notebook(WORK)}, "one.ipynb", ""),
        ({"one.py": STARTER.replace("print(double)", "print(half)"), "one.ipynb": notebook(WORK)}, "one.ipynb", ""),
        ({"one.ipynb": notebook(STARTER, outputs=["run"]), "one-Copy1.ipynb": notebook(WORK)}, "one-Copy1.ipynb", ""),
        ({"one.ipynb": notebook(STARTER), "Untitled.ipynb": notebook(WORK)}, "Untitled.ipynb", ""),
        ({"one.ipynb": notebook(WORK), "one.py": WORK}, "one.py", ""),
        ({"one.ipynb": notebook(BETTER), "one-Copy1.ipynb": notebook(WORK)}, "one.ipynb", ""),
        ({"one.ipynb": notebook(WORK), "one-Copy1.ipynb": notebook(BETTER)}, "one.ipynb", "different work"),
        ({"one.ipynb": notebook(WORK.replace("2 *", "3 *")), "one.py": WORK}, "one.py", "different work"),
        ({"one.ipynb": notebook(WORK), "tool.py": HELPER}, "one.ipynb", ""),
        ({"one.py": "from rest import half\n" + WORK, "rest.py": BETTER}, "one.py", ""),
        ({"one.ipynb": notebook("from parts.rest import *"), "parts/rest.py": BETTER}, "one.ipynb", ""),
        ({"one.ipynb": notebook("%run ./rest.py"), "rest.py": BETTER}, "one.ipynb", ""),
        (
            {"course/one/one.ipynb": notebook(WORK), "course/two/two.ipynb": notebook(HELPER)},
            "course/one/one.ipynb",
            "",
        ),
        ({"release/one.py": STARTER, "mine/one.py": WORK}, "mine/one.py", ""),
        ({"a.py": WORK, "b.py": WORK.replace("2", "3")}, "a.py", "different work"),
        ({"two.py": HELPER}, "two.py", "no function of one"),
        ({"two.py": WORK}, "two.py", "named after another assignment"),
        ({"a.py": HELPER, "b.py": HELPER}, "a.py", "no function of one"),
    ],
)
def test_the_file_in_which_functions_were_changed_is_the_work(files: dict[str, str], main: str, asks: str) -> None:
    """An untouched starter never beats work, and two files of different work are for a human to tell apart"""
    choice = choose("one", ("two",), {name: text.encode() for name, text in files.items()}, STARTERS)
    assert choice.main == main
    assert asks in choice.asks and bool(asks) == bool(choice.asks)
    assert choice.notes or main.lower() in ("one.py", "one.ipynb", "one.ipynb.txt")


def test_without_a_starter_the_names_decide() -> None:
    """A course that was never released; two names that say nothing ask a human"""
    assert choose("one", (), {"one.py": b"a = 1", "tool.py": b"b = 1"}, ()).main == "one.py"
    assert choose("one", (), {"a.py": b"a = 1", "b.py": b"b = 1"}, ()).asks


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.PY", "py"), ("a.IPYNB", "ipynb"), ("a.ipynb.json", "ipynb"), ("a.json", None), ("a.txt", None), ("a", None)],
)
def test_the_format_is_read_from_the_name_in_whatever_capitals(name: str, kind: str | None) -> None:
    """A browser's ending behind it does not matter"""
    assert format_of(name) == kind


def test_a_notebook_is_taken_without_what_it_shows() -> None:
    """The sources of its cells stay; small ones, and what is no notebook, stay as they are"""
    large = notebook(WORK, outputs=[{"data": {"image/png": "x" * SMALL}}]).encode()
    cells = json.loads(slim(large))["cells"]
    assert "".join(cell["source"] for cell in cells).replace("\n", "") == WORK.replace("\n", "")
    assert len(slim(large)) < SMALL
    assert slim(b"{" * SMALL * 2) == b"{" * SMALL * 2
    assert slim(notebook(WORK).encode()) == notebook(WORK).encode()
