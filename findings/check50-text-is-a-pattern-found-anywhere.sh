#!/usr/bin/env bash
# Guess: stdout('1.0') of check50 passes only a program that prints 1.0, and stdout('f(1)') passes one that prints
#   f(1)
# Seen: a text is a regular expression that may stand anywhere: '1.0' passes 1x0 and 1.05, '4' passes 14, and 'f(1)'
#   fails on f(1). A number is looked for as it is written: 4 fails on 14 (right), and 0.5 fails on 0.50
# With: check50 3.5.0, Python 3.11, 2026-11-30
# Matters: an expected loss or shape given as text is passed by wrong output and failed by right one
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile check50==3.5.0
cd "$work"
venv/bin/python - <<'PY'
import sys

import check50


def passes(printed, expected, **settings):
    try:
        check50.run(f'{sys.executable} -c "print({printed!r})"').stdout(expected, **settings)
    except check50.Failure:
        return False
    return True


cases = [("1x0", "1.0"), ("1.05", "1.0"), ("14", "4"), ("f(1)", "f(1)"), ("14", 4), ("0.5", 0.5), ("0.50", 0.5)]
seen = {case: passes(*case) for case in cases}
seen["f(1), no pattern"] = passes("f(1)", "f(1)", regex=False)
seen["14, no pattern"] = passes("14", "4", regex=False)
stated = {
    ("1x0", "1.0"): True,
    ("1.05", "1.0"): True,
    ("14", "4"): True,
    ("f(1)", "f(1)"): False,
    ("14", 4): False,
    ("0.5", 0.5): True,
    ("0.50", 0.5): False,
    "f(1), no pattern": True,
    "14, no pattern": True,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
