"""Both answers at once, in the hope that one of them counts."""


def answers(params):
    return [
        ["forward", "fixed or learned"],
        ["reverse", "forward and reverse"],
        ["schedules", ["linear", "cosine", "quadratic"]],
        ["target", "noise or the clean image"],
        ["loss", "MSE, L1, cross-entropy"],
        ["labels", "yes and no"],
        ["unet", "skip connections"],
        ["few_steps", [1, 30, 1000]],
        ["early_steps", "100 or 1000"],
        ["conditioning", "cross-attention"],
        ["passes", "1 or 2"],
        ["sweet", "1, 7.5, 20"],
        ["scale20", "ignored or fried"],
        ["scale1", "ignored or fried"],
        ["ratio", None],
        ["expands", "decoder"],
        ["errors", "CADB DACB"],
        ["beyond", ["audio", "sound", "music"]],
        ["alpha_bar", ""],
        ["cfg_value", [params["eps_cond"], params["eps_uncond"]]],
    ]
