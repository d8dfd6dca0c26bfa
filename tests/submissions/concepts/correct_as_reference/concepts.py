import math


def answers(params):
    return [
        ["forward", "fixed"],
        ["reverse", "reverse"],
        ["schedules", ["linear", "cosine"]],
        ["target", "noise"],
        ["loss", "MSE"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", 30],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 7.5],
        ["scale20", "oversaturated, distorted"],
        ["scale1", "prompt mostly ignored"],
        ["ratio", 3 * params["factor"] ** 2 / params["channels"]],
        ["expands", "decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "molecules"]],
        ["alpha_bar", math.prod(1 - b for b in params["betas"])],
        ["cfg_value", params["eps_uncond"] + params["scale"] * (params["eps_cond"] - params["eps_uncond"])],
    ]
