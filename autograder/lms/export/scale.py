"""A scale in words, as `--scale "Fail<50<=Pass<85<=Distinction"` says it. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from autograder.errors import UsageError

_STEP = re.compile(r"\s*<\s*(\d+(?:\.\d+)?)\s*<=\s*")


@dataclass(frozen=True, slots=True)
class Scale:
    """words: from the lowest; begins: the percent from which each but the first is given."""

    words: tuple[str, ...]
    begins: tuple[float, ...]

    def word(self, percent: float) -> str:
        """The word for this share of the points, compared at two decimals as scores are."""
        return self.words[bisect_right(self.begins, round(percent, 2))]


def read_scale(text: str, theirs: str) -> Scale:
    """The scale in text, whose words must be those of the LMS's. UsageError, with the form, if it is none."""
    parts = _STEP.split(text.strip())
    words, begins = tuple(parts[::2]), tuple(float(part) for part in parts[1::2])
    if not begins or not all(words) or list(begins) != sorted(set(begins)) or any("<" in word for word in words):
        raise UsageError(f'--scale {text!r}: is no scale; write it as "Fail<50<=Pass<85<=Distinction", lowest first')
    known = [word.strip() for word in re.split(r"\t|\s{2,}|,", theirs) if word.strip()]
    if unknown := [word for word in words if word not in known]:
        raise UsageError(f"--scale: {unknown[0]!r} is no word of the LMS's scale, which is {', '.join(known)}")
    return Scale(words, begins)
