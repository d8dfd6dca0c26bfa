"""A suite put through code of ours, check by check: only the checks that a change can reach, within a time limit."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from autograder.records import Answer, CheckResult, LoadReport, Outcome
from autograder.suite.objects import handle_of, is_object
from autograder.suite.student import PROGRAM, RecordedCall, record
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.inputs import Identity
from autograder.verdicts.trusted import Names, Trusted, names_of, over_reference, with_one_idea

_SECRET = "validation"  # noqa: S105 -- the course secret of a validation guards nothing


class Listener(Trusted):
    """Functions of ours, and a record of each call that a check makes. used: what else it uses, by its name."""

    def __init__(self, names: Mapping[str, Any], suite: CollectedSuite) -> None:
        super().__init__(names, whole=names_of(suite.reference), data=suite.data)
        self.calls: list[RecordedCall] = []
        self.used: set[str] = set()

    def use(
        self, thing: Any, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None
    ) -> Answer:
        """Do something with an object or a name, and note the names."""
        self._note(thing, *args, *kwargs.values())
        if operation == "run":
            self.used.add(PROGRAM)
        return super().use(thing, operation, args, kwargs, timeout=timeout)

    def _note(self, *values: Any) -> None:
        """Names of the submission's own, such as a class that is handed to a function."""
        names = [handle_of(value) for value in values if is_object(value)]
        self.used.update(name for name in names if isinstance(name, str))

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None) -> Answer:
        """Call a function and write it down."""
        self._note(*args, *kwargs.values())
        trusted = super().call
        return record(self.calls, name, args, kwargs, lambda given, named: trusted(name, given, named, timeout=timeout))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One check with the reference: what it called, and how long it took."""

    result: CheckResult
    calls: tuple[RecordedCall, ...]
    used: frozenset[str] = frozenset()

    @property
    def functions(self) -> frozenset[str]:
        """The functions, classes and constants that the check asks for."""
        return self.used.union(call.function for call in self.calls)


class Overrun(Exception):
    """The code on trial did not come back."""


class Bench:
    """A collected suite on which to try code. What the reference does there is found out once for each student."""

    def __init__(self, suite: CollectedSuite, *, carries: tuple[str, ...] = ()) -> None:
        self.suite = suite
        self.carries = carries
        self.slug = suite.path.stem.removeprefix("test_")
        self._seen: dict[str, dict[str, Seen]] = {}

    @property
    def reference(self) -> Names:
        """The public names of the reference."""
        return names_of(self.suite.reference)

    def seen(self, student: str) -> Mapping[str, Seen]:
        """Check to what the reference did there for one student's inputs."""
        if student not in self._seen:
            self._seen[student] = {spec.id: self._look(spec.id, student) for spec in self.suite.specs}
        return self._seen[student]

    def _look(self, check: str, student: str) -> Seen:
        listener = Listener(self.reference, self.suite)
        (result,) = self._run(listener, student, check, diagnose=False)
        return Seen(result=result, calls=tuple(listener.calls), used=frozenset(listener.used))

    def checks_of(self, functions: frozenset[str]) -> list[str]:
        """The checks that call any of these functions, the quickest first."""
        seen = self.seen(student_name(0))
        touched = [id for id, what in seen.items() if what.functions & {*functions, PROGRAM}]
        return sorted(touched, key=lambda id: seen[id].result.seconds)

    def try_out(
        self, names: Mapping[str, Any], check: str, student: str, *, diagnose: bool = False, patience: float = 5.0
    ) -> tuple[CheckResult, tuple[RecordedCall, ...]]:
        """One check on other code: result and calls.

        Times out `patience` seconds after ten times what is usual, in processor time.
        """
        usual = self.seen(student_name(0))[check].result.seconds
        listener = Listener(names, self.suite)
        with limited(10 * usual + patience) as over:
            try:
                (result,) = self._run(listener, student, check, diagnose=diagnose)
            except Overrun:
                result = self.seen(student_name(0))[check].result
        if over:
            spec = next(spec for spec in self.suite.specs if spec.id == check)
            result = CheckResult(
                id=check, title=spec.title, outcome=Outcome.TIMEOUT, points=0.0, max_points=spec.points
            )
        return result, tuple(listener.calls)

    def score(self, names: Mapping[str, Any], student: str) -> float:
        """The points of a whole submission."""
        return sum(self.try_out(names, spec.id, student)[0].points for spec in self.suite.specs)

    def _run(self, backend: Trusted, student: str, check: str, *, diagnose: bool) -> Sequence[CheckResult]:
        identity = Identity(secret=_SECRET, student=student, assignment=self.slug)
        run = Run(
            identity=identity,
            backend=backend,
            report=LoadReport(),
            carries=self.carries,
            diagnose=diagnose,
            with_idea=with_one_idea,
            over=over_reference,
        )
        return self.suite.run(run, only=frozenset([check]))


def student_name(number: int) -> str:
    """The invented student of that number."""
    return f"trial-{number}"


def public_names(module: ModuleType) -> dict[str, Any]:
    """What a module offers."""
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def module_of(source: str, like: ModuleType) -> Names:
    """The public names of a changed copy of a module. Raises whatever its statements raise."""
    module = ModuleType(like.__name__)
    module.__file__ = like.__file__
    exec(compile(source, f"{like.__name__} (changed)", "exec"), module.__dict__)  # noqa: S102 -- a module of the course
    return Names(public_names(module), text=source, file=str(like.__file__))


def file_names(file: Path) -> Names:
    """The public names of a file of ours, run as a module. Raises whatever its statements raise."""
    module = ModuleType(f"trial_{file.parent.name}_{file.stem}")
    module.__file__ = str(file)
    module.__dict__["__rehearsed__"] = True  # so that work which stands on an earlier slip can be carried
    sys.modules[module.__name__] = module  # dataclasses look their module up
    text = file.read_text("utf-8")
    exec(compile(text, str(file), "exec"), module.__dict__)  # noqa: S102 -- a file of the course
    return Names(public_names(module), text=text, file=str(file))


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[list[bool]]:
    """Raise Overrun in the block after so many seconds, again and again if it is caught; the list tells whether.

    Seconds of processor time, since a busy machine must find what an idle one finds; ten times as many on the clock for
    code that waits.
    """
    over: list[bool] = []
    done = False

    def ring(number: int, frame: FrameType | None) -> None:
        if not done:
            over.append(True)
            raise Overrun

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, 1), (signal.SIGALRM, signal.ITIMER_REAL, 10))
    before = {number: signal.signal(number, ring) for number, _, _ in timers}
    try:
        with contextlib.suppress(Overrun):
            for _, timer, times in timers:
                signal.setitimer(timer, times * seconds, 5.0)
            try:
                yield over
            finally:
                done = True
    finally:
        for number, timer, _ in timers:
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def attempted(work: Callable[[], Any]) -> Any:
    """What `work` returns, or None if it raises or hangs: loading code on trial may do anything."""
    result: Any = None
    with limited(10.0):
        try:
            result = work()
        except Exception:  # noqa: BLE001 -- code on trial may raise anything
            return None
    return result


def quiet() -> None:
    """Code on trial may print and plot; nobody looks."""
    import os
    import warnings

    os.environ["MPLBACKEND"] = "Agg"
    warnings.simplefilter("ignore")
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 -- for as long as this process lives
