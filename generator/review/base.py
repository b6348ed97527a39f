"""What a reviewer is: an object that looks at a picture with its plan and says what it sees.

    class Mine:
        name = "mine"

        def review(self, image, plan):
            seen = [my_model(image, item.prompt) for item in plan.objects]
            return Review("mine", tuple(Finding(number, here) for number, here in enumerate(seen)))

Nothing has to be inherited. What else it is goes into attributes that it may have or not: `memory_bytes` (of the
device, while it looks) and, where a class is registered by a name, a static method `needs` as a planner's backend has.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PIL.Image import Image

from generator.review.findings import Review
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


def memory_bytes(reviewer: Reviewer) -> float:
    """Return what a reviewer takes of the device's memory while it looks; 0 for one that does not say."""
    return float(getattr(reviewer, "memory_bytes", 0.0))
