"""A backend that replays given replies, for tests and docs: the planner's paths without a model."""

from collections.abc import Iterable

from planner.errors import BackendError
from planner.tasks.backend import Reply, Request


class ScriptedBackend:
    """Given replies, for tests: the first request gets the first one, and so on.

    `requests` keeps what was asked.
    A reply is a `Reply`, a text, or an exception to raise.
    """

    name = "scripted"

    def __init__(self, replies: Iterable[Reply | str | Exception] = ()) -> None:
        self.requests: list[Request] = []
        self._replies = list(replies)

    def complete(self, request: Request) -> Reply:
        """Give the next reply. Raises `BackendError` when none is left."""
        if len(self.requests) >= len(self._replies):
            raise BackendError(
                f"all {len(self._replies)} scripted replies are used up",
                provider=self.name,
                hint="give ScriptedBackend(replies) as many replies as there are requests",
            )
        reply = self._replies[len(self.requests)]
        self.requests.append(request)
        if isinstance(reply, Exception):
            raise reply
        return Reply(reply, model=self.name) if isinstance(reply, str) else reply
