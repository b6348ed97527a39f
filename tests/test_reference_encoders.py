"""From pictures to embeddings on tiny random encoders: equal to diffusers' own way, and freed afterwards."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline, FluxPriorReduxPipeline
from safetensors.torch import load_file, save_file
from tiny_adapters import (
    instantx_weights,
    picture,
    save_clip,
    save_instantx,
    save_redux,
    save_siglip,
    save_xlabs,
    siglip,
)
from tiny_flux import random_transformer
from transformers import CLIPVisionModelWithProjection, SiglipImageProcessor

from generator.adapters.checkpoint import convert, read_checkpoint, read_embeds, write_embeds
from generator.adapters.embeds import ImageEmbeds
from generator.adapters.encoding import encode_references
from generator.adapters.ip_adapter import encode_ip_adapter, fit
from generator.adapters.redux import encode_redux
from generator.adapters.references import Reference
from generator.settings import Adapters
from planner.errors import RenderError

CPU, FLOAT = torch.device("cpu"), torch.float32


@pytest.fixture(scope="module")
def redux(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_redux(tmp_path_factory.mktemp("redux")))


def test_redux_is_the_priors_without_text(redux: str) -> None:
    (found,) = encode_redux([picture()], redux, CPU, FLOAT)
    assert found.embeds.shape == (1, 512 + 4, 4096)
    assert not found.embeds[:, :512].any()
    assert found.pooled is not None
    assert found.pooled.shape == (1, 768)
    assert not found.pooled.any()
    prior = FluxPriorReduxPipeline.from_pretrained(redux, dtype=FLOAT)
    assert torch.equal(found.embeds, prior(picture()).prompt_embeds)


def test_an_encoder_is_freed_and_each_picture_encoded_once(redux: str, monkeypatch: pytest.MonkeyPatch) -> None:
    priors: list[weakref.ref[Any]] = []
    calls: list[int] = []
    load, call = FluxPriorReduxPipeline.from_pretrained, FluxPriorReduxPipeline.__call__

    def watched_load(*args: Any, **given: Any) -> Any:
        prior = load(*args, **given)
        priors.append(weakref.ref(prior.image_encoder))
        return prior

    def watched_call(self: Any, image: Any) -> Any:
        calls.append(1)
        return call(self, image)

    monkeypatch.setattr(FluxPriorReduxPipeline, "from_pretrained", watched_load)
    monkeypatch.setattr(FluxPriorReduxPipeline, "__call__", watched_call)
    cat, dog = (Reference("redux", Path(f"{name}.png"), picture(i)) for i, name in enumerate(("cat", "dog")))
    found = encode_references({0: cat, 2: dog, 5: cat}, Adapters(redux=redux), CPU, FLOAT)
    gc.collect()
    assert priors[0]() is None
    assert len(calls) == 2
    assert torch.equal(found[0].embeds, found[5].embeds)
    assert not torch.equal(found[0].embeds, found[2].embeds)


def test_instantx_projects_siglips_pooled_output(tmp_path: Path) -> None:
    path, encoder = save_instantx(tmp_path / "ip-adapter.bin"), save_siglip(tmp_path / "siglip")
    (found,) = encode_ip_adapter([picture()], str(path), str(encoder), CPU, FLOAT)
    pixels = SiglipImageProcessor.from_pretrained(encoder)(images=fit(picture()), return_tensors="pt").pixel_values
    weights = instantx_weights()["image_proj"]
    with torch.no_grad():
        hidden = siglip()(pixels).pooler_output @ weights["proj.0.weight"].T + weights["proj.0.bias"]
        tokens = torch.nn.functional.gelu(hidden) @ weights["proj.2.weight"].T + weights["proj.2.bias"]
        tokens = tokens.reshape(1, 4, 4096)
        normed = (tokens - tokens.mean(-1, keepdim=True)) / (tokens.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()
    assert torch.allclose(found.embeds, normed * weights["norm.weight"] + weights["norm.bias"], atol=1e-4)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((500, 500), (1024, 1024)), ((3000, 2400), (1280, 1024)), ((400, 300), (1280, 960)), ((90, 900), (128, 1280))],
)
def test_the_short_side_is_1024_and_the_long_one_1280_at_most(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fit(picture(size=size)).size == fitted


def test_xlabs_is_diffusers_own_way(tmp_path: Path) -> None:
    path, encoder = save_xlabs(tmp_path / "ip_adapter.safetensors"), save_clip(tmp_path / "clip")
    (found,) = encode_ip_adapter([picture()], str(path), str(encoder), CPU, FLOAT)
    parts = dict.fromkeys(("scheduler", "vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"))
    stock = FluxPipeline(**parts, transformer=random_transformer(joint_attention_dim=4096))
    given = {"image_encoder_pretrained_model_name_or_path": str(encoder), "image_encoder_dtype": FLOAT}
    stock.load_ip_adapter(str(tmp_path), weight_name=path.name, **given)
    assert isinstance(stock.image_encoder, CLIPVisionModelWithProjection)
    with torch.no_grad():
        embeds = stock.prepare_ip_adapter_image_embeds(picture(), None, CPU, 1)
        (tokens,) = stock.transformer.encoder_hid_proj(embeds)
    assert torch.allclose(found.embeds, tokens.flatten(1, 2), atol=1e-5)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["other"], "no IP-Adapter for FLUX.1 .*: it has no projections for the attention"),
        (["ip_adapter.0.to_k_ip.weight"], "no IP-Adapter for FLUX.1 .*: it has no image projection"),
        (["ip_adapter.0.to_k_ip.weight", "image_proj.proj.0.weight"], "the image projection of .* is incomplete: "),
        (["double_blocks.0.weight", "image_proj.proj.weight"], "the image projection of .* is incomplete: "),
    ],
)
def test_a_file_that_is_neither_adapters(names: list[str], message: str, tmp_path: Path) -> None:
    save_file({name: torch.zeros(1, 1) for name in names}, tmp_path / "other.safetensors")
    with pytest.raises(RenderError, match=message):
        encode_ip_adapter([], str(tmp_path / "other.safetensors"), None, CPU, FLOAT)


def test_a_converted_adapter_has_the_same_weights(tmp_path: Path) -> None:
    path = save_instantx(tmp_path / "ip-adapter.bin")
    convert(str(path), tmp_path / "ip-adapter.safetensors")
    converted = load_file(tmp_path / "ip-adapter.safetensors")
    read = read_checkpoint("an adapter", str(path))
    assert converted.keys() == read.keys()
    assert "ip_adapter.4.to_v_ip.weight" in converted
    assert all(torch.equal(converted[name], read[name]) for name in read)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system does not list what is mapped")
@pytest.mark.parametrize("name", ["ip-adapter.bin", "ip_adapter.safetensors"])
def test_a_checkpoint_is_mapped_not_read(name: str, tmp_path: Path) -> None:
    path = (save_instantx if name.endswith(".bin") else save_xlabs)(tmp_path / name)
    weights = read_checkpoint("an adapter", str(path))
    assert str(path) in Path("/proc/self/maps").read_text()
    del weights
    gc.collect()
    assert str(path) not in Path("/proc/self/maps").read_text()


def test_a_file_in_torchs_old_format_is_read_too(tmp_path: Path) -> None:
    torch.save(instantx_weights(), tmp_path / "old.bin", _use_new_zipfile_serialization=False)
    old, new = (
        read_checkpoint("an adapter", str(path)) for path in (tmp_path / "old.bin", save_instantx(tmp_path / "new.bin"))
    )
    assert old.keys() == new.keys()
    assert all(torch.equal(old[name], new[name]) for name in new)


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return print, ("unpickled",)


@pytest.mark.parametrize("value", [Evil(), {"a": Evil()}, {"a": 3}], ids=["code", "code inside", "no tensor"])
def test_a_file_with_more_than_weights_is_refused(
    value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(value, tmp_path / "evil.bin")
    with pytest.raises(RenderError, match=r"evil\.bin' is no file of weights that can be read"):
        read_checkpoint("an adapter", str(tmp_path / "evil.bin"))
    assert "unpickled" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere/ip.bin", "there is no file 'nowhere/ip.bin'; an adapter is a file, or owner/name/FILE of the hub"),
        ("adapter.gguf", "an adapter is one of .safetensors, .bin"),
    ],
)
def test_files_that_are_not_there(source: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        read_checkpoint("an adapter", source)


def test_an_embedding_can_be_kept_and_used_instead_of_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "face.safetensors"
    write_embeds(ImageEmbeds("pulid", torch.ones(1, 3, 10)), path)
    found = encode_references({1: Reference("pulid", path, None)}, Adapters(), CPU, FLOAT)
    assert torch.equal(found[1].embeds, torch.ones(1, 3, 10))
    with pytest.raises(RenderError, match="no embedding of kind 'redux', but 'pulid'"):
        read_embeds(path, "redux")
    save_file({"embeds": torch.zeros(1, 1, 1)}, tmp_path / "other.safetensors")
    with pytest.raises(RenderError, match="no embedding of kind 'pulid', but None"):
        read_embeds(tmp_path / "other.safetensors", "pulid")


def test_a_missing_encoder_is_named(tmp_path: Path) -> None:
    path = save_instantx(tmp_path / "ip-adapter.bin")
    with pytest.raises(RenderError, match="there is no folder 'siglip'; an image encoder is a folder, or a hub id"):
        encode_ip_adapter([picture()], str(path), "siglip", CPU, FLOAT)
    (tmp_path / "siglip").mkdir()
    with pytest.raises(RenderError, match="could not be loaded as an image encoder"):
        encode_ip_adapter([picture()], str(path), str(tmp_path / "siglip"), CPU, FLOAT)
    clip = save_clip(tmp_path / "clip")
    with pytest.raises(RenderError, match="clip' is an image encoder of another kind than SiglipVisionModel"):
        encode_ip_adapter([picture()], str(path), str(clip), CPU, FLOAT)
