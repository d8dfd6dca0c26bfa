"""Suites as the plugin collects and runs them, on code we trust."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.connection import Connection
from textwrap import dedent
from typing import Any

import pytest
from stands_on import STANDS_ON, USES
from tiny_course import SUITE, TinyCourse

from autograder.errors import CourseError
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import dry_run

Row = tuple[str, str, float, str, str, str | None]
_FORK = multiprocessing.get_context("fork")


def run(course: TinyCourse, source: str = "", **options: Any) -> list[Row] | str:
    """The rows (id, outcome, points, message, title, fingerprint) of a rehearsal, or the text of a CourseError.

    In a fork, as in a grader: a suite is collected once in a process, and modules of its course stay loaded.
    """
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_rehearse, args=(sender, course, dedent(source), options))
    child.start()
    rows: list[Row] | str = receiver.recv()
    child.join()
    return rows


def _rehearse(sender: Connection, course: TinyCourse, source: str, options: dict[str, Any]) -> None:
    space: dict[str, Any] = {"__rehearsed__": True}
    exec(source, space)
    names = {name: value for name, value in space.items() if not name.startswith("_")}
    suite = course.root / "tests/suites/test_sums.py"
    for module in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        del sys.modules[module]
    try:
        results = collect(suite, course.root, lambda collected: dry_run(collected, names, **options))
    except CourseError as problem:
        sender.send(str(problem))
    else:
        sender.send([(r.id, str(r.outcome), r.points, r.message, r.title, r.fingerprint) for r in results])


def fingerprints(course: TinyCourse, source: str, **options: Any) -> str | None:
    """The fingerprint of the first check."""
    rows = run(course, source, **options)
    assert not isinstance(rows, str)
    return rows[0][5]


def outcomes(rows: object) -> list[tuple[str, str, float]]:
    """Just id, outcome and points."""
    assert isinstance(rows, list), rows
    return [row[:3] for row in rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nraise ValueError('no')\n", "sums.py:2: raises ValueError at import: no"),
        ("x = 1\n\ndef (:\n", "sums.py:3: raises SyntaxError at import"),
    ],
)
def test_a_reference_that_raises_is_the_courses_fault(tiny_course: TinyCourse, text: str, said: str) -> None:
    """It is named with its line, and nobody is graded with it."""
    (tiny_course.root / "reference" / "sums.py").write_text(text)
    told = run(tiny_course)
    assert isinstance(told, str)
    assert said in told


def test_the_reference_earns_every_point(tiny_course: TinyCourse) -> None:
    """Right work passes every check with its full points."""
    assert outcomes(run(tiny_course)) == [("add.values", "passed", 60), ("total.values", "passed", 40)]


def test_a_wrong_value_fails_and_a_raise_crashes(tiny_course: TinyCourse) -> None:
    """The two are told apart, and neither earns points."""
    rows = run(tiny_course, "def add(a, b): return a - b\ndef total(numbers): raise KeyError('x')")
    assert outcomes(rows) == [("add.values", "failed", 0), ("total.values", "crashed", 0)]
    assert "KeyError" in rows[1][3]


@pytest.mark.parametrize(
    ("given", "use", "told"),
    [
        ("None", "answer.deposit(3)", "add returned None, which has no `deposit`."),
        ("None", "answer[0]", "add returned None, and something else is needed."),
        ("3", "answer.deposit(3)", "add returned a number, which has no `deposit`."),
    ],
)
def test_an_answer_that_is_not_what_the_suite_uses_is_the_students(
    tiny_course: TinyCourse, given: str, use: str, told: str
) -> None:
    """Not an error of the suite, which would be ungraded."""
    tiny_course.write_suite(SUITE.replace("    a, b =", f"    answer = student.add(1, 2)\n    {use}\n    a, b =", 1))
    rows = run(tiny_course, f"def add(a, b):\n    return {given}\n")
    assert isinstance(rows, list), rows
    assert rows[0][1:4] == ("failed", 0, told)


def test_what_somebody_set_for_pytest_is_not_for_suites(
    tiny_course: TinyCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options and plugins of a shell's profile: some that suites could not start with."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--junitxml=own.xml -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "a_plugin_of_their_own")
    assert outcomes(run(tiny_course)) == [("add.values", "passed", 60), ("total.values", "passed", 40)]


def test_a_fault_of_the_suite_is_ungraded_and_never_points(tiny_course: TinyCourse) -> None:
    """An exception of the suite's own is our fault: ungraded, with no points either way."""
    suite = (tiny_course.root / "tests/suites/test_sums.py").read_text()
    tiny_course.write_suite(suite.replace('name="sum")', 'name="sum")\n    raise ZeroDivisionError("ours")'))
    rows = run(tiny_course)
    assert outcomes(rows)[0] == ("add.values", "ungraded", 0)
    assert "ZeroDivisionError: ours" in rows[0][3]


def test_a_slip_in_an_earlier_function_is_carried_forward(tiny_course: TinyCourse) -> None:
    """With a wrong `add`, the right `total` keeps its points; the check of `add` itself does not."""
    source = """
        def add(a, b): return a + b + 1
        def total(numbers):
            result = 0
            for n in numbers: result = add(result, n)
            return result
    """
    assert outcomes(run(tiny_course, source)) == [("add.values", "failed", 0), ("total.values", "failed", 0)]
    carried = run(tiny_course, source, carries=("add",))
    assert outcomes(carried) == [("add.values", "failed", 0), ("total.values", "passed", 40)]
    assert carried[1][3].startswith("Carried forward")


# Wrapped as `torch.no_grad()` wraps, in another module's globals; a step takes an object that cannot be handed over.
WRAPPED = """
import torch

class Purse:
    coins = 0

def add(a, b):
    return a + b

def put(purse, coin):
    purse.coins = add(purse.coins, coin)

@torch.no_grad()
def total(numbers):
    purse = Purse()
    for number in numbers:
        put(purse, number)
    return purse.coins
"""


def test_a_slip_is_carried_under_a_decorator_and_beside_objects(tiny_course: TinyCourse) -> None:
    """The reference's code is found behind a wrapper; a function that takes objects of ours stays the reference's."""
    (tiny_course.root / "reference" / "sums.py").write_text(WRAPPED)
    source = """
        def add(a, b): return a + b + 1
        def put(purse, coin): purse[0] = add(purse[0], coin)
        def total(numbers):
            purse = [0]
            for n in numbers: put(purse, n)
            return purse[0]
    """
    carried = run(tiny_course, source, carries=("add",))
    assert outcomes(carried) == [("add.values", "failed", 0), ("total.values", "passed", 40)]


def test_a_wrong_loop_over_a_right_step_is_not_carried(tiny_course: TinyCourse) -> None:
    """Putting the earlier function right gives nothing to a check that fails by itself."""
    source = "def add(a, b): return a + b\ndef total(numbers): return add(numbers[0], numbers[1])"
    assert outcomes(run(tiny_course, source, carries=("add",)))[1] == ("total.values", "failed", 0)


@pytest.mark.parametrize(
    "total",
    [
        "def total(numbers): return sum(numbers) if add(1, 1) == 2 else -1.0",
        "def total(numbers): return sum(numbers) if add.__name__ == 'other' or add(0, 0) == 0 else add(0, 0) - 9",
    ],
)
def test_a_second_idea_is_not_carried(tiny_course: TinyCourse, total: str) -> None:
    """Who hands in another idea once an earlier function is right had that idea too late."""
    source = f"def add(a, b): return a + b + 1\n{total}"
    assert outcomes(run(tiny_course, source, carries=("add",)))[1] == ("total.values", "failed", 0)


def test_an_earlier_function_that_is_right_explains_nothing(tiny_course: TinyCourse) -> None:
    """What passes its own checks is not put in place for another, however it differs."""
    source = """
        def add(a, b): return a + b + 1e-9
        def total(numbers): return float(sum(numbers)) if add(1, 1) == 2 else -1.0
    """
    assert outcomes(run(tiny_course, source, carries=("add",))) == [
        ("add.values", "passed", 60),
        ("total.values", "failed", 0),
    ]


def test_answers_of_chance_keep_their_first_attempt(tiny_course: TinyCourse) -> None:
    """Work that answers otherwise each time cannot be told from a second try."""
    source = """
        import random
        def add(a, b): return a + b + random.random() + 1
        def total(numbers):
            result = 0
            for n in numbers: result = add(result, n)
            return result
    """
    assert outcomes(run(tiny_course, source, carries=("add",)))[1] == ("total.values", "failed", 0)


GIVES = '''
from autograder.suite import assert_matches, check

@check("total.values", points=100, given=("add",))
def test_total(student, reference):
    """total gives the sum of a list"""
    assert_matches(student.total([2, 3, 5]), 10, name="total")
'''


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("def add(a, b): return a - b\ndef total(numbers): return add(add(numbers[0], numbers[1]), numbers[2])", 100),
        ("def total(numbers): return sum(numbers)", 100),
        (
            "def add(first, rest): return first + sum(rest)\ndef total(numbers): return add(numbers[0], numbers[1:])",
            100,
        ),
        ("def add(a, b): return a + sum(b)\ndef total(numbers): return add(numbers[0], numbers[1:])", 100),
        ("asked = []\ndef add(a, b): return 0\ndef total(n):\n asked.append(n)\n return 8 + len(asked)", 0),
    ],
)
def test_what_no_check_judges_is_given_to_everybody(tiny_course: TinyCourse, source: str, points: float) -> None:
    """A slip there costs nothing, other parameters or values keep the own function, and nothing is asked twice."""
    tiny_course.write_suite(GIVES)
    assert outcomes(run(tiny_course, source))[0][2] == points
    assert outcomes(run(tiny_course, source, carries=("add",)))[0][2] == points


def test_a_suite_gives_only_functions_that_the_reference_has(tiny_course: TinyCourse) -> None:
    """Another name is an error of the course, with its place."""
    tiny_course.write_suite(GIVES.replace('("add",)', '("plus",)'))
    told = run(tiny_course)
    assert isinstance(told, str)
    assert "test_sums.py:4: gives plus, which is no function of reference.sums" in told


@pytest.mark.parametrize("broken", ["return float('nan')", "assert a is None, 'ours'", "return a / 0"])
def test_a_reference_that_has_no_answer_is_our_fault(tiny_course: TinyCourse, broken: str) -> None:
    """nan, a broken assertion and an exception of the reference's are ungraded, whatever the student answers."""
    reference = tiny_course.root / "reference" / "sums.py"
    reference.write_text(reference.read_text().replace("return a + b", broken, 1))
    rows = run(tiny_course, "def add(a, b): return a + b")
    assert outcomes(rows)[0] == ("add.values", "ungraded", 0)


def test_inputs_depend_on_secret_student_and_nothing_else(tiny_course: TinyCourse) -> None:
    """The same identity draws the same inputs twice; another student or secret draws others."""
    tell = "def add(a, b): raise ValueError(f'{a} and {b}')"
    messages = [
        run(tiny_course, tell, student=student, secret=secret)[0][3]
        for student, secret in [("s01", "x"), ("s01", "x"), ("s02", "x"), ("s01", "y")]
    ]
    assert messages[0] == messages[1]
    assert len(set(messages)) == 3


def test_partial_cases_earn_their_share(tiny_course: TinyCourse) -> None:
    """A check of four cases of which three pass keeps three quarters of its points."""
    tiny_course.write_suite('''
        import pytest
        from autograder.suite import assert_matches, check

        @pytest.mark.parametrize("n", [1, 2, 3, 4])
        @check("add.cases", points=100, partial=True)
        def test_cases(student, n):
            """add is right in four cases"""
            assert_matches(student.add(n, n), 2 * n)
    ''')
    rows = run(tiny_course, "def add(a, b): return a + b if a < 4 else 0")
    assert outcomes(rows) == [("add.cases", "failed", 75)]
    assert rows[0][3].startswith("3 of 4 cases are right.")


def test_a_suite_may_have_fixtures_and_marks_of_its_own(tiny_course: TinyCourse) -> None:
    """A check that asks pytest for more than we give is run by pytest's whole protocol, beside those that are not."""
    tiny_course.write_suite('''
        import pytest
        from autograder.suite import assert_matches, check

        @pytest.fixture
        def numbers(rng):
            yield [1, 2]

        @pytest.fixture
        def reference():
            return max

        @check("add.fixture", points=40)
        def test_fixture(student, numbers):
            """add sums what a fixture gives"""
            assert_matches(student.add(*numbers), sum(numbers))

        @check("add.overridden", points=30)
        def test_overridden(student, reference):
            """add, with another reference"""
            assert_matches(student.add(2, 3), reference(5, 1))

        @pytest.mark.skip(reason="not this year")
        @check("add.marked", points=10)
        def test_marked(student):
            """add, never asked"""

        @check("add.plain", points=20)
        def test_plain(student):
            """add is right"""
            assert_matches(student.add(2, 2), 4)
    ''')
    assert outcomes(run(tiny_course, "def add(a, b): return a + b")) == [
        ("add.fixture", "passed", 40),
        ("add.overridden", "passed", 30),
        ("add.marked", "ungraded", 0),
        ("add.plain", "passed", 20),
    ]


def test_an_absent_need_skips_the_check(tiny_course: TinyCourse) -> None:
    """A check that needs a module which is not there is skipped and earns nothing."""
    suite = (tiny_course.root / "tests/suites/test_sums.py").read_text()
    tiny_course.write_suite(suite.replace("points=60", 'points=60, needs="no_such_module"'))
    assert outcomes(run(tiny_course))[0] == ("add.values", "skipped", 0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points=60", "points=50", "sum to 90"),
        ('"total.values"', '"add.values"', "used twice"),
        ('@check("add.values", points=60)\n', "", "no @check"),
        ('    """add gives the sum of two numbers"""\n', "", "no docstring"),
        ("import assert_matches", "import assert_nothing", "assert_nothing"),
        ("def test_add(", "def test_add(:", "invalid syntax"),
    ],
)
def test_a_broken_suite_is_named_with_what_is_wrong(tiny_course: TinyCourse, old: str, new: str, says: str) -> None:
    """Points that do not sum to 100, ids used twice, missing decorators or titles, and files that do not import."""
    suite = (tiny_course.root / "tests/suites/test_sums.py").read_text()
    assert old in suite
    tiny_course.write_suite(suite.replace(old, new))
    problem = run(tiny_course)
    assert isinstance(problem, str)
    assert "test_sums.py" in problem
    assert says in problem


def test_equal_unnamed_mistakes_have_equal_fingerprints_whoever_made_them(tiny_course: TinyCourse) -> None:
    """Two students who add one too many share a fingerprint, one who adds two does not, and right work has none."""
    one, same = "def add(a, b): return a + b + 1", "def add(first, second): return sum([first, second, 1])"
    found = [
        fingerprints(tiny_course, source, student=student)
        for source, student in [(one, "s01"), (same, "s02"), ("def add(a, b): return a + b + 2", "s03"), ("", "s04")]
    ]
    assert found[0] == found[1] != found[2]
    assert found[0]
    assert found[3] is None


@pytest.mark.parametrize("fixture", ["tmp_path", "capsys", "monkeypatch"])
def test_a_fixture_that_cannot_see_the_submission_is_refused(tiny_course: TinyCourse, fixture: str) -> None:
    """With the line of the check, and what to write instead."""
    tiny_course.write_suite(
        f"""
        from autograder.suite import check

        @check("add.values", points=100)
        def test_add(student, {fixture}):
            \"\"\"add\"\"\"
        """
    )
    told = run(tiny_course)
    assert isinstance(told, str) and f"asks for {fixture}" in told and "student.call(" in told
    assert "test_sums.py:" in told


def test_pytests_own_fail_and_raises_fail_the_check(tiny_course: TinyCourse) -> None:
    """They raise a BaseException, which is no end of the judging."""
    tiny_course.write_suite(
        """
        import pytest
        from autograder.suite import check

        @check("add.fails", points=60)
        def test_fails(student):
            \"\"\"add fails\"\"\"
            pytest.fail("not so")

        @check("add.raises", points=40)
        def test_raises(student):
            \"\"\"add raises\"\"\"
            with pytest.raises(Exception):
                student.add(1, 2)
        """
    )
    rows = run(tiny_course)
    assert outcomes(rows) == [("add.fails", "failed", 0.0), ("add.raises", "failed", 0.0)]
    assert rows[0][3] == "not so"


@pytest.fixture
def till(tiny_course: TinyCourse) -> TinyCourse:
    """A class and a program that stand on a function."""
    (tiny_course.root / "reference" / "sums.py").write_text(STANDS_ON)
    tiny_course.write_suite(USES)
    return tiny_course


@pytest.mark.parametrize(
    ("was", "becomes", "points"),
    [
        ("a + b", "a + b + 1", [0, 30, 30]),
        ("a + b", "a * b", [0, 30, 30]),
        ("self.sum = add(self.sum, amount)", "self.sum = add(self.sum, amount) + 1", [40, 0, 30]),
    ],
)
def test_a_slip_is_carried_into_classes_and_programs(
    till: TinyCourse, was: str, becomes: str, points: list[int]
) -> None:
    """An earlier function costs its own points, and a slip of the class or the program costs theirs."""
    source = STANDS_ON.replace(was, becomes)
    assert [row[2] for row in outcomes(run(till, source, carries=("add",)))] == points


@pytest.mark.parametrize(
    "put",
    [
        "self.sum = add(self.sum, amount) + 1",
        "self.sum = add(self.sum, amount) if add(2, 2) == 4 else 7",
        "self.sum = add(amount, amount) if add(2, 2) != 4 else self.sum + amount",
    ],
)
def test_a_second_idea_in_a_class_is_not_carried(till: TinyCourse, put: str) -> None:
    """Whoever answers another way over a right function had another idea in his first answers."""
    source = STANDS_ON.replace("a + b", "a + b + 1").replace("self.sum = add(self.sum, amount)", put)
    assert outcomes(run(till, source, carries=("add",)))[1][2] == 0


WATCHED = """
from autograder.suite import assert_matches, check


@check("save.file", points=100)
def test_save(student):
    '''save writes the items'''
    done = student.call("save", [1, 2], "out.txt", files={})
    assert_matches(done.files, {"out.txt": "1,2"}, name="the files")
"""


def test_what_a_watched_function_raised_is_told_where_the_suite_does_not_ask(tiny_course: TinyCourse) -> None:
    """Behind what the check says; a suite that asks says it itself."""
    (tiny_course.root / "reference" / "sums.py").write_text("def save(items, path): ...\n")
    tiny_course.write_suite(WATCHED)
    source = "def save(items, path):\n    open(path, 'w').write(','.join(items))\n"
    (row,) = run(tiny_course, source)
    assert row[3].startswith("The files['out.txt'] is ''") and "save raised TypeError: sequence item 0" in row[3]
    asks = WATCHED.replace(
        "    assert_matches", '    assert done.raised is None, f"raised {done.raised}"\n    assert_matches'
    )
    tiny_course.write_suite(asks)
    (row,) = run(tiny_course, source)
    assert row[3].startswith("raised TypeError") and "save raised" not in row[3]
