"""A browser that goes from an activity of the platform to the service, step by step, without scripts."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
from lms_platform import Lms
from served import Client, Served, until

from autograder.server.lti.launch import Platform

ROSTER = (
    "student,name,email,sis_id,login\n"
    "s01,Ada Lovelace,ada@example.org,4711,ada\n"
    "s02,Grace Hopper,grace@example.org,4712,grace\n"
    "s03,小明 王,ming@example.org,4713,ming\n"
)


def registered(site: Served, lms: Lms, **more: Any) -> Platform:
    """Make the two known to each other, as an administrator does by hand."""
    lms.tool = site.url
    values = {
        "issuer": lms.url,
        "client_id": lms.client_id,
        "login_url": f"{lms.url}/auth",
        "token_url": f"{lms.url}/token",
        "keys_url": f"{lms.url}/certs",
        "name": "LMS of the tests",
    }
    return site.store.lti_book().register(Platform(**(values | more)))


def fields_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the only form of a page of the platform goes, and what it holds."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action is not None, page
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return html.unescape(action[1]), {name: html.unescape(value) for name, value in found}


def begin(site: Served, lms: Lms, http: httpx.Client, sub: str, link: str, **more: Any) -> tuple[str, dict[str, str]]:
    """Go as far as the signed message; where it is to be sent, and what."""
    answer = http.post(f"{site.url}/lti/login", data=lms.login_form(sub, link, **more), headers={"Origin": lms.url})
    assert answer.status_code == 302, answer.text
    return fields_of(httpx.get(answer.headers["location"]).text)


def launch(
    site: Served, lms: Lms, sub: str, link: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> tuple[httpx.Response, Client]:
    """Click on an activity; what the service answered, and the browser."""
    client = Client(site.stranger())
    where, fields = begin(site, lms, client.http, sub, link, **more)
    sent = {"Origin": lms.url, "Sec-Fetch-Site": "cross-site"} | dict(headers or {})
    return client.http.post(where, data=fields, headers=sent), client


def connect(site: Served, lms: Lms, sub: str = "90", link: str = "l1", **more: Any) -> Client:
    """The teacher opens the activity, and an instructor says that the course is the one. The instructor's browser."""
    lms.person(sub, "Emmy Noether", role="Instructor")
    answer, _ = launch(site, lms, sub, link, **more)
    assert answer.status_code == 403
    assert "Not connected yet" in answer.text
    instructor = site.sign_in("instructor", "instructor")
    instructor.press("/class/lms", "/class/lms/courses/1", do="connect")
    answer, _ = launch(site, lms, sub, link, **more)
    assert answer.status_code == 303, answer.text
    return instructor


def arrives(lms, sub, link, score, seconds=20):
    """Wait until a mark stands in the LMS."""
    until(lambda: lms.grade(sub, link) == score, lambda: (lms.grade(sub, link), lms.requests), seconds)


def settled(site, seconds=20):
    """The rows of marks, once none is on its way."""
    book = site.store.lti_book()
    until(lambda: not any(each.state == "sending" for each in book.sent().values()), book.sent, seconds)
    return book.sent()


def hands_in(browser, points):
    """Hand in work that is worth so many points, and wait for the verdict."""
    browser.http.follow_redirects = True
    slug, source = "/a/sums", f"# {points}\n"
    while True:
        token = re.search(r'name="token" value="([^"]+)"', browser.page(slug))
        answer = browser.http.post(slug, data={"token": token[1]}, files=[("files", ("sums.py", source))])
        if answer.status_code != 429:  # the last one came in within the same second
            break
        time.sleep(0.2)
    assert answer.status_code == 200, answer.text
    browser.wait(answer.url.path)


def scores(lms):
    """The marks that the tool sent."""
    return [body for method, path, body in lms.requests if path.endswith("/scores")]
