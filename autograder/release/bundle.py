"""What students download: one zip of notebooks, starters and handouts, the same bytes each time it is made.

The files are named one by one: what is not on the list cannot slip in. The public examples are in the
docstrings, and once more in examples.json for whoever drops those.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from importlib import metadata
from io import BytesIO
from pathlib import Path

from autograder.errors import CourseError
from autograder.records import Course
from autograder.results.result_json import to_json, write_atomically
from autograder.selfcheck.examples import EXAMPLES_FILE, docstrings

_DISTRIBUTION = "diffusion-autograder"
_STUDENT_EXTRAS = ("notebooks", "capstone")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest moment: the time of making is in no byte
_START = """\
# {title}

{table}

## Start

    python -m venv .venv
    . .venv/bin/activate          # on Windows: .venv\\Scripts\\activate
    pip install -r requirements.txt
    jupyter lab

and open a notebook; each also exists as a `.py` file, if you like an editor better. Hand in one of the two, under its
name. `README.md` in each folder says what to do and how it is graded.

## Try your work

With the course's package (`pip install {distribution}`, or from where your instructor says) you can try the examples
that stand in each function's docstring:

    grade check {first}/{first}.py

and in a notebook, after `from autograder.student import check`, with `check({function})`. It runs your code on your
own machine, shows what differs, and sends nothing anywhere. Without the package the notebooks work all the same.
"""


def write_bundle(course: Course, slugs: Iterable[str], folder: Path) -> Path:
    """Write the zip of these assignments into folder and return its path. CourseError if one is not released."""
    slugs = tuple(slugs)
    files = {"START.md": _start(course, slugs).encode(), "requirements.txt": _requirements().encode()}
    for slug in slugs:
        home = course.root / "assignments" / slug
        for name, file in {
            "README.md": home / "README.md",
            f"{slug}.ipynb": home / "release" / f"{slug}.ipynb",
            f"{slug}.py": home / "release" / f"{slug}.py",
        }.items():
            try:
                files[f"{slug}/{name}"] = file.read_bytes()
            except FileNotFoundError:
                if name != "README.md":
                    raise CourseError(f"{file}: is not there; run `grade release {slug}`") from None
        files |= _model_files(course, slug) | _pictures(home, slug)
        examples = docstrings(files[f"{slug}/{slug}.py"].decode())
        files[f"{slug}/{EXAMPLES_FILE}"] = to_json(examples).encode()
    data = BytesIO()
    name = bundle_name(course)
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{name}/{inner}", _EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, content)
    bundle = folder / f"{name}.zip"
    write_atomically(bundle, data.getvalue())
    return bundle


def _model_files(course: Course, slug: str) -> dict[str, bytes]:
    """The model that an assignment is about, in its folder `model`."""
    model = course.assignment(slug).equipment.model
    found = sorted(file for file in model.rglob("*") if file.is_file()) if model else []
    return {f"{slug}/model/{file.relative_to(model).as_posix()}": file.read_bytes() for file in found if model}


def _pictures(home: Path, slug: str) -> dict[str, bytes]:
    """The pictures that the handout shows, from its folder `pictures`."""
    return {f"{slug}/pictures/{file.name}": file.read_bytes() for file in sorted(home.glob("pictures/*.png"))}


def bundle_name(course: Course) -> str:
    """The course's title as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", course.title.lower()).strip("-") or "course"


def _start(course: Course, slugs: tuple[str, ...]) -> str:
    lines = ["| folder | assignment | due |", "| --- | --- | --- |"]
    for slug in slugs:
        assignment = course.assignment(slug)
        due = f"{assignment.due:%Y-%m-%d %H:%M %Z}" if assignment.due else "no date"
        lines.append(f"| `{slug}/` | {assignment.title} | {due} |")
    function = "your_function"
    return _START.format(
        title=course.title, table="\n".join(lines), distribution=_DISTRIBUTION, first=slugs[0], function=function
    )


def _requirements() -> str:
    """What the notebooks import and JupyterLab, as this package asks for them; not the package itself."""
    lines = []
    for line in metadata.requires(_DISTRIBUTION) or []:
        requirement, _, marker = line.partition(";")
        wanted = (f'extra == "{extra}"' in marker.replace("'", '"') for extra in _STUDENT_EXTRAS)
        if not marker.strip() or any(wanted):
            lines.append(requirement.strip())
    return "\n".join(sorted(set(lines), key=str.lower)) + "\n"
