"""Hints on public examples: what is told, what is not, and what nobody can read from the file."""

import json
from pathlib import Path

import pytest

from autograder.course.modules import load_bank
from autograder.release.hints import hints_by_answer, hints_json
from autograder.selfcheck.answers import gist
from autograder.selfcheck.file import load
from autograder.selfcheck.hints import NO_FILE, NO_HINT, cover, read_hints, uncover, with_hint
from autograder.selfcheck.run import State, try_examples

ROOT = Path(__file__).parents[3]
SLUGS = sorted(starter.stem for starter in ROOT.glob("assignments/*/release/*.py"))
STARTER = '''
def mean(values):
    """The mean.

    >>> mean([2.0, 4.0])
    3.0
    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return values[0]


def ends(values):
    """First and last.

    >>> ends([1.5, 2.5, 4.5])
    [1.5, 4.5]
    """
    raise NotImplementedError
'''
REFERENCE = """
def mean(values):
    return sum(values) / len(values)


def ends(values):
    return [values[0], values[-1]]
"""
IDEAS = """
import random
from reference.misconceptions import Misconception


def idea(id, function, wrong, slow=False):
    return Misconception(id=id, function=function, hint=f"The hint of {id}.", wrong=wrong, slow=slow)


def raises(values):
    raise ValueError("no")


MISCONCEPTIONS = (
    idea("total", "mean", lambda values: sum(values)),
    idea("first", "mean", lambda values: values[0]),
    idea("middle", "mean", lambda values: sorted(values)[len(values) // 2] if len(values) > 2 else sum(values) / 2),
    idea("dice", "mean", lambda values: random.random()),
    idea("raises", "mean", raises),
    idea("tired", "mean", lambda values: 77.5, slow=True),
    idea("turned", "ends", lambda values: [values[-1], values[0]]),
    idea("twins-one", "ends", lambda values: values),
    idea("twins-two", "ends", lambda values: list(values)),
    idea("agreeable", "ends", lambda values: [values[0], values[-1]]),
)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of one assignment, `handy`, as folders."""
    root = tmp_path_factory.mktemp("course")
    for name, text in {
        "reference/__init__.py": "",
        "reference/handy.py": REFERENCE,
        "assignments/handy/release/handy.py": STARTER,
    }.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.fixture
def answers(course, monkeypatch):
    """Wrong answer to hint, as the release finds them out."""
    space: dict = {}
    exec(IDEAS, space)
    reference: dict = {}
    exec(REFERENCE, reference)
    monkeypatch.setattr("autograder.release.hints.load_bank", lambda root, slug: space["MISCONCEPTIONS"])
    monkeypatch.setattr("autograder.release.hints.load_reference", lambda root, slug: type("R", (), reference))
    return hints_by_answer(course, "handy", course / "assignments" / "handy" / "release" / "handy.py")


def tried(body, name="mean"):
    """The report on a student's function with this body, in the place of the starter's."""
    space: dict = {}
    exec(STARTER, space)
    doc = space[name].__doc__
    exec(f"def {name}(values):\n    return {body}\n", space)
    space[name].__doc__ = doc
    return try_examples(space[name], space)


def covered(answers):
    """The file's entries."""
    return dict(cover(answer, hint) for answer, hint in answers.items())


def test_only_what_the_examples_can_tell_is_kept(answers):
    """Not the starter's own answer, dice, an exception, a slow idea, a right answer, or one that two ideas give."""
    assert sorted(answers.values()) == ["The hint of middle.", "The hint of total.", "The hint of turned."]


def test_a_student_with_the_idea_reads_its_hint(answers):
    """Written otherwise, in another number type: the same answer is the same idea."""
    assert with_hint(tried("__import__('numpy').float32(sum(values))"), covered(answers)).hint.endswith(
        "hint of total."
    )
    assert with_hint(tried("values[-1:] + values[:1]", "ends"), covered(answers)).hint.endswith("hint of turned.")


def test_an_idea_that_shows_in_the_second_example_is_named_there(answers):
    """The same number in another example is another answer."""
    assert "hint of middle" in with_hint(tried("sorted(values)[1] if len(values) > 2 else 3.0"), covered(answers)).hint
    assert with_hint(tried("2.0"), covered(answers)).hint == NO_HINT


def test_whoever_is_right_has_not_begun_or_crashes_is_told_nothing(answers):
    """No hint and no word about hints: there is no answer to speak of."""
    assert with_hint(tried("1 / 0"), covered(answers)).hint == ""
    assert with_hint(tried("sum(values) / len(values)"), covered(answers)).hint == ""
    report = try_examples(load_starter()["ends"])
    assert report.state is State.OPEN
    assert with_hint(report, covered(answers)).hint == ""


def load_starter():
    """The starter's functions."""
    space: dict = {}
    exec(STARTER, space)
    return space


def test_a_near_miss_is_not_named(answers):
    """A known answer and a little more is another answer."""
    assert with_hint(tried("sum(values)"), covered(answers)).hint != NO_HINT
    assert with_hint(tried("sum(values) * 1.001"), covered(answers)).hint == NO_HINT


def test_without_the_file_that_is_said(tmp_path):
    """A missing and a broken file are no hints; the report says where they come from."""
    assert read_hints(tmp_path) is None
    for broken in ("[1", "[1]", "{}", '{"hints": 3}', '{"hints": [1]}', "\xff"):
        (tmp_path / "hints.json").write_text(broken, "latin-1")
        assert read_hints(tmp_path) is None
    assert with_hint(tried("sum(values)"), None).hint == NO_FILE


def test_the_file_shows_nothing(answers, course, monkeypatch):
    """No hint, no idea's name, no function's name, and no number of an answer can be read in it."""
    monkeypatch.setattr("autograder.release.hints.hints_by_answer", lambda *_: answers)
    text = hints_json(course, "handy", Path("unused")).decode()
    entries = json.loads(text)["hints"]
    assert len(entries) == 3
    for word in ("hint of", "total", "middle", "turned", "mean", "ends", "4.5"):
        assert word not in text
    assert all(not name.isdigit() and len(name) == 24 for name in entries)


def test_an_entry_is_read_with_its_own_answer_only(answers):
    """With any other answer, right ones included, there is no entry; a spoilt entry is none, too."""
    entries = covered(answers)
    assert all(uncover(answer, entries) == hint for answer, hint in answers.items())
    assert uncover("mean\n1\n():3", entries) == ""
    name = next(iter(entries))
    assert uncover(next(a for a in answers if cover(a, "")[0] == name), {name: "&&&"}) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1.0, 2.5], "(2,):1,2.5"),
        ((1, -0.0), "(2,):1,0"),
        ([[1.0, 2.0], 3.0], "[(2,):1,2;():3]"),
        (1.000001, "():1"),
        (float("nan"), "():nan"),
        ([True, False], ""),
        (None, ""),
        ("text", ""),
        (["a", 1], ""),
        ([[0.0] * 3000] * 3, ""),
    ],
)
def test_an_answer_is_shape_and_numbers(value, text):
    """Whole or not, list or tuple; what is no number, or holds too many, tells no idea from another."""
    assert gist(value) == text


@pytest.mark.parametrize("slug", SLUGS)
def test_the_courses_hints_are_those_of_its_ideas(slug):
    """Every idea of the course that a public example shows gets its own hint by `grade check --hints`, and no other.

    No hint can be read in the file, and the reference's answers uncover none.
    """
    file = ROOT / "assignments" / slug / "release" / f"{slug}.py"
    made = hints_json(ROOT, slug, file)
    if made is None:
        assert slug == "concepts"  # its answers are words
        return
    entries = json.loads(made)["hints"]
    bank = load_bank(ROOT, slug)
    assert not any(entry.hint in made.decode() or entry.id in made.decode() for entry in bank)
    names = load(file).namespace
    named = 0
    for entry in (entry for entry in bank if not entry.slow):
        doc = names[entry.function].__doc__ if entry.function in names else ""

        def stand_in(*args, wrong=entry.wrong, **kwargs):
            return wrong(*args, **kwargs)

        stand_in.__name__, stand_in.__doc__ = entry.function, doc
        hint = with_hint(try_examples(stand_in, dict(names)), entries).hint
        if hint.startswith("It may be this: "):
            named += 1
            assert hint.endswith(entry.hint), entry.id
    assert named >= 3
