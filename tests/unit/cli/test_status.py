"""Who handed in what: every state a submission can be in, told from files and stored results alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from records import graded_submission
from tiny_course import TinyCourse

from autograder.cli.grade import paths_command
from autograder.cli.status import status_command
from autograder.course.course_yml import load_course
from autograder.errors import CourseError, UsageError
from autograder.records import CheckResult, Misconception, Outcome
from autograder.results.result_json import write_result
from autograder.runs.book import open_book
from autograder.runs.standings import Standing, State, standings
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import plan

NOW = datetime(2026, 10, 10, tzinfo=UTC)
ROSTER = "student,name\ns01,Student 01\ns02,Student 02\ns03,\ns04,\n"
DUE = '    due: "2026-10-05 12:00"\n    late: {penalty_per_day: 10}\n'
LOST = CheckResult(
    id="add.values",
    title="add gives the sum",
    outcome=Outcome.FAILED,
    points=0,
    max_points=60,
    misconception=Misconception(id="minus", hint="Which sign?"),
)
RIGHT = CheckResult(id="total.values", title="total sums", outcome=Outcome.PASSED, points=40, max_points=40)


def store(course: TinyCourse, student: str, *checks: CheckResult, **changes: object) -> None:
    """Put a result where a run would have put it, made of what is handed in now."""
    loaded = load_course(course.root)
    (job,) = plan(loaded, find_submissions(loaded, [course.root / "assignments/sums/submitted" / student]))
    record = graded_submission(
        *checks,
        student=student,
        submission_sha256=job.job.submission.sha256,
        files=("sums.py",),
        suite_sha256=job.job.suite_sha256,
        reference_sha256=job.job.reference_sha256,
        engine_version=job.job.engine_version,
        seed=job.job.seed,
        graded_at=NOW,
    )
    write_result(replace(record, **changes), job.result)


def look(course: TinyCourse, path: str = "", now: datetime = NOW) -> dict[str, Standing]:
    """Each student's standing in the one assignment."""
    loaded = load_course(course.root)
    found = standings(open_book(loaded), course.root / path, now=now)
    return {standing.student: standing for standing in found}


def run(*arguments: object) -> str:
    """What the command prints; it must end well."""
    done = CliRunner().invoke(status_command, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False)
    assert done.return_value == 0, done.output
    return done.output


def test_graded_changed_new_and_missing_are_told_apart(tiny_course: TinyCourse) -> None:
    """The reason is the one that the next run would give; a changed submission still shows its old score."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    for student in ("s01", "s02", "s03"):
        tiny_course.hand_in(student, "x = 1\n")
    store(tiny_course, "s01", LOST, RIGHT)
    store(tiny_course, "s02", LOST, RIGHT)
    tiny_course.hand_in("s02", "x = 2\n")
    seen = {student: (s.state, s.reason, s.score) for student, s in look(tiny_course).items()}
    assert seen == {
        "s01": (State.GRADED, "", 40),
        "s02": (State.CHANGED, "submission changed", 40),
        "s03": (State.NEW, "new", None),
        "s04": (State.MISSING, "", None),
    }


def test_what_we_could_not_judge_is_ungraded_and_asks_for_a_human(tiny_course: TinyCourse) -> None:
    """It will be tried again, and its reasons are passed on."""
    tiny_course.hand_in("s01", "x = 1\n")
    ungraded = replace(LOST, outcome=Outcome.UNGRADED)
    store(tiny_course, "s01", ungraded, score=None, needs_human=True, reasons=("the disk is full",))
    found = look(tiny_course)["s01"]
    assert (found.state, found.reason) == (State.UNGRADED, "ungraded last time")
    assert found.human == ("the disk is full",)


def test_nobody_is_missing_before_the_deadline_and_who_is_excused_never_is(tiny_course: TinyCourse) -> None:
    """An extension counts for its student alone."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text() + DUE + '    extensions: {s03: "2026-10-20 12:00", s04: excused}\n')
    assert {student: s.state for student, s in look(tiny_course).items()} == {
        "s01": State.MISSING,
        "s02": State.MISSING,
        "s03": State.NOT_DUE,
        "s04": State.EXCUSED,
    }
    before = look(tiny_course, now=datetime(2026, 10, 5, 11, tzinfo=UTC))
    assert before["s01"].state is State.NOT_DUE


def test_lateness_and_score_are_those_of_today_s_dates(tiny_course: TinyCourse) -> None:
    """A deadline that moved after grading changes both, without a run."""
    tiny_course.hand_in("s01", "x = 1\n")
    received = {"s01": {"received_at": "2026-10-06T11:00:00+00:00", "archive": "", "sha256": ""}}
    (tiny_course.root / "assignments/sums/received.json").write_text(json.dumps(received))
    store(tiny_course, "s01", LOST, RIGHT)
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text() + DUE)
    found = look(tiny_course)["s01"]
    assert (found.state, found.days_late, found.score) == (State.GRADED, 1, 30)


@pytest.mark.parametrize("path", ["assignments/sums", "assignments/sums/submitted", "assignments", ""])
def test_a_path_of_whole_assignments_tells_who_is_missing(tiny_course: TinyCourse, path: str) -> None:
    """The course, its assignments folder, one assignment: all of the roster."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    tiny_course.hand_in("s01", "x = 1\n")
    assert set(look(tiny_course, path)) == {"s01", "s02", "s03", "s04"}


def test_a_path_of_one_student_tells_of_that_one_alone(tiny_course: TinyCourse) -> None:
    """Nobody else is listed as missing."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    tiny_course.hand_in("s01", "x = 1\n")
    assert set(look(tiny_course, "assignments/sums/submitted/s01")) == {"s01"}


def test_the_class_is_shown_in_80_columns_with_what_there_is_to_do(
    tiny_course: TinyCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts an assignment, then who must be graded, who is missing and who is unknown."""
    monkeypatch.setenv("COLUMNS", "80")
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    for student in ("s01", "s02", "stranger"):
        tiny_course.hand_in(student, "x = 1\n")
    store(tiny_course, "s01", LOST, RIGHT)
    shown = run(tiny_course.root)
    assert "to grade: sums: s02, stranger: new" in shown
    assert "missing in sums: s03, s04" in shown
    assert "not on the roster: stranger" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_class_as_a_document_counts_what_it_lists(tiny_course: TinyCourse) -> None:
    """Each standing is a record, and the summary adds them up by state."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    tiny_course.hand_in("s01", "x = 1\n")
    document = json.loads(run(tiny_course.root, "--json"))
    first = document["standings"][0]
    assert (first["student"], first["state"]) == ("s01", "new")
    assert document["summary"]["sums"] == {
        "graded": 0,
        "ungraded": 0,
        "new": 1,
        "changed": 0,
        "missing": 3,
        "not due": 0,
        "excused": 0,
        "late": 0,
    }


def test_one_student_is_told_what_is_open_and_which_idea_is_missing(tiny_course: TinyCourse) -> None:
    """Lessons, open checks, ideas and the total; a later change of the file is told, too."""
    (tiny_course.root / "roster.csv").write_text(ROSTER)
    tiny_course.hand_in("s01", "x = 1\n")
    store(tiny_course, "s01", LOST, RIGHT)
    tiny_course.hand_in("s01", "x = 2\n")
    document = json.loads(run(tiny_course.root, "--student", "s01", "--json"))
    (lesson,) = document["lessons"]
    assert (lesson["stage"], lesson["reason"], lesson["right"], lesson["of"]) == ("begun", "submission changed", 1, 2)
    assert [check["check"] for check in lesson["open"]] == ["add.values"]
    assert [(idea["id"], idea["points"]) for idea in document["ideas"]] == [("minus", 60)]
    assert (document["completed"], document["asked"], document["total"]) == (0, 1, 40)
    shown = run(tiny_course.root, "--student", "s01")
    assert "missing idea: minus (sums): Which sign?" in shown
    assert "0 of 1 lessons completed. 40 % of what is graded, 40 % of the course." in shown


def test_who_handed_in_is_not_told_to_hand_in(tiny_course: TinyCourse) -> None:
    """New work is said to wait for its grade instead of being due."""
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text() + DUE)
    tiny_course.hand_in("s01", "x = 1\n")
    tiny_course.hand_in("s02", "x = 1\n")
    shown = " ".join(run(tiny_course.root, "--student", "s01").split())
    assert "handed in" in shown
    assert "2026-10-05" not in shown


def test_a_student_nobody_knows_is_an_error_that_names_the_nearest(tiny_course: TinyCourse) -> None:
    """A typing error is answered with who may be meant."""
    tiny_course.hand_in("s01", "x = 1\n")
    with pytest.raises(UsageError, match="did you mean 's01'"):
        run(tiny_course.root, "--student", "s0l")


def test_results_elsewhere_are_read_from_there(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """With --out, what the course itself holds is not looked at."""
    tiny_course.hand_in("s01", "x = 1\n")
    store(tiny_course, "s01", LOST, RIGHT)
    document = json.loads(run(tiny_course.root, "--out", tmp_path / "elsewhere", "--json"))
    assert document["standings"][0]["state"] == "new"


def test_a_folder_that_is_graded_for_nobody_is_told(tiny_course: TinyCourse) -> None:
    """Before any run, by status and by --dry-run."""
    (tiny_course.root / "assignments/sums/submitted/s\u202e01").mkdir(parents=True)
    folder = str(tiny_course.root / "assignments")
    for command, arguments in ((status_command, []), (status_command, ["--json"]), (paths_command, ["--dry-run"])):
        told = CliRunner().invoke(command, [folder, *arguments])
        assert "the folder 's\\u202e01' has a name that cannot be shown" in re.sub(r"\n|\\(?=\\)", "", told.output)


def test_a_model_that_is_not_there_is_told_before_anything_is_graded(tiny_course: TinyCourse) -> None:
    """By --dry-run too; looking at the class, on a machine without it, goes on."""
    tiny_course.hand_in("s01", "x = 1\n")
    yml = tiny_course.root / "course.yml"
    yml.write_text(yml.read_text("utf-8").replace("- slug: sums", "- slug: sums\n    model: not/there"), "utf-8")
    folder = str(tiny_course.root / "assignments")
    for arguments in (["--dry-run"], ["--no-gradebook"]):
        told = CliRunner().invoke(paths_command, [folder, *arguments])
        assert isinstance(told.exception, CourseError)
        assert "not/there is not there; course.yml or MODEL names it as the folder of sums's model" in str(
            told.exception
        )
    assert CliRunner().invoke(status_command, [folder]).exit_code == 0
