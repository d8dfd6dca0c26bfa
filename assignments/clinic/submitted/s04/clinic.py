import numpy as np
import torch

# changed the default to 10, more than three times as many as before!!
def sample_default(model, x_T, alpha_bar, num_inference_steps=10):
  timesteps = torch.linspace(len(alpha_bar)-1, 0, num_inference_steps).round().long().tolist()
  timesteps.append(-1)
  x = x_T
  for t, t_prev in zip(timesteps[:-1], timesteps[1:]):
    a = alpha_bar[t]
    a_prev = alpha_bar[t_prev] if t_prev != -1 else torch.tensor(1.)
    eps_hat = model(x, torch.full((len(x),), t, dtype=torch.long))
    x0_hat = (x - (1-a).sqrt()*eps_hat)/a.sqrt()
    x = a_prev.sqrt()*x0_hat + (1-a_prev).sqrt()*eps_hat
  return x

# never let anybody leave the sweet spot
def guided(eps_uncond, eps_cond, guidance_scale=7.5):
  s = min(max(guidance_scale, 7), 8)
  return eps_uncond + s*(eps_cond - eps_uncond)

def sampling_table(train_betas, num_steps):
  ab = np.cumprod(1 - train_betas)
  t = np.linspace(len(ab)-1, 0, num_steps).round().astype(int)
  return [t, ab[t]]

# one by one is always safe
def generate_all(render, seeds, budget_mib, cost_mib_fp32):
  return [render([s], 'float16')[0] for s in seeds]
