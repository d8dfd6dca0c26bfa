import torch


def strided_timesteps(T, n):
    return ["T-1"] * n


def start_noise(shape, seed):
    return torch.full(shape, float("inf"))


def ddpm_sample(model, x_T, betas, noises):
    return model(x_T * float("nan"), torch.zeros(len(x_T), dtype=torch.long))


def ddim_sample(model, x_T, alpha_bar, timesteps):
    return model(x_T, torch.full((len(x_T),), -1))


def steps_vs_error(model, x_T, alpha_bar, counts):
    return model("x", None)
