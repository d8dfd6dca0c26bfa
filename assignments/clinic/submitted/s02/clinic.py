"""clinic, numpy all the way (I find tensors hard to read)."""
import itertools as it

import numpy as np
import torch


class Schedule:
    """Noise levels of a short run; the clean end is the entry after the last."""

    def __init__(self, abar, n):
        self.t = np.floor(np.linspace(len(abar) - 1, 0, n) + 0.5).astype(int)
        self.a = np.r_[np.asarray(abar, float)[self.t], 1.0]

    def __iter__(self):
        return zip(self.t, self.a, self.a[1:])


def sample_default(model, x_T, alpha_bar, num_inference_steps=24):
    x = x_T.numpy().astype(np.float64)
    for t, a, nxt in Schedule(alpha_bar, num_inference_steps):
        e = np.asarray(model(torch.as_tensor(x), torch.full((x.shape[0],), int(t))))
        # straight line in (x / sqrt a) against sqrt(1/a - 1)
        x = np.sqrt(nxt) * (x / np.sqrt(a) + (np.sqrt(1 / nxt - 1) - np.sqrt(1 / a - 1)) * e)
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return np.tensordot([1 - guidance_scale, guidance_scale], np.stack([eps_uncond, eps_cond]), 1)


def sampling_table(train_betas, num_steps):
    s = Schedule(np.multiply.accumulate(1 - np.asarray(train_betas)), num_steps)
    return s.t.tolist(), s.a[:-1].tolist()


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    fits = next(k for k in it.count(1) if (k + 1) * cost_mib_fp32 / 2 > budget_mib)
    queue = iter(seeds)
    done = []
    while batch := list(it.islice(queue, fits)):
        done.extend(render(batch, "float16"))
    return done
