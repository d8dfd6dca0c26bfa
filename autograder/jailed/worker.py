"""One submission's process: it loads the student's files behind the walls and answers calls by value until hung up on.

Nothing here is trusted by the grader: the student's code shares this process and may forge any answer. What it can gain
by that is a wrong value. Whatever the code raises, SystemExit and KeyboardInterrupt included, is an answer like others.
"""

from __future__ import annotations

import enum
import functools
import importlib
import io
import linecache
import os
import socket
import sys
import traceback
from typing import Any

import msgpack

from autograder.boundary import programs, wire
from autograder.boundary.channel import Channel
from autograder.boundary.functions import slope, takes, written
from autograder.boundary.objects import OPERATIONS, exception_named
from autograder.jailed import loader
from autograder.jailed.model import Model, OwnAnswer, named, stand_in
from autograder.jailed.observed import fingerprint, generator_states, listed, parameter_names, seed_generators
from autograder.jailed.surroundings import CappedOutput
from autograder.reading.files import place

MAX_FRAMES = 8


def main(line: socket.socket, lent: Any = None) -> None:
    """Say that the walls are up, then serve until the grader hangs up. Never returns.

    lent: the course's own module of things that a suite hands to a submission here, if the assignment has one.
    """
    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = CappedOutput(1), CappedOutput(2)
    worker = Worker(line, lent)
    try:
        worker.channel.send([wire.READY])
        while True:
            worker.serve(worker.channel.receive())
    except wire.PeerGone:
        os._exit(0)


class Worker:
    """The student's module, the objects that stay behind as handles, and the line to the grader."""

    def __init__(self, line: socket.socket, lent: Any) -> None:
        self.channel = Channel(line, export=self._keep, adopt=self._adopt)
        self.lent = lent
        self.submission: loader.Submission | None = None
        self.kept: dict[int, object] = {}
        self.replaced: dict[str, list[object]] = {}
        self.generators: dict[str, int | None] = {}
        self.missing = ""  # a name in the request that is being served that the submission does not define

    def _keep(self, value: object) -> msgpack.ExtType:
        self.kept[id(value)] = value
        return wire.reference(wire.HANDLE, id(value), str(type(value).__name__))

    def _adopt(self, kind: int, number: int, name: str) -> object:
        if kind == wire.FRAME:
            importlib.import_module("pandas")  # the suite sends a table: here it is one
            return None
        if kind == wire.MEMBER:
            holder, _, member = name.partition(".")
            known = getattr(self.submission.module if self.submission else None, holder, None)
            return known.__members__.get(member) if isinstance(known, enum.EnumMeta) else None
        if kind == wire.NAME and name.startswith(":"):
            return importlib.import_module(name[1:])  # another file of the submission
        if kind == wire.NAME and self.submission is not None:
            found = named_function(self.submission.module, name)
            self.missing = self.missing or ("" if found is not None or self._has(name) else name)
            return found
        return Model(self._ask, number, name) if kind == wire.CALLBACK else self.kept.get(number)

    def _ask(self, number: int, mode: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """A question to a model on the grader's side. Calls that arrive meanwhile are served."""
        self.channel.send([wire.MODEL, number, mode, args, kwargs])
        while True:
            message = self.channel.receive()
            if message[0] == wire.RESULT:
                return message[1]
            if message[0] == wire.RAISE:
                raise exception_named(message[1], message[2])
            if message[0] == wire.OWN:
                raise OwnAnswer
            self.serve(message)

    def serve(self, message: list[Any]) -> None:
        """Answer one request; whatever goes wrong in the student's code is the answer."""
        try:
            reply = self._do(message)
        except wire.PeerGone:
            raise
        except BaseException as error:  # noqa: BLE001  a student's code may raise anything
            guarded = self.submission.guarded if self.submission else set()
            reply = [wire.ERROR, *loader.explain(error, guarded), self._frames(error), programs.bases_of(error)]
        try:
            self.channel.send(reply)
        except wire.PeerGone:
            raise
        except BaseException as error:  # noqa: BLE001  encoding touches a student's objects
            text = loader.explain(error)[1]
            self.channel.send(
                [wire.ERROR, "TypeError", f"what came back cannot be handed over: {text}", [], ["TypeError"]]
            )

    def _do(self, message: list[Any]) -> list[Any]:
        kind, *fields = message
        missing, self.missing = self.missing, ""
        if missing:
            raise NameError(f"{missing} is not defined in the submission")
        if kind == wire.LOAD:
            return self._load(*fields)
        if self.submission is None:
            raise RuntimeError("nothing is loaded")
        module = self.submission.module
        if kind == wire.CALL:
            name, args, kwargs = fields
            function = named_function(module, name)
            if function is None:
                raise NameError(f"{name} is not defined in the submission")
            return self._call(function, args, kwargs)
        if kind == wire.USE:
            return self._use(*fields)
        if kind == wire.LEND:
            return self._lend(*fields)
        if kind == wire.HAS:
            return [wire.ANSWER, self._has(fields[0]), [], []]
        name = fields[0]
        if kind == wire.REPLACE:
            kept = self.replaced.setdefault(name, [module.__dict__[name]] if name in module.__dict__ else [])
            if isinstance(fields[1], str):
                module.__dict__[name] = written(name, fields[1], vars(module))
            else:
                module.__dict__[name] = self._in_place_of(kept[0], fields[1], fields[2]) if kept else fields[1]
        elif name in self.replaced:
            original = self.replaced.pop(name)
            if original:
                module.__dict__[name] = original[0]
            else:
                module.__dict__.pop(name, None)
        return [wire.ANSWER, None, [], []]

    def _has(self, name: str) -> bool:
        module = self.submission.module if self.submission else None
        return hasattr(module, name) or named_function(module, name) is not None

    def _use(self, target: Any, operation: str, args: Any, kwargs: dict[str, Any]) -> list[Any]:
        """What one operation on an object gives."""
        if operation == "call":
            return self._call(target, args, kwargs)
        if operation == "watch":
            stdin, files, *rest = args
            return [wire.ANSWER, programs.watched(lambda: listed(target(*rest, **kwargs)), stdin, files), [], []]
        if operation == "run":
            stdin, files, arguments = args
            assert self.submission is not None
            given = {name: vars(self.submission.module).get(name) for name in self.replaced}
            program = functools.partial(loader.run_as_program, self.submission, given)
            return [wire.ANSWER, programs.watched(program, stdin, files, arguments), [], []]
        if operation == "query":
            return [wire.ANSWER, programs.queried(*args), [], []]
        return self._call(functools.partial(OPERATIONS[operation], target), args, kwargs, give=lambda value: value)

    def _in_place_of(self, original: Any, value: Any, names: list[str]) -> Any:
        """What is put in the place of a function of the submission's: a function that looks like it.

        names: of the parameters that it must have, else it keeps its place; none if any will do.
        """
        if names and not takes(original, names):
            return original
        if not (isinstance(value, Model) and callable(original)):
            return value
        return stand_in(Model(self._ask, value.number, value.__name__, original), original)

    def _load(self, files: dict[str, bytes], main: str, seed: int, seconds: float, skip: dict[int, str]) -> list[Any]:
        seed_generators(seed)
        submission = loader.Submission(
            files=dict(files),
            main=main,
            statement_seconds=seconds,
            skip=skip,
            announce=self._announce,
        )
        loader.load(submission)
        self.submission = submission
        self.generators = generator_states()
        names = sorted(name for name in submission.module.__dict__ if not name.startswith("_"))
        return [wire.REPORT, names[:2000], submission.problems]

    def _announce(self, number: int) -> None:
        self.channel.send([wire.ANNOUNCE, number])

    def _lend(self, name: str, args: Any, kwargs: dict[str, Any]) -> list[Any]:
        """Ask the course's own module, which is nobody's submission: what it does to a generator is not noticed."""
        value = getattr(self.lent, name)(*args, **kwargs)
        self.generators = generator_states()
        return [wire.ANSWER, value, [], []]

    def _call(self, function: Any, args: Any, kwargs: dict[str, Any], give: Any = listed) -> list[Any]:
        """Call it, and tell which arguments and which global generators changed meanwhile. give: what is answered."""
        before = [(place, value, fingerprint(value)) for place, value in named(args, kwargs)]
        try:
            value = give(function(*args, **kwargs))
            changed = [place for place, value_, print_ in before if fingerprint(value_) != print_]
            moved = self.generators
        finally:
            self.generators = generator_states()
        generators = [name for name, state in self.generators.items() if moved.get(name) not in (None, state)]
        return [wire.ANSWER, value, parameter_names(function, args, kwargs, changed) if changed else [], generators]

    def _frames(self, error: BaseException) -> list[Any]:
        """The lines of the submission's own files in a traceback, innermost last."""
        if self.submission is None:
            return []
        found = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            file, cell = place(frame.f_code.co_filename)
            if file in self.submission.files:
                source = linecache.getline(frame.f_code.co_filename, line).strip()[:200]
                found.append([file, line, frame.f_code.co_name[:100], source, cell])
        return found[-MAX_FRAMES:]


def named_function(module: Any, name: str) -> Any:
    """What a submission calls by this name, None if nothing. slope_of_f, if it has only f: the slope of its f."""
    if hasattr(module, name):
        return getattr(module, name)
    loss = getattr(module, name.removeprefix("slope_of_"), None) if name.startswith("slope_of_") else None
    return None if loss is None else functools.partial(slope, loss)
