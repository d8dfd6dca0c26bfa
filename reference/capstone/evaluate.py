"""Measures the tiny Stable Diffusion:  python -m reference.capstone.evaluate

Makes pictures in every way that the lesson says something about, looks at them with the trusted grader of
`pictures`, and prints tables in Markdown. Exit status 1: a claim does not hold. The whole takes about ten minutes on
one core, --only-claims two; with fewer --prompts, each claim is allowed two standard errors of so small a sample.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # before torch is imported; see train.py

import click
import torch
from tqdm import tqdm

from reference.capstone import measure
from reference.capstone.claims import NEEDED, Claim, all_hold, judge
from reference.capstone.determinism import differences
from reference.capstone.measure import Recipe, Run
from reference.capstone.networks import load_pipeline
from reference.capstone.sheets import COLUMNS, write_sheet

HERE = Path(__file__).parent
BEGIN, END = "<!-- measured by evaluate.py: begin -->", "<!-- measured by evaluate.py: end -->"
FILMED = ("a red star", "a large blue circle on black", "a small green square", "a pink triangle")
TABLES = {
    "guidance": ("Guidance", measure.GUIDANCE),
    "steps": ("Steps, DDIM", measure.STEPS),
    "schedulers": ("Other schedulers, by from_config", measure.SCHEDULERS),
    "mismatches": ("Schedulers that do not fit the training", measure.MISMATCHES),
    "samples": ("Other noise and other captions", measure.SAMPLES),
}


@click.command(help=__doc__)
@click.option("--model", type=click.Path(path_type=Path, exists=True), default=HERE / "model", help="The pipeline.")
@click.option("--prompts", default=96, show_default=True, help="Pictures for each row of a table.")
@click.option("--threads", default=1, show_default=True, help="Of torch.")
@click.option("--only-claims", is_flag=True, help="Leave out whatever no claim needs: a quarter of the time.")
@click.option("--card", type=click.Path(path_type=Path, exists=True), help="Put the tables into this file's place.")
@click.option("--sheets", type=click.Path(path_type=Path, file_okay=False), help="Folder for contact sheets.")
def main(model: Path, prompts: int, threads: int, only_claims: bool, card: Path | None, sheets: Path | None) -> None:
    """Measure, print, and write what was asked for."""
    torch.set_num_threads(threads)
    pipeline = load_pipeline(model)
    recipes = NEEDED if only_claims else tuple(dict.fromkeys(r for _, table in TABLES.values() for r in table))
    runs = {recipe: measure.run(pipeline, recipe, prompts) for recipe in tqdm(recipes, desc="ways to make pictures")}
    claims = judge(runs)
    parts = [_sample(prompts), _claims_table(claims)]
    if not only_claims:
        parts += _tables(measure.round_trip(pipeline, prompts), runs, differences(pipeline))
    report = "\n\n".join(parts)
    click.echo(report)
    if card:
        before, _, rest = card.read_text(encoding="utf-8").partition(BEGIN)
        card.write_text(f"{before}{BEGIN}\n{report}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    if sheets and not only_claims:
        sheets.mkdir(parents=True, exist_ok=True)
        for name, (_, table) in TABLES.items():
            write_sheet(sheets / f"{name}.png", {recipe.name: runs[recipe].pictures for recipe in table})
        write_sheet(sheets / "film.png", measure.films(pipeline, FILMED, COLUMNS))
    if not all_hold(claims):
        raise SystemExit(1)


def _sample(count: int) -> str:
    return f"{count} pictures a row; one standard error is {100 * (0.09 / count) ** 0.5:.0f} points at 90 %."


def _claims_table(claims: Iterable[Claim]) -> str:
    rows = [(claim.text, claim.found, "yes" if claim.holds else "NO") for claim in claims]
    return f"### Claims\n\n{_table(('claim', 'found', 'holds'), rows)}"


def _tables(real: Run, runs: Mapping[Recipe, Run], same: Mapping[str, float]) -> list[str]:
    parts = []
    for title, recipes in TABLES.values():
        rows = [real, *(runs[r] for r in recipes)] if recipes is measure.GUIDANCE else [runs[r] for r in recipes]
        parts.append(f"### {title}\n\n{_runs_table(rows)}")
    ways = _table(("how", "largest difference, of 1"), [(how, f"{value:.1e}") for how, value in same.items()])
    return [*parts, f"### The same four pictures, computed otherwise\n\n{ways}"]


def _runs_table(runs: Iterable[Run]) -> str:
    head = ("run", "right", "colour", "shape", "clean", "overlap", "off palette", "colour error", "latent RMS")
    rows = []
    for run in runs:
        s = run.scores
        shares = [f"{share:.0%}" for share in (s.right, s.colour, s.shape, s.clean)]
        rows.append(
            (
                run.recipe.name,
                *shares,
                f"{s.iou:.2f}",
                f"{s.off_palette:.1%}",
                f"{s.colour_error:.0f}",
                f"{run.latent_rms:.2f}",
            )
        )
    return _table(head, rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
