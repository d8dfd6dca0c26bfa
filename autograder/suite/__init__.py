"""What a hidden suite is written with. It never sees a process: `student` may live in a jail or in this interpreter.

A suite imports its words from here. The room `verdicts` runs it; `rehearse` is the command that runs it on code that we
trust.
"""

from autograder.suite import stochastic
from autograder.suite.assertions import as_array, assert_matches, assert_pure, require
from autograder.suite.calls import CallLog
from autograder.suite.checks import check
from autograder.suite.lending import lend
from autograder.suite.student import raises
from autograder.suite.uses import assert_uses

__all__ = [
    "CallLog",
    "as_array",
    "assert_matches",
    "assert_pure",
    "assert_uses",
    "check",
    "lend",
    "raises",
    "require",
    "stochastic",
]
