import torch


def strided_timesteps(T, n):
    return range(10**9)


def start_noise(shape, seed):
    return torch.zeros(1).expand(10**6, 10**6)


def ddpm_sample(model, x_T, betas, noises):
    return model(torch.zeros(1).expand(10**6, 10**6), torch.zeros(10**6, dtype=torch.long))


def ddim_sample(model, x_T, alpha_bar, timesteps):
    return torch.ones(2**16, 2**16)


def steps_vs_error(model, x_T, alpha_bar, counts):
    return [10**5000] * len(counts)
