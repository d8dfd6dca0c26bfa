"""Who is at the other end: personal links made from the roster, the sessions that they open, and how often one may try.

A link holds a person's id, signed; it opens a session once the person has pressed a button, so that a mail program that
looks at links opens none. Links and sessions of a person end when new links are made for that person.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer

from autograder.errors import CourseError, OutputError
from autograder.records import Course

STUDENT, INSTRUCTOR = "student", "instructor"
STATE = Path(".grade") / "serve"  # in the course: the secret, and the database where no other is named
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may use the service. role: "student" or "instructor"; name: for people, "" if there is none.

    lms: the number of the person of an LMS as whom a student came in; 0 with a link.
    """

    who: str
    role: str
    name: str = ""
    email: str = ""
    lms: int = 0

    @property
    def teaches(self) -> bool:
        """Whether it is an instructor."""
        return self.role == INSTRUCTOR

    @property
    def key(self) -> str:
        """What the database knows the person by: an instructor may be called as a student is."""
        return f"{self.role}:{self.who}"


def people(course: Course, instructors: Iterable[str]) -> dict[str, Person]:
    """Everybody who may use the service, by `key`."""
    teaching = [Person(who=name, role=INSTRUCTOR, name=name) for name in instructors]
    learning = [
        Person(who=student.id, role=STUDENT, name=student.name, email=student.email) for student in course.roster
    ]
    return {person.key: person for person in (*teaching, *learning)}


def load_secret(root: Path) -> str:
    """The service's secret, made at the first call, in a file that only its owner reads. CourseError if others do."""
    file = root / STATE / "secret"
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.parent.chmod(0o700)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(secrets.token_urlsafe(_SECRET_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
        mode, secret = file.stat().st_mode, file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise OutputError(f"{file}: cannot be used: {error}") from error
    if mode & 0o077:
        raise CourseError(f"{file}: others may read it; run `chmod 600 {file}`, or delete it and send new links")
    if len(secret) < _SECRET_BYTES:
        raise CourseError(f"{file}: is too short to be a secret; delete it and send new links")
    return secret


class Links:
    """Makes and reads the words behind /enter/ in a link."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeSerializer(secret, salt="autograder.link.1")

    def word(self, person: Person, generation: int) -> str:
        """What a person's link ends with."""
        return str(self._signer.dumps([person.role, person.who, generation]))

    def read(self, word: str) -> tuple[str, int] | None:
        """A person's key and the link's generation; None if we did not make this link."""
        try:
            role, who, generation = self._signer.loads(word)
        except (BadSignature, ValueError, TypeError):
            return None
        return f"{role}:{who}", int(generation)


def link_table(rows: Iterable[tuple[Person, str]]) -> bytes:
    """Who has which link, as CSV for a mail merge."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["who", "name", "email", "role", "link"])
    for person, link in rows:
        table.writerow([person.who, person.name, person.email, person.role, link])
    return out.getvalue().encode()


def write_secretly(file: Path, data: bytes) -> None:
    """Make file hold data, readable by its owner alone from the start. OutputError if it cannot be written."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.write(data)
        part.replace(file)
    except OSError as error:
        raise OutputError(f"{file}: could not be written: {error.strerror}") from error


def link_of(public_url: str, word: str) -> str:
    """The whole address of a personal link."""
    return f"{public_url.rstrip('/')}/enter/{quote(word)}"


class Rate:
    """At most `times` in `seconds`, for each name. In memory: a restart forgives."""

    def __init__(self, times: int, seconds: float) -> None:
        self._times, self._seconds = times, seconds
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, now: float) -> float:
        """Count one try and return 0, or the seconds until the next one is allowed. now: of a monotonic clock."""
        with self._lock:
            if len(self._seen) > 10_000:
                self._seen = {key: seen for key, seen in self._seen.items() if seen and seen[-1] > now - self._seconds}
            seen = self._seen.setdefault(name, deque())
            while seen and seen[0] <= now - self._seconds:
                seen.popleft()
            if len(seen) >= self._times:
                return seen[0] + self._seconds - now
            seen.append(now)
            return 0.0
