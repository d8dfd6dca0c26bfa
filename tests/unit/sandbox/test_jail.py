"""The walls as data: what the filter lets through, what the jail may read, how refusals are worded. No jail needed."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import JailError
from autograder.jailed import walls
from autograder.records import JailReport
from autograder.sandbox import jail
from autograder.sandbox.sanitise import sanitise

PID = 4711
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter on one system call, as the kernel would."""
    data = {0: number, 4: ARCHITECTURES[machine] if architecture is None else architecture}
    data |= {16 + 8 * place: value for place, value in enumerate(arguments)}
    program = walls.seccomp_program(machine, PID)
    place, loaded = 0, 0
    while True:
        opcode, yes, no, operand = program[place]
        place += 1
        if opcode == 0x06:
            return operand
        if opcode == 0x20:
            loaded = data.get(operand, 0)
        else:
            holds = {0x15: loaded == operand, 0x35: loaded >= operand, 0x45: bool(loaded & operand)}[opcode]
            place += yes if holds else no


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_packed_filter_is_the_program_with_the_workers_own_pid(machine: str, gpu: bool) -> None:
    """Two places name it: signals that a process may send to itself, by kill and by tgkill."""
    pieces = walls.packed_around_pid(machine, gpu=gpu)
    whole = b"".join(struct.pack("HBBI", *step) for step in walls.seccomp_program(machine, PID, gpu=gpu))
    assert len(pieces) == 3
    assert struct.pack("I", PID).join(pieces) == whole


NUMBERS = {  # x86-64, aarch64
    "read": (0, 63),
    "openat": (257, 56),
    "setitimer": (38, 103),
    "futex": (202, 98),
}
FORBIDDEN = {
    "execve": (59, 221),
    "socket": (41, 198),
    "sendmsg": (46, 211),
    "ptrace": (101, 117),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setuid": (105, 146),
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434),
    "bpf": (321, 280),
    "setrlimit": (160, 164),
    "mknodat": (259, 33),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "fchmodat": (268, 53),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
}


@pytest.mark.parametrize("column", [0, 1], ids=list(ARCHITECTURES))
@pytest.mark.parametrize("name", NUMBERS)
def test_ordinary_calls_pass(name: str, column: int) -> None:
    """By each architecture's own number."""
    assert verdict(list(ARCHITECTURES)[column], NUMBERS[name][column]) == ALLOW


@pytest.mark.parametrize("column", [0, 1], ids=list(ARCHITECTURES))
@pytest.mark.parametrize("name", FORBIDDEN)
def test_dangerous_calls_fail_with_eperm(name: str, column: int) -> None:
    """A student sees PermissionError, not a silent death."""
    assert verdict(list(ARCHITECTURES)[column], FORBIDDEN[name][column]) == EPERM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_a_clone_may_make_threads_but_no_process(machine: str) -> None:
    """clone3 says it does not exist, so that the C library falls back to clone."""
    clone = {"x86_64": 56, "aarch64": 220}[machine]
    assert verdict(machine, clone, 0x3D0F00) == ALLOW
    assert verdict(machine, clone, 17) == EPERM
    assert verdict(machine, 435) == ENOSYS


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_signals_and_limits_are_for_oneself_only(machine: str) -> None:
    """kill and tgkill take no other pid, prlimit no other process, prctl no change of dumpability."""
    for number in {"x86_64": (62, 234), "aarch64": (129, 131)}[machine]:
        assert verdict(machine, number, PID) == ALLOW
        for other in (PID + 1, 0, 1, 0xFFFFFFFF):
            assert verdict(machine, number, other) == EPERM
    prlimit, prctl = {"x86_64": (302, 157), "aarch64": (261, 167)}[machine]
    assert (verdict(machine, prlimit, 0), verdict(machine, prlimit, 1)) == (ALLOW, EPERM)
    assert (verdict(machine, prctl, 15), verdict(machine, prctl, 4)) == (ALLOW, EPERM)


def test_foreign_architectures_and_numbers_die() -> None:
    """The 32-bit entry and x32 have other numbers for the same calls, so nothing there can be allowed."""
    assert verdict("x86_64", 0, architecture=0x40000003) == KILL
    assert verdict("x86_64", 0x40000000 + 39) == KILL
    with pytest.raises(OSError, match="no system call table for riscv64"):
        walls.seccomp_program("riscv64", PID)


def test_the_jail_reads_the_interpreter_and_its_libraries_and_never_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever else is on sys.path: an editable install, PYTHONPATH, the working directory."""
    monkeypatch.syspath_prepend(str(tmp_path))
    inside = jail.runtime()
    checkout = Path(jail.__file__).resolve().parents[2]
    for place in map(Path, (*inside.readable, *inside.path)):
        assert not checkout.is_relative_to(place) and not tmp_path.is_relative_to(place)
    assert Path(inside.python).is_file()
    assert any((Path(folder) / "torch").is_dir() for folder in inside.path)
    assert any((Path(folder) / "json").is_dir() for folder in inside.path)


def test_no_readable_place_lies_in_another() -> None:
    """Each is bound once."""
    places = [Path(place) for place in jail.runtime().readable]
    assert not any(one in other.parents for one in places for other in places)


@pytest.mark.parametrize("secret", ["site/course.yml", "site", "."])
def test_a_secret_that_shares_a_folder_with_the_jail_is_refused(tmp_path: Path, secret: str) -> None:
    """Inside, equal, or around: all would be readable. A link does not hide it."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "course.yml").touch()
    (tmp_path / "link").symlink_to(tmp_path / secret)
    inside = jail.Runtime(python="python", path=(), readable=(str(site),))
    for path in (tmp_path / secret, tmp_path / "link"):
        with pytest.raises(JailError, match="students could read"):
            jail.refuse_exposure(inside, [path], layers=("bubblewrap",))


def test_a_secret_elsewhere_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Beside the readable folder, or not there yet."""
    (tmp_path / "site").mkdir()
    inside = jail.Runtime(python="python", path=(), readable=(str(tmp_path / "site"),))
    jail.refuse_exposure(inside, [tmp_path / "site2", tmp_path / "tests"], layers=("bubblewrap",))


def test_a_closed_folder_is_refused_where_workers_have_their_own_user(tmp_path: Path) -> None:
    """With the command that opens it. Behind bubblewrap only the folder itself counts: its parents are made anew."""
    closed = tmp_path / "closed"
    place = closed / "site"
    place.mkdir(parents=True)
    closed.chmod(0o700)
    inside = jail.Runtime(python="python", path=(), readable=(str(place),))
    jail.refuse_exposure(inside, [], layers=("bubblewrap", "user"))
    jail.refuse_exposure(inside, [], layers=("bubblewrap",))
    with pytest.raises(JailError, match=r"chmod o\+x .*closed"):
        jail.refuse_exposure(inside, [], layers=("user",))
    place.chmod(0o700)
    with pytest.raises(JailError, match=r"chmod o\+x .*site"):
        jail.refuse_exposure(inside, [], layers=("bubblewrap", "user"))


def test_root_of_a_user_namespace_alone_has_no_users_to_give() -> None:
    """As in a rootless container: being called root is not enough, so the probe really tries to become somebody."""
    ask = "from autograder.sandbox.jail import probe; report = probe(); print(*report.layers, report.missing)"
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-c", ask]
    seen = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "seccomp" in seen.stdout
    assert "'user': 'only real root" in seen.stdout


def test_what_no_jail_goes_without_is_always_required() -> None:
    """Landlock, seccomp and limits, whatever course.yml says; each absence has its reason and its remedy."""
    with pytest.raises(JailError) as caught:
        jail.require(JailReport(layers=("bubblewrap",), missing={"landlock": "ABI 0"}), ())
    text = str(caught.value)
    assert "landlock (ABI 0): it needs Linux 6.2" in text and "seccomp (not there)" in text and "rlimits" in text
    jail.require(JailReport(layers=jail.LAYERS), jail.LAYERS)


def test_without_bubblewrap_the_command_is_python_alone() -> None:
    """Isolated, without site, so that no .pth file is read."""
    command = jail.command_line(jail.runtime(), None, "/nowhere", ["5", "{}"])
    assert command[1:4] == ["-I", "-S", "-B"]
    assert command[4].endswith("jailed/zygote.py")


def test_a_python_that_cannot_start_is_reported_not_raised(tmp_path: Path) -> None:
    """Every layer that needs it is missing, with what was said."""
    false = jail.Runtime(python="/bin/false", path=(), readable=("/bin/false",))
    report = jail.probe(false)
    assert set(report.missing) == {"landlock", "seccomp", "bubblewrap", "user"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("a\r\nb\rc", "a\nb\ufffdc"),
        ("\x1b[31mred\x07", "\ufffd[31mred\ufffd"),
        ("abc\u202edef\u2066", "abc\ufffddef\ufffd"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        ("\ud800", "\ufffd"),
        ("tag\U000e0041", "tag\ufffd"),
        ("größe \N{GREEK SMALL LETTER ALPHA} 漢字 \U0001f600", "größe \N{GREEK SMALL LETTER ALPHA} 漢字 \U0001f600"),
        ("<b>&\\", "<b>&\\"),
    ],
)
def test_the_sanitiser_takes_out_what_deceives_and_nothing_else(text: str, shown: str) -> None:
    """Letters of every script stay; escaping for a page is the page's business."""
    assert sanitise(text) == shown


def test_the_sanitiser_cuts() -> None:
    """And says so."""
    assert sanitise("x" * 10, 4) == "xxxx..."
