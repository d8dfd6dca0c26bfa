"""`grade --cluster`: real Dask workers, each a process that stands elsewhere, and the real jail inside them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny_course import TinyCourse, make_tiny_course

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")
DASK = (sys.executable, "-m", "dask")
_CLOCK = rb'"(seconds|graded_at|when)": ("[^"]*"|[-+.\w]+)|\d{4}-\d\d-\d\d \d\d:\d\d UTC'
_USER = rb',\s+"?user\b"?'  # the one layer that a container does not have, and this course does not require
_OF_THE_MACHINE = re.compile(_CLOCK + rb"|" + _USER)
# A user namespace of its own, as a container has: one in which the course's folder is empty, one without a jail.
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
_HIDES_COURSE = 'mount -t tmpfs none "$0" && exec "$@"'
_NO_JAIL = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"'

ADD = "def add(a, b):\n    return a {} b\n\n"
TOTAL = "def total(numbers):\n    return sum(numbers)\n"
SLOW = "import time\ntime.sleep(0.5)\n"
SUBMISSIONS = {
    "s01": ADD.format("+") + TOTAL,
    "s02": ADD.format("-") + TOTAL,
    "s03": ADD.format("+") + "import os\ndef total(numbers):\n    os._exit(3)\n",
    "s04": "def add(a, b:\n",
    "s05": SLOW + ADD.format("+") + TOTAL,
    "s06": SLOW + ADD.format("*") + TOTAL,
    "s07": SLOW + ADD.format("+") + "from extra import total\n",
    "s08": SLOW + TOTAL,
}


def grade(course: TinyCourse, *arguments: object, where: Path) -> subprocess.CompletedProcess[str]:
    """Grade the class, called from the folder `where`."""
    command = [str(GRADE), str(course.root / "assignments"), *map(str, arguments)]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=240, check=False)


def written(out: Path) -> dict[str, bytes]:
    """What a run wrote, without its clock. The changelog tells in which order verdicts came in, so it is sorted."""
    found = {
        str(file.relative_to(out)): _OF_THE_MACHINE.sub(b"", file.read_bytes())
        for file in out.rglob("*")
        if file.is_file() and ".grade" not in file.parts
    }
    return {
        name: b"\n".join(sorted(data.splitlines())) if name.endswith(".jsonl") else data for name, data in found.items()
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> TinyCourse:
    """A class whose suite notes down where it lies, each time that it is read."""
    made = make_tiny_course(tmp_path_factory.mktemp("here") / "course")
    for student, source in SUBMISSIONS.items():
        made.hand_in(student, source)
    made.hand_in("s07", "def total(numbers):\n    return sum(numbers)\n", name="extra.py")
    suite = made.root / "tests" / "suites" / "test_sums.py"
    note = f"\nwith open({str(made.root.parent / 'read.txt')!r}, 'a') as notes:\n    notes.write(__file__ + '\\n')\n"
    suite.write_text(suite.read_text("utf-8") + note, "utf-8")
    return made


@pytest.fixture(scope="module")
def by_the_pool(course: TinyCourse) -> dict[str, bytes]:
    """What the pool of this machine writes for the class."""
    out = course.root.parent / "pool"
    done = grade(course, "--jobs", 2, "--out", out, where=course.root.parent)
    assert done.returncode == 0, done.stderr
    return written(out)


def places(course: TinyCourse) -> list[Path]:
    """Where the suite lay when it was read, so far."""
    return [Path(line) for line in (course.root.parent / "read.txt").read_text("utf-8").splitlines()]


@contextmanager
def process(*command: object, where: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with what it starts, which is gone afterwards."""
    with (where / "log.txt").open("ab") as log:
        running = subprocess.Popen(
            [str(word) for word in command], cwd=where, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield running
    finally:
        kill(running)


def kill(running: subprocess.Popen[bytes]) -> None:
    """End a process and its group as a power cut would."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def appears(file: Path, running: subprocess.Popen[bytes]) -> None:
    """Wait for a file that a process is about to write."""
    while not file.exists():
        assert running.poll() is None, (running.args, running.returncode)
        time.sleep(0.05)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A Dask scheduler on this machine; its address."""
    file = tmp_path / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
    with process(*DASK, "scheduler", *options, where=tmp_path) as running:
        appears(file, running)
        while not (text := file.read_text("utf-8")).rstrip().endswith("}"):  # Dask writes it bit by bit
            assert running.poll() is None
            time.sleep(0.05)
        yield json.loads(text)["address"]


def worker(scheduler: str, folder: Path) -> tuple[object, ...]:
    """The command of a worker that keeps its files under folder."""
    options = ("--no-nanny", "--nthreads", 1, "--no-dashboard", "--local-directory", folder)
    return (*DASK, "worker", scheduler, *options)


def test_a_cluster_writes_what_the_pool_writes(
    course: TinyCourse, by_the_pool: dict[str, bytes], tmp_path: Path
) -> None:
    """Byte for byte but for the clock; each worker read its own copy of the suite, which is gone; no secret is told."""
    before = len(places(course))
    done = grade(course, "--cluster", "local:2", "--out", tmp_path / "out", "--verbose", where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path / "out") == by_the_pool
    copies = places(course)[before:]
    assert 1 <= len(copies) == len(set(copies)) <= 2
    assert not any(copy.is_relative_to(course.root) or copy.exists() for copy in copies)
    assert "a-secret-of-the-tests" not in done.stdout + done.stderr


def test_a_lost_worker_loses_no_job(
    course: TinyCourse, by_the_pool: dict[str, bytes], scheduler: str, tmp_path: Path
) -> None:
    """One of two workers, which see no course, is killed half-way: the other ends the work; nothing is told twice."""
    out = tmp_path / "out"
    hidden = (*_NAMESPACE, _HIDES_COURSE, course.root)
    command = (GRADE, course.root / "assignments", "--cluster", scheduler, "--out", out)
    with (
        process(*hidden, *worker(scheduler, tmp_path / "a"), where=tmp_path) as first,
        process(*hidden, *worker(scheduler, tmp_path / "b"), where=tmp_path),
        process(*command, where=tmp_path) as run,
    ):
        while not list(out.rglob("result.json")):
            assert run.poll() is None, (tmp_path / "log.txt").read_text()
            time.sleep(0.05)
        kill(first)
        assert run.wait(240) == 0, (tmp_path / "log.txt").read_text()
    assert written(out) == by_the_pool


def test_a_worker_without_a_wall_refuses(course: TinyCourse, scheduler: str, tmp_path: Path) -> None:
    """It does not run bare: the run ends with 4, says which worker and which wall, and nothing is written."""
    with process(*_NAMESPACE, _NO_JAIL, "sh", *worker(scheduler, tmp_path / "a"), where=tmp_path):
        done = grade(course, "--cluster", scheduler, "--out", tmp_path / "out", where=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "the worker at tcp://127.0.0.1:" in done.stderr
    assert "bubblewrap" in done.stderr
    assert not list((tmp_path / "out").rglob("result.json"))


def of_session(session: int) -> list[str]:
    """The command lines of a session's processes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it is gone
    return [line for line in found if line]


def test_ctrl_c_ends_the_cluster_too(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """After an interrupt in the middle of a job, as a terminal sends it: 130, no process is left, and no traceback."""
    tiny_course.hand_in("a", "def add(a, b):\n    while True: pass\n\n" + TOTAL)
    suite = tiny_course.root / "tests" / "suites" / "test_sums.py"
    begun = tmp_path / "begun"
    suite.write_text(f"open({str(begun)!r}, 'w').close()\n{suite.read_text('utf-8')}", "utf-8")
    settings = tiny_course.root / "course.yml"
    settings.write_text(settings.read_text("utf-8").replace("call_seconds: 3", "call_seconds: 25"), "utf-8")
    command = (GRADE, tiny_course.root / "assignments", "--cluster", "local:1")
    with process(*command, where=tmp_path) as run:
        appears(begun, run)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(120) == 130
        deadline = time.monotonic() + 60
        while of_session(run.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert of_session(run.pid) == []
    assert not tiny_course.result("a").exists()
    said = (tmp_path / "log.txt").read_text("utf-8")
    assert ("Traceback" not in said, "Stopped." in said) == (True, True), said


def test_what_is_missing_is_said(tiny_course: TinyCourse) -> None:
    """Without Dask, the extra to install is named; an address that is none, or --jobs beside it, is refused. With 2."""
    tiny_course.hand_in("a", SUBMISSIONS["s01"])
    without = "import sys; sys.modules['distributed'] = None; from autograder.cli import main; main()"
    folder = tiny_course.root / "assignments"
    for command, told in (
        ((sys.executable, "-c", without, folder, "--cluster", "local:1"), "diffusion-autograder[cluster]"),
        ((GRADE, folder, "--cluster", "local:none"), "local:N for N processes"),
        ((GRADE, folder, "--cluster", "local:2", "--jobs", "2"), "exclude each other"),
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr
