"""An LMS's download lands in the right student's folder, newest attempt first, and says whatever it did not do."""

import io
import json
import resource
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from autograder.cli.collect import collect_command
from autograder.errors import CourseError, OutputError, UsageError
from autograder.lms.guess import guessed
from autograder.lms.intake.collect import collect
from autograder.lms.registry import DOWNLOADS
from autograder.records import Assignment, Course, Student
from autograder.submissions.find import find_submissions, read_received

ROSTER = (
    Student(id="s01", name="Ada Loveless", lms_id="1001", login="ada", email="ada@example.org", sis_id="x1"),
    Student(id="s02", name="Jörg Müller", lms_id="1002", login="j_mueller"),
    Student(id="s03", name="Doe, Jane", lms_id="1003", login="jdoe"),
    Student(id="s04", name="Jane Doe", lms_id="1004", login="jdoe2", email="jane4@example.org"),
)
CODE = b"def q_sample(): ...\n"


@pytest.fixture
def course(tmp_path):
    return Course(
        root=tmp_path,
        title="t",
        term="",
        timezone="Europe/Paris",
        secret="public-secret",
        assignments=(Assignment(slug="noising", title="Noising"),),
        roster=ROSTER,
    )


@pytest.fixture
def take(course, tmp_path):
    """Zips the files and collects them; what became of them by student."""

    def take(files, source="canvas", **options):
        archive = tmp_path / "download.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, data in files.items() if isinstance(files, dict) else files:
                zipped.writestr(name, data)
        return collect(course, "noising", archive, DOWNLOADS[source], **options)

    return take


def held(course, student):
    folder = course.root / "assignments/noising/submitted" / student
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize(
    ("source", "name", "at"),
    [
        ("canvas", "lovelessada_1001_55_noising.py", None),
        ("canvas", "lovelessada_77_55_noising.py", None),
        ("canvas", "lovelessada_LATE_1001_55_noising-1.py", None),
        ("moodle", "Ada Loveless_4711_assignsubmission_file_/noising.py", None),
        ("moodle", "Ada Loveless_4711_assignsubmission_file_noising.py", None),
        ("moodle", "Ada Loveless_4711_assignsubmission_file/sub/noising.py", None),
        ("blackboard", "HW_1_ada_attempt_2026-10-12-23-40-05_noising.py", "2026-10-12T21:40:05+00:00"),
        ("brightspace", "12-34 - Ada Loveless - Oct 12, 2026 1140 PM/noising.py", "2026-10-12T21:40:00+00:00"),
        ("brightspace", "12-34 - Ada Loveless - Oct 12, 2026 926 AM - noising.py", "2026-10-12T07:26:00+00:00"),
        ("brightspace", "12-34 - Ada Loveless - Oct 12, 2026 1205 AM/noising.py", "2026-10-11T22:05:00+00:00"),
        ("nbgrader", "inbound/s01+noising+2026-10-12 21:40:05.123 UTC+abc=/noising.py", "2026-10-12T21:40:05+00:00"),
        ("nbgrader", "submitted/s01/noising/noising.py", None),
        ("nbgrader", "assignments/noising/submitted/s01/noising.py", None),
        ("nbgrader", "ada/noising/noising.py", None),
        ("nbgrader", "s01/noising.py", None),
    ],
)
def test_the_names_of_each_lms_are_read(course, take, source, name, at):
    """Whose a file is, and when it came in, is read from the name that the LMS gave it."""
    done = take({name: CODE}, source)
    assert [(c.student, c.status, c.files) for c in done.collected] == [("s01", "new", ("noising.py",))]
    assert not done.left
    assert held(course, "s01") == {"noising.py": CODE}
    received = read_received(course.root, "noising").get("s01")
    assert (received and received.astimezone(UTC).isoformat()) == at


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("canvas", "noising.py", "is not named as Canvas names it"),
        ("canvas", "anon_x7_55_noising.py", "the LMS hid the names"),
        ("canvas", "anon_x7_55_x/doejane_1003_99_noising.py", "the LMS hid the names"),
        ("canvas", "grace_9_55_noising.py", "nobody on the roster has this LMS number or name"),
        ("moodle", "Participant 7_7_assignsubmission_file_/noising.py", "the LMS hid the names"),
        ("moodle", "Jane Doe_8_assignsubmission_file_/noising.py", "s03, s04 on the roster all have the name"),
        ("moodle", "Ada_8/noising.py", "is not named as Moodle names it"),
        ("blackboard", "noising.py", "is not named as Blackboard names it"),
        ("brightspace", "Ada Loveless/noising.py", "is not named as Brightspace names it"),
        ("nbgrader", "submitted/s01/other/other.py", "is of the assignment 'other', not 'noising'"),
        ("nbgrader", "s01+other+2026-10-12 21:40:05 UTC/other.py", "is of the assignment 'other'"),
        ("nbgrader", "noising.py", "is not where nbgrader keeps it"),
        ("canvas", "lovelessada_1001_55_essay.pdf", "no .py or .ipynb was handed in, only essay.pdf"),
    ],
)
def test_what_cannot_be_placed_is_listed_with_its_reason(course, take, source, name, reason):
    """An entry that belongs to nobody is named, with why, and nothing is written."""
    done = take({name: CODE}, source)
    assert done.need_human
    assert [left.entries for left in done.left] == [(name,)]
    assert reason in done.left[0].reason
    assert not (course.root / "assignments/noising/submitted").exists()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("canvas", "lovelessada_1001_55_x\\doejane_1003_99_noising.py"),
        ("canvas", "export/lovelessada_1001_55_x\\anon_7_99_noising.py"),
        ("moodle", "Ada Loveless_4711_assignsubmission_file_/Doe, Jane_8_assignsubmission_file_/noising.py"),
        ("blackboard", "HW_ada_attempt_2026-10-12-23-40-05_x\\HW_jdoe_attempt_2027-10-12-23-40-05_noising.py"),
        (
            "brightspace",
            "12-34 - Ada Loveless - Oct 12, 2026 1140 PM/5-6 - Doe, Jane - Oct 13, 2027 1140 PM/noising.py",
        ),
        ("nbgrader", "submitted/s01/noising/submitted/s03/noising/noising.py"),
    ],
)
def test_nobody_hands_in_for_another_by_the_name_of_a_file(course, take, source, name):
    """The front of a name is the LMS's: what a student writes behind it, with a backslash or not, names no one."""
    done = take({name: CODE}, source)
    assert [c.student for c in done.collected] == ["s01"]
    assert not held(course, "s03")


@pytest.fixture
def little_memory():
    """A gigabyte more than is mapped now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + 2**30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_an_entry_that_asks_for_gigabytes_costs_only_its_own(course, tmp_path, little_memory):
    """LZMA's window is as large as the entry says; who names one of 4 GiB is left out, and the others are collected."""
    archive = tmp_path / "download.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("doejane_1003_56_noising.py", CODE)
        zipped.writestr("lovelessada_1001_55_noising.py", CODE)
    data = bytearray(archive.read_bytes())
    window = data.find(b"doejane_1003_56_noising.py") + len("doejane_1003_56_noising.py") + 5
    data[window : window + 4] = b"\xff" * 4
    archive.write_bytes(data)
    done = collect(course, "noising", archive, DOWNLOADS["canvas"])
    assert [c.student for c in done.collected] == ["s01"]
    assert [left.reason for left in done.left] == [
        "doejane_1003_56_noising.py: cannot be unpacked: it asks for more memory than there is"
    ]


def test_the_nearest_names_help(take):
    """A misspelt name is not guessed, but said beside those that are nearly so."""
    done = take({"Ada Lovelance_1_assignsubmission_file_/noising.py": CODE}, "moodle")
    assert done.left[0].nearest[0] == "Ada Loveless (s01)"


def test_files_that_an_lms_adds_of_its_own_are_no_submissions(take):
    """Receipts, index pages, nbgrader's time stamps and a Mac's leavings are passed over."""
    blackboard = {"HW_ada_attempt_2026-10-12-23-40-05.txt": b"Name: Ada", "__MACOSX/._HW": b"", ".DS_Store": b""}
    assert not take(blackboard, "blackboard").left
    assert not take({"index.html": b""}, "brightspace").left
    assert not take({"submitted/s01/noising/timestamp.txt": b"2020-01-01 00:00:00 UTC"}, "nbgrader").left


@pytest.mark.parametrize(
    "name", ["Jörg Müller", "Jo\u0308rg Mu\u0308ller", "Joerg Mueller", "Jorg Muller", "MÜLLER, Jörg"]
)
def test_names_match_however_their_accents_are_written(take, name):
    """Composed, decomposed, spelt out, bare and in either order are one name."""
    done = take({f"{name}_1_assignsubmission_file_/noising.py": CODE}, "moodle")
    assert [c.student for c in done.collected] == ["s02"]


def test_an_exact_spelling_goes_before_a_loose_one(course, take):
    """Mueller and Müller in one class are told apart."""
    roster = (Student(id="a", name="Jo Müller"), Student(id="b", name="Jo Mueller"))
    object.__setattr__(course, "roster", roster)
    for name, student in (("Jo Müller", "a"), ("Jo Mueller", "b")):
        done = take({f"{name}_1_assignsubmission_file_/noising.py": CODE}, "moodle")
        assert [c.student for c in done.collected] == [student]


def test_two_people_never_share_a_folder(course, take):
    """Where two of the archive fit one student, neither is taken."""
    object.__setattr__(course, "roster", ROSTER[:1])
    name = "Ada Loveless_{}_assignsubmission_file_/noising.py"
    done = take({name.format(1): CODE, name.format(2): b"x = 1"}, "moodle")
    assert not done.collected
    assert all("2 people of the archive fit s01" in left.reason for left in done.left)


def test_a_worksheet_tells_two_of_one_name_apart_and_when_they_came(course, take, tmp_path):
    """Moodle's worksheet maps participant numbers to e-mails, and has the times that the zip lacks."""
    sheet = tmp_path / "worksheet.csv"
    sheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Last modified (submission)\n"
        'Participant 8,Jane Doe,jane4@example.org,"Monday, 12 October 2026, 11:40 PM"\n'
        "Participant 9,Nobody,n@example.org,-\n",
        encoding="utf-8",
    )
    done = take({"Jane Doe_8_assignsubmission_file_/noising.py": CODE}, "moodle", times=sheet)
    assert [c.student for c in done.collected] == ["s04"]
    assert read_received(course.root, "noising") == {"s04": datetime(2026, 10, 12, 21, 40, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "names no times"),
        ("student,received_at\ns01,soon\n", "times.csv:2: 'soon' is no time"),
        ("student,received_at\ns01,2026-10-12,23:59\n", "times.csv:2: has 3 cells under 2 columns"),
        ("student,received_at\ns01,2026-10-12\ns01,2026-10-13\n", "times.csv:3: gives s01 another time"),
    ],
)
def test_a_sheet_without_times_is_refused(take, tmp_path, content, said):
    """--times says what it cannot read, with its line."""
    file = tmp_path / "times.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        take({"a_1001_5_noising.py": CODE}, times=file)


def test_times_for_nobody_are_listed(take, tmp_path):
    """A line that fits nobody on the roster is said with its place, in whatever encoding the sheet was saved."""
    file = tmp_path / "times.csv"
    file.write_text("student;received_at\ns01;2026-10-12 23:40\ns99;2026-10-12 23:41\ns98;\n", encoding="utf-16")
    done = take({"a_1001_5_noising.py": CODE}, times=file)
    assert done.collected[0].received_at.astimezone(UTC) == datetime(2026, 10, 12, 21, 40, tzinfo=UTC)
    assert [(left.who, left.entries) for left in done.left] == [("s99, 2026-10-12 23:41", (f"{file}:3",))]
    assert "nobody on the roster" in done.left[0].reason


def test_the_newest_of_several_attempts_wins(course, take):
    """By time where the names have one, and its time is the one that counts."""
    done = take(
        {
            "HW_ada_attempt_2026-10-12-10-00-00_noising.py": b"old = 1",
            "HW_ada_attempt_2026-10-13-10-00-00_noising.py": CODE,
            "HW_ada_attempt_2026-10-11-10-00-00_helper.py": b"older = 1",
        },
        "blackboard",
    )
    assert "the newest of 3 attempts" in done.collected[0].notes
    assert held(course, "s01") == {"noising.py": CODE}
    assert read_received(course.root, "noising")["s01"] == datetime(2026, 10, 13, 8, 0, tzinfo=UTC)


def test_canvas_numbers_say_which_file_is_newer(course, take):
    """noising-1.py with the higher file number replaces noising.py; the helper beside them stays."""
    take({"a_1001_7_noising-1.py": CODE, "a_1001_5_noising.py": b"old = 1", "a_1001_6_helper.py": b"h = 1"})
    assert held(course, "s01") == {"noising.py": CODE, "helper.py": b"h = 1"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"My Work.ipynb"}, {"noising.ipynb"}),
        ({"noising (2).py"}, {"noising.py"}),
        ({"NOISING.PY"}, {"noising.py"}),
        ({"noising - Copy.py", "helper.py"}, {"noising.py", "helper.py"}),
        ({"work/a/noising.py", "work/a/lib/net.py"}, {"noising.py", "lib/net.py"}),
        ({"work/noising.py", "helper.py"}, {"noising.py", "helper.py"}),
        ({"noising.py", "noising (1).py"}, {"noising.py", "noising (1).py"}),
        ({"noising.py", "noising.ipynb"}, {"noising.py", "noising.ipynb"}),
        ({"a.py", "b.py"}, {"a.py", "b.py"}),
        ({"noising.py", "data.csv", ".hidden.py", "__pycache__/x.py"}, {"noising.py", "data.csv"}),
        ({"hw/noising.py", "hw/data/x.csv", "notes.txt"}, {"noising.py", "data/x.csv", "notes.txt"}),
        ({"src/noising.py", "src/x.csv", "helper.py"}, {"noising.py", "x.csv", "helper.py"}),
    ],
)
def test_files_get_the_names_that_grading_looks_for(course, take, files, expected):
    """The main file ends on top under its name, siblings keep theirs, and data come along with the code."""
    take({f"Ada Loveless_1_assignsubmission_file_/{name}": name.encode() for name in files}, "moodle")
    assert set(held(course, "s01")) == expected


def test_what_is_collected_is_what_is_graded(course, take):
    """The finder of submissions sees the file, its time and its format."""
    take({"HW_ada_attempt_2026-10-12-23-40-05_mine.py": CODE}, "blackboard")
    (found,) = find_submissions(course, [course.root])
    assert (found.main, found.problem, found.student) == ("noising.py", None, "s01")
    assert found.received_at == datetime(2026, 10, 12, 21, 40, 5, tzinfo=UTC)


def test_collecting_twice_changes_nothing(course, take):
    """The same archive again is unchanged, byte for byte, record included."""
    files = {"HW_ada_attempt_2026-10-12-23-40-05_noising.py": CODE}
    take(files, "blackboard")
    before = (course.root / "assignments/noising/received.json").read_bytes()
    done = take(files, "blackboard")
    assert [c.status for c in done.collected] == ["unchanged"]
    assert not done.need_human
    assert (course.root / "assignments/noising/received.json").read_bytes() == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("source", ["canvas", "moodle"])
def test_one_entry_twice_with_two_contents_is_nobodys_choice(course, take, source):
    """Which of them counts is for a human to say; the same content twice is one."""
    name = {"canvas": "lovelessada_1001_55_noising.py", "moodle": "Ada Loveless_4711_assignsubmission_file_/noising.py"}
    done = take([(name[source], CODE), (name[source], b"other")], source)
    assert done.need_human
    assert "in the archive twice, with different content" in str(done)
    assert held(course, "s01") == {}
    take([(name[source], CODE), (name[source], CODE)], source)
    assert held(course, "s01") == {"noising.py": CODE}


BLACKBOARD = "HW_ada_attempt_2026-10-{}-10-00-00_noising.py"


@pytest.mark.parametrize(
    ("first", "second", "source", "status", "survivor"),
    [
        (BLACKBOARD.format(12), BLACKBOARD.format(13), "blackboard", "replaced", b"new"),
        (BLACKBOARD.format(13), BLACKBOARD.format(12), "blackboard", "older", b"old"),
        ("a_1001_5_noising.py", "a_1001_6_noising.py", "canvas", "replaced", b"new"),
        ("a_1001_6_noising.py", "a_1001_5_noising.py", "canvas", "older", b"old"),
        ("s01/noising.py", "s01/noising.py", "nbgrader", "kept", b"old"),
    ],
)
def test_only_a_newer_attempt_takes_the_place_of_another(course, take, first, second, source, status, survivor):
    """Newer replaces and says so, older does not, and where nothing tells, what is there stays."""
    take({first: b"old"}, source)
    done = take({second: b"new"}, source)
    assert [c.status for c in done.collected] == [status]
    assert done.need_human == (status == "kept")
    assert held(course, "s01") == {"noising.py": survivor}


def test_replace_takes_what_is_only_different(course, take):
    """--replace is the way to say that the archive is right."""
    take({"s01/noising.py": b"old"}, "nbgrader")
    done = take({"s01/noising.py": b"new"}, "nbgrader", replace_others=True)
    assert [c.status for c in done.collected] == ["replaced"]
    assert held(course, "s01") == {"noising.py": b"new"}


@pytest.mark.parametrize("by_hand", [True, False])
def test_work_of_others_in_the_folder_is_not_lost(course, take, by_hand):
    """A file put there or changed by hand stays until --replace, and notes beside the code stay even then."""
    if not by_hand:
        take({BLACKBOARD.format(12): b"old"}, "blackboard")
    folder = course.root / "assignments/noising/submitted/s01"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "noising.py").write_bytes(b"mended by the teacher")
    (folder / "notes.txt").write_bytes(b"spoke with Ada")
    done = take({BLACKBOARD.format(13): b"new"}, "blackboard")
    assert [c.status for c in done.collected] == ["kept"]
    assert "--replace takes this one" in done.collected[0].reason
    assert held(course, "s01")["noising.py"] == b"mended by the teacher"
    take({BLACKBOARD.format(13): b"new"}, "blackboard", replace_others=True)
    assert held(course, "s01") == {"noising.py": b"new", "notes.txt": b"spoke with Ada"}


def test_dry_run_says_the_same_and_writes_nothing(course, take):
    """--dry-run leaves no trace."""
    done = take({"a_1001_5_noising.py": CODE}, dry_run=True)
    assert [c.status for c in done.collected] == ["new"]
    assert not (course.root / "assignments").exists()


def test_a_late_mark_without_a_time_is_said(take):
    """Canvas says late but not when: the record keeps the mark, and the note says that no penalty follows."""
    done = take({"lovelessada_LATE_1001_5_noising.py": CODE})
    assert done.collected[0].late
    assert "the LMS says late, but not when" in done.collected[0].notes[0]


def test_an_interrupted_exchange_is_put_right(course, take):
    """An old attempt set aside by a call that was killed comes back; a half-written new one goes."""
    submitted = course.root / "assignments/noising/submitted"
    (submitted / ".replaced-s02").mkdir(parents=True)
    (submitted / ".replaced-s02" / "noising.py").write_bytes(b"old")
    (submitted / ".incoming-s02").mkdir()
    take({"a_1001_5_noising.py": CODE})
    assert held(course, "s02") == {"noising.py": b"old"}
    assert sorted(f.name for f in submitted.iterdir()) == ["s01", "s02"]


def test_a_disk_that_refuses_loses_nothing(course, take, monkeypatch):
    """Where the second rename fails, the old attempt is back in place, and the record speaks of it."""
    take({BLACKBOARD.format(12): b"old"}, "blackboard")
    record = (course.root / "assignments/noising/received.json").read_bytes()
    from pathlib import Path

    rename = Path.rename

    def full(self, target):
        if self.name.startswith(".incoming-"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputError, match="What was there before is unchanged"):
        take({BLACKBOARD.format(13): b"new"}, "blackboard")
    assert held(course, "s01") == {"noising.py": b"old"}
    assert (course.root / "assignments/noising/received.json").read_bytes() == record


def test_a_link_in_place_of_a_folder_is_left_alone(course, take, tmp_path):
    """submitted/s01 that leads elsewhere is not written through."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (course.root / "assignments/noising/submitted").mkdir(parents=True)
    (course.root / "assignments/noising/submitted/s01").symlink_to(elsewhere)
    done = take({"a_1001_5_noising.py": CODE}, replace_others=True)
    assert [c.status for c in done.collected] == ["kept"]
    assert not list(elsewhere.iterdir())


def test_a_broken_record_is_named(course, take):
    """A received.json that is no record stops the call before anything is written."""
    file = course.root / "assignments/noising/received.json"
    file.parent.mkdir(parents=True)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(CourseError, match=r"received.json: is no record"):
        take({"a_1001_5_noising.py": CODE})


def test_without_a_roster_nothing_can_be_matched(course, tmp_path):
    """The command says what is missing."""
    with pytest.raises(UsageError, match="there is no roster"):
        collect(replace(course, roster=()), "noising", tmp_path / "a.zip", DOWNLOADS["canvas"])


@pytest.fixture
def on_disk(tmp_path):
    (tmp_path / "course.yml").write_text("title: t\nsecret: public-secret\nassignments: [{slug: noising, title: N}]\n")
    (tmp_path / "roster.csv").write_text("student,name,lms_id\ns01,Ada,1001\n")
    for file in ("tests/suites/test_noising.py", "reference/noising.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("ada_1001_5_noising.py", CODE)
        zipped.writestr("grace\x1b[2J_9_6_noising.py", CODE)
    return tmp_path


def test_the_command_lists_and_exits_5_where_a_human_is_needed(on_disk):
    """One line a student, one for each that was not taken, none of which can move the cursor."""
    arguments = [str(on_disk / "a.zip"), "--assignment", "noising", "--from", "canvas", "--course", str(on_disk)]
    done = CliRunner().invoke(collect_command, arguments, standalone_mode=False)
    assert done.return_value == 5
    assert "s01: new" in done.output
    assert "not taken: " in done.output
    assert "\x1b" not in done.output


def test_the_command_speaks_json(on_disk):
    """--json is one document with everything in it."""
    arguments = [str(on_disk / "a.zip"), "--assignment", "noising", "--from", "canvas", "--course", str(on_disk)]
    done = CliRunner().invoke(collect_command, [*arguments, "--json"], standalone_mode=False)
    document = json.loads(done.output)
    assert [c["student"] for c in document["collected"]] == ["s01"]
    assert document["summary"] == {"new": 1, "left": 1}


def test_the_command_knows_its_assignments(on_disk):
    """A misspelt slug is answered with the right one."""
    arguments = [str(on_disk / "a.zip"), "--assignment", "noise", "--from", "canvas", "--course", str(on_disk)]
    done = CliRunner().invoke(collect_command, arguments, standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert "did you mean 'noising'?" in str(done.exception)


def test_whose_archive_it_is_is_guessed_and_said(on_disk):
    """Without --from the names tell; a wrong --from is answered with the right one."""
    arguments = [str(on_disk / "a.zip"), "--assignment", "noising", "--course", str(on_disk)]
    done = CliRunner().invoke(collect_command, arguments, standalone_mode=False)
    assert "taken for a download of Canvas; --from canvas says so" in done.output
    assert "s01: new" in done.output
    done = CliRunner().invoke(collect_command, [*arguments, "--from", "moodle"], standalone_mode=False)
    assert "the archive looks like Canvas's: --from canvas" in done.output


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["Ada_7_assignsubmission_file_/noising.py", "index.html"], "moodle"),
        (["HW_1_ada_attempt_2026-10-12-23-40-05_noising.py"], "blackboard"),
        (["12-34 - Ada - Oct 12, 2026 1140 PM/noising.py", "index.html"], "brightspace"),
        (["s01/noising.py"], "nbgrader"),
        (["noising.py"], None),
    ],
)
def test_each_lms_is_known_by_its_names(tmp_path, names, word):
    """Nobody is guessed where no LMS names files so."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        for name in names:
            zipped.writestr(name, CODE)
    if word is None:
        with pytest.raises(UsageError, match="say whose it is: --from canvas"):
            guessed(tmp_path / "a.zip", "noising", ZoneInfo("UTC"))
    else:
        assert guessed(tmp_path / "a.zip", "noising", ZoneInfo("UTC")).download.word == word


def test_the_command_collects_blind(on_disk):
    """`--blind` takes Participant 25 as p25, whom no roster knows."""
    with zipfile.ZipFile(on_disk / "a.zip", "w") as zipped:
        zipped.writestr("Participant_25_assignsubmission_file/noising.py", CODE)
    arguments = [str(on_disk / "a.zip"), "--assignment", "noising", "--course", str(on_disk), "--blind"]
    done = CliRunner().invoke(collect_command, arguments, standalone_mode=False)
    assert done.return_value == 0
    assert "p25: new" in done.output


@pytest.fixture
def of_texts(course):
    """The same course, where a query is handed in."""
    return replace(course, assignments=(Assignment(slug="noising", title="Noising", files=("query.sql",)),))


def takes(course, tmp_path, files, source="moodle"):
    """Collects files for one student; the result and what lies there afterwards."""
    archive = tmp_path / "texts.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return collect(course, "noising", archive, DOWNLOADS[source]), held(course, "s01")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["query.sql"], {"query.sql"}),
        (["Query.SQL"], {"query.sql"}),
        (["query (1).sql"], {"query.sql"}),
        (["work/query.sql", "notes.txt"], {"query.sql", "notes.txt"}),
        (["mine.sql"], {"query.sql"}),
        (["query.sql", "mine.sql"], {"query.sql", "mine.sql"}),
        (["noising.py", "query-1.sql"], {"noising.py", "query.sql"}),
        (["noising.py", "mine.sql"], {"noising.py", "mine.sql"}),
    ],
)
def test_a_text_alone_is_a_submission(of_texts, tmp_path, files, expected):
    """It lies on top under its name, whatever an LMS or a student made of that."""
    done, there = takes(of_texts, tmp_path, {f"Ada Loveless_1_assignsubmission_file_/{n}": n for n in files})
    assert (set(there), [c.status for c in done.collected]) == (expected, ["new"])


@pytest.mark.parametrize("files", [["mine.sql", "other.sql"], ["report.txt"], [".query.sql"]])
def test_what_is_no_such_text_is_left_for_a_human(of_texts, tmp_path, files):
    """With the name that was asked for."""
    done, there = takes(of_texts, tmp_path, {f"Ada Loveless_1_assignsubmission_file_/{n}": n for n in files})
    assert there == {} and "no query.sql, was handed in" in done.left[0].reason


def test_a_text_that_is_there_stays_as_code_would(of_texts, tmp_path):
    """The same is unchanged; another that is not newer, or one that a person put there, is kept; a newer one counts."""
    first = {"lovelessada_1001_20_query.sql": "select 1"}
    assert takes(of_texts, tmp_path, first, "canvas")[0].collected[0].status == "new"
    assert takes(of_texts, tmp_path, first, "canvas")[0].collected[0].status == "unchanged"
    done, there = takes(of_texts, tmp_path, {"lovelessada_1001_19_query.sql": "select 0"}, "canvas")
    assert (done.collected[0].status, there) == ("older", {"query.sql": b"select 1"})
    done, there = takes(of_texts, tmp_path, {"lovelessada_1001_21_query-1.sql": "select 2"}, "canvas")
    assert (done.collected[0].status, there) == ("replaced", {"query.sql": b"select 2"})
    by_hand = of_texts.root / "assignments/noising/submitted/s02"
    by_hand.mkdir()
    (by_hand / "query.sql").write_text("mine")
    done, _ = takes(of_texts, tmp_path, {"müllerjörg_1002_30_query.sql": "select 3"}, "canvas")
    assert [c.status for c in done.collected] == ["kept"]


def test_a_text_in_a_zip_is_found(of_texts, tmp_path):
    """As code is."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("work/query.sql", "select 1")
    _, there = takes(of_texts, tmp_path, {"Ada Loveless_1_assignsubmission_file_/work.zip": inner.getvalue()})
    assert there == {"query.sql": b"select 1"}
