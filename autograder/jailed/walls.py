"""The inner walls: what a freshly forked worker gives up before it sees a student's first byte.

Plain ctypes on the kernel's own interfaces (Landlock's three system calls, seccomp's filter, prctl), because this runs
inside the jail after a fork, where no library of ours and no helper process may be. `lock_down` raises if a wall that
it was asked for does not go up. Everything else about the outside (namespaces, mounts) is the outer jail's business.
"""

from __future__ import annotations

import ctypes
import functools
import os
import resource
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

SCRATCH_FILE = 16 << 20  # bytes of the largest file that a worker may write
LANDLOCK_MINIMUM_ABI = 3  # 3 is the first that governs truncation; later ones add TCP, ioctl and signal scopes

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SIGKILL = 9
_CAPABILITIES_OF_THIS_THREAD = struct.pack("Ii", 0x20080522, 0)  # the third version of the interface: two words a set
_NO_CAPABILITIES = bytes(24)
# Where the grader's user is the worker's, threads without end would take every process number of the machine. Others of
# that user (graders, an editor) may start so many while a submission runs before honest work could notice.
_TASKS_ABOVE_OTHERS = 512
_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT = 444, 445, 446  # the same numbers on every architecture
_LANDLOCK_RULES_BY_ABI = {3: 15, 4: 15}  # how many filesystem rights each ABI knows; 16 from ABI 5 on
_READ_FILE, _READ_DIR, _WRITE_FILE, _IOCTL_DEV = 1 << 2, 1 << 3, 1 << 1, 1 << 15
_REMOVE, _MAKE, _MOVE, _TRUNCATE = 0b11 << 4, 0b11 << 7, 1 << 13, 1 << 14  # of folders and plain files, nothing else
_KEEP_FILES = _READ_FILE | _READ_DIR | _WRITE_FILE | _REMOVE | _MAKE | _MOVE | _TRUNCATE
_IOCTL_DEV_SINCE_ABI = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What one worker may keep.

    layers: which walls must go up ("landlock", "seccomp", "rlimits", "user"). uid: the worker's own user, None if this
    process may not change it. Sizes in bytes, CPU in seconds. threads: how many tasks the worker's user may have; None
    where it shares that user with others, and then it is what they have now and some more. devices: a GPU's nodes; with
    them every ioctl passes and address space has no limit, for drivers need both. ruleset: the descriptor of Landlock's
    rules, which the zygote has made for all its workers; None without that layer. scratch: the
    one folder that it may write in, "" for none.
    """

    layers: tuple[str, ...]
    uid: int | None
    cpu_seconds: int
    memory: int
    output: int
    threads: int | None
    devices: tuple[str, ...] = ()
    ruleset: int | None = None
    scratch: str = ""


def lock_down(keep_fd: int, walls: Walls) -> None:
    """Close every way out. Called once, single-threaded, with stdin, stdout, stderr and `keep_fd` = 3 in place."""
    os.setsid()
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0))
    if walls.ruleset is not None:
        os.closerange(keep_fd + 1, walls.ruleset)
    os.closerange((walls.ruleset or keep_fd) + 1, 1 << 16)
    os.environ.clear()
    os.environ.update(
        PATH="/usr/bin:/bin", LANG="C.UTF-8", HOME="/", OMP_NUM_THREADS="1", TQDM_DISABLE="1", MPLBACKEND="Agg"
    )
    if walls.scratch:
        import tempfile  # here, where it is loaded already: a probe of one layer does without

        os.environ.update(HOME=walls.scratch, TMPDIR=walls.scratch)
        tempfile.tempdir = walls.scratch  # the zygote has a folder of its own, which a worker's user could not empty
    os.chdir(walls.scratch or "/")
    if "rlimits" in walls.layers:
        _limit_resources(walls)
    if "user" in walls.layers:
        if walls.uid is None:
            raise OSError("no user of its own for the worker")
        _become(walls.uid)
        _checked(_libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0))  # a change of user clears it
    _checked(_libc.capset(_CAPABILITIES_OF_THIS_THREAD, _NO_CAPABILITIES))  # a root without users to give has some left
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    if "landlock" in walls.layers:
        if walls.ruleset is None:
            raise OSError("no Landlock rules for the worker")
        _landlock(walls.ruleset)
    if "seccomp" in walls.layers:
        _seccomp(gpu=bool(walls.devices))


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _limit_resources(walls: Walls) -> None:
    """Address space is counted from what the warm parent already maps. FSIZE also bounds the output's memory files."""
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    mapped = int(os.read(statm, 100).split()[0]) * resource.getpagesize()
    os.close(statm)
    limits = {
        resource.RLIMIT_AS: (mapped + walls.memory, mapped + walls.memory),
        resource.RLIMIT_CPU: (walls.cpu_seconds, walls.cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (max(walls.output, SCRATCH_FILE if walls.scratch else 0),) * 2,
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
    }
    if walls.devices:  # CUDA reserves addresses by the terabyte, and opens its device some hundred times
        del limits[resource.RLIMIT_AS]
        limits[resource.RLIMIT_NOFILE] = (1024, 1024)
    threads = walls.threads if walls.threads is not None else tasks_of(os.getuid()) + _TASKS_ABOVE_OTHERS
    limits[resource.RLIMIT_NPROC] = (threads, threads)
    for name, value in limits.items():
        resource.setrlimit(name, value)


def tasks_of(uid: int) -> int:
    """How many processes and threads this user has, as far as /proc shows them."""
    tasks = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    tasks += os.stat(f"{entry.path}/task").st_nlink - 2  # noqa: PTH116
            except OSError:
                continue  # it has ended
    return tasks


def landlock_abi() -> int:
    """Which Landlock this kernel offers, 0 for none."""
    version: int = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    return max(0, version)


def landlock_rules(readable: Iterable[str], devices: Iterable[str] = (), scratch: str = "") -> int:
    """Rules that deny all files except reading `readable`, and all TCP, abstract sockets and signals to the outside.

    devices: nodes that may be read, written and asked by ioctl. scratch: a folder in which plain files and folders may
    be made, changed and taken away, "" for none. Returns a descriptor; nobody is governed by it yet.
    """
    abi = landlock_abi()
    if abi == 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no Landlock here: {os.strerror(number)}")
    if abi < LANDLOCK_MINIMUM_ABI:
        raise OSError(f"Landlock ABI {abi} is older than {LANDLOCK_MINIMUM_ABI}")
    every_right = (1 << _LANDLOCK_RULES_BY_ABI.get(abi, 16)) - 1
    tcp, scopes = 0b11, 0b11
    attribute = struct.pack("QQQ", every_right, tcp, scopes)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _checked(_libc.syscall(_LANDLOCK_CREATE, attribute, ctypes.c_size_t(len(attribute)), 0))
    grants = [(path, _READ_FILE | _READ_DIR) for path in readable] + [("/dev/null", _READ_FILE | _WRITE_FILE)]
    grants += [("/dev/urandom", _READ_FILE)]  # torch seeds a generator of its own from it, not by getrandom(2)
    ioctl = _IOCTL_DEV if abi >= _IOCTL_DEV_SINCE_ABI else 0
    grants += [(node, _READ_FILE | _WRITE_FILE | ioctl) for node in devices]
    grants += [(scratch, _KEEP_FILES)] if scratch else []
    for path, rights in grants:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= _READ_FILE | _WRITE_FILE | _IOCTL_DEV
        rule = struct.pack("=Qi", rights, place)
        _checked(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0))
        os.close(place)
    return ruleset


def _landlock(ruleset: int) -> None:
    _checked(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)


# --- seccomp: an allowlist. A call that is not on it fails with EPERM, so that a student sees an ordinary error. ----

# Each line: name, x86-64 number, aarch64 number (None where the architecture lacks the call).
_ALLOWED = """
read 0 63            write 1 64           close 3 57           fstat 5 80           lseek 8 62
mmap 9 222           mprotect 10 226      munmap 11 215        brk 12 214           rt_sigaction 13 134
rt_sigprocmask 14 135  rt_sigreturn 15 139  pread64 17 67      readv 19 65          writev 20 66
sched_yield 24 124   mremap 25 216        madvise 28 233       dup 32 23            nanosleep 35 101
getitimer 36 102     setitimer 38 103     getpid 39 172        sendto 44 206        recvfrom 45 207
exit 60 93           uname 63 160         getcwd 79 17         chdir 80 49          umask 95 166
gettimeofday 96 169  getrlimit 97 163     getrusage 98 165     sysinfo 99 179       times 100 153
getuid 102 174       getgid 104 176       geteuid 107 175      getegid 108 177      getppid 110 173
sigaltstack 131 132  gettid 186 178       futex 202 98         sched_getaffinity 204 123
getdents64 217 61    restart_syscall 219 128  clock_gettime 228 113  clock_getres 229 114
clock_nanosleep 230 115  exit_group 231 94  epoll_ctl 233 21   openat 257 56        newfstatat 262 79
readlinkat 267 78    faccessat 269 48     pselect6 270 72      ppoll 271 73         set_robust_list 273 99
epoll_pwait 281 22   epoll_create1 291 20 dup3 292 24          pipe2 293 59         getrandom 318 278
membarrier 324 283   statx 332 291        rseq 334 293         getcpu 309 168       faccessat2 439 439
stat 4 -             lstat 6 -            poll 7 -             access 21 -          pipe 22 -
select 23 -          dup2 33 -            readlink 89 -        arch_prctl 158 -     time 201 -
epoll_wait 232 -     open 2 -
"""
# For files of its own: Landlock says where. What changes a file's mode, owner or times, and links, stay forbidden.
_ALLOWED += """
mkdir 83 -           mkdirat 258 34       rmdir 84 -           unlink 87 -           unlinkat 263 35
rename 82 -          renameat 264 38      renameat2 316 276    ftruncate 77 46       pwrite64 18 68
fsync 74 82          fdatasync 75 83      flock 73 32
"""
# Calls allowed only with one of these values in one argument: name, numbers, argument, values ("self": own pid).
_ALLOWED_WITH = (
    ("kill", 62, 129, 0, "self"),
    ("tgkill", 234, 131, 0, "self"),
    ("fcntl", 72, 25, 1, (0, 1, 2, 3, 4, 1030)),  # DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC
    ("ioctl", 16, 29, 1, (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)),  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    ("prctl", 157, 167, 0, (15, 16, 0x53564D41)),  # SET_NAME, GET_NAME, SET_VMA
    ("prlimit64", 302, 261, 0, (0,)),  # its own limits, and it can only lower them
)
# What a GPU's driver needs beside: its own ioctl requests, and these.
_ALLOWED_WITH_GPU = """
ioctl 16 29          eventfd2 290 19      mlock 149 228        munlock 150 229      mincore 27 232
sched_setaffinity 203 122  sched_getparam 143 121  sched_getscheduler 145 120
"""
_CLONE, _CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
_CLONE_THREAD = 0x10000
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000

_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # opcodes of classic BPF
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
_NUMBER_OFFSET, _ARCH_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16

Instruction = tuple[int, int, int, int]  # opcode, jump if true, jump if false, operand


def seccomp_program(machine: str, pid: int, *, gpu: bool = False) -> list[Instruction]:
    """The filter for one worker: the allowlist, no new process, signals to itself only; foreign architectures die."""
    if machine not in _AUDIT_ARCH:
        raise OSError(f"no system call table for {machine}: x86_64 and aarch64 are known")
    column = 0 if machine == "x86_64" else 1
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH_OFFSET),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_GREATER_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in allowed_numbers(column) + (allowed_numbers(column, _ALLOWED_WITH_GPU) if gpu else []):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ENOSYS)]  # glibc then falls back to clone
    program += _guarded(_CLONE[machine], 0, [(_ANY_BIT, 0, 1, _CLONE_THREAD), (_RETURN, 0, 0, _ALLOW)])
    for _, x86_64, aarch64, argument, values in _ALLOWED_WITH:
        wanted = (pid,) if values == "self" else values
        tests = [step for value in wanted for step in ((_EQUAL, 0, 1, int(value)), (_RETURN, 0, 0, _ALLOW))]
        program += _guarded((x86_64, aarch64)[column], argument, tests)
    return [*program, (_RETURN, 0, 0, _EPERM)]


def allowed_numbers(column: int, table: str = _ALLOWED) -> list[int]:
    """The unconditional allowlist of one architecture: column 0 is x86-64, 1 is aarch64."""
    words = table.split()
    numbers = words[1 + column :: 3]
    return [int(number) for number in numbers if number != "-"]


def _guarded(number: int, argument: int, tests: list[Instruction]) -> list[Instruction]:
    """If the call is `number`: load the low half of its argument, run the tests, and refuse if none allowed it."""
    body = [(_LOAD, 0, 0, _ARGUMENTS_OFFSET + 8 * argument), *tests, (_RETURN, 0, 0, _EPERM)]
    return [(_EQUAL, 0, len(body), number), *body]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


@functools.cache
def packed_around_pid(machine: str, *, gpu: bool = False) -> tuple[bytes, ...]:
    """The filter as the kernel reads it, cut wherever the worker's own pid stands, so that it is made once for all."""
    somebody = 0x5E1FAB1E
    program = seccomp_program(machine, somebody, gpu=gpu)
    return tuple(b"".join(struct.pack("HBBI", *step) for step in program).split(struct.pack("I", somebody)))


def _seccomp(*, gpu: bool = False) -> None:
    program = struct.pack("I", os.getpid()).join(packed_around_pid(os.uname().machine, gpu=gpu))
    steps = ctypes.create_string_buffer(program)
    filter_mode = 2
    whole = _Program(len(program) // struct.calcsize("HBBI"), ctypes.addressof(steps))
    _checked(_libc.prctl(_PR_SET_SECCOMP, filter_mode, ctypes.byref(whole), 0, 0))


def main(layer: str, uid: int = 0) -> None:
    """Put up one wall around this process and end: how the outside finds out whether this machine can."""
    if layer == "user":
        _become(uid)
        return
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    {"landlock": lambda: _landlock(landlock_rules(())), "seccomp": _seccomp}[layer]()


if __name__ == "__main__":
    try:
        main(sys.argv[1], *map(int, sys.argv[2:]))
    except OSError as failure:
        sys.exit(str(failure))
