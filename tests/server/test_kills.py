"""The real service, graders and jail: killed while it works, and started again from a copy of what it left."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from served import Client, history, with_roster
from tiny_course import make_tiny_course

from autograder.errors import BusyError
from autograder.runs.lock import one_run

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")
ADD = "def add(a, b):\n    return a + b\n"
TOTAL = "\n\ndef total(numbers):\n    return sum(numbers)\n"
STUDENTS = [f"s{number:02}" for number in range(1, 7)]


class Service:
    """`grade serve` as a process of its own."""

    def __init__(self, root: Path, port: int) -> None:
        command = [str(GRADE), "serve", str(root), "--port", str(port), "--jobs", "1", "--no-gradebook"]
        self.log = (root.parent / f"{root.name}.log").open("a")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=os.environ | {"NO_COLOR": "1"})
        self.url = f"http://127.0.0.1:{port}"

    def ready(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + 120
        while True:
            assert self.process.poll() is None, Path(self.log.name).read_text()
            assert time.monotonic() < end
            try:
                if httpx.get(f"{self.url}/healthy", verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def links(root: Path, port: int) -> dict[str, str]:
    """Everybody's link, as the command writes them."""
    file = root.parent / "links.csv"
    command = [str(GRADE), "serve", str(root), "--port", str(port), "--links", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert file.stat().st_mode & 0o077 == 0
    with file.open(newline="") as table:
        return {row["who"]: row["link"] for row in csv.DictReader(table)}


def signed_in(url: str, link: str) -> Client:
    client = Client(httpx.Client(base_url=url, follow_redirects=True, timeout=60, verify=False))
    client.http.post(link)
    return client


@pytest.fixture
def start():
    """Starts a service; what still runs at the end is killed."""
    started = []

    def begin(root: Path, port: int) -> Service:
        started.append(Service(root, port))
        started[-1].ready()
        return started[-1]

    yield begin
    for service in started:
        service.process.kill()
        service.process.wait()
        service.log.close()


@contextmanager
def locked(root):
    """Hold the course's lock as another command does, once it is free."""
    while True:
        with suppress(BusyError), one_run(root, datetime.now(UTC)):
            yield
            return
        time.sleep(0.01)


def test_what_was_acknowledged_is_graded_once_whatever_stops_the_service(tmp_path, start):
    """kill -9 under load; the next service, over a copy of the folder as a backup is one, ends the work"""
    root = tmp_path / "course"
    with_roster(make_tiny_course(root), roster="student\n" + "\n".join(STUDENTS) + "\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    there = links(root, port)
    service = start(root, port)
    clients = [signed_in(service.url, there[student]) for student in STUDENTS]
    first = clients[0]
    page = first.wait(first.hand_in(("sums.py", ADD)).url.path)
    assert "60 of 100 points" in page
    shown = first.page("/h/1/page")
    assert "What to look at next" in shown
    assert "total gives the sum of a list" in shown
    acknowledged = {1: STUDENTS[0]}
    for student, client in zip(STUDENTS[1:], clients[1:], strict=True):
        answer = client.hand_in(("sums.py", ADD))
        acknowledged[int(answer.url.path.rpartition("/")[2])] = student
    time.sleep(1.1)  # a student's attempts are told apart by their second
    with ExitStack() as held:
        for place, (student, client) in enumerate(zip(STUDENTS, clients, strict=True)):
            if place == 4:  # from here on nothing can be done but acknowledged
                held.enter_context(locked(root))
            answer = client.hand_in(("sums.py", ADD + TOTAL))
            acknowledged[int(answer.url.path.rpartition("/")[2])] = student
        service.end(signal.SIGKILL)
    for client in clients:
        client.http.close()
    done_before = len(history(root))
    assert done_before < len(acknowledged), "nothing was left to do"

    backup = tmp_path / "restored"
    shutil.copytree(root, backup)
    shutil.rmtree(root)
    service = start(backup, port)
    teacher = signed_in(service.url, there["instructor"])
    for number in acknowledged:
        assert "100 of 100" in (page := teacher.wait(f"/h/{number}")) or "60 of 100" in page
    teacher.http.close()
    assert service.end(signal.SIGTERM) == 0

    for student in STUDENTS:
        lines = [(line["from"], line["to"]) for line in history(backup) if line["student"] == student]
        assert lines == [(None, 60.0), (60.0, 100.0)]
        result = backup / "assignments/sums/autograded" / student / "result.json"
        assert json.loads(result.read_text())["score"] == 100
        kept = list((backup / "assignments/sums/attempts" / student).rglob("sums.py"))
        assert [file.read_text() for file in kept] == [ADD]
    looked = [str(GRADE), str(backup / "assignments"), "--dry-run"]
    ran = subprocess.run(looked, capture_output=True, text=True, timeout=60, check=True)
    assert "0 to grade" in ran.stdout
    assert not (backup / ".grade" / "unfinished").exists()
    assert "Traceback" not in (tmp_path / "restored.log").read_text()
