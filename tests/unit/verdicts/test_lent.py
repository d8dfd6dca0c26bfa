"""What a suite lends: made where the code runs, with a twin on our side that wrong ideas are tried on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_course import TinyCourse

from autograder.course.course_yml import load_course
from autograder.errors import CourseError
from autograder.records import Equipment, Loan
from autograder.sandbox import jail
from autograder.suite.student import Lent
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import dry_run

LENT = """
opened = {}

def warm_up(model):
    opened["model"] = model

class Purse:
    def __init__(self, coins):
        self.coins = coins

    def __call__(self):
        raise RuntimeError("a purse is no model")

def purse(*coins):
    return Purse([*coins])

def coins(purse):
    return purse.coins

def model():
    return opened["model"]
"""
REFERENCE = '''
"""Purses."""

def spend(purse, coin):
    """Take a coin out, and say what is left."""
    purse.coins.remove(coin)
    return sum(purse.coins)
'''
BANK = """
from reference.misconceptions import Misconception

def keep(purse, coin):
    return sum(purse.coins)

MISCONCEPTIONS = (Misconception(id="kept", function="spend", hint="Is it gone?", wrong=keep),)
"""
SUITE = '''
"""Purses."""
from autograder.suite import assert_matches, check, require

@check("spend.left", points=50)
def test_left(student, lent, ours):
    """spend says what is left"""
    assert_matches(student.spend(lent.purse(1, 2, 5), 2), 6, name="what is left")

@check("spend.purse", points=30)
def test_purse(student, lent, ours):
    """spend takes the coin out of the purse"""
    purse = lent.purse(1, 2)
    student.spend(purse, 2)
    assert_matches(lent.coins(purse), ours.coins(ours.purse(1)), name="coins")

@check("spend.cuda", points=20, needs="cuda")
def test_cuda(student, lent):
    """spend is fast"""
    require(False, "no")
'''


@pytest.fixture
def purses(tiny_course: TinyCourse) -> TinyCourse:
    """A course whose suite lends purses."""
    root = tiny_course.root
    (root / "reference" / "sums.py").write_text(REFERENCE)
    (root / "reference" / "misconceptions").mkdir()
    source = Path(__file__).parents[3] / "reference" / "misconceptions" / "__init__.py"
    (root / "reference" / "misconceptions" / "__init__.py").write_text(source.read_text())
    (root / "reference" / "misconceptions" / "sums.py").write_text(BANK)
    (root / "tests" / "suites" / "lent_sums.py").write_text(LENT)
    tiny_course.write_suite(SUITE)
    return tiny_course


def outcomes(course: TinyCourse, **functions: Any) -> dict[str, str]:
    """Check to outcome, in a process of its own, since modules of one name are imported once."""
    from multiprocessing import get_context

    receiver, sender = get_context("fork").Pipe(duplex=False)

    def work() -> None:
        for module in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
            del sys.modules[module]  # other tests imported the real course's
        suite = course.root / "tests" / "suites" / "test_sums.py"
        equipment = load_course(course.root).assignment("sums").equipment

        def body(collected: CollectedSuite) -> dict[str, str]:
            results = dry_run(collected, functions)
            named = {r.id: f" {r.misconception.id}" for r in results if r.misconception}
            return {r.id: f"{r.outcome}{named.get(r.id, '')}" for r in results}

        sender.send(collect(suite, course.root, body, equipment=equipment))

    process = get_context("fork").Process(target=work)
    process.start()
    assert receiver.poll(60)
    found: dict[str, str] = receiver.recv()
    process.join()
    return found


def test_what_is_lent_reaches_the_code_as_it_is(purses: TinyCourse) -> None:
    """Not as a model of the suite, although it can be called; and what the code did to it can be asked."""
    assert outcomes(purses) == {"spend.left": "passed", "spend.purse": "passed", "spend.cuda": "skipped"}


def test_a_wrong_idea_is_tried_on_a_twin(purses: TinyCourse) -> None:
    """The purse that the code spoilt is not what the idea is tried on."""
    found = outcomes(purses, spend=lambda purse, coin: sum(purse.coins))
    assert found == {"spend.left": "failed kept", "spend.purse": "failed kept", "spend.cuda": "skipped"}


def test_values_come_back_as_values_and_the_rest_as_loans() -> None:
    """So a suite compares the one and passes on the other."""

    class Ours:
        make = staticmethod(lambda: Loan)

    lent = Lent(lambda name, args, kwargs: 3 if name == "three" else object(), Ours)
    assert lent.three() == 3
    loan = lent.make()
    assert isinstance(loan, Loan) and loan.twin() is Loan


def test_a_library_that_is_missing_is_named(purses: TinyCourse) -> None:
    """With the file that imports it."""
    from autograder.course.modules import load_lent

    file = purses.root / "tests" / "suites" / "lent_sums.py"
    file.write_text("import a_library_that_nobody_has")
    with pytest.raises(CourseError, match=r"lent_sums\.py imports a_library_that_nobody_has, which is not installed"):
        load_lent(Equipment(lent=file))


def test_course_yml_names_a_model_and_whether_a_gpu_is_used(purses: TinyCourse, tmp_path: Path) -> None:
    """Relative to the course; another folder can take its place, where there is one to be replaced."""
    file = purses.root / "course.yml"
    assert load_course(purses.root, model=tmp_path).assignment("sums").equipment.model is None
    file.write_text(file.read_text() + "    model: reference/little\n    gpu: optional\n")
    equipment = load_course(purses.root).assignment("sums").equipment
    assert (equipment.model, equipment.gpu) == (purses.root / "reference" / "little", "optional")
    assert equipment.lent == purses.root / "tests" / "suites" / "lent_sums.py"
    assert load_course(purses.root, model=tmp_path).assignment("sums").equipment.model == tmp_path


def test_a_gpu_s_nodes_are_in_the_jail_only_if_asked_for() -> None:
    """With them come the driver's libraries, and a torch that does not start CUDA before the fork."""
    inside = jail.runtime()
    plain = jail.command_line(inside, "bwrap", "/tmp", [])
    with_gpu = jail.command_line(jail.with_driver(inside), "bwrap", "/tmp", [], devices=("/dev/nvidia0",))
    assert "/dev/nvidia0" in with_gpu and "PYTORCH_NVML_BASED_CUDA_CHECK" in with_gpu and "/sys" in with_gpu
    assert not {"/dev/nvidia0", "PYTORCH_NVML_BASED_CUDA_CHECK", "/sys"} & {*plain}
