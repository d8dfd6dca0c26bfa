"""The zygote goes through a worker's part, with a submission of our own, before any student's comes.

Python specialises code that has run some times and fills caches beside it, and torch prepares an operation at its first
call. What was done before a fork is shared by all workers; what was not, each does anew, in memory that it must copy.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import linecache
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.boundary import wire
from autograder.boundary.channel import Channel
from autograder.boundary.tensors import torch_in_use
from autograder.jailed.worker import Worker

_TIMES = 10  # of each format; Python 3.11 specialises a function at its eighth call
_PLAIN = """
import math

import numpy as np


def in_numpy(x, t, alpha_bar):
    return np.sqrt(alpha_bar[t]) * np.asarray(x) + np.sqrt(1 - alpha_bar[t]) * np.random.randn(*np.shape(x))


def in_lists(x, t, alpha_bar):
    return [math.sqrt(alpha_bar[t]) * value for value in x]
"""
_TENSORS = '''
import torch
import torch.nn.functional as F
from torch import Tensor


def mixed(x: Tensor, t, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """The operations that students write most."""
    kept = alpha_bar[t].reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    noisy = torch.sqrt(kept) * x + (1 - kept).sqrt() * eps
    return ((noisy - (1 - kept) ** 0.5 * eps) / kept.clamp(min=1e-8).sqrt() + torch.randn_like(x)).clone()


def schedule(steps, first=1e-4, last=0.02):
    betas = torch.linspace(first, last, steps)
    return torch.cumprod(1 - betas, dim=0), torch.cat([torch.ones(1), 1.0 - betas])


def guided(model, x: Tensor, t, scale=7.5):
    with torch.no_grad():
        return model(x, torch.full((len(x),), t)) * scale


def slope(model, x: Tensor):
    x = x.clone().requires_grad_(True)
    F.mse_loss(model(x), torch.zeros_like(x)).backward()
    return x.grad
'''
_NAME = "rehearsed"
_Calls = list[tuple[list[object], list[object]]]


def warm_the_worker() -> None:
    """Load it and call its functions, some times. Nothing remains of it but what goes faster the next time."""
    numbers = [0.5] * 8
    in_numpy = [wire.CALL, "in_numpy", [np.zeros((2, 3)), 3, np.linspace(1, 0.1, 10)], {}]
    _rehearse(_PLAIN, [(in_numpy, []), ([wire.CALL, "in_lists", [numbers, 3, numbers], {}], [])])


def warm_the_tensors() -> None:
    """The same for what submissions do with torch."""
    import torch

    image, alpha_bar = torch.zeros(2, 1, 4, 4), torch.linspace(1, 0.1, 10)
    calls: _Calls = [
        ([wire.CALL, "mixed", [image, torch.tensor([1, 2]), alpha_bar, image.double()], {}], []),
        ([wire.CALL, "schedule", [10], {"last": 0.01}], []),
        ([wire.CALL, "guided", [warm_the_worker, image, 1], {}], [image]),
        ([wire.CALL, "slope", [warm_the_worker, image], {}], [(0, image), [image]]),
    ]
    _rehearse(_TENSORS, calls)


def _rehearse(source: str, calls: _Calls) -> None:
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in source.split("\n\n\n")]}
    for name, content in ((f"{_NAME}.py", source), (f"{_NAME}.ipynb", json.dumps(notebook))):
        for _ in range(_TIMES):
            with _left_as_it_was(), _both_ends() as (grader, worker):
                _ask(grader, worker, [wire.LOAD, {name: content.encode()}, name, 0, 60.0, {}], [])
                for request, answers in calls:
                    _ask(grader, worker, request, answers)


@contextlib.contextmanager
def _both_ends() -> Iterator[tuple[Channel, Worker]]:
    """The grader's end of a line, where what is called is a model, and a worker at the other."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        model = wire.reference(wire.CALLBACK, 0, "model")
        yield Channel(ours, export=lambda _: model, adopt=lambda *_: None), Worker(theirs, None)


def _ask(grader: Channel, worker: Worker, request: list[object], answers: list[object]) -> None:
    """One request. answers: what a model will say meanwhile, sent ahead: one thread plays both parts."""
    for message in (request, *([wire.RESULT, answer] for answer in answers)):
        grader.send(message)
    worker.serve(worker.channel.receive())
    while (reply := grader.receive())[0] not in (wire.REPORT, wire.ANSWER):
        if reply[0] == wire.ERROR:
            raise RuntimeError(f"{request[:2]}: {reply[1:3]}")


@contextlib.contextmanager
def _left_as_it_was() -> Iterator[None]:
    """What is put in place around a submission is taken away again."""
    finders, arguments, lines = sys.meta_path[:], sys.argv, set(linecache.cache)
    torch = torch_in_use()
    replaced: tuple[Any, ...] = builtins.input, os.chmod, os.utime, getattr(torch, "compile", None)
    try:
        yield
    finally:
        sys.meta_path[:], sys.argv = finders, arguments
        builtins.input, os.chmod, os.utime, compiler = replaced
        if torch:
            torch.compile = compiler
        for name in ("display", "get_ipython"):
            vars(builtins).pop(name, None)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        sys.modules.pop(_NAME, None)  # and no other: what libraries import at a first use is to stay
        for name in linecache.cache.keys() - lines:
            del linecache.cache[name]
