"""`BoxedPipeline`: what makes a pipeline of a model that takes boxes itself paint plans."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, Protocol, Unpack

import torch
from diffusers import ImagePipelineOutput
from PIL import Image

from generator.families.profiles.profile import Profile
from generator.families.suiting import REGIONAL, unrefined
from generator.regions.call import Call, CallOptions, divided
from generator.regions.geometry import Sizes, TokenGrid
from planner.errors import RenderError
from planner.formats.registry import export_plan
from planner.plan import Plan

# What a call cannot be told, and the value that says nothing: it acts by regions, or by what these pipelines lack.
REFUSED: Final[dict[str, Any]] = {
    **REGIONAL,
    "step_cache": None,
    "image_embeds": None,
    "latents": None,
    "sigmas": None,
    "texts": None,
    "true_cfg_scale": 1.0,
    "output_type": "pil",
    "return_dict": True,
}


class Shown(Protocol):
    """How a picture looks while it is painted: a part of `generator.regions.family.Family`, as previews need it."""

    sizes: Sizes

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Turn packed latents into a picture's: (batch, channels, height, width)."""
        ...

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Turn a picture's latents into pictures: "pil", "np" or "pt"."""
        ...


class BoxedPipeline(ABC):
    """The call that paints plans, one picture after the other; goes in front of a stock pipeline as a base class.

    profile: what there is to know of its models.
    family: how its pictures look while they are painted.
    """

    profile: ClassVar[Profile]
    family: ClassVar[Shown]

    def __call__(self, plan: Plan | Sequence[Plan], **options: Unpack[CallOptions]) -> ImagePipelineOutput:
        """Paint a plan, or several one after the other.

        plan: its prompt and objects, and what is written of its cells' prompts; a warning names what is not.
        options: those of `CallOptions` that do not act by regions: size, steps, guidance_scale, negative_prompt,
            max_sequence_length, generator, num_images_per_prompt, joint_attention_kwargs, and callbacks.

        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        """
        self._refuse(dict(options))
        plans: list[Plan] = list(plan) if isinstance(plan, list | tuple) else [plan]  # type: ignore[list-item]
        shares = divided(plans, options)
        texts = [export_plan(each, str(self.profile.prompt_format)) for each in plans]
        calls = [self._call(each, share) for each, share in zip(plans, shares, strict=True)]
        paired = zip(texts, calls, strict=True)
        with torch.no_grad():
            images = [self.paint(text, call, noise) for text, call in paired for noise in _generators(call)]
        return ImagePipelineOutput(images=images)

    @abstractmethod
    def paint(self, prompt: str, call: Call, generator: torch.Generator | None) -> Image.Image:
        """Paint one picture of a prompt in the model's own format. Raises `RenderError` where it is too long."""

    def _refuse(self, options: dict[str, Any]) -> None:
        for name, unsaid in REFUSED.items():
            given = options.get(name, unsaid)
            if given is not None and given != unsaid:
                raise RenderError(
                    f"{self.profile.name} takes boxes in its prompt and knows no {name}, got {given!r:.60}"
                )

    def _call(self, plan: Plan, options: dict[str, Any]) -> Call:
        """Check the options of a call; cells and objects are in the prompt."""
        own = {"longest_text": self.profile.longest_text, "sizes": self.profile.sizes, "hard_binding_steps": None}
        return Call.of(unrefined(plan), self.side_px, self.profile.longest_text, **{**own, **options})

    @property
    def side_px(self) -> int:
        """The side of the model's own square picture."""
        return 1024


def _generators(call: Call) -> Iterator[torch.Generator | None]:
    """Yield the generator of each picture."""
    given = call.generators
    for number in range(call.num_images_per_prompt):
        yield given[number] if isinstance(given, list) else given
