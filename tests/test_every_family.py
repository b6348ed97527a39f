"""Every family on a tiny random checkpoint, loaded from its folder as a user would: the same tests for all.

A new family joins with a line in `tiny_families.TINY`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from diffusers import Flux2Pipeline
from hypothesis import HealthCheck, Phase, given, settings
from painting import BASE, PLAN, noise
from plain_painting import paint_plainly
from tiny_families import TINY, Tiny, flux2_dev_parts
from torch import Tensor

from generator import Repaint
from generator.families.flux2 import RegionalFlux2Pipeline
from generator.painting.loading import load_pipeline
from generator.regions.geometry import TokenGrid, TokenRect
from generator.regions.text import Text
from planner.errors import RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

STEPS = 3
NAMES = ("a red dog", "a blue cat on the right", "grass", "a ball and a dog", "a ball")
LONG = " ".join(["a red dog and a blue cat on grass"] * 5)  # longer than what some families pad to


@pytest.fixture(scope="module", params=list(TINY))
def family(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def tiny(family: str) -> Tiny:
    return TINY[family]


@pytest.fixture(scope="module")
def folder(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    tiny.build().save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def pipe(folder: Path) -> Any:
    loaded = load_pipeline(folder, device="cpu")
    loaded.set_progress_bar_config(disable=True)
    return loaded


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of few cells and boxes on 6 × 4 tokens: of any size, boxes that overlap, δ of single cells."""
    deltas = st.sampled_from([None, None, 0.0, 0.4, 1.0])
    names = st.sampled_from((*NAMES, LONG))
    rows = tuple(
        Row(1, tuple(Cell(draw(st.integers(1, 2)), draw(names), draw(deltas)) for _ in range(draw(st.integers(1, 3)))))
        for _ in range(draw(st.integers(1, 2)))
    )
    boxes = []
    for _ in range(draw(st.integers(0, 2))):
        x, y = draw(st.integers(0, 4)), draw(st.integers(0, 2))
        width, height = draw(st.integers(1, 6 - x)), draw(st.integers(1, 4 - y))
        boxes.append(ObjectBox(draw(st.sampled_from(NAMES)), Box(x / 6, y / 4, width / 6, height / 4)))
    return Plan(draw(names), rows, tuple(boxes))


@settings(
    max_examples=6, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
@given(plan=plans(), strength=st.sampled_from([0.0, 0.3, 1.0]), binding=st.integers(0, 2), guided=st.booleans())
def test_it_paints_as_the_plain_algorithm(
    pipe: Any, tiny: Tiny, plan: Plan, strength: float, binding: int, guided: bool
) -> None:
    scale = tiny.guidance if guided and tiny.guidance else tiny.plain.unguided
    found = painted(pipe, tiny, plan, refinement_strength=strength, hard_binding_steps=binding, guidance_scale=scale)
    plain = {"strength": strength, "binding": binding, "guidance": scale, "generator": noise()}
    wanted = paint_plainly(tiny.plain, pipe, plan, TokenGrid(6, 4), **plain)
    assert (found - wanted).norm() <= 1e-4 * wanted.norm()


@pytest.mark.parametrize("guided", [False, True])
def test_without_regions_it_is_the_stock_pipeline(pipe: Any, tiny: Tiny, guided: bool) -> None:
    scale = tiny.guidance if guided else tiny.plain.unguided
    if scale is None:
        pytest.skip("its guidance is distilled: it never makes a second pass")
    stock = type(tiny.build()).from_pipe(pipe)
    stock.set_progress_bar_config(disable=True)
    own = {"height": 64, "width": 96, "num_inference_steps": STEPS, **tiny.guided(scale), **tiny.stock}
    wanted = stock(prompt=BASE, generator=noise(), output_type="latent", **own).images
    grid = TokenGrid(6, 4)
    for plan in (Plan(BASE, ()), Plan(BASE, PLAN.rows)):
        found = painted(pipe, tiny, plan, refinement_strength=0, hard_binding_steps=None, guidance_scale=scale)
        if found.shape != wanted.shape:  # some give their latents packed
            found = pipe.family.unpack(pipe, found, grid)
        if tiny.exact or not guided:
            assert torch.equal(found, wanted)
        else:  # the stock pipeline makes both passes as one batch
            assert (found - wanted).norm() <= 1e-5 * wanted.norm()


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_repaints_keep_what_is_outside(pipe: Any, tiny: Tiny, strength: float) -> None:
    repaint = Repaint("a ball", "a ball", ("a", "b", "c"), 1, seed=4, mask=Box(1 / 3, 0.25, 0.5, 0.5))
    options = {"refinement_strength": strength, "guidance_scale": tiny.guidance or tiny.plain.unguided}
    given = {**SIZE, **tiny.stock, **options, "generator": noise(), "output_type": "latent"}
    output = pipe.repaint(PLAN, [repaint, repaint], **given)
    inside = TokenRect(2, 1, 3, 2).tokens(TokenGrid(6, 4))
    outside = [token for token in range(24) if token not in inside]
    assert torch.equal(output.images, painted(pipe, tiny, PLAN, **options))
    assert torch.equal(output.repainted[:, outside], output.images[:, outside])
    assert not torch.allclose(output.repainted[:, inside], output.images[:, inside], rtol=0.1)


def test_pictures_of_a_batch_are_those_of_single_calls(pipe: Any, tiny: Tiny) -> None:
    other = Plan("a ball", PLAN.rows, PLAN.objects[:1])
    generators = [noise(seed) for seed in range(2)]
    both = painted(pipe, tiny, [PLAN, other], generator=generators, refinement_strength=0.5)
    for number, plan in enumerate((PLAN, other)):
        alone = painted(pipe, tiny, plan, generator=noise(number), refinement_strength=0.5)
        assert (both[number] - alone[0]).norm() <= 1e-5 * alone.norm()


def test_pictures_come_out(pipe: Any, tiny: Tiny) -> None:
    [image] = pipe(PLAN, **{**SIZE, **tiny.stock, "generator": noise()}).images
    assert image.size == (96, 64)


def test_afterwards_the_transformer_is_stock(pipe: Any, tiny: Tiny) -> None:
    before = processors_of(pipe)
    with pytest.raises(RuntimeError, match="stopped"):
        painted(pipe, tiny, PLAN, refinement_strength=0.5, callback_on_step_end=stop)
    assert processors_of(pipe) == before
    painted(pipe, tiny, PLAN, refinement_strength=0.5)
    assert processors_of(pipe) == before
    registries = [getattr(module, "_diffusers_hook", None) for module in pipe.transformer.modules()]
    assert not any(registry.hooks for registry in registries if registry is not None)


SIZE = {"width": 96, "height": 64, "num_inference_steps": STEPS}


def painted(pipe: Any, tiny: Tiny, plan: Any, **options: Any) -> Tensor:
    given = {**SIZE, **tiny.stock, "output_type": "latent", "generator": noise(), **options}
    latents: Tensor = pipe(plan, **given).images
    return latents


def stop(*_: Any) -> dict[str, Any]:
    raise RuntimeError("stopped")


def processors_of(pipe: Any) -> list[Any]:
    """Return what a call sets and takes back: processors, and other things that are set on the transformer."""
    modules = [module for module in pipe.transformer.modules() if hasattr(module, "processor")]
    return [
        *(type(module.processor) for module in modules),
        *(name for name in vars(pipe.transformer) if "sequence" in name),
    ]


def test_distilled_guidance_is_the_stock_pipelines() -> None:
    """FLUX.2 dev: its guidance is an input of the transformer; there is no second pass, and no negative prompt."""
    parts = flux2_dev_parts()
    stock, own = Flux2Pipeline(**parts), RegionalFlux2Pipeline(**parts)
    for pipe in (stock, own):
        pipe.set_progress_bar_config(disable=True)
    torch.manual_seed(0)
    text = {prompt: Text(torch.randn(1, 12, 24)) for prompt in (BASE, *(cell.prompt for cell in PLAN.cells))}
    given = {**SIZE, "guidance_scale": 2.5, "output_type": "latent"}
    wanted = stock(prompt_embeds=text[BASE].embeds, generator=noise(), **given).images
    plan = Plan(BASE, PLAN.rows)
    found = own(plan, texts=text, generator=noise(), refinement_strength=0, **given).images
    assert torch.equal(found, wanted)  # this stock pipeline leaves them packed
    refined = own(plan, texts=text, generator=noise(), **given).images
    assert (refined - found).norm() > 0.01 * found.norm()
    with pytest.raises(RenderError, match="negative_prompt needs a model whose guidance was not distilled"):
        own(plan, texts=text, negative_prompt="grass", **given)
