"""The words are right; where a calculation is asked for stands the lesson's own number or a formula with a slip."""


def answers(params):
    return [
        ["forward", "fixed"],
        ["reverse", "reverse process"],
        ["schedules", ["linear"]],
        ["target", "noise"],
        ["loss", "mean squared error"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", 1000],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 20],
        ["scale20", "oversaturated"],
        ["scale1", "prompt is ignored"],
        ["ratio", 48],
        ["expands", "decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "3D"]],
        ["alpha_bar", 1 - sum(params["betas"])],
        ["cfg_value", params["scale"] * (params["eps_cond"] - params["eps_uncond"])],
    ]
