"""A large class of real submissions, graded by one grader and by two: how long, and in how much memory.

    python benchmarks/scaling.py --submissions 1000 --jobs 1,2

The class hands in the known right and wrong submissions of `noising` in turn, each with its student's name in it.
Memory is PSS of all processes of the run together, looked at every second: pages they share are counted once.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import in_results
from processes import below

from autograder.validation.known_submissions import known_submissions

ROOT = Path(__file__).parent.parent
SLUG = "noising"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: seconds from start to end, seconds of each job, and MiB every second."""

    jobs: int
    wall: float
    seconds: list[float]
    memory: list[float]


def make_class(root: Path, submissions: int) -> None:
    """A course of one assignment, and its class."""
    for name in ("reference", "tests/suites", f"assignments/{SLUG}/release"):
        shutil.copytree(ROOT / name, root / name)
    listed = f"assignments:\n  - {{slug: {SLUG}, title: Noising}}\n"
    (root / "course.yml").write_text(f"title: Large\nsecret: not-a-secret-at-all\n{listed}", encoding="utf-8")
    folders = known_submissions(ROOT, SLUG)
    known = [next(folder.glob(f"{SLUG}.*")) for folder in folders if folder.name.startswith(("correct_", "wrong_"))]
    students = [f"student{number:05}" for number in range(submissions)]
    for student, file in zip(students, itertools.cycle(known), strict=False):
        folder = root / "assignments" / SLUG / "submitted" / student
        folder.mkdir(parents=True)
        text = file.read_text(encoding="utf-8")
        (folder / file.name).write_text(text if file.suffix == ".ipynb" else f"{text}\n# {student}\n", encoding="utf-8")
    (root / "roster.csv").write_text("student\n" + "".join(f"{student}\n" for student in students), encoding="utf-8")


def grade(root: Path, jobs: int) -> Run:
    """Everything, from the beginning."""
    command = [str(Path(sys.executable).with_name("grade")), str(root / "assignments"), "--force", "--jobs", str(jobs)]
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        memory = []
        while process.poll() is None:
            memory.append(sum(one.memory() for one in below(process.pid)))
            time.sleep(1)
        wall = time.monotonic() - began
        if process.returncode:
            output.seek(0)
            sys.exit(output.read().decode())
    return Run(jobs=jobs, wall=wall, seconds=in_results(root, "seconds"), memory=memory[:-1])


def show(runs: list[Run]) -> None:
    """Tables in Markdown."""
    print("| graders | wall s | submissions a second | against one | one submission, ms: median (quartiles) |")
    print("| --- | --- | --- | --- | --- |")
    for run in runs:
        low, middle, high = (1000 * value for value in statistics.quantiles(run.seconds, n=4))
        rate, first = len(run.seconds) / run.wall, len(runs[0].seconds) / runs[0].wall
        times = f"{middle:.0f} ({low:.0f}-{high:.0f})"
        print(f"| {run.jobs} | {run.wall:.1f} | {rate:.1f} | {rate / first:.2f}x | {times} |")
    print("\n| graders | MiB, median of the first quarter | second | third | last |\n| --- | --- | --- | --- | --- |")
    for run in runs:
        places = [len(run.memory) * quarter // 4 for quarter in range(5)]
        medians = [statistics.median(run.memory[a:b]) for a, b in itertools.pairwise(places)]
        print(f"| {run.jobs} | " + " | ".join(f"{median:.0f}" for median in medians) + " |")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--jobs", default="1,2", help="numbers of graders")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_class(Path(folder), arguments.submissions)
        show([grade(Path(folder), int(jobs)) for jobs in arguments.jobs.split(",")])


if __name__ == "__main__":
    main()
