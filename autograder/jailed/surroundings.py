"""What a submission finds around it in the jail: sibling files, quiet stand-ins, a headless matplotlib, no keyboard."""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import io
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import torch

OUTPUT_KEPT = 64 << 10  # bytes of what a submission prints, for each of its two streams

_QUIET = ("IPython", "google", "ipywidgets")  # accepted, and whatever is called does nothing
_ABSENT = ("torchvision", "torchaudio")  # may be imported at the top of a file; fails only where it is used


class Quiet:
    """Takes any call, attribute or item and does nothing: what `display` and `drive.mount` are here."""

    def __call__(self, *args: object, **kwargs: object) -> Quiet:
        """Do nothing."""
        return self

    def __getattr__(self, name: str) -> Quiet:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Quiet:
        return self

    def __contains__(self, key: object) -> bool:
        return False

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *error: object) -> None:
        return None


quiet = Quiet()


class Absent:
    """A name from a library that is not installed here: fails, with the reason, when it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _fail(self) -> NoReturn:
        raise ImportError(f"{self._name} is not available where grading happens; keep it out of the graded functions")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        """Fail: the library is not here."""
        self._fail()

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __getitem__(self, key: object) -> NoReturn:
        self._fail()


class _StandIn(types.ModuleType):
    """A module every attribute of which is a stand-in, except what matplotlib asks of IPython."""

    version_info = (9, 0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return quiet if self.__name__.split(".")[0] in _QUIET else Absent(f"{self.__name__}.{name}")


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for any module under the given names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


class _Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the submission's other `.py` files from memory."""

    def __init__(self, files: Mapping[str, bytes], run: Callable[[str, types.ModuleType], None]) -> None:
        self._files = files
        self._run = run

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        stem = fullname.replace(".", "/")
        for file in (f"{stem}/__init__.py", f"{stem}.py"):
            if file in self._files:
                package = file.endswith("__init__.py")
                return importlib.machinery.ModuleSpec(fullname, self, origin=file, is_package=package)
        if any(file.startswith(f"{stem}/") and file.endswith(".py") for file in self._files):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        spec = module.__spec__
        if spec is not None and spec.origin is not None:
            module.__file__ = spec.origin
            self._run(spec.origin, module)


def install(files: Mapping[str, bytes], run: Callable[[str, types.ModuleType], None]) -> None:
    """Put all of it in place. run(file, module): how a sibling is executed."""
    sys.meta_path.insert(0, _StandIns(_QUIET))
    sys.meta_path.insert(1, _Siblings(files, run))
    sys.meta_path.append(_StandIns(_ABSENT))
    builtins.input = _no_keyboard
    torch.compile = _not_compiled


def _not_compiled(model: Any = None, **options: object) -> Any:
    """torch.compile without its compiler, which would write files and start processes: what is given runs as it is."""
    return (lambda given: given) if model is None else model


def _no_keyboard(prompt: object = "") -> NoReturn:
    raise RuntimeError("input() cannot be answered while grading: take the value as a parameter")


def quieten_matplotlib() -> None:
    """Plots are drawn in memory and shown to nobody; saving one does nothing, since there is no folder to write to."""
    try:
        import matplotlib
        from matplotlib import pyplot
        from matplotlib.figure import Figure
    except ImportError:
        return  # not installed here
    pyplot.switch_backend("Agg")

    def nothing(*args: object, **kwargs: object) -> None:
        return None

    pyplot.show = pyplot.pause = matplotlib.use = nothing
    Figure.show = Figure.savefig = nothing  # type: ignore[method-assign]


class CappedOutput(io.TextIOBase):
    """What a student prints: the first 64 KiB go to the grader's memory file, the rest costs next to nothing."""

    encoding = "utf-8"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = OUTPUT_KEPT

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str, /) -> int:
        """Keep what still fits; claim to have written all."""
        if self._left > 0 and text:
            kept = text[: self._left].encode("utf-8", "replace")[: self._left]
            self._left -= len(kept)
            os.write(self._descriptor, kept)
        return len(text)

    @property
    def buffer(self) -> _CappedBytes:
        """The same for bytes."""
        return _CappedBytes(self)


class _CappedBytes(io.RawIOBase):
    def __init__(self, output: CappedOutput) -> None:
        self._output = output

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        self._output.write(bytes(data[:OUTPUT_KEPT]).decode("utf-8", "replace"))
        return len(data)
