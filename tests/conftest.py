"""Fixtures that every room's tests may use."""

from __future__ import annotations

import builtins
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tiny_course import TinyCourse, make_tiny_course

from autograder.reading.stand_ins import StandIn
from autograder.release.quick_import import without_the_grammar

with without_the_grammar():  # a second and a half of each test process
    import nbformat  # noqa: F401

# Whether work lands must not depend on which examples are drawn; whoever works on a test draws new ones each time.
# How long an example takes says nothing on a machine that others use too.
_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", derandomize=True, **_UNTIMED)
settings.register_profile("development", **_UNTIMED)
settings.load_profile("ci" if os.environ.get("CI") else "development")

# Tests with these markers need real parts. .ci/run sets NOTHING_SKIPPED, and then a skipped one fails the run.
REAL_PARTS = ("browser", "gradebook", "jail")
NO_BROWSER = "no Chromium: install the packages chromium and chromium-driver (apt-get install chromium chromium-driver)"

# A shell without job control starts its background deaf to Ctrl-C, and whoever is started there stays so.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """What a test's calls set in the environment (matplotlib's backend, stand-ins) is nothing to the next test."""
    before, finders = dict(os.environ), sys.meta_path[:]
    yield
    for module in [name for name, module in sys.modules.items() if type(module) is StandIn]:
        del sys.modules[module]
    sys.meta_path[:] = finders
    for name in ("display", "get_ipython"):
        vars(builtins).pop(name, None)
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def tiny_course(tmp_path: Path) -> TinyCourse:
    """A fresh course of one assignment, `sums`."""
    return make_tiny_course(tmp_path / "course")


# The files that take longest go first, so that none of them is alone at the end (--dist=loadfile keeps a file in one
# process: what it sets up is set up once).
LONG = (
    "integration/test_suites.py",
    "integration/test_latent_diffusion.py",
    "integration/test_grade_command.py",
    "integration/test_nbgrader.py",
    "integration/test_cluster.py",
    "integration/test_lesson.py",
    "faults/test_kills.py",
    "integration/test_docs_run.py",
    "attacks/test_second_tries.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first; skip browser tests without a browser."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(here).as_posix()
        return LONG.index(file) if file in LONG else len(LONG)

    items.sort(key=place)
    leave_out_what_takes_too_long(config, items)
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def leave_out_what_takes_too_long(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where CI is set, keep every n-th case of a test marked `sampled(n)`; EVERY_CASE=1 keeps them all there too."""
    if not os.environ.get("CI") or os.environ.get("EVERY_CASE"):
        return
    seen: dict[str, int] = {}
    kept, left = [], []
    for item in items:
        marker = item.get_closest_marker("sampled")
        name = item.nodeid.partition("[")[0]
        place = seen[name] = seen.get(name, -1) + 1
        (kept if marker is None or place % marker.args[0] == 0 else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def skipped_real_parts(config: pytest.Config) -> dict[str, int]:
    """How many tests of each kind of real part were skipped."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    counts = {kind: sum(kind in getattr(report, "keywords", ()) for report in skipped) for kind in REAL_PARTS}
    return {kind: count for kind, count in counts.items() if count}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that promised to skip nothing, and did."""
    if os.environ.get("NOTHING_SKIPPED") and skipped_real_parts(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests with real parts did not run, and what to install."""
    for kind, count in skipped_real_parts(config).items():
        what = f" ({NO_BROWSER})" if kind == "browser" else ""
        terminalreporter.write_line(f"{count} {kind} tests were skipped{what}", yellow=True, bold=True)
