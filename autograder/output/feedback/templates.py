"""The pages' templates and their style, read once. Everything that a template fills in is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

_HERE = Path(__file__).parent


@cache
def template(name: str) -> jinja2.Template:
    """A template of this folder. A name that it uses and is not given is an error, never an empty place."""
    return _environment().get_template(name)


@cache
def inlined(name: str) -> Markup:
    """A style sheet or script of this folder, to stand in a page as it is."""
    return Markup((_HERE / name).read_text("utf-8"))  # noqa: S704 -- a file of ours


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
