"""Whether a busy machine fails right work: the right submissions of the sample class, graded beside busy processes.

    python benchmarks/load.py --busy 8

Nobody may lose a point. The busy processes have the same priority as grading, and end with it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.validation.known_submissions import copy_course

ROOT = Path(__file__).parent.parent
# Right work in the sample class: plain, unusual, printing 1 GB, late, a notebook with magics, latin-1 undeclared.
RIGHT = ("s01", "s02", "s07", "s09", "s10", "s14")
RIGHT_IN_CAPSTONE = ("s01", "s02", "s10")  # a class of its own


def make_course(root: Path) -> None:
    """The course, with those who handed in right work."""
    copy_course(ROOT, root)
    shutil.copyfile(ROOT / "roster.csv", root / "roster.csv")
    for release in ROOT.glob("assignments/*/release"):
        folder = release.parent
        shutil.copytree(release, root / "assignments" / folder.name / "release")
        for student in RIGHT_IN_CAPSTONE if folder.name == "latent_diffusion" else RIGHT:
            if (folder / "submitted" / student).is_dir():
                target = root / "assignments" / folder.name / "submitted" / student
                shutil.copytree(folder / "submitted" / student, target)


def grade(root: Path) -> tuple[dict[str, Any], str, float]:
    """Everything, from the beginning: the document, what was said about the machine, wall seconds."""
    command = [str(Path(sys.executable).with_name("grade")), str(root / "assignments"), "--force", "--json"]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(done.stderr)
    busy = [line for line in done.stderr.splitlines() if line.startswith("The machine was busy")]
    return json.loads(done.stdout), "".join(busy), time.monotonic() - began


def spin() -> None:
    """Be busy."""
    while True:
        pass


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busy", type=int, default=8, help="how many processes are busy beside grading")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        make_course(root)
        crowd = [multiprocessing.Process(target=spin, daemon=True) for _ in range(arguments.busy)]
        for process in crowd:
            process.start()
        document, said, seconds = grade(root)
        for process in crowd:
            process.kill()
    results = document["results"]
    lost = [r for r in results if r["score_before_late"] != r["max_score"]]
    slowest = max(results, key=lambda r: r["seconds"])
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    print(f"{len(results)} right submissions beside {arguments.busy} busy processes on {cores} cores (load {load:.1f})")
    print(f"{seconds:.0f} s; slowest {slowest['assignment']}/{slowest['student']}, {slowest['seconds']:.1f} s. {said}")
    for result in lost:
        print(f"{result['assignment']}/{result['student']}: {result['score_before_late']}")
    print(f"{len(lost)} lost points")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
