"""What the environment may hold: keys as they are copied, URLs as they are typed, proxies and certificates."""

import json
import time
from typing import Any

import pytest
from llm_server import REPLY, SENTENCE, completion, serve

from planner.backends.openai import OpenAIBackend
from planner.errors import BackendError
from planner.loop.transport import Transport
from planner.planner import Planner, PlanningResult

GOOD = completion(json.dumps(REPLY))
KEY = "sk-secret-0123456789"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RAGPLAN_LLM", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", *PROXIES)
    for name in names:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def plan(backend: str = "openai", **options: Any) -> PlanningResult:
    return Planner(backend, timeout_s=20, **options).plan(SENTENCE)


def refused(*said: str) -> BackendError:
    """Plan with `openai`: it is refused at once, in one line that says these; and `openai,rules` goes on."""
    with pytest.raises(BackendError) as caught:
        plan(transport=Transport(max_tries=99, first_wait_s=1))
    told = str(caught.value)
    assert told.isprintable()
    assert KEY not in told
    for words in said:
        assert words in told
    assert caught.value.hint
    assert plan("openai,rules").backend == "rules"
    return caught.value


@pytest.mark.parametrize(
    "written",
    [f"{KEY}\n", f"{KEY}\r\n", f"  {KEY} ", f'"{KEY}"', f"'{KEY}'", f"\ufeff{KEY}", f"Bearer {KEY}"],
)
def test_what_gets_to_the_ends_of_a_key_is_left_out(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", written)
        plan()
        Planner(OpenAIBackend("m", api_key=written)).plan(SENTENCE)
    assert server.keys == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize(
    "written", ["sk-…", "sk-abc“", "sk-\u0430bc", "sk-abc def", "sk-abc\ndef", "sk-\x1babc", "“sk-abc”"]
)
def test_a_key_with_what_no_key_has(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", written)
    error = refused("OPENAI_API_KEY", "no key has", "copy the whole key again")
    assert written not in str(error)
    with pytest.raises(BackendError, match="api_key has"):
        OpenAIBackend(api_key=written)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:port/v1", "port"),
        ("http://127.0.0.1:99999/v1", "ort"),
        ("http://[::zz]/v1", "'::zz'"),
        ("http://[::1/v1", "IPv6"),
        ("http://127.0.0.1\n:80/v1", "U+000A"),
        ("http://127.0.0.1 /v1", "U+0020"),
        ("127.0.0.1:8080/v1", "http:// or https://"),
        ("localhost:8080/v1", "http:// or https://"),
        ("ftp://127.0.0.1/v1", "http:// or https://"),
        ("htp://127.0.0.1/v1", "http:// or https://"),
        ("http:///v1", "no host"),
        ("https://", "no host"),
    ],
)
def test_a_url_that_is_none(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    refused("OPENAI_BASE_URL", said, "http://127.0.0.1:11434/v1")
    with pytest.raises(BackendError, match="base_url"):
        OpenAIBackend(base_url=url)


def test_a_bad_url_does_not_tell_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("ftp://me:hunter2x@host/v1", "http://me:hunter2x@[::zz]/v1", "http://me:hunter2x@host:port/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert "hunter2x" not in str(refused("OPENAI_BASE_URL"))


@pytest.mark.parametrize("around", ["{}", " {}\n", '"{}"', "{}/", "{}/chat/completions", "{}/chat/completions/"])
def test_urls_as_they_are_typed(around: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", around.format(server.url))
        plan()
    assert server.paths == ["/v1/chat/completions"]


def test_a_query_goes_behind_every_request_s_url(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD) as server:
        url = server.url.removesuffix("/v1") + "/openai/deployments/d?api-version=2024-10-21"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        plan()
    assert server.paths == ["/openai/deployments/d/chat/completions?api-version=2024-10-21"]
    assert server.headers[0]["api-key"] == KEY, "Azure reads its key there"


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_without_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    with pytest.MonkeyPatch.context() as without:
        without.setitem(__import__("sys").modules, "socksio", None)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv(name, "socks5://me:hunter2x@127.0.0.1:1080")
        error = refused(name, "pip install socksio", "unset")
    assert "hunter2x" not in str(error) + error.hint


@pytest.mark.parametrize(
    "proxy", ["gopher://127.0.0.1:1", "socks4://127.0.0.1:1", "http://[::zz]:1", "http://127.0.0.1:port"]
)
def test_a_proxy_that_is_none(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    refused("HTTPS_PROXY")


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2x@127.0.0.1:1")
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        plan(transport=Transport(max_tries=1))
    assert "HTTP_PROXY" in caught.value.hint
    assert "hunter2x" not in caught.value.hint


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/ca.pem")
    refused("SSL_CERT_FILE", "/nonexistent/ca.pem", "there is none")


def test_a_file_that_holds_no_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    refused("SSL_CERT_FILE", "ca.pem")


@pytest.mark.parametrize("name", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID"])
@pytest.mark.parametrize("value", ["org…", "org\nx"])
def test_other_variables_of_the_sdk_s(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv(name, value)
        refused("OPENAI_")


def test_a_server_that_does_not_speak_https(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("http://", "https://"))
        refused("http://")


def test_a_host_that_there_is_not_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://no-such-host.invalid/v1")
    start = time.monotonic()
    with pytest.raises(BackendError, match="cannot be reached"):
        plan()
    assert time.monotonic() - start < 20
