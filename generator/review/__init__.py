"""Looking at a picture: what of its plan is there, in its box and as described, and what is there beside it.

A reviewer is chosen by its name, or any object that has `review(image, plan)`. Other packages register theirs by the
entry-point group `ragplan.reviewers`: a callable that gives a reviewer, called with `model=` where one is named and it
takes one. Built-in ones are imported when they are first asked for; `sprites`, which knows the embedded model's
pictures, is at home there (`generator.embedded.sprite_reader`).

In order: `findings.py` (what is seen), `base.py` (what a reviewer is), `matching.py` (which thing is which object),
`detector.py` with `owl.py` (an open-vocabulary detector), `vlm.py` with `questions.py`, `local_vlm.py` and
`held_to_schema.py` (vision-language models).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from generator.review.base import Reviewer
from generator.review.findings import Finding, Review, Reviewed, Stray, Tried
from planner.errors import BackendError, did_you_mean

__all__ = [
    "Finding",
    "Review",
    "Reviewed",
    "Reviewer",
    "Stray",
    "Tried",
    "get_reviewer",
    "reviewer_names",
]

GROUP = "ragplan.reviewers"
BUILT_IN = {
    "detector": "generator.review.detector:DetectorReviewer",
    "vlm": "generator.review.vlm:VlmReviewer",
    "sprites": "generator.embedded.sprite_reader:SpriteReviewer",
}


def reviewer_names() -> list[str]:
    """List the names that `get_reviewer` knows, the built-in ones first."""
    return [*BUILT_IN, *sorted(name for name in _registered() if name not in BUILT_IN)]


def get_reviewer(reviewer: str | Reviewer, **options: Any) -> Reviewer:
    """Make the reviewer of a name ("detector", "vlm:gpt-4o"); an object that is one already stays as it is.

    options: for the reviewer, where it takes them (`device`); what stands behind a colon is its `model`.
    Raises `BackendError` for an unknown name, and where a reviewer cannot be made or has no use for a model.
    """
    if not isinstance(reviewer, str):
        if not isinstance(reviewer, Reviewer):
            raise BackendError(f"{reviewer!r} is no reviewer: name and review are missing", provider="review")
        return reviewer
    name, _, model = reviewer.partition(":")
    factory = _factory(name)
    known = _parameters(factory)
    if model and "model" not in known:
        raise BackendError(f"the reviewer {name!r} has no use for the model {model!r}", provider=name)
    given = {option: value for option, value in options.items() if option in known}
    return _made(name, factory, {**given, **({"model": model} if model else {})})


def _made(name: str, factory: Callable[..., Any], options: dict[str, Any]) -> Reviewer:
    try:
        made = factory(**options)
    except BackendError:
        raise
    except Exception as error:  # of another package
        raise BackendError(f"the reviewer {name!r} does not start: {error}", provider=name) from error
    if not isinstance(made, Reviewer):
        raise BackendError(f"{factory!r} gives no reviewer: name and review are missing", provider=name)
    return made


def _parameters(factory: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(factory).parameters)
    except ValueError:  # written in C, without a signature
        return set()


def _factory(name: str) -> Callable[..., Any]:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        built_in: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        return built_in
    point = _registered().get(name)
    if point is None:
        known = reviewer_names()
        hint = f"{did_you_mean(name, known)} known reviewers: {', '.join(known)}".lstrip()
        raise BackendError(f"unknown reviewer {name!r}", provider=name, hint=hint)
    try:
        factory: Callable[..., Any] = point.load()
    except Exception as error:
        raise BackendError(f"the reviewer {name!r} cannot be imported: {error}", provider=name) from error
    return factory


def _registered() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}
