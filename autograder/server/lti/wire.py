"""What is asked of an LMS over the network: its keys, tokens, columns, marks, members.

Own calls instead of a library's: those seen (PyLTI1p3 2.0.0, pylti1p3next 2.0.2) have no time limit, and mix up the
tokens of two registrations of one site. Rules are marked with the system in which they were seen.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx
import jwt

from autograder.server.lti.keys import OwnKey
from autograder.server.lti.launch import Claimed, Platform, Refused, is_address, name_of, role_of, text_of

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (SCORE, ITEM, ITEM_READ, RESULT, MEMBERS)
_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
_RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
_MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_SECONDS = 10.0
_MOST_BYTES = 8 * 2**20
_MOST_PAGES = 100
_KEYS_SECONDS = 30.0  # an unknown key's name makes us ask again, and not more often than this
_KEYS_LAST = 3600.0  # how long keys are believed
_PATIENCE_SECONDS = 3.0  # how long a launch waits for keys that another launch asks for
_EARLY_SECONDS = 60.0
MOST_COMMENT = 10_000
_MOST_POINTS = 1e9  # of a column: more, or no number at all, is an answer that went wrong
# How Open edX 11.4.4 says 409, for the same time and for an older one.
_NOT_LATER = (b"already exists for the provided timestamp", b"only be updated to a later point in time")
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)


class Trouble(Exception):
    """The LMS did not do what was asked.

    is_final: asking again will not help; is_newer: it has a later mark; is_down: it does not answer at all.
    """

    def __init__(
        self, told: str, *, status: int = 0, is_final: bool = False, is_newer: bool = False, is_down: bool = False
    ) -> None:
        super().__init__(told)
        self.status, self.is_final, self.is_newer, self.is_down = status, is_final, is_newer, is_down


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A column of an LMS's gradebook. maximum: its points."""

    url: str
    maximum: float
    label: str = ""
    resource: str = ""
    tag: str = ""

    def described(self) -> dict[str, Any]:
        """The column as an LMS is told it."""
        return {
            "label": self.label,
            "scoreMaximum": _whole(self.maximum),
            "resourceId": self.resource,
            "tag": self.tag,
        }


@dataclass(slots=True)
class _Keys:
    """What an LMS said of its keys. asked: when, of a monotonic clock; trouble: why it said nothing."""

    keys: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    asked: float = -_KEYS_SECONDS
    trouble: str = ""
    asking: threading.Lock = field(default_factory=threading.Lock)

    def need(self, kid: str, url: str) -> bool:
        """Whether to ask: for another name not too often, and now and then, since an LMS takes keys back."""
        age = time.monotonic() - self.asked
        if url != self.url or age >= _KEYS_LAST:
            return True
        return kid not in self.keys and age >= _KEYS_SECONDS


class Wire:
    """Asks LMSs. Safe to use from several threads."""

    def __init__(self, key: OwnKey, clock: Callable[[], datetime], client: httpx.Client | None = None) -> None:
        self._key, self._clock = key, clock
        self._client = client or httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=True)
        self._lock = threading.Lock()
        self._tokens: dict[tuple[int, tuple[str, ...]], tuple[str, float]] = {}
        self._keys: dict[int, _Keys] = {}

    def close(self) -> None:
        """Let go of open connections."""
        self._client.close()

    def key_of(self, platform: Platform, kid: str) -> Any:
        """The LMS's public key of that name. Refused if it has none, or does not answer."""
        with self._lock:
            held = self._keys.setdefault(platform.id, _Keys())
        # Never wait under the lock that all LMSs share, and never in a row for one that does not answer.
        if held.need(kid, platform.keys_url):
            if not held.asking.acquire(timeout=_PATIENCE_SECONDS):
                raise Refused(f"{platform.title} is slow to show its keys. Open the activity again in a minute.")
            try:
                if held.need(kid, platform.keys_url):
                    held.url = platform.keys_url
                    try:
                        held.keys, held.trouble = self._fetch_keys(platform), ""
                    except Refused as refused:
                        held.keys, held.trouble = {}, str(refused)
                        raise
                    finally:
                        held.asked = time.monotonic()
            finally:
                held.asking.release()
        keys = held.keys
        if kid not in keys and held.trouble:
            raise Refused(held.trouble)
        if kid not in keys:
            raise Refused(f"The message is signed with a key that {platform.title} does not show (kid {kid[:40]!r}).")
        return keys[kid]

    def _fetch_keys(self, platform: Platform) -> dict[str, Any]:
        try:
            found = self._read(
                self._client.build_request("GET", platform.keys_url, headers={"Accept": "application/json"})
            )
            listed = jwt.PyJWKSet.from_dict(found.json()).keys if found.status_code == 200 else []
        except Trouble as trouble:
            raise Refused(f"{platform.title} could not be asked for its keys: {trouble}") from None
        except (ValueError, TypeError, AttributeError, jwt.PyJWTError):
            listed = []
        if not listed:
            raise Refused(
                f"{platform.title} shows no keys at {platform.keys_url}; compare the address with the one in the LMS."
            )
        return {each.key_id or "": each.key for each in listed if each.algorithm_name == "RS256"}

    # -- marks --------------------------------------------------------------------------------------------------------

    def item(self, platform: Platform, url: str, allowed: Collection[str]) -> Item:
        """A column as the LMS has it now. allowed: the scopes that the launch named."""
        answer = self._ask(platform, "GET", url, _reading(allowed), accept=_ITEM_TYPE)
        item = _item(answer, url)
        if item is None:
            raise Trouble(f"{platform.title} says nothing of its column's points")
        return item

    def items(self, platform: Platform, url: str, resource: str, allowed: Collection[str]) -> list[Item]:
        """The columns of a course that are of our resource."""
        # Without `limit`: the address of the next page is broken in Moodle 4.5.6.
        answer = self._ask(
            platform, "GET", _with(url, {"resource_id": resource}), _reading(allowed), accept=_ITEMS_TYPE
        )
        found = [_item(each, "") for each in answer] if isinstance(answer, list) else []
        return [each for each in found if each is not None and each.url and each.resource == resource]

    def make_item(self, platform: Platform, url: str, item: Item, link: str) -> Item:
        """Make a column; look for it first, since the same twice makes two (Moodle 4.5.6, Open edX 11.4.4)."""
        said = item.described() | ({"resourceLinkId": link} if link else {})
        answer = self._ask(platform, "POST", url, ITEM, accept=_ITEM_TYPE, sent=(_ITEM_TYPE, said))
        made = _item(answer, "")
        if made is None or not made.url:
            raise Trouble(f"{platform.title} made a column and did not say where it is")
        return made

    def send_score(
        self, platform: Platform, item: str, *, sub: str, score: float, maximum: float, stamp: int, comment: str
    ) -> None:
        """Put a mark into a column. Trouble if it was not taken.

        Nothing but "FullyGraded" is ever sent: Moodle 4.5.6 empties the mark for every other word. The comment is sent
        each time: without it the earlier one is erased.
        """
        said = {
            "userId": sub,
            "scoreGiven": max(0.0, min(score, maximum)),
            "scoreMaximum": _whole(maximum),
            "comment": comment[:MOST_COMMENT],
            "timestamp": f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        self._ask(platform, "POST", _with(item, {}, "/scores"), SCORE, accept="*/*", sent=(_SCORE_TYPE, said))

    def result(self, platform: Platform, item: str, sub: str) -> float | None:
        """The share of the maximum that stands in a column for a person; None if nothing does."""
        answer = self._ask(platform, "GET", _with(item, {"user_id": sub}, "/results"), RESULT, accept=_RESULTS_TYPE)
        for each in answer if isinstance(answer, list) else ():
            if isinstance(each, dict) and str(each.get("userId")) == sub:
                score, of = each.get("resultScore"), each.get("resultMaximum", 1)
                if isinstance(score, (int, float)) and isinstance(of, (int, float)) and of:
                    return float(score) / float(of)
        return None

    def members(self, platform: Platform, url: str) -> list[Claimed]:
        """The people of a course of the LMS, those who are suspended there left out."""
        found: list[Claimed] = []
        for page in self._pages(platform, url):
            listed = page.get("members")
            for each in listed if isinstance(listed, list) else ():
                if not isinstance(each, dict) or str(each.get("status", "Active")) != "Active":
                    continue
                found.append(_member(each))
        return [each for each in found if each.sub]

    def _pages(self, platform: Platform, url: str) -> Iterator[Mapping[str, Any]]:
        for _ in range(_MOST_PAGES):
            response = self._call(platform, "GET", url, MEMBERS, accept=_MEMBERS_TYPE)
            page = _json(response, platform)
            if isinstance(page, dict):
                yield page
            following = _NEXT.search(response.headers.get("link", ""))
            if following is None:
                return
            if not is_address(following[1]) or urlsplit(following[1]).netloc != urlsplit(url).netloc:
                raise Trouble(f"{platform.title} says that more people are listed on another site; they were not read")
            url = following[1]

    # -- how ----------------------------------------------------------------------------------------------------------

    def _ask(self, platform: Platform, *call: Any, **more: Any) -> Any:
        return _json(self._call(platform, *call, **more), platform)

    def _call(
        self,
        platform: Platform,
        method: str,
        url: str,
        scope: str,
        *,
        accept: str,
        sent: tuple[str, Any] | None = None,
    ) -> httpx.Response:
        """Ask with a token; once more with a new one if the LMS does not know it any more.

        Open edX 11.4.4 answers 403, not 401, to a token that has ended.
        """
        if not is_address(url):
            raise Trouble(f"{platform.title} gave no address for this: {url[:100]!r}", is_final=True)
        for is_last in (False, True):
            headers = {"Authorization": f"Bearer {self._token(platform, scope)}", "Accept": accept}
            body = None
            if sent is not None:
                headers["Content-Type"], body = sent[0], json.dumps(sent[1]).encode()
            response = self._read(self._client.build_request(method, url, headers=headers, content=body))
            if response.status_code not in (401, 403) or is_last:
                break
            with self._lock:
                self._tokens.pop((platform.id, (scope,)), None)
        if not response.is_success:
            raise _refusal(platform, method, response)
        return response

    def _token(self, platform: Platform, scope: str) -> str:
        """A token for what is asked, kept until it ends: by registration and scope, never by site alone."""
        key = platform.id, (scope,)
        with self._lock:
            token, ends = self._tokens.get(key, ("", 0.0))
            if token and time.monotonic() < ends:
                return token
        now = int(self._clock().timestamp())
        claims = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.audience or platform.token_url,
            "iat": now - 5,  # Moodle 4.5.6 refuses one that is ahead of its clock
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self._key.sign(claims),
            "scope": scope,
        }
        answer = self._read(
            self._client.build_request("POST", platform.token_url, data=form, headers={"Accept": "application/json"})
        )
        said: Any = None
        if answer.is_success:
            try:
                said = answer.json()
            except ValueError:
                said = None
        if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            raise _no_token(platform, answer)
        lasts = said.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, (int, float)) else 300.0
        with self._lock:
            self._tokens[key] = said["access_token"], time.monotonic() + max(0.0, seconds - _EARLY_SECONDS)
        return str(said["access_token"])

    def _read(self, request: httpx.Request) -> httpx.Response:
        """The answer, as far as it is not absurdly long."""
        host = request.url.host
        try:
            response = self._client.send(request, stream=True)
            try:
                held, end = bytearray(), time.monotonic() + _SECONDS
                for piece in response.iter_bytes():
                    held += piece
                    if len(held) > _MOST_BYTES:
                        raise Trouble(f"{host} answered with more than {_MOST_BYTES // 2**20} MiB")
                    if time.monotonic() > end:
                        raise Trouble(f"{host} took more than {_SECONDS:.0f} seconds for its answer", is_down=True)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise Trouble(f"{host} did not answer within {_SECONDS:.0f} seconds", is_down=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # UnicodeError: no name of a machine
            raise Trouble(f"{host} could not be reached ({type(error).__name__})", is_down=True) from None
        headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=bytes(held), request=request)


def _refusal(platform: Platform, method: str, response: httpx.Response) -> Trouble:
    """Why the LMS did not take it, without its own words: they may hold a student's comment."""
    status = response.status_code
    said = f"{platform.title} answered {status}"
    if status == 409 or (status == 400 and any(words in response.content for words in _NOT_LATER)):
        return Trouble(f"{said}: it has a later mark, or this one", status=status, is_newer=True)
    reasons = {
        400: "it does not take this mark: the person may have left the course there, or is no student in it",
        401: "it does not know us any more; compare the registration",
        403: "the tool may not do this there; allow grades and membership in the tool's settings",
        404: "there is no such column any more; open the activity once as a teacher",
        500: "an error of its own; a locked column or a locked mark does this in Moodle",
    }
    reason = reasons.get(status, "an error of its own" if status > 500 else "it does not take this")
    return Trouble(f"{said}: {reason}", status=status, is_final=400 <= status < 500 and status not in (401, 408, 429))


def _no_token(platform: Platform, answer: httpx.Response) -> Trouble:
    told = f"{platform.title} gave no token ({answer.status_code})"
    if "html" in answer.headers.get("content-type", ""):
        # Moodle 4.5.6 answers so where it may not fetch our keys.
        return Trouble(
            f"{told}: it may not fetch our keys. In Moodle allow this service's host and port under Site "
            "administration > Security > HTTP security, or paste the public key into the tool's settings"
        )
    try:
        error = answer.json().get("error", "")
    except (ValueError, AttributeError):
        error = ""
    reasons = {
        "invalid_scope": "the tool's settings there do not allow grades, or names and roles",
        "invalid_client": "it does not know our client id or key; compare the registration",
        "unauthorized_client": "the tool is not active there",
        "invalid_request": "it does not know our client id or key; compare the registration",
    }
    reason = reasons.get(str(error), "compare client id, token address and keys with the registration there")
    return Trouble(f"{told}: {reason}", status=answer.status_code)


def _json(response: httpx.Response, platform: Platform) -> Any:
    if not response.content.strip():
        return None
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _item(said: Any, url: str) -> Item | None:
    if not isinstance(said, dict):
        return None
    maximum, id = said.get("scoreMaximum"), said.get("id")
    if isinstance(maximum, bool) or not isinstance(maximum, (int, float)) or not abs(maximum) < _MOST_POINTS:
        return None
    return Item(
        url=id if isinstance(id, str) else url,
        maximum=float(maximum),
        label=str(said.get("label", "")),
        resource=str(said.get("resourceId") or ""),
        tag=str(said.get("tag") or ""),
    )


def _member(said: Mapping[str, Any]) -> Claimed:
    def text(name: str) -> str:
        return text_of(said.get(name))

    roles = said.get("roles")
    return Claimed(
        sub=text("user_id"),
        name=name_of(said),
        email=text("email"),
        username=text("ext_user_username"),
        sourced_id=text("lis_person_sourcedid"),
        role=role_of(roles if isinstance(roles, list) else ()),
    )


def _reading(allowed: Collection[str]) -> str:
    return ITEM if ITEM in allowed and ITEM_READ not in allowed else ITEM_READ


def _with(url: str, query: Mapping[str, str], path: str = "") -> str:
    """An address with more path and more query; Moodle's have a query already, and the path goes before it."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(path=parts.path + path, query="&".join(filter(None, [parts.query, urlencode(query)])))
    )


def _whole(number: float) -> float | int:
    """Open edX 11.4.4 takes a maximum only as a whole number."""
    return int(number) if float(number).is_integer() else number
