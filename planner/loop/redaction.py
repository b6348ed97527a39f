"""Text fit for a log, an error or a plan: secrets masked, no control characters, long texts without their middle.

A backend masks what it knows to be secret (its key, the password in its URL) in every text that comes in, once, so
that nothing behind it has to. `masked` is for texts of unknown origin: it knows keys by their shape.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from planner.plan.document import CONTROLS

SHOWN: Final = 4000  # characters
MASK: Final = "***"
_BEARER: Final = re.compile(r"\b(?:Bearer|Basic)\s+[\w+/=.~*-]{6,}", re.ASCII)
_KEY: Final = re.compile(  # a key's beginning, then a digit, a capital or a star somewhere: "key-shaped" is no key
    r"\b(?:sk|pk|rk|gsk|hf|xai|nvapi|ghp|r8|key)[-_](?=[\w*.-]*[\dA-Z*])[\w*.-]{6,}|\bAIza[\w-]{20,}|\beyJ[\w-]{16,}[\w.-]*",
    re.ASCII,
)
_USER: Final = re.compile(r"(?<=://)[^/\s@'\"]+(?=@)")
_PARAMETER: Final = re.compile(r"([?&][\w-]*(?:key|token|secret|password|signature|sig)=)[^&\s'\"#]+", re.IGNORECASE)
_ORDINARY: Final = re.compile(r"[a-z]+(?:[-_. ][a-z]+)*|[A-Z]+(?:[-_. ][A-Z]+)*|\d+", re.ASCII)
_SHORTEST_KEY: Final = 8
_SHORTEST_PASSWORD: Final = 6
_NO_WORD: Final = 16  # characters from which on even a word is taken for a secret
_UNPRINTABLE: Final = re.compile(f"{CONTROLS.pattern}|[\ud800-\udfff]")


@dataclass(frozen=True)
class Secrets:
    """Texts that nobody may see, longest first."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, *keys: str, url: str = "") -> Secrets:
        """Collect keys and what is secret in a URL, in every form in which a text may carry them.

        Dummies that servers on this machine are given ("1", "ollama") are words, not secrets, and are left out.
        """
        found = [key for key in keys if _is_secret(key, _SHORTEST_KEY)]
        for password in _passwords(url):
            found += [password] if _is_secret(password, _SHORTEST_PASSWORD) else []
        forms = {form for value in found for form in _forms(value)}
        return cls(tuple(sorted(forms, key=lambda form: (-len(form), form))))

    def masked(self, text: str) -> str:
        """Put *** for each of them."""
        for value in self.values:
            text = text.replace(value, MASK)
        return text


def masked(text: str, secrets: Secrets = Secrets()) -> str:
    """Put *** for known secrets and for everything that looks like one."""
    text = _USER.sub(MASK, _PARAMETER.sub(rf"\1{MASK}", secrets.masked(text)))
    return _KEY.sub(MASK, _BEARER.sub(MASK, text))


def shortened(text: str, longest: int = SHOWN) -> str:
    """Leave out the middle of a text that is longer than `longest` characters, and say how much."""
    if len(text) <= longest:
        return text
    begin = longest * 2 // 3
    end = len(text) - (longest - begin)
    return f"{text[:begin]} … ({end - begin} characters left out) … {text[end:]}"


def printable(text: str) -> str:
    """Put a blank for control characters but line feeds and tabs: no text of others steers a terminal."""
    return _UNPRINTABLE.sub(" ", text)


def on_one_line(text: str) -> str:
    """Put one blank for each stretch of blanks, line ends and control characters."""
    return " ".join(printable(text).split())


def without_secrets(url: str) -> str:
    """Leave user, password, query and fragment out of a URL."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_secret(value: str, shortest: int) -> bool:
    return len(value) >= _NO_WORD or (len(value) >= shortest and not _ORDINARY.fullmatch(value))


def _passwords(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    values = [item.partition("=")[2] for item in parts.query.split("&")]
    return [password or user, f"{user}:{password}" if password else "", *values]


def _forms(value: str) -> set[str]:
    """Return a secret as it is, in a URL, inside JSON, as Basic authorisation, in base64 and in hexadecimal digits."""
    plain = {value, unquote(value)}
    escaped = {form.replace("/", "\\/") for form in plain} | {json.dumps(form)[1:-1] for form in plain}
    basic = {base64.b64encode(form.encode("utf-8", "replace")).decode() for form in plain if ":" in form}
    encoded = {text for form in plain for text in _encoded(form.encode("utf-8", "replace"))}
    return plain | escaped | basic | encoded | {quote(form, safe="") for form in plain}


def _encoded(value: bytes) -> Iterator[str]:
    """Yield what of a secret stands in any longer text that was encoded with it: base64 has three ways to begin."""
    yield from (value.hex(), value.hex().upper())
    for before in range(3):
        whole = (before + len(value)) * 8 // 6  # digits that hold nothing of what comes behind
        first = -(-before * 8 // 6)  # the first one that holds nothing of what stands before
        for alphabet in (b"+/", b"-_"):
            yield base64.b64encode(bytes(before) + value, alphabet)[first:whole].decode()
