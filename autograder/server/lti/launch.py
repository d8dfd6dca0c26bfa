"""Whom to believe: the browser that an LMS sends (OpenID Connect), and the signed message that it brings.

Every claim is checked here; the library (PyJWT) checks the signature. Rules and figures are those of the 1EdTech
security framework 1.0 and of what a real Moodle 4.5.6 and Open edX' consumer 11.4.4 sent.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

LEEWAY_SECONDS = 60  # Moodle's message lives 60 s, so a clock that is some seconds off would lose launches
LOGIN_SECONDS = 600
_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_MOST_LETTERS = 255
RESOURCE, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
LEARNER, TEACHER, OTHER = "learner", "teacher", "other"


class Refused(Exception):
    """A launch that is not believed; the text says why, and what to change in the LMS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An LMS that was registered. One issuer may have several: Moodle gives each tool a client id of its own.

    deployments: which ones are taken, () for all. audience: of our requests for a token, by default token_url.
    """

    id: int = 0
    issuer: str
    client_id: str
    login_url: str
    token_url: str
    keys_url: str
    name: str = ""
    deployments: tuple[str, ...] = ()
    audience: str = ""

    @property
    def origin(self) -> str:
        """Where its pages come from, and may show ours in a frame."""
        parts = urlsplit(self.login_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.name or urlsplit(self.issuer).netloc or self.issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What the LMS says of a person, "" for what it does not say. sub: its own number, the same at each launch."""

    sub: str
    name: str = ""
    email: str = ""
    username: str = ""
    sourced_id: str = ""
    role: str = OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A launch that is believed. context: of the LMS's course; link: of the activity in it.

    line_item: where the activity's marks go, "" if it has none; line_items: where the course's are listed. members:
    where the course's people are listed. settings: of deep linking. custom: what the activity says of itself.
    """

    platform: Platform
    kind: str
    deployment: str
    person: Claimed
    context: str
    context_title: str
    link: str = ""
    link_title: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    line_item: str = ""
    line_items: str = ""
    scopes: tuple[str, ...] = ()
    members: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    nonce: str
    expires: int


class Logins:
    """The two steps before a launch: we send the browser to the LMS, and know it again when it comes back."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._signer = URLSafeTimedSerializer(secret, salt="autograder.lti.login.1")

    def begin(self, platform: Platform, asked: Mapping[str, str], answer_at: str) -> tuple[str, str, str]:
        """Where to send the browser, and the cookie by which we know it again: name and value.

        asked: what the LMS sent along; answer_at: our address of launches. Refused if the LMS sent too little.
        """
        hint = asked.get("login_hint", "")
        if not hint:
            raise Refused("The LMS did not say who is coming (login_hint is missing). Open the activity there again.")
        ticket = secrets.token_urlsafe(24)
        state = self._signer.dumps([platform.id, self._bound(ticket, "state")])
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": answer_at,
            "login_hint": hint,
            "state": state,
            "nonce": self._bound(ticket, "nonce"),
        }
        if message := asked.get("lti_message_hint"):
            query["lti_message_hint"] = message
        joint = "&" if urlsplit(platform.login_url).query else "?"
        return f"{platform.login_url}{joint}{urlencode(query)}", cookie_of(state), ticket

    def read(self, state: str) -> tuple[int, str]:
        """The number of the platform that a state of ours names, and what its ticket is bound to."""
        try:
            platform, bound = self._signer.loads(state, max_age=LOGIN_SECONDS)
        except SignatureExpired:
            told = "Signing in took longer than ten minutes. Open the activity in your LMS again."
            raise Refused(told) from None
        except (BadSignature, ValueError, TypeError):
            raise Refused("This sign-in was not begun here. Open the activity in your LMS again.") from None
        return int(platform), str(bound)

    def nonce(self, bound: str, ticket: str) -> str:
        """What the message must hold. Refused if the browser is not the one that began."""
        if not ticket:
            raise Refused(
                "Your browser did not bring the cookie back that was set a moment ago, so nobody can tell that it is "
                "you. Let it keep cookies of this site, or open the activity in a window of its own (in the LMS: the "
                "activity's setting for where it opens). Then open the activity again."
            )
        if not hmac.compare_digest(bound, self._bound(ticket, "state")):
            raise Refused("This sign-in was begun in another browser. Open the activity in your LMS again.")
        return self._bound(ticket, "nonce")

    def _bound(self, ticket: str, what: str) -> str:
        return hmac.new(self._secret, f"lti.{what}.{ticket}".encode(), hashlib.sha256).hexdigest()


def cookie_of(state: str) -> str:
    """The name of a sign-in's cookie: two tabs at once have one each."""
    return "lti-" + hashlib.sha256(state.encode()).hexdigest()[:16]


def find_platform(platforms: Sequence[Platform], issuer: str, client: str) -> Platform:
    """The registered LMS of an issuer; Refused, naming what is registered, if there is none or more than one."""
    same = [each for each in platforms if each.issuer == issuer]
    if not same:
        known = ", ".join(sorted({each.issuer for each in platforms})) or "none"
        raise Refused(f"The LMS {issuer[:200]!r} is not registered here; registered are: {known}.")
    if client:
        same = [each for each in same if each.client_id == client]
        if not same:
            raise Refused(_foreign_client(platforms, issuer, client))
    if len(same) > 1:
        raise Refused(
            f"The LMS {issuer} has several registrations here and did not say which one it means (client_id)."
        )
    return same[0]


def read_launch(
    token: str, platform: Platform, nonce: str, key_of: Callable[[Platform, str], Any], now: datetime
) -> Launch:
    """The launch that a signed message makes. key_of: the LMS's public key by name. Refused if it is not believed."""
    claims = _verified(token, platform, key_of)
    _check_time(claims, now)
    _check_audience(claims, platform)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode("utf-8", "replace"), nonce.encode()):
        raise Refused("The message does not belong to this sign-in (nonce). Open the activity in your LMS again.")
    if claims.get(f"{_CLAIM}version") != "1.3.0":
        raise Refused("The message is not of LTI 1.3; register this tool in the LMS as an LTI 1.3 tool.")
    kind = claims.get(f"{_CLAIM}message_type")
    if kind not in (RESOURCE, DEEP_LINKING):
        raise Refused(f"Messages of type {str(kind)[:80]!r} are not understood here.")
    deployment = text_of(claims.get(f"{_CLAIM}deployment_id"))
    if not deployment or (platform.deployments and deployment not in platform.deployments):
        known = ", ".join(platform.deployments) or "any"
        raise Refused(f"Deployment {deployment!r} of {platform.title} is not registered here; registered: {known}.")
    context, link = _dict(claims.get(f"{_CLAIM}context")), _dict(claims.get(f"{_CLAIM}resource_link"))
    if not text_of(context.get("id")):
        raise Refused("The LMS did not say from which course this comes (context). Add the activity inside a course.")
    if kind == RESOURCE and not text_of(link.get("id")):
        raise Refused("The LMS did not say which activity this is (resource_link).")
    endpoint = _dict(claims.get(_AGS))
    return Launch(
        platform=platform,
        kind=kind,
        deployment=deployment,
        person=_person(claims),
        context=text_of(context.get("id")),
        context_title=text_of(context.get("title")) or text_of(context.get("label")),
        link=text_of(link.get("id")),
        link_title=text_of(link.get("title")),
        custom=_custom(claims.get(f"{_CLAIM}custom")),
        target=text_of(claims.get(f"{_CLAIM}target_link_uri"), 2000),
        line_item=text_of(endpoint.get("lineitem"), 2000),
        line_items=text_of(endpoint.get("lineitems"), 2000),
        scopes=tuple(scope for scope in _list(endpoint.get("scope")) if isinstance(scope, str)),
        members=text_of(_dict(claims.get(_NRPS)).get("context_memberships_url"), 2000),
        settings=_dict(claims.get(_DEEP)),
        nonce=nonce,
        expires=int(claims["exp"]) + LEEWAY_SECONDS,
    )


def role_of(roles: Sequence[Any]) -> str:
    """What somebody is in the LMS's course, of role names long or short. A teacher's assistant is a teacher."""
    found = set()
    for role in roles:
        if not isinstance(role, str):
            continue
        if "/" not in role and "#" not in role:
            found.add(role)
        elif role.startswith(f"{_MEMBERSHIP}#"):
            found.add(role.rpartition("#")[2])
        elif role.startswith(f"{_MEMBERSHIP}/Instructor#"):
            found.add("Instructor")
    if "Instructor" in found:
        return TEACHER
    return LEARNER if "Learner" in found else OTHER


def _verified(token: str, platform: Platform, key_of: Callable[[Platform, str], Any]) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise Refused("The LMS sent no message that can be read. Open the activity there again.") from None
    if header.get("alg") != "RS256":
        raise Refused(f"The message is signed with {str(header.get('alg'))[:20]!r}; only RS256 is taken.")
    key = key_of(platform, str(header.get("kid", "")))
    try:
        # Times and audiences are checked below, with sentences that help.
        said: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=platform.issuer,
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_sub": False,  # a number is as good as text, and PyJWT would call the signature wrong
                "verify_jti": False,
                "require": ["iss"],
            },
        )
    except jwt.InvalidIssuerError:
        raise Refused(f"The message is of another LMS than {platform.issuer}.") from None
    except jwt.InvalidTokenError:
        raise Refused(f"The message is not signed by {platform.title}. Open the activity there again.") from None
    return said


def _check_time(claims: Mapping[str, Any], now: datetime) -> None:
    at = now.timestamp()
    ends, made = claims.get("exp"), claims.get("iat")
    for name, value in (("exp", ends), ("iat", made)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**53:
            raise Refused(f"The message does not say how long it holds ({name} is missing).")
    assert isinstance(ends, (int, float)) and isinstance(made, (int, float))
    if at > ends + LEEWAY_SECONDS:
        raise Refused(
            f"The message was good until {round(at - ends)} seconds ago. Open the activity again; if that does not "
            "help, the clock of the LMS or of this service is wrong."
        )
    if made > at + LEEWAY_SECONDS:
        raise Refused(
            f"The message is of a moment {round(made - at)} seconds from now: the clock of the LMS or of this service "
            "is wrong."
        )


def _check_audience(claims: Mapping[str, Any], platform: Platform) -> None:
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else [each for each in _list(audience) if isinstance(each, str)]
    if platform.client_id not in meant:
        # Moodle: an activity with a consumer key of its own has that instead of the client id.
        said = ", ".join(meant)[:200] or "nobody"
        raise Refused(
            f"The message is for {said}, and this tool is registered as {platform.client_id}. In Moodle, clear the "
            "activity's own consumer key; elsewhere compare the client id."
        )
    others = [each for each in meant if each != platform.client_id]
    if (others or "azp" in claims) and claims.get("azp") != platform.client_id:
        raise Refused(f"The message is for others, too ({', '.join(others)[:200]}), and does not name us as its party.")
    if others:
        raise Refused(f"The message is for others, too: {', '.join(others)[:200]}.")


def _foreign_client(platforms: Sequence[Platform], issuer: str, client: str) -> str:
    known = ", ".join(each.client_id for each in platforms if each.issuer == issuer)
    return f"The client id {client[:100]!r} of {issuer} is not registered here; registered are: {known}."


def _person(claims: Mapping[str, Any]) -> Claimed:
    sub = text_of(claims.get("sub"))
    if not sub:
        raise Refused(
            "The LMS did not say who you are (sub). Sign in there, not as a guest, and open the activity again."
        )
    roles = claims.get(f"{_CLAIM}roles")
    return Claimed(
        sub=sub,
        name=name_of(claims),
        email=text_of(claims.get("email")),
        username=text_of(_dict(claims.get(f"{_CLAIM}ext")).get("user_username")),
        sourced_id=text_of(_dict(claims.get(f"{_CLAIM}lis")).get("person_sourcedid")),
        role=role_of(roles if isinstance(roles, list) else ()),
    )


def _custom(claim: Any) -> dict[str, str]:
    """What the activity says of itself; a value may still be the variable that the LMS did not know."""
    return {
        str(name): text_of(value)
        for name, value in _dict(claim).items()
        if isinstance(value, (str, int, float)) and not str(value).startswith("$")
    }


def path_of(url: str) -> str:
    """The path of an address, "" of what is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def is_address(url: Any) -> bool:
    """Whether it is the address of something on the web."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return parts is not None and parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text_of(value: Any, most: int = _MOST_LETTERS) -> str:
    """Text of a claim without what cannot be shown. Longer text than is sane is none: cut, it would name another."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > most:
        return ""
    return printable(value).strip()


def name_of(said: Mapping[str, Any]) -> str:
    """A person's name, put together where only its parts are there."""
    parts = (text_of(said.get(part)) for part in ("given_name", "family_name"))
    return text_of(said.get("name")) or " ".join(filter(None, parts))


def printable(text: str) -> str:
    """Text without what cannot be shown."""
    return "".join(letter for letter in text if letter.isprintable())
