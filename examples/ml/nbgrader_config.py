"""Lets nbgrader's own commands and formgrader work on this course, with the course's own grading behind them."""

from pathlib import Path

from autograder.nbgrader_plugin import ASSIGNMENT_PREPROCESSORS, CourseGrader, use_course_grading

c = get_config()  # noqa: F821  nbgrader defines it when it reads this file
root = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "course"
c.CourseDirectory.root = str(root)
c.CourseDirectory.directory_structure = "assignments/{assignment_id}/{nbgrader_step}/{student_id}"
# A result is for teachers: nbgrader would copy it to where students look.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", "result.json"]

# What an empty function says in the starters.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.GenerateAssignment.preprocessors = list(ASSIGNMENT_PREPROCESSORS)

# `nbgrader autograde` and formgrader's button: our jailed suites, no kernel, `.py` files too.
use_course_grading()
c.Autograde.autograde_preprocessors = [CourseGrader]

# `nbgrader zip_collect`: names as nbgrader's manual and Blackboard have them. `grade collect` knows five systems.
c.FileNameCollectorPlugin.named_regexp = (
    r".*[/\\](?:[^/\\]*_)?(?P<student_id>[^/\\_]+)_attempt_(?P<timestamp>[0-9-]+)_(?P<file_id>[^/\\]+)"
)
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".py"]

# `nbgrader list`, `release_assignment`, `collect`: a folder of this course, until you name the one that students share.
exchange = root / ".grade" / "exchange"
exchange.mkdir(parents=True, exist_ok=True)
exchange.chmod(0o777)
c.Exchange.root = str(exchange)
