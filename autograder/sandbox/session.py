"""The conversation with one submission's worker, from the trusted side.

Whatever the worker says is hostile until it was checked here: types, sizes and deadlines by `wire`, fields by
`replies`, texts by `sanitise`. Its faults surface as StudentError, StudentDied or StudentTimeout and nothing else; only
what no student can cause is an InfrastructureError. A worker that died or hung is replaced by the next call.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn

import msgpack

from autograder.boundary import wire
from autograder.boundary.channel import Channel
from autograder.boundary.tensors import torch_in_use
from autograder.errors import GraderError, InfrastructureError, StudentDied, StudentError, StudentTimeout, WorkerLost
from autograder.records import Answer, GivenFunction, Limits, LoadReport, Loan, OwnWork
from autograder.sandbox import oom_kills, replies
from autograder.sandbox.clock import SubmissionClock
from autograder.sandbox.models import Models
from autograder.sandbox.preload import needed_by
from autograder.sandbox.sanitise import sanitise
from autograder.sandbox.worker_process import OUTPUT_KEPT, WorkerProcess, Workers, ZygoteGone
from autograder.suite.lending import may_be_lent, why_not
from autograder.suite.objects import handle_of, is_object

_READY_SECONDS = 30.0
_SECOND_CHANCE = 1.0  # seconds for a function that hung before
_LOAD_GRACE = 1.5  # how much longer than its own alarm a hanging statement is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An object that stays in the worker, such as an instance of a student's class. It has no behaviour here."""

    number: int
    generation: int
    type_name: str

    def __repr__(self) -> str:
        return f"<a {self.type_name} of the submission>"


class Session:
    """One submission being graded. A context manager.

    seed: of the global generators inside, so that a run can be repeated. The submission's time budget counts callbacks
    and decoding, but no time in which a processor was waited for (see `clock`); loading, restarts included, has another
    of the same length. Works in a fork of the process that started the zygote.

    kills_are_ours: whether a worker that ends by SIGKILL was killed from outside, so that our side failed. Else it did
    that to itself, as a submission can, unless the kernel says that it killed for want of memory meanwhile.
    """

    def __init__(self, zygote: Workers, limits: Limits, *, seed: int, kills_are_ours: bool = False) -> None:
        self.limits = limits
        self.cpu_seconds = 0.0
        self._zygote = zygote
        self._seed = seed
        self._kills_are_ours = kills_are_ours
        self._clock = SubmissionClock()
        self._models = Models(limits)
        self._worker: WorkerProcess | None = None
        self._channel: Channel | None = None
        self._generation = 0
        self._renewals = 0
        self._kills_before = 0
        self._printing = True  # whether what the submission prints is kept
        self._depth = 0
        self._ends_at = float("inf")
        self._loading_left = limits.submission_seconds
        self._files: Mapping[str, bytes] = {}
        self._libraries: Sequence[str] = ()
        self._main = ""
        self._skip: dict[int, str] = {}
        self._replaced: dict[str, object] = {}
        self._hung: set[str] = set()
        self._broken: StudentDied | None = StudentDied("nothing was loaded")
        self._last_end = ""
        self._lost = False  # the last worker did not end by its own doing
        self._output = {"stdout": b"", "stderr": b""}
        self._make: Callable[[Any], object] = lambda handle: handle

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker. The texts and the CPU time remain readable."""
        self._end_worker()
        self._clock.close()
        self._models.forget_graphs()

    @property
    def waited(self) -> float:
        """Seconds in which the submission, or this side, was ready to go on and had no processor."""
        return self._clock.waited()

    @property
    def stdout(self) -> str:
        """What the submission printed, the first 64 KiB of it, sanitised."""
        return self._printed("stdout")

    @property
    def stderr(self) -> str:
        """What the submission wrote to its error stream, the first 64 KiB of it, sanitised."""
        return self._printed("stderr")

    def load(self, files: Mapping[str, bytes], main: str) -> LoadReport:
        """Run a submission's files, statement by statement. files: name to content; main: the graded one's name.

        A statement that ends or hangs the process is reported and left out of a second try. Raises StudentDied or
        StudentTimeout if the submission cannot be loaded at all.
        """
        self._files, self._main = dict(files), main
        self._libraries = needed_by(self._files.values(), *(["torch"] if torch_in_use() else []))
        self._skip, self._replaced, self._broken = {}, {}, None
        self._hung = set()
        self._ends_at = self._clock.now() + self.limits.submission_seconds
        self._loading_left = self.limits.submission_seconds
        self._end_worker()
        return self._load_apart()

    def call(
        self, name: str, args: Sequence[object], kwargs: Mapping[str, object], *, timeout: float | None = None
    ) -> Answer:
        """Call the submission's function `name`. timeout: seconds, by default the course's limit for one call.

        A function that hung before is given a second from then on: what hangs once hangs again, and a class of hanging
        submissions must not take hours.
        """
        seconds = timeout or self.limits.call_seconds
        if name in self._hung:
            seconds = min(seconds, _SECOND_CHANCE)
        try:
            return self._ask([wire.CALL, name, list(args), dict(kwargs)], seconds)
        except StudentTimeout:
            self._hung.add(name)
            raise

    def use(
        self,
        thing: object,
        operation: str,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        *,
        timeout: float | None = None,
    ) -> Answer:
        """Do something with an object that stayed in the worker. operation: one of `boundary.objects.OPERATIONS`."""
        return self._ask([wire.USE, thing, operation, list(args), dict(kwargs)], timeout)

    def text(self, name: str) -> str | None:
        """What a file of the submission holds, as it was handed in; None if there is none. It is read, never run."""
        content = self._files.get(name or self._main)
        return None if content is None else content.decode("utf-8", "replace")

    def adopting(self, make: Callable[[Any], object]) -> None:
        """Say what handles become from now on; at first they stay as they are."""
        self._make = make

    def lend(self, name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> Answer:
        """Ask the course's own module in the worker; what is no value comes back as a handle."""
        return self._ask([wire.LEND, name, list(args), dict(kwargs)], None)

    def renew(self, *, prints: bool = False) -> bool:
        """Let the next question meet a fresh worker, with the same submission and nothing of what was asked before.

        prints: whether what the submission prints from now on is kept. It is dropped while functions of the reference
        are lent: it may hold their answers. Returns whether it was kept until now.
        """
        self._end_worker()
        kept, self._printing = self._printing, prints
        self._renewals += 1
        return kept

    def has(self, name: str) -> bool:
        """Whether the submission defines `name`."""
        return self._ask([wire.HAS, name], None).value is True

    def replace(self, name: str, value: object) -> None:
        """Put `value` (or a callable of ours) in the place of the submission's global `name`, until `restore`."""
        self._put(name, value)
        self._replaced[name] = value

    def restore(self) -> None:
        """Give the submission its own names back, in a worker that ends meanwhile too."""
        names, self._replaced = list(self._replaced), {}
        for name in names:
            self._ask([wire.RESTORE, name], None)

    def _put(self, name: str, value: object) -> None:
        self._ask([wire.REPLACE, name, value, list(value.takes) if isinstance(value, GivenFunction) else []], None)

    def _ask(self, request: list[object], timeout: float | None) -> Answer:
        """One request and its answer, on a worker that is there and loaded."""
        if self._channel is None:
            self._revive()
        seconds = timeout or self.limits.call_seconds
        deadline = min(self._ends_at, self._clock.now() + seconds)
        self._depth += 1
        try:
            reply = self._converse(request, deadline, seconds)
            return replies.answer(reply)
        except wire.WireError as error:
            self._end_worker()
            raise StudentDied(f"the submission broke the grader's protocol: {error}") from None
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._models.forget_graphs()

    def _converse(self, request: list[object], deadline: float, seconds: float) -> list[Any]:
        """Send, serve the worker's questions to models, return its reply; every way it can fail has its exception."""
        channel = self._channel
        assert channel is not None
        try:
            channel.send(request, deadline)
        except (wire.PeerGone, wire.DeadlinePassed) as error:
            self._fail(error, seconds)
        except TypeError as error:
            raise InfrastructureError(f"the suite passed something that cannot be sent: {error}") from error
        try:
            while True:
                message = channel.receive(deadline)
                if message[0] == wire.MODEL:
                    self._answer_model(channel, message, deadline)
                elif message[0] == wire.ANNOUNCE and request[0] == wire.LOAD:
                    deadline = min(self._ends_at, self._clock.now() + self.limits.call_seconds + _LOAD_GRACE)
                    self._announced = replies.whole_number(message, 1)
                elif message[0] == wire.ERROR:
                    raise replies.student_error(message)
                elif message[0] in (wire.ANSWER, wire.REPORT):
                    return message
                else:
                    raise wire.WireError("a message out of place")
                if self._clock.now() > deadline:  # one who never stops talking would never be waited for
                    raise wire.DeadlinePassed
        except (StudentError, wire.WireError):
            raise
        except (wire.PeerGone, wire.DeadlinePassed) as error:
            self._fail(error, seconds)
        except GraderError:
            self._end_worker()  # it waits for an answer that will not come
            raise
        except Exception as error:  # noqa: BLE001  whatever hostile values provoke in here is their sender's fault
            raise wire.WireError(f"a message that cannot be handled ({type(error).__name__})") from None
        except BaseException:
            self._end_worker()
            raise

    def _answer_model(self, channel: Channel, message: list[Any], deadline: float) -> None:
        """Ask a model of the suite on the worker's behalf. What it returns is ours, so it must be fit to send.

        How much it returns is up to how much it was given.
        """
        reply = self._models.answer(message, channel.received)
        try:
            channel.send(reply, deadline)
        except wire.TooMuch as error:
            channel.send(
                [
                    wire.RAISE,
                    "RuntimeError",
                    f"the model was given so much that its answer cannot be handed over: {error}",
                ],
                deadline,
            )
        except TypeError as error:
            raise InfrastructureError(f"a model of the suite returned what cannot be sent: {error}") from error

    def _fail(self, error: wire.PeerGone | wire.DeadlinePassed, seconds: float) -> NoReturn:
        """The worker is gone or late: end it, and say which. seconds: what it was given."""
        if isinstance(error, wire.DeadlinePassed):
            self._end_worker()
            if self._clock.now() >= self._ends_at:
                raise StudentTimeout(self._out_of_time()) from None
            self._last_end = "it did not answer in time"
            raise StudentTimeout(f"no answer within the {seconds:g} s that a call may take") from None
        self._end_worker(patience=0.5)
        if self._lost:
            raise WorkerLost(f"a worker was lost: {self._last_end}") from None
        raise StudentDied(self._last_end) from None

    def _out_of_time(self) -> str:
        return f"the whole submission used up its {self.limits.submission_seconds:g} s"

    def _revive(self) -> None:
        """Start a fresh worker with the same submission, within the budget for that."""
        if self._broken is not None:
            raise StudentDied(self._broken.text)
        self._load_apart()
        for name, value in self._replaced.items():
            self._put(name, value)

    def _load_apart(self) -> LoadReport:
        """Load within the time that all loading may take, so that training at the top costs judging none of its own."""
        began, judging_ends = self._clock.now(), self._ends_at
        self._ends_at = loading_ends = began + self._loading_left
        try:
            return self._load()
        finally:
            spent = self._clock.now() - began
            self._loading_left -= spent - (self._ends_at - loading_ends)  # less what workers took to start
            self._ends_at = judging_ends + spent

    def _load(self) -> LoadReport:
        """Start workers until one has loaded the submission; each try leaves out the statement that ended the last."""
        while True:
            if self._clock.now() >= self._ends_at:
                raise StudentTimeout(self._out_of_time())
            if self._generation - self._renewals > self.limits.restarts:
                raise StudentDied(f"the submission's process ended too often, the last time because {self._last_end}")
            self._start_worker()
            self._announced = 0
            files = {name: content for name, content in self._files.items()}
            request = [wire.LOAD, files, self._main, self._seed, self.limits.call_seconds, self._skip]
            deadline = min(self._ends_at, self._clock.now() + self.limits.call_seconds + _LOAD_GRACE)
            try:
                reply = self._converse(request, deadline, self.limits.call_seconds)
                report, hung = replies.report(reply, self._files)
                self._skip = {**hung, **self._skip}
                return report
            except (StudentDied, StudentTimeout) as error:
                if not self._announced or self._announced in self._skip:
                    self._broken = StudentDied(f"the submission could not be loaded: {error.text}")
                    raise
                late = isinstance(error, StudentTimeout)
                why = "was stopped: it took too much time" if late else f"ended the process: {self._last_end}"
                self._skip[self._announced] = f"this statement {why}"
            except (StudentError, wire.WireError) as error:
                self._end_worker()
                self._broken = StudentDied(f"the submission could not be loaded: {error}")
                raise StudentDied(self._broken.text) from None

    def _start_worker(self) -> None:
        """Fork one, and wait until its walls stand. No student's byte was read yet: a failure or delay here is ours."""
        began = self._clock.now()
        self._kills_before = oom_kills.kills()
        self._worker = self._zygote.spawn(self.limits, self._libraries)
        self._generation += 1
        self._clock.follow(self._worker.pidfd)
        self._channel = Channel(
            self._worker.line, export=self._export, adopt=self._adopt, text=sanitise, now=self._clock.now
        )
        try:
            if self._channel.receive(self._clock.now() + _READY_SECONDS) != [wire.READY]:
                raise wire.WireError("not ready")
        except (wire.WireError, wire.PeerGone, wire.DeadlinePassed):
            text = os.pread(self._worker.stderr, replies.MAX_TEXT, 0).decode("utf-8", "replace")
            self._end_worker()
            raise InfrastructureError(f"a worker could not start: {sanitise(text, replies.MAX_TEXT)}") from None
        self._ends_at += self._clock.now() - began

    def _end_worker(self, patience: float = 0.0) -> None:
        """Kill and reap the worker, if there is one; keep its output. patience: seconds to let it end by itself."""
        worker, self._worker, self._channel = self._worker, None, None
        if worker is None:
            return
        self._clock.leave()
        try:
            ended = bool(select.select([worker.pidfd], [], [], patience)[0])
            worker.kill()
            for name, descriptor in (("stdout", worker.stdout), ("stderr", worker.stderr)) if self._printing else ():
                self._output[name] = (self._output[name] + os.pread(descriptor, OUTPUT_KEPT, 0))[:OUTPUT_KEPT]
            status, cpu = self._zygote.reap(worker)
            self.cpu_seconds += cpu
            self._last_end = _how_it_ended(status)
            killed = ended and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            self._lost = killed and (self._kills_are_ours or oom_kills.kills() > self._kills_before)
        except ZygoteGone:
            self._last_end, self._lost = "the zygote ended, and its worker with it", True
        finally:
            worker.close()

    def _printed(self, name: str) -> str:
        raw = self._output[name]
        if self._worker is not None and self._printing:
            raw += os.pread(getattr(self._worker, name), OUTPUT_KEPT, 0)
        return sanitise(raw[:OUTPUT_KEPT].decode("utf-8", "replace"))

    def _export(self, value: object) -> msgpack.ExtType:
        if isinstance(value, Loan):
            value = value.there
        if is_object(value):
            value = handle_of(value)  # type: ignore[arg-type]
            if isinstance(value, str):
                return wire.reference(wire.NAME, 0, value)
        if isinstance(value, Handle):
            if value.generation != self._generation:
                raise StudentDied(f"the process that held {value!r} has ended")
            return wire.reference(wire.HANDLE, value.number, "")
        if isinstance(value, (OwnWork, GivenFunction)) or may_be_lent(value):
            return wire.reference(wire.CALLBACK, self._models.number_of(value), "model")
        raise TypeError(why_not(value) if callable(value) else f"{type(value).__name__} cannot be sent to a submission")

    def _adopt(self, kind: int, number: int, name: str) -> object:
        if kind in (wire.MEMBER, wire.FRAME):
            return None  # an Enum of the submission's is known by its names, a table by what the suite has imported
        if kind != wire.HANDLE:
            raise wire.WireError("a submission has no models to offer")
        return self._make(Handle(number=number, generation=self._generation, type_name=name))


def _how_it_ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "it used more processor time than a submission may"
        with contextlib.suppress(ValueError):
            return f"it was killed by {signal.Signals(number).name}"
        return f"it was killed by signal {number}"
    return f"it ended itself with exit code {os.WEXITSTATUS(status)}"
