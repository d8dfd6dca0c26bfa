"""What a check's model writes down, and what it refuses before the trusted model sees it."""

import numpy as np
import pytest
import torch

from autograder.errors import ModelMisuse, StudentFault
from autograder.suite.calls import CallLog


def model(x, t, *rest, **named):
    """Shows what arrived: x times t, row by row."""
    assert t.dtype == torch.long and t.shape == (len(x),)
    return x * t.reshape(-1, *[1] * (x.ndim - 1))


@pytest.mark.parametrize(
    ("t", "times"),
    [
        (torch.tensor([3, 4]), [3, 4]),
        (np.array([3, 4]), [3, 4]),
        ([3, 4], [3, 4]),
        (torch.tensor([3.0, 4.0]), [3, 4]),
        (3, [3]),
        (torch.tensor(3), [3]),
        ([3], [3]),
        (np.int64(0), [0]),
        (9, [9]),
    ],
)
def test_every_form_of_a_legal_t_reaches_the_model_as_whole_numbers_per_row(t, times):
    """One whole number, or one for each row, in any form is what the model needs"""
    log = CallLog(model, timesteps=10)
    x = torch.ones(2, 3)
    answer = log(x, t)
    assert log.times == [times] and len(log) == 1
    assert torch.equal(answer, model(x, torch.tensor(times * (2 // len(times)))))


@pytest.mark.parametrize(
    ("x", "t", "words"),
    [
        (torch.ones(2, 3), 10, "asked about t = 10, but t runs from 0 to 9"),
        (torch.ones(2, 3), [3, -1], "asked about t = -1"),
        (torch.ones(2, 3), 2.5, "not a fraction"),
        (torch.ones(2, 3), float("nan"), "not a fraction"),
        (torch.ones(2, 3), [1, 2, 3], "t of shape (3,) for an x of 2 rows"),
        (torch.ones(2, 3), [[1], [2]], "t of shape (2, 1)"),
        (torch.ones(2, 3), None, "a t that is None"),
        (torch.ones(2, 3), "3", "a t that is a text"),
        (torch.tensor([[1.0, float("nan")]]), 3, "nan or infinite"),
        ("x", 3, "an x that is a text"),
        (None, 3, "an x that is None"),
        (object(), 3, "an x that is an object"),
        (torch.ones(2, dtype=torch.complex64), 3, "complex"),
        (torch.ones(1 << 22, 0), 3, "holds no values: its shape is (4194304, 0)"),
        (10**400, 3, "nan or infinite"),
    ],
)
def test_what_makes_no_sense_never_reaches_the_model(x, t, words):
    """A misuse is told to the learner, counts as the student's fault and is not recorded"""
    log = CallLog(lambda *_: pytest.fail("the model was called"), timesteps=10)
    with pytest.raises(ModelMisuse) as caught:
        log(x, t)
    assert words in caught.value.text and isinstance(caught.value, StudentFault)
    assert len(log) == 0 and log.times == []


def test_arrays_and_lists_become_tensors_of_their_width():
    """The model works on tensors whatever the student's code works on; float32 stays float32"""
    log = CallLog(lambda x, t, y: (x, y))
    x, y = log(np.ones((2, 3), dtype=np.float32), [0, 1], np.array([5, 6]))
    assert x.dtype == torch.float32 and torch.equal(y, torch.tensor([5, 6]))
    assert log([[1.0, 2.0]], 0, None)[0].dtype == torch.float64


def test_records_are_copies():
    """What a student's code changes after the call does not change the record"""
    log = CallLog(model, timesteps=10)
    x = torch.ones(1, 2)
    log(x, 1)
    x.zero_()
    assert torch.equal(log.calls[0].args[0], torch.ones(1, 2))


def test_arguments_by_name_and_further_ones_are_recorded():
    """x, t and labels may come by name"""
    log = CallLog(lambda x, t, labels=None, y=None: x, timesteps=10)
    log(torch.ones(2, 1), 3, torch.tensor([1, 2]))
    log(x=torch.ones(2, 1), t=4, y=[1, 2])
    assert torch.equal(log.calls[0].args[2], torch.tensor([1, 2]))
    assert torch.equal(log.calls[1].kwargs["y"], torch.tensor([1, 2]))
    assert log.times == [[3], [4]]


def test_gradients_flow_through_the_log():
    """A tensor that needs gradients reaches the model as it is"""
    x = torch.ones(2, 3, requires_grad=True)
    CallLog(model, timesteps=10)(x, [2, 5]).sum().backward()
    assert torch.equal(x.grad, torch.tensor([[2.0] * 3, [5.0] * 3]))


def test_without_timesteps_any_whole_number_will_do():
    """A log that knows no T does not judge the range"""
    log = CallLog(model)
    log(torch.ones(1, 1), 10**6)
    assert log.times == [[10**6]]
