"""Every known submission, right, wrong or hostile, gets exactly the verdict that its expected.yml states.

They are graded as a class is: a copy of the course in which each known submission is a student of its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.contracts import GradedSubmission
from autograder.known import grade_known, known_submissions, read_expected, surprises

ROOT = Path(__file__).resolve().parents[2]
KNOWN = known_submissions(ROOT)

pytestmark = [pytest.mark.jail, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], GradedSubmission]:
    """All known submissions graded in one run, by (assignment, name)."""
    return grade_known(ROOT, KNOWN, tmp_path_factory.mktemp("known"), graders=2)


@pytest.mark.parametrize("folder", KNOWN, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_known_submission_gets_exactly_the_expected_outcomes(
    folder: Path, verdicts: Mapping[tuple[str, str], GradedSubmission]
) -> None:
    """Each check ends as expected.yml says, the score is the stated one, and the named wrong ideas are found."""
    assert surprises(folder, verdicts[folder.parent.name, folder.name]) == ()


def test_right_known_submissions_keep_every_point() -> None:
    """A folder named correct_* expects 100, so that no suite can quietly punish a right way."""
    right = [folder for folder in KNOWN if folder.name.startswith("correct_")]
    assert right
    assert [folder.name for folder in right if read_expected(folder)["score"] != 100] == []
