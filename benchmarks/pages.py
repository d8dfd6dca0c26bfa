"""What pages cost: `python benchmarks/pages.py [--students N] [--assignments N]`.

Writes the results of a class (invented verdicts with real pictures), then asks `grade report` for all pages:
from nothing, with nothing changed, with one result changed. Then opens the dashboard in Chromium, if there is one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from measuring import Cost, measure

from autograder.records import CheckResult, GradedSubmission, Late, Misconception, Outcome
from autograder.results.result_json import load_result, result_file, to_document, to_json, write_result
from autograder.verdicts.pictures import draw

ROOT = Path(__file__).resolve().parents[1]
GRADE = Path(sys.executable).with_name("grade")
CHECKS = 12


def main() -> None:
    """Write a class, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--assignments", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        write_class(root, arguments.students, arguments.assignments)
        print(f"{arguments.students} students, {arguments.assignments} assignments, {CHECKS} checks each")
        print("| `grade report` | wall s | CPU s | MiB |\n| --- | --- | --- | --- |")
        tell("from nothing", measure([GRADE, "report", root], root))
        tell("nothing changed", measure([GRADE, "report", root], root))
        file = result_file(root, "a00", "s00000")
        write_result(replace(load_result(file), score=1.0, score_before_late=1.0), file)
        tell("one result changed", measure([GRADE, "report", root], root))
        sizes = [page.stat().st_size for page in (root / "assignments").glob("*/feedback/*/index.html")]
        dashboard = root / "feedback" / "index.html"
        print(f"a page has {np.mean(sizes) / 1024:.0f} KiB, the dashboard {dashboard.stat().st_size / 2**20:.1f} MiB")
        if shutil.which("chromium"):
            print(f"the dashboard opens in {opening(dashboard, Path(folder)):.2f} s")


def tell(what: str, cost: Cost) -> None:
    """One row."""
    assert cost.exit_code == 0, cost.output
    print(f"| {what} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.memory:.0f} |")


def write_class(root: Path, students: int, assignments: int) -> None:
    """A course whose every submission has a result."""
    slugs = [f"a{number:02}" for number in range(assignments)]
    for folder in ("reference", "tests/suites"):
        (root / folder).mkdir(parents=True)
    for slug in slugs:
        (root / "reference" / f"{slug}.py").touch()
        (root / "tests" / "suites" / f"test_{slug}.py").touch()
    listed = "".join(f"  - {{slug: {slug}, title: Assignment {slug}}}\n" for slug in slugs)
    (root / "course.yml").write_text(f"title: A large class\nsecret: of-the-benchmark\nassignments:\n{listed}", "utf-8")
    names = [f"s{number:05}" for number in range(students)]
    (root / "roster.csv").write_text("student,name\n" + "".join(f"{name},Student {name}\n" for name in names), "utf-8")
    rng = np.random.default_rng(0)
    drawn = pictures(rng)
    for slug in slugs:
        for name in names:
            file = result_file(root, slug, name)
            file.parent.mkdir(parents=True)
            file.write_text(to_json(to_document(verdict(rng, slug, name, drawn))), "utf-8")


def pictures(rng: np.random.Generator) -> list[str | None]:
    """One of each kind."""
    shapes = ((8,), (200,), (4, 3, 16, 16))
    pairs = [(rng.normal(size=shape), rng.normal(size=shape)) for shape in shapes]
    return [draw({"observed": a, "expected": b}) for a, b in pairs] + [draw({"sample": rng.normal(size=5000)})]


def verdict(rng: np.random.Generator, slug: str, student: str, drawn: list[str | None]) -> GradedSubmission:
    """A submission that lost three checks in ten, one of them to one of twenty known ideas."""
    checks = tuple(check(rng, slug, number, drawn) for number in range(CHECKS))
    score = round(100 * sum(one.points for one in checks) / sum(one.max_points for one in checks), 2)
    return GradedSubmission(
        assignment=slug,
        student=student,
        submission_sha256="0" * 64,
        files=(f"{slug}.py",),
        received_at=None,
        format="py",
        suite_sha256="",
        reference_sha256="",
        engine_version="",
        seed="",
        graded_at=datetime(2026, 10, 1, tzinfo=UTC),
        seconds=0.1,
        layers=("bubblewrap", "landlock", "seccomp", "rlimits"),
        checks=checks,
        score_before_late=score,
        late=Late(),
        score=score,
        max_score=100.0,
        needs_human=False,
        stdout="epoch 1: loss 0.1234\n" * 40,
    )


def check(rng: np.random.Generator, slug: str, number: int, drawn: list[str | None]) -> CheckResult:
    """A check, passed or lost."""
    title = "the function gives back what was asked for, for pictures of every size and each step of its own"
    passed = CheckResult(id=f"f{number}.values", title=title, outcome=Outcome.PASSED, points=8.0, max_points=8.0)
    if rng.random() < 0.7:
        return passed
    known = rng.random() < 0.6
    idea = int(rng.integers(20))
    return replace(
        passed,
        outcome=Outcome.FAILED,
        points=0.0,
        message="x_t is wrong at 1021 of 1024 values. At index (2, 0, 3, 7) yours is 0.9514, it should be 0.9025.",
        expected="array (4, 1, 16, 16) float32: [0.9025, -0.1122, 0.1299, ..., 0.5512, 0.0001, 1.2093]",
        observed="array (4, 1, 16, 16) float32: [0.9514, -0.1021, 0.1308, ..., 0.5601, 0.0003, 1.2100]",
        misconception=Misconception(id=f"{slug}-{idea}", hint="Which share survives a step?") if known else None,
        picture=drawn[int(rng.integers(len(drawn)))],
        fingerprint=None if known else f"{idea:012x}",
    )


def opening(page: Path, folder: Path) -> float:
    """Seconds from the address to the end of the load event, in a fresh browser."""
    sys.path.insert(0, str(ROOT / "tests"))
    from chromium import open_browser

    with open_browser(folder / "profile") as browser:
        browser.get("about:blank")
        browser.get(page.as_uri())
        clock = "return performance.timing.loadEventEnd - performance.timing.navigationStart"
        return float(browser.execute_script(clock)) / 1000


if __name__ == "__main__":
    main()
