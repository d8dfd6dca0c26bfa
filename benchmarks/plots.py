"""Draws what the other programs measured, for RESULTS.md.

python benchmarks/compare.py --json > torch.json
python benchmarks/compare.py --variant list --json > list.json
python benchmarks/overhead.py --json > overhead.json
python benchmarks/plots.py torch.json list.json overhead.json --into benchmarks
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")
import matplotlib.pyplot as plt

_TITLES = {"torch": "checks about tensors", "list": "checks about plain lists"}


def classes(comparisons: list[dict[str, Any]], file: Path) -> None:
    """Processor seconds a submission over the size of the class, both logarithmic: a panel for each comparison."""
    figure, panels = plt.subplots(
        1, len(comparisons), figsize=(9, 3.8), layout="constrained", sharey=True, squeeze=False
    )
    for panel, found in zip(panels[0], comparisons, strict=True):
        for name, grader in found["graders"].items():
            ours = name == "grade"
            sizes, seconds = [int(size) for size in grader["class_cpu"]], list(grader["class_cpu"].values())
            panel.loglog(sizes, seconds, marker="o", linewidth=3 if ours else 1.2, color="black" if ours else None)
        ends = {name: grader["class_cpu"][str(sizes[-1])] for name, grader in found["graders"].items()}
        for name, height in _apart(ends).items():
            panel.text(1.35 * sizes[-1], height, name, va="center", fontsize=8)
        panel.set(title=_TITLES[found["variant"]], xlabel="submissions in the class", xlim=(0.8, 9000))
        panel.set_xticks(sizes, sizes)
        panel.minorticks_off()
    panels[0][0].set_ylabel("processor seconds a submission")
    panels[0][0].set_yticks([0.1, 1], ["0.1", "1"])
    figure.savefig(file)


def _apart(heights: dict[str, float], factor: float = 1.2) -> dict[str, float]:
    """Heights on a logarithmic axis for names that would stand on one another."""
    found: dict[str, float] = {}
    lowest = 0.0
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        found[name] = lowest = max(height, factor * lowest)
    return found


def phases(overhead: dict[str, Any], file: Path) -> None:
    """Where one submission's wall time goes, phase by phase in order."""
    figure, axes = plt.subplots(figsize=(9, 2.8), layout="constrained")
    names = list(overhead["phases"])
    milliseconds = [overhead["phases"][name]["wall_ms"]["median"] for name in names]
    bars = axes.barh(names, milliseconds, color="0.4")
    axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel=f"ms of {overhead['wall_ms']['median']:.0f} for a submission of fifteen checks, medians")
    figure.savefig(file)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comparisons", type=Path, nargs="+", help="what compare.py --json printed, once or twice")
    parser.add_argument("overhead", type=Path, help="what overhead.py --json printed")
    parser.add_argument("--into", type=Path, default=Path(), help="the folder for the pictures")
    arguments = parser.parse_args()
    found = [json.loads(file.read_text("utf-8")) for file in arguments.comparisons]
    classes(found, arguments.into / "classes.svg")
    phases(json.loads(arguments.overhead.read_text("utf-8")), arguments.into / "phases.svg")


if __name__ == "__main__":
    main()
