"""The warm parent of all workers: started once behind the walls, asked for a worker at a time, replaced if dead."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.errors import CourseError, InfrastructureError, JailError
from autograder.records import Equipment, JailReport, Limits
from autograder.sandbox import jail
from autograder.sandbox.self_test import prove_the_walls
from autograder.sandbox.worker_process import OUTPUT_KEPT, WorkerProcess, ZygoteGone

_START_SECONDS = 120.0
_ANSWER_SECONDS = 20.0
_MAX_THREADS = 64


class Zygote:
    """A context manager around the zygote.

    required_layers: jail layers without which it refuses to start (JailError). forbidden: what no student may read.
    limits: the course's. equipment: what the assignment's workers have beside those. report: what `jail.probe` found,
    if it is known. libraries: of `preload`, imported from the start; others follow when a submission needs them.
    Use it in one process at a time: a grader that forks per submission uses it in the child. Start it in a thread that
    lives as long as it should.
    """

    def __init__(
        self,
        *,
        required_layers: Sequence[str] = (),
        forbidden: Sequence[Path] = (),
        limits: Limits | None = None,
        equipment: Equipment | None = None,
        report: JailReport | None = None,
        libraries: Sequence[str] = ("torch",),
    ) -> None:
        self.limits = limits or Limits()
        self._equipment = equipment or Equipment()
        self._model = self._equipment.model.resolve() if self._equipment.model else None
        self._data = self._equipment.data.resolve() if self._equipment.data else None
        self._required = tuple(required_layers)
        self._forbidden = tuple(forbidden)
        self._report = report
        self._libraries = list(libraries)
        self._runtime = jail.runtime()
        self._requests = 0
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._pidfd = -1
        self._scratch: str | None = None
        self._bwrap: str | None = None
        self.layers: tuple[str, ...] = ()
        self.devices: tuple[str, ...] = ()

    def __enter__(self) -> Zygote:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self, meanwhile: Callable[[], None] = lambda: None) -> Zygote:
        """Check the walls, start the zygote behind them, and prove from inside that they hold.

        meanwhile: is called while the zygote gets ready.

        Raises JailError, and CourseError if what the assignment lends cannot be made.
        """
        self._report = self._report or jail.probe(self._runtime)
        jail.require(self._report, self._required)
        self.layers = self._report.layers
        self.devices = jail.gpu_devices() if self._equipment.gpu != "off" else ()
        if self.devices:
            self._runtime = jail.with_driver(self._runtime)
        elif self._equipment.gpu == "required":
            raise JailError("course.yml says gpu: required, and no NVIDIA GPU, or no torch for one, is on this machine")
        if self._model and not self._model.is_dir():
            raise CourseError(f"{self._model} is not there; course.yml or MODEL names it as the folder of a model")
        jail.refuse_exposure(self._runtime, self._forbidden, layers=self.layers, model=self._model)
        if self._data:
            if not self._data.is_dir():
                raise CourseError(f"{self._data} is not there; course.yml names it as the data of an assignment")
            jail.refuse_exposure(self._runtime, self._forbidden, layers=self.layers, model=self._data)
        self._bwrap = jail.bubblewrap(self._runtime) if "bubblewrap" in self.layers else None
        self._launch(meanwhile)
        try:
            prove_the_walls(self, self._forbidden)
        except BaseException:
            self.close()
            raise
        return self

    def _launch(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Start the zygote and wait until it is ready. Raises JailError with its last words if it is not."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors = os.memfd_create("zygote-errors")
        self._scratch = tempfile.mkdtemp(prefix="grade-") if self._bwrap is None else None
        scratch = self._scratch or jail.SCRATCH
        arguments = [str(theirs.fileno()), json.dumps(self._configuration())]
        inside = (self._runtime, self._bwrap, scratch, arguments)
        command = jail.command_line(*inside, model=self._model, data=self._data, devices=self.devices)
        self._owner, self._control = os.getpid(), ours
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                command,
                pass_fds=[theirs.fileno()],
                env=jail.clean_environment(scratch, gpu=bool(self.devices)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd="/",
            )
            theirs.close()
            self._pidfd = os.pidfd_open(self._process.pid)
            meanwhile()
            there = select.select([ours], [], [], _START_SECONDS)[0]
            said = ours.recv(1 << 16) if there else b""
            if b'"refused"' in said:
                lent, why = self._equipment.lent, json.loads(said)["refused"]
                raise CourseError(
                    f"{lent}: what it lends could not be made, perhaps of a broken file in {self._model}: {why}"
                )
            if b"ready" not in said:
                text = os.pread(errors, 2000, max(0, os.fstat(errors).st_size - 2000)).decode("utf-8", "replace")
                raise JailError(f"the zygote did not start behind {', '.join(self.layers)}: {text.strip()}")
        except BaseException:
            self.close()
            raise
        finally:
            os.close(errors)
            theirs.close()

    def _configuration(self) -> dict[str, object]:
        """What the zygote must know."""
        own_users = "user" in self.layers
        model = "" if self._model is None else jail.MODEL_INSIDE if self._bwrap else str(self._model)
        data = "" if self._data is None else jail.DATA_INSIDE if self._bwrap else str(self._data)
        lent = self._equipment.lent
        return {
            "layers": [layer for layer in self.layers if layer != "bubblewrap"],
            "path": self._runtime.path,
            "readable": [*self._runtime.readable, *(place for place in (model, data) if place)],
            "data": data,
            "devices": self.devices,
            "model": model,
            "scratch": jail.WORK if self._bwrap else "",
            "libraries": self._libraries,
            "lent": lent.read_text("utf-8") if lent else "",
            "uids": jail.OWN_UIDS if own_users else None,
            "first_uid": os.getpid(),
            # the limit on tasks counts a whole user: where neither that nor its namespace is the worker's, it counts
            "threads": _MAX_THREADS if own_users or self._bwrap is not None else None,
        }

    def close(self) -> None:
        """End the zygote and, with it, any worker."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            os.close(self._pidfd)
            self._pidfd = -1
        if self._process is not None:
            if self._owner == os.getpid():
                self._process.wait()
            else:
                self._process.returncode = -signal.SIGKILL  # a parent's child: not ours to wait for
        self._process = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def alive(self) -> bool:
        """Whether the zygote still holds its end of the line."""
        if self._control is None:
            return False
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        return not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))

    def spawn(self, limits: Limits | None = None, libraries: Sequence[str] = ()) -> WorkerProcess:
        """Fork one worker. A dead zygote is replaced first, once; then it is an InfrastructureError.

        libraries: of `preload`, which the zygote imports before it forks, if it has not.
        """
        try:
            return self._spawn(limits or self.limits, libraries)
        except ZygoteGone:
            self.close()
        try:
            self._launch()
            return self._spawn(limits or self.limits, libraries)
        except (ZygoteGone, JailError) as error:
            raise InfrastructureError(f"the zygote cannot be kept alive: {error}") from error

    def _spawn(self, limits: Limits, libraries: Sequence[str]) -> WorkerProcess:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        stdout, stderr = os.memfd_create("stdout"), os.memfd_create("stderr")
        request = {
            "op": "fork",
            "memory": limits.memory_mib << 20,
            "output": 2 * OUTPUT_KEPT,
            "cpu_seconds": 2 * int(limits.submission_seconds) + 5,  # for loading and for judging
            "libraries": list(libraries),
        }
        try:
            reply, pidfds = self._ask(request, [theirs.fileno(), stdout, stderr])
            if "pid" not in reply or not pidfds:
                raise InfrastructureError(f"no worker could be forked: {reply.get('error')}")
        except BaseException:
            ours.close()
            os.close(stdout)
            os.close(stderr)
            raise
        finally:
            theirs.close()
        return WorkerProcess(line=ours, pid=reply["pid"], pidfd=pidfds[0], stdout=stdout, stderr=stderr)

    def reap(self, worker: WorkerProcess) -> tuple[int, float]:
        """End a worker if need be; its wait status and the CPU seconds it used. Raises ZygoteGone."""
        worker.kill()
        reply, _ = self._ask({"op": "reap", "pid": worker.pid}, [])
        if "status" not in reply:
            raise ZygoteGone("the worker was reaped by another request")
        return reply["status"], reply["cpu"]

    def _ask(self, request: dict[str, Any], descriptors: list[int]) -> tuple[dict[str, Any], list[int]]:
        """One request and its reply; replies to somebody who is gone are dropped. Raises ZygoteGone."""
        if self._control is None:
            raise ZygoteGone("it is not running")
        self._requests += 1
        number = f"{os.getpid()}.{self._requests}"
        deadline = time.monotonic() + _ANSWER_SECONDS
        try:
            socket.send_fds(self._control, [json.dumps(request | {"id": number}).encode()], descriptors)
            while select.select([self._control], [], [], max(0.0, deadline - time.monotonic()))[0]:
                message, handed, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
                if not message:
                    raise ZygoteGone("it ended")
                reply = json.loads(message)
                if reply.get("id") == number:
                    return reply, handed
                for descriptor in handed:
                    os.close(descriptor)
        except OSError as error:
            raise ZygoteGone(str(error)) from None
        raise ZygoteGone(f"no answer within {_ANSWER_SECONDS:g} s")
