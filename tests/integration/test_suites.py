"""The hidden suites themselves, put to the test as `grade validate --quick` does it.

Known submissions, right, wrong and hostile, go through the real jail and must end exactly as their expected.yml states;
every named wrong idea and every small slip in the reference must cost points; right work must keep all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course_yml import load_course
from autograder.validation.known_submissions import known_submissions, read_expected
from autograder.validation.report import findings
from autograder.validation.validate import QUICK, validate

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT)
KNOWN = known_submissions(ROOT)

pytestmark = [pytest.mark.jail, pytest.mark.timeout(1800)]


@pytest.mark.sampled(10)
@pytest.mark.parametrize("slug", [assignment.slug for assignment in COURSE.assignments])
def test_a_suite_meets_every_floor_of_the_course(slug: str, tmp_path: Path) -> None:
    """Among them: each known submission ends as its expected.yml says, check by check, with the ideas named there."""
    (report,) = validate(COURSE, (slug,), QUICK, jobs=1, scratch=tmp_path)
    missed = [f"{finding.name}: {finding.value}" for finding in findings(report, COURSE.floors) if not finding.met]
    details = {
        "not as expected": report.known.surprises,
        "right work lost": report.right.lost,
        "ideas that cost nothing": report.ideas.uncaught,
        "ideas without a hint": report.ideas.unnamed,
        "wrong hints": report.ideas.misnamed,
        "surviving slips": report.slips.survivors,
        "stale entries": report.slips.stale,
        "broken": report.broken,
    }
    assert missed == [], {what: sentences for what, sentences in details.items() if sentences}


def test_right_known_submissions_keep_every_point() -> None:
    """A folder named correct_* expects 100, so that no suite can quietly punish a right way."""
    right = [folder for folder in KNOWN if folder.name.startswith("correct_")]
    assert right
    assert [folder.name for folder in right if read_expected(folder)["score"] != 100] == []


def test_every_assignment_has_known_submissions_of_each_kind() -> None:
    """Right ones, wrong ones and hostile ones: a suite that has met only friends is not tested."""
    kinds = {(folder.parent.name, folder.name.split("_")[0]) for folder in KNOWN}
    wanted = {(assignment.slug, kind) for assignment in COURSE.assignments for kind in ("correct", "wrong", "hostile")}
    assert wanted <= kinds
