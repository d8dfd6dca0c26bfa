import torch


def strided_timesteps(T, n):
    return [int((T - 1) * (n - 1 - i) / (n - 1) + 0.5) for i in range(n)]


def start_noise(shape, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.randn(*shape)


@torch.no_grad()
def ddpm_sample(model, x_T, betas, noises):
    x, b, z = x_T.float(), betas.float(), noises.float()
    bar = (1 - b).cumprod(0)
    t = len(b)
    while t > 0:
        t -= 1
        e = model(x, torch.ones(x.shape[0], dtype=torch.int64) * t).float()
        x0 = (x - (1 - bar[t]) ** 0.5 * e) / bar[t] ** 0.5
        if t == 0:
            return x0
        p = bar[t - 1]
        x = (p**0.5 * b[t] * x0 + (1 - b[t]) ** 0.5 * (1 - p) * x) / (1 - bar[t])
        x = x + (b[t] * (1 - p) / (1 - bar[t])) ** 0.5 * z[t]


@torch.no_grad()
def ddim_sample(model, x_T, alpha_bar, timesteps):
    x, bar = x_T.float(), torch.cat([alpha_bar.float(), torch.ones(1)])
    for t, t_prev in zip(timesteps, list(timesteps[1:]) + [-1]):
        e = model(x, torch.tensor([t] * len(x))).float()
        x0 = (x - (1 - bar[t]) ** 0.5 * e) / bar[t] ** 0.5
        x = bar[t_prev] ** 0.5 * x0 + (1 - bar[t_prev]) ** 0.5 * e
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    run = lambda n: ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n))
    full = run(T)
    return torch.stack([torch.nn.functional.l1_loss(run(n), full) for n in counts])
