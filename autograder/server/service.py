"""One service over one course: opens its parts in order, answers until it is told to end, and ends them in order."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from autograder.errors import OutputError
from autograder.executors.dispatch import OpenExecutor, libraries
from autograder.executors.local import LocalPool
from autograder.records import Course
from autograder.runs import lock
from autograder.server.app import Settings, Site, make_app
from autograder.server.dispatcher import Dispatcher
from autograder.server.events import Hub
from autograder.server.folder import CourseFolder
from autograder.server.guards import without_links
from autograder.server.lti.keys import load_key
from autograder.server.lti.pages import LtiParts
from autograder.server.lti.passback import Passback
from autograder.server.lti.wire import Wire
from autograder.server.sign_in import STATE
from autograder.server.store import Store

_STOP_SECONDS = 10
_MANY = 1_000  # hand-ins: nobody knows how many there will be


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to serve. database: its URL; graders: hand-ins graded at a time; gradebook: whether to write gradebook.db."""

    settings: Settings
    database: str
    graders: int
    gradebook: bool = True


@contextmanager
def service(
    course: Course, plan: Plan, executor: OpenExecutor, clock: Callable[[], datetime]
) -> Iterator[tuple[Any, Store, Dispatcher]]:
    """The application, its database and its dispatcher, at work; all of it ended on the way out.

    BusyError if another service is at work on the course.
    """
    assignments = [(course.root, each.slug) for each in course.assignments]
    with only_service(course.root), executor(libraries(assignments), _MANY) as pool:
        if isinstance(pool, LocalPool):
            pool.submit(os.getpid)  # a grader takes seconds to get warm, and nobody waits for it yet
        store = Store(plan.database)
        try:
            with at_work(course, plan, store, pool, clock) as (app, dispatcher):
                yield app, store, dispatcher
        finally:
            store.close()


@contextmanager
def at_work(
    course: Course, plan: Plan, store: Store, pool: Executor, clock: Callable[[], datetime]
) -> Iterator[tuple[Any, Dispatcher]]:
    """As `service`, over a database and graders that are open already."""
    folder = CourseFolder(course, clock, gradebook=plan.gradebook)
    hub = Hub()
    key = load_key(course.root)
    book, wire = store.lti_book(), Wire(key, clock)
    passback = Passback(book, wire, folder, clock, lambda slug: f"{plan.settings.public_url}/a/{slug}")
    dispatcher = Dispatcher(
        store, folder, pool, clock, threads=plan.graders, on_change=hub.changed, on_graded=passback.notice
    )
    lti = LtiParts(book=book, wire=wire, passback=passback, key=key)
    site = Site(plan.settings, store, folder, dispatcher, hub, clock, lti)
    dispatcher.start()
    passback.start()
    try:
        yield make_app(site, plan.settings, hub), dispatcher
    finally:
        dispatcher.stop(_STOP_SECONDS)
        passback.stop()
        wire.close()


@contextmanager
def only_service(root: Path) -> Iterator[None]:
    """Be the only service of a course. BusyError if another one is at work."""
    served = f"{root} is served already: end that `grade serve` first, or let it serve"
    with lock.exclusive(root / STATE / "lock", lambda _: served, private=True):
        yield


def configured(app: Any, host: str, port: int) -> uvicorn.Config:
    """How the application is served. A proxy on this machine may say who asks."""
    config = uvicorn.Config(
        AccessLog(app),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=2**16,
        limit_concurrency=1000,
        lifespan="on",
    )
    logging.getLogger("uvicorn.access").disabled = True  # it writes whole addresses, and those of links open sessions
    return config


def answer(app: Any, host: str, port: int, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Serve the application until SIGINT or SIGTERM. OutputError if it cannot listen there."""
    server = _Server(configured(app, host, port))
    server.on_ready = on_ready
    try:
        server.run()
    except SystemExit:  # what uvicorn does where it cannot listen, having logged why
        raise OutputError(
            f"{host}:{port}: the service could not listen there; is another one at work? Name another --port"
        ) from None


class _Server(uvicorn.Server):
    on_ready: Callable[[], None]

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_ready()


class AccessLog:
    """ASGI: a line for each request, without what opens a session."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._log = logging.getLogger("autograder.server.access")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._log.info("%s %s %d", scope["method"], without_links(scope["path"]), message["status"])
            await send(message)

        await self._app(scope, receive, told)
