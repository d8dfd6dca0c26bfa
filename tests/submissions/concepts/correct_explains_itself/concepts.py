"""Whole sentences that also say what is not the case: the words of the wrong answers stand in the right ones."""
import numpy as np


def answers(params: dict) -> list:
    betas = np.array(params["betas"])
    delta = params["eps_cond"] - params["eps_uncond"]
    mine = []
    mine.append(("forward", "It is fixed in advance and never learned; only the reverse process is learned."))
    mine.append(("reverse", "The network learns to reverse the forward process."))
    mine.append(("schedules", ("linear noise schedule", "cosine noise schedule")))
    mine.append(("target", "noise that was added to the clean image, not the clean image itself"))
    mine.append(("loss", "the mean squared difference (not the absolute one)"))
    mine.append(("labels", "No, the noise that was added is the answer key, so it's self-supervised."))
    mine.append(("unet", "Skip connections, not the bottleneck."))
    mine.append(("few_steps", "about 30, not 1000"))
    mine.append(("early_steps", "1'000 steps".replace("'", " ")))
    mine.append(("conditioning", "by cross-attention, next to the self-attention among the pixels"))
    mine.append(("passes", "one with the prompt and one without it"))
    mine.append(("sweet", "7.5 (1 is too little and 20 too much)"))
    mine.append(("scale20", "worse, not better: too much contrast and distorted"))
    mine.append(("scale1", "It doesn't have much effect."))
    mine.append(("ratio", np.float32(params["factor"] ** 2 * 3 / params["channels"])))
    mine.append(("expands", "The decoder; the U-Net works only in latent space."))
    mine.append(("errors", ["1C", "2A", "3D", "4B"]))
    mine.append(("beyond", ["speech and other sounds", "short clips of video", "shapes in 3D"]))
    mine.append(("alpha_bar", (1 - betas).prod()))
    mine.append(("cfg_value", params["eps_uncond"] + params["scale"] * delta))
    return mine
