"""The texts that people read first keep to plain words: few patterns, each with what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXTS = sorted(
    [
        *(ROOT / "assignments").glob("*/README.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *(
            ROOT / "docs" / f"{name}.md"
            for name in ("authors", "course", "instructors", "operations", "students", "ten-mistakes")
        ),
    ]
)

# What must not be written, and what to write instead.
PATTERNS = {
    r"\b(?:is|are|was|were|be|been) told\b": "name the actor: the page shows, the message says, the model receives",
    r"\b[Ww]hoever\b": "name the person: the student who, anyone who",
    r"(?:^|[.;:] )Who\b(?![^.?]*\?)": "name the person: students who, code that",
    r"\banew\b": "again",
    r"\bof (?:its|our|one's|your|their) own(?=[,.;:)|]| (?:and|for|in|or|that|to|which|with)\b|$)": (
        "its own X, your own X, a separate X"
    ),
    r"(?<!ll )\bof (?:ours|yours)\b": "our X, your X",
    r"\b(?:stand|stands|stood)\b(?!-| for\b)": "is, are: things do not stand (`stands for` is fine)",
    r"\b(?:lie|lies)\b(?! (?:above|around|below|between|near)\b)": "is, are: things do not lie",
    r"\bbeside\b": "next to, with",
    r"\b[Ss]lips?\b": "mistake (a student's), mutant (of the reference): docs/glossary.md",
    r"\bwrong ideas?\b": "misconception: docs/glossary.md",
    r"\b(?:behind|over|through|cross) the (?:line|wall)\b": "in the jail, the trust boundary",
    r"\b[Mm]end(?:s|ed|ing)?\b": "fix, repair",
    r"\bshall\b": "must, will",
    r"\w so[.;]": "this way, or say what",
}


def prose(text: str) -> str:
    """The text without blocks of code, code in a line and targets of links; the lines keep their numbers."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found.group().count("\n")

    text = re.sub(r"^```.*?^```", blank, text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(?<=\n\n)(?: {4}.*\n)+", blank, text)
    return re.sub(r"`[^`\n]*`|\]\([^)\n]*\)", "", text)


def found(text: str) -> list[str]:
    """A line for each pattern in the text: its line number, what is written, what to write instead."""
    return [
        f"{number}: {hit.group().strip()!r}: {instead}"
        for number, line in enumerate(prose(text).splitlines(), 1)
        for pattern, instead in PATTERNS.items()
        for hit in re.finditer(pattern, line)
    ]


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_text_keeps_to_plain_words(page: Path) -> None:
    """If this fails, the message names the line and plainer words; code and code spans are not looked at."""
    assert found(page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "Who falls behind? Who may speak to its scheduler?",
        "The letter T stands for the number of steps, and a stand-in takes its place.",
        "The mean lies between x0 and x_t. Their own schedule is wrong.",
        "Run `what lies behind the line` and so on; so. Do not slip_in.",
        "A question for each student who handed in a file.",
        "The histogram of your own noise: all of yours are positive. All of yours is grey.",
    ],
)
def test_plain_english_is_not_blamed(line: str) -> None:
    """Sentences that resemble a pattern, and are right, pass."""
    assert found(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "How much students are told is your choice.",
        "Whoever answers as it does gets the hint.",
        "The model is known; Who asks it may be wrong.",
        "`grade report` builds all pages anew.",
        "a late policy of its own",
        "a file of yours",
        "one bad line leaves the rest standing; what stands before it",
        "Submissions lie in `submitted/`.",
        "What was handed in, behind the line.",
        "`latent_diffusion` is written so.",
    ],
)
def test_old_sentences_are_found(line: str) -> None:
    """Sentences of an earlier version of these pages, one for each of the commonest patterns, are found."""
    assert found(line) != []
