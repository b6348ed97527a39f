"""What is known of a family of models before anything is loaded: one profile a family, without torch.

A checkpoint's own files say which of a family's models it is (`Checkpoint`), never its name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.model_size import ModelSize
from generator.regions.geometry import USUAL_SIZES, Sizes


@dataclass(frozen=True)
class Defaults:
    """The settings that suit a checkpoint.

    side_px: of its own square picture.
    hard_binding_steps: in how many first steps objects are bound; None: in none, for models that take boxes themselves.
    source: where these numbers are from.
    """

    steps: int
    guidance_scale: float
    hard_binding_steps: int | None
    source: str
    side_px: int = 1024


@dataclass(frozen=True)
class Works:
    """What works with a checkpoint besides plans, seeds and fewer bits, which all do.

    regions: hard binding, soft refinement, repaints and batches: all but models that take boxes in their own prompt.
    offload: what does not run can stay in the CPU's memory.
    guidance: whether guidance_scale acts; some are distilled without any.
    negative_prompt: whether a second pass guides away from one, where guidance_scale asks for it.
    lora: files for the whole picture, through diffusers. object_lora: for single objects.
    controlnet: a control image is followed.
    references: the kinds of reference pictures that an object can have.
    step_cache: diffusers' first-block cache.
    single_file: the transformer in one .safetensors or .gguf file.
    """

    regions: bool = True
    offload: bool = True
    guidance: bool = True
    negative_prompt: bool = False
    lora: bool = True
    object_lora: bool = False
    controlnet: bool = False
    references: tuple[str, ...] = ()
    step_cache: bool = False
    single_file: bool = False

    def said(self) -> str:
        """Say it in a line for people."""
        names = {"lora": "LoRA", "object_lora": "LoRA of an object", "controlnet": "ControlNet"}
        named = [*names, "negative_prompt", "step_cache", "single_file"]
        found = [names.get(name, name.replace("_", " ")) for name in named if getattr(self, name)]
        boxes = [] if self.regions else ["boxes in its own prompt"]
        pictures = [f"reference pictures ({', '.join(self.references)})"] if self.references else []
        return ", ".join([*boxes, *found, *pictures])


class Profile(ABC):
    """A family of models, of which an instance stands in `known.FAMILIES`.

    name: what people call it.
    stock: the classes of diffusers' pipelines (`_class_name` in model_index.json) whose checkpoints it paints with.
    module, pipeline: where our pipeline's class is, and its name; imported on use.
    known: checkpoints by name.
    sizes: which pictures it paints.
    longest_text: tokens of a prompt.
    quantized: the parts whose weights are quantised, the transformer first.
    prompt_format: of models that take boxes themselves, the name in `planner.formats` of how their prompt is written;
        None: plans are painted by regions.
    """

    name: ClassVar[str]
    stock: ClassVar[tuple[str, ...]]
    module: ClassVar[str]
    pipeline: ClassVar[str]
    known: ClassVar[tuple[KnownModel, ...]] = ()
    sizes: ClassVar[Sizes] = USUAL_SIZES
    longest_text: ClassVar[int] = 512
    quantized: ClassVar[tuple[str, ...]] = ("transformer", "text_encoder")
    prompt_format: ClassVar[str | None] = None

    def load(self, kind: str | None = None) -> Any:
        """Return our pipeline's class. kind: which of the stock classes it is for, where they need several."""
        return getattr(import_module(self.module), self.pipeline)

    @abstractmethod
    def defaults(self, checkpoint: Checkpoint) -> Defaults:
        """Return the settings that suit a checkpoint."""

    @abstractmethod
    def works(self, checkpoint: Checkpoint) -> Works:
        """Return what works with a checkpoint."""

    @abstractmethod
    def size(self, checkpoint: Checkpoint) -> ModelSize:
        """Return what a checkpoint's passes and weights cost; without its files, as was published with it."""

    def guided(self, checkpoint: Checkpoint, guidance_scale: float) -> bool:
        """Tell whether each step takes a second pass, which guides away from a negative prompt or none."""
        return False
