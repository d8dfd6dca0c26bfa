"""kill -9 at random moments: the run itself, or any process below it. Then the next run must make everything good.

    python tests/faults/campaign.py --moments 200 --seed 1

A class is graded in rounds. In each, some processes of the run are killed, at moments and of kinds that the seed draws;
where the run itself is hit it is started again. After a last run that is left alone, everything that grading writes
must be what an undisturbed run wrote: results and pages byte for byte but for the clock, the same scores in the
gradebook, and each score told once in the changelog.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from tiny_course import TinyCourse, make_tiny_course

GRADE = Path(sys.executable).with_name("grade")
KINDS = ("run", "server", "grader", "suite", "judge", "zygote", "worker")
_CLOCK = re.compile(rb'"(seconds|graded_at)": ("[^"]*"|[-+.\w]+)|\d{4}-\d\d-\d\d \d\d:\d\d UTC')
_RUN_SECONDS = 300
_AT_WORK = 1.0
_PAUSE = 2.0

ADD = "def add(a, b):\n    return a {} b\n\n"
TOTAL = (
    "def total(numbers):\n    result = 0\n    for n in numbers:\n        result = add(result, n)\n    return result\n"
)
SUBMISSIONS = {
    "right": ADD.format("+") + TOTAL,
    "wrong": ADD.format("-") + TOTAL,
    "half": ADD.format("+") + "def total(numbers):\n    return 0\n",
    "raises": ADD.format("+") + "def total(numbers):\n    raise ValueError(len(numbers))\n",
    "ends": ADD.format("+") + "import os\ndef total(numbers):\n    os._exit(3)\n",
    "slow": "import time\ndef add(a, b):\n    time.sleep(0.5)\n    return a + b\n\ndef total(numbers):\n    return 1\n",
    "slower": "import time\ntime.sleep(1)\n" + ADD.format("+") + TOTAL,
    "slow and wrong": "import time\ndef add(a, b):\n    time.sleep(0.5)\n    return a\n\n"
    + TOTAL.replace("add", "max"),
    "talks": "print('hello')\n" + ADD.format("+") + TOTAL,
    "syntax": "def add(a, b:\n",
}


@dataclass(kw_only=True)
class Tally:
    """What a campaign came to. hit: kind of process to kills; found: what differed from the undisturbed run."""

    hit: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    rounds: int = 0
    found: list[str] = field(default_factory=list)


def make_class(root: Path, size: int) -> TinyCourse:
    """A course in which `size` students have handed in the known kinds of work in turn."""
    course = make_tiny_course(root)
    for number in range(size):
        course.hand_in(f"s{number:02}", list(SUBMISSIONS.values())[number % len(SUBMISSIONS)])
    return course


def start(course: TinyCourse) -> subprocess.Popen[bytes]:
    """Grade the class with two graders."""
    command = [str(GRADE), str(course.root / "assignments"), "--jobs", "2"]
    with (course.root / "log.txt").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def family(run: int) -> dict[str, list[int]]:
    """The processes of a run by kind, as far as they are there at this moment."""
    parents: dict[int, int] = {}
    commands: dict[int, bytes] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_bytes()
            commands[int(entry.name)] = (entry / "cmdline").read_bytes()
            parents[int(entry.name)] = int(status[status.rindex(b")") :].split()[2])
        except (OSError, ValueError):
            continue  # it is gone
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    found["run"] = [run] if run in parents else []
    kind_of = {run: "run"}
    waiting = [run]
    while waiting:
        parent = waiting.pop()
        for child in [pid for pid, its in parents.items() if its == parent]:
            kind = _kind(kind_of[parent], commands[child], commands[parent])
            if kind is not None:
                kind_of[child] = kind
                found[kind].append(child)
                waiting.append(child)
    return found


def _kind(parent: str, command: bytes, parents_command: bytes) -> str | None:
    if parent == "run":
        return "server" if b"forkserver" in command else None
    if parent == "server":
        return "grader"
    if parent == "grader":
        return "zygote" if b"jailed/zygote.py" in command else "suite"
    if parent == "suite":
        return "judge"
    if parent == "zygote":
        return "worker" if b"bwrap" not in parents_command.split(b"\0")[0] else "zygote"
    return None


def kill_one(run: subprocess.Popen[bytes], kind: str, delay: float) -> bool:
    """Kill a process of this kind, so long after the first of them is there. False if all is over before."""
    since: float | None = None
    while run.poll() is None:
        there = family(run.pid)[kind]
        if there:
            since = since or time.monotonic()
            if time.monotonic() - since >= delay:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(there[-1], signal.SIGKILL)
                    return True
        time.sleep(0.02)
    return False


def outcome(course: TinyCourse) -> dict[str, object]:
    """All that grading wrote, without the clock."""
    files = [
        file
        for pattern in ("assignments/sums/autograded/*/*", "assignments/sums/feedback/*/*", "feedback/*")
        for file in course.root.glob(pattern)
    ]
    found: dict[str, object] = {
        str(file.relative_to(course.root)): _CLOCK.sub(b"", file.read_bytes()) for file in files
    }
    history = (course.root / "assignments/sums/autograded/history.jsonl").read_text("utf-8").splitlines()
    said = [json.loads(line) for line in history]
    found["changelog"] = sorted((change["student"], change["from"] or -1, change["to"]) for change in said)
    with sqlite3.connect(course.root / "gradebook.db") as book:
        found["gradebook"] = book.execute(
            "select student_id, auto_score, needs_manual_grade from grade g "
            "join submitted_notebook n on n.id = g.notebook_id "
            "join submitted_assignment a on a.id = n.assignment_id order by 1, 2"
        ).fetchall()
    book.close()
    return found


def campaign(
    *,
    moments: int,
    seed: int,
    size: int = 8,
    a_round: int = 4,
    kinds: tuple[str, ...] = KINDS,
    say: Callable[[str], None] = lambda text: None,
) -> Tally:
    """Kill at `moments` moments, `a_round` in each round, and compare with an undisturbed run after each round."""
    rng, tally = random.Random(seed), Tally()
    with tempfile.TemporaryDirectory() as folder:
        fresh = make_class(Path(folder) / "fresh", size)
        course = TinyCourse(root=Path(folder) / "course")
        shutil.copytree(fresh.root, course.root)
        began = time.monotonic()
        start(course).wait(_RUN_SECONDS)
        lasts = time.monotonic() - began
        wanted = outcome(course)
        while sum(tally.hit.values()) < moments:
            shutil.rmtree(course.root)
            shutil.copytree(fresh.root, course.root)
            _round(course, min(a_round, moments - sum(tally.hit.values())), lasts, rng, kinds, tally)
            got = outcome(course)
            tally.found += [
                f"round {tally.rounds}: {name} is {got.get(name)!r:.300}, undisturbed {wanted.get(name)!r:.300}"
                for name in sorted(wanted.keys() | got.keys())
                if got.get(name) != wanted.get(name)
            ]
            say(f"{sum(tally.hit.values())} kills, {tally.runs} runs, {len(tally.found)} differences")
    return tally


def _round(
    course: TinyCourse, kills: int, lasts: float, rng: random.Random, kinds: tuple[str, ...], tally: Tally
) -> None:
    """Some kills, then a last run that is left alone."""
    tally.rounds += 1
    run = _again(course, tally)
    for _ in range(kills):
        kind = rng.choice(kinds)
        # A run dies at any moment of its life; what it starts, in the time for which such a process is at work.
        if kill_one(run, kind, rng.uniform(0, lasts if kind in ("run", "server") else _AT_WORK)):
            tally.hit[kind] += 1
            # Two losses of one submission make it ungraded, rightly, so its second attempt is left alone.
            time.sleep(_PAUSE)
        elif run.returncode == 0:
            break
        if run.poll() is not None:
            run = _again(course, tally)
    run.wait(_RUN_SECONDS)
    status = _again(course, tally).wait(_RUN_SECONDS)
    if status != 0:
        tally.found.append(f"round {tally.rounds}: the last run ended with {status}")


def _again(course: TinyCourse, tally: Tally) -> subprocess.Popen[bytes]:
    tally.runs += 1
    return start(course)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=8, help="students in the class")
    parser.add_argument("--a-round", type=int, default=4, help="kills before a round is left to end")
    arguments = parser.parse_args()
    began = time.monotonic()
    tally = campaign(
        moments=arguments.moments, seed=arguments.seed, size=arguments.size, a_round=arguments.a_round, say=_say
    )
    kills, seconds = sum(tally.hit.values()), time.monotonic() - began
    _say(f"{kills} kills in {tally.rounds} rounds, {tally.runs} runs, {seconds:.0f} s")
    _say(", ".join(f"{kind} {tally.hit[kind]}" for kind in KINDS))
    _say("\n".join(tally.found) or "every round ended as the undisturbed run")
    sys.exit(1 if tally.found else 0)


if __name__ == "__main__":
    main()
