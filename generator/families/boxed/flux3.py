"""FLUX.3: its caption and table of boxes, painted by diffusers' modular pipeline, of which text-to-image is kept.

The modular pipeline would have a language model rewrite every prompt first; that step is left out, as the plan's
prompt is in the model's own format. Its parts are read by `load_components`, and one block is put into the loop over
the steps, which tells them: modular pipelines have no callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import torch
from diffusers import ClassifierFreeGuidance, ModularPipeline
from diffusers.modular_pipelines import ModularPipelineBlocks
from diffusers.modular_pipelines.flux3.decoders import Flux3DecodeStep
from PIL import Image

from generator.families.boxed.pipeline import BoxedPipeline, Shown
from generator.families.flux2 import Flux2
from generator.families.profiles.flux3 import FLUX3
from generator.families.profiles.profile import Profile
from generator.regions.call import Call
from planner.errors import RenderError

PARTS = ("text_encoder", "tokenizer", "vae", "transformer")
OnStep = Callable[[int, Any, torch.Tensor], None]


class Told(ModularPipelineBlocks):  # type: ignore[misc]
    """The last block of each step: tells whoever listens the latents, (batch, image tokens, channels)."""

    on_step: OnStep | None = None

    @property
    def description(self) -> str:
        """Say what it does."""
        return "Tells the latents after each step."

    def __call__(self, components: Any, block_state: Any, i: int, t: torch.Tensor) -> tuple[Any, Any]:
        """Tell one step; changes nothing."""
        if self.on_step is not None:
            self.on_step(i, t, block_state.latents)
        return components, block_state


class BoxedFlux3Pipeline(BoxedPipeline):
    """diffusers' modular FLUX.3 pipeline, distilled or not, for plans; what is not here is the pipeline's own.

    pipe: with the blocks of text-to-image.
    """

    profile: ClassVar[Profile] = FLUX3
    family: ClassVar[Shown] = Flux2()  # the same autoencoder, and the same tokens

    def __init__(self, pipe: Any) -> None:
        self.told = Told()
        blocks = pipe.blocks.get_workflow("text2image")
        blocks.sub_blocks.pop("prompt_upsampler", None)
        loop = next(block for block in blocks.sub_blocks.values() if hasattr(block, "loop_step"))
        loop.sub_blocks["told"] = self.told
        self.pipe = type(pipe)(blocks=blocks, pretrained_model_name_or_path=pipe._pretrained_model_name_or_path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["pipe"], name)

    @classmethod
    def from_pretrained(cls, source: str, *, dtype: torch.dtype, quantization_config: Any = None) -> Self:
        """Read a folder that diffusers saved, or a checkpoint of the hub. Raises `RenderError` where parts are missing.

        quantization_config: as diffusers' pipelines take it.
        """
        found = cls(ModularPipeline.from_pretrained(source))
        fewer = {} if quantization_config is None else {"quantization_config": quantization_config.quant_mapping}
        found.pipe.load_components(dtype=dtype, **fewer)
        if missing := [part for part in PARTS if getattr(found.pipe, part, None) is None]:
            raise RenderError(f"{source!r} has no {missing[0]} that could be loaded")
        return found

    def paint(self, prompt: str, call: Call, generator: torch.Generator | None) -> Image.Image:
        """Paint one picture of a caption with its table. Raises `RenderError` where it is too long."""
        count = len(self.pipe.tokenizer.tokenizer(prompt)["input_ids"])
        if count > call.max_sequence_length:
            raise RenderError(
                f"the plan is too long for FLUX.3: {count} of at most {call.max_sequence_length} tokens; leave objects "
                "or words out"
            )
        self._guide(call)
        self.told.on_step = self._listener(call)
        given: dict[str, Any] = {"prompt": prompt, "height": call.height, "width": call.width}
        given |= {"num_inference_steps": call.num_inference_steps, "generator": generator}
        given |= {"max_sequence_length": call.max_sequence_length}
        given |= {} if call.negative_prompt is None else {"negative_prompt": call.negative_prompt}
        try:
            [image] = self.pipe(**given, output="images")
        finally:
            self.told.on_step = None
        picture: Image.Image = image
        return picture

    def _guide(self, call: Call) -> None:
        """Set how strongly the steps are guided; the distilled model is not."""
        if "guider" in self.pipe.components:
            self.pipe.update_components(guider=ClassifierFreeGuidance(guidance_scale=call.guidance_scale))
        if call.negative_prompt is not None and not self.pipe.requires_unconditional_embeds:
            raise RenderError(
                "negative_prompt needs a FLUX.3 that was not distilled and a guidance_scale other than 1, got "
                f"{call.negative_prompt!r} at {call.guidance_scale:g}"
            )

    def _listener(self, call: Call) -> OnStep | None:
        if call.callback_on_step_end is None:
            return None
        listener = call.callback_on_step_end

        def tell(step: int, timestep: Any, latents: torch.Tensor) -> None:
            listener(self, step, timestep, {"latents": latents})

        return tell

    @staticmethod
    def _unpatchify_latents(latents: torch.Tensor) -> torch.Tensor:
        unpatched: torch.Tensor = Flux3DecodeStep._unpatchify_latents(latents)
        return unpatched
