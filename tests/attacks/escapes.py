"""Attacks on what lies outside the worker: files, processes, the network, the kernel, memory and time."""

from __future__ import annotations

from attacks.attack import DIED, ERROR, TIMEOUT, VALUE, Attack

_LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"

FILES = (
    Attack(
        name="read a suite by its path",
        source="def attack(model):\n    return open(SECRET).read()",
        sees=ERROR,
        shows="FileNotFoundError|PermissionError",
    ),
    Attack(
        name="list the course",
        source="import os\ndef attack(model):\n    return os.listdir(os.path.dirname(SECRET))",
        sees=ERROR,
        shows="FileNotFoundError|PermissionError",
    ),
    Attack(
        name="import the reference",
        source="def attack(model):\n    import reference\n    return reference",
        sees=ERROR,
        shows="ModuleNotFoundError",
    ),
    Attack(
        name="import the engine",
        source="def attack(model):\n    import autograder.records",
        sees=ERROR,
        shows="ModuleNotFoundError",
    ),
    Attack(
        name="read /etc/shadow",
        source="def attack(model):\n    return open('/etc/shadow').read()",
        sees=ERROR,
        shows="FileNotFoundError|PermissionError",
    ),
    Attack(
        name="list the root folder",
        source="import os\ndef attack(model):\n    return os.listdir('/')",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="read the grader's own code",
        source=(
            "import sys\ndef attack(model):\n    return open(sys.modules['autograder.jailed.worker'].__file__).read()"
        ),
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="read the zygote's memory",
        source="import os\ndef attack(model):\n    return open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
        sees=ERROR,
        shows="PermissionError|FileNotFoundError",
    ),
    Attack(
        name="read the first process's environment",
        source="def attack(model):\n    return open('/proc/1/environ').read()",
        sees=ERROR,
        shows="PermissionError|FileNotFoundError",
    ),
    Attack(
        name="look through /proc/self/fd",
        source="import os\ndef attack(model):\n    return os.listdir('/proc/self/fd')",
        sees=ERROR,
        shows="PermissionError|FileNotFoundError",
    ),
    Attack(
        name="look for other descriptors",
        source=(
            "import os\ndef attack(model):\n    found = []\n    for fd in range(4, 4096):\n"
            "        try:\n            os.fstat(fd)\n            found.append(fd)\n"
            "        except OSError:\n            pass\n    return found"
        ),
        sees=VALUE,
        shows=r"^\[\]$",
    ),
    Attack(
        name="environment variables",
        source="import os\ndef attack(model):\n    return sorted(os.environ)",
        sees=VALUE,
        shows=r"^\['HOME', 'LANG', 'MPLBACKEND', 'OMP_NUM_THREADS', 'PATH', 'TMPDIR', 'TQDM_DISABLE'\]$",
        without_namespaces=r"^\['HOME', 'LANG', 'MPLBACKEND', 'OMP_NUM_THREADS', 'PATH', 'TQDM_DISABLE'\]$",
    ),
    Attack(
        name="write into every likely folder",
        source=(
            "import os\ndef attack(model):\n    written = []\n"
            "    library = os.path.dirname(os.__file__)\n"
            "    for folder in ('/', '/tmp', '/dev/shm', '/dev', '/var/tmp', '/grader', os.getcwd(), library):\n"
            "        try:\n            open(folder + '/mine', 'w').write('x')\n            written.append(folder)\n"
            "        except OSError:\n            pass\n    return written"
        ),
        sees=VALUE,
        shows=r"^\['/work'\]$",
        without_namespaces=r"^\[\]$",  # that tier has no folder to write in
    ),
    Attack(
        name="plant a sitecustomize",
        source="import os\ndef attack(model):\n    open(os.path.dirname(os.__file__) + '/sitecustomize.py', 'w')",
        sees=ERROR,
        shows="FileNotFoundError|PermissionError|Read-only",
    ),
    Attack(
        name="five thousand nested folders",
        source="import os\ndef attack(model):\n    for i in range(5000):\n        os.mkdir('d')\n        os.chdir('d')",
        sees=VALUE,
        shows="None",
        without_namespaces=r"PermissionError",  # that tier has no folder to write in
        sees_without_namespaces=ERROR,
    ),
    Attack(
        name="folders that nobody may enter, left behind",
        source=(
            "import os\ndef attack(model):\n    os.mkdir('shut')\n    open('shut/mine', 'w').close()\n"
            "    os.mkdir('shut/in', 0)\n    os.mkdir('none', 0)\n    return sorted(os.listdir())"
        ),
        sees=VALUE,
        shows="none.*shut",
        without_namespaces=r"PermissionError",  # that tier has no folder to write in
        sees_without_namespaces=ERROR,
    ),
    Attack(
        name="more than the folder holds",
        source=(
            "def attack(model):\n    for i in range(100):\n        with open(str(i), 'wb') as file:\n"
            "            file.write(bytes(1 << 20))"
        ),
        sees=ERROR,
        shows="No space left",
        without_namespaces=r"PermissionError",  # that tier has no folder to write in
    ),
    Attack(
        name="a file without end",
        source="def attack(model):\n    with open('mine', 'wb') as file:\n        file.write(bytes(20 << 20))",
        sees=ERROR,
        shows="File too large",
        without_namespaces=r"PermissionError",  # that tier has no folder to write in
    ),
    Attack(
        name="change the mode of a library",
        source="import os\ndef attack(model):\n    import ctypes\n    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    if libc.chmod(os.__file__.encode(), 0o777):\n        raise OSError(ctypes.get_errno(), 'refused')",
        sees=ERROR,
        shows="refused",
    ),
    Attack(
        name="make a device file",
        source="import os\ndef attack(model):\n    os.mknod('/tmp/d', 0o60666, os.makedev(8, 0))",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="climb out by a link",
        source="import os\ndef attack(model):\n    os.symlink('/', '/tmp/out')\n    return os.listdir('/tmp/out')",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="addsitedir to follow an editable install",
        source=(
            "import site, sys\ndef attack(model):\n    for folder in list(sys.path):\n        site.addsitedir(folder)\n"
            "    import reference\n    return 1"
        ),
        sees=ERROR,
        shows="ModuleNotFoundError|PermissionError|Error",
    ),
)

PROCESSES = (
    Attack(
        name="fork bomb",
        source="import os\ndef attack(model):\n    while True:\n        os.fork()",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="subprocess",
        source=(
            "import subprocess\ndef attack(model):\n"
            "    subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True)"
        ),
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="execve",
        source="import os\ndef attack(model):\n    os.execv('/bin/sh', ['sh'])",
        sees=ERROR,
        shows="PermissionError|FileNotFoundError",
    ),
    Attack(
        name="vfork and clone3 by number",
        source=_LIBC + "def attack(model):\n    return [libc.syscall(n, 0, 0, 0, 0, 0) for n in (57, 58, 435)]",
        sees=VALUE,
        shows=r"^\[-1, -1, -1\]$",
    ),
    Attack(
        name="multiprocessing",
        source=(
            "import multiprocessing as mp\ndef attack(model):\n    mp.get_context('fork').Process(target=print).start()"
        ),
        sees=ERROR,
        shows="PermissionError|OSError|FileNotFoundError",
    ),
    Attack(
        name="thread bomb",
        source=(
            "import threading, time\ndef attack(model):\n    while True:\n"
            "        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
        ),
        sees=ERROR,
        shows="can't start new thread",
    ),
    Attack(
        name="a thread that keeps running between calls",
        source=(
            "import threading\ndef spin():\n    while True:\n        pass\ndef attack(model):\n"
            "    threading.Thread(target=spin, daemon=True).start()\n    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="a thread that talks on the line",
        source=(
            "import os, threading, time\ndef talk():\n    time.sleep(0.2)\n    os.write(3, b'x' * 100)\n"
            "def attack(model):\n    threading.Thread(target=talk, daemon=True).start()\n    time.sleep(60)"
        ),
        sees=DIED,
        shows="protocol",
    ),
    Attack(
        name="kill everybody",
        source=(
            "import os\ndef attack(model):\n    sent = []\n    for pid in (-1, 0, 1, 2, os.getppid()):\n"
            "        try:\n            os.kill(pid, 9)\n            sent.append(pid)\n"
            "        except OSError:\n            pass\n    return sent"
        ),
        sees=VALUE,
        shows=r"^\[\]$",
    ),
    Attack(
        name="ptrace the parent",
        source=_LIBC + "def attack(model):\n    return libc.ptrace(16, os.getppid(), 0, 0), ctypes.get_errno()",
        sees=VALUE,
        shows=r"^\(-1, 1\)$",
    ),
    Attack(
        name="read the parent by process_vm_readv",
        source=_LIBC
        + "def attack(model):\n    return libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0), ctypes.get_errno()",
        sees=VALUE,
        shows=r"^\(-1, 1\)$",
    ),
    Attack(
        name="open and use a pidfd of the parent",
        source=_LIBC + "def attack(model):\n    return libc.syscall(434, os.getppid(), 0), ctypes.get_errno()",
        sees=VALUE,
        shows=r"^\(-1, 1\)$",
    ),
    Attack(
        name="raise its own limits",
        source=(
            "import resource\ndef attack(model):\n    hard = resource.getrlimit(resource.RLIMIT_AS)[1]\n"
            "    resource.setrlimit(resource.RLIMIT_AS, (hard, hard + (1 << 40)))"
        ),
        sees=ERROR,
        shows="ValueError|PermissionError",
    ),
    Attack(
        name="become dumpable again",
        source=_LIBC + "def attack(model):\n    return libc.prctl(4, 1, 0, 0, 0), ctypes.get_errno()",
        sees=VALUE,
        shows=r"^\(-1, 1\)$",
    ),
)

KERNEL = (
    Attack(
        name="open a socket",
        source="import socket\ndef attack(model):\n    socket.socket()",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="connect to a unix socket",
        source="import socket\ndef attack(model):\n    socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="talk netlink",
        source="import socket\ndef attack(model):\n    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="pass a descriptor to the grader",
        source=(
            "import socket\ndef attack(model):\n    line = socket.socket(fileno=3)\n"
            "    socket.send_fds(line, [b'x'], [1])"
        ),
        sees=ERROR,
        shows="PermissionError",
    ),
    Attack(
        name="new namespaces, mount, setuid, chroot",
        source=(
            _LIBC + "def attack(model):\n"
            "    calls = ((libc.unshare, (0x10000000,)), (libc.mount, (b'x', b'/tmp', b'tmpfs', 0, None)),"
            " (libc.setuid, (0,)), (libc.chroot, (b'/',)))\n    return [call(*args) for call, args in calls]"
        ),
        sees=VALUE,
        shows=r"^\[-1, -1, -1, -1\]$",
    ),
    Attack(
        name="bpf, keyctl, io_uring, userfaultfd, perf, memfd, landlock",
        source=(
            _LIBC + "def attack(model):\n"
            "    return [libc.syscall(n, 0, 0, 0, 0, 0) for n in (321, 250, 425, 323, 298, 319, 444)]"
        ),
        sees=VALUE,
        shows=r"^\[-1, -1, -1, -1, -1, -1, -1\]$",
    ),
    Attack(
        name="32-bit system call numbers",
        source=_LIBC + "def attack(model):\n    libc.syscall(0x40000000 + 39)\n    return 'survived'",
        sees=DIED,
        shows="SIGSYS",
    ),
    Attack(
        name="segfault",
        source="import ctypes\ndef attack(model):\n    ctypes.string_at(0)",
        sees=DIED,
        shows="SIGSEGV",
    ),
    Attack(
        name="scribble over memory",
        source="import ctypes\ndef attack(model):\n    ctypes.memset(id(None), 0x41, 64)\n    return None",
        sees=DIED,
        shows="SIG|protocol",
    ),
    Attack(
        name="abort",
        source="import os\ndef attack(model):\n    os.abort()",
        sees=DIED,
        shows="SIGABRT",
    ),
)

TIME_AND_MEMORY = (
    Attack(
        name="loop forever",
        source="def attack(model):\n    while True:\n        pass",
        sees=TIMEOUT,
    ),
    Attack(
        name="sleep forever",
        source="import time\ndef attack(model):\n    time.sleep(1e9)",
        sees=TIMEOUT,
    ),
    Attack(
        name="ignore every signal and hang",
        source=(
            "import signal, time\ndef attack(model):\n    for number in range(1, 65):\n"
            "        try:\n            signal.signal(number, signal.SIG_IGN)\n"
            "        except (OSError, ValueError):\n            pass\n    while True:\n        time.sleep(9)"
        ),
        sees=TIMEOUT,
    ),
    Attack(
        name="hang in C",
        source="import re\ndef attack(model):\n    re.match(r'(a+)+$', 'a' * 64 + 'b')",
        sees=TIMEOUT,
    ),
    Attack(
        name="a hundred gigabytes by torch",
        source="import torch\ndef attack(model):\n    return torch.ones(25_000_000_000).sum()",
        sees=ERROR,
        shows="RuntimeError",
    ),
    Attack(
        name="memory without end",
        source=(
            "import numpy\ndef attack(model):\n    kept = []\n    while True:\n"
            "        kept.append(numpy.zeros(1 << 23))"
        ),
        sees=ERROR,
        shows="MemoryError",
    ),
    Attack(
        name="an integer without end",
        source="def attack(model):\n    return 10 ** (10 ** 10)",
        sees=TIMEOUT,
    ),
    Attack(
        name="print a gigabyte",
        source=(
            "def attack(model):\n    text = 'x' * (1 << 20)\n    for _ in range(1024):\n        print(text)\n"
            "    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="write a gigabyte to descriptor 1",
        source="import os\ndef attack(model):\n    for _ in range(1024):\n        os.write(1, b'x' * (1 << 20))",
        sees=ERROR,
        shows="File too large",
    ),
    Attack(
        name="truncate and grow the output file",
        source="import os\ndef attack(model):\n    os.ftruncate(1, 1 << 40)",
        sees=ERROR,
        shows="PermissionError|File too large",
    ),
    Attack(
        name="pipes full of data",
        source=(
            "import os\ndef attack(model):\n    while True:\n        _, end = os.pipe()\n"
            "        os.set_blocking(end, False)\n        os.write(end, b'x' * (1 << 20))"
        ),
        sees=ERROR,
        shows="Too many open files",
    ),
    Attack(
        name="64 torch threads",
        source=(
            "import torch\ntorch.set_num_threads(8)\ndef attack(model):\n"
            "    return (torch.ones(64, 64) @ torch.ones(64, 64)).shape[0]"
        ),
        sees=VALUE,
        shows="^64$",
    ),
)

ESCAPES = FILES + PROCESSES + KERNEL + TIME_AND_MEMORY
