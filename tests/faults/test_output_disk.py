"""A full or read-only disk stops a run with a clear sentence, and nothing that was there is lost."""

import os
import resource
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from records import graded_submission

from autograder.errors import OutputError
from autograder.results.result_json import load_result, write_atomically, write_result

RESULT = graded_submission(
    assignment="one", graded_at=datetime(2026, 10, 13, tzinfo=UTC), seconds=0.0, score_before_late=90.0, score=90.0
)
BIG = replace(RESULT, stdout="x" * 60_000, stderr="y" * 60_000)


def refuses(file, result=BIG, said="could not be written"):
    """Writing fails with what to do, the old result is whole, and no part is left behind."""
    with pytest.raises(OutputError, match=said) as caught:
        write_result(result, file)
    assert "What was there before is unchanged" in str(caught.value)
    assert load_result(file) == RESULT
    assert [entry.name for entry in file.parent.iterdir() if "part" in entry.name] == []


@pytest.fixture
def stored(tmp_path):
    file = tmp_path / "result.json"
    write_result(RESULT, file)
    return file


def test_file_size_limit(stored):
    """Where no more bytes may be written (as on a full disk), the old result stays."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, before[1]))
    try:
        refuses(stored, said="File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 KiB, where this machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("mounting a small disk needs root; the file size limit above stands in for it")
    yield place
    subprocess.run(["umount", place], check=True)


def test_full_disk(tiny_disk):
    """On a disk that is full the old result stays, and once there is room the same call works."""
    file = tiny_disk / "result.json"
    write_result(RESULT, file)
    refuses(file, said="No space left on device")
    write_result(replace(RESULT, score=80.0), file)
    assert load_result(file).score == 80.0


def test_read_only_disk(tiny_disk):
    """On a read-only disk the old result stays."""
    file = tiny_disk / "result.json"
    write_result(RESULT, file)
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    refuses(file, said="Read-only file system")


@pytest.fixture
def open_folder():
    """A folder that every user can reach: pytest's own are for the user who runs it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_folder_without_permission(open_folder):
    """In a folder that may not be written, the old result stays (told from a child that is not root)."""
    file = open_folder / "result.json"
    write_result(RESULT, file)
    open_folder.chmod(0o555)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            load_result(file)  # it can be reached and read
            write_result(BIG, file)
        except OutputError as error:
            status = 0 if "could not be written: Permission denied" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert load_result(file) == RESULT


def test_file_in_the_way(tmp_path):
    """A file where a folder should be is told as it is."""
    (tmp_path / "autograded").write_text("in the way")
    with pytest.raises(OutputError, match="could not be written"):
        write_atomically(tmp_path / "autograded" / "s01" / "result.json", b"{}")
    assert (tmp_path / "autograded").read_text() == "in the way"


def test_folder_in_the_place_of_the_file(tmp_path):
    """A folder with the result's name is not replaced, and no part is left."""
    (tmp_path / "result.json").mkdir()
    with pytest.raises(OutputError, match="could not be written"):
        write_result(RESULT, tmp_path / "result.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]
