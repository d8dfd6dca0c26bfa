"""Run a submission of our own that tries the walls, before a student's is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.errors import InfrastructureError, JailError, StudentFault
from autograder.records import Limits
from autograder.sandbox import jail
from autograder.sandbox.session import Session
from autograder.sandbox.worker_process import Workers

_SELF_TEST_LIMITS = Limits(call_seconds=30.0, submission_seconds=90.0)

_SELF_TEST = b"""
import os, socket

def can_read(path):
    try:
        return bool(os.listdir(path)) if os.path.isdir(path) else bool(open(path, "rb").read(1))
    except OSError:
        return False

def can_fork():
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        return False
    return True

def can_open_a_socket():
    try:
        socket.socket()
    except OSError:
        return False
    return True

def can_write():
    own = os.getcwd() == "/work"
    if own and [name for name in os.listdir() if name != "self_test.py" and not os.path.islink(name)]:
        return True  # what another worker wrote is still there
    for folder in ("/", "/tmp", "/dev/shm", *([] if own else [os.getcwd()])):
        try:
            open(os.path.join(folder, "self-test"), "w").close()
            return True
        except OSError:
            pass
    return False
"""


def prove_the_walls(workers: Workers, forbidden: Sequence[Path]) -> None:
    """Raise JailError if a worker can read what it must not, fork, open a socket, or write outside its own folder."""
    secrets = [*forbidden, jail.JAILED / "worker.py", jail.BOUNDARY / "wire.py", jail.READING / "files.py"]
    try:
        with Session(workers, _SELF_TEST_LIMITS, seed=0) as session:
            session.load({"self_test.py": _SELF_TEST}, "self_test.py")
            held = {f"read {path}": session.call("can_read", [str(path)], {}).value for path in secrets}
            for name in ("can_fork", "can_open_a_socket", "can_write"):
                held[name] = session.call(name, [], {}).value
    except (StudentFault, InfrastructureError) as error:
        raise JailError(f"the jail does not work: its self-test ended with: {error}") from error
    broken = [what.replace("_", " ") for what, value in held.items() if value is not False]
    if broken:
        raise JailError(f"the jail does not hold: from inside, a submission succeeded in: {'; '.join(broken)}")
