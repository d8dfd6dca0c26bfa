"""The quiz of `concepts` takes right answers in many words, no wrong ones, and asks what the starter shows."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).resolve().parents[3]
PARAMS = {
    "factor": 16,
    "channels": 8,
    "betas": [0.11, 0.15, 0.18],
    "eps_uncond": 0.4,
    "eps_cond": -0.3,
    "scale": 5.0,
}
RIGHT = [
    ("forward", "It is fixed."),
    ("forward", "fixed, not learned"),
    ("forward", "isn't learned"),
    ("reverse", "the reverse one"),
    ("reverse", "reverse, since forward is fixed"),
    ("schedules", "linear and cosine"),
    ("schedules", "Cosine schedule; linear schedule"),
    ("target", "Noise!"),
    ("target", "the added noise, rather than the clean picture"),
    ("loss", "mean-squared-error"),
    ("labels", "No. It is self-supervised"),
    ("labels", "not needed"),
    ("unet", "its skip connections"),
    ("few_steps", "20-50"),
    ("few_steps", "about 25 steps"),
    ("early_steps", "1,000"),
    ("early_steps", "a thousand"),
    ("conditioning", "cross attention"),
    ("passes", "2, one with and one without the prompt"),
    ("sweet", "7,5"),
    ("scale20", "over-saturated"),
    ("scale1", "it is not followed"),
    ("scale1", "no extra push"),
    ("ratio", 96),
    ("ratio", "96x"),
    ("expands", "VAE decoder"),
    ("errors", "C A D B"),
    ("errors", ["C", "A", "D", "B"]),
    ("errors", "1=C, 2=A, 3=D, 4=B"),
    ("beyond", ["3D", "Video", "Audio & music"]),
    ("alpha_bar", 0.6203),
    ("cfg_value", "-3.1"),
]
WRONG = [
    ("forward", "not fixed"),
    ("forward", "learned, not fixed"),
    ("forward", "fixed and learned"),
    ("reverse", "both, reverse and forward"),
    ("schedules", "linear, cosine, sigmoid"),
    ("schedules", "cosine"),
    ("target", "the noise level"),
    ("target", "noise or the clean image"),
    ("target", "a denoised image"),
    ("target", "the clean image, not the noise"),
    ("loss", "root mean squared error"),
    ("loss", "not the MSE"),
    ("labels", "yes"),
    ("unet", "no skip connections"),
    ("few_steps", "1000, formerly 20"),
    ("few_steps", -30),
    ("early_steps", 999),
    ("conditioning", "not by cross-attention but by concatenation"),
    ("passes", "once"),
    ("passes", 22),
    ("sweet", 75),
    ("scale20", "desaturated"),
    ("scale20", "not saturated enough"),
    ("scale1", "the picture is fried and the prompt ignored"),
    ("scale1", "not ignored"),
    ("ratio", 48),
    ("ratio", "1/96"),
    ("expands", "encoder"),
    ("expands", "text decoder"),
    ("errors", "DACB"),
    ("errors", "blurry"),
    ("beyond", ["audio", "speech", "music"]),
    ("alpha_bar", 0.3797),
    ("cfg_value", 3.1),
    ("cfg_value", True),
]


WRITTEN = tomllib.loads(Path(__file__).with_name("quiz_answers.toml").read_text("utf-8"))
# One text for all questions, a name or a right word for each.
HEAPS = [
    "two 25: not fixed learned reverse forward noise mse skip attention cross attention saturated ignored decoder "
    "unlabel linear cosine audio video molecules text",
    "fixed reverse linear cosine noise mse no skip 30 1000 cross attention two 7.5 fried ignored decoder audio video",
    "fixed, reverse, noise, mse, skip connections, cross attention, decoder",
]


@pytest.fixture(scope="module")
def suite(monkeypatch_module: pytest.MonkeyPatch) -> ModuleType:
    """tests/suites/test_concepts.py as a module, for the functions that judge an answer."""
    monkeypatch_module.syspath_prepend(str(ROOT))
    spec = importlib.util.spec_from_file_location("suite_of_concepts", ROOT / "tests" / "suites" / "test_concepts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    """A monkeypatch that lasts as long as the module's tests."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def accepted(suite: ModuleType, question: str, given: object) -> bool:
    """Whether the suite takes an answer to a question, for PARAMS."""
    right = dict(sys.modules["reference.concepts"].answers(PARAMS))[question]
    return bool(suite.is_accepted(given, suite.QUIZ[question], right))


@pytest.mark.parametrize(("question", "given"), RIGHT, ids=str)
def test_a_right_answer_is_taken_in_many_words(suite: ModuleType, question: str, given: object) -> None:
    """Synonyms, sentences, other number formats: all are the same answer."""
    assert accepted(suite, question, given)


@pytest.mark.parametrize(("question", "given"), WRONG, ids=str)
def test_a_wrong_answer_is_not_taken_for_its_right_words(suite: ModuleType, question: str, given: object) -> None:
    """Negations, hedges and near misses stay wrong even where they hold the right word."""
    assert not accepted(suite, question, given)


@pytest.mark.parametrize("question", WRITTEN)
def test_answers_as_students_write_them_are_judged_as_a_teacher_would(suite: ModuleType, question: str) -> None:
    """Of some fifty answers to a question, written before its patterns, at most one is judged otherwise."""
    answers = [(given, right) for right in (True, False) for given in WRITTEN[question]["right" if right else "wrong"]]
    odd = [given for given, right in answers if accepted(suite, question, given) is not right]
    assert len(odd) <= 0.02 * len(answers), odd


HEDGED = tomllib.loads(Path(__file__).with_name("hedged_answers.toml").read_text("utf-8"))


@pytest.mark.parametrize("kind", HEDGED)
def test_a_hedge_is_no_answer_and_a_doubtful_word_no_hedge(suite: ModuleType, kind: str) -> None:
    """Whoever names a right and a wrong answer has not answered; "maybe" alone leaves no choice."""
    odd = [
        (question, given)
        for question, answers in HEDGED[kind].items()
        for given in answers
        if accepted(suite, question, given) is not (kind == "right")
    ]
    assert odd == []


@pytest.mark.parametrize("heap", HEAPS)
def test_a_heap_of_key_words_answers_next_to_nothing(suite: ModuleType, heap: str) -> None:
    """One text for all twenty questions is taken by two of them at most."""
    assert sum(accepted(suite, question, heap) for question in suite.QUIZ) <= 2


@pytest.mark.parametrize("denying", ["{x}, not {r}", "not {r}, {x}", "not {r} but {x}", "{x} rather than {r}"])
def test_the_right_answer_denied_is_wrong(suite: ModuleType, denying: str) -> None:
    """Whoever writes a known wrong answer and denies the right one, in either order, is wrong."""
    right = {question: suite.words(given) for question, given in sys.modules["reference.concepts"].answers(PARAMS)}
    for question, entry in suite.QUIZ.items():
        for distractor in entry["distractors"]:
            wrong = suite.words(suite.wrong_answer(distractor, PARAMS))
            assert not accepted(suite, question, denying.format(x=wrong, r=right[question])), distractor["id"]


def test_every_distractor_is_wrong_and_recognised_as_itself_first(suite: ModuleType) -> None:
    """Each known wrong answer is refused, and the first distractor that recognises it is its own."""
    for question, entry in suite.QUIZ.items():
        for distractor in entry["distractors"]:
            given = suite.wrong_answer(distractor, PARAMS)
            found = [d["id"] for d in entry["distractors"] if suite.is_distractor(given, d, PARAMS)]
            assert not accepted(suite, question, given), distractor["id"]
            assert found[:1] == [distractor["id"]]


def test_no_right_answer_is_taken_for_a_known_wrong_one(suite: ModuleType) -> None:
    """A hint never follows the reference's own answers."""
    for question, given in sys.modules["reference.concepts"].answers(PARAMS):
        assert [d["id"] for d in suite.QUIZ[question]["distractors"] if suite.is_distractor(given, d, PARAMS)] == []


def test_the_starter_asks_what_the_quiz_judges(suite: ModuleType) -> None:
    """Every question stands in the starter, word for word, over its empty answer."""
    starter = (ROOT / "assignments" / "concepts" / "release" / "concepts.py").read_text("utf-8")
    flowing = " ".join(line.strip().removeprefix("# ") for line in starter.splitlines())
    for question, entry in suite.QUIZ.items():
        assert f'{entry["section"]}. {entry["ask"]} ["{question}", ' in flowing
