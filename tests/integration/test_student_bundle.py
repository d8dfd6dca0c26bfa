"""The bundle as a student has it: unpacked, START.md followed to the letter, in an environment without our package."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from autograder.course.course_yml import load_course
from autograder.release.bundle import write_bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The unpacked bundle of `warmup` and `noising`."""
    folder = tmp_path_factory.mktemp("student")
    bundle = write_bundle(load_course(ROOT), ["warmup", "noising"], folder)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder / bundle.stem


def told(home, heading):
    """The commands that START.md shows under a heading, line by line."""
    section = (home / "START.md").read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip() for line in section.split("\n") if line.startswith("    ")]


def sh(home, line, folder=None):
    """Run a line as a student would, after the environment that START.md makes; the finished process.

    No index can be reached: what is not in the bundle has to be there already.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for `python3` alone
    clean = {
        "PATH": path,
        "HOME": str(home),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "LANG": "C.UTF-8",
    }
    activate = f". {home}/.venv/bin/activate; " if (home / ".venv").exists() else ""
    return subprocess.run(
        ["bash", "-c", activate + line], cwd=folder or home, env=clean, capture_output=True, text=True, timeout=280
    )


@pytest.fixture(scope="module")
def installed(home):
    """The environment, made by the lines of START.md.

    The public packages are lent by the tests' own environment, all but ours: its path is added, and a path that is
    added so brings no editable install.
    """
    make, enter, install, lab = told(home, "Start")
    assert (enter, lab) == (". .venv/bin/activate", "jupyter lab")
    done = sh(home, make)
    assert done.returncode == 0, done.stderr
    (site,) = (home / ".venv").glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    sh(home, "pip uninstall -y setuptools")  # an old one that Python 3.11 brings along stands before the lent one
    nothing = sh(home, "python -c 'import numpy, torch; import autograder'")
    assert "No module named 'autograder'" in nothing.stderr
    done = sh(home, install)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


def test_our_package_comes_from_the_bundle(installed):
    """Installed without a network, into the new environment, from the wheel and nowhere else."""
    where = sh(installed, "python -c 'import autograder; print(autograder.__file__)'").stdout
    assert where.startswith(f"{installed}/.venv/")
    assert "+student." in sh(installed, "pip show diffusion-autograder 2>/dev/null; true").stdout


def test_requirements_can_be_installed_from_any_folder(installed, tmp_path):
    """The wheel is looked for beside requirements.txt, not where the student stands."""
    assert "Successfully uninstalled" in sh(installed, "pip uninstall -y diffusion-autograder").stdout
    done = sh(installed, f"pip install -r {installed}/requirements.txt", tmp_path)
    assert "Successfully installed diffusion-autograder-" in done.stdout, done.stdout + done.stderr


def test_every_module_of_the_package_can_be_imported(installed):
    """Nothing in it needs what was left out."""
    lines = "import pkgutil, importlib, autograder as a; " + (
        "print(len([importlib.import_module(m.name) for m in pkgutil.walk_packages(a.__path__, 'autograder.')]))"
    )
    done = sh(installed, f'python -c "{lines}"')
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_what_start_shows_works(installed):
    """Each command of "Try your work" runs, and tells a student who has not begun so."""
    lines = told(installed, "Try your work")
    assert lines == ["grade check warmup/warmup.py", "grade check warmup/warmup.py --hints"]
    for line in lines:
        done = sh(installed, line)
        assert done.returncode == 1
        assert "mse: not written yet" in done.stdout
        assert "0 of 5 functions are right in their examples." in done.stdout


def test_a_right_and_a_wrong_answer(installed):
    """A right file ends with 0; a known wrong idea gets its hint, from the bundle alone."""
    shutil.copy(ROOT / "reference" / "noising.py", installed / "noising" / "noising.py")
    assert sh(installed, "grade check noising/noising.py --hints").returncode == 0
    source = (ROOT / "reference" / "noising.py").read_text("utf-8")
    wrong = source.replace("return alpha_bar / (1 - alpha_bar)", "return (1 - alpha_bar) / alpha_bar")
    assert wrong != source
    (installed / "noising" / "noising.py").write_text(wrong)
    done = sh(installed, "grade check noising/noising.py snr --hints")
    assert done.returncode == 1
    assert "It may be this: Your ratio grows with the noise" in done.stdout
    again = sh(
        installed,
        "python -c 'from noising import snr; from autograder.student import check; print(check(snr, hints=True))'",
        installed / "noising",
    )
    assert "It may be this: Your ratio grows with the noise" in again.stdout, again.stderr


def test_a_student_has_no_other_command(installed):
    """`grade` knows `check`; what grades is not there."""
    done = sh(installed, "grade --help")
    assert "check" in done.stdout
    assert "export" not in done.stdout
    assert "No such command 'status'" in sh(installed, "grade status").stderr


def test_the_notebook_runs_to_its_end_with_the_package_and_without(installed):
    """Every cell of a notebook that nobody has written in runs; without the package it says what is missing."""
    script = (
        "import json, sys; from pathlib import Path; space = {'__name__': '__main__'}\n"
        "for cell in json.loads(Path('warmup.ipynb').read_text())['cells']:\n"
        "    if cell['cell_type'] == 'code': exec(''.join(cell['source']), space)\n"
    )
    (installed / "warmup" / "all.py").write_text(script)
    done = sh(installed, "MPLBACKEND=Agg python all.py", installed / "warmup")
    assert done.returncode == 0, done.stderr
    assert "mse is not written yet, so there is nothing to draw" in done.stdout
    block = "import sys; sys.modules['autograder'] = None; "
    (installed / "warmup" / "bare.py").write_text(block + script)
    done = sh(installed, "python bare.py", installed / "warmup")
    assert done.returncode == 0, done.stderr
    assert "START.md says how to try the examples of mse here" in done.stdout
    assert "START.md says how to see pictures" in done.stdout
