"""Answers in a table of its own, unknown questions, numbers as texts, one question answered twice."""
TABLE = """
forward | preset, it has nothing to learn?
reverse | the reverse process
schedules | linear, cosine
target | added noise
loss | mse loss
labels | no labels
unet | skip connections
few_steps | 50
early_steps | 1000
conditioning | cross-attention
passes | two
sweet | 8
scale20 | distorted
scale1 | ignored
expands | the decoder of the autoencoder
errors | CADB
bonus | 42
"""


def answers(params):
    rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    rows.append(["forward", "fixed"])
    rows.append(["beyond", "audio; video; 3D"])
    f, c = params["factor"], params["channels"]
    rows.append(["ratio", "%.4f" % (3 * f * f / c)])
    a, b, d = params["betas"]
    rows.append(["alpha_bar", "%.6f" % ((1 - a) * (1 - b) * (1 - d))])
    u, v, s = params["eps_uncond"], params["eps_cond"], params["scale"]
    rows.append(["cfg_value", "%.6f" % (u + s * (v - u))])
    return rows
