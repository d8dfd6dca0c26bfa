"""What the first verdict costs: one submission, graded by a command that finds nothing warm.

    python benchmarks/cold.py --rounds 5 --only warmup,noising

Beside each stands pytest on one test that imports torch (`bare`), or torch and what the capstone needs (`bare+d`), with
no plugins: what any grader of such work pays. All cases in turn in each round; medians and ranges.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from measuring import Cost, measure, spread

ROOT = Path(__file__).parents[1]
BARE = "import torch\n\n\ndef test_it():\n    assert torch.ones(2).sum() == 2\n"
LENT = (
    "import diffusers, transformers, torch\nfrom diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel\n"
)
# Case -> the assignment and the student of the sample class, or the source of the test; and what it is held against.
CASES: dict[str, tuple[tuple[str, str] | str, str]] = {
    "bare": (BARE, "bare"),
    "bare+d": (BARE.replace("import torch\n", LENT), "bare+d"),
    "warmup": (("warmup", "s01"), "bare"),
    "noising": (("noising", "s01"), "bare"),
    "capstone": (("latent_diffusion", "s01"), "bare+d"),
    "capstone, wrong": (("latent_diffusion", "s04"), "bare+d"),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(CASES), help="cases, such as bare,warmup")
    asked = parser.parse_args()
    wanted = [name for name in CASES if name in asked.only.split(",")]
    seen: dict[str, list[Cost]] = {name: [] for name in wanted}
    for number in range(asked.rounds):
        for name in wanted:
            seen[name].append(_once(name))
            print(f"round {number + 1}: {name}: {seen[name][-1].cpu:.2f} CPU s", file=sys.stderr, flush=True)
    where = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
    print(f"{asked.rounds} rounds; {where}\n")
    print("| case | CPU s | wall s | MiB, all processes | CPU | MiB |\n| --- | --- | --- | --- | --- | --- |")
    for name in wanted:
        costs, beside = seen[name], seen.get(CASES[name][1], [])
        ratios = [_ratio(costs, beside, field) for field in ("cpu", "whole")]
        cells = [spread([cost.cpu for cost in costs]), spread([cost.wall for cost in costs])]
        cells += [spread([cost.whole for cost in costs], 0), *ratios]
        print(f"| {name} | {' | '.join(cells)} |")


def _once(name: str) -> Cost:
    what = CASES[name][0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if isinstance(what, str):
            (place / "test_it.py").write_text(what, "utf-8")
            command: list[object] = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
        else:
            slug, student = what
            submitted = place / "assignments" / slug / "submitted" / student
            shutil.copytree(ROOT / "assignments" / slug / "submitted" / student, submitted)
            for part in ("course.yml", "tests/suites", "reference"):
                (shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile)(ROOT / part, place / part)
            for other in (ROOT / "assignments").iterdir():
                (place / "assignments" / other.name / "submitted").mkdir(parents=True, exist_ok=True)
            command = [Path(sys.executable).with_name("grade"), submitted, "--no-gradebook"]
        cost = measure(command, place, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", NO_COLOR="1")
    if cost.exit_code:
        raise SystemExit(f"{name} ended with {cost.exit_code}: {cost.output[-500:]}")
    return cost


def _ratio(costs: list[Cost], beside: list[Cost], field: str) -> str:
    if not beside or costs is beside:
        return ""
    ours, theirs = (statistics.median(getattr(cost, field) for cost in each) for each in (costs, beside))
    return f"{ours / theirs:.2f}x"


if __name__ == "__main__":
    main()
