"""Reference pictures through the command line: tiny models on disk, all three kinds in one picture."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from painting import alike
from PIL import Image
from safetensors.torch import load_file
from tiny_adapters import (
    FLUX_SIZES,
    IDENTITY,
    lora_file,
    picture,
    save_clip,
    save_instantx,
    save_pulid,
    save_redux,
    save_siglip,
    save_xlabs,
    stub_face,
    stub_models,
)
from tiny_flux import tiny_pipeline

from generator import RenderSettings, generate, plan_and_generate
from generator.adapters.checkpoint import write_embeds
from generator.adapters.embeds import ImageEmbeds
from generator.adapters.faces import FaceModels
from generator.adapters.references import with_images
from generator.cli.main import main
from generator.cli.parser import parse
from generator.cli.pictures import image
from generator.painting.sources import read_source
from generator.recipe import read_recipe
from generator.settings import Adapters
from planner.errors import RenderError
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row

DOCUMENT = Path(__file__).parent.parent / "docs" / "image-prompts.md"
BOXES = [Box(x, y, 0.5, 0.5) for y in (0, 0.5) for x in (0, 0.5)]
THINGS = ("a red cat", "a dog", "a cat", "a red ball")
PLAN = Plan(
    "a cat and a dog",
    (Row(1, (Cell(1, "a cat"), Cell(1, "a dog"))),),
    tuple(map(ObjectBox, THINGS, BOXES)),
)
MIXED = ["--image", "0=redux:cat.png:0.8", "--image", "1=ip_adapter:dog.png", "--image", "2=pulid:face.safetensors:0.9"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_pipeline(guidance_embeds=True, **FLUX_SIZES).save_pretrained(folder / "flux")
    save_redux(folder / "redux")
    save_siglip(folder / "siglip")
    save_clip(folder / "clip")
    save_instantx(folder / "ip-adapter.bin")
    save_xlabs(folder / "xlabs.safetensors")
    save_pulid(folder / "pulid.safetensors")
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_with_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAGPLAN_IMAGE_MODEL", raising=False)
    for seed, name in enumerate(("cat", "dog", "face")):
        picture(seed).save(f"{name}.png")
    identity = torch.randn(1, 3, IDENTITY, generator=torch.Generator().manual_seed(8))
    write_embeds(ImageEmbeds("pulid", identity), Path("face.safetensors"))
    PLAN.save("plan.json")
    return tmp_path


def options(models: Path, adapter: str = "ip-adapter.bin", encoder: str = "siglip") -> list[str]:
    sources = {"redux": "redux", "ip-adapter": adapter, "ip-encoder": encoder, "pulid": "pulid.safetensors"}
    named = [part for option, name in sources.items() for part in (f"--{option}", str(models / name))]
    fast = ["--steps", "2", "--binding-steps", "1", "--seed", "1", "--device", "cpu", "--quiet"]
    return ["--model", str(models / "flux"), *named, *fast]


def test_all_three_kinds_and_words_in_one_picture_that_can_be_made_again(models: Path) -> None:
    assert main(["generate", "plan.json", *MIXED, *options(models), "-o", "mixed.png"]) == 0
    recipe = read_recipe(Path("mixed.png"))
    assert [item.image and (item.image.kind, item.image.weight) for item in recipe.plan.objects] == [
        ("redux", 0.8),
        ("ip_adapter", 1.0),
        ("pulid", 0.9),
        None,
    ]
    assert recipe.settings.adapters.redux == str(models / "redux")
    assert main(["generate", "mixed.png", "-o", "again.png", "--device", "cpu", "--quiet"]) == 0
    assert alike("again.png", "mixed.png")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_picture_changes_the_painting(number: int, models: Path) -> None:
    given = MIXED[2 * number : 2 * number + 2]
    assert main(["generate", "plan.json", *options(models), "-o", "plain.png"]) == 0
    assert main(["generate", "plan.json", *given, *options(models), "-o", "one.png"]) == 0
    assert not alike("one.png", "plain.png", levels=0)


def test_a_face_is_read_from_its_picture(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubs = stub_models([stub_face(3, 10, 0.5)], [[3, 0, 13, 10]])
    monkeypatch.setattr(FaceModels, "load", classmethod(lambda *_: stubs))
    for name, weight in {"strong": "1.5", "weak": "0.2"}.items():
        given = ["--image", f"2=pulid:face.png:{weight}", *options(models)]
        assert main(["generate", "plan.json", *given, "-o", f"{name}.png"]) == 0
    assert not alike("strong.png", "weak.png", levels=0)


def test_xlabs_adapter(models: Path) -> None:
    given = [*MIXED[2:4], *options(models, "xlabs.safetensors", "clip")]
    assert main(["generate", "plan.json", *given, "-o", "xlabs.png"]) == 0
    assert main(["generate", "plan.json", *options(models), "-o", "plain.png"]) == 0
    assert not alike("xlabs.png", "plain.png")


def test_a_picture_with_pictures_is_repainted(models: Path) -> None:
    assert main(["generate", "plan.json", *MIXED, *options(models), "-o", "mixed.png"]) == 0
    repaint = ["repaint", "mixed.png", "--object", "3", "a blue ball", "--device", "cpu", "--quiet"]
    assert main([*repaint, "-o", "new.png"]) == 0
    assert not alike("new.png", "mixed.png")
    assert main(["generate", "new.png", "-o", "again.png", "--device", "cpu", "--quiet"]) == 0
    assert alike("again.png", "new.png")


@pytest.mark.parametrize("offload", ["model", "group", "sequential"])
def test_offloading_changes_nothing_with_pictures_and_a_lora(offload: str, models: Path) -> None:
    given = ["generate", "plan.json", *MIXED, *options(models), "--lora", str(lora_file(Path("lora.safetensors"), 1))]
    assert main([*given, "-o", "loaded.png"]) == 0
    assert main([*given, "--offload", offload, "-o", "offloaded.png"]) == 0
    assert alike("loaded.png", "offloaded.png")


def test_pictures_that_are_gone_are_named_before_anything_is_loaded(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["generate", "plan.json", *MIXED[:2], *options(models), "-o", "out.png"]) == 0
    Path("cat.png").rename("other.png")
    with monkeypatch.context() as nothing_loads:
        nothing_loads.setattr("generator.painting.loading.load_pipeline", None)
        assert main(["generate", "out.png", "-o", "again.png", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "cat.png' of object 0 is not there; name another with --image 0=redux:PATH" in said
    again = ["generate", "out.png", "--image", "0=redux:other.png:0.8", "--device", "cpu", "--quiet"]
    assert main([*again, "-o", "again.png"]) == 0
    assert alike("again.png", "out.png")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["0=redux:plan.json"], "plan.json' of object 0 is not a picture"),
        (["0=redux:none.png"], "none.png' of object 0 is not there"),
        (["7=redux:cat.png"], "there is no object 7 for a picture; the plan's objects are 0 'a red cat', 1 'a dog'"),
        (["0=redux:cat.png", "0=pulid:cat.png"], "object 0 was given two pictures"),
    ],
)
def test_pictures_that_cannot_be(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [part for text in given for part in ("--image", text)]
    assert main(["generate", "plan.json", *chosen, "--quiet"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("text", ["redux:cat.png", "0=clip:cat.png", "0=redux:", "0=redux:cat.png:9", "x=redux:a.png"])
def test_other_forms_are_wrong_usage(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["generate", "plan.json", "--image", text])
    assert "is not N=KIND:PATH[:WEIGHT]" in capsys.readouterr().err


def test_commands_in_the_document_are_understood() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("ragplan ")]
    assert commands
    for command in commands:
        parse(shlex.split(command)[1:])


def test_a_path_may_have_colons(tmp_path: Path) -> None:
    assert image("12=redux:a:b.png") == (12, ImagePrompt("redux", str(tmp_path / "a:b.png"), 1.0))
    assert image("0=pulid:a:b.png:0.5") == (0, ImagePrompt("pulid", str(tmp_path / "a:b.png"), 0.5))


def test_a_sentences_picture_is_looked_for_before_it_is_planned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.cli.commands.make_plan", None)
    assert main(["a cat", "--image", "0=redux:none.png", "--quiet"]) == 1
    assert "none.png' of object 0 is not there" in capsys.readouterr().err
    with pytest.raises(RenderError, match=r"none\.png' of object 0 is not there"):
        plan_and_generate("a cat", images={0: ImagePrompt("redux", "none.png")}, backend="no such")


def test_a_sentence_with_a_picture(models: Path) -> None:
    given = [*MIXED[:2], *options(models), "--size", "64x64", "--save-plan", "saved/plan.json"]
    Path("saved").mkdir()
    assert main(["a cat on the left and a dog on the right", *given, "-o", "out.png"]) == 0
    image_prompt = Plan.load("saved/plan.json").objects[0].image
    assert image_prompt is not None
    assert Path(image_prompt.path) == Path("cat.png").absolute()


def test_embeddings_from_before_are_taken_as_they_are(models: Path) -> None:
    plan = Plan(PLAN.prompt, PLAN.rows, (ObjectBox("", BOXES[0], ImagePrompt("redux", "gone.png")),))
    settings = RenderSettings.for_model(str(models / "flux"), steps=1, seed=1)
    given = ImageEmbeds("redux", torch.ones(1, 516, 4096), torch.zeros(1, 768))
    with pytest.raises(RenderError, match=r"gone\.png' of object 0 is not there"):
        generate(plan, settings, device="cpu")
    assert generate(plan, settings, device="cpu", image_embeds={0: given}).image.size == (64, 64)


def test_python_in_the_document(models: Path) -> None:
    _, code = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names = {
        "black-forest-labs/FLUX.1-dev": "flux",
        "guozinan/PuLID/pulid_flux_v0.9.1.safetensors": "pulid.safetensors",
    }
    for published, tiny in names.items():
        assert published in code
        code = code.replace(published, str(models / tiny))
    code = code.replace("(plan)", f"(plan, Adapters(redux={str(models / 'redux')!r}))")
    images = {0: ImagePrompt("redux", "cat.png", 0.8), 2: ImagePrompt("pulid", "face.safetensors", 0.9)}
    with_images(PLAN, images).save("plan.json")
    done = subprocess.run([sys.executable, "-c", f"from generator import Adapters\n{code}image.save('out.png')"])
    assert done.returncode == 0
    with Image.open("out.png") as image:
        assert image.size == (64, 64)


def test_sources_of_adapters_are_part_of_the_settings() -> None:
    settings = RenderSettings(adapters=Adapters(redux="folder"))
    assert settings.to_dict()["adapters"] == {"redux": "folder"}
    assert RenderSettings.from_dict(settings.to_dict()) == settings
    assert "adapters" not in RenderSettings().to_dict()
    with pytest.raises(RenderError, match="unknown adapter 'clip'"):
        RenderSettings.from_dict({"adapters": {"clip": "folder"}})


def test_a_gallerys_pictures_are_found_beside_it(tmp_path: Path) -> None:
    entry = {
        "prompt": "a cat",
        "SR_hw_split_ratio": "1",
        "SR_prompt": "a cat",
        "HB_m_offset_list": [0.1],
        "HB_n_offset_list": [0.1],
        "HB_m_scale_list": [0.5],
        "HB_n_scale_list": [0.5],
        "HB_replace": 2,
        "Redux_list": ["cat.png"],
    }
    (tmp_path / "galleries").mkdir()
    (tmp_path / "galleries" / "Redux.json").write_text(json.dumps([entry]))
    found = read_source(tmp_path / "galleries" / "Redux.json", 0).plan.objects[0].image
    assert found is not None
    assert found.path == str(tmp_path / "cat.png")


def test_an_adapter_is_converted(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert-adapter", str(models / "ip-adapter.bin"), "-o", "ip.safetensors"]) == 0
    assert capsys.readouterr().out == "ip.safetensors\n"
    written = torch.load(models / "ip-adapter.bin", weights_only=True)
    read = load_file("ip.safetensors")
    assert read.keys() == {f"{part}.{name}" for part, tensors in written.items() for name in tensors}
    assert all(
        torch.equal(read[f"{part}.{name}"], own) for part, tensors in written.items() for name, own in tensors.items()
    )
    given = [*MIXED[2:4], *options(models)]
    assert main(["generate", "plan.json", *given, "-o", "bin.png"]) == 0
    assert main(["generate", "plan.json", *given, "--ip-adapter", "ip.safetensors", "-o", "safe.png"]) == 0
    assert alike("bin.png", "safe.png")
