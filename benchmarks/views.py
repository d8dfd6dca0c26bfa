"""What `grade status` and `grade report` cost by the size of the class: CPU seconds and the most memory that they held.

    python benchmarks/views.py --sizes 1000,10000 --status 5000,20000

Results for `report` are those of `unchanged.py`: ten assignments, 15 checks, a picture. For `status` there is one
assignment, and a roster of as many students as there are submissions.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import unchanged

GRADE = Path(sys.executable).with_name("grade")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000", help="of `report`; as many results each")
    parser.add_argument("--status", default="5000,20000", help="of `status`; as many submissions and students each")
    arguments = parser.parse_args()
    print("| command | results | CPU s | ms a result | most MiB |\n| --- | --- | --- | --- | --- |")
    for sizes, assignments, command in (
        (arguments.status, 1, ("status", "--json")),
        (arguments.sizes, 10, ("report",)),
    ):
        for size in map(int, filter(None, sizes.split(","))):
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder) / "course"
                root.mkdir()
                unchanged.ASSIGNMENTS = assignments
                _fill_apart(root, size, assignments)
                cpu, mib = _measured([str(GRADE), *command], root)
            print(f"| `{command[0]}` | {size:,} | {cpu:.1f} | {1000 * cpu / size:.2f} | {mib:.0f} |", flush=True)


def _fill_apart(root: Path, size: int, assignments: int) -> None:
    """Make and grade the course in a process of its own, so that nothing of it is in what is measured."""
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import unchanged; from pathlib import Path; "
        f"unchanged.ASSIGNMENTS = {assignments}; root = Path({str(root)!r}); unchanged.make_course(root, {size}); "
        "unchanged.fill(root)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


def _measured(command: list[str], root: Path) -> tuple[float, float]:
    """CPU seconds of a command, and the most resident memory that it had."""
    program = (
        "import json, resource, subprocess, sys; "
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], cwd=root, capture_output=True, text=True, check=True, env=os.environ
    )
    code, cpu, mib = json.loads(done.stdout)
    assert code == 0, done.stderr
    return cpu, mib


if __name__ == "__main__":
    main()
