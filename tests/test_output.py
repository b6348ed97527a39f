"""Pictures on disk: whole or not at all, with their recipe, and never lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from generator.pictures import CHUNK, check_target, free_name
from generator.recipe import Recipe, read_recipe, save_picture
from generator.settings import RenderSettings
from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, RenderError, Row

PLAN = Plan("ein Hund – 犬", (Row(1, (Cell(1, "a dog"),)),), (ObjectBox("dog", Box(0.25, 0.25, 0.5, 0.5)),))
SETTINGS = RenderSettings.for_model("embedded", seed=7, hard_binding_steps=None)
RECIPE = Recipe(PLAN, SETTINGS)
IMAGE = Image.new("RGB", (16, 16), (1, 2, 3))


def test_a_picture_carries_its_recipe(tmp_path: Path) -> None:
    path = save_picture(IMAGE, tmp_path / "a.png", RECIPE)
    recipe = read_recipe(path)
    assert (recipe.plan, recipe.settings) == (PLAN, SETTINGS)
    assert {"torch", "diffusers"} <= recipe.versions.keys()
    with Image.open(path) as saved:
        assert saved.getpixel((3, 3)) == (1, 2, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_the_recipe_finds_its_pictures_when_all_move_together(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    image = ImagePrompt("redux", str(before / "faces" / "dog.jpg"))
    plan = replace(PLAN, objects=(replace(PLAN.objects[0], image=image),))
    save_picture(IMAGE, before / "a.png", Recipe(plan, SETTINGS))
    before.rename(after)
    moved = read_recipe(after / "a.png").plan.objects[0].image
    assert moved == ImagePrompt("redux", str(after / "faces" / "dog.jpg"))


def test_a_finished_picture_survives_a_target_that_went_away(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="the picture is kept in") as caught:
        save_picture(IMAGE, tmp_path / "gone" / "a.png", RECIPE)
    kept = Path(str(caught.value).rsplit("kept in ", 1)[1].strip("'"))
    assert read_recipe(kept).plan == PLAN
    kept.unlink()
    kept.parent.rmdir()


@pytest.mark.parametrize(("name", "message"), [("a.jpg", "are .png files"), ("no/where/a.png", "no folder")])
def test_targets_are_checked_before_the_work(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        check_target(tmp_path / name)


def test_recipes_that_are_missing_or_damaged(tmp_path: Path) -> None:
    IMAGE.save(tmp_path / "bare.png")
    with pytest.raises(RenderError, match="carries no plan"):
        read_recipe(tmp_path / "bare.png")
    for suffix in ("jpg", "webp"):
        IMAGE.save(tmp_path / f"bare.{suffix}")
        with pytest.raises(RenderError, match=r"carries no plan; only \.png pictures"):
            read_recipe(tmp_path / f"bare.{suffix}")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(RenderError, match="is not a picture"):
        read_recipe(tmp_path / "text.png")
    from PIL.PngImagePlugin import PngInfo

    for damaged in ("{", '{"plan": {}}', '{"plan": {}, "settings": {}, "versions": {}}', "[]"):
        chunk = PngInfo()
        chunk.add_itxt(CHUNK, damaged)
        IMAGE.save(tmp_path / "damaged.png", pnginfo=chunk)
        with pytest.raises(RenderError, match="is damaged"):
            read_recipe(tmp_path / "damaged.png")


def test_names_are_made_of_sentences_and_never_taken_twice(tmp_path: Path) -> None:
    path = tmp_path / free_name("A dog, on the left!")
    written = [RECIPE.save(IMAGE, path, overwrite=False).name for _ in range(3)]
    assert written == ["a-dog-on-the-left.png", "a-dog-on-the-left-2.png", "a-dog-on-the-left-3.png"]
    assert RECIPE.save(IMAGE, path) == path  # a name that was given is overwritten
    assert free_name("…!").name == "picture.png"
    assert len(free_name("word " * 100).name) < 60


def test_unknown_settings_are_named() -> None:
    with pytest.raises(RenderError, match=r"unknown setting 'stepps'.*steps"):
        RenderSettings.for_model("embedded", stepps=3)
