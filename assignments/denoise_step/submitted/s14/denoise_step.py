# Übung: ein Schritt zurück. Größe des Rauschens: Wurzel aus (1 - alpha_bar)
import torch


def passend(werte, x):  # hängt Achsen an
    return werte.reshape(len(werte), *[1] * (x.ndim - 1))


def tabellen(betas):
    ab = (1 - betas).cumprod(0)
    return ab, torch.cat([torch.ones(1), ab[:-1]])  # vor Schritt 0 ist alles sauber: höchstens 1


def predict_x0(x_t, t, eps, alpha_bar):
    a = passend(alpha_bar[t], x_t)
    return (x_t - (1 - a) ** 0.5 * eps) / a**0.5


def predict_eps(x_t, t, x0, alpha_bar):
    a = passend(alpha_bar[t], x_t)
    return (x_t - a**0.5 * x0) / (1 - a) ** 0.5


def posterior(x0, x_t, t, betas):
    ab, davor = tabellen(betas)
    b, a, p = betas[t], ab[t], davor[t]
    mittel = passend(p**0.5 * b / (1 - a), x_t) * x0 + passend((1 - b) ** 0.5 * (1 - p) / (1 - a), x_t) * x_t
    return mittel, b * (1 - p) / (1 - a)


def ddpm_step(x_t, t, eps, betas, noise):
    ab, davor = tabellen(betas)
    mittel = (x_t - betas[t] / (1 - ab[t]) ** 0.5 * eps) / (1 - betas[t]) ** 0.5
    streuung = (betas[t] * (1 - davor[t]) / (1 - ab[t])) ** 0.5
    return mittel + streuung * noise  # für t = 0 ist die Streuung 0


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    p = alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(1.0)
    x0 = (x_t - (1 - a) ** 0.5 * eps) / a**0.5
    s = eta * ((1 - p) / (1 - a) * (1 - a / p)) ** 0.5
    x = p**0.5 * x0 + (1 - p - s**2) ** 0.5 * eps
    return x if noise is None else x + s * noise
