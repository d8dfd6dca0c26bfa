"""Each export read back by a small importer, written from what each LMS's own import accepts."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lms_imports import import_blackboard, import_brightspace, import_canvas, import_moodle, import_worksheet
from records import graded_submission

from autograder.errors import UsageError
from autograder.lms import formats
from autograder.lms.export.layout import Options
from autograder.lms.export.scores import Marks, State, tabulate, verdicts_of
from autograder.lms.export.sheet import guarded, key, number, read_sheet
from autograder.records import (
    Assignment,
    CheckResult,
    Course,
    Late,
    Misconception,
    Outcome,
    Student,
)

EVIL = '=HYPERLINK("http://x","y")'
ROSTER = (
    Student(id="s01", name="Loveless, Ada", lms_id="1001", sis_id="x1", login="ada", email="ada@example.org"),
    Student(id="s02", name="Jörg Müßig", lms_id="1002", sis_id="x2", login="jm", email="j+m@example.org", section="B"),
    Student(id="s03", name=EVIL, lms_id="1003", sis_id="x3", login="evil", email="e@example.org"),
    Student(id="s04", name="Late Comer", lms_id="1004", sis_id="x4", login="late", email="l@example.org"),
    Student(id="s05", name="Ex Cused", lms_id="1005", sis_id="x5", login="ex", email="ex@example.org"),
)
COURSE = Course(
    root=None,
    title="t",
    term="",
    timezone="UTC",
    secret="public-secret",
    assignments=(
        Assignment(slug="one", title="The first, one", weight=1, max_score=100, excused=("s05",)),
        Assignment(slug="two", title="Second", weight=3, max_score=10),
        Assignment(slug="three", title="Not yet", weight=10),
    ),
    roster=ROSTER,
)


def graded(student, slug, score, *, max_score=100.0, checks=(), late=Late(), at=datetime(2026, 10, 13, tzinfo=UTC)):  # noqa: B008
    return graded_submission(
        *checks,
        assignment=slug,
        student=student,
        graded_at=at,
        seconds=0.0,
        score_before_late=score,
        late=late,
        score=score,
        max_score=max_score,
        needs_human=score is None,
    )


RESULTS = (
    graded("s01", "one", 87.5),
    graded("s01", "two", 7.25, max_score=10),
    graded("s02", "one", 0.0),
    graded("s03", "one", None),
    graded("s03", "two", 10.0, max_score=10),
    graded("s04", "two", 3.333, max_score=10),
    graded("ghost", "one", 50.0),
)
TITLES = {"The first, one": "one", "Second": "two"}
# What must arrive, and nothing else: s02 has a real 0, s03's ungraded and s04's missing are no number.
EXPECTED = {
    ("s01", "one"): 87.5,
    ("s01", "two"): 7.25,
    ("s02", "one"): 0.0,
    ("s03", "two"): 10.0,
    ("s04", "two"): 3.33,
}


def marks(unit="points", slugs=(), results=RESULTS):
    return tabulate(COURSE, verdicts_of(COURSE, results), unit=unit, slugs=slugs)


def by_slug(arrived, titles):
    """What an import took, with the slugs for its columns."""
    return {(student, titles[title]): value for (student, title), value in arrived.items()}


def each(read, to, **given):
    """What an import took of one file for each assignment, as an empty cell may erase a score."""
    arrived = {}
    for slug in TITLES.values():
        arrived |= read(formats.write(to, marks(slugs=[slug]), **given))
    return arrived


@pytest.mark.parametrize("decimal", [".", ","])
def test_canvas_round_trip(decimal):
    """Canvas reads our file: maxima row, ids, EX for excused, and no row where there is no score."""
    options = Options(decimal=decimal)
    arrived = each(lambda data: import_canvas(data, ROSTER)[0], "canvas", options=options)
    assert by_slug(arrived, TITLES) == EXPECTED | {("s05", "one"): "EX"}
    data = formats.write("canvas", marks(slugs=["two"]), options=options)
    assert import_canvas(data, ROSTER)[1] == {"Second": "10"}
    assert data.startswith(b"Student;ID" if decimal == "," else b"Student,ID")


CANVAS_EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Second (77),Old (78),Current Score\n"
    "    Points Possible,,,,,10,5,(read only)\n"
    '"Ada Loveless",1001,x1,ada,A,5.00,1,90\n'
    '"Somebody",9,x9,ghost,A,5,1,90\n'
    '"Müßig, Jörg",1002,x2,jm,B,8.5,,\n'
    "=Evil,1003,x3,evil,A,10.0,,\n"
).encode("utf-8-sig")


def test_canvas_columns_come_from_its_own_export():
    """With --against the header has Canvas' number, and a score that we do not have stays as it is there."""
    sheet = read_sheet(CANVAS_EXPORT, "canvas.csv")
    arrived, _ = import_canvas(formats.write("canvas", marks(slugs=["two"]), against=sheet), ROSTER)
    # s02's score is Canvas' own; s04 is not in Canvas' file.
    expected = {("s01", "two"): 7.25, ("s02", "two"): 8.5, ("s03", "two"): 10.0}
    assert by_slug(arrived, {"Second (77)": "two"}) == expected


def test_preview_says_what_would_change():
    """Changed cells with before and after, equal ones counted at two decimals, absent people and new columns named."""
    results = [each for each in RESULTS if each.student != "s03"]
    theirs = CANVAS_EXPORT.replace(b"=Evil,1003,x3,evil,A,10.0,,\n", b"")
    seen = formats.preview("canvas", marks(results=results), read_sheet(theirs, "canvas.csv"))
    assert [(c.student, c.assignment, c.before, c.after) for c in seen.changes] == [
        ("s01", "one", "", "87.5"),
        ("s01", "two", "5.00", "7.25"),
        ("s02", "one", "", "0"),
    ]
    assert seen.unchanged == 1
    assert seen.absent == ("s03", "s04", "s05")
    assert seen.strangers == ("Somebody (9)",)
    assert seen.created == ("The first, one",)


def test_a_third_decimal_is_no_change():
    """An LMS that keeps 10.001 has our 10: importers compare two decimals."""
    sheet = read_sheet(CANVAS_EXPORT.replace(b"10.0,,", b"10.001,,"), "canvas.csv")
    assert "s03" not in [c.student for c in formats.preview("canvas", marks(slugs=["two"]), sheet).changes]


def test_other_scales_are_refused():
    """Points of ten into a column of a hundred would make every number wrong."""
    sheet = read_sheet(CANVAS_EXPORT.replace(b",10,5", b",100,5"), "canvas.csv")
    with pytest.raises(UsageError, match="worth 100 points there and 10 here"):
        formats.write("canvas", marks(slugs=["two"]), against=sheet)
    formats.write("canvas", marks("percent", ["two"]), against=sheet)


@pytest.mark.parametrize("title", ["Homework (2)", "Final Score of all"])
def test_canvas_titles_that_mean_something_else_are_refused(title):
    """A number in brackets is an id to Canvas, and its own sums are passed over."""
    table = marks(slugs=["two"])
    column = table.columns[0].__class__(slug="two", title=title, max_score=10)
    with pytest.raises(UsageError, match="would not take the title"):
        formats.write("canvas", Marks(columns=(column,), students=table.students, cells=table.cells))


def test_moodle_round_trip():
    """Mapped by e-mail address, each score arrives in the column of its title."""
    assert by_slug(each(lambda data: import_moodle(data, ROSTER), "moodle"), TITLES) == EXPECTED


def test_moodle_s_own_titles_are_recognised():
    """`Assignment: Second (Real)` is the column of the assignment called Second."""
    sheet = read_sheet(
        b"First name,Last name,ID number,Email address,Assignment: Second (Real)\nAda,L,x1,ada@example.org,-\n", "m.csv"
    )
    seen = formats.preview("moodle", marks(slugs=["two"]), sheet)
    assert [(c.student, c.before, c.after) for c in seen.changes] == [("s01", "", "7.25")]
    assert not seen.created


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\r\n"
    'Participant 501,Ada Loveless,ada@example.org,Submitted,,100.00,Yes,"Monday, 12 October 2026, 9:00 PM",-,\r\n'
    "Participant 502,Jörg Müßig,j+m@example.org,Submitted,40.00,100.00,No,-,-,kept\r\n"
    "Participant 503,Evil,e@example.org,Submitted,12.00,100.00,Yes,-,-,old words\r\n"
    "Participant 599,Nobody,n@example.org,-,,100.00,Yes,-,-,\r\n"
)


def lost(message):
    hint = Misconception(id="m", hint="Think of roots.")
    return CheckResult(
        id="q.image", title="t", outcome=Outcome.FAILED, points=0, max_points=12.5, message=message, misconception=hint
    )


def test_worksheet_round_trip():
    """Grades and comments arrive by participant; what is locked, ungraded or somebody else's is as Moodle had it."""
    results = (
        graded("s01", "one", 87.5, checks=(lost("<script>x</script> came back\nmore"),), late=Late(days=1, penalty=10)),
        *RESULTS[2:],
    )
    sheet = read_sheet(WORKSHEET.encode(), "worksheet.csv")
    data = formats.write("moodle-worksheet", marks(slugs=["one"], results=results), against=sheet)
    arrived = import_worksheet(data)
    assert {participant: grade for participant, (grade, _) in arrived.items()} == {501: 87.5}
    comment = arrived[501][1]
    assert comment.startswith("<p>Automatic feedback:<br>87.5 of 100 points.<br>10 points off for 1 day late.")
    assert "q.image (0/12.5): &lt;script&gt;x&lt;/script&gt; came back Think of roots." in comment
    seen = formats.preview("moodle-worksheet", marks(slugs=["one"], results=results), sheet)
    assert [(c.student, c.before, c.after) for c in seen.changes] == [("s01", "", "87.5")]
    assert seen.locked == ("s02",)
    assert seen.strangers == ("Nobody (Participant 599)",)
    assert [row[2] for row in csv.reader(io.StringIO(data.decode()))] == ["Last modified (grade)", "-"]


@pytest.mark.parametrize(
    ("slugs", "against", "said"),
    [
        (["one"], None, "download the grading worksheet and name it with --against"),
        (["one", "two"], WORKSHEET, "name it with --assignment"),
        (["two"], WORKSHEET, "worth 100 points there and 10 here"),
        (["one"], WORKSHEET.replace("Last modified (grade)", "Zuletzt"), "has no column 'Last modified"),
        (["one"], "a,b\n1,2\n", "is no export of Moodle's worksheet"),
        (["one"], "", "is empty"),
    ],
)
def test_a_worksheet_that_would_not_import_is_refused(slugs, against, said):
    """What Moodle would skip in silence is said here."""
    with pytest.raises(UsageError, match=re.escape(said)):
        sheet = read_sheet(against.encode(), "w.csv") if against is not None else None
        formats.write("moodle-worksheet", marks(slugs=slugs), against=sheet)


BLACKBOARD_EXPORT = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"The first, one [Total Pts: 100 Score] |92372"\t"Second [Total Pts: 10 Score] |92373"\n'
    '"Loveless"\t"Ada"\t"ada"\t"x1"\t""\t"Yes"\t"12"\t""\n'
    '"Müßig"\t"Jörg"\t"jm"\t"x2"\t""\t"Yes"\t""\t"4.5"\n'
)


def test_blackboard_round_trip():
    """UTF-16, tabs, everything quoted, Blackboard's own column numbers, names in two cells."""
    sheet = read_sheet(BLACKBOARD_EXPORT.encode("utf-16"), "bb.xls")
    data = formats.write("blackboard", marks(), against=sheet)
    arrived = import_blackboard(data, ROSTER)
    expected = {key: score for key, score in EXPECTED.items() if key[0] in ("s01", "s02")}
    assert by_slug(arrived, {"92372": "one", "92373": "two"}) == expected | {("s02", "two"): 4.5}
    rows = list(csv.reader(io.StringIO(data.decode("utf-16")), delimiter="\t"))
    assert [row[:2] for row in rows[1:3]] == [["Loveless", "Ada"], ["Müßig", "Jörg"]]


@pytest.mark.parametrize("against", [None, BLACKBOARD_EXPORT.replace(" |92373", "")])
def test_blackboard_needs_its_column_numbers(against):
    """Without the number Blackboard would make a text column worth nothing, so we refuse."""
    sheet = read_sheet(against.encode("utf-16"), "bb.xls") if against else None
    with pytest.raises(UsageError, match="knows a column by its number only"):
        formats.write("blackboard", marks(slugs=["two"]), against=sheet)


def test_brightspace_round_trip():
    """Ids with #, items by name, the end of each line marked."""
    assert by_slug(each(lambda data: import_brightspace(data, ROSTER), "brightspace"), TITLES) == EXPECTED


def test_brightspace_s_own_export_is_read():
    """The maximum in its header is compared, and left out of ours."""
    header = b"OrgDefinedId,Username,Second Points Grade <Numeric MaxPoints:10 Weight:5>,End-of-Line Indicator"
    export = header + b"\n#x2,#jm,4,#\n"
    data = formats.write("brightspace", marks(slugs=["two"]), against=read_sheet(export, "b.csv"))
    assert import_brightspace(data, ROSTER)["s02", "Second"] == 4
    with pytest.raises(UsageError, match="worth 20 points there"):
        formats.write("brightspace", marks(slugs=["two"]), against=read_sheet(export.replace(b":10", b":20"), "b.csv"))


def test_csv_for_people():
    """Slugs as titles, a mark for spreadsheets, excused told from missing."""
    data = formats.write("csv", marks())
    assert data.startswith(b"\xef\xbb\xbf")
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))}
    assert rows["s05"]["one"] == "EX"
    assert (rows["s04"]["one"], rows["s03"]["one"], rows["s02"]["one"]) == ("", "", "0")


def test_csv_with_a_decimal_comma():
    """A comma in numbers goes with semicolons between them."""
    assert b"s01;Loveless, Ada;ada@example.org;;87,5;7,25\r\n" in formats.write(
        "csv", marks(), options=Options(decimal=",")
    )


@pytest.mark.parametrize("to", ["canvas", "moodle", "brightspace", "csv"])
def test_no_cell_is_a_formula(to):
    """A name that a spreadsheet would run has an apostrophe in front, in every format."""
    table = marks() if to == "csv" else marks(slugs=["two"])
    data = formats.write(to, table).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(data)):
        assert not [cell for cell in row if re.match(r"[=+@\t\r]", cell) or re.match(r"-\D", cell)], row
    if to != "brightspace":
        assert f"'{EVIL}" in [cell for row in csv.reader(io.StringIO(data)) for cell in row]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "\t=1", "\uff1d1", "  =1"])
def test_formulas_are_guarded(text):
    """Whatever starts a formula, also in full width or behind blanks, is made text."""
    assert guarded(text).startswith("'")


def test_plain_words_and_keys_are_left_alone():
    """Names, e-mail addresses and ids arrive as they are; a key that could be a formula does not."""
    assert guarded("Anne-Marie O'Neil") == "Anne-Marie O'Neil"
    assert key("a+b@example.org") == "a+b@example.org"
    assert key("=A1").startswith("'")


@pytest.mark.parametrize(("value", "text"), [(100.0, "100"), (0.0, "0"), (3.333, "3.33"), (12345.5, "12345.5")])
def test_numbers_have_two_decimals_at_most(value, text):
    """Without needless zeros, and never as an exponent."""
    assert number(value) == text


def test_percent_and_total():
    """Percent of each maximum, or the weighted total of what is graded; what nobody handed in does not count yet."""
    percent = marks("percent")
    assert percent.cells["s01", "two"].score == 72.5
    assert {column.max_score for column in percent.columns} == {100.0}
    total = marks("total").cells
    assert total["s01", "total"].score == round((87.5 + 3 * 72.5) / 4, 2)
    assert total["s02", "total"].score == 0.0
    assert total["s03", "total"].state is State.UNGRADED
    assert total["s05", "total"].score == 0.0
    only = marks("total", ["one"]).cells
    assert only["s05", "total"].state is State.EXCUSED


def test_notes_tell_what_is_empty_and_why():
    """Ungraded, excused where the LMS has no word for it, and people who are not on the roster."""
    told = "\n".join(formats.notes("brightspace", marks()))
    assert "1 not graded yet, left out: one/s03" in told
    assert "1 excused, left out" in told
    assert "not on the roster, left out: ghost" in told
    assert "excused" not in "\n".join(formats.notes("canvas", marks()))


def test_openness_of_comments_follows_the_course():
    """`scores` says points only, `hints` no values."""
    results = (graded("s01", "one", 87.5, checks=(lost("expected 3, got 4"),)),)
    for openness, there, absent in (("scores", "87.5 of 100", "q.image"), ("hints", "Think of roots", "expected 3")):
        course = Course(**{f: getattr(COURSE, f) for f in COURSE.__slots__} | {"feedback": openness})
        told = tabulate(course, verdicts_of(course, results)).cells["s01", "one"].feedback
        assert there in told
        assert absent not in told


def test_a_sheet_that_is_none_is_refused():
    """A spreadsheet's own format is told from its CSV."""
    with pytest.raises(UsageError, match="neither UTF-8 nor UTF-16"):
        read_sheet(b"PK\x03\x04\xff\xfe\xfa", "grades.xlsx")


def test_two_columns_of_one_title_are_refused():
    """Nobody guesses which of two is meant."""
    sheet = read_sheet(CANVAS_EXPORT.replace(b"Old (78)", b"Second (78)"), "canvas.csv")
    with pytest.raises(UsageError, match="two columns called 'Second'"):
        formats.write("canvas", marks(slugs=["two"]), against=sheet)


def test_columns_are_those_that_course_yml_names():
    """`lms:` gives the number, or the title, without the LMS's own file."""
    known = {"canvas": "501", "moodle": "One", "blackboard": "9001", "brightspace": "D2L One"}
    one, *others = COURSE.assignments
    course = replace(COURSE, assignments=(replace(one, lms=known), *others))
    table = tabulate(course, verdicts_of(course, RESULTS), slugs=["one"])
    expected = {key: score for key, score in EXPECTED.items() if key[1] == "one"}
    canvas = import_canvas(formats.write("canvas", table), ROSTER)[0]
    assert by_slug(canvas, {"The first, one (501)": "one"}) == expected | {("s05", "one"): "EX"}
    assert by_slug(import_moodle(formats.write("moodle", table), ROSTER), {"One": "one"}) == expected
    assert by_slug(import_blackboard(formats.write("blackboard", table), ROSTER), {"9001": "one"}) == expected
    assert by_slug(import_brightspace(formats.write("brightspace", table), ROSTER), {"D2L One": "one"}) == expected


@pytest.mark.parametrize(
    ("to", "header"),
    [
        ("canvas", "Student,ID,SIS User ID,SIS Login ID,Section,Renamed there (501),Second (9)\n"),
        ("moodle", "ID number,Email address,Quiz: 501 (Real),Second\n"),
        (
            "blackboard",
            "Last Name,First Name,Username,Renamed there [Total Pts: 10 Score] |501,Second [Total Pts: 1] |7\n",
        ),
        ("brightspace", "OrgDefinedId,Username,501 Points Grade,Second Points Grade,End-of-Line Indicator\n"),
    ],
)
def test_the_number_goes_before_the_title(to, header):
    """A column is the one with the number in course.yml, also if another one has the title; without it, none is."""
    column = replace(marks(slugs=["two"]).columns[0], lms={to: "501"})
    table = replace(marks(slugs=["two"]), columns=(column,))
    assert formats.preview(to, table, read_sheet(header.encode(), "theirs.csv")).created == ()
    with pytest.raises(UsageError, match=f"theirs.csv:1: has no column '501', .* for two under lms: {to}"):
        formats.preview(to, table, read_sheet(header.replace("501", "502").encode(), "theirs.csv"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_their_file_is_read_however_it_was_saved(encoding, separator):
    """Any encoding and separator, decimal commas, a title full of semicolons, blank lines, cells that are left off."""
    rows = [
        ["Student", "ID", "Section", '"Second; or; so; it; says; here (77)"'],
        ["    Points Possible", "", "", "10"],
        [],
        ['"Müßig, Jörg"', "1002", "", '"8,50"'],
        ["Ada", "1001"],
    ]
    sheet = read_sheet("\r\n".join(separator.join(row) for row in rows).encode(encoding), "canvas.csv")
    column = replace(marks(slugs=["two"]).columns[0], lms={"canvas": "77"})
    seen = formats.preview("canvas", replace(marks(slugs=["two"]), columns=(column,)), sheet)
    assert [(c.student, c.before, c.after) for c in seen.changes] == [("s01", "", "7.25")]
    assert seen.unchanged == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "theirs.csv:1: is empty"),
        (b"Student,ID\nAda,1\nJ\xf6rg,2\n", "theirs.csv:3: is neither UTF-8 nor UTF-16"),
        (b'Student,ID\nAda,1\n"Bo,2\nCy,3\n', "theirs.csv:3: is not CSV"),
        (b"Student,ID,One\nAda,1,8,5\n", "theirs.csv:2: has 4 cells under 3 columns; quote cells that hold ','"),
        (b'Student,ID\n"A\nda",1\nBo,2,3\n', "theirs.csv:4: has 3 cells"),
        (b"Student,ID\nA,1001\nB,7\nC,1001\n", "theirs.csv:4: ID '1001' is in line 2 already; take one out"),
    ],
)
def test_what_is_wrong_with_their_file_is_said_with_its_line(data, said):
    """Nothing below a mistake is passed over in silence."""
    with pytest.raises(UsageError, match=re.escape(said)):
        formats.preview("canvas", marks(slugs=["two"]), read_sheet(data, "theirs.csv"))


def test_two_of_one_name_are_found_by_their_numbers():
    """A name that is there twice finds nobody, and stands in nobody's way."""
    sheet = read_sheet(
        b"Student,ID,Section,Second\nLate Comer,1004,,1\nLate Comer,7,,2\nEx Cused,,,\nEx Cused,,,\n", "c.csv"
    )
    seen = formats.preview("canvas", marks(slugs=["two"]), sheet)
    assert [(c.student, c.before, c.after) for c in seen.changes] == [("s04", "1", "3.33")]
    assert "s05" in seen.absent


def test_what_an_lms_would_cut_off_is_noted():
    """Extra credit above the maximum arrives in some LMSs and not in others, so it is said."""
    table = marks(slugs=["two"], results=(graded("s01", "two", 11.5, max_score=10),))
    assert "1 above the maximum" in "\n".join(formats.notes("moodle-worksheet", table))
    assert "above" not in "\n".join(formats.notes("moodle-worksheet", marks()))
