"""What zygotes do once, so that their forks need not: nothing of it may be seen afterwards."""

from __future__ import annotations

import builtins
import linecache
import multiprocessing
import random
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
import torch
from tiny_course import TinyCourse

from autograder.jailed import warming
from autograder.jailed.worker import Worker
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import dry_run, warm_up

_FORK = multiprocessing.get_context("fork")


def test_a_workers_rehearsal_leaves_nothing_behind() -> None:
    """No finder, module, source or replaced function; the alarm of a submission is off."""

    def surroundings() -> list[Any]:
        about = [sys.meta_path[:], sys.argv, set(sys.modules), set(linecache.cache), builtins.input, torch.compile]
        return [*about, signal.getsignal(signal.SIGPROF), signal.getitimer(signal.ITIMER_PROF)]

    warming.warm_the_worker()
    warming.warm_the_tensors()  # torch imports some of its own modules at first uses
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    before = surroundings()
    warming.warm_the_worker()
    warming.warm_the_tensors()
    assert surroundings() == before


def test_a_workers_rehearsal_that_fails_says_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong answer of ours would be rehearsed for nothing, so it is an error."""

    def refuse(*_: object) -> None:
        raise ValueError("no such call")

    monkeypatch.setattr(Worker, "_call", refuse)
    with pytest.raises(RuntimeError, match=r"in_numpy.*ValueError.*no such call"):
        warming.warm_the_worker()
    with pytest.raises(RuntimeError, match=r"mixed.*ValueError.*no such call"):
        warming.warm_the_tensors()


def states() -> tuple[Any, ...]:
    """The global generators."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()


def watched(sender: Connection, course: TinyCourse) -> None:
    """Send whether generators and results are the same after a warm-up, and how often the check's function ran."""
    suite_file = course.root / "tests/suites/test_sums.py"
    drawing = "import random\nRAN = []\n" + suite_file.read_text("utf-8").replace(
        "    a, b =", "    RAN.append(random.random())\n    a, b ="
    )
    suite_file.write_text(drawing, "utf-8")
    wrong = {"add": lambda a, b: a - b}

    def body(suite: CollectedSuite) -> None:
        ran = sys.modules[suite._items[0].module.__name__].RAN

        def told() -> list[str]:
            return [f"{r.id} {r.outcome} {r.points} {r.message} {r.misconception}" for r in dry_run(suite, wrong)]

        before = told(), states()
        asked = len(ran)
        warm_up(suite, rounds=3)
        rounds = len(ran) - asked
        same = states() == before[1]
        warm_up(suite, rounds=3, seconds=-1)
        sender.send((same, told() == before[0], rounds, len(ran) - asked - rounds))

    collect(suite_file, course.root, body)


def test_warming_a_suite_up_is_noticed_by_nobody(tiny_course: TinyCourse) -> None:
    """The generators and what the suite says are as before; each check ran in each round, until time is up."""
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=watched, args=(sender, tiny_course))
    child.start()
    same_generators, same_results, rounds, late = receiver.recv()
    child.join()
    assert (same_generators, same_results) == (True, True)
    assert rounds == 3
    assert late == 2  # of the second `told`: two attempts at the wrong function, none of a warm-up without time
