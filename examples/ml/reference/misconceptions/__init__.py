"""Known wrong ideas, one module an assignment: each is a wrong implementation of one function and a hint.

Only graders read this folder; nothing of it reaches a student but the hint. It imports torch, numpy, the standard
library and reference, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """A wrong idea that students really have.

    id: unique within the assignment, such as "q-no-roots"; function: the name of the function it is about; hint: about
    the idea that is missing, never a formula or the answer; wrong: the function as one with this idea would write it,
    with the reference's signature; slow: one call takes too long to be replayed for each failed check.
    """

    id: str
    function: str
    hint: str
    wrong: Callable[..., Any]
    slow: bool = False
