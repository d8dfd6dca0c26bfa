# Übung: aus reinem Rauschen. Die Schritte kommen aus der letzten Übung, für die Schleifen gilt: rückwärts zählen!
import numpy as np
import torch


def tabellen(betas):
    ab = (1 - betas).cumprod(0)
    return ab, torch.cat([torch.ones(1), ab[:-1]])


def ddpm_step(x_t, t, eps, betas, noise):
    ab, davor = tabellen(betas)
    mittel = (x_t - betas[t] / (1 - ab[t]) ** 0.5 * eps) / (1 - betas[t]) ** 0.5
    streuung = (betas[t] * (1 - davor[t]) / (1 - ab[t])) ** 0.5
    return mittel + streuung * noise  # für t = 0 ist die Streuung 0


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    p = alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(1.0)
    x0 = (x_t - (1 - a) ** 0.5 * eps) / a**0.5
    return p**0.5 * x0 + (1 - p) ** 0.5 * eps  # eta größer als 0 brauche ich hier nicht


def start_noise(shape, seed):
    zufall = torch.Generator().manual_seed(seed)
    return torch.empty(*shape).normal_(generator=zufall)


def strided_timesteps(T, n):
    return np.round(np.linspace(0, T - 1, n))[::-1].astype(int).tolist()


def ddpm_sample(model, x_T, betas, noises):
    x = x_T
    for t in range(len(betas))[::-1]:
        x = ddpm_step(x, t, model(x, torch.LongTensor([t] * len(x))), betas, noises[t])
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    nächste = dict(zip(timesteps, timesteps[1:] + [-1]))
    for t in timesteps:
        x = ddim_step(x, t, nächste[t], model(x, torch.LongTensor([t] * len(x))), alpha_bar)
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    ziel = ddim_sample(model, x_T, alpha_bar, list(range(T))[::-1])
    return [float(abs(ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - ziel).mean()) for n in counts]
