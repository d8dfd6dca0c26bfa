"""What must run: whatever differs, by its hashes, from what the stored result was made of. A second run is free."""

from __future__ import annotations

import ast
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.course.course_yml import lent_file, suite_file
from autograder.errors import CourseError
from autograder.records import Assignment, Course, Job, Submission
from autograder.results.head import OtherSchema, read_head, read_whole

_WHOLE = 256 * 2**20  # bytes of a model's file that are all read
_SAMPLE, _SAMPLES = 64 * 2**10, 1024  # bytes at a time, and how many times in a larger file
_ENGINE = Path(__file__).parent.parent
ENGINE_CODE = (
    "records.py",
    "errors.py",
    "boundary/*.py",
    "course/modules.py",
    "course/yaml_lines.py",
    "scoring.py",
    "grading/*.py",
    "jailed/*.py",
    "reading/*.py",
    "sandbox/*.py",
    "submissions/candidates.py",
    "submissions/find.py",
    "submissions/folder.py",
    "submissions/slim.py",
    "submissions/tokens.py",
    "suite/*.py",
    "verdicts/*.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """A job, where its result goes, and why it must run; reason is "" if the stored result still holds.

    seconds: how long it took last time, None if that is not known. head: of the stored result, empty if there is none.
    """

    job: Job
    result: Path
    reason: str
    seconds: float | None = None
    head: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.reason)


def plan(
    course: Course,
    submissions: Iterable[Submission],
    *,
    force: bool = False,
    out: Path | None = None,
    whole: bool = True,
    code: str = "",
) -> tuple[PlannedJob, ...]:
    """One PlannedJob for each submission, in their order. out: the folder results go to instead of the course.

    whole: whether stored results are read to their end, as a run does; a view that looks at nobody's checks need not.
    code: `engine_sha256` as it was when the graders started, "" to look now.

    An ungraded result is tried again, and one that is broken is made anew. Lateness, weights, max_score and what people
    gave do not make a job run: `marks.mark` applies them to the stored verdicts.
    """
    code = code or engine_sha256()
    hashes: dict[str, tuple[str, str]] = {}
    versions: dict[str, str] = {}
    places: dict[str, tuple[Path, Path]] = {}
    planned = []
    for submission in submissions:
        slug = submission.assignment
        if slug not in hashes:
            hashes[slug] = (suite_sha256(course.root, slug), reference_sha256(course.root, slug))
            settings = _settings_sha256(course, course.assignment(slug))
            versions[slug] = f"{__version__}+{code[:12]}.{settings[:12]}"
            places[slug] = suite_file(course.root, slug), (out or course.root) / "assignments" / slug / "autograded"
        suite, results = places[slug]
        assignment = course.assignment(slug)
        job = Job(
            submission=submission,
            course_root=course.root,
            suite=suite,
            suite_sha256=hashes[slug][0],
            reference_sha256=hashes[slug][1],
            secret=course.secret,
            limits=course.limits,
            required_layers=course.required_layers,
            carries=assignment.carries,
            equipment=assignment.equipment,
            engine_version=versions[slug],
            seed=seed_of(course.secret, submission.student, slug, submission.sha256),
        )
        result = results / submission.student / "result.json"
        planned.append(_planned(job, result, force=force, whole=whole))
    return tuple(planned)


def seed_of(secret: str, student: str, assignment: str, content: str) -> str:
    """The public digest of what a student's inputs are drawn from. It changes with the secret and with the content.

    content: the digest of what was handed in, so that the seed of a page stands for just that run.
    """
    return hmac.digest(secret.encode(), f"{student}\0{assignment}\0{content}".encode(), "sha256").hex()[:16]


def engine_sha256() -> str:
    """Over the code that decides a verdict: not planning, output or the command."""
    return _files_sha256(_ENGINE, engine_files())


def engine_files() -> Iterator[Path]:
    """The engine's files that decide a verdict: all that a grader's processes import, and the jailed side."""
    return (file for pattern in ENGINE_CODE for file in _ENGINE.glob(pattern))


def suite_sha256(root: Path, slug: str) -> str:
    """Over the hidden suite, what it lends, and conftest.py beside it if there is one."""
    suite = suite_file(root, slug)
    files = (suite, lent_file(root, slug), suite.with_name("conftest.py"))
    return _files_sha256(root, (file for file in files if file.is_file()))


def reference_sha256(root: Path, slug: str) -> str:
    """Over reference/<slug>.* (code and data), its misconceptions, and what they and the suite import from reference/.

    A folder that is imported (reference/capstone) counts with all its files.
    """
    return _files_sha256(root, (file for file in judged_with(root, slug) if file.is_relative_to(root / "reference")))


def judged_with(root: Path, slug: str) -> set[Path]:
    """The files of the course that judge an assignment: its suite, its reference, and what they import from there."""
    reference = root / "reference"
    ideas = reference / "misconceptions" / f"{slug}.py"
    waiting = [suite_file(root, slug), ideas, ideas.with_name("__init__.py"), *reference.glob(f"{slug}.*")]
    seen: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        if file.suffix == ".py":
            waiting += _imported(root, file)
    return seen


def _imported(root: Path, file: Path) -> Iterator[Path]:
    """The files under reference/ that a trusted file imports."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:  # a null byte has no line
        where = error.lineno or file.read_bytes().partition(b"\0")[0].count(b"\n") + 1
        raise CourseError(f"{file}:{where}: does not parse: {error.msg}") from None
    package = file.relative_to(root).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = above + tuple((node.module or "").split(".") if node.module else ())
            modules = [module, *((*module, alias.name) for alias in node.names)]
        else:
            continue
        for module in modules:
            if module[:1] != ("reference",):
                continue
            place = root.joinpath(*module)
            yield place.with_suffix(".py")
            yield place / "__init__.py"
            if len(module) > 1 and module[1] != "misconceptions" and place.is_dir():
                yield from (inner for inner in place.rglob("*") if "__pycache__" not in inner.parts)


def _files_sha256(root: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _settings_sha256(course: Course, assignment: Assignment) -> str:
    model = assignment.equipment.model
    if model is not None and model.is_relative_to(course.root):
        model = model.relative_to(course.root)  # a course that moved is the same course
    settings = (course.limits, assignment.carries, str(model), assignment.equipment.gpu)
    contents = "" if assignment.equipment.model is None else _model_sha256(assignment.equipment.model)
    data = assignment.equipment.data
    contents += "" if data is None else _files_sha256(data, (file for file in data.rglob("*") if file.is_file()))
    return _sha256(repr(settings) + contents)


def _model_sha256(folder: Path) -> str:
    """Over a model's files. Of a large one size and parts of its bytes count: a new training changes them all."""
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        step = _SAMPLE if size <= _WHOLE else max(_SAMPLE, size // _SAMPLES)
        with file.open("rb") as stream:
            for start in range(0, size, step):
                stream.seek(start)
                digest.update(stream.read(_SAMPLE))
    return digest.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _planned(job: Job, result: Path, *, force: bool, whole: bool) -> PlannedJob:
    head: dict[str, Any] = {}
    try:
        document = read_whole(result) if whole else read_head(result)
        head = {key: value for key, value in document.items() if key not in ("checks", "log", "verdict")}
        reason = _reason(job, head)
    except FileNotFoundError:
        reason = "new"
    except OtherSchema:
        head, reason = {}, "the stored result is of another schema"
    except (OSError, CourseError):
        head, reason = {}, "the stored result is unreadable"
    seconds = head.get("seconds")
    return PlannedJob(
        job=job,
        result=result,
        reason="forced" if force else reason,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        head=head,
    )


def _reason(job: Job, head: Mapping[str, Any]) -> str:
    """Why the job must run, "" if its result still holds."""
    version, code, settings = _parts(str(head["engine_version"]))
    now_version, now_code, now_settings = _parts(job.engine_version)
    same_content = head["submission"]["sha256"] == job.submission.sha256
    same_engine = (version, code) == (now_version, now_code)
    differences = {
        "ungraded last time": head["score"] is None,
        "submission changed": not same_content,
        "suite changed": head["suite_sha256"] != job.suite_sha256,
        "reference changed": head["reference_sha256"] != job.reference_sha256,
        "engine changed": not same_engine,
        "limits, carries, model or data changed": settings != now_settings,
        # another engine may make another seed of the same secret
        "secret changed": head["seed"] != job.seed and same_content and same_engine,
    }
    return ", ".join(reason for reason, holds in differences.items() if holds)


def _parts(engine_version: str) -> tuple[str, str, str]:
    """Version, code and settings, as `plan` puts them together; the version may hold dots and the like."""
    version, _, digests = engine_version.partition("+")
    code, settings, *_ = [*digests.split("."), "", ""]
    return version, code, settings
