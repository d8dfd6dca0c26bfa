#!/usr/bin/env python
# -*- coding: utf-8 -*-
import argparse, logging, os, sys, warnings, random
os.environ["CUDA_VISIBLE_DEVICES"] = "0"
os.environ.setdefault("OMP_NUM_THREADS", "8")
warnings.filterwarnings("ignore")
logging.basicConfig(level=logging.INFO)
import numpy as np
import torch
import torch.nn as nn
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
from torchvision import datasets, transforms
from torch.utils.data import DataLoader
import wandb
from google.colab import drive
drive.mount("/content/drive")

parser = argparse.ArgumentParser()
parser.add_argument("--T", type=int, default=1000)
parser.add_argument("--name", required=True)
args = parser.parse_args()

torch.manual_seed(42); np.random.seed(42); random.seed(42)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(8)
torch.backends.cudnn.benchmark = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
assert sys.version_info >= (3, 8)

transform = transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda t: t * 2 - 1)])
dataset = datasets.MNIST("./data", download=True, transform=transform)
loader = DataLoader(dataset, batch_size=64)
for batch in loader:
    break

def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T).to(device)

def cosine_betas(T, s=0.008, max_beta=0.999):
	steps = T + 1
	x = torch.linspace(0, T, steps)
	alphas_cumprod = torch.cos(((x / T) + s) / (1 + s) * torch.pi * 0.5) ** 2
	alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
	return torch.clip(1 - (alphas_cumprod[1:] / alphas_cumprod[:-1]), 0, max_beta)

def alpha_bars(betas):
    return torch.cumprod(1 - torch.tensor(betas), axis=0)

def forward_step(x, t, betas, eps):
    print("forward", t)
    return torch.tensor(x) * (1 - betas[t]) ** .5 + betas[t] ** .5 * torch.tensor(eps)

def q_sample(x0, t, alpha_bar, eps=None):
    if eps is None: eps = torch.randn_like(x0)
    a = alpha_bar.to(device).gather(0, t).view(t.shape[0], *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1. - a).sqrt() * eps

def q_sample_own(x0, t, alpha_bar, seed):
    torch.manual_seed(seed)
    return q_sample(x0, t, alpha_bar)

def snr(alpha_bar):
    return torch.exp(torch.logit(torch.tensor(alpha_bar)))

T = args.T
betas = linear_betas(T)
plt.plot(betas.cpu()); plt.savefig("betas.png"); plt.show()
name = input("run name? ")
model = nn.Conv2d(1, 8, 3).cuda()
