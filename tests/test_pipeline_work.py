"""What the pipeline computes, and keeps in memory, as seen from the transformer's blocks."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest
import torch
from painting import BASE, CAT, CELLS, DOG, NO_OBJECTS, paint, watch
from tiny_flux import TEXT_TOKENS
from torch.utils.flop_counter import FlopCounterMode

from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, Cell, ObjectBox, Plan, Row


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

    def test_plain_passes_outside_the_steps_that_refine(self, pipe: RegionalFluxPipeline) -> None:
        passes = watch(pipe, replace(NO_OBJECTS, refinement_steps=(1, 2)))
        assert [call["encoder_hidden_states"].shape[1] for call in passes] == [8, 24, 8]

    def test_cells_with_a_strength_of_their_own(self, pipe: RegionalFluxPipeline) -> None:
        """All at 0 are plain, all at 1 need no base, whatever the call says; else both streams are there."""
        for strengths, texts in {(0, 0, 0): 8, (1, 1, 1): 24, (0, 1, 1): 32, (0.5, 0.5, 0.5): 32}.items():
            own = iter(strengths)
            rows = [
                replace(row, cells=[replace(cell, refinement_strength=next(own)) for cell in row.cells])
                for row in NO_OBJECTS.rows
            ]
            call = watch(pipe, replace(NO_OBJECTS, rows=rows), refinement_strength=0.75)[0]
            assert call["encoder_hidden_states"].shape[1] == texts

    @pytest.mark.parametrize(
        ("strength", "pairs"),
        [
            (0, 5 * 24 * 24),
            (1, 5 * (12 + 12 + 16) * 24),
            (0.5, 5 * ((12 + 12 + 16) * 24 + 24 * 24)),
        ],
    )
    def test_only_rows_that_are_kept_are_attended_from(
        self, pipe: RegionalFluxPipeline, strength: float, pairs: int
    ) -> None:
        """(query, key) pairs in 5 blocks: a cell's 8 text and its 4 or 8 image tokens look at 8 text and 16 image."""
        pipe.transformer.set_attention_backend("_native_math")  # the backend whose work torch counts
        with FlopCounterMode(display=False) as counter:
            paint(pipe, NO_OBJECTS, refinement_strength=strength, num_inference_steps=1, hard_binding_steps=None)
        flops = counter.get_flop_counts()["Global"][torch.ops.aten.bmm]
        assert flops == pairs * 32 * 2 * 2  # channels of all heads; two products, each a multiplication and an addition

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
