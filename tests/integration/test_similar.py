"""`grade similar` as a person runs it: a planted copy comes first, and nothing a student wrote is run or obeyed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tiny_course import TinyCourse

GRADE = Path(sys.executable).with_name("grade")

STARTER = """\
def add(a, b):
    \"\"\"The sum.\"\"\"
    raise NotImplementedError


def total(numbers):
    \"\"\"All of them.\"\"\"
    raise NotImplementedError


def show(rows):
    for label, row in sorted(rows.items()):
        print(f"{label}: {', '.join(map(str, row))}", end="\\n", flush=True)
    return len(rows) * 2 + 1
"""
HANDED_OUT = STARTER[STARTER.index("def show") :]
ORIGINAL = (
    HANDED_OUT
    + """
def add(a, b):
    carry, left = a, b
    while left != 0:
        carry, left = carry ^ left, (carry & left) << 1
    return carry

def total(numbers):
    result = 0
    for place, number in enumerate(numbers):
        result = add(result, number) if place else number
    return result
"""
)
COPY = [
    "# my own work!\ndef total(nums):\n  s=0\n  for k, n in enumerate(nums):\n    s=(add(s,n) if k else n)\n  return s",
    "def add(a, b):\n  x, y = a, b\n  while y != 0:\n    x, y = x ^ y, (x & y) << 1\n  return x",
]
OTHER = HANDED_OUT + "\ndef add(a, b):\n    return a + b\n\ndef total(numbers):\n    return sum(numbers, start=0)\n"
THIRD = (
    HANDED_OUT
    + "\nadd = lambda a, b: [a, b][0] + [a, b][1]\ndef total(n):\n    return add(n[0], total(n[1:])) if n else 0\n"
)


def class_of_four(course: TinyCourse, marker: Path) -> None:
    """A starter, an original, its copy as a notebook with the functions in the other order, and two of their own."""
    release = course.root / "assignments/sums/release"
    release.mkdir()
    (release / "sums.py").write_text(STARTER)
    course.hand_in("s01", ORIGINAL + f"\nopen({str(marker)!r}, 'w')\n")
    cells = [{"cell_type": "code", "source": cell.splitlines(True)} for cell in ["%matplotlib inline", *COPY]]
    course.hand_in("s02", json.dumps({"cells": cells}), name="sums.ipynb")
    course.hand_in("s03", OTHER)
    course.hand_in("s04", THIRD)


def similar(course: TinyCourse, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command on a course."""
    command = [GRADE, "similar", "--course", course.root, *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)


def document(course: TinyCourse, *arguments: object) -> Any:
    """What it prints with --json."""
    done = similar(course, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_copy_in_a_notebook_renamed_and_reordered_comes_first(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """It leads by far, those who share what was handed out alone do not count, and no code was run."""
    class_of_four(tiny_course, tmp_path / "was-run")
    (assignment,) = document(tiny_course)["assignments"]
    first, *others = assignment["pairs"]
    assert (first["first"], first["second"]) == ("s01", "s02")
    assert first["alike"] > 0.7
    assert all(pair["alike"] < 0.3 for pair in others)
    assert assignment["compared"] == 4
    assert not (tmp_path / "was-run").exists()


def test_side_by_side_pages_are_written_where_asked(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """An index and a page for each pair, with both sources and their passages in common."""
    class_of_four(tiny_course, tmp_path / "was-run")
    pair = document(tiny_course, "sums", "--top", "1", "--html", tmp_path / "pages")["assignments"][0]["pairs"][0]
    page = Path(pair["page"]).read_text("utf-8")
    assert sorted(file.name for file in (tmp_path / "pages").iterdir()) == ["001.html", "index.html"]
    assert "# my own work!" in page
    assert 'id="a1" href="#b1"' in page
    assert "&lt;&lt; 1" in page


def test_what_cannot_be_compared_is_told(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """A folder without code is left out with a reason; one too long to read whole says so."""
    class_of_four(tiny_course, tmp_path / "was-run")
    tiny_course.hand_in("s05", "hello", name="notes.txt")
    tiny_course.hand_in("s06", "x = 1\n" * 50_000)
    (assignment,) = document(tiny_course)["assignments"]
    assert list(assignment["left_out"]) == ["s05"]
    assert assignment["cut"] == ["s06"]
    shown = similar(tiny_course).stdout
    assert "not compared: sums/s05" in shown
    assert "only the beginning was read: sums: s06" in shown


def test_a_group_is_compared_once(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """What a group handed in together is no pair of its members, and is still one with others."""
    class_of_four(tiny_course, tmp_path / "was-run")
    tiny_course.hand_in("s03", ORIGINAL)
    tiny_course.hand_in("s04", ORIGINAL)
    file = tiny_course.root / "course.yml"
    file.write_text(
        file.read_text("utf-8").replace("slug: sums\n", "slug: sums\n    groups: {A: [s03, s04]}\n"), "utf-8"
    )
    (assignment,) = document(tiny_course)["assignments"]
    assert assignment["left_out"] == {"s04": "handed in with s03, group A"}
    assert {"s01", "s03"} in [{pair["first"], pair["second"]} for pair in assignment["pairs"]]


def test_an_assignment_that_is_not_there_ends_with_2(tiny_course: TinyCourse) -> None:
    """The nearest name is suggested, without a traceback."""
    done = similar(tiny_course, "summs")
    assert done.returncode == 2
    assert "sums" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_course_nobody_handed_in_to_has_no_pairs(tiny_course: TinyCourse) -> None:
    """Nothing to compare is no error."""
    done = similar(tiny_course)
    assert done.returncode == 0
    assert "No two submissions" in done.stdout
