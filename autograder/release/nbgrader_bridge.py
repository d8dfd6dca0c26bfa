"""Notebooks as nbgrader makes and reads them: the student's from the instructor's, and a submission's with its verdict.

Beside gradebook.py the only place that speaks nbgrader's metadata; cli/nbgrader_commands.py puts it to work.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import preprocessors
from traitlets.config import Config

from autograder.release.splice import STUB
from autograder.results.result_json import write_atomically


class StarterCells(preprocessors.NbGraderPreprocessor):  # type: ignore[misc]
    """Gives a cell back what the starter says, where that is more than an empty function. After ClearSolutions."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Replace the source of a cell that carries its starter."""
        kept = cell.metadata.pop("autograder", {})
        if "starter" in kept:
            cell.source = kept["starter"]
        return cell, resources


# generate_assignment's own, without the kernel and the headers that no assignment has, with ours behind ClearSolutions.
# SaveCells, which writes the gradebook, comes in where None stands.
ASSIGNMENT_PREPROCESSORS = (
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    StarterCells,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ComputeChecksums,
    preprocessors.SaveCells,
    preprocessors.ClearHiddenTests,
    preprocessors.ClearMarkScheme,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
)


def released(source: Any) -> Any:
    """The student's notebook: what `nbgrader generate_assignment` makes of the instructor's, without a gradebook."""
    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    notebook: Any = deepcopy(source)
    resources: Any = {}
    for preprocessor in ASSIGNMENT_PREPROCESSORS:
        if preprocessor is not preprocessors.SaveCells:
            notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
    return notebook


def write_notebook(notebook: Any, file: Path) -> None:
    """Write it as nbgrader would, by rename."""
    text = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    write_atomically(file, f"{text}\n".encode())
