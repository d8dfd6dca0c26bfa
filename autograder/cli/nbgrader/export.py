"""`nbgrader export --exporter=autograder.nbgrader_plugin.CanvasExport`: the text of `grade export`, from nbgrader.

An entrance like the commands beside it: nbgrader calls it, and it hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Enum, Unicode

from autograder.lms.export.layout import COMMENTS
from autograder.lms.registry import FORMATS


class _LmsExport(ExportPlugin):  # type: ignore[misc]
    """One LMS. nbgrader's --to, --assignment and --student work; the rest is set in nbgrader_config.py."""

    lms = ""
    unit = Enum(("points", "percent", "total"), "points", help="as --as of grade export").tag(config=True)
    against = Unicode("", help="the file that the LMS exported, as --against of grade export").tag(config=True)
    decimal = Enum(("point", "comma"), "point", help="as --decimal of grade export").tag(config=True)
    comments = Enum(COMMENTS, "append", help="as --comments of grade export").tag(config=True)
    scale = Unicode("", help="as --scale of grade export").tag(config=True)

    def export(self, gradebook: Any) -> None:
        """Write the file that the LMS imports to --to, by default grades-<lms>.csv, or .zip."""
        from dataclasses import replace

        from sqlalchemy import text

        from autograder.cli import export
        from autograder.course.course_yml import find_course, load_course
        from autograder.gradebook.read import read_hand_grades
        from autograder.lms import formats
        from autograder.lms.export.layout import Options
        from autograder.lms.export.scores import tabulate
        from autograder.results.result_json import write_atomically
        from autograder.runs.book import open_book

        course = load_course(find_course(Path(self.parent.coursedir.root)))
        slugs = [str(slug) for slug in self.assignment]
        export.check_slugs(course, slugs)
        hand = read_hand_grades(lambda statement: gradebook.db.execute(text(statement)))
        verdicts, notes = export.load_verdicts(replace(open_book(course, by_hand=False), hand=hand), slugs)
        theirs = export.read_sheet_file(Path(self.against), self.lms) if self.against else None
        people = formats.blind_students(self.lms, theirs) or course.roster
        marks = tabulate(replace(course, roster=people), verdicts, unit=self.unit, slugs=slugs)  # type: ignore[arg-type]
        if self.student:
            marks = marks.only({str(student) for student in self.student})
        options = Options(
            decimal="," if self.decimal == "comma" else ".", comments=self.comments, scale=str(self.scale)
        )
        pages = export.read_pages(course, course.root, marks) if FORMATS[self.lms].pages else None
        made = formats.make(self.lms, marks, against=theirs, options=options, pages=pages)
        target = Path(self.to or f"grades-{self.lms}.{FORMATS[self.lms].suffix}")
        write_atomically(target, made.data)
        for note in (*formats.notes(self.lms, marks), *notes):
            self.log.warning(note)
        self.log.info("%d students, %d columns for %s: %s", len(made.students), len(marks.columns), self.lms, target)


# One class for each of `--to`'s words, under the name that nbgrader's command line gives.
EXPORTERS: Mapping[str, type[ExportPlugin]] = {
    form.exporter: type(
        form.exporter,
        (_LmsExport,),
        {"__doc__": f"`grade export --to {word}`, for {form.name}.", "__module__": __name__, "lms": word},
    )
    for word, form in FORMATS.items()
}
globals().update(EXPORTERS)  # traitlets finds a class by the module and the name that it says of itself
