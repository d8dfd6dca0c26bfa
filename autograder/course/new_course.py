"""A new course of this shape, with one small assignment that works at once.

It is written from the files in templates/, or like one of the sample courses. Those are in the folder examples/ beside
the package, to which a link stands here; in a package that is installed their files are here themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import OutputError, UsageError

SLUG = "temperatures"
_TEMPLATES = Path(__file__).with_name("templates")
_SUFFIX = ".template"
_SECRET = "@SECRET@"  # noqa: S105  stands in the template where the course's own goes
# What a course needs to grade; the rest shows what it can have.
_NEEDED = (
    "course.yml",
    ".gitignore",
    f"assignments/{SLUG}/README.md",
    f"assignments/{SLUG}/release/{SLUG}.py",
    f"reference/{SLUG}.py",
    "reference/misconceptions/__init__.py",
    f"tests/suites/test_{SLUG}.py",
)


# The sample courses. Each has one assignment, which has its name.
LIKE = ("basics", "data", "ml", "numerics")
_EXAMPLES = Path(__file__).with_name("examples")
_SAMPLE_SECRET = re.compile(r"^secret: .*$", re.MULTILINE)
# Of a sample course, what is its own: what is written alike in each course comes from the templates.
_OWN = re.compile(
    r"course\.yml|reference/.*|tests/suites/.*|tests/submissions/.*"
    r"|assignments/[^/]+/(README\.md|requirements\.txt|(release|data|model)/.*)"
)
_EVERYWHERE = (".gitignore", "nbgrader_config.py", "roster.csv")
_EXTRA = re.compile(
    r"roster\.csv|nbgrader_config\.py|reference/misconceptions/(?!__init__).*|tests/submissions/.*|.*/submitted/.*"
)


def make_course(root: Path, *, secret: str, empty: bool = False, like: str | None = None) -> tuple[Path, ...]:
    """Write a course into the folder root, which must be empty or absent, and return its files.

    secret: of the course; must be unguessable. empty: without roster, sample class, wrong ideas, known submissions and
    nbgrader's configuration. like: the sample course to copy, one of LIKE; its class hands in some of the sample's
    known submissions. UsageError if there is something in root, or the sample is not installed; OutputError if it
    cannot be written.
    """
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise UsageError(f"{root} is not an empty folder, and nothing in it is overwritten; name one that is not there")
    made = []
    try:
        for name, content in _files() if like is None else _like(like):
            if empty and (name not in _NEEDED if like is None else _EXTRA.fullmatch(name)):
                continue
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.replace(_SECRET.encode(), secret.encode()))
            made.append(file)
        (root / "assignments" / (like or SLUG) / "submitted").mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{error.filename or root}: could not be written: {error.strerror}") from error
    return tuple(made)


def _files() -> Iterator[tuple[str, bytes]]:
    """Each file's place in the course, and its content."""
    for file in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        name = file.relative_to(_TEMPLATES).as_posix().removesuffix(_SUFFIX)
        yield (f".{name}" if name == "gitignore" else name), _with_newlines(file)


def _with_newlines(file: Path) -> bytes:
    return file.read_text("utf-8").encode()


def _like(like: str) -> Iterator[tuple[str, bytes]]:
    """The same of a sample course, with a class that hands in its first right submission and its wrong ones."""
    source = _EXAMPLES.resolve() / like
    if not (source / "course.yml").is_file():
        raise UsageError(f"the sample course {like} did not come with this installation; it would be {source}")
    templates = dict(_files())
    secret = next(part for part in templates["course.yml"].decode().split("\n\n") if _SECRET in part)
    yield from ((name, templates[name]) for name in _EVERYWHERE)
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source).as_posix()
        if not _OWN.fullmatch(name) or not file.is_file() or "__pycache__" in file.parts:
            continue
        if name == "course.yml":
            head, rest = templates[name].decode().split("title:")[0], file.read_text("utf-8")
            yield name, f"{head}{_SAMPLE_SECRET.sub(secret, rest)}".encode()
        else:
            yield name, file.read_bytes()
    known = source / "tests" / "submissions" / like
    works = [*sorted(known.glob("correct_*"))[:1], *sorted(known.glob("wrong_*"))[:2]]
    for number, work in enumerate(works, 1):
        for file in sorted(work.iterdir()):
            if file.is_file() and file.name != "expected.yml":
                yield f"assignments/{like}/submitted/s{number:02}/{file.name}", file.read_bytes()
