"""The service's database: hand-ins from the moment they are acknowledged, and whose links are in use.

A hand-in is acknowledged when its row is committed, and a commit is on the disk. Which one is being graded is not
stored: whatever is not finished when the service starts is queued. SQLite, or PostgreSQL by its URL.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgpack
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import CourseError, OutputError, UsageError
from autograder.records import GradedSubmission
from autograder.results.result_json import from_document, to_document
from autograder.server.lti.book import LtiBook

SCHEMA_VERSION = 1
_BUSY_SECONDS = 30


class State(StrEnum):
    """What became of a hand-in. KEPT: it lies in the course and is not graded, since another one counts.

    STUCK: our side could not go on with it; it is tried again.
    """

    QUEUED = "queued"
    DONE = "done"
    KEPT = "kept"
    STUCK = "stuck"


OPEN = (State.QUEUED, State.STUCK)
HAND_IN, REGRADE = "hand-in", "regrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """One hand-in, or a wish to grade again what lies there (kind "regrade", without files).

    attempt: 1 for a student's first for the assignment. targets: whose it is, a team's members or the student alone.
    digest: over names and contents, as received.json has it. score: as graded, of max_score; None while there is none.
    """

    id: int
    student: str
    assignment: str
    kind: str
    attempt: int
    targets: tuple[str, ...]
    received_at: datetime
    names: tuple[str, ...]
    digest: str
    state: State
    note: str = ""
    score: float | None = None
    max_score: float | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHandIn:
    """What is to be stored. at_most: refuse it as one attempt too many; None without a limit."""

    student: str
    assignment: str
    targets: tuple[str, ...]
    received_at: datetime
    files: Mapping[str, bytes] = field(default_factory=dict)
    digest: str = ""
    kind: str = HAND_IN
    note: str = ""
    at_most: int | None = None


class TooMany(Exception):
    """All attempts are used; `used` says how many."""

    def __init__(self, used: int) -> None:
        super().__init__(f"{used} attempts are used")
        self.used = used


class TooSoon(Exception):
    """The student's last hand-in for this assignment came in within the same second."""


_metadata = sa.MetaData()
_about = sa.Table("about", _metadata, sa.Column("name", sa.String(40), primary_key=True), sa.Column("value", sa.Text))
_people = sa.Table(
    "people",
    _metadata,
    sa.Column("who", sa.String(400), primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)
_hand_ins = sa.Table(
    "hand_ins",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("assignment", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("targets", sa.Text, nullable=False),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column("names", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("max_score", sa.Float),
    sa.Column("done_at", sa.Text),
    sa.Column("files", sa.LargeBinary),
    sa.Column("result", sa.LargeBinary),
    # Two requests of one student at once cannot both be the same attempt.
    sa.UniqueConstraint("student", "assignment", "kind", "attempt", name="one_attempt"),
    sa.Index("by_state", "state"),
    sqlite_autoincrement=True,
)
_SHOWN = [column for column in _hand_ins.columns if column.name not in ("files", "result")]


class Store:
    """The database, open. Every method is one transaction; what it wrote is on the disk when it returns."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writing = threading.Lock()  # SQLite has one writer at a time, and its own waiting is a poll
        try:
            _metadata.create_all(self._engine)
            with self._engine.begin() as connection:
                found = connection.scalar(sa.select(_about.c.value).where(_about.c.name == "schema"))
                if found is None:
                    connection.execute(_about.insert().values(name="schema", value=str(SCHEMA_VERSION)))
        except SQLAlchemyError as error:
            raise OutputError(f"{_shown(url)}: the database cannot be opened: {_reason(error)}") from None
        if found not in (None, str(SCHEMA_VERSION)):
            raise CourseError(
                f"{_shown(url)}: is of schema {found}, and this version knows {SCHEMA_VERSION}; start the version that "
                "made it, or name another database"
            )

    def lti_book(self) -> LtiBook:
        """What the same database remembers of LMSs."""
        return LtiBook(self._engine, self._writing)

    def remember(self, name: str, value: str) -> None:
        """Keep a word about the service for other commands."""
        with self._writing, self._engine.begin() as connection:
            if not connection.execute(_about.update().where(_about.c.name == name).values(value=value)).rowcount:
                connection.execute(_about.insert().values(name=name, value=value))

    def remembered(self, name: str) -> str:
        """The word of that name, "" if there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(_about.c.value).where(_about.c.name == name)) or ""

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def check(self) -> str:
        """What is wrong with the database, "" if nothing is."""
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name != "sqlite":
                    connection.execute(sa.select(sa.func.count()).select_from(_hand_ins))
                    return ""
                told = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        except SQLAlchemyError as error:
            return _reason(error)
        if mode != "wal":
            return f"its journal mode is {mode}, not wal: put it on a disk of this machine, not on a network's"
        return "" if told == "ok" else str(told)

    def put(self, new: NewHandIn) -> tuple[HandIn, bool]:
        """Store a hand-in, or find that the student's last one for the assignment has the same files.

        Returns it, and whether it is new. Raises TooMany, TooSoon; OutputError if it could not be stored.
        """
        try:
            with self._writing, self._engine.begin() as connection:
                return _put(connection, new)
        except SQLAlchemyError as error:
            raise OutputError(f"the hand-in could not be stored: {_reason(error)}") from error

    def get(self, id: int) -> HandIn | None:
        """The hand-in of that number."""
        found = self._read(sa.select(*_SHOWN).where(_hand_ins.c.id == id))
        return found[0] if found else None

    def waiting(self) -> list[HandIn]:
        """What is queued, the oldest first."""
        return self._read(sa.select(*_SHOWN).where(_hand_ins.c.state == State.QUEUED).order_by(_hand_ins.c.id))

    def of(self, student: str, assignment: str | None = None) -> list[HandIn]:
        """A student's hand-ins, those of the student's teams too, the oldest first."""
        mine = sa.select(*_SHOWN).where(_hand_ins.c.targets.contains(json.dumps(student), autoescape=True))
        if assignment is not None:
            mine = mine.where(_hand_ins.c.assignment == assignment)
        return [each for each in self._read(mine.order_by(_hand_ins.c.id)) if student in each.targets]

    def latest(self, limit: int = 200) -> list[HandIn]:
        """The newest of everybody's, the newest first."""
        return self._read(sa.select(*_SHOWN).order_by(_hand_ins.c.id.desc()).limit(limit))

    def files(self, id: int) -> dict[str, bytes]:
        """What was handed in, by name."""
        with self._engine.connect() as connection:
            data = connection.scalar(sa.select(_hand_ins.c.files).where(_hand_ins.c.id == id))
        unpacked: dict[str, bytes] = msgpack.unpackb(zlib.decompress(data), strict_map_key=False) if data else {}
        return unpacked

    def result(self, id: int) -> GradedSubmission | None:
        """What grading said of it; None if it was not graded."""
        with self._engine.connect() as connection:
            data = connection.scalar(sa.select(_hand_ins.c.result).where(_hand_ins.c.id == id))
        return from_document(json.loads(zlib.decompress(data))) if data else None

    def finish(
        self, id: int, state: State, *, note: str, now: datetime, graded: GradedSubmission | None = None
    ) -> None:
        """Write what became of a hand-in."""
        values: dict[str, Any] = {"state": state, "note": note, "done_at": now.isoformat()}
        if graded is not None:
            document = json.dumps(to_document(graded), ensure_ascii=False).encode("utf-8", "replace")
            values |= {
                "result": zlib.compress(document, 1),
                "score": graded.score,
                "max_score": graded.max_score,
            }
        with self._writing, self._engine.begin() as connection:
            connection.execute(_hand_ins.update().where(_hand_ins.c.id == id).values(**values))

    def free_the_stuck(self) -> int:
        """Queue again what was stuck; how many those were."""
        with self._writing, self._engine.begin() as connection:
            stuck = _hand_ins.update().where(_hand_ins.c.state == State.STUCK).values(state=State.QUEUED)
            return connection.execute(stuck).rowcount

    def counts(self) -> dict[str, int]:
        """State to how many are in it."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_hand_ins.c.state, sa.func.count()).group_by(_hand_ins.c.state))
            return {str(state): int(count) for state, count in rows}

    def generation(self, who: str) -> int:
        """Which of a person's links holds: the first is of generation 0."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(_people.c.generation).where(_people.c.who == who)) or 0

    def renew(self, who: str) -> None:
        """Make every earlier link and session of a person void."""
        with self._writing, self._engine.begin() as connection:
            held = connection.scalar(sa.select(_people.c.generation).where(_people.c.who == who))
            if held is None:
                connection.execute(_people.insert().values(who=who, generation=1))
            else:
                connection.execute(_people.update().where(_people.c.who == who).values(generation=held + 1))

    def _read(self, wanted: sa.Select[Any]) -> list[HandIn]:
        with self._engine.connect() as connection:
            return [_hand_in(row) for row in connection.execute(wanted).mappings()]


def database_url(folder: Path) -> str:
    """The URL of the database that lies in the service's own folder."""
    return f"sqlite:///{folder / 'serve.db'}"


def _put(connection: sa.Connection, new: NewHandIn) -> tuple[HandIn, bool]:
    same = (
        _hand_ins.c.assignment == new.assignment,
        _hand_ins.c.kind == new.kind,
        _hand_ins.c.targets == _listed(new.targets),
    )
    last = (
        connection.execute(sa.select(*_SHOWN).where(*same).order_by(_hand_ins.c.id.desc()).limit(1)).mappings().first()
    )
    if last is not None:
        before = _hand_in(last)
        if new.kind == REGRADE and before.state in OPEN:
            return before, False
        if new.kind == HAND_IN and before.digest == new.digest:
            return before, False
        if new.kind == HAND_IN and _second(new.received_at) <= _second(before.received_at):
            raise TooSoon
    used = connection.scalar(sa.select(sa.func.count()).select_from(_hand_ins).where(*same)) or 0
    if new.at_most is not None and used >= new.at_most:
        raise TooMany(used)
    own = (_hand_ins.c.student == new.student, _hand_ins.c.assignment == new.assignment, _hand_ins.c.kind == new.kind)
    highest = connection.scalar(sa.select(sa.func.max(_hand_ins.c.attempt)).where(*own)) or 0
    values = {
        "student": new.student,
        "assignment": new.assignment,
        "kind": new.kind,
        "attempt": max(highest, used) + 1,
        "targets": _listed(new.targets),
        "received_at": new.received_at.astimezone(UTC).isoformat(),
        "names": json.dumps(sorted(new.files), ensure_ascii=False),
        "digest": new.digest,
        "state": State.QUEUED,
        "note": new.note,
        "files": zlib.compress(msgpack.packb(dict(new.files)), 1) if new.files else None,
    }
    done = connection.execute(_hand_ins.insert().values(**values))
    (id,) = done.inserted_primary_key or (0,)
    row = connection.execute(sa.select(*_SHOWN).where(_hand_ins.c.id == id)).mappings().one()
    return _hand_in(row), True


def _hand_in(row: Any) -> HandIn:
    return HandIn(
        id=row["id"],
        student=row["student"],
        assignment=row["assignment"],
        kind=row["kind"],
        attempt=row["attempt"],
        targets=tuple(json.loads(row["targets"])),
        received_at=datetime.fromisoformat(row["received_at"]),
        names=tuple(json.loads(row["names"])),
        digest=row["digest"],
        state=State(row["state"]),
        note=row["note"],
        score=row["score"],
        max_score=row["max_score"],
        done_at=datetime.fromisoformat(row["done_at"]) if row["done_at"] else None,
    )


def _listed(targets: Collection[str]) -> str:
    return json.dumps(sorted(targets))


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database:
                raise UsageError("--database sqlite://: names no file; write sqlite:////path/to/serve.db")
            file = Path(parsed.database)
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
            engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
            sa.event.listen(engine, "connect", _safe_sqlite)
            sa.event.listen(engine, "begin", _begin_writing)
            return engine
        return sa.create_engine(parsed, pool_pre_ping=True)
    except ImportError as missing:
        raise UsageError(
            f"--database {_shown(url)}: its driver is not installed ({missing}); "
            "PostgreSQL's is `pip install 'psycopg[binary]'`, and its URL begins with postgresql+psycopg://"
        ) from None
    except (SQLAlchemyError, ValueError) as error:
        raise UsageError(
            f"--database {_shown(url)}: {_reason(error)}; write sqlite:////path/to/serve.db or "
            "postgresql+psycopg://user@host/name"
        ) from None
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _safe_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver's own transactions begin too late to be seen by our reads
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _shown(url: str) -> str:
    """The URL without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(the URL)"


def _reason(error: Exception) -> str:
    """The first line of what the driver said: the rest holds the statement and its values."""
    inner = getattr(error, "orig", None) or error
    return str(inner).splitlines()[0] if str(inner) else type(inner).__name__
