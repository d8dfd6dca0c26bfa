"""The package for students: what is in it, that it is the same each time, and what requirements.txt asks for."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.release.requirements import requirements_txt, third_party_imports
from autograder.release.student_wheel import Wheel, student_modules, student_wheel

ROOT = Path(__file__).parents[3]
WHEEL = Wheel(name="x.whl", requirement="diffusion-autograder==1+student.0", content=b"")
# What a student's side is made of. A room that is not here does not reach students.
ROOMS = {
    "boundary",
    "cli",
    "course",
    "errors",
    "marks",
    "pages",
    "reading",
    "records",
    "results",
    "scoring",
    "selfcheck",
    "student",
    "suite",
    "verdicts",
}


@pytest.fixture(scope="module")
def wheel():
    """The package as it is in every bundle."""
    return student_wheel()


def names_in(wheel):
    """The files of a wheel."""
    with zipfile.ZipFile(BytesIO(wheel.content)) as archive:
        return archive.namelist()


def test_it_is_the_same_bytes_whenever_and_wherever_it_is_made(wheel, monkeypatch):
    """Neither the clock's zone nor a time that the environment asks for is in it."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert student_wheel() == wheel


def test_it_holds_what_a_student_imports_and_nothing_that_grades(wheel):
    """Only modules on the way of `grade check` and `autograder.student`; no data, no suite, no template."""
    names = [name for name in names_in(wheel) if ".dist-info/" not in name]
    assert names
    assert all(name.endswith(".py") for name in names)
    rooms = {name.split("/")[1].removesuffix(".py") for name in names} - {"__init__"}
    assert rooms <= ROOMS
    held = {name.removesuffix(".py").replace("/", ".") for name in names}
    for hidden in ("cli.grade", "verdicts.diagnosis", "verdicts.inputs", "verdicts.trusted", "release.build"):
        assert f"autograder.{hidden}" not in held
    assert {f"autograder.{needed}" for needed in ("student", "selfcheck.hints", "cli.check")} <= held
    assert len(wheel.content) < 150_000


def test_the_version_tells_the_content(wheel, monkeypatch):
    """Another content is another version, so that pip puts it in the place of an older one."""
    assert wheel.requirement.startswith("diffusion-autograder==")
    version = wheel.requirement.partition("==")[2]
    assert wheel.name == f"diffusion_autograder-{version}-py3-none-any.whl"
    fewer = dict(list(student_modules().items())[:-1])
    monkeypatch.setattr("autograder.release.student_wheel.student_modules", lambda: fewer)
    assert student_wheel().requirement != wheel.requirement


def test_it_needs_little(wheel):
    """What is imported at once is asked for; torch and matplotlib are the notebooks' affair."""
    with zipfile.ZipFile(BytesIO(wheel.content)) as archive:
        metadata = next(archive.read(name) for name in archive.namelist() if name.endswith("/METADATA")).decode()
    needs = {line.split(": ")[1].partition(">")[0] for line in metadata.split("\n") if line.startswith("Requires-Dist")}
    assert needs == {"click", "click-default-group", "numpy"}
    assert "License-Expression: MIT" in metadata


def starter(tmp_path, text):
    """A starter with this text, in a course's folders."""
    file = tmp_path / "one" / "release" / "one.py"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def lines_for(*starters):
    """The requirements of a bundle of these starters."""
    return requirements_txt(WHEEL, starters).split("\n")


def of_the_course(*slugs):
    """The starters of assignments of the sample course."""
    return [ROOT / "assignments" / slug / "release" / f"{slug}.py" for slug in slugs]


def test_our_package_comes_from_the_bundle():
    """Found in a folder beside the file, at a version that no public index takes."""
    lines = lines_for(*of_the_course("warmup"))
    assert "--find-links wheels" in lines
    assert WHEEL.requirement in lines


def test_only_what_the_assignments_import_is_asked_for(tmp_path):
    """No torch for plain Python; diffusers and what it needs only with the assignment that imports it."""
    assert not [line for line in lines_for(*of_the_course("warmup")) if line.startswith(("torch", "diffusers"))]
    noising = lines_for(*of_the_course("warmup", "noising"))
    assert "torch>=2.4" in noising
    assert "einops>=0.8" in noising  # from the assignment's own requirements.txt
    assert not [line for line in noising if line.startswith(("diffusers", "transformers"))]
    capstone = lines_for(*of_the_course("latent_diffusion"))
    assert {"diffusers>=0.42", "safetensors>=0.5", "tokenizers>=0.22", "transformers>=5.20"} <= set(capstone)


def test_a_module_is_asked_for_by_its_distribution(tmp_path):
    """`import yaml` is PyYAML; what Python has, what lies beside the starter and our own package are nobody's."""
    file = starter(
        tmp_path,
        "import json, yaml\nfrom helper import f\ntry:\n    from autograder.student import show\n"
        "except ImportError:\n    show = print\ntry:\n    import google_colab_x\nexcept ImportError:\n    pass\n",
    )
    (file.parent / "helper.py").write_text("f = 1\n")
    assert third_party_imports(file) == {"yaml": False, "google_colab_x": True}
    lines = lines_for(file)
    assert "pyyaml" in lines
    assert "json" not in lines


@pytest.mark.parametrize(
    ("text", "says"),
    [("import nowhere_to_be_found\n", "imports nowhere_to_be_found"), ("x = 1\ndef f(:\n", "one.py:2: does not parse")],
)
def test_what_cannot_be_asked_for_is_said(tmp_path, text, says):
    """An import that nothing here provides, and a starter that is no Python."""
    with pytest.raises(CourseError, match=says):
        lines_for(starter(tmp_path, text))
