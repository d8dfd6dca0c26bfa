"""For no LMS: a CSV for people, which opens in a spreadsheet with its umlauts; pages for a static site."""

from __future__ import annotations

import codecs

from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks
from autograder.lms.export.sheet import guarded, key, write_rows
from autograder.lms.export.zipped import zip_of
from autograder.lms.system import System

_PEOPLE = ("student", "name", "email", "section")


def write(marks: Marks, layout: Layout) -> bytes:
    """One line a student. `EX` is excused; empty is missing or not graded yet. `;` goes with a decimal comma."""
    rows = [
        [
            key(student.id),
            guarded(student.name),
            key(student.email),
            guarded(student.section),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
        ]
        for student in layout.students
    ]
    header = [*_PEOPLE, *(column.slug for column in marks.columns)]
    separator = ";" if layout.decimal == "," else ","
    return codecs.BOM_UTF8 + write_rows([header, *rows], separator=separator).encode()


def title_of(header: str) -> str | None:
    """The slug itself."""
    return None if header in _PEOPLE else header


def write_site(marks: Marks, layout: Layout) -> bytes:
    """A zip: `site/` to put on any web server, each page under a name that nobody guesses, and who has which."""
    rows = [["student", "name", "email", "page"]]
    files = {}
    for student in layout.students:
        page = layout.pages[student.id]
        files[f"site/{page.token}.html"] = page.data
        rows.append([key(student.id), guarded(student.name), key(student.email), f"{page.token}.html"])
    return zip_of({"private-who-has-which.csv": codecs.BOM_UTF8 + write_rows(rows).encode(), **files})


SYSTEM = System(
    exports=(
        Format(
            word="csv",
            name="csv",
            exporter="CsvExport",
            imported="any spreadsheet",
            students_by="",
            columns_by="slug",
            write=write,
            title_of=title_of,
            keys={"student": "id", "email": "email"},
            excused="EX",
            erases="never",
            people=("name", "student"),
        ),
        Format(
            word="site",
            name="a static site",
            exporter="SiteExport",
            imported="any web server: the folder `site/` of the zip",
            students_by="the table beside it, which stays private",
            columns_by="pages of one assignment",
            write=write_site,
            title_of=title_of,
            keys={"student": "id"},
            pages=True,
            suffix="zip",
        ),
    ),
)
