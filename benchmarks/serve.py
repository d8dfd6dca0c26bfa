"""What `grade serve` costs its students: seconds from a hand-in to its verdict, alone and at a deadline.

    python benchmarks/serve.py --alone 20 --students 200 --seconds 60

One assignment of the course (`warmup`), a service of its own on this machine, clients that speak HTTP to it. *Alone*:
one hand-in after the other, each changed by a comment, until the event that says "done", beside pytest on the same
file. *Deadline*: each student hands in once within so many seconds, from ten connections at a time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import httpx
from measuring import measure, spread
from processes import below

ROOT = Path(__file__).parents[1]
GRADE = Path(sys.executable).with_name("grade")
SLUG = "warmup"
RIGHT = (ROOT / "assignments" / SLUG / "submitted" / "s01" / f"{SLUG}.py").read_text("utf-8")


class Client:
    """A student's browser. shown: seconds for each page that any of them asked for."""

    shown: ClassVar[list[float]] = []

    def __init__(self, url: str, link: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=120, follow_redirects=True, verify=False)
        self.http.post(link).raise_for_status()

    def hand_in(self, source: str) -> tuple[float, str]:
        """Hand a file in; seconds until it was acknowledged, and the page of the attempt."""
        began = time.monotonic()
        page = self.http.get(f"/a/{SLUG}")
        self.shown.append(time.monotonic() - began)
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        if token is None:
            raise SystemExit(f"no form: {page.text[:300]}")
        began = time.monotonic()
        files = {"files": (f"{SLUG}.py", source)}
        answer = self.http.post(f"/a/{SLUG}", data={"token": token[1]}, files=files, follow_redirects=False)
        if answer.status_code != 303:
            raise SystemExit(f"not taken: {answer.status_code} {answer.text[:300]}")
        return time.monotonic() - began, answer.headers["location"].partition("?")[0]

    def wait(self, page: str) -> str:
        """Listen until the attempt is done; its score."""
        with self.http.stream("GET", f"{page}/events", timeout=300) as events:
            for line in events.iter_lines():
                if line.startswith("data:") and (said := json.loads(line[5:]))["open"] is False:
                    return str(said["score"])
        return ""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--alone", type=int, default=20)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        _course(root, 1 + asked.alone + asked.students)
        bare, port = _bare(Path(folder)), _free_port()
        url, links = f"http://127.0.0.1:{port}", _links(root, port)
        with (Path(folder) / "log").open("wb") as log:
            service = subprocess.Popen([str(GRADE), "serve", str(root), "--port", str(port)], stdout=log, stderr=log)
            try:
                _until_healthy(url)
                where = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
                print(f"{where}\n\n| what | seconds |\n| --- | --- |")
                names = [name for name in links if name.startswith("s")]
                clients = [Client(url, links[name]) for name in names[: 1 + asked.alone]]
                _alone(clients, bare)
                _deadline(url, links, names[1 + asked.alone :], asked.seconds, service.pid)
            finally:
                service.terminate()
                service.wait(60)


def _course(root: Path, students: int) -> None:
    for part in ("tests/suites", "reference"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copytree(ROOT / "assignments" / SLUG / "release", root / "assignments" / SLUG / "release")
    course = f"title: Load\nsecret: a-secret-for-measuring\nassignments:\n  - {{slug: {SLUG}, title: Warm up}}\n"
    (root / "course.yml").write_text(course, "utf-8")
    (root / "roster.csv").write_text("student\n" + "".join(f"s{n:04}\n" for n in range(1, students + 1)), "utf-8")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _links(root: Path, port: int) -> dict[str, str]:
    file = root.parent / "links.csv"
    subprocess.run([str(GRADE), "serve", str(root), "--port", str(port), "--links", str(file)], check=True)
    with file.open(newline="") as table:
        return {row["who"]: row["link"] for row in csv.DictReader(table)}


def _until_healthy(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{url}/healthy", verify=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the service did not start")


def _bare(folder: Path) -> list[float]:
    """Seconds of pytest on the same file. To be asked first: `measure` waits for every child of this process."""
    test = folder / "bare"
    test.mkdir()
    (test / f"{SLUG}.py").write_text(RIGHT, "utf-8")
    names = "from warmup import *\nimport torch\n\n\ndef test_mse():\n    assert mse([1.0], [0.0]) == 1\n"
    (test / "test_it.py").write_text(names, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    return [measure(command, test, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1").wall for _ in range(3)]


def _alone(clients: list[Client], bare: list[float]) -> None:
    clients[0].wait(clients[0].hand_in(f"{RIGHT}\n# to warm up\n")[1])
    taken, judged = [], []
    for number, client in enumerate(clients[1:]):
        began = time.monotonic()
        acknowledged, page = client.hand_in(f"{RIGHT}\n# {number}\n")
        client.wait(page)
        judged.append(time.monotonic() - began)
        taken.append(acknowledged)
    ratio = statistics.median(bare) / statistics.median(judged)
    whole = "form asked for, handed in, judged"
    print(f"| alone: acknowledged | {spread(taken, 3)} |\n| alone: {whole} | {spread(judged, 3)} |")
    print(f"| pytest on the same file, with torch | {spread(bare)}, {ratio:.0f} times as long |")


def _deadline(url: str, links: dict[str, str], names: list[str], seconds: float, service: int) -> None:
    Client.shown.clear()
    most: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            most.append(sum(process.memory() for process in below(service)))

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.monotonic()

    def student(place: int, name: str) -> tuple[float, float, str]:
        client = Client(url, links[name])
        time.sleep(max(0.0, began + place * seconds / len(names) - time.monotonic()))
        acknowledged, page = client.hand_in(f"{RIGHT}\n# {name}\n")
        handed_in = time.monotonic()
        score = client.wait(page)
        return acknowledged, time.monotonic() - handed_in, score

    with ThreadPoolExecutor(10) as clients:
        told = list(clients.map(student, range(len(names)), names))
    last = time.monotonic() - began
    ended.set()
    watching.join()
    right = sum(score.startswith("100") for _, _, score in told)
    print(f"| {len(names)} students within {seconds:g} s: acknowledged | {spread([each[0] for each in told], 3)} |")
    print(f"| the same: judged, from then | {spread([each[1] for each in told], 3)} |")
    print(f"| the same: the page with the form | {spread(Client.shown, 3)} |")
    print(f"| the same: last verdict, from the first hand-in | {last:.1f} |")
    print(f"\n{right} of {len(names)} have 100 points. MiB of all processes (PSS): {spread(most, 0)}.")


if __name__ == "__main__":
    main()
