"""Every known attack is contained: seen for what it is, gains nothing, leaves the jail good for the next submission."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from attacks.attack import VALUE, Attack
from attacks.escapes import ESCAPES
from attacks.holes import JUDGEMENT
from attacks.lies import LIES

from autograder.errors import StudentFault
from autograder.records import JAIL_TIERS, JailReport, Limits
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote

pytestmark = pytest.mark.jail

TOKEN = "TOP-SECRET-" + "47110815"
LIMITS = Limits(call_seconds=0.7, submission_seconds=12.0, memory_mib=512, callbacks=300, restarts=4)
GOOD = b"import torch\ndef double(x):\n    return 2 * x\n"


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hidden suite that no submission may read."""
    path = tmp_path_factory.mktemp("course") / "suite.py"
    path.write_text(f"EXPECTED = {TOKEN!r}\n")
    return path


@pytest.fixture(scope="module")
def zygote(secret: Path) -> Iterator[Zygote]:
    """One real jail for all attacks: each must leave it fit for the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", TOKEN)
        with Zygote(required_layers=("bubblewrap",), forbidden=(secret,), limits=LIMITS) as started:
            yield started


@pytest.fixture(scope="module")
def inner_walls(secret: Path) -> Iterator[Zygote]:
    """The same in the landlock tier, as on a machine without namespaces."""
    walls = JAIL_TIERS["landlock"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", TOKEN)
        report = JailReport(layers=walls)
        with Zygote(required_layers=walls, forbidden=(secret,), limits=LIMITS, report=report) as started:
            yield started


def model(x: torch.Tensor, t: int) -> torch.Tensor:
    """A model of the suite, as one is lent to a student's sampling loop."""
    return x * (t + 1)


def descendants(pid: int) -> list[int]:
    """Every process under `pid`, by the kernel's own table."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(entry.name), *descendants(int(entry.name))]
    return found


def test_every_module_of_ours_that_an_attack_names_exists() -> None:
    """Else an attack on a module that was renamed would be contained for the wrong reason"""
    named = {name for a in [*ESCAPES, *LIES, *JUDGEMENT] for name in re.findall(r"\bautograder(?:\.\w+)+", a.source)}
    assert len(named) >= 3
    assert [name for name in named if not importlib.util.find_spec(name)] == []


EVERY = [*ESCAPES, *LIES, *JUDGEMENT]
# A tier is a matter of files, processes, the kernel, memory and time. The rest is about values on the line, the same in
# both, and takes minutes: left out where time is short, unless asked for by name.
SHORT_OF_TIME = bool(os.environ.get("CI")) and not os.environ.get("EVERY_ATTACK_IN_EVERY_TIER")
WITHOUT_NAMESPACES = [a for a in EVERY if a in ESCAPES or a.without_namespaces] if SHORT_OF_TIME else EVERY


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.name)
def test_an_attack_is_contained(attack: Attack, zygote: Zygote, secret: Path) -> None:
    """Behind both walls."""
    see_it_contained(attack, attack.shows, zygote, secret, sees=attack.sees)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("attack", WITHOUT_NAMESPACES, ids=lambda attack: attack.name)
def test_an_attack_is_contained_without_namespaces(attack: Attack, inner_walls: Zygote, secret: Path) -> None:
    """By the inner wall alone; what it gives up is said with the attack."""
    shows = attack.shows if attack.without_namespaces is None else attack.without_namespaces
    see_it_contained(attack, shows, inner_walls, secret, sees=attack.sees_without_namespaces or attack.sees)


def see_it_contained(attack: Attack, expected: str, zygote: Zygote, secret: Path, *, sees: str) -> None:
    """The trusted side sees exactly what the catalogue says, nothing was read, and a good submission still passes."""
    warm = zygote._process
    assert warm is not None
    before = sorted(descendants(warm.pid))
    allclose = torch.allclose
    source = f"SECRET = {str(secret)!r}\n{attack.source}\n".encode()

    with Session(zygote, LIMITS, seed=0) as session:
        try:
            session.load({"attack.py": source}, "attack.py")
            seen, shows = VALUE, repr(session.call("attack", [model], {}).value)
        except StudentFault as fault:
            seen, shows = type(fault).__name__, fault.text

    everything = shows + session.stdout + session.stderr
    assert (seen, bool(re.search(expected, shows, re.DOTALL))) == (sees, True), f"{seen}: {shows[:500]}"
    assert TOKEN not in everything
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", everything)
    assert len(session.stdout) <= 64 << 10 and len(shows) < 10_000
    assert sorted(descendants(warm.pid)) == before, "a process is left"
    assert torch.allclose is allclose
    with Session(zygote, LIMITS, seed=0) as session:
        session.load({"good.py": GOOD}, "good.py")
        assert torch.equal(session.call("double", [torch.ones(2)], {}).value, torch.full((2,), 2.0))
    assert zygote._process is warm, "the zygote had to be replaced"
