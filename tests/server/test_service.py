"""The service over HTTP, with an executor that reads the points off a submission's first line."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
import zipfile
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest
from paper_grader import PaperGrader
from served import history, served, with_roster

from autograder.errors import CourseError, InfrastructureError
from autograder.runs.lock import one_run, was_cut_off
from autograder.server.guards import without_links

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
TEAMS = "    groups: {Team 1: [s01, s02]}\n"


class Clock:
    """A clock that goes on by a second each time it is asked."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def course(tiny_course):
    return with_roster(tiny_course)


@pytest.fixture
def site(course):
    with served(course, PaperGrader(), clock=Clock()) as there:
        yield there


def state_of(page):
    """The sentence about an attempt's state, and its score."""
    state, score = (re.search(rf'data-tell="{name}">([^<]*)<', page)[1] for name in ("state", "score"))
    return state, score


def test_a_student_hands_in_and_reads_the_page(site, course):
    """What lies in the course afterwards is what `grade collect` and `grade` would have written"""
    ada = site.sign_in("s01")
    assert "Nothing handed in here yet" in ada.page("/")
    answer = ada.hand_in(("sums.py", "# 60\n"))
    page = ada.wait(answer.url.path)
    assert state_of(page) == ("graded", "60 of 100 points")
    assert "It is stored, and counts" in page
    assert "What to look at next" in ada.page("/h/1/page")
    assert "60 of 100" in ada.page("/a/sums")
    shown = ada.page("/assignments/sums/feedback/s01/index.html")
    assert "What to look at next" in shown
    root = course.root / "assignments/sums"
    assert (root / "submitted/s01/sums.py").read_text() == "# 60\n"
    record = json.loads((root / "received.json").read_text())["s01"]
    assert (record["from"], record["order"], record["files"]) == ("serve", 1, ["sums.py"])
    assert json.loads(course.result("s01").read_text())["score"] == 60
    assert [(line["student"], line["to"]) for line in history(course.root)] == [("s01", 60.0)]


def test_attempts_are_kept_and_what_each_changed_is_told(site, course):
    """The last one counts; its page and those of the others can be read"""
    ada = site.sign_in("s01")
    for source in ("# 60\nx = 1\n", "# 100\nx = 2\n"):
        ada.wait(ada.hand_in(("sums.py", source)).url.path)
    assert "and counts" not in ada.page("/h/1")
    page = ada.page("/h/2")
    assert "and counts" in page
    assert "not right yet to right (60 to 100 points)" in page
    assert '<span class="removed">-x = 1</span>' in page
    assert '<span class="added">+x = 2</span>' in page
    assert "60 of 100" not in ada.page("/h/2/page")
    assert "<strong>60</strong> of 100" in ada.page("/h/1/page")
    kept = [file.read_text() for file in (course.root / "assignments/sums/attempts/s01").rglob("sums.py")]
    assert kept == ["# 60\nx = 1\n"]


def test_the_same_files_again_are_no_new_attempt(site):
    """A double click costs nobody an attempt"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    again = ada.hand_in(("sums.py", "# 60\n"))
    assert again.url.path == "/h/1"
    assert "no new one was used" in again.text


def test_a_notebook_and_a_zip_are_taken_as_collect_takes_them(site, course):
    """A zip is opened, a browser's name is mended, what is no code lies beside it"""
    ada, grace = site.sign_in("s01"), site.sign_in("s02")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("work/sums (1).py", "# 60\n")
        made.writestr("work/data.csv", "1,2\n")
    ada.wait(ada.hand_in(("work.zip", packed.getvalue())).url.path)
    there = {file.name: file for file in (course.root / "assignments/sums/submitted/s01").rglob("*") if file.is_file()}
    assert {"data.csv"} < set(there)
    assert json.loads(course.result("s01").read_text())["score"] == 60
    cells = [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    answer = grace.hand_in(("sums.ipynb", notebook))
    assert "/h/2" in str(answer.url)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([("essay.pdf", b"%PDF")], "no .py or .ipynb was handed in, only essay.pdf"),
        ([("sums.rar", b"Rar!")], "packed in a way that is not opened"),
        ([("work.zip", b"PK no zip")], "is no zip, or damaged"),
        ([("sums.py", b"1"), ("sums.py", b"2")], "was chosen twice, with different content"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(site, course, files, told):
    """And nothing is written"""
    answer = site.sign_in("s01").hand_in(*files, status=422)
    assert "Nothing was handed in: " in answer.text
    assert told in answer.text
    assert not (course.root / "assignments/sums/submitted/s01").exists()
    assert site.store.latest() == []


def test_a_name_cannot_leave_the_folder(site, course):
    """Whatever the browser calls the file"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("../../../../evil/sums.py", "# 60\n")).url.path)
    assert (course.root / "assignments/sums/submitted/s01/sums.py").is_file()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("../../sums.py", "# 100\n")
    answer = site.sign_in("s02").hand_in(("x.zip", packed.getvalue()), status=422)
    assert "climbs out of its folder" in answer.text


def test_only_so_many_attempts(tiny_course):
    """max_attempts of course.yml; the page says how many are left"""
    course = with_roster(tiny_course, more="    max_attempts: 2\n")
    with served(course, PaperGrader(), clock=Clock()) as site:
        ada = site.sign_in("s01")
        assert "2 attempts are left" in ada.page("/a/sums")
        for source in ("# 10\n", "# 20\n"):
            ada.wait(ada.hand_in(("sums.py", source)).url.path)
        page = ada.page("/a/sums")
        assert "All attempts are used" in page
        assert '<form method="post" enctype' not in page
        token = re.search(r'name="token" value="([^"]+)"', page)[1]
        refused = ada.http.post("/a/sums", data={"token": token}, files=[("files", ("sums.py", "# 30\n"))])
        assert (refused.status_code, "all 2 attempts" in refused.text) == (409, True)
    assert json.loads(course.result("s01").read_text())["score"] == 20


def test_late_work_is_marked_late_and_where_the_one_in_time_counts_it_stays(tiny_course):
    """By the time at which the hand-in came in"""
    course = with_roster(tiny_course, more='    due: "2026-10-12 14:00"\n    attempts: last_on_time\n')
    clock = Clock()
    with served(course, PaperGrader(), clock=clock) as site:
        ada, grace = site.sign_in("s01"), site.sign_in("s02")
        ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
        clock.now += timedelta(days=1, hours=3)
        late = ada.wait(ada.hand_in(("sums.py", "# 100\n")).url.path)
        assert state_of(late)[0] == "kept, not graded"
        assert "what is there was in time and counts" in late
        grace.wait(grace.hand_in(("sums.py", "# 70\n")).url.path)
    assert (course.root / "assignments/sums/submitted/s01/sums.py").read_text() == "# 60\n"
    assert json.loads(course.result("s02").read_text())["late"]["days"] == 2


def test_a_team_hands_in_together(tiny_course):
    """What one hands in is graded for each, and each reads it; others do not"""
    course = with_roster(tiny_course, more=TEAMS)
    grader = PaperGrader()
    with served(course, grader, clock=Clock()) as site:
        ada, grace, other = (site.sign_in(who) for who in ("s01", "s02", "s03"))
        ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
        assert "60 of 100" in grace.page("/a/sums")
        assert "You hand in as Team 1" in grace.page("/a/sums")
        grace.page("/h/1")
        other.page("/h/1", 404)
    assert sorted(grader.graded) == ["s01", "s02"]


def test_a_student_sees_nobody_else(site):
    """Not another's attempt, page, files, way, nor what instructors see; and a stranger sees nothing"""
    ada, grace = site.sign_in("s01"), site.sign_in("s02")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    own = [
        "/h/1",
        "/h/1/page",
        "/h/1/files/sums.py",
        "/assignments/sums/feedback/s01/index.html",
        "/feedback/s01.html",
    ]
    closed = ["/class", "/class/events", "/class/sums/s01", "/class/sums/s01/result.json", "/feedback/index.html"]
    closed += ["/gradebook.db", "/class/sums/changes.jsonl"]
    stranger = site.stranger()
    for path in own:
        ada.page(path)
        grace.page(path, 404)
        assert stranger.get(path).status_code == 401
    for path in [*closed, "/h/99", "/assignments/sums/feedback/..%2Fs01/index.html", "/a/nothing"]:
        assert ada.http.get(path).status_code == 404, path
    for path in [*closed, "/h/1/events"]:
        assert stranger.get(path).status_code == 401
    assert ada.http.post("/class/sums/s01/regrade", data={}).status_code == 404
    assert grace.http.get("/h/1/events").status_code == 404


def test_what_students_wrote_is_saved_and_never_shown(site):
    """As bytes, to be saved, with no type that a browser opens"""
    ada = site.sign_in("s01")
    hostile = "<script>alert(1)</script>"
    answer = ada.hand_in(("sums.py", f"# 60\n{hostile}\n"), ("page.html", hostile))
    ada.wait(answer.url.path)
    saved = ada.http.get("/h/1/files/page.html")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["x-content-type-options"] == "nosniff"
    ada.wait(ada.hand_in(("sums.py", f"# 70\n{hostile}{hostile}\n")).url.path)
    assert hostile not in ada.page("/h/2")
    assert "&lt;script&gt;" in ada.page("/h/2")


def test_every_answer_has_strict_headers(site):
    """No inline script, no frame, nothing kept by a cache, cookies that scripts and other sites do not get"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    answers = [ada.http.get(path) for path in ("/", "/a/sums", "/h/1", "/h/1/page", "/h/99", "/static/live.js")]
    answers += [site.stranger().get("/"), site.stranger().get("/", headers={"host": "evil.example"})]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy.partition("style-src")[0]
        assert "script-src 'self'" in policy or "script-src" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "<script>" not in answer.text
        assert "server" not in answer.headers
    cookie = site.stranger().post(site.link("s02")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_form_of_another_site_is_refused(site, course):
    """By its origin, by what the browser says of it, and by its token; so is another host's name"""
    ada = site.sign_in("s01")
    page = ada.page("/a/sums")
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    files = [("files", ("sums.py", "# 60\n"))]
    for headers, data, status in (
        ({"origin": "https://evil.example"}, {"token": token}, 403),
        ({"origin": "null"}, {"token": token}, 403),
        ({"sec-fetch-site": "cross-site"}, {"token": token}, 403),
        ({}, {}, 403),
        ({}, {"token": token + "x"}, 403),
        ({"host": "evil.example"}, {"token": token}, 421),
    ):
        answer = ada.http.post("/a/sums", headers=headers, data=data, files=files)
        assert answer.status_code == status, (headers, data, answer.text)
    assert site.store.latest() == []
    answer = ada.http.post("/a/sums", headers={"origin": site.url}, data={"token": token}, files=files)
    assert answer.status_code == 200


def test_too_much_is_refused_whatever_its_header_says(site):
    """While it comes in, before it is kept"""
    ada = site.sign_in("s01")
    token = re.search(r'name="token" value="([^"]+)"', ada.page("/a/sums"))[1]
    big = b"#" * (21 * 2**20)
    answer = ada.http.post("/a/sums", data={"token": token}, files=[("files", ("sums.py", big))])
    assert answer.status_code == 413

    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="sums.py"\r\n\r\n'
        for _ in range(22):
            yield b"#" * 2**20

    answer = ada.http.post("/a/sums", content=endless(), headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413
    assert "Nothing was handed in" in answer.text
    assert site.store.latest() == []


def test_hand_ins_and_links_have_a_rate(course):
    """Who tries too often waits, and is told how long"""
    with served(course, PaperGrader(), clock=Clock(), hand_ins_a_minute=2, links_a_minute=5) as site:
        ada = site.sign_in("s01")
        for source in ("# 10\n", "# 20\n"):
            ada.hand_in(("sums.py", source))
        refused = ada.hand_in(("sums.py", "# 30\n"), status=429)
        assert int(refused.headers["retry-after"]) > 0
        stranger = site.stranger()
        tries = [stranger.get(f"/enter/guess{number}").status_code for number in range(7)]
        assert tries == [404] * 5 + [429] * 2
        for who in ("s02", "s03"):  # of the same room, with links that are right
            assert "Your assignments" in site.sign_in(who).page("/")


def test_a_link_opens_a_session_once_its_owner_says_so(site):
    """Looking at it signs nobody in; a new link ends the old one, and the sessions that it opened"""
    link = site.link("s01")
    client = site.stranger()
    assert "Go on as Ada Lovelace" in client.get(link).text
    assert client.get("/").status_code == 401
    ada = site.sign_in("s01")
    site.store.renew("student:s01")
    assert ada.http.get("/").status_code == 401
    assert client.get(link).status_code == 404
    forged = link[:-3] + ("AAA" if not link.endswith("AAA") else "BBB")
    assert client.get(forged).status_code == 404
    assert client.get(site.link("s01")).status_code == 200


def test_who_left_the_roster_is_out(site, course):
    """At once; and whoever came in has a link"""
    ada = site.sign_in("s01")
    (course.root / "roster.csv").write_text("student,name\ns02,Grace\ns09,New One\n")
    assert ada.http.get("/").status_code == 401
    assert "Your assignments" in site.sign_in("s09").page("/")


def test_leaving_ends_the_session(site):
    ada = site.sign_in("s01")
    assert "You have left" in ada.post("/leave", of="/").text
    ada.page("/", 401)


def test_instructors_see_the_queue_and_each_submission(site, course):
    """With ways to the page, result.json and the changelog; they do not hand in"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    teacher = site.sign_in("instructor", "instructor")
    assert "Attempt 1" in teacher.page("/")
    page = teacher.page("/class/sums/s01")
    assert "60 of 100" in page
    for path in re.findall(r'href="(/[^"]+)"', page):
        teacher.page(path)
    assert json.loads(teacher.page("/class/sums/s01/result.json"))["score"] == 60
    teacher.page("/a/sums", 403)
    end = time.monotonic() + 20
    while not (course.root / "feedback/index.html").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    answer = teacher.http.get("/feedback/index.html")
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert "Ada Lovelace" in answer.text
    for path in (course.root / "feedback").iterdir():
        assert "60" in path.read_text()


def test_an_instructor_has_a_submission_graded_again(site, course):
    """As `grade --force` does"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    teacher = site.sign_in("instructor", "instructor")
    before = course.result("s01").read_text()
    answer = teacher.post("/class/sums/s01/regrade", of="/class/sums/s01")
    teacher.wait(answer.url.path)
    assert course.result("s01").read_text() != before
    assert json.loads(course.result("s01").read_text())["score"] == 60
    assert "attempt 2" not in ada.page("/a/sums").lower()
    ada.page(answer.url.path, 404)


def test_what_changes_is_told_without_asking_again(course):
    """Server-sent events: queued, at work, done; the last one ends the stream"""

    class Held(PaperGrader):
        def __init__(self):
            super().__init__()
            self.go = threading.Event()

        def submit(self, fn, /, *args, **kwargs):
            self.go.wait(30)
            return super().submit(fn, *args, **kwargs)

    grader = Held()
    with served(course, grader, clock=Clock()) as site:
        ada = site.sign_in("s01")
        ada.hand_in(("sums.py", "# 60\n"))
        told = []
        with ada.http.stream("GET", "/h/1/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line.removeprefix("data: ")))
                    grader.go.set()
        assert told[0]["open"] is True
        assert told[-1] == {
            "state": "graded",
            "open": False,
            "note": "",
            "score": "60 of 100",
            "share": 60,
            "page": "/h/1/page",
        }


def test_what_a_student_put_into_the_folder_is_not_taken_away_by_hand(site, course):
    """A file that a teacher changed stays; the hand-in is kept beside it, and the reason told"""
    ada = site.sign_in("s01")
    ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    (course.root / "assignments/sums/submitted/s01/sums.py").write_text("# 80\n")
    page = ada.wait(ada.hand_in(("sums.py", "# 90\n")).url.path)
    assert state_of(page)[0] == "kept, not graded"
    assert "was changed by hand" in page
    assert (course.root / "assignments/sums/submitted/s01/sums.py").read_text() == "# 80\n"


def test_a_hand_in_is_acknowledged_while_another_command_writes(site, course):
    """It waits for the course's lock, not the student for it"""
    ada = site.sign_in("s01")
    with one_run(course.root, NOON):
        answer = ada.hand_in(("sums.py", "# 60\n"))
        assert answer.status_code == 200
        assert not (course.root / "assignments/sums/submitted/s01").exists()
    assert state_of(ada.wait(answer.url.path)) == ("graded", "60 of 100 points")


def test_what_was_queued_is_graded_by_the_next_service(course):
    """Nothing is lost with the one that ended, and nothing is graded twice"""

    class Never(PaperGrader):
        def submit(self, fn, /, *args, **kwargs):
            return Future()

    done = PaperGrader()
    with served(course, done, clock=Clock()) as site:
        grace = site.sign_in("s02")
        grace.wait(grace.hand_in(("sums.py", "# 70\n")).url.path)
    with one_run(course.root, NOON), served(course, PaperGrader(), clock=Clock()) as site:
        site.sign_in("s01").hand_in(("sums.py", "# 60\n"))
    grader = PaperGrader()
    with served(course, grader, clock=Clock(NOON + timedelta(hours=1))) as site:
        ada = site.sign_in("s01")
        assert state_of(ada.wait("/h/2")) == ("graded", "60 of 100 points")
        assert "2026-10-12 12:00" in ada.page("/h/2")
    assert grader.graded == ["s01"]
    assert not was_cut_off(course.root)
    assert len(history(course.root)) == 2


class Failing(PaperGrader):
    """Raises the errors given, one after the other, then grades."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    def submit(self, fn, /, *args, **kwargs):
        if self.errors:
            future = Future()
            future.set_exception(self.errors.pop(0))
            return future
        return super().submit(fn, *args, **kwargs)


def test_a_lost_grader_is_asked_again(course):
    """As a run asks it: the student notices nothing"""
    with served(course, Failing(InfrastructureError("it ended")), clock=Clock()) as site:
        ada = site.sign_in("s01")
        assert state_of(ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)) == ("graded", "60 of 100 points")


def test_a_wrong_suite_is_our_fault_and_not_the_students(course):
    """The student is told that nothing is lost; the instructor sees why, mends it, and lets it go on"""
    with served(course, Failing(CourseError("tests/suites/test_sums.py:3: no")), clock=Clock()) as site:
        ada, teacher = site.sign_in("s01"), site.sign_in("instructor", "instructor")
        ada.hand_in(("sums.py", "# 60\n"))
        end = time.monotonic() + 20
        while "went wrong" not in (page := ada.page("/h/1")):
            assert time.monotonic() < end
        assert "test_sums.py" not in page
        assert "test_sums.py:3: no" in teacher.page("/h/1")
        teacher.post("/retry", of="/class")
        assert state_of(ada.wait("/h/1")) == ("graded", "60 of 100 points")


def test_a_course_yml_that_cannot_be_read_stops_nobody(site, course):
    """The last good one is used, and instructors are told file and line"""
    ada, teacher = site.sign_in("s01"), site.sign_in("instructor", "instructor")
    good = (course.root / "course.yml").read_text()
    (course.root / "course.yml").write_text(good + "nonsense: 1\n")
    assert "60 of 100" in ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    assert "course.yml:" in teacher.page("/class")
    (course.root / "course.yml").write_text(good.replace("Adding up", "Adding more"))
    assert "Adding more" in ada.page("/a/sums")
    assert "course.yml" not in teacher.page("/class")


def test_no_link_is_ever_in_a_log(site, caplog):
    """What opens a session is left out"""
    assert without_links("/enter/WyJzdHVkZW50Ii.x-y_z") == "/enter/..."
    caplog.set_level(logging.DEBUG)
    link = site.link("s01")
    site.stranger().get(link)
    site.stranger().post(link)
    ours = [each.getMessage() for each in caplog.records if each.name.startswith(("autograder", "uvicorn"))]
    assert [line for line in ours if "/enter/" in line] == ["GET /enter/... 200", "POST /enter/... 303"]
    assert link.rpartition("/")[2] not in "".join(ours)


def test_a_monitor_learns_whether_hand_ins_can_be_taken(site):
    """And nothing else"""
    assert site.stranger().get("/healthy").text == "ok\n"


def test_a_hand_in_takes_the_place_of_what_lay_there_before_the_service(site, course):
    """Which is kept among the attempts, whatever else is kept there under the same name"""
    folder = course.root / "assignments/sums/submitted/s01"
    folder.mkdir(parents=True)
    (folder / "sums.py").write_text("# 10\n")
    older = course.root / "assignments/sums/attempts/s01/sha256-unknown"
    older.mkdir(parents=True)
    (older / "sums.py").write_text("# 5\n")
    ada = site.sign_in("s01")
    page = ada.wait(ada.hand_in(("sums.py", "# 60\n")).url.path)
    assert state_of(page) == ("graded", "60 of 100 points")
    assert (folder / "sums.py").read_text() == "# 60\n"
    assert json.loads(course.result("s01").read_text())["score"] == 60
    kept = {file.parent.name: file.read_text() for file in older.parent.rglob("sums.py")}
    assert kept == {"sha256-unknown": "# 5\n", "sha256-unknown-2": "# 10\n"}
