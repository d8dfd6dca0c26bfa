"""A scripted term: what thirty students hand in, through which system, and what their teachers do.

Two assignments: `temperatures` of a course that `grade init` makes, and `warmup` of the sample course. Canvas has the
first half of the class for one and the second half for the other; nbgrader's exchange has the rest.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.course.roster import read_roster
from autograder.records import Student

REPOSITORY = Path(__file__).parents[2]
SLUGS = ("temperatures", "warmup")
TITLES = {"temperatures": "Warm days", "warmup": "Sculpting from static"}
CANVAS_IDS = {"temperatures": "501", "warmup": "502"}
BLACKBOARD_IDS = {"temperatures": "9001", "warmup": "9002"}
STUDENTS = tuple(f"s{number:02}" for number in range(1, 31))
# Canvas' half first; s30 hands in nothing at all.
BY_CANVAS = {"temperatures": STUDENTS[:15], "warmup": STUDENTS[15:29]}
BY_NBGRADER = {"temperatures": STUDENTS[15:29], "warmup": STUDENTS[:15]}

LATE, EXTENDED, EXCUSED, MISSING = "s03", "s04", "s05", "s30"
LATE_IN_NBGRADER, BY_HAND, REGRADED = "s17", "s17", "s02"
_NAMES = {"s06": "Jörg Müßig", "s07": "Zoë O'Neil-Łopez", "s08": "=SUM(A1:A9)", "s09": "Doe, Jane", "s10": "Jane Doe"}

_FAHRENHEIT = "def to_fahrenheit(celsius):\n    return {}\n"
_DAYS = "def warm_days(temperatures, limit):\n    return [d for d, t in enumerate(temperatures) if t {} limit]\n"
# What students write for `temperatures`, and its score: the wrong scale costs 50, the limit left out 20.
_TEMPERATURES = (
    (("celsius * 9 / 5 + 32", ">="), 100.0),
    (("(celsius + 32) * 1.8", ">="), 50.0),
    (("celsius * 1.8 + 32", ">"), 80.0),
    (("celsius * 1.8 + 32", "<"), 50.0),
)
# Known submissions of `warmup`, with the scores that their expected.yml states.
_WARMUP = (
    ("correct_as_reference", 100.0),
    ("wrong_one_roll_and_a_sum", 60.0),
    ("wrong_numpy_seed", 65.0),
    ("wrong_writes_into_the_argument", 90.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one student wrote, and what it is worth before lateness."""

    source: str
    score: float


def work_of(slug: str, student: str, *, again: bool = False) -> Work:
    """The same at each call. again: what is handed in after the first marks came out; then it is right."""
    kind = 0 if again else (int(student[1:]) + (slug == "warmup")) % 4
    if slug == "temperatures":
        (scale, comparison), score = _TEMPERATURES[kind]
        return Work(source=f"{_FAHRENHEIT.format(scale)}\n\n{_DAYS.format(comparison)}", score=score)
    name, score = _WARMUP[kind]
    file = REPOSITORY / "tests" / "submissions" / "warmup" / name / "warmup.py"
    return Work(source=file.read_text("utf-8"), score=score)


def prepare(root: Path) -> None:
    """Turn the course that `grade init` wrote into root into the one of this term."""
    shutil.rmtree(root / "assignments" / "temperatures" / "submitted")
    for name in (
        "assignments/warmup/README.md",
        "assignments/warmup/release/warmup.py",
        "reference/warmup.py",
        "reference/misconceptions/warmup.py",
        "tests/suites/test_warmup.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    text = (root / "course.yml").read_text("utf-8")
    text = text.replace("timezone: UTC", "timezone: Europe/Paris").replace("# due: 2030-10-07", "due: 2026-10-07")
    text += (
        f'    extensions: {{{EXTENDED}: "2026-10-10", {EXCUSED}: excused}}\n'
        "    lms: {canvas: 501, moodle: Warm days (Moodle), blackboard: 9001, brightspace: Warm days in D2L}\n"
        "  - slug: warmup\n"
        f"    title: {TITLES['warmup']}\n"
        "    weight: 30\n"
        "    carries: [denoise]\n"
        "    lms: {canvas: 502, blackboard: 9002}\n"
    )
    (root / "course.yml").write_text(text, "utf-8")
    lines = ["student,name,email,lms_id,sis_id,login,section"]
    for number, student in enumerate(STUDENTS, start=1):
        name = _NAMES.get(student, f"Student {number:02}")
        lines.append(f'{student},"{name}",{student}@example.org,{1000 + number},x{number},u{student},A')
    (root / "roster.csv").write_text("\n".join(lines) + "\n", "utf-8-sig")


def roster(root: Path) -> dict[str, Student]:
    """The class by id."""
    return {student.id: student for student in read_roster(root / "roster.csv")}


def canvas_zip(root: Path, slug: str, file: Path, *, again: Iterable[str] = (), guest: bool = True) -> Path:
    """Canvas' download of an assignment; those of `again` have handed in anew. guest: somebody unknown is in it."""
    people = roster(root)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, student in enumerate(BY_CANVAS[slug]):
            late = "_LATE" if (slug, student) == ("temperatures", LATE) else ""
            mash = "".join(character for character in people[student].name.lower() if character.isalnum())
            start = f"{mash}{late}_{people[student].lms_id}"
            archive.writestr(f"{start}_{7000 + number}_{slug}.py", work_of(slug, student).source)
            if student in again:
                archive.writestr(f"{start}_{8000 + number}_{slug}-1.py", work_of(slug, student, again=True).source)
        if guest:
            archive.writestr(f"guestgus_9999_7999_{slug}.py", "x = 1\n")
    return file


def times_file(file: Path, slug: str, *, again: Iterable[str] = ()) -> Path:
    """When Canvas' half handed in: in time but for two, of whom one has more time."""
    known = {LATE: "2026-10-09 12:00", EXTENDED: "2026-10-09 12:00"} | dict.fromkeys(again, "2026-10-07 22:00")
    rows = [f"{student},{known.get(student, '2026-10-06 10:00')}" for student in BY_CANVAS[slug]]
    file.write_text("\n".join(["student,received_at", *rows]) + "\n", "utf-8")
    return file


def exchange_zip(root: Path, slug: str, file: Path) -> Path:
    """nbgrader's exchange, zipped: inbound/<student>+<assignment>+<time> <zone>+<random>/, notebooks and scripts."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, student in enumerate(BY_NBGRADER[slug]):
            late = (slug, student) == ("temperatures", LATE_IN_NBGRADER)
            at = "2026-10-08 20:00:00.123456 UTC" if late else "2026-10-06 08:00:00.123456 UTC"
            folder = f"inbound/{student}+{slug}+{at}+cmFuZG9t{number}"
            work = work_of(slug, student)
            if slug == "temperatures" and number % 2:
                archive.writestr(f"{folder}/{slug}.ipynb", _filled_in(root, work))
            else:
                archive.writestr(f"{folder}/{slug}.py", work.source)
            archive.writestr(f"{folder}/timestamp.txt", "1999-01-01 00:00:00 UTC")
    return file


def _filled_in(root: Path, work: Work) -> str:
    """The release notebook of `temperatures` with the two functions in their cells."""
    notebook = nbformat.read(root / "assignments/temperatures/release/temperatures.ipynb", 4)
    written = {part.partition("(")[0]: f"{part.strip()}\n" for part in work.source.split("\n\n\n")}
    for cell in notebook.cells:
        cell.source = written.get(cell.source.partition("(")[0], cell.source)
    return str(nbformat.writes(notebook))


def worksheet(root: Path, slug: str) -> str:
    """Moodle's offline grading worksheet: participant 600 + n is student n; nobody has a grade yet."""
    header = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments"
    )
    rows = [
        f'Participant {600 + number},"{student.name}",{student.email},Submitted,,100.00,Yes,-,-,'
        for number, student in enumerate(roster(root).values(), start=1)
    ]
    return "\r\n".join(["\ufeff" + header, *rows]) + "\r\n"


def results(root: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    """(student, assignment, the document) of every result.json."""
    for slug in SLUGS:
        for file in sorted((root / "assignments" / slug / "autograded").glob("*/result.json")):
            yield file.parent.name, slug, json.loads(file.read_bytes())
