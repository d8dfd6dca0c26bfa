"""What 100,000 submissions would take on 1 to 256 workers: a simulation from measured times, not a measurement.

    python benchmarks/simulate.py --results FOLDER [--plot simulation.svg]

FOLDER holds results of a class that was graded on a quiet machine; the sample class is graded if none is given. Taken
from there: the seconds of each submission. Measured here: what one result costs the process that collects them
(checking, writing, changelog). Assumed: submissions are like those of the class, in random order; a worker is one core
like this one, starts once, and never waits for work or for the network; results are collected one at a time, as the
run does. So the limit is who collects, and the last long submissions.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import unchanged
from measuring import in_results

from autograder.course.course_yml import load_course
from autograder.runs import run as pipeline
from autograder.validation.known_submissions import copy_course

ROOT = Path(__file__).parent.parent
WORKERS = tuple(2**k for k in range(9))
START_SECONDS = 6.0  # of a worker: importing torch, trying the jail
COLLECTED = 1000  # results, to measure what collecting costs


def grade_sample_class(root: Path) -> Path:
    """Results of the sample class, made now by one grader in a copy."""
    copy_course(ROOT, root)
    shutil.copyfile(ROOT / "roster.csv", root / "roster.csv")
    shutil.copytree(ROOT / "assignments", root / "assignments", ignore=shutil.ignore_patterns("autograded", "feedback"))
    grade = str(Path(sys.executable).with_name("grade"))
    subprocess.run([grade, str(root / "assignments"), "--jobs", "1"], check=False, capture_output=True)
    return root


def collecting_seconds(folder: Path) -> float:
    """What one result costs who collects them: a run whose executor answers at once, divided."""
    unchanged.make_course(folder, COLLECTED)
    course, paper = load_course(folder), unchanged.Paper()
    began = time.monotonic()
    pipeline.run(course, [folder], paper.opened, clock=lambda: datetime.now(UTC))
    return (time.monotonic() - began) / COLLECTED


def makespan(jobs: Sequence[float], workers: int, collecting: float) -> float:
    """Seconds until the last result is collected. Each job goes to the worker that is free first."""
    free = [START_SECONDS] * workers
    done = []
    for seconds in jobs:
        at = heapq.heappop(free) + seconds
        heapq.heappush(free, at)
        done.append(at)
    collected = 0.0
    for at in sorted(done):
        collected = max(collected, at) + collecting
    return collected


def simulate(seconds: Sequence[float], collecting: float, submissions: int, seed: int) -> dict[int, float]:
    """Seconds by number of workers."""
    jobs = random.Random(seed).choices(seconds, k=submissions)
    return {workers: makespan(jobs, workers, collecting) for workers in WORKERS}


def show(found: dict[int, float], seconds: Sequence[float], collecting: float, submissions: int) -> None:
    """A table in Markdown."""
    mean = sum(seconds) / len(seconds)
    print(f"{len(seconds)} measured submissions, mean {mean:.3f} s, longest {max(seconds):.1f} s; ", end="")
    print(f"collecting one result {1000 * collecting:.2f} ms; {submissions:,} simulated.\n")
    print("| workers | minutes | against one | of what so many could do |\n| --- | --- | --- | --- |")
    for workers, wall in found.items():
        gain = found[1] / wall
        print(f"| {workers} | {wall / 60:.1f} | {gain:.1f}x | {gain / workers:.0%} |")


def plot(found: dict[int, float], file: Path) -> None:
    """Minutes over workers, both logarithmic, with the straight line of perfect scaling."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    workers, minutes = list(found), [wall / 60 for wall in found.values()]
    axes.loglog(workers, minutes, marker="o", label="simulated")
    axes.loglog(workers, [minutes[0] / count for count in workers], linestyle=":", label="perfect")
    axes.set(xlabel="workers", ylabel="minutes", xticks=workers, xticklabels=workers)
    axes.legend(frameon=False)
    figure.savefig(file)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, help="a folder with result.json files below it")
    parser.add_argument("--submissions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path, help="draw it into this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.results or grade_sample_class(Path(scratch) / "sample")
        seconds = in_results(folder, "seconds")
        if not seconds:
            parser.error(f"{folder} holds no result.json: grade a class there first")
        collecting = collecting_seconds(Path(scratch) / "collected")
    found = simulate(seconds, collecting, arguments.submissions, arguments.seed)
    show(found, seconds, collecting, arguments.submissions)
    if arguments.plot:
        plot(found, arguments.plot)


if __name__ == "__main__":
    main()
