"""How Sphinx builds the lesson's site. `build.py` calls it; everything the pages need lies beside them."""

from __future__ import annotations

import os

from latex2mathml.converter import convert
from sphinx.application import Sphinx

project = "Diffusion models explained"
author = "the course"
html_title = project
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["lesson.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = os.environ.get("LESSON_NOTEBOOKS", "force")  # "off": without outputs, in seconds
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
suppress_warnings = ["config.cache", "mystnb.unknown_mime_type"]


def _mathml(self: object, node: object) -> None:
    """Write a formula as MathML, which browsers draw by themselves: no script, no font, no network."""
    display = "block" if node.tagname == "math_block" else "inline"  # type: ignore[attr-defined]
    self.body.append(convert(node.astext(), display=display))  # type: ignore[attr-defined]
    from docutils.nodes import SkipNode

    raise SkipNode


def setup(app: Sphinx) -> None:
    """Take MathML for formulas."""
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    app.config.html_math_renderer_name = "mathml"  # type: ignore[attr-defined]
