"""Names of all kinds through each LMS's own folding: never another person's work, and never silently nobody's."""

import re
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.lms.intake.collect import collect
from autograder.lms.registry import DOWNLOADS
from autograder.records import Assignment, Course, Student


def display(person):
    first, last, _ = person
    return f"{first} {last}"


# Names that come near each other: hyphens, apostrophes, underscores, double names, accents, many words, scripts.
POOLS = (
    (("Anna-Maria", "Maria", "Anna", "anna"), ("Schmidt", "Maria Schmidt", "Anna")),
    (("Jean-Luc", "Luc", "Jean"), ("Roth", "Luc Roth", "Luc-Roth", "Jean")),
    (("D'Arcy", "Darcy", "d'Arcy Anne"), ("van der Berg", "Berg", "vander Berg", "O'Rahilly-Quist")),
    (("Al_x", "Al x", "Alx"), ("Under_Score", "Under Score", "Score", "x")),
    (("Müller", "Mueller", "Muller"), ("Åström", "Astrom", "Aastroem", "Ægir")),
    (("Mary / Molly", "Mary", "Molly"), ("St. John: Jr.", "St John Jr", "John", "de la Cruz y Ortega Martí")),
    (("小明", "明", "Иван", "محمد"), ("王", "Петров", "Łukasz Żółć", "小明")),
    (("An", "Ann", "A"), ("na", "nna Lee", "Lee", "n Na")),
)
NAMES = st.sampled_from(POOLS).flatmap(
    lambda pool: st.tuples(st.sampled_from(pool[0]), st.sampled_from(pool[1]), st.booleans())
)
NEAR = st.sampled_from(POOLS).flatmap(
    lambda pool: st.lists(
        st.tuples(st.sampled_from(pool[0]), st.sampled_from(pool[1]), st.booleans()),
        min_size=2,
        max_size=7,
        unique_by=display,
    )
)


def on_roster(person):
    """As an instructor wrote it: either order."""
    first, last, comma = person
    return f"{last}, {first}" if comma else f"{first} {last}"


def moodle(person, number):
    """mod/assign/classes/downloader.php and PARAM_FILE of lib/moodlelib.php (4.5.6, ran)."""
    folded = re.sub(r"[\x00-\x1f&<>\"'`|:\\/]", "", display(person)).replace("_", " ")
    return f"{folded}_{100 + number}_assignsubmission_file/noising.py"


def canvas(person, number):
    """lib/content_zipper.rb (read): the sortable name, lower case, word characters only."""
    first, last, _ = person
    squeezed = "".join(re.findall(r"\w+", f"{last}, {first}".lower()))
    return f"{squeezed}_{100 + number}_{500 + number}_noising.py"


def ilias(person, number):
    """Modules/Exercise (read): family and first name, login, number, in ASCII; what is no ASCII becomes `_`."""
    first, last, _ = person
    text = f"{last}_{first}_unknown{number}_{100 + number}"
    for umlaut, spelt in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True):
        text = text.replace(umlaut, spelt)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9._ -]", "_", bare).replace("/", "_") + "/noising.py"


def brightspace(person, number):
    """As the vendor's help shows names; a slash cannot be in one."""
    return f"{number}-{100 + number} - {display(person).replace('/', '')} - Oct 12, 2026 1140 PM/noising.py"


WRITERS = {"moodle": moodle, "canvas": canvas, "ilias": ilias, "brightspace": brightspace}


def collected(roster, entries, source):
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(root / "a.zip", "w") as archive:
            for name, text in entries.items():
                archive.writestr(name, text)
        course = Course(
            root=root,
            title="t",
            term="",
            timezone="UTC",
            secret="public-secret",
            assignments=(Assignment(slug="noising", title="N"),),
            roster=roster,
        )
        done = collect(course, "noising", root / "a.zip", DOWNLOADS[source])
        return done, {
            each.student: (root / f"assignments/noising/submitted/{each.student}/noising.py").read_text("utf-8")
            for each in done.collected
        }


SOME = st.lists(st.booleans(), min_size=7, max_size=7)
HYPHEN = [("Maria", "Schmidt", False), ("Anna-Maria", "Schmidt", False)]


@pytest.mark.no_cover
@pytest.mark.parametrize("source", WRITERS)
@given(people=NEAR, on=SOME, sent=SOME)
@example(people=HYPHEN, on=[True, *[False] * 6], sent=[False, True, *[False] * 5])
@example(people=[("Luc", "Roth", True), ("Jean-Luc", "Roth", True)], on=[True] + [False] * 6, sent=[False] + [True] * 6)
@settings(max_examples=100, deadline=None)
def test_nobody_gets_another_person_s_work(source, people, on, sent):
    """Without any number, where some are on the roster and some hand in: each file is its author's, or is listed."""
    roster = tuple(Student(id=f"s{n}", name=on_roster(person)) for n, person in enumerate(people) if on[n])
    entries = {WRITERS[source](person, n): f"s{n}" for n, person in enumerate(people) if sent[n]}
    if not roster or not entries:
        return
    done, held = collected(roster, entries, source)
    listed = {entry for left in done.left for entry in left.entries}
    for name, author in entries.items():
        takers = [student for student, text in held.items() if text == author]
        same = [r.id for r in roster if _alike(source, people, author, r.id)]
        assert set(takers) <= {author, *same}, (name, takers)
        assert bool(takers) != (name in listed), name


def _alike(source, people, author, other):
    """Whether both names are one to the LMS and to a reader who may leave accents out or spell them out."""
    mine = _bare(source, people[int(author[1:])])
    return any(mine & _bare(source, person) for person in _readings(people[int(other[1:])]))


def _readings(person):
    """Without a comma a roster does not tell where the family name begins: Anna Maria Schmidt has two readings."""
    words = display(person).split()
    splits = [(" ".join(words[:place]), " ".join(words[place:]), False) for place in range(1, len(words))]
    return [person] if person[2] or not splits else splits


TABLES = (
    {},
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"},
    {"ø": "o", "æ": "ae", "ł": "l", "đ": "d"},
)


def _bare(source, person):
    """The letters of the name as the LMS writes it, in each way of writing accents."""
    name = unicodedata.normalize("NFC", WRITERS[source](person, 0)).casefold()
    found = set()
    for table in TABLES:
        text = unicodedata.normalize("NFKD", "".join(table.get(letter, letter) for letter in name))
        plain = "".join(letter for letter in text if not unicodedata.combining(letter))
        found.add("".join(sorted(re.findall(r"[^\W_]+", plain))))
    return found


@pytest.mark.parametrize("source", WRITERS)
@given(people=st.lists(NAMES, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_with_numbers_everybody_is_found(source, people):
    """Where the roster has the LMS's number, everybody is found, namesakes too; where not, namesakes are listed."""
    roster = tuple(
        Student(id=f"s{number}", name=on_roster(person), lms_id=str(100 + number))
        for number, person in enumerate(people)
    )
    entries = {WRITERS[source](person, number): f"s{number}" for number, person in enumerate(people)}
    done, held = collected(roster, entries, source)
    assert all(text == student for student, text in held.items())
    if source in ("canvas", "ilias"):
        assert set(held) == {student.id for student in roster}
        assert not done.left


@given(people=NEAR)
@settings(max_examples=50, deadline=None)
def test_a_class_of_different_names_is_found_in_moodle(people):
    """By names alone each is found, unless two of the roster are alike to a reader without accents."""
    bare = [_bare("moodle", person) for person in people]
    if any(one & other for number, one in enumerate(bare) for other in bare[:number]):
        return
    roster = tuple(Student(id=f"s{number}", name=on_roster(person)) for number, person in enumerate(people))
    entries = {moodle(person, number): f"s{number}" for number, person in enumerate(people)}
    done, held = collected(roster, entries, "moodle")
    assert held == {student.id: student.id for student in roster}, [left.reason for left in done.left]
    assert not done.left
    assert collected(tuple(replace(s, name=s.name.upper()) for s in roster), entries, "moodle")[1].keys() <= held.keys()
