"""One run at a time: who is second is told by whom the course is held, and a killed run holds nothing."""

import os
import signal
from datetime import UTC, datetime

import pytest

from autograder.errors import BusyError, OutputError
from autograder.runs.lock import begun, completed, one_run, was_cut_off

AT = datetime(2026, 10, 13, 8, 0, tzinfo=UTC)


def test_the_second_says_who_holds_it_and_since_when(tmp_path):
    """And the first is not disturbed by that."""
    with one_run(tmp_path, AT):
        for _ in range(2):
            told = rf"by process {os.getpid()} since 2026-10-13 08:00:00 UTC.*Nothing was done"
            with pytest.raises(BusyError, match=told), one_run(tmp_path, AT):
                pass
    with one_run(tmp_path, AT):
        pass


def test_a_run_that_failed_holds_nothing(tmp_path):
    """Whatever it raised."""
    with pytest.raises(ValueError, match="wrong"), one_run(tmp_path, AT):
        raise ValueError("wrong")
    with one_run(tmp_path, AT):
        pass


def test_a_killed_run_holds_nothing(tmp_path):
    """Its lock goes with it, though its file stays."""
    ready, said = os.pipe()
    child = os.fork()
    if child == 0:
        with one_run(tmp_path, AT):
            os.write(said, b"x")
            signal.pause()
        os._exit(1)
    os.read(ready, 1)
    with pytest.raises(BusyError, match=f"by process {child}"), one_run(tmp_path, AT):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with one_run(tmp_path, AT):
        pass


def test_another_folder_is_another_matter(tmp_path):
    """Two runs that write under different folders do not meet."""
    with one_run(tmp_path / "one", AT), one_run(tmp_path / "two", AT):
        pass


def test_a_file_in_the_way(tmp_path):
    """Where the lock cannot be written, it is said where."""
    (tmp_path / ".grade").write_text("")
    with pytest.raises(OutputError, match=r"\.grade/lock: cannot be written"), one_run(tmp_path, AT):
        pass


def test_what_a_holder_did_not_say(tmp_path):
    """An unreadable note about the holder is no reason to fail differently."""
    with one_run(tmp_path, AT):
        (tmp_path / ".grade" / "lock").write_text("{")
        with pytest.raises(BusyError, match="by another process"), one_run(tmp_path, AT):
            pass


def test_the_mark_of_a_run_at_work(tmp_path):
    """It stands from the first result to the last page."""
    assert not was_cut_off(tmp_path)
    begun(tmp_path)
    assert was_cut_off(tmp_path)
    completed(tmp_path)
    assert not was_cut_off(tmp_path)
    completed(tmp_path)
