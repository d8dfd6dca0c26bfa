"""`grade release` from the outside: what it prints, writes and refuses."""

import json
import zipfile

import pytest
from released_course import call, make_released_course


@pytest.fixture
def root(tmp_path):
    return make_released_course(tmp_path / "course").root


def test_it_writes_notebooks_and_the_bundle(root):
    """--json names each file, and the bundle holds START.md and one folder an assignment."""
    told = json.loads(call(root, "grade", "release", "--bundle", "out", "--json"))
    assert told["released"][0]["groups"] == [{"name": "add", "points": 60.0}, {"name": "total", "points": 40.0}]
    with zipfile.ZipFile(root / told["bundle"]) as archive:
        assert "sums/START.md" in archive.namelist()
        assert "sums/sums/sums.ipynb" in archive.namelist()


def test_the_bundle_of_one_assignment_has_its_name(root):
    """Asked for by its slug, an assignment has a zip of its own."""
    told = json.loads(call(root, "grade", "release", "sums", "--bundle", "out", "--json"))
    assert told["bundle"].endswith("sums-sums.zip")


def test_an_assignment_that_is_not_in_the_course_is_refused(root):
    """Exit 2, with the nearest name."""
    assert "did you mean 'sums'" in call(root, "grade", "release", "sum", exits=(2,))


def test_a_course_that_does_not_fit_together_is_told(root):
    """Exit 3, with the file."""
    (root / "reference" / "sums.py").write_text("")
    assert "has no function 'add'" in call(root, "grade", "release", exits=(3,))
