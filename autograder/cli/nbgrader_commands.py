"""Deprecated: courses made before `autograder.nbgrader_plugin` name this module. Name that one instead."""

import warnings

from autograder.cli.nbgrader.autograde import (
    CourseGrader,
    use_course_grading,
)

__all__ = [
    "CourseGrader",
    "use_course_grading",
]

_WHY = "autograder.cli.nbgrader_commands is deprecated; name autograder.nbgrader_plugin in nbgrader_config.py instead"
warnings.warn(_WHY, DeprecationWarning, stacklevel=2)
