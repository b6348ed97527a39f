"""FLUX.2's own reference pictures: in an object's own pass and in its cell, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import Flux2KleinPipeline, Flux2Pipeline
from painting import BASE, CAT, CELLS, DOG, noise
from plain_painting import paint_plainly
from plain_qwen import PlainText
from tiny_adapters import picture
from tiny_families import KLEIN, flux2, flux2_dev_parts, flux2_noise
from torch import Tensor

from generator import NativePicture, Painter
from generator.families.flux2 import RegionalFlux2KleinPipeline, RegionalFlux2Pipeline
from generator.regions.geometry import TokenGrid
from generator.regions.text import Text
from planner.errors import RenderError
from planner.plan import Box, ImagePrompt, ObjectBox, Plan

GRID = TokenGrid(6, 6)
SHOWN = picture(3, (90, 70))  # cut to 80 × 64 px
PICTURED = replace(DOG, image=ImagePrompt("native", "dog.png"))
PLAN = Plan(BASE, CELLS, (PICTURED, CAT))
OPTIONS: dict[str, Any] = {"width": 96, "height": 96, "num_inference_steps": 3, "output_type": "latent"}


@pytest.fixture(scope="module")
def pipe() -> Any:
    """Klein base, which is guided by a second pass."""
    pipe = RegionalFlux2KleinPipeline(**flux2(distilled=False).components, is_distilled=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def painted(pipe: Any, plan: Plan = PLAN, shown: Any = SHOWN, **options: Any) -> Tensor:
    given = {**OPTIONS, "generator": noise(), "guidance_scale": 1, "max_sequence_length": 12, **options}
    images = {number: NativePicture(shown) for number, item in enumerate(plan.objects) if item.image}
    latents: Tensor = pipe(plan, image_embeds=images, **given).images
    return latents


def same(one: Tensor, other: Tensor, relative: float = 1e-4) -> bool:
    return bool((one - other).norm() <= relative * other.norm())


def read(pipe: Any) -> Callable[[Any, str, str], PlainText]:
    """Words with the picture of the dog where they are the dog's, or its cell's; told by the prompt they belong to."""
    pixels = pipe.image_processor.preprocess(SHOWN, 64, 80, resize_mode="crop")
    tokens, _ = pipe.prepare_image_latents([pixels], 1, None, "cpu", torch.float32)

    def text(pipe: Any, words: str, prompt: str) -> PlainText:
        own = prompt in (DOG.prompt, CELLS[0].cells[0].prompt)
        embeds, _ = pipe.encode_prompt(words, max_sequence_length=12)
        return PlainText(embeds, ((tokens, 4, 5),) if own else ())

    return text


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
@torch.no_grad()
def test_it_paints_as_the_plain_algorithm(pipe: Any, strength: float, guidance: float) -> None:
    found = painted(pipe, refinement_strength=strength, guidance_scale=guidance)
    plain = replace(KLEIN, text=read(pipe))
    wanted = paint_plainly(plain, pipe, PLAN, GRID, strength=strength, binding=2, guidance=guidance, generator=noise())
    assert same(found, wanted)


def test_two_pictures_of_one_cell_are_counted_apart(pipe: Any) -> None:
    """They act, each of them, and the second is not the first."""
    other = replace(PICTURED, box=Box(0.25, 0, 0.25, 0.25))
    plan, options = Plan(BASE, CELLS, (PICTURED, other)), {**OPTIONS, "generator": noise()}
    pictures = [NativePicture(picture(seed, (64, 64))) for seed in (1, 2)]
    made = [
        pipe(plan, image_embeds=dict(enumerate(order)), **{**options, "generator": noise()}, hard_binding_steps=None)
        for order in (pictures, [pictures[1], pictures[0]], [pictures[0]] * 2)
    ]
    assert not any(same(made[0].images, each.images) for each in made[1:])


@pytest.mark.parametrize("where", ["box", "cell"])
def test_the_picture_acts_in_the_object_and_in_its_cell(pipe: Any, where: str) -> None:
    options = {"box": {"refinement_strength": 0}, "cell": {"hard_binding_steps": None}}[where]
    assert not same(painted(pipe, **options), painted(pipe, shown=picture(4, (90, 70)), **options))


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_picture_of_the_whole_is_the_stock_pipelines(pipe: Any, guidance: float) -> None:
    """An object that fills the canvas and is bound in every step is what diffusers paints with that picture."""
    stock = Flux2KleinPipeline(**pipe.components, is_distilled=False)
    stock.set_progress_bar_config(disable=True)
    given = {**OPTIONS, "guidance_scale": guidance, "max_sequence_length": 12}
    latents = stock(prompt=DOG.prompt, image=SHOWN, latents=_noise_of_the_box(pipe), **given).images
    found = painted(pipe, _filled(), guidance_scale=guidance, **BOUND)
    assert same(pipe.family.unpack(pipe, found, GRID), latents, 1e-5)


def test_dev_reads_pictures_as_its_stock_pipeline() -> None:
    parts = flux2_dev_parts()
    stock, own = Flux2Pipeline(**parts), RegionalFlux2Pipeline(**parts)
    for each in (stock, own):
        each.set_progress_bar_config(disable=True)
    torch.manual_seed(0)
    texts = {prompt: Text(torch.randn(1, 12, 24)) for prompt in (BASE, DOG.prompt)}
    given = {**OPTIONS, "guidance_scale": 2.5}
    embeds = texts[DOG.prompt].embeds
    wanted = stock(prompt_embeds=embeds, image=SHOWN, latents=_noise_of_the_box(own), **given).images
    found = painted(own, _filled(), texts=texts, guidance_scale=2.5, **BOUND)
    assert same(found, wanted, 1e-5)


BOUND: dict[str, Any] = {"refinement_strength": 0, "hard_binding_steps": 3}


def _filled() -> Plan:
    return Plan(BASE, (), (ObjectBox(DOG.prompt, Box(0, 0, 1, 1), image=PICTURED.image),))


def _noise_of_the_box(pipe: Any) -> Tensor:
    """The second that is drawn: the picture's own comes first."""
    generator = noise()
    flux2_noise(pipe, GRID, generator)
    return flux2_noise(pipe, GRID, generator).transpose(1, 2).reshape(1, -1, GRID.height, GRID.width)


def test_several_pictures_of_one_plan_are_those_of_single_calls(pipe: Any) -> None:
    both = painted(pipe, num_images_per_prompt=2, generator=[noise(1), noise(2)], refinement_strength=0.5)
    singles = [painted(pipe, generator=noise(seed), refinement_strength=0.5) for seed in (1, 2)]
    assert same(both, torch.cat(singles), 1e-5)


def test_a_picture_larger_than_the_canvas_is_read_as_large_as_it(pipe: Any) -> None:
    large = picture(5, (400, 200))
    small = pipe.image_processor._resize_to_target_area(large, 96 * 96)
    assert torch.equal(painted(pipe, shown=large), painted(pipe, shown=small))


def test_pictures_that_it_cannot_read_are_refused(pipe: Any) -> None:
    with pytest.raises(RenderError, match=r"FLUX\.2 cannot read the picture of object 0: .*at least 64px"):
        painted(pipe, shown=picture(0, (60, 90)))
    with pytest.raises(RenderError, match=r"picture of kind 'redux', and FLUX\.2 reads its own: 'native'"):
        pipe(Plan(BASE, CELLS, (replace(DOG, image=ImagePrompt("redux", "dog.png")),)), **OPTIONS)
    with pytest.raises(RenderError, match=r"object 0 has a picture, 'dog\.png', but image_embeds has none"):
        pipe(PLAN, **OPTIONS)


def test_a_checkpoint_is_painted_with_a_picture_from_its_file(tmp_path: Path) -> None:
    flux2(distilled=True).save_pretrained(tmp_path / "klein")
    for name, shown in (("one", SHOWN), ("other", picture(4, (90, 70)))):
        shown.save(tmp_path / f"{name}.png")
    painter = Painter(str(tmp_path / "klein"), device="cpu", width=96, height=96, steps=2, max_sequence_length=12)
    pictures = [
        painter.paint(Plan(BASE, CELLS, (DOG, CAT)), images={0: ImagePrompt("native", str(tmp_path / name))}, seed=1)
        for name in ("one.png", "other.png")
    ]
    assert pictures[0].image.tobytes() != pictures[1].image.tobytes()
