"""The shipped model: it loads offline and quietly, it is small, and the lesson's claims hold on it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from safetensors.torch import load_file

from reference import capstone
from reference.capstone.claims import NEEDED, judge
from reference.capstone.measure import REFERENCE, captions, decode, generate, run
from reference.capstone.networks import load_pipeline

pytestmark = pytest.mark.no_cover

MODEL = Path(capstone.__file__).with_name("model")
SAMPLE = 12  # pictures


@pytest.fixture(scope="module")
def pipeline() -> Iterator[StableDiffusionPipeline]:
    """The shipped model, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield load_pipeline(MODEL)
    torch.set_num_threads(threads)


def test_the_folder_is_that_of_stable_diffusion() -> None:
    """The five parts and the index are where v1-5 has them."""
    assert {path.name for path in MODEL.iterdir()} == {
        "model_index.json",
        "scheduler",
        "text_encoder",
        "tokenizer",
        "unet",
        "vae",
    }


def test_the_model_is_small() -> None:
    """All files together are at most 8 MB, and every weight is in half precision."""
    assert sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file()) <= 8_000_000
    weights = [tensor for path in MODEL.rglob("*.safetensors") for tensor in load_file(path).values()]
    assert {tensor.dtype for tensor in weights} == {torch.float16}


def test_the_configuration_is_that_of_stable_diffusion(pipeline: StableDiffusionPipeline) -> None:
    """Scaling factor, latents 48 times smaller than pictures, and a scheduler that DDIM can be made from unclipped."""
    assert pipeline.vae.config.scaling_factor == 0.18215
    assert 3 * pipeline.vae.config.sample_size**2 == 48 * 4 * pipeline.unet.config.sample_size**2
    assert json.loads((MODEL / "scheduler/scheduler_config.json").read_text())["_class_name"] == "PNDMScheduler"
    assert DDIMScheduler.from_config(pipeline.scheduler.config).config.clip_sample is False


def test_no_path_of_the_training_machine_is_shipped() -> None:
    """No file says where it was made."""
    texts = [path.read_text(encoding="utf-8") for path in MODEL.rglob("*.json")]
    assert not any("_name_or_path" in text for text in texts)


def test_loading_says_nothing(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """No warning is logged or printed."""
    for name in ("diffusers", "transformers"):
        logging.getLogger(name).addHandler(caplog.handler)
    load_pipeline(MODEL)
    for name in ("diffusers", "transformers"):
        logging.getLogger(name).removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert "warn" not in capfd.readouterr().err.lower()


def test_all_parts_are_read_in_one_precision() -> None:
    """Without any argument, every part comes in float32, though the files hold float16."""
    pipeline = StableDiffusionPipeline.from_pretrained(MODEL, low_cpu_mem_usage=False)
    assert {pipeline.unet.dtype, pipeline.vae.dtype, pipeline.text_encoder.dtype} == {torch.float32}


def test_the_lessons_claims_hold_on_a_small_sample(pipeline: StableDiffusionPipeline) -> None:
    """Each claim of `claims`, allowing two standard errors of twelve pictures."""
    claims = judge({recipe: run(pipeline, recipe, SAMPLE) for recipe in NEEDED})
    assert [claim for claim in claims if not claim.holds] == []


def test_a_batch_equals_its_single_pictures(pipeline: StableDiffusionPipeline) -> None:
    """Twice the same is the same bit for bit; one of a batch alone is the same within 1e-4."""
    asked = captions(2)
    both = decode(pipeline, generate(pipeline, asked, REFERENCE))
    again = decode(pipeline, generate(pipeline, asked, REFERENCE))
    alone = decode(pipeline, generate(pipeline, asked[:1], REFERENCE))
    assert torch.equal(both, again)
    assert torch.allclose(both[:1], alone, atol=1e-4)
