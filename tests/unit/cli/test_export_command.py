"""`grade export` on a course on disk: what goes to stdout, to the file and to the person."""

import json
import zipfile
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from records import graded_submission

from autograder.cli.export import export_command
from autograder.errors import CourseError, UsageError
from autograder.records import CheckResult, Outcome
from autograder.results.result_json import result_file, write_result

CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Noising (77)\n    Points Possible,,,,,100\n"


def graded(student, score, day=13):
    outcome = Outcome.UNGRADED if score is None else Outcome.FAILED
    return graded_submission(
        CheckResult(id="a", title="a", outcome=outcome, points=score or 0.0, max_points=100.0),
        assignment="noising",
        student=student,
        graded_at=datetime(2026, 10, day, 12, tzinfo=UTC),
        seconds=0.0,
        score_before_late=score,
        score=score,
        needs_human=score is None,
    )


def store(root, result):
    """A result, and the submission that it is of."""
    folder = root / "assignments" / "noising" / "submitted" / result.student
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "noising.py").write_text("x = 1\n", encoding="utf-8")
    write_result(result, result_file(root, "noising", result.student))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "course.yml").write_text(
        "title: t\nsecret: public-secret\nassignments: [{slug: noising, title: Noising}]\n", encoding="utf-8"
    )
    (tmp_path / "roster.csv").write_text("student,name,lms_id\ns01,Ada,1001\ns02,Bo,1002\ns03,Cy,1003\n", "utf-8")
    for file in ("tests/suites/test_noising.py", "reference/noising.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("", encoding="utf-8")
    for result in (graded("s01", 87.5), graded("s02", 60.0, day=14)):
        store(tmp_path, result)
    (tmp_path / "canvas.csv").write_text(CANVAS + "Ada,1001,,,,80\nBo,1002,,,,60.00\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def export(root):
    def export(*arguments):
        done = CliRunner(mix_stderr=False) if _OLD_CLICK else CliRunner()
        return done.invoke(export_command, ["--course", str(root), *map(str, arguments)], standalone_mode=False)

    return export


_OLD_CLICK = "mix_stderr" in CliRunner.__init__.__code__.co_varnames


def test_the_file_goes_to_stdout(export):
    """Without --output the file itself is printed, and nothing else with it."""
    done = export("--to", "canvas")
    assert done.return_value == 0
    assert done.stdout.splitlines()[2] == "Ada,1001,,,,87.5"
    assert len(done.stdout.splitlines()) == 4  # nobody without a score: Canvas would erase what it has


def test_the_file_is_written_and_told(export, root):
    """--output writes it whole; stdout stays empty."""
    done = export("--to", "csv", "--output", root / "up" / "grades.csv")
    assert done.stdout == ""
    assert "3 students, 1 columns for csv" in done.stderr
    assert (root / "up/grades.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,")


def test_a_preview_writes_nothing(export, root):
    """--against alone says what would change, and in which cells."""
    before = sorted(root.rglob("*"))
    done = export("--to", "canvas", "--against", root / "canvas.csv")
    assert done.stdout.splitlines() == [
        "s01 noising: 80 -> 87.5",
        "not in the LMS's file, so left out: s03",
        "1 cells would change, 1 stay",
    ]
    assert sorted(root.rglob("*")) == before


def test_against_with_output_does_both(export, root):
    """With --output the file is written with the LMS's own column, and the preview goes to stderr."""
    done = export("--to", "canvas", "--against", root / "canvas.csv", "--output", root / "up.csv")
    assert "s01 noising: 80 -> 87.5" in done.stderr
    assert (root / "up.csv").read_text("utf-8").splitlines()[0].endswith(",Noising (77)")


@pytest.mark.parametrize(
    ("since", "students"),
    [("2026-10-14", {"s02"}), ("2026-10-13T12:00:01+00:00", {"s02"}), ("2026-10-20", set()), ("FILE", {"s01"})],
)
def test_since_leaves_only_what_changed(export, root, since, students):
    """By date of grading, or by what an earlier file says."""
    done = export("--to", "canvas", "--since", root / "canvas.csv" if since == "FILE" else since)
    ids = {"1001": "s01", "1002": "s02", "1003": "s03"}
    assert {ids[line.split(",")[1]] for line in done.stdout.splitlines()[2:]} == students


def test_since_its_own_export_leaves_nobody(export, root):
    """What was exported and did not change is not exported again."""
    for to in ("canvas", "moodle", "csv"):
        export("--to", to, "--output", root / "before.csv")
        store(root, graded("s02", 61.0))
        done = export("--to", to, "--since", root / "before.csv", "--json")
        names = [row["student"] for row in json.loads(done.stdout)["students"]]
        # Nobody on this roster has a key of Moodle's, so there it cannot be told and all are exported.
        assert names == (["s01", "s02"] if to == "moodle" else ["s02"])
        store(root, graded("s02", 60.0))


def test_json_is_one_document(export, root):
    """Columns, marks with their state, the preview and the notes."""
    document = json.loads(export("--to", "canvas", "--against", root / "canvas.csv", "--json").stdout)
    assert document["students"][0] == {"student": "s01", "marks": {"noising": {"state": "scored", "score": 87.5}}}
    assert document["students"][2]["marks"]["noising"] == {"state": "missing", "score": None}
    assert document["preview"]["changes"] == [
        {"student": "s01", "assignment": "noising", "before": "80", "after": "87.5"}
    ]


def test_what_needs_a_human_exits_5(export, root):
    """An ungraded submission is left empty, said, and told by the exit code."""
    store(root, graded("s03", None))
    done = export("--to", "canvas")
    assert done.return_value == 5
    assert "1 not graded yet, left out: noising/s03" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "csv", "--assignment", "noise"], "did you mean 'noising'?"),
        (["--to", "csv", "--since", "yesterday"], "is neither a file nor a date"),
        (["--to", "csv", "--against", "nowhere.csv"], "name the file that the LMS exported"),
    ],
)
def test_wrong_usage_is_explained(export, arguments, said):
    """Each says what to write instead."""
    done = export(*arguments)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_a_broken_result_stops_the_export(export, root):
    """Scores are not exported in part."""
    result_file(root, "noising", "s01").write_text("{", encoding="utf-8")
    assert isinstance(export("--to", "csv").exception, CourseError)


WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade),Feedback comments\n"
    "Participant 11,Ada,,Submitted,,100.00,Yes,-,-,\nParticipant 12,Bo,,Submitted,60.00,100.00,Yes,-,-,Well done\n"
)


def test_pages_go_into_a_zip(export, root):
    """Each student's page as grading wrote it, under Moodle's number; who has none is not in it."""
    page = root / "assignments/noising/feedback/s01/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>page of s01", "utf-8")
    (root / "ws.csv").write_text(WORKSHEET, "utf-8")
    options = ("--to", "moodle-feedback", "--assignment", "noising", "--against", root / "ws.csv")
    done = export(*options, "--output", root / "feedback.zip")
    assert "1 pages for moodle-feedback" in done.stderr
    with zipfile.ZipFile(root / "feedback.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "Ada_11_assignfeedback_file/noising.html": b"<p>page of s01"
        }
    assert export(*options).stdout.splitlines()[-1] == "1 pages would be attached"
    done = export("--to", "site", "--assignment", "noising")
    assert "is a zip; name the file to write with --output" in str(done.exception)


def test_a_site_s_names_are_the_same_each_time(export, root):
    """Links that were sent stay right, and depend on the course's secret."""
    for student in ("s01", "s02"):
        page = root / f"assignments/noising/feedback/{student}/index.html"
        page.parent.mkdir(parents=True)
        page.write_text(student, "utf-8")
    names = []
    for file in ("a.zip", "b.zip"):
        export("--to", "site", "--assignment", "noising", "--output", root / file)
        names.append(zipfile.ZipFile(root / file).namelist())
        (root / "course.yml").write_text((root / "course.yml").read_text().replace("public-secret", "other-secret"))
    assert len(set(names[0])) == 3
    assert not set(names[0]) & set(names[1]) - {"private-who-has-which.csv"}


def test_comments_are_previewed_and_counted(export, root):
    """Both counts are what Moodle reports: one grade of two is new, both comments are."""
    (root / "ws.csv").write_text(WORKSHEET, "utf-8")
    options = ("--to", "moodle-worksheet", "--assignment", "noising", "--against", root / "ws.csv")
    lines = export(*options).stdout.splitlines()
    assert lines[0] == "s01 noising: (empty) -> 87.5"
    assert lines[2].startswith("s02 noising, comment: Well done -> <p>Well done</p>")
    assert lines[-1] == "1 cells and 2 comments would change, 1 stay"
    document = json.loads(export(*options, "--comments", "keep", "--json").stdout)
    assert [change["student"] for change in document["preview"]["comments"]] == ["s01"]
