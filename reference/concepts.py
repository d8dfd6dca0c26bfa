"""One set of right answers to the quiz. What else is right stands in concepts.toml, beside this file."""

from __future__ import annotations

import math


def answers(params: dict) -> list[list]:
    """[question id, answer] for each of the twenty questions.

    params: own numbers: factor and channels of an autoencoder, three betas, and eps_uncond, eps_cond, scale.
    """
    f, c = params["factor"], params["channels"]
    eps_uncond, eps_cond, scale = params["eps_uncond"], params["eps_cond"], params["scale"]
    few_steps = 30
    ratio = 3 * f**2 / c
    alpha_bar = math.prod(1 - beta for beta in params["betas"])
    cfg_value = eps_uncond + scale * (eps_cond - eps_uncond)
    return [
        ["forward", "fixed"],
        ["reverse", "the reverse process"],
        ["schedules", ["linear", "cosine"]],
        ["target", "noise"],
        ["loss", "mean squared error"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", few_steps],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 7.5],
        ["scale20", "oversaturated and distorted"],
        ["scale1", "the prompt is mostly ignored"],
        ["ratio", ratio],
        ["expands", "the decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "molecules"]],
        ["alpha_bar", alpha_bar],
        ["cfg_value", cfg_value],
    ]
