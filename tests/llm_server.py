"""A real HTTP server that speaks as much of OpenAI's protocol as the tests need, and fails on request."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SENTENCE = "a dog to the left of a cat"
REPLY: dict[str, Any] = {
    "inventory": [
        {"name": "dog", "count": 1, "attributes": ["brown"], "boxed": True},
        {"name": "cat", "count": 1, "attributes": [], "boxed": True},
    ],
    "relations": [{"subject": "dog", "relation": "left of", "object": "cat"}],
    "prompt": "A brown dog to the left of a cat",
    "rows": [
        {
            "height": 1,
            "cells": [
                {"width": 1, "prompt": "A brown dog is sitting on the green grass"},
                {"width": 1, "prompt": "A striped cat is lying on the green grass"},
            ],
        }
    ],
    "objects": [
        {"prompt": "a brown dog", "box": {"x": 0.05, "y": 0.3, "width": 0.4, "height": 0.5}},
        {"prompt": "a striped cat", "box": {"x": 0.55, "y": 0.3, "width": 0.4, "height": 0.5}},
    ],
}


@dataclass(frozen=True)
class Answer:
    """What the server does with one request: a status and a body after a delay, or something worse.

    `drip_s` waits so long between single bytes of the body, `reset` breaks the connection without an answer.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    reset: bool = False


Judge = Callable[[dict[str, Any]], Answer]


def completion(text: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> Answer:
    """A chat completion as OpenAI sends it."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return Answer(body={"id": "x", "model": "test-1", "choices": [choice], "usage": usage})


def failure(status: int, message: str, *, headers: dict[str, str] | None = None, **details: Any) -> Answer:
    """An error as OpenAI sends it."""
    return Answer(status, {"error": {"message": message, **details}}, headers or {})


class Server:
    """The running server: `url` for `base_url`, `requests` with what was sent, the next answers in `answers`."""

    def __init__(self, answers: Iterable[Answer | Judge]) -> None:
        self.answers: list[Answer | Judge] = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.stopped = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def next(self, body: dict[str, Any]) -> Answer:
        """Return the next answer; the last one for ever."""
        self.requests.append(body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Answer) else answer(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                models = {"object": "list", "data": [{"id": name, "object": "model"} for name in ("test-1", "test-2")]}
                self.answer(Answer(body=models))

            def do_POST(self) -> None:
                server.keys.append(self.headers.get("authorization", ""))
                server.paths.append(self.path)
                server.headers.append({name.lower(): value for name, value in self.headers.items()})
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.answer(server.next(body))

            def answer(self, answer: Answer) -> None:
                if answer.reset:
                    option = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
                    self.connection.close()
                    return
                server.stopped.wait(answer.delay_s)
                text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                data = text.encode()
                with suppress(OSError):  # the client has given up, which is what the test is about
                    self.send(answer, data)

            def send(self, answer: Answer, data: bytes) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for i in range(len(data)) if answer.drip_s else ():
                    self.wfile.write(data[i : i + 1])
                    self.wfile.flush()
                    time.sleep(answer.drip_s)
                if not answer.drip_s:
                    self.wfile.write(data)

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def serve_raw(script: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that does with every connection what a script says, and return its base URL.

    The script gets a connection whose request was read. It ends when the client has gone (OSError).
    """
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    stopped = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            rest = int(length.split(b":")[1]) - len(head.split(b"\r\n\r\n", 1)[1])
            while rest > 0:
                rest -= len(connection.recv(65_536))
            script(connection)

    def accept() -> None:
        while not stopped.is_set():
            with suppress(TimeoutError):
                threading.Thread(target=answer, args=listening.accept()[:1], daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        stopped.set()
        thread.join()
        listening.close()


@contextmanager
def serve(*answers: Answer | Judge) -> Iterator[Server]:
    """Run a server with these answers for the length of a block."""
    server = Server(answers)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()
