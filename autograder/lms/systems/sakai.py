"""Sakai (assignments): names and times in its bulk download; the zips that *Upload All* takes back.

Read in sakaiproject/sakai, master of 2023 (AssignmentServiceImpl.java, `zipSubmissions`, `zipGroupSubmissions`;
AssignmentAction.java, `doUpload_all_upload`, `uploadAll_parseZipFile`); not run.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from autograder.lms.export.layout import Format, Layout, last_and_first
from autograder.lms.export.scores import Marks
from autograder.lms.export.sheet import guarded, key, write_rows
from autograder.lms.export.zipped import zip_of
from autograder.lms.intake.downloads import Claim, Download, NotNamed
from autograder.lms.system import System

_HEADER = ("Display ID", "ID", "Last Name", "First Name", "grade", "Submission date", "Late submission")
_FILE = re.compile(r"(?:.*?/)??(?P<who>[^/]+?)(?:/|_)Submission attachment\(s\)(?:/|_)(?P<file>.+)")
_STAMP = re.compile(r"(?:.*/)?(?P<who>[^/]+)/timestamp\.txt")
_OWN = re.compile(
    r"(?:.*/)?(?:grades\.(?:csv|xls)|[^/]+/(?:timestamp\.txt|comments\.(?:txt|html)|feedbackText\.html)"
    r"|(?:[^/]+/)?[^/]*_submissionText\.html|[^/]+\.html)"
)
_EIDS = re.compile(r"\(([^()]+)\)(?:; |$)")


def _sakai(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    said = _FILE.fullmatch(name)
    if not said:
        if _OWN.fullmatch(name):
            return None
        raise NotNamed("is not named as Sakai names it: Title/Last, First(id)/Submission attachment(s)/file")
    who = said["who"]
    ids = _EIDS.findall(who)
    group = re.sub(r" \([^()]*\)$", "", who)
    tried = tuple((field, each) for each in ids[:1] for field in ("login", "id", "sis_id", "lms_id"))
    return Claim(
        person=who,
        label=who,
        who=(("logins", "\n".join(ids)),) if len(ids) > 1 else (*tried, ("team", group)) if ids else (),
        file=said["file"],
        anonymous=not ids,
        name=group,
    )


def _stamp(name: str) -> str | None:
    said = _STAMP.fullmatch(name)
    return said["who"] if said and "/Submission attachment(s)/" not in name else None


def time_in(text: str) -> datetime | None:
    """The time in a timestamp.txt: 2026-10-02T09:30:00Z, in older releases 20261002093000000, UTC; or None."""
    plain = text.strip()
    try:
        if plain.isdigit() and len(plain) >= 14:
            return datetime.strptime(plain[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_grades(marks: Marks, layout: Layout) -> bytes:
    """The zip with grades.csv for *Upload All*: Sakai finds a person by ID and takes the fifth cell.

    The three rows above are skipped. opencsv takes a backslash for an escape, so there is none. Who has no score has no
    row, since an empty cell would be stored.
    """
    (column,) = marks.columns
    rows = [[column.title, "scores"], [], list(_HEADER)]
    for student in layout.students:
        last, first = last_and_first(student)
        score = layout.cell(student.id, column, marks.mark(student, column))
        rows.append([key(student.login), key(student.login), guarded(last), guarded(first), score, "", ""])
    text = write_rows([[cell.replace("\\", "/") for cell in row] for row in rows])
    return zip_of({f"{column.slug}/grades.csv": text.encode()})


def write_feedback(marks: Marks, layout: Layout) -> bytes:
    """The zip for *Upload All*, choice *Feedback attachments*: each person's folder ends in their id in brackets."""
    slug = marks.columns[0].slug
    files = {}
    for student in layout.students:
        last, first = (re.sub(r"[/\\()]", " ", part) for part in last_and_first(student))
        folder = f"{slug}/{last}, {first}({student.login})/Feedback Attachment(s)"
        files[f"{folder}/{slug}.html"] = layout.pages[student.id].data
    return zip_of(files)


SYSTEM = System(
    download=Download(
        word="sakai",
        name="Sakai",
        read=_sakai,
        made="Assignments, the assignment's *Grade*, *Download All*",
        times="in the archive: `timestamp.txt` of each folder",
        stamp=_stamp,
        time_in=time_in,
    ),
    exports=(
        Format(
            word="sakai",
            name="Sakai",
            exporter="SakaiExport",
            imported="Assignments, the assignment's *Grade*, *Upload All*, with *Grade file*",
            students_by="`login`",
            columns_by="it has one",
            write=write_grades,
            keys={"ID": "login"},
            single="grade",
            changed_only=True,
            suffix="zip",
            people=("First Name", "Last Name", "ID"),
            begins="Display ID",
            needs="login",
        ),
        Format(
            word="sakai-feedback",
            name="Sakai's feedback attachments",
            exporter="SakaiFeedbackExport",
            imported="the same, with *Feedback attachments*; it replaces everybody's, so upload all pages at once",
            students_by="`login`",
            columns_by="pages of one assignment",
            write=write_feedback,
            keys={"ID": "login"},
            pages=True,
            suffix="zip",
            begins="Display ID",
            needs="login",
        ),
    ),
)
