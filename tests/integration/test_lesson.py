"""The lesson's notebooks in a real kernel, as students get them: numbers are the text's, pictures the page's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from autograder.release.lesson import as_notebook
from reference import mse_loss, noising, warmup

pytestmark = pytest.mark.filterwarnings("default")  # the kernel client's own
ROOT = Path(__file__).parents[2]
HOME = ROOT / "docs" / "lesson"
NOTEBOOKS = sorted(file.stem for file in HOME.glob("notebooks/*.py") if "# %% [markdown]" in file.read_text("utf-8"))
CHAPTERS = sorted(file.stem for file in HOME.glob("*.md") if file.stem != "README")
GIVEN = set(tomllib.loads((HOME / "given.toml").read_text("utf-8")))
FIVE = [0.9, 0.7, 0.5, 0.3, 0.1]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Name of a notebook to (what it printed, folder of the pictures it drew, outputs); each is run once."""
    done = {}

    def answer(name):
        if name not in done:
            place = tmp_path_factory.mktemp(name)
            for file in HOME.glob("notebooks/*.py"):
                text = file.read_text("utf-8")
                (place / file.name).write_text(text, "utf-8")
            notebook = nbformat.reads(as_notebook(name, (place / f"{name}.py").read_text("utf-8")), 4)
            drawn = place / "pictures"
            drawn.mkdir()
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("OMP_NUM_THREADS", "1")
                patch.setenv("MODEL", str(ROOT / "reference" / "capstone" / "model"))
                patch.setenv("LESSON_PICTURES", str(drawn))
                NotebookClient(
                    notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(place)}}
                ).execute()
            outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
            printed = "".join(output.text for output in outputs if output.output_type == "stream")
            done[name] = printed, drawn, outputs
        return done[name]

    return answer


def numerals(text: str) -> set[str]:
    """The numbers of a text that have two digits or more, without sign: 1,000 and 1000 are one."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return {number for number in re.findall(r"\d+(?:\.\d+)?", text) if len(number) > 1}


def prose(page: Path) -> str:
    """A chapter without formulas, code, pictures' names and links' targets."""
    text = page.read_text("utf-8")
    text = re.sub(r"```.*?```|`[^`]*`", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)", "]", text)


def of_its_own(chapter: str) -> str | None:
    """The notebook that a chapter says is its own."""
    found = re.search(r"^\*Notebook: \[(\w+)\]", (HOME / f"{chapter}.md").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else None


@pytest.mark.sampled(3)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_number_of_a_chapter_comes_out_of_its_notebook(chapter, ran):
    """What the notebook prints, what it sets, or what given.toml says the source of."""
    name = of_its_own(chapter)
    known = set(GIVEN)
    if name:
        known |= numerals(ran(name)[0]) | numerals((HOME / "notebooks" / f"{name}.py").read_text("utf-8"))
    assert numerals(prose(HOME / f"{chapter}.md")) - known == set()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_draws_the_pictures_of_the_page(name, ran):
    """Curves to the byte; pixels too, or on another kind of processor to less than a grey level on average."""
    _, drawn, outputs = ran(name)
    files = sorted(drawn.iterdir())
    assert files
    assert sum("image/png" in output.get("data", {}) for output in outputs) == len(files)
    for file in files:
        committed = HOME / "pictures" / file.name
        if file.read_bytes() != committed.read_bytes():
            assert file.suffix == ".png", f"{file.name}: run `python docs/lesson/build.py pictures`"
            ours, theirs = (np.asarray(Image.open(one).convert("RGB"), dtype=float) for one in (file, committed))
            assert ours.shape == theirs.shape, file.name
            assert abs(ours - theirs).mean() < 1, file.name


def test_the_handouts_pictures_are_drawn_by_their_program(tmp_path):
    """To the byte on the same kind of processor; elsewhere the same picture up to rounding."""
    environment = os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, HOME / "handouts.py", tmp_path], env=environment, check=True)
    files = sorted(tmp_path.rglob("right-and-wrong.*"))
    committed = sorted(ROOT.glob("assignments/*/pictures/right-and-wrong.*"))
    assert [file.parts[-3:] for file in files] == [file.parts[-3:] for file in committed]
    for ours, theirs in zip(files, committed, strict=True):
        if ours.suffix == ".svg" and ours.read_bytes() != theirs.read_bytes():
            assert ours.read_text("utf-8").count("<path") == theirs.read_text("utf-8").count("<path"), theirs
        elif ours.read_bytes() != theirs.read_bytes():
            pixels = (np.asarray(Image.open(one).convert("RGB"), dtype=float) for one in (ours, theirs))
            assert abs(np.subtract(*pixels)).mean() < 1, theirs


def test_every_picture_is_drawn_by_a_notebook_and_stands_in_a_chapter():
    """Nothing is left over from an earlier version."""
    sources = "".join(file.read_text("utf-8") for file in HOME.glob("notebooks/*.py"))
    pages = "".join(file.read_text("utf-8") for file in HOME.glob("*.md"))
    names = [file.name for file in HOME.glob("pictures/*")]
    assert [name for name in names if f'"{name}"' not in sources or f"pictures/{name})" not in pages] == []


def test_the_numbers_are_the_references(ran):
    """What the notebooks compute with other libraries, the reference functions of the assignments compute too."""
    noise = ran("adding_noise")[0]
    for step, row in enumerate(warmup.noise_signal(FIVE, 4, 0.15, 0), 1):
        assert f"after {step} steps: " + " ".join(f"{value:.4f}" for value in row) in noise
    linear, cosine = (noising.alpha_bars(betas(1000)) for betas in (noising.linear_betas, noising.cosine_betas))
    assert f"half-way {100 * linear[499]:.1f} %, at the end {100 * linear[-1]:.5f} %" in noise
    assert f"half-way {100 * cosine[499]:.1f} %" in noise

    rows = re.findall(r"^(noisy|guess|after): (.*)$", ran("one_step_back")[0], re.MULTILINE)
    noisy, guess, after = ([float(value) for value in row.split()] for _, row in rows)
    assert after == pytest.approx(warmup.denoise(noisy, guess), abs=0.0011)

    walked = ran("sampling")[0]
    walk = warmup.toy_sample([-0.26, 0.51, -0.23, -0.32, -0.93], FIVE, 8)
    for step in (2, 4, 6, 8):
        row = re.search(rf"after {step} of 8 steps: (.*)", walked)[1].split()
        assert [float(value) for value in row] == pytest.approx(walk[step - 1], abs=0.011)

    trained = ran("training")[0]
    noise = [float(value) for value in re.search(r"true noise: (.*)", trained)[1].split()]
    assert f"guessing nothing {0.856:.3f}" in trained
    assert warmup.mse([0, 0, 0, 0], noise) == pytest.approx(0.856, abs=0.01)


def test_the_guesses_of_the_star_are_steps_of_the_reference():
    """The sampler of the library and the course's own take the same step."""
    import torch
    from diffusers import DDIMScheduler

    from reference.denoise_step import ddim_step

    scheduler = DDIMScheduler(num_train_timesteps=1000, clip_sample=False, timestep_spacing="trailing")
    scheduler.set_timesteps(50)
    x, eps = torch.randn(2, 7, 2, generator=torch.Generator().manual_seed(0))
    theirs = scheduler.step(eps, 999, x).prev_sample
    assert torch.allclose(ddim_step(x, 999, 979, eps, scheduler.alphas_cumprod), theirs, atol=1e-5)
    x_t = scheduler.add_noise(x, eps, torch.full((7,), 499))
    seen, target = mse_loss.training_pair(x, torch.full((7,), 499), eps, scheduler.alphas_cumprod)
    assert torch.allclose(seen, x_t, atol=1e-6)
    assert target is eps


def test_a_notebook_is_the_same_bytes_each_time():
    """Cells have the ids of their places, and nothing of the machine is in the file."""
    source = (HOME / "notebooks" / "sampling.py").read_text("utf-8")
    first = as_notebook("sampling", source)
    assert first == as_notebook("sampling", source)
    assert nbformat.reads(first, 4).cells[0].id == "sampling-00"
