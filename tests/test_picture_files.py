"""Files from strangers: pictures, masks and recipes end in what they say or in one line, and nothing large is built."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.adapters.control_request import control_input
from generator.adapters.references import read_reference
from generator.cli.main import main
from generator.cli.reporting import printable
from generator.painting.sources import read_source
from generator.pictures import CHUNK, check_folder, check_target, read_picture
from generator.recipe import Recipe, Result, read_recipe
from generator.regions.geometry import TokenGrid
from generator.regions.masking import TokenMask, read_mask
from generator.regions.repaint import Repaint
from generator.settings import Adapters, RenderSettings
from planner.errors import RagplanError, RenderError
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row
from planner.plan.document import CONTROLS

PLAN = Plan("a dog", (Row(1, (Cell(1, "a dog"),)),), (ObjectBox("a dog", Box(0.25, 0.25, 0.5, 0.5)),))
SETTINGS = RenderSettings.for_model("embedded", seed=7)
MASK = TokenMask((17, 18, 33, 34), TokenGrid(16, 16))
CUBE = Repaint("a cube", "a cube", ("a cube",), 2, 3, mask=MASK, number=0)
HAT = Repaint("a cube, with a hat", "a hat", ("a cube, with a hat",), 2, mask=Box(0, 0, 0.25, 0.25), number=1)
RECIPE = Recipe(PLAN, SETTINGS, (CUBE, HAT))
IMAGE = Image.new("RGB", (16, 16), (1, 2, 3))


def png_with(path: Path, text: str | dict[str, Any]) -> Path:
    """Write a picture whose recipe is any text."""
    chunk = PngInfo()
    chunk.add_itxt(CHUNK, text if isinstance(text, str) else json.dumps(text))
    IMAGE.save(path, pnginfo=chunk)
    return path


def changed(keys: str, value: Any) -> dict[str, Any]:
    """The recipe with one value replaced, by the keys on the way to it; "…" takes the key out."""
    document: Any = json.loads(json.dumps(RECIPE.to_dict()))
    *way, last = [int(key) if key.isdecimal() else key for key in keys.split("/")]
    place = document
    for key in way:
        place = place[key]
    place[last] = value
    result: dict[str, Any] = document
    return result


# What a picture says comes back --------------------------------------------------------------------------------------


def test_a_result_is_saved_and_opened(tmp_path: Path) -> None:
    result = Result(IMAGE, RECIPE)
    opened = Result.open(result.save(tmp_path / "a.png"))
    assert opened.recipe == RECIPE
    assert opened.image.tobytes() == IMAGE.tobytes()
    assert opened.plan == RECIPE.shown
    assert opened.recipe.versions["ragplan"]


def test_what_is_shown_after_repaints() -> None:
    shown = RECIPE.shown
    assert [item.prompt for item in shown.objects] == ["a cube", "a hat"]
    assert [item.box for item in shown.objects] == [PLAN.objects[0].box, HAT.mask]
    assert (shown.prompt, shown.cells[0].prompt) == ("a cube, with a hat", "a cube, with a hat")


def test_a_picture_of_ragplan_0_1_reads(tmp_path: Path) -> None:
    """It has one "repaint", which does not say what it replaced: the object whose box the mask is."""
    document = Recipe(PLAN, SETTINGS).to_dict()
    box = PLAN.objects[0].box
    values = replace(CUBE, mask=box, number=None).to_dict()
    recipe = read_recipe(png_with(tmp_path / "a.png", {**document, "repaint": values}))
    assert recipe.repaints == (replace(CUBE, mask=box, number=None),)
    assert [item.prompt for item in recipe.shown.objects] == ["a cube"]


def test_no_picture_names_the_folders_of_its_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, out, other = (tmp_path / name for name in ("home", "out", "other"))
    for folder in (home, out, other, home / "model"):
        folder.mkdir()
    for file in (home / "face.png", other / "cat.png", out / "edges.png"):
        IMAGE.save(file)
    (other / "a.safetensors").touch()
    monkeypatch.setenv("HOME", str(home))
    images = (ImagePrompt("pulid", str(home / "face.png")), ImagePrompt("redux", str(other / "cat.png")))
    objects = tuple(replace(PLAN.objects[0], image=image) for image in images)
    settings = RenderSettings(
        model=str(home / "model"),
        lora=(f"{other / 'a.safetensors'}:0.5", "owner/name/b.safetensors"),
        controlnet="owner/name",
        control_image=str(out / "edges.png"),
        adapters=Adapters(pulid=str(other / "a.safetensors")),
    )
    recipe = Recipe(replace(PLAN, objects=objects), settings)
    written = recipe.save(IMAGE, out / "a.png")
    assert str(tmp_path).encode() not in written.read_bytes()
    assert read_recipe(written) == recipe
    said = recipe.relative_to(out).settings
    assert (said.model, said.controlnet, said.control_image) == ("~/model", "owner/name", "./edges.png")
    assert said.lora == ("../other/a.safetensors:0.5", "owner/name/b.safetensors")


# Recipes of strangers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        ("repaints/0/mask/tokens/grid", [10**9, 10**9], "grid must be two numbers in 1..512"),
        ("repaints/0/mask/tokens/ranges", [[0, 10**18]], "ranges must be rising ranges"),
        ("repaints/0/mask/tokens/ranges", [[5, 9], [3, 4]], "ranges must be rising ranges"),
        ("repaints/0/mask/tokens/ranges", [], "the mask is empty"),
        ("repaints/0/mask/tokens/grid", [8, 8], "grid must be the canvas', 16 × 16 tokens"),
        ("repaints/1/mask/box/x", 2, "the mask's box reaches off the canvas"),
        ("repaints/0/mask", {}, "mask must be a box or tokens"),
        ("repaints/0/prompt", 5, "repaint.prompt must be a string"),
        ("repaints/0/seed", -1, "repaint.seed must be a whole number"),
        ("repaints/0/cell_prompts", "abc", "repaint.cell_prompts must be a list"),
        ("repaints/0/single_stream", "yes", "repaint.single_stream must be true or false"),
        ("repaints", [CUBE.to_dict()] * 33, "repaints must be a list of at most 32"),
        ("settings/width", 10**9, "width must be a whole number in 16..8192"),
        ("settings/steps", "20", "steps must be a whole number"),
        ("settings/steps", True, "steps must be a whole number"),
        ("settings/guidance_scale", "1", "guidance_scale must be a number"),
        ("settings/seed", 2**64, "seed must be a whole number"),
        ("settings/model", "\x1b[2J", "model must be a name or a path"),
        ("settings/model", ["embedded"], "model must be a name or a path"),
        ("settings/lora", [{}], "lora must be a name or a path"),
        ("settings/adapters", [], "Adapters must be an object"),
        ("settings/quantize", "nf5", "quantize must be one of"),
        ("settings", [], "settings must be an object"),
        ("plan", 3, "plan must be an object"),
        ("plan/prompt", "a dog\x1b[2J", "control characters"),
        ("versions", ["0.1"], "versions must be an object"),
        ("versions/torch", "2\x1b]0;owned\x07", "control characters"),
        ("extra", 1, "unknown key extra"),
    ],
)
def test_one_odd_value_is_one_line(tmp_path: Path, keys: str, value: Any, message: str) -> None:
    path = png_with(tmp_path / "a.png", changed(keys, value))
    with pytest.raises(RenderError) as caught:
        read_recipe(path)
    assert message in str(caught.value)
    assert "is damaged" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 200_000, "[1, 2]", '{"plan": 1' + "0" * 5000 + "}", '{"a": 1, "a": 2}']
)
def test_text_that_is_no_recipe(tmp_path: Path, text: str) -> None:
    with pytest.raises(RenderError, match=r"is damaged|carries no plan"):
        read_recipe(png_with(tmp_path / "a.png", text))


@pytest.mark.parametrize("length", [0, 8, 40, 120])
def test_a_truncated_picture_is_named(length: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "torn.png"
    path.write_bytes(png_with(tmp_path / "a.png", changed("settings/seed", 1)).read_bytes()[:length])
    assert main(["show", str(path)]) == 1
    said = capsys.readouterr().err
    assert "torn.png' " in said
    assert len(said.splitlines()) == 1


def test_a_picture_of_a_newer_ragplan_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = {**changed("extra", 1), "versions": {"ragplan": "99.1.0"}}
    path = png_with(tmp_path / "a.png", document)
    assert main(["show", str(path)]) == 1
    said = capsys.readouterr().err
    assert "was made by a newer ragplan, 99.1.0; this one is " in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("odd", ["99\x1f", "99\x1b[2J", "99\u202e", "99 of mine\n"])
def test_an_odd_version_is_damage_not_news(odd: str, tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", {**changed("extra", 1), "versions": {"ragplan": odd}})
    with pytest.raises(RagplanError, match="is damaged") as caught:
        read_recipe(path)
    assert not CONTROLS.search(str(caught.value))


def test_bombs_of_pixels_and_of_text(tmp_path: Path) -> None:
    def piece(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    def png(side: int, *more: bytes) -> bytes:
        header = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
        return (
            b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", header) + b"".join(more) + piece(b"IDAT", b"x") + piece(b"IEND", b"")
        )

    packed = CHUNK.encode() + b"\0\0" + zlib.compress(b"[" * 100_000_000)
    files = {
        "pixels.png": png(20_000),
        "warned.png": png(10_000),
        "text.png": png(16, piece(b"zTXt", packed)),
        "texts.png": png(16, *[piece(b"zTXt", b"a\0\0" + zlib.compress(b"b" * 500_000))] * 500),
        "cut.png": png(16)[:40],
        "empty.png": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RenderError, match=name):
            read_recipe(tmp_path / name)
        with pytest.raises(RenderError, match=name):
            read_mask(tmp_path / name, TokenGrid(16, 16))


@pytest.mark.parametrize("suffix", [".png", ".json"])
def test_no_command_waits_at_a_pipe(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    with pytest.raises(RagplanError):
        read_source(path)
    with pytest.raises(RenderError, match="is not a file"):
        read_mask(path, TokenGrid(16, 16))


@pytest.mark.parametrize("path", ["~nosuchuser/a.png", "a\0b.png", "x" * 5000 + ".png", "loop.png"])
def test_paths_that_are_none(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.png").symlink_to("loop.png")
    for read in (
        lambda: read_recipe(path),
        lambda: read_source(path),
        lambda: read_picture(path, "the picture"),
        lambda: read_mask(Path(path), TokenGrid(16, 16)),
        lambda: control_input(RenderSettings(controlnet="owner/name", control_image=path)),
        lambda: check_target(Path(path) / "a.png"),
    ):
        with pytest.raises(RenderError):
            read()


# Pictures of strangers -----------------------------------------------------------------------------------------------


def test_pictures_are_read_in_six_formats_only(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "webp", "gif", "bmp", "tiff"):
        IMAGE.save(tmp_path / f"a.{suffix}")
        assert read_picture(tmp_path / f"a.{suffix}", "it").size == (16, 16)
    for suffix in ("eps", "ppm", "ico", "pdf"):
        IMAGE.save(tmp_path / f"a.{suffix}")
        with pytest.raises(RenderError, match=r"the mask '.*' is not a picture \(PNG, JPEG"):
            read_mask(tmp_path / f"a.{suffix}", TokenGrid(16, 16))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "LAB", "YCbCr"])
def test_masks_of_any_mode(tmp_path: Path, mode: str) -> None:
    picture = Image.new(mode, (64, 64))
    picture.save(tmp_path / "a.tiff")
    if mode == "LAB":
        with pytest.raises(RenderError, match=r"a\.tiff' cannot be read \(.*LAB.*\)$"):
            read_mask(tmp_path / "a.tiff", TokenGrid(4, 4))
    else:
        assert len(read_mask(tmp_path / "a.tiff", TokenGrid(4, 4)).tokens) == 16


def test_a_damaged_reference_says_what_to_do(tmp_path: Path) -> None:
    IMAGE.save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RenderError, match=r"of object 3 cannot be read \(.*\); name another with --image 3=redux:PATH"):
        read_reference(3, ImagePrompt("redux", str(tmp_path / "a.png")))


# Where pictures go ---------------------------------------------------------------------------------------------------


def test_targets_that_cannot_be_written_are_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(RenderError, match="it is a folder"):
        check_target(tmp_path / "folder.png")
    with pytest.raises(RenderError, match="too long"):
        check_target(tmp_path / ("x" * 300 + ".png"))
    assert check_target(tmp_path / "a.png").name == "a.png"
    check_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_show_prints_nothing_that_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(RECIPE.save(IMAGE, tmp_path / "b.png"))]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()
    assert printable("a\x1b[2J\u202eb\nü犬 ") == "a\\x1b[2J\\u202eb\\nü犬 "


@pytest.mark.parametrize("change", [("settings/" + "x" * 30_000, 1), ("settings/model", "x" * 30_000)])
def test_an_endless_name_is_said_shortly(change: tuple[str, Any], tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", changed(*change))
    with pytest.raises(RagplanError, match="xxx…") as caught:
        read_recipe(path)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("parameters", "a cat\nSteps: 20, Sampler: Euler a, Seed: 1, Size: 64x64"),
        ("prompt", '{"3": {"class_type": "KSampler", "inputs": {}}}'),
        ("workflow", "{}"),
    ],
)
def test_a_picture_of_another_program_carries_no_plan(key: str, text: str, tmp_path: Path) -> None:
    chunk = PngInfo()
    chunk.add_text(key, text)
    path = tmp_path / "other.png"
    Image.new("RGB", (8, 8)).save(path, pnginfo=chunk)
    with pytest.raises(RenderError, match=r"carries no plan; only \.png pictures that ragplan wrote do"):
        read_recipe(path)
