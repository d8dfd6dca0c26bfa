"""Whose inputs are drawn: each student, check and case has a generator of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose inputs are drawn. Equal identities draw equal inputs, on every machine and at every run.

    content: a digest of what was handed in, so that a changed file meets inputs that nobody has seen.
    """

    secret: str
    student: str
    assignment: str
    content: str = ""

    def rng(self, *names: str) -> np.random.Generator:
        """The generator of one check, or of one case of it."""
        words = np.frombuffer(self._digest(*names), np.uint8).astype(np.uint32)
        return np.random.default_rng(words)  # a list of the same numbers: the same generator, in five times the time

    def shared(self) -> Identity:
        """The identity whose inputs are common to the class. Nobody's points hang on them."""
        return replace(self, student="", content="", secret=f"{self.secret}, for all")

    def _digest(self, *names: str) -> bytes:
        parts = (self.secret, self.student, self.assignment, self.content, *names)
        return hashlib.sha256(b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)).digest()
