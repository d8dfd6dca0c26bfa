#!/usr/bin/env bash
# Guess: a test that fails in a subTest, is skipped or fails as expected is listed with 0 of its points; one that
#   raises after set_score(3) has 0, and a score is held between 0 and the maximum
# Seen: four of the nine tests are not in the results at all (a failed subTest, skipped, expected failure,
#   unexpected success), so nobody sees their points; set_score(3) and then a failure keeps 3 of 5, set_score(50)
#   gives 50 of 5, a test that never calls set_score has 5 of 5; the total is 63
# With: gradescope-utils 0.5.0, Python 3.11, 2026-11-30
# Matters: who moves tests between graders loses or gains points without a line in the report
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile gradescope-utils==0.5.0
cd "$work"
venv/bin/python - <<'PY'
import io
import json
import unittest

from gradescope_utils.autograder_utils.decorators import partial_credit, weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner


class Checks(unittest.TestCase):
    @weight(5)
    def test_good(self):
        pass

    @weight(5)
    def test_bad(self):
        self.fail("wrong")

    @weight(5)
    def test_parts(self):
        for part in range(3):
            with self.subTest(part=part):
                self.assertEqual(part, 0)

    @weight(5)
    @unittest.skip("needs a GPU")
    def test_skipped(self):
        pass

    @weight(5)
    @unittest.expectedFailure
    def test_expected(self):
        self.fail("known")

    @weight(5)
    @unittest.expectedFailure
    def test_surprise(self):
        pass

    @partial_credit(5)
    def test_then_fails(self, set_score=None):
        set_score(3)
        self.fail("later")

    @partial_credit(5)
    def test_too_much(self, set_score=None):
        set_score(50)

    @partial_credit(5)
    def test_never_said(self, set_score=None):
        pass


out = io.StringIO()
JSONTestRunner(stream=out).run(unittest.defaultTestLoader.loadTestsFromTestCase(Checks))
report = json.loads(out.getvalue())
seen = {test["name"].split()[0]: float(test["score"]) for test in report["tests"]}
seen["total"] = report["score"]
stated = {
    "test_bad": 0.0,
    "test_good": 5.0,
    "test_never_said": 5.0,
    "test_then_fails": 3.0,
    "test_too_much": 50.0,
    "total": 63.0,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
