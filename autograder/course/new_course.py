"""A new course of this shape, written from the files in templates/, with one small assignment that works at once."""

from __future__ import annotations

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
    f"tests/suites/test_{SLUG}.py",
)


def make_course(root: Path, *, secret: str, empty: bool = False) -> tuple[Path, ...]:
    """Write a course into the folder root, which must be empty or absent, and return its files.

    secret: of the course; must be unguessable. empty: without roster, sample class, wrong ideas, known submissions and
    nbgrader's configuration. UsageError if there is something in root; OutputError if it cannot be written.
    """
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise UsageError(f"{root} is not an empty folder, and nothing in it is overwritten; name one that is not there")
    made = []
    try:
        for name, content in _files():
            if empty and name not in _NEEDED:
                continue
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content.replace(_SECRET, secret), "utf-8", newline="\n")
            made.append(file)
        (root / "assignments" / SLUG / "submitted").mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{error.filename or root}: could not be written: {error.strerror}") from error
    return tuple(made)


def _files() -> Iterator[tuple[str, str]]:
    """Each file's place in the course, and its text."""
    for file in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        name = file.relative_to(_TEMPLATES).as_posix().removesuffix(_SUFFIX)
        yield (f".{name}" if name == "gitignore" else name), file.read_text("utf-8")
