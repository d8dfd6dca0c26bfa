"""How long a run takes that has nothing to do: 100, 1,000 and 10,000 results that all still stand.

    python benchmarks/unchanged.py --sizes 100,1000,10000 --rounds 3

The course has ten assignments; results are of the size that real ones have (15 checks, a picture, some output). They
are written by the pipeline with an executor that runs nothing, so hashes, changelog, pages and gradebook are genuine.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.course.course_yml import load_course
from autograder.records import CheckResult, GradedSubmission, Job, Late, Outcome
from autograder.runs import run as pipeline

ASSIGNMENTS = 10
SUITE = '''from autograder.suite import check


@check("f.value", points=100)
def test_f(student):
    """f gives 1"""
    assert student.f() == 1
'''
CHECK = CheckResult(
    id="f.value",
    title="f gives one",
    outcome=Outcome.FAILED,
    points=5.0,
    max_points=100 / 15,
    message="the result is off by 0.3 at 12 of 48 places, the first of them [0, 1, 2]",
    expected="[0.1, 0.2, 0.3]",
    observed="[0.4, 0.5, 0.6]",
    picture="<svg>" + "<rect x='1' y='2' width='3' height='4'/>" * 200 + "</svg>",
    seconds=0.01,
)


class Paper(Executor):
    """Everybody gets the same verdict."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done."""
        future: Future[Any] = Future()
        future.set_result(verdict(*args))
        return future

    @contextmanager
    def opened(self, *_: object) -> Iterator[Executor]:
        """What the pipeline opens."""
        yield self


def verdict(job: Job) -> GradedSubmission:
    """A result of the usual size."""
    submission = job.submission
    return GradedSubmission(
        assignment=submission.assignment,
        student=submission.student,
        submission_sha256=submission.sha256,
        files=tuple(file.name for file in submission.files),
        received_at=None,
        format="py",
        suite_sha256=job.suite_sha256,
        reference_sha256=job.reference_sha256,
        engine_version=job.engine_version,
        seed=job.seed,
        graded_at=datetime.fromtimestamp(0, UTC),
        seconds=0.1,
        layers=("bubblewrap", "landlock", "seccomp", "rlimits"),
        checks=tuple(CheckResult(**_fields(CHECK) | {"id": f"f.check{number}"}) for number in range(15)),
        score_before_late=None,
        late=Late(),
        score=None,
        max_score=100.0,
        needs_human=False,
        stdout="epoch 1: loss 0.5\n" * 50,
    )


def _fields(check: CheckResult) -> dict[str, Any]:
    return {name: getattr(check, name) for name in CheckResult.__slots__}


def make_course(root: Path, results: int) -> None:
    """A course in which so many submissions have been graded, spread over the assignments."""
    slugs = [f"work{number}" for number in range(ASSIGNMENTS)]
    listed = "".join(f"  - {{slug: {slug}, title: {slug}}}\n" for slug in slugs)
    (root / "tests" / "suites").mkdir(parents=True)
    (root / "reference").mkdir()
    (root / "course.yml").write_text(f"title: Big\nsecret: not-a-secret-at-all\nassignments:\n{listed}")
    students = [f"student{number:05}" for number in range(results // ASSIGNMENTS)]
    (root / "roster.csv").write_text("student\n" + "".join(f"{student}\n" for student in students))
    source = "def f():\n    return 1\n" * 40
    for slug in slugs:
        (root / "tests" / "suites" / f"test_{slug}.py").write_text(SUITE)
        (root / "reference" / f"{slug}.py").write_text(source)
        for student in students:
            folder = root / "assignments" / slug / "submitted" / student
            folder.mkdir(parents=True)
            (folder / f"{slug}.py").write_text(f"# {student}\n{source}")


def fill(root: Path) -> None:
    """Write results, pages and gradebook as a run does, but without waiting for the disk."""
    os.fsync = lambda descriptor: None  # type: ignore[assignment]  # only here, where nothing needs to last
    pipeline.run(
        load_course(root),
        [root],
        Paper().opened,
        pipeline.Writing(gradebook=root / "gradebook.db"),
        clock=lambda: datetime.now(UTC),
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    grade = Path(sys.executable).with_name("grade")
    print("| results | `grade`, nothing changed: wall s | CPU s | `--dry-run`: wall s | CPU s |")
    print("| --- | --- | --- | --- | --- |")
    for size in map(int, arguments.sizes.split(",")):
        folder = Path(tempfile.mkdtemp())
        make_course(folder / "course", size)
        fill(folder / "course")
        walls, cpus, dry, dry_cpus = [], [], [], []
        for _ in range(arguments.rounds):
            walls.append(timed([str(grade), str(folder / "course" / "assignments")], cpus))
            dry.append(timed([str(grade), str(folder / "course" / "assignments"), "--dry-run"], dry_cpus))
        print(f"| {size:,} | {told(walls)} | {told(cpus)} | {told(dry)} | {told(dry_cpus)} |", flush=True)
        shutil.rmtree(folder)


def timed(command: list[str], cpus: list[float]) -> float:
    """Wall seconds of a command that must end well; its CPU seconds are appended."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.monotonic() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return wall


def told(seconds: list[float]) -> str:
    """Median (min-max)."""
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f})"


if __name__ == "__main__":
    main()
