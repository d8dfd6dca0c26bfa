"""Landlock by itself, on the real kernel: what it forbids without the filter, and in its older versions."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.jailed import walls

pytestmark = pytest.mark.jail

# Run behind Landlock alone: try each, and print the name of the error, or "".
TRIES = """
import json, os, socket, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import walls
walls.landlock_abi = (lambda known: lambda: min(int(sys.argv[2]), known))(walls.landlock_abi())
port, abstract, file = int(sys.argv[3]), sys.argv[4], sys.argv[5]

def connect(family, where):
    socket.socket(family, socket.SOCK_STREAM).connect(where)

def bind():
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).bind(("127.0.0.1", 0))

tries = {
    "signal": lambda: os.kill(os.getppid(), 0),
    "abstract": lambda: connect(socket.AF_UNIX, "\\0" + abstract),
    "tcp": lambda: connect(socket.AF_INET, ("127.0.0.1", port)),
    "bind": bind,
    "read": lambda: open(file).read(),
    "list": lambda: os.listdir(os.path.dirname(file)),
    "write": lambda: open(file + ".new", "w"),
    "truncate": lambda: os.truncate(file, 0),
    "stat": lambda: os.stat(file),
    "memory of the parent": lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
}
walls._checked(walls._libc.prctl(38, 1, 0, 0, 0))
walls._landlock(walls.landlock_rules([os.path.dirname(os.__file__)]))
seen = {}
for name, attempt in tries.items():
    try:
        attempt()
        seen[name] = ""
    except OSError as error:
        seen[name] = type(error).__name__
print(json.dumps(seen))
"""
TCP_SINCE, SCOPES_SINCE = 4, 6


@pytest.mark.parametrize("abi", [3, 4, 5, 6, 7])
def test_what_each_version_forbids(tmp_path: Path, abi: int) -> None:
    """Files from the first on, TCP from the fourth, signals and abstract sockets from the sixth; `stat` never."""
    if walls.landlock_abi() < abi:
        pytest.skip(f"this kernel knows version {walls.landlock_abi()}")
    file = tmp_path / "suite.py"
    file.write_text("hidden")
    name = f"grade-test-{os.getpid()}-{abi}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        arguments = [walls.__file__, str(abi), str(tcp.getsockname()[1]), name, str(file)]
        done = subprocess.run(
            [sys.executable, "-c", TRIES, *arguments], capture_output=True, text=True, check=True, timeout=60
        )
    denied = dict.fromkeys(("read", "list", "write", "truncate", "memory of the parent"), "PermissionError")
    denied |= dict.fromkeys(("tcp", "bind"), "PermissionError" if abi >= TCP_SINCE else "")
    denied |= dict.fromkeys(("signal", "abstract"), "PermissionError" if abi >= SCOPES_SINCE else "")
    assert json.loads(done.stdout) == denied | {"stat": ""}


def test_tasks_of_a_user_are_counted_as_the_kernel_does() -> None:
    """Threads too; another user's not."""
    import threading

    before = walls.tasks_of(os.getuid())
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait) for _ in range(40)]
    for thread in threads:
        thread.start()
    during = walls.tasks_of(os.getuid())
    ended.set()
    for thread in threads:
        thread.join()
    assert before >= 1 and during - before > 20  # others of this user come and go meanwhile
    assert walls.tasks_of(60999) == 0
