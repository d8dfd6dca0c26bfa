"""A real Chromium and a real Jupyter server, for tests that look at pages as people do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromium import open_browser


@pytest.fixture
def jupyter_browser(tmp_path: Path) -> Iterator[object]:
    """A Chromium with a profile of its own."""
    with open_browser(tmp_path / "profile") as driver:
        yield driver


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts a Jupyter server in a folder, with more words on its command line; its address."""
    with ExitStack() as stack:
        yield lambda folder, *words: stack.enter_context(_Server(folder, tmp_path / "home", words)).address


class _Server:
    """A server on a free port of this machine, without a token, with a home of its own."""

    def __init__(self, folder: Path, home: Path, words: tuple[str, ...]) -> None:
        home.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._log = (home / "server.log").open("wb")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
        command += ["--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.port_retries=0"]
        command += [
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        environment = os.environ | {"HOME": str(home), "PATH": path, "OMP_NUM_THREADS": "1"}
        environment.pop("MPLBACKEND", None)  # reading a student's file sets it in this process; a shell has none
        self._process = subprocess.Popen(
            [*command, *words],
            cwd=folder,
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> _Server:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{self.address}/api/status", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, Path(self._log.name).read_text()
                time.sleep(0.5)
        raise AssertionError(Path(self._log.name).read_text())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
