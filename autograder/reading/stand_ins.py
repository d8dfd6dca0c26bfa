"""What stands in for Jupyter, Colab and libraries that are not there, and how a hand-in's files find each other.

The same in the jail and in `grade check`: what is accepted here is accepted there.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import os
import posixpath
import shlex
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

QUIET = ("IPython", "google", "ipywidgets", "kaggle_secrets", "kaggle_datasets")  # any call of theirs does nothing
ABSENT = ("torchvision", "torchaudio")  # may be imported at the top of a file; fails only where it is used
_BARS = ("tqdm.notebook", "tqdm._tqdm_notebook")


class Quiet:
    """Takes any call, attribute or item and does nothing: what `display` and `drive.mount` are here.

    A function or class that is handed to it comes back, as from a decorator of ipywidgets.
    """

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Do nothing; what is decorated stays as it is."""
        given = args[0] if args else None
        return given if isinstance(given, (types.FunctionType, type)) else self

    def __getattr__(self, name: str) -> Quiet:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Quiet:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        return None

    def __contains__(self, key: object) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        return (_QuietBase,)


class _QuietBase:
    """What a class is derived from whose base is a stand-in, such as a widget of a student's own."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...

    def __init_subclass__(cls, **kwargs: object) -> None: ...

    def __getattr__(self, name: str) -> Quiet:
        if name.startswith("__"):
            raise AttributeError(name)
        return quiet


quiet = Quiet()


class Shell(Quiet):
    """What `get_ipython()` gives: the magics that change names or places do so, all others do nothing.

    run: runs a file of the hand-in into the notebook's names; cell: runs a text there.
    """

    def __init__(self, *, run: Callable[[str], None], cell: Callable[[str], None]) -> None:
        self._run, self._cell = run, cell

    def __call__(self, *args: object, **kwargs: object) -> Shell:
        """It is what `get_ipython` is, too."""
        return self

    def __bool__(self) -> bool:
        return True

    def run_line_magic(self, name: str = "", line: str = "", *rest: object) -> Any:
        """Do what `%name line` does to names and folders."""
        words = _words(str(line))
        plain = [word for word in words if not word.startswith("-")]
        if name == "run" and plain:
            self._run(plain[0])
        elif name in ("time", "prun") and str(line).strip():
            self._cell(str(line))
        elif name == "pylab":
            self._cell(
                "import numpy\nimport numpy as np\nimport matplotlib\nfrom matplotlib import pyplot\n"
                "from matplotlib import pyplot as plt\nfrom matplotlib.pyplot import *\nfrom numpy import *\n"
            )
        elif name == "cd" and plain:
            _change_folder(plain[0])
        elif name in ("env", "set_env") and words:
            key, _, value = str(line).strip().partition("=" if "=" in str(line) else " ")
            os.environ[key.strip()] = value.strip()
        return None

    def run_cell_magic(self, name: str = "", line: str = "", cell: str = "", *rest: object) -> None:
        """Run the body of `%%name`, if it is Python."""
        if name in ("time", "capture", "prun", "memit"):
            self._cell(str(cell))

    def magic(self, line: str = "", *rest: object) -> Any:
        """The old way to say run_line_magic."""
        name, _, arguments = str(line).lstrip("%").partition(" ")
        return self.run_line_magic(name, arguments)

    def run_cell(self, text: str = "", *rest: object, **options: object) -> None:
        """Run a text in the notebook's names."""
        self._cell(str(text))

    def getoutput(self, *args: object, **kwargs: object) -> list[str]:
        """A command prints nothing here."""
        return []

    def system(self, *args: object, **kwargs: object) -> None:
        """No commands run here."""


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _change_folder(name: str) -> None:
    try:
        os.chdir(name)
    except OSError:
        return  # a folder of the student's machine


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


class StandIn(types.ModuleType):
    """A module every attribute of which is a stand-in, except what matplotlib asks of IPython."""

    version_info = (9, 0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.split(".")[0] not in QUIET:
            return Absent(f"{self.__name__}.{name}")
        return getattr(builtins, "get_ipython", quiet) if name == "get_ipython" else quiet


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for any module under the given names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """A stand-in, if the name is one of ours."""
        if fullname.split(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty one that answers to everything."""
        return StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


class PlainBars(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """tqdm's bars for notebooks are its bars for terminals: there are no widgets here."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Only tqdm.notebook."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in _BARS else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An ordinary module."""
        return

    def exec_module(self, module: types.ModuleType) -> None:
        """The names of tqdm.notebook, on tqdm.std."""
        from tqdm import std  # type: ignore[import-untyped]

        bars = {"tqdm": std.tqdm, "tqdm_notebook": std.tqdm, "trange": std.trange, "tnrange": std.trange}
        vars(module).update(bars)


Execute = Callable[[str, types.ModuleType], None]


class Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the hand-in's other files, from its folders on sys.path too.

    files: name to content; run(file, module): how one is executed; anywhere: take a file of the right name from
    whatever folder, for those who name folders of their own machine (the last resort, behind all other finders).
    """

    def __init__(self, files: Mapping[str, bytes], run: Execute, main: str = "", *, anywhere: bool = False) -> None:
        self._files, self._run, self._anywhere = files, run, anywhere
        self._beside = posixpath.dirname(main)

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The file of a module or package."""
        stem = fullname.replace(".", "/")
        if self._anywhere:
            ends = (f"/{stem}.py", f"/{stem}/__init__.py")
            found = [file for file in self._files if file.endswith(ends)]
            return self._spec(fullname, found[0]) if len(found) == 1 else None
        for folder in self._folders():
            place = posixpath.normpath(posixpath.join(folder, stem))
            for file in (f"{place}/__init__.py", f"{place}.py"):
                if file in self._files:
                    return self._spec(fullname, file)
            if any(file.startswith(f"{place}/") and file.endswith(".py") for file in self._files):
                return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def _spec(self, fullname: str, file: str) -> importlib.machinery.ModuleSpec:
        package = file.endswith("__init__.py")
        return importlib.machinery.ModuleSpec(fullname, self, origin=file, is_package=package)

    def _folders(self) -> list[str]:
        """Where the main file lies, the top, and the folders of the hand-in that stand on sys.path."""
        try:
            here = os.getcwd()  # noqa: PTH109
        except OSError:
            here = "/"
        named = [os.path.relpath(os.path.join(here, entry), here) for entry in sys.path if type(entry) is str]  # noqa: PTH118
        return list(dict.fromkeys([self._beside, "", *(name for name in named if not name.startswith(".."))]))

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An ordinary module."""
        return

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the file."""
        spec = module.__spec__
        if spec is not None and spec.origin is not None:
            module.__file__ = os.path.abspath(spec.origin)  # noqa: PTH100
            self._run(spec.origin, module)


def put_in_place(files: Mapping[str, bytes], run: Execute, shell: Shell, main: str) -> None:
    """Put the stand-ins and the hand-in's files before what is installed, and Jupyter's names where all see them."""
    sys.meta_path[:0] = [StandIns(QUIET), PlainBars(), Siblings(files, run, main)]
    sys.meta_path.append(StandIns(ABSENT))
    sys.meta_path.append(Siblings(files, run, main, anywhere=True))
    vars(builtins).update(display=quiet, get_ipython=shell)
