"""The pipeline's call: equivalences, arguments, errors, and that it leaves the stock model behind."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffusers import FirstBlockCacheConfig, FluxPipeline
from diffusers.models.transformers.transformer_flux import FluxIPAdapterAttnProcessor
from tiny_flux import TEXT_TOKENS, tiny_pipeline

from generator.attention import RegionalAttnProcessor
from generator.pipeline import RegionalFluxPipeline
from planner.errors import PlanError, RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

BASE = "a red dog and a blue cat"
CELLS = (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a blue cat"))), Row(1, (Cell(1, "grass"),)))
DOG, CAT = ObjectBox("a red dog", Box(0, 0, 0.5, 0.75)), ObjectBox("a blue cat", Box(0.5, 0.25, 0.5, 0.75))
PLAN = Plan(BASE, CELLS, (DOG, CAT))
NO_OBJECTS = Plan(BASE, CELLS)
ONE_CELL = Plan(BASE, (Row(1, (Cell(1, BASE),)),))


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def paint(pipe: RegionalFluxPipeline, plan: Plan = PLAN, **arguments: Any) -> torch.Tensor:
    arguments = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", **arguments}
    latents: torch.Tensor = pipe(plan, **arguments).images
    return latents


def paint_stock(pipe: RegionalFluxPipeline, **arguments: Any) -> Any:
    """The base prompt by diffusers' own pipeline, on the same parts."""
    stock = FluxPipeline(**pipe.components)
    stock.set_progress_bar_config(disable=True)
    arguments = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", **arguments}
    return stock(BASE, height=64, width=64, guidance_scale=3.5, max_sequence_length=TEXT_TOKENS, **arguments).images


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).norm() <= 1e-5 * other.norm())


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
        prompts = [BASE, "a red dog", "a blue cat", "a red dog on grass", "grass"]
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


def watch(pipe: RegionalFluxPipeline, plan: Plan = PLAN, **arguments: Any) -> list[dict[str, Any]]:
    """Paint, and return the keyword arguments of every call of the transformer."""
    passed: list[dict[str, Any]] = []

    def keep(module: torch.nn.Module, _: tuple[()], keywords: dict[str, Any]) -> None:
        passed.append(keywords)

    handle = pipe.transformer.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        paint(pipe, plan, **arguments)
    finally:
        handle.remove()
    return passed


class TestWork:
    """What is computed, as seen from the transformer's blocks. The picture has 16 tokens, each of the 4 texts 8."""

    @staticmethod
    def tokens_by_block(pipe: RegionalFluxPipeline, strength: float) -> list[tuple[int, int]]:
        """(text tokens, image tokens) that come out of every block in one pass of the picture."""
        seen: list[tuple[int, int]] = []

        def keep(module: torch.nn.Module, _: Any, output: tuple[torch.Tensor, torch.Tensor]) -> None:
            seen.append((output[0].shape[1], output[1].shape[1]))

        blocks = [*pipe.transformer.transformer_blocks, *pipe.transformer.single_transformer_blocks]
        handles = [block.register_forward_hook(keep) for block in blocks]
        paint(pipe, NO_OBJECTS, refinement_strength=strength, num_inference_steps=1, hard_binding_steps=None)
        for handle in handles:
            handle.remove()
        return seen

    def test_one_image_stream_and_no_base_text_at_full_strength(self, pipe: RegionalFluxPipeline) -> None:
        assert self.tokens_by_block(pipe, 1) == [(24, 16)] * 5

    def test_second_image_stream_from_the_first_single_stream_block(self, pipe: RegionalFluxPipeline) -> None:
        assert self.tokens_by_block(pipe, 0.5) == [(32, 16)] * 2 + [(32, 32)] * 3

    def test_plain_model_without_refinement(self, pipe: RegionalFluxPipeline) -> None:
        assert self.tokens_by_block(pipe, 0) == [(8, 16)] * 5

    def test_cells_with_the_same_prompt_share_a_text_stream(self, pipe: RegionalFluxPipeline) -> None:
        plan = Plan(BASE, (Row(1, (Cell(1, "grass"), Cell(1, "a ball"))), Row(1, (Cell(1, "grass"),))))
        for passed in watch(pipe, plan):
            assert passed["encoder_hidden_states"].shape[1] == 2 * TEXT_TOKENS

    def test_no_mask_is_ever_made(self, pipe: RegionalFluxPipeline) -> None:
        for passed in watch(pipe, refinement_strength=0.5):
            assert "attention_mask" not in passed["joint_attention_kwargs"]

    def test_boxes_of_equal_size_are_one_batch(self, pipe: RegionalFluxPipeline) -> None:
        ball = ObjectBox("a ball", Box(0, 0.75, 0.5, 0.25))
        passes = watch(pipe, Plan(BASE, CELLS, (DOG, ball, CAT)), num_images_per_prompt=2, hard_binding_steps=1)
        sizes = [tuple(passed["hidden_states"].shape[:2]) for passed in passes]
        assert sizes == [(4, 6), (2, 2), (2, 16), (2, 16), (2, 16)]

    def test_hidden_box_is_not_computed(self, pipe: RegionalFluxPipeline) -> None:
        covered = Plan(BASE, CELLS, (ObjectBox("a ball", Box(0.5, 0.5, 0.5, 0.25)), CAT))
        assert [len(passed["hidden_states"]) for passed in watch(pipe, covered, hard_binding_steps=1)] == [1] * 4

    @pytest.mark.parametrize(("strength", "places"), [(0, 6), (0.5, 6), (1, 3)])
    def test_box_features_live_for_one_step(self, pipe: RegionalFluxPipeline, strength: float, places: int) -> None:
        """Places are the input embedding, 2 double-stream and 3 single-stream blocks (which δ = 1 does not need)."""

        def live() -> int:
            """How many tensors hold hidden states of one box: 6 tokens of 32 channels."""
            return sum(type(thing) is torch.Tensor and thing.shape == (1, 6, 32) for thing in gc.get_objects())

        during: list[int] = []
        after: list[int] = []

        def count_after(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            after.append(live())
            return tensors

        handle = pipe.transformer.register_forward_pre_hook(lambda *_: during.append(live()))
        paint(pipe, refinement_strength=strength, hard_binding_steps=2, callback_on_step_end=count_after)
        handle.remove()
        # Two boxes of one size: their pass starts with nothing alive, the picture's with the features of this step.
        assert during == [0, 2 * places, 0, 2 * places, 0]
        assert after == [0, 0, 0]


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

    def test_half_precision(self, pipe: RegionalFluxPipeline) -> None:
        pipe.to(torch.bfloat16)
        latents = paint(pipe, refinement_strength=0.5)
        assert latents.dtype == torch.bfloat16
        assert latents.isfinite().all()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"height": 250}, "height must be a positive multiple of 16 pixels, got 250"),
    ({"width": 0}, "width must be a positive multiple of 16 pixels, got 0"),
    ({"num_inference_steps": 0}, "num_inference_steps must be a whole number from 1 up, got 0"),
    ({"num_inference_steps": 2.5}, "num_inference_steps must be a whole number from 1 up, got 2.5"),
    ({"refinement_strength": 1.5}, r"refinement_strength must be a number in 0\.\.1, got 1.5"),
    ({"refinement_strength": -0.1}, r"refinement_strength must be a number in 0\.\.1, got -0.1"),
    ({"refinement_strength": float("nan")}, "refinement_strength must be a number"),
    ({"guidance_scale": -1}, "guidance_scale must be a number from 0 up, got -1"),
    ({"hard_binding_steps": 4}, r"hard_binding_steps must be a whole number in 0\.\.3, got 4"),
    ({"hard_binding_steps": -1}, r"hard_binding_steps must be a whole number in 0\.\.3, got -1"),
    ({"max_sequence_length": 513}, r"max_sequence_length must be a whole number in 1\.\.512, got 513"),
    ({"region_max_sequence_length": 0}, "region_max_sequence_length must be a whole number"),
    ({"num_images_per_prompt": 0}, "num_images_per_prompt must be a whole number from 1 up, got 0"),
    ({"generator": [noise(), noise()]}, "2 generators were given for 1 images"),
    ({"latents": torch.zeros(1, 15, 16)}, r"latents must be packed: \(1, 16, channels\) .* got \(1, 15, 16\)"),
    ({"output_type": "jpeg"}, "output_type must be one of pil, np, pt, latent, got 'jpeg'"),
    ({"callback_on_step_end_tensor_inputs": ["noise"]}, "can name latents, prompt_embeds, got 'noise'"),
    ({"joint_attention_kwargs": {"attention_mask": None}}, "joint_attention_kwargs cannot hold 'attention_mask'"),
    ({"height": 16}, "under one token"),
    ({"plan": "a red dog"}, "plan must be a planner.plan.Plan, got str"),
    ({"plan": Plan(BASE, ())}, "rows"),
    ({"plan": Plan(BASE, CELLS, (ObjectBox("a ball", Box(0, 0, 0.2, 0.5)),))}, r"object 0 \('a ball'\) is under one"),
    ({"plan": Plan(BASE, CELLS, (ObjectBox("a ball", Box(0.8, 0, 0.5, 0.5)),))}, "reaches off the canvas"),
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
        attention.set_processor(FluxIPAdapterAttnProcessor(32, 8))
        with pytest.raises(RenderError, match="found FluxIPAdapterAttnProcessor; unload the IP-Adapter"):
            paint(pipe)
        assert isinstance(attention.processor, FluxIPAdapterAttnProcessor)

    def test_step_caches(self, pipe: RegionalFluxPipeline) -> None:
        pipe.transformer.enable_cache(FirstBlockCacheConfig(threshold=0.1))
        with pytest.raises(RenderError, match=r"call transformer\.disable_cache\(\)"):
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
