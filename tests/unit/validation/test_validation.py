"""What a validation finds in suites of a tiny course, with trusted code and no jail."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tiny_course import SUITE, TinyCourse

from autograder.errors import CourseError
from autograder.validation import examination
from autograder.validation.known_submissions import REFERENCE, STARTER, hand_in_own
from autograder.validation.report import (
    Known,
    Listed,
    RightWork,
    Slips,
    SuiteReport,
    Thoroughness,
    WrongIdeas,
    findings,
)
from autograder.validation.trials import Bench
from autograder.validation.validate import EQUIVALENT, read_equivalent
from autograder.verdicts.collection import collect

_FORK = multiprocessing.get_context("fork")
HOW = Thoroughness(students=2, right_students=2, simulations=20, pairs=5, slow=True)

BANK = """
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    id: str
    function: str
    wrong: Any
    hint: str = "Think."
    slow: bool = False


MISCONCEPTIONS = (
    Entry("add-subtracts", "add", lambda a, b: a - b),
    Entry("add-first", "add", lambda a, b: a),
    Entry("total-counts", "total", len),
)
"""
SWAPPED = Listed(
    function="total", was="result = add(result, number)", becomes="result = add(number, result)", reason="a + b = b + a"
)
RIGHT = "def add(a, b):\n    return b + a\n\ndef total(numbers):\n    return sum(numbers)\n"


def examined(course: TinyCourse, question: Callable[..., Any], *arguments: object) -> Any:
    """What a question finds. In a fork: a suite is collected once in a process."""
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_examine, args=(sender, course, question, arguments))
    child.start()
    sender.close()  # so that a child that dies is noticed here
    found = receiver.recv()
    child.join()
    return found


def _examine(sender: Connection, course: TinyCourse, question: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        del sys.modules[module]
    suite = course.root / "tests/suites/test_sums.py"
    sender.send(collect(suite, course.root, lambda collected: question(Bench(collected), HOW, *arguments)))


def write_bank(course: TinyCourse, source: str = BANK) -> None:
    """Give the course its known wrong ideas."""
    folder = course.root / "reference" / "misconceptions"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "sums.py").write_text(source, "utf-8")


def test_every_idea_of_a_good_bank_is_caught_and_named(tiny_course: TinyCourse) -> None:
    """Each idea costs points for each student, alone and with another one, and no hint is wrong."""
    write_bank(tiny_course)
    ideas, broken = examined(tiny_course, examination.examine_ideas)
    assert (ideas.total, ideas.uncaught, ideas.unnamed, ideas.misnamed, ideas.alike) == (3, (), (), (), ())
    assert (ideas.pairs, ideas.both, ideas.one) == (2, 2, 0)
    assert (ideas.caught, ideas.recall, broken) == (1, 1, [])


def test_an_idea_that_no_check_minds_is_reported(tiny_course: TinyCourse) -> None:
    """An idea that is right wherever the suite looks costs nothing, and lowers the share that is caught."""
    write_bank(tiny_course, BANK.replace("lambda a, b: a)", "lambda a, b: a + b if a < 1000 else 0)"))
    ideas, _ = examined(tiny_course, examination.examine_ideas)
    assert ideas.uncaught == ("add-first: passes all of add's checks for trial-0",)
    assert ideas.caught == pytest.approx(2 / 3)


def test_two_ideas_that_answer_alike_get_no_hint_and_are_listed_as_a_pair(tiny_course: TinyCourse) -> None:
    """Where no check tells two ideas apart neither is named, which lowers the recall."""
    write_bank(tiny_course, BANK.replace("lambda a, b: a)", "lambda a, b: -b + a)"))
    ideas, _ = examined(tiny_course, examination.examine_ideas)
    assert ideas.alike == (("add-subtracts", "add-first"),)
    assert [text.split(":")[0] for text in ideas.unnamed] == ["add-subtracts", "add-first"]
    assert ideas.recall == pytest.approx(1 / 3)


def test_a_slow_idea_must_cost_points_but_needs_no_hint(tiny_course: TinyCourse) -> None:
    """What is too slow to be replayed is caught, and left out of the recall."""
    write_bank(tiny_course, BANK.replace("len)", "len, slow=True)"))
    ideas, _ = examined(tiny_course, examination.examine_ideas)
    assert (ideas.slow, ideas.uncaught, ideas.unnamed, ideas.recall) == (1, (), (), 1)


def test_every_slip_that_changes_an_answer_is_killed(tiny_course: TinyCourse) -> None:
    """What is left of a good suite's mutants is one that adds in the other order."""
    slips, broken = examined(tiny_course, examination.examine_slips, (SWAPPED,), None)
    assert (slips.total, slips.killed, slips.equivalent, slips.kill_rate) == (10, 9, 1, 1)
    assert (slips.survivors, slips.untried, slips.stale, broken) == ((), 0, (), [])


def test_a_slip_survives_a_check_that_looks_away(tiny_course: TinyCourse) -> None:
    """A check that compares only signs lets slips through; they are told by line, and lower the kill rate."""
    tiny_course.write_suite(SUITE.replace("student.add(a, b), reference.add(a, b)", "student.add(a, b) > 0, True"))
    slips, _ = examined(tiny_course, examination.examine_slips, (SWAPPED,), None)
    assert slips.survivors == ()  # by way of total, which calls add
    own_sum = TinyCourse(root=tiny_course.root)
    source = own_sum.root / "reference" / "sums.py"
    source.write_text(source.read_text("utf-8").replace("add(result, number)", "result + number"), "utf-8")
    slips, _ = examined(own_sum, examination.examine_slips, (), None)
    assert "add, line 6: return a + b  ->  return a (full marks for trial-0)" in slips.survivors
    assert slips.kill_rate < 0.98


def test_what_the_starter_hands_out_ready_is_not_mutated(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """A function that is the reference's own word for word is no work of a student's."""
    starter = tmp_path / "sums.py"
    starter.write_text("def add(a, b):\n    'Other words.'\n    return a + b\n", "utf-8")
    slips, _ = examined(tiny_course, examination.examine_slips, (SWAPPED,), starter)
    assert slips.total == 7  # the three of add are gone


def test_a_listed_slip_may_survive_and_one_that_does_not_is_stale(tiny_course: TinyCourse) -> None:
    """Listed survivors that answer alike are equivalent, others accepted; an entry without a survivor is stale."""
    source = tiny_course.root / "reference" / "sums.py"
    source.write_text(source.read_text("utf-8").replace("return a + b", "return sum(sorted((a, b)))"), "utf-8")
    dead = Listed(function="total", was="result = 0", becomes="result = 1", reason="none")
    same = Listed(function="add", was="return sum(sorted((a, b)))", becomes="return sum((a, b))", reason="order")
    slips, _ = examined(tiny_course, examination.examine_slips, (dead, same), None)
    assert (slips.equivalent, slips.accepted) == (1, 0)
    assert slips.stale == ("total: result = 0  ->  result = 1",)


def test_work_that_never_comes_back_is_ended_by_the_clock(tiny_course: TinyCourse) -> None:
    """Work that loops for ever costs seconds and is a timeout."""
    work = {"add": lambda a, b: _spin(), "total": sum}
    result = examined(tiny_course, lambda bench, how: bench.try_out(work, "add.values", "trial-0")[0])
    assert (str(result.outcome), result.points) == ("timeout", 0)


def _spin() -> None:
    while True:
        pass


def test_right_work_keeps_its_points_and_thoughtless_work_gets_none(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """The reference and another right way lose nothing; the starter and constant answers get nothing."""
    other, starter = tmp_path / "correct_other" / "sums.py", tmp_path / "sums.py"
    other.parent.mkdir()
    other.write_text(RIGHT, "utf-8")
    starter.write_text("def add(a, b):\n    raise NotImplementedError\n\ndef total(numbers):\n    ___\n", "utf-8")
    right, broken = examined(tiny_course, examination.examine_right, [other], starter)
    assert (right.runs, right.lost, right.starter, broken) == (4, (), 0, [])
    assert right.constants == dict.fromkeys(
        [
            "empty file",
            "nothing",
            "zero",
            "zeros",
            "first argument",
            "first array",
            "last argument",
            "input and a number of its own",
            "the right questions to the model, then its input",
            "its input in the form of the answer",
            "another argument in the form of the answer",
            "zeros in the form of the answer",
            "ones in the form of the answer",
            "noise in the form of the answer",
            "its input and noise in the form of the answer",
            "what the model said in the form of the answer",
            "the best of these together",
        ],
        0,
    )


FORM = """
from autograder.suite import as_array, check, require


@check("add.form", points=60)
def test_add(student, reference, rng):
    \"\"\"add gives a number\"\"\"
    as_array(student.add(1.5, 2.5), name="sum", shape=())


@check("total.asks", points=40)
def test_total(student, reference, rng):
    \"\"\"total gives a list\"\"\"
    as_array(student.total([1.5, 2.5]), name="total", shape=(2,))
"""


def test_points_for_form_are_told_for_each_way_and_for_all_together(tiny_course: TinyCourse) -> None:
    """Nobody names these ways: the validation tries them by itself, in any course."""
    tiny_course.write_suite(FORM)
    right, _ = examined(tiny_course, examination.examine_right, [], None)
    assert right.constants["noise in the form of the answer"] == 60
    assert right.constants["nothing"] == 0
    assert right.constants["first argument"] == 100
    assert right.constants["zeros"] == 100
    assert right.constants["zero"] == 60
    assert right.constants["the best of these together"] == 100


def test_right_work_that_loses_points_is_named_with_its_check(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """A submission called correct_* that loses a point is a fault of the suite."""
    other = tmp_path / "correct_other" / "sums.py"
    other.parent.mkdir()
    other.write_text(RIGHT.replace("sum(numbers)", "sum(numbers) + 1"), "utf-8")
    right, _ = examined(tiny_course, examination.examine_right, [other], None)
    assert [text.split(":")[0] for text in right.lost] == [
        "correct_other loses total.values for trial-0",
        "correct_other loses total.values for trial-1",
    ]


def test_a_check_that_fails_right_work_by_chance_is_flaky(tiny_course: TinyCourse) -> None:
    """Simulated right runs of each check that states a rate are counted, and its failures too."""
    flaky = SUITE.replace("points=60)", "points=60, false_failure_rate=1e-10)")
    flaky = flaky.replace('name="sum")', 'name="sum")\n    assert a > 30')
    tiny_course.write_suite(flaky)
    right, _ = examined(tiny_course, examination.examine_right, [], None)
    assert (right.simulated, right.stochastic) == (20, {"add.values": 1e-10})
    assert 0 < right.failures["add.values"] < 20
    assert right.flaky == ("add.values",)


def test_a_suite_that_fails_by_itself_is_broken(tiny_course: TinyCourse) -> None:
    """What the suite raises on a wrong answer is its own fault, and is told with the idea that showed it."""
    write_bank(tiny_course)
    tiny_course.write_suite(
        SUITE.replace("assert_matches(student.add", "1 / max(0, student.add(a, b) - a)\n    assert_matches(student.add")
    )
    _, broken = examined(tiny_course, examination.examine_ideas)
    assert any("add-first in add.values" in text and "ZeroDivisionError" in text for text in broken)


GOOD = SuiteReport(
    slug="sums",
    checks=2,
    right=RightWork(
        runs=4, lost=(), stochastic={"a": 5e-10}, simulated=100, failures={"a": 0}, starter=0, constants={"zero": 14.9}
    ),
    ideas=WrongIdeas(total=50, slow=0, uncaught=(), unnamed=(), misnamed=(), alike=(), pairs=0, both=0, one=0),
    slips=Slips(total=100, killed=98, equivalent=0, accepted=0, survivors=("a", "b"), untried=0, stale=()),
    known=Known(total=3, right=1, full_marks=1, surprises=()),
    broken=(),
    seconds=1.0,
)


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, []),
        ({"right": replace(GOOD.right, lost=("x",))}, ["right work keeps all points"]),
        ({"right": replace(GOOD.right, stochastic={"a": 1e-9})}, ["highest false-failure rate"]),
        ({"right": replace(GOOD.right, failures={"a": 1})}, ["simulated right runs that fail"]),
        ({"right": replace(GOOD.right, starter=10.1)}, ["starter_max"]),
        ({"right": replace(GOOD.right, constants={"zero": 15})}, ["constant_max"]),
        ({"known": replace(GOOD.known, reference=("a is ungraded: x",))}, ["the reference, handed in"]),
        ({"known": replace(GOOD.known, starter=10.1)}, ["starter_max"]),
        ({"known": replace(GOOD.known, starter_broken=("a: x",))}, ["the suite itself fails"]),
        ({"ideas": replace(GOOD.ideas, uncaught=("a: x",))}, ["misconceptions_caught"]),
        ({"ideas": replace(GOOD.ideas, unnamed=("a: x",))}, ["hint_recall"]),
        ({"ideas": replace(GOOD.ideas, misnamed=("a: x",))}, ["hint_recall", "wrong hints"]),
        ({"slips": replace(GOOD.slips, killed=97)}, ["kill_rate"]),
        ({"slips": replace(GOOD.slips, stale=("x",))}, ["equivalent, accepted, untried"]),
        ({"known": replace(GOOD.known, surprises=("x",))}, ["known submissions as expected"]),
        ({"known": replace(GOOD.known, full_marks=0)}, ["unusual_right"]),
        ({"broken": ("x",)}, ["the suite itself fails"]),
    ],
)
def test_each_shortcoming_misses_its_own_floor(change: dict[str, Any], missed: list[str]) -> None:
    """A report that is good but for one thing misses exactly that."""
    report = replace(GOOD, **change)
    assert [finding.name for finding in findings(report, {}) if not finding.met] == missed


def test_a_course_may_lower_a_floor() -> None:
    """What course.yml says wins over the usual floors."""
    report = replace(GOOD, slips=replace(GOOD.slips, killed=8))
    assert all(finding.met for finding in findings(report, {"kill_rate": 0.8}))


def test_the_list_of_equivalent_mutants_wants_a_reason_for_each(tmp_path: Path) -> None:
    """An entry without a reason is refused with what it must say; no file means no entries."""
    assert read_equivalent(tmp_path) == {}
    (tmp_path / EQUIVALENT).parent.mkdir(parents=True)
    whole = "sums:\n  - {function: add, was: a, becomes: b, reason: c}\n"
    (tmp_path / EQUIVALENT).write_text(whole, "utf-8")
    assert read_equivalent(tmp_path) == {"sums": (Listed(function="add", was="a", becomes="b", reason="c"),)}
    (tmp_path / EQUIVALENT).write_text(dedent(whole).replace(", reason: c", ""), "utf-8")
    with pytest.raises(CourseError, match="must say becomes, function, reason, was"):
        read_equivalent(tmp_path)


ACCOUNTS = """
class Account:
    def __init__(self, owner, balance=0):
        self.owner, self.balance = owner, balance

    def deposit(self, amount):
        self.balance += amount


def shout(word):
    print(word.upper())


if __name__ == "__main__":
    shout(input())
"""
ACCOUNT_SUITE = """
from autograder.suite import assert_matches, check


@check("Account.balance", points=50)
def test_balance(student, rng):
    \'\'\'An account keeps what is paid in\'\'\'
    a, b, c = rng.integers(2, 100, 3).tolist()
    account, other = student.Account("Ada", a), student.Account("Eve")
    account.deposit(b)
    account.deposit(c)
    assert_matches(account.balance, a + b + c, name="balance")
    assert_matches(other.balance, 0, name="balance")
    assert_matches([account.owner, other.owner], ["Ada", "Eve"])


@check("shout.program", points=50)
def test_shout(student):
    \'\'\'The program shouts what is typed\'\'\'
    assert_matches(student.run(stdin=["hey"]).printed, "HEY\\n", name="what is printed")
"""
ACCOUNT_BANK = (
    BANK.split("MISCONCEPTIONS")[0]
    + """
class Shared:
    balance = 0

    def __init__(self, owner, balance=0):
        self.owner = owner
        Shared.balance = balance

    def deposit(self, amount):
        Shared.balance += amount


def last_only(self, amount):
    self.balance = amount


def take_out(self, amount):
    self.balance -= amount


MISCONCEPTIONS = (
    Entry("one-for-all", "Account", Shared),
    Entry("last-only", "Account.deposit", last_only),
    Entry("takes-out", "Account.deposit", take_out),
    Entry("says-it-twice", "shout", lambda word: print(word, word)),
)
"""
)


@pytest.fixture
def accounts(tiny_course: TinyCourse) -> TinyCourse:
    """The tiny course, of a class and a program instead."""
    (tiny_course.root / "reference" / "sums.py").write_text(ACCOUNTS, "utf-8")
    tiny_course.write_suite(ACCOUNT_SUITE)
    write_bank(tiny_course, ACCOUNT_BANK)
    return tiny_course


def test_ideas_about_a_class_a_method_and_a_program_are_caught_and_named(accounts: TinyCourse) -> None:
    """As those about a function are."""
    ideas, broken = examined(accounts, examination.examine_ideas)
    assert (ideas.total, ideas.uncaught, ideas.unnamed, ideas.misnamed, broken) == (4, (), (), (), [])
    assert ideas.alike == ()


def test_slips_in_a_class_are_tried_on_the_checks_that_use_it(accounts: TinyCourse) -> None:
    """All of them cost points, the default of a parameter among them."""
    slips, broken = examined(accounts, examination.examine_slips, (), None)
    assert (slips.total, slips.killed, slips.survivors, broken) == (5, 5, (), [])


def test_right_work_with_a_class_and_a_program_keeps_its_points(accounts: TinyCourse) -> None:
    """And none of the thoughtless answers earns any."""
    right, broken = examined(accounts, examination.examine_right, [], None)
    assert right.lost == () and broken == [] and max(right.constants.values()) == 0


KINDS = """
import datetime
import fractions


def add(a, b):
    return {a, b}


def total(numbers):
    return [fractions.Fraction(1, numbers[0]), datetime.date(2024, 1, numbers[1])]


def count(n):
    yield from range(n)


async def wait(n):
    return n
"""
KINDS_SUITE = """
from autograder.suite import assert_matches, check


@check("add.set", points=25)
def test_add(student, reference, rng):
    '''A set'''
    assert_matches(student.add(3, 5), reference.add(3, 5))


@check("total.kinds", points=25)
def test_total(student, reference, rng):
    '''A list of other kinds'''
    assert_matches(student.total([3, 5]), reference.total([3, 5]))


@check("count.values", points=25)
def test_count(student, reference, rng):
    '''A generator'''
    assert_matches(list(student.count(5)), [0, 1, 2, 3, 4])


@check("wait.value", points=25)
def test_wait(student, reference, rng):
    '''A coroutine'''
    assert_matches(student.wait(5), 5)
"""


def test_the_form_of_an_answer_is_not_the_answer(tiny_course: TinyCourse) -> None:
    """A set, an exact number, a date, a generator and a coroutine are filled anew too; they came back as they were."""
    (tiny_course.root / "reference" / "sums.py").write_text(KINDS, "utf-8")
    tiny_course.write_suite(KINDS_SUITE)
    right, broken = examined(tiny_course, examination.examine_right, [], None)
    assert right.lost == () and broken == []
    assert right.constants["zeros in the form of the answer"] == 0


def test_the_reference_and_the_starter_are_handed_in_as_files(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """With the modules of reference/ that the reference takes from, under names that are no assignment's."""
    reference, release = tiny_course.root / "reference", tiny_course.root / "assignments" / "sums" / "release"
    (reference / "adding.py").write_text("def add(a, b):\n    return a + b\n", "utf-8")
    (reference / "sums.py").write_text("from reference.adding import add\n\ntotal = sum\n", "utf-8")
    release.mkdir(parents=True)
    (release / "sums.py").write_text("def total(numbers): ...\n", "utf-8")
    hand_in_own(tiny_course.root, "sums", tmp_path)
    files = {str(file.relative_to(tmp_path)): file.read_text("utf-8") for file in tmp_path.rglob("*.py")}
    assert set(files) >= {f"{REFERENCE}/sums.py", f"{REFERENCE}/reference_adding.py", f"{STARTER}/sums.py"}
    assert files[f"{REFERENCE}/sums.py"].startswith("from reference_adding import add")
