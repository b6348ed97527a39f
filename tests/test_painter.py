"""A model that stays loaded: pictures from plans and sentences, threads, progress, previews, stopping."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from painting import CAT, PLAN

import generator.painting.loading
from generator import LoadOptions, Painter, Progress, Recipe, RenderSettings, Repaint, Result, plan_and_generate
from generator.pipeline import RegionalFluxPipeline
from planner import Box, Planner, RenderError

SETTINGS: dict[str, Any] = {"width": 64, "height": 64, "steps": 3, "seed": 1}


@pytest.fixture
def painter(pipe: RegionalFluxPipeline) -> Painter:
    return Painter.of(pipe, planner=Planner("rules"))


@pytest.fixture
def loads(pipe: RegionalFluxPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `load_pipeline` was called with; the tiny model's folder is "model"."""
    monkeypatch.chdir(tmp_path)
    pipe.save_pretrained("model")
    seen: list[dict[str, Any]] = []
    load = generator.painting.loading.load_pipeline

    def counting(**arguments: Any) -> Any:
        seen.append(arguments)
        return load(**arguments)

    monkeypatch.setattr(generator.painting.loading, "load_pipeline", counting)
    return seen


def test_the_model_is_loaded_once_and_with_the_options_given(loads: list[dict[str, Any]]) -> None:
    painter = Painter("model", device="cpu", dtype="float32", planner=Planner("rules"), steps=2)
    assert loads == []
    first = painter.paint("a red dog on the left and a blue cat on the right", seed=3)
    second = painter.paint(PLAN, seed=4, steps=1)
    assert len(loads) == 1
    assert (loads[0]["loading"], loads[0]["model"]) == (LoadOptions(device="cpu", dtype="float32"), "model")
    assert [item.prompt for item in first.plan.objects] == ["a red dog", "a blue cat"]
    assert (first.settings.steps, second.settings.steps, second.settings.seed) == (2, 1, 4)
    assert painter.paint(first.recipe).image.tobytes() == first.image.tobytes()


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("no such folder", {}, "there is no folder 'no such folder'"),
        ("embedded", {"device": "abacus"}, "unknown device 'abacus'"),
        ("embedded", {"device": "meta"}, "device 'meta' cannot be used by this torch"),
        ("embedded", {"steps": 0}, "steps must be a whole number from 1 up, got 0"),
        ("embedded", {"offload": "disk"}, "offload must be one of model, group, sequential"),
        ("embedded", {"lora": "no.safetensors"}, "there is no LoRA file"),
        ("embedded", {"base": "somewhere"}, "base is for a model in a single file"),
        ("embedded", {"controlnet": "owner/name"}, "controlnet and control_image need each other"),
        ("embedded", {"controlnet": "a b", "control_image": "x.png"}, "a ControlNet is a folder"),
        ("embedded", {"stepps": 3}, "unknown setting 'stepps'"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_made(model: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        Painter(model, **options)
    with pytest.raises(RenderError, match=message):
        plan_and_generate("a dog", backend="no such backend", model=model, **options)


def test_two_threads_get_the_pictures_of_one(painter: Painter) -> None:
    expected = [painter.paint(PLAN, **{**SETTINGS, "seed": seed}).image.tobytes() for seed in range(4)]
    found: dict[int, bytes] = {}

    def paint(seed: int) -> None:
        found[seed] = painter.paint(PLAN, **{**SETTINGS, "seed": seed}).image.tobytes()

    threads = [threading.Thread(target=paint, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(4)] == expected


def test_steps_are_told_and_change_nothing(painter: Painter) -> None:
    events: list[Progress] = []
    watched = painter.paint(PLAN, on_progress=events.append, **SETTINGS)
    assert watched.image.tobytes() == painter.paint(PLAN, **SETTINGS).image.tobytes()
    assert [(event.stage, event.done, event.total) for event in events] == [("paint", n, 3) for n in (1, 2, 3)]
    assert events[0].preview is None
    assert events[1].preview is not None
    assert events[2].preview is not None
    assert events[1].preview().size == (64, 64)
    last = np.asarray(events[2].preview(), dtype=int)  # the last step's end is the picture itself
    assert abs(last - np.asarray(watched.image, dtype=int)).max() <= 1


def test_a_sentence_is_told_as_planned_first(painter: Painter) -> None:
    events: list[Progress] = []
    painter.paint("a red dog", on_progress=events.append, **SETTINGS)
    assert [event.stage for event in events] == ["plan", "plan", "paint", "paint", "paint"]


def test_a_listener_that_raises_stops_the_painting(painter: Painter) -> None:
    def stop(event: Progress) -> None:
        if event.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        painter.paint(PLAN, on_progress=stop, **SETTINGS)
    assert painter.paint(PLAN, **SETTINGS).image.size == (64, 64)


def test_a_listener_cannot_paint_with_the_same_painter(painter: Painter) -> None:
    with pytest.raises(RenderError, match="is painting already"):
        painter.paint(PLAN, on_progress=lambda _: print(painter.paint(PLAN, **SETTINGS)), **SETTINGS)
    assert painter.paint(PLAN, **SETTINGS).image.size == (64, 64)


def test_repaints_by_words_by_number_and_by_hand(painter: Painter) -> None:
    before = painter.paint(PLAN, **SETTINGS)
    events: list[Progress] = []
    once = painter.repaint(before, "the cat becomes a ball", on_progress=events.append)
    assert {event.stage for event in events} == {"plan", "paint"}
    twice = painter.repaint(once, "a tree", number=0, seed=5)
    cells = tuple(cell.prompt for cell in twice.plan.cells)
    thrice = painter.repaint(twice, Repaint("a hat", "a hat", cells, 1, mask=Box(0, 0, 0.5, 0.5)))
    assert [item.prompt for item in thrice.plan.objects] == ["a tree", "a ball", "a hat"]
    assert thrice.plan.objects[1].box == CAT.box
    assert painter.paint(thrice.recipe).image.tobytes() == thrice.image.tobytes()


def test_a_repaints_preview_is_of_the_new_picture(painter: Painter) -> None:
    events: list[Progress] = []
    before = painter.paint(PLAN, **SETTINGS)
    after = painter.repaint(before, "the cat becomes a ball", blend=False, on_progress=events.append)
    preview = events[-1].preview
    assert preview is not None
    assert abs(np.asarray(preview(), dtype=int) - np.asarray(after.image, dtype=int)).max() <= 1
    assert after.image.tobytes() != before.image.tobytes()


def test_nothing_is_said_on_standard_error_unless_asked_for() -> None:
    code = "from generator import Painter; Painter('embedded', device='cpu')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_style_is_in_every_prompt(painter: Painter) -> None:
    styled = painter.paint(PLAN, style="watercolor", **SETTINGS).recipe.plan
    assert styled.prompt.endswith("watercolor")
    assert all(cell.prompt.endswith("watercolor") for cell in styled.cells)


def test_a_negative_prompt_is_refused_with_what_to_do() -> None:
    with pytest.raises(RenderError, match="knows no negative prompt: say in the sentence what is to be seen"):
        plan_and_generate("a dog", negative_prompt="cats")


def test_other_weights_let_go_of_the_last_ones(loads: list[dict[str, Any]]) -> None:
    painter = Painter("model", device="cpu")
    painter.paint(PLAN, **SETTINGS)
    painter.paint(PLAN, **SETTINGS)
    other = Recipe(PLAN, RenderSettings(**SETTINGS, model=str(Path("model").resolve())))
    painter.paint(other)
    assert [each["model"] for each in loads] == ["model", str(Path("model").resolve())]


def test_loading_options_are_one_record() -> None:
    assert LoadOptions(offload="group").on("cuda") == LoadOptions(offload="group", device="cuda")
    assert isinstance(Painter("embedded", offload="group").loading, LoadOptions)


def test_a_saved_result_goes_on(painter: Painter, tmp_path: Path) -> None:
    saved = painter.paint(PLAN, **SETTINGS).save(tmp_path / "a.png")
    after = painter.repaint(Result.open(saved), "the cat becomes a ball")
    assert [item.prompt for item in after.plan.objects] == ["a red dog", "a ball"]


def test_a_full_memory_names_the_flags_that_help(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to")

    monkeypatch.setattr(RegionalFluxPipeline, "_paint", full)
    with pytest.raises(RenderError, match=r"the memory of .* is full .* take a smaller --size, --offload model or"):
        painter.paint(PLAN, **SETTINGS)
    monkeypatch.undo()
    assert painter.paint(PLAN, **SETTINGS).image.size == (64, 64)
