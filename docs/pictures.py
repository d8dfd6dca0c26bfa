"""Makes the pictures of these pages anew: `python docs/pictures.py [--class RESULTS]`, a minute or two.

Ten known submissions are graded in the real jail, and Chromium takes each one's page at the check that its mistake
costs (docs/mistakes/), and a whole page (docs/student.png). With the folder of a graded class's results (the course, or
what `--out` named) also the dashboard (docs/dashboard.png). Look at every picture before you commit it.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from autograder.course.course_yml import load_course
from autograder.pages.dashboard import write_dashboard
from autograder.pages.student_page import write_student_page
from autograder.results.result_json import load_results
from autograder.validation.known_submissions import grade_known

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
# Picture to known submission and check. docs/ten-mistakes.md tells the idea behind each.
MISTAKES = {
    "one-draw-for-all": ("warmup/wrong_one_roll_and_a_sum", "noise_signal.values"),
    "no-roots": ("noising/wrong_no_roots", "q_sample.image"),
    "last-axis": ("noising/wrong_last_axis", "q_sample.batch_is_width"),
    "flat-noise": ("noising/wrong_in_place_and_flat", "q_sample_own.stats"),
    "starts-clean": ("noising/wrong_clock", "alpha_bars.values"),
    "row-minus-one": ("denoise_step/wrong_ends", "ddim_step.final"),
    "wrong-clock": ("sampling_loop/wrong_clock", "ddpm.calls"),
    "one-t-for-all": ("mse_loss/wrong_min_snr", "random_timesteps.stats"),
    "wrong-target": ("mse_loss/wrong_answer_key", "training_pair.values"),
    "wrong-start": ("cfg/wrong_from_cond", "cfg_combine.values"),
}
WHOLE = ("noising", "wrong_no_roots")
WIDTH, DASHBOARD_WIDTH, LONGEST, COLOURS = 760, 1180, 1300, 64


def main() -> None:
    """Grade, open, take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--class", dest="results", type=Path, help="where a graded class's results lie")
    parser.add_argument("--only", action="append", choices=MISTAKES, help="only this picture, or these")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from chromium import open_browser, show_as

    with tempfile.TemporaryDirectory() as folder, open_browser(Path(folder) / "profile") as browser:
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        show_as(browser, width=WIDTH, height=LONGEST)
        pages = graded_pages(Path(folder), arguments.only or list(MISTAKES))
        for name in arguments.only or MISTAKES:
            known, check = MISTAKES[name]
            browser.get(f"{pages[known].as_uri()}#check-{check}")
            save(browser.find_element("id", f"check-{check}").screenshot_as_png, DOCS / "mistakes" / f"{name}.png")
        if not arguments.only:
            browser.get(pages["whole"].as_uri())
            save(browser.get_screenshot_as_png(), DOCS / "student.png")
        if arguments.results:
            course = load_course(ROOT)
            show_as(browser, width=DASHBOARD_WIDTH, height=LONGEST)
            browser.get(write_dashboard(course, load_results(course, arguments.results), Path(folder)).as_uri())
            save(browser.get_screenshot_as_png(), DOCS / "dashboard.png")


def graded_pages(folder: Path, names: list[str]) -> dict[str, Path]:
    """The page of each known submission that is needed, by its name."""
    course = load_course(ROOT)
    wanted = dict.fromkeys(MISTAKES[name][0] for name in names)
    graded = grade_known(ROOT, [ROOT / "tests" / "submissions" / name for name in wanted], folder, graders=1)
    pages = {f"{slug}/{name}": write_student_page(course, one, folder) for (slug, name), one in graded.items()}
    if WHOLE in graded:
        pages["whole"] = write_student_page(course, replace(graded[WHOLE], student="s04"), folder)
    return pages


def save(png: Any, file: Path) -> None:
    """A small PNG: 64 colours are enough for text and curves."""
    file.parent.mkdir(exist_ok=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS)
    picture.save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}: {picture.width} x {picture.height}, {file.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
