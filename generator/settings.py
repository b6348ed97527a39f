"""What, beside the plan, decides a picture: one frozen record that travels from the caller into the PNG. No torch."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from planner.errors import RenderError

EMBEDDED = "embedded"
MODEL_VARIABLE = "RAGPLAN_IMAGE_MODEL"


@dataclass(frozen=True)
class RenderSettings:
    """Settings of one picture. The defaults are FLUX.1-dev's; `for_model` gives each model its own.

    width and height: px, multiples of 16. guidance_scale: distilled guidance, without effect on models that have none
    (FLUX.1-schnell, the embedded model). hard_binding_steps: 0..steps, None for no binding and no box noise.
    refinement_strength: δ, 0..1. seed: 0..2⁶⁴−1, for a generator on the CPU; None: a new one for every picture.
    """

    model: str = EMBEDDED
    width: int = 1024
    height: int = 1024
    steps: int = 20
    guidance_scale: float = 3.5
    hard_binding_steps: int | None = 2
    refinement_strength: float = 1.0
    seed: int | None = None

    @classmethod
    def for_model(cls, model: str, **overrides: Any) -> RenderSettings:
        """Return the settings that suit a model, changed by the overrides.

        With fewer steps than the model's hard binding takes, all of them bind unless the overrides say otherwise.
        Raises RenderError for a setting that does not exist.
        """
        suited = cls(model=model)
        if model == EMBEDDED:
            suited = replace(suited, width=256, height=256, hard_binding_steps=10)
        chosen = suited.changed(**overrides)
        if "hard_binding_steps" in overrides or suited.hard_binding_steps is None:
            return chosen
        return replace(chosen, hard_binding_steps=max(0, min(suited.hard_binding_steps, chosen.steps)))

    def changed(self, **overrides: Any) -> RenderSettings:
        """Return a copy with other values; RenderError names a setting that does not exist."""
        known = [field.name for field in fields(self)]
        for name in overrides:
            if name not in known:
                raise RenderError(f"unknown setting {name!r}; the settings are {', '.join(known)}")
        return replace(self, **overrides)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RenderSettings:
        """Read what `to_dict` wrote."""
        return cls().changed(**values)


def default_model() -> str:
    """Return the image model that the environment names in `RAGPLAN_IMAGE_MODEL`, else the embedded one."""
    return os.environ.get(MODEL_VARIABLE) or EMBEDDED
