"""The sample course without its class: files are handed in, graded in the real jail, and tried as a student would."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from autograder.cli import grade_command
from autograder.course.course_yml import load_course
from autograder.grading.grader import Grader
from autograder.reading.stand_ins import Siblings
from autograder.records import Course, GradedSubmission
from autograder.scoring import score_of
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import plan

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What grading said, and what `grade check` says of the same file: each function's state, and the problems."""

    score: float | None
    result: GradedSubmission
    reasons: str
    checked: dict[str, str]
    problems: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedCourse:
    """root: the course's folder."""

    root: Path
    course: Course
    grader: Grader

    def grade(self, slug: str, files: Mapping[str, bytes]) -> Graded:
        """Hand the files in, grade them, try them."""
        folder = self.root / "assignments" / slug / "submitted" / "s01"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (submission,) = find_submissions(self.course, [folder])
        (planned,) = plan(self.course, [submission], force=True)
        result = self.grader.grade(planned.job)
        for name, module in list(sys.modules.items()):  # of the hand-in before: a student's `grade check` starts anew
            if isinstance(getattr(getattr(module, "__spec__", None), "loader", None), Siblings):
                del sys.modules[name]
        asked = ["check", str(folder / submission.main), "--json"]
        checked = CliRunner().invoke(grade_command, asked, standalone_mode=False)
        document = (
            json.loads(checked.stdout) if checked.stdout else {"functions": [], "problems": [str(checked.exception)]}
        )
        return Graded(
            score=score_of(result.checks),
            result=result,
            reasons="\n".join(result.reasons),
            checked={each["function"]: each["state"] for each in document["functions"]},
            problems="\n".join(document["problems"]),
        )


@contextmanager
def graded_course(root: Path) -> Iterator[GradedCourse]:
    """Copy what grading needs to `root`, and keep one grader warm."""
    for name in ("course.yml", "roster.csv", "reference", "tests/suites"):
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for release in ROOT.glob("assignments/*/release"):
        shutil.copytree(release, root / "assignments" / release.parent.name / "release")
    course = load_course(root)
    grader = Grader(course.required_layers, root, course.limits)
    try:
        yield GradedCourse(root=root, course=course, grader=grader)
    finally:
        grader.close()


def files_below(folder: Path) -> dict[str, bytes]:
    """A folder's files by name."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }
