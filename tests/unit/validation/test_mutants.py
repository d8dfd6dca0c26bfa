"""Slips put into a source: which ones, where, and that each is a program of its own."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.validation.mutants import Mutant, mutants_of, uses_of

REFERENCES = sorted((Path(__file__).resolve().parents[3] / "reference").glob("[a-z]*.py"))


def mutants(source: str) -> tuple[Mutant, ...]:
    """The mutants of an indented source."""
    return mutants_of(dedent(source))


def becomes(source: str) -> set[str]:
    """What the statements of a source become."""
    return {mutant.becomes for mutant in mutants(source)}


@pytest.mark.parametrize(
    ("body", "slips"),
    [
        ("return a * b", {"return a / b", "return a", "return b"}),
        ("return a < b", {"return a <= b", "return a >= b"}),
        ("return a and b", {"return a or b", "return a", "return b"}),
        ("return -a", {"return a"}),
        ("return a if c else b", {"return a", "return b"}),
        ("return 3", {"return 4", "return 2"}),
        ("return 0.5", {"return 1.0", "return 1.5"}),
        ("return True", {"return False"}),
        ("return 'x'", {"return ''"}),
        ("return a.sqrt()", {"return a"}),
        ("return sqrt(a)", {"return a"}),
        ("return f(a, b)", {"return f(b, a)", "return f(a)"}),
        ("return f(a, k=b)", {"return f(a)"}),
        ("return a[b:c]", {"return a[:c]", "return a[b:]"}),
        ("a += b", {"a -= b"}),
        ("return zip(a, strict=True)", set()),
    ],
)
def test_an_expression_has_the_slips_of_its_kind(body: str, slips: set[str]) -> None:
    """Operators are exchanged or dropped, numbers moved, calls and bounds left out; a guard of zip's is left alone."""
    found = becomes(f"def f(a, b, c):\n    {body}\n")
    assert slips <= found
    assert slips or found <= {"return a"}


def test_a_loop_may_never_run_start_late_or_stop_early() -> None:
    """A loop has three slips, each shown by the loop's head."""
    found = becomes("def f(a):\n    for x in a:\n        g(x, x)\n")
    assert {"for x in []:", "for x in list(a)[1:]:", "for x in list(a)[:-1]:"} <= found


def test_a_branch_may_be_taken_the_wrong_way() -> None:
    """The condition of an `if` is turned round."""
    assert "if not a:" in becomes("def f(a):\n    if a:\n        return b\n")


def test_defaults_are_mutated_but_annotations_docstrings_and_imports_are_not() -> None:
    """Only what runs when the function is called can be a slip."""
    found = mutants('''
        import math

        def f(a: "x" = 1) -> "y":
            """Doc."""
            return a
    ''')
    assert [mutant.becomes for mutant in found] == [
        "def f(a: 'x'=2) -> 'y':",
        "def f(a: 'x'=0) -> 'y':",
    ]


def test_what_an_exception_says_is_free() -> None:
    """Whether one is raised is not: the condition in front of it is mutated."""
    source = "def f(x):\n    if x < 0:\n        raise ValueError(f'{x} is too small: {x + 1}')\n    return x\n"
    assert {mutant.line for mutant in mutants_of(source)} == {2}


def test_a_decorated_function_is_known_by_its_own_head() -> None:
    """Else all slips in the defaults of decorated functions would read alike."""
    assert "def f(a=2):" in becomes("@g\n@h(1)\ndef f(a=1):\n    return a\n")


def test_a_mutant_says_where_it_is_and_what_changed() -> None:
    """Function, line of the original, statement before and after."""
    first = mutants("LIMIT = 2\n\ndef f(a):\n    return a * LIMIT\n")
    assert [(m.function, m.line, m.was, m.becomes) for m in first[:3:2]] == [
        ("LIMIT", 1, "LIMIT = 2", "LIMIT = 3"),
        ("f", 4, "return a * LIMIT", "return a / LIMIT"),
    ]
    assert str(first[0]) == "LIMIT, line 1: LIMIT = 2  ->  LIMIT = 3"


@pytest.mark.parametrize("file", REFERENCES, ids=lambda file: file.stem)
def test_every_mutant_of_a_reference_is_a_program_and_differs_from_all_others(file: Path) -> None:
    """Each differs from the original and from the others, and compiles; the original is put together again."""
    source = file.read_text("utf-8")
    found = mutants_of(source)
    sources = [mutant.source for mutant in found]
    assert len(set(sources)) == len(sources)
    assert ast.unparse(ast.parse(source)) not in sources
    for mutant in found:
        compile(mutant.source, file.name, "exec")


def test_a_name_needs_what_stands_behind_it_however_far() -> None:
    """A function needs itself, what it calls, and what that calls."""
    uses = uses_of("def a(): return b()\ndef b(): return c\nc = 1\ndef d(): return d()\n")
    assert uses == {
        "a": frozenset("abc"),
        "b": frozenset("bc"),
        "c": frozenset("c"),
        "d": frozenset("d"),
    }
