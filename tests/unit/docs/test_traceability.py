"""assignments/TRACEABILITY.md and the suites name the same checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "assignments" / "TRACEABILITY.md").read_text("utf-8")
SUITES = {path.stem.removeprefix("test_"): path for path in sorted((ROOT / "tests" / "suites").glob("test_*.py"))}
PLANNED = " *(planned)*"


def checks_of(suite: Path) -> set[str]:
    """The ids of a suite's @check decorators, read without running it."""
    functions = [node for node in ast.walk(ast.parse(suite.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    decorators = [d for function in functions for d in function.decorator_list if isinstance(d, ast.Call)]
    checks = [d for d in decorators if isinstance(d.func, ast.Name) and d.func.id == "check"]
    return {str(ast.literal_eval(check.args[0])) for check in checks}


def named_checks(page: str) -> set[tuple[str, str, bool]]:
    """(assignment, check id, whether marked as planned) for every check that a row of the page names."""
    named = set()
    for row in page.splitlines():
        if not row.startswith("| "):
            continue
        for slug, mark, ids in re.findall(r"\*\*(\w+)\*\*( \*\(planned\)\*)?((?: `[\w.]+`)+)", row):
            named |= {(slug, id, mark == PLANNED) for id in re.findall(r"`([\w.]+)`", ids)}
    return named


def test_every_named_check_exists_or_is_planned() -> None:
    """A row names only checks that a suite has, except of assignments without a suite, which are marked."""
    missing = {
        f"{slug}: {id}"
        for slug, id, planned in named_checks(PAGE)
        if not (planned and slug not in SUITES) and id not in (checks_of(SUITES[slug]) if slug in SUITES else ())
    }
    assert missing == set()


def test_nothing_is_planned_that_is_there() -> None:
    """The mark goes as soon as the assignment has a suite."""
    assert {slug for slug, _, planned in named_checks(PAGE) if planned and slug in SUITES} == set()


@pytest.mark.parametrize("slug", SUITES)
def test_every_check_has_a_place_in_the_lesson(slug: str) -> None:
    """Each check of a suite is named by at least one row."""
    named = {id for assignment, id, _ in named_checks(PAGE) if assignment == slug}
    assert checks_of(SUITES[slug]) - named == set()


def test_every_row_names_a_check() -> None:
    """No statement of the lesson stands in a table without a check behind it."""
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and not re.match(r"\| (in the lesson|---)", row)]
    assert len(rows) > 40
    assert [row for row in rows if not named_checks(row)] == []


def test_a_check_that_no_suite_has_is_noticed() -> None:
    """The reader of the page finds ids, assignments and marks where they stand."""
    row = (
        "| something | **noising** `q_sample.image` `q_sample.imagined`; **latent_diffusion** *(planned)* `generate` |"
    )
    assert named_checks(row) == {
        ("noising", "q_sample.image", False),
        ("noising", "q_sample.imagined", False),
        ("latent_diffusion", "generate", True),
    }
