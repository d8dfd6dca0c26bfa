import torch, numpy as np
def strided_timesteps(T, n):
    return np.linspace(0, T - 1, n).round().astype(int)[::-1].tolist()
def start_noise(shape, seed):
    return torch.randn(size=tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
def _b(x, t): return torch.as_tensor([t]).expand(x.shape[0])
def ddpm_sample(model, x_T, betas, noises):
    model.eval()
    device = next(model.parameters()).device
    x = x_T.to(device)
    a = 1 - betas; ab = a.cumprod(0)
    for t, z in reversed(list(enumerate(noises))):
        eps = model(x, t=_b(x, t))
        x = (x - (1 - a[t]) / (1 - ab[t]).sqrt() * eps) / a[t].sqrt()
        if t > 0: x += ((1 - ab[t - 1]) / (1 - ab[t]) * betas[t]).sqrt() * z
    return x
def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    nxt = dict(zip(timesteps, [*timesteps[1:], None]))
    for t in timesteps:
        eps = model(x=x, t=_b(x, t).float())
        a = alpha_bar[t]; b = 1. if nxt[t] is None else alpha_bar[nxt[t]].item()
        x = (x - (1 - a).sqrt() * eps) / a.sqrt() * b ** .5 + (1 - b) ** .5 * eps
    return x
def steps_vs_error(model, x_T, alpha_bar, counts):
    f = lambda n: ddim_sample(model, x_T, alpha_bar, strided_timesteps(len(alpha_bar), n))
    ref = f(len(alpha_bar))
    return list(map(lambda n: torch.dist(f(n), ref, p=1) / ref.numel(), counts))
