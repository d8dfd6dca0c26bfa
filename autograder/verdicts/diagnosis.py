"""Which known wrong idea explains what a student's code returned.

The calls of a failed check are replayed, with the inputs they had, on every misconception of the function that was
called. A hint is given only if exactly one of them returns what the student's code returned, each time, and that is not
what the reference returns. Functions are judged one by one, so two mistakes in two functions are both found. A wrong
hint is worse than none: whatever is in doubt gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from autograder.errors import StudentError
from autograder.records import Misconception
from autograder.suite.explain import Comparison
from autograder.suite.objects import is_object
from autograder.suite.student import RecordedCall
from autograder.suite.values import Numbers, size_of, to_numbers
from autograder.verdicts.replay import SAME, Raised, Seen, agrees, observed, replay, undisturbed

# Raised by every unfinished or misspelt function: says nothing about an idea.
_SAYS_NOTHING = frozenset({"NotImplementedError", "NameError", "SyntaxError", "ImportError", "ModuleNotFoundError"})

# Of values that the replays for one check may go through, answers of a submission's among them: 63 MiB each may come.
# It is a number of bytes, not of seconds, so that a slow machine gives the hints of a fast one.
_MOST_BYTES = 1 << 30


class _Spent(Exception):
    """The replays went through as much as they may."""


class _Budget:
    """What is left of the bytes that replays may go through."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes

    def spend(self, call: RecordedCall) -> None:
        """Take a replay of this call off, before it is made. Raises _Spent."""
        self._left -= size_of([call.args, call.kwargs, call.value])
        if self._left < 0:
            raise _Spent


class Entry(Protocol):
    """A wrong idea as a course's bank holds it (reference.misconceptions.Misconception)."""

    @property
    def id(self) -> str:
        """Unique within the assignment."""
        ...

    @property
    def function(self) -> str:
        """The name of the function it is about."""
        ...

    @property
    def hint(self) -> str:
        """About the idea that is missing."""
        ...

    @property
    def wrong(self) -> Callable[..., Any]:
        """The function as one with this idea would write it."""
        ...

    @property
    def slow(self) -> bool:
        """Whether it takes too long to be replayed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A function's calls, what was seen, where the value is wrong, and whether anything else differs somewhere.

    within: how near two values must be to be the same.
    """

    calls: Sequence[RecordedCall]
    seen: Sequence[Seen]
    right: Sequence[Seen]
    wrong: Sequence[bool]
    odd: bool
    within: Comparison


def diagnose(
    calls: Sequence[RecordedCall],
    bank: Sequence[Entry],
    reference: ModuleType | Any,
    *,
    most_bytes: int = _MOST_BYTES,
    behaviour: bool = False,
    within: Comparison = SAME,
) -> Misconception | None:
    """The misconception behind a failed check, or None if none fits alone.

    calls: what the check called and what came back; reference: the module (or any object) that has the right functions;
    most_bytes: of inputs and answers that the replays may go through, after which no further function is judged.
    behaviour: whether the check failed over what was called or changed: an idea must do that too, and not the
    reference. within: how near two values must be to be the same: no further than the check itself allows, or a wrong
    value that is small would be taken for the right one. If ideas are found behind several functions, the one counts
    whose function went wrong most often, then the one that was called last.
    """
    found = diagnose_each(calls, bank, reference, most_bytes=most_bytes, behaviour=behaviour, within=within)
    return list(found.values())[-1] if found else None


def diagnose_each(
    calls: Sequence[RecordedCall],
    bank: Sequence[Entry],
    reference: ModuleType | Any,
    *,
    most_bytes: int = _MOST_BYTES,
    behaviour: bool = False,
    within: Comparison = SAME,
) -> dict[str, Misconception]:
    """Function to misconception, for every function whose wrong answers one idea explains; the likeliest blame last."""
    budget = _Budget(most_bytes)
    calls = [call for call in calls if is_repeatable(call)]
    last_seen = {call.function: i for i, call in enumerate(calls)}
    found: list[tuple[int, int, str, Misconception]] = []
    with undisturbed():
        for function, last in last_seen.items():
            entries = [entry for entry in bank if entry.function == function and not entry.slow]
            right = getattr(reference, function, None)
            mine = [call for call in calls if call.function == function]
            if not entries or right is None or all(map(_says_nothing, mine)):
                continue
            try:
                case = _case(mine, right, budget, within)
                if not case.odd and (behaviour or not any(case.wrong)):
                    continue
                entry = _only_match(entries, case, budget, behaviour=behaviour)
            except _Spent:
                break
            if entry is not None:
                found.append((sum(case.wrong), last, function, Misconception(id=entry.id, hint=entry.hint)))
    return {function: idea for _, _, function, idea in sorted(found, key=lambda item: item[:2])}


def is_repeatable(call: RecordedCall) -> bool:
    """Whether a call stands for itself: of a function by its name, which answered with a value."""
    return call.plain and not is_object(call.value)


class Ended(Protocol):
    """How a check ended: a `verdict.Attempt`."""

    @property
    def outcome(self) -> object:
        """Such as failed."""
        ...

    @property
    def calls(self) -> Sequence[RecordedCall]:
        """What was asked and answered."""
        ...


def same_course(one: Ended, other: Ended) -> bool:
    """Whether a check went the same way twice: the same uses, the same answers where they are values, the same end."""
    if one.outcome != other.outcome or len(one.calls) != len(other.calls) or all(map(_says_nothing, one.calls[-1:])):
        return False
    return all(same_use(a, b) for a, b in zip(one.calls, other.calls, strict=True))


def same_use(one: RecordedCall, other: RecordedCall) -> bool:
    """Whether two uses are of one name and ended alike: objects as objects, values as equal ones."""
    if one.function != other.function:
        return False
    if is_object(one.value) or is_object(other.value):
        return is_object(one.value) and is_object(other.value)
    mine, theirs = observed(one).value, observed(other).value
    if isinstance(mine, dict) and isinstance(theirs, dict) and "exit_code" in theirs:  # a program: how it was seen
        names = ("printed", "raised", "exit_code", "files")
        if not all(agrees(mine.get(name), theirs.get(name)) for name in names):
            return False
        mine, theirs = mine.get("value"), theirs.get("value")
        return (is_object(mine) and is_object(theirs)) or agrees(mine, theirs)
    return agrees(mine, theirs)


def _says_nothing(call: RecordedCall) -> bool:
    return isinstance(call.fault, StudentError) and call.fault.kind in _SAYS_NOTHING


def _case(calls: Sequence[RecordedCall], right: Callable[..., Any], budget: _Budget, within: Comparison) -> _Case:
    for call in calls:
        budget.spend(call)
    seen = [observed(call) for call in calls]
    answers = [replay(right, call) for call in calls]
    wrong = [not agrees(mine.value, theirs.value, within) for mine, theirs in zip(seen, answers, strict=True)]
    odd = not _same_behaviour(seen, answers)
    return _Case(calls=calls, seen=seen, right=answers, wrong=wrong, odd=odd, within=within)


def _only_match(entries: Sequence[Entry], case: _Case, budget: _Budget, *, behaviour: bool = False) -> Entry | None:
    """The one idea that explains a function's calls; None if there is none, or more.

    Raises _Spent where not every idea could be tried: one that was not could have fitted too.
    """
    by_value: list[tuple[Entry, dict[int, Seen]]] = []
    # The calls that went wrong tell ideas apart; those that went right are asked last.
    order = sorted(range(len(case.calls)), key=lambda i: not case.wrong[i])
    for entry in entries:
        answers: dict[int, Seen] = {}
        for i in order:
            budget.spend(case.calls[i])
            answers[i] = replay(entry.wrong, case.calls[i])
            if not agrees(case.seen[i].value, answers[i].value, case.within):
                break
        else:
            by_value.append((entry, answers))
    if any(case.wrong) and not behaviour:
        matches = [(entry, answers) for entry, answers in by_value if _convinces(case, answers)]
        if len(matches) > 1:
            matches = [(entry, answers) for entry, answers in matches if _behaves(case, answers)]
    else:
        matches = [(entry, answers) for entry, answers in by_value if _behaves(case, answers)]
    if not matches and any(case.wrong) and not behaviour:
        return _only_erratic(entries, case)
    return matches[0][0] if len(matches) == 1 else None


def _convinces(case: _Case, answers: dict[int, Seen]) -> bool:
    """Exceptions of one kind have many causes: alone they convince only if they say the same."""
    faults = [i for i, wrong in enumerate(case.wrong) if wrong and isinstance(case.seen[i].value, Raised)]
    if len(faults) < sum(case.wrong):
        return True
    pairs = [(case.seen[i].value, answers[i].value) for i in faults]
    return all(mine.text == theirs.text and mine.kind not in _SAYS_NOTHING for mine, theirs in pairs)


def _behaves(case: _Case, answers: dict[int, Seen]) -> bool:
    """Whether the student's code behaves as the idea does."""
    return _same_behaviour(case.seen, [answers[i] for i in range(len(case.seen))])


def _same_behaviour(some: Sequence[Seen], others: Sequence[Seen]) -> bool:
    """Whether both changed as many inputs and asked the same of their models, call by call, and moved a generator.

    Seeding twice with one seed leaves a generator where it was, so generators are looked at over all calls.
    """
    if any(one.moved for one in some) != any(other.moved for other in others):
        return False
    pairs = zip(some, others, strict=True)
    return all(one.mutated == other.mutated and agrees(list(one.asked), list(other.asked)) for one, other in pairs)


def _only_erratic(entries: Sequence[Entry], case: _Case) -> Entry | None:
    """The one idea that answers equal inputs differently, if the student's code does so and the reference does not."""
    for i, call in enumerate(case.calls):
        for j in range(i):
            alike = _equal_inputs(call, case.calls[j]) and agrees(case.right[i].value, case.right[j].value)
            if not alike or agrees(case.seen[i].value, case.seen[j].value):
                continue
            erratic = [e for e in entries if not agrees(replay(e.wrong, call).value, replay(e.wrong, call).value)]
            values = [to_numbers(case.seen[i].value), *(to_numbers(replay(e.wrong, call).value) for e in erratic)]
            shapes = {value.shape if isinstance(value, Numbers) else None for value in values}
            return erratic[0] if len(erratic) == 1 and len(shapes) == 1 and None not in shapes else None
    return None


def _equal_inputs(one: RecordedCall, other: RecordedCall) -> bool:
    """Models are taken as equal if they are of one class: whether they are, the reference's answers tell."""
    if len(one.args) != len(other.args) or one.kwargs.keys() != other.kwargs.keys():
        return False
    pairs = zip([*one.args, *one.kwargs.values()], [*other.args, *other.kwargs.values()], strict=True)
    return all(agrees(a, b) or (callable(a) and type(a) is type(b)) for a, b in pairs)
