"""How far pictures differ when nothing about them should: how a grader's tolerances are chosen."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from reference.capstone.measure import REFERENCE, captions, decode, generate, start_noise

COUNT = 4


def differences(pipeline: StableDiffusionPipeline) -> dict[str, float]:
    """For each other way to compute the same four pictures, the largest difference of any value, of 1."""

    def pictures(used: StableDiffusionPipeline = pipeline) -> Tensor:
        return decode(used, generate(used, captions(COUNT), REFERENCE))

    with _threads(1):
        expected = pictures()

        def difference(other: Callable[[], Tensor]) -> float:
            return (other() - expected).abs().max().item()

        found = {"again": difference(pictures), "one at a time": difference(lambda: _singly(pipeline))}
        with _threads(2):
            found["two threads"] = difference(pictures)
        pipeline.enable_attention_slicing()
        found["sliced attention"] = difference(pictures)
        pipeline.disable_attention_slicing()
        with warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=False):
            found["without oneDNN (stands for another machine)"] = difference(pictures)
        found["float16 on the CPU"] = difference(lambda: pictures(_halved(pipeline)).float())
    return found


def _singly(pipeline: StableDiffusionPipeline) -> Tensor:
    """Each picture by a call of its own, from the same seeds."""
    shipped = pipeline.scheduler
    pipeline.scheduler = REFERENCE.scheduler(dict(shipped.config))
    noise = start_noise(COUNT, REFERENCE.first_seed)
    latents = [
        pipeline(caption, latents=noise[i : i + 1], num_inference_steps=REFERENCE.steps, output_type="latent").images
        for i, caption in enumerate(captions(COUNT))
    ]
    pipeline.scheduler = shipped
    return torch.cat([decode(pipeline, latent) for latent in latents])


def _halved(pipeline: StableDiffusionPipeline) -> StableDiffusionPipeline:
    """A copy in half precision."""
    parts = {name: part for name, part in pipeline.components.items() if part is not None}
    halved = {n: copy.deepcopy(p).half() if isinstance(p, torch.nn.Module) else p for n, p in parts.items()}
    copied = StableDiffusionPipeline(
        **halved, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    copied.set_progress_bar_config(disable=True)
    return copied


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
