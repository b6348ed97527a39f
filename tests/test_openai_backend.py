"""The OpenAI backend against a real HTTP server: good answers, every failure, servers that can less."""

import json
import logging
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llm_server import REPLY, SENTENCE, Answer, Server, completion, failure, serve

from planner.backends import get_backend, get_backends
from planner.backends.openai import OpenAIBackend
from planner.backends.openai.strict_schema import strict_schema
from planner.errors import BackendError, PlanError
from planner.loop.transport import Transport
from planner.planner import Planner, PlanningResult
from planner.tasks.tasks import get_task

GOOD = completion(json.dumps(REPLY))
SWAPPED = json.dumps({**REPLY, "relations": [{"subject": "cat", "relation": "left of", "object": "dog"}]})
KEY = "sk-secret-0123456789"
QUICK = Transport(max_tries=3, first_wait_s=0.01, longest_try_s=0.5)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(GOOD) as running:
        yield running


def plan(server: Server, *, timeout_s: float = 10, **options: Any) -> PlanningResult:
    backend = OpenAIBackend("test-1", api_key=KEY, base_url=server.url, **options)
    return Planner(backend, transport=QUICK, timeout_s=timeout_s).plan(SENTENCE, width=512, height=512)


def failing(server: Server, **options: Any) -> BackendError:
    with pytest.raises(BackendError) as caught:
        plan(server, **options)
    assert KEY not in str(caught.value)
    return caught.value


def test_a_good_reply(server: Server) -> None:
    result = plan(server)
    assert (result.backend, result.model) == ("openai", "test-1")
    assert (result.usage.prompt_tokens, result.usage.reply_tokens) == (11, 7)
    assert [item.prompt for item in result.plan.objects] == ["a brown dog", "a striped cat"]
    (request,) = server.requests
    assert server.keys == [f"Bearer {KEY}"]
    assert request["model"] == "test-1"
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert SENTENCE in request["messages"][1]["content"]
    assert "512 × 512" in request["messages"][1]["content"]
    assert request["response_format"]["json_schema"]["strict"] is True


def test_wrong_then_right() -> None:
    with serve(completion("I would say: no"), completion(SWAPPED), GOOD) as server:
        result = plan(server)
    assert len(result.attempts) == 3
    assert result.usage.total == 54
    first, second, third = (request["messages"] for request in server.requests)
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert second[:2] == third[:2] == first
    assert third[2]["content"] == SWAPPED
    assert '"a striped cat" must be to the left of objects[0]' in third[3]["content"]
    assert "I would say" not in json.dumps(third)


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "--debug shows it"),
        (401, "OPENAI_API_KEY holds the key"),
        (403, "not allowed to use this model"),
        (404, 'did you mean "test-1"? models there: test-1, test-2'),
    ],
)
def test_what_no_patience_helps_raises_at_once(status: int, hint: str) -> None:
    with serve(failure(status, f"no, not with {KEY}")) as server:
        error = failing(server)
    assert len(server.requests) == 1
    assert f"openai answers {status} for 'test-1': no, not with ***" in str(error)
    assert hint in error.hint
    assert not error.retryable


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with serve(failure(status, "busy"), failure(status, "busy"), GOOD) as server:
        assert len(plan(server).attempts) == 1
    assert len(server.requests) == 3
    with serve(failure(status, "busy")) as server:
        error = failing(server)
    assert len(server.requests) == QUICK.max_tries
    assert error.retryable


def test_an_empty_account_is_not_asked_again() -> None:
    with serve(failure(429, "You exceeded your quota", code="insufficient_quota")) as server:
        error = failing(server)
    assert len(server.requests) == 1
    assert error.hint == "the account has no credit left"


@pytest.mark.parametrize(
    ("name", "value", "least_s"),
    [
        ("Retry-After", "0.4", 0.4),
        ("Retry-After", "0", 0),
        ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Retry-After", "Wed, 21 Oct 2015 07:28:00", 0),
        ("Retry-After", "later", 0),
        ("Retry-After-Ms", "400", 0.4),
    ],
)
def test_retry_after_is_honoured(name: str, value: str, least_s: float) -> None:
    with serve(failure(429, "slow down", headers={name: value}), GOOD) as server:
        start = time.monotonic()
        plan(server)
    assert time.monotonic() - start >= least_s


def test_a_long_retry_after_is_not_waited_for() -> None:
    with serve(failure(429, "slow down", headers={"Retry-After": "3600"}), GOOD) as server:
        start = time.monotonic()
        error = failing(server)
    assert time.monotonic() - start < 60
    assert error.retry_after_s == 3600


def test_a_hanging_server_is_asked_again_until_the_deadline() -> None:
    with serve(Answer(delay_s=30)) as server:
        start = time.monotonic()
        error = failing(server, timeout_s=1.2)
        assert time.monotonic() - start < 20
    assert "no answer within" in str(error)
    assert len(server.requests) >= 2


def test_a_server_that_hangs_once() -> None:
    with serve(Answer(delay_s=30), GOOD) as server:
        assert len(plan(server).attempts) == 1


def test_a_server_that_dribbles_is_held_to_the_deadline() -> None:
    with serve(Answer(body="x" * 1000, drip_s=0.05)) as server:
        start = time.monotonic()
        error = failing(server, timeout_s=0.8)
        assert time.monotonic() - start < 20
    assert "no answer within" in str(error)


def test_a_broken_connection_is_tried_again() -> None:
    with serve(Answer(reset=True), GOOD) as server:
        assert len(plan(server).attempts) == 1
    assert len(server.requests) == 2


def test_no_server_at_all() -> None:
    with serve(GOOD) as server:
        pass
    error = failing(server)
    assert "cannot be reached" in str(error)
    assert "is the server running" in error.hint


@pytest.mark.parametrize(
    "body",
    ['{"choices": [', "<html>Bad gateway</html>", "", "[]", "null", {"choices": []}, {"choices": [{}]}, {"choices": 3}],
)
def test_an_answer_that_is_no_completion(body: Any) -> None:
    with serve(Answer(body=body)) as server:
        error = failing(server)
    assert "sent no completion but:" in str(error)
    assert len(server.requests) == QUICK.max_tries


def test_a_refusal_is_told() -> None:
    with serve(completion(None, refusal="I cannot help with that")) as server, pytest.raises(PlanError) as caught:
        plan(server)
    assert caught.value.complaints[0].code == "reply_refused"
    assert "I cannot help" in str(caught.value)


def test_a_reply_that_was_cut_off_is_asked_again() -> None:
    with serve(completion(json.dumps(REPLY)[:99], finish_reason="length"), GOOD) as server:
        result = plan(server)
    assert [item.code for item in result.attempts[0].complaints] == ["reply_truncated"]
    assert "answer more briefly" in server.requests[1]["messages"][-1]["content"]


def test_content_in_parts() -> None:
    text = json.dumps(REPLY)
    parts = [{"type": "text", "text": text[:50]}, {"type": "text", "text": text[50:]}]
    with serve(completion(parts)) as server:  # type: ignore[arg-type]
        assert len(plan(server).plan.objects) == 2


def only(*structures: str) -> Any:
    """A server that has only some of the response formats."""

    def judge(body: dict[str, Any]) -> Answer:
        asked = body.get("response_format", {"type": "text"})["type"]
        return GOOD if asked in structures else failure(400, f"response_format {asked} is not supported")

    return judge


@pytest.mark.parametrize(("structures", "refused"), [(("json_object",), 1), (("text",), 2)])
def test_a_server_without_structured_output(structures: tuple[str], refused: int) -> None:
    with serve(only(*structures)) as server:
        backend = OpenAIBackend("test-1", base_url=server.url)
        Planner(backend).plan(SENTENCE)
        assert len(server.requests) == refused + 1
        Planner(backend).plan(SENTENCE)
    assert len(server.requests) == refused + 2, "what the server refused was forgotten"


def test_a_model_without_temperature_and_with_the_old_limit() -> None:
    def judge(body: dict[str, Any]) -> Answer:
        if "temperature" in body:
            return failure(400, "Unsupported value", param="temperature")
        if "max_completion_tokens" in body:
            return failure(400, "Unknown field: max_completion_tokens")
        return GOOD

    with serve(judge) as server:
        plan(server)
    assert server.requests[-1].keys() == {"model", "messages", "response_format", "max_tokens", "stream"}


STRICT = {"type", "description", "enum", "items", "properties", "required", "additionalProperties", "anyOf"}


def strictly(schema: Any) -> list[str]:
    """What OpenAI's strict mode would have against a schema."""
    found = [key for key in schema if key not in STRICT]
    if schema.get("type") == "object":
        found += [f"required {key}" for key in schema["properties"] if key not in schema["required"]]
        found += [] if schema.get("additionalProperties") is False else ["additionalProperties"]
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    return found + [
        fault for part in [*parts, *([schema["items"]] if "items" in schema else [])] for fault in strictly(part)
    ]


def test_a_server_that_takes_only_the_strict_subset() -> None:
    def judge(body: dict[str, Any]) -> Answer:
        faults = strictly(body["response_format"]["json_schema"]["schema"])
        return failure(400, f"Invalid schema: {faults}") if faults else GOOD

    with serve(judge) as server:
        plan(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("task", ["plan", "layout", "scene"])
def test_the_strict_schema_keeps_limits_as_words(task: str) -> None:
    derived = strict_schema(get_task(task).schema)
    assert strictly(derived) == []
    assert "at most 16 items" in json.dumps(derived) or task == "scene"


def test_an_own_client_is_used() -> None:
    from openai import OpenAI

    with serve(GOOD) as server:
        client = OpenAI(api_key="mine", base_url=server.url)
        Planner(OpenAIBackend("test-1", client=client)).plan(SENTENCE)
        client.close()
    assert server.keys == ["Bearer mine"]


def test_neither_key_nor_server() -> None:
    with pytest.raises(BackendError, match="needs a key") as caught:
        get_backend("openai")
    assert "OPENAI_API_KEY" in caught.value.hint
    assert OpenAIBackend.needs().startswith("OPENAI_API_KEY")


def test_the_environment_sets_key_server_and_model(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("RAGPLAN_LLM", "test-2")
    Planner("auto").plan(SENTENCE)
    assert server.requests[0]["model"] == "test-2"
    assert server.keys == [f"Bearer {KEY}"]


def test_a_model_in_the_backend_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    first, second = get_backends("openai,openai:small", "large")
    assert isinstance(first, OpenAIBackend)
    assert isinstance(second, OpenAIBackend)
    assert (first.llm, second.llm) == ("large", "small")
    with pytest.raises(BackendError, match="has no use for the language model 'large'"):
        get_backends("rules", "large")


def test_the_debug_log_has_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="ragplan")
    with serve(failure(500, f"oops {KEY}"), GOOD) as server:
        plan(server)
    assert SENTENCE in caplog.text
    assert "system: You lay out pictures." in caplog.text
    assert '"response_format": {"type": "json_schema"' in caplog.text
    assert "A brown dog" in caplog.text
    assert KEY not in caplog.text


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    ragplan = Path(sysconfig.get_path("scripts")) / "ragplan"
    return subprocess.run([str(ragplan), *arguments], capture_output=True, text=True, check=False)


def test_the_command_line_asks_once_and_keeps_the_plan(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = ["plan", SENTENCE, "--backend", "openai", "--llm", "test-2", "--debug"]
    first, second = command(*asked), command(*asked)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["objects"][0]["prompt"] == "a brown dog"
    assert SENTENCE in first.stderr
    assert "A brown dog" in first.stderr
    assert KEY not in first.stderr
    assert second.stdout == first.stdout
    assert "from the cache (test-1)" in second.stderr
    assert [request["model"] for request in server.requests] == ["test-2"]
    assert command(*asked, "--no-cache").returncode == 0
    assert len(server.requests) == 2


def test_the_command_line_says_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = {"name": "dog", "count": 2, "size": "normal", "position": "left"}
    scene = {"objects": [thing], "relations": [], "background": ""}
    with serve(completion(json.dumps(scene))) as small:
        monkeypatch.setenv("OPENAI_BASE_URL", small.url)
        done = command("plan", "two dogs", "--backend", "openai", "--task", "scene", "--no-cache", "--quiet")
    assert done.returncode == 0, done.stderr
    assert [item["prompt"] for item in json.loads(done.stdout)["objects"]] == ["a dog", "a dog"]
    assert small.requests[0]["response_format"]["json_schema"]["name"] == "ragplan_scene"


def test_a_task_goes_to_every_backend_that_has_a_use_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    first, second, _ = get_backends("openai,openai:small,rules", task="scene")
    assert isinstance(first, OpenAIBackend)
    assert isinstance(second, OpenAIBackend)
    assert first.task == second.task == "scene"
    for chain in ("rules", first):
        with pytest.raises(BackendError, match="cannot be asked for the task 'scene'"):
            get_backends(chain, task="scene")
