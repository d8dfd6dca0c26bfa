"""Notebooks from starter and reference, and the bundle: what is in them, and what never is."""

import ast
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import is_grade, is_locked, is_solution
from released_course import make_released_course

from autograder.course.course_yml import load_course, suite_file
from autograder.errors import CourseError
from autograder.records import Assignment
from autograder.release.build import build, has_notebook, read_groups, source_notebook
from autograder.release.bundle import write_bundle
from autograder.release.nbgrader_bridge import released
from autograder.release.splice import read_module, solved
from autograder.release.student_wheel import student_modules

pytestmark = pytest.mark.filterwarnings("default")  # nbgrader's own
ROOT = Path(__file__).parents[3]
SLUGS = sorted(starter.stem for starter in ROOT.glob("assignments/*/release/*.py"))


def make(course_root):
    course = load_course(course_root)
    return [build(course, assignment, suite_file(course.root, assignment.slug)) for assignment in course.assignments]


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def tiny(tmp_path):
    return make_released_course(tmp_path / "course")


def test_the_source_has_the_solutions_between_markers(tiny):
    """The instructor's notebook holds the starter's docstring and the reference's body."""
    (one,) = make(tiny.root)
    answers = [cell.source for cell in nbformat.read(one.source, 4).cells if is_solution(cell)]
    assert "### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION" in answers[0]
    assert "Add two numbers." in answers[0]


def test_the_release_is_the_starter_again(tiny):
    """With the locked cells taken out, the student's notebook says what the starter says, begun bodies included."""
    (one,) = make(tiny.root)
    cells = [cell.source for cell in code(nbformat.read(one.release, 4)) if not is_locked(cell)]
    starter = one.starter.read_text("utf-8")
    assert all(cell in starter for cell in cells)
    assert "        result = number" in "".join(cells)


def test_a_grade_cell_a_function_with_the_points_of_its_checks(tiny):
    """Grade cells are named after functions and locked; their points are the sums of the suite."""
    (one,) = make(tiny.root)
    grades = [cell for cell in nbformat.read(one.release, 4).cells if is_grade(cell)]
    assert {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in grades} == {
        "add": 60.0,
        "total": 40.0,
    }
    assert all(is_locked(cell) and not cell.metadata.editable for cell in grades)


def test_points_add_up_to_the_assignments_max_score(tiny):
    """Where an assignment counts 20, its grade cells add up to 20."""
    groups = read_groups(suite_file(tiny.root, "sums"), 20.0)
    assert [group.points for group in groups] == [12.0, 8.0]


def test_a_second_release_changes_no_byte(tiny):
    """Building again writes the same notebooks and the same zip."""
    (one,) = make(tiny.root)
    course = load_course(tiny.root)
    first = [file.read_bytes() for file in (one.source, one.release, write_bundle(course, ["sums"], tiny.root / "a"))]
    make(tiny.root)
    second = [file.read_bytes() for file in (one.source, one.release, write_bundle(course, ["sums"], tiny.root / "b"))]
    assert first == second


def in_zip(file):
    """The files of a zip, without the folder that they all lie in."""
    with zipfile.ZipFile(file) as archive:
        folder = file.stem
        assert all(name.startswith(f"{folder}/") for name in archive.namelist())
        return {name.removeprefix(f"{folder}/"): archive.read(name).decode("latin-1") for name in archive.namelist()}


def test_a_part_of_the_course_has_a_zip_of_its_own_name(tiny, tmp_path):
    """So that the bundle of one assignment does not take the place of another's, or of the whole."""
    make(tiny.root)
    course = load_course(tiny.root)
    whole = write_bundle(course, ["sums"], tmp_path)
    part = write_bundle(course, ["sums"], tmp_path, part=True)
    assert (whole.name, part.name) == ("sums.zip", "sums-sums.zip")
    assert in_zip(whole) == in_zip(part)


def test_what_lies_beside_the_starter_is_handed_out(tiny, tmp_path):
    """A data file of release/ is in the bundle, as nbgrader would hand it out; what tools leave there is not."""
    make(tiny.root)
    release = tiny.root / "assignments" / "sums" / "release"
    for name in ("data/marks.csv", "__pycache__/sums.pyc", ".ipynb_checkpoints/sums.ipynb"):
        (release / name).parent.mkdir(exist_ok=True)
        (release / name).write_text("1")
    names = set(in_zip(write_bundle(load_course(tiny.root), ["sums"], tmp_path)))
    assert {name for name in names if name.startswith("sums/")} == {
        *("sums/README.md", "sums/data/marks.csv", "sums/examples.json", "sums/sums.ipynb", "sums/sums.py")
    }


def test_start_promises_only_what_is_there(tiny, tmp_path):
    """A handout, torch and hints are spoken of where the bundle has them."""
    make(tiny.root)
    course = load_course(tiny.root)
    told = in_zip(write_bundle(course, ["sums"], tmp_path))["START.md"]
    assert "`sums/README.md`" in told
    assert "torch" not in told
    assert "--hints" not in told
    (tiny.root / "assignments" / "sums" / "README.md").unlink()
    assert "README.md" not in in_zip(write_bundle(course, ["sums"], tmp_path))["START.md"]
    told = in_zip(write_bundle(load_course(ROOT), ["noising"], tmp_path))["START.md"]
    assert "pytorch.org" in told
    assert "grade check noising/noising.py --hints" in told


def test_no_hints_where_the_course_shows_only_points(tmp_path):
    """`feedback: scores` in course.yml holds for what students try at home."""
    course = load_course(ROOT)
    assert "warmup/hints.json" in in_zip(write_bundle(course, ["warmup"], tmp_path))
    plain = in_zip(write_bundle(replace(course, feedback="scores"), ["warmup"], tmp_path))
    assert "warmup/hints.json" not in plain
    assert "--hints" not in plain["START.md"]


def test_the_starter_is_found_in_source_if_release_is_gone(tiny):
    """After nbgrader emptied release/, the copy in source/ is the starter."""
    (one,) = make(tiny.root)
    one.starter.unlink()
    one.release.unlink()
    make(tiny.root)
    assert one.starter.exists()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("assignments/sums/release/sums.py", None, "there is no starter"),
        ("reference/sums.py", "def add(a, b):\n    return a + b\n", "has no function 'total'"),
        ("reference/sums.py", "def add(a, b:", "does not parse"),
        ("tests/suites/test_sums.py", "X = 1\n", "has no check"),
        ("tests/suites/test_sums.py", "@check(NAME, points=1)\ndef test(): ...\n", "as constants"),
    ],
)
def test_what_does_not_fit_together_is_said(tiny, file, text, says):
    """A missing or broken starter, reference or suite is a CourseError that names it."""
    if text is None:
        (tiny.root / file).unlink()
    else:
        (tiny.root / file).write_text(text)
    with pytest.raises(CourseError, match=re.escape(says)):
        make(tiny.root)


def test_a_body_brings_what_it_needs(tmp_path):
    """Imports, constants and private functions of the reference come along, those of the notebook do not."""
    reference = tmp_path / "reference" / "one.py"
    reference.parent.mkdir()
    (reference.parent / "two.py").write_text("def half(x):\n    return x / 2\n")
    reference.write_text(
        "import math\nimport random\nfrom reference.two import half\nSCALE = 2\n\n\n"
        "def _twice(x):\n    return SCALE * x\n\n\n"
        "def f(x):\n    '''Doc.'''\n    # why\n    return math.floor(_twice(half(x))) + random.random() * 0\n"
    )
    cell = 'def f(x):\n    """Mine."""\n    raise NotImplementedError'
    text = solved(cell, "f", read_module(reference), {"random"})
    names: dict = {"random": __import__("random")}
    exec(text, names)
    assert names["f"](5) == 5
    assert "import random" not in text
    assert "# why" in text


def test_a_wrong_default_is_replaced_whole(tmp_path):
    """Where the starter's default is the mistake to find, the source has the right one, the release the wrong."""
    reference = tmp_path / "f.py"
    reference.write_text("def f(x, scale=7.5):\n    return x * scale\n")
    starter = tmp_path / "starter.py"
    starter.write_text('# %%\ndef f(x, scale: float = 1):\n    """Scale (f (100)).\n    """\n    return x * scale\n')
    suite = tmp_path / "suite.py"
    suite.write_text("@check('f', points=100)\ndef test(): ...\n")
    source = source_notebook(starter, reference, read_groups(suite))
    assert "scale: float = 7.5" in code(source)[0].source
    assert "scale: float = 1)" in code(released(source))[0].source
    assert "SOLUTION" not in code(released(source))[0].source


@pytest.mark.parametrize("slug", SLUGS)
def test_the_committed_notebooks_are_what_the_starters_make(slug):
    """source/ and release/ in the tree are up to date; `grade release` makes them so."""
    assignment = Assignment(slug=slug, title=slug)
    home = ROOT / "assignments" / slug
    groups = read_groups(suite_file(ROOT, slug), assignment.max_score)
    source = source_notebook(home / "release" / f"{slug}.py", ROOT / "reference" / f"{slug}.py", groups)
    stale = f"run `grade release {slug}`"
    assert nbformat.writes(source, version=4) + "\n" == (home / "source" / f"{slug}.ipynb").read_text("utf-8"), stale
    assert nbformat.writes(released(source), version=4) + "\n" == (home / f"release/{slug}.ipynb").read_text(), stale
    assert (home / f"source/{slug}.py").read_bytes() == (home / f"release/{slug}.py").read_bytes(), stale


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The real course's bundle, as one text of all its files."""
    course = load_course(ROOT)
    listed = tuple(assignment for assignment in course.assignments if assignment.slug in SLUGS)
    zipped = write_bundle(replace(course, assignments=listed), [a.slug for a in listed], tmp_path_factory.mktemp("out"))
    files = {}
    with zipfile.ZipFile(zipped) as archive:
        for name in archive.namelist():
            files[name] = archive.read(name).decode("utf-8", "replace")
            if name.endswith(".whl"):  # what students read when they unpack it
                with zipfile.ZipFile(BytesIO(archive.read(name))) as wheel:
                    files |= {f"{name}/{inner}": wheel.read(inner).decode() for inner in wheel.namelist()}
    return files


def lines_of(file):
    """The telling lines of a Python file: long enough to be nobody else's, comments and docstrings included."""
    return {line.strip() for line in file.read_text("utf-8").split("\n") if len(line.strip()) > 40}


def neighbours(text):
    """Each pair of words that follow one another."""
    return set(pairwise(re.findall(r"\w+", text)))


def bodies_of(file):
    """Each function's body of the reference as text without its docstring."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                yield node.name, "\n".join(ast.unparse(statement) for statement in body)


@pytest.mark.no_cover
def test_nothing_hidden_is_in_the_bundle(bundle):
    """No telling line of a suite, a misconception or an oracle, and not the secret, is in any file for students."""
    text = "\n".join(bundle.values()).replace('\\"', '"').replace("\\n", "\n")
    hidden = [
        *ROOT.glob("tests/suites/*.py"),
        *ROOT.glob("reference/misconceptions/*.py"),
        ROOT / "reference/oracles.py",
    ]
    ours = [*ROOT.glob("assignments/*/release/*.py"), *student_modules().values()]  # may stand in both by chance
    known = {line for file in ours for line in lines_of(file)}
    telling = {line for file in hidden for line in lines_of(file) - known}
    # To look for thousands of lines in megabytes takes long. A line can only be there if its inner words follow one
    # another there (its first and its last may be parts of longer words).
    there = neighbours(text)
    leaked = {line for line in telling if neighbours(re.sub(r"^\w+|\w+$", "", line)) <= there and line in text}
    assert {line for line in leaked if not line.startswith(("from ", "import "))} == set()
    assert load_course(ROOT).secret not in text
    assert "SOLUTION" not in text


def test_no_body_of_a_reference_is_in_the_bundle(bundle):
    """No function that students write comes with the reference's body."""
    for slug in SLUGS:
        reference = dict(bodies_of(ROOT / "reference" / f"{slug}.py"))
        starter = dict(bodies_of(ROOT / "assignments" / slug / "release" / f"{slug}.py"))
        same = {name for name, body in starter.items() if reference.get(name) == body}
        given = {"guided", "autograd_slope"}  # its mistake is its default; handed out as a tool
        assert same - given == set(), slug


def test_the_bundle_holds_what_a_student_needs(bundle):
    """Notebook, starter, handout and examples of each assignment, requirements, and how to start."""
    names = {name.partition("/")[2] for name in bundle}
    assert {"START.md", "requirements.txt"} <= names
    (wheel,) = (name for name in names if name.startswith("wheels/") and name.endswith(".whl"))
    for slug in SLUGS:
        assert {f"{slug}/{slug}.ipynb", f"{slug}/{slug}.py", f"{slug}/README.md", f"{slug}/examples.json"} <= names
        handout = (ROOT / "assignments" / slug / "README.md").read_text("utf-8")
        assert {f"{slug}/{picture}" for picture in re.findall(r"\]\((pictures/[^)]+)\)", handout)} <= names
    assert {"latent_diffusion/model/model_index.json", "latent_diffusion/pictures/film.png"} <= names
    assert {f"{slug}/hints.json" for slug in SLUGS if slug != "concepts"} <= names
    requirements = next(text for name, text in bundle.items() if name.endswith("requirements.txt"))
    assert "torch" in requirements
    assert wheel.split("-")[1] in requirements
    start = next(text for name, text in bundle.items() if name.endswith("START.md"))
    assert all(f"`{slug}/`" in start for slug in SLUGS)
    assert max(map(len, start.split("\n"))) <= 120
    assert "nbgrader" not in requirements


CLASS_STARTER = '''\
# %% [markdown]
# # Stacks


# %%
class Stack:
    """Holds things.

    What is checked: Stack.push (60) after some pushes.
    """

    def push(self, item):
        """Put one on top."""
        raise NotImplementedError


# %%
def tail(items):
    """All but the first. What is checked: tail.values (40)."""
    raise NotImplementedError
'''
CLASS_REFERENCE = '''\
"""Stacks."""

from collections import deque


class Stack:
    """A stack."""

    def __init__(self):
        self.items = deque()

    def push(self, item):
        self.items.append(item)


def tail(items):
    return items[1:]
'''


def test_a_class_has_a_solution_cell_and_its_own_grade_cell(tmp_path):
    """The source runs and holds the reference's class; the release is the starter's cell again, word for word."""
    starter, reference = tmp_path / "stacks.py", tmp_path / "reference" / "stacks.py"
    reference.parent.mkdir()
    starter.write_text(CLASS_STARTER)
    reference.write_text(CLASS_REFERENCE)
    suite = tmp_path / "test_stacks.py"
    checks = (
        "@check('Stack.push', points=60)\ndef test_a(): ...",
        "@check('tail.values', points=40)\ndef test_b(): ...",
    )
    suite.write_text("\n".join(checks))
    notebook = source_notebook(starter, reference, read_groups(suite))
    grade = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if is_grade(cell)}
    assert list(grade) == ["Stack", "tail"] and grade["Stack"].source.endswith("check(Stack)")
    space = {}
    (answer,) = [cell for cell in notebook.cells if "class Stack" in cell.source]
    exec(answer.source, space)
    stack = space["Stack"]()
    stack.push(1)
    assert list(stack.items) == [1] and "What is checked" in space["Stack"].__doc__
    (handed_out,) = [cell for cell in released(notebook).cells if "class Stack" in cell.source]
    assert handed_out.source in CLASS_STARTER and "raise NotImplementedError" in handed_out.source
    assert "deque" not in "".join(cell.source for cell in released(notebook).cells)


def test_a_class_that_the_reference_lacks_is_named(tmp_path):
    """As a function is."""
    (tmp_path / "reference").mkdir()
    reference = tmp_path / "reference" / "stacks.py"
    reference.write_text("def tail(items): ...\n")
    with pytest.raises(CourseError, match="has no class 'Stack'"):
        solved("class Stack:\n    pass\n", "Stack", read_module(reference), set())


def test_an_assignment_of_texts_alone_is_handed_out_without_a_notebook(tiny, tmp_path):
    """What lies in release/, the handout, and how to hand in: beside code, or alone."""
    course = load_course(tiny.root)
    texts = Assignment(slug="cities", title="Cities", files=("query.sql",))
    home = tiny.root / "assignments" / "cities"
    (home / "release").mkdir(parents=True)
    (home / "release" / "query.sql").write_text("-- yours")
    (home / "README.md").write_text("# Cities\n")
    course = replace(course, assignments=(*course.assignments, texts))
    make(tiny.root)
    assert [has_notebook(course, assignment) for assignment in course.assignments] == [True, False]
    alone = in_zip(write_bundle(course, ["cities"], tmp_path, part=True))
    assert {name for name in alone if name.startswith("cities/")} == {"cities/query.sql", "cities/README.md"}
    assert "hand them in under their names" in alone["START.md"]
    assert "`cities/README.md`" in alone["START.md"] and "grade check" not in alone["START.md"]
    both = in_zip(write_bundle(course, ["cities", "sums"], tmp_path))
    assert "grade check sums/sums.py" in both["START.md"]


def test_without_texts_a_missing_starter_is_an_error(tiny):
    """As before: only who says in course.yml what else is handed in needs none."""
    (course,) = [load_course(tiny.root)]
    (tiny.root / "assignments" / "sums" / "release" / "sums.py").unlink()
    assert has_notebook(course, course.assignments[0])
    with pytest.raises(CourseError, match="there is no starter"):
        make(tiny.root)
