"""Ways to load and run a model, on tiny pipelines: LoRAs, single files, offloading, quantised weights, attention."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from painting import PLAN, close, noise, paint
from safetensors.torch import save_file
from tiny_adapters import lora_file

from generator.options import LoraFile
from generator.painting.loading import load_pipeline
from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from generator.settings import LoadOptions
from generator.weights.quantizing import quantization
from planner.errors import RenderError
from planner.plan import Box

REPAINT = Repaint(
    "a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), mask=Box(0.5, 0.25, 0.5, 0.5)
)


@pytest.fixture
def folder(pipe: RegionalFluxPipeline, tmp_path: Path) -> Path:
    pipe.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def load(model: Path, **options: Any) -> RegionalFluxPipeline:
    loaded = load_pipeline(model, device="cpu", **options)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def everything(pipe: RegionalFluxPipeline) -> torch.Tensor:
    """A picture with hard binding and soft refinement, and the same one repainted."""
    arguments: dict[str, Any] = {"num_inference_steps": 3, "refinement_strength": 0.5, "output_type": "latent"}
    output = pipe.repaint(PLAN, REPAINT, generator=noise(), **arguments)
    return torch.cat([output.images, output.repainted])


# LoRA


@pytest.mark.parametrize("kohya", [False, True])
def test_a_lora_acts_as_much_as_its_scale_says(
    pipe: RegionalFluxPipeline, folder: Path, tmp_path: Path, kohya: bool
) -> None:
    file = lora_file(tmp_path / "a.safetensors", 1, kohya=kohya)
    plain = everything(pipe)
    with_lora = everything(load(folder, lora=str(file)))
    assert not close(with_lora, plain)
    assert close(everything(load(folder, lora=f"{file}:0")), plain)
    assert not close(everything(load(folder, lora=f"{file}:0.5")), with_lora)
    weights, delta = load(folder, lora=f"{file}:0.5").transformer, 0
    projection = weights.transformer_blocks[0].attn.to_out[0]
    delta = 0.5 * projection.lora_B["lora_0"].weight @ projection.lora_A["lora_0"].weight
    for block in pipe.transformer.transformer_blocks[:1]:
        block.attn.to_out[0].weight.data += delta.detach()
    only_first = projection.base_layer.weight + delta
    assert torch.allclose(only_first, pipe.transformer.transformer_blocks[0].attn.to_out[0].weight)


def test_several_loras_add_up(folder: Path, tmp_path: Path) -> None:
    one, two = (lora_file(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    both = everything(load(folder, lora=[f"{one}:0.5", str(two)]))
    assert not close(both, everything(load(folder, lora=f"{one}:0.5")))
    assert not close(both, everything(load(folder, lora=str(two))))
    assert close(both, everything(load(folder, lora=[str(two), f"{one}:0.5"])))


def test_loras_are_read_from_text() -> None:
    assert LoraFile.parse("a.safetensors") == LoraFile("a.safetensors", 1.0)
    assert LoraFile.parse("a.safetensors:0.125") == LoraFile("a.safetensors", 0.125)
    assert LoraFile.parse("a.safetensors:-1") == LoraFile("a.safetensors", -1.0)
    assert LoraFile.parse("C:/a.safetensors") == LoraFile("C:/a.safetensors", 1.0)
    assert LoraFile("owner/name/sub/a.safetensors").source() == ("owner/name", "sub/a.safetensors")


def test_loras_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"there is no LoRA file 'no\.safetensors'"):
        load(folder, lora="no.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(RenderError, match=r"x\.safetensors' (cannot be loaded|has nothing)"):
        load(folder, lora=str(tmp_path / "x.safetensors"))


# Single files


def test_a_transformer_in_a_safetensors_file(pipe: RegionalFluxPipeline, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.safetensors"
    save_file(pipe.transformer.state_dict(), file)
    assert close(everything(load(file, base=folder)), everything(pipe))


def test_a_transformer_in_a_gguf_file(pipe: RegionalFluxPipeline, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    writer = gguf.GGUFWriter(file, "flux")
    for name, weight in pipe.transformer.state_dict().items():
        values = weight.numpy().astype(np.float32)
        big = weight.ndim == 2 and weight.shape[1] % 32 == 0
        kind = gguf.GGMLQuantizationType.Q8_0 if big else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    expected, found = everything(pipe), everything(load(file, base=folder))
    assert 0 < (found - expected).norm() / expected.norm() < 0.05


def test_files_that_are_no_models(folder: Path, tmp_path: Path) -> None:
    empty, other = tmp_path / "flux.safetensors", tmp_path / "flux.ckpt"
    empty.write_bytes(b"")
    other.write_bytes(b"")
    with pytest.raises(RenderError, match=r"flux\.safetensors' could not be loaded"):
        load_pipeline(empty, base=folder)
    with pytest.raises(RenderError, match=r"one of \.safetensors, \.gguf"):
        load_pipeline(other)
    with pytest.raises(RenderError, match="base is for a model in a single file"):
        load_pipeline(folder, base=folder)


# Memory and speed


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloading_changes_no_picture(
    pipe: RegionalFluxPipeline, folder: Path, offload: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "ragplan"):
        loaded = load(folder, offload=offload)
    assert "saves nothing on the CPU" in caplog.text
    hooked = [module for module in loaded.transformer.modules() if hasattr(module, "_diffusers_hook")]
    assert hooked or hasattr(loaded.transformer, "_hf_hook")
    assert close(everything(loaded), everything(pipe))
    assert close(everything(loaded), everything(pipe))


@pytest.mark.parametrize(("name", "error"), [("int8", 0.1), ("fp8", 0.3)])
def test_torchao_weights(pipe: RegionalFluxPipeline, folder: Path, name: str, error: float) -> None:
    pytest.importorskip("torchao", reason="quantised weights need the extra ragplan[quantize]")
    loaded = load(folder, quantize=name)
    weight = loaded.transformer.transformer_blocks[0].attn.to_q.weight
    assert type(weight).__module__.startswith("torchao")
    expected, found = everything(pipe), everything(loaded)
    assert 0 < (found - expected).norm() / expected.norm() < error


def test_nf4_settings() -> None:
    pytest.importorskip("bitsandbytes", reason="quantised weights need the extra ragplan[quantize]")
    mapping = quantization("nf4", torch.bfloat16).quant_mapping
    assert set(mapping) == {"transformer", "text_encoder_2"}
    for config in mapping.values():
        assert config.load_in_4bit
        assert (config.bnb_4bit_quant_type, config.bnb_4bit_compute_dtype) == ("nf4", torch.bfloat16)


def test_torchao_settings() -> None:
    torchao = pytest.importorskip("torchao.quantization", reason="needs the extra ragplan[quantize]")
    for name, kind in (("int8", torchao.Int8WeightOnlyConfig), ("fp8", torchao.Float8WeightOnlyConfig)):
        mapping = quantization(name, torch.bfloat16).quant_mapping
        assert [type(config.quant_type) for config in mapping.values()] == [kind, kind]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="bitsandbytes quantises on a CUDA device only")
def test_nf4_weights(folder: Path) -> None:
    loaded = load_pipeline(folder, quantize="nf4")
    assert torch.isfinite(everything(loaded)).all()


@pytest.mark.skipif(find_spec("torchao") is not None, reason="torchao is installed")
def test_a_missing_library_is_named(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"needs torchao: pip install torchao"):
        load(folder, quantize="int8")


def test_attention_backends(pipe: RegionalFluxPipeline, folder: Path) -> None:
    loaded = load(folder, attention_backend="_native_math")
    assert {str(x._attention_backend) for x in loaded.transformer.attn_processors.values()} == {
        "AttentionBackendName._NATIVE_MATH"
    }
    assert close(everything(loaded), everything(pipe))
    with pytest.raises(RenderError, match=r"the attention backend 'flashy' cannot be used: .*native"):
        load(folder, attention_backend="flashy")


def test_compiled_blocks(pipe: RegionalFluxPipeline, folder: Path) -> None:
    loaded = load(folder, compile="eager")
    assert all(block._compiled_call_impl is not None for block in loaded.transformer.transformer_blocks)
    assert close(paint(loaded), paint(pipe))
    torch._dynamo.reset()


def test_dtypes_by_name(folder: Path) -> None:
    assert load(folder, dtype="bfloat16").transformer.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offload": "disk"}, "offload must be one of model, group, sequential, or left out; got 'disk'"),
        ({"quantize": "int3"}, "quantize must be one of nf4, int8, fp8, or left out; got 'int3'"),
        ({"dtype": "int8"}, "dtype must be one of bfloat16, float16, float32, or left out; got 'int8'"),
    ],
)
def test_wrong_options(folder: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        load_pipeline(folder, **options)


def test_options_are_the_loader_s_arguments() -> None:
    with pytest.raises(RenderError, match="dtype must be"):
        LoadOptions(dtype="float8")
    assert LoadOptions(offload="group").arguments()["offload"] == "group"
