import torch as th


def bars(betas):
    a = th.cumprod(1 - betas, 0)
    return a, th.cat((a.new_ones(1), a[:-1]))


def ddpm_step(x_t, t, eps, betas, noise):
    a, q = bars(betas)
    x0 = a[t].rsqrt() * x_t - (1 / a[t] - 1).sqrt() * eps
    m = (q[t].sqrt() * betas[t] * x0 + (1 - betas[t]).sqrt() * (1 - q[t]) * x_t) / (1 - a[t])
    return m + (betas[t] * (1 - q[t]) / (1 - a[t])).sqrt() * noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, q = alpha_bar[t], (alpha_bar[t_prev] if t_prev >= 0 else alpha_bar.new_tensor(1.0))
    x0 = a.rsqrt() * x_t - (1 / a - 1).sqrt() * eps
    s = eta * ((1 - q) * (1 - a / q) / (1 - a)).sqrt()
    return q.sqrt() * x0 + (1 - q - s * s).sqrt() * eps + (s * noise if noise is not None else 0)


def clock(x, t):
    return th.full(x.shape[:1], t, dtype=th.int64)


def start_noise(shape, seed):
    with th.random.fork_rng(devices=[]):
        th.manual_seed(seed)
        return th.randn(*shape)


def strided_timesteps(T, n):
    return th.linspace(T - 1, 0, n, dtype=th.float64).round().long().tolist()


def ddpm_sample(model, x_T, betas, noises):
    x = x_T
    for t, z in reversed(list(enumerate(noises))):
        x = ddpm_step(x, t, model(x, clock(x, t)), betas, z)
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x, todo = x_T, list(timesteps)
    while todo:
        t = todo.pop(0)
        x = ddim_step(x, t, todo[0] if todo else -1, model(x, clock(x, t)), alpha_bar)
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = alpha_bar.numel()
    ends = [ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) for n in [T, *counts]]
    return [float(th.dist(end, ends[0], p=1)) / end.numel() for end in ends[1:]]
