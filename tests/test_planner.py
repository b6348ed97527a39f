"""The planning loop on scripted replies: what is accepted, asked again, repaired, given up, and who planned."""

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from planner.backends import Backend, Message, Reply, Request, Usage
from planner.backends.rules import RulesBackend
from planner.backends.scripted import ScriptedBackend
from planner.errors import BackendError, PlanError, RagplanError
from planner.loop.transport import Transport
from planner.planner import Attempt, Planner, plan_layout

DOG = {"prompt": "a dog", "box": {"x": 0.0625, "y": 0.25, "width": 0.375, "height": 0.5}}
CAT = {"prompt": "a cat", "box": {"x": 0.5625, "y": 0.25, "width": 0.375, "height": 0.5}}
GOOD: dict[str, Any] = {
    "version": 1,
    "prompt": "a dog left of a cat",
    "rows": [{"height": 1, "cells": [{"width": 1, "prompt": "a dog"}, {"width": 1, "prompt": "a cat"}]}],
    "objects": [DOG, CAT],
}
SENTENCE = "a dog left of a cat"


def changed(**parts: Any) -> str:
    return json.dumps({**GOOD, **parts})


def moved(item: dict[str, Any], **sides: float) -> dict[str, Any]:
    return {**item, "box": {**item["box"], **sides}}


OFF_CANVAS = changed(objects=[DOG, moved(CAT, x=0.75)])
NO_ROWS = changed(rows=[])


def test_a_good_reply_is_the_plan() -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    plan = plan_layout(SENTENCE, backend, width=256, height=512)
    assert plan.to_dict() == GOOD
    (request,) = backend.requests
    assert (request.sentence, request.width, request.height) == (SENTENCE, 256, 512)
    assert request.schema["title"] == "ragplan layout plan"
    assert request.messages[-1] == Message("user", SENTENCE)
    assert "256 × 512" in request.messages[0].content


@pytest.mark.parametrize(
    ("reply", "code", "path"),
    [
        ("a dog on the left", "not_json", ""),
        ("[]", "schema", ""),
        (changed(version=2), "schema", "version"),
        (changed(rows=[]), "schema", "rows"),
        (changed(prompt=5), "schema", "prompt"),
        (changed(rows=[{"height": 1e308, "cells": [{"width": 1, "prompt": "a"}]}] * 2), "size_too_large", "rows"),
        (changed(objects=[DOG, DOG]), "boxes_identical", "objects[1].box"),
        (Reply(json.dumps(GOOD)[:60], finish_reason="length"), "reply_truncated", ""),
        (Reply("I cannot", finish_reason="refusal"), "reply_refused", ""),
    ],
)
def test_a_wrong_reply_is_refused_with_what_is_wrong(reply: str | Reply, code: str, path: str) -> None:
    with pytest.raises(PlanError) as caught:
        Planner(ScriptedBackend([reply]), max_attempts=1, repair=False).plan(SENTENCE)
    complaints = caught.value.complaints
    assert (complaints[0].code, complaints[0].path) == (code, path), complaints
    assert complaints[0].message in str(caught.value)
    (attempt,) = caught.value.attempts
    assert isinstance(attempt, Attempt)
    assert attempt.reply.text == (reply if isinstance(reply, str) else reply.text)


def test_the_second_request_holds_the_last_reply_and_its_faults_and_no_more() -> None:
    backend = ScriptedBackend(["no idea", NO_ROWS, OFF_CANVAS, json.dumps(GOOD)])
    result = Planner(backend, max_attempts=4).plan(SENTENCE)
    assert result.plan.to_dict() == GOOD
    assert len(result.attempts) == 4
    first, *again = backend.requests
    for request, reply in zip(again, ["no idea", NO_ROWS, OFF_CANVAS], strict=True):
        assert request.messages[: len(first.messages)] == first.messages
        answer, question = request.messages[len(first.messages) :]
        assert answer == Message("assistant", reply)
        assert question.role == "user"
        for number, complaint in enumerate(request.complaints, 1):
            assert f"{number}. " in question.content
            assert complaint.message in question.content
    assert "objects[1].box: The box reaches from x 0.75 to 1.125" in again[-1].messages[-1].content


def test_the_same_faults_twice_end_it() -> None:
    backend = ScriptedBackend([NO_ROWS] * 5)
    with pytest.raises(PlanError, match=r"2 attempts; the same faults came back: rows: ") as caught:
        Planner(backend, max_attempts=5).plan(SENTENCE)
    assert len(backend.requests) == 2
    assert len(caught.value.attempts) == 2


def test_what_is_left_is_mended_and_said() -> None:
    result = Planner(ScriptedBackend([OFF_CANVAS]), max_attempts=1).plan(SENTENCE)
    assert result.plan.objects[1].box.right == 1
    assert result.repairs == ("objects[1].box: moved into the canvas",)


def test_what_was_repaired_stays_with_the_plan() -> None:
    planned = Planner(ScriptedBackend([OFF_CANVAS])).plan(SENTENCE)
    assert planned.plan.notes == ("Repaired: objects[1].box: moved into the canvas.",)
    assert planned.warnings == ()


def test_a_warning_about_an_accepted_plan_is_told() -> None:
    planned = Planner(ScriptedBackend([changed(objects=[DOG, {**CAT, "prompt": "a cat on the right"}])])).plan(SENTENCE)
    assert [(item.code, item.severity) for item in planned.warnings] == [("prompt_names_place", "warning")]
    (note,) = planned.plan.notes
    assert note.startswith("Warning: objects[1].prompt: ")
    assert 'without "on the right"' in note


def test_mending_can_be_turned_off() -> None:
    with pytest.raises(PlanError, match="keep x at least 0"):
        Planner(ScriptedBackend([OFF_CANVAS]), max_attempts=1, repair=False).plan(SENTENCE)


def test_the_best_attempt_is_mended_where_a_later_one_is_worse() -> None:
    backend = ScriptedBackend([OFF_CANVAS, NO_ROWS])
    result = Planner(backend, max_attempts=2).plan(SENTENCE)
    assert result.plan.objects[0].prompt == "a dog"
    assert len(result.attempts) == 2


def test_warnings_do_not_refuse_a_plan() -> None:
    objects = [{**DOG, "prompt": "a dog on the left"}]
    assert plan_layout("a dog", ScriptedBackend([changed(objects=objects)])).objects[0].prompt == "a dog on the left"


def test_what_was_tolerated_is_kept_with_the_attempt() -> None:
    text = "Sure!\n```json\n" + changed(objects=[moved(DOG, x="1/16")], id=7) + "\n```"
    (attempt,) = Planner(ScriptedBackend([text])).plan("a dog").attempts
    assert attempt.leniencies == ("code_fence", "surrounding_text", "unknown_key", "number_as_text")


def test_tokens_are_added_up_and_limited() -> None:
    backend = ScriptedBackend([Reply(NO_ROWS, usage=Usage(60, 40)), Reply("?", usage=Usage(60, 40)), json.dumps(GOOD)])
    with pytest.raises(PlanError, match="200 tokens are used, 150 are allowed"):
        Planner(backend, token_budget=150).plan(SENTENCE)
    assert len(backend.requests) == 2
    backend = ScriptedBackend([Reply(NO_ROWS, usage=Usage(60, 40)), Reply(json.dumps(GOOD), usage=Usage(70, 30))])
    assert Planner(backend).plan(SENTENCE).usage == Usage(130, 70)


def test_the_deadline_ends_it() -> None:
    class Slow:
        name = "slow"

        def __init__(self) -> None:
            self.seen: list[float | None] = []

        def complete(self, request: Request) -> Reply:
            self.seen.append(request.timeout_s)
            time.sleep(0.2)
            return Reply(f"no, {len(self.seen)}", finish_reason="refusal")

    backend = Slow()
    with pytest.raises(PlanError, match=r"0\.5 s"):
        Planner(backend, max_attempts=9, timeout_s=0.5).plan(SENTENCE)
    left = [seconds for seconds in backend.seen if seconds is not None]
    assert 1 <= len(left) == len(backend.seen) <= 3
    assert 0.5 >= left[0] == max(left)
    assert left == sorted(left, reverse=True)


class Hanging:
    """A backend that takes all the time it is given and has no answer."""

    name = "hanging"

    def __init__(self) -> None:
        self.seen: list[float] = []

    def complete(self, request: Request) -> Reply:
        assert request.timeout_s is not None
        self.seen.append(request.timeout_s)
        time.sleep(request.timeout_s)
        raise BackendError("no answer", provider=self.name)


def test_the_deadline_covers_the_whole_chain() -> None:
    first, second, third = Hanging(), ScriptedBackend([json.dumps(GOOD)]), Hanging()
    start = time.monotonic()
    with pytest.raises(
        PlanError, match=r"no answer; scripted was not asked: the 0\.3 s for a plan are used up .*; hanging"
    ):
        Planner((first, second, third), timeout_s=0.3).plan(SENTENCE)
    assert time.monotonic() - start < 0.6
    assert (len(first.seen), len(second.requests), len(third.seen)) == (1, 0, 0)


def test_what_one_backend_leaves_of_the_time_is_the_next_ones() -> None:
    class Quick(Hanging):
        def complete(self, request: Request) -> Reply:
            assert request.timeout_s is not None
            self.seen.append(request.timeout_s)
            time.sleep(0.1)
            raise BackendError("no answer", provider=self.name)

    first, second = Quick(), Quick()
    with pytest.raises(PlanError, match="no backend gave a plan"):
        Planner((first, second), timeout_s=5).plan(SENTENCE)
    assert first.seen[0] <= 5
    assert second.seen[0] <= 4.9


def test_a_backend_that_answers_at_once_is_asked_after_the_deadline_too() -> None:
    result = Planner((Hanging(), RulesBackend()), timeout_s=0.1).plan(SENTENCE)
    assert result.backend == "rules"


def test_an_empty_chain() -> None:
    with pytest.raises(PlanError, match="backend is empty"):
        Planner(())


def test_the_debug_log_shows_every_message_once(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    long = "begin " + "x" * 9000 + " end"
    (tmp_path / "system.txt").write_text(f"Lay it out. {long}")
    backend = ScriptedBackend(["no idea, sk-abcdef123456", json.dumps(GOOD)])
    Planner(backend, prompts=tmp_path).plan(SENTENCE)
    assert caplog.text.count("system: Lay it out. begin x") == 1
    assert "characters left out) … x" in caplog.text
    assert "x end" in caplog.text
    assert caplog.text.count(f"user: {SENTENCE}") == 1
    assert "user: The answer has faults:\n1. " in caplog.text
    assert "scripted answers (stop): no idea, ***" in caplog.text
    assert "sk-abcdef" not in caplog.text


def test_what_may_pass_is_tried_again_and_what_may_not_is_not() -> None:
    busy = BackendError("busy", provider="scripted", retryable=True)
    closed = BackendError("closed", provider="scripted")
    transport = Transport(max_tries=3, first_wait_s=0.001)
    backend = ScriptedBackend([busy, busy, json.dumps(GOOD)])
    assert len(Planner(backend, transport=transport).plan(SENTENCE).attempts) == 1
    backend = ScriptedBackend([busy] * 4)
    with pytest.raises(BackendError, match="busy"):
        Planner(backend, transport=transport).plan(SENTENCE)
    assert len(backend.requests) == 3
    backend = ScriptedBackend([closed, json.dumps(GOOD)])
    with pytest.raises(BackendError, match="closed"):
        Planner(backend, transport=transport).plan(SENTENCE)
    assert len(backend.requests) == 1


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    busy = BackendError("busy", provider="scripted", retryable=True, retry_after_s=0.2)
    start = time.monotonic()
    Planner(ScriptedBackend([busy, json.dumps(GOOD)]), transport=Transport(first_wait_s=0)).plan(SENTENCE)
    assert time.monotonic() - start >= 0.2


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    busy = BackendError("busy", provider="scripted", retryable=True, retry_after_s=60)
    start = time.monotonic()
    with pytest.raises(BackendError, match="busy"):
        Planner(ScriptedBackend([busy, json.dumps(GOOD)]), timeout_s=5).plan(SENTENCE)
    assert time.monotonic() - start < 50


@pytest.mark.parametrize(
    ("timeout_s", "transport", "share_s"),
    [(60, Transport(), 45), (900, Transport(), 675), (900, Transport(longest_try_s=45), 45), (None, Transport(), None)],
)
def test_a_server_has_most_of_the_time_for_one_answer(
    timeout_s: float | None, transport: Transport, share_s: float | None
) -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    backend.remote = True
    Planner(backend, transport=transport, timeout_s=timeout_s).plan(SENTENCE)
    assert backend.requests[0].timeout_s == share_s


def test_how_long_a_reply_may_be_is_told() -> None:
    backend = ScriptedBackend(["", json.dumps(GOOD)])
    Planner(backend, max_tokens=200).plan(SENTENCE)
    assert [request.max_tokens for request in backend.requests] == [200, 200]
    with pytest.raises(PlanError, match="max_tokens must be at least 1, got 0"):
        Planner(backend, max_tokens=0)


@pytest.mark.parametrize("sentence", ["", " \n "])
def test_an_empty_sentence_asks_nobody(sentence: str) -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    with pytest.raises(PlanError, match="the sentence is empty"):
        plan_layout(sentence, backend)
    assert backend.requests == []


def test_a_sentence_that_is_too_long() -> None:
    with pytest.raises(PlanError, match="4001 characters, at most 4000"):
        plan_layout("x" * 4001)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"max_attempts": 0}, "at least 1, got 0"), ({"timeout_s": 0}, "above 0 and at most 86400 seconds, got 0")],
)
def test_impossible_limits(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Planner(**options)


def test_a_backend_that_fails_is_heard() -> None:
    failure = BackendError("no answer", provider="scripted")
    with pytest.raises(BackendError, match="no answer"):
        plan_layout("a dog", ScriptedBackend([failure]))


def test_a_backend_that_fails_at_the_second_attempt_leaves_the_first() -> None:
    failure = BackendError("gone", provider="scripted")
    with pytest.raises(PlanError, match="1 attempts; gone: rows: "):
        Planner(ScriptedBackend([NO_ROWS, failure])).plan(SENTENCE)


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

    backend: Backend = Own()
    assert plan_layout("two pets", backend).prompt == "two pets"


def test_an_unknown_task_is_named() -> None:
    class Odd(ScriptedBackend):
        task = "poem"

    with pytest.raises(BackendError, match="has the task 'poem'; known: plan, layout, scene"):
        Planner(Odd()).plan(SENTENCE)


def test_rules_go_through_the_same_loop() -> None:
    result = Planner("rules").plan(SENTENCE, width=256, height=256)
    assert (result.backend, result.model, len(result.attempts)) == ("rules", "rules", 1)
    assert [item.prompt for item in result.plan.objects] == ["a dog", "a cat"]


def test_a_chain_goes_on_when_one_backend_is_exhausted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    result = Planner("openai,scripted,rules").plan(SENTENCE)
    assert result.backend == "rules"


def test_a_chain_that_fails_says_why_each_did() -> None:
    with pytest.raises(PlanError, match=r"no backend gave a plan: .*used up .*; .*used up"):
        Planner("scripted,scripted").plan(SENTENCE)


def test_style_is_added_to_every_prompt_once() -> None:
    reply = changed(prompt="a dog left of a cat, watercolor")
    plan = Planner(ScriptedBackend([reply])).plan(SENTENCE, style="watercolor").plan
    assert plan.prompt == "a dog left of a cat, watercolor"
    assert [cell.prompt for cell in plan.cells] == ["a dog, watercolor", "a cat, watercolor"]
    assert [item.prompt for item in plan.objects] == ["a dog, watercolor", "a cat, watercolor"]


def test_own_prompts_are_sent(tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text("Please: $sentence")
    backend = ScriptedBackend([json.dumps(GOOD)])
    Planner(backend, prompts=tmp_path).plan(SENTENCE)
    assert backend.requests[0].messages[-1].content == f"Please: {SENTENCE}"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"max_attempts": "2"}, "max_attempts must be a whole number"),
        ({"max_tokens": None}, "max_tokens must be a whole number"),
        ({"token_budget": 2.5}, "token_budget must be a whole number"),
        ({"timeout_s": "5"}, "timeout_s must be above 0"),
        ({"timeout_s": True}, "timeout_s must be above 0"),
        ({"extra_body": 5}, "extra_body must be"),
        ({"prompts": "folder"}, "prompts must be"),
        ({"backend": None}, "backend must be names in one text"),
        ({"backend": ["rules"]}, "backend must be names in one text"),
        ({"backend": b"rules"}, "backend must be names in one text"),
    ],
)
def test_options_of_another_kind_are_said(options: dict[str, Any], word: str) -> None:
    with pytest.raises(RagplanError, match=word):
        Planner(**{"backend": "rules", **options}).plan("a cup")


@pytest.mark.parametrize("width", [512.0, True, "512", None, float("nan")])
def test_a_canvas_of_another_kind_is_said(width: Any) -> None:
    with pytest.raises(PlanError, match="width must be a multiple of 16"):
        Planner("rules").plan("a cup", width=width)


@pytest.mark.parametrize("style", [5, b"x", "\x1b"])
def test_a_style_that_is_no_text_is_said(style: Any) -> None:
    with pytest.raises(PlanError, match="style must be"):
        Planner("rules").plan("a cup", style=style)
