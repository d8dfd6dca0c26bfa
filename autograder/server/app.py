"""The pages of the service: what each address answers, and to whom. A student sees nobody else's work."""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from autograder.errors import GraderError
from autograder.lms.intake.archive import Unreadable
from autograder.lms.intake.store import digest_of
from autograder.pages.dashboard import dashboard_file
from autograder.pages.progress import progress_page
from autograder.pages.progress_view import progress_name
from autograder.pages.student_page import page_file, student_page
from autograder.pages.templates import environment, inlined, policy_hash
from autograder.records import Assignment, Course
from autograder.results.history import history_file
from autograder.results.result_json import load_head, result_file
from autograder.runs.book import GRADEBOOK_FILE, marks, open_book_for_writing
from autograder.scoring import hundredths
from autograder.server import views
from autograder.server.dispatcher import Dispatcher
from autograder.server.events import Hub
from autograder.server.folder import CourseFolder
from autograder.server.guards import PAGE_POLICY, WRITTEN_POLICY, Guards
from autograder.server.lti.pages import LtiPages, LtiParts
from autograder.server.sign_in import INSTRUCTOR, STUDENT, Links, Person, Rate, people
from autograder.server.store import OPEN, REGRADE, HandIn, NewHandIn, State, Store, TooMany, TooSoon

SESSION_SECONDS = 30 * 24 * 3600
_WINDOW_SECONDS = 24 * 3600
_MIB = 2**20
_MOST_FILES = 100
_log = logging.getLogger("autograder.server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service is run. public_url: the address that people use; instructors: their names.

    hand_ins_a_minute: of one student; links_a_minute: wrong links tried from one address.
    """

    public_url: str
    secret: str
    instructors: tuple[str, ...]
    hand_ins_a_minute: int = 12
    links_a_minute: int = 60


class Site:
    """The service's answers."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        folder: CourseFolder,
        dispatcher: Dispatcher,
        hub: Hub,
        clock: Callable[[], datetime],
        lti: LtiParts,
    ) -> None:
        self._settings, self._store, self._folder = settings, store, folder
        self._dispatcher, self._hub, self._clock = dispatcher, hub, clock
        self._links = Links(settings.secret)
        self._windows = URLSafeTimedSerializer(settings.secret, salt="autograder.window.1")
        self.lti = LtiPages(self, lti, public_url=settings.public_url, secret=settings.secret, clock=clock)
        self._hand_ins = Rate(settings.hand_ins_a_minute, 60.0)
        self._entries = Rate(settings.links_a_minute, 60.0)

    def largest_request(self) -> int:
        """Bytes of a request. Notebooks bring outputs along, which do not count as work."""
        return round(max(4 * self._folder.course.limits.submission_mib, 20.0) * _MIB) + 2**16

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/", self.home),
            Route("/healthy", self.healthy),
            Route("/enter/{word}", self.entrance),
            Route("/enter/{word}", self.enter, methods=["POST"]),
            Route("/window/{word}", self.entrance),
            Route("/window/{word}", self.enter, methods=["POST"]),
            Route("/leave", self.leave, methods=["POST"]),
            Route("/a/{slug}", self.assignment),
            Route("/a/{slug}", self.hand_in, methods=["POST"]),
            Route("/h/{id:int}", self.attempt),
            Route("/h/{id:int}/events", self.attempt_events),
            Route("/h/{id:int}/page", self.attempt_page),
            Route("/h/{id:int}/files/{name:path}", self.attempt_file),
            Route("/feedback/index.html", self.dashboard),
            Route("/feedback/{name}", self.progress),
            Route("/assignments/{slug}/feedback/{student}/index.html", self.page),
            Route("/class", self.queue),
            Route("/class/events", self.queue_events),
            Route("/class/{slug}/{student}", self.of_student),
            Route("/class/{slug}/{student}/regrade", self.regrade, methods=["POST"]),
            Route("/class/{slug}/{student}/result.json", self.result),
            Route("/class/{slug}/changes.jsonl", self.changes),
            Route("/retry", self.retry, methods=["POST"]),
            Route("/gradebook.db", self.gradebook),
            Route("/static/{name}", static),
            *self.lti.routes(),
        ]

    # -- everybody ----------------------------------------------------------------------------------------------------

    def healthy(self, request: Request) -> Response:
        """For a proxy or a monitor: 200 while hand-ins can be taken. Tells nothing of the course."""
        try:
            self._store.generation("")
        except SQLAlchemyError:
            _log.exception("the database does not answer")
            return Response("the database does not answer\n", 503, media_type="text/plain")
        return Response("ok\n", media_type="text/plain")

    def entrance(self, request: Request) -> Response:
        """A personal link: says whose it is, and asks to press a button."""
        person = self._person_of_link(request)
        return self.render("enter.html", None, person=person, action=request.url.path)

    def enter(self, request: Request) -> Response:
        """Begin a session."""
        self.begin(request, self._person_of_link(request), framed=False)
        return RedirectResponse("/", 303)

    def begin(self, request: Request, person: Person, *, framed: bool) -> None:
        """Make this browser's session that person's. framed: the pages stand in a frame of an LMS."""
        request.session.clear()
        request.session.update(
            {"who": person.key, "generation": self._store.generation(person.key), "csrf": secrets.token_urlsafe(16)}
        )
        if person.lms:
            request.session["lms"] = person.lms
        if framed:
            request.session["framed"] = True

    async def leave(self, request: Request) -> Response:
        """End the session in this browser."""
        await self.fields(request)
        request.session.clear()
        return self.render("left.html", None)

    def home(self, request: Request) -> Response:
        """A student's assignments; an instructor's way to the class."""
        person = self._person(request)
        if person.teaches:
            return RedirectResponse("/class", 303)
        course, now = self._folder.course, self._clock()
        mine = self._store.of(person.who)
        rows = []
        for assignment in course.assignments:
            own = [each for each in mine if each.assignment == assignment.slug and each.kind != REGRADE]
            rows.append(
                {
                    "assignment": assignment,
                    "due": views.due_words(course, assignment, person.who, now),
                    "attempts": len(own),
                    "open": any(each.state in OPEN for each in own),
                    "score": self._score(course, assignment.slug, person.who),
                }
            )
        way = f"/feedback/{quote(progress_name(person.who))}"
        return self.render("home.html", request, person=person, course=course, rows=rows, way=way)

    def assignment(self, request: Request) -> Response:
        """One assignment: hand in, and all attempts."""
        person = self._student(request)
        return self._assignment_page(request, person, self._assignment(request))

    async def hand_in(self, request: Request) -> Response:
        """Take a hand-in: it is answered when it is on the disk."""
        person, assignment = await run_in_threadpool(self._who_hands_in, request)
        files: list[tuple[str, bytes]] = (await self.fields(request))["files"]
        return await run_in_threadpool(self._take, request, person, assignment, files)

    def attempt(self, request: Request) -> Response:
        """One attempt: what became of it, the score, what it changed, its files."""
        person, hand_in = self._attempt(request)
        course = self._folder.course
        siblings = [each for each in self._store.of(hand_in.student, hand_in.assignment) if each.kind == hand_in.kind]
        before = max((each for each in siblings if each.id < hand_in.id), key=lambda each: each.id, default=None)
        changed = None
        if before is not None and hand_in.kind != REGRADE:
            changed = views.change(
                self._store.files(before.id),
                self._store.files(hand_in.id),
                self._store.result(before.id),
                self._store.result(hand_in.id),
            )
        counts = views.counting(course, hand_in.assignment, hand_in.student)
        (row,) = views.attempts(course, [hand_in], {hand_in.assignment: counts}, self._dispatcher.at_work())
        return self.render(
            "attempt.html",
            request,
            person=person,
            course=course,
            title=_title(course, hand_in.assignment),
            row=row,
            before=before,
            changed=changed,
            said=self._said(hand_in, person),
        )

    def attempt_events(self, request: Request) -> Response:
        """The same, told whenever it changes."""
        person, hand_in = self._attempt(request)
        id = hand_in.id

        async def tell() -> tuple[dict[str, Any], bool]:
            now = await run_in_threadpool(self._store.get, id)
            assert now is not None
            return await run_in_threadpool(self._said, now, person), now.state in (State.DONE, State.KEPT)

        return self._stream(person, (id,), tell)

    def attempt_page(self, request: Request) -> Response:
        """The page that grading made of this attempt, also of one that does not count any more."""
        _, hand_in = self._attempt(request)
        graded = self._store.result(hand_in.id)
        if graded is None:
            raise HTTPException(404, "This attempt has not been graded.")
        return _own_page(student_page(self._folder.course, graded), f"/h/{hand_in.id}", "Back to this attempt")

    def attempt_file(self, request: Request) -> Response:
        """A file that was handed in, to be saved, never to be shown: it is a student's."""
        _, hand_in = self._attempt(request)
        data = self._store.files(hand_in.id).get(request.path_params["name"])
        if data is None:
            raise HTTPException(404, "This attempt has no such file.")
        name = request.path_params["name"].rpartition("/")[2]
        return _saved(data, name)

    def progress(self, request: Request) -> Response:
        """A student's way through the course, as it is now."""
        person = self._person(request)
        course = self._folder.course
        ids = {student.id for student in course.roster}
        student = next((id for id in ids if progress_name(id) == request.path_params["name"]), None)
        if student is None or not (person.teaches or person.who == student):
            raise HTTPException(404, "There is no such page.")
        book = open_book_for_writing(course)
        page = progress_page(course, student, list(marks(book, students=[student])))
        return _own_page(page, "/", "Back to the assignments")

    def page(self, request: Request) -> Response:
        """The page of what counts, as the last run wrote it."""
        person = self._person(request)
        assignment, student = self._assignment(request), request.path_params["student"]
        if not (person.teaches or person.who == student):
            raise HTTPException(404, "There is no such page.")
        file = page_file(self._folder.course.root, assignment.slug, student)
        if "/" in student or student in ("", ".", "..") or not file.is_file():
            raise HTTPException(404, "There is no such page.")
        back = f"/class/{assignment.slug}/{quote(student)}" if person.teaches else f"/a/{assignment.slug}"
        return _own_page(file.read_text("utf-8", "replace"), back, "Back to the attempts")

    # -- instructors --------------------------------------------------------------------------------------------------

    def dashboard(self, request: Request) -> Response:
        """The dashboard of the class."""
        self.instructor(request)
        file = dashboard_file(self._folder.course.root)
        if not file.is_file():
            raise HTTPException(404, "Nothing has been graded yet, so there is no dashboard.")
        script = policy_hash(inlined("dashboard.js"))
        policy = f"{WRITTEN_POLICY}; script-src '{script}'"
        return _own_page(file.read_text("utf-8", "replace"), "/class", "Back to the queue", policy)

    def queue(self, request: Request) -> Response:
        """What waits, what is graded now, what came in last."""
        person = self.instructor(request)
        course = self._folder.course
        latest = self._store.latest()
        counts: dict[tuple[str, str], int | None] = {}
        for each in latest:
            key = each.assignment, each.student
            counts[key] = counts.get(key) or views.counting(course, *key)
        at_work = self._dispatcher.at_work()
        rows = [
            views.attempts(course, [each], {each.assignment: counts[each.assignment, each.student]}, at_work)[0]
            for each in latest
        ]
        return self.render(
            "queue.html",
            request,
            person=person,
            course=course,
            rows=rows,
            said=self._queue_said(),
            has_dashboard=dashboard_file(course.root).is_file(),
            has_gradebook=(course.root / GRADEBOOK_FILE).is_file(),
            stuck=any(each.state is State.STUCK for each in latest),
            has_lms=bool(self.lti.frames()),
        )

    def queue_events(self, request: Request) -> Response:
        """The numbers of the queue, told whenever they change."""
        person = self.instructor(request)

        async def tell() -> tuple[dict[str, Any], bool]:
            return await run_in_threadpool(self._queue_said), False

        return self._stream(person, (0,), tell)

    def of_student(self, request: Request) -> Response:
        """One student's attempts at an assignment, for an instructor."""
        person = self.instructor(request)
        assignment, student = self._assignment(request), request.path_params["student"]
        course = self._folder.course
        counts = {assignment.slug: views.counting(course, assignment.slug, student)}
        hand_ins = self._store.of(student, assignment.slug)
        return self.render(
            "of_student.html",
            request,
            person=person,
            course=course,
            assignment=assignment,
            student=student,
            name=next((each.name for each in course.roster if each.id == student), ""),
            rows=views.attempts(course, hand_ins, counts, self._dispatcher.at_work()),
            score=self._score(course, assignment.slug, student),
            has_page=page_file(course.root, assignment.slug, student).is_file(),
            has_result=result_file(course.root, assignment.slug, student).is_file(),
        )

    async def regrade(self, request: Request) -> Response:
        """Queue what lies in a student's folder to be graded again."""
        await run_in_threadpool(self.instructor, request)
        await self.fields(request)
        return await run_in_threadpool(self._regrade, request)

    async def retry(self, request: Request) -> Response:
        """Queue again what was stuck."""
        await run_in_threadpool(self.instructor, request)
        await self.fields(request)
        await run_in_threadpool(self._store.free_the_stuck)
        self._dispatcher.wake()
        return RedirectResponse("/class", 303)

    def result(self, request: Request) -> Response:
        """A student's result.json."""
        self.instructor(request)
        assignment, student = self._assignment(request), request.path_params["student"]
        file = result_file(self._folder.course.root, assignment.slug, student)
        if "/" in student or student in ("", ".", "..") or not file.is_file():
            raise HTTPException(404, "There is no such result.")
        return _saved(file.read_bytes(), f"{assignment.slug}-{student}.json")

    def changes(self, request: Request) -> Response:
        """The changelog of an assignment's scores."""
        self.instructor(request)
        file = history_file(self._folder.course.root, self._assignment(request).slug)
        if not file.is_file():
            raise HTTPException(404, "No score has changed yet.")
        return _saved(file.read_bytes(), file.name)

    def gradebook(self, request: Request) -> Response:
        """nbgrader's gradebook."""
        self.instructor(request)
        file = self._folder.course.root / GRADEBOOK_FILE
        if not file.is_file():
            raise HTTPException(404, "There is no gradebook yet.")
        return FileResponse(file, filename=file.name, media_type="application/octet-stream")

    # -- how ----------------------------------------------------------------------------------------------------------

    @property
    def course(self) -> Course:
        """The course as its files say now."""
        return self._folder.course

    def roster_lock(self) -> AbstractContextManager[Any]:
        """Be the only writer of the course folder."""
        return self._folder.locked()

    def refused(self, request: Request, error: Exception) -> Response:
        """A refusal as a page that says what to do."""
        assert isinstance(error, HTTPException)
        person = self._known(request)
        response = self.render("refused.html", request if person else None, person=person, told=error.detail)
        response.status_code = error.status_code
        response.headers.update(error.headers or {})
        return response

    def failed(self, request: Request, error: Exception) -> Response:
        """An error of ours: one line for the person, the rest in the log."""
        told = str(error) if isinstance(error, GraderError) else "Something on our side went wrong; the log has it."
        person = self._known(request)
        if isinstance(error, GraderError):
            _log.error("%s", error)
            if person is None or not person.teaches:
                told = "Something on our side went wrong. Nothing is lost; tell your instructor."
        response = self.render("refused.html", request if person else None, person=person, told=told)
        response.status_code = 500
        return response

    def _take(
        self, request: Request, person: Person, assignment: Assignment, files: list[tuple[str, bytes]]
    ) -> Response:
        course = self._folder.course
        wait = self._hand_ins.wait(person.who, time.monotonic())
        if wait:
            told = f"That was a lot at once. Nothing was handed in; wait {round(wait) + 1} seconds and try again."
            raise HTTPException(429, told, {"Retry-After": str(round(wait) + 1)})
        others = [each.slug for each in course.assignments if each.slug != assignment.slug]
        room = round(course.limits.submission_mib * _MIB)
        try:
            contents = views.upload(files, assignment.slug, others, room, assignment.files)
        except Unreadable as refusal:
            return self._assignment_page(
                request, person, assignment, problem=f"Nothing was handed in: {refusal}", status=422
            )
        _, members = views.team_of(assignment, person.who)
        new = NewHandIn(
            student=person.who,
            assignment=assignment.slug,
            targets=members,
            received_at=self._clock(),
            files=contents.files,
            digest=digest_of(contents.files),
            note="; ".join(contents.notes),
            at_most=assignment.max_attempts,
        )
        try:
            hand_in, is_new = self._store.put(new)
        except TooMany as refusal:
            told = f"Nothing was handed in: all {refusal.used} attempts that this assignment allows are used."
            return self._assignment_page(request, person, assignment, problem=told, status=409)
        except TooSoon:
            told = "Nothing was handed in: your last attempt came in within this second. Try again."
            raise HTTPException(429, told, {"Retry-After": "1"}) from None
        if is_new:
            self._dispatcher.wake()
            self._hub.changed(hand_in.id)
        return RedirectResponse(f"/h/{hand_in.id}" + ("" if is_new else "?same=1"), 303)

    def _regrade(self, request: Request) -> Response:
        assignment, student = self._assignment(request), request.path_params["student"]
        folder = self._folder.course.root / "assignments" / assignment.slug / "submitted" / student
        if "/" in student or student in ("", ".", "..") or not folder.is_dir():
            raise HTTPException(404, "Nothing of this student lies in the course.")
        hand_in, _ = self._store.put(
            NewHandIn(
                student=student,
                assignment=assignment.slug,
                targets=(student,),
                received_at=self._clock(),
                kind=REGRADE,
            )
        )
        self._dispatcher.wake()
        self._hub.changed(hand_in.id)
        return RedirectResponse(f"/h/{hand_in.id}", 303)

    def _assignment_page(
        self, request: Request, person: Person, assignment: Assignment, *, problem: str = "", status: int = 200
    ) -> Response:
        course = self._folder.course
        hand_ins = [each for each in self._store.of(person.who, assignment.slug) if each.kind != REGRADE]
        counts = {assignment.slug: views.counting(course, assignment.slug, person.who)}
        team, members = views.team_of(assignment, person.who)
        response = self.render(
            "assignment.html",
            request,
            person=person,
            course=course,
            assignment=assignment,
            due=views.due_words(course, assignment, person.who, self._clock()),
            rows=views.attempts(course, hand_ins, counts, self._dispatcher.at_work()),
            left=None if assignment.max_attempts is None else max(0, assignment.max_attempts - len(hand_ins)),
            team=team,
            members=members,
            mib=round(course.limits.submission_mib),
            score=self._score(course, assignment.slug, person.who),
            has_page=page_file(course.root, assignment.slug, person.who).is_file(),
            problem=problem,
        )
        response.status_code = status
        return response

    def _said(self, hand_in: HandIn, person: Person) -> dict[str, Any]:
        """What is told of a hand-in while it is looked at."""
        at_work = hand_in.id in self._dispatcher.at_work()
        ahead = 0
        if hand_in.state is State.QUEUED and not at_work:
            ahead = sum(each.id < hand_in.id for each in self._store.waiting())
        state = "being graded now" if at_work and hand_in.state in OPEN else views.state_words(hand_in)
        if ahead:
            state += f"; {ahead} came in before it"
        told = hand_in.note if person.teaches or hand_in.state is not State.STUCK else ""
        return {
            "state": state,
            "open": hand_in.state in OPEN,
            "note": told,
            "score": views.score_words(hand_in.score, hand_in.max_score),
            "share": round(100 * hand_in.score / hand_in.max_score) if hand_in.score and hand_in.max_score else 0,
            "page": f"/h/{hand_in.id}/page" if hand_in.state is State.DONE and hand_in.kind != REGRADE else "",
        }

    def _queue_said(self) -> dict[str, Any]:
        counts = self._store.counts()
        at_work = len(self._dispatcher.at_work())
        return {
            "waiting": max(0, counts.get(State.QUEUED, 0) - at_work),
            "at_work": at_work,
            "stuck": counts.get(State.STUCK, 0),
            "done": counts.get(State.DONE, 0) + counts.get(State.KEPT, 0),
            "trouble": "; ".join(filter(None, [self._dispatcher.trouble, self._folder.trouble, self.lti.trouble])),
        }

    def _score(self, course: Course, slug: str, student: str) -> str:
        """The score that counts, as the last run told it."""
        file = result_file(course.root, slug, student)
        if not file.is_file() or not (course.root / "assignments" / slug / "submitted" / student).is_dir():
            return ""
        try:
            head = load_head(file)
        except GraderError:
            return ""
        return views.score_words(head.score, head.max_score)

    def _stream(self, person: Person, ids: tuple[int, ...], tell: Any) -> Response:
        if not self._hub.may_look(person.key):
            raise HTTPException(429, "You have this service open in too many windows; close some.")
        return StreamingResponse(
            self._hub.stream(person.key, ids, tell),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    def render(self, template: str, request: Request | None, **values: Any) -> Response:
        """A page of ours. request: of a session, None where there is none. status: 200 unless given."""
        course = self._folder.course
        given = {"course": course, "person": None, "token": "", "window": "", "number": hundredths} | values
        if request is not None:
            given["token"] = request.session.get("csrf", "")
            given["same"] = "same" in request.query_params
            if request.session.get("framed") and given["person"] is not None:
                given["window"] = self._window(given["person"])
        page = environment(views.HERE / "templates").get_template(template).render(**given)
        return HTMLResponse(page, given.get("status", 200))

    def _window(self, person: Person) -> str:
        """The address that opens a session in a window of its own: a frame's session is not seen there."""
        return f"/window/{self._windows.dumps([person.key, self._store.generation(person.key), person.lms])}"

    def _by_key(self, key: str, lms: int = 0) -> Person | None:
        """Somebody of the roster, an instructor, or a teacher whom an LMS sent. lms: see `Person`."""
        person = people(self._folder.course, self._settings.instructors).get(key)
        if person is not None and lms:
            return replace(person, lms=lms) if self.lti.is_still(lms, person.who) else None
        return person or self.lti.teacher(key.removeprefix(f"{INSTRUCTOR}:"))

    def _read_word(self, request: Request) -> tuple[str, int, int] | None:
        if not request.url.path.startswith("/window/"):
            read = self._links.read(request.path_params["word"])
            return None if read is None else (*read, 0)
        try:
            key, generation, lms = self._windows.loads(request.path_params["word"], max_age=_WINDOW_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        return str(key), int(generation), int(lms)

    def _person_of_link(self, request: Request) -> Person:
        read = self._read_word(request)
        person = self._by_key(read[0], read[2]) if read else None
        if read is not None and person is not None and read[1] == self._store.generation(person.key):
            return person
        address = request.client.host if request.client else ""  # one for a whole class, where it sits in one room
        wait = self._entries.wait(address, time.monotonic())
        if wait:
            told = "Too many wrong links were tried; wait a minute."
            raise HTTPException(429, told, {"Retry-After": str(round(wait) + 1)})
        raise HTTPException(404, "This link is not valid, or not any more. Ask your instructor for a new one.")

    def _known(self, request: Request) -> Person | None:
        """Who has a session in this browser; None if nobody does."""
        person = self._by_key(request.session.get("who", ""), request.session.get("lms", 0))
        if person is None or request.session.get("generation") != self._store.generation(person.key):
            return None
        return person

    def _person(self, request: Request) -> Person:
        person = self._known(request)
        if person is None:
            raise HTTPException(401, "You are not signed in. Open the personal link that your instructor sent you.")
        return person

    def _student(self, request: Request) -> Person:
        person = self._person(request)
        if person.role != STUDENT:
            raise HTTPException(403, "Only students hand in. Your instructor's link opens the class instead.")
        return person

    def instructor(self, request: Request) -> Person:
        """Who is signed in, if it is an instructor; everybody else learns nothing of the page."""
        person = self._person(request)
        if person.role != INSTRUCTOR:
            raise HTTPException(404, "There is no such page.")
        return person

    def _who_hands_in(self, request: Request) -> tuple[Person, Assignment]:
        return self._student(request), self._assignment(request)

    def _assignment(self, request: Request) -> Assignment:
        try:
            return self._folder.course.assignment(request.path_params["slug"])
        except KeyError:
            raise HTTPException(404, "The course has no such assignment.") from None

    def _attempt(self, request: Request) -> tuple[Person, HandIn]:
        person = self._person(request)
        hand_in = self._store.get(request.path_params["id"])
        if hand_in is None or not (person.teaches or (person.who in hand_in.targets and hand_in.kind != REGRADE)):
            raise HTTPException(404, "There is no such attempt.")
        return person, hand_in

    async def fields(self, request: Request) -> Mapping[str, Any]:
        """What a form of our pages in this session holds: text, or a list of it; "files" as (name, bytes)."""
        async with request.form(max_files=_MOST_FILES, max_fields=200) as form:
            given, wanted = form.get("token"), request.session.get("csrf", "")
            if not wanted or not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
                told = "This form is not of your session any more. Go back, load the page again, and try again."
                raise HTTPException(403, told)
            said: dict[str, Any] = {}
            for name in form:
                values = [value for value in form.getlist(name) if isinstance(value, str)]
                if values:
                    said[name] = values if len(values) > 1 else values[0]
            said["files"] = [
                (file.filename or "", await file.read())
                for file in form.getlist("files")
                if isinstance(file, UploadFile) and (file.filename or file.size)
            ]
            return said


def make_app(site: Site, settings: Settings, hub: Hub) -> Any:
    """The ASGI application."""
    is_secure = settings.public_url.startswith("https://")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        hub.open()
        yield
        hub.close()

    app = Starlette(
        routes=site.routes(),
        lifespan=lifespan,
        middleware=[
            Middleware(
                SessionMiddleware,
                secret_key=settings.secret,
                session_cookie="__Host-grade" if is_secure else "grade",
                max_age=SESSION_SECONDS,
                # In an LMS's frame a browser keeps no other cookie. Forms hold a token and are checked for their
                # origin (guards.py), so a cookie that other sites' requests bring along opens nothing.
                same_site="none" if is_secure else "lax",
                https_only=is_secure,
                partitioned=is_secure,
            )
        ],
        exception_handlers={HTTPException: site.refused, GraderError: site.failed, Exception: site.failed},
    )
    return Guards(app, public_url=settings.public_url, largest=site.largest_request, frames=site.lti.frames)


async def static(request: Request) -> Response:
    """Our style and scripts."""
    name = request.path_params["name"]
    if name == "pages.css":
        return Response(inlined("style.css"), media_type="text/css", headers={"Cache-Control": "max-age=3600"})
    files = {"server.css": "text/css", "live.js": "text/javascript", "lti.js": "text/javascript"}
    if name not in files:
        raise HTTPException(404, "There is no such file.")
    headers = {"Cache-Control": "max-age=3600"}
    return Response((views.HERE / "static" / name).read_bytes(), media_type=files[name], headers=headers)


def _own_page(page: str, back: str, words: str, policy: str = PAGE_POLICY) -> Response:
    """A page that grading wrote, with a way back. Its style and policy stand in it; the header's policy holds too."""
    way = f'<nav aria-label="Service"><a href="{back}">{words}</a></nav>'
    return HTMLResponse(page.replace("<body>", f"<body>\n{way}", 1), headers={"Content-Security-Policy": policy})


def _saved(data: bytes, name: str) -> Response:
    disposition = f"attachment; filename*=utf-8''{quote(name, safe='')}"
    return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": disposition})


def _title(course: Course, slug: str) -> str:
    try:
        return course.assignment(slug).title
    except KeyError:
        return slug
