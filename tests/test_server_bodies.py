"""Any body at all: an answer becomes a reply or an error of ours, an error becomes words, a text loses its thinking."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_server import REPLY

from planner.backends import Reply
from planner.backends.openai.answers import read_answer
from planner.backends.openai.dialect import Dialect
from planner.backends.openai.failures import Failure, StatusError
from planner.errors import BackendError
from planner.loop.redaction import Secrets, masked
from planner.loop.replies import parse_reply
from planner.loop.thinking import without_thinking
from planner.plan.document import CONTROLS

TEXT = json.dumps(REPLY)
WORDS = """choices message delta content error errors detail code status msg text role type tool_calls function
arguments function_call reasoning_content refusal finish_reason usage prompt_tokens data result output response index
loc metadata raw parsed model input thinking value parts candidates base_resp"""
NAMES = st.sampled_from(WORDS.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["stop", TEXT])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=4) | VALUES
PIECES = st.sampled_from(
    ["data: ", "\n\n", "\n", "event: x\n", TEXT, "{", "}", "[", "<html>", "</html>", '"', "\\ud83d", "\x1b", "\0", "é"]
)


@given(BODIES)
@settings(max_examples=400, deadline=None)
def test_any_answer_is_a_reply_or_an_error_of_ours(body: Any) -> None:
    event = b"data: " + json.dumps(body).encode() + b"\n\n"
    for source in (json.dumps(body).encode(), event, event * 2):
        try:
            reply = read_answer(source, "m", Secrets())
        except (StatusError, BackendError):
            continue
        assert isinstance(reply, Reply)
        assert not CONTROLS.search(reply.model)
        parse_reply(reply.text)


@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_reply_or_an_error_of_ours(text: str, encoding: str) -> None:
    with suppress(StatusError, BackendError):
        read_answer(text.encode(encoding, "ignore"), "m", Secrets())


@given(BODIES | st.lists(PIECES, max_size=12).map("".join), st.integers(200, 599))
@settings(max_examples=400, deadline=None)
def test_any_error_becomes_words_in_one_line(body: Any, status: int) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    failure = Failure.of(StatusError(status, text, {"Retry-After": text[:20]}))
    error = failure.error("m", Secrets(), list)
    told = f"{error} {error.hint}"
    assert not CONTROLS.search(told)
    assert len(told.splitlines()) == 1
    dialect, asked = Dialect(), 0
    while (dialect := dialect.after(failure)) is not None:  # type: ignore[assignment]
        asked += 1
        assert asked < 15, "a server is asked for ever"


@pytest.mark.parametrize(
    "text", ["<think>" * 200_000, "</think>" * 200_000, "<" * 1_000_000, "<|channel|>" * 100_000, "analysis" * 200_000]
)
def test_thinking_is_taken_out_in_linear_time(text: str) -> None:
    start = time.process_time()
    without_thinking(text)
    parse_reply(text)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "text", ["[" * 1_000_000, '{"error":' * 100_000, "<a " * 500_000, "a" * 4_000_000, "k-" * 10**6]
)
def test_errors_are_read_in_linear_time(text: str) -> None:
    start = time.process_time()
    failure = Failure.of(StatusError(400, text))
    masked(failure.words)
    Dialect().after(failure)
    assert time.process_time() - start < 10


@given(st.text(max_size=80) | st.lists(PIECES | st.sampled_from(["<think>", "</think>"]), max_size=8).map("".join))
def test_any_text_loses_its_thinking(text: str) -> None:
    assert len(without_thinking(text).rest) <= len(text)
