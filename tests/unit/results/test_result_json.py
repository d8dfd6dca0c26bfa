"""A result survives the way to its file and back, and the file is what the JSON Schema says."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import graded_submission

from autograder.errors import CourseError, OutputError
from autograder.records import CheckResult, Late, Misconception, Outcome
from autograder.results.head import SCHEMA_FILE, read_head
from autograder.results.result_json import (
    LOG_LIMIT,
    from_document,
    head_of,
    load_head,
    load_result,
    result_file,
    to_document,
    to_json,
    write_result,
)

CHECK = CheckResult(
    id="q_sample.image",
    title="q_sample mixes picture and noise",
    outcome=Outcome.FAILED,
    points=2.5,
    max_points=10.0,
    message="x_t is off by 0.3",
    expected="[0.1, 0.2]",
    observed="[0.4, 0.5]",
    misconception=Misconception(id="q-no-roots", hint="Noise adds in variance."),
    picture="strip.png",
    seconds=0.25,
)
RESULT = graded_submission(
    CHECK,
    replace(CHECK, id="b", outcome=Outcome.UNGRADED, misconception=None, picture=None),
    assignment="noising",
    submission_sha256="ab" * 32,
    files=("noising.py",),
    received_at=datetime(2026, 10, 12, 21, 40, tzinfo=UTC),
    suite_sha256="cd" * 32,
    reference_sha256="ef" * 32,
    engine_version="0.1.0+1.2",
    seed="0123456789abcdef",
    graded_at=datetime(2026, 10, 13, 8, 0, tzinfo=UTC),
    seconds=1.5,
    layers=("bubblewrap", "seccomp"),
    score_before_late=None,
    late=Late(days=1, penalty=2.5),
    score=None,
    needs_human=True,
    reasons=("could not be judged: b",),
    stdout="hello\n",
    stderr="",
)
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
DESIGNED = {
    *("schema", "assignment", "student", "submission", "suite_sha256", "reference_sha256", "engine_version", "seed"),
    *("graded_at", "seconds", "jail", "checks", "score_before_late", "late", "score", "max_score", "needs_human"),
    *("reasons", "lost", "log"),
}


def valid(document):
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_schema_is_a_schema():
    """The shipped JSON Schema is itself valid."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_keys():
    """The keys are those of schema 1, and the ones that planning compares come first."""
    assert set(to_document(RESULT)) == DESIGNED
    assert list(to_document(RESULT))[3:9] == [
        "score", "max_score", "suite_sha256", "reference_sha256", "engine_version", "seed",
    ]  # fmt: skip


def test_round_trip(tmp_path):
    """What is written is what is read."""
    file = result_file(tmp_path, "noising", "s01")
    write_result(RESULT, file)
    assert file == tmp_path / "assignments/noising/autograded/s01/result.json"
    assert load_result(file) == RESULT
    valid(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("reasons", [(), ("a long story " * 500,)])
def test_head(tmp_path, reasons):
    """The head, read from the first bytes, says what the whole result says; also where those are not enough."""
    result = replace(RESULT, reasons=reasons)
    write_result(result, tmp_path / "r.json")
    assert load_head(tmp_path / "r.json") == head_of(result)
    assert ("checks" in read_head(tmp_path / "r.json")) == bool(reasons)


def test_head_of_a_file_that_is_none(tmp_path):
    """As with the whole result, it is said what is wrong."""
    with pytest.raises(OutputError, match="no such result"):
        load_head(tmp_path / "r.json")
    write_result(RESULT, tmp_path / "r.json")
    (tmp_path / "r.json").write_text((tmp_path / "r.json").read_text().replace('"schema": 1', '"schema": 7'))
    with pytest.raises(CourseError, match="schema 7 is not 1"):
        load_head(tmp_path / "r.json")


def test_without_time_of_arrival(tmp_path):
    """An unknown time of arrival stays unknown."""
    write_result(replace(RESULT, received_at=None), tmp_path / "r.json")
    assert load_result(tmp_path / "r.json").received_at is None


def test_same_bytes(tmp_path):
    """The same result is the same bytes, and nothing else is left in the folder."""
    write_result(RESULT, tmp_path / "result.json")
    first = (tmp_path / "result.json").read_bytes()
    write_result(load_result(tmp_path / "result.json"), tmp_path / "result.json")
    assert (tmp_path / "result.json").read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


# st.text leaves lone surrogates out, so they are joined in
nasty = st.sampled_from(["\ud800", "\udfff", "\x00", "\u2028", '"', "\\"])
texts = st.lists(st.text(max_size=9) | nasty).map("".join)
numbers = st.floats(0, 1000, allow_nan=False)


@given(texts, texts, texts, numbers, st.sampled_from(Outcome))
def test_any_text(message, observed, stdout, points, outcome):
    """Whatever a student printed or returned, the file is strict UTF-8 JSON of schema 1, and comes back the same."""
    check = replace(CHECK, message=message, observed=observed, points=points, outcome=outcome)
    result = replace(RESULT, checks=(check,), stdout=stdout)
    document = json.loads(to_json(to_document(result)).encode())
    valid(document)
    assert to_document(from_document(document)) == document
    clean = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in message)
    assert document["checks"][0]["message"] == clean


def test_log_is_cut(tmp_path):
    """A gigabyte of prints does not become a gigabyte of result."""
    write_result(replace(RESULT, stdout="x" * (LOG_LIMIT + 1)), tmp_path / "r.json")
    assert len(load_result(tmp_path / "r.json").stdout) == LOG_LIMIT


@pytest.mark.parametrize("letter", ["\ufffd", "\n", '"', "\U0001f600", "\ud800", "\x01"])
def test_log_is_cut_as_it_is_stored(tmp_path, letter):
    """A character may take six bytes in the file; the limit is one of bytes there."""
    write_result(replace(RESULT, stdout=letter * LOG_LIMIT), tmp_path / "r.json")
    write_result(RESULT, tmp_path / "empty.json")
    grown = (tmp_path / "r.json").stat().st_size - (tmp_path / "empty.json").stat().st_size
    assert LOG_LIMIT - 16 <= grown <= LOG_LIMIT


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_not_finite(tmp_path, number):
    """A number that JSON cannot say is refused, and what was there stays."""
    write_result(RESULT, tmp_path / "r.json")
    with pytest.raises(OutputError, match="not finite"):
        write_result(replace(RESULT, score=number), tmp_path / "r.json")
    assert load_result(tmp_path / "r.json") == RESULT


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '{"schema": 2}', '{"schema": 1}', "\xff"], ids=lambda text: repr(text)
)
def test_no_result(tmp_path, text):
    """A file that is no result says what to do with it."""
    (tmp_path / "r.json").write_text(text, encoding="latin-1")
    with pytest.raises(CourseError, match="run the same assignment again"):
        load_result(tmp_path / "r.json")


def test_result_with_a_strange_check(tmp_path):
    """A check with an unknown key or outcome makes the file no result."""
    for change in ({"grade": 1}, {"outcome": "great"}):
        document = to_document(RESULT)
        document["checks"][0] |= change
        (tmp_path / "r.json").write_text(json.dumps(document))
        with pytest.raises(CourseError, match=r"r\.json:\d+: is no result: checks\.0"):
            load_result(tmp_path / "r.json")


def test_missing_result(tmp_path):
    """A result that is not there says how to get it."""
    with pytest.raises(OutputError, match="run `grade` first"):
        load_result(tmp_path / "r.json")


def test_unreadable_result(tmp_path):
    """A folder in the place of a result is told as it is."""
    with pytest.raises(OutputError, match="cannot be read: Is a directory"):
        load_result(tmp_path)
