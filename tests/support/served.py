"""A service over a toy course, for real: uvicorn on a free port of this machine, and clients that speak HTTP to it."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn
from tiny_course import TinyCourse

from autograder.course.course_yml import load_course
from autograder.server.app import Settings
from autograder.server.lti.keys import KEY_FILE, load_key
from autograder.server.service import Plan, at_work, configured
from autograder.server.sign_in import STATE, Links, link_of, people, write_secretly
from autograder.server.store import Store, database_url

SECRET = "a-secret-of-the-tests-that-is-long-enough"
ROSTER = "student,name\ns01,Ada Lovelace\ns02,Grace Hopper\ns03,小明 王\n"


@dataclass
class Served:
    """A service at work. url: its address; restart: ends it and starts it anew over the same files."""

    course: TinyCourse
    url: str
    store: Store
    stop: Callable[[], None]
    _clients: list[httpx.Client] = field(default_factory=list)

    def link(self, who: str, role: str = "student") -> str:
        """A personal link."""
        person = people(load_course(self.course.root), ["instructor"])[f"{role}:{who}"]
        return link_of(self.url, Links(SECRET).word(person, self.store.generation(person.key)))

    def stranger(self, **more: Any) -> httpx.Client:
        """A browser in which nobody has signed in."""
        client = httpx.Client(base_url=self.url, timeout=60, verify=False, **more)
        self._clients.append(client)
        return client

    def sign_in(self, who: str, role: str = "student") -> Client:
        """A browser in which somebody has signed in."""
        client = Client(self.stranger(follow_redirects=True))
        answer = client.http.post(self.link(who, role))
        assert answer.status_code == 200, answer.text
        return client


@dataclass
class Client:
    """A browser without scripts."""

    http: httpx.Client

    def page(self, path: str, status: int = 200) -> str:
        """What an address shows."""
        answer = self.http.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.text

    def post(self, path: str, *, of: str = "", files: Any = None, status: int = 200) -> httpx.Response:
        """Send the form of a page. of: the page that holds it, the same address unless said."""
        token = re.search(r'name="token" value="([^"]+)"', self.page(of or path))
        assert token is not None
        answer = self.http.post(path, data={"token": token[1]}, files=files)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer

    def press(self, page: str, path: str, status: int = 200, **fields: str) -> httpx.Response:
        """Send a form of a page with these fields."""
        token = re.search(r'name="token" value="([^"]+)"', self.page(page))
        assert token is not None
        answer = self.http.post(path, data={"token": token[1]} | fields)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer

    def hand_in(self, *files: tuple[str, str | bytes], slug: str = "sums", status: int = 200) -> httpx.Response:
        """Hand files in: name and content."""
        return self.post(f"/a/{slug}", files=[("files", file) for file in files], status=status)

    def wait(self, path: str, seconds: float = 200) -> str:
        """The page of an attempt, once it is graded."""
        end = time.monotonic() + seconds
        while "data-events" in (page := self.page(path)):
            assert time.monotonic() < end, page
            time.sleep(0.2)
        return page


@contextmanager
def served(
    course: TinyCourse,
    pool: Executor,
    *,
    clock: Callable[[], datetime] | None = None,
    url: str = "",
    graders: int = 1,
    gradebook: bool = False,
    public_url: str = "http://127.0.0.1:{port}",
    tls: Mapping[str, str] | None = None,
    **settings: Any,
) -> Iterator[Served]:
    """Serve a course with these graders. url: of the database; tls: certificate and key, for uvicorn."""
    ready = free_socket()
    address = public_url.format(port=ready.getsockname()[1])
    if not (key := course.root / STATE / KEY_FILE).exists():
        write_secretly(key, _key_file())
    store = Store(url or database_url(course.root / ".grade" / "serve"))
    plan = Plan(
        settings=Settings(public_url=address, secret=SECRET, instructors=("instructor",), **settings),
        database=url,
        graders=graders,
        gradebook=gradebook,
    )
    now = clock or (lambda: datetime.now(UTC))
    with at_work(load_course(course.root), plan, store, pool, now) as (app, dispatcher):
        config = configured(app, "127.0.0.1", 0)
        for name, value in (tls or {}).items():
            setattr(config, name, value)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([ready],))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        there = Served(course, address, store, dispatcher.stop)
        try:
            yield there
        finally:
            for client in there._clients:
                client.close()
            server.should_exit = True
            thread.join()
    store.close()


def until(condition: Callable[[], Any], told: Callable[[], Any] = str, seconds: float = 20) -> Any:
    """Wait until something is so; what it was. told: what a failure shows."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, told()
        time.sleep(0.05)
    return found


def shows(browser: Client, path: str, words: str) -> str:
    """Wait until a page has these words; the page."""

    def page() -> str:
        shown = browser.page(path)
        return shown if words in shown else ""

    return str(until(page, lambda: browser.page(path)))


@cache
def _key_file() -> bytes:
    """A key pair of the service, one for all tests of a process: making one takes a while."""
    with TemporaryDirectory() as folder:
        load_key(Path(folder))
        return (Path(folder) / STATE / KEY_FILE).read_bytes()


def free_socket() -> socket.socket:
    """A socket of this machine alone that listens on a free port."""
    return socket.create_server(("127.0.0.1", 0))


def with_roster(course: TinyCourse, roster: str = ROSTER, more: str = "") -> TinyCourse:
    """The course with a roster, and more in course.yml."""
    (course.root / "roster.csv").write_text(roster, "utf-8")
    file = course.root / "course.yml"
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    return course


def history(root: Path) -> list[dict[str, Any]]:
    """The changelog of `sums`."""
    file = root / "assignments" / "sums" / "autograded" / "history.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
