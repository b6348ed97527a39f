"""Qwen-Image and Krea 2 from their own folders, held against the plain algorithm and their stock pipelines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from painting import CELLS, DOG, PLAN, noise
from plain_painting import TEXT_TOKENS, PlainFamily, paint_plainly
from plain_qwen import PlainText, krea2_pass, qwen_pass
from safetensors.torch import save_file
from tiny_qwen import tiny_krea2, tiny_qwen_image
from torch import Tensor

from generator import Repaint
from generator.painting.loading import load_pipeline
from generator.regions.geometry import TokenGrid
from planner.plan import Box, Cell, ObjectBox, Plan, Row


def encoded(pipe: Any, words: str, prompt: str) -> PlainText:
    """The tokens of some words, without padding."""
    embeds, mask = pipe.encode_prompt(words, max_sequence_length=TEXT_TOKENS)
    return PlainText(embeds if mask is None else embeds[:, mask[0].bool()])


def drawn(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    latents: Tensor = pipe.prepare_latents(
        1, pipe.transformer.config.in_channels // 4, grid.height * 16, grid.width * 16, torch.float32, "cpu", generator
    )
    return latents


def shift(longest: int) -> Callable[[Any, int], float]:
    return lambda pipe, tokens: 0.5 + (1.15 - 0.5) / (longest - 256) * (tokens - 256)


def rescaled(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    both = negative + scale * (positive - negative)
    return both * (positive.norm(dim=-1, keepdim=True) / both.norm(dim=-1, keepdim=True))


def from_zero(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    return positive + scale * (positive - negative)


@dataclass(frozen=True)
class Case:
    """A family under test: its plain form, and its checkpoint as a user has it."""

    plain: PlainFamily
    folder: Path
    pipe: Any


QWEN = PlainFamily(qwen_pass, encoded, drawn, shift(4096), rescaled, 1.0, " ")
KREA2 = PlainFamily(krea2_pass, encoded, drawn, shift(6400), from_zero, 0.0, "")


@pytest.fixture(scope="module", params=["qwen_image", "krea2"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp(request.param)
    made = {"qwen_image": tiny_qwen_image, "krea2": tiny_krea2}[request.param]()
    made.save_pretrained(folder)
    pipe = load_pipeline(folder)
    pipe.set_progress_bar_config(disable=True)
    return Case({"qwen_image": QWEN, "krea2": KREA2}[request.param], folder, pipe)


def painted(case: Case, plan: Plan | list[Plan], **options: Any) -> Tensor:
    given = {"num_inference_steps": 3, "output_type": "latent", "generator": noise(), "height": 64, "width": 64}
    given |= {"guidance_scale": case.plain.unguided, "max_sequence_length": TEXT_TOKENS}
    latents: Tensor = case.pipe(plan, **{**given, **options}).images
    return latents


def same(one: Tensor, other: Tensor, relative: float = 1e-4) -> bool:
    return bool((one - other).norm() <= relative * other.norm())


STRENGTHS = st.sampled_from([None, 0.0, 0.4, 1.0])
WORDS = st.sampled_from(["a red dog", "a blue cat on grass", "grass", "an old house by the sea under a full moon"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of one to four cells and up to two boxes, which may overlap, with strengths and steps of their own."""
    rows = draw(
        st.lists(
            st.lists(st.tuples(st.integers(1, 3), WORDS, STRENGTHS), min_size=1, max_size=2), min_size=1, max_size=2
        )
    )
    cells = tuple(Row(1, tuple(Cell(w, text, refinement_strength=δ) for w, text, δ in row)) for row in rows)
    corners = st.sampled_from([0.0, 0.25, 0.5])
    sides = st.sampled_from([0.25, 0.5])
    boxes = draw(st.lists(st.tuples(corners, corners, sides, sides, WORDS, st.sampled_from([None, 0, 2])), max_size=2))
    objects = tuple(ObjectBox(text, Box(x, y, w, h), hard_binding_steps=n) for x, y, w, h, text, n in boxes)
    return Plan(draw(WORDS), cells, objects)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=plans(),
    strength=st.sampled_from([0.0, 0.3, 1.0]),
    binding=st.integers(0, 3),
    guided=st.booleans(),
    size=st.sampled_from([(4, 4), (4, 6), (8, 4)]),
    seed=st.integers(0, 99),
)
def test_it_paints_as_the_plain_algorithm(
    case: Case, plan: Plan, strength: float, binding: int, guided: bool, size: tuple[int, int], seed: int
) -> None:
    grid, guidance = TokenGrid(*size), case.plain.unguided + (2.0 if guided else 0.0)
    found = painted(
        case, plan, refinement_strength=strength, hard_binding_steps=binding, guidance_scale=guidance,
        generator=noise(seed), width=16 * size[0], height=16 * size[1],
    )  # fmt: skip
    wanted = paint_plainly(
        case.plain, case.pipe, plan, grid, strength=strength, binding=binding, guidance=guidance, generator=noise(seed)
    )
    assert same(found, wanted)


def stock(case: Case, prompt: str, **options: Any) -> Tensor:
    """The prompt by diffusers' own pipeline, on the same parts."""
    base = next(kind for kind in type(case.pipe).__mro__ if kind.__name__ in ("QwenImagePipeline", "Krea2Pipeline"))
    configured = {name: case.pipe.config[name] for name in ("text_encoder_select_layers",) if name in case.pipe.config}
    pipe = base(**case.pipe.components, **configured)
    pipe.set_progress_bar_config(disable=True)
    given = {"num_inference_steps": 3, "output_type": "latent", "generator": noise(), "height": 64, "width": 64}
    latents: Tensor = pipe(prompt, max_sequence_length=TEXT_TOKENS, **{**given, **options}).images
    return latents


def test_without_regions_it_is_the_stock_pipeline_bit_for_bit(case: Case) -> None:
    own: list[dict[str, Any]] = [{}, {"guidance_scale": 3.0, "negative_prompt": "grass"}]
    theirs: list[dict[str, Any]] = [{"true_cfg_scale": 1.0}, {"true_cfg_scale": 3.0, "negative_prompt": "grass"}]
    if case.plain is KREA2:
        theirs = [{"guidance_scale": 0.0}, {"guidance_scale": 3.0, "negative_prompt": "grass"}]
    for ours, options in zip(own, theirs, strict=True):
        expected = stock(case, "a red dog", **options)
        for plan in (Plan("a red dog", ()), Plan("a red dog", CELLS)):
            assert torch.equal(painted(case, plan, refinement_strength=0, **ours), expected)


def test_several_pictures_are_those_of_single_calls(case: Case) -> None:
    both = painted(case, PLAN, num_images_per_prompt=2, generator=[noise(1), noise(2)], refinement_strength=0.5)
    singles = [painted(case, PLAN, generator=noise(seed), refinement_strength=0.5) for seed in (1, 2)]
    assert same(both, torch.cat(singles), 1e-5)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_prompts_of_different_lengths_are_painted_as_one_batch(case: Case, strength: float) -> None:
    """Padding is attended to by nobody: each picture is that of a call of its own."""
    other = Plan("an old house", (*CELLS[:1], Row(1, (Cell(1, "an old house by the sea"),))), (DOG,))
    given = {"refinement_strength": strength, "guidance_scale": case.plain.unguided + 2}
    both = painted(case, [PLAN, other], generator=[noise(1), noise(2)], **given)
    singles = [painted(case, plan, generator=noise(seed), **given) for plan, seed in ((PLAN, 1), (other, 2))]
    assert same(both, torch.cat(singles))


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_repaints_keep_what_is_outside(case: Case, strength: float) -> None:
    repaint = Repaint("grass", "grass", ("a", "b", "c"), 1, seed=4, mask=Box(0.5, 0.25, 0.5, 0.5))
    options: dict[str, Any] = {"num_inference_steps": 3, "height": 64, "width": 64, "max_sequence_length": TEXT_TOKENS}
    options |= {"refinement_strength": strength, "guidance_scale": case.plain.unguided + 2}
    output = case.pipe.repaint(PLAN, [repaint, repaint], generator=noise(), output_type="latent", **options)
    inside = [row * 4 + column for row in (1, 2) for column in (2, 3)]
    outside = [token for token in range(16) if token not in inside]
    assert torch.equal(output.images, painted(case, PLAN, **options))
    assert torch.equal(output.repainted[:, outside], output.images[:, outside])
    assert not same(output.repainted[:, inside], output.images[:, inside])


def test_afterwards_the_transformer_is_stock(case: Case) -> None:
    before = {name: type(processor) for name, processor in case.pipe.transformer.attn_processors.items()}

    def stop(*_: Any) -> dict[str, Any]:
        raise RuntimeError("stopped")

    painted(case, PLAN, refinement_strength=0.5)
    with pytest.raises(RuntimeError, match="stopped"):
        painted(case, PLAN, callback_on_step_end=stop)
    assert {name: type(each) for name, each in case.pipe.transformer.attn_processors.items()} == before
    for module in case.pipe.transformer.modules():
        assert "forward" not in vars(module)
        assert not hasattr(module, "_diffusers_hook") or not module._diffusers_hook.hooks


# Ways to load


def everything(pipe: Any, **options: Any) -> Tensor:
    """A picture with hard binding and soft refinement, and the same one repainted."""
    repaint = Repaint("grass", "grass", ("a", "b", "c"), 1, mask=Box(0.5, 0.25, 0.5, 0.5))
    given: dict[str, Any] = {"num_inference_steps": 3, "height": 64, "width": 64, "max_sequence_length": TEXT_TOKENS}
    given |= {"refinement_strength": 0.5, "guidance_scale": 3.0, "output_type": "latent", "generator": noise()}
    pipe.set_progress_bar_config(disable=True)
    output = pipe.repaint(PLAN, repaint, **{**given, **options})
    return torch.cat([output.images, output.repainted])


def lora_file(path: Path, transformer: Any) -> Path:
    """A LoRA of rank 2 for the queries of each block."""
    generator, weights = noise(5), {}
    for number, block in enumerate(transformer.transformer_blocks):
        out, own = block.attn.to_q.weight.shape
        name = f"transformer.transformer_blocks.{number}.attn.to_q"
        weights[f"{name}.lora_A.weight"] = torch.randn(2, own, generator=generator)
        weights[f"{name}.lora_B.weight"] = torch.randn(out, 2, generator=generator)
    save_file(weights, path)
    return path


def test_a_lora_acts_as_much_as_its_scale_says(case: Case, tmp_path: Path) -> None:
    file = lora_file(tmp_path / "a.safetensors", case.pipe.transformer)
    plain, loaded = everything(case.pipe), load_pipeline(case.folder, device="cpu", lora=str(file))
    full = everything(loaded)
    assert not same(full, plain)
    assert same(everything(loaded, joint_attention_kwargs={"scale": 0.0}), plain, 1e-5)
    half = everything(load_pipeline(case.folder, device="cpu", lora=f"{file}:0.5"))
    assert not same(half, full)
    assert same(everything(loaded, joint_attention_kwargs={"scale": 0.5}), half, 1e-5)


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloading_changes_no_picture(case: Case, offload: str) -> None:
    loaded = load_pipeline(case.folder, device="cpu", offload=offload)
    expected = everything(case.pipe)
    assert same(everything(loaded), expected, 1e-5)
    assert same(everything(loaded), expected, 1e-5)


def test_quantised_weights(case: Case) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    loaded = load_pipeline(case.folder, device="cpu", quantize="int8")
    assert type(loaded.transformer.transformer_blocks[0].attn.to_q.weight).__module__.startswith("torchao")
    expected, found = everything(case.pipe), everything(loaded)
    assert 0 < (found - expected).norm() / expected.norm() < 0.3


def test_compiled_blocks_paint_the_same(case: Case) -> None:
    loaded = load_pipeline(case.folder, device="cpu", compile="eager")
    loaded.set_progress_bar_config(disable=True)
    try:
        compiled = painted(replace(case, pipe=loaded), PLAN, refinement_strength=0.5)
    finally:
        torch._dynamo.reset()
    assert same(compiled, painted(case, PLAN, refinement_strength=0.5), 1e-5)
