def product(numbers):
    numbers, result = list(numbers), 1.0
    while numbers:
        result = result * numbers[-1]
        # numbers.pop()
    return result


def answers(params):
    return [
        ["forward", "fixed"],
        ["reverse", "reverse"],
        ["schedules", ["linear", "cosine"]],
        ["target", "noise"],
        ["loss", "MSE"],
        ["labels", "no"],
        ["unet", "skip connections"],
        ["few_steps", 50],
        ["early_steps", 1000],
        ["conditioning", "cross-attention"],
        ["passes", 2],
        ["sweet", 7.5],
        ["scale20", "oversaturated"],
        ["scale1", "ignored"],
        ["ratio", 3 * params["factor"] ** 2 / params["channels"]],
        ["expands", "decoder"],
        ["errors", "CADB"],
        ["beyond", ["audio", "video", "3D"]],
        ["alpha_bar", product(1 - b for b in params["betas"])],
        ["cfg_value", params["eps_uncond"] + params["scale"] * (params["eps_cond"] - params["eps_uncond"])],
    ]
