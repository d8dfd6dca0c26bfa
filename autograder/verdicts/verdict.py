"""From one call of a check to its outcome: whose fault it was, what it costs, what the student is told."""

from __future__ import annotations

import inspect
import itertools
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest

from autograder.errors import StudentError, StudentFault, StudentTimeout, WorkerLost
from autograder.records import CheckResult, CheckSpec, Misconception, Outcome
from autograder.suite.assertions import CheckFailed
from autograder.suite.explain import Comparison
from autograder.suite.shown_calls import told_inputs
from autograder.suite.student import RecordedCall, Student
from autograder.suite.values import describe_kind
from autograder.verdicts.diagnosis import diagnose
from autograder.verdicts.pictures import draw
from autograder.verdicts.replay import SAME

# Where several cases of one check end differently, the check ends as the worst of them.
_WORST_FIRST = (Outcome.UNGRADED, Outcome.TIMEOUT, Outcome.CRASHED, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one call of a check function ended. credit: the share of its points kept; functions: what it asked for.

    calls: the questions and answers, where a wrong idea may be looked for in them; evidence: what to draw; about:
    "values" or "behaviour", as CheckFailed says; meant: the place in `calls` of the one that failed; inputs: of that
    one, as Python; atol: the absolute tolerance of the comparison that failed, where there was one.
    """

    outcome: Outcome
    credit: float = 0.0
    message: str = ""
    expected: str | None = None
    observed: str | None = None
    misconception: Misconception | None = None
    picture: str | None = None
    fingerprint: str | None = None
    functions: tuple[str, ...] = ()
    died: bool = False
    calls: tuple[RecordedCall, ...] = ()
    evidence: Mapping[str, Any] | None = None
    about: str = "values"
    meant: int = -1
    inputs: str | None = None
    unwritten: bool = False
    atol: float | None = None

    @property
    def earned_all(self) -> bool:
        """Whether nothing was lost."""
        return self.outcome in (Outcome.PASSED, Outcome.SKIPPED)

    def earlier(self, carries: tuple[str, ...]) -> tuple[str, ...]:
        """The functions on which others build, in their order, up to the first that the check itself asked for."""
        return tuple(itertools.takewhile(lambda name: name not in self.functions, carries)) if self.functions else ()

    @classmethod
    def skipped(cls, why: str) -> Attempt:
        """A need of the check is absent here."""
        return cls(outcome=Outcome.SKIPPED, message=why)

    def carried(self, names: Sequence[str]) -> Attempt:
        """The same, saying that a slip made earlier was not counted twice."""
        steps = " and ".join(names)
        note = f"Carried forward: graded with a right {steps}, so the slip there costs nothing here."
        return replace(self, message=f"{note} {self.message}".strip())


def ungraded(why: str) -> Attempt:
    """Our side failed. `why` is for the instructor."""
    return Attempt(outcome=Outcome.UNGRADED, message=f"This check could not be judged; a human will look. {why}")


def attempt(function: Callable[..., None], arguments: dict[str, Any], student: Student) -> Attempt:
    """Call a check and say how it ended. Why it failed is looked for later, by `explained`."""
    try:
        function(**arguments)
    except pytest.skip.Exception as skip:
        return Attempt.skipped(str(skip))
    except pytest.fail.Exception as failed:  # also of pytest.raises, where nothing was raised
        return Attempt(
            outcome=Outcome.FAILED,
            message=str(failed.msg),
            functions=_functions(student),
            calls=tuple(student.calls),
        )
    except CheckFailed as failed:
        return Attempt(
            outcome=Outcome.FAILED,
            credit=failed.credit,
            message=failed.message + _raised_before(student, failed.message),
            expected=failed.expected,
            observed=failed.observed,
            functions=_functions(student),
            calls=tuple(student.calls),
            evidence=failed.evidence,
            about=failed.about,
            meant=_meant(student.calls, failed.subject),
            atol=failed.atol,
        )
    except StudentTimeout as timeout:
        message = f"{_last(student)} did not answer: {timeout.text}"
        return Attempt(
            outcome=Outcome.TIMEOUT, message=message, functions=_functions(student), calls=tuple(student.calls)
        )
    except StudentFault as fault:
        return Attempt(
            outcome=Outcome.CRASHED,
            message=_crash_message(fault, student),
            functions=_functions(student),
            calls=tuple(student.calls),
            died=not isinstance(fault, StudentError),
            unwritten=isinstance(fault, StudentError) and fault.kind == "NotImplementedError",
        )
    except AssertionError as plain:
        if not _is_the_suites(plain, function):  # the reference contradicts itself
            return ungraded(f"AssertionError outside the check: {plain}")
        return Attempt(
            outcome=Outcome.FAILED,
            message=str(plain) or "not as asked",
            functions=_functions(student),
            calls=tuple(student.calls),
        )
    except WorkerLost:
        raise
    except Exception as ours:  # noqa: BLE001 -- what a suite or the engine raises by itself is our fault, never a score
        if lacking := _what_an_answer_lacks(ours, student, function):
            return Attempt(
                outcome=Outcome.FAILED, message=lacking, functions=_functions(student), calls=tuple(student.calls)
            )
        frame = traceback.extract_tb(ours.__traceback__)[-1]
        return ungraded(f"{type(ours).__name__}: {ours} ({frame.name}, line {frame.lineno})")
    return Attempt(outcome=Outcome.PASSED, credit=1.0, functions=_functions(student), calls=tuple(student.calls))


def _raised_before(student: Student, message: str) -> str:
    """What the last function or program that was watched raised, where the suite went on and its message is silent."""
    call = student.calls[-1] if student.calls else None
    seen = call.value if call is not None and not call.plain and type(call.value) is dict else {}
    kind, text = seen.get("raised"), seen.get("text")
    if type(kind) is not str or kind in message or call is None:
        return ""
    said = f": {text.removeprefix(f'{kind}: ')[:200]}" if type(text) is str and text else ""
    return f" {call.function} raised {kind}{said}"


def _what_an_answer_lacks(error: Exception, student: Student, function: Callable[..., Any]) -> str:
    """What to tell where a suite used an answer as what it is not, such as None as an object; "" otherwise."""
    if not student.calls or not _is_the_suites(error, function):
        return ""
    call = student.calls[-1]
    kind = describe_kind(call.value)
    if isinstance(error, AttributeError) and error.name and error.obj is call.value:
        return f"{call.function} returned {kind}, which has no `{error.name}`."
    if isinstance(error, TypeError) and call.value is None and "NoneType" in str(error):
        return f"{call.function} returned {kind}, and something else is needed."
    return ""


def explained(done: Attempt, bank: tuple[Any, ...], reference: ModuleType) -> Attempt:
    """The same with the known misconception behind its answers, and with a picture.

    It takes up to seconds, so it waits until every check is judged: a submission that watches the clock between two
    questions must not learn that its last answer was wrong.
    """
    if done.outcome not in (Outcome.FAILED, Outcome.CRASHED) or not done.calls:
        return done
    within = SAME if done.atol is None else Comparison(rtol=SAME.rtol, atol=min(SAME.atol, done.atol))
    idea = diagnose(done.calls, bank, reference, behaviour=done.about == "behaviour", within=within)
    call = done.calls[done.meant]
    inputs = told_inputs(call, getattr(reference, call.function, None))
    return replace(done, picture=draw(done.evidence), misconception=idea, inputs=inputs)


def merge(spec: CheckSpec, attempts: list[Attempt], *, partial: bool, seconds: float) -> CheckResult:
    """One result from the cases of a check: all or nothing, or the share of the cases if it says so."""
    worst = min(attempts, key=lambda a: _WORST_FIRST.index(a.outcome))
    credits = [a.credit for a in attempts]
    credit = sum(credits) / len(credits) if partial else min(credits)
    # A failing case is worth showing even if another case is merely skipped.
    message = worst.message
    if partial and len(attempts) > 1 and worst.outcome is Outcome.FAILED:
        message = f"{sum(a.earned_all for a in attempts)} of {len(attempts)} cases are right. {message}"
    points = 0.0 if worst.outcome in (Outcome.UNGRADED, Outcome.SKIPPED) else round(spec.points * credit, 6)
    return CheckResult(
        id=spec.id,
        title=spec.title,
        outcome=worst.outcome,
        points=points,
        max_points=spec.points,
        message=message,
        expected=worst.expected,
        observed=worst.observed,
        misconception=worst.misconception,
        picture=worst.picture,
        fingerprint=worst.fingerprint,
        seconds=round(seconds, 4),
        died=any(a.died for a in attempts),
        inputs=worst.inputs,
        unwritten=worst.unwritten,
    )


def _is_the_suites(plain: Exception, function: Callable[..., None]) -> bool:
    """Whether an error came up in the file of the check, and not in code that it called."""
    place = traceback.extract_tb(plain.__traceback__)[-1].filename
    return bool(place == inspect.unwrap(function).__code__.co_filename)


def _meant(calls: Sequence[RecordedCall], subject: Any) -> int:
    """The place of the call that gave a value, or a part of its answer; of the last one if none is known to."""

    def gave(call: RecordedCall) -> bool:
        parts = call.value if isinstance(call.value, (tuple, list)) else ()
        return call.value is subject or any(part is subject for part in parts[:100])

    if subject is None or not calls or gave(calls[-1]):
        return -1
    return next((place for place, call in enumerate(calls) if gave(call)), -1)


def _functions(student: Student) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call.function.removeprefix("slope_of_") for call in student.calls))


def _last(student: Student) -> str:
    return student.calls[-1].function if student.calls else "Your code"


def _crash_message(fault: StudentFault, student: Student) -> str:
    if not isinstance(fault, StudentError):
        return f"{_last(student)} gave no answer: {fault.text}"
    if fault.kind == "NotImplementedError":
        inner = fault.frames[-1].function if fault.frames else ""
        if inner.isidentifier() and inner != _last(student):
            return f"{inner} is not written yet, and {_last(student)} calls it."
        return f"{_last(student)} is not written yet."
    if fault.kind == "NameError" and not fault.frames:
        return fault.text.removeprefix("NameError: ")
    where = f", at {fault.frames[-1]}" if fault.frames else ""
    return f"{_last(student)} raised {fault.text}{where}"
