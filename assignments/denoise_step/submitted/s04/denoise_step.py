import torch

def coef(arr, t, x):
    out = arr.gather(-1, t)
    return out.reshape(x.shape[0], *((1,) * (len(x.shape) - 1)))

def predict_x0(x_t, t, eps, alpha_bar):
    ab = coef(alpha_bar, t, x_t)
    x0 = (x_t - (1. - ab).sqrt() * eps) / ab.sqrt()
    return torch.clamp(x0, -1., 1.)     # images are in [-1, 1]

def predict_eps(x_t, t, x0, alpha_bar):
    ab = coef(alpha_bar, t, x_t)
    return (x_t - ab.sqrt() * x0) / (1. - ab).sqrt()

def posterior(x0, x_t, t, betas):
    ab = torch.cumprod(1. - betas, 0)
    ab_prev = torch.cat([torch.ones(1), ab[:-1]])
    mean = coef(betas * ab_prev.sqrt() / (1. - ab), t, x_t) * x0 \
         + coef((1. - ab_prev) * (1. - betas).sqrt() / (1. - ab), t, x_t) * x_t
    log_var = torch.log((betas * (1. - ab_prev) / (1. - ab)).clamp(min=1e-20))
    return mean, log_var.gather(-1, t)

def ddpm_step(x_t, t, eps, betas, noise):
    ab = torch.cumprod(1. - betas, 0)
    mean = (x_t - betas[t] * eps / (1. - ab[t]).sqrt()) / (1. - betas[t]).sqrt()
    if t > 0:
        mean = mean + (betas[t] * (1. - ab[t - 1]) / (1. - ab[t])).sqrt() * noise
    return mean

def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    ab = alpha_bar[t]
    ab_prev = alpha_bar[max(t_prev, 0)]
    x0 = (x_t - (1. - ab).sqrt() * eps) / ab.sqrt()
    sigma = eta * ((1. - ab_prev) / (1. - ab) * (1. - ab / ab_prev)).sqrt()
    out = ab_prev.sqrt() * x0 + (1. - ab_prev - sigma ** 2).sqrt() * eps
    return out if noise is None else out + sigma * noise
