"""LTI 1.3 over HTTP, against a platform that keeps marks by the rules of real systems (`lms_platform.py`)."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from launching import ROSTER, arrives, begin, connect, fields_of, hands_in, launch, registered, scores, settled
from lms_platform import AGS, CLAIM, RULES, lms_of
from served import shows, until

from autograder.course.roster import read_roster
from autograder.records import Student
from autograder.server.lti.book import Known
from autograder.server.lti.join import add_to_roster, rows_for, student_of
from autograder.server.lti.launch import TEACHER, role_of


@pytest.fixture(params=list(RULES))
def lms(request):
    with lms_of(request.param) as there:
        there.activity("l1")
        for sub, name, mail in (("11", "Ada Lovelace", "ada@example.org"), ("12", "Grace Hopper", "grace@example.org")):
            there.person(sub, name, email=mail)
        yield there


def test_a_student_comes_from_the_lms_hands_in_and_the_mark_goes_back(site, lms):
    """Without a link of ours, without a password; the mark with the comment and the way to the page"""
    registered(site, lms)
    connect(site, lms, custom={"assignment": "sums"})
    answer, ada = launch(site, lms, "11", "l1", custom={"assignment": "sums"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/sums")
    assert "Ada Lovelace" in ada.page("/a/sums")
    hands_in(ada, 60)
    arrives(lms, "11", "l1", 60.0)
    assert "60 of 100 points." in lms.comment("11", "l1")
    assert f"{site.url}/a/sums" in lms.comment("11", "l1")
    hands_in(ada, 75)
    arrives(lms, "11", "l1", 75.0)
    sent = scores(lms)
    stamps = [each["timestamp"] for each in sent]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp) for stamp in stamps)
    assert stamps == sorted(set(stamps))
    assert {each["gradingProgress"] for each in sent} == {"FullyGraded"}
    assert {each.state for each in settled(site).values()} == {"arrived"}


def test_the_same_mark_is_sent_once(site, moodle):
    """However often it is asked for"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    arrives(moodle, "11", "l1", 60.0)
    for _ in range(3):
        instructor.press("/class/lms", "/class/lms/courses/1", do="people")
    launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    time.sleep(0.5)
    assert len(scores(moodle)) == 1


def test_a_mark_given_by_hand_is_sent_and_a_grading_under_way_sends_nothing(site, moodle):
    """overrides.yml is a change like any other; nothing but whole marks ever reaches the LMS"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    arrives(moodle, "11", "l1", 60.0)
    root = site.course.root
    (root / "overrides.yml").write_text(
        "- {student: s01, assignment: sums, check: a.b, points: 91, reason: spoke about it, by: Noether}\n", "utf-8"
    )
    instructor.press("/class/lms", "/class/lms/courses/1", do="people")
    arrives(moodle, "11", "l1", 91.0)
    assert [each["scoreGiven"] for each in scores(moodle)] == [60.0, 91.0]


def test_a_score_is_sent_in_the_points_of_the_column(site, moodle):
    """Which a teacher may have changed"""
    moodle.activity("l2", points=8.0)
    registered(site, moodle)
    connect(site, moodle, link="l2", custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l2", custom={"assignment": "sums"})
    hands_in(ada, 60)
    arrives(moodle, "11", "l2", 4.8)
    assert [(each["scoreGiven"], each["scoreMaximum"]) for each in scores(moodle)] == [(4.8, 8)]


def test_a_teachers_mark_of_the_activity_stays(site, moodle):
    """Moodle keeps it; ours lies behind it"""
    registered(site, moodle)
    connect(site, moodle, custom={"assignment": "sums"})
    moodle.teacher_grades("1", "11", 95.0)
    moodle.columns["1"].kept["11"].at -= 5
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    kept = moodle.columns["1"].kept["11"]
    until(lambda: kept.raw == 60.0, lambda: moodle.requests)
    assert kept.score == 95.0


def test_a_later_mark_of_the_lms_is_left_alone_and_told(site, lms):
    """Its clock says that it has something newer: that is no error to repeat"""
    registered(site, lms)
    instructor = connect(site, lms, custom={"assignment": "sums"})
    lms.teacher_grades("1", "11", 95.0)
    lms.columns["1"].kept["11"].at += 3600
    _, ada = launch(site, lms, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    page = shows(instructor, "/class/lms", "1 later in the LMS")
    assert lms.grade("11", "l1") == 95.0
    assert "Ada Lovelace: the LMS has a later mark" in page
    assert len(scores(lms)) == 1
    lms.columns["1"].kept["11"].at -= 7200
    instructor.press("/class/lms", "/class/lms/activities/1", do="again")
    until(lambda: len(scores(lms)) >= 2)


def test_a_column_that_we_made_holds_no_teachers_mark_so_it_is_read_first(site, moodle):
    """Moodle would let ours replace it; and the column is looked up before one is made"""
    moodle.activity("l3", points=None)
    registered(site, moodle)
    instructor = connect(site, moodle, link="l3", custom={"assignment": "sums"})
    assert "It has no column in the LMS" in instructor.page("/class/lms")
    for _ in range(2):
        instructor.press("/class/lms", "/class/lms/activities/1", do="column")
    made = [column for column in moodle.columns.values() if column.made_by_tool]
    assert [(column.maximum, column.resource, column.tag, column.link) for column in made] == [
        (100.0, "sums", "grade", "l3")
    ]
    _, ada = launch(site, moodle, "11", "l3", custom={"assignment": "sums"})
    hands_in(ada, 60)
    until(lambda: "11" in made[0].kept)
    moodle.teacher_grades("2", "11", 15.0)
    made[0].kept["11"].at -= 10
    hands_in(ada, 90)
    shows(instructor, "/class/lms", "1 changed in the LMS")
    assert made[0].kept["11"].score == 15.0


def test_a_mark_that_the_lms_cannot_take_now_is_sent_again_with_the_same_second(site, moodle):
    """And one that it never takes is told"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    moodle.broken = 500
    hands_in(ada, 60)
    page = shows(instructor, "/class/lms", "it is sent again")
    assert "answered 500: an error of its own; a locked column" in page
    moodle.broken = None
    instructor.press("/class/lms", "/class/lms/activities/1", do="again")
    arrives(moodle, "11", "l1", 60.0)
    assert {each.state for each in settled(site).values()} == {"arrived"}


def test_a_crash_after_sending_sends_the_same_again_and_takes_its_refusal_for_what_it_is(site, moodle):
    """The row was written, the answer was not: Moodle says 409 to the second, which is its own mark"""
    registered(site, moodle)
    connect(site, moodle, custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    arrives(moodle, "11", "l1", 60.0)
    (sent,) = settled(site).values()
    book = site.store.lti_book()
    book.became(sent, "sending")
    end = time.monotonic() + 20
    while len(scores(moodle)) < 2:
        launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
        assert time.monotonic() < end
        time.sleep(0.1)
    first, second = scores(moodle)
    assert first == second
    assert {each.state for each in settled(site).values()} == {"arrived"}


def test_a_token_that_the_lms_forgot_is_fetched_again(site, lms):
    """Once, and the mark arrives; Open edX says 403 to it"""
    registered(site, lms)
    connect(site, lms, custom={"assignment": "sums"})
    _, ada = launch(site, lms, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    arrives(lms, "11", "l1", 60.0)
    lms.tokens.clear()
    hands_in(ada, 70)
    arrives(lms, "11", "l1", 70.0)


# -- whom to believe -------------------------------------------------------------------------------------------------


def test_a_message_is_good_once_and_in_the_browser_that_began(site, moodle):
    """Replayed, or carried into another browser, it is refused by name"""
    registered(site, moodle)
    connect(site, moodle)
    first, other = site.stranger(), site.stranger()
    where, fields = begin(site, moodle, first, "11", "l1")
    stolen = other.post(where, data=fields)
    assert (stolen.status_code, "did not bring the cookie back" in stolen.text) == (403, True)
    begin(site, moodle, other, "11", "l1")
    stolen = other.post(where, data=fields, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in other.cookies.items())})
    assert stolen.status_code == 403
    assert first.post(where, data=fields).status_code == 303
    again = first.post(where, data=fields)
    assert (again.status_code, "used already" in again.text) == (403, True)


def changed(**claims):
    """A change to the claims of a launch."""

    def change(said):
        for name, value in claims.items():
            if value is None:
                said.pop(name, None)
            else:
                said[name] = value
        return said

    return change


FORGED = {
    "another signer": (None, "is not signed by"),
    "no signature": ("none", "only RS256 is taken"),
    "signed with the client id": ("HS256", "only RS256 is taken"),
    "another site": (changed(iss="https://elsewhere.example"), "is of another LMS"),
    "another tool": (changed(aud="somebody-else"), "is for somebody-else"),
    "a second audience": (changed(aud=["client-of-the-tests", "x"], azp="client-of-the-tests"), "is for others, too"),
    "another party": (changed(azp="x"), "does not name us"),
    "another sign-in": (changed(nonce="0" * 64), "does not belong to this sign-in"),
    "too old": (changed(iat=1, exp=2), "was good until"),
    "from tomorrow": (
        lambda said: said | {"iat": said["iat"] + 90_000, "exp": said["exp"] + 90_000},
        "seconds from now",
    ),
    "no end": (changed(exp=None), "does not say how long"),
    "no person": (changed(sub=None), "did not say who you are"),
    "LTI 1.1": (changed(**{f"{CLAIM}version": "1.1"}), "is not of LTI 1.3"),
    "no course": (changed(**{f"{CLAIM}context": None}), "did not say from which course"),
    "no activity": (changed(**{f"{CLAIM}resource_link": None}), "did not say which activity"),
    "an unknown type": (changed(**{f"{CLAIM}message_type": "LtiSubmissionReviewRequest"}), "are not understood here"),
    "another deployment": (changed(**{f"{CLAIM}deployment_id": "9"}), "registered: 1."),
    "claims of another shape": (
        changed(**{f"{CLAIM}context": "x", f"{CLAIM}roles": 7}),
        "did not say from which course",
    ),
}


def test_a_message_that_is_not_believed_is_refused_with_the_reason(site, moodle):
    """And opens no session"""
    registered(site, moodle, deployments=("1",))
    connect(site, moodle)
    for what, (change, told) in FORGED.items():
        client = site.stranger()
        where, fields = begin(site, moodle, client, "11", "l1")
        claims = jwt.decode(fields["id_token"], options={"verify_signature": False})
        if change is None:
            stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            fields["id_token"] = jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "key-1"})
        elif isinstance(change, str):
            key = "" if change == "none" else moodle.client_id * 4
            fields["id_token"] = jwt.encode(claims, key, algorithm=change, headers={"kid": "key-1"})
        else:
            fields["id_token"] = moodle.sign(change(claims))
        answer = client.post(where, data=fields)
        assert (answer.status_code, told in answer.text) == (403, True), (what, answer.text)
        assert client.get("/").status_code == 401, what


def test_a_clock_that_is_a_little_off_loses_no_launch(site, moodle):
    """Moodle's message lives a minute; a minute either way is borne"""
    registered(site, moodle)
    connect(site, moodle)
    for off in (-100, 50):
        moodle.clock = lambda off=off: time.time() + off
        answer, _ = launch(site, moodle, "11", "l1")
        assert answer.status_code == 303, answer.text


def test_an_lms_that_nobody_registered_is_told_what_is(site, moodle):
    """By its issuer, and by its client id"""
    registered(site, moodle)
    http = site.stranger()
    form = moodle.login_form("11", "l1")
    for change, told in (
        ({"iss": "https://elsewhere.example"}, f"registered are: {moodle.url}"),
        ({"client_id": "other"}, "registered are: client-of-the-tests"),
        ({"login_hint": ""}, "login_hint is missing"),
    ):
        answer = http.post("/lti/login", data=form | change)
        assert answer.status_code == 400
        assert told in answer.text.replace("&#39;", "'")


def test_a_course_that_is_not_connected_opens_nothing(site, moodle):
    """A teacher of any other course of the same LMS, and its students"""
    registered(site, moodle)
    connect(site, moodle)
    moodle.context = "course-of-somebody-else"
    moodle.person("91", "Other Teacher", role="Instructor")
    answer, other = launch(site, moodle, "91", "l1")
    assert "Not connected yet" in answer.text
    assert other.http.get("/class").status_code == 401
    answer, student = launch(site, moodle, "11", "l1")
    assert "is not connected to this class" in answer.text.replace("&#39;", "'")
    assert student.http.get("/").status_code == 401


def test_a_teacher_of_the_connected_course_teaches_here_as_long_as_it_is(site, moodle):
    """Disconnected, the session ends"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "sums"})
    answer, teacher = launch(site, moodle, "90", "l1", custom={"assignment": "sums"})
    assert answer.headers["location"] == "/class"
    assert "The queue" in teacher.page("/class")
    instructor.press("/class/lms", "/class/lms/courses/1", do="disconnect")
    assert teacher.http.get("/class").status_code == 401


def test_who_is_neither_student_nor_teacher_is_told_so(site, moodle):
    """An administrator, an observer"""
    registered(site, moodle)
    connect(site, moodle)
    moodle.person("50", "Some Observer", role="Mentor")
    answer, _ = launch(site, moodle, "50", "l1")
    assert (answer.status_code, "neither a student nor a teacher" in answer.text) == (403, True)


# -- people ----------------------------------------------------------------------------------------------------------


def test_somebody_who_is_not_certainly_on_the_roster_is_matched_by_an_instructor(site, moodle):
    """Once; from then on the LMS's number decides, whatever the name is"""
    registered(site, moodle)
    instructor = connect(site, moodle)
    moodle.person("77", "G. Hopper", email="other@example.org")
    answer, _ = launch(site, moodle, "77", "l1")
    assert (answer.status_code, "You are not on the roster" in answer.text) == (403, True)
    person = next(each for each in site.store.lti_book().members(1) if each.sub == "77")
    instructor.press("/class/lms", f"/class/lms/people/{person.id}", student="s02")
    moodle.people["77"].name = "Grace Brewster Murray"
    answer, grace = launch(site, moodle, "77", "l1")
    assert answer.status_code == 303
    assert "Grace Hopper" in grace.page("/")
    moodle.person("12", "Grace Hopper", email="grace@example.org")
    answer, _ = launch(site, moodle, "12", "l1")
    assert "You are not on the roster" in answer.text
    other = next(each for each in site.store.lti_book().members(1) if each.sub == "12")
    told = instructor.press("/class/lms", f"/class/lms/people/{other.id}", student="s02")
    assert "Somebody else of that LMS is s02 already" in told.text


def test_the_people_of_the_lms_go_onto_the_roster(site, moodle):
    """Those who are not there; what stands in the file stays, to the byte"""
    registered(site, moodle)
    instructor = connect(site, moodle)
    moodle.person("30", "D'Arcy, Zoë", email="zoe@example.org")
    moodle.person("31", "Gone Already", listed={"status": "Inactive"})
    page = instructor.press("/class/lms", "/class/lms/courses/1", do="people").text
    assert "lists 2 students; 1 of them are on the roster" in page
    assert "Put 1 on the roster" in page
    file = site.course.root / "roster.csv"
    before = file.read_bytes()
    instructor.press("/class/lms", "/class/lms/courses/1", do="roster")
    after = file.read_bytes()
    assert after.startswith(before)
    assert list(csv.reader(io.StringIO(after[len(before) :].decode()))) == [
        ["zoe", "D'Arcy, Zoë", "zoe@example.org", "", ""]
    ]
    answer, zoe = launch(site, moodle, "30", "l1")
    assert answer.status_code == 303
    assert "D&#39;Arcy, Zoë" in zoe.page("/")


def known(**more):
    """A person of an LMS."""
    nothing = {
        "id": 1,
        "platform": 1,
        "sub": "11",
        "student": None,
        "name": "",
        "email": "",
        "username": "",
        "sourced_id": "",
    }
    return Known(**(nothing | {"role": "learner"} | more))


@pytest.mark.parametrize(
    ("person", "student"),
    [
        ({"sourced_id": "4711"}, "s01"),
        ({"sourced_id": "s01"}, "s01"),
        ({"username": "GRACE"}, "s02"),
        ({"email": "Ming@Example.org"}, "s03"),
        ({"sub": "99"}, "s04"),
        ({"sourced_id": "4711", "email": "grace@example.org"}, None),
        ({"name": "Ada Lovelace"}, None),
        ({}, None),
        ({"sourced_id": "4712"}, None),
    ],
)
def test_who_of_the_roster_somebody_is(tmp_path, person, student):
    """Never by name; two that disagree are nobody; who is somebody already is nobody else"""
    file = tmp_path / "roster.csv"
    file.write_text(ROSTER + "s04,Emil,,,\n", "utf-8")
    roster = [
        Student(
            id=each.id,
            name=each.name,
            email=each.email,
            sis_id=each.sis_id,
            login=each.login,
            lms_id="99" if each.id == "s04" else "",
        )
        for each in read_roster(file)
    ]
    taken = {"s02"} if person == {"sourced_id": "4712"} else set()
    assert student_of(known(**person), roster, taken) == student


def test_rows_for_the_roster_get_ids_that_nobody_has():
    """And that can be a folder's name"""
    roster = [Student(id="ada")]
    people = [
        known(sub="1", username="ada", email="ada@example.org"),
        known(sub="2", username="../x", sourced_id="A/B", email="b.c@example.org"),
        known(sub="3"),
        known(sub="4", username="ok", role="teacher"),
        known(sub="5", username="ok", student="ada"),
        known(sub="6", username="zoe", sourced_id="n9"),
    ]
    assert [(each.id, each.email, each.sis_id) for each in rows_for(people, roster)] == [
        ("lms-1", "ada@example.org", ""),
        ("b.c", "b.c@example.org", "A/B"),
        ("lms-3", "", ""),
        ("zoe", "", "n9"),
    ]


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (b"", "student,name,email,sis_id\nzoe,Z,,\n"),
        (b"student;name\na;A", "\nzoe;Z\n"),
        ("\ufeffname,student\r\nA,a\r\n".encode(), "Z,zoe\n"),
    ],
)
def test_rows_are_added_in_the_files_own_shape(tmp_path, before, added):
    """Its separator, its columns, its mark of byte order"""
    file = tmp_path / "roster.csv"
    file.write_bytes(before)
    add_to_roster(file, [Student(id="zoe", name="Z")])
    assert file.read_bytes() == before + added.encode()
    assert "zoe" in {each.id for each in read_roster(file)}


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"], "teacher"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"], "teacher"),
        (["Learner"], "learner"),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], "other"),
        (["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "other"),
        (["https://evil.example/membership#Instructor"], "other"),
        ([None, 3], "other"),
    ],
)
def test_what_somebody_is_in_the_course(roles, role):
    """Who teaches anywhere in the institution teaches not here"""
    assert role_of(roles) == role
    assert TEACHER == "teacher"


# -- setting up ------------------------------------------------------------------------------------------------------


def test_an_lms_registers_itself_once(site, moodle):
    """By an invitation; what went wrong uses none up"""
    book = site.store.lti_book()
    moodle.tool = site.url
    word = book.invite((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    asked = {"openid_configuration": f"{moodle.url}/config"}
    http = site.stranger()
    assert http.get(f"/lti/register/{word}").status_code == 400
    failed = http.get(f"/lti/register/{word}", params=asked | {"registration_token": "twice"})
    assert (failed.status_code, "good once, and for an hour" in failed.text) == (502, True)
    assert book.platforms() == []
    done = http.get(f"/lti/register/{word}", params=asked | {"registration_token": "once"})
    assert done.status_code == 200, done.text
    assert "know each other now" in done.text
    assert "data-close-here" in done.text
    (made,) = book.platforms()
    assert (made.issuer, made.client_id, made.title) == (moodle.url, moodle.client_id, f"Moodle at {moodle.url[7:]}")
    assert http.get(f"/lti/register/{word}", params=asked).status_code == 404
    connect(site, moodle)


def test_a_teacher_picks_assignments(site, moodle):
    """They come back signed, each with its column and its own mark of what it is"""
    registered(site, moodle)
    connect(site, moodle)
    kind = "LtiDeepLinkingRequest"
    refused, _ = launch(site, moodle, "11", "", kind=kind)
    assert (refused.status_code, "Only a teacher" in refused.text) == (403, True)
    answer, teacher = launch(site, moodle, "90", "", kind=kind)
    assert answer.status_code == 200
    hidden = dict(re.findall(r'name="(token|choice)" value="([^"]+)"', answer.text))
    nothing = teacher.http.post("/lti/choose", data=hidden)
    assert nothing.status_code == 400
    chosen = teacher.http.post("/lti/choose", data=hidden | {"assignments": "sums"})
    assert moodle.url in chosen.headers["content-security-policy"]
    where, fields = fields_of(chosen.text)
    assert where == f"{moodle.url}/chosen"
    assert httpx.post(where, data=fields).status_code == 200
    assert moodle.chosen == [
        {
            "type": "ltiResourceLink",
            "title": "Adding up",
            "custom": {"assignment": "sums"},
            "lineItem": {"label": "Adding up", "scoreMaximum": 100, "resourceId": "sums", "tag": "grade"},
        }
    ]


def test_an_activity_that_names_no_assignment_gets_one_from_an_instructor(site, moodle):
    """A variable that the LMS did not know is no name"""
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "$Custom.assignment"})
    answer, _ = launch(site, moodle, "11", "l1")
    assert answer.headers["location"] == "/"
    instructor.press("/class/lms", "/class/lms/activities/1", do="choose", assignment="sums")
    answer, _ = launch(site, moodle, "11", "l1")
    assert answer.headers["location"] == "/a/sums"


def test_only_registered_sites_may_show_us_in_a_frame(site, moodle):
    """And before there is one, nobody"""
    http = site.stranger()
    before = http.get("/")
    assert "frame-ancestors 'none'" in before.headers["content-security-policy"]
    assert before.headers["x-frame-options"] == "DENY"
    registered(site, moodle)
    connect(site, moodle)
    after = http.get("/")
    assert f"frame-ancestors {moodle.url}" in after.headers["content-security-policy"]
    assert "x-frame-options" not in after.headers
    _, ada = launch(site, moodle, "11", "l1", headers={"Sec-Fetch-Dest": "iframe"})
    window = re.search(r'href="(/window/[^"]+)"', ada.page("/"))
    stranger = site.stranger(follow_redirects=True)
    assert "Ada Lovelace" in stranger.get(window[1]).text
    assert "Ada Lovelace" in stranger.post(window[1]).text


def test_other_forms_of_another_site_are_still_refused(site, moodle):
    """Only the two addresses of a launch take them"""
    registered(site, moodle)
    connect(site, moodle)
    _, ada = launch(site, moodle, "11", "l1")
    answer = ada.http.post("/a/sums", data={}, headers={"Origin": moodle.url})
    assert (answer.status_code, answer.text) == (403, "This form was sent by a page of another site.\n")


def test_keys_are_shown_and_the_private_one_is_the_owners_alone(site):
    """And the same after a restart"""
    shown = site.stranger().get("/lti/keys").json()["keys"]
    assert [set(key) for key in shown] == [{"kty", "n", "e", "kid", "alg", "use", "key_ops"}]
    file = site.course.root / ".grade" / "serve" / "lti-key.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.dumps(shown).find("PRIVATE") == -1


def test_an_activity_without_leave_to_send_marks_is_told(site, moodle):
    """The tool's settings in the LMS decide"""
    moodle.more_claims = {
        f"{AGS}claim/endpoint": {
            "scope": [f"{AGS}scope/lineitem.readonly"],
            "lineitem": f"{moodle.url}/items/1/lineitem?type_id=1",
        }
    }
    registered(site, moodle)
    instructor = connect(site, moodle, custom={"assignment": "sums"})
    _, ada = launch(site, moodle, "11", "l1", custom={"assignment": "sums"})
    hands_in(ada, 60)
    shows(instructor, "/class/lms", "lets this tool send no marks")
    assert scores(moodle) == []
