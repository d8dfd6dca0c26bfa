"""Find the students of whom an LMS speaks, by number, login, e-mail, name or team; never by a guess."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import permutations

from autograder.lms.intake.downloads import Claim
from autograder.records import Student

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_BARE = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d"})
_MAX_PARTS = 4  # of a name, whose orders are all tried; of longer ones only those that begin at another word


class Unmatched(Exception):
    """Nobody, or more than one, fits: the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A line of an LMS's sheet. student: None if nobody on the roster fits it; name: as the LMS writes it, or ""."""

    student: str | None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """students: one, or the members of a team. note: what a person should look at, or ""."""

    students: tuple[str, ...]
    note: str = ""


class Matcher:
    """The roster, indexed once by everything that an LMS may call a student.

    fold: what the LMS makes of a name that it puts into a file's; teams: what a team is called to its members.
    """

    def __init__(
        self, roster: Iterable[Student], *, fold: Callable[[str], str] = str, teams: Mapping[str, tuple[str, ...]] = {}
    ) -> None:
        self._fold = fold
        self._index: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        self._students: dict[str, Student] = {}
        for student in roster:
            self._students[student.id] = student
            for field in ("id", "login", "sis_id", "lms_id", "email"):
                if value := getattr(student, field):
                    self._index[field, value.casefold()].add(student.id)
            self._add(student.name, student.id)
            self._names[_plain(student.name or student.id)] = f"{student.name or student.id} ({student.id})"
        self._teams: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.add_teams(teams)

    def _add(self, name: str, student: str) -> None:
        # As it is spelt, and apart from that in other ways: Mueller and Müller may both be there.
        folded = self._fold(name)
        for kind, spellings in (("exact", {_sorted_words(_low(folded))}), ("loose", _spellings(folded))):
            for spelling in spellings - {""}:
                self._index[f"{kind} name", spelling].add(student)
        for kind, names in (("exact", {_low(name)}), ("loose", set(_folded(name)))):
            for mash in set().union(*(_mashes(each) for each in names)) - {""}:
                self._index[f"{kind} mash", mash].add(student)

    def add_teams(self, teams: Mapping[str, tuple[str, ...]]) -> None:
        """Teams of which the archive may have one entry each."""
        for name, members in teams.items():
            for key in {_low(self._fold(name)).strip(), _mash(_low(name))} - {""}:
                self._teams[key].add(members)

    def match(self, claim: Claim, participants: Mapping[str, Participant]) -> Match:
        """The students. participants: Moodle's participant number to a line of its worksheet. Raises Unmatched."""
        for field, value in claim.who:
            if field == "participant":
                known = participants.get(value)
                if known is None or (known.name and not self.same_name(known.name, claim.name)):
                    continue  # a number of another kind, such as a group's
                if known.student is None:
                    raise Unmatched(f"the LMS's sheet says {known.name}, and nobody on the roster fits that line")
                return Match(students=(known.student,))
            if field == "logins":
                each = [self.find("login", login) or self.find("id", login) for login in value.split("\n")]
                if all(len(found) == 1 for found in each):
                    return Match(students=tuple(next(iter(found)) for found in each), note="handed in together")
                raise Unmatched("not everybody of those who handed it in is on the roster")
            if field == "team":
                found = self._teams.get(_low(self._fold(value)).strip(), set())
                if len(found) == 1:
                    return Match(students=next(iter(found)), note=f"handed in by the team {value!r}")
                if found:
                    raise Unmatched(f"several teams are called {value!r} once the LMS has folded their names")
                continue
            students = self.find(field, value) if field != "member" else self._members(value)
            if len(students) == 1:
                (student,) = students
                return Match(students=(student,), note=self._doubt(student, field, claim))
            if students:
                raise Unmatched(f"{', '.join(sorted(students))} on the roster all have the {_said(field)} {value!r}")
        if claim.anonymous:
            raise Unmatched(
                f"the LMS hid the names (anonymous grading); {claim.advice or 'download it with names shown'}"
            )
        fields = dict.fromkeys(_said(field) for field, _ in claim.who if field not in ("team", "member"))
        raise Unmatched(f"nobody on the roster has this {' or '.join(fields)}{claim.advice and '; ' + claim.advice}")

    def identify(self, known: Mapping[str, str]) -> str | None:
        """The one student of a line that says several things: roster field to value, the surest first.

        Who fits by one of them and is told otherwise by another is somebody else: a name alone makes nobody the student
        whose e-mail address is not this one.
        """
        for field, value in known.items():
            found = self.find(field, value) if value else set()
            if len(found) == 1:
                (student,) = found
                return None if any(self._denies(student, other, known[other]) for other in known) else student
        return None

    def _denies(self, student: str, field: str, value: str) -> bool:
        ours = getattr(self._students[student], field)
        return field != "name" and bool(value and ours) and value.casefold() != ours.casefold()

    def _members(self, value: str) -> set[str]:
        """Who `Team B-Ann Lee` is: a member of a team that is known, of that name."""
        low = _low(self._fold(value))
        found: set[str] = set()
        for team, sets in self._teams.items():
            if low.startswith(f"{team}-"):
                found |= self.find("name", low.removeprefix(f"{team}-")) & {m for members in sets for m in members}
        return found

    def same_name(self, one: str, other: str) -> bool:
        """Whether the LMS may have folded both to the same."""
        first, second = self._fold(one), self._fold(other)
        return _sorted_words(_low(first)) == _sorted_words(_low(second)) or bool(_spellings(first) & _spellings(second))

    def _doubt(self, student: str, field: str, claim: Claim) -> str:
        """A note where a number says one student and the name none, or the name is written otherwise.

        Unmatched where number and name say two people.
        """
        if field == "name":
            ours, theirs = self._fold(self._students[student].name), self._fold(claim.name)
            same = _sorted_words(_low(ours)) == _sorted_words(_low(theirs))
            return "" if same or not claim.name else f"the LMS writes the name {claim.name!r}"
        mash = dict(claim.who).get("mash", "")
        if field != "lms_id" or not mash:
            return ""
        named = self.find("mash", mash)
        if not named and self._students[student].name:
            return f"its number is {student}'s, its name {mash!r} is not: a team's?"
        if named and student not in named:
            raise Unmatched(f"its number is {student}'s, its name {', '.join(sorted(named))}'s")
        return ""

    def find(self, field: str, value: str) -> set[str]:
        """The ids of all students whose field (of the roster, or "mash", Canvas' squeezed name) is value."""
        if field not in ("name", "mash"):
            return self._index.get((field, value.casefold()), set())
        folded = self._fold(value)
        exact, loose = (
            ({_sorted_words(_low(folded))}, _spellings(folded))
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


def _mash(text: str) -> str:
    return "".join(re.findall(r"\w+", text))


def _mashes(name: str) -> set[str]:
    """A name as Canvas squeezes it, family name first: its words (D'Arcy is one) begun at each of them.

    `Maria Schmidt, Anna` says where the family name ends, so she is not `Schmidt, Anna-Maria`.
    """
    family, comma, given = name.partition(",")
    if comma:
        return {_mash(family) + _mash(given), _mash(given) + _mash(family)}
    words = [squeezed for word in name.split() if (squeezed := _mash(word))]
    orders = permutations(words) if len(words) <= _MAX_PARTS else ((*words[i:], *words[:i]) for i in range(len(words)))
    return {"".join(order) for order in orders}


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return _sorted_words("".join(c for c in decomposed if not unicodedata.combining(c)))
