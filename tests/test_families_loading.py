"""What a user does with a checkpoint of each family: LoRAs, offloading, fewer bits, estimates, negative prompts."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from painting import PLAN, alike
from safetensors.torch import save_file
from test_every_family import STEPS, painted
from tiny_families import TINY, Tiny
from tiny_qwen import tiny_qwen_image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen2VLImageProcessor

from generator import Painter, RenderSettings, estimate
from generator.cli.main import main
from generator.families.detecting import checkpoint_of, profile_of
from generator.painting.loading import load_pipeline
from planner.errors import RenderError
from planner.plan import Plan

SETTINGS: dict[str, Any] = {"width": 96, "height": 64, "steps": STEPS, "seed": 1, "max_sequence_length": 12}


@pytest.fixture(scope="module", params=list(TINY))
def tiny(request: pytest.FixtureRequest) -> Tiny:
    return TINY[request.param]


@pytest.fixture(scope="module")
def folder(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint")
    tiny.build().save_pretrained(path)
    return path


def loaded(folder: Path, **options: Any) -> Any:
    pipe = load_pipeline(folder, device="cpu", **options)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def whole(folder: Path) -> Any:
    return loaded(folder)


def lora_of(transformer: nn.Module, file: Path) -> str:
    """Save a LoRA of rank 2 for every layer of the attention."""
    torch.manual_seed(0)
    weights = {}
    for name, module in transformer.named_modules():
        if (isinstance(module, nn.Linear) and "attention" in name + type(module).__name__) or ".attn.to_" in name:
            if not isinstance(module, nn.Linear):
                continue
            weights[f"transformer.{name}.lora_A.weight"] = torch.randn(2, module.in_features)
            weights[f"transformer.{name}.lora_B.weight"] = torch.randn(module.out_features, 2)
    save_file(weights, file)
    return str(file)


def test_a_lora_acts_and_is_gone_at_strength_0(whole: Any, folder: Path, tiny: Tiny, tmp_path: Path) -> None:
    file = lora_of(whole.transformer, tmp_path / "style.safetensors")
    plain, styled, off = (
        painted(pipe, tiny, PLAN, refinement_strength=0.5)
        for pipe in (whole, loaded(folder, lora=file), loaded(folder, lora=f"{file}:0"))
    )
    assert (styled - plain).norm() > 0.01 * plain.norm()
    assert (off - plain).norm() <= 1e-5 * plain.norm()


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloaded_weights_paint_the_same(whole: Any, folder: Path, tiny: Tiny, offload: str) -> None:
    moved = loaded(folder, offload=offload)
    one, other = (painted(pipe, tiny, PLAN, refinement_strength=0.5) for pipe in (whole, moved))
    assert (one - other).norm() <= 1e-5 * one.norm()


def test_int8_weights_paint_nearly_the_same(whole: Any, folder: Path, tiny: Tiny) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    small = loaded(folder, quantize="int8")
    options = {"refinement_strength": 0.5, "num_inference_steps": 1, "hard_binding_steps": 1}
    one, other = (painted(pipe, tiny, PLAN, **options) for pipe in (whole, small))
    assert (one - other).norm() <= 0.2 * one.norm()


def test_the_families_parts_are_quantised(folder: Path) -> None:
    profile = profile_of(str(folder))
    index = json.loads((folder / "model_index.json").read_text())
    assert [index[part][0] for part in profile.quantized] == ["diffusers", "transformers"]


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_flops_are_those_that_torch_counts(folder: Path, tiny: Tiny, strength: float) -> None:
    """In the blocks; modulation, which sees no tokens, and embeddings are left out."""
    pipe, plan = loaded(folder), Plan(PLAN.prompt, PLAN.rows)
    pipe.transformer.set_attention_backend("_native_math")  # the backend whose work torch counts
    options = {"refinement_strength": strength, "hard_binding_steps": None, "guidance_scale": tiny.plain.unguided}
    with FlopCounterMode(display=False) as counter:
        painted(pipe, tiny, plan, num_inference_steps=1, **options)
    own = re.compile(rf"{type(pipe.transformer).__name__}\.[a-z_]*(blocks|layers|refiner)\.\d+")
    counted = sum(sum(flops.values()) for name, flops in counter.get_flop_counts().items() if own.fullmatch(name))
    own_text = {**SETTINGS, "steps": 1, "max_sequence_length": tiny.text_tokens or 64}
    found = estimate(plan, RenderSettings.for_model(str(folder), **own_text).changed(**options)).flops
    if tiny.text_tokens is None:  # prompts are as long as they are, and the estimate takes them for the longest
        assert counted < found
    else:
        assert found == pytest.approx(counted, rel=0.02)


def test_a_dry_run_counts_the_folders_own_weights(whole: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    PLAN.save(folder / "plan.json")
    given = ["--model", str(folder), "--dry-run", "--json", "--size", "96x64", "--steps", "3", "--device", "cpu"]
    assert main(["generate", str(folder / "plan.json"), *given]) == 0
    found = json.loads(capsys.readouterr().out)
    parts = ("transformer", "text_encoder", "vae")
    assert found["weights_bytes"] == 4 * sum(w.numel() for part in parts for w in unique(getattr(whole, part)))


def unique(module: nn.Module) -> list[torch.Tensor]:
    """Weights, those that are tied once, and what else is saved with them."""
    return list({id(value): value for value in module.state_dict(keep_vars=True).values()}.values())


def test_the_command_paints_from_a_folder(folder: Path, tmp_path: Path) -> None:
    PLAN.save(tmp_path / "plan.json")
    given = ["--size", "96x64", "--steps", "2", "--seed", "3", "--device", "cpu", "-o", str(tmp_path / "out.png")]
    assert main(["generate", str(tmp_path / "plan.json"), "--model", str(folder), *given]) == 0
    settings = RenderSettings.for_model(str(folder), width=96, height=64, steps=2, seed=3)
    assert alike(tmp_path / "out.png", Painter(str(folder), device="cpu").paint(PLAN, **vars(settings)).image)


def test_defaults_have_a_source_and_fit_the_family(folder: Path) -> None:
    profile, checkpoint = profile_of(str(folder)), checkpoint_of(str(folder))
    defaults = profile.defaults(checkpoint)
    assert defaults.source
    settings = RenderSettings.for_model(str(folder))
    assert (settings.steps, settings.width) == (defaults.steps, defaults.side_px)
    assert defaults.hard_binding_steps <= defaults.steps
    assert profile.sizes.grid(defaults.side_px, defaults.side_px)


def test_a_negative_prompt_acts_or_is_refused(folder: Path, tiny: Tiny) -> None:
    painter = Painter(str(folder), device="cpu", guidance_scale=tiny.guidance or 3.0)
    if tiny.guidance is None:
        with pytest.raises(RenderError, match=r"checkpoint.* \(FLUX.2\) knows no negative prompt: say in the sentence"):
            painter.paint(PLAN, negative_prompt="grass", **SETTINGS)
        return
    with_it, without = (painter.paint(PLAN, negative_prompt=given, **SETTINGS).image for given in ("grass", None))
    assert not alike(with_it, without)
    with pytest.raises(RenderError, match="negative_prompt acts by guidance"):
        painter.paint(PLAN, negative_prompt="grass", guidance_scale=tiny.plain.unguided, **SETTINGS)


def test_previews_are_the_pictures_own(folder: Path) -> None:
    events: list[Any] = []
    result = Painter(str(folder), device="cpu").paint(PLAN, on_progress=events.append, **SETTINGS)
    assert alike(events[-1].preview(), result.image, levels=4)  # the last step's end is the picture itself


def test_the_same_seed_is_the_same_picture(folder: Path) -> None:
    painter = Painter(str(folder), device="cpu")
    one, again, other = (painter.paint(PLAN, **{**SETTINGS, "seed": seed}).image for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert not alike(one, other)


def test_blocks_can_be_compiled(whole: Any, folder: Path, tiny: Tiny) -> None:
    compiled = loaded(folder, compile="eager")
    options = {"refinement_strength": 0.5, "hard_binding_steps": None, "num_inference_steps": 1}
    one, other = (painted(pipe, tiny, PLAN, **options) for pipe in (whole, compiled))
    assert (one - other).norm() <= 1e-4 * one.norm()


def test_a_step_cache_works_or_is_refused(whole: Any, folder: Path, tiny: Tiny) -> None:
    options = {"refinement_strength": 1.0, "hard_binding_steps": 1}
    if not profile_of(str(folder)).works(checkpoint_of(str(folder))).step_cache:
        with pytest.raises(RenderError, match="step_cache does not work with"):
            painted(whole, tiny, PLAN, step_cache=0.1, **options)
        return
    plain, nothing, everything = (
        painted(whole, tiny, PLAN, step_cache=threshold, **options) for threshold in (None, 0.0, 1000.0)
    )
    assert (nothing - plain).norm() <= 1e-5 * plain.norm()
    assert (everything - plain).norm() > 1e-3 * plain.norm()


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_a_package_that_a_checkpoint_needs_is_named(tmp_path: Path) -> None:
    """Qwen-Image-Edit's processor reads films, for which transformers wants torchvision."""
    pipe = tiny_qwen_image()
    pipe.save_pretrained(tmp_path)
    pipe.tokenizer.save_pretrained(tmp_path / "processor")
    Qwen2VLImageProcessor().save_pretrained(tmp_path / "processor")
    index = json.loads((tmp_path / "model_index.json").read_text())
    index |= {"_class_name": "QwenImageEditPlusPipeline", "processor": ["transformers", "Qwen2VLProcessor"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(RenderError, match=r"needs the package torchvision, which is not installed: pip install"):
        loaded(tmp_path)
