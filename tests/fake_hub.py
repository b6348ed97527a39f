"""A hub of models in this process; what it answers is each test file's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HubHandler(BaseHTTPRequestHandler):
    """Answers a HEAD as a GET, without its body, and says nothing of it. What it answers is said by `reply`."""

    def reply(self) -> None:
        """Send the answer to this request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.reply()

    def do_HEAD(self) -> None:
        self.reply()

    def send(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        """Send an answer; its length is among its headers."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(handler: type[HubHandler]) -> Iterator[str]:
    """Serve for the length of a block; gives the hub's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
