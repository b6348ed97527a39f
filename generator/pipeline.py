"""`RegionalFluxPipeline`: FLUX that paints a plan, by hard binding and soft refinement (RAG-Diffusion).

Read `__call__` from top to bottom: check → encode → noise → denoise → decode. The transformer is called as diffusers
calls it; `attention` and `binding` hold what is different about regions.
Tensors: latents (images, image tokens, channels), packed as FLUX packs them, tokens row by row.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers import FluxPipeline
from diffusers.pipelines.flux import FluxPipelineOutput
from diffusers.pipelines.flux.pipeline_flux import (
    calculate_shift,
    get_module_execution_device,
    retrieve_timesteps,
)

from generator.denoising import Canvas, Denoiser, Text, denoiser
from generator.geometry import TOKEN_PX, TokenRect
from generator.hard_binding import HardBinding
from generator.regions import Regions, TextStream
from generator.request import MAX_TEXT_TOKENS, Request
from planner.plan import Plan

Texts = Mapping[tuple[str, int], Text]  # by prompt and number of text tokens


class RegionalFluxPipeline(FluxPipeline):  # type: ignore[misc]
    """diffusers' `FluxPipeline` for plans: same parts, loaders, LoRA and offloading, another call.

    The stock call stays available on the same weights: `FluxPipeline(**pipe.components)`.
    """

    @torch.no_grad()
    def __call__(
        self,
        plan: Plan,
        *,
        height: int | None = None,
        width: int | None = None,
        num_inference_steps: int = 20,
        guidance_scale: float = 3.5,
        hard_binding_steps: int | None = 2,
        refinement_strength: float = 1.0,
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
    ) -> FluxPipelineOutput:
        """Paint a plan.

        plan: the base prompt, cells and objects.
        height, width: px, multiples of 16; None takes the model's own (1024 for FLUX.1).
        num_inference_steps: 1 or more. guidance_scale: distilled guidance, without effect on models that have none.
        hard_binding_steps: in how many first steps the objects are painted alone and put into their boxes, 0 to all;
            0 still places their noise, None leaves the objects out.
        refinement_strength: δ, the weight 0..1 of the cells' own prompts against the base prompt.
        max_sequence_length: text tokens of the base prompt, 1..512; None takes the model's own (512 for FLUX.1).
        region_max_sequence_length: the same for the prompts of cells and objects; None takes the base prompt's.
            Fewer are faster and change the picture slightly.
        num_images_per_prompt: how many pictures. generator: where all noise comes from: the pictures' first, then
            that of the boxes in order. A list, one for each picture, gives the pictures of as many single calls.
        latents: the pictures' noise, packed: (images, image tokens, channels). That of the boxes is still drawn.
        output_type: "pil", "np", "pt" or "latent" (packed). return_dict: False gives a tuple.
        joint_attention_kwargs: for the attention processors, for instance {"scale": 0.5} for a LoRA.
        callback_on_step_end: called as diffusers does, after every step, with the tensors named in
            callback_on_step_end_tensor_inputs: "latents", "prompt_embeds" (the base prompt's; no effect at δ = 1).

        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        Source: "Region-Aware Text-to-Image Generation via Hard Binding and Soft Refinement" (2024), and its release.
        """
        request = self._request(
            plan,
            height=height,
            width=width,
            num_inference_steps=num_inference_steps,
            guidance_scale=guidance_scale,
            hard_binding_steps=hard_binding_steps,
            refinement_strength=refinement_strength,
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
        )
        with denoiser(self.transformer, request) as model:
            texts = self._encode_all(request)
            timesteps = self._schedule(request)
            picture = self._picture(request, texts)
            binding = self._hard_binding(request, texts)
            self._denoise(request, timesteps, picture, binding, model)
        images = self._decode(request, picture.latents)
        self.maybe_free_model_hooks()
        return FluxPipelineOutput(images=images) if request.return_dict else (images,)

    def _request(self, plan: Plan, **arguments: Any) -> Request:
        """Check the arguments of a call, None being the model's own, and set what callbacks may read."""
        for name in ("height", "width"):
            if arguments[name] is None:
                arguments[name] = self.vae.config.sample_size
        if arguments["max_sequence_length"] is None:
            arguments["max_sequence_length"] = min(self.tokenizer_2.model_max_length, MAX_TEXT_TOKENS)
        if arguments["region_max_sequence_length"] is None:
            arguments["region_max_sequence_length"] = arguments["max_sequence_length"]
        request = Request(plan, **arguments)
        self._guidance_scale = request.guidance_scale
        self._joint_attention_kwargs = dict(request.joint_attention_kwargs or {})
        self._current_timestep = None
        self._interrupt = False
        return request

    def _encode_all(self, request: Request) -> Texts:
        """Encode every prompt that reaches the picture, each once."""
        prompts = [item.prompt for item in request.plan.objects] if request.boxes else []
        prompts += [cell.prompt for cell in request.plan.cells] if request.cells else []
        keys = [(prompt, request.region_max_sequence_length) for prompt in prompts]
        scale = (request.joint_attention_kwargs or {}).get("scale")
        texts = {}
        for prompt, tokens in dict.fromkeys([(request.plan.prompt, request.max_sequence_length), *keys]):
            embeds, pooled, ids = self.encode_prompt(
                prompt=prompt,
                prompt_2=None,
                device=self._execution_device,
                num_images_per_prompt=1,
                max_sequence_length=tokens,
                lora_scale=scale,
            )
            texts[prompt, tokens] = Text(embeds, pooled, ids)
        return texts

    def _schedule(self, request: Request) -> torch.Tensor:
        """Set the scheduler's timesteps, shifted for the picture's size, and return them."""
        config = self.scheduler.config
        steps = request.num_inference_steps
        sigmas = None if config.get("use_flow_sigmas") else np.linspace(1.0, 1 / steps, steps)
        mu = calculate_shift(
            request.grid.count,
            config.get("base_image_seq_len", 256),
            config.get("max_image_seq_len", 4096),
            config.get("base_shift", 0.5),
            config.get("max_shift", 1.15),
        )
        timesteps: torch.Tensor
        timesteps, _ = retrieve_timesteps(self.scheduler, steps, self._execution_device, sigmas=sigmas, mu=mu)
        self.scheduler.set_begin_index(0)  # spares a look at the device
        self._num_timesteps = len(timesteps)
        return timesteps

    def _picture(self, request: Request, texts: Texts) -> Canvas:
        """Draw the pictures' noise and return their canvas, with the cells that are refined."""
        text = texts[request.plan.prompt, request.max_sequence_length]
        whole = TokenRect(0, 0, request.grid.width, request.grid.height)
        canvas = self._canvas(request, whole, text, request.latents)
        return replace(canvas, scheduler=self.scheduler, regions=self._regions(request, texts))

    def _regions(self, request: Request, texts: Texts) -> Regions | None:
        """Return the cells, those with the same prompt as one; None without soft refinement."""
        if not request.cells:
            return None
        streams: dict[str, list[int]] = {}
        for cell, rect in zip(request.plan.cells, request.cells, strict=True):
            streams.setdefault(cell.prompt, []).extend(rect.tokens(request.grid))
        images, tokens = request.num_images_per_prompt, request.region_max_sequence_length
        return Regions(
            [TextStream(texts[prompt, tokens].repeat(images).embeds, rows) for prompt, rows in streams.items()],
            request.refinement_strength,
        )

    def _hard_binding(self, request: Request, texts: Texts) -> HardBinding | None:
        """Draw the noise of every box, in the plan's order; None without hard binding."""
        if request.hard_binding_steps is None or not request.boxes:
            return None
        canvases = [
            self._canvas(request, rect, texts[item.prompt, request.region_max_sequence_length])
            for item, rect in zip(request.plan.objects, request.boxes, strict=True)
        ]
        return HardBinding.of(canvases, request.boxes, request.grid, request.hard_binding_steps)

    def _canvas(self, request: Request, rect: TokenRect, text: Text, latents: torch.Tensor | None = None) -> Canvas:
        """Return a canvas of a rectangle's size, its positions counted from (0, 0), with latents given or drawn."""
        latents, position_ids = self.prepare_latents(
            request.num_images_per_prompt,
            self.transformer.config.in_channels // 4,
            rect.height * TOKEN_PX,
            rect.width * TOKEN_PX,
            text.embeds.dtype,
            self._execution_device,
            request.generators,
            latents,
        )
        text = text.repeat(request.num_images_per_prompt)
        return Canvas(latents, position_ids, text, copy.deepcopy(self.scheduler))

    def _denoise(
        self,
        request: Request,
        timesteps: torch.Tensor,
        picture: Canvas,
        binding: HardBinding | None,
        model: Denoiser,
    ) -> None:
        """Take the picture through all steps."""
        with self.progress_bar(total=len(timesteps)) as progress:
            for step, timestep in enumerate(timesteps):
                if self.interrupt:
                    continue
                self._current_timestep = timestep
                features = binding.denoise(step, timestep, picture, model) if binding else ()
                velocity = model.velocity(picture, timestep, written=features)
                picture.advance(binding.paste_velocity(velocity) if binding else velocity, timestep)
                self._call_back(request, step, timestep, picture)
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
        image = self.vae.decode(latents.to(get_module_execution_device(self.vae)), return_dict=False)[0]
        return self.image_processor.postprocess(image, output_type=request.output_type)
