"""The package that students install from their bundle: what `grade check` and the notebooks need, and nothing else.

It is made of the modules that `autograder.student` and the students' command import, found by following the imports.
So no suite, no reference and no part of grading can be in it, whatever is added to the engine later. Its version ends
in a digest of its content: another content is another version, which pip installs over an older one, and an index
that publishes for everybody takes no such (local) version, so that nobody can put a package of theirs in its place.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import autograder
from autograder.errors import UsageError

DISTRIBUTION = "diffusion-autograder"
_ROOTS = ("autograder.student", "autograder.cli.students")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_HOME = Path(autograder.__file__).parent.parent
_EPOCH = "315532800"  # 1980-01-01, a zip's earliest moment: the time of making is in no byte
_PROJECT = """\
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "{name}"
version = "{version}"
description = "What students of a course try their work with: `grade check` and `autograder.student`"
requires-python = "{python}"
{licence}dependencies = [{dependencies}]

[project.scripts]
grade = "autograder.cli.students:main"

[tool.flit.module]
name = "autograder"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """name: the file's; requirement: what pip is told to install; content: the file."""

    name: str
    requirement: str
    content: bytes


def student_modules() -> dict[str, Path]:
    """Module to file, of everything that a student's side imports of this package, at once or later."""
    found: dict[str, Path] = {}
    asked = list(_ROOTS)
    while asked:
        name = asked.pop()
        file = _file_of(name)
        if name in found or file is None:
            continue
        found[name] = file
        parts = name.split(".")
        asked += [".".join(parts[:depth]) for depth in range(1, len(parts))]
        asked += imports_of(file.read_text("utf-8"))
    return dict(sorted(found.items()))


def imports_of(source: str, *, top: bool = False) -> list[str]:
    """Every module that a source imports, and each name that it takes from one; top: only what it always does."""
    tree = ast.parse(source)
    names: list[str] = []
    for node in tree.body if top else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


def _file_of(module: str) -> Path | None:
    place = _HOME.joinpath(*module.split("."))
    if module.partition(".")[0] != "autograder":
        return None
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


def student_wheel() -> Wheel:
    """Build it: the same bytes each time. UsageError if what builds it is not installed."""
    modules = {str(file.relative_to(_HOME)): file.read_bytes() for file in student_modules().values()}
    with TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name, content in modules.items():
            target = project / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        licence = _licence()
        if licence:
            shutil.copyfile(licence, project / "LICENSE")
        text = _project(modules, licensed=licence is not None)
        (project / "pyproject.toml").write_text(text, "utf-8")
        built = subprocess.run(  # noqa: S603  our own interpreter, and a project that we have just written
            [sys.executable, "-P", "-m", "flit_core.wheel", "--outdir", folder, str(project)],
            env=os.environ | {"SOURCE_DATE_EPOCH": _EPOCH},
            capture_output=True,
            text=True,
        )
        wheels = list(Path(folder).glob("*.whl"))
        if built.returncode or not wheels:
            last = built.stderr.strip().split("\n")[-1]
            raise UsageError(f"the students' package cannot be built: {last}; pip install flit-core")
        version = wheels[0].name.split("-")[1]
        return Wheel(name=wheels[0].name, requirement=f"{DISTRIBUTION}=={version}", content=wheels[0].read_bytes())


def _licence() -> Path | None:
    files = metadata.files(DISTRIBUTION) or []
    return next((Path(str(file.locate())) for file in files if file.name == "LICENSE"), None)


def _project(modules: dict[str, bytes], *, licensed: bool) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(modules.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    needed = {name.partition(".")[0] for text in modules.values() for name in imports_of(text.decode(), top=True)}
    requirements = [text for name, text in our_requirements().items() if name.replace("-", "_") in needed]
    about = metadata.metadata(DISTRIBUTION)
    return _PROJECT.format(
        name=DISTRIBUTION,
        version=f"{autograder.__version__}+student.{digest.hexdigest()[:8]}",
        python=about["Requires-Python"],
        licence=f'license = "{about["License-Expression"]}"\nlicense-files = ["LICENSE"]\n' if licensed else "",
        dependencies=", ".join(f'"{one}"' for one in sorted(requirements)),
    )


def our_requirements(extra: str = "") -> dict[str, str]:
    """Distribution to requirement, as this package asks for them: the plain ones, or those of one extra."""
    found = {}
    for line in metadata.requires(DISTRIBUTION) or []:
        requirement, _, marker = line.partition(";")
        wanted = f'extra == "{extra}"' in marker.replace("'", '"') if extra else "extra ==" not in marker
        name = next(iter(_NAME.findall(requirement)), "")
        if wanted and name != DISTRIBUTION:
            found[name.lower()] = requirement.strip()
    return found
