"""Qwen-Image-Edit's own reference pictures: in an object's own pass and in its cell, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from painting import BASE, CAT, CELLS, DOG, noise
from plain_painting import PlainFamily, paint_plainly
from plain_qwen import PlainText, qwen_pass, rescaled, shift
from test_qwen_krea import same
from tiny_adapters import picture
from tiny_qwen import tiny_qwen_image_edit
from torch import Tensor

from generator import NativePicture
from generator.families.qwen_image_edit import RegionalQwenImageEditPlusPipeline
from generator.regions.geometry import TokenGrid
from planner.errors import PlanError, RenderError
from planner.plan import ImagePrompt, Plan

GRID = TokenGrid(4, 4)
PICTURED = replace(DOG, image=ImagePrompt("native", "dog.png"))
PLAN = Plan(BASE, CELLS, (PICTURED, CAT))
SHOWN = picture(3, (60, 30))


@pytest.fixture(scope="module", params=[False, True], ids=["2509", "2511"])
def pipe(request: pytest.FixtureRequest) -> Any:
    """With and without pictures that are modulated as of the last step."""
    stock = tiny_qwen_image_edit(zero_cond_t=request.param)
    pipe = RegionalQwenImageEditPlusPipeline(**stock.components)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def painted(pipe: Any, plan: Plan = PLAN, shown: Any = SHOWN, **options: Any) -> Tensor:
    given: dict[str, Any] = {"num_inference_steps": 3, "output_type": "latent", "generator": noise()}
    given |= {"height": 64, "width": 64, "guidance_scale": 1}
    images = {number: NativePicture(shown) for number, item in enumerate(plan.objects) if item.image}
    latents: Tensor = pipe(plan, image_embeds=images, **{**given, **options}).images
    return latents


def read(pipe: Any) -> Callable[[Any, str, str], PlainText]:
    """Words with the picture of the dog where they are the dog's, or its cell's; told by the prompt they belong to."""
    side = pipe.image_processor.resize(SHOWN, 256, 544)  # what is nearest to 384² at 2 : 1, in 32 px
    pixels = pipe.image_processor.preprocess(SHOWN, 32, 96).unsqueeze(2)  # the same for 64²
    latents = pipe._encode_vae_image(pixels, None)
    tokens = pipe._pack_latents(latents, 1, 4, 4, 12)

    def text(pipe: Any, words: str, prompt: str) -> PlainText:
        own = prompt in (DOG.prompt, CELLS[0].cells[0].prompt)
        embeds, _ = pipe.encode_prompt(prompt=words, image=[side] if own else None)
        return PlainText(embeds, ((tokens, 2, 6),) if own else ())

    return text


def noise_of(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    latents: Tensor = pipe.prepare_latents(
        None, 1, 4, grid.height * 16, grid.width * 16, torch.float32, "cpu", generator
    )[0]
    return latents


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
@torch.no_grad()
def test_it_paints_as_the_plain_algorithm(pipe: Any, strength: float, guidance: float) -> None:
    plain = PlainFamily(qwen_pass, read(pipe), noise_of, shift(4096), rescaled, 1.0, " ")
    found = painted(pipe, refinement_strength=strength, guidance_scale=guidance)
    wanted = paint_plainly(plain, pipe, PLAN, GRID, strength=strength, binding=2, guidance=guidance, generator=noise())
    assert same(found, wanted)


@pytest.mark.parametrize("where", ["box", "cell"])
def test_the_picture_acts_in_the_object_and_in_its_cell(pipe: Any, where: str) -> None:
    options = {"box": {"refinement_strength": 0}, "cell": {"hard_binding_steps": None}}[where]
    assert not same(painted(pipe, **options), painted(pipe, shown=picture(4, (60, 30)), **options))


def test_several_pictures_of_one_plan_are_those_of_single_calls(pipe: Any) -> None:
    both = painted(pipe, num_images_per_prompt=2, generator=[noise(1), noise(2)], refinement_strength=0.5)
    singles = [painted(pipe, generator=noise(seed), refinement_strength=0.5) for seed in (1, 2)]
    assert same(both, torch.cat(singles), 1e-5)


def test_pictures_that_it_cannot_read_are_refused(pipe: Any) -> None:
    with pytest.raises(PlanError, match="1 for a native image"):
        ImagePrompt("native", "dog.png", 0.5)
    redux = replace(DOG, image=ImagePrompt("redux", "dog.png"))
    with pytest.raises(RenderError, match="picture of kind 'redux', and Qwen-Image-Edit reads its own: 'native'"):
        pipe(Plan(BASE, CELLS, (redux,)), height=64, width=64)
    with pytest.raises(RenderError, match=r"object 0 has a picture, 'dog\.png', but image_embeds has none"):
        pipe(PLAN, height=64, width=64)
    with pytest.raises(RenderError, match="object 0 has 'lora'"):
        pipe(Plan(BASE, CELLS, (replace(DOG, lora=("a.safetensors",)),)), height=64, width=64)
