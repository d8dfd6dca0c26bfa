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
    Late,
    LatePolicy,
    Outcome,
    Override,
)
from autograder.scoring import course_total, days_late, late_for, overridden, rescored, score_of

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


@pytest.mark.parametrize(
    ("days", "score", "late"),
    [
        (0, 80.0, Late()),
        (1, 80.0, Late(days=1, penalty=10.0)),
        (5, 80.0, Late(days=5, penalty=50.0)),
        (9, 80.0, Late(days=9, penalty=50.0)),
        (5, 30.0, Late(days=5, penalty=30.0)),
        (1, None, Late(days=1, penalty=0.0)),
    ],
)
def test_penalty(days, score, late):
    """Each day costs its share of max_score, up to the cap, and never more than the score."""
    assert late_for(assignment(), "s01", DUE + timedelta(days=days), score) == late


def test_penalty_is_of_max_score():
    """Ten percent of a twenty-point assignment are two points."""
    late = late_for(assignment(max_score=20.0), "s01", DUE + timedelta(days=1), 20.0)
    assert late == Late(days=1, penalty=2.0)


def test_extension():
    """A student with an extension is late only after it; the others are not helped by it."""
    extended = assignment(extensions={"s01": DUE + timedelta(days=7)})
    assert late_for(extended, "s01", DUE + timedelta(days=8), 80.0).days == 1
    assert late_for(extended, "s02", DUE + timedelta(days=8), 80.0).days == 8


def test_extension_without_deadline():
    """A date for one student binds that student where others have none."""
    open_ended = assignment(due=None, extensions={"s01": DUE})
    assert late_for(open_ended, "s01", DUE + timedelta(days=1), 80.0).days == 1


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
    assert late_for(assignment(**values), "s01", received, 80.0) == Late()


# ------------------------------------------------------------------ rescored


def test_rescored():
    """Verdicts, deadline and arrival give the scores."""
    received = DUE + timedelta(days=2)
    result = rescored(graded(checked(9)), assignment(), received)
    assert (result.score_before_late, result.late, result.score) == (90.0, Late(days=2, penalty=20.0), 70.0)
    assert (result.received_at, result.max_score) == (received, 100.0)


def test_rescored_ungraded():
    """An ungraded check means no score, late or not."""
    result = rescored(graded(checked(9, outcome=Outcome.UNGRADED)), assignment(), DUE + timedelta(days=2))
    assert (result.score_before_late, result.score, result.late.days) == (None, None, 2)


@given(checks, st.timedeltas(timedelta(days=-9), timedelta(days=40)))
def test_rescoring_twice_changes_nothing(checks, after):
    """A second rescoring finds nothing to do, and 0 <= score <= score_before_late."""
    received = DUE.astimezone(UTC) + after
    once = rescored(graded(*checks), assignment(), received)
    assert rescored(once, assignment(), received) == once
    assert once.score is None or 0 <= once.score <= once.score_before_late


# ------------------------------------------------------------------ overrides


def by_hand(check="a", points=8.0, student="s01", slug="one"):
    return Override(
        student=student, assignment=slug, check=check, points=points, reason="read by hand", by="A. Teacher"
    )


def test_override():
    """A human's points replace the grader's, and both the check and the submission say so."""
    result = overridden(graded(checked(2), checked(3, name="b")), [by_hand()])
    assert result.checks[0] == replace(checked(8), message="A. Teacher set this to 8 of 10 points: read by hand\ntold")
    assert result.checks[1] == checked(3, name="b")
    assert result.reasons == ("a: 8 points by A. Teacher: read by hand",)
    assert rescored(result, assignment(), None).score == 55.0


@pytest.mark.parametrize("other", [by_hand(student="s02"), by_hand(slug="two")])
def test_override_of_another(other):
    """An override touches only the submission it names."""
    result = graded(checked(2))
    assert overridden(result, [other]) is result


@pytest.mark.parametrize(("points", "outcome"), [(10.0, Outcome.PASSED), (4.0, Outcome.FAILED)])
@pytest.mark.parametrize("before", [Outcome.UNGRADED, Outcome.SKIPPED])
def test_override_settles(points, outcome, before):
    """A check that nobody had judged becomes passed or failed, and counts."""
    result = overridden(graded(checked(0, outcome=before), needs_human=True), [by_hand(points=points)])
    assert (result.checks[0].outcome, result.checks[0].points) == (outcome, points)
    assert result.needs_human is (before is Outcome.SKIPPED)


def test_override_of_one_of_two_ungraded():
    """While another check is ungraded, a human is still needed."""
    both = graded(
        checked(0, outcome=Outcome.UNGRADED), checked(0, outcome=Outcome.UNGRADED, name="b"), needs_human=True
    )
    assert overridden(both, [by_hand()]).needs_human


def test_override_of_a_crash_keeps_the_outcome():
    """What happened stays on record beside the points that a human gave."""
    assert overridden(graded(checked(0, outcome=Outcome.CRASHED)), [by_hand()]).checks[0].outcome is Outcome.CRASHED


def test_override_beyond_the_points():
    """Nobody gets more than a check is worth."""
    assert overridden(graded(checked(0)), [by_hand(points=50.0)]).checks[0].points == 10.0


def test_override_of_no_check():
    """An override that names no check of the submission is told, not lost."""
    result = overridden(graded(checked(2)), [by_hand(check="z")])
    assert result.checks == (checked(2),)
    assert result.reasons == ("overrides.yml names the check 'z', which one does not have",)


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
