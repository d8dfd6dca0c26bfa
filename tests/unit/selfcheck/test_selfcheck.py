"""The public examples: what a student sees in a terminal and in a notebook, without course, suite or jail."""

import json
import os
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
import torch

from autograder.errors import UsageError
from autograder.selfcheck.examples import docstrings, handed_out
from autograder.selfcheck.file import load
from autograder.selfcheck.run import State, try_examples
from autograder.student import check

HANDED_OUT = {"double": ">>> double([1, 2, 3])\n[2, 4, 6]\n"}


def double_right(x):
    """Twice.

    >>> values = [1, 2]
    >>> double_right(values)
    [2, 4]
    """
    return [2 * v for v in x]


def double_wrong(x):
    """Twice.

    >>> double_wrong([[1.0, 2.0], [3.0, 4.0]])
    [[2.0, 4.0], [6.0, 8.0]]
    """
    return (np.array(x) + 1).tolist()


def unwritten(x):
    """Twice.

    >>> unwritten(1)
    2
    """
    raise NotImplementedError


def broken(x):
    """Twice.

    >>> broken(1)
    2
    """
    return x / 0


@torch.no_grad()
def decorated(x):
    """Twice.

    >>> decorated(torch.ones(2)).tolist() == double_right([1, 1])
    True
    """
    return 2 * x


def bare(x):
    return x


def refuses(x):
    """Refuse.

    >>> refuses(1)
    Traceback (most recent call last):
    ValueError: no
    """
    raise ValueError("no")


def shows(x):
    """Print.

    >>> shows(1)
    one 1
    """
    sys.stdout.write(f"two {x}\n")


def test_right_examples_are_counted():
    """Two lines of an example count as two."""
    report = check(double_right)
    assert report.passed
    assert str(report) == "double_right: right (2 examples)"


def test_an_example_of_a_decorated_function_finds_the_names_of_its_file():
    """Not those of the module that the decorator comes from"""
    assert str(check(decorated)) == "decorated: right (1 example)"


def test_a_wrong_value_is_explained_as_in_grading():
    """The message recognises what was done, and a picture is drawn."""
    report = check(double_wrong)
    assert report.state is State.WRONG
    assert "is wrong" in report.tried[-1].message
    assert "yours is 3" in report.tried[-1].message
    assert "<svg" in report._repr_html_()
    assert "<style>" in report._repr_html_()


@pytest.mark.parametrize(
    ("function", "state", "says"),
    [
        (unwritten, State.OPEN, "not written yet"),
        (broken, State.CRASHED, "ZeroDivisionError"),
        (bare, State.NONE, "copy the docstring"),
        (refuses, State.RIGHT, "right (1 example)"),
        (shows, State.WRONG, "two 1"),
    ],
)
def test_every_end_has_its_words(function, state, says):
    """Open, crashed, without an example, an expected error, and a wrong print are told apart."""
    report = check(function)
    assert report.state is state
    assert says in str(report)


def test_a_crash_names_the_students_line():
    """The line of the student's function that raised is shown."""
    assert "return x / 0" in str(check(broken))


def test_text_of_the_student_is_escaped_in_a_notebook():
    """Markup in an error does not become markup of the page."""

    def nasty(x):
        """Nasty.

        >>> nasty(1)
        2
        """
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in try_examples(nasty)._repr_html_()


@pytest.mark.parametrize("what", ["q_sample", 3, None])
def test_what_is_no_function_is_said(what):
    """A quoted name or a result gets a sentence that says what to write."""
    with pytest.raises(UsageError, match="without quotes"):
        check(what)


def test_nbgraders_validate_fails_what_is_not_right(monkeypatch):
    """An unwritten function and a wrong one are errors there, a right one says nothing; elsewhere nothing is raised"""

    def twice(x):
        """Twice x.

        >>> twice(2)
        4
        """
        return 2 * x

    def unwritten(x):
        """Not yet.

        >>> unwritten(2)
        4
        """
        raise NotImplementedError

    assert check(unwritten).state is State.OPEN
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert check(twice) is None
    with pytest.raises(AssertionError, match="unwritten: not written yet"):
        check(unwritten)


def test_examples_of_a_lost_docstring_come_from_the_starter(tmp_path):
    """From examples.json beside the file, or from the course around it."""
    (tmp_path / "examples.json").write_text(json.dumps(HANDED_OUT))

    def double(x):
        return [3 * v for v in x]

    assert try_examples(double, handed_out=handed_out(tmp_path)).state is State.WRONG
    starter = tmp_path / "assignments" / "one" / "release" / "one.py"
    starter.parent.mkdir(parents=True)
    starter.write_text('def double(x):\n    """Twice.\n\n    >>> double([1])\n    [2]\n    """\n')
    inside = tmp_path / "assignments" / "one" / "submitted" / "s01"
    inside.mkdir(parents=True)
    assert handed_out(inside, "one") == docstrings(starter.read_text())
    assert handed_out(inside, "two") == {}


def write(folder, name, source):
    file = folder / name
    file.write_text(dedent(source), "utf-8")
    return file


def test_a_bad_statement_costs_no_more_than_itself(tmp_path):
    """A line that raises is told with its place; the functions around it are there."""
    loaded = load(write(tmp_path, "one.py", "import nowhere_at_all\n\n\ndef f(x):\n    return x\n"))
    assert list(loaded.functions) == ["f"]
    assert loaded.problems == ("one.py, line 1: ModuleNotFoundError: No module named 'nowhere_at_all'",)


def test_a_notebook_with_magics_runs(tmp_path):
    """IPython's own lines are passed over, drawing cells do not draw."""
    cells = [["%matplotlib inline\n", "x = 1"], "def f(a):\n    return a + x", "if __name__ == '__main__':\n    1 / 0"]
    notebook = {"cells": [{"cell_type": "code", "source": source} for source in cells]}
    loaded = load(write(tmp_path, "one.ipynb", json.dumps(notebook)))
    assert loaded.problems == ()
    assert loaded.functions["f"](1) == 2


@pytest.mark.parametrize(("name", "text"), [("one.ipynb", "{}"), ("one.txt", ""), ("gone.py", None)])
def test_a_file_that_cannot_be_run_is_said(tmp_path, name, text):
    """No notebook, no Python, no file: a sentence each."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=name):
        load(tmp_path / name)


def grade_check(*words, cwd):
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "check", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, env=os.environ | {"PATH": ""})


def test_the_command_tells_and_draws(tmp_path):
    """`grade check` in a folder without a course: exit 1, the message, and a picture as a file."""
    write(tmp_path, "one.py", "def double(x):\n    return [3 * v for v in x]\n")
    (tmp_path / "examples.json").write_text(json.dumps(HANDED_OUT))
    done = grade_check("one.py", "--pictures", "seen", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "double: not right yet" in done.stdout
    assert (tmp_path / "seen" / "double.svg").read_text().startswith("<svg")
    told = json.loads(grade_check("one.py", "double", "--json", cwd=tmp_path).stdout)
    assert told["functions"][0]["state"] == "not right yet"
    assert grade_check("one.py", "triple", cwd=tmp_path).returncode == 2


def test_checking_needs_a_small_install():
    """Neither pytest, nbgrader, nor what only an instructor has is imported for a check."""
    heavy = "pytest nbgrader jinja2 pydantic diffusers nbformat jupytext"
    code = "import sys, autograder.student, autograder.selfcheck.file\n"
    code += f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


CLASSES = """
import functools


class Stack:
    \'\'\'Holds things.

    >>> stack = Stack()
    >>> stack.push(3)
    >>> len(stack)
    1
    \'\'\'

    def __init__(self):
        self.items = []

    def push(self, item):
        \'\'\'Put one on top.

        >>> stack = Stack()
        >>> stack.push(1)
        >>> stack.items
        [1]
        \'\'\'
        self.items.append(item)

    def __len__(self):
        return len(self.items)


class Queue:
    \'\'\'Holds things.

    >>> len(Queue())
    0
    \'\'\'


@functools.cache
def fib(n):
    \'\'\'The n-th.

    >>> fib(10)
    55
    \'\'\'
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def table(n):
    \'\'\'Rows.

    >>> table(7)  # doctest: +ELLIPSIS
    7 x 1 = 7
    ...
    7 x 9 = 63
    >>> table(8)  # doctest: +SKIP
    nothing
    \'\'\'
    for i in range(1, 10):
        print(n, "x", i, "=", n * i)
"""


def tried_in_classes(tmp_path, source):
    (tmp_path / "work.py").write_text(source)
    loaded = load(tmp_path / "work.py")
    return {name: try_examples(function, loaded.namespace) for name, function in loaded.functions.items()}


def test_examples_of_classes_and_under_decorators_and_with_options(tmp_path):
    """A class's examples and its methods' are tried, a cached function's too; options mean what doctest means."""
    reports = tried_in_classes(tmp_path, CLASSES)
    states = {name: report.state for name, report in reports.items()}
    assert states == {"Stack": State.RIGHT, "Queue": State.OPEN, "fib": State.RIGHT, "table": State.RIGHT}
    assert len(reports["Stack"].tried) == 6 and len(reports["table"].tried) == 1


def test_a_wrong_class_is_told(tmp_path):
    """The example that differs, in the class's own docstring or in a method's."""
    wrong = CLASSES.replace("self.items.append(item)", "self.items = [item, item]").replace("n < 2", "n < 3")
    reports = tried_in_classes(tmp_path, wrong.replace("range(1, 10)", "range(1, 9)"))
    assert [reports[name].state for name in ("Stack", "fib", "table")] == [State.WRONG] * 3


def test_examples_of_a_class_in_the_starter():
    """Kept for a class that lost its docstring, those of its methods among them."""
    found = docstrings(CLASSES)
    assert set(found) == {"Stack", "Queue", "table"} | {"fib"}
    assert "stack.items" in found["Stack"]
