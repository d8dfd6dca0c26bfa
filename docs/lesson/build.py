"""Builds what the lesson is shown with: `python docs/lesson/build.py [pictures] [card] [site]`, all without a name.

pictures: runs the notebooks' scripts, which draw the chapters' pictures (docs/lesson/pictures). card: the page to print
(card.pdf). site: the chapters, handouts and run notebooks as web pages in docs/lesson/_build/site, which need no
network; `grade lesson` opens them. Pictures and card are the same bytes each time on the same machine; pictures that
the trained model draws can differ in the last digit on another kind of processor.

Needs the package with its extra `lesson`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODEL = ROOT / "reference" / "capstone" / "model"
CHAPTERS = (
    "sculptor",
    "adding-noise",
    "one-step-back",
    "sampling",
    "training",
    "your-turn",
    "guidance",
    "latent-diffusion",
    "beyond-images",
    "common-errors",
    "quick-reference",
    "questions",
)
SLUGS = (
    "warmup",
    "noising",
    "denoise_step",
    "sampling_loop",
    "mse_loss",
    "cfg",
    "latent_diffusion",
    "clinic",
    "beyond_images",
    "concepts",
)


def scripts() -> list[Path]:
    """The notebooks' sources."""
    return [file for file in sorted((HERE / "notebooks").glob("*.py")) if "# %% [markdown]" in file.read_text("utf-8")]


def draw_pictures(folder: Path) -> str:
    """Run every notebook's script, which writes its pictures into the folder. Returns what they printed."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "LESSON_PICTURES": str(folder),
        "MODEL": str(MODEL),
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
    }
    printed = []
    for script in scripts():
        print(f"running {script.name}", flush=True)
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, check=True, text=True, capture_output=True
        )
        printed.append(f"{script.stem}\n{done.stdout}")
    subprocess.run([sys.executable, str(HERE / "handouts.py")], env=environment, check=True)
    return "\n".join(printed)


def write_card(file: Path) -> None:
    """Typeset the quick reference as one page. Without a date, so that it is the same bytes each time."""
    import typst

    typst.compile(HERE / "card.typ", output=file, font_paths=[], ignore_system_fonts=True)


def build_site(folder: Path) -> None:
    """Write the web pages. Every link within them is checked: a dead one is an error."""
    from sphinx.cmd.build import main as sphinx

    from autograder.release.lesson import in_bundle, lesson_files

    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "source"
        shutil.rmtree(folder, ignore_errors=True)
        files = {name: data for name, data in lesson_files(ROOT).items() if not name.startswith("lesson/site/")}
        for slug in SLUGS:
            home = ROOT / "assignments" / slug
            files[f"{slug}/README.md"] = in_bundle(home / "README.md").encode()
            drawn = sorted([*home.glob("pictures/*.png"), *home.glob("pictures/*.svg")])
            files |= {f"{slug}/pictures/{file.name}": file.read_bytes() for file in drawn}
        files["index.md"] = _index().encode()
        for name, data in files.items():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        os.environ |= {"MODEL": str(MODEL), "OMP_NUM_THREADS": "1"}
        options = ["-b", "html", "-q", "-W", "--keep-going", "-c", str(HERE), "-d", str(Path(place) / "doctrees")]
        if sphinx([*options, str(source), str(folder)]):
            raise SystemExit("the site was not built; see above")
        write_font(folder / "_static" / "stix-two-math.ttf")
        (folder / ".buildinfo").unlink(missing_ok=True)
        shutil.rmtree(folder / "_sources", ignore_errors=True)


def write_font(file: Path) -> None:
    """Write the part of STIX Two Math (SIL Open Font License) that the lesson's formulas need: a tenth of it."""
    from importlib.resources import files

    from fontTools.subset import main as subset

    font = files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"
    # Letters and signs; Greek; dots, arrows, operators; italic letters, Latin and Greek; script capitals.
    needed = "U+20-7E,U+A0-B7,U+2C6-2DC,U+300-33F,U+391-3F5,U+2010-2044,U+210A-2134,U+2190-21D4,U+2200-22EF"
    needed += ",U+1D434-1D467,U+1D49C-1D4B5,U+1D6E2-1D71B,U+203E,U+AF"
    subset([str(font), f"--unicodes={needed}", "--layout-features=*", f"--output-file={file}", "--no-recalc-timestamp"])


def _index() -> str:
    """The first page of the site: the contents, and the tree that the side bar shows."""
    notebooks = "\n".join(f"lesson/notebooks/{script.stem}" for script in scripts())
    trees = {
        "Lesson": "\n".join(f"lesson/{name}" for name in ("README", *CHAPTERS)),
        "Notebooks": notebooks,
        "Assignments": "\n".join(f"{slug}/README" for slug in SLUGS),
    }
    parts = [f"```{{toctree}}\n:caption: {title}\n:hidden:\n\n{pages}\n```\n" for title, pages in trees.items()]
    first = (
        "# Diffusion models explained\n\nThe [contents](lesson/README.md), or straight to the first chapter: "
        "[The sculptor in the static](lesson/sculptor.md).\n\n"
        "![A picture on its way from noise to a red star](lesson/pictures/latent-film.png)\n"
    )
    return "\n".join([first, *parts])


def main(wanted: list[str]) -> None:
    """Build what is named, or everything."""
    steps = {
        "pictures": lambda: print(draw_pictures(HERE / "pictures")),
        "card": lambda: write_card(HERE / "card.pdf"),
        "site": lambda: build_site(HERE / "_build" / "site"),
    }
    for name in wanted or steps:
        if name not in steps:
            raise SystemExit(f"{name}: known are {', '.join(steps)}")
        steps[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
