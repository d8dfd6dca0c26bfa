"""What a course's nbgrader_config.py and nbgrader's command line name: graders, exporters and preprocessors.

from autograder.nbgrader_plugin import ASSIGNMENT_PREPROCESSORS, CourseGrader, use_course_grading
nbgrader export --exporter=autograder.nbgrader_plugin.CanvasExport
"""

from autograder.cli.nbgrader.autograde import CourseGrader, use_course_grading
from autograder.cli.nbgrader.export import EXPORTERS
from autograder.release.nbgrader_bridge import ASSIGNMENT_PREPROCESSORS

globals().update(EXPORTERS)

__all__ = [*EXPORTERS, "ASSIGNMENT_PREPROCESSORS", "CourseGrader", "use_course_grading"]
