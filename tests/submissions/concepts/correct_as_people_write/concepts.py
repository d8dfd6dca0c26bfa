import math
from collections import OrderedDict


def answers(params):
    f, c = params["factor"], params["channels"]
    u, k, s = params["eps_uncond"], params["eps_cond"], params["scale"]
    return OrderedDict(
        forward="Predetermined - nothing is learned there",
        reverse="Only the reverse process; the forward process is fixed.",
        schedules="a linear one and a cosine one",
        target="ϵ",
        loss="nn.MSELoss",
        labels="nope",
        unet="shortcuts (skip connections)",
        few_steps="thirty",
        early_steps="~1k steps",
        conditioning="cross-attn",
        passes="1 conditional + 1 unconditional",
        sweet="seven and a half",
        scale20="overcooked, blown out",
        scale1="followed only loosely",
        ratio=f"{3 * f * f / c}x",
        expands="vae.decode",
        errors="1->C, 2->A, 3->D, 4->B",
        beyond="songs, movies & proteins",
        alpha_bar=math.exp(sum(math.log1p(-b) for b in params["betas"])),
        cfg_value=str(u + s * (k - u)),
    )
