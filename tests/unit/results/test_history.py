"""The changelog of scores: a line a change, appended whole, mended after a run that was cut off."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from records import graded_submission

from autograder.errors import OutputError
from autograder.results.history import Change, append_change, history_file, mend_history, read_history
from autograder.results.result_json import result_file, write_result

AT = datetime(2026, 10, 13, 8, 0, tzinfo=UTC)
FIRST = Change(when=AT, student="s01", before=None, after=60.0, why="new")
SECOND = Change(when=AT, student="s02", before=60.0, after=None, why="suite changed")
RESULT = graded_submission(assignment="one", graded_at=AT, seconds=0.0, score_before_late=60.0, score=60.0)


@pytest.fixture
def file(tmp_path):
    """The changelog of an assignment in which s01 has a result of 60."""
    write_result(RESULT, result_file(tmp_path, "one", "s01"))
    return history_file(tmp_path, "one")


def test_lines_come_back_in_order(file):
    """As they were appended."""
    append_change(file, FIRST)
    append_change(file, SECOND)
    assert read_history(file) == (FIRST, SECOND)
    assert json.loads(file.read_text().splitlines()[0]) == {
        "when": "2026-10-13T08:00:00+00:00",
        "student": "s01",
        "from": None,
        "to": 60.0,
        "why": "new",
    }


def test_no_file_is_an_empty_changelog(tmp_path):
    """Before the first score."""
    assert read_history(tmp_path / "history.jsonl") == ()


def test_a_line_that_is_none(file):
    """It is named."""
    append_change(file, FIRST)
    file.write_text(file.read_text() + "by hand\n")
    with pytest.raises(OutputError, match=r"history\.jsonl:2"):
        read_history(file)


@pytest.mark.parametrize("torn", ['{"when": "2026-', "x", '{"student": "s01"}'])
def test_a_torn_line_is_taken_out(file, tmp_path, torn):
    """The rest stays."""
    append_change(file, FIRST)
    with file.open("a") as stream:
        stream.write(torn)
    mend_history(tmp_path, "one")
    assert read_history(file) == (FIRST,)


def test_a_line_without_its_result_is_taken_out(file, tmp_path):
    """The score it tells was never written, or another one was."""
    append_change(file, FIRST)
    append_change(file, replace(FIRST, before=60.0, after=80.0))
    mend_history(tmp_path, "one")
    assert read_history(file) == (FIRST,)
    append_change(file, SECOND)
    mend_history(tmp_path, "one")
    assert read_history(file) == (FIRST,)


def test_a_whole_changelog_stays(file, tmp_path):
    """Also an empty one, and one that is not there."""
    mend_history(tmp_path, "two")
    append_change(file, FIRST)
    mend_history(tmp_path, "one")
    assert read_history(file) == (FIRST,)
    file.write_text("")
    mend_history(tmp_path, "one")
    assert read_history(file) == ()


def test_a_full_disk_leaves_the_changelog_as_it_was():
    """No half line is left where a line does not fit (Linux's own full device stands in)."""
    from pathlib import Path

    with pytest.raises(OutputError, match="No space left"):
        append_change(Path("/dev/full"), FIRST)
