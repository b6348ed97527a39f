"""What a picture costs, before anything is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from painting import CAT, CELLS, DOG, NO_OBJECTS, paint
from torch.utils.flop_counter import FlopCounterMode

from generator.costs.estimate import estimate, weights_bytes
from generator.families.detecting import size_of
from generator.families.profiles.flux1 import FLUX1
from generator.families.profiles.model_size import ModelSize
from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from generator.settings import RenderSettings
from planner.errors import RenderError
from planner.plan import Box, Cell, Plan, Row

FLUX = RenderSettings(model="black-forest-labs/FLUX.1-dev", hard_binding_steps=None)


def columns(count: int) -> Plan:
    return Plan("a picture", (Row(1, tuple(Cell(1, f"cell {number}") for number in range(count))),))


@pytest.mark.parametrize(("cells", "packed", "naive"), [(2, 1.11, 2.68), (4, 1.33, 4.37), (8, 1.78, 7.74)])
def test_the_known_multiples_of_a_plain_step(cells: int, packed: float, naive: float) -> None:
    found = estimate(columns(cells), FLUX)
    assert found.stock_flops / 20 == pytest.approx(74.4e12, rel=1e-3)
    assert found.flops / found.stock_flops == pytest.approx(packed, abs=0.01)
    size = ModelSize()
    assert size.naive_flops(cells, 4096, 512) / size.plain_flops(4096, 512) == pytest.approx(naive, abs=0.02)
    assert found.streams == (cells, 1)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_flops_are_those_that_torch_counts(pipe: RegionalFluxPipeline, tmp_path: Path, strength: float) -> None:
    pipe.save_pretrained(tmp_path)
    settings = RenderSettings.for_model(str(tmp_path), steps=1, hard_binding_steps=None, refinement_strength=strength)
    assert (settings.width, settings.height) == (64, 64)
    pipe.transformer.set_attention_backend("_native_math")  # the backend whose work torch counts
    with FlopCounterMode(display=False) as counter:
        paint(pipe, NO_OBJECTS, refinement_strength=strength, num_inference_steps=1, hard_binding_steps=None)
    counts = counter.get_flop_counts()
    blocks = [f"FluxTransformer2DModel.{kind}" for kind in ("transformer_blocks", "single_transformer_blocks")]
    counted = sum(
        sum(flops.values())
        for name, flops in counts.items()
        if any(name.startswith(f"{block}.") and name.count(".") == 2 for block in blocks)
    )
    modulation = 2 * 24 * 32**2 + 3 * 6 * 32**2  # of 2 double-stream and 3 single-stream blocks
    assert estimate(NO_OBJECTS, settings).flops == counted - modulation


def test_passes_and_streams() -> None:
    settings = RenderSettings(steps=10, width=64, height=64, model="x/y", refinement_strength=0.5)
    plan = Plan("a picture", CELLS, (DOG, CAT))
    found = estimate(plan, settings)
    assert found.streams == (4, 2)
    assert found.passes == 10 + 2  # two boxes of one size in one pass, in two steps
    assert found.flops > estimate(plan, replace(settings, hard_binding_steps=None)).flops
    repaint = Repaint("a", "b", ("c", "d", "e"), 3, mask=Box(0.5, 0.5, 0.5, 0.5))
    assert estimate(plan, settings, repaint=repaint).passes == found.passes + 10
    assert estimate(plan, settings, repaint=repaint).flops > 1.5 * found.flops
    assert estimate(plan, settings, repaint=[repaint, repaint]).passes == found.passes + 2 * 10


def test_a_batch() -> None:
    settings = RenderSettings(steps=10, width=64, height=64, model="x/y")
    one, other = Plan("a picture", CELLS, (DOG, CAT)), Plan("another", CELLS, (DOG,))
    single, less, both = (estimate(plans, settings) for plans in (one, other, [one, other]))
    assert both.passes == single.passes  # three boxes of one size in one pass
    assert both.flops == single.flops + less.flops
    assert both.features_bytes == single.features_bytes + less.features_bytes
    assert both.activations_bytes == 2 * single.activations_bytes
    assert (both.weights_bytes, both.decoding_bytes) == (single.weights_bytes, single.decoding_bytes)
    twice = estimate([one], settings, images=2)
    assert (twice.flops, twice.features_bytes) == (2 * single.flops, 2 * single.features_bytes)
    equal = Plan("a picture", (Row(1, (Cell(1, "a cat"), Cell(1, "a cat"))),))
    parted = replace(equal, rows=(Row(1, (Cell(1, "a cat"), Cell(1, "a dog"))),))
    assert [estimate(plans, settings).streams for plans in (equal, [equal, parted])] == [(1, 1), (2, 1)]


def test_shorter_texts_of_regions_are_cheaper() -> None:
    short = replace(FLUX, region_max_sequence_length=128)
    found = estimate(columns(4), short)
    assert found.flops / found.stock_flops == pytest.approx(0.98, abs=0.01)
    assert "512 text tokens (128 a region)" in found.lines()[0]
    assert estimate(columns(4), replace(FLUX, max_sequence_length=128)).stock_flops < found.stock_flops
    plain = replace(short, refinement_strength=0)
    assert estimate(columns(4), plain).flops == estimate(columns(4), replace(FLUX, refinement_strength=0)).flops


def test_memory() -> None:
    size = size_of(FLUX.model)
    whole = weights_bytes(size, None, 16, None, FLUX1.quantized)
    assert whole == pytest.approx(33.7e9, rel=0.01)
    assert weights_bytes(size, "nf4", 16, None, FLUX1.quantized) < 0.27 * whole
    assert weights_bytes(size, None, 16, "model", FLUX1.quantized) == 23.8e9
    assert weights_bytes(size, None, 16, "group", FLUX1.quantized) < 1.5e9


@pytest.mark.parametrize("pictures", [1, 2])
def test_pictures_are_decoded_one_after_the_other(pipe: RegionalFluxPipeline, pictures: int) -> None:
    sizes: list[int] = []
    decode = pipe.vae.decoder.forward
    pipe.vae.decoder.forward = lambda values: (sizes.append(len(values)), decode(values))[1]
    paint(pipe, NO_OBJECTS, num_images_per_prompt=pictures, output_type="pil")
    assert sizes == [1] * pictures
    found = estimate(NO_OBJECTS, RenderSettings(model="x/y"))
    assert found.memory_bytes == found.weights_bytes + found.decoding_bytes
    assert found.decoding_bytes == 3 * 256 * 1024**2 * 2  # as torch's MemTracker counts FLUX.1's decoder in bfloat16


def test_what_cannot_be_painted_is_refused() -> None:
    with pytest.raises(RenderError, match="multiple of 16"):
        estimate(columns(2), replace(FLUX, width=100))


def test_embedded_weights_are_counted(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    pipe.save_pretrained(tmp_path)
    counted = size_of(str(tmp_path)).parameters
    for part in ("transformer", "vae"):
        assert counted[part] == sum(weight.numel() for weight in getattr(pipe, part).parameters())
    assert isinstance(torch.tensor(counted["text_encoder_2"]).item(), float)


def test_the_command_prints_it_and_loads_nothing(tmp_path: Path) -> None:
    columns(3).save(tmp_path / "plan.json")
    code = (
        "import sys\nfrom generator.cli.main import main\n"
        "status = main(sys.argv[1:])\n"
        "assert not {'transformers', 'diffusers'} & set(sys.modules)\nsys.exit(status)"
    )
    arguments = ["generate", "plan.json", "--model", "black-forest-labs/FLUX.1-dev", "--quantize", "nf4", "--dry-run"]

    def run(*more: str) -> str:
        command = [sys.executable, "-c", code, *arguments, *more]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    said = run()
    assert "size: 1024×1024 px, 4096 image tokens, 512 text tokens" in said
    assert "steps: 20, passes of the transformer: 20" in said
    assert "streams: 3 text, 1 image" in said
    assert "times a stock picture's" in said
    printed = json.loads(run("--json", "--offload", "model", "--refinement", "0.5"))
    assert printed["streams"] == [4, 2]
    assert printed["weights_bytes"] == pytest.approx(11.9e9 / 2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["plan.json"]
