"""What the landlock tier gives up is what docs/security.md says, and no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.records import JAIL_TIERS, JailReport, Limits
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote

pytestmark = pytest.mark.jail

LIMITS = Limits(call_seconds=20.0, submission_seconds=60.0, memory_mib=512)
LOOKS = b"""
import ctypes, os, resource

def libc(name, *arguments):  # os.chmod and os.utime are quiet stand-ins here
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

def look(file, link, pid):
    tries = {
        "size": lambda: os.stat(file).st_size,
        "time": lambda: int(os.stat(file).st_mtime),
        "owner": lambda: os.stat(file).st_uid,
        "link": lambda: os.readlink(link),
        "process": lambda: os.stat(f"/proc/{pid}").st_uid,
        "read": lambda: open(file).read(),
        "list": lambda: os.listdir(os.path.dirname(file)),
        "list processes": lambda: os.listdir("/proc"),
        "command line": lambda: open(f"/proc/{pid}/cmdline").read(),
        "program": lambda: os.readlink(f"/proc/{pid}/exe"),
        "folder of a process": lambda: os.readlink(f"/proc/{pid}/cwd"),
        "status": lambda: open("/proc/self/status").read(),
        "extended attributes": lambda: os.listxattr(file),
        "touch": lambda: libc("utime", file.encode(), None),
        "change mode": lambda: libc("chmod", file.encode(), 0o777),
        "remove": lambda: os.remove(file),
        "link to it": lambda: os.link(file, file + ".mine"),
        "rename": lambda: os.rename(file, file + ".mine"),
    }
    seen = {}
    for name, attempt in tries.items():
        try:
            seen[name] = attempt()
        except OSError as error:
            seen[name] = "refused" if error.errno in (1, 13) else str(error)
    return seen

def tasks():
    return resource.getrlimit(resource.RLIMIT_NPROC)[0]
"""


def test_a_submission_sees_names_sizes_times_and_owners_and_nothing_else(tmp_path: Path) -> None:
    """And has a limit on threads, though it shares a user with the grader."""
    file, link = tmp_path / "suite.py", tmp_path / "link"
    file.write_text("hidden")
    link.symlink_to("suite.py")
    report = JailReport(layers=JAIL_TIERS["landlock"])
    with (
        Zygote(required_layers=JAIL_TIERS["landlock"], limits=LIMITS, report=report) as zygote,
        Session(zygote, LIMITS, seed=0) as session,
    ):
        session.load({"looks.py": LOOKS}, "looks.py")
        seen = session.call("look", [str(file), str(link), os.getpid()], {}).value
        tasks = session.call("tasks", [], {}).value
    given_up = {
        "size": 6,
        "time": int(file.stat().st_mtime),
        "owner": os.getuid(),
        "link": "suite.py",
        "process": os.getuid(),
    }
    assert seen == dict.fromkeys(seen, "refused") | given_up
    assert 512 < tasks < 512 + 32_768
    assert file.read_text() == "hidden"
