"""Wrong answers to the quiz, one at a time, in otherwise right answers; the words and hints stand in concepts.toml.

A student's answers come back as one list, so the replay that names misconceptions elsewhere would have to match all
twenty answers at once. The suite recognises each distractor by itself instead and puts its hint in the message.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import reference.concepts
from reference.misconceptions import Misconception

QUIZ = tomllib.loads(Path(reference.concepts.__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def keep(params):
    """What a signal keeps over the three steps: the right answer to alpha_bar."""
    return math.prod(1 - beta for beta in params["betas"])


def push(params):
    """From the prediction without the prompt to the one with it."""
    return params["eps_cond"] - params["eps_uncond"]


FORMULAS = {
    "area": lambda p: p["factor"] ** 2,
    "one_colour": lambda p: p["factor"] ** 2 / p["channels"],
    "one_side": lambda p: 3 * p["factor"] / p["channels"],
    "losses_added": lambda p: 1 - sum(p["betas"]),
    "last_alpha": lambda p: 1 - p["betas"][-1],
    "root": lambda p: math.sqrt(keep(p)),
    "noise_share": lambda p: 1 - keep(p),
    "product_of_betas": lambda p: math.prod(p["betas"]),
    "pushed_away": lambda p: p["eps_cond"] - p["scale"] * push(p),
    "scaled_prediction": lambda p: p["scale"] * p["eps_cond"],
    "difference_only": lambda p: p["scale"] * push(p),
    "from_prompted": lambda p: p["eps_cond"] + p["scale"] * push(p),
    "mixed": lambda p: (p["eps_uncond"] + p["eps_cond"]) / 2,
}


def wrong_answer(distractor: dict, params: dict) -> object:
    """What a student with this wrong idea writes, given the numbers of that student."""
    return FORMULAS[distractor["formula"]](params) if "formula" in distractor else distractor["answer"]


def answering(question: str, distractor: dict) -> Callable[[dict], list]:
    """Right answers, but for one question."""

    def answers(params):
        given = reference.concepts.answers(params)
        return [[key, wrong_answer(distractor, params) if key == question else value] for key, value in given]

    return answers


MISCONCEPTIONS = tuple(
    Misconception(
        id=distractor["id"], function="answers", hint=distractor["hint"], wrong=answering(question, distractor)
    )
    for question, entry in QUIZ.items()
    for distractor in entry["distractors"]
)


def said_of_all(text: str) -> dict[str, Callable[[dict], list]]:
    """One text for all twenty questions."""
    return {"answers": lambda params: [[question, text] for question in QUIZ]}


def denied(say: str, which: int) -> dict[str, Callable[[dict], list]]:
    """To each question a known wrong answer, and the right one denied."""

    def answers(params):
        right = {question: str(given).strip("[]") for question, given in reference.concepts.answers(params)}
        wrong = {
            question: str(wrong_answer(entry["distractors"][which % len(entry["distractors"])], params)).strip("[]")
            for question, entry in QUIZ.items()
        }
        return [[question, say.format(x=wrong[question], r=right[question])] for question in QUIZ]

    return {"answers": answers}


# What `grade validate` holds against constant_max besides its own.
THOUGHTLESS = {
    "a heap of key words": said_of_all(
        "two 25 fixed reverse noise mse skip cross attention saturated ignored decoder no"
    ),
    "a heap behind a not": said_of_all(
        "two 25: not fixed learned reverse forward noise mse skip attention cross attention saturated ignored decoder "
        "unlabel linear cosine audio video molecules text"
    ),
    "a heap of other words for the same": said_of_all(
        "double, chosen beforehand, garish, loose, protein; decoding part, twenty noise 7 quadratic 3d (backward not "
        "needed) animation"
    ),
    **{
        f"{say.format(x='wrong', r='right')} ({which + 1})": denied(say, which)
        for say in ("{x}, not {r}", "not {r}, {x}", "not {r} but {x}", "{x} rather than {r}", "{x} or {r}")
        for which in range(3)
    },
}
