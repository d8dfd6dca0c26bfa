"""What `nbgrader autograde`, `nbgrader generate_feedback` and formgrader's buttons run in this course.

An entrance like the commands beside it: nbgrader_config.py calls `use_course_grading`, nbgrader calls the rest.

    nbgrader autograde -> Autograde -> CourseGrader (a preprocessor, in the place of Execute) -> the pipeline, the jail

No kernel is started for a student's code. Scores come into the gradebook the way `grade` writes them, so hand-given
points stay, and the order of the two commands does not matter.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.converters
from nbformat import from_dict
from nbformat.v4 import new_notebook
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor, SaveCells

from autograder.course.course_yml import find_course, load_course
from autograder.errors import OutputError
from autograder.executors.local import local_pool
from autograder.gradebook.cells import declare_cells, read_release
from autograder.gradebook.report_notebook import report_notebook, write_reports
from autograder.gradebook.write import write_scores
from autograder.pages.student_page import page_file, write_student_page
from autograder.records import Course, GradedSubmission
from autograder.release.build import release_file
from autograder.results.result_json import load_result, result_file, write_atomically
from autograder.runs import run as pipeline
from autograder.runs.book import arrival, mark_now, marks, open_book


class CourseGrader(NbGraderPreprocessor):  # type: ignore[misc]
    """Grades what the student handed in, in the jail, and puts the verdict in the notebook's and the gradebook's place.

    Takes the places of Execute, SaveAutoGrades and AssignLatePenalties. Always grades anew: a result that lies in the
    student's folder by then need not be ours.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook with an output in every grade cell. GraderError, and no score, if our side fails."""
        about = resources["nbgrader"]
        course = load_course(find_course(Path.cwd()))  # nbgrader works in the course's folder
        graded = _grade(course, about["assignment"], about["student"])
        database = Path(about["db_url"].removeprefix("sqlite:///"))
        write_scores(course, [graded], database, everything=lambda slug: _marks_of_class(course, slug))
        release = read_release(release_file(course.root, about["assignment"]))
        if release is None:
            raise OutputError(
                f"{about['assignment']} has no release notebook; run `grade release {about['assignment']}`"
            )
        return from_dict(report_notebook(course, graded, release)), resources  # type: ignore[no-untyped-call]


def _grade(course: Course, slug: str, student: str) -> GradedSubmission:
    folder = course.root / "assignments" / slug / "submitted" / student
    alone = pipeline.Writing(class_pages=False)
    ran = pipeline.run(course, [folder], lambda *_: _warm(course), alone, clock=lambda: datetime.now(UTC), force=True)
    return ran.fresh[0]


def _marks_of_class(course: Course, slug: str) -> Iterator[GradedSubmission]:
    book = open_book(course)
    return (mark for mark in marks(book, [slug]) if mark.student in book.submitted[slug])


_held: ExitStack | None = None  # while a converter runs: what closes its grader
_warm_pool: Executor | None = None


@contextmanager
def _warm(course: Course) -> Iterator[Executor]:
    """A grader; within `_one_grader` the same for every student, as nbgrader comes with them one by one."""
    global _warm_pool
    if _held is None:
        with local_pool(1, course) as pool:
            yield pool
        return
    if _warm_pool is None:
        _warm_pool = _held.enter_context(local_pool(1, course))
    yield _warm_pool


@contextmanager
def _one_grader() -> Iterator[None]:
    """Keeps a grader warm inside, and leaves no process behind: the interpreter could not end with one."""
    global _held, _warm_pool
    with ExitStack() as stack:
        _held = stack
        try:
            yield
        finally:
            _held = _warm_pool = None


class Autograde(nbgrader.converters.Autograde):  # type: ignore[misc]
    """nbgrader's, for whatever was handed in (`.py` too). Copies nothing of the student's, loses no earlier result."""

    def init_notebooks(self) -> None:
        """Every student's folder counts; which file in it is graded is the pipeline's to decide."""
        slug = self.coursedir.assignment_id
        folders = [Path(folder) for folder in sorted(glob.glob(self._format_source(slug, self.coursedir.student_id)))]  # noqa: PTH207  nbgrader's pattern
        self.assignments = {str(folder): [str(folder / f"{slug}.ipynb")] for folder in folders if folder.is_dir()}
        self.notebooks: list[str] = []
        if not self.assignments:
            super().init_notebooks()  # says so in nbgrader's words

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade: as nbgrader decides it, but a folder that holds only our result is not done yet."""
        source = self._format_source(assignment_id, student_id)
        dest = self._format_dest(assignment_id, student_id)
        if student_id in self.coursedir.student_id_exclude.split(","):
            return False
        if self.force or not (Path(dest) / f"{assignment_id}.ipynb").exists():
            return True
        arrived, graded = (self.coursedir.get_existing_timestamp(path) for path in (source, dest))
        if arrived is not None and graded is not None and arrived > graded:
            return True
        self.log.info("Skipping existing assignment: %s", dest)
        return False

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Nothing to copy: the result and the notebook are all that this folder holds."""
        Path(self._format_dest(assignment_id, student_id)).mkdir(parents=True, exist_ok=True)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Grade, and write the notebook with the verdict."""
        self.log.info("Grading %s in the jail", Path(notebook_filename).parent)
        resources = self.init_single_notebook_resources(notebook_filename)
        about = resources["nbgrader"]
        arrived = self.coursedir.get_existing_timestamp(str(Path(notebook_filename).parent))
        self._sanitizing = False
        try:
            self._init_preprocessors()
            output, resources = self.exporter.from_notebook_node(_empty(), resources=resources)
        finally:
            self._sanitizing = True
        dest = Path(self._format_dest(about["assignment"], about["student"]))
        (dest / f"{about['notebook']}.ipynb").unlink(missing_ok=True)  # it is read-only, as nbgrader left it
        self.write_single_notebook(output, resources)
        if arrived is not None:
            write_atomically(dest / "timestamp.txt", f"{arrived:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
        self._graded.append(about["student"])

    def convert_notebooks(self) -> None:
        """nbgrader removes the folder of a student whose grading failed; an earlier result is put back."""
        root, slug = Path(self.coursedir.root), self.coursedir.assignment_id
        kept = {
            file: file.read_bytes()
            for file in (result_file(root, slug, Path(a).name) for a in self.assignments)
            if file.is_file()
        }
        course = load_course(find_course(root))
        self._graded: list[str] = []
        try:
            with _one_grader():
                super().convert_notebooks()
        finally:
            lost = [file for file in kept if not file.exists()]
            for file in lost:
                write_atomically(file, kept[file])
            write_reports(course, [load_result(file) for file in lost])
            if self._graded:  # once for all of them: these pages are made of everybody's results
                pipeline.write_class_pages(open_book(course), set(self._graded))


def _empty() -> Any:
    return new_notebook()  # type: ignore[no-untyped-call]


class KeepCells(SaveCells):  # type: ignore[misc]
    """nbgrader's SaveCells, but an assignment that has submissions may change its cells.

    nbgrader refuses that, since it would take grades out with the cells, and then removes the release folder. Here
    nothing goes that a person wrote, and the next run writes everybody's scores into the cells that there are now.
    """

    def _create_notebook(self, nb: Any) -> None:
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook is None or not notebook.submissions or self.new_task_cells:
            super()._create_notebook(nb)
            return
        declare_cells(self.gradebook.db, notebook, nb)
        self.gradebook.db.commit()


class GenerateAssignment(nbgrader.converters.GenerateAssignment):  # type: ignore[misc]
    """nbgrader's, with KeepCells in the place of SaveCells."""

    def start(self) -> None:
        """As nbgrader, with KeepCells among the preprocessors that the course's configuration names."""
        self.preprocessors: Any = [KeepCells if each is SaveCells else each for each in self.preprocessors]
        super().start()


class GenerateFeedback(nbgrader.converters.GenerateFeedback):  # type: ignore[misc]
    """nbgrader's, beside our own page in the same folder: neither stands in the other's way."""

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to write: with --force, or if the graded notebook is newer than the page."""
        page = Path(self._format_dest(assignment_id, student_id)) / f"{assignment_id}.html"
        graded = Path(self._format_source(assignment_id, student_id)) / f"{assignment_id}.ipynb"
        if student_id in self.coursedir.student_id_exclude.split(","):
            return False
        if self.force or not page.exists() or page.stat().st_mtime_ns < graded.stat().st_mtime_ns:
            return True
        self.log.info("Skipping existing feedback: %s", page)
        return False

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Nothing to copy: what lies beside a graded notebook is for teachers."""
        Path(self._format_dest(assignment_id, student_id)).mkdir(parents=True, exist_ok=True)

    def convert_notebooks(self) -> None:
        """As nbgrader, and see that the page which the feedback links to is there."""
        try:
            super().convert_notebooks()
        finally:
            root, slug = Path(self.coursedir.root), self.coursedir.assignment_id
            course = load_course(find_course(root))
            book = open_book(course)
            for folder in self.assignments:
                result = result_file(root, slug, Path(folder).name)
                if result.is_file() and not page_file(root, slug, Path(folder).name).exists():
                    told = load_result(result)
                    write_student_page(course, mark_now(book, told, arrival(book, told)), root)


def use_course_grading() -> None:
    """Put our converters in the places where nbgrader's commands and formgrader look for their own."""
    nbgrader.apps.autogradeapp.Autograde = nbgrader.apps.api.Autograde = Autograde
    nbgrader.apps.generateassignmentapp.GenerateAssignment = nbgrader.apps.api.GenerateAssignment = GenerateAssignment
    nbgrader.apps.generatefeedbackapp.GenerateFeedback = nbgrader.apps.api.GenerateFeedback = GenerateFeedback
