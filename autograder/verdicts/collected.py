"""Run a collected suite for one submission after another.

`collection.collect` makes it; pytest keeps its fixtures, marks and parametrised cases.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from autograder.errors import CourseError, StudentFault, WorkerLost
from autograder.records import CheckResult, CheckSpec, GivenFunction, LoadReport, Misconception, Outcome, OwnWork
from autograder.suite.checks import ATTRIBUTE, Check
from autograder.suite.objects import BUILTINS_OF_SUITES
from autograder.suite.student import PROGRAM, Backend, Lent, Student, lent_here, original_of
from autograder.suite.values import size_of
from autograder.verdicts.carrying import candidates, follows, follows_in_uses, in_place, same_answers
from autograder.verdicts.diagnosis import is_repeatable, same_course
from autograder.verdicts.fingerprints import fingerprint
from autograder.verdicts.inputs import Identity
from autograder.verdicts.replay import undisturbed
from autograder.verdicts.verdict import Attempt, attempt, explained, merge, ungraded

Lend = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]

# Of what wrong answers hold; beyond it no reason is looked for.
_KEPT_BYTES = 256 << 20
# Fixtures of pytest's own that act in this process, where the student's code is not.
_BLIND = {
    **dict.fromkeys(
        ("tmp_path", "tmpdir", "tmp_path_factory"),
        'the submission cannot see: hand files over, student.call("f", files={"a.txt": ...}).files',
    ),
    **dict.fromkeys(
        ("capsys", "capfd", "capsysbinary", "capfdbinary", "caplog"),
        'hears nothing of the submission: ask student.call("f", stdin=[]).printed',
    ),
    "monkeypatch": 'changes nothing in the submission: type lines with student.call("f", stdin=["a line"])',
}
_RUN = pytest.StashKey["Run"]()
ATTEMPT = pytest.StashKey[Attempt]()
LOST = pytest.StashKey[WorkerLost]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One submission's way through a suite.

    lend: asks for objects of the course's own where the code runs, None for code that we trust, which runs here.
    cuda: whether the code may use a GPU, so that checks that need one are run. with_idea: makes a backend in which code
    that we trust has one known wrong idea, None where no such reason is looked for. over: makes one of the reference
    with other functions under some of its names.
    """

    identity: Identity
    backend: Backend
    report: LoadReport
    lend: Lend | None = None
    cuda: bool = False
    carries: tuple[str, ...] = ()
    diagnose: bool = True
    with_idea: Callable[[CollectedSuite, Any], Backend] | None = None
    over: Callable[[CollectedSuite, Mapping[str, Any]], Backend] | None = None


class CollectedSuite:
    """A suite whose checks pytest has collected. `specs` are in the order of the file.

    ours: the module of what the suite lends (tests/suites/lent_<slug>.py), if there is one. ways: a function to other
    right ways to write it over earlier functions. data: the folder whose files lie where submissions run.
    """

    def __init__(
        self,
        path: Path,
        items: list[pytest.Function],
        reference: ModuleType,
        bank: tuple[Any, ...],
        ours: ModuleType | None = None,
        ways: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self.ways = ways or {}
        self.data: Path | None = None
        self.path = path
        self.reference = reference
        self.bank = bank
        self.ours = ours
        self._items = items
        self._checks: dict[str, Check] = {}
        self._given: dict[str, GivenFunction] = {}
        self._ready: set[pytest.Function] = set()  # those that can be called without pytest's run protocol
        for item in items:
            for name, function in BUILTINS_OF_SUITES.items():
                vars(item.module).setdefault(name, function)
            mine: Check | None = getattr(item.obj, ATTRIBUTE, None)
            where = f"{path}:{(item.reportinfo()[1] or 0) + 1}"
            if mine is None:
                raise CourseError(f"{where}: {item.name} has no @check(...), so it would grade nothing; add one")
            blind = sorted(_BLIND.keys() & set(item.fixturenames))
            if blind:
                raise CourseError(f"{where}: {item.name} asks for {blind[0]}, which {_BLIND[blind[0]]}")
            known = self._checks.get(mine.spec.id)
            if known is not None and known is not mine:
                raise CourseError(f"{where}: the check id {mine.spec.id!r} is used twice; ids must differ")
            self._checks[mine.spec.id] = mine
            self._given |= {name: _given(reference, name, where) for name in mine.given}
            if _needs_nothing_prepared(item):
                parameters = item.callspec.params if hasattr(item, "callspec") else {}
                given = {**parameters, "reference": reference, "ours": ours}
                item.funcargs = {name: given.get(name) for name in _names(item)}
                self._ready.add(item)
        total = sum(spec.points for spec in self.specs)
        if not items:
            raise CourseError(f"{path}: the suite has no checks")
        if abs(total - 100) > 1e-9:
            raise CourseError(f"{path}: the points of its checks sum to {total:g}; they must sum to 100")

    @property
    def specs(self) -> tuple[CheckSpec, ...]:
        """What each check asks and is worth."""
        return tuple(check.spec for check in self._checks.values())

    def run(self, run: Run, *, only: frozenset[str] | None = None) -> tuple[CheckResult, ...]:
        """Grade one submission; `only` names the checks to run, None for all.

        First every check is judged; then those that an earlier slip may have failed are asked once more (`carrying`),
        in workers of their own. Those that get the fewest functions of the reference's come first: so a submission that
        keeps what it was given is never asked for it afterwards. When all is decided it is asked for fingerprints and
        the reasons are looked for, so that nothing can be learnt from either.
        """
        chosen = [item for item in self._items if only is None or self._check(item).spec.id in only]
        judged: dict[pytest.Function, Attempt] = {}
        spent: dict[str, float] = {}
        kept = _KEPT_BYTES

        def judge(item: pytest.Function, look: Callable[[], Attempt]) -> None:
            id, started = self._check(item).spec.id, time.monotonic()
            judged[item] = look()
            spent[id] = spent.get(id, 0.0) + time.monotonic() - started

        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            judge(item, functools.partial(self._run_item, item, following, run))
            done = judged[item]
            kept -= 0 if done.earned_all else sum(size_of(call.value) for call in done.calls)
            if done.earned_all or kept < 0:  # nobody will look for a reason in them
                judged[item] = replace(done, calls=())
        self._carry_forward(run, judged, judge)
        if run.diagnose:
            run.backend.renew()
            for item, done in judged.items():
                judge(item, functools.partial(self._explained, item, run, done))
        attempts: dict[str, list[Attempt]] = {}
        for item, done in judged.items():
            attempts.setdefault(self._check(item).spec.id, []).append(done)
        return tuple(
            merge(self._checks[id].spec, cases, partial=self._checks[id].partial, seconds=spent[id])
            for id, cases in attempts.items()
        )

    def _carry_forward(self, run: Run, judged: dict[pytest.Function, Attempt], judge: Callable[..., None]) -> None:
        """Give the failed checks a second attempt that may gain only what an earlier slip took."""
        first = dict(judged)
        cases: dict[str, int] = {}
        for item in first:
            cases[self._check(item).spec.id] = cases.get(self._check(item).spec.id, 0) + 1
        specs = {item: self._check(item).spec for item in first}
        weighed = [(done, specs[item].points / cases[specs[item].id]) for item, done in first.items()]
        waiting = {item: candidates(done, run.carries, weighed) for item, done in first.items()}
        called = self._called(run, first, {item: names for item, names in waiting.items() if names})
        better: dict[pytest.Function, tuple[tuple[str, ...], Attempt]] = {}
        for item, names in sorted(called.items(), key=lambda pair: len(pair[1])):
            if not better:
                run.backend.renew()
            functions = {name: getattr(self.reference, name) for name in names}
            second = self._asked_again(item, run, functions)
            own_work = second is not None and set(names).isdisjoint(second.functions)
            if second is not None and own_work and second.credit > first[item].credit:
                better[item] = names, second
        if better:
            run.backend.renew()
        for item, (names, second) in better.items():
            with contextlib.suppress(StudentFault):
                if self._follows(item, run, first[item], second, names):
                    judge(item, functools.partial(second.carried, names))

    def _follows(
        self, item: pytest.Function, run: Run, first: Attempt, second: Attempt, names: tuple[str, ...]
    ) -> bool:
        """Whether the first answers were right but for an earlier function (`carrying`)."""
        if all(call.plain for call in first.calls):
            return follows(first, second, names, run.backend, self.reference, self.ways)
        if run.over is None or "lent" in _names(item):  # what a suite sees through its helpers is not written down
            return False
        over = run.over

        def ask(own: Mapping[str, Any]) -> Attempt:
            rehearsal = replace(run, backend=over(self, own), lend=None, report=LoadReport())
            return self._run_item(item, None, rehearsal)

        return follows_in_uses(first, run.backend, self.reference, ask)

    def _called(
        self, run: Run, first: Mapping[pytest.Function, Attempt], waiting: Mapping[pytest.Function, tuple[str, ...]]
    ) -> dict[pytest.Function, tuple[str, ...]]:
        """Which of these functions of its own each check's code calls, where it answers as it did the first time."""
        called = {}
        if waiting:
            run.backend.renew()
        for item, names in waiting.items():
            own = {name: OwnWork() for name in names}
            again = self._asked_again(item, run, own)
            if again is not None and same_answers(first[item], again):
                called[item] = tuple(name for name in own if own[name].calls)
        return {item: names for item, names in called.items() if names}

    def _asked_again(self, item: pytest.Function, run: Run, functions: Mapping[str, Any]) -> Attempt | None:
        """A check once more, with these functions in place; None if the submission's time or restarts are used up."""
        try:
            there = {name: function for name, function in functions.items() if run.backend.has(name)}
            with in_place(run.backend, there):
                return self._run_item(item, None, run)
        except StudentFault:
            return None

    def _explained(self, item: pytest.Function, run: Run, done: Attempt) -> Attempt:
        """Why a check failed; where nobody has named that, what tells whether others share the mistake."""
        told = explained(done, self.bank, self.reference)
        if told.misconception is None and told.outcome in (Outcome.FAILED, Outcome.CRASHED):
            told = replace(told, misconception=self._idea_in_uses(item, run, done))
        if told.outcome is not Outcome.FAILED or told.misconception or not told.functions:
            return told
        # Asked once more with inputs common to the class, so that equal mistakes can be told.
        again = self._run_item(item, None, replace(run, identity=run.identity.shared()))
        return replace(told, fingerprint=fingerprint(again.calls))

    def _idea_in_uses(self, item: pytest.Function, run: Run, done: Attempt) -> Misconception | None:
        """The one idea with which a check of objects, programs or files goes as it went with the submission.

        Such uses build on one another, so they are not repeated one by one: the check is run once more on each idea.
        """
        if run.with_idea is None or all(is_repeatable(call) for call in done.calls):
            return None
        asked = {word for name in done.functions for word in re.findall(r"\w+", name)}
        entries = [e for e in self.bank if e.function.partition(".")[0] in asked or PROGRAM in done.functions]
        found = []
        for entry in [entry for entry in entries if not entry.slow]:
            rehearsal = replace(run, backend=run.with_idea(self, entry), lend=None, report=LoadReport())
            with undisturbed():
                tried = self._run_item(item, None, rehearsal)
            if same_course(done, tried):
                found.append(Misconception(id=entry.id, hint=entry.hint))
        return found[0] if len(found) == 1 else None

    def _check(self, item: pytest.Function) -> Check:
        check: Check = getattr(item.obj, ATTRIBUTE)
        return check

    def _run_item(self, item: pytest.Function, following: pytest.Item | None, run: Run) -> Attempt:
        needs = self._check(item).spec.needs
        absent = [need for need in needs if not (run.cuda if need == "cuda" else importlib.util.find_spec(need))]
        if absent:
            return Attempt.skipped(f"this machine has no {absent[0]}")
        item.stash[_RUN] = run
        if item in self._ready:
            return self.judge(item)
        reports = runtestprotocol(item, log=False, nextitem=following)
        if LOST in item.stash:
            raise item.stash[LOST]
        broken = [report for report in reports if report.failed]
        if ATTEMPT not in item.stash or broken:
            return ungraded(str(broken[0].longrepr) if broken else "pytest never called the check")
        done = item.stash[ATTEMPT]
        del item.stash[ATTEMPT]
        return done

    def judge(self, item: pytest.Function) -> Attempt:
        """Call a check."""
        run = item.stash[_RUN]
        spec = self._check(item).spec
        student = Student(run.backend, run.report, timeout=spec.timeout)
        arguments = {name: item.funcargs[name] for name in _names(item)}
        inside = getattr(run.backend, "inside", original_of)
        lent = Lent(run.lend, self.ours) if run.lend else lent_here(self.ours, inside)
        given = {name: self._given[name] for name in self._check(item).given}
        fresh = {"student": student, "lent": lent, "rng": run.identity.rng(spec.id, item.name)}
        arguments.update({name: value for name, value in fresh.items() if name in arguments})
        return attempt(_with(given, run.backend, item.obj) if given else item.obj, arguments, student)


def _given(reference: ModuleType, name: str, where: str) -> GivenFunction:
    function = getattr(reference, name, None)
    if not inspect.isfunction(function):
        raise CourseError(f"{where}: gives {name}, which is no function of {reference.__name__}")
    return GivenFunction(function=function, takes=tuple(inspect.signature(function).parameters))


def _with(given: Mapping[str, GivenFunction], backend: Backend, look: Callable[..., None]) -> Callable[..., None]:
    """A check that looks with these functions in the place of the submission's; a death there is an answer to it."""

    @functools.wraps(look)
    def looking(**arguments: Any) -> None:
        with in_place(backend, {name: function for name, function in given.items() if backend.has(name)}):
            look(**arguments)

    return looking


@functools.cache  # asked at collecting, before the forks
def _names(item: pytest.Function) -> tuple[str, ...]:
    return tuple(inspect.signature(item.obj).parameters)


def _needs_nothing_prepared(item: pytest.Function) -> bool:
    """Whether a check takes only what we give it, so that pytest's run protocol, 0.6 ms a check, can be left out."""
    ours = {"student", "rng", "reference", "lent", "ours", *(item.callspec.params if hasattr(item, "callspec") else ())}
    marked = any(mark.name != "parametrize" for mark in item.iter_markers())
    overridden = any(len(found) > 1 for found in item._fixtureinfo.name2fixturedefs.values())
    return item.cls is None and not (marked or overridden) and ours.issuperset(item.fixturenames)
