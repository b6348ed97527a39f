"""What no server may do: outlast the time, send without end, be waited for for years, leak a key, steer a terminal."""

import base64
import gzip
import itertools
import json
import logging
import socket
import subprocess
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from llm_server import REPLY, SENTENCE, Answer, Server, completion, failure, serve, serve_raw

from planner.backends import Capabilities, Reply, Request
from planner.backends.openai import OpenAIBackend
from planner.backends.rules import RulesBackend
from planner.errors import BackendError, PlanError, RagplanError
from planner.loop.cache import PlanCache
from planner.loop.redaction import Secrets
from planner.loop.transport import LateError, Transport, within
from planner.planner import Planner

TEXT = json.dumps(REPLY)
GOOD = completion(TEXT)
QUICK = Transport(max_tries=2, first_wait_s=0.01)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)


# Time -----------------------------------------------------------------------------------------------------------------


def drip(connection: socket.socket, begin: bytes, piece: bytes) -> None:
    connection.sendall(begin)
    for _ in range(600):
        connection.sendall(piece)
        time.sleep(0.1)


DRIBBLES: dict[str, Callable[[socket.socket], None]] = {
    "headers": lambda one: drip(one, HEAD, b"X-More: yes\r\n"),
    "one header": lambda one: drip(one, HEAD + b"X-More: ", b"y"),
    "status line": lambda one: drip(one, b"HTTP/1.1 ", b""),
    "body": lambda one: drip(one, HEAD + b"Content-Length: 9999\r\n\r\n", b" "),
    "chunks": lambda one: drip(one, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "stream": lambda one: drip(one, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"d\r\n: comment..\n\n\r\n"),
    "error's body": lambda one: drip(one, b"HTTP/1.1 500 Oops\r\nContent-Length: 9999\r\n\r\n", b"x"),
    "not found's body": lambda one: drip(one, b"HTTP/1.1 404 No\r\nContent-Length: 9999\r\n\r\n", b"x"),
    "informational": lambda one: drip(one, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("script", DRIBBLES.values(), ids=DRIBBLES)
def test_whatever_dribbles_the_next_backend_is_asked(script: Callable[[socket.socket], None]) -> None:
    with serve_raw(script) as url:
        start = time.monotonic()
        planner = Planner(OpenAIBackend("m", base_url=url), timeout_s=1.0, transport=QUICK)
        with pytest.raises(BackendError, match="no answer within"):
            planner.plan(SENTENCE)
        assert time.monotonic() - start < 10  # the script takes a minute


class Clock:
    """The time as the planner sees it: real, and what was slept or hung away without waiting."""

    def __init__(self) -> None:
        self.gone_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.gone_s

    def sleep(self, seconds: float) -> None:
        self.gone_s += seconds


@pytest.mark.parametrize("timeout_s", [1.0, 5.0, 60.0])
@pytest.mark.parametrize("hangs_s", [0.3, 3.0, 1e9])
@pytest.mark.parametrize("asks_for_s", [None, 0.0, 2.0, 40.0, 1e9])
def test_the_time_of_a_plan_holds_to_a_second(
    timeout_s: float, hangs_s: float, asks_for_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("planner.loop.transport.time", clock)
    monkeypatch.setattr("tenacity.nap.time", clock)

    class Hanging:
        name = "hanging"
        capabilities = Capabilities(remote=True)

        def complete(self, request: Request) -> Reply:
            assert request.timeout_s is not None
            clock.sleep(min(hangs_s, request.timeout_s))
            raise BackendError("no answer", provider=self.name, retryable=True, retry_after_s=asks_for_s)

    planner = Planner([Hanging(), RulesBackend()], timeout_s=timeout_s, transport=Transport(max_tries=10**6))
    assert planner.plan(SENTENCE).backend == "rules"
    assert clock.gone_s <= timeout_s + 1
    if hangs_s > timeout_s and asks_for_s is None:
        assert clock.gone_s >= timeout_s - 1


def test_rules_plan_after_a_server_that_dribbles(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_raw(DRIBBLES["headers"]) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert Planner("openai,rules", timeout_s=1.0).plan(SENTENCE).backend == "rules"


def test_a_list_of_models_that_dribbles() -> None:
    asked = itertools.count()

    def script(connection: socket.socket) -> None:
        if next(asked) == 0:
            connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}")
        else:
            drip(connection, HEAD, b"X-More: yes\r\n")

    with serve_raw(script) as url:
        start = time.monotonic()
        with pytest.raises(BackendError, match="answers 404"):
            Planner(OpenAIBackend("m", base_url=url), timeout_s=1.5).plan(SENTENCE)
        assert time.monotonic() - start < 10


def test_no_thread_is_left_behind_by_a_server_that_dribbles() -> None:
    before = set(threading.enumerate())
    with serve_raw(DRIBBLES["headers"]) as url, pytest.raises(BackendError):
        Planner(OpenAIBackend("m", base_url=url), timeout_s=0.5, transport=QUICK).plan(SENTENCE)
    end = time.monotonic() + 10
    while any(one.name == "ragplan-request" for one in set(threading.enumerate()) - before):
        assert time.monotonic() < end, "a request goes on without anybody waiting for it"
        time.sleep(0.05)


def test_within_hands_on_what_a_call_gives_and_raises() -> None:
    def fail() -> None:
        raise TimeoutError("mine")

    assert within(5, lambda: 3) == within(None, lambda: 3) == 3
    with pytest.raises(TimeoutError, match="mine"):
        within(5, fail)
    with pytest.raises(LateError):
        within(0.01, lambda: time.sleep(0.5))


# Size -----------------------------------------------------------------------------------------------------------------


def endless(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")


def packed(times: int, status: bytes = b"200 OK", size: int = 50_000_000) -> Callable[[socket.socket], None]:
    body = b" " * size
    for _ in range(times):
        body = gzip.compress(body)
    encodings = b", ".join([b"gzip"] * times)

    def send(connection: socket.socket) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % (status, encodings, len(body)) + body)

    return send


def endless_error(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")


@pytest.mark.parametrize("script", [endless, endless_error, packed(1), packed(2), packed(1, b"500 Oops")])
@pytest.mark.parametrize("timeout_s", [60, None])
def test_a_body_of_more_than_4_mb_is_no_completion(
    script: Callable[[socket.socket], None], timeout_s: float | None
) -> None:
    with serve_raw(script) as url, pytest.raises(BackendError, match="more than 4 MB") as caught:
        Planner(OpenAIBackend("m", base_url=url), timeout_s=timeout_s).plan(SENTENCE)
    assert not caught.value.retryable


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
def test_packed_answers_are_read(encoding: str) -> None:
    import zlib

    plain = json.dumps(GOOD.body).encode()
    body = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[encoding](plain)

    def script(connection: socket.socket) -> None:
        head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(HEAD + head.encode() + body)

    with serve_raw(script) as url:
        assert Planner(OpenAIBackend("m", base_url=url)).plan(SENTENCE).plan.objects


# Waits ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", ["3600", "1000000000", "1000000000000000", "9" * 400])
@pytest.mark.parametrize("timeout_s", [None, 30])
def test_no_wait_of_years(seconds: str, timeout_s: float | None) -> None:
    with serve(failure(429, "slow down", headers={"Retry-After": seconds})) as server:
        start = time.monotonic()
        with pytest.raises(BackendError, match="slow down") as caught:
            Planner(OpenAIBackend("m", base_url=server.url), timeout_s=timeout_s).plan(SENTENCE)
        assert time.monotonic() - start < 20
    assert "left alone for" in caught.value.hint


@pytest.mark.parametrize("timeout_s", [float("nan"), float("inf"), 1e300, -1, 0, 86_401])
def test_times_that_are_none(timeout_s: float) -> None:
    with pytest.raises(PlanError, match="timeout_s must be above 0 and at most 86400 seconds"):
        Planner("rules", timeout_s=timeout_s)
    if timeout_s != 0:
        with pytest.raises(PlanError, match="longest_wait_s must be 0 to 86400 seconds"):
            Transport(longest_wait_s=timeout_s)


# Secrets --------------------------------------------------------------------------------------------------------------

KEYS = [
    "sk-proj-abcDEF0123456789",
    "AIzaSyA1234567890abcdefghij",
    "0123456789abcdef0123456789abcdef",
    "gsk_AbCdEf0123456789",
    "123e4567-e89b-12d3-a456-426614174000",
    "aB3+/xyz/9Qw==aB3+/xyz9Q==",
]


def echoes(key: str) -> dict[str, list[Answer]]:
    """Answers that hold the key in every place where one may stand."""
    return {
        "error": [failure(401, f"bad key {key}")],
        "error of any shape": [Answer(400, {"detail": [{"loc": ["header"], "msg": f"no such key: {key}"}]})],
        "error's page": [Answer(500, f"<html><body>key={key}</body></html>")],
        "no completion": [Answer(body=f"key {key}")],
        "prose": [completion(f"My key is {key}.")],
        "wrong place": [completion(json.dumps({"inventory": key}))],
        "extra key": [completion(json.dumps({**REPLY, key: 1, "objects": []}))],
        "refusal": [completion(None, refusal=f"Not with {key}")],
        "prompt": [completion(json.dumps({**REPLY, "prompt": f"A brown dog to the left of a cat {key}"}))],
        "escaped": [
            completion(json.dumps({**REPLY, "prompt": f"A brown dog left of a cat {key}"}).replace("/", "\\/"))
        ],
    }


@pytest.mark.parametrize("place", echoes(""))
@pytest.mark.parametrize("key", KEYS)
def test_no_key_gets_out(key: str, place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    seen = ""
    with serve(*echoes(key)[place]) as server:
        backend = OpenAIBackend("m", api_key=key, base_url=server.url)
        try:
            result = Planner(backend, cache=PlanCache(tmp_path), max_attempts=2, transport=QUICK).plan(SENTENCE)
            seen = repr(result)
        except RagplanError as error:
            seen = "".join(traceback.format_exception(error)) + repr(getattr(error, "attempts", ""))
            seen += getattr(error, "hint", "")
    seen += caplog.text + "".join(path.read_text() for path in tmp_path.iterdir())
    assert key not in seen
    assert key.replace("/", "\\/") not in seen
    assert "***" in seen


def encodings(key: str) -> dict[str, str]:
    """A key as a server may send it back: encoded alone, or within something longer."""
    raw = key.encode()
    longer = [b"Bearer " + raw, b"user:" + raw + b"!", b'{"key": "' + raw + b'", "n": 1}', b"\xff" + raw]
    texts = {f"base64 {number}": base64.b64encode(text).decode() for number, text in enumerate([raw, *longer])}
    texts |= {f"url base64 {number}": base64.urlsafe_b64encode(text).decode() for number, text in enumerate(longer)}
    return texts | {"hex": raw.hex(), "HEX": raw.hex().upper(), "quoted": quote(key, safe="")}


@pytest.mark.parametrize("form", encodings("k"))
@pytest.mark.parametrize("key", KEYS)
def test_an_encoded_key_does_not_get_out(key: str, form: str) -> None:
    sent = encodings(key)[form]
    seen = Secrets.of(key).masked(f"no such key: {sent}.")
    assert "***" in seen
    digits = len(key) * 4 // 3 - 3 if "base64" in form else len(key)  # but for one that it shares with its neighbours
    assert len(f"no such key: {sent}.") - len(seen.replace("***", "")) >= digits


@pytest.mark.parametrize("place", ["error", "prompt"])
def test_an_encoded_key_is_masked_where_answers_come_in(place: str, tmp_path: Path) -> None:
    key = KEYS[0]
    sent = base64.b64encode(f"Bearer {key}".encode()).decode()
    with serve(*echoes(sent)[place]) as server:
        planner = Planner(OpenAIBackend("m", api_key=key, base_url=server.url), max_attempts=1, transport=QUICK)
        try:
            seen = repr(planner.plan(SENTENCE))
        except RagplanError as error:
            seen = "".join(traceback.format_exception(error))
    assert "***" in seen
    assert sent[12:-4] not in seen


@pytest.mark.parametrize(
    "secret", ["user:hunter2x@", "user:p%40ssw0rd@", "sk-token-0123456789@"], ids=["password", "quoted", "token"]
)
def test_a_password_in_the_url_stays_there(secret: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    hidden = secret.rstrip("@").rpartition(":")[2]
    with serve(failure(500, f"nobody called {hidden} here"), GOOD) as server:
        url = server.url.replace("http://", f"http://{secret}") + "?api-key=zx81-secret-9"
        Planner(OpenAIBackend("m", base_url=url), cache=PlanCache(tmp_path), transport=QUICK).plan(SENTENCE)
    with pytest.raises(BackendError) as caught:
        Planner(OpenAIBackend("m", base_url=url), transport=Transport(max_tries=1)).plan(SENTENCE)
    (kept,) = tmp_path.iterdir()
    seen = kept.read_text() + caplog.text + "".join(traceback.format_exception(caught.value))
    assert hidden not in seen
    assert "zx81-secret-9" not in seen


@pytest.mark.parametrize("key", ["1", "ollama", "lm-studio", "EMPTY", "none"])
def test_a_key_that_is_a_word_masks_no_words(key: str) -> None:
    words = "max_model_len 4096 is 1 less than ollama and lm-studio have; EMPTY, none"
    with serve(failure(400, words)) as server, pytest.raises(BackendError) as caught:
        Planner(OpenAIBackend("m", api_key=key, base_url=server.url), transport=QUICK).plan(SENTENCE)
    assert words in str(caught.value)


def test_words_with_key_in_them_are_words() -> None:
    prompt = "A brown dog to the left of a cat, a key hanging on a key-shaped hook"
    with serve(completion(json.dumps({**REPLY, "prompt": prompt}))) as server:
        planner = Planner(OpenAIBackend("m", api_key=KEYS[0], base_url=server.url))
        assert planner.plan(SENTENCE).plan.prompt == prompt


# Characters -----------------------------------------------------------------------------------------------------------


def talking(prompt: str) -> Answer:
    return completion(json.dumps({**REPLY, "prompt": f"A brown dog to the left of a cat{prompt}"}))


@pytest.mark.parametrize("odd", ["\x1b[2J", "\x1b]0;owned\x07", "\0", "\x9b31m", "\x7f", "\u202e", "\u2066", "\ud83d"])
def test_control_characters_are_asked_again(odd: str) -> None:
    with serve(talking(f" {odd} x"), GOOD) as server:
        result = Planner(OpenAIBackend("m", base_url=server.url)).plan(SENTENCE)
    assert result.attempts[0].complaints[0].code in ("control_character", "not_unicode")
    assert len(server.requests) == 2


@pytest.mark.parametrize("odd", ["\n", "\t", "\r\n", "\u2028", "\u2029", "\x85"])
def test_line_ends_become_blanks(odd: str) -> None:
    with serve(talking(f",{odd}x")) as server:
        result = Planner(OpenAIBackend("m", base_url=server.url)).plan(SENTENCE)
    assert result.plan.prompt == "A brown dog to the left of a cat, x"


def test_half_a_surrogate_pair_anywhere_ends_in_a_question_or_a_plan() -> None:
    half = '{"choices": [{"message": {"content": "half \\ud83d"}, "finish_reason": "stop"}], "model": "\\udc00"}'
    with serve(Answer(body=half), GOOD) as server:
        assert len(Planner(OpenAIBackend("m", base_url=server.url)).plan(SENTENCE).attempts) == 2


@pytest.mark.parametrize("answer", [failure(400, "no\x1b[2J\x1b]0;owned\x07 way\x9b"), Answer(body="no\x1b[2J way")])
def test_a_server_s_words_do_not_steer_the_terminal(answer: Answer) -> None:
    with serve(answer) as server, pytest.raises(BackendError) as caught:
        Planner(OpenAIBackend("m", base_url=server.url), transport=QUICK).plan(SENTENCE)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ['{"a\x1b[2J": 1, "a\x1b[2J": 2}', "\x1b[2Jno", "{\x1b[2J}"])
def test_complaints_do_not_steer_the_terminal(text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    with serve(completion(text)) as server, pytest.raises(PlanError) as caught:
        Planner(OpenAIBackend("m", base_url=server.url)).plan(SENTENCE)
    assert "\x1b" not in str(caught.value) + caplog.text


# The command line -----------------------------------------------------------------------------------------------------


def command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    import os

    ragplan = Path(sysconfig.get_path("scripts")) / "ragplan"
    environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEYS[1]}
    asked: Any = [str(ragplan), "plan", SENTENCE, "--backend", "openai", "--no-cache", *arguments]
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=environment)


def test_debug_shows_no_key_and_options_are_sent() -> None:
    with serve(failure(401, f"no {KEYS[1]}")) as server:
        done = command(server, "--debug", "--llm-option", "top_k=3", "--llm-option", 'thinking={"type": "disabled"}')
    assert done.returncode != 0
    assert KEYS[1] not in done.stderr
    assert (server.requests[0]["top_k"], server.requests[0]["thinking"]) == (3, {"type": "disabled"})


@pytest.mark.parametrize("option", ["top_k", "=3", "top_k=three", "top_k=NaN"])
def test_an_option_that_is_no_json(option: str) -> None:
    with serve(GOOD) as server:
        done = command(server, "--llm-option", option)
    assert done.returncode == 2
    assert "--llm-option" in done.stderr
    assert "KEY=JSON" in done.stderr
    assert server.requests == []


# Other people's backends ----------------------------------------------------------------------------------------------


class Foreign:
    """A backend that does what no backend should."""

    name = "foreign"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def complete(self, request: Request) -> Reply:
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Reply = self.answer
        return answer


@pytest.mark.parametrize("answer", [ValueError("no\nway"), ImportError("x"), OSError(28, "full"), "a text", None, 3])
def test_whatever_a_backend_does_the_next_one_is_asked(answer: Any) -> None:
    with pytest.raises(BackendError, match="foreign failed") as caught:
        Planner(Foreign(answer)).plan(SENTENCE)
    assert str(caught.value).isprintable()
    assert Planner([Foreign(answer), RulesBackend()]).plan(SENTENCE).backend == "rules"


def test_a_secret_among_the_options_is_masked(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    with serve(GOOD) as server:
        backend = OpenAIBackend("m", base_url=server.url, extra_body={"api_key": "zx81-secret-9", "mode": "quick"})
        Planner(backend, cache=PlanCache(tmp_path)).plan(SENTENCE)
    assert "zx81-secret-9" not in caplog.text + "".join(path.read_text() for path in tmp_path.iterdir())
    assert '"mode": "quick"' in caplog.text


def test_thinking_is_not_repeated_in_the_second_question() -> None:
    with serve(completion("<think>" + "hm " * 9000 + "</think>{}"), GOOD) as server:
        Planner(OpenAIBackend("m", base_url=server.url)).plan(SENTENCE)
    assert server.requests[1]["messages"][2]["content"] == "{}"
