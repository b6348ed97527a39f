"""The terminal's listener: a labelled bar for each stage of making a picture, on standard error."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm

from generator.progress import Progress

SAYS = {
    "plan": "planning",
    "download": "downloading",
    "load": "loading",
    "paint": "painting",
    "review": "looking at it:",
    "mend": "mending:",
    "save": "writing",
}


class Bar:
    """Shows events as they come: a bar where there is something to count, else a line when a stage begins.

    A context: leaving it closes a bar that is not full.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._stage: tuple[str, str] | None = None
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show one event."""
        if self._quiet:
            return
        stage = (progress.stage, progress.text)
        if stage != self._stage:
            self._close()
            self._stage = stage
            if progress.unit or not progress.is_whole:  # else it ends, and its beginning was told
                self._begin(progress)
        if self._bar is not None:
            self._bar.total = progress.total
            self._bar.update(progress.done - self._bar.n)

    def _begin(self, progress: Progress) -> None:
        label = SAYS[progress.stage]
        if progress.unit:
            bytes_ = progress.unit == "bytes"
            unit = "B" if bytes_ else f" {progress.unit}"
            self._bar = tqdm(total=progress.total, desc=label, unit=unit, unit_scale=bytes_, file=sys.stderr)
        elif progress.stage != "plan":  # the planner says itself who plans
            print(f"ragplan: {label} {progress.text}", file=sys.stderr)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
