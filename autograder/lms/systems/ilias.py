"""ILIAS (exercises): names in its zip of submissions; its multi-feedback zip, which takes files back.

It imports no points. Read in Modules/Exercise/classes (class.ilExSubmission.php, `downloadAllAssignmentFiles`;
class.ilExAssignment.php, `sendMultiFeedbackStructureFile`, `getMultiFeedbackFiles`); not run.
"""

from __future__ import annotations

import re
import unicodedata
from zoneinfo import ZoneInfo

from autograder.lms.export.layout import Format, Layout, last_and_first
from autograder.lms.export.scores import Marks
from autograder.lms.export.zipped import zip_of
from autograder.lms.intake.downloads import Claim, Download, NotNamed, first_fit
from autograder.lms.system import System
from autograder.records import Student

_FOLDER = re.compile(r"(?P<who>[^/_]*_[^/]*_[^/]+)_(?P<id>\d+)/(?P<file>.+)")
_TEAM = re.compile(r"[^/]+ \d+/(?P<who>[^/]+)/(?P<file>.+)")  # a team's number, one member's name
_UMLAUTS = {ord(c): to for c, to in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True)}
_LATE = re.compile(r"(?:Late Submission|Verspaetete Abgabe) - ")


def ascii_of(text: str) -> str:
    """The text as ILIAS writes it into file names: umlauts spelt out, other accents dropped, what is left `_`."""
    spelt = text.translate(_UMLAUTS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9._ -]", "_", bare)


def _ilias(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = first_fit(_FOLDER, name)
    if not said and (team := first_fit(_TEAM, name)):
        who = team["who"]
        return Claim(person=who, label=who, who=(("name", who),), file=_LATE.sub("", team["file"], count=1), name=who)
    if not said:
        raise NotNamed("is not named as ILIAS names it: Last_First_login_number/file")
    parts = said["who"].split("_")
    # A login may hold `_` as well: the longest end that is somebody's login is the login.
    ends = ["_".join(parts[start:]) for start in range(2, len(parts))]
    return Claim(
        person=said["id"],
        label=f"{said['who']} ({said['id']})",
        who=(("lms_id", said["id"]), *(("login", end) for end in ends), ("name", " ".join(parts[:-1]))),
        file=_LATE.sub("", said["file"], count=1) if _LATE.match(said["file"]) else said["file"],
        late=bool(_LATE.match(said["file"])),
        name=" ".join(parts[:-1]),
    )


def write_feedback(marks: Marks, layout: Layout) -> bytes:
    """The zip for *Multi-Feedback*. ILIAS finds the folder by its first word, and a person by the number at the end."""
    root = f"multi_feedback_{ascii_of(marks.columns[0].slug)}"
    files = {
        f"{root}/{_folder(student)}/{marks.columns[0].slug}.html": layout.pages[student.id].data
        for student in layout.students
    }
    return zip_of(files)


def _folder(student: Student) -> str:
    return ascii_of("_".join([*last_and_first(student), student.login, student.lms_id]))


SYSTEM = System(
    download=Download(
        word="ilias",
        name="ILIAS",
        read=_ilias,
        made="Exercise, *Submissions and Grades*, *Download All Submissions*",
        times="not in the archive: `--times`",
        fold=ascii_of,
    ),
    exports=(
        Format(
            word="ilias-feedback",
            name="ILIAS' multi-feedback",
            exporter="IliasFeedbackExport",
            imported="Exercise, *Submissions and Grades*, *Multi-Feedback*",
            students_by="`lms_id`",
            columns_by="pages of one assignment",
            write=write_feedback,
            keys={"login": "login"},
            pages=True,
            suffix="zip",
            needs="lms_id",
        ),
    ),
)
