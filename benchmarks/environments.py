"""A virtual environment for each peer, made once in a cache folder; torch is linked in, not installed again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

_LINKED = ("torch", "numpy")


def default_cache() -> Path:
    """Where environments are kept if the user names no folder."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "diffusion-autograder" / "benchmarks"


def environment(cache: Path, name: str, packages: tuple[str, ...]) -> Path:
    """The folder with the programs of an environment that has `packages`, torch and numpy.

    It is built anew where it is missing, half made, or was made for other packages or another interpreter.
    Raises RuntimeError with pip's words.
    """
    folder = cache / name
    wanted = "\n".join([sys.version, *packages])
    stamp = folder / "made-for.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        print(f"making an environment for {name} ...", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name} did not install: {done.stderr.strip()[-400:]}")
        _link(cache / "linked", folder)
        stamp.write_text(wanted, "utf-8")
    return folder / "bin"


def _link(links: Path, environment: Path) -> None:
    """Let an environment see this one's torch and numpy and what they need; its own packages win."""
    links.mkdir(parents=True, exist_ok=True)
    for name in _closure(_LINKED):
        for file in metadata.distribution(name).files or ():
            top = file.parts[0]
            there = Path(str(metadata.distribution(name).locate_file(top)))
            if top not in ("..", "__pycache__") and not (links / top).exists() and there.exists():
                (links / top).symlink_to(there)
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "linked.pth").write_text(f"{links}\n", "utf-8")


def _closure(names: tuple[str, ...]) -> set[str]:
    """The distributions installed here that `names` need, themselves included."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another platform
        if name not in found:
            found.add(name)
            left += [re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in requires if "extra ==" not in need]
    return found
