"""Our own errors about a server: nothing was asked, nothing came, or nothing of use; and what can be done about it."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from planner.errors import BackendError
from planner.loop.redaction import Secrets, masked, on_one_line

_LONGEST = 300


def clean(text: str, secrets: Secrets) -> str:
    """Shorten a text and mask what is secret."""
    return on_one_line(masked(text, secrets))[:_LONGEST]


def without_key() -> BackendError:
    """There is neither a key nor a server."""
    hint = "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; rules plans without either"
    return badly_set("openai needs a key", hint)


def badly_set(message: str, hint: str) -> BackendError:
    """Something that the user set is wrong; asking is of no use."""
    return BackendError(message, provider="openai", hint=hint)


def too_late(timeout_s: float | None) -> BackendError:
    """The time is up."""
    shown = "in time" if timeout_s is None else f"within {timeout_s:.3g} s"
    return BackendError(f"openai gave no answer {shown}", provider="openai", retryable=True, hint="allow more time")


def too_long(most_bytes: int) -> BackendError:
    """The answer goes on and on."""
    message = f"openai sent more than {most_bytes / 1e6:g} MB, which is no completion"
    return BackendError(message, provider="openai", hint="is OPENAI_BASE_URL right?")


def malformed(body: bytes, secrets: Secrets) -> BackendError:
    """The answer is not what the protocol says."""
    shown = clean(body[:2000].decode("utf-8", "replace"), secrets) or "nothing"
    hint = "does the base URL end in /v1?"
    return BackendError(f"openai sent no completion but: {shown}", provider="openai", retryable=True, hint=hint)


def not_started(error: Exception, secrets: Secrets) -> BackendError:
    """The HTTP library does not start with the certificates and proxies that the environment names."""
    if isinstance(error, OSError) and (path := os.environ.get("SSL_CERT_FILE")):
        what = "there is none" if not Path(path).exists() else on_one_line(str(error))
        return badly_set(f"SSL_CERT_FILE names no certificates: {path!r}: {what}", "correct it or unset it")
    if isinstance(error, ImportError) and (named := _proxies()):
        hint = f"pip install socksio, or unset {' and '.join(named)}"
        return badly_set(f"{_shown_proxies(named, secrets)} needs the package socksio, which is not installed", hint)
    if named := _proxies():
        message = f"{_shown_proxies(named, secrets)} is no proxy: {clean(str(error), secrets)}"
        return badly_set(message, f"correct the variable or unset {' and '.join(named)}")
    hint = "check the variables NO_PROXY and SSL_CERT_FILE"
    return badly_set(f"openai does not start: {type(error).__name__}: {clean(str(error), secrets)}", hint)


def lost(error: Exception, secrets: Secrets) -> BackendError:
    """The connection could not be made, or broke, or the request could not even be written."""
    causes = list(_causes(error))
    cause = causes[-1]
    hint, final = _why(causes)
    text = clean(f"{error} ({type(cause).__name__}: {cause})" if cause is not error else f"{error}", secrets)
    if named := _proxies():
        hint += f"; requests go through {_shown_proxies(named, secrets)}"
    message = f"openai cannot be reached: {text or type(error).__name__}"
    return BackendError(message, provider="openai", retryable=not final, hint=hint)


def _why(causes: list[BaseException]) -> tuple[str, bool]:
    """Say what may help where a connection fails, and whether trying again is of no use."""
    said = " ".join(f"{type(cause).__name__} {cause}" for cause in causes)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or "CERTIFICATE_VERIFY" in said:
        return "the server's certificate is not trusted; SSL_CERT_FILE names a file of certificates that are", True
    if re.search(r"WRONG_VERSION_NUMBER|RECORD_LAYER|packet length", said):
        return "the server does not speak https; begin the base URL with http://", True
    if any(isinstance(cause, UnicodeError | ValueError | TypeError) for cause in causes) or re.search(
        r"InvalidURL|UnsupportedProtocol|LocalProtocolError|TooManyRedirects", said
    ):
        return "check the variables that begin with OPENAI_", True
    if any(isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME for cause in causes):
        return "is the host's name in OPENAI_BASE_URL right?", True
    codes = {getattr(cause, "errno", None) for cause in causes}
    refused = "is the server running, and is OPENAI_BASE_URL right?"
    return refused, bool(codes & {errno.ENETUNREACH, errno.EACCES, errno.EADDRNOTAVAIL})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _proxies() -> list[str]:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    return [name for known in names for name in (known, known.lower()) if os.environ.get(name)]


def _shown_proxies(names: list[str], secrets: Secrets) -> str:
    return " and ".join(f"the proxy in {name} ({clean(os.environ[name], secrets)})" for name in names)
