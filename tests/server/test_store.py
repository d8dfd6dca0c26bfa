"""The database: what is stored stays, once, in order."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from records import graded_submission

from autograder.errors import CourseError, UsageError
from autograder.server.dispatcher import next_up
from autograder.server.store import (
    HAND_IN,
    REGRADE,
    HandIn,
    NewHandIn,
    State,
    Store,
    TooMany,
    TooSoon,
    database_url,
)

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(database_url(tmp_path))
    yield opened
    opened.close()


def new(student="s01", *, at=0.0, files=None, digest="", **more):
    given = files or {"sums.py": b"x = 1\n"}
    values = {"targets": (student,), "digest": digest or repr(sorted(given.items()))} | more
    return NewHandIn(
        student=student, assignment="sums", received_at=NOON + timedelta(seconds=at), files=given, **values
    )


def test_what_is_stored_is_there_when_the_database_is_opened_again(tmp_path, store):
    """Files with odd names and bytes, the time to the microsecond; a file that only its owner reads"""
    files = {"sums.py": b"\x00\xff", "d/naïve 小.txt": "é".encode()}
    put, is_new = store.put(new('o\'neil %_ \\ "q" 小明', at=0.25, files=files, note="a note"))
    again = Store(database_url(tmp_path))
    assert is_new
    assert again.get(put.id) == put
    assert again.files(put.id) == files
    assert [each.id for each in again.of('o\'neil %_ \\ "q" 小明')] == [put.id]
    assert again.of("o'neil") == []
    assert again.waiting() == [put]
    assert put.received_at == NOON + timedelta(seconds=0.25)
    assert stat.S_IMODE((tmp_path / "serve.db").stat().st_mode) == 0o600
    assert again.check() == ""
    again.close()


def test_a_commit_is_on_the_disk(store):
    """SQLite syncs at each commit, in the journal that survives a killed process"""
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_attempts_are_numbered_and_limited(store):
    """The same files again are the same attempt; one more than is allowed is none"""
    first, _ = store.put(new(at=0, files={"sums.py": b"1"}, at_most=2))
    same, is_new = store.put(new(at=5, files={"sums.py": b"1"}, at_most=2))
    second, _ = store.put(new(at=10, files={"sums.py": b"2"}, at_most=2))
    assert (first.attempt, second.attempt, same, is_new) == (1, 2, first, False)
    with pytest.raises(TooMany) as refused:
        store.put(new(at=20, files={"sums.py": b"3"}, at_most=2))
    assert refused.value.used == 2
    back, is_new = store.put(new(at=30, files={"sums.py": b"1"}))
    assert (back.attempt, is_new) == (3, True)
    other, _ = store.put(new("s02", at=0, files={"sums.py": b"1"}, at_most=2))
    assert other.attempt == 1


def test_a_team_has_its_attempts_together(store):
    """Whoever of them hands in"""
    store.put(new("s01", at=0, files={"sums.py": b"1"}, targets=("s01", "s02")))
    second, _ = store.put(new("s02", at=5, files={"sums.py": b"2"}, targets=("s02", "s01")))
    assert second.attempt == 2
    assert [each.id for each in store.of("s01")] == [each.id for each in store.of("s02")] == [1, 2]
    with pytest.raises(TooMany):
        store.put(new("s01", at=9, files={"sums.py": b"3"}, targets=("s01", "s02"), at_most=2))


def test_two_attempts_in_one_second_cannot_be_told_apart_in_the_folder(store):
    """attempts/ names them by their second"""
    store.put(new(at=0.1, files={"sums.py": b"1"}))
    with pytest.raises(TooSoon):
        store.put(new(at=0.9, files={"sums.py": b"2"}))
    assert store.put(new(at=1.0, files={"sums.py": b"2"}))[1]


def test_what_became_of_it_is_kept_with_its_verdict(store):
    """And what is stuck is queued again"""
    put, _ = store.put(new())
    graded = graded_submission(student="s01", assignment="sums", score=60.0, max_score=100.0)
    store.finish(put.id, State.STUCK, note="no suite", now=NOON)
    assert (store.waiting(), store.get(put.id).note) == ([], "no suite")
    assert store.free_the_stuck() == 1
    store.finish(put.id, State.DONE, note="", now=NOON, graded=graded)
    found = store.get(put.id)
    assert (found.state, found.score, found.done_at) == (State.DONE, 60.0, NOON)
    assert store.result(put.id) == graded
    assert store.counts() == {"done": 1}


def test_links_have_generations(store):
    """A new link makes the old ones void"""
    assert store.generation("student:s01") == 0
    store.renew("student:s01")
    store.renew("student:s01")
    assert (store.generation("student:s01"), store.generation("student:s02")) == (2, 0)


def test_a_database_of_another_version_is_refused(tmp_path, store):
    """By name, and untouched"""
    store.close()
    with sqlite3.connect(tmp_path / "serve.db") as connection:
        connection.execute("UPDATE about SET value = '99'")
    with pytest.raises(CourseError, match="is of schema 99"):
        Store(database_url(tmp_path))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "write sqlite"),
        ("sqlite://", "names no file"),
        ("oracle+cx_oracle://u:hidden@h/x", "driver is not installed"),
    ],
)
def test_a_wrong_address_of_a_database_is_told_without_its_password(url, told):
    with pytest.raises(UsageError, match=told) as refused:
        Store(url)
    assert "hidden" not in str(refused.value)


def waiting(*rows):
    """Hand-ins of (student, kind), numbered from 1."""
    return [
        HandIn(
            id=number,
            student=student,
            assignment="sums",
            kind=kind,
            attempt=number,
            targets=tuple(student.split("+")),
            received_at=NOON,
            names=(),
            digest="",
            state=State.QUEUED,
        )
        for number, (student, kind) in enumerate(rows, 1)
    ]


def order(rows):
    """Who is graded, one at a time, as the dispatcher asks."""
    left, turns, served = waiting(*rows), {}, []
    while (found := next_up(left, (), turns)) is not None:
        served.append(found.id)
        turns[found.student] = len(served)
        left.remove(found)
    return served


def test_nobody_waits_for_all_hand_ins_of_another():
    """Round robin by student, each student's in order"""
    many = [("s01", HAND_IN)] * 4
    assert order([*many, ("s02", HAND_IN), ("s03", HAND_IN)]) == [1, 5, 6, 2, 3, 4]
    assert order([*many, *[("s02", HAND_IN)] * 2]) == [1, 5, 2, 6, 3, 4]


def test_grading_again_waits_for_hand_ins():
    """Also for the student's own, and does not hold them up"""
    assert order([("s01", REGRADE), ("s02", HAND_IN), ("s01", HAND_IN)]) == [2, 3, 1]


def test_a_student_has_one_at_work():
    """And so has a team, whoever of it handed in"""
    rows = waiting(("s01+s02", HAND_IN), ("s02", HAND_IN), ("s03", HAND_IN))
    assert next_up(rows, {"s02"}, {}).id == 3
    assert next_up(rows, {"s02", "s03"}, {}) is None
    assert next_up(rows, (), {}, at_work={1}).id == 2
