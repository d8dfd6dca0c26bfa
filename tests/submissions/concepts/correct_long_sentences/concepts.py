"""Whole sentences."""


def answers(params):
    left = 1.0
    for beta in params["betas"]:
        left *= 1 - beta
    w = params["scale"] - 1
    return [
        ("forward", "It's fixed, it isn't learned."),
        ("reverse", "The network learns the reverse (denoising) process, not the forward one."),
        ("schedules", "The linear schedule and the cosine schedule"),
        ("target", "The noise that was added, not the clean image."),
        ("loss", "The mean-squared error (MSE) between predicted and true noise"),
        ("labels", "No, it is self-supervised."),
        ("unet", "The skip connections that go around the bottleneck."),
        ("few_steps", "30 steps"),
        ("early_steps", "1,000 steps"),
        ("conditioning", "It's fed in through cross-attention layers."),
        ("passes", "Two: one with the prompt and one without"),
        ("sweet", "about 7.5"),
        ("scale20", "They look burnt: oversaturated and distorted."),
        ("scale1", "The model mostly ignores it."),
        ("ratio", str(params["factor"] ** 2 * 3 / params["channels"]) + " times"),
        ("expands", "The VAE's decoder"),
        ("errors", "1 C, 2 A, 3 D, 4 B"),
        ("beyond", "Music, short videos and candidate drug molecules"),
        ("alpha_bar", f"{left:.5f}"),
        ("cfg_value", (1 + w) * params["eps_cond"] - w * params["eps_uncond"]),
    ]
