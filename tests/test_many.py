"""Several plans in one call: each picture is the one of its own call, whatever stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from painting import BASE, CAT, CELLS, DOG, NO_OBJECTS, PLAN, noise, paint, paint_stock, watch
from tiny_flux import tiny_control_pipeline

from generator.pipeline import RegionalFluxPipeline
from planner.errors import RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

BALL = ObjectBox("a ball", Box(0.25, 0, 0.5, 0.75))
OTHER = Plan(
    "a ball on grass",
    (Row(1, (Cell(1, "a ball"), Cell(1, "a ball"))), Row(1, (Cell(1, "a red dog"),))),
    (BALL, ObjectBox("a dog", Box(0, 0.75, 0.25, 0.25)), CAT),
)
PLANS = [PLAN, OTHER, NO_OBJECTS, PLAN]
SEEDS = [5, 2, 2, 9]


def near(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).norm() <= 1e-4 * other.norm())


def together(pipe: RegionalFluxPipeline, **arguments: Any) -> torch.Tensor:
    return paint(pipe, PLANS, **{"generator": [noise(seed) for seed in SEEDS], **arguments})


@pytest.mark.parametrize("binding", [None, 0, 2, 3])
@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_each_picture_is_that_of_a_single_call(
    pipe: RegionalFluxPipeline, strength: float, binding: int | None
) -> None:
    settings: dict[str, Any] = {"refinement_strength": strength, "hard_binding_steps": binding}
    found = together(pipe, **settings)
    for number, (plan, seed) in enumerate(zip(PLANS, SEEDS, strict=True)):
        assert near(found[number : number + 1], paint(pipe, plan, generator=noise(seed), **settings))


def test_own_binding_steps_and_several_pictures_of_each(pipe: RegionalFluxPipeline) -> None:
    early = ObjectBox("a red dog", DOG.box, hard_binding_steps=1)
    plans, seeds = [Plan(BASE, CELLS, (early, BALL)), OTHER], [1, 2, 3, 4]
    generators = [noise(seed) for seed in seeds]
    found = paint(pipe, plans, num_images_per_prompt=2, generator=generators)
    for number, seed in enumerate(seeds):
        single = paint(pipe, plans[number // 2], generator=noise(seed))
        assert near(found[number : number + 1], single)


@pytest.mark.filterwarnings("ignore:.*FluxPosEmbed:FutureWarning")  # of diffusers' own ControlNet
def test_with_a_controlnet() -> None:
    pipe = tiny_control_pipeline({"num_mode": 2})
    control = {"control_image": torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64), "control_mode": 1}
    found = together(pipe, refinement_strength=0.5, **control)
    for number, (plan, seed) in enumerate(zip(PLANS, SEEDS, strict=True)):
        single = paint(pipe, plan, refinement_strength=0.5, generator=noise(seed), **control)
        assert near(found[number : number + 1], single)


def test_boxes_of_equal_size_are_one_batch_across_plans(pipe: RegionalFluxPipeline) -> None:
    """Two of PLAN twice, and two of OTHER, are 2 × 3 tokens; the other one is a single token."""
    sizes = [
        tuple(passed["hidden_states"].shape[:2])
        for passed in watch(pipe, PLANS, generator=[noise(seed) for seed in SEEDS], hard_binding_steps=1)
    ]
    assert sizes == [(6, 6), (1, 1), (4, 16), (4, 16), (4, 16)]


def test_one_generator_serves_plan_after_plan(pipe: RegionalFluxPipeline) -> None:
    one, other = noise(3), noise(3)
    found = paint(pipe, [PLAN, OTHER], generator=one)
    singles = [paint(pipe, plan, generator=other) for plan in (PLAN, OTHER)]
    assert near(found, torch.cat(singles))


def test_given_latents(pipe: RegionalFluxPipeline) -> None:
    given = torch.randn(4, 16, 16, generator=noise())
    found = together(pipe, latents=given)
    assert near(found[1:2], paint(pipe, OTHER, latents=given[1:2], generator=noise(SEEDS[1])))


def test_other_cells_only_without_refinement(pipe: RegionalFluxPipeline) -> None:
    rows = Plan(BASE, (Row(1, (Cell(1, BASE),)),))
    generators = [noise(1), noise(2)]
    with pytest.raises(RenderError, match="need the same cells, and those of plan 1 are not plan 0's"):
        paint(pipe, [NO_OBJECTS, rows], generator=generators)
    later = Plan(BASE, CELLS, refinement_steps=(1, 3))
    with pytest.raises(RenderError, match="in the same steps"):
        paint(pipe, [NO_OBJECTS, later], generator=generators)
    plain = paint(pipe, [NO_OBJECTS, rows], refinement_strength=0, generator=generators)
    assert near(plain[1:], paint_stock(pipe, generator=noise(2)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generator": [noise()]}, "generator must be one, or a list of 4: 4 plans have 1 pictures each; got 1"),
        ({"latents": torch.zeros(3, 16, 16)}, "latents must be 4: 4 plans have 1 pictures each; got 3"),
    ],
)
def test_what_cannot_be_divided(pipe: RegionalFluxPipeline, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        together(pipe, **arguments)


def test_no_plans(pipe: RegionalFluxPipeline) -> None:
    with pytest.raises(RenderError, match="the list of plans is empty"):
        pipe([])
