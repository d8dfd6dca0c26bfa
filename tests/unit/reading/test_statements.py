"""What a text that does not parse loses, and which Python it was written for."""

from __future__ import annotations

import ast

import pytest

from autograder.reading.files import read
from autograder.reading.statements import parse
from autograder.reading.versions import other_python

RIGHT = "def f(x):\n    return 1\n\n\ndef g(x):\n    return 2\n"


@pytest.mark.parametrize(
    ("broken", "names"),
    [
        ("def h(x)\n    return 3\n", ("h",)),
        ("def h(:\n    pass\n", ("h",)),
        ("x = (1 +\n", ("x",)),
        ("x = [1, 2\ny = 3\n", ("x",)),
        ('def h():\n    """An open docstring\n    return 3\n', ("h",)),
        ("print 'old'\n", ()),
        ("class C:\n    def a(self):\n        return 1\n    def b(self:\n        return 2\n", ("b",)),
        ("if x:\nprint(1)\n", ()),
        ("<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> theirs\n", ()),
        ("def h():\n\treturn 1\n        return 2\n", ("h",)),
        ("x = 5 €\n", ("x",)),
    ],
)
def test_a_block_that_does_not_parse_is_lost_and_no_other(broken: str, names: tuple[str, ...]) -> None:
    """Before, between and behind right ones; its names and its line are told"""
    for text in (broken + "\n\n" + RIGHT, RIGHT + "\n\n" + broken, RIGHT + "\n\n" + broken + "\n\n" + RIGHT):
        body, lost = parse(text, "work.py")
        found = [statement.name for statement in body if isinstance(statement, ast.FunctionDef)]
        assert found.count("f") == found.count("g") == text.count("def f")
        assert lost and all(1 <= block.line <= text.count("\n") + 1 for block in lost)
        assert set(names) <= {name for block in lost for name in block.names}


def test_statements_keep_their_lines() -> None:
    """A traceback names the line of the file"""
    body, lost = parse("x = 1\ndef h(:\n    pass\ndef f():\n    return 1\n", "work.py")
    assert [(statement.lineno, type(statement).__name__) for statement in body] == [(1, "Assign"), (4, "FunctionDef")]
    assert lost[0].line == 2


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('print(f"{d["a"]}")', "3.12"),
        ("type Pair = tuple[int, int]", "3.12"),
        ("def first[T](x: list[T]) -> T:\n    return x[0]", "3.12"),
        ("class Box[T]:\n    pass", "3.12"),
        ("try:\n    x\nexcept ValueError, TypeError:\n    pass", "3.14"),
        ("name = t'{x}'", "3.14"),
        ("print 'a'", "2"),
        ("try:\n    x\nexcept ValueError, e:\n    print e", "2"),
        ("raise ValueError, 'no'", "2"),
        ("x = (1 +", ""),
        ("def f(:", ""),
        ("x = 'it''s", ""),
    ],
)
def test_the_python_that_a_text_was_written_for_is_named_where_it_is_proved(text: str, version: str) -> None:
    """Only where the text parses once that version's syntax is put in other words"""
    assert other_python(text) == version


def test_many_open_brackets_take_no_quadratic_time() -> None:
    """A budget bounds what is looked at more than once"""
    body, lost = parse("\n".join(f"x{n} = (" for n in range(3_000)), "work.py")
    assert body == [] and len(lost) == 3_000


def test_files_are_read_as_what_they_are() -> None:
    """A web page, an empty file and a script in a notebook's name"""
    assert [r.kind for r in read("a.ipynb", b"<!DOCTYPE html><html></html>").remarks] == ["format"]
    assert [r.kind for r in read("a.py", b"\n\n").remarks] == ["empty"]
    assert [r.kind for r in read("a.ipynb", b"x = 1\n").remarks] == ["note"]


def test_a_coding_that_python_does_not_know_is_told_as_that() -> None:
    """The text is UTF-8 all the same, and is read so; only what is not UTF-8 is told as that."""
    found = read("a.py", "# coding: klingon\nname = 'Zoë'\n".encode())
    assert [remark.message for remark in found.remarks] == [
        "its first lines name a coding that Python does not know; it was read as UTF-8. Take that line out"
    ]
    assert [ast.unparse(statement) for _, statement in found.statements] == ["name = 'Zoë'"]
    assert "is not UTF-8" in read("a.py", "name = 'Zoë'\n".encode("latin-1")).remarks[0].message
