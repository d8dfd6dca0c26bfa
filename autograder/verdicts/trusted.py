"""Run a suite on code that we trust, in this process: the reference, known wrong ideas, mutants. Never on a submission.

    python -m autograder.suite.rehearse tests/suites/test_noising.py [FILE.py [MODEL]]

prints what each check says of FILE's functions laid over the reference, or of the reference alone.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import itertools
import random
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.boundary.decoding import decode
from autograder.boundary.encoding import encode
from autograder.boundary.functions import slope, takes, written
from autograder.boundary.objects import OPERATIONS
from autograder.boundary.programs import bases_of, queried, settled, watched
from autograder.boundary.tensors import is_tensor, torch_in_use
from autograder.boundary.wire import CALLBACK, FRAME, HANDLE, HEADER, MEMBER, NAME, Adopt, Export, Refused, reference
from autograder.errors import CourseError, Frame, InfrastructureError, ModelMisuse, StudentError
from autograder.reading.statements import future_flags
from autograder.records import Answer, CheckResult, Equipment, GivenFunction, LoadReport, Loan, Outcome, OwnWork
from autograder.suite.kinds import is_table
from autograder.suite.lending import may_be_lent, why_not
from autograder.suite.objects import handle_of, is_object
from autograder.suite.student import PROGRAM
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.collection import collect
from autograder.verdicts.inputs import Identity
from autograder.verdicts.replay import undisturbed


class Names(dict[str, Any]):
    """The public names of a file of ours. text: what the file holds; file: what tracebacks call it."""

    def __init__(self, names: Mapping[str, Any], *, text: str, file: str) -> None:
        super().__init__(names)
        self.text = text
        self.file = file


def names_of(module: ModuleType) -> Names:
    """The public names of a module that was imported from a file."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    file = Path(module.__file__ or "")
    return Names(public, text=file.read_text("utf-8") if file.is_file() else "", file=str(file))


def with_idea(names: Mapping[str, Any], function: str, wrong: Any) -> dict[str, Any]:
    """The names with one idea laid over: under a function's or a class's name, or a method's ("Stack.push")."""
    holder, _, method = function.partition(".")
    if not method:
        return {**names, function: wrong}
    kind = names[holder]
    changed = {method: wrong, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return {**names, holder: type(kind)(kind.__name__, (kind,), changed)}


class Trusted:
    """A backend over functions of our own. Values cross as they do on the line to a worker, in its own format.

    names: the functions by name; a function that looks another up by its global name is not redirected by `replace`
    unless it was loaded from a file of its own. whole: the file that they are laid over, which is what runs as a
    program; names, if those come from a file. data: the folder whose files lie where the code runs.
    """

    def __init__(self, names: Mapping[str, Any], *, whole: Names | None = None, data: Path | None = None) -> None:
        self._names = dict(names)
        self._whole = names if isinstance(names, Names) else whole
        self._data = data
        self._kept: dict[str, Any] = {}
        self._objects: dict[int, Any] = {}
        self._make: Callable[[Any], object] = lambda handle: handle

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None) -> Answer:
        """Call a function and watch its arguments and the global generators."""
        return self._answer(self._known(name), args, kwargs)

    def use(
        self, thing: Any, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None
    ) -> Answer:
        """Do something with an object that a function returned, or with a name."""
        if operation == "run":
            stdin, files, arguments = args
            return self._watched(self._program, stdin, files, arguments)
        if operation == "query":
            return self._answer(queried, args, {})
        target = self._inward(thing)
        if operation == "call":
            return self._answer(target, args, kwargs)
        if operation == "watch":
            stdin, files, *rest = args
            given, named = self._inward((tuple(rest), kwargs))
            return self._watched(lambda: settled(target(*given, **named)), stdin, files, None)
        return self._answer(partial(OPERATIONS[operation], target), args, kwargs)

    def _watched(
        self, work: Callable[[], Any], stdin: str, files: Mapping[str, str | bytes], arguments: Sequence[str] | None
    ) -> Answer:
        """What it does with a keyboard and files, in a folder of its own."""
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for file in self._data.iterdir() if self._data else ():
                Path(file.name).symlink_to(file)
            seen = watched(work, stdin, files, arguments)
        return Answer(value=self._across(seen, self._keep, self._adopt))

    def _program(self) -> None:
        """Run the whole file from its first line, with what was laid over its names. Raises what it raises."""
        own = self._names.get(PROGRAM)
        if own is not None:
            own()
            return
        if self._whole is None:
            raise InfrastructureError("these functions come from no file that could run as a program")
        space: dict[str, Any] = {"__name__": "__main__", "__file__": self._whole.file}
        flags = 0
        for statement in ast.parse(self._whole.text).body:
            flags |= future_flags(statement)
            single = ast.Module([statement], [])
            exec(compile(single, self._whole.file, "exec", flags, dont_inherit=True), space)  # noqa: S102 -- ours
            for name in self._names.keys() & space.keys():
                if self._names[name] is not self._whole.get(name):
                    space[name] = self._names[name]

    def inside(self, value: Any) -> Any:
        """What a proxy stands for; anything else as it is."""
        return self._inward(value) if is_object(value) else value

    def text(self, name: str) -> str | None:
        """The file that the functions came from, or one beside it."""
        if self._whole is not None:
            if not name:
                return self._whole.text + self._laid_over(self._whole)
            beside = Path(self._whole.file).parent / name
            return beside.read_text("utf-8") if self._whole.file and beside.is_file() else None
        for function in self._names.values():
            main = getattr(function, "__code__", None)
            if main is not None and Path(main.co_filename).is_file():
                path = Path(main.co_filename)
                path = path.with_name(name) if name else path
                return path.read_text("utf-8") if path.is_file() else None
        return None

    def _laid_over(self, whole: Names) -> str:
        """The source of what was laid over a file, under the names that it has there."""
        found = []
        for name, value in self._names.items():
            if value is not whole.get(name) and (inspect.isfunction(value) or inspect.isclass(value)):
                with contextlib.suppress(OSError, TypeError):
                    text = textwrap.dedent(inspect.getsource(value))
                    found.append(re.sub(rf"\b(def|class) {value.__name__}\b", rf"\1 {name}", text, count=1))
        return "".join(f"\n\n{text}" for text in found)

    def adopting(self, make: Callable[[Any], object]) -> None:
        """Say what an object becomes for the suite."""
        self._make = make

    def _answer(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
        """Call it with what arrives, and give what arrives of its answer."""
        try:
            there, named = self._inward((args, kwargs))
        except Refused as refused:
            raise InfrastructureError(f"the suite passed something that cannot be sent: {refused}") from refused
        answer = _call(function, tuple(there), named)
        try:
            return replace(answer, value=self._across(answer.value, self._keep, self._adopt))
        except Refused as refused:
            raise StudentError("TypeError", f"what came back cannot be handed over: {refused}") from refused

    def _across(self, value: Any, export: Export, adopt: Adopt) -> Any:
        frame = bytearray().join(encode([0, value], export))
        control, _ = HEADER.unpack_from(frame)
        return decode(frame[HEADER.size :], control, adopt)[1]

    def _inward(self, value: Any) -> Any:
        """What a suite passes, as it arrives."""
        ours: list[Any] = []

        def export(value: Any) -> Any:
            if is_object(value):
                value = handle_of(value)
                if isinstance(value, str):
                    return reference(NAME, 0, value)
                return reference(HANDLE, value.number, "")
            if not isinstance(value, Loan) and not may_be_lent(value):
                raise Refused(why_not(value) if callable(value) else f"{type(value).__name__} cannot be sent")
            ours.append(value.there if isinstance(value, Loan) else _Lent(value))
            return reference(CALLBACK, len(ours) - 1, "")

        def adopt(kind: int, number: int, name: str) -> Any:
            if kind == NAME:
                return self._known(name)
            if kind == MEMBER:
                holder, _, member = name.partition(".")
                return getattr(self._names.get(holder), "__members__", {}).get(member)
            if kind == FRAME:
                return None
            return ours[number] if kind == CALLBACK else self._objects[number]

        return self._across(value, export, adopt)

    def _keep(self, value: Any) -> Any:
        self._objects[id(value)] = value
        return reference(HANDLE, id(value), type(value).__name__)

    def _adopt(self, kind: int, number: int, name: str) -> Any:
        if kind in (MEMBER, FRAME):
            return None
        return self._make(_Kept(number=number, type_name=name))

    def _known(self, name: str) -> Any:
        found = self._found(name)
        if name.startswith(":"):
            return importlib.import_module(f"reference.{name[1:]}")
        if found is None and name not in self._names:
            raise StudentError("NameError", f"{name} is not defined")
        return found

    def has(self, name: str) -> bool:
        """Whether there is such a function."""
        return self._found(name) is not None

    def _found(self, name: str) -> Any:
        """The function of that name; slope_of_f, if there is only f, is the slope of f, as a worker offers it."""
        loss = self._names.get(name.removeprefix("slope_of_")) if name.startswith("slope_of_") else None
        return self._names.get(name, None if loss is None else partial(slope, loss))

    def replace(self, name: str, value: object) -> None:
        """Lay another function over a name, in the mapping and in the globals of the functions that came with it."""
        own = self._kept.setdefault(name, self._names.get(name))

        def counted(*args: Any, **kwargs: Any) -> Any:
            value.calls.append(None)  # type: ignore[attr-defined]
            return own(*args, **kwargs)  # type: ignore[misc]

        def given(*args: Any, **kwargs: Any) -> Any:
            try:
                return value.function(*args, **kwargs)  # type: ignore[attr-defined]
            except Exception:  # noqa: BLE001 -- as in a worker, where the submission's own is called then
                return own(*args, **kwargs)  # type: ignore[misc]

        if isinstance(value, str):
            self._put(name, written(name, value, self._names))
        elif isinstance(value, GivenFunction):
            self._put(name, given if own is not None and takes(own, value.takes) else own)
        else:
            self._put(name, counted if isinstance(value, OwnWork) else value)

    def restore(self) -> None:
        """Undo every `replace`."""
        while self._kept:
            self._put(*self._kept.popitem())

    def renew(self, *, prints: bool = False) -> bool:
        """Do nothing: code that we trust remembers nothing."""
        return False

    def _put(self, name: str, value: Any) -> None:
        for function in self._names.values():
            space = getattr(function, "__globals__", {})
            if space.get("__rehearsed__") and name in space:
                space[name] = value
        self._names[name] = value


def with_one_idea(suite: CollectedSuite, entry: Any) -> Trusted:
    """The reference with one known wrong idea of the bank, as a backend."""
    right = names_of(suite.reference)
    return Trusted(with_idea(right, entry.function, entry.wrong), whole=right, data=suite.data)


def over_reference(suite: CollectedSuite, functions: Mapping[str, Any]) -> Trusted:
    """A copy of the reference, with other functions under some of its names for its own code too, as a backend."""
    right = names_of(suite.reference)
    copy = ModuleType(suite.reference.__name__)
    copy.__file__ = right.file
    exec(compile(right.text, right.file, "exec"), copy.__dict__)  # noqa: S102 -- a file of the course itself
    whole = Names(
        {name: value for name, value in vars(copy).items() if name in right}, text=right.text, file=right.file
    )
    copy.__dict__.update(functions)
    return Trusted({**whole, **functions}, whole=whole, data=suite.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An object that stayed on the side of the functions."""

    number: int
    type_name: str


class _Lent:
    """A callable argument that also answers what is commonly asked of an nn.Module first, as a worker's does."""

    training = False

    def __init__(self, model: Callable[..., Any]) -> None:
        self._model = model
        self.__name__ = getattr(model, "__name__", "model")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._model(*args, **kwargs)

    forward = __call__

    def _itself(self, *_: Any, **__: Any) -> _Lent:
        return self

    eval = train = to = requires_grad_ = __deepcopy__ = _itself

    def parameters(self) -> Iterator[Any]:
        import torch

        return iter([torch.nn.Parameter(torch.zeros(1))])


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
    before, generators = _copied((args, kwargs)), _generators()
    try:
        value = settled(function(*args, **kwargs))
    except ModelMisuse as misuse:
        raise StudentError("ModelMisuse", str(misuse)) from misuse
    except Exception as error:  # a known wrong idea may raise anything
        line = inspect.trace()[-1]
        frame = Frame(file=Path(line.filename).name, line=line.lineno, function=line.function, source="")
        raise StudentError(type(error).__name__, str(error), (frame,), tuple(bases_of(error))) from error
    names = list(_parameters(function))
    mutated = [names[i] if i < len(names) else f"argument {i + 1}" for i in range(len(args))]
    changed = [n for n, a, b in zip(mutated, args, before[0], strict=True) if not _equal(a, b)]
    changed += [n for n in kwargs if not _equal(kwargs[n], before[1][n])]
    moved = [name for name, state in _generators().items() if not _equal(state, generators[name])]
    return Answer(value=value, mutated=tuple(changed), generators=tuple(moved))


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def _copied(value: Any) -> Any:
    if is_tensor(value):
        return value.detach().clone()
    if isinstance(value, list | tuple):  # a named tuple arrives as a plain one
        return [_copied(item) for item in value] if isinstance(value, list) else tuple(_copied(item) for item in value)
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, np.ndarray) or is_table(value):
        return value.copy()
    return value


def _equal(left: Any, right: Any) -> bool:
    if is_tensor(left):
        return is_tensor(right) and left.shape == right.shape and torch_in_use().equal(left, right)
    if isinstance(left, np.ndarray):
        return isinstance(right, np.ndarray) and np.array_equal(left, right)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(_equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    if is_table(left):
        return type(left) is type(right) and bool(left.equals(right))
    return bool(left == right)


def _generators() -> dict[str, Any]:
    torch = torch_in_use()
    return {
        "torch": torch.get_rng_state() if torch else None,
        "numpy": np.random.get_state(),
        "random": random.getstate(),
    }


def load_functions(path: Path) -> dict[str, Any]:
    """Execute a file of ours and return its public names."""
    space: dict[str, Any] = {"__name__": path.stem, "__file__": str(path), "__rehearsed__": True}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), space)  # noqa: S102 -- a file of the course itself
    public = {name: value for name, value in space.items() if not name.startswith("_")}
    return Names(public, text=path.read_text("utf-8"), file=str(path.absolute()))


def dry_run(
    suite: CollectedSuite,
    functions: Mapping[str, Any] | None = None,
    *,
    student: str = "rehearsal",
    secret: str = "rehearsal",  # noqa: S107 -- the course secret of a rehearsal guards nothing
    carries: tuple[str, ...] = (),
    only: frozenset[str] | None = None,
    diagnose: bool = True,
) -> tuple[CheckResult, ...]:
    """Grade the reference with `functions` laid over it."""
    right = names_of(suite.reference)
    whole = functions if isinstance(functions, Names) else right
    identity = Identity(secret=secret, student=student, assignment=suite.path.stem.removeprefix("test_"))
    backend = Trusted({**right, **(functions or {})}, whole=whole, data=suite.data)
    run = Run(
        identity=identity,
        backend=backend,
        report=LoadReport(),
        carries=carries,
        diagnose=diagnose,
        with_idea=with_one_idea,
        over=over_reference,
    )
    return suite.run(run, only=only)


def warm_up(suite: CollectedSuite, *, rounds: int = 4, seconds: float = 0.2) -> None:
    """Run the checks on the reference some times, so that forks share what Python and torch prepare at a first use.

    Else each fork specialises the same code and fills the same caches, and copies the pages that it writes to.
    seconds: of processor time, after which no further check is begun. Nothing of it is noticed by who is graded later.
    """
    ends = time.process_time() + seconds
    with undisturbed():
        for _, spec in itertools.product(range(rounds), suite.specs):
            if time.process_time() > ends:
                return
            dry_run(suite, only=frozenset([spec.id]), diagnose=False)


def main(arguments: list[str]) -> int:
    """Print a rehearsal; exit 1 if a point was lost."""
    from autograder.course.course_yml import load_course  # no run of `grade` rehearses

    *arguments, model = arguments if len(arguments) > 2 else [*arguments, ""]
    suite = Path(arguments[0]).resolve()
    root = next((p for p in suite.parents if (p / "course.yml").exists() or (p / "reference").is_dir()), None)
    if root is None:
        raise CourseError(f"{suite}: not inside a course")
    functions = load_functions(Path(arguments[1])) if len(arguments) > 1 else None
    lent = suite.with_name(suite.name.replace("test_", "lent_", 1))
    known = load_course(root).assignments if (root / "course.yml").is_file() else ()
    named = next((a.equipment for a in known if a.slug == suite.stem.removeprefix("test_")), Equipment())
    equipment = replace(
        named, lent=lent.resolve() if lent.is_file() else None, model=Path(model).resolve() if model else named.model
    )
    results = collect(suite, root, lambda collected: dry_run(collected, functions), equipment=equipment)
    for r in results:
        hint = f"  [{r.misconception.id}]" if r.misconception else ""
        sys.stdout.write(f"{r.outcome:9} {r.points:5g}/{r.max_points:<5g} {r.id:28} {r.message[:300]}{hint}\n")
    sys.stdout.write(f"score {sum(r.points for r in results):g} of {sum(r.max_points for r in results):g}\n")
    return 0 if all(r.outcome is Outcome.PASSED for r in results) else 1
