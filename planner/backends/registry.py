"""Backends by name: the built-in ones, and those that other packages register; chains of them.

A package offers a backend through the entry-point group `ragplan.backends`: a callable that gives a `Backend`; where
it has a parameter `llm` it is given the language model's name. Built-in backends are imported when they are first
asked for. "auto" is `openai` where a key or a server is set, else `local` where a model is named, else `rules`.
"""

import importlib
import inspect
import logging
import os
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from planner.errors import BackendError, did_you_mean
from planner.tasks.backend import Backend

log = logging.getLogger("ragplan")

GROUP = "ragplan.backends"
LLM_VARIABLE = "RAGPLAN_LLM"
BUILT_IN = {
    "openai": "planner.backends.openai:OpenAIBackend",
    "local": "planner.backends.local:LocalBackend",
    "rules": "planner.backends.rules:RulesBackend",
    "scripted": "planner.backends.scripted:ScriptedBackend",
}


@dataclass(frozen=True)
class BackendInfo:
    """A backend's name, what it is in one line, and what it still needs before it can plan (empty: nothing)."""

    name: str
    summary: str
    needs: str = ""


@runtime_checkable
class _Needy(Protocol):
    """What makes a backend and can say what is missing before it does; other makers need nothing."""

    def needs(self) -> str:
        """Say what is missing; empty if nothing."""
        ...


def backend_names() -> list[str]:
    """List the names that `get_backend` knows, the built-in ones first."""
    return ["auto", *BUILT_IN, *sorted(name for name in _registered() if name not in BUILT_IN)]


def describe_backends() -> list[BackendInfo]:
    """Describe every backend; one that cannot be imported needs what its error says."""
    chosen = _choose(os.environ.get(LLM_VARIABLE))
    return [BackendInfo("auto", f"the best that is set up, now {chosen}"), *map(_describe, backend_names()[1:])]


def get_backend(backend: str | Backend, llm: str | None = None) -> Backend:
    """Make the backend of a name ("openai", "openai:gpt-4o"); an object that is a backend already stays as it is.

    `llm` (or the variable RAGPLAN_LLM) names the language model. Raises `BackendError` for an unknown name, where
    the backend cannot be imported or made, or where it has no use for an `llm`.
    """
    made = get_backends(backend, llm)
    if len(made) > 1:
        raise BackendError(f"{backend!r} is a chain of backends, one is needed here", provider=str(backend))
    if isinstance(made[0], BackendError):
        raise made[0]
    return made[0]


def get_backends(
    chain: str | Backend | Sequence[Backend],
    llm: str | None = None,
    task: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> list[Backend | BackendError]:
    """Make the backends of a chain ("openai,local,rules"); in place of one that does not start stands its error.

    chain: Names, or objects, which stay as they are.
    llm: The language model, for the first backend that has a use for one; "local:FOLDER" names one for a certain one.
    task: What is asked for, for every backend that has a use for it.
    extra_body: More keys for a server's requests, likewise.

    Raises `BackendError` for a name that is unknown, and for an option that none has a use for.
    """
    shared: dict[str, Any] = {} if task is None else {"task": task}
    shared |= {"extra_body": extra_body} if extra_body else {}
    if not isinstance(chain, str):
        return _given([chain] if isinstance(chain, Backend) else chain, llm, shared)
    links = _Chain(shared, llm or os.environ.get(LLM_VARIABLE))
    made = [links.make(part.strip()) for part in chain.split(",")]
    if llm is not None and links.spare is not None:
        raise _useless(llm, chain)
    _refuse_unused(shared, links.used, chain)
    return made


def _given(backends: Sequence[Backend], llm: str | None, shared: Mapping[str, Any]) -> list[Backend | BackendError]:
    """Return backends that are made already; for them no option has a use."""
    if not isinstance(backends, list | tuple) or not all(hasattr(one, "complete") for one in backends):
        known = 'names in one text, such as "openai,rules", or objects with a name and a method complete'
        raise BackendError(f"backend must be {known}, got {backends!r:.60}", provider="none")
    names = ", ".join(backend.name for backend in backends)
    if llm is not None:
        raise _useless(llm, names)
    _refuse_unused(shared, (), names)
    return list(backends)


@dataclass
class _Chain:
    """A chain of backends that is being made.

    shared: options for every backend that has a use for them.
    spare: the language model that the first backend with a use for one gets; None: it has been given, or there is none.
    used: the names of the options that a backend has had a use for.
    """

    shared: Mapping[str, Any]
    spare: str | None
    used: set[str] = field(default_factory=set)

    def make(self, text: str) -> Backend | BackendError:
        """Make the backend of "name" or "name:llm"; one that does not start is its error."""
        name, _, own = text.partition(":")
        if name == "auto":
            name = _choose(self.spare)
            log.info("planning with %s", name)
        factory, given = _factory(name), own or self.spare
        takes = given and _takes(factory, "llm")
        if own and not takes:
            raise _useless(own, name)
        if takes and not own:
            self.spare = None
        options = {"llm": given} if takes else {}
        options |= {option: value for option, value in self.shared.items() if _takes(factory, option)}
        self.used |= options.keys()
        return _make(name, factory, options)


def _choose(llm: str | None) -> str:
    if os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"):
        return "openai"
    return "local" if llm else "rules"


def _takes(factory: Callable[..., Any], option: str) -> bool:
    try:
        return option in inspect.signature(factory).parameters
    except ValueError:  # written in C, without a signature
        return False


def _make(name: str, factory: Callable[..., Any], options: dict[str, Any]) -> Backend | BackendError:
    try:
        made = factory(**options)
    except BackendError as error:
        return error
    except Exception as error:
        failure = BackendError(f"backend {name!r} does not start: {error}", provider=name)
        failure.__cause__ = error
        return failure
    if not isinstance(made, Backend):
        return BackendError(f"{factory!r} gives no backend: name and complete are missing", provider=name)
    return made


def _describe(name: str) -> BackendInfo:
    try:
        factory = _factory(name)
    except BackendError as error:
        return BackendInfo(name, "", str(error))
    summary = (inspect.getdoc(factory) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
    needs = factory.needs() if isinstance(factory, _Needy) else ""
    return BackendInfo(name, summary, needs)


def _factory(name: str) -> Callable[..., Any]:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        factory: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        return factory
    return _from_entry_point(name)


def _registered() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _from_entry_point(name: str) -> Callable[..., Any]:
    point = _registered().get(name)
    if point is None:
        raise _unknown(name)
    try:
        factory: Callable[..., Any] = point.load()
    except Exception as error:
        raise BackendError(f"backend {name!r} cannot be imported: {error}", provider=name) from error
    return factory


def _unknown(name: str) -> BackendError:
    known = backend_names()
    hint = f"{did_you_mean(name, known)} known backends: {', '.join(known)}".lstrip()
    return BackendError(f"unknown backend {name!r}", provider=name, hint=hint)


def _useless(llm: str, name: str) -> BackendError:
    return BackendError(
        f"backend {name!r} has no use for the language model {llm!r}",
        provider=name,
        hint="name a backend that has one (openai, local) or leave the model out",
    )


def _refuse_unused(shared: Mapping[str, Any], used: Container[str], name: str) -> None:
    """Raise `BackendError` for an option that no backend of a chain has a use for."""
    if "task" in shared and "task" not in used:
        raise BackendError(
            f"backend {name!r} cannot be asked for the task {shared['task']!r}",
            provider=name,
            hint="name a backend with a language model (openai, local) or leave the task out",
        )
    if "extra_body" in shared and "extra_body" not in used:
        raise BackendError(
            f"backend {name!r} has no use for options of a server's ({', '.join(shared['extra_body'])})",
            provider=name,
            hint="name a backend that is a server (openai) or leave them out",
        )
