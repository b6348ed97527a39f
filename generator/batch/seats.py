"""What is painted at a seat, and what a seat is: jobs in, what came of them out. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from planner.errors import RagplanError


class PainterDiedError(RagplanError):
    """A worker ended while it painted: killed, out of memory, or crashed."""


@dataclass(frozen=True)
class PaintJob:
    """One picture to paint and to save.

    recipe: plan and settings as plain JSON values, the seed filled in.
    path: where the picture goes.
    home: the folder where it will lie in the end, from which its recipe names files; empty: that of the path.
    """

    recipe: Mapping[str, Any]
    path: str
    home: str = ""


@dataclass(frozen=True)
class Finished:
    """What came of a job. error: empty when the picture is at its path; fatal: nothing else can be painted either."""

    seconds: float = 0.0
    error: str = ""
    fatal: bool = False


class Seat(Protocol):
    """Something that paints a few jobs at a time, in the thread that calls it."""

    def open(self) -> None:
        """Be ready to paint, also after a death; waits where there is no place for a painter yet.

        Raises `RagplanError` where there never will be one.
        """

    def paint(self, jobs: Sequence[PaintJob]) -> list[Finished]:
        """Paint and save jobs that differ in plan and seed only. Raises `PainterDiedError` where none is painted."""

    def close(self) -> None:
        """Let go of the model; where another thread paints, that ends in an error there."""


@dataclass(frozen=True)
class SeatOptions:
    """How a worker loads the model.

    loading: fields of `LoadOptions`, the device among them.
    threads: of a worker on the CPU; None: torch's own choice.
    """

    loading: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None

    def on(self, device: str) -> SeatOptions:
        """Return the options of a worker on another device."""
        return replace(self, loading={**self.loading, "device": device})
