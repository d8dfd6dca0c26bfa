"""A browser that goes from an activity of the platform to the service, step by step, without scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import httpx
from lms_platform import Lms
from served import Client, Served

from autograder.server.lti.launch import Platform


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
