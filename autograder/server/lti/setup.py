"""How an LMS and the service get to know each other: dynamic registration, and activities that a teacher picks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from autograder.records import Assignment
from autograder.server.lti.keys import OwnKey
from autograder.server.lti.launch import Platform, Refused, is_address
from autograder.server.lti.wire import SCOPES, Item

_MOST_BYTES = 2**20
_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_CLAIM = "https://purl.imsglobal.org/spec/lti"
INVITED_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """The service's addresses as an LMS is told them. public_url: without a slash at its end."""

    public_url: str

    @property
    def login(self) -> str:
        """Where a launch begins."""
        return f"{self.public_url}/lti/login"

    @property
    def launch(self) -> str:
        """Where the LMS sends its message."""
        return f"{self.public_url}/lti/launch"

    @property
    def keys(self) -> str:
        """Our public keys."""
        return f"{self.public_url}/lti/keys"

    def register(self, word: str) -> str:
        """Where an LMS registers itself, once."""
        return f"{self.public_url}/lti/register/{word}"


def moodle(site: str, client_id: str, deployments: Sequence[str] = ()) -> Platform:
    """The registration of a Moodle by its address; paths as Moodle 4.5.6 has them."""
    site = site.rstrip("/")
    return Platform(
        issuer=site,
        client_id=client_id,
        login_url=f"{site}/mod/lti/auth.php",
        token_url=f"{site}/mod/lti/token.php",
        keys_url=f"{site}/mod/lti/certs.php",
        name=f"Moodle at {urlsplit(site).netloc}",
        deployments=tuple(deployments),
    )


def check_registration(platform: Platform) -> None:
    """Refused, with what to mend, if a registration cannot be right."""
    if not platform.issuer or not platform.client_id:
        raise Refused("The registration lacks the issuer or the client id.")
    for name, url in (("login", platform.login_url), ("token", platform.token_url), ("keys", platform.keys_url)):
        if not is_address(url):
            raise Refused(f"The {name} address {url[:200]!r} is none; it begins with https://.")


def tool_request(course_title: str, addresses: Addresses, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What we ask of an LMS that registers us (LTI Dynamic Registration 1.0). settings: what the LMS can do."""
    supported = settings.get("scopes_supported")
    scopes = [scope for scope in SCOPES if not isinstance(supported, list) or scope in supported]
    parts = urlsplit(addresses.public_url)
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": addresses.login,
        "redirect_uris": [addresses.launch],
        "client_name": course_title,
        "jwks_uri": addresses.keys,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        _TOOL: {
            "domain": parts.netloc,
            "target_link_uri": f"{addresses.public_url}/",
            "description": "Hand in code, have it graded at once, read what to look at next.",
            "claims": ["iss", "sub", "name", "given_name", "family_name", "email"],
            "messages": [
                {
                    "type": "LtiDeepLinkingRequest",
                    "target_link_uri": addresses.launch,
                    "label": "Assignments",
                }
            ],
        },
    }


def register_with(
    configuration_url: str, registration_token: str, course_title: str, addresses: Addresses, client: httpx.Client
) -> Platform:
    """Register with an LMS that sent somebody here to do so. Refused, with what to change, if it did not work."""
    configured = _fetched(client, client.build_request("GET", configuration_url), "its configuration")
    issuer = configured.get("issuer")
    place = configured.get("registration_endpoint")
    own = urlsplit(configuration_url)
    if not isinstance(issuer, str) or not isinstance(place, str):
        raise Refused("The LMS's configuration names no issuer or no place to register at.")
    if not is_address(issuer) or urlsplit(issuer).hostname != own.hostname:
        raise Refused(f"The configuration at {own.netloc} is of another site, {issuer[:200]}.")
    wanted = tool_request(course_title, addresses, configured)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if registration_token:
        headers["Authorization"] = f"Bearer {registration_token}"
    if not is_address(place):
        raise Refused(f"The LMS's place to register at, {place[:200]!r}, is no address.")
    request = client.build_request("POST", place, headers=headers, content=json.dumps(wanted).encode())
    made = _fetched(client, request, "the registration")
    tool = made.get(_TOOL)
    deployment = tool.get("deployment_id") if isinstance(tool, dict) else None
    about = configured.get(f"{_CLAIM}-platform-configuration")
    product = about.get("product_family_code") if isinstance(about, dict) else None
    platform = Platform(
        issuer=issuer,
        client_id=str(made.get("client_id", "")),
        login_url=str(configured.get("authorization_endpoint", "")),
        token_url=str(configured.get("token_endpoint", "")),
        keys_url=str(configured.get("jwks_uri", "")),
        name=f"{str(product).capitalize()} at {own.netloc}" if isinstance(product, str) and product else own.netloc,
        deployments=(str(deployment),) if deployment else (),
        audience=str(configured.get("authorization_server") or ""),
    )
    check_registration(platform)
    return platform


def column_for(assignment: Assignment) -> Item:
    """The column that an assignment has in an LMS, where we make it; without an address yet."""
    return Item(url="", maximum=assignment.max_score, label=assignment.title, resource=assignment.slug, tag="grade")


def chosen_items(assignments: Sequence[Assignment]) -> list[dict[str, Any]]:
    """Assignments as an LMS adds them. Without `url`: Moodle 4.5.6 looks the tool up by it, and may find another."""
    return [
        {
            "type": "ltiResourceLink",
            "title": each.title,
            "custom": {"assignment": each.slug},
            "lineItem": column_for(each).described(),
        }
        for each in assignments
    ]


def deep_linking_answer(
    platform: Platform,
    deployment: str,
    settings: Mapping[str, Any],
    items: list[dict[str, Any]],
    key: OwnKey,
    now: datetime,
) -> str:
    """The signed answer to a teacher's LMS. settings: those of its request."""
    at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": at - 5,
        "exp": at + 600,
        "nonce": secrets.token_urlsafe(16),
        f"{_CLAIM}/claim/message_type": "LtiDeepLinkingResponse",
        f"{_CLAIM}/claim/version": "1.3.0",
        f"{_CLAIM}/claim/deployment_id": deployment,
        f"{_CLAIM}-dl/claim/content_items": items,
    }
    data = settings.get("data")
    if isinstance(data, str):
        claims[f"{_CLAIM}-dl/claim/data"] = data
    return key.sign(claims)


def return_address(settings: Mapping[str, Any]) -> str:
    """Where a teacher's choice is sent. Refused if the LMS named no address of its own kind."""
    url = settings.get("deep_link_return_url")
    if not isinstance(url, str) or not is_address(url):
        raise Refused("The LMS did not say where to send the choice (deep_link_return_url).")
    return url


def _fetched(client: httpx.Client, request: httpx.Request, what: str) -> dict[str, Any]:
    host = request.url.host
    try:
        response = client.send(request)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Refused(f"{host} could not be asked for {what} ({type(error).__name__}).") from None
    if not response.is_success:
        reason = "; an invitation of the LMS is good once, and for an hour" if response.status_code == 401 else ""
        raise Refused(f"{host} answered {response.status_code} when asked for {what}{reason}.")
    try:
        said = response.json() if len(response.content) <= _MOST_BYTES else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused(f"{host} answered with something else than {what}.")
    return said
