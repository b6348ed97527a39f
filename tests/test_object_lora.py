"""LoRAs of single objects: fully where the object is painted alone, by tokens in its cell, and gone afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from painting import BASE, DOG, PLAN, close, noise, paint, watch
from safetensors.torch import save_file
from test_load_options import REPAINT, lora_file
from tiny_flux import tiny_pipeline

from generator.adapters.lora_files import add_loras
from generator.options import LoraFile
from generator.pipeline import RegionalFluxPipeline
from planner.errors import RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

WHOLE = ObjectBox("a red dog", Box(0, 0, 1, 1))
ALONE = Plan(BASE, (Row(1, (Cell(1, "a red dog on grass"),)),), (WHOLE,))
DOG_TOKENS, CAT_TOKENS = [0, 1, 4, 5, 8, 9], [6, 7, 10, 11, 14, 15]
TOP = [0, 1, 4, 5]  # the dog's cell: the upper left quarter of 4 × 4 tokens


@pytest.fixture
def pipe() -> RegionalFluxPipeline:
    return tiny_pipeline()


def with_lora(plan: Plan, *loras: tuple[str, ...]) -> Plan:
    return replace(plan, objects=[replace(item, lora=lora) for item, lora in zip(plan.objects, loras, strict=True)])


def layer_lora(path: Path, layer: str, seed: int, channels: tuple[int, int]) -> str:
    """A LoRA of rank 2 for one layer with so many channels in and out."""
    generator = torch.Generator().manual_seed(seed)
    down, up = torch.randn(2, channels[0], generator=generator), torch.randn(channels[1], 2, generator=generator)
    prefix = f"transformer.{layer}"
    save_file({f"{prefix}.lora_A.weight": down, f"{prefix}.lora_B.weight": up}, path)
    return str(path)


def everywhere(lora: str, paint_it: Callable[[RegionalFluxPipeline], torch.Tensor]) -> torch.Tensor:
    """Paint with the LoRA loaded for the whole model."""
    pipe = tiny_pipeline()
    add_loras(pipe, [LoraFile.parse(lora)])
    return paint_it(pipe)


@pytest.mark.parametrize("kohya", [False, True])
@pytest.mark.parametrize("scale", ["", ":0.5"])
def test_a_lone_object_is_painted_as_by_the_model_with_that_lora(
    pipe: RegionalFluxPipeline, tmp_path: Path, kohya: bool, scale: str
) -> None:
    lora = f"{lora_file(tmp_path / 'a.safetensors', 1, kohya=kohya)}{scale}"
    arguments: dict[str, Any] = {"hard_binding_steps": 3, "refinement_strength": 0}
    found = paint(pipe, with_lora(ALONE, (lora,)), **arguments)
    assert close(found, everywhere(lora, lambda other: paint(other, ALONE, **arguments)))
    assert not close(found, paint(pipe, ALONE, **arguments))


def test_each_object_has_its_own(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    """Boxes that bind to the end are what their own passes made; both are of one size, so they could be one batch."""
    one, two = (str(lora_file(tmp_path / f"{seed}.safetensors", seed)) for seed in (1, 2))
    plans = [with_lora(PLAN, *loras) for loras in [((), ()), ((one,), ()), ((), (two,)), ((one,), (two,))]]
    plain, first, second, both = (paint(pipe, plan, hard_binding_steps=3) for plan in plans)
    assert not close(first[:, DOG_TOKENS], plain[:, DOG_TOKENS])
    assert close(first[:, CAT_TOKENS], plain[:, CAT_TOKENS])
    assert close(both[:, DOG_TOKENS], first[:, DOG_TOKENS])
    assert close(both[:, CAT_TOKENS], second[:, CAT_TOKENS])


def test_a_cell_that_is_the_whole_picture_is_painted_as_by_the_model_with_that_lora(
    pipe: RegionalFluxPipeline, tmp_path: Path
) -> None:
    lora = str(lora_file(tmp_path / "a.safetensors", 1))
    found = paint(pipe, with_lora(ALONE, (lora,)), hard_binding_steps=None)
    assert close(found, everywhere(lora, lambda other: paint(other, ALONE, hard_binding_steps=None)))


@pytest.mark.parametrize("strength", [0.5, 1])
@pytest.mark.parametrize(
    ("layer", "channels"), [("proj_out", (32, 16)), ("single_transformer_blocks.2.proj_out", (160, 32))]
)
def test_in_the_picture_it_acts_on_the_tokens_of_its_cell(
    pipe: RegionalFluxPipeline, tmp_path: Path, strength: float, layer: str, channels: tuple[int, int]
) -> None:
    """After the last attention every token is on its own."""
    lora = layer_lora(tmp_path / "a.safetensors", layer, 1, channels)
    arguments: dict[str, Any] = {
        "num_inference_steps": 1,
        "hard_binding_steps": None,
        "refinement_strength": strength,
    }
    found = paint(pipe, with_lora(PLAN, (lora,), ()), **arguments)
    plain, loaded = paint(pipe, **arguments), everywhere(lora, lambda other: paint(other, **arguments))
    rest = [token for token in range(16) if token not in TOP]
    assert torch.equal(found[:, rest], plain[:, rest])
    assert close(found[:, TOP], loaded[:, TOP])
    assert not close(found[:, TOP], plain[:, TOP])


def test_text_layers_change_only_the_text_of_the_cell(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    """What comes out of the embedding of three cells' texts of 8 tokens, in reverse, before 8 of the base."""
    lora = layer_lora(tmp_path / "a.safetensors", "context_embedder", 1, (24, 32))
    seen: list[torch.Tensor] = []
    pipe.transformer.transformer_blocks[0].register_forward_pre_hook(
        lambda _, __, keywords: seen.append(keywords["encoder_hidden_states"]), with_kwargs=True
    )
    for loras in [((), ()), ((), (lora,))]:
        plan = with_lora(PLAN, *loras)
        paint(pipe, plan, num_inference_steps=1, hard_binding_steps=None, refinement_strength=0.5)
    changed = (seen[0] != seen[1]).any(dim=-1)[0].nonzero().flatten().tolist()
    assert changed == list(range(8))  # the cat's centre is in the third cell


@pytest.mark.parametrize("layer", ["norm_out.linear", "transformer_blocks.0.norm1.linear"])
def test_modulation_stays_out_of_the_picture(pipe: RegionalFluxPipeline, tmp_path: Path, layer: str) -> None:
    lora = layer_lora(tmp_path / "a.safetensors", layer, 1, (32, 64 if "out" in layer else 192))
    assert torch.equal(
        paint(pipe, with_lora(PLAN, (lora,), ()), hard_binding_steps=None), paint(pipe, hard_binding_steps=None)
    )
    bound = paint(pipe, with_lora(PLAN, (lora,), ()), hard_binding_steps=3)
    assert not close(bound[:, DOG_TOKENS], paint(pipe, hard_binding_steps=3)[:, DOG_TOKENS])


def test_cells_of_one_prompt_part_where_one_has_a_lora(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    lora = str(lora_file(tmp_path / "a.safetensors", 1))
    rows = (Row(1, (Cell(1, "a red dog"), Cell(1, "a red dog"))),)
    plan = Plan(BASE, rows, (DOG,))
    texts = [
        watch(pipe, with_lora(plan, loras), hard_binding_steps=None)[0]["encoder_hidden_states"].shape[1]
        for loras in [(), (lora,)]
    ]
    assert texts == [8, 16]


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left(pipe: RegionalFluxPipeline, tmp_path: Path, fails: bool) -> None:
    lora = str(lora_file(tmp_path / "a.safetensors", 1))
    modules = [type(module) for module in pipe.transformer.modules()]
    before = paint(pipe)

    def stop(*_: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    if fails:
        with pytest.raises(KeyboardInterrupt):
            paint(pipe, with_lora(PLAN, (lora,), ()), callback_on_step_end=stop)
    else:
        paint(pipe, with_lora(PLAN, (lora,), ()))
    assert [type(module) for module in pipe.transformer.modules()] == modules
    assert torch.equal(paint(pipe), before)


def test_loras_of_the_whole_model_stay(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    one, two = (str(lora_file(tmp_path / f"{seed}.safetensors", seed)) for seed in (1, 2))
    add_loras(pipe, [LoraFile(one, 0.5)])
    before = paint(pipe)
    bound = {"hard_binding_steps": 3, "refinement_strength": 0}
    found = paint(pipe, with_lora(ALONE, (two,)), **bound)
    both = tiny_pipeline()
    add_loras(both, [LoraFile(one, 0.5), LoraFile(two)])
    assert close(found, paint(both, ALONE, **bound))
    assert torch.equal(paint(pipe), before)
    assert pipe.get_active_adapters() == ["lora_0"]


def test_repainting_keeps_the_loras_of_the_others(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    lora = str(lora_file(tmp_path / "a.safetensors", 1))
    arguments: dict[str, Any] = {"num_inference_steps": 3, "output_type": "latent"}
    plan = with_lora(PLAN, (lora,), ())
    output = pipe.repaint(plan, REPAINT, generator=noise(), **arguments)
    assert torch.equal(output.images, paint(pipe, plan))
    assert torch.equal(output.repainted[:, TOP], output.images[:, TOP])


def test_files_are_checked_before_any_work(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    generator = noise()
    untouched = generator.get_state()
    with pytest.raises(RenderError, match=r"there is no LoRA file 'no\.safetensors'"):
        paint(pipe, with_lora(PLAN, ("no.safetensors",), ()), generator=generator)
    assert torch.equal(generator.get_state(), untouched)
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(RenderError, match=r"x\.safetensors' (cannot be loaded|has nothing)"):
        paint(pipe, with_lora(PLAN, (str(tmp_path / "x.safetensors"),), ()))
    assert paint(pipe).isfinite().all()


def test_plans_of_one_batch_need_the_same_loras_in_their_cells(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    lora = str(lora_file(tmp_path / "a.safetensors", 1))
    with pytest.raises(RenderError, match="by the same adapters"):
        paint(pipe, [PLAN, with_lora(PLAN, (lora,), ())])


def test_not_with_compiled_blocks(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    pipe.transformer.compile_repeated_blocks(backend="eager")
    with pytest.raises(RenderError, match="do not work with compiled blocks"):
        paint(pipe, with_lora(PLAN, (str(lora_file(tmp_path / "a.safetensors", 1)),), ()))
