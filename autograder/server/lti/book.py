"""What the service remembers of LMSs: registrations, their courses, activities and people, and which mark was sent.

Tables beside the hand-ins, in the same database.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autograder.server.lti.launch import LEARNER, OTHER, TEACHER, Claimed, Launch, Platform

_metadata = sa.MetaData()
_platforms = sa.Table(
    "lti_platforms",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("issuer", sa.String(400), nullable=False),
    sa.Column("client_id", sa.String(255), nullable=False),
    sa.Column("login_url", sa.Text, nullable=False),
    sa.Column("token_url", sa.Text, nullable=False),
    sa.Column("keys_url", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("deployments", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.UniqueConstraint("issuer", "client_id", name="one_registration"),
    sqlite_autoincrement=True,
)
_invitations = sa.Table(
    "lti_invitations",
    _metadata,
    sa.Column("word", sa.String(64), primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
)
_used = sa.Table(
    "lti_used",
    _metadata,
    sa.Column("nonce", sa.String(64), primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
)
_contexts = sa.Table(
    "lti_contexts",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.Integer, nullable=False),
    sa.Column("deployment", sa.String(255), nullable=False),
    sa.Column("context", sa.String(255), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("members", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("connected", sa.Boolean, nullable=False),
    sa.UniqueConstraint("platform", "deployment", "context", name="one_context"),
    sqlite_autoincrement=True,
)
_links = sa.Table(
    "lti_links",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("context", sa.Integer, nullable=False),
    sa.Column("link", sa.String(255), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("assignment", sa.String(255), nullable=False),
    sa.Column("line_item", sa.Text, nullable=False),
    sa.Column("line_items", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("ours", sa.Boolean, nullable=False),
    sa.UniqueConstraint("context", "link", name="one_link"),
    sqlite_autoincrement=True,
)
_people = sa.Table(
    "lti_people",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.Integer, nullable=False),
    sa.Column("sub", sa.String(255), nullable=False),
    sa.Column("student", sa.String(400)),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("sourced_id", sa.Text, nullable=False),
    sa.UniqueConstraint("platform", "sub", name="one_person"),
    # Two people of one LMS cannot both be the same student.
    sa.UniqueConstraint("platform", "student", name="one_student"),
    sqlite_autoincrement=True,
)
# Whom an instructor said that a person is not, so that nothing that the LMS says makes it so again.
_not = sa.Table(
    "lti_not",
    _metadata,
    sa.Column("person", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("student", sa.String(400), primary_key=True),
)
_members = sa.Table(
    "lti_members",
    _metadata,
    sa.Column("context", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("role", sa.String(20), nullable=False),
)
# Which assignment an instructor chose for an activity: it outlasts what the activity says of itself.
_chosen = sa.Table(
    "lti_chosen",
    _metadata,
    sa.Column("link", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("assignment", sa.String(255), nullable=False),
)
_marks = sa.Table(
    "lti_marks",
    _metadata,
    sa.Column("link", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("stamp", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("sent_share", sa.Float),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try", sa.Float, nullable=False),
)

# A mark on its way. SENDING: written before it is sent, so that after a crash the same is sent again. ARRIVED: the LMS
# took it. NEWER: the LMS has something later. THEIRS: a person changed it in the LMS. REFUSED: it will not be taken.
SENDING, ARRIVED, NEWER, THEIRS, REFUSED = "sending", "arrived", "newer", "theirs", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A course of an LMS. connected: an instructor of this course said that it is the one. members: NRPS address."""

    id: int
    platform: int
    deployment: str
    context: str
    title: str
    members: str
    asked_by: str
    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An activity of an LMS. assignment: "" until somebody chose one; ours: we made its column."""

    id: int
    context: int
    link: str
    title: str
    assignment: str
    line_item: str
    line_items: str
    scopes: tuple[str, ...]
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person of an LMS. student: the id on the roster; None while nobody knows. role: in the context asked for."""

    id: int
    platform: int
    sub: str
    student: str | None
    name: str
    email: str
    username: str
    sourced_id: str
    role: str = OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the mark of a person for an activity. share: of the maximum; sent_share: the last that arrived."""

    link: int
    person: int
    state: str
    stamp: int
    digest: str
    share: float
    sent_share: float | None
    note: str
    tries: int
    next_try: float


class LtiBook:
    """The tables, open. Every method is one transaction."""

    def __init__(self, engine: sa.Engine, writing: threading.Lock) -> None:
        self._engine, self._writing = engine, writing
        _metadata.create_all(engine)
        self.origins: frozenset[str] = (
            frozenset()
        )  # of the platforms, as they were read last; asked for by every answer
        self.platforms()

    # -- registrations ------------------------------------------------------------------------------------------------

    def platforms(self) -> list[Platform]:
        """Every LMS that was registered."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_platforms).order_by(_platforms.c.id)).mappings()
            found = [Platform(**{**row, "deployments": tuple(json.loads(row["deployments"]))}) for row in rows]
        self.origins = frozenset(each.origin for each in found)
        return found

    def platform(self, id: int) -> Platform | None:
        """The LMS of that number."""
        return next((each for each in self.platforms() if each.id == id), None)

    def register(self, platform: Platform) -> Platform:
        """Add an LMS, or change the one of the same issuer and client id."""
        values = {
            name: getattr(platform, name)
            for name in ("issuer", "client_id", "login_url", "token_url", "keys_url", "name", "audience")
        } | {"deployments": json.dumps(sorted(platform.deployments))}
        same = (_platforms.c.issuer == platform.issuer) & (_platforms.c.client_id == platform.client_id)
        with self._writing, self._engine.begin() as connection:
            if not connection.execute(_platforms.update().where(same).values(**values)).rowcount:
                connection.execute(_platforms.insert().values(**values))
        return next(
            each for each in self.platforms() if (each.issuer, each.client_id) == (platform.issuer, platform.client_id)
        )

    def forget(self, id: int) -> None:
        """Take an LMS out, with what is known of its courses and people. What was sent there stays there."""
        with self._writing, self._engine.begin() as connection:
            contexts = sa.select(_contexts.c.id).where(_contexts.c.platform == id)
            links = sa.select(_links.c.id).where(_links.c.context.in_(contexts))
            connection.execute(_marks.delete().where(_marks.c.link.in_(links)))
            connection.execute(_members.delete().where(_members.c.context.in_(contexts)))
            connection.execute(_chosen.delete().where(_chosen.c.link.in_(links)))
            connection.execute(_links.delete().where(_links.c.context.in_(contexts)))
            persons = sa.select(_people.c.id).where(_people.c.platform == id)
            connection.execute(_not.delete().where(_not.c.person.in_(persons)))
            for table in (_contexts, _people):
                connection.execute(table.delete().where(table.c.platform == id))
            connection.execute(_platforms.delete().where(_platforms.c.id == id))

    def invite(self, until: float) -> str:
        """A word that lets one LMS register itself until then (seconds since 1970)."""
        word = secrets.token_urlsafe(18)
        with self._writing, self._engine.begin() as connection:
            connection.execute(_invitations.insert().values(word=_digest(word), until=until))
        return word

    def awaits_one(self, now: float) -> bool:
        """Whether an LMS is registered, or invited to register itself."""
        with self._engine.connect() as connection:
            open_ones = sa.select(_invitations.c.word).where(_invitations.c.until > now)
            return bool(self.platforms()) or connection.scalar(open_ones) is not None

    def invited(self, word: str, now: float, *, use: bool = False) -> bool:
        """Whether the word still lets one register; use: it does not any more."""
        there = (_invitations.c.word == _digest(word)) & (_invitations.c.until > now)
        with self._writing, self._engine.begin() as connection:
            if use:
                return bool(connection.execute(_invitations.delete().where(there)).rowcount)
            return connection.scalar(sa.select(_invitations.c.word).where(there)) is not None

    def use_nonce(self, nonce: str, until: float, now: float) -> bool:
        """Remember a message; False if it came before."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(_used.delete().where(_used.c.until < now))
            if connection.scalar(sa.select(_used.c.nonce).where(_used.c.nonce == nonce)) is not None:
                return False
            connection.execute(_used.insert().values(nonce=nonce, until=until))
            return True

    # -- courses and activities of LMSs -------------------------------------------------------------------------------

    def contexts(self) -> list[Context]:
        """Every course of an LMS that asked, or is connected."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_contexts).order_by(_contexts.c.id)).mappings()
            return [Context(**row) for row in rows]

    def context_of(self, launch: Launch, *, ask: bool) -> Context | None:
        """The launch's course, with its title and addresses brought up to date; ask: note an unknown one."""
        place = (launch.platform.id, launch.deployment, launch.context)
        for each in self.contexts():
            if (each.platform, each.deployment, each.context) == place:
                if (each.title, each.members) != (launch.context_title, launch.members) and launch.members:
                    values = {"title": launch.context_title, "members": launch.members}
                    with self._writing, self._engine.begin() as connection:
                        connection.execute(_contexts.update().where(_contexts.c.id == each.id).values(**values))
                return each
        if not ask:
            return None
        with self._writing, self._engine.begin() as connection:
            connection.execute(
                _contexts.insert().values(
                    platform=launch.platform.id,
                    deployment=launch.deployment,
                    context=launch.context,
                    title=launch.context_title,
                    members=launch.members,
                    asked_by=launch.person.name or launch.person.username or launch.person.sub,
                    connected=False,
                )
            )
        return self.context_of(launch, ask=False)

    def connect(self, id: int, *, connected: bool = True) -> None:
        """Say that a course of an LMS is this one, or is not."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(_contexts.update().where(_contexts.c.id == id).values(connected=connected))

    def links(self) -> list[Link]:
        """Every activity that was launched."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_links).order_by(_links.c.id)).mappings()
            return [Link(**{**row, "scopes": tuple(json.loads(row["scopes"]))}) for row in rows]

    def link_of(self, launch: Launch, context: Context, assignment: str) -> Link:
        """The launch's activity, brought up to date. assignment: "" keeps what was chosen before."""
        found = next((each for each in self.links() if (each.context, each.link) == (context.id, launch.link)), None)
        # The column that we made, which the LMS may name as the activity's own from then on.
        kept = found is not None and found.ours and launch.line_item in ("", found.line_item)
        if found is not None:
            with self._engine.connect() as connection:
                chosen = connection.scalar(sa.select(_chosen.c.assignment).where(_chosen.c.link == found.id))
            assignment = assignment or found.assignment if chosen is None else chosen
        values: dict[str, Any] = {
            "title": launch.link_title,
            "assignment": assignment,
            "line_item": found.line_item if found is not None and kept else launch.line_item,
            "line_items": launch.line_items,
            "scopes": json.dumps(launch.scopes),
            "ours": kept,
        }
        with self._writing, self._engine.begin() as connection:
            if found is None:
                connection.execute(_links.insert().values(context=context.id, link=launch.link, **values))
            elif any(getattr(found, name) != value for name, value in (values | {"scopes": launch.scopes}).items()):
                connection.execute(_links.update().where(_links.c.id == found.id).values(**values))
        return next(each for each in self.links() if (each.context, each.link) == (context.id, launch.link))

    def left(self, context: int, there: Collection[int]) -> None:
        """Note that the teachers of a course who are not among these have left it."""
        gone = (_members.c.context == context) & (_members.c.role == TEACHER) & _members.c.person.not_in(list(there))
        with self._writing, self._engine.begin() as connection:
            connection.execute(_members.update().where(gone).values(role=OTHER))

    def choose(self, link: int, assignment: str) -> None:
        """Say which assignment an activity is for."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(_links.update().where(_links.c.id == link).values(assignment=assignment))
            connection.execute(_chosen.delete().where(_chosen.c.link == link))
            connection.execute(_chosen.insert().values(link=link, assignment=assignment))

    def own_item(self, link: int, line_item: str) -> None:
        """Remember the column that we made, or found of ours, for an activity."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(_links.update().where(_links.c.id == link).values(line_item=line_item, ours=True))

    # -- people -------------------------------------------------------------------------------------------------------

    def person_of(self, platform: int, claimed: Claimed, context: int | None) -> Known:
        """The person whom an LMS means, with what it says now. What it leaves out this time is kept."""
        same = (_people.c.platform == platform) & (_people.c.sub == claimed.sub)
        said = {
            "name": claimed.name,
            "email": claimed.email,
            "username": claimed.username,
            "sourced_id": claimed.sourced_id,
        }
        with self._writing, self._engine.begin() as connection:
            row = connection.execute(sa.select(_people).where(same)).mappings().first()
            if row is None:
                connection.execute(_people.insert().values(platform=platform, sub=claimed.sub, student=None, **said))
            elif new := {name: value for name, value in said.items() if value and value != row[name]}:
                connection.execute(_people.update().where(same).values(**new))
            row = connection.execute(sa.select(_people).where(same)).mappings().one()
            if context is not None:
                where = (_members.c.context == context) & (_members.c.person == row["id"])
                if not connection.execute(_members.update().where(where).values(role=claimed.role)).rowcount:
                    values = {"context": context, "person": row["id"], "role": claimed.role}
                    connection.execute(_members.insert().values(**values))
        return Known(**row, role=claimed.role)

    def person(self, id: int) -> Known | None:
        """The person of that number."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_people).where(_people.c.id == id)).mappings().first()
        return Known(**row) if row is not None else None

    def members(self, context: int) -> list[Known]:
        """Who was seen in a course of an LMS."""
        joined = sa.select(_people, _members.c.role).join(_members, _members.c.person == _people.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(joined.where(_members.c.context == context).order_by(_people.c.name)).mappings()
            return [Known(**row) for row in rows]

    def role(self, person: int) -> tuple[int, ...]:
        """The connected courses in which a person teaches, as the LMS said last."""
        joined = (
            sa.select(_members.c.context)
            .join(_contexts, _contexts.c.id == _members.c.context)
            .where(_members.c.person == person, _members.c.role == "teacher", _contexts.c.connected)
        )
        with self._engine.connect() as connection:
            return tuple(connection.scalars(joined))

    def taken(self, platform: int) -> frozenset[str]:
        """The students whom somebody of an LMS is already."""
        wanted = sa.select(_people.c.student).where(_people.c.platform == platform, _people.c.student.is_not(None))
        with self._engine.connect() as connection:
            return frozenset(str(student) for student in connection.scalars(wanted))

    def not_(self, person: int) -> frozenset[str]:
        """The students whom an instructor took a person off."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(sa.select(_not.c.student).where(_not.c.person == person)))

    def is_still(self, person: int, student: str) -> bool:
        """Whether a person is that student, and a learner of a connected course."""
        joined = (
            sa.select(_people.c.id)
            .join(_members, _members.c.person == _people.c.id)
            .join(_contexts, _contexts.c.id == _members.c.context)
            .where(_people.c.id == person, _people.c.student == student)
            .where(_members.c.role == LEARNER, _contexts.c.connected)
        )
        with self._engine.connect() as connection:
            return connection.scalar(joined.limit(1)) is not None

    def shown_of(self, person: int) -> list[str]:
        """The activities whose columns show a mark that we sent for a person."""
        joined = sa.select(_links.c.title, _links.c.link).join(_marks, _marks.c.link == _links.c.id)
        shown = joined.where(_marks.c.person == person, _marks.c.sent_share.is_not(None)).order_by(_links.c.id)
        with self._engine.connect() as connection:
            return [row.title or row.link for row in connection.execute(shown)]

    def is_student(self, person: int, student: str | None, *, by_hand: bool = False) -> bool:
        """Say who of the roster a person is; False if somebody else of the LMS is that student.

        by_hand: an instructor says so, and whom the person was before it is never again without an instructor.
        """
        try:
            with self._writing, self._engine.begin() as connection:
                if by_hand:
                    was = connection.scalar(sa.select(_people.c.student).where(_people.c.id == person))
                    pairs = _not.c.student.in_([was or "", student or ""])
                    connection.execute(_not.delete().where(_not.c.person == person, pairs))
                    if was and was != student:
                        connection.execute(_not.insert().values(person=person, student=was))
                connection.execute(_people.update().where(_people.c.id == person).values(student=student))
        except sa.exc.IntegrityError:
            return False
        return True

    def recipients(self, students: Collection[str] = ()) -> list[tuple[Link, Known]]:
        """Where marks go: each activity with a column, and each learner of its course whom the roster has."""
        contexts = {each.id: each for each in self.contexts() if each.connected}
        links = [each for each in self.links() if each.context in contexts and each.assignment and each.line_item]
        members = {id: self.members(id) for id in {link.context for link in links}}
        return [
            (link, person)
            for link in links
            for person in members[link.context]
            if person.role == LEARNER and person.student is not None and (not students or person.student in students)
        ]

    # -- marks --------------------------------------------------------------------------------------------------------

    def sent(self, link: int | None = None) -> dict[tuple[int, int], Sent]:
        """What became of the marks, by activity and person."""
        wanted = sa.select(_marks) if link is None else sa.select(_marks).where(_marks.c.link == link)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings()
            return {(row["link"], row["person"]): Sent(**row) for row in rows}

    def due(self, now: float) -> set[tuple[int, int]]:
        """The marks on their way whose time has come, by activity and person."""
        waits = sa.select(_marks.c.link, _marks.c.person).where(_marks.c.state == SENDING, _marks.c.next_try <= now)
        with self._engine.connect() as connection:
            return {(row.link, row.person) for row in connection.execute(waits)}

    def intend(self, link: int, person: int, share: float, digest: str, now: float) -> Sent:
        """Write down what is about to be sent, with a later whole second than all before it.

        The same again, which is still on its way, keeps its second: the LMS may have it already.
        """
        where = (_marks.c.link == link) & (_marks.c.person == person)
        with self._writing, self._engine.begin() as connection:
            row = connection.execute(sa.select(_marks).where(where)).mappings().first()
            if row is not None and row["state"] == SENDING and row["digest"] == digest:
                return Sent(**row)
            stamp = int(now) if row is None else max(int(now), row["stamp"] + 1)
            new = {"state": SENDING, "stamp": stamp, "digest": digest, "share": share, "note": "", "tries": 0}
            if row is None:
                connection.execute(_marks.insert().values(link=link, person=person, next_try=0.0, **new))
            else:
                connection.execute(_marks.update().where(where).values(next_try=0.0, **new))
            row = connection.execute(sa.select(_marks).where(where)).mappings().one()
            return Sent(**row)

    def became(self, sent: Sent, state: str, *, note: str = "", next_try: float = 0.0) -> None:
        """Write what became of a mark that was sent. Not if another one is on its way by now."""
        same = (_marks.c.link == sent.link) & (_marks.c.person == sent.person) & (_marks.c.digest == sent.digest)
        values: dict[str, Any] = {"state": state, "note": note, "next_try": next_try, "tries": sent.tries + 1}
        if state == ARRIVED:
            values["sent_share"] = sent.share
        with self._writing, self._engine.begin() as connection:
            connection.execute(_marks.update().where(same).values(**values))

    def again(self, links: Iterable[int]) -> None:
        """Send everything once more: what was refused, left alone, or lost by the LMS since it arrived."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(_marks.update().where(_marks.c.link.in_(list(links))).values(digest=""))


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def seconds(at: datetime) -> float:
    """Seconds since 1970."""
    return at.timestamp()
