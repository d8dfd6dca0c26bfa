import numpy as np
import torch


def answers(params):
    p = params
    eu, ec = torch.tensor(p["eps_uncond"]), torch.tensor(p["eps_cond"])
    h = w = 512
    f, c = p["factor"], p["channels"]
    return dict(
        beyond=("3D shapes", "Speech", "proteins"),
        errors=["c", "a", "d", "b"],
        cfg_value=torch.lerp(eu, ec, p["scale"]),
        alpha_bar=np.cumprod(1 - np.array(p["betas"]))[-1],
        ratio=h * w * 3 / ((h // f) * (w // f) * c),
        forward="FIXED.",
        reverse="backward",
        schedules={"linear": 1, "cosine": 2}.keys() and ["Cosine", "Linear"],
        target="epsilon",
        loss="L2",
        labels=False,
        unet="shortcuts",
        few_steps=20,
        early_steps=1e3,
        conditioning="Cross Attention",
        passes="twice",
        sweet=7,
        scale20="fried",
        scale1="hardly followed",
        expands="autoencoder decoder",
    )
