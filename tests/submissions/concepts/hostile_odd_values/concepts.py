"""Answers of every kind that is none: none of them may bring the grader down."""
import numpy as np
import torch


def answers(params):
    return [
        ["forward", 10**300],
        ["reverse", np.zeros((3, 3))],
        ["schedules", [[["linear"], "cosine"], None, 1j]],
        ["target", {"noise": "noise"}],
        ["loss", b"mse"],
        ["labels", torch.tensor(float("nan"))],
        ["unet", "skop" * 10**4],
        ["few_steps", float("inf")],
        ["early_steps", torch.ones(2, 2)],
        ["conditioning", lambda: "cross-attention"],
        ["passes", 2j],
        ["sweet", np.array([7.5, 7.5])],
        ["scale20", [None] * 1000],
        ["scale1", ""],
        ["ratio", "1e999"],
        ["expands", "\ud800 decoder?" if False else "\u0000"],
        ["errors", 1234],
        ["beyond", [1, 2, 3]],
        ["alpha_bar", -float("inf")],
        ["cfg_value", [[[]]]],
    ]
