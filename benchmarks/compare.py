"""The same six checks through us and through others, in one run: `python benchmarks/compare.py --help`.

Everybody's submissions are right and all alike. Rounds are interleaved: each grader has its turn in every round, in an
order that is reversed from round to round, so that a machine that gets busier gets busier for all.

A grader that takes a class at once is asked for one submission and for several; the difference is what one further
submission costs, and the rest is its start. What a class of another size costs is calculated from these two, and said.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assignment import VARIANTS
from environments import default_cache, environment
from measuring import Cost, spread
from peers import OURS, PEERS, Misgraded, Peer

_RATIOS = ("wall", "cpu", "further_wall", "further_cpu")
_CLASSES = (1, 10, 100, 1000)
_BATCH = 10  # submissions in a class of a peer that takes one at once; we are asked for --submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One grader's turn in one round. one: the cost of a single submission; further: seconds of one more."""

    one: Cost
    further_wall: float
    further_cpu: float
    memory: float

    def wall(self, submissions: int) -> float:
        """Seconds a submission, in a class of that many."""
        return (self.one.wall + (submissions - 1) * self.further_wall) / submissions

    def cpu(self, submissions: int) -> float:
        """Processor seconds a submission, in a class of that many."""
        return (self.one.cpu + (submissions - 1) * self.further_cpu) / submissions


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=100, metavar="N", help="our class (default 100)")
    parser.add_argument("--rounds", type=int, default=3, metavar="R", help="turns of each grader (default 3)")
    parser.add_argument("--variant", choices=VARIANTS, default="torch", help="what the checks are about")
    parser.add_argument("--peers", default=",".join(PEERS), help="some of %(default)s")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where environments are kept (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    unknown = set(arguments.peers.split(",")) - set(PEERS)
    if unknown or arguments.submissions < 2 or arguments.rounds < 1:
        parser.error(f"known peers: {', '.join(PEERS)}; at least 2 submissions and 1 round")
    programs = {OURS.name: Path(sys.executable).parent}
    for name in arguments.peers.split(","):
        try:
            programs[name] = environment(arguments.cache.resolve(), name, PEERS[name].packages)
        except RuntimeError as problem:
            print(f"{name} is left out: {problem}", file=sys.stderr)
    turns = measure_all(programs, arguments.variant, arguments.submissions, arguments.rounds)
    found = summary(turns, arguments.variant, arguments.submissions, arguments.rounds)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


def measure_all(programs: dict[str, Path], variant: str, submissions: int, rounds: int) -> dict[str, list[Turn]]:
    """All turns, by grader. One that grades wrongly is told of and left out; the first turn of each warms up."""
    turns: dict[str, list[Turn]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        order = list(turns) if number % 2 else list(turns)[::-1]
        for name in order:
            peer = PEERS.get(name, OURS)
            print(f"round {number} of {rounds}: {name} ...", file=sys.stderr, flush=True)
            try:
                if number == 0:
                    _grade(peer, programs[name], variant, 1)
                else:
                    turns[name].append(_turn(peer, programs[name], variant, submissions))
            except (Misgraded, TimeoutError) as problem:
                if peer is OURS:
                    sys.exit(f"there is nothing to compare with: {problem}")
                print(f"{name} is left out: {problem}", file=sys.stderr)
                del turns[name]
    return turns


def _turn(peer: Peer, programs: Path, variant: str, submissions: int) -> Turn:
    one = _grade(peer, programs, variant, 1)
    if not peer.batch:
        return Turn(one=one, further_wall=one.wall, further_cpu=one.cpu, memory=one.memory)
    size = submissions if peer is OURS else min(_BATCH, submissions)
    several = _grade(peer, programs, variant, size)
    return Turn(
        one=one,
        further_wall=(several.wall - one.wall) / (size - 1),
        further_cpu=(several.cpu - one.cpu) / (size - 1),
        memory=several.memory,
    )


def _grade(peer: Peer, programs: Path, variant: str, submissions: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        return peer.grade(programs, Path(folder), variant, submissions)


def summary(turns: dict[str, list[Turn]], variant: str, submissions: int, rounds: int) -> dict[str, Any]:
    """Numbers only: per grader, each round's seconds a submission, medians for other classes, ratios to ours."""
    graders: dict[str, Any] = {}
    for name, mine in turns.items():
        graders[name] = {
            "about": PEERS.get(name, OURS).about,
            "wall": [turn.wall(submissions) for turn in mine],
            "cpu": [turn.cpu(submissions) for turn in mine],
            "further_wall": [turn.further_wall for turn in mine],
            "further_cpu": [turn.further_cpu for turn in mine],
            "memory": max(turn.memory for turn in mine),
            "class_cpu": {size: statistics.median(turn.cpu(size) for turn in mine) for size in _CLASSES},
        }
    ours = graders[OURS.name]
    for grader in graders.values():
        for key in _RATIOS:
            grader[f"{key}_ratio"] = statistics.median(grader[key]) / statistics.median(ours[key])
    return {
        "variant": variant,
        "submissions": submissions,
        "rounds": rounds,
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[1],
        "graders": graders,
    }


def show(found: dict[str, Any]) -> None:
    """Tables in markdown."""
    graders, size = found["graders"], found["submissions"]
    print(
        f"{found['variant']}, six checks, a class of {size}, {found['rounds']} rounds; {found['cores']} cores, Python"
    )
    print(f"{found['python']}, load average {found['load_average']:.1f}. Median (min-max); ratios are to `grade`.\n")
    print("| grader | wall s a submission | CPU s a submission | MiB | wall | CPU | one further: wall | CPU |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, grader in graders.items():
        ratios = " | ".join(f"{grader[f'{key}_ratio']:.1f}x" for key in _RATIOS)
        times = f"{spread(grader['wall'], 3)} | {spread(grader['cpu'], 3)}"
        print(f"| {name} ({grader['about']}) | {times} | {grader['memory']:.0f} | {ratios} |")
    print("\nCPU seconds a submission by size of class, calculated from the start and one further submission.\n")
    print(f"| grader | one further | {' | '.join(f'class of {size}' for size in _CLASSES)} |")
    print(f"| --- | --- |{' --- |' * len(_CLASSES)}")
    for name, grader in graders.items():
        sizes = " | ".join(f"{grader['class_cpu'][size]:.3f}" for size in _CLASSES)
        print(f"| {name} | {spread(grader['further_cpu'], 3)} | {sizes} |")


if __name__ == "__main__":
    main()
