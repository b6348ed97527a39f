"""The way to a server: key and URL as they are given, one request within hard limits of time and size.

The HTTP library's time-outs are for one read each, so a server that dribbles would never be late. A request runs in a
thread of its own instead, which is left alone, its connection closed, when the time is up.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from planner.backends.openai.errors import badly_set, lost, not_started, too_late, too_long, without_key
from planner.backends.openai.failures import StatusError
from planner.errors import BackendError
from planner.loop.redaction import Secrets
from planner.loop.transport import LateError, within

if TYPE_CHECKING:
    from openai import OpenAI

KEY_VARIABLE = "OPENAI_API_KEY"
SERVER_VARIABLE = "OPENAI_BASE_URL"
MOST_BYTES = 4_000_000  # of an answer; a completion has some thousand
MOST_MODELS = 1000
_LONGEST_LISTING_S = 5.0
_COPIED = (
    " \t\r\n\v\f\"'\u00a0\u200b\u2060\ufeff"  # what gets to the ends of a key when it is copied or read from a file
)
_EXAMPLE = 'it is such as "https://api.openai.com/v1" or "http://127.0.0.1:11434/v1"'


@dataclass(frozen=True)
class Connection:
    """Where the server is and who asks it.

    url: The base URL without its query; empty: OpenAI's own.
    query: What goes behind the URL of every request, such as Azure's api-version.
    own: A client of the caller's, in place of all these.
    """

    key: str = ""
    url: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    own: OpenAI | None = None
    secrets: Secrets = field(default_factory=Secrets)

    @classmethod
    def of(
        cls, key: str | None, url: str | None, own: OpenAI | None = None, *, hidden: Sequence[str] = ()
    ) -> Connection:
        """Read key and URL, or the variables that hold them. Raises `BackendError` naming what is wrong with them.

        hidden: More texts that nobody may see.
        """
        if own is not None:
            return cls(own=own, secrets=Secrets.of(own.api_key, *hidden, url=str(own.base_url)))
        given = url or os.environ.get(SERVER_VARIABLE) or ""
        base, query = _read_url(given, "base_url" if url else SERVER_VARIABLE)
        stripped = _read_key(key or os.environ.get(KEY_VARIABLE) or "", "api_key" if key else KEY_VARIABLE)
        if not (stripped or base):
            raise without_key()
        return cls(
            stripped, base, query, None, Secrets.of(stripped, os.environ.get(KEY_VARIABLE, ""), *hidden, url=given)
        )

    @property
    def server(self) -> str:
        """The server's address; it may hold a password."""
        return str(self.own.base_url) if self.own is not None else self.url or "openai"

    def post(self, body: Mapping[str, Any], seconds: float | None) -> bytes:
        """Send a request for a completion and return the answer's body.

        seconds: How long all of it may take, whatever the server does; None: any time.

        Raises `StatusError` for an answer that is an error, `BackendError` where there is none.
        """
        import openai

        named = {"model": body["model"], "messages": body["messages"]}
        rest = {name: value for name, value in body.items() if name not in named}

        def send(client: OpenAI) -> bytes:
            completions = client.chat.completions.with_streaming_response
            with completions.create(**named, extra_body=rest) as response:
                return read_whole(response.http_response)

        try:
            with self._client(seconds) as client:
                return within(seconds, lambda: send(client))
        except (LateError, openai.APITimeoutError):
            raise too_late(seconds) from None
        except (StatusError, BackendError):
            raise
        except openai.APIStatusError as error:  # from a client of the caller's
            response = error.response
            raise StatusError(error.status_code, response.text, response.headers) from None
        except TooLongError:
            raise too_long(MOST_BYTES) from None
        except Exception as error:  # of the HTTP library; which one that is depends on the SDK's version
            raise lost(error, self.secrets) from None

    def models(self, seconds: float) -> list[str]:
        """The names of the models that the server has; empty where it does not say."""

        def fetch(client: OpenAI) -> bytes:
            with client.models.with_streaming_response.list() as response:
                return read_whole(response.http_response)

        seconds = min(seconds, _LONGEST_LISTING_S)
        try:
            with self._client(seconds) as client:
                listed = json.loads(within(seconds, lambda: fetch(client)))["data"]
            return [self.secrets.masked(model["id"]) for model in listed[:MOST_MODELS]]
        except Exception:  # the hint is a courtesy: nothing that goes wrong here may hide the first error
            return []

    @contextmanager
    def _client(self, seconds: float | None) -> Iterator[OpenAI]:
        """Make a client for one request; its connection ends with it, also under a thread that still reads."""
        options: dict[str, Any] = {"max_retries": 0} | ({} if seconds is None else {"timeout": seconds})
        if self.own is not None:
            yield self.own.with_options(**options)
            return
        from openai import DefaultHttpxClient, OpenAI

        try:
            http = DefaultHttpxClient(event_hooks={"response": [raise_for_status]})
        except Exception as error:  # the HTTP library's own, about certificates and proxies
            raise not_started(error, self.secrets) from None
        headers = {"Accept-Encoding": "gzip, deflate"} | ({"api-key": self.key} if self._is_azure else {})
        with http:
            yield OpenAI(
                api_key=self.key or "none",
                base_url=self.url or None,
                http_client=http,
                default_headers=headers,
                default_query=self.query or None,
                **options,
            )

    @property
    def _is_azure(self) -> bool:
        return bool(self.key) and "/openai/" in self.url and "api-version" in self.query


class TooLongError(Exception):
    """An answer goes on and on."""


def raise_for_status(response: Any) -> None:
    """Raise `StatusError` for an HTTP answer that is an error, read within limits (the SDK would read any length)."""
    if response.status_code >= 400:
        raise StatusError(response.status_code, read_whole(response).decode("utf-8", "replace"), response.headers)


def read_whole(response: Any) -> bytes:
    """Read the body of an HTTP answer. Raises `TooLongError` for more than MOST_BYTES, packed or unpacked."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLongError
    unpacked = bytes(body)
    encodings = response.headers.get("content-encoding", "").lower().split(",")
    for encoding in reversed([name.strip() for name in encodings if name.strip() not in ("", "identity")]):
        unpacked = _unpacked(unpacked, encoding)
    return unpacked


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"the answer is packed as {encoding!r}, which was not asked for")
    for bits in (47, -15):  # gzip or zlib by their heads, then deflate without one
        unpacker = zlib.decompressobj(bits)
        try:
            unpacked = unpacker.decompress(body, MOST_BYTES + 1)
        except zlib.error:
            continue
        if len(unpacked) > MOST_BYTES:
            raise TooLongError
        return unpacked
    raise ValueError(f"the answer says that it is packed as {encoding!r}, and is not")


def _read_key(given: str, name: str) -> str:
    """Leave out what gets to a key's ends by accident. Raises `BackendError` for what no key has inside."""
    key = given.strip(_COPIED).removeprefix("Bearer ").strip(_COPIED)
    for place, character in enumerate(key, start=1):
        if not "!" <= character <= "~":
            shown = f"U+{ord(character):04X}" if not character.isprintable() else repr(character)
            raise badly_set(
                f"{name} has {shown} as character {place} of {len(key)}, which no key has",
                "copy the whole key again, without typographic quotes, dots or blanks",
            )
    return key


def _read_url(given: str, name: str) -> tuple[str, dict[str, str]]:
    """Split a base URL into itself and its query. Raises `BackendError` for what is none."""
    url = given.strip(_COPIED)
    if not url:
        return "", {}
    wrong = _fault(url)
    if wrong:
        raise badly_set(f"{name} is no server's address: {wrong}", _EXAMPLE)
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return parts._replace(path=path, query="", fragment="").geturl(), dict(parse_qsl(parts.query))


def _fault(url: str) -> str:
    """Say what is wrong with an address, without its secrets; empty if nothing."""
    odd = next((character for character in url if character.isspace() or not character.isprintable()), "")
    if odd:
        return f"it has the character U+{ord(odd):04X} inside"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error) if "@" not in str(error) else "its host cannot be read"
    if parts.scheme not in ("http", "https"):
        return f"{url.rpartition('@')[2].partition('?')[0]!r} does not begin with http:// or https://"
    return "" if parts.hostname else "it names no host"
