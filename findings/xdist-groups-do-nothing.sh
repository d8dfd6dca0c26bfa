#!/usr/bin/env bash
# Guess: with `--dist=loadgroup` tests that bear one xdist_group mark run in one process, one after the other
# Seen: with pytest 9.2.0 they are dealt out one by one, so that two processes share a group (and build its module's
#   fixtures twice); nothing is said. pytest-xdist writes the group into `item._nodeid`, which this pytest no longer
#   reads. With pytest 8.4.2 the same files stay together. `--dist=loadfile` keeps files together with both
# With: pytest-xdist 3.8.0, pytest 9.2.0 and 8.4.2, Python 3.11, 2026-11-30
# Matters: tests that share a port, a database or a slow fixture are in a group for a reason
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for name in one two; do
  cat > "test_$name.py" <<PY
import time

import pytest

pytestmark = pytest.mark.xdist_group("$name")


@pytest.mark.parametrize("number", range(20))
def test_waits(number, worker_id):
    time.sleep(0.02)
    with open("seen", "a") as seen:
        seen.write("$name " + worker_id + "\n")
PY
done
found=""
for pytest in 9.2.0 8.4.2; do
  python3 -m venv "venv-$pytest"
  "venv-$pytest/bin/pip" install --quiet "pytest==$pytest" pytest-xdist==3.8.0
  for way in loadgroup loadfile; do
    rm -f seen
    "venv-$pytest/bin/python" -m pytest -q -n 2 "--dist=$way" test_one.py test_two.py > log
    found+="$pytest $way: $(sort -u seen | wc -l); "
  done
done
# Two groups, each in a process of its own, are two pairs of group and process.
if [ "$found" != "9.2.0 loadgroup: 4; 9.2.0 loadfile: 2; 8.4.2 loadgroup: 2; 8.4.2 loadfile: 2; " ]; then
  echo "changed: $found"
  exit 1
fi
echo "as stated"
