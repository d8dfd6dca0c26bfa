import math


def answers(params):
    """My answers."""
    return [
        ["forward", "fixed"],
        ["reverse", "the reverse process"],
        ["schedules", ["linear", "cosine"]],
        ["target", "noise"],
        ["loss", "mean squared error"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", 30],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 7.5],
        ["scale20", "oversaturated and distorted"],
        ["scale1", "it is mostly ignored"],
        ["ratio", params["factor"] * params["factor"] * 3 / params["channels"]],
        ["expands", "the decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "molecules"]],
        ["alpha_bar", math.prod(1 - beta for beta in params["betas"])],
        ["cfg_value", params["eps_uncond"] + params["scale"] * (params["eps_cond"] - params["eps_uncond"])],
    ]
