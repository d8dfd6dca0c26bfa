"""The callables that a suite lends: every malformed question is a WireError, every budget ends in StudentDied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from autograder.boundary import wire
from autograder.errors import InfrastructureError, StudentDied, StudentTimeout
from autograder.records import Limits
from autograder.sandbox import models
from autograder.sandbox.models import Models


def lent(function: Any = lambda *args, **kwargs: args, callbacks: int = 10_000) -> Models:
    """One function under number 0."""
    table = Models(Limits(callbacks=callbacks))
    assert table.number_of(function) == table.number_of(function) == 0
    return table


@pytest.mark.parametrize(
    "question",
    [
        [],
        [0],
        [0, "call", (), {}, 1],
        ["0", "call", (), {}],
        [-1, "call", (), {}],
        [1, "call", (), {}],
        [True, "call", (), {}],
        [0, "call", 5, {}],
        [0, "call", (), []],
        [0, "call", (), {5: 5}],
        [0, "eval", (), {}],
        [0, 5, (), {}],
        [0, np.ones(2), (), {}],
        [0, "forward", (), {}],
        [0, "forward", (5, ()), {}],
        [0, "forward", ([0], 5), {}],
        [0, "forward", ([5], ()), {}],
        [0, "forward", ([0], (1,)), {}],
        [0, "forward", (["x"], ()), {"x": 1}],
        [0, "forward", ([None], ()), {}],
        [0, "forward", ([0], (torch.arange(3),)), {}],
        [0, "backward", (1,), {}],
        [0, "backward", ("1", []), {}],
        [0, "backward", (1, 5), {}],
    ],
    ids=str,
)
def test_a_malformed_question_is_a_wire_error(question: list[Any]) -> None:
    """Nothing reaches the function."""

    def untouched(*args: object, **kwargs: object) -> None:
        raise AssertionError("it was called")

    with pytest.raises(wire.WireError):
        lent(untouched).answer([wire.MODEL, *question], 10)


def test_a_question_is_answered_without_gradients() -> None:
    """A model with weights gives its numbers only."""
    layer = torch.nn.Linear(2, 2)
    assert not lent(layer).answer([wire.MODEL, 0, "call", (torch.ones(2),), {}], 10)[1].requires_grad


def test_questions_and_bytes_have_budgets() -> None:
    """A question too many or too large ends the submission's call."""
    table = lent(callbacks=1)
    table.answer([wire.MODEL, 0, "call", (), {}], 10)
    with pytest.raises(StudentDied, match="more often"):
        table.answer([wire.MODEL, 0, "call", (), {}], 10)
    with pytest.raises(StudentDied, match="more data"):
        lent().answer([wire.MODEL, 0, "call", (), {}], models.MAX_QUESTION_BYTES + 1)
    with pytest.raises(StudentDied, match="more data"):
        lent().answer([wire.MODEL, 0, "forward", ([0], (torch.ones(1),)), {}], models.MAX_GRAPH_BYTES + 1)


def test_open_gradients_have_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number, and in bytes of what they hold."""
    question = [wire.MODEL, 0, "forward", ([0], (torch.ones(100),)), {}]
    table = lent(lambda x: x * 2)
    table.answer(question, 400)
    monkeypatch.setattr(models, "MAX_OPEN_BYTES", 1_500)
    with pytest.raises(StudentDied, match="left open"):
        table.answer(question, 400)
    monkeypatch.setattr(models, "MAX_OPEN_GRAPHS", 1)
    with pytest.raises(StudentDied, match="more data"):
        table.answer(question, 400)
    table.forget_graphs()
    table.answer(question, 400)


def test_a_gradient_is_taken_once() -> None:
    """As in torch; a second time, or after the call, the student is told so."""
    table = lent(lambda x: x**2)
    kind, (ticket, value) = table.answer([wire.MODEL, 0, "forward", ([0], (torch.tensor([3.0]),)), {}], 10)
    assert kind == wire.RESULT and value.tolist() == [9]
    backward = [wire.MODEL, 0, "backward", (ticket, [torch.ones(1)]), {}]
    assert table.answer(backward, 10)[1][0].tolist() == [6]
    kind, _, text = table.answer(backward, 10)
    assert kind == wire.RAISE and "taken already" in text


def test_a_gradient_that_does_not_exist_is_none() -> None:
    """Of a result that does not depend on the argument."""
    table = lent(lambda x: torch.ones(1))
    ticket = table.answer([wire.MODEL, 0, "forward", ([0], (torch.ones(1),)), {}], 10)[1][0]
    assert table.answer([wire.MODEL, 0, "backward", (ticket, [torch.ones(1)]), {}], 10) == [wire.RESULT, [None]]


def test_a_gradient_of_the_wrong_shape_is_the_students() -> None:
    """Also one for more results than there were, and a forward that stumbles."""
    table = lent(lambda x: x * 2)
    for slopes in ([torch.ones(7)], [torch.ones(1), torch.ones(1)], ["x"]):
        ticket = table.answer([wire.MODEL, 0, "forward", ([0], (torch.ones(1),)), {}], 10)[1][0]
        assert table.answer([wire.MODEL, 0, "backward", (ticket, slopes), {}], 10)[0] == wire.RAISE
    assert table.answer([wire.MODEL, 0, "forward", ([0], (torch.ones(1), 2)), {}], 10)[0] == wire.RAISE


def test_what_was_given_is_described_by_kind_only() -> None:
    """Shapes and numbers, never contents of texts or of our own error."""
    kind, _, text = lent(lambda x: x).answer(
        [wire.MODEL, 0, "call", (torch.ones(2, 3), np.ones(4), "secret", 5, None, [1]), {"t": 0.5}], 10
    )
    assert kind == wire.RAISE
    assert text == (
        "the model could not use what it was given: a float32 tensor of shape (2, 3), "
        "a float64 array of shape (4,), a str, 5, None, a list, t=0.5"
    )


@pytest.mark.parametrize("fault", [StudentDied("x"), StudentTimeout("x"), InfrastructureError("x")])
def test_faults_with_a_name_of_ours_pass_through_a_model(fault: Exception) -> None:
    """A model that calls the student in turn does not change whose fault it was."""

    def model() -> None:
        raise fault

    with pytest.raises(type(fault)):
        lent(model).answer([wire.MODEL, 0, "call", (), {}], 10)
