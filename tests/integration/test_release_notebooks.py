"""The notebooks in a real kernel, from the first cell to the last."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.filterwarnings("default")  # the kernel client's own
ROOT = Path(__file__).parents[2]
SLUGS = sorted(file.parent.parent.name for file in ROOT.glob("assignments/*/source/*.ipynb"))


def run(file, folder):
    """The notebook with its outputs. Fails with the cell that raised."""
    notebook = nbformat.read(file, 4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


def outputs_of(notebook, start):
    """The outputs, one text a cell, of the code cells in which a line begins with `start`."""
    return [
        "".join(str(output) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and any(line.startswith(start) for line in cell.source.split("\n"))
    ]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_notebook_with_the_reference_filled_in_runs(slug, tmp_path, monkeypatch):
    """No cell raises, pictures are drawn, and every public check is right."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MODEL", str(ROOT / "reference" / "capstone" / "model"))
    notebook = run(ROOT / "assignments" / slug / "source" / f"{slug}.ipynb", tmp_path)
    checks = outputs_of(notebook, "check(")
    assert checks
    assert all(": right" in text for text in checks), [text for text in checks if ": right" not in text]
    if slug != "concepts":  # twenty words and numbers: nothing to draw
        assert "image/png" in "".join(str(cell.get("outputs", "")) for cell in notebook.cells)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("slug", ["noising", "clinic", "warmup"])
def test_a_notebook_runs_as_handed_out(slug, tmp_path, monkeypatch):
    """Before anything is written, no cell raises either: empty functions, functions with blanks, and wrong ones."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run(ROOT / "assignments" / slug / "release" / f"{slug}.ipynb", tmp_path)
