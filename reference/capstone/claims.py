"""What the lesson says of guidance, steps and schedulers, as numbers that the model must reach."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reference.capstone.measure import (
    DEFAULT_SCHEDULER,
    GUIDANCE_1,
    GUIDANCE_30,
    REFERENCE,
    STEPS_2,
    STEPS_5,
    STEPS_30,
    Recipe,
    Run,
)

RIGHT_AT_LEAST = 0.90  # guidance 7.5, 25 and 30 steps
GUIDANCE_1_AT_MOST = 0.60
WORSE_BY = 0.10  # guidance 30 than 7.5, 5 steps than 25
BROKEN_AT_MOST = 0.10  # 2 steps; DDIMScheduler() with its own defaults
WHOLE_SAMPLE = 96  # pictures; a smaller sample is allowed two standard errors of a share near 0.9

NEEDED = (GUIDANCE_1, REFERENCE, GUIDANCE_30, STEPS_2, STEPS_5, STEPS_30, DEFAULT_SCHEDULER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence, what was found, and whether that bears it out."""

    text: str
    found: str
    holds: bool


def judge(runs: Mapping[Recipe, Run]) -> list[Claim]:
    """Every claim, from runs of at least the recipes in NEEDED."""
    count = len(runs[REFERENCE].pictures)
    slack = 0.0 if count >= WHOLE_SAMPLE else 2 * math.sqrt(0.9 * 0.1 / count)
    right = {recipe: run.scores.right for recipe, run in runs.items()}
    best = right[REFERENCE]
    rms = [runs[recipe].latent_rms for recipe in (GUIDANCE_1, REFERENCE, GUIDANCE_30)]

    def at_least(recipe: Recipe, bound: float) -> Claim:
        text = f"{recipe.name}: at least {bound:.0%} right"
        return Claim(text=text, found=f"{right[recipe]:.0%}", holds=right[recipe] >= bound - slack)

    def at_most(recipe: Recipe, bound: float, text: str) -> Claim:
        return Claim(text=f"{recipe.name}: {text}", found=f"{right[recipe]:.0%}", holds=right[recipe] <= bound + slack)

    worse = f"at least {100 * WORSE_BY:.0f} points below {REFERENCE.name}"
    return [
        at_least(REFERENCE, RIGHT_AT_LEAST),
        at_least(STEPS_30, RIGHT_AT_LEAST),
        at_most(GUIDANCE_1, GUIDANCE_1_AT_MOST, f"at most {GUIDANCE_1_AT_MOST:.0%} right"),
        at_most(GUIDANCE_30, best - WORSE_BY, worse),
        at_most(STEPS_5, best - WORSE_BY, worse),
        at_most(STEPS_2, BROKEN_AT_MOST, f"broken, at most {BROKEN_AT_MOST:.0%} right"),
        at_most(DEFAULT_SCHEDULER, BROKEN_AT_MOST, f"broken, at most {BROKEN_AT_MOST:.0%} right"),
        Claim(
            text="the latents' root mean square rises with guidance: 1, 7.5, 30",
            found=", ".join(f"{value:.3f}" for value in rms),
            holds=rms == sorted(rms),
        ),
    ]


def all_hold(claims: Iterable[Claim]) -> bool:
    """Whether no claim fails."""
    return all(claim.holds for claim in claims)
