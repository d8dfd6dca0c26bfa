"""What the suite of `latent_diffusion` lends: pipelines over the course's model, their parts, and stand-ins.

Runs in two places: in the zygote inside the jail, where submissions get what is made here, and beside the suite,
whose oracles are made of the same. It holds nothing that a student must not read.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import that reads it: a model is a folder, nothing is fetched
os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the zygote may have one thread only
os.environ["TRANSFORMERS_VERBOSITY"] = os.environ["DIFFUSERS_VERBOSITY"] = "error"

import diffusers
import torch
import tqdm
import transformers
from diffusers import DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline
from torch import Tensor, nn

SCHEDULERS = {kind.__name__: kind for kind in (DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler)}
_opened: dict[str, StableDiffusionPipeline] = {}


def warm_up(model: str) -> None:
    """Open the folder of the model and make one picture, so that no submission waits for a first time."""
    tqdm.tqdm.monitor_interval = 0  # else the first bar starts a second thread
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    _opened["model"] = StableDiffusionPipeline.from_pretrained(
        model, safety_checker=None, requires_safety_checker=False, dtype=torch.float32, local_files_only=True
    )
    pipe = pipeline()
    picture = pipe("a picture", num_inference_steps=1, output_type="pt").images
    pipe.vae.encode(2 * picture - 1)


def pipeline(scheduler: str = "DDIMScheduler", device: str = "cpu", dtype: str = "float32") -> StableDiffusionPipeline:
    """A pipeline of its own over the model: what is done to it or to its parts is not seen in the next one."""
    model = _opened["model"]
    parts = {name: _copied(part) for name, part in model.components.items() if isinstance(part, nn.Module)}
    parts["scheduler"] = SCHEDULERS[scheduler].from_config(model.scheduler.config)
    pipe = type(model)(**{**model.components, **parts}, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device, getattr(torch, dtype))


def _copied(module: nn.Module) -> nn.Module:
    """The module with its settings, over the same numbers: a large model is in memory once."""
    numbers = {id(p): nn.Parameter(p.detach(), requires_grad=False) for p in module.parameters()}
    return copy.deepcopy(module, {**numbers, **{id(b): b for b in module.buffers()}}).eval()


def part(name: str) -> Any:
    """One of the model's parts by itself: tokenizer, text_encoder, vae or unet."""
    found = _opened["model"].components[name]
    return _copied(found) if isinstance(found, nn.Module) else found


def scheduler(name: str, **changes: Any) -> Any:
    """A scheduler for the model, last used by somebody who wanted three steps. changes: settings that differ."""
    made = SCHEDULERS[name].from_config(_opened["model"].scheduler.config, **changes)
    made.set_timesteps(3)
    return made


def scheduler_class(name: str) -> type:
    """The class itself."""
    return SCHEDULERS[name]


def scheduler_settings(pipe: StableDiffusionPipeline) -> dict[str, Any]:
    """The class's name and the settings that decide what a pipeline's scheduler does."""
    found = pipe.scheduler
    settings = getattr(found, "config", {})  # a submission may put anything in the scheduler's place
    known = {key: value for key, value in dict(settings).items() if not key.startswith("_")}
    return {"class": type(found).__name__, **known}


def generator(seed: int) -> torch.Generator:
    """A random generator at its beginning."""
    return torch.Generator().manual_seed(seed)


class StandIn(nn.Module):
    """A U-Net that answers with predict(x, t, embeddings)."""

    dtype, device = torch.float32, torch.device("cpu")

    def __init__(self, predict: Callable[..., Tensor], channels: int, side: int) -> None:
        super().__init__()
        self.predict = predict
        self.config = SimpleNamespace(in_channels=channels, sample_size=side, time_cond_proj_dim=None)

    def forward(
        self, sample: Tensor, timestep: Any, encoder_hidden_states: Tensor, return_dict: bool = True, **options: Any
    ) -> Any:
        """As a U-Net of diffusers is called, and as it answers."""
        eps = self.predict(sample, timestep, encoder_hidden_states)
        return SimpleNamespace(sample=eps) if return_dict else (eps,)


def stand_in(predict: Callable[..., Tensor], channels: int = 4, side: int = 8) -> StandIn:
    """A U-Net in whose place `predict` is asked."""
    return StandIn(predict, channels, side)


class Watch:
    """What networks were asked: the U-Net's inputs, how many rows each got, how attention was done."""

    def __init__(self, unet: nn.Module, decoder: nn.Module | None = None) -> None:
        self.inputs: list[Tensor] = []
        self.rows = {"unet": 0, "vae": 0}
        self.attention: set[str] = set()
        unet.register_forward_pre_hook(self._unet_asked, with_kwargs=True)
        if decoder is not None:
            decoder.register_forward_pre_hook(self._decoder_asked, with_kwargs=True)

    def _unet_asked(self, unet: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        sample = args[0] if args else kwargs["sample"]
        self.inputs.append(sample.detach().float().cpu().clone())
        self.rows["unet"] = max(self.rows["unet"], len(sample))
        self.attention |= {type(way).__name__ for way in unet.attn_processors.values()}

    def _decoder_asked(self, decoder: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.rows["vae"] = max(self.rows["vae"], len(args[0] if args else next(iter(kwargs.values()))))


def watch(pipe: StableDiffusionPipeline) -> Watch:
    """Write down from now on what a pipeline's networks are asked."""
    return Watch(pipe.unet, pipe.vae.decoder)


def watch_unet(unet: nn.Module) -> Watch:
    """Write down from now on what a U-Net by itself is asked."""
    return Watch(unet)


def film(seen: Watch) -> list[Tensor]:
    """The U-Net's inputs, in order."""
    return seen.inputs


def habits(seen: Watch) -> dict[str, Any]:
    """The most rows that each network got at once, and the ways in which attention was done."""
    return {**seen.rows, "attention": sorted(seen.attention)}


def peak_mib(device: str) -> float:
    """The most memory that was in use on the device since the last time this was asked."""
    peak = torch.cuda.max_memory_allocated(device) / 2**20
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return peak
