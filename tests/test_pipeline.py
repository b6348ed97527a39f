"""The pipeline's call: equivalences, prompts, and that every argument has its effect."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler
from painting import BASE, CAT, CELLS, DOG, NO_OBJECTS, ONE_CELL, PLAN, close, noise, paint, paint_stock, watch
from tiny_flux import TEXT_TOKENS, tiny_pipeline

from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, Cell, ObjectBox, Plan, Row


class TestEquivalences:
    @pytest.mark.parametrize("guidance", [True, False])
    @pytest.mark.parametrize("images", [1, 2])
    def test_no_objects_and_no_refinement_is_the_stock_pipeline(self, guidance: bool, images: int) -> None:
        pipe = tiny_pipeline(guidance_embeds=guidance)
        ours = paint(pipe, NO_OBJECTS, refinement_strength=0, num_images_per_prompt=images)
        assert torch.equal(ours, paint_stock(pipe, num_images_per_prompt=images))

    def test_pictures_too(self, pipe: RegionalFluxPipeline) -> None:
        ours = pipe(NO_OBJECTS, refinement_strength=0, num_inference_steps=3, generator=noise()).images[0]
        assert ours.size == (64, 64)
        assert ours.tobytes() == paint_stock(pipe, output_type="pil")[0].tobytes()

    @pytest.mark.parametrize("strength", [0.1, 0.5, 0.9, 1])
    def test_one_cell_with_the_base_prompt_is_the_stock_pipeline(
        self, pipe: RegionalFluxPipeline, strength: float
    ) -> None:
        assert close(paint(pipe, ONE_CELL, refinement_strength=strength), paint_stock(pipe))

    def test_refinement_strength_and_binding_steps_matter(self, pipe: RegionalFluxPipeline) -> None:
        strengths = [paint(pipe, NO_OBJECTS, refinement_strength=strength) for strength in (0, 0.5, 1)]
        steps = [paint(pipe, hard_binding_steps=steps) for steps in (None, 0, 1, 3)]
        results = [*strengths, *steps]
        pairs = [(one, other) for index, one in enumerate(results) for other in results[:index]]
        assert torch.equal(strengths[2], steps[0])  # no binding: as if there were no objects
        assert sum(close(one, other) for one, other in pairs) == 1

    def test_guidance_matters(self, pipe: RegionalFluxPipeline) -> None:
        assert not close(paint(pipe, guidance_scale=1.0), paint(pipe))

    def test_same_seed_same_bytes(self, pipe: RegionalFluxPipeline) -> None:
        one, other = (pipe(PLAN, num_inference_steps=3, generator=noise(5)).images[0].tobytes() for _ in range(2))
        assert one == other
        assert one != pipe(PLAN, num_inference_steps=3, generator=noise(6)).images[0].tobytes()

    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    def test_list_of_generators_gives_the_pictures_of_single_calls(
        self, pipe: RegionalFluxPipeline, strength: float
    ) -> None:
        together = paint(
            pipe, refinement_strength=strength, num_images_per_prompt=3, generator=[noise(1), noise(2), noise(3)]
        )
        for index, seed in enumerate((1, 2, 3)):
            single = paint(pipe, refinement_strength=strength, generator=noise(seed))
            assert close(together[index : index + 1], single)

    def test_velocity_inside_a_box_is_the_boxs_own(self, pipe: RegionalFluxPipeline) -> None:
        """With binding to the end a box that covers the picture is the object's own picture."""
        whole = Plan("grass", CELLS, (ObjectBox(BASE, Box(0, 0, 1, 1)),))
        box_noise = noise()
        torch.randn(1, 4, 8, 8, generator=box_noise)  # the picture's own noise comes first
        assert close(paint(pipe, whole, hard_binding_steps=3), paint_stock(pipe, generator=box_noise))


class EqualNoise(RegionalFluxPipeline):
    """Draws the same noise for every canvas of a size, so that the order of objects does not change it."""

    def prepare_latents(self, *arguments: Any) -> Any:
        *others, _, latents = arguments
        return super().prepare_latents(*others, noise(), latents)


@pytest.mark.parametrize("strength", [0.5, 1])
def test_order_of_objects_matters_only_where_boxes_overlap(pipe: RegionalFluxPipeline, strength: float) -> None:
    equal_noise = EqualNoise(**pipe.components)
    equal_noise.set_progress_bar_config(disable=True)

    def both_orders(*objects: ObjectBox) -> list[torch.Tensor]:
        plans = (Plan(BASE, CELLS, objects), Plan(BASE, CELLS, objects[::-1]))
        return [paint(equal_noise, plan, refinement_strength=strength) for plan in plans]

    assert close(*both_orders(DOG, CAT))
    assert not close(*both_orders(DOG, ObjectBox("a blue cat", Box(0.25, 0.25, 0.5, 0.75))))


class TestPrompts:
    def test_identical_prompts_are_encoded_once(self, pipe: RegionalFluxPipeline) -> None:
        encoded: list[tuple[str, int]] = []

        class Counting(RegionalFluxPipeline):
            def encode_prompt(self, prompt: str, **arguments: Any) -> Any:
                encoded.append((prompt, arguments["max_sequence_length"]))
                return super().encode_prompt(prompt, **arguments)

        counting = Counting(**pipe.components)
        counting.set_progress_bar_config(disable=True)
        paint(counting)
        prompts = [BASE, "a red dog on grass", "a blue cat", "grass", "a red dog"]
        assert encoded == [(prompt, TEXT_TOKENS) for prompt in prompts]
        encoded.clear()
        paint(counting, refinement_strength=0, hard_binding_steps=None)
        assert encoded == [(BASE, TEXT_TOKENS)]

    def test_text_lengths_reach_the_transformer(self, pipe: RegionalFluxPipeline) -> None:
        def text_tokens(strength: float, **lengths: int) -> list[int]:
            """Of the boxes' pass and of the picture's."""
            passes = watch(pipe, refinement_strength=strength, num_inference_steps=1, hard_binding_steps=1, **lengths)
            return [passed["encoder_hidden_states"].shape[1] for passed in passes]

        assert text_tokens(0.5) == [8, 8 + 3 * 8]
        assert text_tokens(0.5, max_sequence_length=5) == [5, 5 + 3 * 5]
        assert text_tokens(0.5, max_sequence_length=5, region_max_sequence_length=4) == [4, 5 + 3 * 4]
        assert text_tokens(1, region_max_sequence_length=4) == [4, 3 * 4]
        assert text_tokens(0, max_sequence_length=3) == [3, 3]

    def test_text_that_is_cut_off_is_warned_about(self, pipe: RegionalFluxPipeline) -> None:
        messages: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("diffusers")
        logger.addHandler(handler)
        try:
            paint(pipe, Plan(BASE, (Row(1, (Cell(1, "a red dog on the right and a blue cat on grass"),)),)))
        finally:
            logger.removeHandler(handler)
        assert any("was truncated because `max_sequence_length`" in message for message in messages)


class TestArguments:
    def test_output_types(self, pipe: RegionalFluxPipeline) -> None:
        def images(output_type: str) -> Any:
            return pipe(PLAN, num_inference_steps=2, generator=noise(), output_type=output_type).images

        assert images("latent").shape == (1, 16, 16)
        assert images("np").shape == (1, 64, 64, 3)
        assert images("pt").shape == (1, 3, 64, 64)
        assert images("pil")[0].size == (64, 64)

    def test_tuple(self, pipe: RegionalFluxPipeline) -> None:
        (images,) = pipe(PLAN, num_inference_steps=2, return_dict=False)
        assert images[0].size == (64, 64)

    def test_size_and_several_pictures(self, pipe: RegionalFluxPipeline) -> None:
        images = pipe(PLAN, height=48, width=96, num_inference_steps=2, num_images_per_prompt=2).images
        assert [image.size for image in images] == [(96, 48)] * 2

    def test_given_latents_are_used_and_left_alone(self, pipe: RegionalFluxPipeline) -> None:
        both = noise()
        given = pipe._pack_latents(torch.randn(1, 4, 8, 8, generator=both), 1, 4, 8, 8)
        before = given.clone()
        assert torch.equal(paint(pipe, latents=given, generator=both), paint(pipe))
        assert torch.equal(given, before)

    def test_callback_sees_and_replaces_tensors(self, pipe: RegionalFluxPipeline) -> None:
        seen: list[tuple[int, float, set[str]]] = []

        def call_back(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
            assert of is pipe
            seen.append((step, float(timestep), set(tensors)))
            return {"latents": torch.zeros_like(tensors["latents"])} if step == 2 else {}

        latents = paint(
            pipe, callback_on_step_end=call_back, callback_on_step_end_tensor_inputs=["latents", "prompt_embeds"]
        )
        assert not latents.any()
        assert [(step, names) for step, _, names in seen] == [(n, {"latents", "prompt_embeds"}) for n in range(3)]
        assert [timestep for _, timestep, _ in seen] == pipe.scheduler.timesteps.tolist()

    @pytest.mark.parametrize(("strength", "matters"), [(0, True), (0.5, True), (1, False)])
    def test_replaced_prompt_embeds(self, pipe: RegionalFluxPipeline, strength: float, matters: bool) -> None:
        def call_back(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
            return {"prompt_embeds": -tensors["prompt_embeds"][:, :4]}

        changed = paint(
            pipe,
            refinement_strength=strength,
            callback_on_step_end=call_back,
            callback_on_step_end_tensor_inputs=["prompt_embeds"],
        )
        assert close(changed, paint(pipe, refinement_strength=strength)) is not matters

    def test_interrupt(self, pipe: RegionalFluxPipeline) -> None:
        steps: list[int] = []

        def call_back(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
            steps.append(step)
            of._interrupt = True
            return {}

        paint(pipe, callback_on_step_end=call_back)
        assert steps == [0]
        assert torch.equal(paint(pipe), paint(pipe))  # the next call is not interrupted

    def test_attention_kwargs_reach_every_pass(self, pipe: RegionalFluxPipeline) -> None:
        given = {"scale": 0.5}
        passes = watch(pipe, joint_attention_kwargs=given)
        assert len(passes) == 5
        assert all(passed["joint_attention_kwargs"]["scale"] == 0.5 for passed in passes)
        assert given == {"scale": 0.5}

    def test_fused_projections(self, pipe: RegionalFluxPipeline) -> None:
        expected = paint(pipe, refinement_strength=0.5)
        pipe.transformer.fuse_qkv_projections()
        assert close(paint(pipe, refinement_strength=0.5), expected)

    @pytest.mark.parametrize(
        "scheduler",
        [
            UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True),
            FlowMatchEulerDiscreteScheduler(use_karras_sigmas=True),
        ],
        ids=["UniPC", "Karras"],
    )
    def test_other_schedulers_paint_as_in_the_stock_pipeline(self, pipe: RegionalFluxPipeline, scheduler: Any) -> None:
        pipe.scheduler = scheduler
        assert torch.equal(paint(pipe, NO_OBJECTS, refinement_strength=0), paint_stock(pipe))
        assert paint(pipe, refinement_strength=0.5).isfinite().all()

    def test_half_precision(self, pipe: RegionalFluxPipeline) -> None:
        pipe.to(torch.bfloat16)
        latents = paint(pipe, refinement_strength=0.5)
        assert latents.dtype == torch.bfloat16
        assert latents.isfinite().all()


def test_numbers_of_numpy_are_numbers(pipe: RegionalFluxPipeline) -> None:
    given = {"height": np.int64(64), "num_inference_steps": np.int32(3), "refinement_strength": np.float32(0.5)}
    assert torch.equal(paint(pipe, **given), paint(pipe, height=64, num_inference_steps=3, refinement_strength=0.5))
