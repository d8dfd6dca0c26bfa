"""course.yml is read with the line of whatever is wrong, and with what to write instead."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.course.course_yml import find_course, load_course
from autograder.errors import CourseError, UsageError
from autograder.records import LatePolicy, Limits

COURSE = """\
title: Tiny
timezone: Europe/Paris
secret: a-long-enough-secret
assignments:
  - slug: one
    title: First
    weight: 3
    due: 2026-10-12 23:59
  - slug: two
    title: Second
"""


@pytest.fixture
def write(tmp_path):
    for slug in ("one", "two"):
        for file in (f"tests/suites/test_{slug}.py", f"reference/{slug}.py"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()

    def write(text: str = COURSE) -> Path:
        (tmp_path / "course.yml").write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path

    return write


def complaint(root) -> str:
    with pytest.raises(CourseError) as caught:
        load_course(root)
    return str(caught.value).replace(f"{root}/", "")


def test_defaults(write):
    """A course that says little gets the documented defaults."""
    course = load_course(write())
    assert course.feedback == "full"
    assert course.limits == Limits()
    assert course.required_layers == ("bubblewrap", "landlock", "seccomp", "rlimits")
    assert course.assignment("two").weight == 1
    assert course.assignment("two").due is None
    assert course.roster == ()


def test_due_is_local_time(write):
    """A due date is read in the course's time zone, summer time included."""
    course = load_course(write())
    assert course.assignment("one").due.astimezone(UTC) == datetime(2026, 10, 12, 21, 59, tzinfo=UTC)


def test_due_date_alone_means_its_end(write):
    """A due date without a time lasts until the end of that day."""
    course = load_course(write(COURSE.replace(" 23:59", "")))
    assert course.assignment("one").due.astimezone(UTC) == datetime(2026, 10, 12, 21, 59, 59, tzinfo=UTC)


def test_due_with_offset(write):
    """A due date with its own offset keeps it."""
    course = load_course(write(COURSE.replace("2026-10-12 23:59", "2026-10-12T23:59:00-05:00")))
    assert course.assignment("one").due.astimezone(UTC) == datetime(2026, 10, 13, 4, 59, tzinfo=UTC)


def test_late_policy_is_inherited(write):
    """An assignment's late policy replaces only the keys it names."""
    text = "late: {grace_minutes: 15, penalty_per_day: 10}\n" + COURSE + "    late: {penalty_per_day: 0}\n"
    course = load_course(write(text))
    assert course.assignment("one").late == LatePolicy(grace_minutes=15, penalty_per_day=10)
    assert course.assignment("two").late == LatePolicy(grace_minutes=15, penalty_per_day=0)


def test_extensions_and_excuses(write):
    """A student is given another date, or excused."""
    course = load_course(write(COURSE + "    extensions: {s09: 2026-11-01 12:00, s10: excused}\n"))
    assert course.assignment("two").extensions["s09"].astimezone(UTC) == datetime(2026, 11, 1, 11, tzinfo=UTC)
    assert course.assignment("two").excused == ("s10",)


def test_limits_and_layers(write):
    """Limits and required jail layers are the course's to set."""
    course = load_course(write("limits: {call_seconds: 2.5}\njail: {require: [rlimits]}\n" + COURSE))
    assert course.limits == Limits(call_seconds=2.5)
    assert course.required_layers == ("rlimits",)


def test_carries_floors_and_the_rest(write):
    """Every other key arrives in the record."""
    text = 'term: "2026"\nfeedback: hints\ndrop_lowest: 1\nfloors: {kill_rate: 0.9}\n' + COURSE
    root = write(text + "    carries: [ddim_step]\n    max_score: 20\n")
    (root / "reference/two.py").write_text("from reference.one import ddim_step\n")
    course = load_course(root)
    assert (course.term, course.feedback, course.drop_lowest, course.floors) == ("2026", "hints", 1, {"kill_rate": 0.9})
    assert (course.assignment("two").carries, course.assignment("two").max_score) == (("ddim_step",), 20)


def test_a_class_cannot_be_carried(write):
    """Objects stay where they were made; functions that a class stands on can."""
    root = write(COURSE + "    carries: [Till]\n")
    (root / "reference/two.py").write_text("class Till:\n    pass\n")
    with pytest.raises(CourseError, match=r"Till is a class of reference/two\.py; only functions are carried"):
        load_course(root)


def test_aliases_are_plain_yaml(write):
    """An anchor may save typing."""
    course = load_course(
        write(COURSE.replace("slug: one\n", "slug: one\n    extensions: &x {s01: excused}\n") + "    extensions: *x\n")
    )
    assert course.assignment("two").excused == ("s01",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Tiny", "titel: Tiny", "course.yml:1: unknown key 'titel'; did you mean 'title'?"),
        ("title: Tiny", "titel: Tiny", "course.yml:1: title is missing; write `title: Diffusion models`"),
        ("    weight: 3", "    wieght: 3", "course.yml:7: unknown key 'wieght' in assignments; did you mean 'weight'?"),
        ("    weight: 3", "    zzz: 3", "course.yml:7: unknown key 'zzz' in assignments; known: slug, title"),
        (
            "    weight: 3",
            "    weight: heavy",
            "course.yml:7: assignments.0.weight: must be a valid number, not 'heavy'",
        ),
        ("    weight: 3", "    weight: -1", "course.yml:7: assignments.0.weight: must be greater than or equal to 0"),
        ("    weight: 3", "    weight: .nan", "course.yml:7: assignments.0.weight: must be a finite number"),
        ("title: Tiny", "title: 2026", "course.yml:1: title: must be a valid string, not 2026; write `title: "),
        ("slug: two", "slug: one", "course.yml:9: slug 'one' is taken in line 5"),
        ("slug: two", "slug: a-b", "course.yml:9: assignments.1.slug: it must match"),
        ("slug: two", "slug: six", "course.yml:9: assignment 'six' needs tests/suites/test_six.py, which is not there"),
        ("slug: two", "slug: six", "course.yml:9: assignment 'six' needs reference/six.py, which is not there"),
        ("title: Tiny", "title: Tiny\ntitle: Big", "course.yml:2: 'title' is written twice, first in line 1"),
        ("title: Tiny", "title: [", "course.yml:3: is not YAML: expected"),
        ("title: Tiny", "<<: {a: b}", "course.yml:1: a key must be one word"),
        (
            "Europe/Paris",
            "Europe/Pariss",
            "course.yml:2: there is no time zone 'Europe/Pariss'; did you mean 'Europe/Paris'?",
        ),
        ("Europe/Paris", "../etc", "course.yml:2: there is no time zone"),
        ("a-long-enough-secret", "short", "course.yml:3: secret: it must have at least 8 characters"),
        ("2026-10-12 23:59", "tomorrow", "course.yml:8: due: 'tomorrow' is no date; write \"2026-10-12 23:59\""),
        ("title: Tiny", "title: Tiny\nfeedback: some", "course.yml:2: feedback: must be 'full', 'hints' or 'scores'"),
        ("title: Tiny", "title: Tiny\njail: {require: [chroot]}", "course.yml:2: jail.require.0: must be 'bubblewrap'"),
        ("title: Tiny", "title: Tiny\nlimits:\n  memory: 4", "course.yml:3: unknown key 'memory' in limits; did you"),
        ("title: Tiny", "title: Tiny\nlimits:\n  restarts: 0", "course.yml:3: limits.restarts: must be greater than 0"),
        ("title: Tiny", "title: Tiny\ndrop_lowest: 2", "course.yml:2: drop_lowest is 2, but there are only 2"),
        ("title: Tiny", "title: Tiny\nlate: {cap: 120}", "course.yml:2: late.cap: must be less than or equal to 100"),
    ],
)
def test_complaints(write, old, new, said):
    """What is wrong is said with its line, its key and what to write."""
    assert old in COURSE
    assert said in complaint(write(COURSE.replace(old, new)))


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("nowhere", "course.yml:8: data: 'nowhere' is no folder with files in it; name one inside the course"),
        ("reference", "course.yml:8: data: 'reference' holds, or lies in, what no student may read"),
        (".", "course.yml:8: data: '.' holds, or lies in, what no student may read"),
        ("tests/data", "course.yml:8: data: 'tests/data' holds, or lies in, what no student may read"),
        ("twin", "course.yml:8: data: 'twin' holds a one.py, which is what students hand in"),
    ],
)
def test_data_that_cannot_be_handed_out(write, folder, said):
    """Nothing secret is ever laid beside a submission."""
    root = write(COURSE.replace("slug: one\n", f"slug: one\n    data: {folder}\n"))
    for name in ("tests/data/a.csv", "twin/one.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    assert said.replace(":8:", f":{_line_of(root, 'data:')}:") in complaint(root)


def test_data_is_a_folder_of_the_course(write):
    """It is known by its place, wherever the course is read from."""
    root = write(COURSE.replace("slug: one\n", "slug: one\n    data: assignments/one/data\n    files: [q.sql]\n"))
    (root / "assignments" / "one" / "data").mkdir(parents=True)
    (root / "assignments" / "one" / "data" / "a.csv").write_text("x")
    assignment = load_course(root).assignment("one")
    assert assignment.equipment.data == root.resolve() / "assignments" / "one" / "data"
    assert assignment.files == ("q.sql",)


def _line_of(root, key):
    lines = (root / "course.yml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if key in line)


def test_all_complaints_at_once(write):
    """Two mistakes are two lines of one error."""
    said = complaint(write(COURSE.replace("Europe/Paris", "Mars").replace("2026-10-12 23:59", "soon")))
    assert [line.split(": ")[0] for line in said.splitlines()] == ["course.yml:2", "course.yml:8"]


def test_bad_extension(write):
    """An extension that is no date names the word that excuses."""
    assert "or excused" in complaint(write(COURSE + "    extensions: {s01: never}\n"))


def test_all_weights_zero(write):
    """A course in which nothing counts is refused."""
    assert "all weights are 0" in complaint(write(COURSE.replace("weight: 3", "weight: 0") + "    weight: 0\n"))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_not_a_mapping(write, text):
    """A file without keys is no course."""
    assert "must hold keys and values" in complaint(write(text))


def test_no_assignments(write):
    """A course without assignments shows how to write one."""
    said = complaint(write(COURSE.partition("assignments:")[0] + "assignments: []\n"))
    assert "course.yml:4: assignments:" in said
    assert "write `assignments: [{slug: warmup" in said


def test_find_course(write):
    """The course is found from any path in it."""
    root = write()
    (root / "assignments" / "one").mkdir(parents=True)
    assert find_course(root / "assignments" / "one") == root
    assert find_course(root / "assignments" / "not-there.py") == root
    assert find_course(root) == root


def test_find_no_course(tmp_path):
    """Outside a course the error says what to do."""
    with pytest.raises(UsageError, match="grade init DIR"):
        find_course(tmp_path)


def test_roster_is_read(write):
    """roster.csv beside course.yml is the roster."""
    root = write()
    (root / "roster.csv").write_text("student\ns01\n")
    assert [student.id for student in load_course(root).roster] == ["s01"]


def test_groups_and_attempts_are_read(write):
    """Teams as written or from a table, which attempt counts, and how many."""
    more = "    groups: {Team 1: [s01, s02], Team 2: [s03]}\n    attempts: last_on_time\n    max_attempts: 3\n"
    second = load_course(write(COURSE + more)).assignment("two")
    assert second.groups == {"Team 1": ("s01", "s02"), "Team 2": ("s03",)}
    assert (second.attempts, second.max_attempts) == ("last_on_time", 3)
    root = write(COURSE + "    groups: groups.csv\n")
    (root / "groups.csv").write_text("group;student\nTeam 1;s01\nTeam 1;s02\n", "utf-16")
    assert load_course(root).assignment("two").groups == {"Team 1": ("s01", "s02")}
    assert load_course(root).assignment("one").groups == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("groups: {A: [s01], B: [s01]}", "course.yml:11: group 'B': s01 is in 'A' already"),
        ("groups: {A: [s01, s01]}", "s01 is in 'A' already"),
        ("groups: {A: [s00]}", "group 'A': nobody on roster.csv is called 's00'; did you mean"),
        ("groups: {A: []}", "write `groups: {Team 1: [s01, s02]}"),
        ("groups: none.csv", "none.csv: cannot be read"),
        ("groups: roster.csv", "roster.csv:1: has no columns group and student"),
        ("attempts: first", "write `attempts: last   # or last_on_time, best`"),
        ("max_attempts: 0", "write `max_attempts: 3`"),
    ],
)
def test_wrong_groups_and_attempts_are_named(write, more, said):
    """With the line and what to write."""
    root = write(f"{COURSE}    {more}\n")
    (root / "roster.csv").write_text("student\ns01\ns02\n")
    assert said in complaint(root)


def test_what_each_lms_calls_an_assignment(write):
    """`lms:` holds numbers for Canvas and Blackboard, titles for the others."""
    lms = "    lms: {canvas: 501, moodle: One of them, blackboard: 9, brightspace: One}\n"
    course = load_course(write(COURSE + lms))
    assert course.assignment("two").lms == {
        "canvas": "501", "moodle": "One of them", "blackboard": "9", "brightspace": "One",
    }  # fmt: skip
    assert course.assignment("one").lms == {}


@pytest.mark.parametrize(
    ("lms", "said"),
    [
        ("{canvas: the first}", "write `canvas: 4314282"),
        ("{canvas: -1}", "write `canvas: 4314282"),
        ("{moodle: 7}", "write `moodle: Noising"),
        ("{canvass: 7}", "course.yml:12: unknown key 'canvass' in assignments.lms; did you mean 'canvas'?"),
        ("{canvas: 501}", "course.yml:12: canvas 501 is taken in line 9; give each assignment its own"),
    ],
)
def test_a_wrong_lms_entry_is_named(write, lms, said):
    """Wrong kinds, unknown systems, and a column that two assignments would write into."""
    first = COURSE.replace("  - slug: two", "    lms: {canvas: 501}\n  - slug: two")
    assert said in complaint(write(f"{first}    lms: {lms}\n"))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (
            "def ddim_step(): ...",
            ["course.yml:12: carries: reference/two.py has no function 'ddim_stp'; did you mean 'ddim_st"],
        ),
        ("from reference.one import ddim_step as ddim_stp", []),
        ("ddim_stp = ddim_step = None", []),
        ("from reference.one import *", []),
        ("def broken(:", []),
    ],
    ids=["misspelt", "imported", "assigned", "everything imported", "broken: told where it is used"],
)
def test_a_carried_function_that_the_reference_lacks(write, reference, said):
    """Nothing would ever be carried, and nobody would see why."""
    root = write(COURSE + "    carries:\n      - ddim_stp\n")
    (root / "reference/two.py").write_text(reference)
    if said:
        assert [line[: len(said[0])] for line in complaint(root).splitlines()] == said
    else:
        assert load_course(root).assignment("two").carries == ("ddim_stp",)
