import torch

def noise_any(x0, t, alpha_bar, eps):
  a = alpha_bar[t].reshape((-1,) + (1,)*(x0.ndim-1))
  return a**.5*x0 + (1-a)**.5*eps

# left and right both up to full volume
def peak_normalise(wave):
  p = wave.abs().max(dim=2, keepdim=True).values
  return wave/torch.clamp(p, min=1e-9)

# 20 log10, I looked it up
def snr_db(clean, noisy):
  return 20*torch.log10((clean**2).mean((1,2))/((noisy-clean)**2).mean((1,2)))

def fold_frames(video):
  return video.movedim(2, 1).flatten(0, 1)

def unfold_frames(images, frames):
  return images.unflatten(0, (-1, frames)).movedim(1, 2)

def expand_t(t, frames):
  return t.repeat(frames)

def centre(pos, mask):
  m = mask[:,:,None]*1.
  return (pos - (pos*m).sum(1, keepdim=True)/m.sum(1, keepdim=True))*m

def molecule_noise(mask, seed):
  return centre(torch.randn(*mask.shape, 3, generator=torch.Generator().manual_seed(seed)), mask)

def pair_distances(pos, mask):
  both = mask[:,:,None] & mask[:,None]
  return torch.where(both, (pos[:,:,None]-pos[:,None]).norm(dim=-1), 0.)
