"""Run a collected suite for one submission after another.

`collection.collect` makes it; pytest keeps its fixtures, marks and parametrised cases.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from autograder.errors import CourseError, StudentFault, WorkerLost
from autograder.records import CheckResult, CheckSpec, LoadReport, Outcome
from autograder.suite.checks import ATTRIBUTE, Check
from autograder.suite.student import Backend, Lent, RecordedCall, Student, lent_here
from autograder.verdicts.fingerprints import fingerprint
from autograder.verdicts.identity import Identity
from autograder.verdicts.verdict import Attempt, attempt, merge, ungraded

Lend = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]

_RUN = pytest.StashKey["Run"]()
ATTEMPT = pytest.StashKey[Attempt]()
LOST = pytest.StashKey[WorkerLost]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One submission's way through a suite.

    lend: asks for objects of the course's own where the code runs, None for code that we trust, which runs here.
    cuda: whether the code may use a GPU, so that checks that need one are run.
    """

    identity: Identity
    backend: Backend
    report: LoadReport
    lend: Lend | None = None
    cuda: bool = False
    carries: tuple[str, ...] = ()
    diagnose: bool = True


class CollectedSuite:
    """A suite whose checks pytest has collected. `specs` are in the order of the file.

    ours: the module of what the suite lends (tests/suites/lent_<slug>.py), if there is one.
    """

    def __init__(
        self,
        path: Path,
        items: list[pytest.Function],
        reference: ModuleType,
        bank: tuple[Any, ...],
        ours: ModuleType | None = None,
    ) -> None:
        self.path = path
        self.reference = reference
        self.bank = bank
        self.ours = ours
        self._items = items
        self._checks: dict[str, Check] = {}
        self._ready: set[pytest.Function] = set()  # those that can be called without pytest's run protocol
        for item in items:
            mine: Check | None = getattr(item.obj, ATTRIBUTE, None)
            where = f"{path}:{item.reportinfo()[1] or 0}"
            if mine is None:
                raise CourseError(f"{where}: {item.name} has no @check(...), so it would grade nothing; add one")
            known = self._checks.get(mine.spec.id)
            if known is not None and known is not mine:
                raise CourseError(f"{where}: the check id {mine.spec.id!r} is used twice; ids must differ")
            self._checks[mine.spec.id] = mine
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

        Every check is judged before any function of the reference's is carried, and those that get the fewest of them
        are looked at again first: so a submission that keeps what it was given is never asked for it afterwards.
        """
        chosen = [item for item in self._items if only is None or self._check(item).spec.id in only]
        judged: dict[pytest.Function, Attempt] = {}
        spent: dict[str, float] = {}

        def judge(item: pytest.Function, look: Callable[[], Attempt]) -> None:
            id, started = self._check(item).spec.id, time.monotonic()
            judged[item] = look()
            spent[id] = spent.get(id, 0.0) + time.monotonic() - started

        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            judge(item, functools.partial(self._run_item, item, following, run))
        carried = {item: first.earlier(run.carries) for item, first in judged.items() if not first.earned_all}
        for item, names in sorted(carried.items(), key=lambda pair: len(pair[1])):
            judge(item, functools.partial(self._with_earlier_work_right, item, run, names, judged[item]))
        attempts: dict[str, list[Attempt]] = {}
        for item, done in judged.items():
            attempts.setdefault(self._check(item).spec.id, []).append(done)
        return tuple(
            merge(self._checks[id].spec, cases, partial=self._checks[id].partial, seconds=spent[id])
            for id, cases in attempts.items()
        )

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
        """Call a check; where it fails in a way that nobody has named, look whether others share the mistake."""
        run = item.stash[_RUN]
        done, _ = self._attempt(item, run)
        if not run.diagnose or done.outcome is not Outcome.FAILED or done.misconception or not done.functions:
            return done
        # Asked once more with inputs common to the class, so that equal mistakes can be told.
        _, calls = self._attempt(item, replace(run, identity=run.identity.shared(), diagnose=False))
        return replace(done, fingerprint=fingerprint(calls))

    def _attempt(self, item: pytest.Function, run: Run) -> tuple[Attempt, list[RecordedCall]]:
        spec = self._check(item).spec
        student = Student(run.backend, run.report, timeout=spec.timeout)
        arguments = {name: item.funcargs[name] for name in _names(item)}
        lent = Lent(run.lend, self.ours) if run.lend else lent_here(self.ours)
        fresh = {"student": student, "lent": lent, "rng": run.identity.rng(spec.id, item.name)}
        arguments.update({name: value for name, value in fresh.items() if name in arguments})
        bank = self.bank if run.diagnose else ()
        return attempt(item.obj, arguments, student, bank, self.reference), student.calls

    def _with_earlier_work_right(
        self, item: pytest.Function, run: Run, carried: tuple[str, ...], first: Attempt
    ) -> Attempt:
        """The better of two attempts: the first, and one with the reference's functions under the carried names."""
        try:
            names = [name for name in carried if run.backend.has(name)]
            if not names:
                return first
            with _in_place(run.backend, {name: getattr(self.reference, name) for name in names}):
                second = self._run_item(item, None, replace(run, diagnose=False))
                if run.diagnose and first.credit < second.credit < 1:  # a hint is looked for where it will be told
                    second = self._run_item(item, None, run)
        except StudentFault:  # the submission's time or restarts are used up: what it earned so far stands
            return first
        own_work = set(names).isdisjoint(second.functions)  # else it asked for more than the first time
        return second.carried(names) if own_work and second.credit > first.credit else first


@contextmanager
def _in_place(backend: Backend, functions: dict[str, Any]) -> Iterator[None]:
    """These functions under the submission's names, meanwhile."""
    try:
        for name, function in functions.items():
            backend.replace(name, function)
        yield
    finally:
        backend.restore()


@functools.cache  # asked at collecting, before the forks
def _names(item: pytest.Function) -> tuple[str, ...]:
    return tuple(inspect.signature(item.obj).parameters)


def _needs_nothing_prepared(item: pytest.Function) -> bool:
    """Whether a check takes only what we give it, so that pytest's run protocol, 0.6 ms a check, can be left out."""
    ours = {"student", "rng", "reference", "lent", "ours", *(item.callspec.params if hasattr(item, "callspec") else ())}
    marked = any(mark.name != "parametrize" for mark in item.iter_markers())
    overridden = any(len(found) > 1 for found in item._fixtureinfo.name2fixturedefs.values())
    return item.cls is None and not (marked or overridden) and ours.issuperset(item.fixturenames)
