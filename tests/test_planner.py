"""plan_layout on scripted replies: what is accepted, and what is said about what is not."""

import json
from typing import Any

import pytest

from planner.backends import Reply, Request
from planner.backends.scripted import ScriptedBackend
from planner.errors import BackendError, PlanError
from planner.planner import Attempt, plan_layout

GOOD: dict[str, Any] = {
    "version": 1,
    "prompt": "a dog left of a cat",
    "rows": [{"height": 1, "cells": [{"width": 1, "prompt": "a dog"}, {"width": 1, "prompt": "a cat"}]}],
    "objects": [
        {"prompt": "a dog", "box": {"x": 0.0625, "y": 0.25, "width": 0.375, "height": 0.5}},
        {"prompt": "a cat", "box": {"x": 0.5625, "y": 0.25, "width": 0.375, "height": 0.5}},
    ],
}


def changed(**parts: Any) -> str:
    return json.dumps({**GOOD, **parts})


def test_a_good_reply_is_the_plan() -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    plan = plan_layout("a dog left of a cat", backend, width=256, height=512)
    assert plan.to_dict() == GOOD
    (request,) = backend.requests
    assert (request.sentence, request.width, request.height) == ("a dog left of a cat", 256, 512)
    assert request.schema["title"] == "ragplan layout plan"
    assert request.messages[-1].content == "a dog left of a cat"


@pytest.mark.parametrize(
    ("reply", "code", "path"),
    [
        ("a dog on the left", "not_json", ""),
        (json.dumps(GOOD) + json.dumps(GOOD), "not_json", ""),
        ('{"version": 1, "version": 1}', "not_json", ""),
        ("[" * 100_000, "not_json", ""),
        ("[]", "schema", ""),
        (changed(version=2), "schema", "version"),
        (changed(extra=1), "schema", ""),
        (changed(rows=[]), "schema", "rows"),
        (changed(prompt=5), "schema", "prompt"),
        (changed(rows=[{"height": "1", "cells": [{"width": 1, "prompt": "a"}]}]), "schema", "rows[0].height"),
        (changed(rows=[{"height": float("nan"), "cells": [{"width": 1, "prompt": "a"}]}]), "not_a_plan", ""),
        (changed(objects=[GOOD["objects"][0], GOOD["objects"][0]]), "boxes_identical", "objects[1].box"),
        (Reply(json.dumps(GOOD)[:60], finish_reason="length"), "reply_truncated", ""),
        (Reply("I cannot", finish_reason="refusal"), "reply_refused", ""),
    ],
)
def test_a_wrong_reply_is_refused_with_what_is_wrong(reply: str | Reply, code: str, path: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_layout("a dog left of a cat", ScriptedBackend([reply]))
    complaints = caught.value.complaints
    assert (complaints[0].code, complaints[0].path) == (code, path), complaints
    assert complaints[0].message in str(caught.value)
    (attempt,) = caught.value.attempts
    assert isinstance(attempt, Attempt)
    assert attempt.reply.text == (reply if isinstance(reply, str) else reply.text)


def test_warnings_do_not_refuse_a_plan() -> None:
    objects = [{**GOOD["objects"][0], "prompt": "a dog on the left"}]
    assert plan_layout("a dog", ScriptedBackend([changed(objects=objects)])).objects[0].prompt == "a dog on the left"


@pytest.mark.parametrize("sentence", ["", " \n "])
def test_an_empty_sentence_asks_nobody(sentence: str) -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    with pytest.raises(PlanError, match="the sentence is empty"):
        plan_layout(sentence, backend)
    assert backend.requests == []


def test_a_sentence_that_is_too_long() -> None:
    with pytest.raises(PlanError, match="4001 characters, at most 4000"):
        plan_layout("x" * 4001)


def test_a_backend_that_fails_is_heard() -> None:
    failure = BackendError("no answer", provider="scripted", retryable=True)
    with pytest.raises(BackendError, match="no answer") as caught:
        plan_layout("a dog", ScriptedBackend([failure]))
    assert caught.value.retryable


def test_scripted_replies_run_out() -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    plan_layout("a dog", backend)
    with pytest.raises(BackendError, match="all 1 scripted replies are used up"):
        plan_layout("a dog", backend)


def test_any_object_with_name_and_complete_is_a_backend() -> None:
    class Own:
        name = "own"

        def complete(self, request: Request) -> Reply:
            return Reply(changed(prompt=request.sentence))

    assert plan_layout("two pets", Own()).prompt == "two pets"
