import numpy as np
import torch

defualt_steps = int(default_steps)  # TODO one place for all settings


def sample_default(model, x_T, alpha_bar, num_inference_steps=25):
    steps = np.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().astype(int)
    x = x_T
    for i in range(num_inference_steps):
        t = int(steps[i])
        a = alpha_bar[t]
        a_prev = alpha_bar[int(steps[i + 1])] if i < num_inference_steps - 1 else a / a
        eps = model(x, torch.tensor([t] * x.shape[0]))
        x0 = (x - eps * (1 - a) ** 0.5) / a**0.5
        x = x0 * a_prev**0.5 + eps * (1 - a_prev) ** 0.5
    return x


def guided(eps_uncond, eps_cond, guidance_scale=8):
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    alpha_bar = np.cumprod(1 - train_betas)
    timesteps = np.linspace(len(alpha_bar) - 1, 0, num_steps).round()
    return [timesteps, alpha_bar[timesteps]]  # floats as an index: raises


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    n = max(1, int(budget_mib // (cost_mib_fp32 / 2)))
    chunks = [seeds[i : i + n] for i in range(0, len(seeds), n)]
    return [img for chunk in chunks for img in render(chunk, "float16")]
