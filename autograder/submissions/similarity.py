"""Which submissions of an assignment are alike, once what everybody was given is taken out.

A submission becomes the set of its marks: one for every K words in a row. Marks of the starter and of the handout count
for nothing, marks that many share count for little, and two submissions are as alike as the smaller one's marks, so
weighed, are found in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.submissions.tokens import Tokens, tokens

_Whole = NDArray[np.int64]
_Real = NDArray[np.float64]
K = 8
# A submission with fewer marks of its own than this is not alike to another for having them all.
_FLOOR = 24
_BLOCK = 4096
_CANDIDATES = 10
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two submissions by name. alike: 0..1; shared: how many marks of their own they have in common."""

    first: str
    second: str
    alike: float
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words that two sources share: where they begin and end in each, in characters."""

    first: tuple[int, int]
    second: tuple[int, int]


def code_of_handout(markdown: str) -> str:
    """The fenced blocks of a handout: given to everybody, so nobody's own."""
    return "\n".join(block for block in _FENCE.findall(markdown))


def marks(source: Tokens) -> list[int]:
    """One number for each K words in a row, in their order. Equal within one run of the program alone."""
    words = source.words
    return [hash(words[at : at + K]) for at in range(len(words) - K + 1)]


def given_marks(texts: Iterable[str]) -> set[int]:
    """The marks of what everybody was given: the starter, the handout's code."""
    return {mark for text in texts for mark in marks(tokens(text))}


def alike_pairs(sources: Mapping[str, Tokens], given: Set[int], *, top: int) -> tuple[Pair, ...]:
    """The top most alike pairs of an assignment's submissions by name, first the most alike."""
    names = sorted(sources)
    if len(names) < 2:
        return ()
    own = [set(marks(sources[name])) - given for name in names]
    rows, columns, weights = _shared_marks(own)
    rarest = float(np.log(len(names) + 1.0))
    alone = np.array([len(owned) for owned in own]) - np.bincount(rows, minlength=len(names))
    totals = alone * rarest + np.bincount(rows, weights=weights[columns], minlength=len(names))
    weighed, counted = _overlaps(rows, columns, weights, len(names))
    enough = np.minimum(1.0, np.array([len(owned) for owned in own]) / _FLOOR)
    smaller = np.maximum(np.minimum(totals[:, None], totals[None, :]), np.finfo(np.float64).tiny)
    alike = np.triu(weighed / smaller * np.minimum(enough[:, None], enough[None, :]), k=1)
    best = np.argsort(-alike, axis=None, kind="stable")[:top]
    found = [divmod(int(at), len(names)) for at in best]
    return tuple(
        Pair(first=names[a], second=names[b], alike=min(1.0, float(alike[a, b])), shared=int(counted[a, b]))
        for a, b in found
        if alike[a, b] > 0
    )


def passages(first: Tokens, second: Tokens, given: Set[int]) -> tuple[Passage, ...]:
    """What two sources share of their own, the longest run at each place, in the order of the first."""
    left, right = marks(first), marks(second)
    places: dict[int, list[int]] = {}
    for at, mark in enumerate(right):
        if mark not in given and len(places.setdefault(mark, [])) < _CANDIDATES:
            places[mark].append(at)
    found = []
    at = free = 0  # free: the first word that is in no passage yet
    while at < len(left):
        runs = [(_run(left, right, at, there, given), there) for there in places.get(left[at], ())]
        if not runs:
            at += 1
            continue
        length, there = max(runs, key=lambda run: run[0])
        skip = max(0, free - at)
        last = at + length + K - 2
        if last >= free:
            found.append(
                Passage(
                    first=(first.spans[at + skip][0], first.spans[last][1]),
                    second=(second.spans[there + skip][0], second.spans[there + length + K - 2][1]),
                )
            )
        at, free = at + length, last + 1
    return tuple(found)


def _run(left: list[int], right: list[int], at: int, there: int, given: Set[int]) -> int:
    """How many marks in a row agree from here on, what was given apart."""
    end = min(len(left) - at, len(right) - there)
    return next((n for n in range(end) if left[at + n] != right[there + n] or left[at + n] in given), end)


def _shared_marks(sets: Sequence[set[int]]) -> tuple[_Whole, _Whole, _Real]:
    """Who has which of the marks that more than one has: rows and columns of the entries, and each column's weight."""
    holders: dict[int, list[int]] = {}
    for row, owned in enumerate(sets):
        for mark in owned:
            holders.setdefault(mark, []).append(row)
    shared = [who for who in holders.values() if len(who) > 1]
    sizes = np.array([len(who) for who in shared], dtype=np.int64)
    rows = np.array([row for who in shared for row in who], dtype=np.int64)
    columns = np.repeat(np.arange(len(shared)), sizes)
    return rows, columns, np.log((len(sets) + 1.0) / np.maximum(sizes, 1))


def _overlaps(rows: _Whole, columns: _Whole, weights: _Real, size: int) -> tuple[_Real, _Real]:
    """For each two rows, the weight and the number of the columns they share, some columns at a time."""
    weighed, counted = np.zeros((size, size)), np.zeros((size, size))
    for start in range(0, len(weights), _BLOCK):
        first, last = np.searchsorted(columns, (start, start + _BLOCK))
        weight = weights[start : start + _BLOCK].astype(np.float32)
        has = np.zeros((size, len(weight)), dtype=np.float32)
        has[rows[first:last], columns[first:last] - start] = 1.0
        counted += has @ has.T
        weighed += (has * weight) @ has.T
    return weighed, counted
