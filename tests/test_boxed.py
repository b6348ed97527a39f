"""Models that take boxes in their own prompt: painted from their folders as a user would, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import Ideogram4Pipeline, ModularPipeline
from painting import alike, noise
from test_families_loading import lora_of
from tiny_adapters import picture
from tiny_boxed import flux3, ideogram4

from generator import Painter, RenderSettings, Repaint, estimate
from generator.cli.main import main
from generator.families.boxed.ideogram4 import guidance_schedule
from generator.painting.comparing import compare
from generator.painting.loading import load_pipeline
from generator.painting.painter import plan_repaint
from generator.recipe import Recipe, Result, read_recipe
from planner import Planner, export_plan
from planner.errors import PlanError, RenderError
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row

DOG = ObjectBox("a red dog", Box(0.1, 0.2, 0.3, 0.5))
CAT = ObjectBox("a blue cat", Box(0.5, 0.25, 0.4, 0.6))
PLAN = Plan("a red dog and a blue cat", (Row(1, (Cell(1, "a red dog on grass"), Cell(1, "a blue cat"))),), (DOG, CAT))
SIZE: dict[str, Any] = {"width": 96, "height": 64}
FORMATS = {"ideogram4": "Ideogram 4", "flux3": "FLUX.3", "flux3 distilled": "FLUX.3"}
INDEXES = {
    "Ideogram 4": ("model_index.json", "Ideogram4Pipeline"),
    "FLUX.3": ("modular_model_index.json", "Flux3ModularPipeline"),
}


@pytest.fixture(scope="module", params=list(FORMATS))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    if kind == "ideogram4":
        ideogram4(path)
    else:
        flux3(path, distilled="distilled" in kind)
    return path


def painted_by_stock(kind: str, folder: Path, text: str) -> Any:
    """The picture that diffusers' own pipeline makes of a prompt, guided by 3 in 2 steps."""
    given = {**SIZE, "num_inference_steps": 2, "generator": noise()}
    if kind == "ideogram4":
        stock = Ideogram4Pipeline.from_pretrained(folder)
        stock.set_progress_bar_config(disable=True)
        return stock(text, guidance_scale=3.0, guidance_schedule=None, **given).images[0]
    pipe = ModularPipeline.from_pretrained(str(folder))
    blocks = pipe.blocks
    blocks.sub_blocks.pop("prompt_upsampler")
    pipe = type(pipe)(blocks=blocks, pretrained_model_name_or_path=str(folder))
    pipe.load_components(dtype=torch.float32)
    if "distilled" not in kind:
        pipe.update_components(guider=type(pipe.guider)(guidance_scale=3.0))
    return pipe(prompt=text, output="images", **given)[0]


def test_a_plan_is_the_stock_pipelines_picture_of_its_prompt(kind: str, folder: Path) -> None:
    pipe = load_pipeline(folder, device="cpu")
    [found] = pipe(PLAN, **SIZE, num_inference_steps=2, guidance_scale=3.0, generator=noise()).images
    text = export_plan(PLAN, kind.split()[0])
    assert found.tobytes() == painted_by_stock(kind, folder, text).tobytes()
    moved = Plan(PLAN.prompt, PLAN.rows, (DOG, ObjectBox(CAT.prompt, Box(0.6, 0.25, 0.4, 0.6))))
    assert found.tobytes() != painted_by_stock(kind, folder, export_plan(moved, kind.split()[0])).tobytes()


def test_it_is_watched_and_painted_in_a_row(folder: Path) -> None:
    painter, events = Painter(str(folder), device="cpu", **SIZE, steps=2), list[Any]()
    result = painter.paint(PLAN, seed=3, on_progress=events.append)
    steps = [event for event in events if event.unit == "steps"]
    assert [event.done for event in steps] == [1, 2]
    assert steps[-1].preview().tobytes() == result.image.tobytes()
    recipes = [Recipe(PLAN, painter.settings.changed(seed=seed)) for seed in (3, 4)]
    alike, other = painter.together(recipes, images=2)
    assert alike.tobytes() == result.image.tobytes() != other.tobytes()


def test_the_command_paints_it_with_its_recipe(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN.to_dict()))
    options = ["--model", str(folder), "--size", "96x64", "--steps", "1", "--guidance", "2", "--seed", "5", "--quiet"]
    assert main(["generate", str(tmp_path / "plan.json"), *options, "-o", str(tmp_path / "a.png")]) == 0
    recipe = read_recipe(tmp_path / "a.png")
    assert (recipe.settings.hard_binding_steps, recipe.settings.seed, recipe.plan) == (None, 5, PLAN)
    again = Painter(str(folder), device="cpu").paint(recipe)
    assert again.image.tobytes() == Result.open(tmp_path / "a.png").image.tobytes()


def test_what_it_costs(kind: str, folder: Path) -> None:
    found = estimate(PLAN, RenderSettings.for_model(str(folder), **SIZE, steps=3))
    assert found.passes == (3 if "distilled" in kind else 6)
    assert (found.image_tokens, found.features_bytes, found.streams) == (24, 0, (1, 1))


def test_one_plan_on_both_kinds_of_models(folder: Path) -> None:
    regional, boxed = compare(PLAN, ["embedded", str(folder)], width=64, height=64, steps=1, seed=2)
    assert (regional.error, boxed.error) == ("", "")


def test_a_negative_prompt_acts_or_is_refused(kind: str, folder: Path) -> None:
    painter = Painter(str(folder), device="cpu", **SIZE, steps=1)
    if kind == "flux3":
        one, other = (painter.paint(PLAN, seed=1, negative_prompt=words) for words in (None, "grass"))
        assert one.image.tobytes() != other.image.tobytes()
        with pytest.raises(RenderError, match="has none at a guidance_scale of 1"):
            painter.paint(PLAN, negative_prompt="grass", guidance_scale=1.0)
    else:
        with pytest.raises(RenderError, match="knows no negative prompt"):
            painter.paint(PLAN, negative_prompt="grass")


def test_loras_act_and_offloaded_weights_paint_the_same(kind: str, folder: Path, tmp_path: Path) -> None:
    whole = load_pipeline(folder, device="cpu")
    file = lora_of(whole.transformer, tmp_path / "style.safetensors")
    ways: list[dict[str, Any]] = [{"lora": file}]
    if kind == "ideogram4":
        ways += [{"offload": "model"}, {"offload": "group"}]
    else:
        with pytest.raises(RenderError, match=r"offload does not work with .*; got 'model'"):
            Painter(str(folder), offload="model")
    given = {**SIZE, "num_inference_steps": 1}
    pictures = [
        pipe(PLAN, **given, generator=noise()).images[0]
        for pipe in (whole, *(load_pipeline(folder, device="cpu", **way) for way in ways))
    ]
    assert [alike(pictures[0], each) for each in pictures[1:]] == [False, True, True][: len(ways)]


@pytest.fixture(params=list(INDEXES))
def named(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder that says of which model it is, and has nothing else: whatever is refused is refused before loading."""
    file, pipeline = INDEXES[request.param]
    (tmp_path / file).write_text(json.dumps({"_class_name": pipeline}))
    return str(tmp_path)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("hard_binding_steps", 1), ("refinement_strength", 0.5), ("region_max_sequence_length", 64)],
)
def test_settings_of_regions_are_refused_before_it_is_loaded(named: str, setting: str, value: float) -> None:
    with pytest.raises(RenderError, match=rf"takes boxes in its own prompt, and knows no {setting}; got {value}"):
        Painter(named, **{setting: value})
    with pytest.raises(RenderError, match=rf"takes boxes in its own prompt, and knows no {setting}; got {value}"):
        estimate(PLAN, RenderSettings.for_model(named, **{setting: value}))
    with pytest.raises(RenderError, match=r"step_cache does not work with .*; got 0\.1"):
        Painter(named, step_cache=0.1)


def test_what_objects_and_repaints_ask_for_is_refused_before_it_is_loaded(named: str, tmp_path: Path) -> None:
    recipe = Recipe(PLAN, RenderSettings.for_model(named))
    with pytest.raises(RenderError, match="cannot paint a region anew"):
        plan_repaint(Planner("rules"), recipe, "the dog becomes a ball")
    repaint = Repaint("a ball", "a ball", ("a", "b"), 1, seed=4, mask=Box(0.25, 0.25, 0.5, 0.5))
    with pytest.raises(RenderError, match="cannot paint a region anew"):
        Painter(named).paint(recipe.repainted(repaint))
    with pytest.raises(RenderError, match=r"object 0, 'a red dog', has a LoRA of its own"):
        Painter(named).paint(Plan(PLAN.prompt, PLAN.rows, (ObjectBox("a red dog", DOG.box, lora=("a.safetensors",)),)))
    picture().save(tmp_path / "dog.png")
    with pytest.raises(RenderError, match=r"pictures of kind 'native' do not work with .*: it has none"):
        Painter(named).paint(PLAN, images={0: ImagePrompt("native", str(tmp_path / "dog.png"))})
    thin = Plan(PLAN.prompt, PLAN.rows, (ObjectBox("a line", Box(0.1, 0.1, 0.0001, 0.5)),))
    with pytest.raises(PlanError, match=r"objects\[0\]\.box must be at least a thousandth"):
        Painter(named).paint(thin)


def test_the_recommended_guidance_falls_at_the_end() -> None:
    """As diffusers' own default; a weaker one stays as it is."""
    assert guidance_schedule(7.0, 48) == [7.0] * 45 + [3.0] * 3
    assert guidance_schedule(2.0, 16) == [2.0] * 16
    assert guidance_schedule(7.0, 2) == [7.0, 7.0]


def test_a_plan_that_is_too_long_is_told(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"the plan is too long for .*: .*10"):
        load_pipeline(folder, device="cpu")(PLAN, **SIZE, max_sequence_length=10)
