"""One call at a time paints with a transformer, whichever thread makes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from planner.errors import RenderError

HELD = "_ragplan_held"  # the attribute of a transformer that says who paints with it
WAIT_S = 3600.0  # for another thread's call to end


@dataclass
class _Held:
    """Who paints with a transformer: one call at a time. It lies in the transformer, and goes with it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    thread: int | None = None

    def __deepcopy__(self, memo: Any) -> _Held:
        """Return one of its own: a copy of a transformer is another one."""
        return _Held()

    def __reduce__(self) -> tuple[type[_Held], tuple[()]]:
        """Let a transformer be sent to another process: there it is held by nobody."""
        return _Held, ()


@contextmanager
def holding(transformer: Any) -> Iterator[None]:
    """Hold a transformer for the time of a call; another thread's call waits for it, up to WAIT_S.

    Raises `RenderError` where that is too long, and for a call that is made within another, by a callback.
    """
    held: _Held = vars(transformer).setdefault(HELD, _Held())
    if held.thread == threading.get_ident():
        raise RenderError("this model is painting already, and a callback cannot paint with it; wait until it ends")
    if not held.lock.acquire(timeout=WAIT_S):
        raise RenderError(
            f"this model is still painting for another thread after {WAIT_S:g} seconds; load one for each thread"
        )
    held.thread = threading.get_ident()
    try:
        yield
    finally:
        held.thread = None
        held.lock.release()
