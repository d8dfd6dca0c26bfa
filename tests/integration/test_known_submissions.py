"""Every known submission, right, wrong or hostile, gets exactly the verdict that its expected.yml states.

They are graded as a class is: a copy of the course in which each known submission is a student of its own name.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autograder import pipeline
from autograder.contracts import GradedSubmission
from autograder.executors import local_pool
from autograder.planning.course import load_course

ROOT = Path(__file__).resolve().parents[2]
KNOWN = sorted(file.parent for file in (ROOT / "tests" / "submissions").glob("*/*/expected.yml"))

pytestmark = [pytest.mark.jail, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], GradedSubmission]:
    """All known submissions graded in one run, by (assignment, name)."""
    root = tmp_path_factory.mktemp("known") / "course"
    root.mkdir()
    for name in ("course.yml", "reference", "tests/suites"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
    for folder in KNOWN:
        handed_in = root / "assignments" / folder.parent.name / "submitted" / folder.name
        shutil.copytree(folder, handed_in, symlinks=True, ignore=shutil.ignore_patterns("expected.yml"))
    course = load_course(root)
    ran = pipeline.run(
        course,
        [root / "assignments"],
        lambda: local_pool(2, course),
        clock=lambda: datetime.now(UTC),
    )
    return {(graded.assignment, graded.student): graded for graded in ran.results}


def read_expected(folder: Path) -> dict[str, Any]:
    """The expected.yml of a known submission."""
    expected: dict[str, Any] = YAML(typ="safe").load((folder / "expected.yml").read_text("utf-8"))
    return expected


@pytest.mark.parametrize("folder", KNOWN, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_known_submission_gets_exactly_the_expected_outcomes(
    folder: Path, verdicts: Mapping[tuple[str, str], GradedSubmission]
) -> None:
    """Each check ends as expected.yml says, the score is the stated one, and the named wrong ideas are found."""
    expected = read_expected(folder)
    graded = verdicts[folder.parent.name, folder.name]
    outcomes = {check.id: str(check.outcome) for check in graded.checks}
    messages = {check.id: check.message for check in graded.checks if check.outcome != "passed"}
    assert outcomes == expected["outcomes"], messages
    assert graded.score == pytest.approx(expected["score"]), messages
    hints = {check.id: check.misconception.id for check in graded.checks if check.misconception}
    wanted = expected.get("misconceptions", {})
    assert {id: hints.get(id) for id in wanted} == wanted


def test_right_known_submissions_keep_every_point() -> None:
    """A folder named correct_* expects 100, so that no suite can quietly punish a right way."""
    right = [folder for folder in KNOWN if folder.name.startswith("correct_")]
    assert right
    assert [folder.name for folder in right if read_expected(folder)["score"] != 100] == []
