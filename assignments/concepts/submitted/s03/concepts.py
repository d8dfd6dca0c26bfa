def answers(params):
    f = params["factor"]
    c = params["channels"]
    b1, b2, b3 = params["betas"]
    u, v, s = params["eps_uncond"], params["eps_cond"], params["scale"]
    return [
        ["forward", "fixed"],
        ["reverse", "reverse"],
        ["schedules", ["cosine", "linear"]],
        ["target", "the clean image"],  # that is what we want in the end
        ["loss", "MSE"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", 25],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 7],
        ["scale20", "oversaturated"],
        ["scale1", "mostly ignored"],
        ["ratio", 3 * f * f / c],
        ["expands", "decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "3D shapes"]],
        ["alpha_bar", (1 - b1) * (1 - b2) * (1 - b3)],
        ["cfg_value", u + s * (v - u)],
    ]
