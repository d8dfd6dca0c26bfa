"""hints.json of the bundle: what each misconception answers to the public examples, covered, with its hint.

The course's misconceptions are tried on the examples of the starter, here, where they may be seen. What goes to
students is made of nothing but public inputs and hints: see `autograder.selfcheck.hints` for what can be read from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course.modules import load_bank, load_reference
from autograder.results.result_json import to_json
from autograder.selfcheck.examples import docstrings
from autograder.selfcheck.file import load
from autograder.selfcheck.hints import cover, wrong_answer
from autograder.selfcheck.run import Report, State, try_examples
from autograder.verdicts.diagnosis import Entry
from autograder.verdicts.replay import undisturbed
from autograder.verdicts.trusted import with_idea


def hints_json(root: Path, slug: str, starter: Path) -> bytes | None:
    """The file for one assignment; None if none of its misconceptions shows in a public example."""
    answers = hints_by_answer(root, slug, starter)
    entries = dict(sorted(cover(answer, hint) for answer, hint in answers.items()))
    return to_json({"schema": 1, "hints": entries}).encode() if entries else None


def hints_by_answer(root: Path, slug: str, starter: Path) -> dict[str, str]:
    """Wrong answer to hint, for answers that one misconception alone gives, each time, and not the starter itself."""
    bank = [entry for entry in load_bank(root, slug) if not entry.slow]
    if not bank:
        return {}
    examples = docstrings(starter.read_text("utf-8"))
    with undisturbed():
        handed_out = load(starter)
        right = vars(load_reference(root, slug))
        names = handed_out.namespace | {name: right[name] for name in handed_out.functions if name in right}
        found: dict[str, set[str]] = {}
        for function in examples:
            if function not in right or _tried(right[function], function, examples, names).state is not State.RIGHT:
                continue
            unmoved = wrong_answer(_tried(handed_out.functions[function], function, examples, names))
            for entry in bank:
                answer = _answer(entry, function, examples, names, right) if _is_about(entry, function) else ""
                if answer and answer != unmoved:
                    found.setdefault(answer, set()).add(entry.hint)
    return {answer: next(iter(hints)) for answer, hints in found.items() if len(hints) == 1}


def _is_about(entry: Entry, function: str) -> bool:
    """Whether an idea is about a function, about a class, or about a method of that."""
    return entry.function.partition(".")[0] == function


def _answer(
    entry: Entry, function: str, examples: Mapping[str, str], names: dict[str, Any], right: Mapping[str, Any]
) -> str:
    """What it answers to the first example that it gets wrong; "" if that differs from run to run."""
    wrong = with_idea({function: right[function]}, entry.function, entry.wrong)[function]
    answers = set()
    for seed in (1, 2):
        _seed(seed)
        answers.add(wrong_answer(_tried(wrong, function, examples, names)))
    return answers.pop() if len(answers) == 1 else ""


def _tried(wrong: Callable[..., Any], function: str, examples: Mapping[str, str], names: dict[str, Any]) -> Report:
    if isinstance(wrong, type):
        return try_examples(type(function, (wrong,), {"__doc__": examples[function]}), names)

    def stand_in(*arguments: Any, **named: Any) -> Any:
        return wrong(*arguments, **named)

    stand_in.__name__, stand_in.__doc__ = function, examples[function]
    return try_examples(stand_in, names)


def _seed(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
