"""kill -9 at random moments: the service, any process below it, or its connections to the database.

    python tests/faults/serve_campaign.py --moments 100 --seed 1
    python tests/faults/serve_campaign.py --moments 100 --database postgresql+psycopg://postgres@127.0.0.1/grade

A class comes from an LMS (of the tests) and hands in without pause while things are killed; the service is started
again where it died itself. At the end everything that was acknowledged must be graded, with the score of its own files;
the LMS must hold the mark that the course holds; and of each mark sent, one second means one message.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import httpx
import sqlalchemy as sa
from launching import fields_of
from lms_platform import Lms, lms_of
from processes import below
from served import with_roster
from tiny_course import make_tiny_course

from autograder.server.lti.launch import Platform
from autograder.server.sign_in import STATE
from autograder.server.store import Store, database_url

GRADE = Path(sys.executable).with_name("grade")
ADD = ("def add(a, b):\n    return a + b\n", 60.0)
TOTAL = ("\n\ndef total(numbers):\n    return sum(numbers)\n", 40.0)
NOTHING = ("\n", 0.0)
_WAIT_SECONDS = 300


@dataclass
class Acknowledged:
    """A hand-in that the service said it has. score: what its files are worth."""

    id: int
    student: str
    score: float


@dataclass
class Campaign:
    """One service, its LMS and its class."""

    root: Path
    port: int
    lms: Lms
    database: str
    students: int
    process: subprocess.Popen[bytes] | None = None
    got: list[Acknowledged] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The service's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the service, and wait until it answers."""
        command = [str(GRADE), "serve", str(self.root), "--port", str(self.port), "--jobs", "1", "--no-gradebook"]
        log = (self.root.parent / "serve.log").open("ab")
        self.process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | {"GRADE_DATABASE": self.database}
        )
        end = time.monotonic() + 120
        while True:
            assert time.monotonic() < end, "the service did not start"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthy").status_code == 200:
                    return
            if self.process.poll() is not None:  # the last one's children may hold the port for a moment
                time.sleep(0.5)
                self.process = subprocess.Popen(
                    command, stdout=log, stderr=log, env=os.environ | {"GRADE_DATABASE": self.database}
                )
            time.sleep(0.2)

    def study(self, number: int) -> None:
        """A student: comes from the LMS, hands something else in each time, comes again when thrown out."""
        sub, draw = f"{number + 11}", random.Random(number)
        http = httpx.Client(base_url=self.url, timeout=30)
        for version in itertools.count():
            if self.stop.is_set():
                return
            try:
                page = http.get("/a/sums")
                if page.status_code != 200:
                    self._come(http, sub)
                    continue
                token = re.search(r'name="token" value="([^"]+)"', page.text)
                assert token is not None
                parts = [draw.choice((ADD, NOTHING)), draw.choice((TOTAL, NOTHING))]
                source = f"# {version}\n" + "".join(text for text, _ in parts)
                files = [("files", ("sums.py", source))]
                answer = http.post("/a/sums", data={"token": token[1]}, files=files)
                if answer.status_code == 303:
                    id = int(answer.headers["location"].split("/")[2].split("?")[0])
                    self.got.append(Acknowledged(id, f"s{number + 1:02}", sum(points for _, points in parts)))
                time.sleep(draw.uniform(1.0, 3.0))
            except httpx.TransportError:
                time.sleep(0.3)

    def _come(self, http: httpx.Client, sub: str) -> None:
        answer = http.post("/lti/login", data=self.lms.login_form(sub, "l1", {"assignment": "sums"}))
        if answer.status_code == 302:
            where, fields = fields_of(httpx.get(answer.headers["location"]).text)
            http.post(where, data=fields)
        time.sleep(0.2)

    def kill(self, kind: str, draw: random.Random) -> str:
        """Kill one thing; what it was."""
        assert self.process is not None
        if kind == "database":
            engine = sa.create_engine(self.database)
            with engine.begin() as connection:
                connection.exec_driver_sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                    "and pid <> pg_backend_pid()"
                )
            engine.dispose()
            return kind
        children = [each.pid for each in below(self.process.pid) if each.pid != self.process.pid]
        if kind == "service" or not children:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            for pid in children:  # a killed machine would take them along
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self.start()
            return "service"
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(draw.choice(children), signal.SIGKILL)
        return "a process below"


def main() -> int:
    """Run a campaign; 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="")
    said = parser.parse_args()
    draw = random.Random(said.seed)
    with tempfile.TemporaryDirectory() as folder, lms_of("moodle") as lms:
        names = [f"s{number + 1:02}" for number in range(said.students)]
        roster = "student,name,lms_id\n" + "".join(f"{name},Student {name},{n + 11}\n" for n, name in enumerate(names))
        course = with_roster(make_tiny_course(Path(folder) / "course"), roster)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = said.database or database_url(course.root / STATE)
        campaign = Campaign(course.root, port, lms, url, said.students)
        lms.tool = campaign.url
        lms.activity("l1")
        lms.person("90", "Teacher", role="Instructor")
        for number, name in enumerate(names):
            lms.person(f"{number + 11}", f"Student {name}")
        store = Store(url)
        book = store.lti_book()
        at = {"login_url": f"{lms.url}/auth", "token_url": f"{lms.url}/token", "keys_url": f"{lms.url}/certs"}
        book.register(Platform(issuer=lms.url, client_id=lms.client_id, **at))
        campaign.start()
        with httpx.Client(base_url=campaign.url, timeout=60) as http:
            campaign._come(http, "90")
        (context,) = book.contexts()
        book.connect(context.id)
        threads = [threading.Thread(target=campaign.study, args=(number,)) for number in range(said.students)]
        for thread in threads:
            thread.start()
        hit: Counter[str] = Counter()
        kinds = ["service", "below", "below"] + (["database"] if "postgresql" in url else [])
        for moment in range(said.moments):
            time.sleep(draw.uniform(0.2, 6.0))
            hit[campaign.kill(draw.choice(kinds), draw)] += 1
            sys.stderr.write(f"\r{moment + 1} of {said.moments}, {len(campaign.got)} hand-ins")
        campaign.stop.set()
        for thread in threads:
            thread.join()
        campaign.kill("service", draw)
        faults = check(campaign, store)
        assert campaign.process is not None
        campaign.process.terminate()
        campaign.process.wait()
        store.close()
        sent = sum(path.endswith("/scores") for _, path, _ in lms.requests)
        told = [f"\nhit: {dict(hit)}; {len(campaign.got)} hand-ins acknowledged, {sent} marks sent", *faults]
        if faults:
            told.append((course.root.parent / "serve.log").read_text("utf-8", "replace")[-6000:])
        told.append("nothing was lost" if not faults else f"{len(faults)} faults")
        sys.stdout.write("\n".join(told) + "\n")
    return 1 if faults else 0


def check(campaign: Campaign, store: Store) -> list[str]:
    """What is not as it must be, once everything has come to rest."""
    faults, end = [], time.monotonic() + _WAIT_SECONDS
    while store.waiting() or store.counts().get("stuck") or not _at_rest(campaign, store):
        if time.monotonic() > end:
            faults.append(f"it came to no rest: {store.counts()}")
            break
        time.sleep(0.5)
    seen: Counter[int] = Counter(each.id for each in campaign.got)
    for each in campaign.got:
        there = store.get(each.id)
        if there is None or there.student != each.student:
            faults.append(f"hand-in {each.id} of {each.student} is not there")
        elif there.state != "done" or there.score != each.score:
            faults.append(f"hand-in {each.id}: {there.state}, {there.score} instead of {each.score}; {there.note}")
        if seen[each.id] > 1:
            faults.append(f"hand-in {each.id} was acknowledged for {seen[each.id]} different files")
    for number in range(campaign.students):
        student, sub = f"s{number + 1:02}", f"{number + 11}"
        mine = [each for each in store.of(student, "sums") if each.state == "done"]
        file = campaign.root / "assignments/sums/autograded" / student / "result.json"
        score = json.loads(file.read_bytes())["score"] if file.exists() else None
        last = mine[-1].score if mine else None
        if score != last:
            faults.append(f"{student}: the course has {score}, the last hand-in {last}")
        if campaign.lms.grade(sub, "l1") != score:
            faults.append(f"{student}: the LMS has {campaign.lms.grade(sub, 'l1')}, the course {score}")
        messages: dict[str, Any] = {}
        for _, path, body in campaign.lms.requests:
            if path.endswith("/scores") and body["userId"] == sub:
                if messages.setdefault(body["timestamp"], body) != body:
                    faults.append(f"{student}: two different marks of {body['timestamp']}")
                if body["timestamp"] < max(messages):
                    faults.append(f"{student}: a mark of {body['timestamp']} after one of {max(messages)}")
        lines = campaign.root / "assignments/sums/autograded/history.jsonl"
        told = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        chain = [(line.get("from"), line["to"]) for line in told if line["student"] == student]
        for before, after in itertools.pairwise(chain):
            if after[0] != before[1]:
                faults.append(f"{student}: the changelog goes from {before} to {after}")
    return faults


def _at_rest(campaign: Campaign, store: Store) -> bool:
    """Whether every mark that the course holds has arrived."""
    sent = store.lti_book().sent()
    return all(each.state == "arrived" for each in sent.values()) and all(
        (campaign.lms.grade(f"{number + 11}", "l1") is not None) or not store.of(f"s{number + 1:02}", "sums")
        for number in range(campaign.students)
    )


if __name__ == "__main__":
    sys.exit(main())
