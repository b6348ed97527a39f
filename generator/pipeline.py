"""`RegionalFluxPipeline`: FLUX that paints a plan, by hard binding and soft refinement (RAG-Diffusion).

`PlanPainting` is what it adds to diffusers' pipeline (`control_pipeline` adds the same to another one). Read `__call__`
from top to bottom: check → encode → noise → denoise → decode. The transformer is called as diffusers calls it; what is
different about regions is in `attention` (cells), `binding` (boxes) and `repaint` (masks).
Tensors: latents (images, image tokens, channels), packed as FLUX packs them, tokens row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from diffusers import DiffusionPipeline, FluxPipeline
from diffusers.pipelines.flux import FluxPipelineOutput
from diffusers.pipelines.flux.pipeline_flux import get_module_execution_device

from generator.adapters.embeds import ImageEmbeds
from generator.adapters.loaders import ImageAdapters
from generator.adapters.lora import object_loras
from generator.adapters.prompts import check_images
from generator.regions.batching import check_batch, divided
from generator.regions.call import MAX_TEXT_TOKENS, Request
from generator.regions.denoise import Canvas, Denoiser, Text, denoiser
from generator.regions.hard_binding import HardBinding
from generator.regions.masking import Mask, mask_tokens
from generator.regions.prepare import Preparation
from generator.regions.repaint_request import Repaint
from generator.regions.repainting import Region, Repainting, RepaintOutput
from planner.errors import RenderError
from planner.plan import Plan


class PlanPainting(ImageAdapters, DiffusionPipeline):  # type: ignore[misc]
    """The calls that paint plans, for any of diffusers' FLUX.1 pipelines; goes in front of one as a base class."""

    @torch.no_grad()
    def __call__(
        self,
        plan: Plan | Sequence[Plan],
        *,
        height: int | None = None,
        width: int | None = None,
        num_inference_steps: int = 20,
        guidance_scale: float = 3.5,
        hard_binding_steps: int | None = 2,
        refinement_strength: float = 1.0,
        step_cache: float | None = None,
        max_sequence_length: int | None = None,
        region_max_sequence_length: int | None = None,
        num_images_per_prompt: int = 1,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        joint_attention_kwargs: Mapping[str, Any] | None = None,
        callback_on_step_end: Callable[..., dict[str, Any]] | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
        image_embeds: Mapping[int, ImageEmbeds] | None = None,
    ) -> FluxPipelineOutput:
        """Paint a plan.

        plan: the base prompt, cells and objects. A list of plans with the same cells is painted as one batch; prompts
            and objects may differ. At δ = 0, cells may too.
        height, width: px, multiples of 16; None takes the model's own (1024 for FLUX.1).
        num_inference_steps: 1 or more. guidance_scale: distilled guidance, without effect on models that have none.
        hard_binding_steps: in how many first steps the objects are painted alone and put into their boxes, 0 to all;
            0 still places their noise, None leaves the objects out. A number of an object's own goes before it.
        refinement_strength: δ, the weight 0..1 of the cells' own prompts against the base prompt. A number of a
            cell's own goes before it; in steps outside the plan's refinement_steps it is 0.
        step_cache: threshold of diffusers' first-block cache, 0 and up, for instance 0.08: in steps that bind nothing,
            a first block that changed by less skips the others. Faster, and the picture changes. None: no cache.
            Only at δ = 0 or 1.
        max_sequence_length: text tokens of the base prompt, 1..512; None takes the model's own (512 for FLUX.1).
        region_max_sequence_length: the same for the prompts of cells and objects; None takes the base prompt's.
            Fewer are faster and change the picture slightly.
        num_images_per_prompt: how many pictures of each plan. generator: where all noise comes from: the pictures'
            first, then that of the boxes in order, plan by plan. A list, one for each picture, gives the pictures of as
            many single calls.
        latents: the pictures' noise, packed: (images, image tokens, channels). That of the boxes is still drawn.
        output_type: "pil", "np", "pt" or "latent" (packed). return_dict: False gives a tuple.
        joint_attention_kwargs: for the attention processors, for instance {"scale": 0.5} for a LoRA.
        callback_on_step_end: called as diffusers does, after every step, with the tensors named in
            callback_on_step_end_tensor_inputs: "latents", "prompt_embeds" (the base prompt's; no effect at δ = 1).
        image_embeds: by the objects' numbers, what an adapter made of the reference picture that the plan names; each
            acts with the plan's weight. One for every object with a picture, and its adapter is loaded.

        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        Source: "Region-Aware Text-to-Image Generation via Hard Binding and Soft Refinement" (2024), and its release.
        """
        requests = self._requests(
            plan,
            height=height,
            width=width,
            num_inference_steps=num_inference_steps,
            guidance_scale=guidance_scale,
            hard_binding_steps=hard_binding_steps,
            refinement_strength=refinement_strength,
            step_cache=step_cache,
            max_sequence_length=max_sequence_length,
            region_max_sequence_length=region_max_sequence_length,
            num_images_per_prompt=num_images_per_prompt,
            generator=generator,
            latents=latents,
            output_type=output_type,
            return_dict=return_dict,
            joint_attention_kwargs=joint_attention_kwargs,
            callback_on_step_end=callback_on_step_end,
            callback_on_step_end_tensor_inputs=callback_on_step_end_tensor_inputs,
            image_embeds=image_embeds,
        )
        return self._paint(requests)

    def _paint(self, requests: Sequence[Request]) -> FluxPipelineOutput:
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
    def repaint(self, plan: Plan, mask: Mask, repaint: Repaint, **arguments: Any) -> RepaintOutput:
        """Paint a plan, and once more with one region painted anew.

        mask: what is painted anew: the black (0..128) of a PIL image or of an array (height, width[, channels]) of
            uint8 or bool, which grows by 10 pixels; or a box in fractions of the canvas. Most inpainting tools have it
            the other way round.
        repaint: what the region shows afterwards. arguments: the keyword arguments of the call that paints the plan,
            with the same defaults; the same ones make the same original.

        Outside the region, in whole tokens of 16 pixels, the packed latents of both pictures are the same bytes.
        Returns the originals as `.images` and the new pictures as `.repainted` (or a tuple of the two).
        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        """
        request = self._request(plan, **arguments)
        if not isinstance(repaint, Repaint):
            raise RenderError(f"repaint must be a generator.Repaint, got {type(repaint).__name__}")
        repaint.check(request)
        region = Region(mask_tokens(mask, request.grid), request.grid)
        with (
            object_loras(self, request.loras) as loras,
            denoiser(self.transformer, request, binds=True, loras=loras) as model,
        ):
            prepared = Preparation(self, request)
            timesteps = prepared.schedule()
            picture = prepared.picture()
            binding = HardBinding.of([prepared.boxes()], request.grid)
            repainting = prepared.repainting(repaint, region, picture)
            self._denoise(request, model, timesteps, picture, binding, repainting)
        images, repainted = (self._decode(request, canvas.latents) for canvas in (picture, repainting.canvas))
        self.maybe_free_model_hooks()
        output = RepaintOutput(images=images, repainted=repainted)
        return output if request.return_dict else output.to_tuple()

    def _requests(self, plan: Plan | Sequence[Plan], **arguments: Any) -> list[Request]:
        """Check the arguments of a call for each of its plans."""
        plans: list[Any] = list(plan) if isinstance(plan, list | tuple) else [plan]
        requests = [self._request(**own) for own in divided(plans, arguments)]
        check_batch(requests)
        return requests

    def _request(self, plan: Plan, **arguments: Any) -> Request:
        """Check the arguments of a call, None being the model's own, and set what callbacks may read."""
        for name in ("height", "width"):
            if arguments.get(name) is None:
                arguments[name] = self.vae.config.sample_size
        if arguments.get("max_sequence_length") is None:
            arguments["max_sequence_length"] = min(self.tokenizer_2.model_max_length, MAX_TEXT_TOKENS)
        if arguments.get("region_max_sequence_length") is None:
            arguments["region_max_sequence_length"] = arguments["max_sequence_length"]
        request = Request(plan, **arguments)
        check_images(self.transformer, request)
        self._guidance_scale = request.guidance_scale
        self._joint_attention_kwargs = dict(request.joint_attention_kwargs or {})
        self._current_timestep = None
        self._interrupt = False
        return request

    def _denoise(
        self,
        request: Request,
        model: Denoiser,
        timesteps: torch.Tensor,
        picture: Canvas,
        binding: HardBinding,
        repainting: Repainting | None = None,
    ) -> None:
        """Take the picture, and the one that is repainted beside it, through all steps."""
        self._num_timesteps = len(timesteps)
        refined = [(canvas, canvas.regions) for canvas in (picture, repainting.canvas if repainting else picture)]
        with self.progress_bar(total=len(timesteps)) as progress:
            for step, timestep in enumerate(timesteps):
                if self.interrupt:
                    continue
                self._current_timestep = timestep
                for canvas, regions in refined:
                    canvas.regions = regions if step in request.refined_steps else None
                features = binding.denoise(step, timestep, picture, model)
                kept = repainting.recorded(step, picture) if repainting else []
                velocity = model.velocity(picture, timestep, written=features, recorded=kept)
                velocity = binding.paste_velocity(step, velocity)
                if repainting:
                    repainting.denoise(timestep, picture, velocity, kept, model)
                picture.advance(velocity, timestep)
                self._call_back(request, step, timestep, picture)
                if repainting:
                    repainting.keep(picture)
                progress.update()
        self._current_timestep = None

    def _call_back(self, request: Request, step: int, timestep: torch.Tensor, picture: Canvas) -> None:
        """Let the caller see, and replace, tensors after a step, as diffusers does."""
        if request.callback_on_step_end is None:
            return
        tensors = {"latents": picture.latents, "prompt_embeds": picture.text.embeds}
        asked = {name: tensors[name] for name in request.callback_on_step_end_tensor_inputs}
        changed = request.callback_on_step_end(self, step, timestep, asked)
        picture.latents = changed.get("latents", picture.latents)
        embeds = changed.get("prompt_embeds", picture.text.embeds)
        picture.text = Text(embeds, picture.text.pooled, picture.text.ids.new_zeros(embeds.shape[1], 3))

    def _decode(self, request: Request, latents: torch.Tensor) -> Any:
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
