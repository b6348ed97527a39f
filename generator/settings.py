"""What, beside the plan, decides a picture, and how its model is loaded: three records and what models differ in.

`RenderSettings` travels from the caller into the PNG, with `Adapters` in it; `LoadOptions` changes speed and memory,
not the picture. No torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from generator.families.detecting import checkpoint_of, profile_of
from generator.families.profiles.checkpoint import EMBEDDED
from generator.options import SettingError, check_fields, check_integer, option, options
from generator.regions.call import CallOptions
from generator.regions.geometry import TokenGrid
from generator.seeds import SEEDS, new_seed, seed_of_picture
from planner.errors import RenderError, did_you_mean
from planner.plan.document import shown
from planner.plan.limits import TOKEN_PX
from planner.plan.parts import split_scale

MODEL_VARIABLE = "RAGPLAN_IMAGE_MODEL"
SEED_DEVICES = ("cpu", "cuda")
DTYPES = ("bfloat16", "float16", "float32")
QUANTIZERS = {"nf4": "bitsandbytes", "int8": "torchao", "fp8": "torchao"}  # the libraries
OFFLOADS = ("model", "group", "sequential")
SAID_ELSEWHERE = {  # what is no setting, or called otherwise
    "size": "give width and height",
    "num_inference_steps": "give steps",
    "device": "it is one of LoadOptions",
    "dtype": "it is one of LoadOptions",
    "offload": "it is one of LoadOptions",
}
TEXT_TOKENS = {"metavar": "N", "read": int, "low": 1, "high": 512, "unsaid": True}
PART_OF_STEPS = {"metavar": "X", "read": float, "low": 0, "high": 1, "unsaid": True}
SIDE_PX = {"flag": "--size", "read": int, "low": TOKEN_PX, "high": 8192}


def binding_steps(text: str) -> int | None:
    """Read a number of steps or "none". Raises `RenderError` for anything else."""
    if text != "none" and not text.isdecimal():
        raise RenderError(f"must be a number of steps, from 0 up, or none; got {text!r}")
    return None if text == "none" else int(text)


def _absolute(text: str) -> str:
    return str(Path(text).expanduser().resolve())


@dataclass(frozen=True)
class Adapters:
    """Folders, files, hub ids (owner/name) or files on the hub (owner/name/FILE) of the adapters' weights.

    redux: folder or hub id.
    ip_adapter: InstantX's file (.bin, .safetensors) or XLabs' (.safetensors).
    ip_encoder: the encoder of its pictures, folder or hub id; None: SigLIP so400m for InstantX, CLIP ViT-L/14 else.
    pulid: file.
    faces: folder or hub id with the `face_encoder` folder that PuLID's preprocessing reads.
    """

    redux: str = option(
        "black-forest-labs/FLUX.1-Redux-dev",
        "Redux prior, a folder or hub id (default: FLUX.1-Redux-dev)",
        metavar="MODEL",
    )
    ip_adapter: str = option(
        "InstantX/FLUX.1-dev-IP-Adapter/ip-adapter.bin",
        "IP-Adapter, InstantX' or XLabs' file, or owner/name/FILE of the hub (default: InstantX')",
        metavar="FILE",
    )
    ip_encoder: str | None = option(
        None, "image encoder of the IP-Adapter, a folder or hub id (default: the adapter's own)", metavar="MODEL"
    )
    pulid: str = option(
        "guozinan/PuLID/pulid_flux_v0.9.1.safetensors",
        "PuLID checkpoint, a file or owner/name/FILE of the hub (default: v0.9.1)",
        metavar="FILE",
    )
    faces: str = option(
        "BestWishYsh/ConsisID-preview",
        "folder or hub id with the networks in face_encoder that PuLID reads faces with",
        metavar="MODEL",
    )

    def __post_init__(self) -> None:
        check_fields(self)

    def to_dict(self) -> dict[str, str]:
        """Return what differs from the defaults."""
        own = Adapters()
        return {name: value for name, value in asdict(self).items() if value != getattr(own, name)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Adapters:
        """Read what `to_dict` wrote; `RenderError` names a source that does not exist."""
        _check_names(cls, values, "unknown adapter {}; the adapters' sources are {}")
        return cls(**values)


@dataclass(frozen=True)
class RenderSettings:
    """Settings of one picture. The defaults are FLUX.1-dev's; `for_model` gives each model its own.

    model: "embedded", a checkpoint's folder or file, or a hub id.
    width, height: px, multiples of 16.
    steps: 1 or more.
    guidance_scale: distilled guidance, 0 and up, without effect on models that have none.
    negative_prompt: what the picture is guided away from; None: nothing, or nothing in particular.
    hard_binding_steps: 0..steps; None for no binding and no box noise.
    refinement_strength: δ, 0..1.
    seed: 0..2⁶⁴−1; None: a new one for every picture.
    lora: files with ":SCALE" behind them, or without.
    quantize: how the weights are quantised; None: not at all.
    step_cache: threshold of the first-block cache, 0 and up; None: no cache.
    max_sequence_length: text tokens of the base prompt, 1..512; None: the model's own.
    region_max_sequence_length: the same of cells and objects; None: as the base prompt.
    seed_device: where noise is drawn: "cpu" draws the same on every device, "cuda" is the RAG-Diffusion release's way.
    adapters: where the weights for reference pictures come from.
    controlnet: a ControlNet's folder or hub id.
    control_image: the file that it follows.
    control_scale: how strongly, 0 and up.
    control_mode: what kind of picture that is, for a union ControlNet.
    control_start, control_end: the part of the steps in which it acts, 0..1.

    Raises `SettingError`, a `RenderError`, for what is out of its range.
    """

    model: str = option(EMBEDDED, "embedded, a checkpoint folder or a hub id", metavar="MODEL")
    width: int = option(1024, "canvas in px, multiples of 16", **SIDE_PX)
    height: int = option(1024, "canvas in px, multiples of 16", **SIDE_PX)
    steps: int = option(20, "denoising steps (default {default})", read=int, low=1)
    guidance_scale: float = option(
        3.5, "guidance scale (default {default})", flag="--guidance", metavar="SCALE", read=float, low=0
    )
    negative_prompt: str | None = option(
        None, "what the picture is guided away from, by models that know it", metavar="TEXT", unsaid=True
    )
    hard_binding_steps: int | None = option(
        2,
        "hard binding in the first N steps, or none (default: {default}, embedded 8)",
        flag="--binding-steps",
        metavar="N",
        read=binding_steps,
        low=0,
        optional=True,
    )
    refinement_strength: float = option(
        1.0,
        "strength of soft refinement, 0..1 (default 1)",
        flag="--refinement",
        metavar="DELTA",
        read=float,
        low=0,
        high=1,
    )
    seed: int | None = option(
        None, "the same seed makes the same picture (default: a new one)", read=int, low=0, high=SEEDS - 1
    )
    lora: tuple[str, ...] = option(
        (),
        "a LoRA, or owner/name/FILE of the hub, and how strongly it acts (default 1); can be given several times",
        metavar="FILE[:SCALE]",
        several=True,
        unsaid=True,
    )
    quantize: str | None = option(
        None, "weights of fewer bits (default: as they are); nf4 needs a GPU", choices=tuple(QUANTIZERS), unsaid=True
    )
    step_cache: float | None = option(
        None,
        "skip blocks where the first changes by less, say 0.08",
        metavar="THRESHOLD",
        read=float,
        low=0,
        unsaid=True,
    )
    max_sequence_length: int | None = option(
        None,
        "text tokens of the whole prompt, 1..512 (default: 512)",
        **TEXT_TOKENS,
    )
    region_max_sequence_length: int | None = option(
        None,
        "text tokens of each cell's and object's prompt (default: as the whole prompt); fewer are faster",
        **TEXT_TOKENS,
    )
    seed_device: str = option(
        "cpu",
        "where noise is drawn: cpu, the same on every device, or cuda, as the RAG-Diffusion release (default cpu)",
        choices=SEED_DEVICES,
        unsaid=True,
    )
    adapters: Adapters = field(default_factory=Adapters)
    controlnet: str | None = option(None, "a FLUX ControlNet: a folder or a hub id", metavar="MODEL", unsaid=True)
    control_image: str | None = option(
        None, "the picture that it follows: edges, depth, a pose, …", metavar="FILE", read=_absolute, unsaid=True
    )
    control_scale: float = option(
        1.0, "how strongly, 0 and up (default 1)", metavar="X", read=float, low=0, unsaid=True
    )
    control_mode: int | None = option(
        None, "the kind of picture, for a union ControlNet", metavar="N", read=int, low=0, unsaid=True
    )
    control_start: float = option(
        0.0,
        "where in the steps it starts to act, a fraction 0..1 (default 0)",
        **PART_OF_STEPS,
    )
    control_end: float = option(
        1.0,
        "where in the steps it ends to act, a fraction 0..1 (default 1)",
        **PART_OF_STEPS,
    )

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("width", "height"):
            if getattr(self, name) % TOKEN_PX:
                raise SettingError(name, f"must be a multiple of {TOKEN_PX} pixels, got {getattr(self, name)}")
        if self.hard_binding_steps is not None:
            check_integer("hard_binding_steps", self.hard_binding_steps, 0, self.steps)
        if self.control_end < self.control_start:
            raise SettingError("control_end", f"must be in {self.control_start:g}..1, got {self.control_end:g}")

    @property
    def grid(self) -> TokenGrid:
        """The canvas in tokens of its model. Raises `RenderError` for a size that the model does not paint."""
        return profile_of(self.model).sizes.grid(self.width, self.height)

    @classmethod
    def for_model(cls, model: str, **overrides: Any) -> RenderSettings:
        """Return the settings that suit a model, changed by the overrides. Raises as `changed`."""
        return cls(model=model, **model_defaults(model)).changed(**overrides)

    def changed(self, **overrides: Any) -> RenderSettings:
        """Return a copy with other values.

        With more or fewer steps, hard binding keeps its share of them, at least one, unless the overrides
        say otherwise.
        Raises `RenderError` for a setting that does not exist, and `SettingError` for a wrong value.
        """
        _check_names(type(self), overrides, "unknown setting {}; the settings are {}")
        if "steps" in overrides and self.hard_binding_steps is not None:
            steps = check_integer("steps", overrides["steps"], 1, None)
            share = round(self.hard_binding_steps * steps / self.steps)
            overrides = {"hard_binding_steps": max(share, min(self.hard_binding_steps, 1)), **overrides}
        return replace(self, **overrides)

    def seeded(self) -> RenderSettings:
        """Return the settings with a seed: their own, or a new one."""
        return self if self.seed is not None else replace(self, seed=new_seed())

    def of_picture(self, number: int) -> RenderSettings:
        """Return the settings of picture `number` of several, from 0: seeds count up, where there is one."""
        return self if self.seed is None else replace(self, seed=seed_of_picture(self.seed, number))

    def with_paths(self, changed: Callable[[str], str]) -> RenderSettings:
        """Return the settings with what may be the names of files and folders changed."""
        files = [(text, split_scale(text)[0]) for text in self.lora]
        adapters = {name: value and changed(value) for name, value in vars(self.adapters).items()}
        names = ("controlnet", "control_image", *(() if self.model == EMBEDDED else ("model",)))
        given: dict[str, Any] = {name: value and changed(value) for name in names for value in [getattr(self, name)]}
        lora = tuple(changed(file) + text[len(file) :] for text, file in files)
        return replace(self, lora=lora, adapters=Adapters(**adapters), **given)

    def with_files_from(self, folder: Path) -> RenderSettings:
        """Return the settings with the names of files and folders that are there, seen from a folder, absolute.

        Other names, such as a hub's, stay as they are.
        """

        def absolute(name: str) -> str:
            path = os.path.join(folder, os.path.expanduser(name))  # noqa: PTH111, PTH118 - never raises
            return os.path.realpath(path) if os.path.exists(path) else name  # noqa: PTH110 - never raises

        return self.with_paths(absolute)

    def options(self) -> dict[str, Any]:
        """Return what a pipeline's call is told: the settings that `CallOptions` has, under its names."""
        named = {**vars(self), "num_inference_steps": self.steps}
        return {name: named[name] for name in CallOptions.__annotations__ if name in named}

    def weights(self) -> dict[str, Any]:
        """Return what decides a model's weights, as arguments of `load_pipeline`: equal ones need one model."""
        chosen = {"model": self.model, "lora": self.lora, "quantize": self.quantize}
        return {**chosen, "controlnet": self.controlnet} if self.controlnet else chosen

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON values; those that are `unsaid` are left out where they are the default."""
        default, about = RenderSettings(), options(self)
        unused = [name for name in about if about[name].unsaid and getattr(self, name) == getattr(default, name)]
        values = {**asdict(self), "lora": list(self.lora), "adapters": self.adapters.to_dict()}
        return {name: value for name, value in values.items() if name not in unused and value != {}}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RenderSettings:
        """Read what `to_dict` wrote. Raises as `changed`."""
        _check_names(cls, values, "unknown setting {}; the settings are {}")
        return cls(**{**values, "adapters": Adapters.from_dict(values.get("adapters", {}))})


@dataclass(frozen=True)
class LoadOptions:
    """How a model is loaded and run; none of it is meant to change the picture, beyond rounding.

    device: "cpu", "cuda", …; None: CUDA where there is one.
    dtype: the numbers that are computed with; None: bfloat16 on CUDA, and on a CPU whose memory has no room for the
        weights in float32; else float32.
    offload: what is kept in the CPU's memory while it does not run: whole models, groups of blocks, single layers.
    compile: compile the transformer's blocks: True, or the name of a torch.compile backend.
    attention_backend: one that diffusers knows.
    base: for a model in a single file, the pipeline that its other parts come from.

    Raises `SettingError`, a `RenderError`, for what none of them can be.
    """

    device: str | None = option(None, "cpu, cuda, mps, … (default: cuda where there is one)")
    dtype: str | None = option(None, "numbers to compute with (default: bfloat16 on cuda)", choices=DTYPES)
    offload: str | None = option(None, "keep what does not run in the CPU's memory", choices=OFFLOADS)
    compile: bool | str = option(False, "compile the transformer's blocks", read=bool)
    attention_backend: str | None = option(None, "native, flash, sage, … (default: native)", metavar="NAME")
    base: str | None = option(None, "where a single file's text encoders and VAE come from", metavar="MODEL")

    def __post_init__(self) -> None:
        check_fields(self)

    def changed(self, **overrides: Any) -> LoadOptions:
        """Return a copy with other values.

        Raises `RenderError` for an option that does not exist, and `SettingError` for a wrong value.
        """
        _check_names(type(self), overrides, "unknown option of loading {}; the options are {}")
        return replace(self, **overrides)

    def on(self, device: str | None) -> LoadOptions:
        """Return the options with another device, where one is given."""
        return self if device is None else replace(self, device=device)

    def arguments(self) -> dict[str, Any]:
        """Return the options as arguments of `load_pipeline`."""
        return dict(vars(self))


def _check_names(record: type[Any], values: dict[str, Any], message: str) -> None:
    """Raise `RenderError` for a name that is no field; the message gets it and the names that are."""
    if not isinstance(values, dict):
        raise RenderError(f"{record.__name__} must be an object, got {values!r:.60}")
    known = [each.name for each in fields(record)]
    for name in values:
        if name not in known:
            meant = SAID_ELSEWHERE.get(name) or did_you_mean(str(name), known)
            raise RenderError(message.format(shown(name), ", ".join(known)) + (f" ({meant})" if meant else ""))


def model_defaults(model: str) -> dict[str, Any]:
    """Return the settings that suit a model; its family tells them by its files."""
    found = profile_of(model).defaults(checkpoint_of(model))
    return {
        "width": found.side_px,
        "height": found.side_px,
        "steps": found.steps,
        "guidance_scale": found.guidance_scale,
        "hard_binding_steps": found.hard_binding_steps,
    }


def repaint_binding_steps(settings: RenderSettings) -> int:
    """Return in how many first steps a new object is painted alone: as many as the picture's own, or its model's.

    At most all steps but one: the last ones fit the object into the picture.
    """
    bound = settings.hard_binding_steps
    if bound is None:
        bound = RenderSettings.for_model(settings.model, steps=settings.steps).hard_binding_steps or 0
    return max(0, min(bound, settings.steps - 1))


def default_model() -> str:
    """Return the image model that the environment names in `RAGPLAN_IMAGE_MODEL`, else the embedded one."""
    return os.environ.get(MODEL_VARIABLE) or EMBEDDED
