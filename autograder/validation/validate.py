"""`grade validate`, as a function: every suite of a course put to the test, the parts of it side by side."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autograder.errors import CourseError, InfrastructureError, UsageError
from autograder.records import Course, Equipment, GradedSubmission, Outcome
from autograder.validation import known_submissions as known
from autograder.validation.report import Known, Listed, SuiteReport, Thoroughness

EQUIVALENT = Path("tests") / "suites" / "equivalent_mutants.yml"
QUICK = Thoroughness(students=1, right_students=3, simulations=100, pairs=20, slow=False)
FULL = Thoroughness(students=3, right_students=10, simulations=1000, pairs=60, slow=True)

# Each part of a suite's examination is a task of its own, so that one slow suite does not keep one core busy alone.
_PARTS = ("slips", "ideas", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    root: Path
    slug: str
    part: str
    how: Thoroughness
    carries: tuple[str, ...]
    equipment: Equipment
    listed: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    found: Any
    broken: tuple[str, ...]
    checks: int
    seconds: float


def validate(
    course: Course,
    slugs: Sequence[str],
    how: Thoroughness,
    *,
    jobs: int,
    scratch: Path,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Iterator[SuiteReport]:
    """A report on each suite, in course order, as they get ready. slugs: of which assignments; empty for all.

    scratch: an empty folder for a copy of the course. Raises CourseError, InfrastructureError, JailError,
    UsageError.
    """
    own = [assignment.slug for assignment in course.assignments]
    strangers = [slug for slug in slugs if slug not in own]
    if strangers:
        raise UsageError(f"the course has no assignment {strangers[0]!r}; it has {', '.join(own)}")
    chosen = [slug for slug in own if slug in slugs or not slugs]
    listed = read_equivalent(course.root)
    folders = {slug: known.known_submissions(course.root, slug) for slug in chosen}
    everything = [folder for some in folders.values() for folder in some]
    with _pool(jobs) as pool:
        # A task like the others: on its way out, a pool of graders ends every child of the process that it lives in.
        verdicts = pool.submit(_grade_known, course.root, everything, scratch, tuple(chosen))
        told = f"{len(everything)} known submissions, references and starters"
        verdicts.add_done_callback(_told(on_progress, told))
        tasks: dict[tuple[str, str], Future[_Done]] = {}
        for part in _PARTS:
            for slug in chosen:
                task = _Task(
                    root=course.root,
                    slug=slug,
                    part=part,
                    how=how,
                    carries=course.assignment(slug).carries,
                    equipment=course.assignment(slug).equipment,
                    listed=listed.get(slug, ()),
                )
                tasks[slug, part] = pool.submit(_examine, task)
                tasks[slug, part].add_done_callback(_told(on_progress, f"{slug}: {part}"))
        try:
            for slug in chosen:
                done = {part: tasks[slug, part].result() for part in _PARTS}
                yield _report(slug, done, _known(slug, folders[slug], verdicts.result()))
        except BrokenProcessPool as broken:
            raise InfrastructureError(
                "a process of the validation was killed, perhaps for want of memory; run it again, "
                "with --jobs 1 if that is why"
            ) from broken


def _told(on_progress: Callable[[str], None], what: str) -> Callable[[Future[Any]], None]:
    """For when a task is done; one that is lost with its process is not."""
    return lambda task: on_progress(what) if not task.exception() else None


def read_equivalent(course_root: Path) -> dict[str, tuple[Listed, ...]]:
    """Assignment to the mutants that may survive, each with its reason. Raises CourseError."""
    file = course_root / EQUIVALENT
    if not file.exists():
        return {}
    data = YAML(typ="safe").load(file.read_text("utf-8")) or {}
    keys = {"function", "was", "becomes", "reason"}
    for slug, entries in data.items():
        for entry in entries:
            if set(entry) != keys or not all(isinstance(value, str) and value for value in entry.values()):
                raise CourseError(f"{file}: an entry of {slug} must say {', '.join(sorted(keys))}; it says {entry}")
    return {slug: tuple(Listed(**entry) for entry in entries) for slug, entries in data.items()}


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Processes that live for one task each: a suite is collected once in a process."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.preload", "autograder.validation.examination"])
    return ProcessPoolExecutor(jobs, context, max_tasks_per_child=1)


def _grade_known(
    root: Path, folders: list[Path], scratch: Path, slugs: tuple[str, ...]
) -> Mapping[tuple[str, str], GradedSubmission]:
    return known.grade_known(root, folders, scratch, graders=1, own=slugs)


def _examine(task: _Task) -> _Done:
    """One part of one suite, in a process of its own."""
    import torch

    from autograder.validation import examination
    from autograder.validation.trials import Bench, quiet
    from autograder.verdicts.collected import CollectedSuite
    from autograder.verdicts.collection import collect

    torch.set_num_threads(1)
    quiet()
    started = time.process_time()

    def body(suite: CollectedSuite) -> tuple[Any, list[str], int]:
        bench = Bench(suite, carries=task.carries)
        checks = len(suite.specs)
        starter = task.root / "assignments" / task.slug / "release" / f"{task.slug}.py"
        handed_out = starter if starter.exists() else None
        if task.part == "slips":
            return *examination.examine_slips(bench, task.how, task.listed, handed_out), checks
        if task.part == "ideas":
            return *examination.examine_ideas(bench, task.how), checks
        right = sorted((task.root / "tests" / "submissions" / task.slug).glob(f"correct_*/{task.slug}.py"))
        return *examination.examine_right(bench, task.how, right, handed_out), checks

    suite = task.root / "tests" / "suites" / f"test_{task.slug}.py"
    found, broken, checks = collect(suite, task.root, body, equipment=task.equipment)
    return _Done(found=found, broken=tuple(broken), checks=checks, seconds=time.process_time() - started)


def _report(slug: str, done: Mapping[str, _Done], known_ones: Known) -> SuiteReport:
    return SuiteReport(
        slug=slug,
        checks=done["right"].checks,
        right=done["right"].found,
        ideas=done["ideas"].found,
        slips=done["slips"].found,
        known=known_ones,
        broken=tuple(dict.fromkeys(text for part in done.values() for text in part.broken)),
        seconds=round(sum(part.seconds for part in done.values()), 1),
    )


def _known(slug: str, folders: Sequence[Path], verdicts: Mapping[tuple[str, str], GradedSubmission]) -> Known:
    graded = {folder: verdicts[folder.parent.name, folder.name] for folder in folders}
    right = [folder for folder in folders if folder.name.startswith("correct_")]
    told = {folder: known.surprises(folder, one) for folder, one in graded.items()}
    return Known(
        total=len(folders),
        right=len(right),
        full_marks=sum(graded[folder].score == 100 for folder in right),
        surprises=tuple(f"{folder.name}: {'; '.join(some)[:300]}" for folder, some in told.items() if some),
        reference=known.reference_in_jail(verdicts[slug, known.REFERENCE]),
        starter=_points(verdicts.get((slug, known.STARTER))),
        starter_broken=_no_score(verdicts.get((slug, known.STARTER))),
    )


def _points(graded: GradedSubmission | None) -> float | None:
    return None if graded is None else sum(check.points for check in graded.checks)


def _no_score(graded: GradedSubmission | None) -> tuple[str, ...]:
    checks = () if graded is None else graded.checks
    return tuple(f"{check.id}: {check.message[:300]}" for check in checks if check.outcome is Outcome.UNGRADED)
