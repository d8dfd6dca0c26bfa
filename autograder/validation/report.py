"""What a validation finds out about a suite, and which of the course's floors it misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.records import FLOORS

FALSE_FAILURES = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Thoroughness:
    """How much is tried. students: whose inputs ideas and slips must lose points on; right_students: the same for right
    work; simulations: right runs of each stochastic check; pairs: of two mistakes at once; slow: also slow checks.
    """

    students: int
    right_students: int
    simulations: int
    pairs: int
    slow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mutant that equivalent_mutants.yml names, by the statement before and after, and why it may survive."""

    function: str
    was: str
    becomes: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightWork:
    """Right work on many students' inputs.

    runs: whole suites run on right work; lost: what it lost there, as sentences; stochastic: check to its stated rate;
    simulated: right runs of each of these checks; failures: check to how many of them failed. starter: its score, None
    if there is no starter; constants: the score of each way to answer without thinking.
    """

    runs: int
    lost: tuple[str, ...]
    stochastic: dict[str, float]
    simulated: int
    failures: dict[str, int]
    starter: float | None
    constants: dict[str, float]

    @property
    def flaky(self) -> tuple[str, ...]:
        """Checks of which right work may fear something."""
        return tuple(check for check, failed in self.failures.items() if failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongIdeas:
    """The bank handed in, one idea at a time and two at a time.

    total, slow: ideas, and those among them that are too slow to be replayed and get no hint; uncaught: ideas that cost
    nothing; unnamed: caught, but no hint; misnamed: a hint that names another idea; alike: pairs that no check tells
    apart. pairs: two mistakes in two functions; both, one: how many of these pairs were named whole or in half.
    """

    total: int
    slow: int
    uncaught: tuple[str, ...]
    unnamed: tuple[str, ...]
    misnamed: tuple[str, ...]
    alike: tuple[tuple[str, str], ...]
    pairs: int
    both: int
    one: int

    @property
    def caught(self) -> float:
        """The share of ideas that lose points for every student."""
        return 1 - len(self.uncaught) / self.total if self.total else 1.0

    @property
    def recall(self) -> float:
        """The share of ideas that can be replayed and are named as themselves, for every student."""
        can = self.total - self.slow
        return 1 - len({text.split(":")[0] for text in (*self.unnamed, *self.misnamed)}) / can if can else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slips:
    """Mutants of the reference.

    killed: lose points for every student; equivalent: listed, and answer as the reference does; accepted: listed as
    another right answer; survivors: neither; untried: only slow checks reach them, and those were left out; stale:
    listed, but not a survivor.
    """

    total: int
    killed: int
    equivalent: int
    accepted: int
    survivors: tuple[str, ...]
    untried: int
    stale: tuple[str, ...]

    @property
    def kill_rate(self) -> float:
        """Killed of those that are wrong and were tried."""
        wrong = self.killed + len(self.survivors)
        return self.killed / wrong if wrong else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The known submissions through the real jail.

    total, right: all, and those called correct_*; full_marks: those of the right ones with every point; surprises: what
    differs from expected.yml, as sentences. reference: what the reference lost when it was handed in; starter: the
    points of the starter, None if there is none; starter_broken: what could not be judged of it.
    """

    total: int
    right: int
    full_marks: int
    surprises: tuple[str, ...]
    reference: tuple[str, ...] = ()
    starter: float | None = None
    starter_broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteReport:
    """All that was found out about one suite. broken: where the suite itself failed, as sentences."""

    slug: str
    checks: int
    right: RightWork
    ideas: WrongIdeas
    slips: Slips
    known: Known
    broken: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the verdict: what was measured, what is asked, whether that is met."""

    name: str
    value: str
    asked: str
    met: bool


def findings(report: SuiteReport, floors: Mapping[str, float]) -> tuple[Finding, ...]:
    """A report held against the floors of a course. What no floor can lower is asked of every suite."""
    asked = {**FLOORS, **floors}
    right, ideas, slips, known = report.right, report.ideas, report.slips, report.known
    unusual = known.full_marks / known.right if known.right else 1.0
    broken = (*report.broken, *known.starter_broken)
    constants = max(right.constants.values(), default=0.0)
    failed, stated = sum(right.failures.values()), max(right.stochastic.values(), default=0.0)
    can = ideas.total - ideas.slow
    named = round(ideas.recall * can)
    wrong = slips.killed + len(slips.survivors)
    points = [score for score in (right.starter, known.starter) if score is not None]
    starter = f"{max(points):g} of 100" if points else "none"
    handed_in = f"{len(known.reference)} checks lost" if known.reference else "all points"
    return (
        _finding("right work keeps all points", f"{right.runs} runs, {len(right.lost)} lost", "0 lost", not right.lost),
        _finding("the reference, handed in", handed_in, "all points", not known.reference),
        _finding(
            "known submissions as expected",
            f"{known.total - len(known.surprises)} of {known.total}",
            "all",
            not known.surprises,
        ),
        _floor("unusual_right", unusual, f"{known.full_marks} of {known.right}", asked),
        _floor("misconceptions_caught", ideas.caught, f"{ideas.total - len(ideas.uncaught)} of {ideas.total}", asked),
        _floor("hint_recall", ideas.recall, f"{named} of {can}", asked),
        _finding("wrong hints", str(len(ideas.misnamed)), "0", not ideas.misnamed),
        _finding("two mistakes: both, one", f"{ideas.both}, {ideas.one} of {ideas.pairs}", "", True),
        _finding("pairs no check tells apart", str(len(ideas.alike)), "", True),
        _floor("kill_rate", slips.kill_rate, f"{slips.killed} of {wrong}", asked),
        _finding(
            "equivalent, accepted, untried",
            f"{slips.equivalent}, {slips.accepted}, {slips.untried}",
            "no stale entry",
            not slips.stale,
        ),
        _finding(
            "highest false-failure rate",
            f"{stated:.2g}",
            f"< {FALSE_FAILURES:g}",
            stated < FALSE_FAILURES,
        ),
        _finding(
            "simulated right runs that fail",
            f"{failed} of {right.simulated * len(right.stochastic)}",
            "0",
            not failed,
        ),
        _finding(
            "starter_max", starter, f"<= {asked['starter_max']:g}", max(points, default=0) <= asked["starter_max"]
        ),
        _finding(
            "constant_max", f"{constants:g} of 100", f"< {asked['constant_max']:g}", constants < asked["constant_max"]
        ),
        _finding("the suite itself fails", str(len(broken)), "0", not broken),
    )


def _finding(name: str, value: str, asked: str, met: bool) -> Finding:
    return Finding(name=name, value=value, asked=asked, met=met)


def _floor(name: str, share: float, counted: str, asked: Mapping[str, float]) -> Finding:
    """A share with a floor of its own, shown in percent and as counted."""
    shown = f"{100 * share:.4g} % ({counted})"
    return Finding(name=name, value=shown, asked=f">= {100 * asked[name]:g} %", met=share >= asked[name] - 1e-12)
