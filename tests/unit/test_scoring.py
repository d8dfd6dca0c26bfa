"""Points become scores by rules that a student could check by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import graded_submission

from autograder.records import (
    Assignment,
    CheckResult,
    Course,
    LatePolicy,
    Outcome,
)
from autograder.scoring import NEVER, course_total, days_late, late_for, score_of

PARIS = ZoneInfo("Europe/Paris")
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=PARIS)
POLICY = LatePolicy(grace_minutes=30, penalty_per_day=10, cap=50)


def checked(points, max_points=10.0, outcome=Outcome.FAILED, name="a"):
    return CheckResult(id=name, title=name, outcome=outcome, points=points, max_points=max_points, message="told")


def graded(*checks, **values):
    plain = {"assignment": "one", "score_before_late": None, "score": None, "max_score": 0.0}
    return graded_submission(*checks, **plain | values)


def assignment(**values):
    return Assignment(**{"slug": "one", "title": "First", "due": DUE, "late": POLICY} | values)


def course(*assignments, drop_lowest=0):
    return Course(
        root=Path(),
        title="",
        term="",
        timezone="UTC",
        secret="",
        assignments=assignments,
        drop_lowest=drop_lowest,
    )


def a(slug, weight=1.0, **values):
    return Assignment(slug=slug, title=slug, weight=weight, **values)


# ------------------------------------------------------------------ score_of


@pytest.mark.parametrize(
    ("checks", "max_score", "expected"),
    [
        ([checked(10), checked(5)], 100, 75),
        ([checked(10), checked(5)], 20, 15),
        ([checked(0)], 100, 0),
        ([checked(1, 3)], 100, 33.33),
        ([checked(10), checked(0, 30, Outcome.SKIPPED)], 100, 100),
        ([checked(5), checked(0, 0, Outcome.SKIPPED)], 100, 50),
        ([checked(0, 10, Outcome.SKIPPED)], 100, None),
        ([checked(10), checked(0, 10, Outcome.UNGRADED)], 100, None),
        ([], 100, None),
        ([checked(0, 0)], 100, None),
        ([checked(99, 10), checked(-5, 10)], 100, 50),
    ],
)
def test_score(checks, max_score, expected):
    """A score is the share of the points that could be earned; a skipped check costs nothing, an ungraded one all."""
    assert score_of(checks, max_score) == expected


outcomes = st.sampled_from([o for o in Outcome if o is not Outcome.UNGRADED])
checks = st.lists(st.builds(checked, st.floats(-1, 20), st.floats(0, 20), outcomes), max_size=8)


@given(checks, st.floats(0.01, 1000))
def test_score_is_within_bounds(checks, max_score):
    """A score is never below 0 nor above max_score (but for rounding to the hundredth)."""
    score = score_of(checks, max_score)
    assert score is None or 0 <= score <= max_score + 0.005


@given(checks, st.integers(0, 7), st.floats(0, 20))
def test_more_points_never_hurt(checks, index, more):
    """A student who earns more on one check does not score less."""
    if index < len(checks) and (before := score_of(checks)) is not None:
        better = [replace(c, points=c.points + more) if i == index else c for i, c in enumerate(checks)]
        assert score_of(better) >= before


@given(checks, st.integers(0, 8))
def test_ungraded_is_never_a_score(checks, index):
    """One ungraded check anywhere means no score."""
    assert score_of([*checks[:index], checked(10, 10, Outcome.UNGRADED), *checks[index:]]) is None


# ------------------------------------------------------------------ lateness


@pytest.mark.parametrize(
    ("after_due", "days"),
    [
        (timedelta(days=-3), 0),
        (timedelta(0), 0),
        (timedelta(minutes=30), 0),
        (timedelta(minutes=30, seconds=1), 1),
        (timedelta(days=1, minutes=30), 1),
        (timedelta(days=1, minutes=31), 2),
        (timedelta(days=40), 40),
    ],
)
def test_days_late(after_due, days):
    """Nobody is late within the grace time; after it each begun day counts."""
    assert days_late(DUE.astimezone(UTC) + after_due, DUE, LatePolicy(grace_minutes=30)) == days


@pytest.mark.parametrize(
    ("due", "next_day"),
    [
        (datetime(2026, 10, 24, 23, 59, tzinfo=PARIS), datetime(2026, 10, 25, 23, 59, tzinfo=PARIS)),
        (datetime(2027, 3, 27, 23, 59, tzinfo=PARIS), datetime(2027, 3, 28, 23, 59, tzinfo=PARIS)),
    ],
    ids=["25 hours", "23 hours"],
)
def test_clocks_change(due, next_day):
    """The same hour of the next day is one day late, also when that day has 25 or 23 hours."""
    assert days_late(next_day, due, LatePolicy()) == 1
    assert days_late(next_day.astimezone(UTC) + timedelta(seconds=1), due, LatePolicy()) == 2
    assert days_late(due.astimezone(UTC) + timedelta(seconds=1), due, LatePolicy()) == 1


@given(st.timedeltas(timedelta(days=-9), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_later_is_never_less_late(after, more):
    """Waiting longer never makes a submission less late."""
    received = DUE.astimezone(UTC) + after
    assert days_late(received, DUE, POLICY) <= days_late(received + more, DUE, POLICY)


@pytest.mark.parametrize(("days", "late"), [(0, (0, 0.0)), (1, (1, 10.0)), (5, (5, 50.0)), (9, (9, 50.0))])
def test_penalty(days, late):
    """Each day costs its share of max_score, up to the cap."""
    assert late_for(assignment(), "s01", DUE + timedelta(days=days)) == late


def test_penalty_is_of_max_score():
    """Ten percent of a twenty-point assignment are two points."""
    assert late_for(assignment(max_score=20.0), "s01", DUE + timedelta(days=1)) == (1, 2.0)


def test_extension():
    """A student with an extension is late only after it; the others are not helped by it."""
    extended = assignment(extensions={"s01": DUE + timedelta(days=7)})
    assert late_for(extended, "s01", DUE + timedelta(days=8))[0] == 1
    assert late_for(extended, "s02", DUE + timedelta(days=8))[0] == 8


def test_an_extension_older_than_a_moved_deadline():
    """Nobody has less time than the class: an extension that the deadline overtook costs nothing."""
    moved = assignment(extensions={"s01": DUE - timedelta(days=2)})
    assert late_for(moved, "s01", DUE)[0] == 0
    assert late_for(moved, "s01", DUE + timedelta(days=1)) == late_for(moved, "s02", DUE + timedelta(days=1))


def test_an_extension_without_end():
    """Whoever may hand in whenever is never late."""
    assert late_for(assignment(extensions={"s01": NEVER}), "s01", DUE + timedelta(days=900))[0] == 0


def test_extension_without_deadline():
    """A date for one student binds that student where others have none."""
    open_ended = assignment(due=None, extensions={"s01": DUE})
    assert late_for(open_ended, "s01", DUE + timedelta(days=1))[0] == 1


@pytest.mark.parametrize(
    ("values", "received"),
    [
        ({"due": None}, DUE + timedelta(days=9)),
        ({"excused": ("s01",)}, DUE + timedelta(days=9)),
        ({}, None),
    ],
    ids=["no deadline", "excused", "time unknown"],
)
def test_not_late(values, received):
    """Without a deadline, when excused, or with no record of the time, nobody is late."""
    assert late_for(assignment(**values), "s01", received) == (0, 0.0)


# ------------------------------------------------------------------ course total


def test_total():
    """The total is the weighted mean of the shares."""
    total = course_total(course(a("x", 3), a("y", 1, max_score=20.0)), "s01", {"x": 80.0, "y": 20.0})
    assert (total.percent, total.counted) == (85.0, ("x", "y"))


def test_missing_counts_zero():
    """An assignment not handed in counts 0 and is named."""
    total = course_total(course(a("x"), a("y")), "s01", {"x": 80.0})
    assert (total.percent, total.missing) == (40.0, ("y",))


def test_excused_does_not_count():
    """An excused assignment is left out, also if it was handed in."""
    total = course_total(course(a("x"), a("y", excused=("s01",))), "s01", {"x": 80.0, "y": 0.0})
    assert (total.percent, total.excused, total.counted) == (80.0, ("y",), ("x",))


def test_ungraded_has_no_total():
    """With an ungraded assignment there is no total yet."""
    total = course_total(course(a("x"), a("y")), "s01", {"x": 80.0, "y": None})
    assert (total.percent, total.ungraded) == (None, ("y",))


def test_all_excused():
    """Where nothing counts there is no total."""
    assert course_total(course(a("x", excused=("s01",))), "s01", {}).percent is None


def test_weight_zero_does_not_count():
    """Practice with weight 0 neither counts nor uses up the dropped one."""
    total = course_total(course(a("x"), a("y"), a("p", 0), drop_lowest=1), "s01", {"x": 80.0, "y": 60.0, "p": 0.0})
    assert (total.percent, total.dropped) == (80.0, ("y",))


def test_drop_lowest():
    """The lowest shares are left out, the lighter first among equals, and one always stays."""
    three = (a("x", 2), a("y", 1), a("z", 1))
    assert course_total(course(*three, drop_lowest=1), "s01", {"x": 0.0, "z": 90.0}).dropped == ("y",)
    assert course_total(course(*three, drop_lowest=9), "s01", {"x": 70.0, "z": 90.0}).counted == ("z",)


@given(
    st.lists(st.tuples(st.floats(0.1, 9), st.none() | st.floats(0, 100)), min_size=1, max_size=6),
    st.integers(0, 7),
)
def test_total_lies_between(entries, drop):
    """A total lies between 0 and the best share; with equal weights dropping never lowers it."""
    scores = {f"n{i}": score for i, (_, score) in enumerate(entries) if score is not None}
    weighted = course(*(a(f"n{i}", weight) for i, (weight, _) in enumerate(entries)), drop_lowest=drop)
    best = max(scores.values(), default=0.0)
    assert 0 <= course_total(weighted, "s01", scores).percent <= best + 0.01
    equal = [a(f"n{i}") for i in range(len(entries))]
    dropped = course_total(course(*equal, drop_lowest=drop), "s01", scores).percent
    assert dropped >= course_total(course(*equal), "s01", scores).percent - 0.01
