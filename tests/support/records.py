"""Records as tests need them: whole, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from autograder.records import CheckResult, GradedSubmission, Late


def graded_submission(*checks: CheckResult, **changes: Any) -> GradedSubmission:
    """Build the record of one graded submission.

    checks: its verdicts; the score is the sum of their points. changes: fields that differ from a plain submission of
    student s01 to the assignment `sums`.
    """
    score = sum(check.points for check in checks)
    plain: dict[str, Any] = {
        "assignment": "sums",
        "student": "s01",
        "submission_sha256": "",
        "files": (),
        "received_at": None,
        "format": "py",
        "suite_sha256": "",
        "reference_sha256": "",
        "engine_version": "",
        "seed": "",
        "graded_at": datetime(2026, 10, 1, tzinfo=UTC),
        "seconds": 0.1,
        "layers": (),
        "checks": checks,
        "score_before_late": score,
        "late": Late(),
        "score": score,
        "max_score": 100,
        "needs_human": False,
    }
    return GradedSubmission(**plain | changes)
