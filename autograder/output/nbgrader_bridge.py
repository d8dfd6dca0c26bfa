"""Deprecated: courses made before `autograder.nbgrader_plugin` name this module. Name that one instead."""

import warnings

from autograder.release.nbgrader_bridge import (
    ASSIGNMENT_PREPROCESSORS,
)

__all__ = [
    "ASSIGNMENT_PREPROCESSORS",
]

_WHY = "autograder.output.nbgrader_bridge is deprecated; name autograder.nbgrader_plugin in nbgrader_config.py instead"
warnings.warn(_WHY, DeprecationWarning, stacklevel=2)
