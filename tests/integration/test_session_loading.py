"""Loading a submission in the real jail: what a bad statement costs, and what submissions bring along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import torch

from autograder.errors import StudentError
from autograder.records import Limits, LoadProblem, LoadReport
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote

pytestmark = pytest.mark.jail

LIMITS = Limits(call_seconds=0.6, submission_seconds=30.0, memory_mib=512, restarts=6)

Load = Callable[..., tuple[Session, LoadReport]]


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


@pytest.fixture
def load(zygote: Zygote) -> Iterator[Load]:
    """Load one source (or several files) as a submission."""
    sessions: list[Session] = []

    def start(source: str | bytes, main: str = "work.py", **siblings: str) -> tuple[Session, LoadReport]:
        session = Session(zygote, LIMITS, seed=0)
        sessions.append(session)
        files = {main: source if isinstance(source, bytes) else source.encode()}
        files |= {name.replace("_in_", "/") + ".py": text.encode() for name, text in siblings.items()}
        return session, session.load(files, main)

    yield start
    for session in sessions:
        session.close()


def notebook(*cells: str) -> str:
    """A notebook of these code cells, with markdown between them."""
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    mixed = [
        cell for pair in zip(code, [{"cell_type": "markdown", "source": "x"}] * len(code), strict=True) for cell in pair
    ]
    return json.dumps({"nbformat": 4, "cells": mixed})


def value(session: Session, name: str, *args: object) -> object:
    return session.call(name, args, {}).value


def only(report: LoadReport) -> LoadProblem:
    (problem,) = report.problems
    return problem


def test_a_failing_statement_costs_only_what_depends_on_it(load: Load) -> None:
    """Its place, source, message and the names it would have defined are reported; the rest runs."""
    session, report = load("a = 1\nb = a / 0\n\ndef f(): return a\ndef g(): return b\n")
    assert only(report) == LoadProblem(
        kind="error",
        file="work.py",
        line=2,
        column=5,
        message="ZeroDivisionError: division by zero",
        source="b = a / 0",
        names=("b",),
    )
    assert report.names == ("a", "f", "g")
    assert value(session, "f") == 1
    with pytest.raises(StudentError, match="NameError"):
        value(session, "g")


def test_the_line_is_that_of_the_top_level_code_within_its_statement(load: Load) -> None:
    """Not that of the function it calls, nor the statement's first."""
    _, report = load("def f():\n    return {}['k']\n\nfor i in range(3):\n    x = (1,\n         f())\n")
    assert (only(report).line, only(report).names) == (6, ("i", "x"))


def test_a_syntax_error_costs_its_block_and_tells_where(load: Load) -> None:
    """Line, column, the parser's words and the names that are lost; the rest runs."""
    session, report = load("x = 1\ndef f(:\n    pass\n")
    problem = only(report)
    assert (problem.kind, problem.line, problem.column, problem.source) == ("syntax", 2, 7, "def f(:")
    assert problem.message == (
        "SyntaxError: invalid syntax. Until it is mended, f and what needs it is lost; the rest runs"
    )
    assert problem.names == ("f",)
    assert session.has("x") and not session.has("f")


@pytest.mark.parametrize("source", ["", " \n\t\n", "# only a comment\n", '"""only a docstring"""\n'])
def test_an_empty_file_is_reported_as_empty(load: Load, source: str) -> None:
    """Also one that holds no code."""
    assert only(load(source)[1]).kind == "empty"


@pytest.mark.parametrize(
    "source",
    ["x = " + "(" * 5_000 + ")" * 5_000, "x = " + "-" * 100_000 + "1", "x = 'a\0b'", "x = " + "1+" * 50_000 + "1"],
    ids=["brackets", "signs", "null byte", "sum"],
)
def test_a_file_that_no_parser_bears_is_a_problem_not_a_crash(load: Load, source: str) -> None:
    """It is parsed inside the jail, and whatever happens there is reported or contained."""
    session, report = load(source + "\n")
    assert len(report.problems) <= 1
    assert not session.has("never")


def test_a_main_guard_does_not_run(load: Load) -> None:
    """A module's name is its own, as when it is imported."""
    session, report = load("x = 1\nif __name__ == '__main__':\n    x = 2\ndef f(): return x, __name__, __file__\n")
    assert report.problems == ()
    assert value(session, "f") == (1, "work", "/work/work.py")


@pytest.mark.parametrize("main", ["torch.py", "random.py", "my work (2).py", "Lösung.py"])
def test_any_file_name_will_do(load: Load, main: str) -> None:
    """A name that would shadow a library, or that is no identifier, does no harm."""
    session, report = load("import random, torch\ndef f(): return float(torch.ones(1)) + random.randint(2, 2)\n", main)
    assert report.problems == ()
    assert value(session, "f") == 3


def test_the_last_of_two_definitions_counts(load: Load) -> None:
    """As in Python."""
    assert value(load("def f(): return 1\ndef f(): return 2\n")[0], "f") == 2


def test_dataclasses_under_future_annotations_work(load: Load) -> None:
    """The module is in sys.modules, and the flag reaches the statements after it."""
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\nfrom typing import ClassVar\n"
        "@dataclass\nclass C:\n    n: ClassVar[int] = 5\n    x: Undefined = 1\n"
        "def f(): return C().x, C.__annotations__['x']\n"
    )
    session, report = load(source)
    assert report.problems == ()
    assert value(session, "f") == (1, "Undefined")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("# größe\ndef f(): return 'ü'\n".encode("latin-1"), "encoding"),
        ("# -*- coding: latin-1 -*-\ndef f(): return 'ü'\n".encode("latin-1"), None),
        ("\ufeff# größe\r\ndef f(): return 'ü'\r\n".encode(), None),
        ("def f(): return 'ü'\n".encode("utf-16"), None),
        ("# -*- coding: nonsense -*-\ndef f(): return 'ü'\n".encode("latin-1"), "encoding"),
        ("# -*- coding: zlib -*-\ndef f(): return 'ü'\n".encode("latin-1"), "encoding"),
    ],
    ids=["latin-1", "declared latin-1", "byte order mark", "utf-16", "unknown codec", "codec that is none"],
)
def test_files_of_any_encoding_run(load: Load, data: bytes, problem: str | None) -> None:
    """By their declaration; as latin-1, with a note, where they are neither declared nor UTF-8."""
    session, report = load(data)
    assert [found.kind for found in report.problems] == ([problem] if problem else [])
    assert value(session, "f") == "ü"


def test_greek_names_and_tabs_are_fine(load: Load) -> None:
    """Identifiers are what Python says they are."""
    assert value(load("β = 0.5\ndef f():\n\treturn β\n")[0], "f") == 0.5


def test_a_notebook_runs_cell_by_cell_and_loses_only_what_fails(load: Load) -> None:
    """Magics are dropped, a cell that does not parse is skipped, a failing statement costs itself."""
    session, report = load(
        notebook(
            "%matplotlib inline\n!pip install torch\nimport torch",
            "def f(x):\n    return 2 * x\n%time y = f(4)",
            "def broken(:\n    pass",
            "%%bash\nrm -rf /",
            "a = 1\nb = undefined\nc = 3",
            "get_ipython().system('ls')\nprint(f(1))",
            "def g():\n    return a + c + y\ng()",
        ),
        "work.ipynb",
    )
    assert [(problem.kind, problem.cell, problem.line) for problem in report.problems] == [
        ("syntax", 3, 1),
        ("note", None, 1),
        ("error", 5, 2),
    ]
    assert "cell 4, line 1: %%bash" in report.problems[1].message
    assert "broken and what needs it is lost" in report.problems[0].message
    assert value(session, "g") == 12
    assert torch.equal(value(session, "f", torch.ones(2)), torch.full((2,), 2.0))
    assert session.stdout == "2\n"


def test_a_frame_in_a_notebook_names_its_cell(load: Load) -> None:
    """So that a student finds the line."""
    session, _ = load(notebook("x = 1", "def f():\n    raise ValueError('here')"), "work.ipynb")
    with pytest.raises(StudentError) as caught:
        value(session, "f")
    assert str(caught.value.frames[-1]) == "work.ipynb, cell 2, line 2 in f: raise ValueError('here')"


@pytest.mark.parametrize("text", ["", "print(1)", "{}", '{"cells": 3}', "[" * 50_000])
def test_what_is_no_notebook_is_reported(load: Load, text: str) -> None:
    """With a kind of its own; a script is read as what it is, with a note."""
    assert only(load(text, "work.ipynb")[1]).kind in (("note",) if text == "print(1)" else ("empty", "format"))


def test_sibling_files_can_be_imported(load: Load) -> None:
    """As modules and packages; their own problems are reported with their own file."""
    session, report = load(
        "import helper\nfrom tools.more import g\nfrom tools import h\ndef f(): return helper.one() + g() + h()\n",
        helper="def one(): return 1\nbad = 1 / 0\n",
        tools_in___init__="from .more import g\ndef h(): return 100\n",
        tools_in_more="def g(): return 10\n",
    )
    assert value(session, "f") == 111
    assert (only(report).file, only(report).line) == ("helper.py", 2)


def test_a_missing_sibling_is_named(load: Load) -> None:
    """The message says which file was not handed in."""
    _, report = load("import numpy\nfrom my_utils import helper\nx = 1\n")
    assert "my_utils.py was not handed in" in only(report).message
    assert only(report).names == ("helper",)


def test_what_submissions_import_at_the_top_is_there_or_fails_late(load: Load) -> None:
    """torchvision, IPython, Colab, tqdm and matplotlib cost nothing unless a graded function needs what is absent."""
    session, report = load(
        "import torchvision\nimport torchvision.transforms as T\nfrom torchvision import datasets\n"
        "from IPython.display import display, clear_output\nfrom google.colab import drive\ndrive.mount('/content')\n"
        "from tqdm.auto import tqdm, trange\nfrom tqdm import tqdm as bar\nimport matplotlib\nmatplotlib.use('TkAgg')\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('x.png')\nplt.show()\ndisplay(plt.gcf())\n"
        "total = sum(tqdm([1, 2, 3])) + sum(bar([1])) + sum(trange(3))\n"
        "def f(): return total\ndef g(): return T.Compose([])\n"
    )
    assert report.problems == ()
    assert value(session, "f") == 10
    assert session.stdout == session.stderr == ""
    with pytest.raises(StudentError, match=r"torchvision.transforms.Compose is not available"):
        value(session, "g")


def test_keyboard_and_command_line_are_empty(load: Load) -> None:
    """argparse sees no arguments of ours; input() says what to do instead; exits cost only themselves."""
    session, report = load(
        "import argparse, sys\np = argparse.ArgumentParser()\np.add_argument('--n', type=int, default=3)\n"
        "n = p.parse_args().n\nq = argparse.ArgumentParser()\nq.add_argument('must')\nm = q.parse_args()\n"
        "name = input('who? ')\nsys.exit(1)\ndef f(): return n\n"
    )
    assert value(session, "f") == 3
    assert [(problem.line, problem.names) for problem in report.problems] == [(7, ("m",)), (8, ("name",)), (9, ())]
    assert "take the value as a parameter" in report.problems[1].message


def test_a_statement_that_hangs_is_stopped_and_the_rest_runs(load: Load) -> None:
    """It is left out when the submission is loaded again."""
    session, report = load("def f(): return 1\nwhile True:\n    pass\ndef g():\n    import os\n    os._exit(1)\n")
    assert (only(report).kind, only(report).line) == ("timeout", 2)
    assert value(session, "f") == 1


@pytest.mark.parametrize(
    ("statement", "kind", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "error", "SIGSEGV"),
        ("__import__('os')._exit(5)", "error", "exit code 5"),
        ("x = sum(range(10**12))", "timeout", "too much time"),
    ],
)
def test_a_statement_that_ends_the_process_costs_itself(load: Load, statement: str, kind: str, words: str) -> None:
    """A second worker leaves it out and reports it."""
    session, report = load(f"def f(): return 1\n{statement}\ndef g(): return 2\n")
    assert (only(report).kind, only(report).line) == (kind, 2)
    assert words in only(report).message
    assert (value(session, "f"), value(session, "g")) == (1, 2)


def test_a_literal_cuda_device_says_what_to_write(load: Load) -> None:
    """The most common slip of submissions that were written on another machine."""
    session, _ = load("import torch\ndef f(x): return x.to('cuda')\n")
    with pytest.raises(StudentError, match=r"write \.to\(x\.device\)"):
        value(session, "f", torch.ones(1))


def test_results_under_no_grad_and_with_gradients_come_back_plain(load: Load) -> None:
    """Decorators of torch leave no trace in what is graded."""
    session, report = load(
        "import torch\n@torch.no_grad()\ndef a(x): return x * 2\n@torch.inference_mode()\ndef b(x): return x * 2\n"
        "w = torch.nn.Linear(2, 2)\ndef c(x): return w(x) * 0 + 2\n@torch.autocast('cpu')\ndef d(x): return x @ x.T\n"
    )
    assert report.problems == ()
    for name in "abc":
        result = value(session, name, torch.ones(1, 2))
        assert torch.equal(result, torch.full((1, 2), 2.0)) and not result.requires_grad
    assert value(session, "d", torch.ones(1, 2)).dtype is torch.bfloat16


def test_libraries_that_are_imported_when_needed_work_and_leave_nothing(load: Load) -> None:
    """Plots, and torch's compiler, which makes folders in the workers' own one when it is imported"""
    session, report = load(
        "import os, torch\nimport matplotlib.pyplot as plt\nfrom torch.func import vmap\n"
        "left = os.listdir('.')\nplt.plot([1, 2])\n"
        "def double(x): return vmap(lambda row: 2 * row)(x)\n"
        "def found(): return left\n"
    )
    assert report.problems == ()
    assert torch.equal(session.call("double", [torch.ones(3, 2)], {}).value, torch.full((3, 2), 2.0))
    assert session.call("found", [], {}).value == ["work.py"] or session.call("found", [], {}).value == []
