"""Draws what right and wrong look like, a picture for each handout: assignments/<slug>/pictures/right-and-wrong.*

`build.py pictures` calls it. The right side is drawn by the references; the wrong ones are the commonest mistakes. It
runs where the references are; students get the pictures only.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE / "notebooks")]

from drawing import BLUE, GREEN, GREY, ORANGE, RED, house, write  # noqa: E402

from reference import oracles  # noqa: E402
from reference.beyond_images import fold_frames  # noqa: E402
from reference.cfg import guided_eps  # noqa: E402
from reference.denoise_step import ddim_step, predict_x0  # noqa: E402
from reference.mse_loss import mse_loss, random_timesteps, training_pair  # noqa: E402
from reference.noising import alpha_bars, linear_betas, q_sample  # noqa: E402
from reference.sampling_loop import ddim_sample, start_noise, strided_timesteps  # noqa: E402
from reference.warmup import noise_signal  # noqa: E402

FIVE = [0.9, 0.7, 0.5, 0.3, 0.1]
ALPHA_BAR = torch.tensor(alpha_bars(linear_betas(1000)), dtype=torch.float32)


def warmup() -> Figure:
    """Paths of five values: fresh pushes, one push for all values, the same pushes in each round."""
    right = np.array([FIVE, *noise_signal(FIVE, 6, 0.15, 4)])
    random.seed(4)
    together = np.array(FIVE) + np.cumsum([[0.0]] + [[random.gauss(0, 0.15)] for _ in range(6)], axis=0)
    repeated = np.array(FIVE) + np.outer(np.arange(7), np.array(noise_signal([0.0] * 5, 1, 0.15, 4)[0]))
    figure, axes = _panels(
        "right: each value goes its own way", "wrong: one push for all", "wrong: seed inside the loop", share=True
    )
    for axis, path in zip(axes, (right, together, repeated), strict=True):
        axis.plot(path, "o-", markersize=3, color=BLUE if path is right else RED)
        axis.set(xlabel="step")
    return figure


def noising() -> Figure:
    """Three pictures of a batch with a noise level each: per picture, and along the columns."""
    x0 = torch.tensor(np.stack([house()[::2, ::2]] * 32), dtype=torch.float32)
    t = torch.linspace(0, 600, 32).long()
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    right = q_sample(x0, t, ALPHA_BAR, eps)
    left = ALPHA_BAR[t]
    wrong = left.sqrt() * x0 + (1 - left).sqrt() * eps  # the factor lies along the columns
    bare = left[:, None, None] * x0 + (1 - left)[:, None, None] * eps  # no roots
    figure, axes = plt.subplots(3, 4, figsize=(6.4, 4.9))
    names = ("right:\na level for\neach picture", "wrong:\na level for\neach column", "wrong:\nno roots, so\ntoo dim")
    for line, batch, name in zip(axes, (right, wrong, bare), names, strict=True):
        for axis, k in zip(line, (1, 8, 16, 31), strict=True):
            _picture(axis, batch[k])
            if batch is right:
                axis.set_title(f"t = {int(t[k])}", loc="center", fontsize=9)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=10)
    return figure


def denoise_step() -> Figure:
    """The guess of the clean picture at t = 249, with the true noise, right and with two common mistakes."""
    x0 = torch.tensor(house(), dtype=torch.float32)[None]
    t = torch.tensor([249])
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    x_t = q_sample(x0, t, ALPHA_BAR, eps)
    left = ALPHA_BAR[249]
    shown = {
        "what comes in": x_t,
        "right": predict_x0(x_t, t, eps, ALPHA_BAR),
        "wrong: still dim": x_t - (1 - left).sqrt() * eps,
        "wrong: a variance\nfor a spread": (x_t - (1 - left) * eps) / left.sqrt(),
    }
    figure, axes = plt.subplots(1, 4, figsize=(7.2, 2.2))
    for axis, (name, picture) in zip(axes, shown.items(), strict=True):
        _picture(axis, picture[0])
        axis.set_title(name, loc="center", fontsize=9)
    return figure


def sampling_loop() -> Figure:
    """Samples of two heaps, as histograms: right, with the wrong clock, and with a last hop to the noisiest row."""
    model = oracles.mixture(ALPHA_BAR, means=[-0.8, 0.8], std=0.1)
    start, stops = start_noise([4000, 1], 0), strided_timesteps(1000, 50)

    def wrong_clock(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return model(x, torch.full_like(t, stops.index(int(t[0]))))  # the number of the stop, not of the step

    x = start
    for t, t_prev in pairwise(stops):
        x = ddim_step(x, t, t_prev, model(x, torch.full((len(x),), t)), ALPHA_BAR)
    clock = torch.zeros(len(x), dtype=torch.long)
    x0 = predict_x0(x, clock, model(x, clock), ALPHA_BAR)
    x = q_sample(x0, torch.full_like(clock, -1), ALPHA_BAR, model(x, clock))  # row -1 of the table is the noisiest
    shown = {
        "right: two heaps": ddim_sample(model, start, ALPHA_BAR, stops),
        "wrong: told the stop's number": ddim_sample(wrong_clock, start, ALPHA_BAR, stops),
        "wrong: last hop to table[-1]": x,
    }
    figure, axes = _panels(*shown)
    for axis, (name, samples) in zip(axes, shown.items(), strict=True):
        axis.hist(samples[:, 0].clamp(-2.5, 2.5), bins=60, range=(-2.5, 2.5), color=BLUE if "right" in name else RED)
        axis.set(yticks=[], xlabel="value")
    return figure


def training() -> Figure:
    """The loss at each t of a small network: trained at all steps, at the last step only, and never."""
    T = 100
    alpha_bar = torch.tensor(alpha_bars(linear_betas(T, 1e-3, 0.1)), dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    data = 0.2 * torch.randn(2000, 2, generator=generator) + torch.tensor([1.0, -0.5])

    def losses(choose: Callable[[int], torch.Tensor], steps: int) -> list[float]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
        ask = lambda x, t: net(torch.cat([x, t[:, None] / T], dim=1))  # noqa: E731
        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
        for step in range(steps):
            x0 = data[torch.randint(0, len(data), (128,), generator=generator)]
            seen, target = training_pair(x0, choose(step), torch.randn(128, 2, generator=generator), alpha_bar)
            loss = mse_loss(ask(seen, choose(step)), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found = []
        for t in range(0, T, 5):
            clock = torch.full((len(data),), t)
            seen, target = training_pair(data, clock, torch.randn(data.shape, generator=generator), alpha_bar)
            with torch.no_grad():
                found.append(float(mse_loss(ask(seen, clock), target)))
        return found

    figure, axis = plt.subplots(figsize=(6.4, 2.7))
    times = range(0, T, 5)
    axis.plot(times, losses(lambda step: random_timesteps(128, T, step), 0), ":", color=GREY, label="untrained")
    axis.plot(times, losses(lambda step: torch.full((128,), T - 1), 400), "--", color=RED, label="wrong: only t = 99")
    axis.plot(times, losses(lambda step: random_timesteps(128, T, step), 400), color=BLUE, label="right: random t")
    axis.set(xlabel="timestep t", ylabel="loss", ylim=(0, 2))
    axis.legend(loc="upper right")
    return figure


def cfg() -> Figure:
    """Samples of the class at +1 among two classes: no push, guidance, and the two halves exchanged."""
    model = oracles.class_mixture(ALPHA_BAR, means=[-1.0, 1.0], std=0.5, null_id=2)
    start, stops = start_noise([3000, 1], 0), strided_timesteps(1000, 50)
    labels = torch.ones(3000, dtype=torch.long)

    def exchanged(x: torch.Tensor, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.cat(model(x, t, y).chunk(2)[::-1])

    def samples(ask: Callable, scale: float) -> torch.Tensor:
        guided = lambda x, t: guided_eps(ask, x, t, labels, 2, scale)  # noqa: E731
        return ddim_sample(guided, start, ALPHA_BAR, stops)

    shown = {
        "scale 1": samples(model, 1.0),
        "right: scale 3": samples(model, 3.0),
        "wrong: halves exchanged": samples(exchanged, 3.0),
    }
    figure, axes = _panels(*shown)
    for axis, (name, values) in zip(axes, shown.items(), strict=True):
        axis.hist(values[:, 0].clamp(-5, 5), bins=60, range=(-5, 5), color=RED if "wrong" in name else BLUE)
        axis.axvline(1, color=ORANGE, linewidth=1)
        axis.set(yticks=[], xlabel="value; the class is at 1")
    return figure


def beyond_images() -> Figure:
    """Frames of two clips, folded into the batch by moving an axis, and by reshape alone."""
    video = torch.zeros(2, 3, 4, 16, 16)
    colours = torch.tensor([[0.9, 0.3, 0.2], [0.2, 0.45, 0.9]])
    for frame in range(4):
        video[:, :, frame] = 0.93
        video[:, :, frame, 5:11, 1 + 3 * frame : 7 + 3 * frame] = colours[:, :, None, None]
    figure, axes = plt.subplots(2, 8, figsize=(7.6, 2.3))
    for line, frames, name in zip(
        axes, (fold_frames(video), video.reshape(8, 3, 16, 16)), ("right", "wrong:\nreshape\nonly"), strict=True
    ):
        for axis, frame in zip(line, torch.as_tensor(frames), strict=True):
            axis.imshow(frame.permute(1, 2, 0).numpy(), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(
            name, rotation=0, ha="right", va="center", labelpad=10, color=GREEN if name == "right" else RED
        )
    return figure


def _panels(*titles: str, share: bool = False) -> tuple[Figure, np.ndarray]:
    figure, axes = plt.subplots(1, len(titles), figsize=(9.5, 2.5), sharey=share)
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=9.5)
    return figure, axes


def _picture(axis: plt.Axes, picture: torch.Tensor) -> None:
    axis.imshow(picture.numpy(), cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


PICTURES = {
    "warmup": (warmup, "svg"),
    "noising": (noising, "png"),
    "denoise_step": (denoise_step, "png"),
    "sampling_loop": (sampling_loop, "svg"),
    "mse_loss": (training, "svg"),
    "cfg": (cfg, "svg"),
    "beyond_images": (beyond_images, "png"),
}


def main(root: Path) -> None:
    """Draw every picture below root/<slug>/pictures."""
    torch.set_num_threads(1)
    for slug, (draw, kind) in PICTURES.items():
        file = root / slug / "pictures" / f"right-and-wrong.{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        figure = draw()
        write(figure, file)
        plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "assignments")
