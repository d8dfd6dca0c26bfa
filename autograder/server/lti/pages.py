"""The addresses that an LMS calls, and the page on which an instructor connects its courses, activities and people."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from anyio import CapacityLimiter, to_thread
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from autograder.errors import CourseError
from autograder.records import Course
from autograder.server.guards import POLICY
from autograder.server.lti import setup
from autograder.server.lti.book import ARRIVED, SENDING, Context, Known, Link, LtiBook, Sent, seconds
from autograder.server.lti.join import add_to_roster, rows_for, student_of
from autograder.server.lti.keys import OwnKey
from autograder.server.lti.launch import (
    DEEP_LINKING,
    LEARNER,
    LOGIN_SECONDS,
    TEACHER,
    Launch,
    Logins,
    Platform,
    Refused,
    cookie_of,
    find_platform,
    is_address,
    path_of,
    printable,
    read_launch,
)
from autograder.server.lti.passback import Passback
from autograder.server.lti.wire import Trouble, Wire
from autograder.server.sign_in import INSTRUCTOR, STUDENT, Person, Rate

_CHOICE_SECONDS = 3600
_LAUNCHES_AT_ONCE = 20
_PREFIX = "lti:"  # of an instructor whom an LMS sent
_log = logging.getLogger("autograder.server")


class Host(Protocol):
    """What the service's other pages lend these."""

    def render(self, template: str, request: Request | None, **values: Any) -> Response:
        """A page."""

    def begin(self, request: Request, person: Person, *, framed: bool) -> None:
        """Make this browser's session that person's."""

    def instructor(self, request: Request) -> Person:
        """Who is signed in, if it is an instructor."""

    async def fields(self, request: Request) -> Mapping[str, Any]:
        """What a form of our own pages holds."""

    @property
    def course(self) -> Course:
        """The course as its files say now."""

    def roster_lock(self) -> AbstractContextManager[Any]:
        """Be the only writer of the course folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An activity as the instructor's page shows it."""

    link: Link
    states: Mapping[str, int] = field(default_factory=dict)
    troubles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An LMS's course as the instructor's page shows it. missing: learners whom the roster has not."""

    context: Context
    platform: Platform
    rows: tuple[Row, ...]
    members: tuple[Known, ...]
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LtiParts:
    """What LTI is done with, open."""

    book: LtiBook
    wire: Wire
    passback: Passback
    key: OwnKey


class LtiPages:
    """LTI's answers."""

    def __init__(
        self,
        host: Host,
        parts: LtiParts,
        *,
        public_url: str,
        secret: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._host, self._clock = host, clock
        self._book, self._wire, self._passback, self._key = parts.book, parts.wire, parts.passback, parts.key
        self._addresses = setup.Addresses(public_url)
        self._is_secure = public_url.startswith("https://")
        self._logins = Logins(secret)
        self._choices = URLSafeTimedSerializer(secret, salt="autograder.lti.choice.1")
        self._tries = Rate(3000, 60.0)
        self._making = threading.Lock()
        self._launching: CapacityLimiter | None = None  # made where an event loop is

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/lti/keys", self.keys),
            Route("/lti/login", self.login, methods=["GET", "POST"]),
            Route("/lti/launch", self.launch, methods=["POST"]),
            Route("/lti/choose", self.choose, methods=["POST"]),
            Route("/lti/register/{word}", self.register),
            Route("/class/lms", self.page),
            Route("/class/lms/courses/{id:int}", self.course_changed, methods=["POST"]),
            Route("/class/lms/activities/{id:int}", self.activity_changed, methods=["POST"]),
            Route("/class/lms/people/{id:int}", self.person_changed, methods=["POST"]),
        ]

    @property
    def trouble(self) -> str:
        """What keeps marks from being sent, "" if nothing does."""
        return self._passback.trouble

    def frames(self) -> frozenset[str]:
        """The sites that may show our pages in a frame: those of registered LMSs."""
        return self._book.origins

    def teacher(self, who: str) -> Person | None:
        """The instructor whom an LMS sent, as long as a connected course of it says that they teach there."""
        number = who.removeprefix(_PREFIX)
        if not who.startswith(_PREFIX) or not number.isdigit() or not self._book.role(int(number)):
            return None
        known = self._book.person(int(number))
        return None if known is None else Person(who=who, role=INSTRUCTOR, name=known.name or known.username or who)

    def is_still(self, person: int, student: str) -> bool:
        """Whether a person of an LMS is that student, in a course of it that is connected."""
        return self._book.is_still(person, student)

    # -- what an LMS calls --------------------------------------------------------------------------------------------

    def keys(self, request: Request) -> Response:
        """Our public keys."""
        return JSONResponse(self._key.public_set(), headers={"Cache-Control": "max-age=300"})

    async def login(self, request: Request) -> Response:
        """The first step of a launch: the browser is sent back to the LMS, with a cookie of ours."""
        said = await _sent(request)
        return await run_in_threadpool(self._login, request, said)

    async def launch(self, request: Request) -> Response:
        """The last step: the LMS's message, brought by the browser."""
        said = await _sent(request)
        # Threads of its own: an LMS that does not show its keys keeps launches waiting, and nobody else.
        if self._launching is None:
            self._launching = CapacityLimiter(_LAUNCHES_AT_ONCE)
        return await to_thread.run_sync(self._launched, request, said, limiter=self._launching)

    async def choose(self, request: Request) -> Response:
        """A teacher chose assignments; the choice goes back to the LMS."""
        await run_in_threadpool(self._host.instructor, request)
        said = await self._host.fields(request)
        return await run_in_threadpool(self._chosen, request, said)

    def register(self, request: Request) -> Response:
        """An administrator's LMS registers itself, by an address that `grade lti --invite` made."""
        word, now = request.path_params["word"], seconds(self._clock())
        self._slow_down(request)
        if not self._book.invited(word, now):
            raise HTTPException(
                404, "This invitation is used up, too old or none of ours. `grade lti --invite` makes a new one."
            )
        configuration = request.query_params.get("openid_configuration", "")
        if not is_address(configuration):
            raise HTTPException(
                400, "Give this address to your LMS as the tool's registration address; the LMS adds what is missing."
            )
        try:
            with httpx.Client(timeout=15.0, follow_redirects=False) as client:
                token = request.query_params.get("registration_token", "")
                platform = setup.register_with(configuration, token, self._host.course.title, self._addresses, client)
        except Refused as refused:
            raise HTTPException(502, f"{refused} Nothing was registered here.") from None
        self._book.invited(word, now, use=True)
        made = self._book.register(platform)
        _log.info("registered the LMS %s, client id %s", made.issuer, made.client_id)
        response = self._host.render("lti_registered.html", None, platform=made)
        # The LMS opened this in a frame or a window, and closes it when our script says so.
        response.headers["Content-Security-Policy"] = POLICY.replace(
            "frame-ancestors 'none'", f"frame-ancestors {made.origin}"
        )
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return response

    def _login(self, request: Request, said: Mapping[str, str]) -> Response:
        self._slow_down(request)
        try:
            platform = find_platform(self._book.platforms(), said.get("iss", ""), said.get("client_id", ""))
            where, name, ticket = self._logins.begin(platform, said, self._addresses.launch)
        except Refused as refused:
            raise HTTPException(400, str(refused)) from None
        response = RedirectResponse(where, 302)
        response.headers.append("set-cookie", self._cookie(name, ticket, LOGIN_SECONDS))
        return response

    def _cookie(self, name: str, value: str, seconds: int) -> str:
        """Kept in a frame of another site, too, where browsers block what that site sets otherwise."""
        if self._is_secure:
            return f"__Host-{name}={value}; Max-Age={seconds}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
        return f"{name}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax"

    def _launched(self, request: Request, said: Mapping[str, str]) -> Response:
        self._slow_down(request)
        try:
            launch = self._believed(request, said)
            return self._received(request, launch)
        except Refused as refused:
            _log.warning("a launch was refused: %s", refused)
            raise HTTPException(403, str(refused)) from None

    def _believed(self, request: Request, said: Mapping[str, str]) -> Launch:
        if "error" in said:
            about = said.get("error_description", "") or said["error"]
            raise Refused(f"The LMS broke the sign-in off: {printable(about)[:300]}. Open the activity there again.")
        state = said.get("state", "")
        number, bound = self._logins.read(state)
        platform = self._book.platform(number)
        if platform is None:
            raise Refused("The LMS was taken out of this service a moment ago.")
        name = cookie_of(state)
        nonce = self._logins.nonce(bound, request.cookies.get(f"__Host-{name}" if self._is_secure else name, ""))
        now = self._clock()
        launch = read_launch(said.get("id_token", ""), platform, nonce, self._wire.key_of, now)
        if not self._book.use_nonce(launch.nonce, launch.expires, seconds(now)):
            raise Refused("This message was used already. Open the activity in your LMS again.")
        return launch

    def _received(self, request: Request, launch: Launch) -> Response:
        teaches = launch.person.role == TEACHER
        context = self._book.context_of(launch, ask=teaches)
        if context is None or not context.connected:
            if teaches:
                return self._host.render("lti_asked.html", None, launch=launch, status=403)
            raise Refused(
                f"“{launch.context_title or launch.context}” of {launch.platform.title} is not connected to this "
                "class. Tell your teacher, who opens the activity once and then connects it."
            )
        known = self._book.person_of(launch.platform.id, launch.person, context.id)
        if launch.kind == DEEP_LINKING:
            return self._asked_to_choose(request, launch, known)
        link = self._book.link_of(launch, context, self._slug_of(launch))
        framed = request.headers.get("sec-fetch-dest", "") == "iframe"
        if teaches:
            self._host.begin(request, self._teacher_of(known), framed=framed)
            self._passback.notice_all()
            return RedirectResponse("/class" if link.assignment else f"/class/lms#activity-{link.id}", 303)
        if launch.person.role != LEARNER:
            raise Refused("The LMS says that you are neither a student nor a teacher of this course.")
        student = self._student_of(known)
        if student is None:
            return self._host.render("lti_unknown.html", None, known=known, launch=launch, status=403)
        self._host.begin(request, student, framed=framed)
        self._passback.notice({student.who})
        return RedirectResponse(f"/a/{link.assignment}" if link.assignment else "/", 303)

    def _slug_of(self, launch: Launch) -> str:
        """The assignment that an activity names, "" if it names none of ours."""
        slugs = {each.slug for each in self._host.course.assignments}
        path = path_of(launch.target)
        for named in (launch.custom.get("assignment", ""), path.removeprefix("/a/") if path.startswith("/a/") else ""):
            if named in slugs:
                return named
        return ""

    def _student_of(self, known: Known) -> Person | None:
        """The student of the roster whom an LMS means; remembered, so that a changed name changes nothing."""
        roster = self._host.course.roster
        listed = {each.id: each for each in roster}
        if known.student is None or known.student not in listed:
            taken = self._book.taken(known.platform) - {known.student} | self._book.not_(known.id)
            found = student_of(known, roster, taken)
            if found is None or not self._book.is_student(known.id, found):
                return None
            student = listed[found]
        else:
            student = listed[known.student]
        return Person(who=student.id, role=STUDENT, name=student.name, email=student.email, lms=known.id)

    def _teacher_of(self, known: Known) -> Person:
        return Person(who=f"{_PREFIX}{known.id}", role=INSTRUCTOR, name=known.name)

    # -- a teacher picks assignments ----------------------------------------------------------------------------------

    def _asked_to_choose(self, request: Request, launch: Launch, known: Known) -> Response:
        if launch.person.role != TEACHER:
            raise Refused("Only a teacher of the LMS's course adds activities to it.")
        setup.return_address(launch.settings)
        self._host.begin(request, self._teacher_of(known), framed=True)
        packed = {
            "platform": launch.platform.id,
            "deployment": launch.deployment,
            "settings": {name: launch.settings.get(name) for name in ("deep_link_return_url", "data")},
            "several": bool(launch.settings.get("accept_multiple")),
        }
        return self._host.render(
            "lti_choose.html",
            request,
            course=self._host.course,
            several=packed["several"],
            choice=self._choices.dumps(packed),
        )

    def _chosen(self, request: Request, said: Mapping[str, Any]) -> Response:
        try:
            packed = self._choices.loads(str(said.get("choice", "")), max_age=_CHOICE_SECONDS)
        except BadSignature:
            raise HTTPException(400, "That took longer than an hour. Begin in your LMS again.") from None
        platform = self._book.platform(packed["platform"])
        if platform is None:
            raise HTTPException(400, "The LMS was taken out of this service a moment ago.")
        wanted = said["assignments"] if isinstance(said.get("assignments"), list) else [said.get("assignments")]
        chosen = [each for each in self._host.course.assignments if each.slug in wanted]
        if not chosen or (len(chosen) > 1 and not packed["several"]):
            raise HTTPException(400, "Choose one assignment, or several where the LMS takes several.")
        settings = packed["settings"]
        where, items = setup.return_address(settings), setup.chosen_items(chosen)
        now = self._clock()
        token = setup.deep_linking_answer(platform, packed["deployment"], settings, items, self._key, now)
        response = self._host.render("lti_chosen.html", request, where=where, answer=token, chosen=chosen)
        parts = urlsplit(where)
        response.headers["Content-Security-Policy"] = POLICY.replace(
            "form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}"
        )
        return response

    # -- the instructor's page ----------------------------------------------------------------------------------------

    def page(self, request: Request) -> Response:
        """Which courses, activities and people of LMSs are whose here, and what became of the marks."""
        person = self._host.instructor(request)
        course = self._host.course
        platforms = {each.id: each for each in self._book.platforms()}
        shown = [
            self._shown(context, platforms[context.platform], course)
            for context in self._book.contexts()
            if context.platform in platforms
        ]
        return self._host.render(
            "lti.html",
            request,
            person=person,
            platforms=list(platforms.values()),
            shown=shown,
            addresses=self._addresses,
            trouble=self._passback.trouble,
            told=request.session.pop("told", ""),
            students=course.roster,
        )

    async def course_changed(self, request: Request) -> Response:
        """Connect a course of an LMS, disconnect it, read its people, put them on the roster."""
        await run_in_threadpool(self._host.instructor, request)
        said = await self._host.fields(request)
        id, do = request.path_params["id"], str(said.get("do", ""))
        return _back(request, await run_in_threadpool(self._course_changed, id, do))

    async def activity_changed(self, request: Request) -> Response:
        """Say which assignment an activity is for, make its column, send its marks again."""
        await run_in_threadpool(self._host.instructor, request)
        said = await self._host.fields(request)
        slug, do = str(said.get("assignment", "")), str(said.get("do", ""))
        return _back(request, await run_in_threadpool(self._activity_changed, request.path_params["id"], do, slug))

    async def person_changed(self, request: Request) -> Response:
        """Say who of the roster a person of an LMS is."""
        await run_in_threadpool(self._host.instructor, request)
        said = await self._host.fields(request)
        id, student = request.path_params["id"], str(said.get("student", ""))
        return _back(request, await run_in_threadpool(self._person_changed, id, student))

    def _shown(self, context: Context, platform: Platform, course: Course) -> Shown:
        members = tuple(self._book.members(context.id))
        names = {each.id: each.name or each.username or each.sub for each in members}
        rows = []
        for link in self._book.links():
            if link.context == context.id:
                sent = self._book.sent(link.id)
                rows.append(_row(link, sent, names))
        return Shown(
            context=context,
            platform=platform,
            rows=tuple(rows),
            members=members,
            missing=len(rows_for(members, course.roster)),
        )

    def _course_changed(self, id: int, do: str) -> str:
        context = next((each for each in self._book.contexts() if each.id == id), None)
        platform = self._book.platform(context.platform) if context else None
        if context is None or platform is None:
            raise HTTPException(404, "There is no such course any more.")
        told = ""
        if do in ("connect", "disconnect"):
            self._book.connect(id, connected=do == "connect")
        if do in ("connect", "people") and context.members:
            told = self._read_people(context, platform)
        if do == "roster":
            told = self._add_people(context)
        self._passback.notice_all()
        return told

    def _read_people(self, context: Context, platform: Platform) -> str:
        try:
            people = self._wire.members(platform, context.members)
        except Trouble as trouble:
            return f"The names were not read: {trouble}."
        matched, teaching = 0, set()
        for claimed in people:
            known = self._book.person_of(platform.id, claimed, context.id)
            if claimed.role == TEACHER:
                teaching.add(known.id)
            if claimed.role == LEARNER:
                matched += self._student_of(known) is not None
        if people:
            self._book.left(context.id, teaching)
        learners = sum(each.role == LEARNER for each in people)
        return f"{platform.title} lists {learners} students; {matched} of them are on the roster."

    def _add_people(self, context: Context) -> str:
        course = self._host.course
        file = course.root / "roster.csv"
        with self._host.roster_lock():
            students = rows_for(self._book.members(context.id), course.roster)
            try:
                add_to_roster(file, students)
            except (CourseError, OSError) as problem:
                return f"Nothing was added to the roster: {problem}"
        added = {each.id for each in students}
        for known in self._book.members(context.id):
            if known.student is None and known.role == LEARNER:
                self._student_of(known)
        return f"{len(added)} students were added to roster.csv."

    def _activity_changed(self, id: int, do: str, slug: str) -> str:
        link = next((each for each in self._book.links() if each.id == id), None)
        if link is None:
            raise HTTPException(404, "There is no such activity any more.")
        told = ""
        if do == "choose":
            slugs = {each.slug for each in self._host.course.assignments}
            self._book.choose(id, slug if slug in slugs else "")
            if link.assignment not in ("", slug) and any(
                each.sent_share is not None for each in self._book.sent(id).values()
            ):
                told = (
                    f"The column in the LMS still shows marks of {link.assignment}; a mark of what you chose replaces "
                    "them, student by student. Take away there what is not replaced."
                )
        elif do == "again":
            self._book.again([id])
        elif do == "column":
            told = self._make_column(link)
        self._passback.notice_all()
        return told

    def _make_column(self, link: Link) -> str:
        """A column for an activity that has none: one of ours that is there, else a new one. Never a second one."""
        context = next(each for each in self._book.contexts() if each.id == link.context)
        platform = self._book.platform(context.platform)
        if platform is None or link.line_item or not link.assignment or not link.line_items:
            return "The activity has a column, or no assignment, or the LMS lets this tool make none."
        assignment = self._host.course.assignment(link.assignment)
        wanted = setup.column_for(assignment)
        with self._making:
            try:
                there = self._wire.items(platform, link.line_items, assignment.slug, link.scopes)
                made = there[0] if there else self._wire.make_item(platform, link.line_items, wanted, link.link)
            except Trouble as trouble:
                return f"No column was made: {trouble}."
            self._book.own_item(link.id, made.url)
        return "The LMS has a column for it now." if not there else "The LMS had a column for it already; it is used."

    def _person_changed(self, id: int, student: str) -> str:
        known = self._book.person(id)
        if known is None:
            raise HTTPException(404, "There is no such person any more.")
        listed = {each.id for each in self._host.course.roster}
        if student and student not in listed:
            return "Nobody on the roster has that id."
        if not self._book.is_student(id, student or None, by_hand=True):
            return f"Somebody else of that LMS is {student} already; take it from them first."
        self._passback.notice_all()
        if known.student and known.student != student and (titles := self._book.shown_of(id)):
            return (
                f"The LMS still shows marks of {known.student} for {known.name or known.sub} in: {', '.join(titles)}. "
                "Take them away there; a mark of the student who it is now replaces them."
            )
        return ""

    def _slow_down(self, request: Request) -> None:
        """A whole class launches from one address at once, so this is only for what no class does."""
        address = request.client.host if request.client else ""
        wait = self._tries.wait(address, time.monotonic())
        if wait:
            told = "That was a lot at once; wait a minute and open the activity again."
            raise HTTPException(429, told, {"Retry-After": str(round(wait) + 1)})


async def _sent(request: Request) -> dict[str, str]:
    """What a form or an address holds, text only."""
    said = {name: value for name, value in request.query_params.items()}
    if request.method == "POST":
        async with request.form(max_files=1, max_fields=30) as form:
            said |= {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    return said


def _row(link: Link, sent: Mapping[tuple[int, int], Sent], names: Mapping[int, str]) -> Row:
    states: dict[str, int] = {}
    troubles = []
    for (_, person), each in sent.items():
        states[each.state] = states.get(each.state, 0) + 1
        if each.state != ARRIVED and each.note:
            again = " (it is sent again)" if each.state == SENDING else ""
            troubles.append((names.get(person, "somebody who left"), each.note + again))
    return Row(link=link, states=states, troubles=tuple(sorted(troubles)))


def _back(request: Request, told: str) -> Response:
    if told:
        request.session["told"] = told
    return RedirectResponse("/class/lms", 303)
