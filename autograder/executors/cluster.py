"""Graders on other machines, or in other processes of this one, through Dask. The only module that imports it.

Each Dask worker gets the course once, as it stands, into a folder of its own, and keeps a pool of graders there that is
the one of a single machine. Submissions travel by value, each with its job; verdicts come back the same way, and errors
as values too: Dask logs the arguments of what raises. The course's secret goes with the course, and is in no job.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from autograder.errors import GraderError, InfrastructureError, UsageError
from autograder.executors.local import local_pool
from autograder.lms.intake.store import digest_of
from autograder.records import Course, Equipment, GradedSubmission, Job
from autograder.submissions.find import read_files
from autograder.submissions.plan import engine_sha256

try:
    from distributed import Client, KilledWorker, LocalCluster, Worker, WorkerPlugin, get_worker
    from distributed.client import ClosedClientError
except ImportError as missing:
    raise UsageError("--cluster needs Dask: run `pip install 'diffusion-autograder[cluster]'`") from missing

T = TypeVar("T")
# So many jobs are on their way at once, read from disk and sent; the others wait here. Enough for 256 workers.
IN_FLIGHT = 512
_CONNECT_SECONDS = 15
_WORKER_SECONDS = 120
# The workers of local:N stand elsewhere, and leave Ctrl-C to who started the run.
_AT_START = "import os, signal; os.chdir('/'); signal.signal(signal.SIGINT, signal.SIG_IGN)"


@contextmanager
def cluster_pool(
    address: str, course: Course, libraries: Sequence[str] = ("torch",), _jobs: int = 0
) -> Iterator[Executor]:
    """A pool of graders on a Dask cluster. On the way out, nothing of the course or its students stays on its workers.

    address: of its scheduler, such as "tls://host:8786", or "local:N" for N processes of this machine.
    Raises UsageError if there is no cluster, GraderError if its workers are of another version or it goes away;
    JailError, from the first result that it concerns, where a worker lacks a layer that course.yml requires.
    """
    with _client(address) as client:
        files = snapshot(course)
        name = f"course-{digest_of(files)[:12]}-{client.id}"
        pool = ClusterPool(client, name)
        try:
            _hand_out(client, CourseThere(course, files, libraries), name)
            yield pool
        finally:
            pool.end()
            if client.status == "running":  # else the scheduler is gone, and its workers clear up by themselves
                with suppress(OSError):
                    client.unregister_worker_plugin(name)


@contextmanager
def _client(address: str) -> Iterator[Client]:
    local = re.fullmatch(r"local:([1-9][0-9]*)", address)
    with ExitStack() as opened:
        try:
            if address.startswith("local:") and not local:
                raise ValueError("N must be a number above 0")
            cluster = opened.enter_context(_processes(int(local[1]))) if local else address
            client = opened.enter_context(Client(cluster, timeout=_CONNECT_SECONDS))
            client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except (ImportError, OSError, TypeError, ValueError) as error:  # TypeError: tls without certificates
            raise UsageError(
                f"--cluster {address}: no Dask cluster with a worker answers there ({error}). Give the address that "
                f"`dask scheduler` prints, such as tls://host:8786, or local:N for N processes of this machine"
            ) from error
        yield client


def _processes(count: int) -> Any:
    """Workers on this machine. They speak TLS: else whoever is logged in could send them code to run."""
    return LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        memory_limit=None,
        dashboard_address=None,
        security=True,
        preload=[_AT_START],
    )


def _hand_out(client: Client, course: CourseThere, name: str) -> None:
    try:
        client.register_plugin(course, name)
    except GraderError:
        raise
    except Exception as error:  # whatever went wrong on that machine
        raise GraderError(
            f"a worker could not take the course ({type(error).__name__}: {error}). It needs room on its disk and this "
            "version of the autograder, with what grading needs: `pip install 'diffusion-autograder[course,cluster]'`"
        ) from error


def snapshot(course: Course) -> dict[str, bytes]:
    """What grading reads of a course, by its name on a worker: suites, references, models. No submission."""
    folders = {course.root / "reference", course.root / "tests" / "suites"}
    folders |= {given.equipment.model for given in course.assignments if given.equipment.model is not None}
    folders |= {given.equipment.data for given in course.assignments if given.equipment.data is not None}
    return {
        (_inside(course.root, folder) / file.relative_to(folder)).as_posix(): file.read_bytes()
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _inside(root: Path, path: Path) -> Path:
    """Where a file or folder of the course lies in its snapshot; a model may lie outside of the course."""
    path = Path(os.path.normpath(path))
    return path.relative_to(root) if path.is_relative_to(root) else Path("models", sha256(bytes(path)).hexdigest()[:12])


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A job on its way: every path is relative, the secret left out. contents: of the submission's files, by name."""

    job: Job
    contents: dict[str, bytes] = field(repr=False)


def pack(job: Job) -> Parcel:
    """The job with its submission's bytes. InfrastructureError if they cannot be read, or changed since planning."""
    submission, root = job.submission, job.course_root
    files = tuple(replace(file, path=Path(file.name)) for file in submission.files)
    return Parcel(
        job=replace(
            job,
            submission=replace(submission, folder=Path(), files=files),
            course_root=Path(),
            suite=_inside(root, job.suite),
            secret="",
            equipment=_moved(job.equipment, lambda path: _inside(root, path)),
        ),
        contents=read_files(submission),
    )


def unpack(parcel: Parcel, course: Course, folder: Path) -> Job:
    """The job as it is graded where the course's copy lies: its submission written under folder."""
    _write(folder, parcel.contents)
    submission = parcel.job.submission
    files = tuple(replace(file, path=folder / file.name) for file in submission.files)
    return replace(
        parcel.job,
        submission=replace(submission, folder=folder, files=files),
        course_root=course.root,
        suite=course.root / parcel.job.suite,
        secret=course.secret,
        equipment=_moved(parcel.job.equipment, lambda path: course.root / path),
    )


def _moved(equipment: Equipment, there: Callable[[Path], Path]) -> Equipment:
    return replace(
        equipment,
        lent=there(equipment.lent) if equipment.lent else None,
        model=there(equipment.model) if equipment.model else None,
        data=there(equipment.data) if equipment.data else None,
    )


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


class CourseThere(WorkerPlugin):  # type: ignore[misc]
    """What makes a Dask worker a grader: the course in a folder of its own, and a pool as on a single machine.

    Dask hands it to each worker, to those that join later too, and tells it when the run has ended.
    """

    def __init__(self, course: Course, files: dict[str, bytes], libraries: Sequence[str]) -> None:
        self._libraries = libraries
        self._course, self._files, self._engine = replace(course, roster=()), files, engine_sha256()

    def setup(self, worker: Worker) -> None:
        """Unpack the course. GraderError if this worker would judge with other code than it is asked to."""
        self._open = ExitStack()
        if engine_sha256() != self._engine:
            raise GraderError(f"the worker at {worker.address} has another version of the autograder: install this one")
        # Dask marks its workers as processes that may have none of their own. Ours end with their parent.
        multiprocessing.current_process().daemon = False
        folder = TemporaryDirectory(prefix="course-", dir=worker.local_directory, ignore_cleanup_errors=True)
        root = Path(self._open.enter_context(folder)).resolve()
        _write(root, self._files)
        self._files = {}
        self._course = replace(self._course, root=root)
        self._pool = self._open.enter_context(local_pool(worker.state.nthreads, self._course, self._libraries))

    def teardown(self, worker: Worker) -> None:
        """End what is being graded, and take the course away."""
        self._open.close()

    def grade(self, fn: Callable[[Job], GradedSubmission], parcel: Parcel) -> GradedSubmission:
        """Have a grader call fn with the job."""
        with TemporaryDirectory(prefix="submission-", dir=self._course.root, ignore_cleanup_errors=True) as folder:
            return self._pool.submit(fn, unpack(parcel, self._course, Path(folder))).result()


def _grade_there(name: str, fn: Callable[[Job], GradedSubmission], parcel: Parcel) -> GradedSubmission | GraderError:
    """What a Dask worker runs for a job. Errors are returned: Dask would log one that is raised, with the arguments."""
    worker = get_worker()
    try:
        graded: GradedSubmission = worker.plugins[name].grade(fn, parcel)
        return graded
    except GraderError as refusal:
        return type(refusal)(f"the worker at {worker.address}: {refusal}")
    except Exception as fault:  # noqa: BLE001  a fault of that machine (a full disk) costs this job, not the run
        return InfrastructureError(f"the worker at {worker.address} failed with {type(fault).__name__}: {fault}")


class ClusterPool(ThreadPoolExecutor):
    """An executor whose threads each take a job to the cluster, and only wait for its verdict.

    A job is read from disk when a thread is free for it, so memory holds a part of the largest class.
    """

    def __init__(self, client: Client, course: str) -> None:
        super().__init__(IN_FLIGHT)
        self._client, self._name = client, course
        self._lock = threading.Lock()
        self._away: set[Any] = set()
        self._ended = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a grader somewhere call fn with a job. The future raises InfrastructureError if every try was lost."""
        return super().submit(self._on_a_worker, fn, *args, **kwargs)

    def end(self) -> None:
        """Drop what waits, and wait for nothing that is away."""
        self.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._ended = True
            away = list(self._away)
        if away and self._client.status == "running":  # else they are cancelled already
            self._client.cancel(away)
        self.shutdown()

    def _on_a_worker(self, fn: Callable[..., Any], job: Job) -> Any:
        try:
            answer = self._answer(_grade_there, self._name, fn, pack(job))
        except KilledWorker as lost:
            raise InfrastructureError(f"every worker that graded it ended: {lost}") from lost
        except (CancelledError, ClosedClientError) as gone:
            raise GraderError("the cluster's scheduler is gone. Results so far are kept; run the same again") from gone
        if isinstance(answer, GraderError):
            raise answer
        return answer

    def _answer(self, *task: Any) -> Any:
        with self._lock:
            if self._ended:
                raise InfrastructureError("the run has ended")
            away = self._client.submit(*task, pure=False)
            self._away.add(away)
        try:
            return away.result()
        finally:
            with self._lock:
                self._away.discard(away)
