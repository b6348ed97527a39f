"""Repainting a region: what changes, what stays, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from painting import BASE, CELLS, NO_OBJECTS, PLAN, close, noise, paint, paint_stock

from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from generator.regions.repaint_chain import RepaintOutput
from planner.errors import RenderError
from planner.plan import Box, Plan

MASK = Box(0.5, 0.25, 0.5, 0.5)
anew = partial(Repaint, mask=MASK)
REPAINT = anew("a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), seed=4)
INSIDE = [6, 7, 10, 11]  # of 4 × 4 tokens
OUTSIDE = [token for token in range(16) if token not in INSIDE]


def repaint(pipe: RegionalFluxPipeline, plan: Plan = PLAN, how: Any = REPAINT, **arguments: Any) -> RepaintOutput:
    arguments = {"num_inference_steps": 4, "generator": noise(), "output_type": "latent", **arguments}
    return pipe.repaint(plan, how, **arguments)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
@pytest.mark.parametrize("single_stream", [False, True])
def test_unmasked_latents_are_the_same_bytes(pipe: RegionalFluxPipeline, strength: float, single_stream: bool) -> None:
    how = anew(REPAINT.prompt, REPAINT.object_prompt, REPAINT.cell_prompts, single_stream=single_stream)
    output = repaint(pipe, how=how, refinement_strength=strength)
    assert torch.equal(output.repainted[:, OUTSIDE], output.images[:, OUTSIDE])
    for token in INSIDE:
        assert not close(output.repainted[:, token], output.images[:, token])


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_original_is_what_the_plan_paints(pipe: RegionalFluxPipeline, steps: int) -> None:
    output = repaint(pipe, how=anew("a ball", "a ball", ("a", "b", "c"), hard_binding_steps=steps))
    assert torch.equal(output.images, paint(pipe, num_inference_steps=4))


def test_plain_pictures_too(pipe: RegionalFluxPipeline) -> None:
    how = anew("a red dog and a ball", "a ball")
    output = repaint(pipe, NO_OBJECTS, how=how, refinement_strength=0, hard_binding_steps=None)
    assert torch.equal(output.images, paint_stock(pipe, num_inference_steps=4))
    assert torch.equal(output.repainted[:, OUTSIDE], output.images[:, OUTSIDE])
    assert not close(output.repainted[:, INSIDE], output.images[:, INSIDE])


def test_every_part_of_it_matters(pipe: RegionalFluxPipeline) -> None:
    same: dict[str, Any] = {"prompt": REPAINT.prompt, "object_prompt": "a ball", "cell_prompts": REPAINT.cell_prompts}
    changes: list[dict[str, Any]] = [
        {},
        {"prompt": "grass"},
        {"object_prompt": "a blue ball"},
        {"cell_prompts": ("a ball", "a ball", "a ball")},
        {"hard_binding_steps": 1},
        {"seed": 5},
        {"single_stream": True},
    ]
    results = [repaint(pipe, how=anew(**{**same, **change}), refinement_strength=0.5).repainted for change in changes]
    for index, one in enumerate(results):
        assert not any(close(one, other) for other in results[:index])


def test_single_stream_is_without_effect_at_full_strength(pipe: RegionalFluxPipeline) -> None:
    one, other = (
        repaint(pipe, how=anew("a ball", "a ball", ("a", "b", "c"), single_stream=single)).repainted
        for single in (False, True)
    )
    assert torch.equal(one, other)


def test_whole_picture_may_be_masked(pipe: RegionalFluxPipeline) -> None:
    black = np.zeros((64, 64), dtype=np.uint8)
    how = Repaint(BASE, BASE, hard_binding_steps=3, seed=4, mask=black)
    output = repaint(pipe, NO_OBJECTS, how, refinement_strength=0)
    assert close(output.repainted, paint_stock(pipe, num_inference_steps=4, generator=noise(4)))


def test_list_of_generators_gives_the_pictures_of_single_calls(pipe: RegionalFluxPipeline) -> None:
    together = repaint(pipe, refinement_strength=0.5, num_images_per_prompt=2, generator=[noise(1), noise(2)])
    for index, seed in enumerate((1, 2)):
        single = repaint(pipe, refinement_strength=0.5, generator=noise(seed))
        assert close(together.images[index : index + 1], single.images)
        assert close(together.repainted[index : index + 1], single.repainted)


def test_latents_that_a_callback_replaces_are_kept_too(pipe: RegionalFluxPipeline) -> None:
    def halve(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
        return {"latents": tensors["latents"] / 2}

    output = repaint(pipe, callback_on_step_end=halve)
    assert torch.equal(output.repainted[:, OUTSIDE], output.images[:, OUTSIDE])


def test_interrupted_before_the_start_it_is_the_original(pipe: RegionalFluxPipeline) -> None:
    def stop(of: Any, step: int, timestep: torch.Tensor, tensors: dict[str, Any]) -> dict[str, Any]:
        of._interrupt = True
        return {}

    output = repaint(pipe, callback_on_step_end=stop)
    assert torch.equal(output.repainted, output.images)


def test_output_forms(pipe: RegionalFluxPipeline) -> None:
    output = repaint(pipe, output_type="pil")
    assert [picture.size for picture in (*output.images, *output.repainted)] == [(64, 64)] * 2
    images, repainted = repaint(pipe, return_dict=False)  # type: ignore[misc]
    assert torch.equal(images[:, OUTSIDE], repainted[:, OUTSIDE])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (anew("a", "b", ("c", "d", "e"), hard_binding_steps=4), r"hard_binding_steps must be a .* in 0\.\.3, got 4"),
        (
            anew("a", "b", ("c", "d", "e"), hard_binding_steps=-1),
            "repaint.hard_binding_steps must be a whole number",
        ),
        (anew("a", "b", ("c",)), "repaint.cell_prompts must be 3, one for each of the plan's cells, got 1"),
        (anew("a", "b", ("c", "d", "e"), seed=-1), "repaint.seed must be a whole number"),
        ("a ball", "repaints must be a generator.Repaint, or a list of some, got 'a ball'"),
        ([], r"a list of some, got \[\]"),
        (["a ball"], "repaints must be generator.Repaint, got str"),
    ],
)
def test_wrong_repaints_fail_before_any_work(pipe: RegionalFluxPipeline, how: Any, message: str) -> None:
    generator = noise()
    untouched = generator.get_state()
    with pytest.raises(RenderError, match=message):
        repaint(pipe, how=how, generator=generator)
    assert torch.equal(generator.get_state(), untouched)


def test_unknown_arguments(pipe: RegionalFluxPipeline) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'strenght'"):
        repaint(pipe, strenght=1)


def test_stock_model_afterwards(pipe: RegionalFluxPipeline) -> None:
    before, processors = paint_stock(pipe), pipe.transformer.attn_processors
    repaint(pipe, refinement_strength=0.5)
    assert pipe.transformer.attn_processors == processors
    assert torch.equal(paint_stock(pipe), before)


def test_plan_without_rows_is_plain(pipe: RegionalFluxPipeline) -> None:
    how = anew("a ball", "a ball")
    plain = repaint(pipe, Plan(BASE, ()), how=how, refinement_strength=0)
    assert torch.equal(plain.repainted, repaint(pipe, Plan(BASE, CELLS), how=how, refinement_strength=0).repainted)


GRASS = Repaint("a red dog and grass", "grass", ("grass", "a ball", "grass"), 1, seed=9, mask=Box(0.25, 0, 0.5, 0.5))
BESIDE_GRASS = [token for token in range(16) if token not in (1, 2, 5, 6)]


class TestChains:
    """A picture that was repainted is repainted again: the second region overlaps the first, and reaches beyond it."""

    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    @pytest.mark.parametrize("starts", [(2, 1), (1, 3), (0, 0)])
    def test_outside_each_region_the_bytes_are_those_of_the_picture_before(
        self, pipe: RegionalFluxPipeline, strength: float, starts: tuple[int, int]
    ) -> None:
        first, second = (
            replace(one, hard_binding_steps=start, single_stream=True)
            for one, start in zip((REPAINT, GRASS), starts, strict=True)
        )
        once = repaint(pipe, how=first, refinement_strength=strength)
        twice = repaint(pipe, how=[first, second], refinement_strength=strength)
        thrice = repaint(pipe, how=[first, second, first], refinement_strength=strength)
        assert torch.equal(twice.images, once.images)
        assert torch.equal(twice.between[0], once.repainted)
        assert torch.equal(twice.repainted[:, BESIDE_GRASS], once.repainted[:, BESIDE_GRASS])
        assert not close(twice.repainted[:, [1, 2, 5, 6]], once.repainted[:, [1, 2, 5, 6]])
        assert torch.equal(thrice.repainted[:, OUTSIDE], twice.repainted[:, OUTSIDE])
        assert not close(thrice.repainted[:, INSIDE], twice.repainted[:, INSIDE])

    def test_a_list_of_one_is_that_one(self, pipe: RegionalFluxPipeline) -> None:
        one, listed = (repaint(pipe, how=how, refinement_strength=0.5) for how in (REPAINT, [REPAINT]))
        assert torch.equal(one.images, listed.images)
        assert torch.equal(one.repainted, listed.repainted)

    def test_the_second_is_painted_into_the_first(self, pipe: RegionalFluxPipeline) -> None:
        """Masked as a whole, the second picture is the one that its own prompt and noise make, whatever was before."""
        whole = Repaint(BASE, BASE, (), 3, seed=4, mask=Box(0, 0, 1, 1))
        output = repaint(pipe, NO_OBJECTS, [anew("a ball", "a ball"), whole], refinement_strength=0)
        assert close(output.repainted, paint_stock(pipe, num_inference_steps=4, generator=noise(4)))

    def test_a_pass_more_for_each(self, pipe: RegionalFluxPipeline) -> None:
        passes = []
        handle = pipe.transformer.register_forward_pre_hook(lambda *_: passes.append(1))
        counted = []
        for how in ([REPAINT], [REPAINT, GRASS], [REPAINT, GRASS, REPAINT]):
            passes.clear()
            repaint(pipe, how=how)
            counted.append(len(passes))
        handle.remove()
        assert counted == [
            2 + 4 + 4,
            2 + 8 + 4,
            2 + 12 + 4,
        ]  # boxes that bind in two steps, and 4 steps of each picture

    def test_all_are_checked_before_any_work(self, pipe: RegionalFluxPipeline) -> None:
        with pytest.raises(RenderError, match="cell_prompts must be 3"):
            repaint(pipe, how=[REPAINT, anew("a", "b", ("c",))])
