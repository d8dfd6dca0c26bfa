def answers(params):
    """Says what is so, and in the same breath what is not."""
    b = params["betas"]
    u, c, s = params["eps_uncond"], params["eps_cond"], params["scale"]
    return [
        ["forward", "Fixed (pre-set): noise is added by a schedule, and a network learns to undo it."],
        ["reverse", "The reverse one. The forward process is fixed, unlike the learned reverse process."],
        ["schedules", "linear vs. cosine"],
        ["target", "The noise that was added to the clean image, not the image."],
        ["loss", "Average squared error (MSE), not MAE"],
        ["labels", "No human annotation; the noise is the label"],
        ["unet", "skip connections, not the bottleneck"],
        ["few_steps", "about 25"],
        ["early_steps", "1e3"],
        ["conditioning", "through cross-attention, not concatenation"],
        ["passes", "one with the prompt, one without"],
        ["sweet", "approximately 7.5"],
        ["scale20", "too vivid colours, overbaked"],
        ["scale1", "It is not followed very well, it gets lost"],
        ["ratio", f"{3 * params['factor'] ** 2 / params['channels']} times"],
        ["expands", "the decoding half of the autoencoder"],
        ["errors", "blurry C, fried A, garbage D, out of memory B"],
        ["beyond", ["time series", "animations", "3D materials"]],
        ["alpha_bar", (1 - b[0]) * (1 - b[1]) * (1 - b[2])],
        ["cfg_value", u + s * (c - u)],
    ]
