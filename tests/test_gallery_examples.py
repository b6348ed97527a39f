"""The scripts for the release's galleries with pictures, run on tiny models."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_adapters import FLUX_SIZES, IDENTITY, picture, save_instantx, save_pulid, save_redux, save_siglip
from tiny_flux import tiny_pipeline

from generator.adapters.checkpoint import write_embeds
from generator.adapters.embeds import ImageEmbeds
from generator.cli.parser import parse
from generator.recipe import read_recipe

EXAMPLES = Path(__file__).parent.parent / "examples"
KINDS = ("redux", "ip_adapter", "pulid")
ENTRY: dict[str, Any] = {
    "prompt": "a cat and a dog",
    "SR_hw_split_ratio": "0.5,0.5",
    "SR_prompt": "a cat BREAK a dog",
    "HB_prompt_list": ["a cat", "a dog"],
    "HB_m_offset_list": [0, 0.5],
    "HB_n_offset_list": [0, 0.25],
    "HB_m_scale_list": [0.5, 0.5],
    "HB_n_scale_list": [0.75, 0.5],
    "height": 64,
    "width": 64,
    "seed": 4711,
    "SR_delta": 0.25,
    "HB_replace": 1,
}


@pytest.mark.parametrize(
    ("script", "own"),
    [
        ("redux", {"Redux_list": ["data/0.png", "data/1.png"]}),
        ("ip_adapter", {"id_images_path": ["data/0.png", "data/1.png"], "id_weights": [0.8, 0.8]}),
        ("pulid", {"id_images_path": ["data/face.safetensors"] * 2, "id_weights": [1.0, 0.5]}),
    ],
)
def test_a_gallery_is_painted(
    script: str,
    own: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_pipeline(guidance_embeds=True, **FLUX_SIZES).save_pretrained("flux")
    Path("data").mkdir()
    for seed in range(2):
        picture(seed).save(f"data/{seed}.png")
    write_embeds(ImageEmbeds("pulid", torch.randn(1, 3, IDENTITY)), Path("data/face.safetensors"))
    name = {"redux": "Redux", "ip_adapter": "IP_Adapter", "pulid": "PuLID"}[script]
    Path(f"data/{name}_Gallery.json").write_text(json.dumps([ENTRY | own]))
    sources = {
        "redux": lambda: ["--redux", save_redux(Path("redux"))],
        "ip_adapter": lambda: [
            "--ip-adapter",
            save_instantx(Path("ip.bin")),
            "--ip-encoder",
            save_siglip(Path("siglip")),
        ],
        "pulid": lambda: ["--pulid", save_pulid(Path("pulid.safetensors"))],
    }[script]()
    options = ["--model", "flux", "--seed-device", "cpu", "--device", "cpu", "--quiet", *map(str, sources)]
    monkeypatch.setattr(sys, "argv", [script, f"data/{name}_Gallery.json", "0", *options])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(EXAMPLES / f"gallery_{script}.py"))
    assert left.value.code == 0
    assert capsys.readouterr().out == f"{script}.png\n"
    recipe = read_recipe(Path(f"{script}.png"))
    assert [item.image.kind for item in recipe.plan.objects if item.image] == [script, script]
    assert (recipe.settings.seed, recipe.settings.refinement_strength) == (4711, 0.25)


def test_the_real_weights_are_the_scripts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr("generator.cli.main", called.append)
    monkeypatch.setattr(sys, "argv", ["gallery_redux.py", "gallery.json", "3"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(EXAMPLES / "gallery_redux.py"))
    given = parse(called[0])
    assert (given.model, given.seed_device, given.idx) == ("black-forest-labs/FLUX.1-dev", "cuda", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_scripts_are_short_and_name_their_command(kind: str) -> None:
    text = (EXAMPLES / f"gallery_{kind}.py").read_text()
    assert len(text.splitlines()) <= 40
    command = f"python examples/gallery_{kind}.py "
    assert command in text
    assert command in (EXAMPLES.parent / "docs" / "image-prompts.md").read_text()
