"""The web pages of the lesson and its card, as `python docs/lesson/build.py` makes them; notebooks without outputs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="pip install 'diffusion-autograder[lesson]'")
HOME = Path(__file__).parents[2] / "docs" / "lesson"
BUILD = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import build
getattr(build, sys.argv[2])(pathlib.Path(sys.argv[3]))
"""


def built(function, target):
    """Call a function of build.py, in a process of its own."""
    words = [sys.executable, "-c", BUILD, HOME, function, target]
    subprocess.run(words, env=os.environ | {"LESSON_NOTEBOOKS": "off"}, check=True)
    return target


def test_the_pages_need_no_network(tmp_path):
    """All links lead somewhere (or the build fails), formulas are MathML, and nothing is fetched from elsewhere."""
    site = built("build_site", tmp_path / "site")
    pages = {page: page.read_text("utf-8") for page in site.rglob("*.html")}
    assert len(pages) > 30
    loaded = r'<(?:script|img|iframe|source)[^>]+src="(?:https?:)?//|<link[^>]+href="(?:https?:)?//'
    assert [page.name for page, text in pages.items() if re.search(loaded, text)] == []
    assert pages[site / "lesson" / "adding-noise.html"].count("<math") > 20
    assert all((site / "_static" / name).is_file() for name in ("lesson.css", "stix-two-math.ttf"))


def test_the_card_is_the_same_bytes_and_one_page(tmp_path):
    """As committed, and as made again."""
    card = built("write_card", tmp_path / "card.pdf").read_bytes()
    assert card == (HOME / "card.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", card)) == 1
