"""Planning backends by name: the built-in ones, and those that other packages register.

A package offers a backend through the entry-point group `ragplan.backends`: a callable without arguments that gives
a `Backend`. Built-in backends are imported when they are first asked for.
"""

import difflib
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from planner.backends.base import Backend, Message, Reply, Request, Usage
from planner.errors import BackendError

__all__ = ["Backend", "Message", "Reply", "Request", "Usage", "backend_names", "get_backend"]

GROUP = "ragplan.backends"
BUILT_IN = {
    "auto": "planner.backends.rules:RulesBackend",  # the best that works without any setting up
    "rules": "planner.backends.rules:RulesBackend",
    "scripted": "planner.backends.scripted:ScriptedBackend",
}


def backend_names() -> list[str]:
    """List the names that `get_backend` knows, the built-in ones first."""
    return [*BUILT_IN, *sorted(name for name in _registered() if name not in BUILT_IN)]


def get_backend(backend: str | Backend) -> Backend:
    """Make the backend of a name; an object that is a backend already comes back as it is.

    Raises `BackendError` for an unknown name, or where the backend cannot be imported or made.
    """
    if not isinstance(backend, str):
        return backend
    factory = _built_in(BUILT_IN[backend]) if backend in BUILT_IN else _from_entry_point(backend)
    try:
        made = factory()
    except Exception as error:
        raise BackendError(f"backend {backend!r} does not start: {error}", provider=backend) from error
    if not isinstance(made, Backend):
        raise BackendError(f"{factory!r} gives no backend: name and complete are missing", provider=backend)
    return made


def _built_in(target: str) -> Callable[[], Any]:
    module, _, attribute = target.partition(":")
    factory: Callable[[], Any] = getattr(import_module(module), attribute)
    return factory


def _registered() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _from_entry_point(name: str) -> Callable[[], Any]:
    point = _registered().get(name)
    if point is None:
        raise _unknown(name)
    try:
        factory: Callable[[], Any] = point.load()
    except Exception as error:
        raise BackendError(f"backend {name!r} cannot be imported: {error}", provider=name) from error
    return factory


def _unknown(name: str) -> BackendError:
    known = backend_names()
    close = difflib.get_close_matches(name, known, n=1)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    return BackendError(f"unknown backend {name!r}", provider=name, hint=f"{meant}known backends: {', '.join(known)}")
