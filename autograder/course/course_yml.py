"""course.yml, read and checked: whatever is wrong is named with its line and with what to write instead."""

from __future__ import annotations

import ast
from dataclasses import asdict, fields, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from autograder.course.groups import Groups, read_groups, wrong_members
from autograder.course.people import People, doubt_about
from autograder.course.roster import read_roster
from autograder.course.yaml_lines import Located, Place, read_yaml
from autograder.errors import CourseError, UsageError
from autograder.lms.registry import KEYS
from autograder.records import FLOORS, JAIL_TIERS, Assignment, Course, Equipment, LatePolicy, Limits
from autograder.scoring import NEVER

COURSE_FILE = "course.yml"
Percent = Annotated[float, Field(ge=0, le=100)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]  # it names files
_FIRST_YEAR = 1970
_MANY = 1e9  # more than any course means, and small enough to reckon with


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _walls_of_a_tier(require: object) -> object:
    """A tier's name is short for its walls."""
    if not isinstance(require, str):
        return require
    if require not in JAIL_TIERS:
        names = ", ".join(f"'{name}'" for name in JAIL_TIERS)
        raise PydanticCustomError("tier", f"Input should be {names} or a list of walls")
    return list(JAIL_TIERS[require])


_Walls = list[Literal["bubblewrap", "landlock", "seccomp", "rlimits", "user"]]


class _Jail(_Shape):
    require: Annotated[_Walls, BeforeValidator(_walls_of_a_tier)] = [*JAIL_TIERS["full"]]  # type: ignore[list-item]


class _Late(_Shape):
    grace_minutes: Annotated[float, Field(ge=0, le=10 * 366 * 24 * 60)] | None = None  # ten years
    penalty_per_day: Percent | None = None
    cap: Percent | None = None


_NAMED: dict[type, Any] = {
    int: Annotated[int, Field(gt=0)] | None,
    str: Annotated[str, StringConstraints(min_length=1)] | None,
}
_LMS: dict[str, Any] = {key.word: (_NAMED[key.kind], None) for key in KEYS}
_Lms = create_model("_Lms", __base__=_Shape, **_LMS)


class _Assignment(_Shape):
    slug: Name
    title: Annotated[str, StringConstraints(min_length=1)]
    weight: Annotated[float, Field(ge=0, le=_MANY)] = 1.0
    due: str | None = None
    carries: list[Name] = []
    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    data: Annotated[str, StringConstraints(min_length=1)] | None = None
    files: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.[A-Za-z]+$")]] = []
    gpu: Literal["off", "optional", "required"] = "off"
    max_score: Annotated[float, Field(ge=0.01, le=_MANY)] = 100.0
    late: _Late = _Late()
    extensions: dict[str, str] = {}
    lms: _Lms = _Lms()  # type: ignore[valid-type]
    groups: dict[str, Annotated[list[str], Field(min_length=1)]] | str = {}
    attempts: Literal["last", "last_on_time", "best"] = "last"
    max_attempts: Annotated[int, Field(gt=0)] | None = None


_LIMITS: dict[str, Any] = {f.name: (type(f.default), Field(default=f.default, gt=0, le=_MANY)) for f in fields(Limits)}
_Limits = create_model("_Limits", __base__=_Shape, **_LIMITS)
_FLOORS: dict[str, Any] = {name: (Annotated[float, Field(ge=0)] | None, None) for name in FLOORS}
_Floors = create_model("_Floors", __base__=_Shape, **_FLOORS)


class _Course(_Shape):
    title: Annotated[str, StringConstraints(min_length=1)]
    term: str = ""
    timezone: str = "UTC"
    secret: Annotated[str, StringConstraints(min_length=8)]
    feedback: Literal["full", "hints", "scores"] = "full"
    jail: _Jail = _Jail()
    limits: _Limits = _Limits()  # type: ignore[valid-type]
    late: _Late = _Late()
    drop_lowest: Annotated[int, Field(ge=0)] = 0
    floors: _Floors = _Floors()  # type: ignore[valid-type]
    assignments: Annotated[list[_Assignment], Field(min_length=1)]


_SECTIONS: dict[Place, type[BaseModel]] = {
    (): _Course,
    ("jail",): _Jail,
    ("late",): _Late,
    ("limits",): _Limits,
    ("floors",): _Floors,
    ("assignments",): _Assignment,
    ("assignments", "late"): _Late,
    ("assignments", "lms"): _Lms,
}
# What to write, by key: shown with every error about that key.
_EXAMPLES = {
    "title": "title: Diffusion models",
    "term": 'term: "Autumn 2026"',
    "timezone": "timezone: Europe/Paris",
    "secret": "secret: at-least-eight-characters-that-only-you-know",
    "feedback": "feedback: full   # or hints, or scores",
    "jail": "jail: {require: [bubblewrap, landlock, seccomp, rlimits]}",
    "require": "require: [bubblewrap, landlock, seccomp, rlimits]   # or full, or landlock",
    "limits": "limits: {call_seconds: 10, memory_mib: 2048}",
    "late": "late: {grace_minutes: 15, penalty_per_day: 10, cap: 50}",
    "drop_lowest": "drop_lowest: 1",
    "floors": "floors: {kill_rate: 0.98, constant_max: 15}",
    "assignments": "assignments: [{slug: warmup, title: Warm-up}]",
    "slug": "slug: warmup   # letters, digits and _: the name of its folder, suite and reference",
    "weight": "weight: 12",
    "due": 'due: "2026-10-12 23:59"',
    "carries": "carries: [ddpm_step, ddim_step]",
    "model": "model: reference/capstone/model   # a folder that submissions may read",
    "files": "files: [query.sql, report.txt]   # what is handed in, beside code or without any",
    "data": "data: assignments/cities/data   # a folder whose files lie where submissions run",
    "gpu": "gpu: off   # or optional, or required",
    "max_score": "max_score: 100",
    "extensions": 'extensions: {s09: "2026-10-19 23:59", s10: excused}',
    "lms": f"lms: {{{', '.join(f'{key.word}: {key.example}' for key in KEYS)}}}",
    **{key.word: f"{key.word}: {key.example}   # {key.meaning}" for key in KEYS},
    "groups": "groups: {Team 1: [s01, s02]}   # or a table: groups: groups.csv",
    "attempts": "attempts: last   # or last_on_time, best",
    "max_attempts": "max_attempts: 3",
    "grace_minutes": "grace_minutes: 15",
    "penalty_per_day": "penalty_per_day: 10   # percent of the assignment's points",
    "cap": "cap: 50   # percent",
}


def course_keys() -> tuple[str, ...]:
    """Every key that course.yml may hold, each once, for the documents and their test."""
    return tuple(dict.fromkeys(key for shape in _SECTIONS.values() for key in shape.model_fields))


def find_course(path: Path) -> Path:
    """The folder with course.yml that path lies in. UsageError, with what to do, if there is none."""
    start = path.resolve()
    for folder in (start, *start.parents):
        if (folder / COURSE_FILE).is_file():
            return folder
    raise UsageError(
        f"{path} is in no course: neither it nor a folder above it holds {COURSE_FILE}. "
        f"Name a path inside a course, or make one with `grade init DIR`."
    )


def load_course(root: Path, *, model: Path | None = None) -> Course:
    """The course in root: course.yml, and roster.csv if there is one. CourseError lists all that is wrong with it.

    model: a folder to be used in the place of the one that an assignment names, where it names one.
    """
    root = root.resolve()
    located = read_yaml(root / COURSE_FILE)
    if not isinstance(located.data, dict):
        raise CourseError(f"{located.where(())}: must hold keys and values, such as `{_EXAMPLES['title']}`")
    try:
        shape = _Course.model_validate(located.data)
    except ValidationError as error:
        raise CourseError("\n".join(_explain(located, problem) for problem in error.errors())) from None
    problems: list[str] = []
    zone = _zone(located, shape.timezone, problems)
    assignments = tuple(
        replace(_assignment(located, shape, index, zone, problems), equipment=_equipment(root, given, model))
        for index, given in enumerate(shape.assignments)
    )
    problems += _duplicates(located, shape) + _missing_files(located, shape, root)
    problems += _unknown_carries(located, shape, root) + _unfit_data(located, shape, root)
    roster = read_roster(root / "roster.csv") if (root / "roster.csv").exists() else ()
    for index, assignment in enumerate(assignments):
        where = located.where(("assignments", index, "groups")) if assignment.groups else ""
        problems += [f"{where}: {told}" for told in wrong_members(assignment.groups, {each.id for each in roster})]
    people = People(root=root, slugs=tuple(assignment.slug for assignment in assignments), roster=roster)
    problems += [
        f"{located.where(('assignments', index, 'extensions', student))}: extensions: {doubt}"
        for index, given in enumerate(shape.assignments)
        for student in given.extensions
        if (doubt := doubt_about(people, student))
    ]
    if not any(assignment.weight for assignment in assignments):
        problems.append(f"{located.where(('assignments',))}: all weights are 0; give one of them a weight above 0")
    if shape.drop_lowest >= len(assignments):
        problems.append(
            f"{located.where(('drop_lowest',))}: drop_lowest is {shape.drop_lowest}, but there are only "
            f"{len(assignments)} assignments; write a smaller number"
        )
    if problems:
        raise CourseError("\n".join(problems))
    return Course(
        root=root,
        title=shape.title,
        term=shape.term,
        timezone=shape.timezone,
        secret=shape.secret,
        assignments=assignments,
        feedback=shape.feedback,
        required_layers=tuple(shape.jail.require),
        limits=Limits(**shape.limits.model_dump()),  # type: ignore[attr-defined]
        drop_lowest=shape.drop_lowest,
        floors=shape.floors.model_dump(exclude_none=True),  # type: ignore[attr-defined]
        roster=roster,
    )


def _zone(located: Located, name: str, problems: list[str]) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = _nearest(name, available_timezones())
        problems.append(f"{located.where(('timezone',))}: there is no time zone {name!r}{near}")
        return ZoneInfo("UTC")


def _assignment(located: Located, shape: _Course, index: int, zone: ZoneInfo, problems: list[str]) -> Assignment:
    given = shape.assignments[index]
    place: Place = ("assignments", index)
    excused = tuple(student for student, until in given.extensions.items() if until == "excused")
    extensions = {
        student: _moment(located, (*place, "extensions", student), until, zone, problems)
        for student, until in given.extensions.items()
        if until != "excused"
    }
    due = None if given.due is None else _moment(located, (*place, "due"), given.due, zone, problems)
    if due == NEVER:  # and nobody has less time than the class
        due, extensions = None, {}
    policy = asdict(LatePolicy()) | shape.late.model_dump(exclude_none=True) | given.late.model_dump(exclude_none=True)
    return Assignment(
        slug=given.slug,
        title=given.title,
        weight=given.weight,
        due=due,
        carries=tuple(given.carries),
        max_score=given.max_score,
        late=LatePolicy(**policy),
        extensions=extensions,
        excused=excused,
        groups=_groups(located, (*place, "groups"), given.groups, problems),
        attempts=given.attempts,
        max_attempts=given.max_attempts,
        files=tuple(given.files),
        lms={name: str(known) for name, known in given.lms.model_dump(exclude_none=True).items()},  # type: ignore[attr-defined]
    )


def _groups(located: Located, place: Place, given: dict[str, list[str]] | str, problems: list[str]) -> Groups:
    """Teams as written, or those of the table that is named, which lies in the course."""
    if isinstance(given, str):
        return read_groups(located.file.parent / given, problems)
    return {name: tuple(members) for name, members in given.items()}


def _equipment(root: Path, given: _Assignment, model: Path | None) -> Equipment:
    lent = lent_file(root, given.slug)
    chosen = (root / given.model if model is None else model.resolve()) if given.model else None
    data = (root / given.data).resolve() if given.data else None
    return Equipment(lent=lent if lent.is_file() else None, model=chosen, data=data, gpu=given.gpu)


def _moment(located: Located, place: Place, text: str, zone: ZoneInfo, problems: list[str]) -> datetime:
    """A date means its last second; a time without an offset is local. NEVER for a year that nobody lives to see."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text.strip()) <= len("2026-10-12"):
            moment = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    except ValueError:
        other = ", or excused" if "extensions" in place else ""
        problems.append(f'{located.where(place)}: {place[-1]}: {text!r} is no date; write "2026-10-12 23:59"{other}')
        return datetime(2000, 1, 1, tzinfo=zone)
    if moment.year >= NEVER.year:
        return NEVER
    if moment.year < _FIRST_YEAR:
        problems.append(
            f"{located.where(place)}: {place[-1]}: {text!r} is before {_FIRST_YEAR}; write a date of the term"
        )
        return datetime(2000, 1, 1, tzinfo=zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _duplicates(located: Located, shape: _Course) -> list[str]:
    first: dict[tuple[Place, object], int] = {}
    problems = []
    for index, given in enumerate(shape.assignments):
        known = given.lms.model_dump(exclude_none=True)  # type: ignore[attr-defined]
        own: dict[Place, object] = {("slug",): given.slug} | {("lms", name): there for name, there in known.items()}
        for key, value in own.items():
            if first.setdefault((key, value), index) != index:
                line = located.where(("assignments", first[key, value], *key)).rpartition(":")[2]
                where = located.where(("assignments", index, *key))
                problems.append(f"{where}: {key[-1]} {value!r} is taken in line {line}; give each assignment its own")
    return problems


def _missing_files(located: Located, shape: _Course, root: Path) -> list[str]:
    problems = []
    for index, given in enumerate(shape.assignments):
        for file in (suite_file(root, given.slug), root / "reference" / f"{given.slug}.py"):
            if not file.is_file():
                problems.append(
                    f"{located.where(('assignments', index, 'slug'))}: assignment {given.slug!r} needs "
                    f"{file.relative_to(root)}, which is not there; write it or take the assignment out"
                )
    return problems


def _unfit_data(located: Located, shape: _Course, root: Path) -> list[str]:
    """Data that is no folder with files, or would hand out what no student may read."""
    problems = []
    secret = [root / name for name in ("course.yml", "reference", "tests")]
    for index, given in enumerate(shape.assignments):
        if given.data is None:
            continue
        folder = (root / given.data).resolve()
        where = located.where(("assignments", index, "data"))
        if not folder.is_dir() or not any(folder.iterdir()):
            problems.append(f"{where}: data: {given.data!r} is no folder with files in it; name one inside the course")
        elif any(folder == one or folder in one.parents or one in folder.parents for one in secret) or (
            "submitted" in folder.parts
        ):
            problems.append(
                f"{where}: data: {given.data!r} holds, or lies in, what no student may read; give data a folder of its "
                f"own, such as `{_EXAMPLES['data'].partition('   #')[0]}`"
            )
        elif any(file.stem == given.slug and file.suffix in (".py", ".ipynb") for file in folder.iterdir()):
            problems.append(f"{where}: data: {given.data!r} holds a {given.slug}.py, which is what students hand in")
    return problems


def _unknown_carries(located: Located, shape: _Course, root: Path) -> list[str]:
    """Carried functions that a reference neither defines nor imports: no slip in them would ever be carried."""
    problems = []
    for index, given in enumerate(shape.assignments):
        file = root / "reference" / f"{given.slug}.py"
        names = _names_in(file) if given.carries else None
        for place, name in enumerate(given.carries if names is not None else ()):
            if name not in (names or ()):
                where = located.where(("assignments", index, "carries", place))
                near = _nearest(name, names or ()) or "; name functions of earlier assignments that it uses"
                problems.append(f"{where}: carries: {file.relative_to(root)} has no function {name!r}{near}")
            elif name in _classes_in(file):
                where = located.where(("assignments", index, "carries", place))
                why = "only functions are carried, since objects stay where they were made"
                problems.append(f"{where}: carries: {name} is a class of {file.relative_to(root)}; {why}")
    return problems


def _classes_in(file: Path) -> set[str]:
    """The classes that a module defines at its top."""
    return {node.name for node in ast.parse(file.read_bytes()).body if isinstance(node, ast.ClassDef)}


def _names_in(file: Path) -> set[str] | None:
    """What a module defines or imports anywhere; None if that cannot be told, or if it does not parse."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return None
    names = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = [alias for node in nodes if isinstance(node, ast.ImportFrom | ast.Import) for alias in node.names]
    return None if any(a.name == "*" for a in imported) else names | {a.asname or a.name for a in imported}


def suite_file(root: Path, slug: str) -> Path:
    """Where the hidden suite of an assignment lies."""
    return root / "tests" / "suites" / f"test_{slug}.py"


def lent_file(root: Path, slug: str) -> Path:
    """Where what the suite of an assignment lends to submissions is made, if it lends anything."""
    return suite_file(root, slug).with_name(f"lent_{slug}.py")


def _explain(located: Located, problem: Any) -> str:
    place: Place = problem["loc"]
    if problem["type"] == "extra_forbidden":
        section = tuple(part for part in place[:-1] if isinstance(part, str))
        known = _SECTIONS[section].model_fields
        inside = f" in {'.'.join(map(str, section))}" if section else ""
        near = _nearest(str(place[-1]), known)
        return f"{located.where(place)}: unknown key {place[-1]!r}{inside}{near or '; known: ' + ', '.join(known)}"
    key = next((part for part in reversed(place) if part in _EXAMPLES), place[-1])
    if problem["type"] == "missing":
        return f"{located.where(place)}: {key} is missing; write `{_EXAMPLES[str(key)]}`"
    what = problem["msg"].removeprefix("Input ").replace("should", "must").replace("String", "it")
    hint = f"; write `{_EXAMPLES[str(key)]}`" if key in _EXAMPLES else ""
    path = ".".join(map(str, place))
    return f"{located.where(place)}: {path}: {what}, not {problem['input']!r}{hint}"


def _nearest(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
