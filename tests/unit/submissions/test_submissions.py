"""Submissions are found by path, the graded file is picked by stated rules, and nothing about a file is trusted."""

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.errors import CourseError, InfrastructureError, UsageError
from autograder.records import Assignment, Course, Limits, Student
from autograder.submissions import folder as folder_module
from autograder.submissions.find import (
    find_submissions,
    missing_students,
    odd_folders,
    read_files,
    read_received,
    unknown_students,
)


@pytest.fixture
def course(tmp_path):
    return Course(
        root=tmp_path.resolve(),
        title="Tiny",
        term="",
        timezone="UTC",
        secret="a-long-enough-secret",
        assignments=(Assignment(slug="one", title="First"), Assignment(slug="two", title="Second")),
        limits=Limits(submission_mib=0.001),
        roster=(Student(id="s01"), Student(id="s02"), Student(id="s03")),
    )


@pytest.fixture
def hand_in(course):
    def hand_in(student: str, files: dict[str, bytes | str], slug: str = "one") -> Path:
        folder = course.root / "assignments" / slug / "submitted" / student
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return hand_in


def only(course, path=None):
    (submission,) = find_submissions(course, [path or course.root])
    return submission


def whose(submissions):
    return [(submission.assignment, submission.student) for submission in submissions]


@pytest.fixture
def klass(hand_in):
    for slug, student in (("two", "s01"), ("one", "s02"), ("one", "s01"), ("one", "s99")):
        hand_in(student, {f"{slug}.py": f"# {student}"}, slug)


@pytest.mark.parametrize("path", ["", "assignments"])
def test_whole_course(course, klass, path):
    """The course and its assignments folder mean everything, in the course's order, then by student."""
    found = whose(find_submissions(course, [course.root / path]))
    assert found == [("one", "s01"), ("one", "s02"), ("one", "s99"), ("two", "s01")]


@pytest.mark.parametrize("path", ["assignments/one", "assignments/one/submitted"])
def test_one_assignment(course, klass, path):
    """An assignment and its submitted folder mean its submissions."""
    assert whose(find_submissions(course, [course.root / path])) == [("one", "s01"), ("one", "s02"), ("one", "s99")]


@pytest.mark.parametrize("path", ["assignments/one/submitted/s02", "assignments/one/submitted/s02/one.py"])
def test_one_student(course, klass, path):
    """A student's folder, or the file in it, means that submission."""
    submission = only(course, course.root / path)
    assert (submission.student, submission.main) == ("s02", "one.py")


def test_paths_overlap(course, klass):
    """A submission named twice is found once."""
    paths = [course.root / "assignments/one", course.root / "assignments/one/submitted/s01"]
    assert len(find_submissions(course, paths)) == 3


def test_named_file_is_graded(course, hand_in):
    """A file named on the command line is the one that is graded, whatever else is there."""
    folder = hand_in("s01", {"one.py": "1", "draft.py": "2"})
    assert only(course, folder / "draft.py").main == "draft.py"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("assignments/onee", "did you mean 'one'?"),
        ("assignments/zzz", "it lists one, two"),
        ("assignments/one/release", "they lie in assignments/one/submitted"),
        ("tests", "holds no submissions"),
        ("assignments/one/submitted/s0", "did you mean s0"),
        ("assignments/one/submitted/who", "no folder of that student"),
        ("assignments/one/submitted/s01/other.py", "name a .py or .ipynb file that is there"),
        ("assignments/one/submitted/s01/notes.txt", "name a .py or .ipynb file that is there"),
        ("..", "is not in the course"),
    ],
)
def test_no_such_path(course, klass, hand_in, path, said):
    """Any other path is a usage error that says where submissions lie."""
    hand_in("s01", {"notes.txt": "x"})
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        find_submissions(course, [course.root / path])


def test_nothing_handed_in(course):
    """Before anybody hands in there is nothing to grade, which is no error."""
    assert find_submissions(course, [course.root]) == []


def test_roster(course, klass):
    """Who handed in without being on the roster, and who on the roster did not, is known."""
    found = find_submissions(course, [course.root])
    assert unknown_students(course, found) == ("s99",)
    assert found[2].notes == ("s99 is not on the roster",)
    assert missing_students(course, "one") == ("s03",)
    assert missing_students(course, "two") == ("s02", "s03")


def test_ignored_files(course, hand_in):
    """Hidden files, caches, checkpoints and timestamp.txt are no part of a submission."""
    hand_in(
        "s01",
        {
            "one.py": "1",
            "timestamp.txt": "2020-01-01 00:00:00 UTC",
            ".hidden.py": "x",
            "__pycache__/one.cpython-311.pyc": "x",
            ".ipynb_checkpoints/one-checkpoint.ipynb": "x",
        },
    )
    assert [file.name for file in only(course).files] == ["one.py"]


def test_hash_covers_names_and_contents(course, hand_in):
    """The same files have the same hash; another content, name or main file has another."""
    hand_in("s01", {"one.py": "1", "more.py": "2"})
    hand_in("s02", {"one.py": "1", "more.py": "2"})
    hand_in("s03", {"one.py": "1", "other.py": "2"})
    hand_in("s04", {"one.py": "1", "more.py": "3"})
    first, second, third, fourth = (s.sha256 for s in find_submissions(course, [course.root]))
    assert first == second
    assert len({first, third, fourth}) == 3
    named = only(course, course.root / "assignments/one/submitted/s01/more.py")
    assert named.sha256 != first


@pytest.mark.parametrize(
    ("files", "main", "note"),
    [
        ({"one.py": "mine"}, "one.py", None),
        ({"one.ipynb": "{}"}, "one.ipynb", None),
        ({"one.py": "starter", "one.ipynb": "mine"}, "one.ipynb", "one.py is as handed out"),
        ({"one.py": "mine", "one.ipynb": "starter nb"}, "one.py", "one.ipynb is as handed out: one.py is graded"),
        ({"one.py": "mine", "one.ipynb": "mine"}, "one.py", "one.py is graded"),
        ({"one.py": "starter", "one.ipynb": "starter nb"}, "one.py", None),
        ({"final (2).py": "mine"}, "final (2).py", "there is no one.py or one.ipynb: final (2).py is graded"),
        ({"hw/one.py": "mine"}, "hw/one.py", "there is no one.py or one.ipynb: hw/one.py is graded"),
        ({"lib/tool.py": "x", "main.ipynb": "{}"}, "main.ipynb", "main.ipynb is graded"),
        ({"one.py": "mine", "tool.py": "x"}, "one.py", None),
    ],
)
def test_pick(course, hand_in, files, main, note):
    """The main file is the one with the assignment's name; the untouched starter gives way; a lone file will do."""
    release = course.root / "assignments" / "one" / "release"
    release.mkdir(parents=True)
    (release / "one.py").write_text("starter")
    (release / "one.ipynb").write_text("starter nb")
    hand_in("s01", files)
    submission = only(course)
    assert submission.main == main
    assert submission.format == ("ipynb" if main.endswith("ipynb") else "py")
    assert submission.problem is None
    assert any(note in n for n in submission.notes) if note else submission.notes == ()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "the folder is empty: hand in one file called one.py or one.ipynb"),
        ({"report.pdf": "x"}, "the folder holds only report.pdf: hand in one file called"),
        ({"one.py": b"x" * 2000}, "one.py is 0.0 MiB, and a submission may have 0.001"),
    ],
)
def test_problems(course, hand_in, files, problem):
    """What cannot be graded is a problem told in the student's words; it has a hash, so it is judged once."""
    hand_in("s01", files)
    submission = only(course)
    assert problem in submission.problem
    assert (submission.main, submission.files, submission.fault) == ("", (), None)
    assert submission.sha256


def test_empty_file_is_gradable(course, hand_in):
    """An empty file is a submission, if a poor one."""
    hand_in("s01", {"one.py": ""})
    assert only(course).problem is None


def test_huge_file_is_not_read(course, hand_in):
    """A file of 200 GB is refused by its size alone."""
    folder = hand_in("s01", {"one.py": ""})
    os.truncate(folder / "one.py", 200 * 2**30)
    assert "one.py is 204800.0 MiB" in only(course).problem


def test_big_data_file_is_left_out(course, hand_in):
    """A stray data set costs nothing: it is left out with a note."""
    hand_in("s01", {"one.py": "1", "data.bin": b"x" * 2000})
    submission = only(course)
    assert [file.name for file in submission.files] == ["one.py"]
    assert "data.bin" in submission.notes[0]


def test_too_many_files(course, hand_in):
    """Past a hundred files the rest is left out, code last."""
    hand_in("s01", {"one.py": "1"} | {f"f{n:03}.txt": "" for n in range(150)})
    submission = only(course)
    assert len(submission.files) == folder_module.MAX_FILES
    assert submission.main == "one.py"
    assert "f099.txt and what follows is left out" in submission.notes[0]


def test_too_deep(course, hand_in):
    """A folder in a folder in a folder in a folder is not entered."""
    hand_in("s01", {"one.py": "1", "a/b/c/d/e.txt": "x"})
    assert only(course).notes == ("a/b/c/d lies too deep: it is left out",)


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe", "folder"])
def test_main_is_no_file(course, hand_in, tmp_path, kind):
    """A link, a pipe or a folder with the right name is never opened."""
    place = hand_in("s01", {}) / "one.py"
    (tmp_path / "secret.py").write_text("secret = 1")
    if kind == "link":
        place.symlink_to(tmp_path / "secret.py")
    elif kind == "broken link":
        place.symlink_to(tmp_path / "nowhere")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    said = {"link": "a symbolic link", "broken link": "a symbolic link", "pipe": "a pipe", "folder": "a folder"}[kind]
    assert only(course).problem == f"one.py is {said}, not a file: hand in the file itself"


def test_lone_link_with_another_name(course, hand_in, tmp_path):
    """A link that would have been the lone candidate is told apart from an empty folder."""
    (hand_in("s01", {}) / "mine.py").symlink_to(tmp_path)
    assert only(course).problem.startswith("mine.py is a symbolic link")


def test_side_link_is_left_out(course, hand_in, tmp_path):
    """A link beside the main file is left out, whether to a file or a folder."""
    folder = hand_in("s01", {"one.py": "1"})
    (folder / "lib").symlink_to(tmp_path)
    (folder / "helper.py").symlink_to(tmp_path / "x")
    submission = only(course)
    assert [file.name for file in submission.files] == ["one.py"]
    assert len(submission.notes) == 2


def test_linked_student_folder(course, hand_in):
    """A student's folder that is a link is not followed, and not passed over."""
    folder = hand_in("s01", {"one.py": "1"})
    (folder.parent / "s02").symlink_to(folder)
    submission = find_submissions(course, [course.root])[1]
    assert submission.problem == "s02 is a symbolic link: hand in the files themselves"


def test_unprintable_name(course, hand_in):
    """A file whose name could garble a terminal is left out."""
    hand_in("s01", {"one.py": "1", "a\x1b[2Jb.py": "2"})
    submission = only(course)
    assert [file.name for file in submission.files] == ["one.py"]
    assert submission.notes == (r"'a\x1b[2Jb.py' has unprintable characters in its name: it is left out",)


@pytest.mark.parametrize("name", [b"M\xfcller", b"two\nlines", b"\x1b[31mred", b"x" * 250])
def test_folder_that_cannot_be_shown(course, hand_in, name):
    """Is refused alone, and named with what to do: no page or terminal could bear it, and the class is graded."""
    hand_in(os.fsdecode(name), {"one.py": "x = 1"})
    hand_in("s01", {"one.py": "x = 1"})
    assert only(course).student == "s01"
    (told,) = odd_folders(course, [course.root])
    assert "cannot be shown, or is too long; rename it" in told
    assert told.isprintable()


def test_hidden_named_file(course, hand_in):
    """A hidden file is not graded even if it is named."""
    folder = hand_in("s01", {".one.py": "1"})
    assert "not hidden" in only(course, folder / ".one.py").problem


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_our_fault(course, hand_in, monkeypatch, code):
    """A file that our side cannot read is our fault: no problem of the student's, and no hash to be cached under."""
    folder = hand_in("s01", {"one.py": "1"})
    real_open = os.open

    def failing(path, *args, **kwargs):
        if Path(path) == folder / "one.py":
            raise OSError(code, os.strerror(code), str(path))
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr(folder_module.os, "open", failing)
    submission = only(course)
    assert submission.fault == f"one.py could not be read on our side: {os.strerror(code)}"
    assert (submission.problem, submission.sha256) == (None, "")
    assert submission.notes == (submission.fault,)


def test_read_files(course, hand_in):
    """The files are read as they were found."""
    hand_in("s01", {"one.py": "1", "lib/tool.py": b"\xff\x00"})
    assert read_files(only(course)) == {"one.py": b"1", "lib/tool.py": b"\xff\x00"}


@pytest.mark.parametrize("change", ["same size", "longer", "shorter", "gone", "link"])
def test_read_files_changed(course, hand_in, tmp_path, change):
    """A file that changed after it was found is not graded as if it had not."""
    file = hand_in("s01", {"one.py": "1234"}) / "one.py"
    submission = only(course)
    contents = {"same size": "4321", "longer": "12345", "shorter": "123"}
    if change in contents:
        file.write_text(contents[change])
    else:
        file.unlink()
    if change == "link":
        (tmp_path / "x.py").write_text("1234")
        file.symlink_to(tmp_path / "x.py")
    with pytest.raises(InfrastructureError, match=r"one\.py"):
        read_files(submission)


def test_received(course, hand_in):
    """Times of arrival come from the collecting record, never from a file of the student's."""
    hand_in("s01", {"one.py": "1", "timestamp.txt": "1999-01-01 00:00:00 UTC"})
    hand_in("s02", {"one.py": "1", "timestamp.txt": "1999-01-01 00:00:00 UTC"})
    record = {
        "s01": {"received_at": "2026-10-12T21:40:00+02:00", "archive": "a.zip", "sha256": ""},
        "s03": {"received_at": None},
    }
    (course.root / "assignments" / "one" / "received.json").write_text(json.dumps(record))
    first, second = find_submissions(course, [course.root])
    assert first.received_at == datetime(2026, 10, 12, 19, 40, tzinfo=UTC)
    assert second.received_at is None


def test_received_without_zone(course, hand_in):
    """A recorded time without a zone is UTC."""
    hand_in("s01", {"one.py": "1"})
    (course.root / "assignments/one/received.json").write_text('{"s01": {"received_at": "2026-10-12T21:40:00"}}')
    assert read_received(course.root, "one") == {"s01": datetime(2026, 10, 12, 21, 40, tzinfo=UTC)}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"s01": 3}', '{"s01": {}}', '{"s01": {"received_at": "soon"}}'])
def test_received_is_broken(course, hand_in, text):
    """A broken record stops the run: nobody is late or early by accident."""
    hand_in("s01", {"one.py": "1"})
    (course.root / "assignments/one/received.json").write_text(text)
    with pytest.raises(CourseError, match=r"received\.json:1: .*put back a copy"):
        find_submissions(course, [course.root])


def test_a_hand_in_without_code_where_the_course_names_its_files(course, hand_in):
    """The first of them that is there is the one that is graded; those that are missing are named."""
    asked = Assignment(slug="one", title="First", files=("query.sql", "report.txt"))
    named = replace(course, assignments=(asked, *course.assignments[1:]))
    folder = hand_in("s01", {"query.sql": "select 1", "other.txt": "x"})
    found = only(named)
    assert (found.main, found.problem, found.format) == ("query.sql", None, "py")
    assert found.notes == ("report.txt was not handed in",)
    (folder / "query.sql").unlink()
    assert "hand in query.sql and report.txt" in only(named).problem
    assert "hand in one file called one.py" in only(course).problem
