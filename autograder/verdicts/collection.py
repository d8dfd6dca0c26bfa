"""Collect a hidden suite with pytest, and hand it to a function inside pytest's own run loop.

A grader serves jobs there and forks for each; a dry run executes trusted code there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

import pytest

from autograder.course.modules import beside_data, load_bank, load_lent, load_reference, load_ways
from autograder.errors import CourseError, WorkerLost
from autograder.records import Equipment
from autograder.verdicts.collected import ATTEMPT, LOST, CollectedSuite

T = TypeVar("T")

# Plugins that scan the machine, collect garbage or write files: none of them serves a hidden suite, and the garbage
# collections alone cost 0.8 s a run in a process that holds torch.
_PLUGINS = "cacheprovider terminal unraisableexception threadexception faulthandler logging junitxml pastebin stepwise"


class _SuitePlugin(Generic[T]):
    """Tells pytest where the fixtures are, and hands the collected suite on instead of running it once."""

    def __init__(
        self,
        path: Path,
        reference: ModuleType,
        bank: tuple[Any, ...],
        ours: ModuleType | None,
        body: Callable[[CollectedSuite], T],
        ways: Mapping[str, tuple[Any, ...]],
    ) -> None:
        self._ways = ways
        self._path, self._reference, self._bank, self._ours, self._body = path, reference, bank, ours, body
        self.suite: CollectedSuite | None = None
        self.data: Path | None = None
        self.problem: str | None = None
        self.failure: BaseException | None = None
        self.result: list[T] = []

    @pytest.fixture
    def student(self) -> None:
        """The student's functions; filled in for each attempt."""

    @pytest.fixture
    def rng(self) -> None:
        """A generator keyed by course secret, student, assignment and check; filled in for each attempt."""

    @pytest.fixture
    def reference(self) -> ModuleType:
        """The module reference/<slug>.py."""
        return self._reference

    @pytest.fixture
    def lent(self) -> None:
        """Objects of the course's own, made where the student's code runs; filled in for each attempt."""

    @pytest.fixture
    def ours(self) -> ModuleType | None:
        """The module of what is lent, in this process."""
        return self._ours

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problem = str(report.longrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        assert self.suite is not None
        try:
            pyfuncitem.stash[ATTEMPT] = self.suite.judge(pyfuncitem)
        except WorkerLost as lost:  # pytest would make a failed check of it
            pyfuncitem.stash[LOST] = lost
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            if self.problem:
                raise CourseError(f"{self._path}: the suite could not be read:\n{self.problem}")
            items = [item for item in session.items if isinstance(item, pytest.Function)]
            self.suite = CollectedSuite(self._path, items, self._reference, self._bank, self._ours, self._ways)
            self.suite.data = self.data
            self.result.append(self._body(self.suite))
        except BaseException as failure:  # noqa: BLE001 -- pytest would print it and go on; it is raised again outside
            self.failure = failure
        return True


def collect(
    suite: Path, course_root: Path, body: Callable[[CollectedSuite], T], *, equipment: Equipment | None = None
) -> T:
    """Collect a suite and give it to `body`; what `body` returns or raises comes back.

    Raises CourseError for a suite that cannot be read, or whose checks or points are wrong.
    """
    slug = suite.stem.removeprefix("test_")
    suite, course_root = suite.absolute(), course_root.absolute()
    with beside_data(equipment):
        return _collect(suite, course_root, slug, body, equipment)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Take variables out of the environment meanwhile: what somebody set for tests of their own is not for suites."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def _collect(
    suite: Path, course_root: Path, slug: str, body: Callable[[CollectedSuite], T], equipment: Equipment | None
) -> T:
    reference = load_reference(course_root, slug)
    ours = load_lent(equipment) if equipment else None
    plugin = _SuitePlugin(suite, reference, load_bank(course_root, slug), ours, body, load_ways(course_root, slug))
    plugin.data = equipment.data if equipment else None
    arguments = [f"-pno:{name}" for name in _PLUGINS.split()]
    arguments += ["--assert=plain", "--import-mode=importlib", "--capture=no", "-c", "/dev/null"]
    arguments += [f"--rootdir={suite.parent}", f"--confcutdir={suite.parent}"]
    arguments += ["-W", "ignore", "--strict-markers", str(suite)]
    with _without("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        code = pytest.main(arguments, plugins=[plugin])
    if plugin.failure is not None:
        raise plugin.failure
    if not plugin.result:
        raise CourseError(f"{suite}: pytest could not collect it (exit {int(code)}): {plugin.problem or 'no checks'}")
    return plugin.result[0]
