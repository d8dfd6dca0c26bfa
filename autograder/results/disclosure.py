"""What a student may be told of a check. One place decides it, for our own pages and for nbgrader's."""

from __future__ import annotations

from dataclasses import replace

from autograder.records import CheckResult, Outcome

OUTCOME_WORDS = {
    Outcome.PASSED: "right",
    Outcome.FAILED: "not right yet",
    Outcome.CRASHED: "crashed",
    Outcome.TIMEOUT: "too slow",
    Outcome.SKIPPED: "not needed here",
    Outcome.UNGRADED: "not judged yet",
}
# Messages of these tell the student's own error and never an expected value.
_TELLS_NOTHING = (Outcome.CRASHED, Outcome.TIMEOUT, Outcome.SKIPPED, Outcome.UNGRADED)


def disclosed(check: CheckResult, level: str) -> CheckResult:
    """The check without what the course withholds. level: `feedback` of course.yml.

    "full" withholds nothing; "hints" the values, the picture and messages that tell a value; "scores" all but the
    outcome and the points.
    """
    if level == "full":
        return check
    hints = level == "hints"
    return replace(
        check,
        message=check.message if hints and check.outcome in _TELLS_NOTHING else "",
        expected=None,
        observed=None,
        picture=None,
        inputs=None,
        misconception=check.misconception if hints else None,
    )
