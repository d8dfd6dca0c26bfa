"""Quiz. I keep answers as functions of params, most of them ignore it."""
import numpy as np

QUIZ = dict(
    forward=lambda p: "It's a preset table: fixed, not learned.",
    reverse=lambda p: "denoising, i.e. the reverse direction",
    schedules=lambda p: ("COSINE", "LINEAR"),
    target=lambda p: "ε",
    loss=lambda p: "L2 loss",
    labels=lambda p: False,
    unet=lambda p: "skip-connections",
    few_steps=lambda p: np.int64(42),
    early_steps=lambda p: "1,000",
    conditioning=lambda p: "by cross attention on the text tokens",
    passes=lambda p: "twice",
    sweet=lambda p: np.float32(7.25),
    scale20=lambda p: "fried",
    scale1=lambda p: "hardly heard",
    ratio=lambda p: np.prod([p["factor"], p["factor"], 3]) / p["channels"],
    expands=lambda p: "VAE decoder",
    errors=lambda p: list("cadb"),
    beyond=lambda p: "music, clips of video, 3D meshes and proteins",
    alpha_bar=lambda p: np.exp(np.log1p(-np.array(p["betas"])).sum()),
    cfg_value=lambda p: np.interp(p["scale"], [0, 1e6], [p["eps_uncond"], p["eps_uncond"] + 1e6 * (p["eps_cond"] - p["eps_uncond"])]),
)


def answers(params):
    return {question: answer(params) for question, answer in QUIZ.items()}
