"""Servers that are not quite OpenAI's, over real connections: all end in a plan or in their words."""

import json
import re
from typing import Any

import pytest
from llm_server import REPLY, SENTENCE, Answer, Server, completion, failure, serve

from planner.backends.openai import OpenAIBackend
from planner.errors import BackendError, PlanError
from planner.loop.transport import Transport
from planner.planner import Planner, PlanningResult

TEXT = json.dumps(REPLY)
GOOD = completion(TEXT)
QUICK = Transport(max_tries=3, first_wait_s=0.01)
DRAFT = '{"inventory": []}'


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)


def plan(server: Server, *, timeout_s: float = 30, attempts: int = 1, **options: Any) -> PlanningResult:
    backend = OpenAIBackend("test-1", base_url=server.url, **options)
    planner = Planner(backend, transport=QUICK, timeout_s=timeout_s, max_attempts=attempts)
    return planner.plan(SENTENCE, width=512, height=512)


def planned(*answers: Any, **options: Any) -> Server:
    """Plan with a server that gives these answers; the plan is the good reply's."""
    with serve(*answers) as server:
        result = plan(server, **options)
    assert [item.prompt for item in result.plan.objects] == ["a brown dog", "a striped cat"]
    return server


def message(**fields: Any) -> Answer:
    return Answer(body={"choices": [{"message": {"role": "assistant", **fields}, "finish_reason": "stop"}]})


def call(arguments: Any) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": "layout", "arguments": arguments}}


HALF = len(TEXT) // 2
MESSAGES = {
    "reasoning_content": {"content": "", "reasoning_content": TEXT},
    "reasoning": {"content": None, "reasoning": f"So: {TEXT}"},
    "no content at all": {"reasoning_content": TEXT},
    "thinking beside content": {"content": TEXT, "reasoning_content": f"Perhaps {DRAFT}"},
    "tool call": {"content": None, "tool_calls": [call(TEXT)]},
    "tool call with an object": {"content": "", "tool_calls": [call(REPLY)]},
    "tool call beside prose": {"content": "Here is the layout.", "tool_calls": [call(TEXT)]},
    "function call": {"content": None, "function_call": {"name": "layout", "arguments": TEXT}},
    "object": {"content": REPLY},
    "twice encoded": {"content": json.dumps(TEXT)},
    "thrice encoded": {"content": json.dumps(json.dumps(TEXT))},
    "escaped without quotes": {"content": json.dumps(TEXT)[1:-1]},
    "twice encoded in a fence": {"content": f"```json\n{json.dumps(TEXT)}\n```"},
    "twice encoded after thinking": {"content": f"<think>hm</think>{json.dumps(TEXT)}"},
    "parts": {"content": [{"type": "text", "text": TEXT[:HALF]}, {"type": "text", "text": TEXT[HALF:]}]},
    "parts with thinking": {
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": DRAFT}]}, {"type": "text", "text": TEXT}]
    },
    "one part": {"content": {"type": "text", "text": TEXT}},
    "text with a value": {"content": [{"type": "text", "text": {"value": TEXT}}]},
    "parsed": {"content": None, "parsed": REPLY},
    "tool use": {"content": [{"type": "tool_use", "name": "layout", "input": REPLY}]},
}


@pytest.mark.parametrize("fields", MESSAGES.values(), ids=MESSAGES)
def test_the_answer_stands_in_any_field(fields: dict[str, Any]) -> None:
    planned(message(**fields))


BODIES: dict[str, Any] = {
    "text in place of a message": {"choices": [{"text": TEXT, "finish_reason": "stop"}]},
    "the first choice says nothing": {"choices": [None, {"message": {"content": ""}}, {"message": {"content": TEXT}}]},
    "choices by number": {"choices": {"0": {"message": {"content": TEXT}, "finish_reason": "stop"}}},
    "one choice alone": {"choices": {"message": {"content": TEXT}, "finish_reason": "stop"}},
    "delta in place of a message": {"choices": [{"delta": {"content": TEXT}}]},
    "message as a text": {"choices": [{"message": TEXT}]},
    "envelope": {"code": 0, "data": {"choices": [{"message": {"content": TEXT}}]}},
    "envelope with a message": {"code": 0, "message": "ok", "data": {"choices": [{"message": {"content": TEXT}}]}},
    "envelope in an envelope": {"result": {"response": {"choices": [{"message": {"content": TEXT}}]}}},
    "message alone": {"model": "m", "message": {"role": "assistant", "content": TEXT}, "done": True},
    "response alone": {"model": "m", "response": TEXT, "done": True},
    "generated text": [{"generated_text": TEXT}],
    "content in parts": {"role": "assistant", "content": [{"type": "text", "text": TEXT}]},
    "text alone": {"text": TEXT, "finish_reason": "COMPLETE"},
    "result as a text": {"id": "1", "result": TEXT},
    "results": {"results": [{"text": TEXT, "finish_reason": "stop"}]},
    "outputs": {"outputs": [{"text": TEXT}]},
    "predictions": {"predictions": [TEXT]},
    "text in an envelope": {"output": {"text": TEXT, "finish_reason": "stop"}, "request_id": "1"},
    "candidates": {"candidates": [{"content": {"parts": [{"text": DRAFT, "thought": True}, {"text": TEXT}]}}]},
    "a list of chunks": [
        {"candidates": [{"content": {"parts": [{"text": half}]}}]} for half in (TEXT[:HALF], TEXT[HALF:])
    ],
    "a null error": {"error": None, "choices": [{"message": {"content": TEXT}, "error": None}]},
    "an empty error": {"error": {"code": None, "message": ""}, "choices": [{"message": {"content": TEXT}}]},
    "odd usage": {"choices": [{"message": {"content": TEXT}}], "usage": {"prompt_tokens": "many", "x": None}},
    "usage as a list": {"choices": [{"message": {"content": TEXT}}], "usage": [1]},
    "no usage": {"choices": [{"message": {"content": TEXT}}], "usage": None},
    "after blank lines": f"\n\n  {json.dumps(GOOD.body)}",
    "after a byte order mark": f"\ufeff{json.dumps(GOOD.body)}",
    "the template's end": {"choices": [{"message": {"content": f"{TEXT}<|im_end|>"}}]},
    "one brace too many": {"choices": [{"message": {"content": f"{TEXT}}}"}}]},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_in_other_shapes(body: Any) -> None:
    planned(Answer(body=body))


def test_an_answer_called_plain_text_and_a_server_that_has_moved() -> None:
    planned(Answer(body=json.dumps(GOOD.body), headers={"Content-Type": "text/plain"}))
    with serve(GOOD) as new, serve(Answer(308, "", {"Location": f"{new.url}/chat/completions"})) as old:
        assert plan(old).plan.objects
        assert len(new.requests) == len(old.requests) == 1


THINKING = {
    "think": f"<think>Draft: {DRAFT}</think>\n{TEXT}",
    "thought": f"<thought>Draft: {DRAFT}</thought>{TEXT}",
    "reasoning": f"<reasoning>{DRAFT}</reasoning>{TEXT}",
    "seed": f"<seed:think>{DRAFT}<seed:cot_budget_reflect>x</seed:cot_budget_reflect></seed:think>{TEXT}",
    "brackets": f"[THINK]{DRAFT}[/THINK]{TEXT}",
    "triangles": f"◁think▷{DRAFT}◁/think▷{TEXT}",
    "begin and end": f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>{TEXT}",
    "start and end": f"<|START_THINKING|>{DRAFT}<|END_THINKING|>{TEXT}",
    "channel of its own": f"<|channel>thought\n{DRAFT}<channel|>{TEXT}",
    "details": f'<details type="reasoning" done="true"><summary>Thought</summary>{DRAFT}</details>{TEXT}',
    "done thinking": f"Thinking...\n{DRAFT}\n...done thinking.\n\n{TEXT}",
    "inner": f"<|inner_prefix|>{DRAFT}<|inner_suffix|>{TEXT}",
    "several": f"<think>{DRAFT}</think> then <think>{DRAFT}</think> {TEXT}",
    "afterwards": f"{TEXT}\n<think>Is {DRAFT} better?</think>",
    "never begun": f"Draft: {DRAFT}\n</think>\n{TEXT}",
    "never ended": f"<think>Draft: {DRAFT}. Final answer:\n{TEXT}",
    "never ended, no draft": f"<think>So {TEXT}",
    "the answer too": f"<think>So {TEXT}</think>",
    "long": f"<think>{'hm, a dog. ' * 8000}</think>{TEXT}",
    "long and never ended": f"<think>{'hm, a dog. ' * 8000}\n{TEXT}",
    "harmony": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{TEXT}",
    "harmony with a format": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final "
    f"<|constrain|>json<|message|>{TEXT}<|return|>",
    "harmony in commentary": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>commentary "
    f"to=functions.layout <|constrain|>json<|message|>{TEXT}<|call|>",
    "harmony without its marks": f"analysisDraft: {DRAFT}assistantfinal{TEXT}",
    "harmony, only its end": f"{TEXT}<|end|>",
    "no mark, a draft": f"Draft: {DRAFT}\nFinal: {TEXT}",
}


@pytest.mark.parametrize("text", THINKING.values(), ids=THINKING)
def test_thinking_is_no_answer(text: str) -> None:
    planned(completion(text))


def test_words_that_look_like_thinking_stay_in_the_prompts() -> None:
    said = json.dumps({**REPLY, "prompt": "A brown dog to the left of a cat that says <think>no</think>"})
    with serve(completion(said)) as server:
        assert plan(server).plan.prompt.endswith("<think>no</think>")


# Streams --------------------------------------------------------------------------------------------------------------


def chunks(*deltas: dict[str, Any], end: str = "\n\n", finish: str = "stop") -> str:
    parts = [{"model": "test-1", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    parts += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}]
    parts += [{"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}]
    return "".join(f"data: {json.dumps(part)}{end}" for part in parts) + f"data: [DONE]{end}"


def events(*parts: dict[str, Any]) -> str:
    return "".join(f"data: {json.dumps(part)}\n\n" for part in parts)


PIECES = [{"content": TEXT[i : i + 50]} for i in range(0, len(TEXT), 50)]
STREAMS = {
    "plain": chunks({"role": "assistant", "content": ""}, *PIECES),
    "returns": chunks(*PIECES, end="\r\n\r\n"),
    "one line end": chunks(*PIECES, end="\n"),
    "comments": ": PROCESSING\n\n" + chunks(*PIECES),
    "events": chunks(*PIECES).replace("data: ", "event: message\ndata: "),
    "no blank": chunks(*PIECES).replace("data: ", "data:"),
    "no end": chunks(*PIECES).replace("data: [DONE]\n\n", ""),
    "thinking": chunks({"reasoning_content": DRAFT}, *PIECES),
    "only thinking": chunks(*({"reasoning": piece["content"]} for piece in PIECES)),
    "parts": chunks(*({"content": [{"type": "text", "text": piece["content"]}]} for piece in PIECES)),
    "tool call": chunks(
        {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "layout", "arguments": ""}}]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": piece["content"]}}]} for piece in PIECES),
    ),
    "function call": chunks(*({"function_call": {"arguments": piece["content"]}} for piece in PIECES)),
    "whole message": f"data: {json.dumps(GOOD.body)}\n\ndata: [DONE]\n\n",
    "lines": "\n".join(json.dumps({"message": piece, "done": False}) for piece in PIECES),
    "blocks": events(
        {"type": "message_start", "message": {"role": "assistant", "content": [], "model": "test-1"}},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": DRAFT}},
        *({"type": "content_block_delta", "delta": {"type": "text_delta", "text": one["content"]}} for one in PIECES),
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ),
    "a tool's blocks": events(
        *({"type": "content_block_delta", "delta": {"partial_json": one["content"]}} for one in PIECES)
    ),
    "response events": events(
        {"type": "response.created", "response": {"id": "1", "output": []}},
        {"type": "response.reasoning_text.delta", "delta": DRAFT},
        *({"type": "response.output_text.delta", "delta": one["content"]} for one in PIECES),
        {"type": "response.completed", "response": {"id": "1", "output": [{"type": "message", "content": []}]}},
    ),
    "candidates": events(*({"candidates": [{"content": {"parts": [{"text": one["content"]}]}}]} for one in PIECES)),
}


@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS)
def test_streams_are_joined(body: str) -> None:
    server = planned(Answer(body=body))
    assert server.requests[0]["stream"] is False


def test_a_stream_s_usage_and_end_are_read() -> None:
    with serve(Answer(body=chunks(*PIECES))) as server:
        assert plan(server).usage.total == 18
    with serve(Answer(body=chunks(*PIECES[:-1], finish="length")), GOOD) as server:
        assert plan(server, attempts=2).attempts[0].complaints[0].code == "reply_truncated"


@pytest.mark.parametrize(
    "demand",
    [
        "Only streaming is supported for this model",
        "stream must be set to true",
        "This model only supports stream mode, please enable the stream parameter",
        "Non-streaming requests are not supported",
        "parameter.enable_thinking must be set to false for non-streaming calls",
    ],
)
def test_a_server_that_only_streams(demand: str) -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return Answer(body=chunks(*PIECES)) if body.get("stream") else failure(400, demand)

    planned(judge)


@pytest.mark.parametrize("before", ["", chunks(*PIECES[:3]).partition("data: [DONE]")[0]])
@pytest.mark.parametrize("error", [{"error": {"message": "the model melted", "code": 400}}])
def test_an_error_in_a_stream_is_told(before: str, error: dict[str, Any]) -> None:
    before = before.replace('"finish_reason": "stop"', '"finish_reason": null')
    body = f"{before}data: {json.dumps(error)}\n\n"
    with serve(Answer(body=body)) as server, pytest.raises(BackendError, match="the model melted"):
        plan(server)


# What servers refuse --------------------------------------------------------------------------------------------------


def shapes(words: str) -> dict[str, Any]:
    """One message in the shapes that errors have."""
    return {
        "openai": {"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}},
        "error text": {"error": words},
        "detail text": {"detail": words},
        "detail object": {"detail": {"error": {"message": words}}},
        "detail list": {"detail": [{"type": "extra_forbidden", "loc": ["body"], "msg": words, "input": {"schema": 1}}]},
        "message": {"object": "error", "message": words, "code": 40001},
        "message object": {"object": "error", "message": {"detail": [{"loc": ["body"], "msg": words}]}},
        "list": [{"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}],
        "errors": {"errors": [{"message": words}], "success": False},
        "nested text": {"error": {"message": json.dumps({"error": {"message": words}})}},
        "raw": {"error": {"message": "Provider returned error", "metadata": {"raw": words}}},
        "one text under a name of its own": {"fault": {"text": words, "code": 17}},
        "plain": words,
        "html": f"<html><head><style>p {{}}</style></head><body><h1>{words}</h1></body></html>",
    }


@pytest.mark.parametrize("shape", shapes(""))
def test_errors_are_told_in_their_own_words(shape: str) -> None:
    words = "the moon is in the wrong phase"
    with serve(Answer(422, shapes(words)[shape])) as server, pytest.raises(BackendError, match=words) as caught:
        plan(server)
    assert "openai answers 422" in str(caught.value)
    assert len(server.requests) == 1


REFUSALS = [
    ("max_completion_tokens", "Extra inputs are not permitted: max_completion_tokens"),
    ("temperature", "'temperature' does not support 0.2 with this model"),
    ("response_format", "response_format is not supported by this model"),
    ("stream", "Unrecognized request argument supplied: stream"),
]


@pytest.mark.parametrize("shape", shapes(""))
@pytest.mark.parametrize(("key", "words"), REFUSALS, ids=[key for key, _ in REFUSALS])
def test_what_is_refused_in_any_shape_is_left_out(key: str, words: str, shape: str) -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return Answer(400, shapes(words)[shape]) if key in body else GOOD

    planned(judge)


LIMITS = ("max_completion_tokens", "max_tokens")


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("max_tokens is too large: 9000. This model supports at most 4096 completion tokens", LIMITS),
        ("This model's maximum context length is 4096 tokens. However, you requested 4500 tokens", LIMITS),
        ("Failed to initialize samplers: failed to parse grammar", ("response_format",)),
        ("Invalid schema for response_format: 'anyOf' is not permitted", ("response_format",)),
        ("Temperature must be 1 when thinking is enabled", ("temperature",)),
    ],
)
def test_a_request_that_is_too_much_for_a_server_becomes_less(words: str, refused: tuple[str, ...]) -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return failure(400, words) if any(key in body for key in refused) else GOOD

    assert not planned(judge).requests[-1].keys() & set(refused)


def test_where_alone_says_what_is_refused() -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs"}]
    error = Answer(422, {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error"})

    def judge(body: dict[str, Any]) -> Answer:
        return error if "max_completion_tokens" in body else GOOD

    assert "max_tokens" in planned(judge).requests[-1]


@pytest.mark.parametrize(
    "words",
    [
        "System role not supported",
        "System messages are not supported by this model",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Only user and assistant roles are supported!",
        "Developer instruction is not enabled for models/small",
        "unsupported role: system",
    ],
)
def test_without_a_system_role_its_text_goes_before_the_user_s(words: str) -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return failure(400, words) if body["messages"][0]["role"] == "system" else GOOD

    first, second = planned(judge).requests
    assert [turn["role"] for turn in second["messages"]] == ["user"]
    assert first["messages"][0]["content"] in second["messages"][0]["content"]
    assert SENTENCE in second["messages"][0]["content"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("enable_thinking", False, "parameter.enable_thinking must be set to false for non-streaming calls"),
        ("enable_thinking", False, "`enable_thinking` must be false"),
        ("top_p", 1, "top_p must be 1"),
        ("parallel_tool_calls", False, "parallel_tool_calls should be set to false."),
    ],
)
def test_what_a_server_demands_is_sent(key: str, value: Any, words: str) -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return GOOD if body.get(key, "") == value else failure(400, words)

    assert len(planned(judge).requests) == 2


def test_options_that_nobody_foresaw() -> None:
    options = {"chat_template_kwargs": {"enable_thinking": False}, "temperature": None, "max_tokens": 99}
    (request,) = planned(GOOD, extra_body=options).requests
    assert request["chat_template_kwargs"] == {"enable_thinking": False}
    assert "temperature" not in request
    assert request["max_tokens"] == 99


def test_an_option_of_the_user_s_is_not_left_out() -> None:
    def judge(body: dict[str, Any]) -> Answer:
        return failure(400, "unknown field: temperature") if "temperature" in body else GOOD

    with serve(judge) as server, pytest.raises(BackendError, match="unknown field: temperature"):
        plan(server, extra_body={"temperature": 1})


def test_a_failed_generation_is_asked_again() -> None:
    error = failure(400, "Failed to generate JSON.", code="json_validate_failed", failed_generation="{")
    assert len(planned(error, GOOD).requests) == 2
    with serve(error) as server, pytest.raises(BackendError, match="Failed to generate JSON"):
        plan(server)
    assert len(server.requests) == QUICK.max_tries


@pytest.mark.parametrize(
    "answer",
    [
        failure(503, "Loading model", type="unavailable_error"),
        Answer(503, {"error": "Model test-1 is currently loading", "estimated_time": 20.0}),
        Answer(503, {"detail": "the model is warming up"}),
        Answer(400, {"error": "The model is loading, please wait"}),
        Answer(200, {"error": {"code": 503, "message": "Loading model"}}),
    ],
)
def test_a_model_that_is_being_loaded_is_waited_for(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.loop.transport._LOADING_WAIT_S", 0.01)
    assert len(planned(*[answer] * 9, GOOD).requests) == 10


def test_a_model_that_cannot_be_loaded_is_not_waited_for() -> None:
    with serve(failure(500, "Failed loading model: out of memory")) as server, pytest.raises(BackendError):
        plan(server)
    assert len(server.requests) == QUICK.max_tries


# 200 with an error ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said", "tries"),
    [
        ({"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-day"}}, "answers 429.*per-day", 3),
        ({"error": {"code": "rate_limit_exceeded", "message": "slow down"}}, "answers 429.*slow down", 3),
        ({"error": "Unexpected endpoint or method. (POST /chat/completions)"}, "Unexpected endpoint", 1),
        ({"error": {"code": 401, "message": "no such key"}}, "answers 401.*no such key", 1),
        (
            {
                "choices": [{"message": {"content": None}, "finish_reason": "error"}],
                "error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": "busy upstream"}},
            },
            "answers 429.*busy upstream",
            3,
        ),
        ({"choices": [{"error": {"code": 502, "message": "the provider fell over"}}]}, "answers 502.*fell over", 3),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}, "stopped with an error", 3),
        ({"detail": "the quota is used up"}, "quota is used up", 1),
        ({"object": "error", "message": "no such model here", "code": 404}, "answers 404.*no such model here", 1),
        ({"code": 1214, "msg": "the argument is wrong", "success": False}, "the argument is wrong", 1),
        ({"success": False, "errors": [{"code": 7003, "message": "no route"}], "result": None}, "no route", 1),
        ({"error_code": 17, "error_msg": "daily limit reached"}, "daily limit reached", 1),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "login fail", 1),
    ],
)
def test_an_error_with_status_200(body: dict[str, Any], said: str, tries: int) -> None:
    with serve(Answer(body=body)) as server, pytest.raises(BackendError) as caught:
        plan(server)
    assert re.search(said, str(caught.value))
    assert len(server.requests) == tries
    if "endpoint" in said:
        assert "does the base URL end in /v1?" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"candidates": [{"finishReason": "SAFETY"}]}, "The model refused to answer."),
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "PROHIBITED_CONTENT"),
        ({"type": "message", "content": [{"type": "text", "text": TEXT[:99]}], "stop_reason": "max_tokens"}, "cut off"),
    ],
)
def test_what_ended_an_answer_is_told_in_any_shape(body: dict[str, Any], said: str) -> None:
    with serve(Answer(body=body)) as server, pytest.raises((BackendError, PlanError), match=said):
        plan(server)


def test_a_refusal_in_parts_is_told() -> None:
    with (
        serve(message(content=[{"type": "refusal", "refusal": "not this"}])) as server,
        pytest.raises(PlanError, match="not this"),
    ):
        plan(server)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("This model is only supported in v1/responses and not in v1/chat/completions.", "no model for chat"),
        ("The model `tset-1` does not exist", "models there: test-1"),
    ],
)
def test_hints_of_404(words: str, hint: str) -> None:
    with serve(failure(404, words)) as server, pytest.raises(BackendError, match=re.escape(words)) as caught:
        plan(server)
    assert hint in caught.value.hint


def test_the_last_brace_alone_may_be_missing() -> None:
    planned(completion(TEXT[:-1]))
    planned(completion(f"```json\n{TEXT[:-1]}\n```"))
    with serve(completion(TEXT[:-3])) as server, pytest.raises(PlanError, match="never closed"):
        plan(server)
