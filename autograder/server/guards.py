"""What every request and answer passes: the size of what comes in, where a form comes from, the headers that go out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# Pages that grading writes hold their style; nothing in them runs, is sent anywhere or is framed.
WRITTEN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
PAGE_POLICY = f"{WRITTEN_POLICY}; sandbox allow-same-origin allow-top-navigation-by-user-activation"
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser says of our own forms that they come from nowhere
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-frame-options": "DENY",
}
_LINK = re.compile(r"(/(?:enter|window|lti/register)/)[^/?\s]+")
_LARGEST_LAUNCH = 2**18  # bytes: a stranger may send one, and reading many fields takes the time of everybody
_FROM_AN_LMS = ("/lti/login", "/lti/launch")  # forms of another site, which prove themselves by a signature


class Guards:
    """ASGI: refuses what is too large, not for this host, or a form of another site; adds headers to every answer.

    public_url: the address that people use. largest: bytes of a request, asked for each time, as course.yml may change.
    frames: the sites that may show our pages in a frame.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_url: str,
        largest: Callable[[], int],
        frames: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._app, self._largest, self._frames = app, largest, frames
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._hosts = {parts.netloc.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        launch = scope["path"] in _FROM_AN_LMS
        largest = left = min(self._largest(), _LARGEST_LAUNCH) if launch else self._largest()
        refusal = self._refusal(scope["method"], scope["path"], headers, largest)
        if refusal is not None:
            if refusal.status_code == 413:
                await _drained(receive, 4 * largest)
            await refusal(scope, receive, self._dressed(send))
            return

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, _told(largest))
            return message

        await self._app(scope, counted, self._dressed(send))

    def _refusal(self, method: str, path: str, headers: Headers, largest: int) -> PlainTextResponse | None:
        if headers.get("host", "").lower() not in self._hosts:
            told = f"This service answers at {self._origin}. (--public-url of `grade serve` says so.)\n"
            return PlainTextResponse(told, 421)
        if method not in ("GET", "HEAD") and path not in _FROM_AN_LMS:
            origin, site = headers.get("origin"), headers.get("sec-fetch-site")
            foreign = (origin is not None and origin != self._origin) or site not in (None, "same-origin", "none")
            if foreign:
                return PlainTextResponse("This form was sent by a page of another site.\n", 403)
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return PlainTextResponse("The request's length is no number.\n", 400)
        return PlainTextResponse(_told(largest), 413) if length > largest else None

    def _dressed(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers.setdefault("cache-control", "no-store")
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if sites := self._frames():
                    named = f"frame-ancestors {' '.join(sorted(sites))}"
                    policy = headers["content-security-policy"]
                    headers["content-security-policy"] = policy.replace("frame-ancestors 'none'", named)
                if "frame-ancestors 'none'" not in headers["content-security-policy"]:
                    del headers["x-frame-options"]  # it knows no list
                if self._secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        return with_headers


async def _drained(receive: Receive, most: int) -> None:
    """Read what a browser is still sending: until it is through, it shows a broken connection instead of our answer.

    nginx 1.22 makes 502 of that. Nothing is kept; who sends more than `most` bytes sees no answer.
    """
    while most > 0:
        message = await receive()
        most -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def _told(largest: int) -> str:
    if largest <= _LARGEST_LAUNCH:
        return f"That is more than {largest // 2**10} KiB, and no launch."
    return f"That is more than {largest / 2**20:.0f} MiB. Nothing was handed in; hand in code without data."


def without_links(text: str) -> str:
    """A path as it may stand in a log: what opens a session is left out."""
    return _LINK.sub(r"\1...", text)
