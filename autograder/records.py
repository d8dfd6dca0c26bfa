"""The records that pass between rooms: frozen, plain, and free of any behaviour worth testing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

SCHEMA = 1
MAX_FILES = 100  # of a submission that are read, and how deep they may lie
MAX_DEPTH = 4
RECEIVED_FILE = "received.json"  # beside submitted/: when each submission came in, as `grade collect` recorded it


class Outcome(StrEnum):
    """How one check ended. `UNGRADED` is our fault and never a score."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    UNGRADED = "ungraded"


# What `jail: require` may be called in one word instead of a list of walls, the strongest first.
JAIL_TIERS = {
    "full": ("bubblewrap", "landlock", "seccomp", "rlimits"),
    "landlock": ("landlock", "seccomp", "rlimits"),  # without namespaces, which many machines refuse
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use. Seconds are of running or sleeping, not of waiting for a processor; sizes MiB."""

    call_seconds: float = 10.0
    submission_seconds: float = 120.0
    memory_mib: int = 2048
    submission_mib: float = 5.0
    callbacks: int = 20_000
    restarts: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What the workers of an assignment have beside torch.

    lent: a file of the course's own; what it imports is warm, and a suite may ask its functions for objects to hand to
    a submission. model: a folder that submissions may read. data: a folder whose files lie, read-only, where code runs.
    gpu: "off", "optional" or "required".
    """

    lent: Path | None = None
    model: Path | None = None
    data: Path | None = None
    gpu: str = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """One graded question as its suite declares it.

    id: unique within the suite, such as "q_sample.image"; title: the docstring's first line, which the student reads.
    needs: what the machine must offer ("cuda", a module's name), else the check is skipped and costs nothing.
    timeout: seconds for each call, None for the course's limit. false_failure_rate: of a right solution, 0 if exact.
    """

    id: str
    title: str
    points: float
    needs: tuple[str, ...] = ()
    timeout: float | None = None
    false_failure_rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """A wrong idea that matches what the student's code returned."""

    id: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check ended for one submission. Texts are sanitised; expected and observed are short renderings.

    picture: an SVG of our own; fingerprint: of a wrong answer that no misconception explains, equal for equal mistakes.
    died: whether the worker ended, or broke the protocol, instead of answering. inputs: of the failed call, as Python.
    unwritten: whether a function was called that is not written yet.
    """

    id: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    message: str = ""
    expected: str | None = None
    observed: str | None = None
    misconception: Misconception | None = None
    picture: str | None = None
    fingerprint: str | None = None
    seconds: float = 0.0
    inputs: str | None = None
    unwritten: bool = False
    died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedFile:
    """One file of a submission: its name relative to the student's folder, and its bytes' SHA-256."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one student handed in for one assignment.

    main: the file that is graded; the others may be imported by it. format: "py" or "ipynb".
    problem: why it cannot be graded as it is (empty, too large, a directory), in the student's words; then main is "".
    fault: why our side could not read it (a disk error, permissions): every check is ungraded; then main is "".
    received_at: from the collecting step's own record, never from a file the student supplied; None if unknown.
    notes: what an instructor should know (a name that is not as asked, an unknown student), shown as reasons.
    asks: why a human is to look, though it is graded (two files that could be meant); "" if nothing is in doubt.
    """

    assignment: str
    student: str
    folder: Path
    main: str
    files: tuple[SubmittedFile, ...]
    sha256: str
    format: str
    received_at: datetime | None = None
    problem: str | None = None
    fault: str | None = None
    notes: tuple[str, ...] = ()
    asks: str = ""


MAX_ID = 200  # bytes of a student's id, with room for the endings that pages and reports put behind it


def is_odd_id(name: str) -> bool:
    """Whether no page, file or terminal can bear it: an old zip unpacks "Müller" so."""
    return not name.isprintable() or len(name.encode("utf-8", "surrogateescape")) > MAX_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One line of roster.csv. id: the name of the student's folder; the rest is what an LMS knows them by, or "".

    lms_id: the LMS's own number (Canvas "ID"); sis_id: the registrar's; login: the user name.
    """

    id: str
    name: str = ""
    email: str = ""
    lms_id: str = ""
    sis_id: str = ""
    login: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePolicy:
    """What lateness costs: percent of max_score for each day begun after the grace time, at most cap percent."""

    grace_minutes: float = 0.0
    penalty_per_day: float = 0.0
    cap: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One graded unit as course.yml names it.

    weight: its share of the course total, relative to the others'. due: with a time zone; None if it has no deadline.
    carries: functions of earlier assignments handed to the submission from the reference. extensions: student to date.
    lms: what an LMS knows it by, `grade export`'s word for the LMS to a number or title. groups: name to the students
    who hand in together. attempts: "last", "last_on_time" or "best", which one counts; max_attempts: later ones do not.
    files: what is handed in that is no code, such as query.sql.
    """

    slug: str
    title: str
    weight: float = 1.0
    due: datetime | None = None
    carries: tuple[str, ...] = ()
    equipment: Equipment = Equipment()
    max_score: float = 100.0
    late: LatePolicy = LatePolicy()
    extensions: dict[str, datetime] = field(default_factory=dict)
    excused: tuple[str, ...] = ()
    lms: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attempts: str = "last"
    max_attempts: int | None = None
    files: tuple[str, ...] = ()


# What `grade validate` demands where course.yml says nothing: four shares, and two scores. A starter may get
# starter_max; a solution without thought must stay below constant_max.
FLOORS = {
    "misconceptions_caught": 1.0,
    "hint_recall": 1.0,
    "kill_rate": 0.98,
    "unusual_right": 1.0,
    "starter_max": 10.0,
    "constant_max": 15.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """course.yml and roster.csv, validated. root: the folder that holds them.

    feedback: "full", "hints" or "scores". floors: what `grade validate` demands, where it is not FLOORS.
    roster: empty if there is no roster.csv; then nobody is unknown or missing.
    """

    root: Path
    title: str
    term: str
    timezone: str
    secret: str
    assignments: tuple[Assignment, ...]
    feedback: str = "full"
    required_layers: tuple[str, ...] = JAIL_TIERS["full"]
    limits: Limits = Limits()
    drop_lowest: int = 0
    floors: dict[str, float] = field(default_factory=dict)
    roster: tuple[Student, ...] = ()

    def assignment(self, slug: str) -> Assignment:
        """The assignment called slug; KeyError if the course has none of that name."""
        for assignment in self.assignments:
            if assignment.slug == slug:
                return assignment
        raise KeyError(slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Points that a human gives for one check, whatever grading says. From overrides.yml.

    line: where it stands in that file.
    """

    student: str
    assignment: str
    check: str
    points: float
    reason: str
    by: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandCell:
    """A cell of nbgrader's gradebook into which a person wrote something. Points are of the assignment's max_score.

    name: a check's id, or a function's where the gradebook has one cell for all its checks. points: in the place of
    the automatic ones, None if those stand; extra: on top of either. automatic, worth: what the gradebook has beneath,
    from the last time it was written. open: nbgrader asks for manual grading.
    """

    name: str
    points: float | None = None
    extra: float = 0.0
    comment: str = ""
    automatic: float | None = None
    worth: float = 0.0
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandGrades:
    """What people wrote into the gradebook for one submission. whole: every cell that is worth anything has points."""

    cells: tuple[HandCell, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One submission to grade, with all that decides its score.

    engine_version and seed are copied into the result, where the next run compares them: the first also digests the
    limits, carries and the model, the second is a public digest of (secret, student, assignment).
    """

    submission: Submission
    course_root: Path
    suite: Path
    suite_sha256: str
    reference_sha256: str
    secret: str
    limits: Limits
    required_layers: tuple[str, ...]
    carries: tuple[str, ...] = ()
    equipment: Equipment = Equipment()
    engine_version: str = ""
    seed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Whole days late after grace and extension, and the points taken off for it."""

    days: int = 0
    penalty: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedSubmission:
    """The whole verdict on one submission, as `result.json` holds it (schema 1). score is None while ungraded.

    seconds: that it took; waited: in how many of them it waited for a processor, which no file keeps.
    """

    assignment: str
    student: str
    submission_sha256: str
    files: tuple[str, ...]
    received_at: datetime | None
    format: str
    suite_sha256: str
    reference_sha256: str
    engine_version: str
    seed: str
    graded_at: datetime
    seconds: float
    layers: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    score_before_late: float | None
    late: Late
    score: float | None
    max_score: float
    needs_human: bool
    reasons: tuple[str, ...] = ()
    lost: int = 0
    stdout: str = ""
    stderr: str = ""
    waited: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person gave a submission: in overrides.yml for one check, or in formgrader for a cell of the gradebook.

    name: the check's id, or the function's. points: in the place of the automatic ones, None if those stand; of: what
    the check or cell is worth, 0 if the suite has no such check any more; extra: on top. Points of an override are the
    check's own, those of formgrader are of the assignment's max_score. by: who, as far as the source tells it. ask: why
    a person must look at it again, "" if nobody must.
    """

    source: str
    name: str
    points: float | None = None
    of: float = 0.0
    extra: float = 0.0
    comment: str = ""
    by: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(GradedSubmission):
    """A submission as it counts: the verdict under today's dates and policy, with what people gave. See `marks.mark`.

    checks, late, score, needs_human and reasons are those that count; score_before_late is of the checks alone. given:
    what people gave, in the order overrides.yml, formgrader. by_hand: what formgrader's points add to (or take from)
    the checks' score. verdict: what the grader said, untouched.
    """

    given: tuple[Given, ...] = ()
    by_hand: float = 0.0
    verdict: GradedSubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProblem:
    """One statement of a submission that failed, or a file that does not parse.

    kind: "syntax", "error", "timeout", "encoding", "empty", "format", or "note" for what costs nothing. names: what the
    failed one would have defined.
    """

    kind: str
    file: str
    line: int
    message: str
    cell: int | None = None
    column: int | None = None
    source: str = ""
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.file}, cell {self.cell}, line {self.line}" if self.cell else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of a submission's statements. names: the public names it defines now."""

    names: tuple[str, ...] = ()
    problems: tuple[LoadProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a student's function gave back.

    mutated: which arguments changed while it ran ("x0", or "argument 2"); generators: which global random generators
    moved ("torch", "numpy", "random"). Both are reported by the worker, so a cheat can hide them: few points for them.
    """

    value: object
    mutated: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A line, a group of bars or scattered points of a plot. label: as a legend shows it; x, y: of equal length.

    Of bars x are the middles and y the heights.
    """

    label: str
    x: object
    y: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotAxes:
    """What stands in one axes of a plot, as the submission's matplotlib says. xlim, ylim: the ends of each axis.

    xticks: the texts below the axis, such as the categories of bars. legend: its texts, none if there is no legend.
    """

    title: str
    xlabel: str
    ylabel: str
    xlim: tuple[float, ...]
    ylim: tuple[float, ...]
    xscale: str
    yscale: str
    xticks: tuple[str, ...]
    legend: tuple[str, ...]
    lines: tuple[Drawn, ...]
    bars: tuple[Drawn, ...]
    points: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a program of a submission, or a function with a keyboard and files, did.

    value: what a function returned; printed: all that it printed, prompts included; raised: the name of the class of
    the exception that ended it, None if none did, text: what that says, bases: the classes it is derived from;
    exit_code: as a shell would see it; files: those that it wrote, name to text (bytes where they are no text);
    axes: of what it plotted, in the order of making.
    """

    value: object = None
    printed: str = ""
    raised: str | None = None
    text: str = ""
    bases: tuple[str, ...] = ()
    exit_code: int = 0
    files: dict[str, str | bytes] = field(default_factory=dict)
    axes: tuple[PlotAxes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """Something of the course's own in a submission's hands, such as a pipeline.

    there: what stands for it where the submission runs; twin: makes its like here, to try what others do with it.
    """

    there: object
    twin: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWork:
    """A stand-in for a function of the submission's own, which it answers with. calls: one item for each call of it."""

    calls: list[None] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFunction:
    """A function of the reference's that everybody gets in the place of one of their own that no check judges.

    The submission's own is called where it names other parameters than `takes`, and for values that this one refuses.
    """

    function: Callable[..., object]
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JailReport:
    """Which walls stand. layers: "bubblewrap", "landlock", "seccomp", "rlimits", "user".

    missing: layer to reason; mends: layer to what to do about it.
    """

    layers: tuple[str, ...]
    missing: dict[str, str] = field(default_factory=dict)
    mends: dict[str, str] = field(default_factory=dict)
