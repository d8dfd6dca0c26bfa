"""A submission that speaks to the grader behind the worker's back: every forged message is its own fault, and harms
nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from autograder.boundary import wire
from autograder.errors import InfrastructureError, StudentDied, StudentError, StudentFault
from autograder.records import Limits
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote

pytestmark = pytest.mark.jail

LIMITS = Limits(call_seconds=5.0, submission_seconds=60.0, memory_mib=512, callbacks=100, restarts=60)

SPEAKS = """
import os, time
from autograder.boundary import wire
from autograder.boundary.encoding import encode

def send(message, export=None):
    os.write(3, b"".join(encode(message, export)))
    time.sleep(60)

def speak(*message):
    send(list(message))

def offers_a_model():
    send([wire.ANSWER, object(), [], []], lambda value: wire.reference(wire.CALLBACK, 0, "model"))

def is_killed_by(number):
    os.kill(os.getpid(), number)

def burns():
    while True:
        pass

def honest():
    return 1

def asks(model):
    return model(1)

def asks_for_more_than_it_gives(model):
    import torch
    return model(torch.zeros(9 << 20, dtype=torch.uint8))
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


@pytest.fixture(scope="module")
def session(zygote: Zygote) -> Iterator[Session]:
    """The submission above, loaded; each forgery costs it a worker, and it gets another."""
    with Session(zygote, LIMITS, seed=7) as started:
        assert started.load({"work.py": SPEAKS.encode()}, "work.py").problems == ()
        yield started


FRAME = ["work.py", 1, "f", "x = 1", None]
ANSWERS = {
    "an answer without its fields": [wire.ANSWER, 1],
    "a report instead of an answer": [wire.REPORT, [], []],
    "an answer whose arguments are no list": [wire.ANSWER, 1, "x", []],
    "an answer whose arguments are no texts": [wire.ANSWER, 1, [1], []],
    "an answer with too many generators": [wire.ANSWER, 1, [], ["a", "b", "c", "d"]],
    "a kind that there is not": [99],
    "an announcement when nothing is loaded": [wire.ANNOUNCE, 1],
    "an error without its fields": [wire.ERROR, "ValueError"],
    "an error whose classes are no texts": [wire.ERROR, "ValueError", "no", [], [5]],
    "an error whose frame is a text": [wire.ERROR, "ValueError", "no", ["work.py"], []],
    "an error whose frame lacks a field": [wire.ERROR, "ValueError", "no", [FRAME[:4]], []],
    "an error whose frame has no line": [wire.ERROR, "ValueError", "no", [["work.py", "1", "f", "x", None]], []],
    "an error whose frame is in no cell": [wire.ERROR, "ValueError", "no", [["work.py", 1, "f", "x", -1]], []],
    "a question to a model that was never lent": [wire.MODEL, 12345, "call", [], {}],
    "a question without its fields": [wire.MODEL],
}


@pytest.mark.parametrize("message", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_forged_answer_is_the_submissions_fault_and_its_next_call_works(
    session: Session, message: list[object]
) -> None:
    """Nothing of it is believed; the worker ends, and a fresh one answers the next call."""
    with pytest.raises(StudentFault):
        session.call("speak", message, {})
    assert session.call("honest", [], {}).value == 1


def test_a_forged_exception_is_only_an_exception(session: Session) -> None:
    """What it could have raised honestly: its kind and text are told, sanitised."""
    with pytest.raises(StudentError) as caught:
        session.call("speak", [wire.ERROR, "AnswerError", "all\x1b[2J right", [FRAME], []], {})
    assert "\x1b" not in caught.value.text
    assert caught.value.frames[0].line == 1
    session.close()


def test_a_model_cannot_be_offered_to_the_grader(session: Session) -> None:
    """Only objects that stay in the worker cross as handles; a callable of the submission's is never called here."""
    with pytest.raises(StudentDied, match="protocol"):
        session.call("offers_a_model", [], {})
    assert session.call("honest", [], {}).value == 1


@pytest.mark.parametrize(("number", "says"), [(11, "SIGSEGV"), (40, "signal 40"), (24, "more processor time")])
def test_how_a_worker_ended_is_told(session: Session, number: int, says: str) -> None:
    """By a signal with a name, one without, and the one that the limit on processor time sends."""
    with pytest.raises(StudentDied, match=says):
        session.call("is_killed_by", [number], {})


def test_a_fault_of_ours_in_a_model_is_ours(session: Session) -> None:
    """What the model raises by itself, and what it returns and cannot be sent; the worker that waits for it ends."""

    def interrupted(x: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(InfrastructureError, match="cannot be sent"):
        session.call("asks", [lambda x: object()], {})
    with pytest.raises(KeyboardInterrupt):
        session.call("asks", [interrupted], {})
    with pytest.raises(InfrastructureError, match="cannot be sent"):
        session.call("honest", [object()], {})
    assert session.call("asks", [lambda x: torch.tensor(2.0)], {}).value == 2.0


def test_what_a_model_returns_for_too_much_is_its_senders_fault(session: Session) -> None:
    """Nine megabytes became seventy-two on our side: the submission is told so, and the check is not ungraded."""
    with pytest.raises(StudentError, match="given so much that its answer cannot be handed over"):
        session.call("asks_for_more_than_it_gives", [lambda x: x.double()], {})
    assert session.call("asks", [lambda x: x], {}).value == 1


LOADS = {
    "an error": "[wire.ERROR, 'ValueError', 'no', [], []]",
    "an answer": "[wire.ANSWER, 1, [], []]",
    "a report without its fields": "[wire.REPORT, []]",
    "a report of texts": "[wire.REPORT, [], ['x']]",
    "a report whose names are numbers": "[wire.REPORT, [1], []]",
    "a report of a problem without a file": "[wire.REPORT, [], [{'kind': 'error', 'message': 'x', 'line': 1}]]",
    "a report of a problem of no kind": "[wire.REPORT, [], [{'kind': 'x', 'file': 'work.py', 'message': ''}]]",
    "a report whose message is a number": "[wire.REPORT, [], [{'kind': 'error', 'file': 'work.py', 'message': 1}]]",
    "a report without a line": "[wire.REPORT, [], [{'kind': 'error', 'file': 'work.py', 'message': 'x'}]]",
}


@pytest.mark.parametrize("message", LOADS.values(), ids=LOADS.keys())
def test_a_forged_report_loads_nothing(zygote: Zygote, message: str) -> None:
    """The submission could not be loaded; what it defines is not asked for."""
    source = (
        "import os\nfrom autograder.boundary import wire\nfrom autograder.boundary.encoding import encode\n"
        f"os.write(3, b''.join(encode({message}, None)))\nf = abs\n"
    )
    with Session(zygote, LIMITS, seed=7) as session:
        with pytest.raises(StudentDied, match="could not be loaded"):
            session.load({"work.py": source.encode()}, "work.py")
        with pytest.raises(StudentDied, match="could not be loaded"):
            session.call("f", [1], {})


def test_a_worker_that_cannot_start_is_our_fault(zygote: Zygote) -> None:
    """A limit that no kernel takes is told as the worker told it, before a byte of the submission was read."""
    beyond = Limits(call_seconds=5.0, submission_seconds=60.0, memory_mib=1 << 50, callbacks=100, restarts=3)
    with (
        Session(zygote, beyond, seed=7) as session,
        pytest.raises(InfrastructureError, match="could not start: OverflowError"),
    ):
        session.load({"work.py": SPEAKS.encode()}, "work.py")


def test_what_a_hostile_question_provokes_on_our_side_is_its_senders_fault(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No question is known that does; should one be found, it ends its own submission and nothing else."""

    def stumbles(message: object, size: int) -> list[object]:
        raise ZeroDivisionError

    with Session(zygote, LIMITS, seed=7) as session:
        session.load({"work.py": SPEAKS.encode()}, "work.py")
        monkeypatch.setattr(session._models, "answer", stumbles)
        with pytest.raises(StudentDied, match=r"cannot be handled \(ZeroDivisionError\)"):
            session.call("asks", [lambda x: x], {})
        assert session.call("honest", [], {}).value == 1


def test_a_worker_whose_first_word_is_another_is_not_believed(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only after the word that its walls stand are a submission's bytes sent to it."""
    monkeypatch.setattr(wire, "READY", wire.ANNOUNCE)  # here, not in the jail
    with Session(zygote, LIMITS, seed=7) as session, pytest.raises(InfrastructureError, match="could not start"):
        session.load({"work.py": SPEAKS.encode()}, "work.py")
