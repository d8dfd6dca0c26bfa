"""The questions that a validation puts to a suite: right work, wrong ideas, slips, and answers without thought."""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autograder.boundary.programs import settled
from autograder.course.modules import load_thoughtless
from autograder.records import CheckResult, Outcome
from autograder.suite.kinds import is_table
from autograder.suite.lending import may_be_lent
from autograder.suite.objects import is_object
from autograder.suite.student import PROGRAM, RecordedCall
from autograder.validation.mutants import Mutant, mutants_of, uses_of
from autograder.validation.report import Listed, RightWork, Slips, Thoroughness, WrongIdeas
from autograder.validation.trials import Bench, attempted, file_names, module_of, student_name
from autograder.verdicts.diagnosis import Entry, diagnose_each
from autograder.verdicts.replay import agrees, observed, replay, undisturbed
from autograder.verdicts.trusted import Names, with_idea

_SLOW = 0.5  # seconds for one check, from which on a quick validation leaves it out where it can
_PATIENCE = 2.0  # seconds beyond ten times what the reference took, which is warm by then: many slips never end
_MOST_ITEMS = 1000  # of an answer that comes one by one


def examine_right(
    bench: Bench, how: Thoroughness, submissions: Iterable[Path], starter: Path | None
) -> tuple[RightWork, list[str]]:
    """Right work loses nothing, and work without thought gets next to nothing. Also what broke."""
    works = {"reference": bench.reference}
    for file in submissions:
        names = attempted(lambda file=file: file_names(file))  # type: ignore[misc]
        if names is not None:
            works[file.parent.name] = names
    lost: list[str] = []
    for number, (work, names) in itertools.product(range(how.right_students), works.items()):
        student = student_name(number)
        for spec in bench.suite.specs:
            if number and bench.seen(student_name(0))[spec.id].result.seconds > _SLOW:
                continue
            result = bench.try_out(names, spec.id, student, patience=60.0)[0]  # some compile at their first call
            if result.points < result.max_points and result.outcome is not Outcome.SKIPPED:
                lost.append(f"{work} loses {spec.id} for {student}: {result.message[:160]}")
    rates = {spec.id: spec.false_failure_rate for spec in bench.suite.specs if spec.false_failure_rate}
    failures = {id: 0 for id in rates}
    for number, id in itertools.product(range(how.simulations), rates):
        result = bench.try_out(bench.reference, id, f"simulated-{number}")[0]
        failures[id] += result.outcome is not Outcome.PASSED
    opened = attempted(lambda: file_names(starter)) if starter else None
    scores = _scores_without_thought(bench, opened)
    broken = (
        [] if opened is not None or starter is None else [f"{starter.name}: the starter does not run as handed out"]
    )
    return RightWork(
        runs=how.right_students * len(works),
        lost=tuple(lost),
        stochastic=rates,
        simulated=how.simulations,
        failures=failures,
        starter=bench.score(opened, student_name(0)) if opened is not None else None,
        constants=scores,
    ), broken


def _scores_without_thought(bench: Bench, starter: Mapping[str, Any] | None) -> dict[str, float]:
    """What each way to answer without thought earns, and what they would earn together, the best of them in each check.

    Who hands in noise for one function and its input for another gets the last.
    """
    works = _thoughtless(bench, starter)
    earned = {
        name: {spec.id: bench.try_out(names, spec.id, student_name(0))[0].points for spec in bench.suite.specs}
        for name, names in works.items()
    }
    general = [points for name, points in earned.items() if name in _ANSWERS or name in _FORMS]
    together = sum(max(points[spec.id] for points in general) for spec in bench.suite.specs)
    return {name: sum(points.values()) for name, points in earned.items()} | {"the best of these together": together}


def _thoughtless(bench: Bench, starter: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Submissions that answer every question in one way, and those that the course names itself (THOUGHTLESS).

    Some have the form of a right answer and nothing else. What the starter hands out ready is kept as it is.
    """
    root = Path(bench.suite.reference.__file__ or "").parents[1]
    works: dict[str, dict[str, Any]] = {"empty file": Names({}, text="", file="")}
    for name, changed in (_one_for_all(bench, starter) | load_thoughtless(root, bench.slug)).items():
        works[name] = Names(changed, text="", file="")  # no text of the reference's is theirs
        ready = _ready(bench, starter)
        if starter and ready:
            space = next(starter[helper].__globals__ for helper in ready)
            space.update(changed)
            works[name] |= {helper: starter[helper] for helper in ready}
    return works


def _one_for_all(bench: Bench, starter: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What `grade validate` tries by itself: one way to answer, under every name that a check asks for."""
    seen = bench.seen(student_name(0)).values()
    asked = frozenset().union(*(what.functions for what in seen)) - _ready(bench, starter)
    # What answers with an object has done its work on it by then; what prints or writes has done so too.
    called = {call.function for what in seen for call in what.calls if not is_object(call.value)}
    made = {name: dict.fromkeys(asked, answer) for name, answer in _ANSWERS.items()}
    return made | {
        name: {
            function: _formed(form, bench.reference[function]) if function in called else _ANSWERS["nothing"]
            for function in asked
            if function in bench.reference or function == PROGRAM
        }
        for name, form in _FORMS.items()
    }


def _ready(bench: Bench, starter: Mapping[str, Any] | None) -> frozenset[str]:
    return ready_made(bench, _file_of(starter)) if starter else frozenset()


def _zeros(*args: Any, **_: Any) -> Any:
    first = args[0] if args else 0
    if isinstance(first, torch.Tensor):
        return torch.zeros_like(first)
    return np.zeros_like(first) if isinstance(first, np.ndarray | list | tuple) else 0.0


def _is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor | np.ndarray) or (isinstance(value, list) and bool(value))


def _first_array(args: Sequence[Any]) -> Any:
    return next((value for value in args if _is_array(value)), args[0] if args else None)


def _moved_input(*args: Any, **_: Any) -> Any:
    """What depends on every argument's length, and on nothing that is asked."""
    given = _first_array(args)
    number = sum(len(value) for value in args if isinstance(value, list | tuple)) + 0.5
    if isinstance(given, list):
        return [value + number if isinstance(value, int | float) else value for value in given]
    return given + number if isinstance(given, torch.Tensor | np.ndarray | int | float) else given


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One call of a function that does the right thing first: the right answer, the arguments, what models answered."""

    right: Any
    args: tuple[Any, ...]
    told: tuple[Any, ...]


def _formed(form: Callable[[_Asked], Any], right: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does what the right one does, and then answers with something else."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        told: list[Any] = []

        def listening(value: Any) -> Any:
            if not callable(value) or isinstance(value, type | torch.nn.Module) or not may_be_lent(value):
                return value

            def ask(*questions: Any, **named: Any) -> Any:
                told.append(value(*questions, **named))
                return told[-1]

            return ask

        value = settled(right(*map(listening, args), **{name: listening(value) for name, value in kwargs.items()}))
        return form(_Asked(right=value, args=args, told=tuple(told)))

    return answer


def _in_the_form_of(right: Any, given: Any) -> Any:
    """Containers, shapes and dtypes of the right answer, filled with what was given over and over."""
    if isinstance(right, list | tuple):
        return type(right)(_in_the_form_of(item, given) for item in right)
    if isinstance(right, dict):
        return {key: _in_the_form_of(item, given) for key, item in right.items()}
    if callable(right) or type(right).__module__.partition(".")[0] == "reference":
        return None  # an object of a class of its own has no empty form
    if is_table(right):
        return right.iloc[:0]
    if isinstance(right, Iterator):
        return [_in_the_form_of(item, given) for item in itertools.islice(right, _MOST_ITEMS)]
    if isinstance(right, set | frozenset):
        item = given(()) if callable(given) else given
        return type(right)([item]) if isinstance(item, Hashable) else type(right)()
    if right is None or isinstance(right, str | bytes):
        return "answer" if isinstance(right, str) else right
    try:
        filled = (
            given(np.shape(right)) if callable(given) else np.resize(np.asarray(given, dtype=float), np.shape(right))
        )
    except (TypeError, ValueError):
        filled = np.zeros(np.shape(right))
    if isinstance(right, torch.Tensor):
        return torch.as_tensor(filled).to(right.dtype)
    if isinstance(right, np.ndarray):
        return filled
    return type(right)(filled) if isinstance(right, int | float) else None  # of other kinds no form is known


def _fitting(asked: _Asked, which: int) -> Any:
    """Of the arrays that were given in the right answer's shape, the first (0) or the last (-1); else of all arrays."""
    arrays = [value for value in asked.args if _is_array(value)]
    fitting = [value for value in arrays if np.shape(value) == np.shape(_part(asked.right))]
    return (fitting or arrays or [_first_array(asked.args)])[which]


def _part(right: Any) -> Any:
    """The first of several things that are answered, if there are several."""
    return right[0] if isinstance(right, list | tuple) and right and np.ndim(right[0]) else right


def _noise(asked: _Asked, spread: float = 0.37) -> Callable[[tuple[int, ...]], Any]:
    """Noise of nobody's law, the same wherever the same numbers are asked with."""
    numbers = [repr(value) for value in asked.args if isinstance(value, int | float)]
    generator = np.random.default_rng(list("".join(numbers).encode()))
    return lambda shape: spread * generator.uniform(0.0, 1.0, shape)


def _noisy_input(asked: _Asked) -> Any:
    noise, given = _noise(asked), _fitting(asked, 0)

    def filled(shape: tuple[int, ...]) -> Any:
        return np.resize(np.asarray(given, dtype=float), shape) + noise(shape)

    return _in_the_form_of(asked.right, filled)


_ANSWERS: dict[str, Callable[..., Any]] = {
    "nothing": lambda *_, **__: None,
    "zero": lambda *_, **__: 0,
    "zeros": _zeros,
    "first argument": lambda *args, **__: args[0] if args else None,
    "first array": lambda *args, **__: _first_array(args),
    "last argument": lambda *args, **__: args[-1] if args else None,
    "input and a number of its own": _moved_input,
}

# Each does the right thing, the questions to a model included, and answers with something else.
_FORMS: dict[str, Callable[[_Asked], Any]] = {
    "the right questions to the model, then its input": lambda asked: _first_array(asked.args),
    "its input in the form of the answer": lambda asked: _in_the_form_of(asked.right, _first_array(asked.args)),
    "another argument in the form of the answer": lambda asked: _in_the_form_of(asked.right, _fitting(asked, -1)),
    "zeros in the form of the answer": lambda asked: _in_the_form_of(asked.right, 0.0),
    "ones in the form of the answer": lambda asked: _in_the_form_of(asked.right, 1.0),
    "noise in the form of the answer": lambda asked: _in_the_form_of(asked.right, _noise(asked)),
    "its input and noise in the form of the answer": _noisy_input,
    "what the model said in the form of the answer": lambda asked: _in_the_form_of(
        asked.right, asked.told[-1] if asked.told else _first_array(asked.args)
    ),
}


def _file_of(names: Mapping[str, Any]) -> Path:
    return Path(next(v.__code__.co_filename for v in names.values() if hasattr(v, "__code__")))


def ready_made(bench: Bench, starter: Path) -> frozenset[str]:
    """The functions that the starter hands out as the reference has them: no work of a student's."""
    right = _bodies(Path(bench.suite.reference.__file__ or ""))
    return frozenset(name for name, body in _bodies(starter).items() if body == right.get(name))


def _bodies(file: Path) -> dict[str, str]:
    """Function to its defaults and statements, docstring left out."""
    tops = [top for top in ast.parse(file.read_text("utf-8")).body if isinstance(top, ast.FunctionDef)]
    return {top.name: " ".join(map(ast.dump, [*top.args.defaults, *top.body[1:]])) for top in tops}


def examine_ideas(bench: Bench, how: Thoroughness) -> tuple[WrongIdeas, list[str]]:
    """Every wrong idea of the bank loses points and is named as itself. Also what broke."""
    bank: tuple[Entry, ...] = bench.suite.bank
    broken: list[str] = []
    uncaught: list[str] = []
    unnamed: list[str] = []
    misnamed: list[str] = []
    results: dict[tuple[str, str], CheckResult] = {}
    for number in range(how.students):
        student = student_name(number)
        for entry in bank:
            failed = []
            for id in bench.checks_of(frozenset([_holder(entry)])):
                work = with_idea(bench.reference, entry.function, entry.wrong)
                result, calls = bench.try_out(work, id, student, diagnose=not entry.slow)
                if number == 0:
                    results[entry.id, id] = result
                if result.outcome is Outcome.UNGRADED:
                    broken.append(f"{entry.id} in {id} for {student}: {result.message[:300]}")
                elif result.points < result.max_points:
                    failed.append(result)
                    others = [other for other in bank if other.function != entry.function]
                    for idea in () if entry.slow else diagnose_each(calls, others, bench.suite.reference).values():
                        misnamed.append(f"{entry.id}: {id} blames {idea.id}, of another function")
                    if entry.slow:
                        break
            names = {result.misconception.id for result in failed if result.misconception}
            if not failed:
                uncaught.append(f"{entry.id}: passes all of {entry.function}'s checks for {student}")
            elif names - {entry.id}:
                misnamed.append(f"{entry.id}: named {', '.join(sorted(names - {entry.id}))} for {student}")
            elif not names and not entry.slow:
                missed = ", ".join(result.id for result in failed)
                unnamed.append(f"{entry.id}: no hint for {student} ({missed})")
    pairs, both, one = _two_mistakes(bench, how, results, misnamed)
    return WrongIdeas(
        total=len(bank),
        slow=sum(entry.slow for entry in bank),
        uncaught=_one_each(uncaught),
        unnamed=_one_each(unnamed),
        misnamed=tuple(dict.fromkeys(misnamed)),
        alike=_alike(bench, how.students),
        pairs=pairs,
        both=both,
        one=one,
    ), broken


def _holder(entry: Entry) -> str:
    """The function or class that an idea is about."""
    return entry.function.partition(".")[0]


def _one_each(sentences: Iterable[str]) -> tuple[str, ...]:
    """The first sentence about each idea."""
    return tuple({sentence.split(":")[0]: sentence for sentence in reversed(list(sentences))}.values())[::-1]


def _two_mistakes(
    bench: Bench, how: Thoroughness, alone: Mapping[tuple[str, str], CheckResult], misnamed: list[str]
) -> tuple[int, int, int]:
    """Pairs of ideas in two functions at once: how many, how many named whole, how many named in half."""
    bank = [entry for entry in bench.suite.bank if not entry.slow]
    possible = [(a, b) for a, b in itertools.combinations(bank, 2) if a.function != b.function]
    chosen = random.Random(1).sample(possible, min(how.pairs, len(possible)))  # noqa: S311 -- a sample, not a secret
    both = one = 0
    for a, b in chosen:
        shared = set(bench.checks_of(frozenset([_holder(a)]))) & set(bench.checks_of(frozenset([_holder(b)])))
        results = [result for (id, check), result in alone.items() if id in (a.id, b.id) and check not in shared]
        work = with_idea(with_idea(bench.reference, a.function, a.wrong), b.function, b.wrong)
        results += [bench.try_out(work, id, student_name(0), diagnose=True)[0] for id in shared]
        names = {result.misconception.id for result in results if result.misconception}
        both += names == {a.id, b.id}
        one += len(names) == 1 and names < {a.id, b.id}
        misnamed += [f"{a.id}: with {b.id}, named {name}" for name in sorted(names - {a.id, b.id})]
    return len(chosen), both, one


def _alike(bench: Bench, students: int) -> tuple[tuple[str, str], ...]:
    """Pairs of ideas about one function that answer every call of every check in the same way."""
    found: list[tuple[str, str]] = []
    calls = _calls(bench, students)
    with undisturbed():
        # Ideas about a method or a program have no calls of their own: whether one alone is named tells of them.
        for function in dict.fromkeys(entry.function for entry in bench.suite.bank if entry.function in calls):
            entries = [entry for entry in bench.suite.bank if entry.function == function and not entry.slow]
            same = {pair: True for pair in itertools.combinations(range(len(entries)), 2)}
            for call in calls.get(function, ()):
                told = [replay(entry.wrong, call) for entry in entries]
                same = {pair: True for pair in same if _alike_here(told[pair[0]], told[pair[1]])}
            found += [(entries[a].id, entries[b].id) for a, b in same]
    return tuple(found)


def _alike_here(one: Any, other: Any) -> bool:
    behaviour = one.mutated == other.mutated and one.moved == other.moved and agrees(list(one.asked), list(other.asked))
    return behaviour and agrees(one.value, other.value)


def _calls(bench: Bench, students: int) -> dict[str, list[RecordedCall]]:
    """Function to all calls that the checks made of the reference, for so many students."""
    calls: dict[str, list[RecordedCall]] = {}
    for number in range(students):
        for seen in bench.seen(student_name(number)).values():
            for call in seen.calls:
                calls.setdefault(call.function, []).append(call)
    return calls


def examine_slips(
    bench: Bench, how: Thoroughness, listed: Sequence[Listed], starter: Path | None
) -> tuple[Slips, list[str]]:
    """Every mutant of the reference loses points for every student, or is listed with a reason. Also what broke."""
    given = ready_made(bench, starter) if starter else frozenset()
    source = Path(bench.suite.reference.__file__ or "").read_text("utf-8")
    reasons = {(entry.function, entry.was, entry.becomes): entry for entry in listed}
    uses = uses_of(source)
    broken: list[str] = []
    killed = equivalent = accepted = untried = 0
    survivors: list[str] = []
    used: set[tuple[str, str, str]] = set()
    mutants = [mutant for mutant in mutants_of(source) if mutant.function not in given]
    for mutant in mutants:
        reached = frozenset(name for name, needs in uses.items() if mutant.function in needs)
        checks = bench.checks_of(reached)
        quick = [id for id in checks if how.slow or bench.seen(student_name(0))[id].result.seconds <= _SLOW]
        names = attempted(lambda mutant=mutant: module_of(mutant.source, bench.suite.reference))  # type: ignore[misc]
        escaped = None if names is None else _escapes(bench, names, quick, how.students, mutant, broken)
        key = (mutant.function, mutant.was, mutant.becomes)
        if escaped is None:
            killed += 1
        elif len(quick) < len(checks):
            untried += 1
            used.add(key)  # nothing is known about an entry for it
        elif key in reasons:
            used.add(key)
            same = _same_answers(bench, names or {}, reached, how.students)
            equivalent, accepted = equivalent + same, accepted + (not same)
        else:
            same = _same_answers(bench, names or {}, reached, how.students)
            survivors.append(f"{mutant}" + (" (answers as the reference does)" if same else f" ({escaped})"))
    stale = [f"{e.function}: {e.was}  ->  {e.becomes}" for key, e in reasons.items() if key not in used]
    return Slips(
        total=len(mutants),
        killed=killed,
        equivalent=equivalent,
        accepted=accepted,
        survivors=tuple(survivors),
        untried=untried,
        stale=tuple(stale),
    ), broken


def _escapes(
    bench: Bench, names: Mapping[str, Any], checks: Sequence[str], students: int, mutant: Mutant, broken: list[str]
) -> str | None:
    """For which student a mutant loses nothing; None if it loses points for all of them."""
    for number in range(students):
        for id in checks:
            result = bench.try_out(names, id, student_name(number), patience=_PATIENCE)[0]
            if result.outcome is Outcome.UNGRADED:
                broken.append(f"{mutant} in {id}: {result.message[:300]}")
            if result.outcome is not Outcome.PASSED:
                break
        else:
            return f"full marks for {student_name(number)}"
    return None


def _same_answers(bench: Bench, names: Mapping[str, Any], functions: frozenset[str], students: int) -> bool:
    """Whether changed functions answer every recorded call as the reference does, within 1e-5."""
    calls = _calls(bench, students)
    with undisturbed():
        for function in functions & calls.keys():
            for call in calls[function]:
                answer = replay(names[function], call)
                right = replay(getattr(bench.suite.reference, function), call)
                if not agrees(observed(call).value, answer.value) or not _alike_here(answer, right):
                    return False
    return True
