"""Lets nbgrader's own commands work on this course: `nbgrader export`, `nbgrader formgrader`, `nbgrader db ...`."""

from pathlib import Path

c = get_config()  # noqa: F821  nbgrader defines it when it reads this file

c.CourseDirectory.course_id = "course"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.directory_structure = "assignments/{assignment_id}/{nbgrader_step}/{student_id}"
