"""A hint is given if exactly one known idea explains the answers, and never where the student is right."""

import copy
import itertools
import random
import re
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from autograder.errors import ModelMisuse, StudentError, StudentTimeout
from autograder.records import LoadReport
from autograder.suite.assertions import assert_matches
from autograder.suite.explain import Comparison
from autograder.suite.student import RecordedCall, Student
from autograder.verdicts.diagnosis import diagnose, diagnose_each
from autograder.verdicts.replay import Raised, agrees, replay
from autograder.verdicts.trusted import Trusted
from autograder.verdicts.verdict import attempt, explained
from reference.misconceptions import Misconception


def double(x):
    """The right function."""
    return 2 * x


def mean(x):
    """Another right one."""
    return x.mean()


def follow(model, x):
    """A right one with a model."""
    return model(model(x))


REFERENCE = SimpleNamespace(double=double, mean=mean, follow=follow)


def idea(id, function, wrong, **more):
    return Misconception(id=id, function=function, hint=f"about {id}", wrong=wrong, **more)


def in_place(x):
    x *= 3
    return x


BANK = (
    idea("square", "double", lambda x: x * x),
    idea("triple", "double", in_place),
    idea("half", "double", lambda x: x / 2),
    idea("half-again", "double", lambda x: 0.5 * x),
    idea("raises", "double", lambda x: x[99]),
    idea("crooked", "double", lambda x: torch.linalg.inv(x)),
    idea("sum", "mean", lambda x: x.sum()),
    idea("once", "follow", lambda model, x: model(x)),
)


def called(function, *args, value=None, fault=None, **kwargs):
    return RecordedCall(function=function, args=args, kwargs=kwargs, value=value, fault=fault)


X, Y = torch.tensor([1.0, 3.0, 5.0]), torch.tensor([0.0, 2.0, 2.0])


def test_the_idea_that_gives_the_same_answers_is_named():
    """One idea that agrees on all calls, and is wrong on one, gives its hint"""
    calls = [called("double", Y, value=Y * Y), called("double", X, value=X * X)]
    assert diagnose(calls, BANK, REFERENCE).id == "square"
    assert diagnose(calls, BANK, REFERENCE).hint == "about square"


def test_arguments_by_name_are_replayed_by_name():
    """A call's keyword arguments reach the replays"""
    assert diagnose([called("double", x=X, value=X * X)], BANK, REFERENCE).id == "square"


@pytest.mark.parametrize(
    "value", [(X * X).tolist(), (X * X).numpy(), np.float32((X * X).numpy()), tuple((X * X).tolist())], ids=str
)
def test_the_form_of_the_answer_does_not_matter(value):
    """numpy, lists and tensors of any width are one answer"""
    assert diagnose([called("double", X, value=value)], BANK, REFERENCE).id == "square"


@pytest.mark.parametrize(
    "calls",
    [
        [called("double", X, value=2 * X)],
        [called("double", Y, value=2 * Y), called("double", torch.tensor([2.0, 0.0]), value=torch.tensor([4.0, 0.0]))],
        [called("double", X, value=X / 2)],
        [called("double", X, value=X * X * 1.001)],
        [called("double", X, value=X * X), called("double", Y, value=3 * Y)],
        [called("double", X, value=None)],
        [called("double", X, value=object())],
        [called("double", X, value="text")],
        [called("double", X, fault=StudentTimeout("too slow"))],
        [called("double", X, fault=StudentError("NotImplementedError", ""))],
        [called("unknown", X, value=X)],
        [],
    ],
    ids=[
        "right",
        "right where the ideas are right too",
        "two ideas agree",
        "near miss",
        "two ideas, one each",
        "None",
        "handle",
        "text",
        "timeout",
        "not written",
        "no such function",
        "no calls",
    ],
)
def test_no_hint_without_exactly_one_explanation(calls):
    """Right answers, unknown mistakes and ambiguous ones get no hint"""
    assert diagnose(calls, BANK, REFERENCE) is None


def test_a_right_function_beside_a_wrong_one_gets_no_hint():
    """Only the function that is wrong is blamed, whichever was called more"""
    calls = [called("double", X, value=2 * X)] * 3 + [called("mean", X, value=X.sum())]
    assert diagnose_each(calls, BANK, REFERENCE).keys() == {"mean"}
    assert diagnose(calls, BANK, REFERENCE).id == "sum"


def test_small_values_are_told_apart_where_the_check_does():
    """1e-7 is not 2e-16 where a check asks for the exact number, though both are near 0"""
    tiny = SimpleNamespace(eps=lambda: 1.2e-7)
    bank = (idea("of-double", "eps", lambda: 2.2e-16), idea("halved", "eps", lambda: 0.6e-7))
    calls = [called("eps", value=2.2e-16)]
    assert diagnose(calls, bank, tiny) is None
    assert diagnose(calls, bank, tiny, within=Comparison(rtol=1e-5, atol=0.0)).id == "of-double"


def test_a_check_says_how_near_is_near_enough():
    """The tolerance of the comparison that failed is the one with which ideas are looked for"""

    def check(student):
        assert_matches(student.eps(), 1.2e-7, exact=True)

    backend = Trusted({"eps": lambda: 2.2e-16})
    student = Student(backend, LoadReport())
    done = attempt(check, {"student": student}, student)
    bank = (idea("of-double", "eps", lambda: 2.2e-16), idea("halved", "eps", lambda: 0.6e-7))
    assert explained(done, bank, SimpleNamespace(eps=lambda: 1.2e-7)).misconception.id == "of-double"


def test_two_mistakes_in_two_functions_are_both_found():
    """Each function is judged by its own calls; the one that is wrong more often is the check's"""
    calls = [
        called("double", X, value=X * X),
        called("mean", X, value=X.sum()),
        called("double", Y + 1, value=(Y + 1) ** 2),
    ]
    found = diagnose_each(calls, BANK, REFERENCE)
    assert {function: misconception.id for function, misconception in found.items()} == {
        "double": "square",
        "mean": "sum",
    }
    assert diagnose(calls, BANK, REFERENCE).id == "square"
    assert diagnose(calls[:2], BANK, REFERENCE).id == "sum"


def test_replays_leave_inputs_and_global_generators_alone():
    """An idea that changes its argument in place sees a fresh copy each time, and no generator moves"""
    x = X.clone()
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    noisy = (*BANK, idea("noisy", "double", lambda x: x + torch.rand(1) + np.random.rand() + random.random()))
    assert diagnose([called("double", x, value=3 * X)] * 2, noisy, REFERENCE).id == "triple"
    assert torch.equal(x, X)
    assert torch.equal(torch.get_rng_state(), before[0]) and random.getstate() == before[2]
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_models_are_replayed_as_they_are():
    """A callable argument stays the same object"""
    asked = []

    def model(x):
        asked.append(1)
        return x + 1

    assert diagnose([called("follow", model, X, value=X + 1)], BANK, REFERENCE).id == "once"
    assert asked


def error_of(function, *args):
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 - whatever an idea raises
        return StudentError(type(error).__name__, str(error))


def test_an_exception_agrees_with_the_same_exception_only():
    """A class of errors has many causes: alone it convinces only with the same text, numbers aside"""
    matching = error_of(lambda x: x[50], X)
    assert diagnose([called("double", X, fault=matching)], BANK, REFERENCE).id == "raises"
    other = StudentError("IndexError", "pop from empty list")
    assert diagnose([called("double", X, fault=other)], BANK, REFERENCE) is None
    elsewhere = StudentError("KeyError", "99")
    assert diagnose([called("double", X, fault=elsewhere)], BANK, REFERENCE) is None


def test_an_exception_beside_a_convincing_value_needs_its_class_only():
    """Once a value agrees, another call may fail in other words"""
    picky = idea("picky", "double", lambda x: x[:3] * 7 if len(x) > 2 else x[9])
    calls = [called("double", X, value=7 * X), called("double", Y[:1], fault=StudentError("IndexError", "elsewhere"))]
    assert diagnose(calls, (*BANK, picky), REFERENCE).id == "picky"


def test_slow_ideas_are_never_replayed():
    """An idea marked slow is left out"""
    bank = (idea("slow", "double", lambda x: pytest.fail("replayed"), slow=True), BANK[0])
    assert diagnose([called("double", X, value=X * X)], bank, REFERENCE).id == "square"


def test_where_too_much_would_be_replayed_there_is_no_hint():
    """What could not be tried to the end is left open"""
    assert diagnose([called("double", X, value=X * X)], BANK, REFERENCE, most_bytes=1) is None


def test_a_slow_machine_gives_the_same_hint(monkeypatch):
    """No clock decides whether an idea is tried"""
    clock = itertools.count(0, 3600)
    for name in ("process_time", "monotonic", "perf_counter", "time"):
        monkeypatch.setattr(time, name, lambda: float(next(clock)))
    assert diagnose([called("double", X, value=X * X)], BANK, REFERENCE).id == "square"


def endless():
    inner = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0000001, True),
        (1.0, 1.0001, False),
        (float("nan"), float("nan"), True),
        ([1, float("nan")], [float("nan"), 1], False),
        (float("inf"), float("inf"), True),
        (float("inf"), -float("inf"), False),
        ([1, 2], np.array([1, 2]), True),
        ([[1], [2, 3]], ((1,), [2, 3]), True),
        ([[1], [2, 3]], ((1,), [2, 4]), False),
        ("a", "a", True),
        ("a", "b", False),
        ("1", 1, False),
        (b"a", "a", False),
        (None, None, True),
        (None, 0, False),
        (True, True, True),
        (True, 1, False),
        ({"a": [1]}, {"a": (1.0,)}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        (1j, 1j, True),
        (1 + 0j, 1, False),
        (Raised("KeyError", "a"), Raised("KeyError", "b"), True),
        (Raised("KeyError", "a"), Raised("IndexError", "a"), False),
        (Raised("KeyError", "a"), "KeyError", False),
        (object(), object(), False),
        (endless(), endless(), False),
        (np.zeros((2, 0)), np.zeros((0, 2)), False),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", str(value)),  # every process that runs tests must tell the same ids
)
def test_agreement_is_by_value_and_total(one, other, same):
    """Answers agree by value at 1e-5, nan with nan, errors by class; nothing makes the comparison stumble"""
    assert agrees(one, other) is same
    assert agrees(other, one) is same


def test_replay_returns_what_was_raised():
    """An exception is an answer"""
    answer = replay(lambda x: x[9], called("double", [1, 2]))
    assert answer.value == Raised("IndexError", "list index out of range")


def test_a_misconception_is_frozen():
    """A bank's entries cannot be changed by what reads them"""
    with pytest.raises(AttributeError):
        copy.copy(BANK[0]).hint = "else"


def polite(model, x):
    """A right one that asks its model once for all and leaves its input alone."""
    return model(x) + 1


POLITE = SimpleNamespace(polite=polite, noise=lambda x, seed: x + seed)


def row_by_row(model, x):
    return torch.stack([model(row) for row in x]) + 1


def spoils(model, x):
    answer = model(x) + 1
    x *= 0
    return answer


MANNERS = (
    idea("row-by-row", "polite", row_by_row),
    idea("spoils", "polite", spoils),
    idea("unseeded", "noise", lambda x, seed: x + torch.rand(3)),
    idea("no-noise", "noise", lambda x, seed: x),
)


def global_seed(model, x):
    torch.manual_seed(3)
    return model(x) + 1


MANNERS += (idea("global-seed", "polite", global_seed),)


def watched(function, name, *args):
    """Two equal calls as a check records them."""
    student = Student(Trusted({name: function}), LoadReport())
    student.call(name, *args)
    student.call(name, *args)
    return student.calls


def test_right_values_with_known_bad_manners_are_named():
    """Where the values are right, what was asked of the model or done to the inputs tells the idea"""
    for function, id in ((row_by_row, "row-by-row"), (spoils, "spoils"), (global_seed, "global-seed")):
        calls = watched(function, "polite", double, X)
        assert diagnose(calls, MANNERS, POLITE).id == id


def test_right_values_with_good_or_unknown_manners_get_no_hint():
    """The reference's way, and a way that no idea has, are no misconception"""
    assert diagnose(watched(polite, "polite", double, X), MANNERS, POLITE) is None
    twice = watched(lambda model, x: (model(x) + model(x)) / 2 + 1, "polite", double, X)
    assert diagnose(twice, MANNERS, POLITE) is None


def test_behaviour_tells_ideas_apart_that_agree_by_value():
    """Two ideas with the same wrong values are told apart by what they asked of the model"""
    bank = (
        idea("whole", "polite", lambda model, x: model(x)),
        idea("in-rows", "polite", lambda model, x: row_by_row(model, x) - 1),
    )
    calls = watched(lambda m, x: torch.stack([m(row) for row in x]), "polite", double, X)
    assert diagnose(calls, bank, POLITE).id == "in-rows"


def test_answers_that_differ_for_equal_inputs_are_an_unseeded_generator():
    """A function that forgets its seed is known by answering one question in two ways"""
    calls = [called("noise", X, 5, value=torch.rand(3)), called("noise", X, 5, value=torch.rand(3))]
    assert diagnose(calls, MANNERS, POLITE).id == "unseeded"
    seeded = [called("noise", X, 5, value=X * 9), called("noise", X, 6, value=X * 8)]
    assert diagnose(seeded, MANNERS, POLITE) is None
    odd_shape = [called("noise", X, 5, value=torch.rand(2)), called("noise", X, 5, value=torch.rand(2))]
    assert diagnose(odd_shape, MANNERS, POLITE) is None


def test_what_a_model_refuses_is_one_error_in_the_jail_and_outside():
    """A refusal is a ModelMisuse to us and a RuntimeError to the student's code"""

    def strict(x):
        raise ModelMisuse("t = 12 is out of range")

    bank = (idea("asks", "polite", lambda model, x: model(x)),)
    reference = SimpleNamespace(polite=lambda model, x: x)
    refused = called("polite", strict, X, fault=StudentError("RuntimeError", "t = 10 is out of range"))
    assert diagnose([refused], bank, reference).id == "asks"
