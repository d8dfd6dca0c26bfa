"""Other words for the same, and some answers by code."""
from fractions import Fraction
from functools import reduce


def answers(params):
    yes_no = {True: "Yes", False: "No"}
    out = {}
    out["forward"] = "not learned; it follows a preset table"
    out["reverse"] = "denoising"
    out["schedules"] = "cosine / linear"
    out["target"] = "the ε noise"
    out["loss"] = "squared error, averaged (mean squared error)"
    out["labels"] = yes_no[bool(0)]
    out["unet"] = "Skip-connections"
    out["few_steps"] = "25"
    out["early_steps"] = "one thousand"
    out["conditioning"] = "via cross-attention to the CLIP embedding"
    out["passes"] = "2 (with and without prompt)"
    out["sweet"] = "7-8"
    out["scale20"] = "colours too saturated, artefacts"
    out["scale1"] = "It isn't really followed"
    out["ratio"] = float(Fraction(3 * params["factor"] ** 2, params["channels"]))
    out["expands"] = "VAE"
    out["errors"] = "c-a-d-b"
    out["beyond"] = ["music", "film", "3-D meshes", "molecules"]
    out["alpha_bar"] = reduce(lambda kept, beta: kept - kept * beta, params["betas"], 1.0)
    out["cfg_value"] = params["scale"] * params["eps_cond"] - (params["scale"] - 1) * params["eps_uncond"]
    return [[k, v] for k, v in out.items()]
