"""A class of odd names that went through a real Moodle 4.5.6 and back (tests/data/lms, `odd` in the names)."""

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lms_imports import Graded, Stopped, import_moodle, moodle_feedback, moodle_rows, moodle_site, upload_worksheet

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.lms import formats
from autograder.lms.export.layout import Options, Page
from autograder.lms.export.scores import Verdict, tabulate
from autograder.lms.export.sheet import read_sheet
from autograder.lms.intake.collect import collect
from autograder.lms.registry import DOWNLOADS
from autograder.records import Assignment, Course
from autograder.submissions.find import read_received

LMS = Path(__file__).parents[2] / "data" / "lms"
ROSTER = read_roster(LMS / "roster-odd.csv")
CLASS = [f"e{number:02}" for number in range(1, 15)]  # e15 handed nothing in, e99 is not in Moodle
TEAMS = {"Team A 1": "e01 e02 e03", "The Wanderers": "e04 e05", "Lab 3": "e06 e07 e08", "Ünïted": "e09 e10 e11 e12"}


def sample(name):
    return (LMS / f"moodle-4.5.6-odd-{name}.csv").read_bytes()


def course(slug, root=None):
    return Course(
        root=root,
        title="t",
        term="",
        timezone="Europe/London",
        secret="public-secret",
        assignments=(Assignment(slug=slug, title=f"Odd {slug}"),),
        roster=ROSTER,
    )


def marks(slug, scores, *, feedback="", roster=ROSTER):
    verdicts = [Verdict(student=s, assignment=slug, score=score, feedback=feedback) for s, score in scores.items()]
    return tabulate(replace(course(slug), roster=tuple(roster)), verdicts, slugs=[slug])


def upload(name, table, **options):
    theirs = sample(name)
    made = formats.make("moodle-worksheet", table, against=read_sheet(theirs, "ws.csv"), options=Options(**options))
    return made, *upload_worksheet(made.data, moodle_site(theirs))


@pytest.fixture
def take(tmp_path):
    def take(slug, **options):
        names = (LMS / f"moodle-4.5.6-odd-zipnames-{slug}.list").read_text("utf-8").splitlines()
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in names:
                archive.writestr(name, f"# {name}\n")
        return collect(course(slug, tmp_path), slug, tmp_path / "a.zip", DOWNLOADS["moodle"], **options)

    return take


# In


def test_every_odd_name_finds_its_folder(take, tmp_path):
    """14 of 14, both Annas too; the stranger is named by file and by line."""
    done = take("plain", times=LMS / "moodle-4.5.6-odd-worksheet-plain.csv")
    assert [each.student for each in done.collected] == CLASS
    assert ["Mallory Stranger" in left.who or "e16@" in left.who for left in done.left] == [True, True]
    number = {2: "e09", 13: "e05", 14: "e06", 4: "e14", 5: "e12", 6: "e11", 3: "e04"}
    for participant, student in number.items():
        (file,) = (tmp_path / "assignments/plain/submitted" / student).glob("plain.*")
        assert f"_{participant}_" in file.read_text("utf-8")
    assert read_received(tmp_path, "plain")["e13"] == datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def test_names_alone_find_all_but_namesakes_and_the_renamed(take):
    """Without the worksheet two Annas are a person's to tell apart; Moodle took a word in tags out of e14's name."""
    done = take("plain")
    assert {each.student for each in done.collected} == set(CLASS) - {"e05", "e06", "e14"}


def test_teams_of_moodle_reach_their_members(take, tmp_path):
    """Also the team of those who are in none, in which Moodle counts who handed nothing in."""
    done = take("teams", times=LMS / "moodle-4.5.6-odd-worksheet-teams.csv")
    members = TEAMS | {"Default group": "e13 e14 e15"}
    assert {each.student for each in done.collected} == set(" ".join(members.values()).split())
    for team, students in members.items():
        for student in students.split():
            assert team in (tmp_path / "assignments/teams/submitted" / student / "teams.py").read_text("utf-8")


# Back


def test_pages_of_team_work_are_refused():
    """The number in a page's name is a team's there, and one student's page was seen at all members of a team."""
    table, pages = marks("teams", dict.fromkeys(CLASS, 50.0)), {"e01": Page(data=b"x", token="t")}
    with pytest.raises(UsageError, match=r"ws\.csv:1: is of work in teams.*--to site.*moodle-worksheet"):
        formats.make("moodle-feedback", table, against=read_sheet(sample("worksheet-teams"), "ws.csv"), pages=pages)
    as_it_was = formats.make(
        "moodle-feedback",
        marks("plain", {"e09": 50.0}),
        against=read_sheet(sample("worksheet-plain"), "ws.csv"),
        pages={"e09": Page(data=b"e09's", token="t")},
    ).data
    assert set(moodle_feedback(as_it_was, range(1, 17))) == {2}
    assert set(moodle_feedback(as_it_was, (), teams={2: [51, 54, 59]})) == {51, 54, 59}


def test_grades_of_team_work_are_each_member_s():
    """15 of 15, as lateness may differ."""
    scores = {student: 41.0 + place for place, student in enumerate([*CLASS, "e15"])}
    _, grades, _, after = upload("worksheet-teams", marks("teams", scores))
    assert grades == 15
    assert sorted(float(row.grade) for row in after.values() if row.grade) == sorted(scores.values())


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_decimal_comma_is_never_sent_to_moodle(decimal):
    """Moodle takes a point in any language; on a site with a point it read `24,5` as 24."""
    _, grades, _, after = upload("worksheet-plain", marks("plain", dict.fromkeys(CLASS, 24.5)), decimal=decimal)
    assert grades == 14
    assert [row.grade for row in after.values()].count("24.5") == 14
    table = marks("gb", dict.fromkeys(CLASS, 24.5))
    arrived = import_moodle(formats.write("moodle", table, options=Options(decimal=decimal)), ROSTER)
    assert set(arrived.values()) == {24.5}


def test_a_comma_is_cut_off_by_the_rules_of_the_tests():
    """As seen: 24 from `24,5`, 0 from a word, and a gradebook file with a comma stops."""
    site, head = {1: Graded()}, "Identifier,Grade,Last modified (grade)\nParticipant 1,"
    for cell, becomes in (('"24,5"', "24"), ("Pass", "0"), ("24.5", "24.5")):
        assert upload_worksheet(f"{head}{cell},-\n".encode(), site)[2][1].grade == becomes
    with pytest.raises(Stopped, match="grade is invalid"):
        import_moodle(b'ID number,Email address,Username,Full name,X\nE-01,e01@example.org,e01,Z,"24,5"\n', ROSTER[:1])


def test_apostrophes_come_back_as_they_were_written():
    """Moodle decodes all but these: neither ours is sent anew for them, nor is a teacher's garbled."""
    why = "the starter's name must be kept"
    lines = [f"to_fahrenheit.values (0/50): your submission defines no to_fahrenheit; {why}"]
    lines += [
        f"warm_days.{check}: your submission defines no warm_days; {why}" for check in ("values (0/30)", "limit (0/20)")
    ]
    sheet = read_sheet(sample("worksheet-apostrophe"), "ws.csv")
    people = formats.blind_students("moodle-worksheet", sheet)
    table = marks("blind", {"p28": 0.0}, feedback="\n".join(lines), roster=people)
    assert formats.make("moodle-worksheet", table, against=sheet).preview.comments == ()
    said = formats.FORMATS["moodle-worksheet"].comment
    cell = said("I don&#x27;t see it", 'It\'s 5 < 6 "here"', "append")
    assert "I don't see it" in cell
    assert 'It\'s 5 &lt; 6 "here"' in cell


def test_where_only_grades_change_no_comment_is_sent():
    """So a teacher's bold words stay bold, and the count of comments is Moodle's."""
    made, grades, comments, _ = upload("worksheet-plain", marks("plain", {"e15": 8.0}), comments="keep")
    assert moodle_rows(made.data)[0] == ["Identifier", "Grade", "Last modified (grade)"]
    assert (grades, comments) == (len(made.preview.changes), len(made.preview.comments)) == (1, 0)


def test_a_comment_of_ours_that_stays_is_written_as_it_was():
    """Beside a row whose comment changes, an equal one is sent with its line breaks, in which Moodle finds nothing."""
    first = formats.FORMATS["moodle-worksheet"].comment("", "80 of 100 points.\none\ntwo", "append")
    back = first.replace("<br>", "").replace("<p>", "").replace("</p>", "   ")
    sheet = (
        'Identifier,"Email address",Grade,"Maximum grade","Last modified (grade)","Feedback comments"\n'
        f'"Participant 1",e01@example.org,33.00,100.00,-,"{back}"\n"Participant 2",e02@example.org,,100.00,-,\n'
    )
    table = marks("plain", {"e01": 80.0, "e02": 80.0}, feedback="one\ntwo")
    made = formats.make("moodle-worksheet", table, against=read_sheet(sheet.encode(), "ws.csv"))
    assert {row[0]: row[-1] for row in moodle_rows(made.data)[1:]} == {"Participant 1": first, "Participant 2": first}
    assert [change.student for change in made.preview.comments] == ["e02"]


def test_newer_grades_of_moodle_are_safe():
    """The time of the last grade goes back as it came: another one, or none, would be passed over or overwrite."""
    made, grades, _, _ = upload("worksheet-plain", marks("plain", dict.fromkeys(CLASS, 12.0)))
    assert grades == 14
    site = moodle_site(sample("worksheet-plain"))
    later = site | {8: replace(site[8], modified="Wednesday, 2 December 2026, 9:00 AM")}
    assert upload_worksheet(made.data, later)[0] == 13


def test_a_real_scale():
    """Words go in and come out; rows that have the word already are not sent."""
    scores = dict.fromkeys(CLASS, 60.0)
    made, grades, _, after = upload("worksheet-scale", marks("scale", scores), scale="Fail<50<=Pass<85<=Distinction")
    assert (
        grades
        == len(made.preview.changes)
        == sum(row.grade in ("Fail", "Distinction") for row in moodle_site(sample("worksheet-scale")).values())
    )
    assert [row.grade for row in after.values()].count("Pass") == 14


def test_points_are_not_sent_to_a_scale_of_the_gradebook():
    """Its import takes nobody then."""
    theirs = read_sheet(sample("gradebook-export"), "gradebook.csv")
    with pytest.raises(UsageError, match=r"gradebook\.csv:1: 'Assignment: Odd scale \(Real\)' holds words such as"):
        formats.make("moodle", marks("scale", {"e01": 50.0}), against=theirs)
    made = formats.make("moodle", marks("gb", dict.fromkeys(CLASS, 50.0)), against=theirs)
    assert len(import_moodle(made.data.replace(b"Assignment: Odd gb (Real)", b"Odd gb"), ROSTER)) == 14
    assert made.preview.absent == ("e99",)
    assert any("Mallory" in who for who in made.preview.strangers)
