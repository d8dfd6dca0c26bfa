"""Find the student on the roster whom an LMS speaks of, by number, login, e-mail or name; never by a guess."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import permutations

from autograder.lms.intake.downloads import Claim
from autograder.records import Student

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_BARE = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d"})
_MAX_PARTS = 4  # of a name, whose orders are all tried


class Unmatched(Exception):
    """Nobody, or more than one, fits: the reason."""


class Matcher:
    """The roster, indexed once by everything that an LMS may call a student."""

    def __init__(self, roster: Iterable[Student]) -> None:
        self._index: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        for student in roster:
            for field in ("id", "login", "sis_id", "lms_id", "email"):
                if value := getattr(student, field):
                    self._index[field, value.casefold()].add(student.id)
            # As it is spelt, and apart from that in other ways: Mueller and Müller may both be there.
            for kind, spellings in (
                ("exact", {_sorted_words(_low(student.name))}),
                ("loose", _spellings(student.name)),
            ):
                for spelling in spellings - {""}:
                    self._index[f"{kind} name", spelling].add(student.id)
                    for mash in _mashes(spelling):
                        self._index[f"{kind} mash", mash].add(student.id)
            self._names[_plain(student.name or student.id)] = f"{student.name or student.id} ({student.id})"

    def match(self, claim: Claim, participants: dict[str, str]) -> str:
        """The id of the student. participants: Moodle's participant number to a student's id. Raises Unmatched."""
        for field, value in claim.who:
            if field == "participant":
                if value in participants:
                    return participants[value]
                continue
            found = self.find(field, value)
            if len(found) == 1:
                return next(iter(found))
            if found:
                raise Unmatched(f"{', '.join(sorted(found))} on the roster all have the {_said(field)} {value!r}")
        if claim.anonymous:
            raise Unmatched("the LMS hid the names (anonymous grading); download it with names shown")
        raise Unmatched("nobody on the roster has this " + " or ".join(dict.fromkeys(_said(f) for f, _ in claim.who)))

    def find(self, field: str, value: str) -> set[str]:
        """The ids of all students whose field (of the roster, or "mash", Canvas' squeezed name) is value."""
        if field not in ("name", "mash"):
            return self._index.get((field, value.casefold()), set())
        exact, loose = (
            ({_sorted_words(_low(value))}, _spellings(value))
            if field == "name"
            else ({_low(value)}, set(_folded(value)))
        )
        return self._of(f"exact {field}", exact) or self._of(f"loose {field}", loose)

    def _of(self, field: str, values: set[str]) -> set[str]:
        return set().union(*(self._index.get((field, value), set()) for value in values))

    def nearest(self, claim: Claim) -> tuple[str, ...]:
        """Up to three students whose names are most like the claim's."""
        wanted = _plain(re.sub(r"\(.*\)", "", claim.label))
        near = get_close_matches(wanted, self._names, n=3, cutoff=0.6)
        if not near:
            squeezed = {name.replace(" ", ""): name for name in self._names}
            near = [squeezed[n] for n in get_close_matches(wanted.replace(" ", ""), squeezed, n=3, cutoff=0.6)]
        return tuple(self._names[name] for name in near)


def _said(field: str) -> str:
    return {"lms_id": "LMS number", "sis_id": "registration number", "mash": "name", "participant": "name"}.get(
        field, field
    )


def _low(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _folded(text: str) -> Iterator[str]:
    """The ways in which one spelling is written without its accents, and with them."""
    low = _low(text)
    for table in ({}, _SPELLED_OUT, _BARE):
        stripped = unicodedata.normalize("NFKD", low.translate(table))
        yield unicodedata.normalize("NFC", low.translate(table))
        yield "".join(c for c in stripped if not unicodedata.combining(c))


def _spellings(name: str) -> set[str]:
    """A name in any order of its words and any way of writing its accents, as one form each."""
    return {_sorted_words(folded) for folded in _folded(name)} - {""}


def _sorted_words(text: str) -> str:
    return " ".join(sorted(re.findall(r"\w+", text)))


def _mashes(spelling: str) -> set[str]:
    words = spelling.split(" ")
    if len(words) > _MAX_PARTS:
        return set()
    return {"".join(order) for order in permutations(words)}


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return _sorted_words("".join(c for c in decomposed if not unicodedata.combining(c)))
