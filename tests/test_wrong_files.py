"""Files that are no model, or a broken or hostile one: one line that names the file, and nothing in it runs."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from generator.painting.loading import load_pipeline
from generator.pipeline import RegionalFluxPipeline
from planner.errors import RenderError

GGUF = struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + struct.pack("<Q1sI", 1, b"a", 9)  # one entry, an array


@pytest.fixture
def folder(pipe: RegionalFluxPipeline, tmp_path: Path) -> Path:
    pipe.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def said(model: Path, **options: Any) -> str:
    with pytest.raises(RenderError) as caught:
        load_pipeline(model, device="cpu", **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (GGUF + struct.pack("<IQ", 4, 2**40), "an array of 1099511627776 entries"),
        (GGUF + struct.pack("<IQ", 8, 2**40), "an array of 1099511627776 entries"),
        (GGUF[:-4] + struct.pack("<IQ", 8, 2**60), "goes beyond its end"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 1, 2**60), "it promises 1152921504606846976 entries"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 2**60, 1), "it promises 1152921504606846976 entries"),
        (b"GGUF", "no whole GGUF"),
        (b"no model at all", "it does not begin as a GGUF file"),
        (b"", "it does not begin as a GGUF file"),
    ],
)
def test_a_gguf_file_that_promises_more_than_it_holds(head: bytes, reason: str, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(head)
    text = said(file, base=folder)
    assert "model.gguf" in text
    assert reason in text


@pytest.mark.parametrize(
    "tensors", [{}, {"x": torch.zeros(2)}, {"double_blocks.0.img_attn.qkv.weight": torch.zeros(3, 1)}]
)
def test_a_file_without_a_flux_transformer(tensors: dict[str, torch.Tensor], folder: Path, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "other.safetensors")
    assert "other.safetensors' could not be loaded" in said(tmp_path / "other.safetensors", base=folder)


class Evil:
    """Writes a file where it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("part", ["text_encoder", "text_encoder_2", "vae", "transformer"])
def test_pickled_weights_do_not_run(part: str, folder: Path, tmp_path: Path) -> None:
    for file in (folder / part).glob("*.safetensors"):
        file.unlink()
    ran = tmp_path / "ran"
    name = "pytorch_model.bin" if part.startswith("text") else "diffusion_pytorch_model.bin"
    (folder / part / name).write_bytes(pickle.dumps(Evil(ran)))
    assert str(folder) in said(folder)
    assert not ran.exists()


def broken(folder: Path, file: str, values: dict[str, Any] | str) -> Path:
    """Change values in one of a folder's JSON files, or all of its text."""
    path = folder / file
    text = values if isinstance(values, str) else json.dumps(json.loads(path.read_text()) | values)
    path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("model_index.json", "[]"),
        ("model_index.json", "no JSON"),
        ("model_index.json", ""),
        ("model_index.json", {"transformer": ["nowhere", "Nothing"]}),
        ("model_index.json", {"transformer": 5}),
        ("model_index.json", {"vae": ["os", "system"]}),
        ("transformer/config.json", "[]"),
        ("transformer/config.json", {"num_layers": "many"}),
        ("transformer/config.json", {"attention_head_dim": None}),
        ("vae/config.json", {"block_out_channels": "evil"}),
        ("vae/config.json", {"sample_size": "evil"}),
        ("text_encoder/config.json", {"hidden_size": "evil"}),
        ("scheduler/scheduler_config.json", "[]"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": "evil"}),
        ("tokenizer/tokenizer.json", "{"),
    ],
)
def test_a_broken_folder(file: str, values: dict[str, Any] | str, folder: Path) -> None:
    assert str(folder) in said(broken(folder, file, values))


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("vae/config.json", "scaling_factor", "evil"),
        ("vae/config.json", "scaling_factor", 0),
        ("vae/config.json", "scaling_factor", [0.3]),
        ("vae/config.json", "shift_factor", "0.1"),
        ("vae/config.json", "shift_factor", {}),
        ("vae/config.json", "scaling_factor", float("nan")),
        ("transformer/config.json", "axes_dims_rope", 7),
        ("transformer/config.json", "axes_dims_rope", ["a", "b", "c"]),
        ("transformer/config.json", "axes_dims_rope", [2, 2, 2]),
        ("transformer/config.json", "guidance_embeds", "yes"),
        ("scheduler/scheduler_config.json", "shift", "evil"),
        ("scheduler/scheduler_config.json", "max_shift", [1]),
        ("scheduler/scheduler_config.json", "use_dynamic_shifting", "evil"),
        ("scheduler/scheduler_config.json", "time_shift_type", 5),
    ],
)
def test_a_value_that_only_painting_reads_is_said_when_it_is_loaded(
    file: str, name: str, value: Any, folder: Path
) -> None:
    text = said(broken(folder, file, {name: value}))
    assert str(folder) in text
    assert name in text


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder", "scheduler"])
def test_a_folder_that_lacks_a_part(part: str, folder: Path) -> None:
    shutil.rmtree(folder / part)
    assert str(folder) in said(folder)


# LoRAs of another model: the reason is said


def test_a_lora_of_other_sizes_says_which(folder: Path, tmp_path: Path) -> None:
    name = "transformer.transformer_blocks.0.attn.to_q"
    weights = {f"{name}.lora_A.weight": torch.zeros(4, 3072), f"{name}.lora_B.weight": torch.zeros(3072, 4)}
    save_file(weights, tmp_path / "wide.safetensors")
    text = said(folder, lora=str(tmp_path / "wide.safetensors"))
    assert "wide.safetensors' cannot be loaded" in text
    assert "3072" in text


def test_a_kohya_lora_with_single_blocks_of_another_width(folder: Path, tmp_path: Path) -> None:
    name = "lora_unet_single_blocks_0_linear1"
    weights = {
        f"{name}.lora_down.weight": torch.zeros(4, 48),
        f"{name}.lora_up.weight": torch.zeros(336, 4),
        f"{name}.alpha": torch.tensor(4.0),
    }
    save_file(weights, tmp_path / "kohya.safetensors")
    assert "kohya.safetensors' cannot be loaded: " in said(folder, lora=str(tmp_path / "kohya.safetensors"))


@pytest.mark.parametrize(
    "name",
    ["lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "model.layers.0.self_attn.q_proj.lora_A.weight"],
)
def test_a_lora_of_another_kind_of_model(name: str, folder: Path, tmp_path: Path) -> None:
    save_file({name: torch.zeros(4, 8)}, tmp_path / "other.safetensors")
    text = said(folder, lora=str(tmp_path / "other.safetensors"))
    assert "other.safetensors'" in text
    assert not text.rstrip().endswith(":")
