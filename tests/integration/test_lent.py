"""An assignment with a model and things of its own: lent to a submission inside the jail, readable and not writable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.errors import CourseError, JailError, StudentError
from autograder.records import Equipment, Limits, Loan
from autograder.sandbox import jail
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote

pytestmark = pytest.mark.jail

LIMITS = Limits(call_seconds=10.0, submission_seconds=60.0)
LENT = """\
from pathlib import Path

opened = {}

def warm_up(model):
    opened["model"] = model
    opened["text"] = Path(model, "weights.txt").read_text()

class Box:
    def __init__(self, value):
        self.value = value

def box(value):
    return Box(value)

def inside(box):
    return box.value

def text():
    return opened["text"]

def ask(function, x):
    return Box(function(x))
"""
SUBMISSION = b"""
import os

def fill(box, value):
    box.value = value
    return box

def read(box):
    return box.value

def read_model(name):
    return open(f"/grader/model/{name}").read()

def write_model():
    open("/grader/model/more.txt", "w")
"""


@pytest.fixture(scope="module")
def equipment(tmp_path_factory: pytest.TempPathFactory) -> Equipment:
    """A lent file, and a model that lies in a folder no submission may read."""
    root = tmp_path_factory.mktemp("course")
    model = root / "reference" / "model"
    model.mkdir(parents=True)
    (model / "weights.txt").write_text("0.25")
    (root / "reference" / "answers.py").write_text("secret = 1")
    lent = root / "lent_boxes.py"
    lent.write_text(LENT)
    return Equipment(lent=lent, model=model)


@pytest.fixture(scope="module")
def session(equipment: Equipment) -> Iterator[Session]:
    """A loaded submission in a worker of that equipment."""
    assert equipment.lent and equipment.model
    secret = equipment.model.parent
    with (
        Zygote(limits=LIMITS, equipment=equipment, forbidden=(secret,)) as zygote,
        Session(zygote, LIMITS, seed=0) as session,
    ):
        session.load({"boxes.py": SUBMISSION}, "boxes.py")
        yield session


def lend(session: Session, name: str, *args: object) -> object:
    """What the lent file's function says."""
    return session.lend(name, args, {}).value


def test_a_lent_object_is_the_same_in_the_submission_and_for_the_suite(session: Session) -> None:
    """It stays in the worker: the submission changes it, and the lent file's functions see that."""
    box = Loan(there=lend(session, "box", 3), twin=lambda: None)
    assert session.call("read", [box], {}).value == 3
    session.call("fill", [box, 5], {})
    assert lend(session, "inside", box) == 5


def test_a_lent_object_may_ask_the_suite(session: Session) -> None:
    """A callable that is passed to the lent file is asked on our side."""
    box = lend(session, "ask", lambda x: x + 1, 4)
    assert lend(session, "inside", Loan(there=box, twin=lambda: None)) == 5


def test_the_model_was_opened_before_the_submission_was_there(session: Session) -> None:
    """In the zygote, from the place where it is inside."""
    assert lend(session, "text") == "0.25"


def test_the_model_can_be_read_and_not_written(session: Session) -> None:
    """Also where it lies in a folder that is closed to submissions."""
    assert session.call("read_model", ["weights.txt"], {}).value == "0.25"
    with pytest.raises(StudentError, match=r"Read-only file system|Permission denied"):
        session.call("write_model", [], {})


def test_a_loan_of_a_worker_that_is_gone_is_not_another_s(session: Session) -> None:
    """What is unknown to the lent file is the submission's error, in words."""
    with pytest.raises(StudentError, match="no attribute 'nothing'"):
        lend(session, "nothing")


def test_a_model_that_is_not_there_is_the_course_s_mistake(equipment: Equipment, tmp_path: Path) -> None:
    """Said before anything starts."""
    with pytest.raises(CourseError, match="absent is not there"):
        Zygote(equipment=Equipment(lent=equipment.lent, model=tmp_path / "absent")).start()


def test_a_model_must_not_hold_what_nobody_may_read(equipment: Equipment) -> None:
    """A whole course named as a model would open its suites."""
    assert equipment.model
    course = equipment.model.parents[1]
    with pytest.raises(JailError, match="which is open to them as a model"):
        Zygote(equipment=Equipment(model=course), forbidden=(equipment.model.parent,)).start()


@pytest.mark.skipif(bool(jail.gpu_devices()), reason="this machine has a GPU")
def test_a_required_gpu_that_is_not_there_stops_grading() -> None:
    """Rather than to grade with a part of the checks left out."""
    with pytest.raises(JailError, match="gpu: required"):
        Zygote(equipment=Equipment(gpu="required")).start()
