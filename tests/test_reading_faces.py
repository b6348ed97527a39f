"""PuLID's preprocessing on stub networks: which face, which crop, what the encoder sees."""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.transformers.consisid_transformer_3d import LocalFacialExtractor
from painting import PLAN
from PIL import Image
from safetensors.torch import save_file
from tiny_adapters import face_encoder, picture, save_pulid, stub_face, stub_models

from generator import RenderSettings, generate
from generator.adapters.faces import PACKAGES, FaceModels, read_face, shrink
from generator.adapters.pulid import _sizes, encode_pulid
from planner.errors import RenderError

CONSISID = "diffusers.pipelines.consisid.consisid_utils"
CPU, FLOAT = torch.device("cpu"), torch.float32


def read(models: FaceModels, image: Image.Image | None = None) -> tuple[torch.Tensor, list[torch.Tensor]]:
    return read_face(image or picture(), "face.png", models, CPU, FLOAT)


def crop_of(models: FaceModels) -> int:
    """Where the crop was taken, as the stub helper writes it."""
    return int(models.helper.cropped_faces[0][0, 0, 0])


def test_one_face_gives_its_embedding_and_clips_class_token_of_length_one() -> None:
    models = stub_models([stub_face(3, 10, 7)], [[3, 0, 13, 10]])
    identity, hidden = read(models)
    assert identity.shape == (1, 518)
    assert bool((identity[:, :512] == 7).all())
    assert torch.allclose(identity[:, 512:].norm(), torch.tensor(1.0))
    assert [one.shape for one in hidden] == [(1, 4, 8)] * 5


def test_of_several_faces_the_largest_wins_is_aligned_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    models = stub_models([stub_face(1, 5, 1), stub_face(20, 15, 2)], [[1, 0, 6, 5], [21, 0, 34, 15]])
    with caplog.at_level(logging.WARNING, logger="ragplan"):
        identity, _ = read(models)
    assert bool((identity[:, :512] == 2).all())
    assert crop_of(models) == 21
    assert "face.png shows 2 faces; the largest one is taken" in caplog.text


@pytest.mark.parametrize("seen_by_facexlib", [[], [[1.0, 0.0, 6.0, 5.0]]], ids=["none", "another"])
def test_a_face_that_only_insightface_sees_is_aligned_by_its_own_landmarks(seen_by_facexlib: list[list[float]]) -> None:
    models = stub_models([stub_face(20, 10, 2)], seen_by_facexlib)
    identity, _ = read(models)
    assert bool((identity[:, :512] == 2).all())
    assert crop_of(models) == 25


def test_without_insightface_the_recogniser_reads_the_largest_aligned_crop() -> None:
    models = stub_models([], [[1, 0, 6, 5], [9, 0, 30, 20]])
    identity, _ = read(models)
    assert bool((identity[:, :512] == 9).all())


@pytest.mark.parametrize(
    "models",
    [stub_models([], []), stub_models([stub_face(3, 10, 7)], [[3, 0, 13, 10]], aligns=False)],
    ids=["no face", "alignment fails"],
)
def test_no_face_is_an_error(models: FaceModels) -> None:
    with pytest.raises(RenderError, match=r"face\.png shows no face that can be found"):
        read(models)


def test_clip_sees_the_face_grey_and_the_rest_white() -> None:
    models = stub_models([stub_face(3, 10, 7)], [[3, 0, 13, 10]])
    read(models)
    pixels = models.clip.pixels / 2 + 0.5
    assert pixels.shape == (1, 3, 14, 14)
    grey = 0.299 * 200 / 255
    assert torch.allclose(pixels[0, :, 5, 2], torch.full((3,), grey), atol=1e-3), "skin"
    assert torch.allclose(pixels[0, :, 5, 8], torch.ones(3), atol=0.02), "hat"
    assert torch.allclose(pixels[0, :, 5, 13], torch.full((3,), grey), atol=0.02), "hair"


def test_networks_see_blue_first() -> None:
    models = stub_models([stub_face(3, 10, 7)], [[3, 0, 13, 10]])
    read(models, Image.new("RGB", (8, 8), (255, 0, 0)))
    assert np.array_equal(models.analysis.seen[0, 0], [0, 0, 255])
    assert np.array_equal(models.helper.seen, models.analysis.seen)


def test_only_a_long_side_above_1024_shrinks() -> None:
    assert shrink(picture(size=(2048, 512))).size == (1024, 256)
    assert shrink(picture(size=(1024, 90))).size == (1024, 90)


def test_identity_tokens_are_the_encoders(tmp_path: Path) -> None:
    path = save_pulid(tmp_path / "pulid.safetensors")
    models = stub_models([stub_face(3, 10, 7)], [[3, 0, 13, 10]])
    (found,) = encode_pulid({"face.png": picture()}, str(path), "unused/unused", CPU, FLOAT, models=models)
    assert found.kind == "pulid"
    assert torch.allclose(found.embeds, face_encoder()(*read(models)), atol=1e-6)


@pytest.mark.parametrize("sizes", [{}, {"id_dim": 518, "vit_dim": 8, "depth": 5, "heads": 1, "num_queries": 3}])
def test_the_encoders_sizes_are_told_by_its_weights(sizes: dict[str, Any]) -> None:
    with torch.device("meta"):
        encoder = LocalFacialExtractor(**sizes)
        again = LocalFacialExtractor(**_sizes(encoder.state_dict()))
    assert {n: t.shape for n, t in again.state_dict().items()} == {n: t.shape for n, t in encoder.state_dict().items()}
    assert again.layers[0][0].heads == encoder.layers[0][0].heads


def test_a_file_that_is_no_pulid_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"other": torch.zeros(1)}, path)
    with pytest.raises(RenderError, match="is no PuLID checkpoint"):
        encode_pulid({}, str(path), "unused/unused", CPU, FLOAT)


def test_missing_packages_name_the_extra_and_the_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PACKAGES[1:]:
        monkeypatch.setitem(sys.modules, name, fake(name))
    monkeypatch.setitem(sys.modules, PACKAGES[0], None)
    with pytest.raises(RenderError, match=r"non-commercial research only.*\(missing: insightface\)"):
        FaceModels.load("nowhere/nothing", CPU, FLOAT)


def test_packages_that_do_not_import_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, fake(name))
    monkeypatch.setitem(sys.modules, CONSISID, None)
    with pytest.raises(RenderError, match=r"pip install insightface.*they do not import: .*consisid_utils"):
        FaceModels.load("nowhere/nothing", CPU, FLOAT)


@pytest.mark.parametrize("load", [lambda: FaceModels.load("a/b", CPU, FLOAT), lambda: generate(PLAN, RenderSettings())])
def test_a_torchvision_for_another_torch_is_said(
    load: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is where pip brought torchvision for CUDA to a torch without."""
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, fake(name))
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        RenderError, match=r"the installed torchvision does not fit this torch \(operator .* does not exist\): .*index"
    ):
        load()


def test_what_the_packages_print_is_logged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, fake(name))
    consisid = types.ModuleType(CONSISID)

    def prepare(*_: object) -> tuple[object, ...]:
        print("find model: glintr100.onnx")
        return ("helper", "recogniser", "clip", "analysis", (0.5,), (0.25,))

    monkeypatch.setattr(consisid, "prepare_face_models", prepare, raising=False)
    monkeypatch.setitem(sys.modules, CONSISID, consisid)
    with caplog.at_level(logging.DEBUG, logger="ragplan"):
        models = FaceModels.load(str(tmp_path), CPU, FLOAT)
    assert (models.analysis, models.helper, models.std) == ("analysis", "helper", (0.25,))
    assert capsys.readouterr().out == ""
    assert "find model: glintr100.onnx" in caplog.text


def fake(name: str) -> types.ModuleType:
    """An empty module that is installed."""
    module = types.ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    return module
