"""The capstone as a class hands it in, and on a model that nobody trained."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import torch

from autograder.course.course_yml import load_course
from autograder.executors.local import local_pool
from autograder.records import Outcome
from autograder.runs import run as pipeline
from autograder.validation.known_submissions import copy_course, grade_known

pytestmark = [pytest.mark.jail, pytest.mark.timeout(600), pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).resolve().parents[2]
SLUG = "latent_diffusion"
SAMPLE_CLASS = {
    "s01": 100.0,  # the pipeline does the work
    "s02": 100.0,  # every step by hand
    "s03": 87.5,  # no scaling on the way to the decoder
    "s04": 71.88,  # no scaling on the way in, each guess used for two steps, another prediction type
    "s05": 79.17,  # a line that raises, a misspelt attribute, timesteps never set
    "s06": 89.58,  # the halves in the other order, and a loop that never ends
    "s07": 83.33,  # no guidance, and a gigabyte of prints
    "s08": 11.46,  # looks for the answers, patches torch and diffusers, always equal objects
    "s09": 81.25,  # two days late; a fresh scheduler, first noise not sized
    "s10": 100.0,  # a notebook with magics, plots and a failing cell
}


# A minute and a half of two processors for all of them; where CI is set, every third.
STUDENTS = list(SAMPLE_CLASS)[:: 3 if os.environ.get("CI") and not os.environ.get("EVERY_CASE") else 1]


def test_the_sample_class_gets_exactly_these_scores(tmp_path: Path) -> None:
    """Right, unusual, wrong in each of the ways that the capstone is about, and hostile; before lateness."""
    root = tmp_path / "course"
    copy_course(ROOT, root)
    shutil.copyfile(ROOT / "roster.csv", root / "roster.csv")
    for student in STUDENTS:
        shutil.copytree(
            ROOT / "assignments" / SLUG / "submitted" / student, root / "assignments" / SLUG / "submitted" / student
        )
    course = load_course(root)
    paths = [root / "assignments" / SLUG]
    graded = pipeline.run(course, paths, partial(local_pool, 2, course), clock=lambda: datetime.now(UTC)).fresh
    expected = {student: SAMPLE_CLASS[student] for student in STUDENTS}
    assert {one.student: one.score_before_late for one in graded} == expected
    assert not any(one.needs_human for one in graded)


def test_the_same_work_is_right_on_another_model_of_the_format(tmp_path: Path) -> None:
    """Other sizes everywhere, weights that nobody trained: only the grader of pictures has nothing to say."""
    folders = [ROOT / "tests" / "submissions" / SLUG / name for name in ("correct_as_reference", "correct_pipeline")]
    trained = load_course(ROOT).assignment(SLUG).equipment.model
    assert trained
    other = untrained_model(trained, tmp_path / "other")
    for (_, student), graded in grade_known(ROOT, folders, tmp_path, graders=2, model=other).items():
        lost = [check.message for check in graded.checks if check.points < check.max_points]
        skipped = [check.id for check in graded.checks if check.outcome is Outcome.SKIPPED]
        assert (student, graded.score, skipped) == (student, 100.0, ["generate.prompts", "cuda.half", "cuda.memory"]), (
            lost
        )


def untrained_model(trained: Path, folder: Path) -> Path:
    """A pipeline of half the depth: pictures 32 x 32, latents 8 x 8, another scaling factor, the same words."""
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(trained / "tokenizer")
    text = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=24, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=24,
        attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        norm_num_groups=4,
        latent_channels=4,
        scaling_factor=0.3,
    )
    scheduler = PNDMScheduler.from_pretrained(trained / "scheduler")
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder
