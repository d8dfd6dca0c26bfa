"""Deprecated: courses made before `autograder.nbgrader_plugin` name this module. Name that one instead."""

import warnings

from autograder.cli.nbgrader.export import EXPORTERS

globals().update(EXPORTERS)

__all__ = [*EXPORTERS]

_WHY = "autograder.cli.nbgrader_export is deprecated; name autograder.nbgrader_plugin in nbgrader_config.py instead"
warnings.warn(_WHY, DeprecationWarning, stacklevel=2)
