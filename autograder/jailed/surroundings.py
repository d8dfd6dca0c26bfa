"""What a submission finds around it in the jail: sibling files, quiet stand-ins, a headless matplotlib, no keyboard."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import io
import os
from collections.abc import Coroutine, Mapping
from typing import Any, NoReturn

from autograder.boundary.tensors import torch_in_use
from autograder.reading.stand_ins import Execute, Shell, put_in_place

OUTPUT_KEPT = 64 << 10  # bytes of what a submission prints, for each of its two streams


def install(files: Mapping[str, bytes], run: Execute, shell: Shell, main: str) -> None:
    """Put all of it in place. run(file, module): how a sibling is executed."""
    put_in_place(files, run, shell, main)
    asyncio.set_event_loop_policy(_Loops())
    builtins.input = _no_keyboard
    os.chmod = os.utime = _nothing  # forbidden here, and shutil.copy calls them
    if torch := torch_in_use():
        torch.compile = _not_compiled


def unpack(files: Mapping[str, bytes], main: str) -> str:
    """Put the files where the code expects them: in the folder that it runs in. Returns the main file's place there.

    Nothing is written for a single file that does not ask where it is: that saves a folder to be emptied.
    """
    if len(files) == 1 and not any(word in files[main] for word in (b"__file__", b"open", b"Path", b"load", b"read")):
        return main
    for name, content in files.items():
        put(name, content)
    folder = os.path.dirname(main)  # noqa: PTH120
    with contextlib.suppress(OSError):
        os.chdir(folder or ".")
    return os.path.abspath(os.path.basename(main))  # noqa: PTH100, PTH119


def put(name: str, content: bytes) -> None:
    """Write one file of a submission where its code runs, if there is room to write in."""
    with contextlib.suppress(OSError, ValueError):
        if folder := os.path.dirname(name):  # noqa: PTH120
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(name, "wb") as file:  # noqa: PTH123
            file.write(content)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop without the pair of sockets by which other threads wake it: there are no sockets here."""

    def _make_self_pipe(self) -> None: ...

    def _close_self_pipe(self) -> None: ...


class _Loops(asyncio.DefaultEventLoopPolicy):
    _loop_factory = _Loop


def finish(awaited: Coroutine[Any, Any, Any]) -> None:
    """Run to its end what a cell awaits at its top level."""
    asyncio.run(awaited)


def _not_compiled(model: Any = None, **options: object) -> Any:
    """torch.compile without its compiler, which would write files and start processes: what is given runs as it is."""
    return (lambda given: given) if model is None else model


def _nothing(*args: object, **kwargs: object) -> None:
    return None


def _no_keyboard(prompt: object = "") -> NoReturn:
    raise RuntimeError(
        "input() cannot be answered here: take the value as a parameter, unless you were asked for a program"
    )


def quieten_matplotlib() -> None:
    """Plots are drawn in memory and shown to nobody; one that cannot be saved where it should be costs nothing."""
    try:
        import matplotlib
        from matplotlib import pyplot
        from matplotlib.figure import Figure
    except ImportError:
        return  # not installed here
    pyplot.switch_backend("Agg")
    save = Figure.savefig

    def savefig(self: Figure, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(OSError):
            save(self, *args, **kwargs)

    pyplot.show = pyplot.pause = matplotlib.use = _nothing
    Figure.show = _nothing  # type: ignore[method-assign]
    Figure.savefig = savefig  # type: ignore[method-assign]


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
