"""Likeness: copies in disguise stand above all independent work, and hostile text costs little."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from disguises import DISGUISES, independent

from autograder.pages.similar import Comparison, Side, write_similar_pages
from autograder.submissions.similarity import K, Pair, alike_pairs, code_of_handout, given_marks, passages
from autograder.submissions.tokens import MAX_TOKENS, source_text, tokens

COURSE = Path(__file__).parents[3]

ADD = """\
import math

def add(first, second):
    # both may be negative
    result = first + second
    if result > 100:
        result = math.sqrt(result) * 2.5
    return result
"""
TOTAL = """\
def total(numbers):
    answer = 0
    for number in numbers:
        answer = add(answer, number)
    while answer > 1000:
        answer -= len(numbers)
    return answer
"""


def alike(first: str, second: str, *given: str) -> float:
    """How alike two sources are."""
    found = alike_pairs({"a": tokens(first), "b": tokens(second)}, given_marks(given), top=1)
    return found[0].alike if found else 0.0


@pytest.fixture(scope="module")
def ranking() -> tuple[Pair, ...]:
    """All pairs among the course's known right submissions and each of them in every disguise."""
    originals = independent(COURSE)
    sources = {f"{name} as handed in": text for name, text in originals.items()}
    for name, text in originals.items():
        try:
            sources |= {f"{name} {how}": disguise(text) for how, disguise in DISGUISES.items()}
        except SyntaxError:  # a notebook with magics stays as it is
            continue
    assert len(sources) > 300
    given = [file.read_text("utf-8") for file in COURSE.glob("assignments/*/release/*.py")]
    read = {name: tokens(text) for name, text in sources.items()}
    return alike_pairs(read, given_marks(given), top=len(read) ** 2)


def origins(pair: Pair) -> set[str]:
    """Which known submissions the two of a pair are or were made of."""
    return {pair.first.split()[0], pair.second.split()[0]}


@pytest.mark.parametrize("how", DISGUISES)
def test_every_planted_copy_stands_above_every_independent_pair(ranking: tuple[Pair, ...], how: str) -> None:
    """Among more than 300 submissions, a disguised copy and its original are more alike than any two that are not."""
    best = next(pair for pair in ranking if len(origins(pair)) == 2)
    planted = [
        pair
        for pair in ranking
        if len(origins(pair)) == 1
        and {pair.first.split(" ", 1)[1], pair.second.split(" ", 1)[1]} == {"as handed in", how}
    ]
    assert len(planted) > 50
    worst = min(planted, key=lambda pair: pair.alike)
    assert worst.alike > best.alike + 0.05, f"{worst} is below {best}; was one of these two written from the other?"


@pytest.mark.parametrize(
    "disguised",
    [
        ADD.replace("result", "x").replace("first", "p"),
        ADD.replace("    ", "\t").replace(" + ", "+").replace("\n    if", "\n\n\n    if"),
        ADD.replace("# both may be negative", '"""Adds."""'),
        ADD.replace("first, second", "first: float, second: 'float'") + "# the end",
        ADD.replace("(first, second):", "(\n    first,\n    second,\n):").replace("first + second", "(first + second)"),
        ADD.replace("import math", "from math import *").replace("2.5", "25e-1"),
        ADD.replace("\n", "\r\n"),
        "\ufeff%matplotlib inline\n" + ADD,
    ],
)
def test_what_a_reader_overlooks_does_not_hide_a_copy(disguised: str) -> None:
    """Names, layout, docstrings, annotations, commas, brackets, imports, numbers and magics count for nothing."""
    assert tokens(source_text("a.py", disguised.encode())).words == tokens(ADD).words


def test_other_work_is_not_alike() -> None:
    """Two functions that do different things share no mark."""
    assert alike(ADD, TOTAL) == 0


def test_what_was_handed_out_does_not_count() -> None:
    """Two who share the starter alone are not alike; nor do they become so by the handout's code."""
    handout = f"# Adding\n```python\n{ADD}```\nand so on\n"
    assert alike(ADD + TOTAL, ADD + TOTAL) == pytest.approx(1)
    assert alike(ADD, ADD, ADD) == 0
    assert alike(ADD, ADD, code_of_handout(handout)) == 0
    assert alike(ADD + TOTAL, ADD + TOTAL, ADD) > 0.5


def test_a_few_words_in_common_are_not_everything_in_common() -> None:
    """Who wrote next to nothing is not the copy of everybody who wrote it, too."""
    assert alike(TOTAL[:60], TOTAL) < 0.4


def test_what_many_share_counts_for_little() -> None:
    """Two who share what nobody else has are more alike than two who share as much that everybody has."""

    def piece(seed: int) -> str:
        return (
            " ".join(random.Random(seed).choices(["x", "7", "+", "*", "[", "]", "lambda", "if", "else"], k=60)) + "\n"
        )

    crowd = {f"crowd {n}": tokens(piece(10 + n) + piece(0)) for n in range(10)}
    few = {"a": tokens(piece(1) + piece(0)), "b": tokens(piece(1) + piece(2)), "c": tokens(piece(3) + piece(0))}
    found = {(p.first, p.second): p.alike for p in alike_pairs({**few, **crowd}, set(), top=200)}
    assert found["a", "b"] > 2 * found["a", "c"]


def test_one_submission_or_none_has_no_pair() -> None:
    """An assignment nobody handed in is no error."""
    assert alike_pairs({}, set(), top=5) == alike_pairs({"a": tokens(ADD)}, set(), top=5) == ()
    assert alike_pairs({"a": tokens(""), "b": tokens("")}, set(), top=5) == ()


def test_passages_name_the_same_words_in_both() -> None:
    """Each passage begins and ends at the same code, also where the functions changed places."""
    first, second = ADD + TOTAL, TOTAL + "\n\n" + ADD.replace("result", "outcome")
    found = passages(tokens(first), tokens(second), set())
    assert len(found) >= 2
    for passage in found:
        one, other = (text[slice(*span)] for text, span in ((first, passage.first), (second, passage.second)))
        assert tokens(one).words == tokens(other).words
    assert "result" in first[slice(*found[0].first)]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 300_000,
        "'" * 300_001,
        '"""' + '\\"""' * 80_000,
        "\\\n" * 150_000,
        "f'{" * 100_000,
        "\n " * 150_000,
        "def f(" * 50_000,
        "1e" * 150_000,
        "lambda:" * 40_000,
        "\0\ud800" * 100_000,
        "import " * 50_000,
    ],
)
def test_hostile_text_is_read_once_and_no_further_than_the_limit(text: str) -> None:
    """Nothing raises, and what is kept is bounded. (The run's own time limit would tell of a reader that goes back.)"""
    read = tokens(text)
    assert len(read.words) == len(read.spans) <= MAX_TOKENS
    assert len(passages(read, read, set())) <= MAX_TOKENS / K + 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 200_000,
        b'{"cells": 3}',
        b'{"cells": [3, {"cell_type": "code", "source": {"a": 1}}, {"cell_type": "code", "source": [1, null]}]}',
        b'{"cells": [{"cell_type": "code", "source": ' + b"9" * 5000 + b"}]}",
        b'{"worksheets": [{"cells": "x"}, 3]}',
        b"\xff\xfe",
    ],
)
def test_a_broken_notebook_has_no_code_and_raises_nothing(data: bytes) -> None:
    """What is no notebook is empty."""
    assert source_text("x.ipynb", data).strip() == ""


def test_an_old_notebook_and_a_file_in_latin_1_are_read() -> None:
    """Format 3 keeps its cells in worksheets under another key; umlauts without a declaration are letters."""
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}]}
    assert source_text("x.ipynb", json.dumps(old).encode()) == "x = 1\ny = 2"
    assert tokens(source_text("x.py", "übrig = 1".encode("latin-1"))).words == ("name", "=", "0")


def test_a_long_source_is_cut_and_says_so() -> None:
    """The words behind the limit are not looked at."""
    assert tokens("x = 1\n" * MAX_TOKENS).cut
    assert not tokens("x = 1\n").cut


def test_the_pages_escape_what_students_wrote_and_load_nothing(tmp_path: Path) -> None:
    """A script in a name or in code is text, with and without a mark on it."""
    evil = "</div><script>alert(1)</script>{{ 7 * 7 }}"
    side = Side(name=evil, text=f"{evil}\n{evil}\n", marked=((0, len(evil)),))
    pair = Comparison(assignment="sums", alike=99.0, shared=12, first=side, second=side)
    index, page = write_similar_pages(evil, [pair], tmp_path)
    for file in (index, page):
        text = file.read_text("utf-8")
        assert "<script" not in text
        assert "49" not in text
        assert "default-src 'none'" in text
    assert page.name in index.read_text("utf-8")


def test_a_marked_passage_leads_to_its_other_side_line_by_line(tmp_path: Path) -> None:
    """A passage over two lines is two marks of one number, and the text around it stays as it is."""
    first = Side(name="a", text="before\none\ntwo after\n", marked=((7, 14),))
    second = Side(name="b", text="one\ntwo", marked=((0, 7),))
    pair = Comparison(assignment="sums", alike=50.0, shared=3, first=first, second=second)
    text = write_similar_pages("Sums", [pair], tmp_path)[1].read_text("utf-8")
    assert 'id="a1" href="#b1"' in text
    assert 'id="b1" href="#a1"' in text
    assert '<mark class="c1">two</mark> after' in text
    assert '<div class="line">before</div>' in text
