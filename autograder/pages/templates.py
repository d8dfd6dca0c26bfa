"""The pages' templates and their style, read once. Everything that a template fills in is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

_HERE = Path(__file__).parent
_CODE = re.compile("`([^`]+)`")


@cache
def template(name: str) -> jinja2.Template:
    """A template of this folder. A name that it uses and is not given is an error, never an empty place."""
    return environment(_HERE).get_template(name)


@cache
def inlined(name: str) -> Markup:
    """A style sheet or script of this folder, to stand in a page as it is."""
    return Markup((_HERE / name).read_text("utf-8"))  # noqa: S704 -- a file of ours


def policy_hash(script: str) -> str:
    """What a page's policy must name so that this script runs, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def prose(text: str) -> Markup:
    """Escaped text in which `words between backticks` are set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped first


@cache
def environment(folder: Path) -> jinja2.Environment:
    """How the templates of a folder are read and filled in: escaped, and a name that is not given is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["prose"] = prose
    return made
