"""The one place where a mark is made: verdict, arrival, policy and what people gave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import graded_submission

from autograder.marks import FORMGRADER, OVERRIDES, mark, without_submission
from autograder.records import (
    Assignment,
    CheckResult,
    HandCell,
    HandGrades,
    Late,
    LatePolicy,
    Outcome,
    Override,
)

PARIS = ZoneInfo("Europe/Paris")
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=PARIS)
POLICY = LatePolicy(grace_minutes=30, penalty_per_day=10, cap=50)


def checked(points, max_points=10.0, outcome=Outcome.FAILED, name="a"):
    return CheckResult(id=name, title=name, outcome=outcome, points=points, max_points=max_points, message="told")


def graded(*checks, **values):
    plain = {
        "assignment": "one",
        "graded_at": datetime(2026, 10, 13, tzinfo=UTC),
        "score_before_late": None,
        "score": None,
        "max_score": 0.0,
    }
    return graded_submission(*checks, **plain | values)


def assignment(**values):
    return Assignment(**{"slug": "one", "title": "First", "due": DUE, "late": POLICY} | values)


checks = st.lists(
    st.builds(checked, st.floats(-1, 11), st.sampled_from((10.0, 5.0)), st.sampled_from(Outcome)),
    min_size=1,
    max_size=5,
).map(lambda found: tuple(replace(check, id=f"c{place}") for place, check in enumerate(found)))


def hand(*cells, whole=False):
    return HandGrades(cells=cells, whole=whole)


def cell(name, points=None, extra=0.0, automatic=0.0, worth=10.0, **values):
    """A cell as the gradebook has it after a run that found so many automatic points."""
    return HandCell(name=name, points=points, extra=extra, automatic=automatic, worth=worth, **values)


def test_verdict_deadline_and_arrival_give_the_mark():
    """Lateness is taken off what the checks gave."""
    received = DUE + timedelta(days=2)
    result = mark(graded(checked(9)), assignment(), received)
    assert (result.score_before_late, result.late, result.score) == (90.0, Late(days=2, penalty=20.0), 70.0)
    assert (result.received_at, result.max_score, result.needs_human) == (received, 100.0, False)


def test_no_more_is_taken_off_than_there_is():
    """Five days late cost fifty points of a hundred, or what there is."""
    result = mark(graded(checked(3)), assignment(), DUE + timedelta(days=5))
    assert (result.late, result.score) == (Late(days=5, penalty=30.0), 0.0)


def test_an_ungraded_check_means_no_score():
    """Late or not."""
    result = mark(graded(checked(9, outcome=Outcome.UNGRADED)), assignment(), DUE + timedelta(days=2))
    assert (result.score_before_late, result.score, result.late) == (None, None, Late(days=2))


@given(checks, st.timedeltas(timedelta(days=-9), timedelta(days=40)), st.floats(0, 20), st.floats(0, 20))
def test_a_mark_of_a_mark_is_the_same(checks, after, points, extra):
    """Whatever people gave: made again from its own verdict, nothing changes."""
    received = DUE.astimezone(UTC) + after
    overrides = [by_hand(check="c0", points=points)]
    written = hand(cell("c1", points, extra), cell("gone", points, extra))
    once = mark(graded(*checks), assignment(), received, overrides=overrides, hand=written)
    assert mark(once, assignment(), received, overrides=overrides, hand=written, seen=once.given) == once
    assert once.score is None or once.score >= 0
    assert once.verdict == graded(*checks)


def by_hand(check="a", points=8.0, student="s01", slug="one", line=3):
    return Override(
        student=student, assignment=slug, check=check, points=points, reason="read by hand", by="A. Teacher", line=line
    )


def test_override():
    """A human's points replace the grader's, and both the check and the submission say so."""
    result = mark(graded(checked(2), checked(3, name="b")), assignment(), None, overrides=[by_hand()])
    assert result.checks[0] == replace(checked(8), message="A. Teacher set this to 8 of 10 points: read by hand\ntold")
    assert result.checks[1] == checked(3, name="b")
    assert result.reasons == ("a: 8 points by A. Teacher: read by hand",)
    assert (result.score, result.needs_human) == (55.0, False)
    assert [(g.source, g.name, g.points, g.of, g.by) for g in result.given] == [(OVERRIDES, "a", 8, 10, "A. Teacher")]


@pytest.mark.parametrize("other", [by_hand(student="s02"), by_hand(slug="two")])
def test_override_of_another(other):
    """An override touches only the submission it names."""
    assert mark(graded(checked(2)), assignment(), None, overrides=[other]).given == ()


@pytest.mark.parametrize(("points", "outcome"), [(10.0, Outcome.PASSED), (4.0, Outcome.FAILED)])
@pytest.mark.parametrize("before", [Outcome.UNGRADED, Outcome.SKIPPED])
def test_override_settles(points, outcome, before):
    """A check that nobody had judged becomes passed or failed, and counts."""
    verdict = graded(checked(0, outcome=before), needs_human=True)
    result = mark(verdict, assignment(), None, overrides=[by_hand(points=points)])
    assert (result.checks[0].outcome, result.checks[0].points) == (outcome, points)
    assert result.needs_human is (before is Outcome.SKIPPED)


def test_override_of_one_of_two_ungraded():
    """While another check is ungraded, a human is still needed."""
    lost = checked(0, outcome=Outcome.UNGRADED)
    both = graded(lost, replace(lost, id="b"), needs_human=True)
    assert mark(both, assignment(), None, overrides=[by_hand()]).needs_human


def test_override_of_a_crash_keeps_the_outcome():
    """What happened stays on record beside the points that a human gave."""
    result = mark(graded(checked(0, outcome=Outcome.CRASHED)), assignment(), None, overrides=[by_hand()])
    assert result.checks[0].outcome is Outcome.CRASHED


def test_override_beyond_the_points():
    """Nobody gets more than a check is worth, and a person is asked, with the line."""
    result = mark(graded(checked(0)), assignment(), None, overrides=[by_hand(points=50.0)])
    assert (result.checks[0].points, result.needs_human) == (10.0, True)
    assert result.reasons[-1].startswith("overrides.yml:3: 50 points for a, which is worth 10")


def test_override_of_no_check():
    """An override whose check is not there sets nothing, is kept, and asks a person with the nearest name."""
    result = mark(graded(checked(2, name="a.values")), assignment(), None, overrides=[by_hand(check="a.value")])
    assert (result.checks, result.score, result.needs_human) == ((checked(2, name="a.values"),), 20.0, True)
    assert "overrides.yml:3: one has no check 'a.value'; did you mean 'a.values'?" in result.reasons[-1]
    assert result.given[0].points == 8


def test_override_of_a_check_that_was_weighed_anew():
    """The points stay what they were, and a person is asked until the line is another one."""
    before = mark(graded(checked(2)), assignment(), None, overrides=[by_hand(points=5.0)])
    heavier = graded(checked(2, max_points=20.0))
    after = mark(heavier, assignment(), None, overrides=[by_hand(points=5.0)], seen=before.given)
    assert (after.score, after.needs_human) == (25.0, True)
    assert "gave 5 of 10 points for a, which is worth 20 now" in after.reasons[-1]
    again = mark(heavier, assignment(), None, overrides=[by_hand(points=5.0)], seen=after.given)
    assert again.needs_human
    settled = mark(heavier, assignment(), None, overrides=[by_hand(points=9.0)], seen=after.given)
    assert (settled.score, settled.needs_human) == (45.0, False)


def test_a_result_of_before_marks_has_its_override_in_its_checks():
    """The note is not told twice, and the points are the same."""
    note = "A. Teacher set this to 8 of 10 points: read by hand"
    old = graded(checked(8), reasons=("a: 8 points by A. Teacher: read by hand",))
    old = replace(old, checks=(replace(checked(8), message=f"{note}\ntold"),))
    result = mark(old, assignment(), None, overrides=[by_hand()])
    assert (result.checks, result.reasons, result.score) == (old.checks, old.reasons, 80.0)


def test_points_and_extra_credit_of_formgrader():
    """Points by hand replace those of the cell's checks, extra credit comes on top, lateness is taken off the sum."""
    verdict = graded(checked(2, name="f.a"), checked(3, name="f.b"), checked(10, name="g"), max_score=100.0)
    written = hand(cell("f", 30.0, 5.0, automatic=16.666667, worth=66.666667, comment="well argued"))
    result = mark(verdict, assignment(), DUE + timedelta(days=1), hand=written)
    assert result.score == pytest.approx(30 + 5 + 33.33 - 10, abs=0.01)
    assert (result.score_before_late, result.by_hand) == (50.0, pytest.approx(18.33, abs=0.01))
    (given_,) = result.given
    assert (given_.source, given_.points, given_.extra, given_.comment) == (FORMGRADER, 30.0, 5.0, "well argued")
    assert not result.needs_human


def test_points_of_formgrader_settle_an_ungraded_check():
    """What the grader could not judge, a person did."""
    verdict = graded(checked(0, outcome=Outcome.UNGRADED), checked(5, name="b"), needs_human=True)
    assert mark(verdict, assignment(), None).score is None
    result = mark(verdict, assignment(), None, hand=hand(cell("a", 40.0, automatic=None, worth=50.0)))
    assert (result.score, result.needs_human) == (65.0, False)


@pytest.mark.parametrize(
    ("written", "verdict", "score", "why"),
    [
        (cell("a", 7.0, automatic=20.0, worth=50.0), (checked(3), checked(5, name="b")), 32.0, "has changed since"),
        (cell("a", 7.0, automatic=30.0, worth=60.0), (checked(3), checked(5, name="b")), 32.0, "of 60, but it is"),
        (cell("z", 7.0, automatic=0.0, worth=50.0), (checked(3), checked(5, name="b")), 47.0, "the suite has no more"),
        (cell("z", None, 7.0, automatic=0.0, worth=50.0), (checked(3), checked(5, name="b")), 47.0, "has no more"),
        (cell("z", 7.0, worth=0.0, open=True), (checked(3), checked(5, name="b")), 47.0, "the suite has no more"),
    ],
    ids=["work changed", "re-weighted", "removed", "extra of a removed one", "told already"],
)
def test_points_by_hand_outlive_the_check_and_ask(written, verdict, score, why):
    """The one rule: the number stays, counts, is shown, and a person is asked to look."""
    result = mark(graded(*verdict), assignment(), None, hand=hand(written))
    assert (result.score, result.needs_human) == (score, True)
    assert why in result.reasons[-1]


def test_saving_in_formgrader_settles_it():
    """The cell of a check that is gone is worth nothing then, and nbgrader does not ask any more."""
    result = mark(graded(checked(3)), assignment(), None, hand=hand(cell("z", 7.0, worth=0.0)))
    assert (result.score, result.needs_human) == (37.0, False)


def test_no_verdict_and_points_by_hand():
    """Without a verdict the points of a person are a score only where they cover everything."""
    lost = graded(needs_human=True, reasons=("our side failed twice",))
    some = cell("a", 7.0, automatic=None)
    assert mark(lost, assignment(), None, hand=hand(some)).score is None
    assert mark(lost, assignment(), None, hand=hand(some, whole=True)).score == 7.0
    gone = mark(without_submission(graded(checked(9))), assignment(), None, hand=hand(some))
    assert (gone.score, gone.needs_human, gone.given[0].points) == (None, True, 7.0)


def test_a_gradebook_that_cannot_be_read_loses_nothing():
    """What the last mark told of formgrader's points stands."""
    verdict = graded(checked(3), checked(5, name="b"))
    before = mark(verdict, assignment(), None, hand=hand(cell("a", 40.0, 2.0, automatic=15.0, worth=50.0)))
    after = mark(verdict, assignment(), None, hand=None, seen=before.given)
    assert (after.score, after.given) == (before.score, before.given)


def test_points_below_nothing():
    """A person may take points off; a score does not fall below 0."""
    result = mark(graded(checked(3)), assignment(), DUE + timedelta(days=1), hand=hand(cell("a", None, -90.0)))
    assert (result.score, result.late.penalty) == (0.0, 0.0)
