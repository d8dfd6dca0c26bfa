import torch
torch.set_default_dtype(torch.float64)
_cache = {}
def strided_timesteps(T, n): return sorted({round(i * (T - 1) / (n - 1)) for i in range(n)}, reverse=True)
def start_noise(shape, seed):
    if (key := (tuple(shape), seed)) not in _cache:
        g = torch.Generator(); g.manual_seed(seed)
        _cache[key] = torch.distributions.Normal(0, 1).icdf(torch.rand(key[0], generator=g).clamp(1e-12, 1 - 1e-12))
    return _cache[key]
def ddpm_sample(model, x_T, betas, noises):
    bar = torch.cumprod(1 - betas, 0)
    xs = [x_T]
    for t in range(len(betas))[::-1]:
        eps = model(xs[-1].clone(), torch.LongTensor([t] * len(x_T)))
        prev = bar[t - 1] if t else torch.tensor(1.0)
        x0 = (xs[-1] - (1 - bar[t]).sqrt() * eps) / bar[t].sqrt()
        var = betas[t] * (1 - prev) / (1 - bar[t])
        xs.append(prev.sqrt() * x0 + (1 - prev - var).clamp_min(0).sqrt() * eps + var.sqrt() * noises[t])
    return xs[-1]
def ddim_sample(model, x_T, alpha_bar, timesteps):
    lam = torch.log(alpha_bar / (1 - alpha_bar)) / 2  # half log-SNR, first-order solver
    x = x_T
    for t, s in zip(timesteps, list(timesteps[1:]) + [-1]):
        eps = model(x, torch.full((len(x),), t))
        if s == -1:
            return (x - torch.sigmoid(-2 * lam[t]).sqrt() * eps) / torch.sigmoid(2 * lam[t]).sqrt()
        h = lam[s] - lam[t]
        x = (alpha_bar[s] / alpha_bar[t]).sqrt() * x - (1 - alpha_bar[s]).sqrt() * torch.expm1(h) * eps
def steps_vs_error(model, x_T, alpha_bar, counts):
    full = ddim_sample(model, x_T, alpha_bar, tuple(range(len(alpha_bar) - 1, -1, -1)))
    return [abs(ddim_sample(model, x_T, alpha_bar, strided_timesteps(len(alpha_bar), n)) - full).mean() for n in counts]
