"""What students download: one zip of notebooks, starters and handouts, the same bytes each time it is made.

The files are named one by one: what is not on the list cannot slip in. The public examples are in the
docstrings, and once more in examples.json for whoever drops those.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from importlib import metadata
from io import BytesIO
from pathlib import Path

from autograder.course.modules import beside_data
from autograder.errors import CourseError
from autograder.records import Course
from autograder.release.build import has_notebook
from autograder.release.hints import hints_json
from autograder.release.lesson import in_bundle, lesson_files, lesson_scripts
from autograder.release.requirements import WHEELS, requirements_txt
from autograder.release.student_wheel import DISTRIBUTION, student_wheel
from autograder.results.result_json import to_json, write_atomically
from autograder.selfcheck.examples import EXAMPLES_FILE, docstrings
from autograder.selfcheck.hints import HINTS_FILE

_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest moment: the time of making is in no byte
_NOT_FOR_STUDENTS = ("__pycache__",)
_LESSON = """\
Begin with the lesson: `lesson/README.md`{site}.
Its notebooks lie in `lesson/notebooks`.

"""
_START = """\
# {title}

{lesson}{table}

## Start

You need Python {python} or newer. In a terminal, in the folder of this file:

    python3 -m venv .venv
    . .venv/bin/activate
    pip install -r requirements.txt
    jupyter lab

On Windows the first two lines are `py -m venv .venv` and `.venv\\Scripts\\activate`. On Debian and Ubuntu the first
needs the package `python3-venv`. Each time you come back, only the second and the last are needed.{torch}

Open a notebook; each also exists as a `.py` file, if you like an editor better. Hand in one of the two, under its
name.{handouts}

## Try your work

The examples in a function's docstring are there to be tried:

    grade check {first}/{first}.py

runs those of the whole file, and says what differs.{hints}

In a notebook `check(your_function)` stands below each function and says the same, with pictures{in_cell}.

All of it runs on your own machine: nothing is graded and nothing is sent.

`requirements.txt` installs the course's package from the folder `{wheels}`, without a network, and everything else from
where your Python usually gets its packages. Without the package the notebooks run all the same, without pictures.
"""
_TEXTS = """\
# {title}

{lesson}{table}

Write the files of each folder, and hand them in under their names.{handouts}
"""
_TORCH = """

On Linux pip brings torch with the libraries for NVIDIA cards, which are several gigabytes. If you have no such card,
install torch for the CPU first, as the page "Get started" on pytorch.org says."""
_HINTS = """

    grade check {first}/{first}.py --hints

says besides, where your answer is that of a well-known wrong idea, which idea to think about again."""


def write_bundle(course: Course, slugs: Iterable[str], folder: Path, *, part: bool = False) -> Path:
    """Write the zip of these assignments into folder and return its path. CourseError if one is not released.

    part: whether these are not the whole course; then the zip's name says which they are, so that it takes the place of
    no other.
    """
    slugs = tuple(slugs)
    wheel = student_wheel()
    places = {slug: course.root / "assignments" / slug / "release" / f"{slug}.py" for slug in slugs}
    starters = {slug: file for slug, file in places.items() if has_notebook(course, course.assignment(slug))}
    files = {f"{WHEELS}/{wheel.name}": wheel.content}
    files |= lesson_files(course.root)
    for slug, starter in places.items():
        files |= _assignment_files(course, slug, starter) if slug in starters else _given_files(course, slug)
    files["requirements.txt"] = requirements_txt(wheel, [*starters.values(), *lesson_scripts(course.root)]).encode()
    files["START.md"] = _start(course, slugs, files, next(iter(starters), "")).encode()
    data = BytesIO()
    name = "-".join([bundle_name(course), *(slugs if part else ())])
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{name}/{inner}", _EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, content)
    bundle = folder / f"{name}.zip"
    write_atomically(bundle, data.getvalue())
    return bundle


def _assignment_files(course: Course, slug: str, starter: Path) -> dict[str, bytes]:
    """The folder of one assignment: what is given, and of its code the examples and hints."""
    for file in (starter.with_suffix(".ipynb"), starter):
        if not file.is_file():
            raise CourseError(f"{file}: is not there; run `grade release {slug}`")
    files = _given_files(course, slug)
    files[f"{slug}/{EXAMPLES_FILE}"] = to_json(docstrings(starter.read_text("utf-8"))).encode()
    with beside_data(course.assignment(slug).equipment):  # where a student tries the examples
        hints = hints_json(course.root, slug, starter) if course.feedback != "scores" else None
    return files | ({f"{slug}/{HINTS_FILE}": hints} if hints else {})


def _given_files(course: Course, slug: str) -> dict[str, bytes]:
    """What is handed out, the handout and its pictures, the model, the data."""
    home = course.root / "assignments" / slug
    files = {f"{slug}/{name}": content for name, content in _handed_out(home / "release").items()}
    if (home / "README.md").is_file():
        files[f"{slug}/README.md"] = in_bundle(home / "README.md").encode()
    return files | _model_files(course, slug) | _pictures(home, slug) | _data_files(course, slug)


def _handed_out(release: Path) -> dict[str, bytes]:
    """What lies in release/, which is what nbgrader would hand out: notebook, starter, and data that they read."""
    files = (file.relative_to(release) for file in sorted(release.rglob("*")) if file.is_file())
    wanted = (f for f in files if not any(p.startswith(".") or p in _NOT_FOR_STUDENTS for p in f.parts))
    return {file.as_posix(): (release / file).read_bytes() for file in wanted}


def _model_files(course: Course, slug: str) -> dict[str, bytes]:
    """The model that an assignment is about, in its folder `model`."""
    model = course.assignment(slug).equipment.model
    found = sorted(file for file in model.rglob("*") if file.is_file()) if model else []
    return {f"{slug}/model/{file.relative_to(model).as_posix()}": file.read_bytes() for file in found if model}


def _data_files(course: Course, slug: str) -> dict[str, bytes]:
    """The data of an assignment, beside the starter: where the code runs they lie beside it too."""
    data = course.assignment(slug).equipment.data
    return {f"{slug}/{name}": content for name, content in _handed_out(data).items()} if data else {}


def _pictures(home: Path, slug: str) -> dict[str, bytes]:
    """The pictures that the handout shows, from its folder `pictures`."""
    drawn = sorted([*home.glob("pictures/*.png"), *home.glob("pictures/*.svg")])
    return {f"{slug}/pictures/{file.name}": file.read_bytes() for file in drawn}


def bundle_name(course: Course) -> str:
    """The course's title as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", course.title.lower()).strip("-") or "course"


def _start(course: Course, slugs: tuple[str, ...], files: Mapping[str, bytes], first: str) -> str:
    """START.md. first: the first assignment with code, "" if there is none."""
    lines = ["| folder | assignment | due |", "| --- | --- | --- |"]
    for slug in slugs:
        assignment = course.assignment(slug)
        due = f"{assignment.due:%Y-%m-%d %H:%M %Z}" if assignment.due else "no date"
        lines.append(f"| `{slug}/` | {assignment.title} | {due} |")
    hints = any(name.endswith(f"/{HINTS_FILE}") for name in files)
    handouts = [f"`{slug}/README.md`" for slug in slugs if f"{slug}/README.md" in files]
    told = "`README.md` in each folder" if len(handouts) == len(slugs) > 1 else " and ".join(handouts)
    site = ", or as web pages `lesson/site/index.html`" if "lesson/site/index.html" in files else ""
    return (_START if first else _TEXTS).format(
        title=course.title,
        lesson=_LESSON.format(site=site) if "lesson/README.md" in files else "",
        table="\n".join(lines),
        python=metadata.metadata(DISTRIBUTION)["Requires-Python"].lstrip(">="),
        torch=_TORCH if b"\ntorch" in files["requirements.txt"] else "",
        handouts=f" What to do and how it is graded: {told}." if told else "",
        first=first,
        hints=_HINTS.format(first=first) if hints else "",
        in_cell="; so does\n`check(your_function, hints=True)`, with the idea" if hints else "",
        wheels=WHEELS,
    )
