"""Whose hand-in is graded next, and the threads that take it through the course folder and the graders.

Round robin: of those who wait, the one whose last turn is longest ago is next, with the oldest of their hand-ins. So
one student's many hand-ins hold nobody up. A student, and a team, has one hand-in at work at a time, so that attempts
reach the folder in their order. Grading again, which an instructor asked for, waits until nobody else does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import GraderError, JailError
from autograder.executors.dispatch import judged
from autograder.lms.intake.store import Status
from autograder.records import GradedSubmission
from autograder.server.folder import CourseFolder, Placed, Stopped
from autograder.server.store import REGRADE, HandIn, State, Store

_RETRY_SECONDS = 300.0  # what was stuck is tried again
_QUIET_SECONDS, _AT_LEAST_SECONDS = 1.0, 20.0  # pages of the class: when it is quiet, and every so often when it is not
_AFTER_A_FAILURE_SECONDS = 5.0
_log = logging.getLogger("autograder.server")


def next_up(
    waiting: Iterable[HandIn], busy: Collection[str], turns: Mapping[str, int], at_work: Collection[int] = ()
) -> HandIn | None:
    """Which hand-in is graded next; None if none can be.

    waiting: the oldest first. busy: students with one at work. turns: student to the number of the last turn, higher is
    later; who had none yet comes first. at_work: numbers of those that are being graded.
    """
    first: dict[str, HandIn] = {}
    for hand_in in waiting:
        if hand_in.id not in at_work and not set(hand_in.targets) & set(busy):
            first.setdefault(hand_in.student if hand_in.kind != REGRADE else f"\0{hand_in.student}", hand_in)

    def rank(hand_in: HandIn) -> tuple[bool, int, int]:
        return hand_in.kind == REGRADE, turns.get(hand_in.student, 0), hand_in.id

    return min(first.values(), key=rank, default=None)


class Dispatcher:
    """Takes hand-ins from the database to their verdicts, `threads` at a time.

    on_change: called from any thread, with the hand-in's number, whenever something can be told of it. on_graded: with
    the students whose marks may be others now.
    """

    def __init__(
        self,
        store: Store,
        folder: CourseFolder,
        pool: Executor,
        clock: Callable[[], datetime],
        *,
        threads: int,
        on_change: Callable[[int], None] = lambda _: None,
        on_graded: Callable[[Collection[str]], None] = lambda _: None,
    ) -> None:
        self._store, self._folder, self._pool, self._clock = store, folder, pool, clock
        self.on_change, self._on_graded = on_change, on_graded
        self._changed = threading.Condition()
        self._at_work: dict[int, HandIn] = {}
        self._turns: dict[str, int] = {}
        self._turn = 0
        self._stopping = False
        self._last_work = self._last_catch_up = time.monotonic()
        self.trouble = ""
        self._patience = 0.0  # seconds until pages of the class are tried again
        names = [f"grading {number + 1}" for number in range(threads)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._keep_up, name="class pages", daemon=True))

    def start(self) -> None:
        """Begin, with what the last service left."""
        self._folder.warm_up()
        self._store.free_the_stuck()
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Begin nothing new, give what is at work some seconds, and make the pages of the class once more.

        What is not done by then is still queued.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._folder.end()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._catch_up()

    def wake(self) -> None:
        """There is something new in the database."""
        with self._changed:
            self._changed.notify_all()

    def at_work(self) -> tuple[int, ...]:
        """The numbers of the hand-ins that are being graded."""
        with self._changed:
            return tuple(self._at_work)

    def _work(self) -> None:
        while (hand_in := self._take()) is not None:
            self.on_change(hand_in.id)
            try:
                self._grade(hand_in)
            except Stopped:
                return
            except JailError as refused:
                self._wait_out(hand_in, str(refused))
            except GraderError as problem:
                self._stuck(hand_in, str(problem))
            except Exception:  # noqa: BLE001  a fault of ours in one hand-in ends no thread
                if self._stopping:  # the graders were ended with us; it is still queued
                    return
                _log.exception("hand-in %d: an unexpected error; it is tried again later", hand_in.id)
                self._stuck(hand_in, "an unexpected error of ours; the service's log has it")
            finally:
                with self._changed:
                    del self._at_work[hand_in.id]
                    self._last_work = time.monotonic()
                    self._changed.notify_all()
                self.on_change(hand_in.id)

    def _take(self) -> HandIn | None:
        """The next hand-in, now at work; waits for one. None when the service stops."""
        with self._changed:
            while not self._stopping:
                try:
                    busy = {student for hand_in in self._at_work.values() for student in hand_in.targets}
                    found = next_up(self._store.waiting(), busy, self._turns, self._at_work)
                except SQLAlchemyError:
                    _log.exception("the queue cannot be read; it is tried again")
                    found = None
                if found is not None:
                    self._turn += 1
                    self._turns[found.student] = self._turn
                    self._at_work[found.id] = found
                    return found
                self._changed.wait(5.0)
        return None

    def _grade(self, hand_in: HandIn) -> None:
        force = hand_in.kind == REGRADE
        placed: Placed = {}
        if not force:
            placed = self._folder.place(hand_in, self._store.files(hand_in.id))
        kept = {student: why for student, (status, why) in placed.items() if status in (Status.KEPT, Status.OLDER)}
        own: GradedSubmission | None = None
        notes = []
        for student in hand_in.targets:
            if student in kept:
                continue
            graded, counts = self._judged(student, hand_in.assignment, force=force)
            if graded is None:
                notes.append(f"nothing of {student} lies in the course")
            elif not counts:
                notes.append("something else was put in its place while it was graded")
            if own is None or student == hand_in.student:
                own = graded
        if kept:
            notes += [f"{student}: {why}" for student, why in kept.items()]
        state = State.DONE if own is not None or force else State.KEPT
        self._store.finish(hand_in.id, state, note="; ".join(notes), now=self._clock(), graded=own)
        self._on_graded(hand_in.targets)

    def _judged(self, student: str, slug: str, *, force: bool) -> tuple[GradedSubmission | None, bool]:
        """The verdict on what lies in a student's folder, written; and whether it still lay there then."""
        job = self._folder.planned(student, slug, force=force)
        if job is None:
            return None, False
        if not job.runs:
            return self._folder.told(job), True
        ((job, verdict),) = judged([job], self._pool)
        if self._stopping and not verdict.checks:  # its grader was ended with us
            raise Stopped
        return self._folder.record(job, verdict)

    def _stuck(self, hand_in: HandIn, why: str) -> None:
        _log.error("hand-in %d of %s is stuck: %s", hand_in.id, hand_in.assignment, why)
        try:
            self._store.finish(hand_in.id, State.STUCK, note=why, now=self._clock())
        except SQLAlchemyError:
            _log.exception("hand-in %d: the database cannot be written; it is still queued", hand_in.id)
            self._pause(5.0)

    def _wait_out(self, hand_in: HandIn, why: str) -> None:
        """No submission can be run on this machine now: all of them wait."""
        self.trouble = why
        _log.error("grading waits: %s", why)
        self._pause(30.0)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _keep_up(self) -> None:
        """Make the pages of the class when it is quiet, and at times when it is not; try again what was stuck."""
        last_retry = time.monotonic()
        while not self._stopping:
            self._pause(0.5)
            now = time.monotonic()
            quiet = not self._at_work and now - self._last_work > _QUIET_SECONDS
            since = now - self._last_catch_up
            if self._folder.is_behind and since > self._patience and (quiet or since > _AT_LEAST_SECONDS):
                self._catch_up()
            if now - last_retry > _RETRY_SECONDS:
                last_retry = now
                try:
                    if self._store.free_the_stuck():
                        self.wake()
                except SQLAlchemyError:
                    _log.exception("what is stuck could not be queued again")

    def _catch_up(self) -> None:
        try:
            if self._folder.is_behind:
                self._folder.catch_up()
                self.trouble, self._patience = "", 0.0
                self.on_change(0)
        except Stopped:
            pass
        except GraderError as problem:
            told = f"pages of the class and gradebook are behind: {problem}"
            if told != self.trouble:
                _log.error("%s", told)
            self.trouble, self._patience = told, _AFTER_A_FAILURE_SECONDS
        except Exception:  # noqa: BLE001  it is made again; the thread lives on
            self.trouble = "pages of the class and gradebook are behind; the service's log says why"
            self._patience = _AFTER_A_FAILURE_SECONDS
            _log.exception("the pages of the class could not be made")
        self._last_catch_up = time.monotonic()
