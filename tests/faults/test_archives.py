"""Archives that are broken, hostile or oddly encoded: each a real zip, and none harms more than its own entry."""

import struct
import zipfile
import zlib
from dataclasses import replace

import pytest

from autograder.errors import UsageError
from autograder.lms.intake import archive as reading
from autograder.lms.intake.collect import collect
from autograder.lms.registry import DOWNLOADS
from autograder.records import Assignment, Course, Student

CODE = b"def f(): ...\n"
GOOD = "doejane_1002_9_noising.py"


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    return Course(
        root=root,
        title="t",
        term="",
        timezone="UTC",
        secret="public-secret",
        assignments=(Assignment(slug="noising", title="Noising"),),
        roster=(
            Student(id="s01", name="Jörg Müßig", lms_id="1001"),
            Student(id="s02", name="Jane Doe", lms_id="1002"),
        ),
    )


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "download.zip"


def info(name, *, mode=0, flags=0):
    made = zipfile.ZipInfo(name, (2026, 10, 12, 0, 0, 0))
    made.external_attr = mode << 16
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def write(archive, *entries):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for entry, data in entries:
            zipped.writestr(entry, data)


def everything(tmp_path):
    return sorted(f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*.py"))


def refuse_first_take_second(course, archive, reason):
    done = collect(course, "noising", archive, DOWNLOADS["canvas"])
    assert [c.student for c in done.collected] == ["s02"]
    assert any(reason in left.reason for left in done.left), done.left
    assert all(left.entries for left in done.left)
    return done


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../x_1001_5_noising.py", "climbs out of its folder"),
        ("a/../../x_1001_5_noising.py", "climbs out of its folder"),
        ("..\\..\\x_1001_5_noising.py", "climbs out of its folder"),
        ("/etc/x_1001_5_noising.py", "has an absolute path"),
        ("C:\\x_1001_5_noising.py", "has an absolute path"),
        ("x_1001_5_nois\ning.py", "has unprintable characters"),
    ],
)
def test_no_path_leads_out_of_the_course(course, archive, tmp_path, name, reason):
    """`..`, absolute paths and control characters are refused by name; the other student is taken."""
    write(archive, (name, CODE), (GOOD, CODE))
    refuse_first_take_second(course, archive, reason)
    assert everything(tmp_path) == ["course/assignments/noising/submitted/s02/noising.py"]


def test_an_entry_without_a_name_is_refused(course, archive):
    """A name that begins with a zero byte is none to a reader of zips; it stops nobody else."""
    write(archive, ("QQQQ.py", CODE), (GOOD, CODE))
    archive.write_bytes(archive.read_bytes().replace(b"QQQQ", b"\0QQQ"))
    refuse_first_take_second(course, archive, "unprintable")


def test_a_name_inside_a_submission_cannot_climb_either(course, archive, tmp_path):
    """A Moodle folder whose file part climbs is refused."""
    write(archive, ("Jane Doe_7_assignsubmission_file_/../../../noising.py", CODE))
    done = collect(course, "noising", archive, DOWNLOADS["moodle"])
    assert not done.collected
    assert "climbs out" in done.left[0].reason
    assert everything(tmp_path) == []


def test_a_symbolic_link_is_refused(course, archive):
    """A link to the password file is neither followed nor made."""
    write(archive, (info("x_1001_5_noising.py", mode=0o120777), b"/etc/passwd"), (GOOD, CODE))
    refuse_first_take_second(course, archive, "is a symbolic link")


def test_a_device_is_refused(course, archive):
    """A pipe in a zip is refused."""
    write(archive, (info("x_1001_5_noising.py", mode=0o010644), b""), (GOOD, CODE))
    refuse_first_take_second(course, archive, "is a device or a pipe")


def test_all_of_a_student_or_nothing(course, archive, tmp_path):
    """One unsafe file among good ones, and the student is left whole for a human."""
    write(archive, (info("x_1001_6_helper.py", mode=0o120777), b"/etc"), ("x_1001_5_noising.py", CODE), (GOOD, CODE))
    done = refuse_first_take_second(course, archive, "helper.py: is a symbolic link")
    assert set(done.left[0].entries) == {"x_1001_6_helper.py", "x_1001_5_noising.py"}
    assert everything(tmp_path) == ["course/assignments/noising/submitted/s02/noising.py"]


def test_a_bomb_by_ratio_is_not_unpacked(course, archive):
    """Ten megabytes of zeros in ten kilobytes are refused from the header."""
    write(archive, ("x_1001_5_noising.py", bytes(10 * 2**20)), (GOOD, CODE))
    refuse_first_take_second(course, archive, "zip bomb")


def test_a_bomb_that_lies_about_its_size_is_stopped_while_unpacking(course, archive):
    """A header that says ten bytes does not lift the cap: what counts is what comes out."""
    write(archive, ("x_1001_5_noising.py", bytes(10 * 2**20)), (GOOD, CODE))
    raw = archive.read_bytes()
    true, lie = struct.pack("<L", 10 * 2**20), struct.pack("<L", 10)
    assert raw.count(true) == 2
    archive.write_bytes(raw.replace(true, lie))
    done = collect(course, "noising", archive, DOWNLOADS["canvas"])
    assert [c.student for c in done.collected] == ["s02"]
    assert "damaged" in done.left[0].reason or "zip bomb" in done.left[0].reason


def test_one_entry_has_a_cap(course, archive, monkeypatch):
    """Sizes that are no bomb but no homework either are refused."""
    monkeypatch.setattr(reading, "MAX_ENTRY", 1000)
    write(archive, ("x_1001_5_noising.py", bytes(range(256)) * 8), (GOOD, CODE))
    refuse_first_take_second(course, archive, "unpacks to more than")


def test_all_that_is_read_has_a_cap_together(course, archive, monkeypatch):
    """What is read adds up; what is only there, such as a checkpoint that grading would not read, does not."""
    monkeypatch.setattr(reading, "MAX_TOTAL", 1000)
    tiny = replace(course, limits=replace(course.limits, submission_mib=0.001))
    write(archive, *((f"x_1001_{n}_part{n}.py", bytes(range(200))) for n in range(6)), (GOOD, CODE))
    done = collect(tiny, "noising", archive, DOWNLOADS["canvas"])
    assert not done.collected
    assert all("zip bomb" in left.reason for left in done.left)
    write(archive, ("x_1001_1_noising.py", CODE), ("x_1001_2_model.pt", bytes(range(256)) * 64), (GOOD, CODE))
    done = collect(tiny, "noising", archive, DOWNLOADS["canvas"], dry_run=True)
    assert [c.student for c in done.collected] == ["s01", "s02"]
    assert "left out: model.pt (0.0 MiB, more than grading reads)" in done.collected[0].notes


def test_the_code_of_one_student_has_a_cap(course, archive, monkeypatch):
    """Many files below each other's cap are too much together, and cost only their student."""
    monkeypatch.setattr("autograder.lms.intake.contents.MAX_ENTRY", 1000)
    write(archive, *((f"x_1001_{n}_part{n}.py", bytes(range(200))) for n in range(6)), (GOOD, CODE))
    refuse_first_take_second(course, archive, "its code unpacks to more than")


def test_overlapping_entries_count_each_time(course, archive, monkeypatch):
    """The cap counts bytes that come out, so that entries which share their data cannot multiply it."""
    write(archive, ("x_1001_5_noising.py", bytes(range(250)) * 4), (GOOD, bytes(range(250)) * 4))
    with reading.open_archive(archive) as opened:
        opened._left = 1500
        opened.read(opened.entries[0])
        with pytest.raises(reading.Unreadable, match="zip bomb"):
            opened.read(opened.entries[1])


def encrypted(archive, *names):
    """Sets the encryption flag of these entries in both headers."""
    raw = bytearray(archive.read_bytes())
    for name in names:
        at = -1
        while (at := raw.find(name.encode(), at + 1)) >= 0:
            for signature, back, flag in ((b"PK\x03\x04", 30, 6), (b"PK\x01\x02", 46, 8)):
                if raw[at - back : at - back + 4] == signature:
                    raw[at - back + flag] |= 1
    archive.write_bytes(raw)


def test_an_encrypted_entry_is_named(course, archive):
    """A file behind a password is left, and its student told of."""
    write(archive, ("x_1001_5_noising.py", CODE), (GOOD, CODE))
    encrypted(archive, "x_1001_5_noising.py")
    refuse_first_take_second(course, archive, "x_1001_5_noising.py: is encrypted")


def test_a_truncated_archive_is_told_from_a_wrong_one(course, archive):
    """Half a download says so, and so does a file that is no zip, an empty one and none at all."""
    write(archive, ("x_1001_5_noising.py", CODE), (GOOD, CODE))
    whole = archive.read_bytes()
    for content, said in ((whole[: len(whole) // 2], "was cut short"), (b"%PDF-1.4", "is no zip"), (b"", "is no zip")):
        archive.write_bytes(content)
        with pytest.raises(UsageError, match=said) as caught:
            collect(course, "noising", archive, DOWNLOADS["canvas"])
        assert "download.zip" in str(caught.value)
    archive.unlink()
    with pytest.raises(UsageError, match="no such archive"):
        collect(course, "noising", archive, DOWNLOADS["canvas"])


def test_a_damaged_entry_costs_only_its_student(course, archive):
    """A byte that fell over in one file leaves the others whole."""
    write(archive, ("x_1001_5_noising.py", bytes(range(256))), (GOOD, CODE))
    raw = bytearray(archive.read_bytes())
    raw[30 + len("x_1001_5_noising.py") + 20] ^= 0xFF
    archive.write_bytes(raw)
    refuse_first_take_second(course, archive, "damaged")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused_only_if_it_differs(course, archive):
    """Two different files of one name are for a human; the same file twice is one."""
    name = "Jane Doe_7_assignsubmission_file_/noising.py"
    write(archive, (name, CODE), (name, b"other = 1\n"))
    done = collect(course, "noising", archive, DOWNLOADS["moodle"])
    assert "is in the archive twice" in done.left[0].reason
    write(archive, (name, CODE), (name, CODE))
    assert [c.student for c in collect(course, "noising", archive, DOWNLOADS["moodle"]).collected] == ["s02"]


@pytest.mark.parametrize(
    ("encoding", "utf8_flag", "extra"),
    [
        ("utf-8", True, False),
        ("utf-8", False, False),
        ("cp437", False, False),
        ("cp850", False, False),
        ("cp1252", False, False),
        ("cp437", False, True),
    ],
)
def test_umlauts_in_any_encoding(course, archive, encoding, utf8_flag, extra):
    """Names as Windows, DOS and macOS tools write them are read, flagged or not."""
    name = "Jörg Müßig_7_assignsubmission_file_/noising.py"
    raw = name.encode(encoding)
    placeholder = "x" * len(raw)
    entry = info(placeholder)
    if extra:
        raw = b"J_rg" + raw[4:]
        body = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + name.encode()
        entry.extra = struct.pack("<HH", 0x7075, len(body)) + body
    write(archive, (entry, CODE))
    data = bytearray(archive.read_bytes().replace(placeholder.encode(), raw))
    if utf8_flag:
        data[7] |= 0x08
        data[data.find(b"PK\x01\x02") + 9] |= 0x08
    archive.write_bytes(data)
    done = collect(course, "noising", archive, DOWNLOADS["moodle"])
    assert [c.student for c in done.collected] == ["s01"], done.left


def test_decomposed_umlauts_of_a_mac(course, archive):
    """o with a separate diaeresis is ö."""
    write(archive, ("Jo\u0308rg Mu\u0308ßig_7_assignsubmission_file_/noising.py", CODE))
    assert [c.student for c in collect(course, "noising", archive, DOWNLOADS["moodle"]).collected] == ["s01"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (["a.py", "a.py/b.py"], "is both a file and a folder"),
        ([f"{'x' * 240}.py"], "has a name longer than"),
        ([f"{'/'.join(['x' * 150] * 8)}.py"], "has a name longer than"),
        ([f"part{n}.py" for n in range(101)], "more than 100 files"),
    ],
)
def test_names_that_no_disk_holds_cost_only_their_student(course, archive, files, reason):
    """What could not be written is refused before anything is."""
    folder = "Jörg Müßig_7_assignsubmission_file_/"
    write(archive, *((folder + f, CODE) for f in files), ("Jane Doe_8_assignsubmission_file_/noising.py", CODE))
    done = collect(course, "noising", archive, DOWNLOADS["moodle"])
    assert [c.student for c in done.collected] == ["s02"]
    assert reason in done.left[0].reason


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("moodle", "{0}_7_assignsubmission_file_/Jane Doe_8_assignsubmission_file_/noising.py"),
        ("moodle", "All of them/{0}_7_assignsubmission_file_/Jane Doe_8_assignsubmission_file_/noising.py"),
        ("moodle", "{0}_7_assignsubmission_file_Jane Doe_8_assignsubmission_file_noising.py"),
        ("blackboard", "HW_1_joerg_attempt_2026-10-12-10-00-00_HW_1_jane_attempt_2027-01-01-10-00-00_noising.py"),
        ("brightspace", "1-2 - {0} - Oct 12, 2026 926 AM/3-4 - Jane Doe - Oct 12, 2027 926 AM/noising.py"),
        ("canvas", "x_1001_5_jane_1002_99_noising.py"),
        ("nbgrader", "s01+noising+2026-10-12 10:00:00 UTC/s02+noising+2027-01-01 10:00:00 UTC/noising.py"),
        ("nbgrader", "submitted/s01/noising/submitted/s02/noising/noising.py"),
    ],
)
def test_nobody_hands_in_for_somebody_else(course, archive, source, name):
    """A file or folder that a student named as the LMS names those of others is still that student's."""
    roster = (
        Student(id="s01", name="Jörg Müßig", lms_id="1001", login="joerg"),
        Student(id="s02", name="Jane Doe", lms_id="1002", login="jane"),
    )
    write(archive, (name.format("Jörg Müßig"), CODE))
    done = collect(replace(course, roster=roster), "noising", archive, DOWNLOADS[source])
    assert [c.student for c in done.collected] == ["s01"]
    assert not done.left
