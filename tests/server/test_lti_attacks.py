"""Attacks on the LTI side: taking another's place, odd messages, an LMS that hangs, marks that go astray."""

from __future__ import annotations

import base64
import re
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import pytest
from launching import arrives, begin, connect, hands_in, launch, registered, scores, settled
from lms_platform import AGS, ALL_SCOPES, CLAIM, NRPS
from served import until

from autograder.course.course_yml import load_course
from autograder.records import Course, Student
from autograder.server.lti.book import Known
from autograder.server.lti.join import student_of
from autograder.server.lti.keys import load_key
from autograder.server.lti.passback import Passback
from autograder.server.lti.wire import Item, Wire

SUMS = {"assignment": "sums"}


# -- taking another's place ------------------------------------------------------------------------------------------


def test_a_session_ends_when_an_instructor_says_that_it_is_somebody_else(site, moodle):
    """Whoever came in as another by an e-mail address does not stay that other"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    _, mallory = launch(site, moodle, "11", "l1", custom=SUMS)
    assert "Ada Lovelace" in mallory.page("/a/sums")
    known = next(each for each in site.store.lti_book().members(1) if each.sub == "11")
    instructor.press("/class/lms", f"/class/lms/people/{known.id}", student="s02")
    assert mallory.http.get("/a/sums").status_code == 401


def test_a_session_from_the_lms_ends_when_its_course_is_disconnected(site, moodle):
    """As a teacher's does"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    _, ada = launch(site, moodle, "11", "l1", custom=SUMS)
    instructor.press("/class/lms", "/class/lms/courses/1", do="disconnect")
    assert ada.http.get("/a/sums").status_code == 401


def test_who_was_taken_off_a_student_is_not_put_back_by_the_next_click(site, moodle):
    """An instructor's word outlasts what the LMS says"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    launch(site, moodle, "11", "l1", custom=SUMS)
    known = next(each for each in site.store.lti_book().members(1) if each.sub == "11")
    instructor.press("/class/lms", f"/class/lms/people/{known.id}", student="")
    answer, _ = launch(site, moodle, "11", "l1", custom=SUMS)
    assert answer.status_code == 403
    instructor.press("/class/lms", "/class/lms/courses/1", do="people")
    assert site.store.lti_book().person(known.id).student is None
    instructor.press("/class/lms", f"/class/lms/people/{known.id}", student="s01")
    assert launch(site, moodle, "11", "l1", custom=SUMS)[0].status_code == 303


def person(**said):
    values = {
        "id": 1,
        "platform": 1,
        "sub": "5",
        "student": None,
        "name": "",
        "email": "",
        "username": "",
        "sourced_id": "",
    }
    return Known(**(values | said))


@pytest.mark.parametrize(
    "said",
    [
        {"sourced_id": "9999", "email": "kate@example.org"},
        {"email": "\u212aate@example.org"},
        {"email": "kate@\u017fub.example.org"},
        {"username": "\u212aate"},
    ],
    ids=["another number", "Kelvin sign", "long s", "Kelvin sign in the user name"],
)
def test_a_look_alike_or_a_contradicted_address_is_nobody(said):
    """What the roster knows better is believed before an address that anybody could enter"""
    roster = [Student(id="s01", name="Kate", email="kate@example.org", sis_id="4711", login="kate")]
    assert student_of(person(**said), roster, ()) is None
    assert student_of(person(email="Kate@Example.org"), roster, ()) == "s01"
    assert student_of(person(email="kate@example.org", sourced_id="4711", username="KATE"), roster, ()) == "s01"


def test_a_teacher_who_left_the_lms_course_teaches_no_more_once_its_people_are_read(site, moodle):
    """The list of members is whole, so who is not on it has left"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    moodle.person("91", "Gone Teacher", role="Instructor")
    _, gone = launch(site, moodle, "91", "l1", custom=SUMS)
    assert gone.http.get("/class").status_code == 200
    del moodle.people["91"]
    instructor.press("/class/lms", "/class/lms/courses/1", do="people")
    assert gone.http.get("/class").status_code == 401


# -- odd messages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {f"{AGS}claim/endpoint": {"scope": 7, "lineitem": "x"}},
        {"aud": 7},
        {"aud": None},
        {f"{CLAIM}target_link_uri": "http://[x"},
        {"nonce": "\ud800"},
        {"sub": 11},
        {"jti": 5},
        {"iat": 1e400},
        {"exp": "x"},
        {f"{CLAIM}custom": [1]},
        {f"{CLAIM}context": {"id": {"a": 1}}},
        {f"{CLAIM}roles": {"a": 1}},
        {f"{CLAIM}ext": 4, f"{CLAIM}lis": "x"},
        {"name": "x" * 100000, "email": ["a"]},
        {f"{NRPS}claim/namesroleservice": {"context_memberships_url": "http://[x"}},
    ],
    ids=lambda claims: next(iter(claims)).rpartition("/")[2],
)
def test_a_signed_message_of_any_shape_is_answered_in_words(site, moodle, claims):
    """Taken or refused: it is never an error of ours"""
    registered(site, moodle)
    connect(site, moodle, custom=SUMS)
    moodle.more_claims = claims
    answer, _ = launch(site, moodle, "11", "l1", custom=SUMS)
    assert answer.status_code in (303, 403), answer.text
    if "sub" in claims or "jti" in claims:
        assert answer.status_code == 303


def _part(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_message_nested_without_end_is_refused(site, moodle):
    """Nobody has signed it yet when it is looked at"""
    registered(site, moodle)
    connect(site, moodle)
    browser = site.stranger()
    where, fields = begin(site, moodle, browser, "11", "l1")
    for header in ("[" * 100_000, '{"alg":"RS256","kid":"key-1","x":' + "[" * 100_000, "7", '"x"', '{"alg":["RS256"]}'):
        answer = browser.post(where, data=fields | {"id_token": f"{_part(header)}.{_part('{}')}.{_part('x')}"})
        assert answer.status_code == 403, (header[:20], answer.status_code)


BROKEN = "multipart/form-data; boundary=x"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_large_forms_from_strangers_are_refused_before_they_are_read(site, moodle):
    """A launch is small; reading megabytes of fields would stop everybody"""
    registered(site, moodle)
    browser = site.stranger()
    for path in ("/lti/login", "/lti/launch"):
        answer = browser.post(
            path, content=b"a=1&" * 500_000, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 413


def test_repeated_and_missing_fields_are_answered_in_words(site, moodle):
    """For instance a form with files for fields"""
    registered(site, moodle)
    connect(site, moodle)
    browser = site.stranger()
    for path in ("/lti/login", "/lti/launch"):
        assert browser.post(path).status_code in (400, 403)
        assert browser.post(path, files=[("iss", ("x", b"y")), ("state", ("x", b"y"))]).status_code in (400, 403)
        assert browser.post(path, data={"iss": ["a", "b"], "state": ["a", "b"]}).status_code in (400, 403)
        answer = browser.post(
            path, content=b"\xff\xfe=%ff", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code in (400, 403)
    instructor = site.sign_in("instructor", "instructor")
    for path in ("/class/lms/courses/1", "/class/lms/activities/1", "/class/lms/people/1", "/lti/choose"):
        for many in ({"do": ["a", "b"]}, {"student": ["s01", "s02"]}, {"assignment": "x" * 9999}, {"choice": "x"}):
            token = re.search(r'name="token" value="([^"]+)"', instructor.page("/class/lms"))[1]
            answer = instructor.http.post(path, data=many | {"token": token})
            assert answer.status_code < 500
    for path in ("/class/lms/courses/", "/class/lms/activities/", "/class/lms/people/"):
        answer = instructor.http.post(f"{path}{10**30}", data={"token": "x"})
        assert answer.status_code < 500, path


@pytest.mark.parametrize(
    "said", [{"members": 7}, {"members": {"a": 1}}, {"members": [7, None, {"user_id": None}]}, [1], 7]
)
def test_a_list_of_people_of_any_shape_is_answered_in_words(site, moodle, said, monkeypatch):
    """As an LMS may send after an upgrade"""
    registered(site, moodle)
    instructor = connect(site, moodle)
    monkeypatch.setattr("autograder.server.lti.wire._json", lambda *_: said)
    instructor.press("/class/lms", "/class/lms/courses/1", do="people")


# -- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["http://[x", "http://127.0.0.1:99999/item", "http://a b/", "http://" + "a" * 300 + "/"]
)
def test_a_column_at_an_impossible_address_stops_nobody_elses_marks(site, moodle, address):
    """It is told at that activity"""
    moodle.activity("l2")
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    moodle.more_claims = {f"{AGS}claim/endpoint": {"lineitem": address}}
    launch(site, moodle, "11", "l1", custom=SUMS)
    moodle.more_claims = {}
    _, ada = launch(site, moodle, "11", "l2", custom=SUMS)
    hands_in(ada, 60)
    arrives(moodle, "11", "l2", 60.0)
    assert "Something" not in instructor.page("/class/lms")


@pytest.mark.parametrize("maximum", [float("nan"), float("inf"), "100", None, True])
def test_a_column_with_impossible_points_stops_nobody_elses_marks(site, moodle, maximum):
    """It is told at that activity"""
    moodle.activity("l2")
    moodle.columns["1"].maximum = maximum
    registered(site, moodle)
    connect(site, moodle, custom=SUMS)
    launch(site, moodle, "11", "l1", custom=SUMS)
    _, ada = launch(site, moodle, "11", "l2", custom=SUMS)
    hands_in(ada, 60)
    arrives(moodle, "11", "l2", 60.0)


def test_two_activities_that_share_a_column_send_one_mark(site, moodle):
    """The second finds the column of the first"""
    moodle.activity("l3", points=None)
    moodle.activity("l4", points=None)
    registered(site, moodle)
    instructor = connect(site, moodle, link="l3", custom=SUMS)
    launch(site, moodle, "90", "l4", custom=SUMS)
    for id in (1, 2):
        instructor.press("/class/lms", f"/class/lms/activities/{id}", do="column")
    _, ada = launch(site, moodle, "11", "l3", custom=SUMS)
    hands_in(ada, 60)
    until(lambda: scores(moodle))
    hands_in(ada, 70)
    until(lambda: any(each["scoreGiven"] == 70 for each in scores(moodle)))
    time.sleep(1)
    assert [each["scoreGiven"] for each in scores(moodle)] == [60, 70]
    assert "changed in the LMS" not in instructor.page("/class/lms")


def test_marks_that_the_lms_lost_can_be_sent_again(site, moodle):
    """A column that was emptied there, or a person who left it and came back"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    _, ada = launch(site, moodle, "11", "l1", custom=SUMS)
    hands_in(ada, 60)
    arrives(moodle, "11", "l1", 60.0)
    settled(site)
    moodle.columns["1"].kept.clear()
    instructor.press("/class/lms", "/class/lms/activities/1", do="again")
    arrives(moodle, "11", "l1", 60.0)


def test_an_instructor_is_told_of_marks_that_stay_with_the_wrong_person(site, moodle):
    """What went to the LMS for one student stays there when the person is another"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    _, ada = launch(site, moodle, "11", "l1", custom=SUMS)
    hands_in(ada, 60)
    arrives(moodle, "11", "l1", 60.0)
    settled(site)
    known = next(each for each in site.store.lti_book().members(1) if each.sub == "11")
    page = instructor.press("/class/lms", f"/class/lms/people/{known.id}", student="s02").text
    assert moodle.grade("11", "l1") in (None, 60.0)
    assert "still shows" in page


def test_an_instructors_choice_of_assignment_stays(site, moodle):
    """The next click of a student does not undo it"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    instructor.press("/class/lms", "/class/lms/activities/1", do="choose", assignment="")
    launch(site, moodle, "11", "l1", custom=SUMS)
    (link,) = site.store.lti_book().links()
    assert link.assignment == ""


def test_a_column_that_we_made_stays_ours_when_the_lms_names_it(site, moodle):
    """Moodle names it as the activity's own from then on, and still lets our marks replace a teacher's there"""
    moodle.activity("l3", points=None)
    registered(site, moodle)
    instructor = connect(site, moodle, link="l3", custom=SUMS)
    instructor.press("/class/lms", "/class/lms/activities/1", do="column")
    (link,) = site.store.lti_book().links()
    moodle.more_claims = {
        f"{AGS}claim/endpoint": {
            "scope": list(ALL_SCOPES[:4]),
            "lineitems": link.line_items,
            "lineitem": link.line_item,
        }
    }
    launch(site, moodle, "11", "l3", custom=SUMS)
    (now,) = site.store.lti_book().links()
    assert (now.line_item, now.ours) == (link.line_item, True)


def test_a_mark_of_a_course_that_was_disconnected_starts_no_rounds(site, moodle):
    """It stays on its way, and nothing is asked because of it"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom=SUMS)
    moodle.broken = 500
    _, ada = launch(site, moodle, "11", "l1", custom=SUMS)
    hands_in(ada, 60)
    until(lambda: site.store.lti_book().due(time.time() + 3600))
    instructor.press("/class/lms", "/class/lms/courses/1", do="disconnect")
    asked = len(moodle.requests)
    time.sleep(1)
    assert len(moodle.requests) == asked


# -- an LMS that hangs -----------------------------------------------------------------------------------------------


class Hanging:
    """A port that takes connections and says nothing."""

    def __enter__(self):
        import socket

        self.socket = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_an_lms_whose_keys_hang_stops_nobody_else(site, moodle):
    """Neither pages nor launches of others wait for it"""
    registered(site, moodle)
    connect(site, moodle, custom=SUMS)
    with Hanging() as dead:
        other = replace(site.store.lti_book().platforms()[0], id=0, client_id="other", keys_url=f"{dead.url}/certs")
        site.store.lti_book().register(other)
        moodle.client_id, kept = "other", moodle.client_id
        prepared = []
        for _ in range(60):
            browser = site.stranger()
            prepared.append((browser, *begin(site, moodle, browser, "11", "l1")))
        moodle.client_id = kept
        launches = []
        for browser, where, fields in prepared:
            launches.append(threading.Thread(target=browser.post, args=(where,), kwargs={"data": fields}))
        for each in launches:
            each.start()
        time.sleep(0.5)
        assert site.stranger().get("/healthy", timeout=5).status_code == 200
        assert any(each.is_alive() for each in launches)
        answer, _ = launch(site, moodle, "11", "l1", custom=SUMS)
        assert answer.status_code == 303
        for each in launches:
            each.join()


def test_an_lms_that_hangs_is_asked_once_in_a_round(site, moodle):
    """Not for each person: marks of other LMSs would wait for hours"""
    moodle.person("12", "Grace Hopper", email="grace@example.org")
    registered(site, moodle)
    connect(site, moodle, custom=SUMS)
    visitors = [launch(site, moodle, sub, "l1", custom=SUMS)[1] for sub in ("11", "12")]
    moodle.broken = 500
    for each in visitors:
        hands_in(each, 60)
    book = site.store.lti_book()
    until(lambda: len(book.sent()) == 2)
    wire = Wire(load_key(site.course.root), lambda: datetime.now(UTC), httpx.Client(timeout=0.3))
    with Hanging() as dead:
        asked = []
        wire._token = lambda *_: "x"
        wire.item = lambda *_: Item(url="", maximum=100.0)
        send = wire.send_score
        wire.send_score = lambda platform, _, **more: (asked.append(1), send(platform, f"{dead.url}/i", **more))
        passback = Passback(book, wire, Courses(load_course(site.course.root)), lambda: datetime.now(UTC), str)
        book.again([1])
        passback.send()
    assert len(asked) == 1


@dataclass
class Courses:
    """Where the course is asked for."""

    course: Course
