"""What a call of a pipeline is told: its options, checked before any work. No torch at run time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from generator.options import check_integer, check_number
from generator.regions.geometry import USUAL_SIZES, Sizes, TokenGrid, TokenRect, cell_rects, object_rects
from planner.errors import RenderError
from planner.plan import Plan

if TYPE_CHECKING:
    import torch

    from generator.regions.text import Text

OUTPUT_TYPES = ("pil", "np", "pt", "latent")
CALLBACK_TENSORS = ("latents", "prompt_embeds", "repainted")


class CallOptions(TypedDict, total=False):
    """The keyword arguments of a pipeline's call; whole numbers and fractions may be numpy's.

    height: px, a multiple of 16 for most models; None, the default, takes the model's own (1024 for most).
    width: the same.
    num_inference_steps: 1 or more (20).
    guidance_scale: 0 and up (3.5); distilled guidance, without effect on models that have none.
    hard_binding_steps: in how many first steps the objects are painted alone and put into their boxes, 0 to all (2);
        0 still places their noise, None leaves the objects out. A number of an object's own goes before it.
    refinement_strength: δ, the weight 0..1 of the cells' own prompts against the base prompt (1). A number of a cell's
        own goes before it; in steps outside the plan's refinement_steps it is 0.
    step_cache: threshold of diffusers' first-block cache, 0 and up, for instance 0.08: in steps that bind nothing, a
        first block that changed by less skips the others. Faster, and the picture changes. Only at δ = 0 or 1.
        None, the default: no cache.
    max_sequence_length: text tokens of the base prompt, 1..512; None, the default, takes the model's own.
    region_max_sequence_length: the same for the prompts of cells and objects; None, the default, takes the base
        prompt's. Fewer are faster and change the picture slightly.
    num_images_per_prompt: how many pictures of each plan (1).
    generator: where all noise comes from: the pictures' first, then that of the boxes in order, plan by plan. A list,
        one for each picture, gives the pictures of as many single calls.
    latents: the pictures' noise, packed: (images, image tokens, channels). That of the boxes is still drawn.
    output_type: "pil" (the default), "np", "pt" or "latent" (packed).
    return_dict: False gives a tuple.
    joint_attention_kwargs: for the attention processors, for instance {"scale": 0.5} for weights added to the model's.
    callback_on_step_end: called as diffusers does, after every step, with the tensors named in
        callback_on_step_end_tensor_inputs.
    callback_on_step_end_tensor_inputs: "latents" (the default), "prompt_embeds" (the base prompt's; without effect at
        δ = 1), "repainted" (the last new picture's latents, to look at only; until it starts, and where nothing is
        painted anew, those of the picture).
    image_embeds: by the objects' numbers, what an adapter made of the reference picture that the plan names; each acts
        with the plan's weight. One for every object with a picture, and its adapter is loaded.
    negative_prompt: what the picture is guided away from, by a second pass in each step, which no cell refines; None,
        the default: nothing. For models that have it; docs/models.md says how each is guided.
    true_cfg_scale: how strongly, for models whose guidance_scale is distilled: above 1, or 1, the default, for no
        second pass.
    sigmas: the noise levels of the steps, from 1 down, as many as steps; None, the default, takes the model's own.
    texts: prompts that were encoded before, by their words (`pipe.encode_texts`); with all that a plan has, the
        pipeline needs no text encoders.
    """

    height: int | None
    width: int | None
    num_inference_steps: int
    guidance_scale: float
    hard_binding_steps: int | None
    refinement_strength: float
    step_cache: float | None
    max_sequence_length: int | None
    region_max_sequence_length: int | None
    num_images_per_prompt: int
    generator: torch.Generator | Sequence[torch.Generator] | None
    latents: torch.Tensor | None
    output_type: str
    return_dict: bool
    joint_attention_kwargs: Mapping[str, Any] | None
    callback_on_step_end: Callable[..., dict[str, Any]] | None
    callback_on_step_end_tensor_inputs: Sequence[str]
    image_embeds: Mapping[int, Any] | None
    negative_prompt: str | None
    true_cfg_scale: float
    sigmas: Sequence[float] | None
    texts: Mapping[str, Text] | None


@dataclass(frozen=True)
class BoundBox:
    """The box of object `number` of the plan, which binds in the first `steps` steps (0: only its noise is placed)."""

    number: int
    rect: TokenRect
    steps: int


@dataclass(frozen=True)
class Call:
    """What one picture (or `num_images_per_prompt` of them) is made from; `CallOptions` describes the fields.

    Raises `RenderError`, or `PlanError` for a plan whose rows cannot be divided, with the wrong value and what is
    allowed. Only what cannot be generated is refused; whether the plan is a good one is not asked here.
    """

    plan: Plan
    height: int
    width: int
    max_sequence_length: int
    region_max_sequence_length: int
    num_inference_steps: int = 20
    guidance_scale: float = 3.5
    hard_binding_steps: int | None = 2
    refinement_strength: float = 1.0
    step_cache: float | None = None
    num_images_per_prompt: int = 1
    generator: torch.Generator | Sequence[torch.Generator] | None = None
    latents: torch.Tensor | None = None
    output_type: str = "pil"
    return_dict: bool = True
    joint_attention_kwargs: Mapping[str, Any] | None = None
    callback_on_step_end: Callable[..., dict[str, Any]] | None = None
    callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",)
    image_embeds: Mapping[int, Any] | None = None
    negative_prompt: str | None = None
    true_cfg_scale: float = 1.0
    sigmas: Sequence[float] | None = None
    texts: Mapping[str, Text] | None = None
    control: Sequence[Any] = ()
    marks: tuple[tuple[str, ...], ...] = ()
    longest_text: int = 512
    sizes: Sizes = USUAL_SIZES

    @classmethod
    def of(cls, plan: Plan, side_px: int, text_tokens: int, **options: Any) -> Call:
        """Check the options of a call; what of size and text length is None, or not given, is the model's own.

        side_px: of the model's own picture. text_tokens: of its longest prompt. options: `CallOptions`, and
            what pipelines add: `control`, `marks` (what else acts on each cell), `longest_text` (in tokens), `sizes`.
        Raises TypeError for an option that does not exist.
        """
        if unknown := [name for name in options if name not in cls.__dataclass_fields__]:
            raise TypeError(
                f"unexpected keyword argument {unknown[0]!r}; known are {', '.join(CallOptions.__annotations__)}"
            )
        given = {name: value.item() if isinstance(value, np.generic) else value for name, value in options.items()}
        for name, own in (("height", side_px), ("width", side_px), ("max_sequence_length", text_tokens)):
            given[name] = own if given.get(name) is None else given[name]
        if given.get("region_max_sequence_length") is None:
            given["region_max_sequence_length"] = given["max_sequence_length"]
        return cls(plan, **given)

    def __post_init__(self) -> None:
        if not isinstance(self.plan, Plan):
            raise RenderError(f"plan must be a planner.plan.Plan, got {type(self.plan).__name__}")
        for name in ("num_inference_steps", "num_images_per_prompt"):
            check_integer(name, getattr(self, name), 1, None)
        for name in ("max_sequence_length", "region_max_sequence_length"):
            check_integer(name, getattr(self, name), 1, self.longest_text)
        if self.hard_binding_steps is not None:
            check_integer("hard_binding_steps", self.hard_binding_steps, 0, self.num_inference_steps)
        for index, item in enumerate(self.plan.objects):
            if item.hard_binding_steps is not None:
                name = f"plan.objects[{index}].hard_binding_steps"
                check_integer(name, item.hard_binding_steps, 0, self.num_inference_steps)
        check_number("refinement_strength", self.refinement_strength, 0, 1)
        if self.refined_steps.stop > self.num_inference_steps:
            allowed = f"within the {self.num_inference_steps} steps"
            raise RenderError(f"plan.refinement_steps must be {allowed}, got {list(self.plan.refinement_steps or ())}")
        check_number("guidance_scale", self.guidance_scale, 0, math.inf)
        self._check_step_cache()
        self._check_tensors()
        self._check_output()
        self._check_images()
        self._check_guidance()
        _ = self.grid, self.boxes, self.cells  # raise now what is wrong with them

    @cached_property
    def grid(self) -> TokenGrid:
        """The canvas in tokens."""
        return self.sizes.grid(self.width, self.height)

    @cached_property
    def boxes(self) -> tuple[BoundBox, ...]:
        """The boxes that are bound, in the plan's order, an object's own number of steps before the call's."""
        own = [item.hard_binding_steps for item in self.plan.objects]
        steps = [self.hard_binding_steps if number is None else number for number in own]
        if all(number is None for number in steps):
            return ()
        bound = zip(object_rects(self.plan, self.grid), steps, strict=True)
        return tuple(BoundBox(index, rect, number) for index, (rect, number) in enumerate(bound) if number is not None)

    @cached_property
    def cells(self) -> tuple[TokenRect, ...]:
        """All cells in reading order; none without soft refinement, where δ is 0 everywhere."""
        return cell_rects(self.plan, self.grid) if any(self.strengths or (self.refinement_strength,)) else ()

    @cached_property
    def strengths(self) -> tuple[float, ...]:
        """The cells' δ in reading order, a cell's own before the call's."""
        own = [cell.refinement_strength for cell in self.plan.cells]
        return tuple(self.refinement_strength if strength is None else strength for strength in own)

    @property
    def cell_marks(self) -> tuple[tuple[str, ...], ...]:
        """What else acts on each cell in reading order: cells with other marks are refined apart."""
        return self.marks or tuple(() for _ in self.plan.cells)

    @property
    def mixed(self) -> bool:
        """Whether some, not all of what is attended to is a cell's own: two image streams are needed."""
        return any(self.strengths) and min(self.strengths) < 1

    @property
    def refined_steps(self) -> range:
        """The steps with soft refinement."""
        return range(*(self.plan.refinement_steps or (0, self.num_inference_steps)))

    @property
    def generators(self) -> torch.Generator | list[torch.Generator] | None:
        """The generators in the form that diffusers knows: one for all pictures, or a list with one for each."""
        return list(self.generator) if isinstance(self.generator, Sequence) else self.generator

    def _check_step_cache(self) -> None:
        if self.step_cache is None:
            return
        check_number("step_cache", self.step_cache, 0, math.inf)
        if self.mixed:
            found = ", ".join(f"{strength:g}" for strength in sorted(set(self.strengths)))
            raise RenderError(
                f"step_cache works with a refinement_strength of 0 or 1, got {found}: between them, or with both in "
                "one plan, the last block has more tokens than the first"
            )

    def _check_tensors(self) -> None:
        count = self.num_images_per_prompt
        if isinstance(self.generator, Sequence) and len(self.generator) != count:
            raise RenderError(f"{len(self.generator)} generators were given for {count} images; give one or {count}")
        if self.latents is not None and tuple(self.latents.shape[:2]) != (count, self.grid.count):
            raise RenderError(
                f"latents must be packed: ({count}, {self.grid.count}, channels) for {count} images of "
                f"{self.width}×{self.height}, got {tuple(self.latents.shape)}"
            )

    def _check_guidance(self) -> None:
        check_number("true_cfg_scale", self.true_cfg_scale, 1, math.inf)
        if self.sigmas is None:
            return
        if len(self.sigmas) != self.num_inference_steps:
            raise RenderError(f"sigmas must be {self.num_inference_steps}, one for each step, got {len(self.sigmas)}")
        for number, sigma in enumerate(self.sigmas):
            check_number(f"sigmas[{number}]", float(sigma), 0, 1)

    def _check_output(self) -> None:
        if self.output_type not in OUTPUT_TYPES:
            raise RenderError(f"output_type must be one of {', '.join(OUTPUT_TYPES)}, got {self.output_type!r}")
        for name in self.callback_on_step_end_tensor_inputs:
            if name not in CALLBACK_TENSORS:
                raise RenderError(
                    f"callback_on_step_end_tensor_inputs can name {', '.join(CALLBACK_TENSORS)}, got {name!r}"
                )

    def _check_images(self) -> None:
        for number, given in (self.image_embeds or {}).items():
            if number not in range(len(self.plan.objects)):
                raise RenderError(f"image_embeds has {number!r}, but the plan's objects are {len(self.plan.objects)}")
            image = self.plan.objects[number].image
            if image is None or getattr(given, "kind", None) != image.kind:
                asked = "no picture" if image is None else f"a picture of kind {image.kind!r}"
                kind = getattr(given, "kind", type(given).__name__)
                raise RenderError(f"object {number} has {asked} in the plan, image_embeds has one of kind {kind!r}")


def divided(plans: Sequence[Plan], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each plan's options: of generators in a list, and of latents, its own share, the others as they are.

    Raises `RenderError` where they cannot be divided.
    """
    if not plans:
        raise RenderError("there is no plan to paint: the list of plans is empty")
    if len(plans) == 1:
        return [dict(options)]
    images = options.get("num_images_per_prompt", 1)
    split = [name for name in ("generator", "latents") if hasattr(options.get(name), "__len__")]
    for name in split:
        if len(options[name]) != len(plans) * images:
            need = f"{'one, or a list of ' if name == 'generator' else ''}{len(plans) * images}"
            raise RenderError(
                f"{name} must be {need}: {len(plans)} plans have {images} pictures each; got {len(options[name])}"
            )
    shares = [slice(number * images, (number + 1) * images) for number in range(len(plans))]
    return [{**options, **{name: options[name][share] for name in split}} for share in shares]


def check_batch(calls: Sequence[Call]) -> None:
    """Raise `RenderError` for plans whose pictures cannot be painted as one batch."""
    if len(calls) > 1 and any(item.image for call in calls for item in call.plan.objects):
        raise RenderError("plans with reference pictures cannot be painted together; paint them one after the other")
    for number, call in enumerate(calls[1:], 1):
        if _refinement(call) != _refinement(calls[0]):
            raise RenderError(
                f"plans that are painted together need the same cells, and those of plan {number} are not plan 0's "
                "(or not refined as strongly, in the same steps, by the same adapters); paint them one after the other"
            )


def _refinement(call: Call) -> tuple[Any, ...]:
    """Return all that says where, when, how strongly and with which marks cells are refined; nothing where none is."""
    if not call.cells:
        return ()
    return call.cells, call.strengths, call.refined_steps, call.cell_marks
