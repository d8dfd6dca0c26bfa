"""Downloads with the names that real systems give (tests/data), put into the right folders or left for a person."""

import io
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.course.roster import read_roster
from autograder.errors import CourseError, UsageError
from autograder.lms.intake.collect import collect
from autograder.lms.registry import DOWNLOADS
from autograder.records import MAX_FILES, Assignment, Course, Student
from autograder.submissions.find import read_received

DATA = Path(__file__).parents[2] / "data"
LMS = DATA / "lms"
ROSTER = read_roster(LMS / "roster-for-these.csv")
PARIS = ZoneInfo("Europe/Paris")
CODE = b"def q_sample(): ...\n"
# Of moodle-4.5.6-worksheet-plain.csv: whose participant each number is.
PLAIN = {
    3: "d01", 5: "d02", 4: "d03", 14: "d04", 9: "d05", 2: "d06", 1: "d07", 7: "d08",
    15: "d09", 12: "d10", 6: "d11", 8: "d12", 10: "d13", 13: "d15",
}  # fmt: skip


@pytest.fixture
def course(tmp_path):
    return Course(
        root=tmp_path,
        title="t",
        term="",
        timezone="Europe/Paris",
        secret="public-secret",
        assignments=(
            Assignment(slug="noising", title="Noising", due=datetime(2026, 10, 5, 23, 59, tzinfo=PARIS)),
            Assignment(slug="warmup", title="Warm-up"),
        ),
        roster=ROSTER,
    )


def zipped(file, entries):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file


@pytest.fixture
def take(course, tmp_path):
    """Collects an archive of these names, each file holding its own name."""

    def take(names, source="moodle", within=None, **options):
        if isinstance(names, str):
            names = (LMS / f"{names}.list").read_text("utf-8").splitlines()
        entries = names if isinstance(names, dict) else {name: f"# {name}\n" for name in names}
        return collect(within or course, "noising", zipped(tmp_path / "a.zip", entries), DOWNLOADS[source], **options)

    return take


def held(course, student):
    folder = course.root / "assignments/noising/submitted" / student
    return {f.relative_to(folder).as_posix(): f.read_text("utf-8") for f in folder.rglob("*") if f.is_file()}


def notes(done):
    return {each.student: "; ".join(each.notes) for each in done.collected}


def sheet(name):
    return LMS / f"moodle-4.5.6-worksheet-{name}.csv"


def with_groups(course, **changes):
    first, *rest = course.assignments
    return replace(course, assignments=(replace(first, **changes), *rest))


# Moodle


@pytest.mark.parametrize("shape", ["folders", "flat"])
def test_moodle_s_plain_download_with_its_worksheet(course, take, shape):
    """All fourteen find their folder by participant and name, both Annas too, with the time of the worksheet."""
    done = take(f"moodle-4.5.6-zipnames-{shape}-plain", times=sheet("plain"))
    assert not done.left
    assert {each.student for each in done.collected} == set(PLAIN.values())
    for number, student in PLAIN.items():
        assert all(f"_{number}_" in text for text in held(course, student).values()), student
    at = read_received(course.root, "noising")
    assert at["d07"] == datetime(2026, 10, 4, 17, 30, tzinfo=PARIS)
    assert set(held(course, "d02")) == {"noising.py", "notes.txt"}
    assert set(held(course, "d09")) == {"noising.py", "żółw.png"}


def test_moodle_s_download_without_a_worksheet(take):
    """By names folded as Moodle folds them; two of one name are left for a person."""
    done = take("moodle-4.5.6-zipnames-folders-plain")
    assert {each.student for each in done.collected} == set(PLAIN.values()) - {"d04", "d05"}
    assert [left.who for left in done.left] == ["Anna Kowalska (participant 14)", "Anna Kowalska (participant 9)"]


def test_more_time_and_drafts_are_read_from_the_worksheet(course, take):
    """d13 has the line for course.yml until it stands there; d15 is a draft."""
    said = notes(take("moodle-4.5.6-zipnames-folders-plain", times=sheet("plain")))
    assert '`extensions: {d13: "2026-10-08 23:59"}` of noising' in said["d13"]
    assert "a draft in the LMS" in said["d15"]
    assert not [student for student in said if student not in ("d13", "d15") and ("draft" in said[student])]
    known = with_groups(course, extensions={"d13": datetime(2026, 10, 8, 23, 59, 59, tzinfo=PARIS)})
    said = notes(take("moodle-4.5.6-zipnames-folders-plain", within=known, times=sheet("plain")))
    assert "extensions" not in said["d13"]


def test_the_us_english_worksheet_is_read(course, take):
    """Month first, by name."""
    names = ["Siobhán ORahilly-Quist_202_assignsubmission_file/noising.py", "Late Comer_209_assignsubmission_file/n.py"]
    take(names, times=sheet("enus"))
    assert read_received(course.root, "noising") == {
        "d01": datetime(2026, 10, 2, 11, 30, tzinfo=PARIS),
        "d13": datetime(2026, 10, 6, 0, 5, tzinfo=PARIS),
    }


def test_a_team_s_file_goes_to_its_members_and_to_nobody_else(course, take):
    """The number is the team's, though a participant has the same; `_` of names is a blank in the zip."""
    done = take("moodle-4.5.6-zipnames-folders-teams", times=sheet("teams"))
    assert not done.left
    team = {
        "Team A 1": ["d01", "d02", "d03"],
        "Team B": ["d04", "d05"],
        "The Wanderers": ["d09", "d10"],
        "Default group": ["d06", "d07", "d08", "d11", "d12", "d13", "d14", "d15"],
    }
    for name, members in team.items():
        for student in members:
            assert held(course, student)["noising.py"].startswith(f"# {name}_"), student
    assert "handed in by the team 'The Wanderers'" in notes(done)["d09"]
    assert read_received(course.root, "noising")["d09"] == datetime(2026, 10, 2, 13, 0, tzinfo=PARIS)


def test_a_team_without_a_worksheet_is_nobody_s(take):
    """Nothing is guessed, no team is called anonymous, and the way out is said."""
    done = take(
        [
            *(LMS / "moodle-4.5.6-zipnames-folders-teams.list").read_text().splitlines(),
            "Lab 3_3_assignsubmission_file/noising.py",
        ]
    )
    assert not done.collected
    assert len(done.left) == 5
    assert all("if this is a team, name Moodle's worksheet with --times" in left.reason for left in done.left)


def test_an_older_moodle_s_team_in_front_of_a_name(course, take):
    """`Team B-...` is read where the worksheet knows that team, and the person is of it."""
    names = [
        "Team B-Anna Kowalska_12_assignsubmission_file_/noising.py",
        "The Wanderers-Łukasz Żółć_13_assignsubmission_file_/noising.py",
    ]
    done = take(names, times=sheet("teams"))
    assert [each.student for each in done.collected] == ["d09"]
    assert "d04, d05" in done.left[0].reason


@pytest.mark.parametrize("name", ["Anna-Maria Schmidt", "Jean-Paul Roth", "X-Maria Schmidt"])
def test_a_hyphen_makes_nobody_somebody_else(course, take, name):
    """Who is not on the roster is not the person without the first part."""
    roster = (Student(id="m1", name="Maria Schmidt"), Student(id="p1", name="Paul Roth"))
    done = take([f"{name}_77_assignsubmission_file/noising.py"], within=replace(course, roster=roster))
    assert not done.collected
    assert done.left[0].nearest


def test_a_number_of_the_worksheet_counts_only_with_its_name(course, take):
    """A late Anna who is on the worksheet and not on the roster is not the other Anna, nor whose number she has."""
    roster = tuple(student for student in ROSTER if student.id != "d04")
    within = replace(course, roster=roster)
    done = take(["Anna Kowalska_14_assignsubmission_file/noising.py"], within=within, times=sheet("plain"))
    assert not done.collected
    assert "nobody on the roster fits that line" in done.left[0].reason
    done = take(["Somebody Else_5_assignsubmission_file/noising.py"], times=sheet("plain"))
    assert not done.collected


def test_blind_marking_says_what_to_do(take):
    """Names are hidden in both files, and the reason given is that."""
    done = take("moodle-4.5.6-zipnames-folders-blind")
    assert not done.collected
    assert all("collect with --blind, or reveal the identities" in left.reason for left in done.left)
    with pytest.raises(UsageError, match=r"worksheet of blind marking.*--blind"):
        take("moodle-4.5.6-zipnames-folders-blind", times=sheet("blind"))


def test_blind_marking_goes_by_participant(course, take):
    """p25 is Participant 25, with the time of the worksheet; the roster is not needed."""
    within = replace(course, roster=())
    done = take("moodle-4.5.6-zipnames-folders-blind", within=within, times=sheet("blind"), blind=True)
    assert not done.left
    assert {each.student for each in done.collected} == {f"p{number}" for number in range(16, 31)} - {"p21"}
    assert read_received(course.root, "noising")["p25"] == datetime(2026, 10, 7, 23, 20, tzinfo=PARIS)
    assert "a draft" in notes(done)["p30"]
    assert held(course, "p25") == {"noising.py": "# Participant_25_assignsubmission_file/noising.py\n"}


# Canvas


@pytest.mark.parametrize("numbers", [True, False])
def test_canvas_download(course, take, numbers):
    """Thirteen by number; by name alone all whom a name tells; text and links are no code, not strangers."""
    within = course if numbers else replace(course, roster=tuple(replace(s, lms_id="") for s in ROSTER))
    done = take("canvas-zipnames", "canvas", within=within)
    expected = {f"d{number:02}" for number in range(1, 14)} - (set() if numbers else {"d04", "d05"})
    assert {each.student for each in done.collected} == expected
    typed = {left.who: left.reason for left in done.left if left.who.startswith(("keeper", "sent"))}
    assert typed == {
        "keeperdraft (1015)": "no .py or .ipynb was handed in, only text.html",
        "sentnever (1014)": "no .py or .ipynb was handed in, only link.html",
    }
    assert len(done.left) == (2 if numbers else 4)
    assert [each.student for each in done.collected if each.late] == ["d13"]


@pytest.mark.parametrize(
    "name", ["LATE_anon_Xy9Zt_5102_noising.py", "LATE_anon_Xy9Zk_1007_12_noising.py", "anon_Xy9Zt_5102_noising.py"]
)
def test_late_anonymous_entries_of_canvas_are_nobody_s(take, name):
    """LATE stands first there; what follows the file's number is the student's own."""
    done = take([name], "canvas")
    assert not done.collected
    assert "the LMS hid the names" in done.left[0].reason


def test_a_group_s_entry_in_canvas_is_noted(take):
    """One member's number, the group's name: taken for that member, and said."""
    done = take(["thewanderers_1009_7001_noising.py"], "canvas")
    assert "its name 'thewanderers' is not: a team's?" in notes(done)["d09"]


def test_a_number_and_a_name_of_two_people_are_for_a_person(take):
    """The number of one and the name of another is nobody's."""
    done = take(["müllerzoë_1009_7001_noising.py"], "canvas")
    assert not done.collected
    assert "its number is d09's, its name d03's" in done.left[0].reason


# Intake: zips, other assignments, data, limits


@pytest.fixture
def case(course):
    """Collects a case of tests/data/handed-in."""

    def case(name, source, **changes):
        folder = next((DATA / "handed-in").glob(f"{name}-*"))
        within = replace(with_groups(course, **changes), roster=read_roster(folder / "roster.csv"))
        return collect(within, "noising", folder / "a.zip", DOWNLOADS[source])

    return case


def test_a_zip_in_the_download_is_opened(course, case):
    """Its code is found in its folder; what a Mac adds is passed over."""
    done = case("37", "canvas")
    assert [(each.student, each.files) for each in done.collected] == [("s02", ("noising.py",))]
    assert "hw1.zip was opened" in notes(done)["s02"]


def inner(entries):
    data = io.BytesIO()
    zipped(data, entries)
    return data.getvalue()


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"../../noising.py": CODE}, "climbs out of its folder"),
        ({"noising.py": bytes(10 * 2**20)}, "zip bomb"),
        (
            {"a.zip": inner({"b.zip": inner({"c.zip": inner({"d.zip": inner({"noising.py": CODE})})})})},
            "in more than 3",
        ),
        ({"notes.txt": b"see my other file"}, "no .py or .ipynb was handed in, only notes.txt"),
    ],
)
def test_a_zip_in_a_zip_has_the_same_guards(course, take, entries, reason):
    """Nothing climbs, nothing swells, and the others are collected."""
    first = "dupontmoreaujeanluc_1002_5002_hw.zip"
    done = take({first: inner(entries), "comerlate_1013_5013_noising.py": CODE}, "canvas")
    assert [each.student for each in done.collected] == ["d13"]
    assert reason in done.left[0].reason
    assert not list(course.root.glob("noising.py"))


def test_zips_beside_code_are_data(course, take):
    """A student's code may open its own zip, so it stays as it is; one that is broken costs nothing."""
    name = "Late Comer_10_assignsubmission_file/{}"
    take(
        {name.format("noising.py"): CODE, name.format("data.zip"): inner({"x.csv": b"1"}), name.format("b.zip"): b"PK"}
    )
    folder = course.root / "assignments/noising/submitted/d13"
    assert sorted(file.name for file in folder.iterdir()) == ["b.zip", "data.zip", "noising.py"]


def test_a_file_of_another_assignment_is_left_for_a_person(course, case):
    """warmup.py is not taken for noising.py."""
    done = case("41", "canvas")
    assert not done.collected
    assert "warmup.py has the name of another assignment" in done.left[0].reason


@pytest.mark.parametrize("names", [["Warmup (1).ipynb"], ["warmup.py", "helper.py"], ["hw/warmup-2.py"]])
def test_other_names_of_another_assignment_are_known_too(take, names):
    """As browsers and LMSs rename files, in folders, and with helpers beside."""
    done = take([f"Late Comer_10_assignsubmission_file/{name}" for name in names])
    assert not done.collected
    done = take([f"Late Comer_10_assignsubmission_file/{name}" for name in [*names, "noising.py"]])
    assert [each.student for each in done.collected] == ["d13"]


def test_data_beside_the_code_is_replaced_with_it_and_a_teacher_s_notes_stay(course, take):
    """A newer attempt takes its own data away; what no download brought stays."""
    name = "comerlate_1013_{}_{}"
    take({name.format(1, "noising.py"): CODE, name.format(2, "old.csv"): b"1"}, "canvas")
    folder = course.root / "assignments/noising/submitted/d13"
    (folder / "teacher.txt").write_text("spoke with them")
    done = take({name.format(3, "noising.py"): b"x = 1\n", name.format(4, "new.csv"): b"2"}, "canvas")
    assert [each.status for each in done.collected] == ["replaced"]
    assert sorted(file.name for file in folder.iterdir()) == ["new.csv", "noising.py", "teacher.txt"]
    assert (
        take({name.format(3, "noising.py"): b"x = 1\n", name.format(4, "new.csv"): b"2"}, "canvas").collected[0].status
        == "unchanged"
    )
    kept = course.root / "assignments/noising/attempts/d13/number-2"
    assert sorted(file.name for file in kept.iterdir()) == ["noising.py", "old.csv", "teacher.txt"]


def test_a_student_s_data_does_not_overwrite_a_teacher_s_file(course, take):
    """Of one name: kept for a person, and with --replace both are there."""
    name = "comerlate_1013_{}_{}"
    take({name.format(1, "noising.py"): CODE}, "canvas")
    folder = course.root / "assignments/noising/submitted/d13"
    (folder / "notes.txt").write_text("spoke with them")
    newer = {name.format(2, "noising.py"): b"x = 1\n", name.format(3, "notes.txt"): b"mine"}
    assert [each.status for each in take(newer, "canvas").collected] == ["kept"]
    take(newer, "canvas", replace_others=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "notes.txt.before-collect").read_text() == "spoke with them"


def test_a_record_of_before_gets_the_data(course, take):
    """What was collected when data was left out gets its data by the same archive."""
    files = {"comerlate_1013_1_noising.py": CODE, "comerlate_1013_2_data.csv": b"1"}
    take({"comerlate_1013_1_noising.py": CODE}, "canvas")
    record = course.root / "assignments/noising/received.json"
    record.write_text(record.read_text().replace('"files": [\n      "noising.py"\n    ],\n    ', ""))
    done = take(files, "canvas")
    assert (done.collected[0].status, done.collected[0].reason) == ("replaced", "with the files beside the code")


def test_collect_and_grading_agree_on_how_much_they_read(take):
    """As many files as grading reads, and no more."""
    name = "Late Comer_10_assignsubmission_file/{}"
    files = {name.format("noising.py"): CODE} | {name.format(f"d{n}.csv"): b"1" for n in range(150)}
    done = take(files)
    assert len(done.collected[0].files) == MAX_FILES
    assert f"(more than {MAX_FILES} files)" in notes(done)["d13"]


# Attempts


def test_an_attempt_in_time_is_named_or_taken(course, case):
    """By default the last counts, and the note says that an earlier one was in time; last_on_time takes that."""
    late = "an earlier attempt of 2026-10-05 20:00 was in time"
    assert late in notes(case("38", "blackboard"))["s02"]
    assert read_received(course.root, "noising")["s02"] == datetime(2026, 10, 9, 1, 0, tzinfo=PARIS)
    shutil.rmtree(course.root / "assignments")
    done = case("38", "blackboard", attempts="last_on_time")
    assert read_received(course.root, "noising")["s02"] == datetime(2026, 10, 5, 20, 0, tzinfo=PARIS)
    assert "the last of 1 attempts in time counts, of 2" in notes(done)["s02"]
    kept = list((course.root / "assignments/noising/attempts/s02").iterdir())
    assert [folder.name for folder in kept] == ["2026-10-08T23-00-00Z"]
    assert (kept[0] / "noising.py").is_file()
    again = case("38", "blackboard", attempts="last_on_time")
    assert [each.status for each in again.collected] == ["unchanged"]


@pytest.mark.parametrize(("extension", "day"), [(None, 5), (datetime(2026, 10, 10, tzinfo=PARIS), 9)])
def test_in_time_is_by_each_student_s_own_deadline(course, case, extension, day):
    """An extension makes the later attempt one in time."""
    extensions = {"s02": extension} if extension else {}
    case("38", "blackboard", attempts="last_on_time", extensions=extensions)
    assert read_received(course.root, "noising")["s02"].astimezone(PARIS).day == day


def test_a_limit_on_attempts(course, take):
    """Attempts after the limit do not count, and are kept."""
    names = [f"HW_d13_attempt_2026-10-0{day}-10-00-00_noising.py" for day in (1, 2, 3)]
    done = take(names, "blackboard", within=with_groups(course, max_attempts=2))
    assert "3 attempts, of which the first 2 count" in notes(done)["d13"]
    assert held(course, "d13") == {"noising.py": f"# {names[1]}\n"}
    kept = course.root / "assignments/noising/attempts/d13"
    assert sorted(folder.name for folder in kept.iterdir()) == ["2026-10-01T08-00-00Z", "2026-10-03T08-00-00Z"]


def test_a_later_download_does_not_take_the_place_of_one_in_time(course, take, tmp_path):
    """With last_on_time a late attempt of a later download stays beside."""
    within = with_groups(course, attempts="last_on_time")
    times = tmp_path / "times.csv"
    for number, (at, status) in enumerate([("2026-10-05 20:00", "new"), ("2026-10-08 20:00", "older")]):
        times.write_text(f"student,received_at\nd13,{at}\n")
        done = take([f"comerlate_1013_{number}_noising.py"], "canvas", within=within, times=times)
        assert [each.status for each in done.collected] == [status]
    assert held(course, "d13") == {"noising.py": "# comerlate_1013_0_noising.py\n"}
    assert (course.root / "assignments/noising/attempts/d13/2026-10-08T18-00-00Z/noising.py").is_file()


# Groups


def test_a_group_hands_in_once(course, case):
    """Both members have the one submission, with its time."""
    done = case("40", "canvas", groups={"pair": ("s01", "s02")})
    assert not done.left
    assert {each.student: each.files for each in done.collected} == {"s01": ("noising.py",), "s02": ("noising.py",)}
    assert "handed in by s02 for the group pair" in notes(done)["s01"]
    assert held(course, "s01") == held(course, "s02")


def test_the_newest_of_a_group_counts(course, take):
    """Where two members hand in, each has the newer, and the note says so."""
    within = with_groups(course, groups={"pair": ("d12", "d13")})
    names = [
        "HW_d12_attempt_2026-10-04-10-00-00_noising.py",
        "HW_d13_attempt_2026-10-03-10-00-00_noising.py",
    ]
    done = take(names, "blackboard", within=within)
    assert held(course, "d13") == held(course, "d12") == {"noising.py": f"# {names[0]}\n"}
    assert "and by d13 as well: the newest counts" in notes(done)["d13"]
    assert set(read_received(course.root, "noising").values()) == {datetime(2026, 10, 4, 8, 0, tzinfo=UTC)}


def test_an_entry_under_a_group_s_name(course, take):
    """Canvas, Moodle and Blackboard name a group's entry after the group."""
    within = with_groups(course, groups={"The Wanderers": ("d09", "d10")})
    for source, name in (
        ("canvas", "thewanderers_1009_7001_noising.py"),
        ("moodle", "The Wanderers_64_assignsubmission_file/noising.py"),
        ("blackboard", "HW 1_The Wanderers_attempt_2026-10-04-10-00-00_noising.py"),
    ):
        done = take([name], source, within=within, dry_run=True)
        assert [each.student for each in done.collected] == ["d09", "d10"], source


# Records and other files


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('{"received_at": 5}', "d13: received_at is 5, no time"),
        ('{"received_at": "soon"}', "d13: received_at is 'soon', no time"),
        ('{"order": "x"}', "d13: order is 'x', no number"),
        ('{"files": "x"}', "d13: files is 'x', no list of names"),
        ("[]", "its entries are no objects"),
    ],
)
def test_a_broken_record_is_named_with_its_field(course, take, entry, said):
    """Never a traceback."""
    file = course.root / "assignments/noising/received.json"
    file.parent.mkdir(parents=True)
    file.write_text(f'{{"d13": {entry}}}')
    with pytest.raises(CourseError, match=said):
        take(["comerlate_1013_1_noising.py"], "canvas")


def test_a_pipe_is_no_archive(course, tmp_path):
    """It is refused, not waited for."""
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is no file"):
        collect(course, "noising", tmp_path / "pipe", DOWNLOADS["canvas"])


def test_a_late_one_without_a_line_is_said(take, tmp_path):
    """--times was given and has no line for them."""
    times = tmp_path / "times.csv"
    times.write_text("student,received_at\nd01,2026-10-01 10:00\n")
    done = take(["comerlate_LATE_1013_1_noising.py"], "canvas", times=times)
    assert "times.csv has no line for d13, so no penalty is taken" in notes(done)["d13"]


# Sakai and ILIAS: names as their source makes them; neither was run


def test_sakai_s_bulk_download(course, take):
    """By the id in brackets, with the time of the LMS's own file; what Sakai adds is no submission."""
    root = "The forward process/{}/"
    ada, both = root.format("Quist, Siobhan(d01)"), root.format("Moreau, Jean-Luc(d02); Mueller, Zoe(d03)")
    files = {
        "The forward process/grades.csv": b"x",
        f"{ada}timestamp.txt": b"2026-10-02T09:30:00.123Z",
        f"{ada}Submission attachment(s)/noising.py": CODE,
        f"{ada}Submission attachment(s)/timestamp.txt": b"1999-01-01T00:00:00Z",
        f"{ada}comments.txt": b"",
        f"{ada}Quist, Siobhan(d01)_submissionText.html": b"",
        f"{both}timestamp.txt": b"20261003093000000",
        f"{both}Submission attachment(s)/noising.py": CODE,
    }
    done = take(files, "sakai")
    assert not done.left
    assert [each.student for each in done.collected] == ["d01", "d02", "d03"]
    at = read_received(course.root, "noising")
    assert at["d01"].replace(microsecond=0) == datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
    assert at["d02"] == at["d03"] == datetime(2026, 10, 3, 9, 30, tzinfo=UTC)
    assert set(held(course, "d01")) == {"noising.py"}


@pytest.mark.parametrize(
    ("name", "students", "reason"),
    [
        ("T/Quist, Siobhan(d01)_Submission attachment(s)_noising.py", ["d01"], ""),
        ("T/The Wanderers (4f-1a)/Submission attachment(s)/noising.py", ["d09", "d10"], ""),
        ("T/77aa Anonymous/Submission attachment(s)/noising.py", [], "the LMS hid the names"),
        ("T/Who, Ever(nobody)/Submission attachment(s)/noising.py", [], "nobody on the roster"),
        ("T/A, B(d01); C, D(nobody)/Submission attachment(s)/noising.py", [], "not everybody"),
        ("T/A, B(d01)/Submission attachment(s)/C, D(d02)/Submission attachment(s)/noising.py", ["d01"], ""),
        ("noising.py", [], "is not named as Sakai names it"),
    ],
)
def test_sakai_s_other_names(course, take, name, students, reason):
    """Without folders, of groups, anonymous, of strangers, and with another's name behind the student's own."""
    within = with_groups(course, groups={"The Wanderers": ("d09", "d10")})
    done = take([name], "sakai", within=within)
    assert [each.student for each in done.collected] == students
    assert reason in "".join(left.reason for left in done.left)


@pytest.mark.parametrize(
    ("name", "students", "late"),
    [
        ("O_Rahilly-Quist_Siobhan_d01_1001/noising.py", ["d01"], False),
        ("sub/Mueller_Zoe_d03_999/Late Submission - noising.py", ["d03"], True),
        ("Under_Score_Al_x_some_login_1010/noising.py", ["d10"], False),
        ("Team 12/Dupont-Moreau_Jean-Luc_d02_1002/noising.py", ["d02"], False),
        ("Team 12/Late Comer/noising.py", ["d13"], False),
        ("Mueller_Zoe_x_998/noising.py", ["d03"], False),
        ("Kowalska_Anna_x_998/noising.py", [], False),
        ("Nobody_Here_x_998/noising.py", [], False),
        ("Quist_Siobhan_d01_1001/Mueller_Zoe_d03_1003/noising.py", ["d01"], False),
        ("noising.py", [], False),
    ],
)
def test_ilias_s_names(course, take, name, students, late):
    """By number, login or name in ASCII; teams in a folder above; never by what a student put behind."""
    done = take([name], "ilias", times=None)
    assert [each.student for each in done.collected] == students
    assert any(each.late for each in done.collected) == late
    assert bool(done.left) == (not students)
