"""The known submissions of a course, right, wrong and hostile: graded as a class is, and held against expected.yml.

They lie in tests/submissions/<slug>/<name>/. In a copy of the course each of them is a student of its own name.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autograder.course.course_yml import load_course
from autograder.errors import CourseError
from autograder.executors.local import local_pool
from autograder.records import GradedSubmission, Outcome
from autograder.runs import run as pipeline

EXPECTED = "expected.yml"
# Who hands in the reference and the starter: names that no folder of known submissions has.
REFERENCE, STARTER = "(reference)", "(starter)"


_FROM_REFERENCE = re.compile(r"\bfrom reference\.([A-Za-z_0-9]+) import")


def known_submissions(course_root: Path, slug: str = "*") -> tuple[Path, ...]:
    """The folders of the known submissions, of one assignment or of all."""
    return tuple(sorted(file.parent for file in (course_root / "tests" / "submissions").glob(f"{slug}/*/{EXPECTED}")))


def read_expected(folder: Path) -> dict[str, Any]:
    """The expected.yml of a known submission: about, score, outcomes and perhaps misconceptions."""
    expected = YAML(typ="safe").load((folder / EXPECTED).read_text("utf-8"))
    if not isinstance(expected, dict) or not {"score", "outcomes"} <= expected.keys():
        raise CourseError(f"{folder / EXPECTED}: must say the score and the outcomes, check by check")
    return expected


def copy_course(course_root: Path, root: Path) -> None:
    """What grading needs of a course, in a new folder `root`: nobody is on its roster, nobody has handed in."""
    root.mkdir()
    for name in ("course.yml", "reference", "tests/suites"):
        source = course_root / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
    for assignment in load_course(course_root).assignments:
        for folder in (assignment.equipment.data, assignment.equipment.model):
            if folder is not None and folder.is_relative_to(course_root):
                shutil.copytree(folder, root / folder.relative_to(course_root), dirs_exist_ok=True)


def hand_in_own(course_root: Path, slug: str, submitted: Path, texts: Iterable[str] = ()) -> None:
    """Hand the reference and the starter in, as students of their own: what validates in this process may not cross.

    Modules of `reference/` that the reference imports lie beside it, under other names. texts: what the assignment asks
    for that is no code: the right ones lie in `reference/`, the starter's in `release/`.
    """
    reference = course_root / "reference"
    waiting, done = [f"{slug}.py"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in done or not (reference / name).is_file():
            continue
        done.add(name)
        text = (reference / name).read_text("utf-8")
        others = [f"{other}.py" for other in _FROM_REFERENCE.findall(text)]
        waiting += [other for other in others if (reference / other).is_file()]
        target = submitted / REFERENCE / (name if name == f"{slug}.py" else f"reference_{name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_FROM_REFERENCE.sub(r"from reference_\1 import", text), "utf-8")
    release = course_root / "assignments" / slug / "release"
    given = [(reference / text, REFERENCE) for text in texts]
    for file, who in [*given, *((release / name, STARTER) for name in (f"{slug}.py", *texts))]:
        if file.is_file():
            (submitted / who).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, submitted / who / file.name)


def grade_known(
    course_root: Path,
    folders: Iterable[Path],
    scratch: Path,
    *,
    graders: int,
    model: Path | None = None,
    own: Iterable[str] = (),
) -> Mapping[tuple[str, str], GradedSubmission]:
    """Grade known submissions in the real jail, by (assignment, name). scratch: a folder for the copy of the course.

    model: as for `load_course`. own: the assignments whose reference and starter are handed in too.
    """
    root = scratch / "course"
    copy_course(course_root, root)
    handed_in = root / "assignments"
    handed_in.mkdir(exist_ok=True)  # data of an assignment may lie in it
    for folder in folders:
        target = handed_in / folder.parent.name / "submitted" / folder.name
        shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns(EXPECTED))
    course = load_course(root, model=model)
    for slug in own:
        hand_in_own(course_root, slug, handed_in / slug / "submitted", course.assignment(slug).files)
    ran = pipeline.run(course, [handed_in], partial(local_pool, graders, course), clock=lambda: datetime.now(UTC))
    return {(graded.assignment, graded.student): graded for graded in ran.fresh}


def surprises(folder: Path, graded: GradedSubmission) -> tuple[str, ...]:
    """What differs from expected.yml: each check's outcome, the score, the ideas that must be named."""
    expected = read_expected(folder)
    checks = {check.id: check for check in graded.checks}
    told = []
    for id in dict.fromkeys([*expected["outcomes"], *checks]):
        outcome, wanted = str(checks[id].outcome) if id in checks else "absent", expected["outcomes"].get(id, "absent")
        if outcome != wanted:
            message = checks[id].message if id in checks else "the suite has no such check"
            told.append(f"{id} is {outcome}, expected {wanted}: {message}")
    if graded.score is None or abs(graded.score - expected["score"]) > 1e-6:
        told.append(f"the score is {graded.score}, expected {expected['score']}")
    for id, wanted in expected.get("misconceptions", {}).items():
        named = checks[id].misconception if id in checks else None
        if named is None or named.id != wanted:
            told.append(f"{id} names {named.id if named else 'no idea'}, expected {wanted}")
    return tuple(told)


def reference_in_jail(graded: GradedSubmission) -> tuple[str, ...]:
    """What the reference lost when it was handed in, as sentences; none if it kept all points."""
    lost = [
        f"{check.id} is {check.outcome}: {check.message[:300]}"
        for check in graded.checks
        if check.outcome not in (Outcome.PASSED, Outcome.SKIPPED)
    ]
    return tuple(lost) if lost or graded.score is not None else (f"it has no score: {'; '.join(graded.reasons)[:300]}",)
