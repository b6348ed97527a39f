"""`RegionalPipeline`: what makes one of diffusers' pipelines paint plans, whatever its family of models.

Read `__call__` from top to bottom: check → encode → noise → denoise → decode. The transformer is called as diffusers
calls it; what is different about regions is in `packing` (cells), `hard_binding` (boxes) and `repainting` (masks), what
is different about a family in its `Family`.
Tensors: latents (images, image tokens, channels), packed, tokens row by row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Unpack

import torch
from diffusers import DiffusionPipeline, ImagePipelineOutput

from generator.regions.call import Call, CallOptions, check_batch, divided
from generator.regions.denoise import Denoiser, denoiser
from generator.regions.family import Family
from generator.regions.hard_binding import HardBinding
from generator.regions.holding import holding
from generator.regions.passes import Canvas
from generator.regions.prepare import Conditions, NoConditions, Preparation, encoded
from generator.regions.repaint import Repaint
from generator.regions.repaint_chain import Chain, RepaintOutput
from generator.regions.text import Text
from planner.errors import RenderError
from planner.plan import Plan

NOTHING_ANEW = Chain()
PAINTED_ANYWAY = ("prompt", "name", "box", "hard_binding_steps")  # of an object; the rest takes adapters


class RegionalPipeline(DiffusionPipeline):  # type: ignore[misc]
    """The calls that paint plans; goes in front of one of diffusers' pipelines as a base class.

    family: what there is to know of its models.
    """

    family: ClassVar[Family]

    def to_json_string(self) -> str:
        """Return the index that is saved with a pipeline: with the stock class' name, so that diffusers can load it."""
        bases = [base for base in type(self).__mro__ if issubclass(base, DiffusionPipeline)]
        stock = next(base for base in bases if not issubclass(base, RegionalPipeline))
        return json.dumps({**json.loads(super().to_json_string()), "_class_name": stock.__name__}, indent=2) + "\n"

    @torch.no_grad()
    def __call__(self, plan: Plan | Sequence[Plan], **options: Unpack[CallOptions]) -> ImagePipelineOutput:
        """Paint a plan.

        plan: the base prompt, cells and objects. A list of plans with the same cells is painted as one batch; prompts
            and objects may differ. At δ = 0, cells may too.
        options: `CallOptions`, where each is described.

        Raises `RenderError` or `PlanError` before any work for what cannot be painted.
        Source: "Region-Aware Text-to-Image Generation via Hard Binding and Soft Refinement" (2024), and its release.
        """
        return self._paint(self._calls(plan, options))

    def _paint(self, calls: Sequence[Call]) -> ImagePipelineOutput:
        """Paint what was checked."""
        first, family = calls[0], self.family
        texts: dict[tuple[str, int], Text] = {}
        with (
            holding(self.transformer),
            self._conditions(calls) as conditions,
            denoiser(family, self.transformer, first, binds=any(call.boxes for call in calls)) as model,
        ):
            pairs = zip(calls, conditions, strict=True)
            plans = [Preparation(self, family, call, own, calls, texts) for call, own in pairs]
            timesteps = plans[0].schedule()
            canvases = [(plan.picture(), plan.boxes()) for plan in plans]
            picture = Canvas.join([picture for picture, _ in canvases])
            binding = HardBinding.of([boxes for _, boxes in canvases], first.grid)
            self._denoise(first, model, timesteps, picture, binding)
        images = self._decode(first, picture.latents)
        self.maybe_free_model_hooks()
        return ImagePipelineOutput(images=images) if first.return_dict else (images,)

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
        call = self._call(plan, options)
        listed = [repaints] if isinstance(repaints, Repaint) else repaints
        _check_repaints(listed, call)
        with (
            holding(self.transformer),
            self._conditions([call]) as (conditions,),
            denoiser(self.family, self.transformer, call, binds=True) as model,
        ):
            prepared = Preparation(self, self.family, call, conditions)
            timesteps = prepared.schedule()
            picture = prepared.picture()
            binding = HardBinding.of([prepared.boxes()], call.grid)
            chain = Chain([prepared.repainting(repaint, picture) for repaint in listed])
            self._denoise(call, model, timesteps, picture, binding, chain)
        canvases = [picture, *(new.canvas for new in chain.pictures)]
        images, *between, repainted = (self._decode(call, canvas.latents) for canvas in canvases)
        self.maybe_free_model_hooks()
        output = RepaintOutput(images=images, repainted=repainted, between=between or None)
        return output if call.return_dict else output.to_tuple()

    @torch.no_grad()
    def encode_texts(
        self, plan: Plan, repaints: Sequence[Repaint] = (), **options: Unpack[CallOptions]
    ) -> dict[str, Text]:
        """Encode all prompts of a plan, and of what is painted anew, for `texts` of a call with the same options.

        With them a call needs no text encoders: `pipe.text_encoder = None` frees them.
        """
        call = self._call(plan, {**options, "image_embeds": None})
        base = [plan.prompt, *(repaint.prompt for repaint in repaints)]
        negative = self.family.negative(self, call)
        parts = [*(cell.prompt for cell in plan.cells), *(item.prompt for item in plan.objects)]
        parts += [text for repaint in repaints for text in (repaint.object_prompt, *repaint.cell_prompts)]
        lengths = dict.fromkeys(parts, call.region_max_sequence_length)
        lengths |= dict.fromkeys(base + ([] if negative is None else [negative]), call.max_sequence_length)
        return {words: encoded(self, self.family, words, tokens, call) for words, tokens in lengths.items()}

    def _calls(self, plan: Plan | Sequence[Plan], options: Mapping[str, Any]) -> list[Call]:
        """Check the options of a call for each of its plans."""
        plans: list[Any] = list(plan) if isinstance(plan, list | tuple) else [plan]
        shares = divided(plans, options)
        calls = [self._call(each, own) for each, own in zip(plans, shares, strict=True)]
        check_batch(calls)
        return calls

    def _call(self, plan: Plan, options: Mapping[str, Any]) -> Call:
        """Check the options of a call, None being the model's own, and set what callbacks may read.

        Pipelines that take more options take them out here, and hand on what they mean.
        """
        family = self.family
        own = {"longest_text": family.longest_text, "sizes": family.sizes}
        call = Call.of(plan, family.side_px(self), family.text_tokens(self), **{**own, **options})
        family.check(self, call)
        self._check_conditions(call)
        self._guidance_scale = call.guidance_scale
        self._joint_attention_kwargs = dict(call.joint_attention_kwargs or {})
        self._current_timestep = None
        self._interrupt = False
        return call

    def _check_conditions(self, call: Call) -> None:
        """Raise `RenderError` for what a plan brings along besides prompts: this pipeline has no adapters for it."""
        for number, item in enumerate(call.plan.objects):
            if others := [name for name, value in vars(item).items() if value and name not in PAINTED_ANYWAY]:
                raise RenderError(f"object {number} has {others[0]!r}, and {self.family.name} has no adapters for that")

    @contextmanager
    def _conditions(self, calls: Sequence[Call]) -> Iterator[Sequence[Conditions]]:
        """Yield what each plan's call brings along besides prompts, ready for the time of the call."""
        yield [NoConditions() for _ in calls]

    def _denoise(
        self,
        call: Call,
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
                    canvas.regions = regions if step in call.refined_steps else None
                features = binding.denoise(step, timestep, picture, model)
                kept = chain.recorded(step)
                velocity = model.velocity(picture, timestep, written=features, recorded=kept)
                velocity = binding.paste_velocity(step, velocity)
                chain.denoise(step, timestep, picture, velocity, kept, model)
                picture.advance(velocity, timestep)
                self._call_back(call, step, timestep, picture, chain)
                chain.finish(picture)
                progress.update()
        self._current_timestep = None

    def _call_back(self, call: Call, step: int, timestep: torch.Tensor, picture: Canvas, chain: Chain) -> None:
        """Let the caller see, and replace, tensors after a step, as diffusers does."""
        if call.callback_on_step_end is None:
            return
        tensors = {
            "latents": picture.latents,
            "prompt_embeds": picture.text.embeds,
            "repainted": chain.latents(picture),
        }
        asked = {name: tensors[name] for name in call.callback_on_step_end_tensor_inputs}
        changed = call.callback_on_step_end(self, step, timestep, asked)
        picture.latents = changed.get("latents", picture.latents)
        picture.text = replace(picture.text, embeds=changed.get("prompt_embeds", picture.text.embeds))

    def _decode(self, call: Call, latents: torch.Tensor) -> Any:
        """Turn packed latents into pictures of the call's output type."""
        if call.output_type == "latent":
            return latents
        return self.family.decode(self, self.family.unpack(self, latents, call.grid), call.output_type)


def _check_repaints(repaints: Any, call: Call) -> None:
    """Raise `RenderError` for what is no repaint of the picture of a call, or none at all."""
    if not isinstance(repaints, list | tuple) or not repaints:
        raise RenderError(f"repaints must be a generator.Repaint, or a list of some, got {repaints!r:.80}")
    for repaint in repaints:
        if not isinstance(repaint, Repaint):
            raise RenderError(f"repaints must be generator.Repaint, got {type(repaint).__name__}")
        repaint.check(call)
