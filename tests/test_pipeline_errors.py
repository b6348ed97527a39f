"""What the pipeline refuses, and that it leaves the stock model behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers import FirstBlockCacheConfig
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor
from painting import BASE, CAT, CELLS, DOG, PLAN, noise, paint, paint_stock

from generator.families.flux1_attention import RegionalAttnProcessor
from generator.pipeline import RegionalFluxPipeline
from planner.errors import PlanError, RenderError
from planner.plan import Box, ObjectBox, Plan

LONG_BINDING = Plan(BASE, CELLS, (DOG, replace(CAT, hard_binding_steps=9)))
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"height": 250}, "height must be a positive multiple of 16 pixels, got 250"),
    ({"width": 0}, "width must be a positive multiple of 16 pixels, got 0"),
    ({"num_inference_steps": 0}, "num_inference_steps must be a whole number from 1 up, got 0"),
    ({"num_inference_steps": 2.5}, "num_inference_steps must be a whole number from 1 up, got 2.5"),
    ({"refinement_strength": 1.5}, r"refinement_strength must be a number in 0\.\.1, got 1.5"),
    ({"refinement_strength": -0.1}, r"refinement_strength must be a number in 0\.\.1, got -0.1"),
    ({"refinement_strength": float("nan")}, "refinement_strength must be a number"),
    ({"refinement_strength": True}, "refinement_strength must be a number"),
    ({"guidance_scale": float("inf")}, "guidance_scale must be a number from 0 up, got inf"),
    ({"guidance_scale": -1}, "guidance_scale must be a number from 0 up, got -1"),
    ({"hard_binding_steps": 4}, r"hard_binding_steps must be a whole number in 0\.\.3, got 4"),
    ({"hard_binding_steps": -1}, r"hard_binding_steps must be a whole number in 0\.\.3, got -1"),
    ({"max_sequence_length": 513}, r"max_sequence_length must be a whole number in 1\.\.512, got 513"),
    ({"region_max_sequence_length": 0}, "region_max_sequence_length must be a whole number"),
    ({"num_images_per_prompt": 0}, "num_images_per_prompt must be a whole number from 1 up, got 0"),
    ({"generator": [noise(), noise()]}, "2 generators were given for 1 images"),
    ({"latents": torch.zeros(1, 15, 16)}, r"latents must be packed: \(1, 16, channels\) .* got \(1, 15, 16\)"),
    ({"output_type": "jpeg"}, "output_type must be one of pil, np, pt, latent, got 'jpeg'"),
    ({"callback_on_step_end_tensor_inputs": ["noise"]}, "can name latents, prompt_embeds, repainted, got 'noise'"),
    ({"joint_attention_kwargs": {"attention_mask": None}}, "joint_attention_kwargs cannot hold 'attention_mask'"),
    ({"height": 16}, "under one token"),
    ({"plan": "a red dog"}, "plan must be a planner.plan.Plan, got str"),
    ({"plan": Plan(BASE, ())}, "rows"),
    ({"plan": Plan(BASE, CELLS, (ObjectBox("a ball", Box(0, 0, 0.2, 0.5)),))}, r"object 0 \('a ball'\) is under one"),
    ({"plan": Plan(BASE, CELLS, (ObjectBox("a ball", Box(0.8, 0, 0.5, 0.5)),))}, "reaches off the canvas"),
    ({"plan": replace(PLAN, refinement_steps=(1, 4))}, r"plan\.refinement_steps must be within the 3 .* \[1, 4\]"),
    ({"plan": LONG_BINDING}, r"plan\.objects\[1\]\.hard_binding_steps must be a whole number in 0\.\.3, got 9"),
]


class TestErrors:
    @pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
    def test_wrong_arguments_fail_before_any_work(
        self, pipe: RegionalFluxPipeline, wrong: dict[str, Any], message: str
    ) -> None:
        generator = noise()
        untouched = generator.get_state()
        arguments = {"plan": PLAN, "num_inference_steps": 3, "generator": generator, **wrong}
        with pytest.raises((RenderError, PlanError), match=message):
            pipe(**arguments)
        assert torch.equal(generator.get_state(), untouched)

    def test_plan_without_rows_is_painted_plain(self, pipe: RegionalFluxPipeline) -> None:
        assert torch.equal(paint(pipe, Plan(BASE, ()), refinement_strength=0), paint_stock(pipe))

    def test_foreign_attention_processors(self, pipe: RegionalFluxPipeline) -> None:
        attention = pipe.transformer.transformer_blocks[0].attn
        foreign = type("Foreign", (FluxAttnProcessor,), {})()
        attention.set_processor(foreign)
        with pytest.raises(RenderError, match="need diffusers' FluxAttnProcessor, found Foreign; set refinement"):
            paint(pipe)
        assert attention.processor is foreign

    def test_step_caches(self, pipe: RegionalFluxPipeline) -> None:
        pipe.transformer.enable_cache(FirstBlockCacheConfig(threshold=0.1))
        with pytest.raises(RenderError, match=r"call transformer\.disable_cache\(\) and give step_cache"):
            paint(pipe)
        assert paint(pipe, refinement_strength=0, hard_binding_steps=None).isfinite().all()


def modules_with_traces(pipe: RegionalFluxPipeline) -> list[str]:
    """The transformer's parts that something has been left on; diffusers' own cache_context marks the root."""
    named = list(pipe.transformer.named_modules())[1:]
    return [name for name, module in named if {"forward", "_diffusers_hook"} & set(vars(module))]


def fail(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
    raise KeyboardInterrupt


class TestStockModelAfterwards:
    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    @pytest.mark.parametrize("call_back", [None, fail], ids=["returned", "raised"])
    def test_nothing_is_left(self, pipe: RegionalFluxPipeline, strength: float, call_back: Callable[..., Any]) -> None:
        before, processors = paint_stock(pipe), pipe.transformer.attn_processors
        try:
            paint(pipe, refinement_strength=strength, callback_on_step_end=call_back)
        except KeyboardInterrupt:
            assert call_back is fail
        assert pipe.transformer.attn_processors == processors
        assert modules_with_traces(pipe) == []
        assert torch.equal(paint_stock(pipe), before)

    def test_processors_keep_their_backend_meanwhile(self, pipe: RegionalFluxPipeline) -> None:
        pipe.transformer.set_attention_backend("_native_math")
        backends: list[str] = []

        def call_back(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
            for processor in of.transformer.attn_processors.values():
                assert isinstance(processor, RegionalAttnProcessor)
                backends.append(processor._attention_backend.value)
            return {}

        paint(pipe, num_inference_steps=1, hard_binding_steps=1, callback_on_step_end=call_back)
        assert backends == ["_native_math"] * 5
