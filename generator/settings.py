"""What, beside the plan, decides a picture: one frozen record that travels from the caller into the PNG. No torch."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from generator.adapters.sources import Adapters
from generator.load_options import check_choice
from generator.regions.call import CallOptions
from planner.errors import RenderError

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "weights"
MODEL_VARIABLE = "RAGPLAN_IMAGE_MODEL"
SEED_DEVICES = ("cpu", "cuda")
OFF_BY_DEFAULT = (
    "lora",
    "quantize",
    "step_cache",
    "max_sequence_length",
    "region_max_sequence_length",
    "seed_device",
    "adapters",
    "controlnet",
    "control_image",
    "control_scale",
    "control_mode",
    "control_start",
    "control_end",
)


@dataclass(frozen=True)
class RenderSettings:
    """Settings of one picture. The defaults are FLUX.1-dev's; `for_model` gives each model its own.

    width and height: px, multiples of 16. guidance_scale: distilled guidance, without effect on models that have none
    (FLUX.1-schnell, the embedded model). hard_binding_steps: 0..steps, None for no binding and no box noise.
    refinement_strength: δ, 0..1. seed: 0..2⁶⁴−1; None: a new one for every picture. seed_device: where noise is drawn,
    one of SEED_DEVICES: "cpu" makes the same picture on every device, "cuda" is how the RAG-Diffusion release draws it.
    lora: files with ":SCALE" behind them, or without. quantize: how the weights are quantised, None: not at all.
    step_cache: threshold of the first-block cache, None: no cache. max_sequence_length: text tokens of the base prompt,
    1..512, None: the model's own; region_max_sequence_length: of cells and objects, None: as the base prompt.
    adapters: where the weights for reference pictures come from.
    controlnet: a ControlNet's folder or hub id; control_image: the file that it follows; control_scale: how strongly;
    control_mode: what kind of picture that is, for a union ControlNet; control_start, control_end: the part of the
    steps in which it acts, 0..1.
    """

    model: str = EMBEDDED
    width: int = 1024
    height: int = 1024
    steps: int = 20
    guidance_scale: float = 3.5
    hard_binding_steps: int | None = 2
    refinement_strength: float = 1.0
    seed: int | None = None
    lora: tuple[str, ...] = ()
    quantize: str | None = None
    step_cache: float | None = None
    max_sequence_length: int | None = None
    region_max_sequence_length: int | None = None
    seed_device: str = "cpu"
    adapters: Adapters = field(default_factory=Adapters)
    controlnet: str | None = None
    control_image: str | None = None
    control_scale: float = 1.0
    control_mode: int | None = None
    control_start: float = 0.0
    control_end: float = 1.0

    def __post_init__(self) -> None:
        check_choice("seed_device", self.seed_device, SEED_DEVICES)

    @classmethod
    def for_model(cls, model: str, **overrides: Any) -> RenderSettings:
        """Return the settings that suit a model, changed by the overrides.

        With fewer steps than the model's hard binding takes, all of them bind unless the overrides say otherwise.
        Raises RenderError for a setting that does not exist.
        """
        suited = cls(model=model).changed(**model_defaults(model))
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

    def options(self) -> dict[str, Any]:
        """Return what a pipeline's call is told: the settings that `CallOptions` has, under its names."""
        named = {**vars(self), "num_inference_steps": self.steps}
        return {name: named[name] for name in CallOptions.__annotations__ if name in named}

    def weights(self) -> dict[str, Any]:
        """Return what decides a model's weights, as arguments of `load_pipeline`: equal ones need one model."""
        chosen = {"model": self.model, "lora": self.lora, "quantize": self.quantize}
        return {**chosen, "controlnet": self.controlnet} if self.controlnet else chosen

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON values; those that are off by default are left out if they are."""
        default = RenderSettings()
        unused = [name for name in OFF_BY_DEFAULT if getattr(self, name) == getattr(default, name)]
        values = {**asdict(self), "lora": list(self.lora), "adapters": self.adapters.to_dict()}
        return {name: value for name, value in values.items() if name not in unused}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RenderSettings:
        """Read what `to_dict` wrote."""
        lora, adapters = tuple(values.get("lora", ())), Adapters.from_dict(values.get("adapters", {}))
        return cls().changed(**{**values, "lora": lora, "adapters": adapters})


def model_defaults(model: str) -> dict[str, Any]:
    """Return the settings in which a model differs from FLUX.1-dev; it is told by its name, a folder by its files.

    FLUX.1-schnell and other timestep-distilled models: 4 steps without guidance, of which 1 binds. FLUX.1-Krea-dev:
    28 steps at guidance 4.5 (both as published with the models).
    """
    if model == EMBEDDED:
        return {"width": 256, "height": 256, "hard_binding_steps": 17}
    found: dict[str, Any] = {}
    name, folder = Path(model).name.lower(), Path(model).expanduser()
    if canvas := _configured(folder / "vae" / "config.json").get("sample_size"):
        found |= {"width": canvas, "height": canvas}
    scheduler = _configured(folder / "scheduler" / "scheduler_config.json")
    if "schnell" in name or scheduler.get("use_dynamic_shifting") is False:
        return found | {"steps": 4, "guidance_scale": 0.0, "hard_binding_steps": 1}
    return found | ({"steps": 28, "guidance_scale": 4.5} if "krea" in name else {})


def repaint_binding_steps(settings: RenderSettings) -> int:
    """Return in how many first steps a new object is painted alone: as many as the picture's own, or its model's.

    At most all steps but one: the last ones fit the object into the picture.
    """
    bound = settings.hard_binding_steps
    if bound is None:
        bound = RenderSettings.for_model(settings.model).hard_binding_steps or 0
    return max(0, min(bound, settings.steps - 1))


def _configured(file: Path) -> dict[str, Any]:
    """Read a part's configuration; nothing where there is none, which loading will say better."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def model_folder(model: str) -> Path:
    """Return the folder that a model's name stands for; for hub ids and single files it is none that exists."""
    return EMBEDDED_FOLDER if model == EMBEDDED else Path(model).expanduser()


def default_model() -> str:
    """Return the image model that the environment names in `RAGPLAN_IMAGE_MODEL`, else the embedded one."""
    return os.environ.get(MODEL_VARIABLE) or EMBEDDED
