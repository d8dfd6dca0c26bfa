"""Values that are no answer, and questions that no model and no card can answer: none may bring the grader down."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=30):
    for i in range(num_inference_steps):
        model(x_T[:0], torch.zeros(0, dtype=torch.long))
    return x_T * float("nan")


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return [[1.0], [1.0, 2.0]]


def sampling_table(train_betas, num_steps):
    return torch.tensor(3.0)


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    return render(np.array([1e308] * 3), ["float16"])
