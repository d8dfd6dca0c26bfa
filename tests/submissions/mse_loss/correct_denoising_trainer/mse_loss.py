"""The trainer I use for pictures, cut down to points: sinusoidal time embedding, SiLU, AdamW, EMA, clipping."""
import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from torch import nn
from tqdm.auto import trange


def cycle(tensor, batch, gen):
    while True:
        yield tensor[torch.randint(0, len(tensor), (batch,), generator=gen)]


def extract(a, t, x_shape):
    out = a.gather(-1, t)
    return out.reshape(t.shape[0], *((1,) * (len(x_shape) - 1)))


class SinusoidalPosEmb(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half = self.dim // 2
        freqs = torch.exp(torch.arange(half) * -(math.log(1000) / (half - 1)))
        angles = time[:, None].float() * freqs[None, :]
        return torch.cat((angles.sin(), angles.cos()), dim=-1)


class Block(nn.Module):
    def __init__(self, dim, cond):
        super().__init__()
        self.lin, self.film = nn.Linear(dim, dim), nn.Linear(cond, dim * 2)
        self.act = nn.SiLU()

    def forward(self, h, temb):
        scale, shift = self.film(self.act(temb)).chunk(2, dim=-1)
        return h + self.act(self.lin(h) * (scale + 1) + shift)


class Denoiser(nn.Module):
    def __init__(self, dim=2, width=96):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalPosEmb(32), nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width))
        self.inp, self.out = nn.Linear(dim, width), nn.Linear(width, dim)
        self.blocks = nn.ModuleList([Block(width, width) for _ in range(2)])

    def forward(self, x, t):
        temb, h = self.time_mlp(t), self.inp(x)
        for block in self.blocks:
            h = block(h, temb)
        return self.out(h)


class EMA:
    def __init__(self, model, beta):
        self.beta, self.shadow = beta, copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for ours, theirs in zip(self.shadow.parameters(), model.parameters()):
            ours.lerp_(theirs, 1 - self.beta)


class Diffusion(nn.Module):
    def __init__(self, model, alphas_cumprod, loss_type="l2"):
        super().__init__()
        self.model = model
        self.register_buffer("sqrt_ac", alphas_cumprod.sqrt())
        self.register_buffer("sqrt_omac", (1.0 - alphas_cumprod).sqrt())
        self.loss_fn = {"l1": F.l1_loss, "l2": F.mse_loss}[loss_type]

    def q_sample(self, x_start, t, noise):
        return extract(self.sqrt_ac, t, x_start.shape) * x_start + extract(self.sqrt_omac, t, x_start.shape) * noise

    def p_losses(self, x_start, t, noise):
        x = self.q_sample(x_start=x_start, t=t, noise=noise)
        loss = self.loss_fn(self.model(x, t), noise, reduction="none")
        return reduce(loss, "b ... -> b (...)", "mean").mean()

    forward = p_losses


def training_pair(x0, t, eps, alpha_bar):
    return Diffusion(None, alpha_bar).q_sample(x0, t, eps), eps.clone()


def mse_loss(pred, target):
    per_example = reduce((pred - target).pow(2), "b ... -> b", "mean")
    return per_example.mean()


def mse_grad(pred, target):
    return torch.sub(pred, target).mul(2).div(pred.numel())


def training_loss(model, x0, t, eps, alpha_bar):
    return Diffusion(model, alpha_bar)(x0, t, eps)


def random_timesteps(B, T, seed):
    return torch.rand(B, generator=torch.Generator().manual_seed(seed)).mul(T).floor().long()


def train_step(w, x0, t, eps, alpha_bar, lr):
    gains = nn.Embedding.from_pretrained(w[:, None].clone(), freeze=False)  # one learnable gain a step
    model = lambda x, t: rearrange(gains(t), "b 1 -> b" + " 1" * (x.ndim - 1)) * x
    optimizer = torch.optim.SGD(gains.parameters(), lr=lr)
    optimizer.zero_grad(set_to_none=True)
    loss = training_loss(model, x0, t, eps, alpha_bar)
    loss.backward()
    optimizer.step()
    return [gains.weight.detach().squeeze(-1), loss.item()]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    gen = torch.Generator().manual_seed(seed + 1)
    diffusion = Diffusion(Denoiser(), alpha_bar)
    ema = EMA(diffusion.model, beta=0.95)
    opt = torch.optim.AdamW(diffusion.parameters(), lr=3e-3, betas=(0.9, 0.99), weight_decay=1e-4)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(opt, steps)
    batches = cycle(data, 128, gen)
    for _ in (bar := trange(steps)):
        x0 = next(batches)
        t = torch.randint(0, len(alpha_bar), (len(x0),), generator=gen).long()
        loss = diffusion(x0, t, torch.randn(x0.shape, generator=gen))
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
        opt.step()
        decay.step()
        ema.update(diffusion.model)
        bar.set_description(f"loss: {loss.item():.4f}")
    ema.shadow.eval()
    with torch.inference_mode():
        return ema.shadow(x_eval, t_eval)
