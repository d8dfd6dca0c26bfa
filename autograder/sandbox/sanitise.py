"""The one place where a student's text becomes text that may be shown, logged, stored or put into a page."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, except tab and line feed
    "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # invisible ones, and those that turn text around
    "\ud800-\udfff"  # lone surrogates, which no file can hold
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags, which hide text
    "]"
)


def sanitise(text: str, limit: int | None = None) -> str:
    """Replace every character that could deceive a terminal, a page or a reader by U+FFFD; cut to `limit` characters.

    Carriage returns before a line feed are dropped. Escaping for HTML, LaTeX or CSV is up to whoever writes those.
    """
    if limit is not None and len(text) > limit:
        text = text[:limit] + "..."
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))
