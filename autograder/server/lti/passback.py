"""Marks to LMSs: which is sent, when, and what becomes of it.

The mark is the one of the book of marks, so a regrade, a moved date and points given by hand arrive as a fresh hand-in
does. What is sent is written down first (`LtiBook.intend`): after a crash the same mark goes out with the same second,
and an LMS that has it says so. Nothing is sent of who has no mark now: silence leaves what stands in the LMS.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import GraderError
from autograder.lms.export.scores import Mark, State, tabulate, verdicts_of
from autograder.records import RECEIVED_FILE, Course
from autograder.results.history import history_file
from autograder.runs.book import GRADEBOOK_FILE, marks, open_book_for_writing
from autograder.server.lti.book import ARRIVED, NEWER, REFUSED, SENDING, THEIRS, Known, Link, LtiBook, Sent, seconds
from autograder.server.lti.launch import Platform
from autograder.server.lti.wire import ITEM, ITEM_READ, RESULT, SCORE, Item, Trouble, Wire

_LOOK_SECONDS = 10.0  # how often files are looked at that a mark is made of
_SWEEP_SECONDS = 60.0  # and how often, at most, all marks are made anew for it
_ITEM_SECONDS = 300.0  # for how long a column's points are believed
_FIRST_WAIT, _LONGEST_WAIT = 15.0, 3600.0
_SAME = 0.0006  # of the maximum: what an LMS rounds to
_log = logging.getLogger("autograder.server")


class Courses(Protocol):
    """Where the course is asked for, as its files say now."""

    @property
    def course(self) -> Course:
        """The course."""


class Passback:
    """Sends marks, in a thread of its own. page_of: the address of a student's page for an assignment."""

    def __init__(
        self,
        book: LtiBook,
        wire: Wire,
        courses: Courses,
        clock: Callable[[], datetime],
        page_of: Callable[[str], str],
        *,
        look_seconds: float = _LOOK_SECONDS,
        sweep_seconds: float = _SWEEP_SECONDS,
    ) -> None:
        self._look_seconds, self._sweep_seconds = look_seconds, sweep_seconds
        self._last_sweep = -sweep_seconds
        self._book, self._wire, self._courses, self._clock, self._page_of = book, wire, courses, clock, page_of
        self._changed = threading.Condition()
        self._noticed: set[str] = set()
        self._everything = True
        self._stopping = False
        self._stamps: tuple[tuple[int, int], ...] = ()
        self._live: set[tuple[int, int]] = set()  # whom the last full round found to have a mark
        self._down: set[int] = set()  # the LMSs that did not answer in this round
        self._items: dict[str, tuple[Item, float]] = {}
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="marks to the LMS", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Begin, with everything that is not sent yet."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new. What is not sent is sent at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(15.0)

    def notice(self, students: Collection[str]) -> None:
        """Marks of these students may have changed."""
        with self._changed:
            self._noticed.update(students)
            self._changed.notify_all()

    def notice_all(self) -> None:
        """Marks of anybody may have changed."""
        with self._changed:
            self._everything = True
            self._changed.notify_all()

    def _work(self) -> None:
        while not self._stopping:
            with self._changed:
                if not (self._noticed or self._everything or self._stopping):
                    self._changed.wait(self._look_seconds)
                noticed, everything = self._noticed, self._everything
                self._noticed, self._everything = set(), False
            if self._stopping:
                return
            try:
                if everything or noticed:
                    self.send(() if everything else noticed)
                elif self._is_due():
                    self.send()
                elif time.monotonic() - self._last_sweep >= self._sweep_seconds and self._files_changed():
                    self._last_sweep = time.monotonic()
                    self.send()
            except GraderError as problem:
                self.trouble = f"marks could not be sent: {problem}"
                _log.error("%s", self.trouble)
                self._pause()
            except Exception:  # noqa: BLE001  the thread lives on, and tries again
                self.trouble = "marks could not be sent; the service's log says why"
                _log.exception("marks could not be sent")
                self._pause()

    def _pause(self) -> None:
        with self._changed:
            self._everything = True
            self._changed.wait_for(lambda: self._stopping, 30.0)

    def send(self, students: Collection[str] = ()) -> int:
        """Send what these students' LMSs do not have yet, everybody's by default; how many were sent."""
        with self._sending:
            recipients = self._book.recipients(students)
            if not recipients:
                self._live = set() if not students else self._live
                return 0
            course = self._courses.course
            if not students:
                self._files_changed(course)
            slugs = {link.assignment for link, _ in recipients}
            there = [each.slug for each in course.assignments if each.slug in slugs]
            cells = wanted(course, there, students)
            platforms = {each.id: each for each in self._book.platforms()}
            sent = self._book.sent()
            count, live, columns = 0, set(), set()
            self._down = set()
            for link, person in recipients:
                if self._stopping:
                    return count
                assert person.student is not None
                mark = cells.get((person.student, link.assignment))
                platform = platforms.get(person.platform)
                if mark is None or mark.state is not State.SCORED or mark.score is None or platform is None:
                    continue
                if (link.line_item, person.id) in columns:
                    continue  # two activities that share a column: one mark
                columns.add((link.line_item, person.id))
                live.add((link.id, person.id))
                if platform.id in self._down:
                    continue  # the others of it would wait as long, and those of other LMSs with them
                full = course.assignment(link.assignment).max_score
                count += self._send_one(platform, link, person, mark, full, sent.get((link.id, person.id)))
            if not students:
                self._live = live
            self.trouble = ""
            return count

    def _send_one(
        self, platform: Platform, link: Link, person: Known, mark: Mark, full: float, before: Sent | None
    ) -> bool:
        assert mark.score is not None
        share = min(1.0, max(0.0, mark.score / full)) if full else 0.0
        comment = "\n".join(filter(None, [mark.feedback, f"The page with hints: {self._page_of(link.assignment)}"]))
        digest = hashlib.sha256(json.dumps([share, comment, link.line_item]).encode()).hexdigest()
        now = seconds(self._clock())
        if before is not None and before.digest == digest and (before.state != SENDING or before.next_try > now):
            return False
        is_again = before is not None and before.state == SENDING and before.digest == digest
        if link.scopes and SCORE not in link.scopes:
            self._became(link, person, share, digest, REFUSED, "the LMS lets this tool send no marks for the activity")
            return False
        sent: Sent | None = None
        try:
            item = self._item(platform, link, full)
            if link.ours and (note := self._is_theirs(platform, link, person, before)):
                self._became(link, person, share, digest, THEIRS, note)
                return False
            sent = self._book.intend(link.id, person.id, share, digest, now)
            self._wire.send_score(
                platform,
                link.line_item,
                sub=person.sub,
                score=round(share * item.maximum, 5),
                maximum=item.maximum,
                stamp=sent.stamp,
                comment=comment,
            )
        except Trouble as trouble:
            sent = sent or self._book.intend(link.id, person.id, share, digest, now)
            return self._failed(platform, link, person, sent, trouble, is_again=is_again)
        except (SQLAlchemyError, OSError):
            raise
        except Exception:  # noqa: BLE001  one mark must not keep back all others
            _log.exception("mark of %s for %s", person.student, link.assignment)
            sent = sent or self._book.intend(link.id, person.id, share, digest, now)
            ours = Trouble("something went wrong here; the service's log says what")
            return self._failed(platform, link, person, sent, ours, is_again=is_again)
        self._book.became(sent, ARRIVED)
        return True

    def _failed(
        self, platform: Platform, link: Link, person: Known, sent: Sent, trouble: Trouble, *, is_again: bool
    ) -> bool:
        if trouble.is_newer:
            if is_again and self._arrived(platform, link, person, sent.share):
                self._book.became(sent, ARRIVED)  # it had arrived before we could write that down
                return True
            self._book.became(sent, NEWER, note="the LMS has a later mark, which a teacher may have given there")
        elif trouble.is_final:
            self._book.became(sent, REFUSED, note=str(trouble))
        else:
            if trouble.is_down:
                self._down.add(platform.id)
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(sent.tries, 10))
            self._book.became(sent, SENDING, note=str(trouble), next_try=seconds(self._clock()) + wait)
        _log.warning("mark of %s for %s: %s", person.student, link.assignment, trouble)
        return False

    def _became(self, link: Link, person: Known, share: float, digest: str, state: str, note: str) -> None:
        sent = self._book.intend(link.id, person.id, share, digest, seconds(self._clock()))
        self._book.became(sent, state, note=note)

    def _is_theirs(self, platform: Platform, link: Link, person: Known, before: Sent | None) -> str:
        """Why the value in a column that we made is left alone, "" if it is ours: the LMS protects none there."""
        if RESULT not in link.scopes:
            return ""
        there = self._wire.result(platform, link.line_item, person.sub)
        if there is None or (before is not None and before.sent_share is not None and _close(there, before.sent_share)):
            return ""
        if before is not None and before.state == SENDING and _close(there, before.share):
            return ""
        return "a person gave another mark in the LMS; it is left as it is"

    def _arrived(self, platform: Platform, link: Link, person: Known, share: float) -> bool:
        """Whether the LMS has what was sent before; believed where it cannot be asked."""
        if RESULT not in link.scopes:
            return True
        try:
            there = self._wire.result(platform, link.line_item, person.sub)
        except Trouble:
            return True
        return there is not None and _close(there, share)

    def _item(self, platform: Platform, link: Link, full: float) -> Item:
        """The column, asked for again now and then: a teacher may change its points. full: where it cannot be asked."""
        if link.scopes and not {ITEM, ITEM_READ} & set(link.scopes):
            return Item(url=link.line_item, maximum=full)
        item, until = self._items.get(link.line_item, (None, 0.0))
        if item is None or time.monotonic() > until:
            item = self._wire.item(platform, link.line_item, link.scopes)
            if item.maximum <= 0:
                raise Trouble("the column in the LMS has no points; give it some there", is_final=True)
            self._items[link.line_item] = item, time.monotonic() + _ITEM_SECONDS
        return item

    def _is_due(self) -> bool:
        # A mark whose course was disconnected, say, stays where it was, and must not start a round every few seconds.
        return not self._live.isdisjoint(self._book.due(seconds(self._clock())))

    def _files_changed(self, course: Course | None = None) -> bool:
        course = course or self._courses.course
        stamps = tuple(_stamp(file) for file in _files(course))
        changed = stamps != self._stamps
        self._stamps = stamps
        return changed


def wanted(course: Course, slugs: Collection[str], students: Collection[str] = ()) -> Mapping[tuple[str, str], Mark]:
    """The marks that an export would write now, by student and assignment."""
    if not slugs:
        return {}
    book = open_book_for_writing(course)
    return tabulate(course, verdicts_of(course, marks(book, list(slugs), list(students))), slugs=list(slugs)).cells


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME


def _files(course: Course) -> list[Path]:
    root = course.root
    files = [root / "course.yml", root / "overrides.yml", root / "roster.csv", root / GRADEBOOK_FILE]
    for each in course.assignments:
        files += [history_file(root, each.slug), root / "assignments" / each.slug / RECEIVED_FILE]
    return files


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
