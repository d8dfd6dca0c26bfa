import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=30):
    return torch.zeros(1).expand(10**6, 10**6)


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return np.zeros((2**15, 2**15))


def sampling_table(train_betas, num_steps):
    return [10**5000, "x" * 10**8]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    return render(list(range(10**6)), "float16")
