"""What a page shows as the inputs of a failed check can be pasted: over every call of every check of the course."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.course.course_yml import load_course
from autograder.suite.shown_calls import told_inputs
from autograder.validation.trials import Bench
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.replay import agrees

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]
# latent_diffusion's checks are over objects that only its model makes; those of concepts ask no reference's function.
SLUGS = [each.slug for each in load_course(ROOT).assignments if each.slug not in ("latent_diffusion", "concepts")]


def spoilt(suite: CollectedSuite) -> list[Any]:
    """Snippets that do not run, or give another answer though they show everything."""
    bench = Bench(suite)
    found, tried = [], 0
    for spec in suite.specs:
        if spec.timeout is not None or spec.needs:
            continue
        for call in bench._look(spec.id, "trial-0").calls:
            right = bench.reference.get(call.function)
            if right is None:
                continue
            text, tried = told_inputs(call, right), tried + 1
            *lines, question = text.split("\n")
            space: dict[str, Any] = dict(bench.reference)
            try:
                exec("\n".join(lines), space)
                answer = eval(question, space)
            except Exception as error:  # noqa: BLE001  whatever it is, it is told
                found.append((spec.id, type(error).__name__, str(error), text))
                continue
            whole = "like it in shape" not in text and "stands in for" not in text and " = ..." not in text
            if whole and not agrees(answer, call.value):
                found.append((spec.id, "another answer", text))
    assert tried
    return found


@pytest.mark.sampled(8)
@pytest.mark.parametrize("slug", SLUGS)
def test_the_shown_inputs_of_every_call_run_and_give_its_answer(slug: str) -> None:
    """With the reference in the place of the student's function, imports and stand-ins included"""
    assert collect(ROOT / "tests" / "suites" / f"test_{slug}.py", ROOT, spoilt) == []
