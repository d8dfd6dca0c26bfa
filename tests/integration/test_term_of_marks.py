"""A term in any order: whatever happens, all views show the model's mark or say that they are behind.

MARKS_TERMS says how many terms are played; 2,000 is what a release is tried with.
"""

from __future__ import annotations

import csv
import html
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from lms_imports import import_brightspace
from nbgrader.api import Gradebook, MissingEntry
from term_of_marks import START, STUDENTS, Gift, Paper, Term

from autograder.gradebook.write import COURSE_ID
from autograder.lms import formats
from autograder.lms.export.scores import State, tabulate, verdicts_of
from autograder.pages.dashboard import dashboard_file
from autograder.pages.progress import progress_file
from autograder.pages.student_page import page_file
from autograder.runs import run as pipeline
from autograder.runs.book import marks, open_book, withdrawn
from autograder.runs.compare import accept, compare
from autograder.runs.lock import was_cut_off
from autograder.runs.standings import standings
from autograder.runs.upkeep import gradebook_stands, pages_stand

pytestmark = [
    pytest.mark.gradebook,
    pytest.mark.timeout(0),
    pytest.mark.filterwarnings("default"),  # nbgrader's and alembic's own
]
TERMS = int(os.environ.get("MARKS_TERMS", "8" if os.environ.get("CI") else "50"))
SHARES = st.sampled_from((0.0, 0.25, 0.5, 1.0))
GIVABLE = ("f.a", "g.a")  # f.b stays, so that a lost verdict is never made whole by hand


class Killed(BaseException):
    """The run is killed: nothing behind this point happens."""


class MarksOfATerm(RuleBasedStateMachine):
    """One term of three students and one assignment."""

    @initialize()
    def begin(self) -> None:
        """A course, and a first submission."""
        self.folder = Path(tempfile.mkdtemp())
        self.term = Term(self.folder / "course")
        self.model = self.term.model
        self.renamed = 0
        self.fresh = False  # whether the last step was a run to its end
        self.term.hand_in("s01", {"f.a": 1.0}, START)

    def teardown(self) -> None:
        """Nothing stays on the disk."""
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def _students(self) -> list[str]:
        return sorted(self.model.roster | self.model.work.keys())

    # ------------------------------------------------------------------ students

    @rule(data=st.data(), shares=st.fixed_dictionaries({"f.a": SHARES, "g.a": SHARES}), hours=st.integers(-30, 150))
    def hand_in(self, data: st.DataObject, shares: dict[str, float], hours: int) -> None:
        """For the first time, or again; in time, or late."""
        student = data.draw(st.sampled_from(sorted(self.model.roster) or ["s01"]))
        self.term.hand_in(student, shares, START + timedelta(hours=hours))
        self.fresh = False

    @precondition(lambda self: self.model.work)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """A submission is taken away; its result lies there still."""
        student = data.draw(st.sampled_from(sorted(self.model.work)))
        shutil.rmtree(self.term.root / "assignments/sums/submitted" / student)
        del self.model.work[student]
        self.term.write_received()
        self.fresh = False

    @rule(student=st.sampled_from(STUDENTS))
    def enter_or_leave(self, student: str) -> None:
        """The roster gains a student, or loses one whose work stays."""
        self.model.roster ^= {student}
        self.model.roster |= {"s02"}
        self._tidy()
        self.fresh = False

    @precondition(lambda self: self.model.work.keys() & self.model.roster)
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        """A student gets another id, in the roster and in the name of the folder."""
        old = data.draw(st.sampled_from(sorted(self.model.work.keys() & self.model.roster)))
        self.renamed += 1
        new = f"t{self.renamed:02}"
        submitted = self.term.root / "assignments/sums/submitted"
        (submitted / old).rename(submitted / new)
        self.model.work[new] = self.model.work.pop(old)
        self.model.roster = (self.model.roster - {old}) | {new}
        self.term.write_received()
        self._tidy()
        self.fresh = False

    def _tidy(self) -> None:
        """Take out of the files who is not known any more, as the error message asks for."""
        there = {folder.name for step in ("submitted", "autograded") for folder in self._folders(step)}
        known = self.model.roster | there
        self.model.extensions = {s: d for s, d in self.model.extensions.items() if s in known}
        self.model.excused &= known
        self.model.overrides = {(s, c): p for (s, c), p in self.model.overrides.items() if s in known}
        self.term.write_roster()
        self.term.write_course()
        self.term.write_overrides()

    def _folders(self, step: str) -> list[Path]:
        folder = self.term.root / "assignments/sums" / step
        return [entry for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []

    # ------------------------------------------------------------------ teachers

    @rule(days=st.integers(-2, 6))
    def move_the_date(self, days: int) -> None:
        """For everybody."""
        self.model.due_days = days
        self.term.write_course()
        self.fresh = False

    @rule(data=st.data(), days=st.integers(-2, 8))
    def extend(self, data: st.DataObject, days: int) -> None:
        """For one; it may be older than the date of all."""
        self.model.extensions[data.draw(st.sampled_from(self._students()))] = days
        self.model.excused -= self.model.extensions.keys()
        self.term.write_course()
        self.fresh = False

    @rule(data=st.data())
    def excuse(self, data: st.DataObject) -> None:
        """One, or not any more."""
        student = data.draw(st.sampled_from(self._students()))
        self.model.excused ^= {student}
        self.model.extensions.pop(student, None)
        self.term.write_course()
        self.fresh = False

    @rule(points=st.sampled_from((10.0, 50.0, 100.0)))
    def change_max_score(self, points: float) -> None:
        """What the assignment is counted from."""
        self.model.max_score = points
        self.term.write_course()
        self.fresh = False

    @rule(data=st.data(), points=st.sampled_from((0.0, 5.0, 20.0, 70.0)))
    def override(self, data: st.DataObject, points: float) -> None:
        """A line in overrides.yml, perhaps of a check that is not there, or of too many points."""
        student = data.draw(st.sampled_from(self._students()))
        check = data.draw(st.sampled_from([*self.model.checks, "misspelt"]))
        self.model.overrides[student, check] = points
        self.term.write_overrides()
        self.fresh = False

    @precondition(lambda self: self.model.overrides)
    @rule(data=st.data())
    def take_an_override_back(self, data: st.DataObject) -> None:
        """The line goes."""
        del self.model.overrides[data.draw(st.sampled_from(sorted(self.model.overrides)))]
        self.term.write_overrides()
        self.fresh = False

    @rule(data=st.data(), manual=st.sampled_from((None, 0.0, 7.0, 30.0)), extra=st.sampled_from((0.0, 3.0)))
    def give_in_formgrader(self, data: st.DataObject, manual: float | None, extra: float) -> None:
        """Points and extra credit, through nbgrader's own API, as its handler does it."""
        student = data.draw(st.sampled_from(self._students()))
        check = data.draw(st.sampled_from([check for check in self.model.checks if check.startswith(GIVABLE)]))
        if not (self.term.root / "gradebook.db").exists():
            return
        with self._gradebook() as gradebook:
            try:
                grade = gradebook.find_grade(check, "sums", "sums", student)
            except MissingEntry:
                return
            grade.manual_score, grade.extra_credit = manual, extra
            grade.needs_manual_grade = manual is None and grade.auto_score is None
            gradebook.db.commit()
        self.model.gifts[student, check] = Gift(manual=manual, extra=extra)
        if manual is None and not extra:
            del self.model.gifts[student, check]
        self.fresh = False

    @rule(data=st.data(), function=st.sampled_from("fg"), words=st.sampled_from(("", "Well read.", "Why <not> twice?")))
    def comment_in_formgrader(self, data: st.DataObject, function: str, words: str) -> None:
        """Words for a function's cell, through nbgrader's own API; or they are taken back."""
        student = data.draw(st.sampled_from(self._students()))
        if not (self.term.root / "gradebook.db").exists():
            return
        cell = f"{function}-answer"
        with self._gradebook() as gradebook:
            try:
                comment = gradebook.find_comment(cell, "sums", "sums", student)
            except MissingEntry:  # no notebook was released, so formgrader shows no place for it
                return
            comment.manual_comment = words
            gradebook.db.commit()
        self.model.comments[student, cell] = words
        if not words:
            del self.model.comments[student, cell]
        self.fresh = False

    # ------------------------------------------------------------------ authors

    @rule(data=st.data())
    def rename_a_check(self, data: st.DataObject) -> None:
        """The suite asks the same under another name."""
        old = data.draw(st.sampled_from([check for check in self.model.checks if check.startswith(GIVABLE)]))
        new = old[:-1] if old.endswith("x") else f"{old}x"
        self.model.checks = {new if check == old else check: worth for check, worth in self.model.checks.items()}
        self.term.write_suite()
        self.fresh = False

    @rule(data=st.data(), worth=st.sampled_from((10.0, 20.0, 60.0)))
    def weigh_anew(self, data: st.DataObject, worth: float) -> None:
        """A check counts more, or less."""
        self.model.checks[data.draw(st.sampled_from(sorted(self.model.checks)))] = worth
        self.term.write_suite()
        self.fresh = False

    @rule()
    def remove_or_add_a_check(self) -> None:
        """g.a goes, or comes back."""
        kept = {check: worth for check, worth in self.model.checks.items() if not check.startswith("g.a")}
        self.model.checks = kept if len(kept) < len(self.model.checks) else {**kept, "g.a": 50.0}
        self.term.write_suite()
        self.fresh = False

    @rule()
    def release(self) -> None:
        """For the first time, or anew: the gradebook's cells are the functions' from then on."""
        self.term.release()
        self.fresh = False

    # ------------------------------------------------------------------ commands

    def _judged(self, student: str, *, lost: bool = False) -> None:
        shares = self.model.work[student].shares
        verdict = {check: (shares.get(check, 0.5) * worth, worth) for check, worth in self.model.checks.items()}
        self.model.judged[student] = None if lost else verdict

    def _run(self, path: str = "assignments", dies_of: str = "", kill_after: int = -1) -> pipeline.Ran | None:
        def on_progress(step: pipeline.Progress) -> None:
            self._judged(step.graded.student, lost=step.graded.student == dies_of)
            if step.done == kill_after:
                raise Killed

        self.term.clock += timedelta(minutes=1)
        try:
            return pipeline.run(
                self.term.load(),
                [self.term.root / path],
                Paper(self.model, dies_of=dies_of).opened,
                pipeline.Writing(gradebook=self.term.root / "gradebook.db"),
                clock=lambda: self.term.clock,
                on_progress=on_progress,
            )
        except Killed:
            return None

    @rule()
    def grade(self) -> None:
        """The whole course; a second run then has nothing to do."""
        ran = self._run()
        assert ran is not None
        again = pipeline.survey(self.term.load(), [self.term.root])
        ungraded = {student for student, verdict in self.model.judged.items() if verdict is None}
        assert {job.job.submission.student for job in again.planned} <= ungraded
        self.fresh = True

    @precondition(lambda self: self.model.work)
    @rule(data=st.data())
    def grade_one(self, data: st.DataObject) -> None:
        """One student by path: nobody else's mark moves."""
        student = data.draw(st.sampled_from(sorted(self.model.work)))
        self._run(f"assignments/sums/submitted/{student}")
        self.fresh = False

    @rule(student=st.sampled_from(STUDENTS))
    def lose_a_grader(self, student: str) -> None:
        """Twice over one submission, if that is graded at all."""
        self._run(dies_of=student)
        self.fresh = True

    @rule(after=st.integers(1, 2))
    def kill_a_run(self, after: int) -> None:
        """When so many results are written."""
        self._run(kill_after=after)
        self.fresh = False

    @rule()
    def compare_and_accept(self) -> None:
        """--compare says what --accept then writes."""
        here = [self.term.root]
        self.term.clock += timedelta(minutes=1)
        found = compare(self.term.load(), here, Paper(self.model).opened, clock=lambda: self.term.clock)
        told = {difference.student: difference.after.score for difference in found.differences}
        for difference in found.differences:
            causes = [cause.points for cause in difference.causes]
            if difference.gain is not None and None not in causes:
                assert sum(filter(None, causes)) == pytest.approx(difference.gain, abs=0.011)
        accept(self.term.load(), here, clock=lambda: self.term.clock, gradebook=self.term.root / "gradebook.db")
        for student in told:
            self._judged(student)
            assert told[student] == pytest.approx(self.model.mark(student), abs=0.011)
        self.fresh = True

    @rule()
    def report(self) -> None:
        """Pages from results."""
        pipeline.write_class_pages(open_book(self.term.load()), None, own_pages=True)

    @rule()
    def export_and_import(self) -> None:
        """What our files for two readers make of the marks: the table for people, and Brightspace's import."""
        course = self.term.load()
        table = tabulate(course, verdicts_of(course, marks(open_book(course))), slugs=["sums"])
        lines = csv.DictReader(formats.make("csv", table).data.decode("utf-8-sig").splitlines())
        arrived = {(row["student"], "sums"): row["sums"] for row in lines}
        theirs = import_brightspace(formats.make("brightspace", table).data, course.roster)
        for student in self.model.roster:
            mark = self.model.mark(student) if student in self.model.work else None
            told = "EX" if student in self.model.excused else "" if mark is None else f"{mark:.2f}"
            cell = arrived[student, "sums"]
            assert cell == told or float(cell) == pytest.approx(float(told), abs=0.011)
            taken = [number for (who, _), number in theirs.items() if who == student]
            expected = [] if told in ("", "EX") else [pytest.approx(float(told), abs=0.011)]
            assert taken == expected, student

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def every_view_shows_the_mark_or_says_that_it_is_behind(self) -> None:
        """The marks themselves, status, the export, pages, dashboard, nbgrader."""
        if not hasattr(self, "folder"):
            return
        course = self.term.load()
        book = open_book(course)
        now = {mark.student: mark for mark in marks(book)}
        stand = {standing.student: standing for standing in standings(book, course.root, now=self.term.clock)}
        gone = {student for student, _ in withdrawn(book)}
        table = tabulate(course, verdicts_of(course, now.values()), slugs=["sums"])
        for student, verdict in self.model.judged.items():
            if student not in self.model.work:
                assert student in gone
                assert student not in now or now[student].score is None
                continue
            expected = self.model.mark(student)
            assert now[student].score == (None if expected is None else pytest.approx(expected, abs=0.011)), student
            assert stand[student].score == now[student].score
            if student in self.model.roster:
                cell = table.cells[student, "sums"]
                if student in self.model.excused:
                    assert cell.state is State.EXCUSED
                else:
                    assert cell.score == now[student].score
            for whose, points in self.model.overrides.items():
                if whose[0] == student and verdict is not None:
                    assert points in [given.points for given in now[student].given if given.name == whose[1]]
                    if whose[1] not in verdict:
                        assert now[student].needs_human
            self._on_disk(student, now[student].score, behind=stand[student].behind or bool(stand[student].reason))
        self._by_hand()
        if self.fresh:
            self._after_a_run(now)

    def _on_disk(self, student: str, score: float | None, *, behind: bool) -> None:
        """A student's own page. Where work was taken away, there is none until its successor is graded."""
        if behind:
            return
        page = page_file(self.term.root, "sums", student).read_text("utf-8")
        told = "No score yet" if score is None else f"<strong>{score:.2f}".rstrip("0").rstrip(".") + "</strong> of"
        assert told in page, (student, score)
        for (who, _), words in self.model.comments.items():
            assert who != student or html.escape(words) in page, (student, words)

    def _by_hand(self) -> None:
        """Nothing that was entered in formgrader is lost, whatever ran."""
        if not (self.term.root / "gradebook.db").exists():
            return
        hand = open_book(self.term.load()).hand or {}
        there = {
            (student, cell.name): (cell.points, cell.extra)
            for (student, _), written in hand.items()
            for cell in written.cells
            if cell.points is not None or cell.extra
        }
        assert there == {whose: (gift.manual, gift.extra) for whose, gift in self.model.gifts.items()}
        written = {(whose[0], cell.name): cell.comment for whose, all_of in hand.items() for cell in all_of.cells}
        assert {whose: words for whose, words in written.items() if words} == self.model.comments

    def _after_a_run(self, now: dict[str, object]) -> None:
        """Everything on disk is of today."""
        course = self.term.load()
        assert not was_cut_off(self.term.root)
        gone = withdrawn(open_book(course))
        assert gradebook_stands(course, self.term.root / "gradebook.db", gone)
        assert pages_stand(course, self.term.root, gone)
        there = {s: m for s, m in now.items() if s in self.model.work}
        if not there:
            return
        page = dashboard_file(self.term.root).read_text("utf-8")
        with self._gradebook() as gradebook:
            rows = {submission.student.id: submission for submission in gradebook.assignment_submissions("sums")}
            for student, mark in there.items():
                row = rows[student]
                assert mark.score is None or row.max_score == pytest.approx(self.model.max_score, abs=1e-4)
                if mark.score is not None:
                    after = max(0.0, row.score - row.late_submission_penalty)
                    assert after == pytest.approx(mark.score, abs=0.011), student
                else:  # before any submission is judged there is no cell in which nbgrader could say so
                    assert row.needs_manual_grade or not row.notebooks[0].grades
                if any(given.ask and given.source == "formgrader" for given in mark.given):
                    assert row.needs_manual_grade
                if student in self.model.roster:
                    assert progress_file(self.term.root, student).exists()
                    if mark.score is not None:
                        number = f"{mark.score:.1f}".removesuffix(".0")
                        assert f'sums/feedback/{student}/index.html">{number}' in page
                else:
                    assert f"sums/feedback/{student}/" not in page
            with_gifts = {student for student, _ in self.model.gifts}
            assert rows.keys() <= there.keys() | with_gifts

    def _gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.term.root / 'gradebook.db'}", COURSE_ID)


def test_marks_of_any_term() -> None:
    """Fifty terms of thirty steps, or as many as MARKS_TERMS says."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        MarksOfATerm,
        settings=settings(
            max_examples=TERMS,
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
