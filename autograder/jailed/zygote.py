"""The zygote inside the outer jail: it imports what submissions use, then forks one locked-down worker per request.

An assignment may have a module of its own that is run here too (`lent`), with the folder of a model that it opens.

Run as a script: `zygote.py CONTROL_FD CONFIG`. The control line is a SEQPACKET socket with JSON both ways; requests
carry an id that their reply repeats. It never runs a student's byte itself, and its loop has nothing to clean up but
processes, so no submission can make it fail. One job at a time: a fork request ends whatever is still running.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import types
from typing import Any

_EMPTY_SECONDS = 3

# Files that a worker may have at once. Empty ones use none of the folder, but 1 KiB of the kernel's memory each.
_MOST_FILES = 1 << 14
_LOOK_SECONDS = 0.25
_PRELOADED = ("dataclasses", "encodings.utf_8_sig", "tqdm", "tqdm.auto")
_WITH_TORCH = ("torch.nn.functional", "torch.utils.data", "einops", "einops._torch_specific")
_IMPORTED: set[str] = set()  # of what is imported when a submission needs it


class CourseFault(Exception):
    """The course's own module could not open its model, or is broken."""


def prepare_imports(folders: list[str], here: str) -> None:
    """Make sys.path exactly `folders`, and `autograder` a package of this folder and those two beside it alone."""
    sys.path[:] = folders
    beside = os.path.dirname(here)  # noqa: PTH120
    places = {"autograder": [], "autograder.jailed": [here]}
    places |= {f"autograder.{room}": [os.path.join(beside, room)] for room in ("boundary", "reading")}  # noqa: PTH118
    for name, path in places.items():
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package


def warm_up(libraries: list[str], lent: str, model: str) -> types.ModuleType | None:
    """Import what submissions use and go through a worker's part, all on one thread, which alone survives a fork.

    libraries: of `sandbox.preload`. lent: the source of the course's own module, "" for none, whose warm_up(model) does
    the same for it. Returns it.
    """
    # Some libraries ask for a folder for temporary files when they are imported, which nothing in the jail is. They
    # only want the name.
    tempfile.tempdir = "/tmp"  # noqa: S108
    _import_each(_PRELOADED)
    from autograder.jailed import warming

    warming.warm_the_worker()
    _import_libraries(libraries)
    module = _run_lent(lent, model) if lent else None
    _refuse_threads()
    return module


def _import_torch() -> None:
    """Import torch and what is used beside it, and run the first operations, on one thread."""
    import torch

    from autograder.jailed import warming
    from autograder.jailed.put_off import put_off_the_compiler

    put_off_the_compiler()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    _import_each(_WITH_TORCH)
    image = torch.randn(2, 3, 16, 16, requires_grad=True)
    kernel = torch.randn(4, 3, 3, 3, requires_grad=True)
    loss = torch.nn.functional.conv2d(image, kernel, padding=1).pow(2).mean() + (image[0, 0] @ image[0, 1]).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.optim.Adam([kernel]).step()
    torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD([kernel], lr=0.1), 10)
    warming.warm_the_tensors()


def _import_each(names: tuple[str, ...]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):  # not installed here: then a submission that needs it is told so
            importlib.import_module(name)


def _refuse_threads() -> None:
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads != 1:
        raise RuntimeError(f"the zygote has {threads} threads, so it cannot be forked safely")


def _import_libraries(names: list[str]) -> None:
    """Import, once, what submissions may use. No byte of a submission is read here."""
    from autograder.jailed import put_off, surroundings

    for name in names:
        if name in _IMPORTED:
            continue
        _IMPORTED.add(name)
        if name == "torch":
            _import_torch()
        elif name == "matplotlib.pyplot":
            surroundings.quieten_matplotlib()
        elif name == "torch._dynamo":
            put_off.real()


def _import_for_the_next(names: list[str]) -> None:
    """The same, for the next worker's submission, in a zygote that serves already."""
    if _IMPORTED.issuperset(names):
        return
    gc.disable()
    _import_libraries(names)
    gc.enable()
    _refuse_threads()
    gc.freeze()


def prepare_walls(config: dict[str, Any]) -> int | None:
    """Make once what the walls of all workers have in common. Returns the descriptor of Landlock's rules."""
    from autograder.jailed import walls

    if "seccomp" in config["layers"]:
        walls.packed_around_pid(os.uname().machine, gpu=bool(config["devices"]))
    if "landlock" not in config["layers"]:
        return None
    rules = walls.landlock_rules(config["readable"], config["devices"], config["scratch"])
    out_of_the_way = fcntl.fcntl(rules, fcntl.F_DUPFD_CLOEXEC, 10)  # of the descriptors that a worker starts with
    os.close(rules)
    return out_of_the_way


def _run_lent(source: str, model: str) -> types.ModuleType:
    """The course's own module: what a suite hands to submissions is made by its functions."""
    module = types.ModuleType("autograder.jailed.lent")
    sys.modules[module.__name__] = module
    exec(compile(source, "lent", "exec"), module.__dict__)  # noqa: S102  a file of the course, from the trusted side
    try:
        module.warm_up(model)
    except Exception as error:
        raise CourseFault(f"{type(error).__name__}: {error}") from error
    return module


def serve(control: socket.socket, config: dict[str, Any], lent: types.ModuleType | None) -> None:
    """Answer requests until the other side hangs up."""
    from autograder.boundary import huge_pages

    running: set[int] = set()
    forks = 0
    while True:
        _watch(control, config["scratch"], running)
        message, handed, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if request["op"] == "fork":
            for pid in list(running):
                _end(pid, running)
            _empty(config["scratch"], _uid(config, forks))
            _import_for_the_next(request["libraries"])
            forks += 1
            if forks == huge_pages.WORTHWHILE:
                huge_pages.gather()
            reply, pidfd = _fork(handed, config | {"lent": lent}, request, forks, running)
        else:
            reply, pidfd = _end(request["pid"], running), None
        for descriptor in handed:
            os.close(descriptor)
        with contextlib.suppress(OSError):  # the one who asked is gone; the next request may come from another
            socket.send_fds(control, [json.dumps(reply | {"id": request["id"]}).encode()], [pidfd] if pidfd else [])
        if pidfd is not None:
            os.close(pidfd)


def _watch(control: socket.socket, scratch: str, running: set[int]) -> None:
    """Wait for the next request; end whoever makes more files meanwhile than a worker may.

    bubblewrap cannot say how many a tmpfs may hold. Where the folder is part of another file system, as without
    namespaces, that one's own limit holds.
    """
    if not (scratch and os.path.ismount(scratch)):
        return
    while running and not select.select([control], [], [], _LOOK_SECONDS)[0]:
        room = os.statvfs(scratch)
        if room.f_files - room.f_ffree > _MOST_FILES:
            for pid in running:
                os.kill(pid, signal.SIGKILL)


def _fork(
    handed: list[int], config: dict[str, Any], request: dict[str, Any], count: int, running: set[int]
) -> tuple[dict[str, Any], int | None]:
    try:
        pid = os.fork()
    except OSError as error:
        return {"error": f"cannot fork: {error}"}, None
    if pid == 0:
        _become_worker(handed, config, request, count)
    running.add(pid)
    return {"pid": pid}, os.pidfd_open(pid)


def _uid(config: dict[str, Any], count: int) -> int | None:
    """The user of the worker of this number, None if this process may give it none of its own."""
    uids = config["uids"]
    return uids[0] + (config["first_uid"] + count) % uids[1] if uids else None


def _empty(scratch: str, uid: int | None) -> None:
    """Take away what the last worker wrote, as the user that wrote it, so that the next one finds nothing.

    Ends this process if that cannot be done in short time: the one that takes its place has a new folder.
    """
    if not scratch or not os.listdir(scratch):  # noqa: PTH208
        return
    pid = os.fork()
    if pid == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (_EMPTY_SECONDS, _EMPTY_SECONDS))
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            _remove_all(scratch)
        finally:
            os._exit(1 if os.listdir(scratch) else 0)  # noqa: PTH208
    if os.waitpid(pid, 0)[1] != 0:
        os._exit(98)


def _remove_all(folder: str) -> None:
    """Take away all that is in a folder, whatever its modes. One step at a time, since paths may be too long."""
    os.chdir(folder)
    above: list[str] = []
    while True:
        inner = ""
        with os.scandir() as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.name)  # noqa: PTH108
                    continue
                os.chmod(entry.name, 0o700)  # noqa: PTH101
                try:
                    os.rmdir(entry.name)  # noqa: PTH106
                except OSError:
                    inner = entry.name
                    break
        if inner:
            os.chdir(inner)
            above.append(inner)
        elif os.listdir():  # noqa: PTH208  the system may pass names over while others are taken away
            continue
        elif above:
            os.chdir("..")
            os.rmdir(above.pop())  # noqa: PTH106
        else:
            return


def _end(pid: int, running: set[int]) -> dict[str, Any]:
    """Kill a worker if it still runs, and say how it ended and what it used."""
    if pid not in running:
        return {"error": "no such worker"}
    running.discard(pid)
    with contextlib.suppress(OSError):  # it has ended already
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {"status": status, "cpu": usage.ru_utime + usage.ru_stime}


def _become_worker(handed: list[int], config: dict[str, Any], request: dict[str, Any], count: int) -> None:
    """In the child: take up the three descriptors as 3, 1 and 2, go behind the walls, serve. Never returns."""
    try:
        from autograder.jailed import data, walls, worker

        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in handed]
        for source, target in zip(high, (3, 1, 2), strict=True):
            os.dup2(source, target)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        own = walls.Walls(
            layers=tuple(config["layers"]),
            uid=_uid(config, count),
            cpu_seconds=request["cpu_seconds"],
            memory=request["memory"],
            output=request["output"],
            threads=config["threads"],
            devices=tuple(config["devices"]),
            ruleset=config["ruleset"],
            scratch=config["scratch"],
        )
        line = socket.socket(fileno=3)
        if own.scratch:
            data.lay_out(config["data"], own.scratch)
        walls.lock_down(3, own)
        if not own.scratch:
            data.lay_out(config["data"], "")
        worker.main(line, config["lent"])
    except BaseException as error:  # noqa: BLE001  the child must never return into the zygote's loop
        os.write(2, f"the worker could not start: {type(error).__name__}: {error}"[:500].encode())
    finally:
        os._exit(97)


def main() -> None:
    """Set up imports, warm up, say so, and serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(sys.argv[2])
    gc.disable()  # collections while modules are imported find nothing, and take a sixth of torch's time
    prepare_imports(config["path"], os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    try:
        lent = warm_up(config["libraries"], config["lent"], config["model"])
    except CourseFault as fault:
        control.send(json.dumps({"refused": str(fault)[:2000]}).encode())
        return
    config["ruleset"] = prepare_walls(config)
    gc.enable()
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": os.getpid()}).encode())
    serve(control, config, lent)


if __name__ == "__main__":
    main()
