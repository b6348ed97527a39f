"""Gallery files in the format of the RAG-Diffusion release. The entries in tests/data are our own."""

import json
from itertools import chain
from pathlib import Path

import pytest

from planner import (
    Box,
    GalleryEntry,
    GalleryRepaint,
    GallerySettings,
    ImagePrompt,
    ObjectBox,
    Plan,
    PlanError,
    read_gallery,
)

GALLERY = Path(__file__).parent / "data" / "gallery.json"


@pytest.fixture
def entries():
    return json.loads(GALLERY.read_text(encoding="utf-8"))


def read(entry, tmp_path):
    path = tmp_path / "gallery.json"
    path.write_text(json.dumps([entry]), encoding="utf-8")
    return read_gallery(path)


def test_entries_are_read_whole():
    first, second, third = read_gallery(GALLERY)
    assert first == GalleryEntry(
        plan=first.plan,
        settings=GallerySettings(hard_binding_steps=3, width=1536, height=768, seed=4711, refinement_strength=0.25),
    )
    assert first.plan.objects[1] == ObjectBox("Pineapple", Box(0.65, 0.25, 0.3, 0.5))
    assert [cell.width for cell in first.plan.cells] == [0.6, 0.4]
    assert second.settings == GallerySettings(
        hard_binding_steps=-1, width=1024, height=1024, seed=12, refinement_strength=1
    )
    assert second.repaint == GalleryRepaint(
        prompt="A shelf with two jars and a lantern above a drawer.",
        object_prompt="Lantern",
        cell_prompts=("a jar of plums", "a lantern", "an empty jar", "a closed drawer"),
        mask="masks/lantern.png",
        hard_binding_steps=2,
        single_stream=True,
        seed=8,
    )
    assert [item.image for item in third.plan.objects] == [
        ImagePrompt("ip_adapter", "faces/ann.jpg", 0.8),
        ImagePrompt("ip_adapter", "faces/bo.png", 1.0),
    ]


def test_what_an_entry_does_not_say_is_none():
    assert read_gallery(GALLERY)[2].settings == GallerySettings(
        hard_binding_steps=0, width=None, height=None, seed=None, refinement_strength=None
    )


def test_what_export_writes_has_no_settings_and_is_an_entry_all_the_same(tmp_path):
    plan = read_gallery(GALLERY)[0].plan
    assert read(dict(plan.to_rag()), tmp_path)[0] == GalleryEntry(plan, GallerySettings())


def test_plans_go_back_to_the_same_parameters(entries):
    for raw, entry in zip(entries, read_gallery(GALLERY), strict=True):
        back = entry.plan.to_rag()
        for key in back.keys() - {"SR_hw_split_ratio"}:
            assert back[key] == raw[key], key
        assert Plan.from_rag(**back) == entry.plan
    numbers = chain.from_iterable(part.split(",") for part in back["SR_hw_split_ratio"].split(";"))
    assert [float(number) for number in numbers] == [1, 1]


def test_the_name_tells_pulid_from_ip_adapter(entries, tmp_path):
    path = tmp_path / "My_PuLID_Gallery.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    assert read_gallery(path)[2].plan.objects[0].image == ImagePrompt("pulid", "faces/ann.jpg", 0.8)
    assert read_gallery(path, "ip_adapter")[2].plan.objects[0].image.kind == "ip_adapter"


@pytest.mark.parametrize("prompts", [["a sailor", "another sailor"], None])
def test_redux_pictures_need_no_prompts(entries, tmp_path, prompts):
    entry = entries[2] | {"Redux_list": ["cups/one.jpg", "cups/two.jpg"], "HB_prompt_list": prompts}
    for key in ["id_images_path", "id_weights", *([] if prompts else ["HB_prompt_list"])]:
        del entry[key]
    objects = read(entry, tmp_path)[0].plan.objects
    assert [item.image for item in objects] == [
        ImagePrompt("redux", "cups/one.jpg"),
        ImagePrompt("redux", "cups/two.jpg"),
    ]
    assert [item.prompt for item in objects] == (prompts or ["", ""])


@pytest.mark.parametrize(
    ("index", "changes", "words"),
    [
        (0, {"SR_prompt": "only one"}, ["SR_prompt", "1 prompts", "2 cells"]),
        (0, {"HB_m_scale_list": [0.5]}, ["HB_m_scale_list 1"]),
        (0, {"HB_replace": -2}, ["HB_replace", "at least -1", "-2"]),
        (0, {"HB_replace": 2.5}, ["HB_replace", "a whole number", "2.5"]),
        (0, {"seed": "4711"}, ["seed", "a whole number", "'4711'"]),
        (0, {"width": 0}, ["width", "at least 1", "0"]),
        (0, {"SR_delta": "1"}, ["SR_delta", "a number", "'1'"]),
        (0, {"lora": "yarn"}, ["unknown", "lora", "'yarn'"]),
        (0, {"Repainting_seed": 3}, ["missing", "Repainting_prompt", "Repainting_mask"]),
        (1, {"Repainting_SR_prompt": "a BREAK b"}, ["Repainting_SR_prompt", "2 prompts", "4 cells"]),
        (1, {"Repainting_single": 2}, ["Repainting_single", "0 or 1", "2"]),
        (1, {"Repainting_HB_replace": -1}, ["Repainting_HB_replace", "at least 0", "-1"]),
        (1, {"Repainting_mask": None}, ["Repainting_mask", "a string"]),
        (2, {"id_weights": [1.0]}, ["id_weights has 1", "id_images_path 2"]),
        (2, {"id_images_path": "faces/ann.jpg"}, ["id_images_path", "a list"]),
    ],
)
def test_wrong_entries_name_file_entry_and_value(entries, tmp_path, index, changes, words):
    with pytest.raises(PlanError) as error:
        read(entries[index] | changes, tmp_path)
    for word in ["gallery.json: entry 0: ", *words]:
        assert word in str(error.value)


@pytest.mark.parametrize("key", ["prompt", "SR_prompt", "SR_hw_split_ratio", "HB_prompt_list"])
def test_missing_keys_are_named(entries, tmp_path, key):
    del entries[0][key]
    with pytest.raises(PlanError, match=f"missing {key}"):
        read(entries[0], tmp_path)


@pytest.mark.parametrize("source", ["", "{", "{}", '"text"', "[3]", "[[]]"])
def test_what_is_no_gallery(tmp_path, source):
    path = tmp_path / "other.json"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(PlanError, match=r"other\.json"):
        read_gallery(path)


def test_an_empty_gallery_has_no_entries(tmp_path):
    path = tmp_path / "empty.json"
    path.write_text("[]", encoding="utf-8")
    assert read_gallery(path) == []


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_gallery(tmp_path / "nowhere.json")
