"""The reviewer `vlm`: a vision-language model is shown the picture with numbered boxes, and asked what is there.

`vlm:NAME` is a model of OpenAI's, or of the server that `OPENAI_BASE_URL` names; `vlm:local:MODEL` one on this machine.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from PIL.Image import Image

from generator.review.base import check_weights
from generator.review.findings import Finding, Review, Stray
from generator.review.questions import ask, question
from planner.backends import Backend
from planner.errors import BackendError
from planner.plan import Box, Plan

MODEL: Final = "gpt-4o"
LOCAL: Final = "local:"
TIMEOUT_S: Final = 120.0


class VlmReviewer:
    """A vision-language model, on a server or on this machine.

    model: its name at the server; "local:" and a folder or a hub id: one that transformers loads here.
    device: where a local one runs; None: CUDA where there is one.
    timeout_s: for one picture, all attempts together; None: any time.
    backend: any object with `complete(request)` that takes pictures, in place of both.
    """

    name = "vlm"

    def __init__(
        self,
        model: str = MODEL,
        device: str | None = None,
        timeout_s: float | None = TIMEOUT_S,
        backend: Backend | None = None,
    ) -> None:
        self.model, self.device, self.timeout_s = model, device, timeout_s
        self._given = backend

    def check(self) -> None:
        """Raise `BackendError` for a key, a package or a model that is not there."""
        if self._given is not None:
            return
        if self.model.startswith(LOCAL):
            from generator.review.local_vlm import check_packages

            check_packages()
            check_weights(self.name, self.model.removeprefix(LOCAL))
            return
        from planner.backends.openai import OpenAIBackend

        if lacking := OpenAIBackend.needs():
            raise BackendError("vlm needs a key", provider=self.name, hint=f"set {lacking} that takes pictures")

    @cached_property
    def _backend(self) -> Backend:
        if self._given is not None:
            return self._given
        self.check()
        if self.model.startswith(LOCAL):
            from generator.review.local_vlm import LocalVlm

            return LocalVlm(self.model.removeprefix(LOCAL), self.device)
        from planner.backends.openai import OpenAIBackend

        return OpenAIBackend(self.model, task="review")

    @property
    def memory_bytes(self) -> float:
        """What it takes of the device's memory while it looks; a server takes none."""
        if self._given is not None or not self.model.startswith(LOCAL):
            return 0.0
        from generator.review.local_vlm import weights_bytes

        return weights_bytes(self.model.removeprefix(LOCAL))

    def review(self, image: Image, plan: Plan) -> Review:
        """Ask about the picture. Raises `BackendError` where there is no usable answer."""
        start = time.monotonic()
        answered = ask(self._backend, question(image, plan), self.timeout_s)
        findings = tuple(_finding(item) for item in answered.data["objects"])
        strays = tuple(Stray(each["what"], _box(each["box"])) for each in answered.data["strays"])
        return Review(self.name, findings, strays, time.monotonic() - start, answered.usage.total)


def _finding(item: Mapping[str, Any]) -> Finding:
    return Finding(
        item["number"],
        item["seen"],
        placed=item["in_box"],
        as_described=item["as_described"],
        count=item["count"],
        confidence=float(item["confidence"]),
        words=item["words"],
    )


def _box(values: Mapping[str, float]) -> Box:
    """Return a box, cut at the picture's edges."""
    x, y = values["x"], values["y"]
    return Box(x, y, min(values["width"], 1 - x), min(values["height"], 1 - y))
