"""Plans as other programs write them: each format's own order of a box's numbers, there and back, and what is lost."""

import json
import logging
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cli import main
from planner import export_plan, import_plan
from planner.errors import PlanError
from planner.formats import FORMATS
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row

# Four numbers that all differ, and so do the corners that they make: left 0.125, top 0.25, right 0.625, bottom 0.5.
BOX = Box(0.125, 0.25, 0.5, 0.25)
PLAN = Plan(
    "a lamp on a desk in the evening",
    (Row(1, (Cell(1, "a desk of oak before a dark window"),)),),
    (ObjectBox("a lamp", BOX), ObjectBox("a sheet of paper", Box(0.5, 0.75, 0.25, 0.125))),
)
CELLS = (Row(1, (Cell(1, "a dark window"), Cell(2, "a lamp of brass"))), Row(3, (Cell(1, "the desk's top"),)))
WORDS = st.text("abcdefgh ", min_size=1, max_size=12).map(lambda text: f"a {text.strip()}x")


def dumped(**changes: object) -> str:
    return json.dumps(json.loads(export_plan(PLAN, "ideogram4")) | changes)


def one_element(element: object) -> str:
    return dumped(compositional_deconstruction={"background": "a wall", "elements": [element]})


def test_ideogram4_has_y_before_x_in_thousandths_and_its_keys_in_order() -> None:
    assert export_plan(PLAN, "ideogram4") == (
        '{"high_level_description":"a lamp on a desk in the evening","compositional_deconstruction":{"background":'
        '"a desk of oak before a dark window","elements":[{"type":"obj","bbox":[250,125,500,625],"desc":"a lamp"},'
        '{"type":"obj","bbox":[750,500,875,750],"desc":"a sheet of paper"}]}}'
    )


def test_flux3_cites_every_id_and_has_top_before_left() -> None:
    caption, table = export_plan(PLAN, "flux3").split(" [", 1)
    assert caption == "a lamp <obj_1> on a desk in the evening There is a sheet of paper <obj_2>."
    assert json.loads("[" + table)[0] == {"id": "obj_1", "bbox": [250, 125, 500, 625], "desc": "a lamp"}


def test_flux3_cites_equal_things_one_after_the_other() -> None:
    cats = tuple(ObjectBox("a cat", Box(x, 0.1, 0.2, 0.3)) for x in (0.1, 0.5))
    plan = replace(PLAN, prompt="A cat and a cat sit, no cats stand", objects=cats)
    assert export_plan(plan, "flux3").startswith("A cat <obj_1> and a cat <obj_2> sit, no cats stand [")


def test_gligen_has_x_before_y_in_fractions() -> None:
    assert json.loads(export_plan(PLAN, "gligen")) == {
        "prompt": PLAN.prompt,
        "gligen_phrases": ["a lamp", "a sheet of paper"],
        "gligen_boxes": [[0.125, 0.25, 0.625, 0.5], [0.5, 0.75, 0.75, 0.875]],
    }


def test_lmd_has_width_and_height_in_pixels() -> None:
    assert export_plan(PLAN, "lmd").splitlines() == [
        "Caption: a lamp on a desk in the evening",
        "Objects: [('a lamp', [64, 128, 256, 128]), ('a sheet of paper', [256, 384, 128, 64])]",
        "Background prompt: a desk of oak before a dark window",
        "Negative prompt: ",
    ]


def test_rag_has_offsets_and_scales() -> None:
    found = json.loads(export_plan(PLAN, "rag"))
    assert [found[f"HB_{name}_list"][0] for name in ("m_offset", "n_offset", "m_scale", "n_scale")] == [
        *(BOX.x, BOX.y, BOX.width, BOX.height)
    ]


def test_omost_writes_the_nearest_of_its_places_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    tall = ObjectBox("a tower", Box(5 / 90, 5 / 90, 40 / 90, 60 / 90))  # 40 × 60 around (25, 35)
    off = ObjectBox("a flag", Box(0.3, 0.1, 0.2, 0.1))
    text = export_plan(replace(PLAN, objects=(tall, off)), "omost")
    assert 'location="on the left", offset="slightly to the upper-right", area="a small vertical area"' in text
    assert "distance_to_viewer=2.0" in text
    assert "distance_to_viewer=1.0" in text
    assert "objects[1].box becomes" in caplog.text
    assert "objects[0].box" not in caplog.text


@pytest.mark.parametrize("name", ["rag", "ideogram4", "flux3", "gligen", "lmd"])
def test_there_and_back(name: str) -> None:
    back = import_plan(export_plan(PLAN, name), name)
    assert (back.prompt, back.objects) == (PLAN.prompt, PLAN.objects)
    kept = {"rag", "ideogram4", "lmd"}
    assert back.cells == (PLAN.cells if name in kept else (Cell(1, PLAN.prompt),))


def test_omost_there_and_back_in_the_order_of_painting() -> None:
    places = (Box(5 / 90, 5 / 90, 40 / 90, 60 / 90), Box(20 / 90, 20 / 90, 50 / 90, 50 / 90))
    plan = replace(PLAN, objects=tuple(ObjectBox(f"thing {n}", place) for n, place in enumerate(places)))
    back = import_plan(export_plan(plan, "omost"), "omost")
    assert (back.prompt, back.cells) == (plan.prompt, plan.cells)
    assert [item.prompt for item in back.objects] == ["thing 0", "thing 1"]
    assert all(one.box.iou(two.box) > 1 - 1e-9 for one, two in zip(back.objects, plan.objects, strict=True))


@pytest.mark.parametrize(("name", "unit"), [("ideogram4", 1000), ("flux3", 1000), ("lmd", 512), ("gligen", 1)])
@given(data=st.data())
def test_any_box_comes_back_as_near_as_the_format_s_unit(name: str, unit: int, data: st.DataObject) -> None:
    sides = [data.draw(st.tuples(st.floats(0, 0.45), st.floats(0.55, 1))) for _ in "xy"]
    (left, right), (top, bottom) = sides
    item = ObjectBox(data.draw(WORDS), Box(left, top, right - left, bottom - top))
    back = import_plan(export_plan(replace(PLAN, objects=(item,)), name), name).objects[0]
    allowed = 1e-9 if unit == 1 else 0.5 / unit + 1e-9
    assert back.prompt == item.prompt
    for side in ("x", "y", "right", "bottom"):
        assert abs(getattr(back.box, side) - getattr(item.box, side)) <= allowed


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"rag"}))
def test_what_a_format_cannot_carry_is_said(name: str, caplog: pytest.LogCaptureFixture) -> None:
    lamp = replace(PLAN.objects[0], image=ImagePrompt("redux", "lamp.png"), lora=("brass.safetensors",))
    export_plan(replace(PLAN, rows=CELLS, objects=(lamp, PLAN.objects[1])), name)
    said = " ".join(record.getMessage() for record in caplog.records if "left out" in record.getMessage())
    assert "objects[0].image" in said
    assert "objects[0].lora" in said
    assert "where the cells are" in said
    assert ("rows[1].cells[0].prompt" in said) == (name != "omost")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_plan_that_a_format_can_carry_is_no_warning(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    export_plan(Plan("a desk", (Row(1, (Cell(1, "a desk"),)),)), name)
    assert caplog.records == []


def test_cells_that_own_nothing_are_the_background() -> None:
    found = json.loads(export_plan(replace(PLAN, rows=CELLS, objects=PLAN.objects[1:]), "ideogram4"))
    assert found["compositional_deconstruction"]["background"] == "a dark window. a lamp of brass"


@pytest.mark.parametrize("name", ["ideogram4", "flux3", "gligen", "lmd"])
@pytest.mark.parametrize("box", [Box(0.9, 0.25, 0.5, 0.25), Box(0.1, 0.2, 0.00001, 0.3)])
def test_a_box_that_cannot_be_written_is_named(name: str, box: Box) -> None:
    if name == "gligen" and box.right < 1:
        return  # fractions can be as thin as they like
    with pytest.raises(PlanError, match=r"objects\[1\]\.box must be .*'x': 0\.[19]"):
        export_plan(replace(PLAN, objects=(PLAN.objects[0], ObjectBox("a cup", box))), name)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"rag"}))
def test_an_object_without_words_is_named(name: str) -> None:
    picture = ObjectBox("", BOX, ImagePrompt("redux", "lamp.png"))
    with pytest.raises(PlanError, match=r"objects\[0\]\.prompt must be words"):
        export_plan(replace(PLAN, objects=(picture,)), name)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ideogram4", "[]", "the document must be an object, got []"),
        ("ideogram4", dumped(mood="calm"), "unknown key mood = 'calm'"),
        ("ideogram4", one_element({"type": "cat", "desc": "x"}), "elements[0].type must be obj or text, got 'cat'"),
        ("ideogram4", one_element({"type": "obj", "desc": "x", "bbox": [1, 2, 3]}), "bbox must be four numbers"),
        ("ideogram4", one_element({"type": "obj", "desc": "x", "bbox": [1, 2, 3, 1001]}), "bbox[3] must be a number"),
        ("ideogram4", one_element({"type": "obj", "desc": "x", "bbox": [5, 2, 3, 9]}), "top < bottom"),
        ("flux3", 'a cat [{"id": "cat_1", "bbox": [1, 2, 3, "4"], "desc": "x"}]', "table[0].bbox[3] must be a number"),
        ("flux3", 'a cat [{"id": "1 2", "bbox": [1, 2, 3, 4], "desc": "x"}]', "table[0].id must be a name"),
        ("flux3", 'a cat [{"id": "cat_1"', "this is not JSON"),
        ("flux3", " ", "the caption must be words before the table"),
        ("gligen", '{"prompt": "x", "gligen_phrases": ["a"], "gligen_boxes": []}', "has 1 items but gligen_boxes 0"),
        ("gligen", '{"prompt": "x", "gligen_phrases": ["a"], "gligen_boxes": [[0, 0, 1, 2]]}', "gligen_boxes[0][3]"),
        ("lmd", "Objects: []", "'Background prompt:' in it"),
        ("lmd", "Objects: [f()]\nBackground prompt: x", "must be a list in Python's notation, got '[f()]'"),
        ("lmd", "Objects: [('a', [1, 2, 3])]\nBackground prompt: x", "Objects[0][1] must be [x, y, width, height]"),
        ("lmd", "Objects: [('a', [1, 2, 3, None])]\nBackground prompt: x", "Objects[0][1][3] must be a number"),
        ("omost", "import os", "calls of canvas.… only, got 'import os'"),
        ("omost", "canvas = Canvas()", "set_global_description(…) in it"),
        ("omost", "canvas.paint(1)", "calls of set_global_description and add_local_description"),
        ("rag", '{"prompt": "x", "identity": "pulid"}', "unknown key identity = 'pulid'"),
    ],
)
def test_what_is_not_of_a_format_is_said_with_its_place(name: str, text: str, said: str) -> None:
    with pytest.raises(PlanError, match=re.escape(said)):
        import_plan(text, name)


def test_an_unknown_place_of_omost_s_is_named() -> None:
    text = export_plan(PLAN, "omost").replace('offset="', 'offset="very ', 1)
    with pytest.raises(PlanError, match="call 2, add_local_description: offset must be one of no offset, "):
        import_plan(text, "omost")


def test_reading_omost_runs_nothing() -> None:
    text = export_plan(PLAN, "omost").replace('"a lamp"', "open('lamp', 'w')")
    with pytest.raises(PlanError, match="no canvas of Omost's"):
        import_plan(text, "omost")


def test_what_another_program_says_more_is_told(caplog: pytest.LogCaptureFixture) -> None:
    element = {"type": "text", "bbox": [10, 20, 30, 50], "text": "OPEN", "desc": "red letters", "color_palette": []}
    scene = {"background": "a door", "elements": [element, {"type": "obj", "desc": "a mat"}]}
    back = import_plan(dumped(style_description={}, compositional_deconstruction=scene), "ideogram4")
    assert back.objects == (ObjectBox('red letters, the text "OPEN"', Box(0.02, 0.01, 0.03, 0.02)),)
    assert back.cells[0].prompt == "a door. a mat"
    assert "style_description, compositional_deconstruction.elements[0].color_palette" in caplog.text
    import_plan("Objects: []\nBackground prompt: a wood\nNegative prompt: birds", "lmd")
    assert "the negative prompt 'birds'" in caplog.text


def test_layouts_of_other_tools_in_the_forms_that_they_have() -> None:
    lmd = import_plan("[('a cup', [0, 128, 256, 64])]\nBackground prompt: a table\n", "lmd")
    assert lmd.prompt == "a table with a cup"
    assert lmd.objects[0].box == Box(0, 0.25, 0.5, 0.125)
    text = (
        'Photograph, a wicker chair <chair_1> [left]. [{"id": "chair_1", "bbox": [1, 20, 300, 400], "desc": "wicker"}]'
    )
    flux3 = import_plan(text, "flux3")
    assert flux3.prompt == "Photograph, a wicker chair [left]."
    assert flux3.objects[0].box == Box(0.02, 0.001, 0.38, 0.299)


def test_a_layout_s_own_headings_cannot_be_written() -> None:
    with pytest.raises(PlanError, match="prompt has 'Objects:' in it"):
        export_plan(replace(PLAN, prompt="Objects: none"), "lmd")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(PlanError, match=r"the format must be one of rag, .*, got 'svg'"):
        export_plan(PLAN, "svg")


def test_the_command_line_converts(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    PLAN.save(tmp_path / "plan.json")
    layout, back = tmp_path / "layout.txt", tmp_path / "back.json"
    assert main(["export", str(tmp_path / "plan.json"), "--to", "lmd", "-o", str(layout)]) == 0
    assert layout.read_text() == export_plan(PLAN, "lmd") + "\n"
    assert main(["export", str(layout), "--from", "lmd", "-o", str(back)]) == 0
    assert Plan.load(back) == PLAN
    capsys.readouterr()
    assert main(["export", str(layout), "--from", "lmd", "--to", "ideogram4"]) == 0
    assert capsys.readouterr().out == export_plan(PLAN, "ideogram4") + "\n"


def test_the_command_line_asks_for_a_format(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    PLAN.save(tmp_path / "plan.json")
    with pytest.raises(SystemExit, match="2"):
        main(["export", str(tmp_path / "plan.json")])
    assert "--to FORMAT" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "plan.json"), "--from", "lmd"]) == 1
    assert "Background prompt:" in capsys.readouterr().err
