"""Each answer is a known wrong one, in words of its own."""


def answers(params):
    eu, ec, s = params["eps_uncond"], params["eps_cond"], params["scale"]
    return {
        "forward": "It is learned by the U-Net.",
        "reverse": "The forward process",
        "schedules": ["step decay", "warm-up"],
        "target": "the original clean image",
        "loss": "Cross-Entropy Loss",
        "labels": "Yes, by people",
        "unet": "the bottleneck",
        "few_steps": 3,
        "early_steps": "100",
        "conditioning": "by self-attention",
        "passes": "one",
        "sweet": 1,
        "scale20": "much better quality",
        "scale1": "perfectly balanced",
        "ratio": params["factor"] ** 2,
        "expands": "the U-Net",
        "errors": "DACB",
        "beyond": ["Midjourney", "DALL-E", "Imagen"],
        "alpha_bar": 1 - params["betas"][2],
        "cfg_value": ec + s * (eu - ec),
    }
