"""Does `grade similar` find planted copies, and how fast: `python benchmarks/similar.py [--submissions N]`.

A class of one assignment: known right submissions of the course, each written by itself, and copies of them in disguise
(renamed, reordered, reformatted, as a notebook, all at once). Each must stand above every pair of independent work.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import measure

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from disguises import DISGUISES, independent, notebook  # noqa: E402 -- tests/ is no package
from tiny_course import make_tiny_course  # noqa: E402


def main() -> None:
    """Plant, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--html", action="store_true", help="write the pages of the twenty most alike pairs, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = make_tiny_course(Path(folder) / "course")
        starters = sorted(ROOT.glob("assignments/*/release/*.py"))
        (course.root / "assignments/sums/release").mkdir()
        given = "\n\n".join(file.read_text("utf-8") for file in starters)
        (course.root / "assignments/sums/release/sums.py").write_text(given, "utf-8")
        handed_in, planted = plant(course.root / "assignments/sums/submitted", arguments.submissions)
        html = ["--html", Path(folder) / "html"] if arguments.html else []
        grade = Path(sys.executable).with_name("grade")
        cost = measure([grade, "similar", "--course", course.root, "--top", 20, *html], Path(folder))
        everything = [grade, "similar", "--course", course.root, "--top", handed_in**2, "--json"]
        pairs = json.loads(measure(everything, Path(folder)).output)["assignments"][0]["pairs"]
    others = [pair for pair in pairs if origin(pair["first"]) != origin(pair["second"])]
    related = [pair for pair in pairs if origin(pair["first"]) == origin(pair["second"])]
    copies = [pair for pair in related if "original" in pair["first"] + pair["second"]]
    worst, best = min(pair["alike"] for pair in copies), max(pair["alike"] for pair in others)
    above = sum(pair["alike"] > best for pair in copies)
    print(f"{handed_in} submissions, {planted} copies planted: {cost.wall:.1f} s, {cost.cpu:.1f} s CPU")
    print(f"above every independent pair: {above} of {planted}")
    print(f"the least alike copy {worst:.2f}, the most alike independent pair {best:.2f}")


def plant(folder: Path, submissions: int) -> tuple[int, int]:
    """Hand in originals, and disguised copies until there are so many; how many there are, and how many are copies."""
    originals = independent(ROOT)
    hand_in = {f"{name.replace('/', '--')} original": text for name, text in originals.items()}
    for name, text in originals.items():
        for how, disguise in DISGUISES.items():
            if len(hand_in) < submissions:
                try:
                    copy = notebook(text) if how == "notebook" else disguise(text)
                except SyntaxError:  # a notebook with magics stays as it is
                    continue
                hand_in[f"{name.replace('/', '--')} {how}"] = copy
    for student, work in hand_in.items():
        (folder / student).mkdir()
        name = "sums.ipynb" if isinstance(work, bytes) else "sums.py"
        (folder / student / name).write_bytes(work if isinstance(work, bytes) else work.encode())
    return len(hand_in), len(hand_in) - len(originals)


def origin(student: str) -> str:
    """Whose work it was."""
    return student.split(" ")[0]


if __name__ == "__main__":
    main()
