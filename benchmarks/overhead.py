"""Where our time goes: `python benchmarks/overhead.py [--submissions N]`.

Grades one submission of a suite of fifteen checks N times in one warm grader and prints what each phase takes, what is
left after the student's own processor time, and the memory of each process on the way.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # as the executor sets them

import phases
from assignment import write_course
from processes import below

from autograder.course.course_yml import load_course
from autograder.grading.grader import Grader
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import plan

_WARM = 20  # the first ones pay for page tables and caches


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), arguments.submissions)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


def measure(folder: Path, submissions: int) -> dict[str, Any]:
    """Grade, in this process, as a grader of the pool does."""
    times = folder / "times.jsonl"
    phases.install(times)
    root = write_course(folder / "course", "fifteen", 1)
    course = load_course(root)
    job = plan(course, find_submissions(course, [root]))[0].job
    grader = Grader(course.required_layers, course.root, course.limits)
    totals, memory = [], []
    try:
        for number in range(_WARM + submissions):
            if number == _WARM:
                times.unlink()
                cpu = _cpu()
            begun = time.monotonic()
            graded = grader.grade(job)
            totals.append(time.monotonic() - begun)
            if any(check.outcome != "passed" for check in graded.checks):
                sys.exit(f"the reference itself was not graded right: {graded.checks}")
            if number >= _WARM and (number - _WARM) % 50 == 0:
                memory.append(_memory(number - _WARM))
        cpu = {name: (used - cpu[name]) / submissions for name, used in _cpu().items()}
        memory.append(_memory(submissions))
    finally:
        grader.close()
    lines = [json.loads(line) for line in times.read_text("utf-8").splitlines()]
    return _summary(totals[_WARM:], lines, cpu, memory)


def _summary(
    totals: list[float], lines: list[dict[str, Any]], cpu: dict[str, float], memory: list[Any]
) -> dict[str, Any]:
    for total, line in zip(totals, lines, strict=True):
        line["seconds"]["answer"] = total - sum(line["seconds"].values())
    overheads = [total - line["worker_cpu"] for total, line in zip(totals, lines, strict=True)]
    return {
        "submissions": len(totals),
        "wall_ms": _quartiles(totals),
        "student_cpu_ms": _quartiles(line["worker_cpu"] for line in lines),
        "overhead_ms": _quartiles(overheads),
        "judge_cpu_ms": _quartiles(line["judge_cpu"] for line in lines),
        "all_cpu_ms": {name: round(1000 * used, 1) for name, used in cpu.items()},
        "phases": {
            name: {
                "about": about,
                "wall_ms": _quartiles(line["seconds"].get(name, 0.0) for line in lines),
                "cpu_ms": _quartiles(line["cpu"].get(name, 0.0) for line in lines),
            }
            for name, about in phases.PHASES
        },
        "memory_mib": memory,
    }


def _quartiles(seconds: Iterable[float]) -> dict[str, float]:
    """Milliseconds."""
    low, middle, high = statistics.quantiles(seconds, n=4)
    return {"median": round(1000 * middle, 2), "q1": round(1000 * low, 2), "q3": round(1000 * high, 2)}


def _cpu() -> Counter[str]:
    """Seconds so far, by whose they are; a process's own and those of the children that it has waited for."""
    grader, *others = below(os.getpid())
    spent = Counter({"grader": grader.cpu})
    for process in others:
        spent["suite and judging children" if process.is_fork_of(grader) else "zygote and workers"] += process.cpu
    return spent


def _memory(submissions: int) -> dict[str, float]:
    """MiB of the grader (this process), and of all processes below it together."""
    grader, *others = below(os.getpid())
    return {
        "submissions": submissions,
        "grader": round(grader.memory(), 1),
        "others": round(sum(process.memory() for process in others), 1),
    }


def show(found: dict[str, Any]) -> None:
    """A page for a person."""
    print(f"{found['submissions']} submissions, 15 checks each; milliseconds, median (quartiles)\n")
    for title, key in (
        ("from the job to its verdict, wall", "wall_ms"),
        ("the worker's processor time, walls and student's code", "student_cpu_ms"),
        ("overhead: wall less the worker's processor time", "overhead_ms"),
        ("the judging child's processor time", "judge_cpu_ms"),
    ):
        print(f"| {title} | {_text(found[key])} |")
    everything = found["all_cpu_ms"]
    parts = ", ".join(f"{name} {used:.1f}" for name, used in everything.items())
    print(f"| processor time of all processes, mean | {sum(everything.values()):.1f}: {parts} |")
    print("\n| phase | wall | CPU of the judging child | what it is |\n| --- | --- | --- | --- |")
    for name, phase in found["phases"].items():
        print(f"| {name} | {_text(phase['wall_ms'])} | {phase['cpu_ms']['median']:.1f} | {phase['about']} |")
    print("\n| after submissions | grader, MiB | all below it, MiB |\n| --- | --- | --- |")
    for row in found["memory_mib"]:
        print(f"| {row['submissions']} | {row['grader']:.1f} | {row['others']:.1f} |")


def _text(quartiles: dict[str, float]) -> str:
    return f"{quartiles['median']:.1f} ({quartiles['q1']:.1f}-{quartiles['q3']:.1f})"


if __name__ == "__main__":
    main()
