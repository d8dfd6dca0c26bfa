"""What each LMS's import of grades does with a file, as rules that its own code has.

Every rule names the software, the version and the source file it comes from. *Ran*: it was seen on a real system:
Moodle 4.5.6, build 20250811, PHP 8.2.36, PostgreSQL 15, through its own web forms as a teacher, read back from its
tables (all rules about Moodle: 2026-12-01). *Read*: it was read in the source, or in the vendor's help, and not run.
Nothing here stands on what our exporters do.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from autograder.records import Student

Arrived = dict[tuple[str, str], float | str | None]


class Stopped(Exception):
    """The LMS takes nothing of the file, with what it says."""


def _the_one(students: Iterable[Student], field: str, value: str) -> str:
    found = [student.id for student in students if getattr(student, field) == value]
    if len(found) != 1:
        raise Stopped(f"no user with {field} {value!r}")
    return found[0]


# Canvas ---------------------------------------------------------------------------------------------------------------


def import_canvas(
    data: bytes, students: Iterable[Student], before: Mapping[tuple[str, str], float | str] = {}
) -> tuple[Arrived, dict[str, str]]:
    """What each cell becomes, by titles with their number, and the maxima. None: Canvas takes the score away.

    before: scores that Canvas has. All rules are read (instructure/canvas-lms, stored copies of 2024), and the CSV
    rules were run by Ruby 3.1 in a harness: `lib/gradebook_importer.rb` (row[0] has "Student", row[1] "ID", the last
    column of people is "Section"; `,` or `;` as found in the first lines; `decimal_comma_to_period`: in a number the
    last `.` or `,` is the decimal one); `no_change_to_value?` (a blank against a score is a change);
    `process_gradebook_upload.js`, `populateGradeDataPerSubmission` (it is posted as null); `save_grade_to_submission`
    (null is stored); `interpret_grade` ("87.5%" is percent of the points).
    """
    text = data.decode()
    first = text.split("\n")[0]
    header, *rows = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    people = header.index("Section") + 1
    assert header[:people] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    arrived: Arrived = {}
    possible: dict[str, str] = {}
    for row in rows:
        assert len(row) == len(header)
        cells = dict(zip(header[people:], row[people:], strict=True))
        if "Points Possible" in row[0]:
            possible = cells
            continue
        student = _the_one(students, "lms_id", row[1])
        for title, cell in cells.items():
            there = before.get((student, title), "")
            if cell.upper() == "EX":
                arrived[student, title] = "EX"
            elif cell in ("", "-"):
                if there != "":
                    arrived[student, title] = None
            elif cell.endswith("%"):
                arrived[student, title] = _canvas_number(cell[:-1]) * _canvas_number(possible[title]) / 100
            elif re.fullmatch(r"-?[0-9.,]+", cell):
                arrived[student, title] = _canvas_number(cell)
    return arrived, possible


def _canvas_number(cell: str) -> float:
    *whole, last = re.split(r"[.,]", cell)
    return float(f"{''.join(whole)}.{last}" if whole else last)


# Moodle ---------------------------------------------------------------------------------------------------------------


def php_rows(data: bytes) -> list[list[str]]:
    r"""Rows as PHP's fgetcsv reads them with its default escape character, which `lib/csvlib.class.php` (4.5.6) uses.

    Inside quotes a backslash keeps the quote behind it from ending the cell, and both stay. Ran: an upload in which one
    comment ends in a backslash changes nothing in Moodle; and PHP 8.2.36 reads 3,000 files of random quotes,
    backslashes, commas and line ends as this does (but for line ends that it adds to a cell that the file cuts off).
    """
    text = data.decode("utf-8-sig")
    rows: list[list[str]] = []
    row: list[str] = []
    place = 0
    while place < len(text):
        cell = ""
        opening = re.compile(r'[ \t]*"').match(text, place)  # blanks before a quote are dropped
        if opening:
            place = opening.end()
            while place < len(text):
                if text[place] == "\\" and place + 1 < len(text):
                    cell += text[place : place + 2]
                    place += 2
                elif text[place] == '"' and text[place + 1 : place + 2] == '"':
                    cell += '"'
                    place += 2
                elif text[place] == '"':
                    place += 1
                    break
                else:
                    cell += text[place]
                    place += 1
        rest = re.compile(r"[^,\r\n]*").match(text, place)
        assert rest is not None
        cell, place = cell + rest[0], rest.end()
        row.append(cell)
        if text[place : place + 1] == ",":
            place += 1
            if place == len(text):
                row.append("")
            continue
        end = re.compile(r"\r?\n|\r|$").match(text, place)
        assert end is not None
        place = end.end()
        rows.append(row)
        row = []
    return [row for row in rows if row != [""]]


def moodle_rows(data: bytes) -> list[list[str]]:
    """The rows that `csv_import_reader::load_csv_content` keeps: none where one has another number of cells. Ran."""
    rows = php_rows(data)
    return [] if any(len(row) != len(rows[0]) for row in rows) else rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One row of an assignment in Moodle. grade: "" if there is none; scale: its words, empty if there is none.

    modified: when it was graded, as the worksheet says it, "-" for never; decimal: the site's decimal character.
    """

    grade: str = ""
    comment: str = ""
    maximum: float = 100.0
    locked: bool = False
    scale: tuple[str, ...] = ()
    modified: str = "-"
    decimal: str = "."


def moodle_site(worksheet: bytes) -> dict[int, Graded]:
    """What Moodle has, from the worksheet that it made: participant to row. Comments come without their tags."""
    site = {}
    for cell in csv.DictReader(io.StringIO(worksheet.decode("utf-8-sig"))):
        named = {title.casefold(): value for title, value in cell.items()}
        scale = tuple(re.split(r"\t|\s{2,}", named["scale"].strip())) if "scale" in named else ()
        site[_participant(cell["Identifier"])] = Graded(
            grade=named["grade"],
            comment=named["feedback comments"],
            maximum=0.0 if scale else float(named["maximum grade"].replace(",", ".")),
            locked=named["grade can be changed"] == "No",
            scale=scale,
            modified=named["last modified (grade)"],
            decimal="," if "," in named.get("maximum grade", "") else ".",
        )
    return site


def upload_worksheet(data: bytes, site: Mapping[int, Graded]) -> tuple[int, int, dict[int, Graded]]:
    """Updated grades, updated feedback instances, and what Moodle has then.

    mod/assign/feedback/offline (4.5.6): `importgradeslib.php`, `init` (columns by their English names, others are
    ignored), `next` (who has no such participant number is passed over); `locallib.php`, `process_import_grades`: row
    by row, a later row of the same person counts again; a row is passed over whole where Moodle graded later than the
    cell says, and also where the cell is `-` (read as 1970) and there is a grade; a grade is skipped if equal, blank,
    below 0, above the maximum or locked; a comment is saved if it differs, also a blank one over a teacher's words, and
    also where the grade was skipped; a scale's grade must be one of its words. All ran.

    Not told here: Moodle writes times in the time zone of the teacher's profile and reads them in the server's
    (`strtotime`), so a teacher in New York of a site in London changes no row that has a grade. Ran.
    """
    header, *rows = moodle_rows(data) or [[]]
    if not {"Identifier", "Grade", "Last modified (grade)"} <= set(header):
        return 0, 0, dict(site)
    after = dict(site)
    grades = comments = 0
    for row in rows:
        cell = dict(zip(header, row, strict=True))
        participant = _participant(cell["Identifier"])
        if participant not in site:
            continue
        there = after[participant]
        if there.modified != "-" and cell["Last modified (grade)"] != there.modified:
            continue
        if _grade_taken(cell["Grade"], there):
            grades += 1
            after[participant] = replace(after[participant], grade=_stored(cell["Grade"], there))
        if cell.get("Feedback comments", there.comment) != there.comment:
            comments += 1
            after[participant] = replace(after[participant], comment=cell["Feedback comments"])
    return grades, comments, after


def _grade_taken(cell: str, there: Graded) -> bool:
    if there.locked or cell == "":
        return False
    if there.scale:
        return cell in there.scale and cell != there.grade
    value = _moodle_number(cell, there.decimal)
    return 0 <= value <= there.maximum and (there.grade == "" or value != _moodle_number(there.grade, there.decimal))


def _stored(cell: str, there: Graded) -> str:
    return cell if there.scale else f"{_moodle_number(cell, there.decimal):g}"


def _moodle_number(cell: str, decimal: str = ".") -> float:
    """`unformat_float` without `strict`: PHP reads as many characters as make a number.

    Ran: `24.5` is 24.5 on a site with a point and on one with a comma, `24,5` only on the latter; on a site with a
    point it is 24, and a word is 0.
    """
    said = re.match(r"-?\d+(?:\.\d+)?", cell.replace(" ", "").replace(decimal, "."))
    return float(said[0]) if said else 0.0


def _participant(cell: str) -> int:
    return int(cell[len("Participant ") :])


def import_worksheet(data: bytes) -> dict[int, tuple[float, str]]:
    """Participant number to grade and comment, where Moodle has no grade yet of 100 points, and locks nobody."""
    numbers = [int(number) for number in re.findall(r"Participant (\d+)", data.decode("utf-8-sig"))]
    _, _, after = upload_worksheet(data, dict.fromkeys(numbers, Graded()))
    return {number: (float(row.grade), row.comment) for number, row in after.items() if row.grade}


def import_moodle(
    data: bytes, students: Iterable[Student], *, maxima: Mapping[str, float] = {}
) -> dict[tuple[str, str], float | None]:
    """What each cell becomes, the columns mapped by their titles and people by e-mail. None: erased and overridden.

    grade/import (4.5.6): `csv/classes/load_data.php`, `check_user_exists` (one person unknown stops it all) and
    `update_grade_item` (blank and `-` become null and are imported; each imported cell is overridden from then on; one
    above its item's maximum stops it all, and so does what is no number: `24,5` on a site with a point, points for an
    item on a scale). Ran. A column's comment is not imported by us.
    """
    header, *rows = moodle_rows(data) or [[]]
    assert header[:4] == ["ID number", "Email address", "Username", "Full name"]
    arrived: dict[tuple[str, str], float | None] = {}
    for row in rows:
        student = _the_one(students, "email", row[1])
        for title, cell in zip(header[4:], row[4:], strict=True):
            if cell not in ("", "-") and not re.fullmatch(r"-?\d+(\.\d+)?", cell):
                raise Stopped("Supplied grade is invalid")
            value = None if cell in ("", "-") else float(cell)
            if value is not None and value > maxima.get(title, float("inf")):
                raise Stopped(f"One of the grade values is larger than the allowed grade maximum of {maxima[title]}")
            arrived[student, title] = value
    return arrived


# Blackboard and Brightspace -------------------------------------------------------------------------------------------


def import_blackboard(data: bytes, students: Iterable[Student]) -> dict[tuple[str, str], float]:
    """By the number behind `|`, and by nothing else; students by Username. UTF-16 with a mark, tabs.

    Read in the vendor's help (Grade Center, Uploading or Downloading for Working Offline). What an empty cell does is
    not said there, so an empty cell is an error here.
    """
    assert data[:2] == b"\xff\xfe"
    header, *rows = csv.reader(io.StringIO(data.decode("utf-16")), delimiter="\t")
    columns = {said[1]: i for i, title in enumerate(header) if (said := re.search(r"\|(\d+)$", title))}
    arrived: dict[tuple[str, str], float] = {}
    for row in rows:
        student = _the_one(students, "login", row[header.index("Username")])
        assert all(row[index] for index in columns.values()), row
        arrived |= {(student, number): float(row[index]) for number, index in columns.items()}
    return arrived


def import_brightspace(data: bytes, students: Iterable[Student]) -> dict[tuple[str, str], float]:
    """By the item before " Points Grade"; ids may have `#`; the last column marks each line's end.

    Read in the vendor's help (community.d2l.com, Importing Grades). What an empty cell does is not said there, so an
    empty cell is an error here.
    """
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8")))
    assert (header[0], header[-1]) == ("OrgDefinedId", "End-of-Line Indicator")
    arrived: dict[tuple[str, str], float] = {}
    for row in rows:
        assert row[-1] == "#"
        student = _the_one(students, "login", row[1].removeprefix("#"))
        assert student == _the_one(students, "sis_id", row[0].removeprefix("#"))
        for title, cell in zip(header[2:-1], row[2:-1], strict=True):
            assert cell, row
            arrived[student, title.removesuffix(" Points Grade")] = float(cell)
    return arrived


# Feedback files -------------------------------------------------------------------------------------------------------


def moodle_feedback(
    data: bytes, participants: Iterable[int], *, teams: Mapping[int, Iterable[int]] | None = None
) -> dict[int, list[str]]:
    """Participant number to the names of the files that Moodle attaches.

    mod/assign/feedback/file/importziplib.php (4.5.6), `is_valid_filename_for_import`: the first part of the path that,
    cut at `_` into five at most, has four pieces (name, number, the plugin's type and name) and a number that is known;
    the rest is the file. `get_participant_mapping`: in team work the number is a team's, and all members get the file.
    Ran: 14 of 14 pages, 15 of 15 in blind marking, 0 of our own tree; with the participants' numbers in team work, 0 of
    15 where no team has such a number, and where one has, one student's page at all members of that team.
    """
    known = {number: [number] for number in participants} if teams is None else teams
    found: dict[int, list[str]] = {}
    for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
        parts = name.split("/")
        if parts[-1].startswith((".", "~")):
            continue
        for place, part in enumerate(parts):
            said = part.split("_", 4)
            if len(said) < 4 or not said[1].isdigit() or int(said[1]) not in known:
                continue
            file = "/".join([*said[4:], *parts[place + 1 :]])
            for participant in known[int(said[1])]:
                found.setdefault(participant, []).append(file)
            break
    return found


def ilias_feedback(data: bytes, members: Iterable[str]) -> dict[str, list[str]]:
    """User number to the files that ILIAS attaches. Read, not run: Modules/Exercise/classes, class.ilExAssignment.php.

    `uploadMultiFeedbackFile` wants a folder whose name begins with multi_feedback; `getMultiFeedbackFiles` takes the
    number behind a folder's last `_`, and files that do not begin with a dot.
    """
    known = set(members)
    found: dict[str, list[str]] = {}
    for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
        root, folder, file = name.split("/")
        number = folder.split("_")[-1]
        if root.startswith("multi_feedback") and number in known and not file.startswith("."):
            found.setdefault(number, []).append(file)
    return found


def sakai_upload(data: bytes, eids: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Grades and feedback files by user id, as *Upload All* takes them. Read, not run.

    sakaiproject/sakai, AssignmentAction.java, `uploadAll_parseZipFile`: any `grades.csv`, read by opencsv (a backslash
    is its escape), from its fourth row, by the second cell, the grade in the fifth, also an empty one; other entries
    have at least three parts, the second of which ends in the id in brackets.
    """
    known = set(eids)
    grades: dict[str, str] = {}
    files: dict[str, list[str]] = {}
    archive = zipfile.ZipFile(io.BytesIO(data))
    for name in archive.namelist():
        if name.endswith("grades.csv"):
            text = archive.read(name).decode()
            assert "\\" not in text
            for row in list(csv.reader(io.StringIO(text)))[3:]:
                if len(row) > 4 and row[1] in known:
                    grades[row[1]] = row[4]
            continue
        parts = name.split("/")
        assert len(parts) > 2, "Sakai refuses the whole zip"
        eid = parts[1][parts[1].rindex("(") + 1 : parts[1].rindex(")")]
        if eid in known and "/Feedback Attachment(s)/" in name:
            files.setdefault(eid, []).append(parts[-1])
    return grades, files
