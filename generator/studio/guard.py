"""Who may ask: the right host, no other site, the key where there is one. Before any route, for every request."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generator.studio.shared import Studio
from planner.errors import RagplanError

COOKIE = "ragplan_key"
TOKEN = "x-ragplan-token"
MOST_BYTES = 48 * 2**20
TOO_LARGE = f"a request may have {MOST_BYTES >> 20} MB"
POLICY = "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors "
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class TooLargeError(RagplanError):
    """A request's body goes beyond what is read."""


class Guard:
    """Refuses what must not come in, and adds what browsers must know of every answer.

    A wrong Host is how a site in the same browser reaches servers of this machine (DNS rebinding): 400. A foreign
    Origin, or a change without the page's token and without a key: 403. No key where one is asked for: 401.
    """

    def __init__(self, app: ASGIApp, studio: Studio, hosts: Sequence[str], frames: Sequence[str] = ()) -> None:
        self._app, self._studio, self._hosts = app, studio, tuple(hosts)
        policy = {"content-security-policy": POLICY + (" ".join(frames) or "'none'")}
        self._headers = [(name.encode(), value.encode()) for name, value in {**policy, **HEADERS}.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += self._headers
            await send(message)

        answer = self._refused(scope)
        await (answer or self._app)(scope, _bounded(receive), sending)

    def _refused(self, scope: Scope) -> Response | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts and "*" not in self._hosts:
            return _error(400, f"this server does not answer to the host {host!r}; --host says to which it does")
        origin = headers.get("origin")
        if origin not in (None, f"http://{host}", f"https://{host}"):
            return _error(403, "requests of other sites are not answered")
        if int(headers.get("content-length") or 0) > MOST_BYTES:
            return _error(413, TOO_LARGE)
        key = self._studio.api_key
        if key is not None and not self._has_key(headers, key):
            return self._signed_in(scope, key) or _error(401, "the API key is missing or wrong")
        if scope["method"] in ("GET", "HEAD"):
            return None
        bearer = headers.get("authorization", "").lower().startswith("bearer ")  # no other site's page can send one
        if bearer or hmac.compare_digest(headers.get(TOKEN, "").encode(), self._studio.token.encode()):
            return None
        how = "reload the page; a program sends 'Authorization: Bearer none'"
        return _error(403, f"the header {TOKEN} is missing or wrong: {how}")

    def _has_key(self, headers: dict[str, str], key: str) -> bool:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        given = (headers.get("authorization", "").removeprefix("Bearer ").strip(), cookie.value if cookie else "")
        return any(hmac.compare_digest(one.encode(), key.encode()) for one in given)

    def _signed_in(self, scope: Scope, key: str) -> Response | None:
        """Take the key from the address that the command line prints, into a cookie that no script can read."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        home = scope.get("root_path", "") + "/"
        if scope["path"] != home or not hmac.compare_digest(given.encode(), key.encode()):
            return None
        answer = RedirectResponse(home, status_code=303)
        answer.set_cookie(COOKIE, key, httponly=True, samesite="strict")
        return answer


def _bounded(receive: Receive) -> Receive:
    """Return a receiver that raises `TooLargeError` for a body that is, whatever its header says."""
    left = MOST_BYTES

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLargeError(TOO_LARGE)
        return message

    return counted


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "refused", "code": status}}, status)
