"""What a course's nbgrader_config.py and nbgrader's command line name: graders, exporters and preprocessors.

from autograder.nbgrader_plugin import ASSIGNMENT_PREPROCESSORS, CourseGrader, use_course_grading
nbgrader export --exporter=autograder.nbgrader_plugin.CanvasExport
"""

from autograder.cli.nbgrader.autograde import CourseGrader, use_course_grading
from autograder.cli.nbgrader.export import (
    BlackboardExport,
    BrightspaceExport,
    CanvasExport,
    CsvExport,
    MoodleExport,
    MoodleWorksheetExport,
)
from autograder.release.nbgrader_bridge import ASSIGNMENT_PREPROCESSORS

__all__ = [
    "ASSIGNMENT_PREPROCESSORS",
    "BlackboardExport",
    "BrightspaceExport",
    "CanvasExport",
    "CourseGrader",
    "CsvExport",
    "MoodleExport",
    "MoodleWorksheetExport",
    "use_course_grading",
]
