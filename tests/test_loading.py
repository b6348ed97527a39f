"""Loading checkpoints: folders, and what is said when a model is not to be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fake_hub import HubHandler, served
from painting import close

from generator.painting.loading import load_pipeline
from generator.pipeline import RegionalFluxPipeline
from planner.errors import RenderError
from planner.plan import Cell, Plan, Row

PLAN = Plan("a red dog", (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a ball"))),))


def paint(pipe: RegionalFluxPipeline) -> torch.Tensor:
    noise = torch.Generator().manual_seed(3)
    latents: torch.Tensor = pipe(PLAN, num_inference_steps=2, generator=noise, output_type="latent").images
    return latents


@pytest.fixture
def folder(pipe: RegionalFluxPipeline, tmp_path: Path) -> Path:
    pipe.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_saved_folder_paints_the_same(pipe: RegionalFluxPipeline, folder: Path) -> None:
    loaded = RegionalFluxPipeline.from_pretrained(folder)
    loaded.set_progress_bar_config(disable=True)
    assert close(paint(loaded), paint(pipe))


def test_load_pipeline_takes_a_folder(pipe: RegionalFluxPipeline, folder: Path) -> None:
    loaded = load_pipeline(folder, device="cpu")
    assert isinstance(loaded, RegionalFluxPipeline)
    assert loaded.transformer.dtype == torch.float32
    loaded.set_progress_bar_config(disable=True)
    assert close(paint(loaded), paint(pipe))


def test_a_model_too_large_for_the_memory_in_float32_is_loaded_in_bfloat16(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("generator.costs.machine.WORKING_BYTES", 2.0**60)
    assert load_pipeline(folder, device="cpu").transformer.dtype == torch.bfloat16
    slow = torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2")
    assert ("bfloat16 very slowly" in caplog.text) == slow
    assert load_pipeline("embedded", device="cpu").transformer.dtype == torch.float32


def test_load_pipeline_takes_a_dtype(folder: Path) -> None:
    assert load_pipeline(str(folder), dtype=torch.bfloat16, device="cpu").transformer.dtype == torch.bfloat16


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_and_bfloat16_where_there_is_one(folder: Path) -> None:
    loaded = load_pipeline(folder)
    assert (loaded.device.type, loaded.transformer.dtype) == ("cuda", torch.bfloat16)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"there is no folder .*nowhere.* a model is 'embedded', a folder"):
        load_pipeline(tmp_path / "nowhere")


def test_folder_that_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"no diffusers pipeline: it has no model_index\.json"):
        load_pipeline(tmp_path)


def test_folder_of_another_kind_of_model(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    del index["text_encoder_2"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(RenderError, match=r"could not be loaded as a FLUX\.1 pipeline"):
        load_pipeline(folder)


def test_unknown_and_missing_devices(folder: Path) -> None:
    with pytest.raises(RenderError, match="unknown device 'abacus'"):
        load_pipeline(folder, device="abacus")
    if not torch.cuda.is_available():
        with pytest.raises(RenderError, match="finds no CUDA"):
            load_pipeline(folder, device="cuda")
    if not torch.backends.mps.is_available():
        with pytest.raises(RenderError, match="device 'mps' cannot be used by this torch"):
            load_pipeline(folder, device="mps")


class Hub(HubHandler):
    """A hub with one gated model, which answers for every other that it does not exist."""

    def reply(self) -> None:
        if self.path.startswith("/api/models/acme/gated"):
            self.answer(200, {}, {"id": "acme/gated", "sha": "0" * 40, "siblings": [], "gated": "manual"})
        elif self.path.startswith("/acme/gated"):
            self.answer(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "restricted"}, {})
        else:
            self.answer(401, {"X-Error-Code": "RepoNotFound"}, {})

    def answer(self, status: int, headers: dict[str, str], body: dict[str, object]) -> None:
        self.send(status, {**headers, "Content-Type": "application/json"}, json.dumps(body).encode())


@pytest.fixture
def hub() -> Iterator[str]:
    with served(Hub) as address:
        yield address


def error_from_hub(endpoint: str, model: str, home: Path) -> str:
    """Load a model in a process of its own, as the endpoint is read once, at import."""
    code = (
        "import sys; from generator.painting.loading import load_pipeline; from planner.errors import RenderError\n"
        "try: load_pipeline(sys.argv[1], device='cpu')\n"
        "except RenderError as error: print(error)"
    )
    environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "PATH": os.environ["PATH"], "NO_PROXY": "*"}
    run = subprocess.run(
        [sys.executable, "-c", code, model], env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_gated_model_says_where_to_accept_the_licence(hub: str, tmp_path: Path) -> None:
    message = error_from_hub(hub, "acme/gated", tmp_path)
    assert "is gated: accept its licence at https://huggingface.co/acme/gated" in message
    assert "hf auth login" in message


def test_missing_model_is_named(hub: str, tmp_path: Path) -> None:
    message = error_from_hub(hub, "acme/nothing", tmp_path)
    assert "there is no folder and no public model 'acme/nothing'" in message


def test_unreachable_hub(tmp_path: Path) -> None:
    message = error_from_hub("http://127.0.0.1:9", "acme/anything", tmp_path)
    assert "the hub cannot be reached" in message
