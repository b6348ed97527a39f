"""`RegionalFluxPipeline`: FLUX that paints a plan, by hard binding and soft refinement (RAG-Diffusion).

`PlanPainting` is what it adds to diffusers' pipeline (`control_pipeline` adds the same to another one). Read `__call__`
from top to bottom: check → encode → noise → denoise → decode. The transformer is called as diffusers calls it; what is
different about regions is in `attention` (cells), `binding` (boxes) and `repaint` (masks).
Tensors: latents (images, image tokens, channels), packed as FLUX packs them, tokens row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import torch
from diffusers import DiffusionPipeline, FluxPipeline
from diffusers.pipelines.flux import FluxPipelineOutput
from diffusers.pipelines.flux.pipeline_flux import get_module_execution_device

from generator.adapters.loaders import ImageAdapters
from generator.adapters.lora import object_loras
from generator.adapters.prompts import check_images
from generator.regions.call import MAX_TEXT_TOKENS, Call, CallOptions, check_batch, divided
from generator.regions.denoise import Canvas, Denoiser, Text, denoiser
from generator.regions.hard_binding import HardBinding
from generator.regions.masking import Repaint
from generator.regions.prepare import Preparation
from generator.regions.repainting import Chain, RepaintOutput
from planner.errors import RenderError
from planner.plan import Plan

NOTHING_ANEW = Chain()


class PlanPainting(ImageAdapters, DiffusionPipeline):  # type: ignore[misc]
    """The calls that paint plans, for any of diffusers' FLUX.1 pipelines; goes in front of one as a base class."""

    @torch.no_grad()
    def __call__(self, plan: Plan | Sequence[Plan], **options: Unpack[CallOptions]) -> FluxPipelineOutput:
        """Paint a plan.

        plan: the base prompt, cells and objects. A list of plans with the same cells is painted as one batch; prompts
            and objects may differ. At δ = 0, cells may too.
        options: `CallOptions`, where each is described.

        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        Source: "Region-Aware Text-to-Image Generation via Hard Binding and Soft Refinement" (2024), and its release.
        """
        return self._paint(self._calls(plan, options))

    def _paint(self, requests: Sequence[Call]) -> FluxPipelineOutput:
        """Paint what was checked."""
        request = requests[0]
        texts: dict[tuple[str, int], Text] = {}
        binds = any(each.boxes for each in requests)
        with (
            object_loras(self, [lora for each in requests for lora in each.loras]) as loras,
            denoiser(self.transformer, request, binds=binds, loras=loras) as model,
        ):
            plans = [Preparation(self, each, requests, texts) for each in requests]
            timesteps = plans[0].schedule()
            canvases = [(plan.picture(), plan.boxes()) for plan in plans]
            picture = Canvas.join([picture for picture, _ in canvases])
            binding = HardBinding.of([boxes for _, boxes in canvases], request.grid)
            self._denoise(request, model, timesteps, picture, binding)
        images = self._decode(request, picture.latents)
        self.maybe_free_model_hooks()
        return FluxPipelineOutput(images=images) if request.return_dict else (images,)

    @torch.no_grad()
    def repaint(
        self, plan: Plan, repaints: Repaint | Sequence[Repaint], **options: Unpack[CallOptions]
    ) -> RepaintOutput:
        """Paint a plan, and once more with one region painted anew, or several, one after the other.

        repaints: the region and what it shows afterwards. Of a list each is of the picture that the one before it
            made; k of them cost k passes more in each step, and no more memory than one.
        options: `CallOptions`, those of the call that paints the plan; the same ones make the same original.

        Outside a region, in whole tokens of 16 pixels, the packed latents of its picture and of the one before it are
        the same bytes.
        Returns the originals as `.images`, the last new pictures as `.repainted`, those in between as `.between` (or a
        tuple of these).
        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        """
        request = self._call(plan, options)
        listed = [repaints] if isinstance(repaints, Repaint) else repaints
        _check_repaints(listed, request)
        with (
            object_loras(self, request.loras) as loras,
            denoiser(self.transformer, request, binds=True, loras=loras) as model,
        ):
            prepared = Preparation(self, request)
            timesteps = prepared.schedule()
            picture = prepared.picture()
            binding = HardBinding.of([prepared.boxes()], request.grid)
            chain = Chain([prepared.repainting(repaint, picture) for repaint in listed])
            self._denoise(request, model, timesteps, picture, binding, chain)
        canvases = [picture, *(new.canvas for new in chain.pictures)]
        images, *between, repainted = (self._decode(request, canvas.latents) for canvas in canvases)
        self.maybe_free_model_hooks()
        output = RepaintOutput(images=images, repainted=repainted, between=between or None)
        return output if request.return_dict else output.to_tuple()

    def _calls(self, plan: Plan | Sequence[Plan], options: Mapping[str, Any]) -> list[Call]:
        """Check the options of a call for each of its plans."""
        plans: list[Any] = list(plan) if isinstance(plan, list | tuple) else [plan]
        shares = divided(plans, options)
        calls = [self._call(each, own) for each, own in zip(plans, shares, strict=True)]
        check_batch(calls)
        return calls

    def _call(self, plan: Plan, options: Mapping[str, Any]) -> Call:
        """Check the options of a call, None being the model's own, and set what callbacks may read."""
        tokens = min(self.tokenizer_2.model_max_length, MAX_TEXT_TOKENS) if self.tokenizer_2 else MAX_TEXT_TOKENS
        side_px = self.vae.config.sample_size if self.vae else 0
        call = Call.of(plan, side_px, tokens, **options)
        check_images(self.transformer, call)
        self._guidance_scale = call.guidance_scale
        self._joint_attention_kwargs = dict(call.joint_attention_kwargs or {})
        self._current_timestep = None
        self._interrupt = False
        return call

    def _denoise(
        self,
        request: Call,
        model: Denoiser,
        timesteps: torch.Tensor,
        picture: Canvas,
        binding: HardBinding,
        chain: Chain = NOTHING_ANEW,
    ) -> None:
        """Take the picture, and those that are repainted beside it, through all steps."""
        self._num_timesteps = len(timesteps)
        canvases = [picture, *(new.canvas for new in chain.pictures)]
        refined = [(canvas, canvas.regions) for canvas in canvases]
        with self.progress_bar(total=len(timesteps)) as progress:
            for step, timestep in enumerate(timesteps):
                if self.interrupt:
                    continue
                self._current_timestep = timestep
                for canvas, regions in refined:
                    canvas.regions = regions if step in request.refined_steps else None
                features = binding.denoise(step, timestep, picture, model)
                kept = chain.recorded(step, picture)
                velocity = model.velocity(picture, timestep, written=features, recorded=kept)
                velocity = binding.paste_velocity(step, velocity)
                chain.denoise(step, timestep, picture, velocity, kept, model)
                picture.advance(velocity, timestep)
                self._call_back(request, step, timestep, picture, chain)
                chain.finish(picture)
                progress.update()
        self._current_timestep = None

    def _call_back(self, request: Call, step: int, timestep: torch.Tensor, picture: Canvas, chain: Chain) -> None:
        """Let the caller see, and replace, tensors after a step, as diffusers does."""
        if request.callback_on_step_end is None:
            return
        tensors = {
            "latents": picture.latents,
            "prompt_embeds": picture.text.embeds,
            "repainted": chain.latents(picture),
        }
        asked = {name: tensors[name] for name in request.callback_on_step_end_tensor_inputs}
        changed = request.callback_on_step_end(self, step, timestep, asked)
        picture.latents = changed.get("latents", picture.latents)
        embeds = changed.get("prompt_embeds", picture.text.embeds)
        picture.text = Text(embeds, picture.text.pooled, picture.text.ids.new_zeros(embeds.shape[1], 3))

    def _decode(self, request: Call, latents: torch.Tensor) -> Any:
        """Turn packed latents into pictures of the request's output type."""
        if request.output_type == "latent":
            return latents
        latents = self._unpack_latents(latents, request.height, request.width, self.vae_scale_factor)
        latents = latents / self.vae.config.scaling_factor + self.vae.config.shift_factor
        latents = latents.to(get_module_execution_device(self.vae))
        images = [self.vae.decode(one[None], return_dict=False)[0] for one in latents]  # memory for one at a time
        return self.image_processor.postprocess(torch.cat(images), output_type=request.output_type)


class RegionalFluxPipeline(PlanPainting, FluxPipeline):  # type: ignore[misc]
    """diffusers' `FluxPipeline` for plans: same parts, loaders, LoRA and offloading, another call.

    The stock call stays available on the same weights: `FluxPipeline(**pipe.components)`.
    """


def _check_repaints(repaints: Any, call: Call) -> None:
    """Raise `RenderError` for what is no repaint of the picture of a call, or none at all."""
    if not isinstance(repaints, list | tuple) or not repaints:
        raise RenderError(f"repaints must be a generator.Repaint, or a list of some, got {repaints!r:.80}")
    for repaint in repaints:
        if not isinstance(repaint, Repaint):
            raise RenderError(f"repaints must be generator.Repaint, got {type(repaint).__name__}")
        repaint.check(call)
