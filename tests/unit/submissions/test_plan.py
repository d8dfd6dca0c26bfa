"""A job runs exactly when something that decides its verdict differs from what the stored result was made of."""

import json
import shutil
from dataclasses import replace

import pytest

from autograder.errors import CourseError
from autograder.records import Assignment, Course, Equipment, Limits
from autograder.submissions import plan as plan_module
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import plan, reference_sha256, seed_of

CHECK = {
    "id": "a",
    "title": "a",
    "outcome": "failed",
    "points": 90,
    "max_points": 100,
    "message": "x" * 10_000,
    "expected": None,
    "observed": None,
    "misconception": None,
    "picture": None,
    "fingerprint": None,
    "seconds": 0,
}


@pytest.fixture
def course(tmp_path):
    files = {
        "assignments/one/submitted/s01/one.py": "x = 1",
        "tests/suites/test_one.py": "from reference import oracles\n",
        "reference/one.py": "import reference.two\nfrom .three import f\n",
        "reference/two.py": "",
        "reference/three.py": "",
        "reference/other.py": "",
        "reference/one.toml": "",
        "reference/oracles.py": "from reference.capstone import model\n",
        "reference/capstone/__init__.py": "",
        "reference/capstone/model.bin": "",
        "reference/misconceptions/__init__.py": "",
        "reference/misconceptions/one.py": "",
        "reference/misconceptions/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Course(
        root=tmp_path.resolve(),
        title="Tiny",
        term="",
        timezone="UTC",
        secret="a-long-enough-secret",
        assignments=(Assignment(slug="one", title="First"),),
    )


def planned(course, **options):
    (job,) = plan(course, find_submissions(course, [course.root]), **options)
    return job


def store(course, score=90.0, **options):
    """What grading would write, as far as planning looks at it."""
    item = planned(course, **options)
    document = {
        "schema": 1,
        "assignment": "one",
        "student": "s01",
        "score": score,
        "max_score": 100,
        "suite_sha256": item.job.suite_sha256,
        "reference_sha256": item.job.reference_sha256,
        "engine_version": item.job.engine_version,
        "seed": item.job.seed,
        "submission": {"sha256": item.job.submission.sha256, "format": "py", "received_at": None, "files": ["one.py"]},
        "graded_at": "2026-10-13T00:00:00+00:00",
        "seconds": 1.5,
        "jail": {"layers": []},
        "score_before_late": score,
        "late": {"days": 0, "penalty": 0},
        "needs_human": False,
        "reasons": [],
        "checks": [CHECK],
        "log": {"stdout": "", "stderr": ""},
    }
    item.result.parent.mkdir(parents=True, exist_ok=True)
    item.result.write_text(json.dumps(document, indent=2))
    return item.result


def test_new(course):
    """A submission without a result runs."""
    item = planned(course)
    assert (item.reason, item.runs) == ("new", True)
    assert item.result == course.root / "assignments/one/autograded/s01/result.json"


def test_nothing_changed(course):
    """A second run is free."""
    store(course)
    assert not planned(course).runs


def test_forced(course):
    """--force runs it all the same."""
    store(course)
    assert planned(course, force=True).reason == "forced"


def test_out(course, tmp_path):
    """Results go to, and are looked for in, the folder that is named."""
    store(course)
    item = planned(course, out=tmp_path / "elsewhere")
    assert item.reason == "new"
    assert item.result == tmp_path / "elsewhere/assignments/one/autograded/s01/result.json"


def test_ungraded_is_tried_again(course):
    """A result without a score was our fault, so it runs again."""
    store(course, score=None)
    assert planned(course).reason == "ungraded last time"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("assignments/one/submitted/s01/one.py", "submission changed"),
        ("tests/suites/test_one.py", "suite changed"),
        ("tests/suites/conftest.py", "suite changed"),
        ("reference/one.py", "reference changed"),
        ("reference/one.toml", "reference changed"),
        ("reference/two.py", "reference changed"),
        ("reference/three.py", "reference changed"),
        ("reference/oracles.py", "reference changed"),
        ("reference/capstone/model.bin", "reference changed"),
        ("reference/misconceptions/one.py", "reference changed"),
        ("reference/misconceptions/__init__.py", "reference changed"),
        ("reference/other.py", ""),
        ("reference/misconceptions/other.py", ""),
        ("assignments/one/submitted/s01/timestamp.txt", ""),
    ],
)
def test_changed_file(course, file, reason):
    """A change to a file that decides the verdict is named; a change to another costs nothing."""
    store(course)
    with (course.root / file).open("a") as stream:
        stream.write("# changed")
    assert planned(course).reason == reason


def test_changed_settings(course):
    """Limits, carried functions, the model and the secret decide too; lateness, weight and max_score do not."""
    store(course)
    assignment = course.assignments[0]
    assert "limits" in planned(replace(course, limits=Limits(call_seconds=1))).reason
    assert "carries" in planned(replace(course, assignments=(replace(assignment, carries=("f",)),))).reason
    assert planned(replace(course, secret="another-long-secret")).reason == "secret changed"
    assert not planned(replace(course, assignments=(replace(assignment, weight=7, max_score=20),))).runs


def test_another_engine_is_not_told_as_another_secret(course, monkeypatch):
    """How seeds are made of a secret is the engine's affair."""
    store(course)
    monkeypatch.setattr("autograder.submissions.plan.seed_of", lambda *_: "another seed")
    monkeypatch.setattr("autograder.submissions.plan.engine_sha256", lambda: "f" * 64)
    assert planned(course).reason == "engine changed"


@pytest.mark.parametrize("kind", ["model", "data"])
@pytest.mark.parametrize("change", ["written", "removed", "added", "renamed", "gone"])
def test_a_model_or_data_that_changed(course, kind, change):
    """The files decide, not only where they lie."""
    weights = course.root / "model" / "deep" / "w.bin"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"\0" * 200_000)
    equipped = replace(course.assignments[0], equipment=Equipment(**{kind: course.root / "model"}))
    course = replace(course, assignments=(equipped,))
    store(course)
    assert not planned(course).runs
    if change == "written":
        weights.write_bytes(b"\0" * 100_000 + b"\1" + b"\0" * 99_999)
    elif change == "removed":
        weights.unlink()
    elif change == "added":
        weights.with_name("x").touch()
    elif change == "renamed":
        weights.rename(weights.with_name("x"))
    else:
        shutil.rmtree(course.root / "model")
    assert planned(course).reason == "limits, carries, model or data changed"


@pytest.mark.parametrize(
    ("field", "value"),
    [("score", "100"), ("student", {}), ("checks", [CHECK | {"points": "x"}]), ("score", float("nan")), ("log", None)],
)
def test_a_result_whose_fields_are_not_of_their_kind(course, field, value):
    """Right JSON, wrong type, anywhere in the file: it is made anew."""
    file = store(course)
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
    assert planned(course).reason == "the stored result is unreadable"


def test_a_result_twice_in_its_file(course):
    """A file that is broken behind its head is made anew, too."""
    file = store(course)
    file.write_text(file.read_text() * 2)
    assert planned(course).reason == "the stored result is unreadable"


def test_how_long_it_took_last_time(course):
    """Known from the stored result, also where that does not hold any more; None without one."""
    assert planned(course).seconds is None
    store(course)
    assert planned(replace(course, limits=Limits(call_seconds=1))).seconds == 1.5


def test_result_without_its_end(course):
    """A file that somebody cut off is graded again, though all that is compared stands in it."""
    file = store(course)
    file.write_bytes(file.read_bytes()[:-2])
    assert planned(course).reason == "the stored result is unreadable"


def test_changed_engine(course, monkeypatch):
    """Another grading code runs everything again."""
    store(course)
    monkeypatch.setattr(plan_module, "engine_sha256", lambda: "0" * 64)
    assert planned(course).reason == "engine changed"


def test_two_reasons(course):
    """Every reason is told."""
    store(course)
    for name in ("tests/suites/test_one.py", "assignments/one/submitted/s01/one.py"):
        (course.root / name).write_text("y = 2")
    assert planned(course).reason == "submission changed, suite changed, reference changed"


def test_result_written_in_another_order(course):
    """A result that another tool reformatted is still understood."""
    file = store(course)
    document = json.loads(file.read_text())
    file.write_text(json.dumps(dict(reversed(document.items()))))
    assert not planned(course).runs


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "\xff"])
def test_unreadable_result(course, text):
    """A broken result is graded again rather than trusted."""
    store(course).write_text(text, encoding="latin-1")
    assert planned(course).reason == "the stored result is unreadable"


def test_other_schema(course):
    """A result of another schema is graded again."""
    file = store(course)
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))
    assert planned(course).reason == "the stored result is of another schema"


def test_broken_reference(course):
    """A reference that does not parse is the course's fault, with its line."""
    for text in ("\n)", "\nnull = '\0'\n"):
        (course.root / "reference/two.py").write_text(text)
        with pytest.raises(CourseError, match=r"two\.py:2: does not parse"):
            reference_sha256(course.root, "one")


def test_seed():
    """The seed tells students, assignments, secrets and contents apart."""
    words = "kabc", "labc", "kbac", "kabd", ("k", "ab", "", "c")
    seeds = {seed_of(*some) for some in words}
    assert len(seeds) == 5
