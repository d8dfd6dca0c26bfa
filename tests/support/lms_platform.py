"""A learning platform on a free port of this machine: signs launches, gives tokens, keeps columns and marks.

What it does with a mark are the rules of real systems, as data in `RULES`. Each was seen by running the system that is
named there.
"""

from __future__ import annotations

import html
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from served import free_socket
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
ALL_SCOPES = (
    f"{AGS}scope/score",
    f"{AGS}scope/lineitem",
    f"{AGS}scope/lineitem.readonly",
    f"{AGS}scope/result.readonly",
    f"{NRPS}scope/contextmembership.readonly",
)


@dataclass(frozen=True)
class Rules:
    """How a system treats a mark.

    taken: the status of a mark that is taken. not_later: of one whose time is not later than the last; told: the texts
    that it sends then, for the same time and for an older one. no_token: of a token that has ended. whole_seconds:
    whether times are compared without their fractions. wipes: whether a mark in any progress but FullyGraded empties
    the column. protects_own: whether a teacher's mark outlives ours in a column that the tool made; protects_activity:
    in the activity's own. whole_maximum: whether a column's points must be whole. places: decimals of what is kept.
    """

    seen_in: str
    taken: int
    not_later: int
    told: tuple[str, str]
    no_token: int
    whole_seconds: bool
    wipes: bool
    protects_activity: bool
    protects_own: bool
    whole_maximum: bool
    places: int
    unknown_person: int


RULES = {
    "moodle": Rules(
        seen_in="Moodle 4.5.6, mod/lti/service/gradebookservices/classes/local/resources/scores.php",
        taken=200,
        not_later=409,
        told=("", ""),
        no_token=401,
        whole_seconds=True,
        wipes=True,
        protects_activity=True,
        protects_own=False,
        whole_maximum=False,
        places=5,
        unknown_person=400,
    ),
    "openedx": Rules(
        seen_in="lti-consumer-xblock 11.4.4, lti_consumer/lti_1p3/extensions/rest_framework/serializers.py",
        taken=201,
        not_later=400,
        told=(
            "Score already exists for the provided timestamp",
            "Score timestamp can only be updated to a later point in time",
        ),
        no_token=403,
        whole_seconds=False,
        wipes=False,
        protects_activity=False,
        protects_own=False,
        whole_maximum=True,
        places=5,
        unknown_person=201,
    ),
}


@dataclass
class Kept:
    """What stands in a column for a person. by_teacher: a teacher changed it; raw: what the tool sent last."""

    score: float | None
    at: float
    comment: str = ""
    by_teacher: bool = False
    raw: float | None = None


@dataclass
class Column:
    """A column of the gradebook."""

    maximum: float
    label: str = ""
    resource: str = ""
    tag: str = ""
    link: str = ""
    made_by_tool: bool = False
    kept: dict[str, Kept] = field(default_factory=dict)


@dataclass
class Somebody:
    """A person of the platform. said: more claims of a launch; listed: more of the list of members."""

    sub: str
    name: str = ""
    role: str = "Learner"
    email: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    listed: dict[str, Any] = field(default_factory=dict)


class Lms:
    """The platform. broken: status to answer marks with instead; requests: what the tool asked, in order."""

    def __init__(self, rules: Rules, url: str) -> None:
        self.rules, self.url = rules, url
        self.private = _key()
        self.client_id, self.deployment, self.context = "client-of-the-tests", "1", "course-7"
        self.people: dict[str, Somebody] = {}
        self.columns: dict[str, Column] = {}
        self.links: dict[str, str | None] = {}  # activity to its column
        self.tool = ""
        self.key_set: dict[str, Any] | None = None  # the tool's, where it has no address
        self.broken: int | None = None
        self.requests: list[tuple[str, str, Any]] = []
        self.tokens: set[str] = set()
        self.more_claims: dict[str, Any] = {}
        self.lifetime = 60
        self.clock = time.time
        self.chosen: list[dict[str, Any]] = []
        self._logins: dict[str, tuple[str, str]] = {}

    # -- what a test does ---------------------------------------------------------------------------------------------

    def person(self, sub: str, name: str = "", **more: Any) -> Somebody:
        """Add a person."""
        self.people[sub] = Somebody(sub=sub, name=name, **more)
        return self.people[sub]

    def activity(self, link: str, *, points: float | None = 100.0) -> None:
        """Add an activity, with a column unless points is None."""
        self.links[link] = None
        if points is not None:
            self.links[link] = f"{len(self.columns) + 1}"
            self.columns[self.links[link] or ""] = Column(maximum=points, link=link)

    def login_form(
        self, sub: str, link: str, custom: Mapping[str, str] | None = None, kind: str = ""
    ) -> dict[str, str]:
        """What the platform sends to the tool's login address for a click on an activity."""
        hint = secrets.token_urlsafe(8)
        self._logins[hint] = (sub, link)
        message = json.dumps({"custom": dict(custom or {}), "kind": kind or "LtiResourceLinkRequest"})
        return {
            "iss": self.url,
            "login_hint": hint,
            "target_link_uri": f"{self.tool}/",
            "lti_message_hint": message,
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment,
        }

    def teacher_grades(self, column: str, sub: str, score: float) -> None:
        """A teacher writes a mark by hand."""
        self.columns[column].kept[sub] = Kept(score=score, at=self.clock(), by_teacher=True)

    def grade(self, sub: str, link: str) -> float | None:
        """What stands in an activity's column."""
        kept = self.columns[self.links[link] or ""].kept.get(sub)
        return None if kept is None else kept.score

    def comment(self, sub: str, link: str) -> str:
        """The comment that stands there."""
        return self.columns[self.links[link] or ""].kept[sub].comment

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token of the platform."""
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": "key-1"} | header)

    def claims(self, sub: str, link: str, nonce: str, custom: Mapping[str, str], kind: str) -> dict[str, Any]:
        """What a launch says."""
        person, now = self.people[sub], int(self.clock())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": self.client_id,
            "sub": sub,
            "iat": now,
            "exp": now + self.lifetime,
            "nonce": nonce,
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}message_type": kind,
            f"{CLAIM}deployment_id": self.deployment,
            f"{CLAIM}target_link_uri": f"{self.tool}/",
            f"{CLAIM}roles": [f"{ROLE}{person.role}"],
            f"{CLAIM}context": {"id": self.context, "label": "DM", "title": "Diffusion models"},
            f"{CLAIM}custom": dict(custom),
            f"{NRPS}claim/namesroleservice": {
                "context_memberships_url": f"{self.url}/members",
                "service_versions": ["2.0"],
            },
        }
        claims |= {name: value for name, value in (("name", person.name), ("email", person.email)) if value}
        if kind == "LtiDeepLinkingRequest":
            claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = {
                "deep_link_return_url": f"{self.url}/chosen",
                "accept_types": ["ltiResourceLink"],
                "accept_multiple": True,
            }
        else:
            claims[f"{CLAIM}resource_link"] = {"id": link, "title": f"Activity {link}"}
            endpoint: dict[str, Any] = {"scope": list(ALL_SCOPES[:4]), "lineitems": f"{self.url}/items?type_id=1"}
            if self.links.get(link):
                endpoint["lineitem"] = f"{self.url}/items/{self.links[link]}/lineitem?type_id=1"
            claims[f"{AGS}claim/endpoint"] = endpoint
        return claims | person.said | self.more_claims

    # -- what the tool asks -------------------------------------------------------------------------------------------

    def app(self) -> Starlette:
        """The platform's addresses."""
        return Starlette(
            routes=[
                Route("/auth", self.auth),
                Route("/certs", self.certs),
                Route("/token", self.token, methods=["POST"]),
                Route("/members", self.members),
                Route("/items", self.items, methods=["GET", "POST"]),
                Route("/items/{id}/lineitem", self.item),
                Route("/items/{id}/lineitem/scores", self.score, methods=["POST"]),
                Route("/items/{id}/lineitem/results", self.results),
                Route("/config", self.config),
                Route("/register", self.register, methods=["POST"]),
                Route("/chosen", self.came_back, methods=["POST"]),
                Route("/activity", self.activity_page),
            ]
        )

    def auth(self, request: Request) -> Response:
        """The step between: whoever is signed in here is sent on with a signed message."""
        query = request.query_params
        sub, link = self._logins.pop(query["login_hint"])
        hint = json.loads(query["lti_message_hint"])
        token = self.sign(self.claims(sub, link, query["nonce"], hint["custom"], hint["kind"]))
        fields = {"id_token": token, "state": query["state"]}
        return self._form(query["redirect_uri"], fields)

    def activity_page(self, request: Request) -> Response:
        """A page of the platform with the activity in a frame, as an LMS shows it. Query: sub, link, assignment."""
        query = request.query_params
        custom = {"assignment": query["assignment"]} if "assignment" in query else {}
        form = self.login_form(query["sub"], query["link"], custom)
        inner = self._form(f"{self.tool}/lti/login", form).body.decode()
        frame = f'<iframe id="tool" width=900 height=700 srcdoc="{html.escape(inner)}"></iframe>'
        return HTMLResponse(f"<!doctype html><title>LMS</title>{frame}")

    def _form(self, where: str, fields: Mapping[str, str]) -> Response:
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
        )
        form = f'<form method="post" action="{html.escape(where)}">{inputs}</form>'
        return HTMLResponse(f"<!doctype html><title>LMS</title>{form}<script>document.forms[0].submit()</script>")

    def certs(self, request: Request) -> Response:
        """The platform's keys."""
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return JSONResponse({"keys": [key | {"kid": "key-1", "alg": "RS256", "use": "sig"}]})

    async def token(self, request: Request) -> Response:
        """A token for whoever signs with the tool's key, as the tool's own key set has it."""
        form = await request.form()
        keys = await self._tool_keys()
        said = str(form["client_assertion"])
        kid = jwt.get_unverified_header(said).get("kid")
        if kid is None:
            return JSONResponse({"error": "kid must be provided"}, 400)
        try:
            claims = jwt.decode(said, keys[kid].key, algorithms=["RS256"], audience=f"{self.url}/token")
        except (jwt.PyJWTError, KeyError):
            return JSONResponse({"error": "invalid_client"}, 400)
        assert claims["iss"] == claims["sub"] == self.client_id
        scopes = [scope for scope in str(form["scope"]).split() if scope in ALL_SCOPES]
        if not scopes:
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(12)
        self.tokens.add(token)
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": " ".join(scopes)}
        )

    async def _tool_keys(self) -> jwt.PyJWKSet:
        if self.key_set is not None:
            return jwt.PyJWKSet.from_dict(self.key_set)
        async with httpx.AsyncClient(verify=False) as client:
            return jwt.PyJWKSet.from_dict((await client.get(f"{self.tool}/lti/keys")).json())

    def _refused(self, request: Request, body: Any = None) -> Response | None:
        self.requests.append((request.method, request.url.path, body))
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if token in self.tokens else JSONResponse([], self.rules.no_token)

    def members(self, request: Request) -> Response:
        """Who is in the course."""
        if request.headers.get("accept") != "application/vnd.ims.lti-nrps.v2.membershipcontainer+json":
            return Response(status_code=400)
        refused = self._refused(request)
        listed = [
            {"user_id": each.sub, "roles": [each.role], "status": "Active"}
            | {name: value for name, value in (("name", each.name), ("email", each.email)) if value}
            | each.listed
            for each in self.people.values()
        ]
        return refused or JSONResponse({"id": str(request.url), "context": {"id": self.context}, "members": listed})

    async def items(self, request: Request) -> Response:
        """The columns, or one more."""
        body = json.loads(await request.body()) if request.method == "POST" else None
        refused = self._refused(request, body)
        if refused:
            return refused
        if body is None:
            wanted = request.query_params.get("resource_id")
            there = [self._said(id) for id, each in self.columns.items() if wanted in (None, each.resource)]
            return JSONResponse(there)
        maximum = body["scoreMaximum"]
        if self.rules.whole_maximum and not float(maximum).is_integer():
            return JSONResponse({"scoreMaximum": ["A valid integer is required."]}, 400)
        id = f"{len(self.columns) + 1}"
        self.columns[id] = Column(
            maximum=float(maximum),
            label=body.get("label", ""),
            resource=body.get("resourceId", ""),
            tag=body.get("tag", ""),
            link=body.get("resourceLinkId", ""),
            made_by_tool=True,
        )
        return JSONResponse(self._said(id), 201)

    def _said(self, id: str) -> dict[str, Any]:
        column = self.columns[id]
        said = {"label": column.label, "scoreMaximum": column.maximum, "resourceId": column.resource, "tag": column.tag}
        return {"id": f"{self.url}/items/{id}/lineitem?type_id=1"} | said

    def item(self, request: Request) -> Response:
        """One column."""
        refused = self._refused(request)
        id = request.path_params["id"]
        return refused or (JSONResponse(self._said(id)) if id in self.columns else JSONResponse([], 404))

    def results(self, request: Request) -> Response:
        """What stands in a column."""
        refused = self._refused(request)
        if refused:
            return refused
        column = self.columns[request.path_params["id"]]
        wanted = request.query_params.get("user_id")
        return JSONResponse(
            [
                {"userId": sub, "resultScore": kept.score, "resultMaximum": column.maximum, "comment": kept.comment}
                for sub, kept in column.kept.items()
                if wanted in (None, sub) and kept.score is not None
            ]
        )

    async def score(self, request: Request) -> Response:
        """A mark, by the rules of the system."""
        said = json.loads(await request.body())
        refused = self._refused(request, said)
        if refused or self.broken is not None:
            return refused or JSONResponse([], self.broken or 500)
        rules, column = self.rules, self.columns.get(request.path_params["id"])
        if column is None:
            return JSONResponse([], 404)
        if request.headers.get("content-type") != "application/vnd.ims.lis.v1.score+json" or "scoreMaximum" not in said:
            return JSONResponse([], 400)
        person = self.people.get(said["userId"])
        if person is None or person.role != "Learner":
            return JSONResponse([], rules.unknown_person)
        at = datetime.fromisoformat(said["timestamp"]).timestamp()
        assert said["timestamp"].endswith("Z")
        before = column.kept.get(person.sub)
        if before is not None:
            last = int(before.at) if rules.whole_seconds else before.at
            if (int(at) if rules.whole_seconds else at) <= last:
                told = rules.told[at < last]
                return JSONResponse({"timestamp": [told]} if told else [], rules.not_later)
        graded = said["gradingProgress"] == "FullyGraded"
        raw = None
        if graded:
            raw = round(float(said["scoreGiven"]) / float(said["scoreMaximum"]) * column.maximum, rules.places)
        elif not rules.wipes:
            return Response(status_code=rules.taken)
        protects = rules.protects_own if column.made_by_tool else rules.protects_activity
        if before is not None and before.by_teacher and protects:
            before.raw, before.at = raw, at
        else:
            column.kept[person.sub] = Kept(score=raw, raw=raw, at=at, comment=said.get("comment", ""))
        return Response(status_code=rules.taken)

    def config(self, request: Request) -> Response:
        """What a tool reads that registers itself."""
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/certs",
                "registration_endpoint": f"{self.url}/register",
                "scopes_supported": list(ALL_SCOPES),
                "https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "moodle"},
            }
        )

    async def register(self, request: Request) -> Response:
        """A tool registers; its word is good once."""
        said = json.loads(await request.body())
        if request.headers.get("authorization") != "Bearer once":
            return JSONResponse({"error": "token_already_used"}, 401)
        assert said["token_endpoint_auth_method"] == "private_key_jwt" and said["application_type"] == "web"
        assert said["redirect_uris"] == [f"{self.tool}/lti/launch"]
        self.requests.append(("POST", "/register", said))
        tool = said["https://purl.imsglobal.org/spec/lti-tool-configuration"] | {"deployment_id": self.deployment}
        more = {"client_id": self.client_id, "https://purl.imsglobal.org/spec/lti-tool-configuration": tool}
        return JSONResponse(said | more)

    async def came_back(self, request: Request) -> Response:
        """A teacher's choice of activities."""
        form = await request.form()
        keys = await self._tool_keys()
        said = str(form["JWT"])
        key = keys[jwt.get_unverified_header(said)["kid"]].key
        claims = jwt.decode(said, key, algorithms=["RS256"], audience=self.url, issuer=self.client_id)
        assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
        assert claims[f"{CLAIM}deployment_id"] == self.deployment
        self.chosen = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
        return HTMLResponse("<!doctype html><title>LMS</title><h1>Added</h1>")


@cache
def _key() -> rsa.RSAPrivateKey:
    """One for all platforms of a process: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def lms_of(kind: str, *, url: str = "", **tls: Any) -> Iterator[Lms]:
    """A platform of these rules at work. url: its address for browsers, {port} filled in; tls: for uvicorn."""
    ready = free_socket()
    port = ready.getsockname()[1]
    platform = Lms(RULES[kind], url.format(port=port) or f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(platform.app(), log_config=None, lifespan="off", **tls))
    thread = threading.Thread(target=server.run, args=([ready],))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield platform
    finally:
        server.should_exit = True
        thread.join()
