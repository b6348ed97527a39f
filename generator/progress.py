"""What happens while a picture is made, told as it happens: one stream for the terminal, Python and the studio.

Whoever works calls the listener that was given, `on_progress(Progress("paint", "a dog", 3, 20, "steps"))`; whoever
shows it decides how. A listener runs in the thread that works: what it raises stops the work, which is how a picture is
cancelled. No torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from PIL.Image import Image

Stage = Literal["plan", "download", "load", "paint", "review", "mend", "save"]


@dataclass(frozen=True)
class Progress:
    """How far one stage of making a picture is.

    stage: what is done now.
    text: what it is done to or with, for people: a backend, a model, a file.
    done: how much of it is there, in `unit`s, from 0 to total.
    total: how much there will be; None where nobody knows before it is there.
    unit: "steps" or "bytes"; empty for a stage that is only begun and ended (done 0, then 1, of 1).
    preview: draws the picture as it is now, on call only, as it costs time; None where there is none.
    """

    stage: Stage
    text: str = ""
    done: int = 0
    total: int | None = 1
    unit: str = ""
    preview: Callable[[], Image] | None = field(default=None, repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether the stage has ended."""
        return self.total is not None and self.done >= self.total

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain JSON values, without its preview."""
        return {name: value for name, value in vars(self).items() if name != "preview"}


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Listen to nothing: what a caller who gives no listener has."""
