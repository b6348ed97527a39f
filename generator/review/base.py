"""What a reviewer is: an object that looks at a picture with its plan and says what it sees.

    class Mine:
        name = "mine"

        def review(self, image, plan):
            seen = [my_model(image, item.prompt) for item in plan.objects]
            return Review("mine", tuple(Finding(number, here) for number, here in enumerate(seen)))

Nothing has to be inherited. What else it is goes into attributes that it may have or not: `memory_bytes` (of the
device, while it looks) and a method `check`, which raises `BackendError` for what it lacks (a key, a package, weights).
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PIL.Image import Image

from generator.review.findings import Review
from planner.errors import BackendError, RenderError
from planner.plan import Plan


@runtime_checkable
class Reviewer(Protocol):
    """Anything that looks at pictures.

    `review` raises `BackendError` where nothing could be seen: a model that is not there, a server without an answer.
    """

    @property
    def name(self) -> str:
        """What the reviewer is called in `review=…` and in messages."""
        ...

    def review(self, image: Image, plan: Plan) -> Review:
        """Look at an RGB picture of a plan and return a finding for each object of it, and the strays."""
        ...


def check_ready(reviewer: Reviewer) -> None:
    """Raise `BackendError`, before anything is planned or painted, where a reviewer lacks what it looks with."""
    check = getattr(reviewer, "check", None)
    if callable(check):
        check()


def check_weights(provider: str, model: str) -> None:
    """Raise `BackendError` for a model that is neither a folder nor to be had from the hub, which is asked once."""
    from generator.weights.hub import check_folder, check_reached  # slow to import

    try:
        check_folder("a model", model)
        check_reached(model)
    except RenderError as error:
        raise BackendError(f"{provider} cannot load {model!r}: {error}", provider=provider) from error


def memory_bytes(reviewer: Reviewer) -> float:
    """Return what a reviewer takes of the device's memory while it looks; 0 for one that does not say."""
    return float(getattr(reviewer, "memory_bytes", 0.0))
