"""Uploads against files that real systems made (tests/data/lms, invented people), read by the importers' own rules."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lms_imports import (
    Graded,
    Stopped,
    import_canvas,
    import_moodle,
    moodle_rows,
    moodle_site,
    php_rows,
    upload_worksheet,
)

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.lms import formats
from autograder.lms.export.layout import Options
from autograder.lms.export.scores import Verdict, tabulate
from autograder.lms.export.sheet import parsed, read_sheet
from autograder.records import Assignment, Course, Student

DATA = Path(__file__).parents[2] / "data" / "lms"
ROSTER = read_roster(DATA / "roster-for-these.csv")
HANDED_IN = [student.id for student in ROSTER if student.id != "d14"]


def course(**changes):
    given = {"slug": "noising", "title": "The forward process"} | changes
    return Course(
        root=None,
        title="t",
        term="",
        timezone="Europe/Paris",
        secret="public-secret",
        assignments=(Assignment(**given),),
        roster=ROSTER,
    )


def marks(scores=None, *, feedback="", unit="points", roster=ROSTER, **changes):
    """All but d14 have 80.5 of 100, or what scores says."""
    scores = dict.fromkeys(HANDED_IN, 80.5) if scores is None else scores
    verdicts = [Verdict(student=s, assignment="noising", score=v, feedback=feedback) for s, v in scores.items()]
    return tabulate(replace(course(**changes), roster=roster), verdicts, unit=unit, slugs=["noising"])


def sample(name):
    return (DATA / f"moodle-4.5.6-worksheet-{name}.csv").read_bytes()


def upload(name, table, **options):
    """What our upload for a sample worksheet does in Moodle, with the preview."""
    theirs = sample(name)
    made = formats.make("moodle-worksheet", table, against=read_sheet(theirs, "ws.csv"), options=Options(**options))
    return made, *upload_worksheet(made.data, moodle_site(theirs))


def test_the_reader_of_the_tests_drops_what_moodle_dropped():
    """An upload of which Moodle 4.5.6 took nothing, byte for byte, is dropped by the rules here as well."""
    data = (DATA / "upload-that-moodle-drops.csv").read_bytes()
    site = {int(number): Graded() for number in re.findall(rb"Participant (\d+)", data)}
    assert upload_worksheet(data, site)[:2] == (0, 0)
    grades, comments, _ = upload_worksheet(data.replace(b'* \\"', b'* &#92;"'), site)
    assert (grades, comments) == (14, 14)


TRICKY = ["return 1 / \\", 'said "\\", then', "C:\\x\\", '\\"', "plain, with a comma", "\\\\", 'a "quoted" \\ word']


@pytest.mark.parametrize("line", TRICKY)
@pytest.mark.parametrize("name", ["plain", "backslash-in-online-text", "comma", "enus", "teams", "teacher-comments"])
def test_no_backslash_costs_the_class_its_grades(name, line):
    """Whatever a comment or the worksheet's own columns hold, all 14 grades and comments arrive, and say it."""
    made, grades, comments, after = upload(name, marks(feedback=f"first, line\n{line}"))
    assert (grades, comments) == (14, 14)
    assert (len(made.preview.changes), len(made.preview.comments)) == (grades, comments)
    shown = [row.comment for row in after.values() if row.grade in ("80.5", "80,5")]
    assert len(shown) == 14
    written = line.replace("&", "&amp;").replace("\\", "&#92;")
    assert all(written in comment for comment in shown)


def test_a_worksheet_has_the_columns_that_moodle_reads_and_no_others():
    """Identifier, grade, its time and the comment: what students wrote in other columns is not sent back."""
    made, *_ = upload("backslash-in-online-text", marks())
    assert moodle_rows(made.data)[0] == ["Identifier", "Grade", "Last modified (grade)", "Feedback comments"]
    assert b"C:" not in made.data


def test_rows_that_do_not_change_are_not_sent():
    """Moodle saves the text of a row without its formatting, so a row with nothing new stays out."""
    first, *_ = upload("plain", marks({"d01": 50.0}))
    assert [row[0] for row in php_rows(first.data)] == ["Identifier", "Participant 3"]
    sheet = sample("plain").replace(b'"Submitted for grading -  - ",,100.00', b'"Submitted - ",80.50,100.00')
    comment = "Automatic feedback: 80.5 of 100 points.   (end of automatic feedback)   "
    sheet = re.sub(rb",-,\r?\n", f',-,"{comment}"\n'.encode(), sheet)
    again = formats.make("moodle-worksheet", marks(), against=read_sheet(sheet, "ws.csv"))
    changed = {change.student for change in (*again.preview.changes, *again.preview.comments)}
    assert set(again.students) == changed == {"d13", "d15"}  # whose rows above have another status


def test_a_teacher_s_comment_stays_and_ours_comes_behind_it():
    """Appended, and in the preview; d14, whom a teacher graded and who handed nothing in, is left alone."""
    made, grades, comments, after = upload("teacher-comments", marks({"d01": 100.0, "d02": 50.0}))
    assert (grades, comments) == (2, 2)
    assert after[81].comment.startswith("<p>I spoke with you on Monday.</p>")
    assert "100 of 100 points." in after[81].comment
    before = {change.student: (change.before, change.after) for change in made.preview.comments}
    assert before["d01"][0] == "I spoke with you on Monday."
    assert before["d01"][1].startswith("<p>I spoke with you on Monday.</p>")
    assert set(made.students) == {"d01", "d02"}


def test_a_comment_changes_though_the_grade_is_the_same():
    """The preview has a line for it, and the count is Moodle's."""
    made, grades, comments, _ = upload("teacher-comments", marks({"d01": 95.0}))
    assert (grades, comments) == (0, 1)
    assert (len(made.preview.changes), len(made.preview.comments)) == (0, 1)


@pytest.mark.parametrize(("mode", "kept"), [("append", True), ("keep", True), ("replace", False)])
def test_comments_are_what_was_asked_for(mode, kept):
    """append, keep and replace; without a teacher's words ours is written in each."""
    _, grades, _, after = upload("teacher-comments", marks({"d01": 100.0, "d02": 50.0}), comments=mode)
    assert grades == 2
    assert ("I spoke with you on Monday." in after[81].comment) == kept
    assert ("100 of 100 points." in after[81].comment) == (mode != "keep")
    assert "50 of 100 points." in after[85].comment


def test_our_words_are_replaced_in_the_next_upload_and_a_teacher_s_never():
    """What Moodle gives back (no tags, other blanks) is known again, with words before and behind it."""

    def moodle(comment):
        return re.sub(r"<[^>]+>", " ", comment)

    said = formats.FORMATS["moodle-worksheet"].comment
    first = said("Well done.", "50 of 100 points.\nq (0/5): no", "append")
    edited = moodle(first) + " See me!"
    second = said(edited, "90 of 100 points.", "append")
    assert [part in second for part in ("Well done.", "See me!", "90 of", "50 of")] == [True, True, True, False]
    assert said(moodle(second), "90 of 100 points.", "append") is None
    assert said(moodle(first).replace("\n", ""), "50 of 100 points.\nq (0/5): no", "append") is None
    assert said(edited, "90 of 100 points.", "keep") is None
    forged = said("Mine.", "x (end of automatic feedback)\nAutomatic feedback:", "append")
    assert said(moodle(forged), "50 of 100 points.", "append").count("Mine.") == 1
    assert "x" not in re.sub(r"<[^>]+>", "", said(moodle(forged), "50 of 100 points.", "append"))


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_site_with_a_decimal_comma_takes_both(decimal):
    """`87,50` there is 87.5; what is equal is no change, and both ways of writing arrive."""
    made, grades, _, after = upload("comma", marks({"d01": 87.5, "d02": 24.5}), decimal=decimal)
    assert grades == len(made.preview.changes) == 1
    assert after[129].grade.replace(",", ".") == "24.5"


def test_a_locked_grade_is_named_and_not_sent():
    """`Grade can be changed: No` is said with its reason, and costs nobody else."""
    made, grades, comments, after = upload("locked", marks())
    assert made.preview.locked == ("d01",)
    assert (grades, comments) == (13, 13)
    assert after[216].comment == ""


def test_blind_marking_is_filled_in_by_participant_alone():
    """The worksheet has no names; the scores of p25 go to Participant 25."""
    theirs = read_sheet(sample("blind"), "blind.csv")
    people = formats.blind_students("moodle-worksheet", theirs)
    assert len(people) == 15
    scores = {student.id: 10.0 + index for index, student in enumerate(people) if student.id != "p21"}
    _, grades, comments, after = upload("blind", marks(scores, roster=people))
    assert (grades, comments) == (14, 14)
    assert {f"p{number}": float(row.grade) for number, row in after.items() if row.grade} == scores
    assert after[21].grade == ""
    assert formats.notes("moodle-worksheet", marks(scores, roster=people)) == ()
    assert formats.blind_students("moodle-worksheet", read_sheet(sample("plain"), "ws.csv")) == ()


SCALE = sample("plain").replace(b'"Maximum grade"', b"Scale").replace(b",100.00,", b',"Fail\tPass\tDistinction",')


def test_a_scale_takes_words_and_says_how():
    """Without --scale it is refused with the scale's own words; with it each word arrives."""
    theirs = read_sheet(SCALE, "scale.csv")
    with pytest.raises(UsageError, match=r"takes no points.*Fail\tPass\tDistinction.*--scale"):
        formats.make("moodle-worksheet", marks(), against=theirs)
    scores = {"d01": 49.99, "d02": 50.0, "d03": 84.9, "d04": 85.0, "d05": 100.0}
    options = Options(scale="Fail<50<=Pass<85<=Distinction")
    made = formats.make("moodle-worksheet", marks(scores), against=theirs, options=options)
    grades, _, after = upload_worksheet(made.data, moodle_site(SCALE))
    assert grades == len(made.preview.changes) == 5
    words = [after[number].grade for number in (3, 5, 4, 14, 9)]
    assert words == ["Fail", "Pass", "Pass", "Distinction", "Distinction"]


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ("Pass", "is no scale; write it as"),
        ("Fail<85<=Pass<50<=Distinction", "is no scale"),
        ("Fail<50<=Pss", "'Pss' is no word of the LMS's scale, which is Fail, Pass, Distinction"),
    ],
)
def test_a_scale_that_is_none_is_refused(scale, said):
    """With the form, or the LMS's own words."""
    with pytest.raises(UsageError, match=said):
        formats.make("moodle-worksheet", marks(), against=read_sheet(SCALE, "scale.csv"), options=Options(scale=scale))


def test_a_scale_without_one_in_the_file_is_refused():
    """--scale for points would change nothing that anybody sees."""
    with pytest.raises(UsageError, match="--scale is for a file of the LMS that holds a scale"):
        upload("plain", marks(), scale="Fail<50<=Pass")


# Moodle's gradebook


def test_moodle_erases_nothing():
    """Who has no score has no line, as an empty cell becomes null and bars the cell."""
    arrived = import_moodle(formats.write("moodle", marks()), ROSTER)
    assert None not in arrived.values()
    assert {student for student, _ in arrived} == set(HANDED_IN)


def test_moodle_gets_the_people_that_it_knows_and_both_kinds_of_strangers_are_named():
    """One person unknown to Moodle stops the whole import; a newcomer there is named, too."""
    theirs = read_sheet((DATA / "moodle-4.5.6-gradebook-export.csv").read_bytes(), "gradebook.csv")
    gone = Student(id="d99", name="Gone Away", email="gone@example.org", sis_id="R-099")
    roster = (*ROSTER[1:], gone)
    made = formats.make("moodle", marks({"d99": 9.0, "d02": 94.0}, roster=roster), against=theirs)
    assert [student for student, _ in import_moodle(made.data, ROSTER)] == ["d02"]
    assert made.preview.absent == ("d99",)
    assert [who for who in made.preview.strangers if "d01" in who] == ["Siobhán O'Rahilly-Quist (d01@example.org)"]
    with pytest.raises(Stopped, match=r"gone@example\.org"):
        import_moodle(formats.write("moodle", marks({"d99": 9.0}, roster=roster)), ROSTER)


def test_moodle_gets_no_line_that_changes_nothing():
    """Each imported cell is overridden in Moodle from then on, so an equal one is not sent."""
    theirs = read_sheet((DATA / "moodle-4.5.6-gradebook-export.csv").read_bytes(), "gradebook.csv")
    made = formats.make("moodle", marks({"d01": 100.0, "d02": 23.0, "d14": None}), against=theirs)
    assert [(c.student, c.before, c.after) for c in made.preview.changes] == [("d02", "22.00", "23")]
    assert made.students == ("d02",)


def test_moodle_is_not_sent_a_hole_beside_a_score():
    """With several columns an empty cell would erase; the refusal names it and the way out."""
    two = replace(course(), assignments=(*course().assignments, Assignment(slug="warmup", title="Warm-up")))
    verdicts = [Verdict(student="d01", assignment=slug, score=1.0) for slug in ("noising", "warmup")]
    table = tabulate(two, [*verdicts, Verdict(student="d02", assignment="noising", score=2.0)])
    for to in ("moodle", "canvas", "brightspace"):
        with pytest.raises(UsageError, match=r"warmup/d02.*one assignment at a time with --assignment"):
            formats.write(to, table)


def test_a_namesake_in_the_lms_gets_nobody_s_grade():
    """A row with the name of a student and another's e-mail address is another person's."""
    anna = next(student for student in ROSTER if student.id == "d05")
    theirs = "\n".join(line for line in sample("plain").decode().splitlines() if "d05@" not in line)
    table = marks({"d05": 90.0}, roster=(anna,))
    made = formats.make("moodle-worksheet", table, against=read_sheet(theirs.encode(), "ws.csv"))
    assert made.students == ()
    assert made.preview.absent == ("d05",)


@pytest.mark.parametrize("name", ["Back\\", 'The "quoted\\" one, A', "A\\,B"])
def test_no_backslash_spoils_moodle_s_gradebook_file(name):
    """Names and titles too."""
    roster = (replace(ROSTER[0], name=name), *ROSTER[1:])
    arrived = import_moodle(formats.write("moodle", marks(roster=roster, title=name)), ROSTER)
    assert len(arrived) == 14


def test_a_moodle_file_in_another_language_says_what_to_do():
    """Its headers are translated, so the advice is to switch the language."""
    german = (
        "Vorname,Nachname,ID-Nummer,E-Mail-Adresse,Aufgabe: The forward process (Punkte)\nS,One,R-001,d01@e.org,12\n"
    )
    with pytest.raises(UsageError, match="Moodle set to English"):
        formats.make("moodle", marks(), against=read_sheet(german.encode(), "moodle.csv"))


def test_a_score_above_the_item_s_maximum_is_named_for_moodle():
    """Its import stops at it."""
    notes = formats.notes("moodle", marks({"d01": 101.0}))
    assert "1 above the maximum, at the first of which Moodle's import stops" in notes[0]
    with pytest.raises(Stopped, match="larger than the allowed"):
        import_moodle(formats.write("moodle", marks({"d01": 101.0})), ROSTER, maxima={"The forward process": 100.0})


# Canvas


CANVAS = (DATA / "canvas-gradebook-export.csv").read_bytes()


def test_canvas_erases_nothing_without_its_own_file():
    """A student without a score has no row."""
    before = {("d14", "The forward process"): 77.0}
    arrived, _ = import_canvas(formats.write("canvas", marks()), ROSTER, before)
    assert ("d14", "The forward process") not in arrived
    assert len(arrived) == 14


def test_canvas_own_file_decides_who_gets_what():
    """By number among two of one title; d14's 7 stays, and so does the EX that a teacher set."""
    made = formats.make("canvas", marks(lms={"canvas": "4314282"}), against=read_sheet(CANVAS, "canvas.csv"))
    title = "The forward process (4314282)"
    arrived, _ = import_canvas(made.data, ROSTER, {("d01", title): 55.0, ("d14", title): 7.0, ("d03", title): "EX"})
    assert arrived == {("d01", title): 80.5, ("d02", title): 80.5, ("d03", title): "EX", ("d14", title): 7.0}
    assert [(c.student, c.before, c.after) for c in made.preview.changes] == [
        ("d01", "55.00", "80.5"),
        ("d02", "", "80.5"),
    ]
    assert made.preview.kept == ("noising/d03 (excused there)",)
    assert made.preview.strangers == ()
    assert "d04" in made.preview.absent


def test_two_columns_of_one_title_are_told_apart_by_number():
    """The advice names the key, with a number that is there."""
    with pytest.raises(UsageError, match=r"two columns.*lms: \{canvas: 4314282\}"):
        formats.make("canvas", marks(), against=read_sheet(CANVAS, "canvas.csv"))


def test_a_newcomer_in_canvas_is_named():
    """In the LMS's file, but not on the roster; rows of maxima and the test student are nobody."""
    theirs = CANVAS.replace(
        b'"Student, Test"', b'"Newcomer, Nia",2001,R-201,nia,,A,,,,,,,,,,,,,,,,,,,,,,\n"Student, Test"'
    )
    made = formats.make("canvas", marks(lms={"canvas": "4314282"}), against=read_sheet(theirs, "canvas.csv"))
    assert made.preview.strangers == ("Newcomer, Nia (2001)",)


def test_percent_goes_into_a_canvas_column_of_any_maximum():
    """`87.5%` in a cell is percent of the points there."""
    table = marks({"d01": 87.5, "d02": 50.0}, unit="percent", lms={"canvas": "4314999"})
    made = formats.make("canvas", table, against=read_sheet(CANVAS, "canvas.csv"))
    title = "The forward process (4314999)"
    arrived, possible = import_canvas(made.data, ROSTER)
    assert possible == {title: "20"}
    assert arrived["d02", title] == 10.0
    assert made.preview.kept == ("noising/d01 (not assigned there)",)


def test_an_error_about_points_gives_no_advice_that_was_taken():
    """--as percent is not advised to who wrote it; a column of 20 is answered with max_score."""
    theirs = read_sheet(sample("plain").replace(b",100.00,", b",20.00,"), "ws.csv")
    with pytest.raises(UsageError) as said:
        formats.make("moodle-worksheet", marks(), against=theirs)
    assert "--as percent" not in str(said.value)
    with pytest.raises(UsageError) as said:
        formats.make("moodle-worksheet", marks(unit="percent"), against=theirs)
    assert "try --as percent" not in str(said.value)
    assert "max_score of noising in course.yml to 20" in str(said.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000.00", 1000.0),
        ("1.000,00", 1000.0),
        ("1,000", 1000.0),
        ("1,234,567.5", 1234567.5),
        ("1 000,5", 1000.5),
        ("1'000.5", 1000.5),
        ("87,50", 87.5),
        ("87.500", 87.5),
        ("0,500", 0.5),
        ("100,00000", 100.0),
    ],
)
def test_thousands_are_read(text, value):
    """As Canvas writes points possible, and as languages part thousands."""
    assert parsed(text) == value
