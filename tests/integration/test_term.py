"""A term from release to marks in four LMSs, with real nbgrader and real files, every number followed all the way."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from lms_imports import import_blackboard, import_brightspace, import_canvas, import_moodle, import_worksheet
from nbgrader.api import Gradebook
from released_course import call
from term import (
    BLACKBOARD_IDS,
    BY_HAND,
    CANVAS_IDS,
    EXCUSED,
    EXTENDED,
    LATE,
    MISSING,
    REGRADED,
    SLUGS,
    STUDENTS,
    TITLES,
    canvas_zip,
    exchange_zip,
    prepare,
    results,
    roster,
    times_file,
    work_of,
    worksheet,
)

from autograder.cli.collect import collect_command
from autograder.cli.export import export_command
from autograder.cli.release import release_command

pytestmark = [
    pytest.mark.jail,
    pytest.mark.gradebook,
    pytest.mark.timeout(1200),  # some forty seconds on a machine that does nothing else
    pytest.mark.filterwarnings("default"),  # nbgrader's own
]
COMMENT = "Add first, then stretch?"
POINTS_BY_HAND = 20.0  # of 50, in the cell of a function that the suite gave nothing
FORMATS = ("canvas", "moodle", "blackboard", "brightspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """The course, and what the commands said: the documents of `grade collect --json` and of `grade PATH --json`."""

    root: Path
    collected: list[dict]
    graded: list[dict]

    def exported(self, name: str) -> bytes:
        """A file of the last export."""
        return (self.root / "out" / name).read_bytes()


def grade(root, *words):
    """`grade PATH` in a process of its own; the document that it prints."""
    return json.JSONDecoder().raw_decode(call(root, "grade", *words, "--jobs", "1", "--json"))[0]


def here(command, root, *words, returns=0):
    """Another command, in this process, which has imported everything; what it prints."""
    done = CliRunner().invoke(command, [*map(str, words), "--course", str(root)], standalone_mode=False)
    assert (done.exception, done.return_value) == (None, returns), done.output
    return done.stdout


def collect(root, *, again=()):
    """Both systems' archives of both assignments; what became of each."""
    documents = []
    times = times_file(root / "times.csv", "temperatures", again=again)
    for slug in SLUGS:
        canvas = canvas_zip(root, slug, root / f"canvas-{slug}.zip", again=again)
        options = ["--assignment", slug, "--from", "canvas", "--json"]
        options += ["--times", times] if slug == "temperatures" else []
        documents.append(json.loads(here(collect_command, root, canvas, *options, returns=5)))
        exchange = exchange_zip(root, slug, root / f"exchange-{slug}.zip")
        options = ["--assignment", slug, "--from", "nbgrader", "--json"]
        documents.append(json.loads(here(collect_command, root, exchange, *options)))
    return documents


def export(root, folder="out"):
    """To every LMS, and by nbgrader's own exporter."""
    here(export_command, root, "--to", "csv", "--output", root / folder / "csv")
    for slug in SLUGS:
        for to in FORMATS:
            here(export_command, root, "--to", to, "--assignment", slug, "--output", root / folder / f"{to}-{slug}")
        theirs = root / f"worksheet-{slug}.csv"
        theirs.write_text(worksheet(root, slug), "utf-8")
        options = ("--assignment", slug, "--against", theirs, "--output", root / folder / f"worksheet-{slug}")
        here(export_command, root, "--to", "moodle-worksheet", *options)
    call(root, "nbgrader", "export", "--to", f"{folder}/nbgrader")


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Released, handed in, collected, graded, one grade and one comment by hand, one regrade, exported."""
    root = tmp_path_factory.mktemp("term") / "course"
    call(root.parent, "grade", "init", "course")
    prepare(root)
    here(release_command, root)
    collected = collect(root)
    graded = [grade(root, "assignments")]
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        place = ("temperatures", "temperatures", BY_HAND)
        gradebook.find_grade("to_fahrenheit", *place).manual_score = POINTS_BY_HAND
        gradebook.find_comment("to_fahrenheit-answer", *place).manual_comment = COMMENT
        gradebook.db.commit()
    before = ("--assignment", "temperatures", "--output", root / "canvas-before.csv")
    here(export_command, root, "--to", "canvas", *before)
    collected += collect(root, again=[REGRADED])
    graded.append(grade(root, "assignments"))
    export(root)
    return Term(root=root, collected=collected, graded=graded)


def truth(root) -> Iterator[tuple[str, str, float | str]]:
    """(student, assignment, what each LMS must have): result.json's score, but for what a teacher decided."""
    for student, slug, document in results(root):
        if (student, slug) == (EXCUSED, "temperatures"):
            yield student, slug, "EX"
        elif (student, slug) == (BY_HAND, "temperatures"):
            yield student, slug, 60.0  # 50 by the suite, 20 by hand, 10 off for a day late
        else:
            yield student, slug, document["score"]


def scored(root, columns):
    """{(student, column): score} of those who have a number, as the columns of an LMS."""
    return {(student, columns[slug]): mark for student, slug, mark in truth(root) if mark != "EX"}


def arrives(term, to, read):
    """What the LMS takes of its files, one for each assignment."""
    people = roster(term.root).values()
    return {cell: mark for slug in SLUGS for cell, mark in read(term.exported(f"{to}-{slug}"), people).items()}


def test_everybody_is_collected_but_the_stranger(term):
    """Of each assignment all but one hand in; somebody who is in no roster is listed, and nothing is lost."""
    taken = [{c["student"]: c["status"] for c in document["collected"]} for document in term.collected[:4]]
    for first, second in (taken[:2], taken[2:]):
        assert sorted(first | second) == [student for student in STUDENTS if student != MISSING]
        assert not first.keys() & second.keys()
        assert {*first.values(), *second.values()} == {"new"}
    assert [[left["who"] for left in document["left"]] for document in term.collected[:4]] == [
        ["guestgus (9999)"], [], ["guestgus (9999)"], [],
    ]  # fmt: skip


def test_every_score_is_what_the_work_is_worth(term):
    """result.json holds the known score of each piece of work, less two days for one; more time costs nothing.

    What a teacher gave counts too: 20 points for to_fahrenheit, which the checks gave none.
    """
    days = {(LATE, "temperatures"): 2, (BY_HAND, "temperatures"): 1}
    seen = {}
    for student, slug, document in results(term.root):
        worth = work_of(slug, student, again=(student, slug) == (REGRADED, "temperatures")).score
        late = days.get((student, slug), 0)
        assert (document["score_before_late"], document["late"]) == (worth, {"days": late, "penalty": 10.0 * late})
        given = 20 if (student, slug) == (BY_HAND, "temperatures") else 0
        assert document["score"] == worth + given - 10 * late
        seen[student, slug] = document["score"]
    assert len(seen) == 58
    assert seen[LATE, "temperatures"] == 30.0
    assert seen[EXTENDED, "temperatures"] == 100.0


def test_the_regrade_graded_one_student(term):
    """The second download brings one new attempt; one submission is graded again, 58 were the first time."""
    assert [document["summary"]["graded"] for document in term.graded] == [58, 1]
    changed = [c["student"] for d in term.collected[4:] for c in d["collected"] if c["status"] == "replaced"]
    assert changed == [REGRADED]


def test_canvas_gets_every_number(term):
    """By Canvas' own numbers for columns and people; EX for who is excused; nothing for who handed nothing in."""
    arrived, possible = {}, {}
    for slug in SLUGS:
        cells, maxima = import_canvas(term.exported(f"canvas-{slug}"), roster(term.root).values())
        arrived, possible = arrived | cells, possible | maxima
    columns = {slug: f"{TITLES[slug]} ({CANVAS_IDS[slug]})" for slug in SLUGS}
    assert arrived == scored(term.root, columns) | {(EXCUSED, columns["temperatures"]): "EX"}
    assert possible == dict.fromkeys(columns.values(), "100")


def test_moodle_gets_every_number(term):
    """In the gradebook's import by the title that course.yml gives, in the worksheet with the words of both graders."""
    columns = {"temperatures": "Warm days (Moodle)", "warmup": TITLES["warmup"]}
    assert arrives(term, "moodle", import_moodle) == scored(term.root, columns)
    for slug in SLUGS:
        arrived = import_worksheet(term.exported(f"worksheet-{slug}"))
        numbers = {STUDENTS[participant - 601]: grade for participant, (grade, _) in arrived.items()}
        assert numbers == {student: mark for student, of, mark in truth(term.root) if of == slug and mark != "EX"}
    comment = import_worksheet(term.exported("worksheet-temperatures"))[600 + int(BY_HAND[1:])][1]
    told = ["60 of 100 points.", "10 points off for 1 day late.", COMMENT, "to_fahrenheit.values (0/50)"]
    assert comment.startswith("<p>Automatic feedback:<br>60 of 100 points.<br>10 points off for 1 day late.")
    assert [words for words in told if words not in comment] == []


def test_blackboard_and_brightspace_get_every_number(term):
    """Blackboard by its number, Brightspace by its item, both as course.yml names them."""
    assert arrives(term, "blackboard", import_blackboard) == scored(term.root, BLACKBOARD_IDS)
    items = {"temperatures": "Warm days in D2L", "warmup": TITLES["warmup"]}
    assert arrives(term, "brightspace", import_brightspace) == scored(term.root, items)


def test_the_csv_and_nbgraders_own_export_have_every_number(term):
    """The table for people tells excused from missing; nbgrader's has the same scores, and knows no excused."""
    lines = csv.DictReader(term.exported("csv").decode("utf-8-sig").splitlines())
    cells = {(row["student"], slug): row[slug] for row in lines for slug in SLUGS}
    expected = {(student, slug): f"{mark:g}" if mark != "EX" else "EX" for student, slug, mark in truth(term.root)}
    assert cells == dict.fromkeys(((student, slug) for student in STUDENTS for slug in SLUGS), "") | expected
    given = {(student, slug): mark for student, slug, mark in truth(term.root) if mark != "EX"}
    given[EXCUSED, "temperatures"] = work_of("temperatures", EXCUSED).score
    theirs = {}
    for row in csv.reader(term.exported("nbgrader").decode().splitlines()):
        if row[0] in SLUGS and row[3] != MISSING:
            theirs[row[3], row[0]] = float(row[-2])
    assert theirs == given


def test_only_the_regraded_student_changed(term):
    """--since the export before it leaves one line, and the preview against it names one cell."""
    before = term.root / "canvas-before.csv"
    options = ("--to", "canvas", "--assignment", "temperatures", "--since", before, "--against", before, "--json")
    document = json.loads(here(export_command, term.root, *options))
    assert [row["student"] for row in document["students"]] == [REGRADED]
    assert document["preview"]["changes"] == [
        {"student": REGRADED, "assignment": "temperatures", "before": "80", "after": "100"}
    ]


def test_all_of_it_again_changes_nothing(term):
    """The same archives, the same command, the same exports: no status but unchanged, no byte that differs."""
    root = term.root

    def everything():
        files = [*root.glob("assignments/**/*"), *root.glob("out/*"), *root.glob("feedback/*")]
        with closing(sqlite3.connect(root / "gradebook.db")) as database:
            return {file: file.read_bytes() for file in files if file.is_file()}, list(database.iterdump())

    before = everything()
    collected = collect(root, again=[REGRADED])
    assert {c["status"] for document in collected for c in document["collected"]} == {"unchanged"}
    assert grade(root, "assignments")["summary"]["graded"] == 0
    export(root)
    assert everything() == before
