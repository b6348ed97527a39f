"""The plan as a JSON document, its geometry, and the exchange with the RAG-Diffusion release's parameters."""

import json
import math
from itertools import pairwise

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, PlanError, Row
from planner.tasks.schema import plan_schema
from planner.tasks.tasks import get_task

numbers = st.floats(allow_nan=False, allow_infinity=False)
sizes = st.floats(min_value=1e-3, max_value=1e3)
fractions = st.floats(min_value=0, max_value=1)
turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks that turn the direction of writing around
prompts = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=turning), max_size=30)
cell_prompts = prompts.map(str.strip).filter(lambda prompt: "BREAK" not in prompt)


texts = prompts.filter(str.strip)
images = st.builds(ImagePrompt, st.sampled_from(["redux", "ip_adapter", "pulid"]), texts, st.floats(0, 3))
step_counts = st.none() | st.integers(0, 50)
step_ranges = st.none() | st.lists(st.integers(0, 50), min_size=2, max_size=2, unique=True).map(sorted)


def plans(size=sizes, coordinate=fractions, *, version=1):
    boxes = st.builds(Box, coordinate, coordinate, coordinate, coordinate)
    cells, objects, steps = st.builds(Cell, size, cell_prompts), st.builds(ObjectBox, prompts, boxes), st.none()
    if version == 2:
        cells = st.builds(Cell, size, cell_prompts, st.none() | fractions)
        objects = st.builds(ObjectBox, prompts, boxes, st.none() | images, step_counts, st.lists(texts, max_size=2))
        steps = step_ranges
    rows = st.builds(Row, size, st.lists(cells, min_size=1, max_size=4))
    row_lists, notes = st.lists(rows, min_size=1, max_size=4), st.lists(prompts, max_size=2)
    return st.builds(Plan, prompts, row_lists, st.lists(objects, max_size=4), notes, steps)


def document(**changes):
    plan = {
        "version": 1,
        "prompt": "a kite over a barn",
        "rows": [
            {"height": 1, "cells": [{"width": 1, "prompt": "a kite in the wind"}]},
            {"height": 2, "cells": [{"width": 1, "prompt": "an old barn"}, {"width": 3, "prompt": "a wide meadow"}]},
        ],
        "objects": [{"prompt": "a kite", "box": {"x": 0.3, "y": 0.05, "width": 0.2, "height": 0.2}}],
        "notes": ["The kite stands above the barn."],
    }
    return plan | changes


def newer(**changes):
    """Return a document that has every key of version 2."""
    plan = document(version=2, refinement_steps=[4, 20])
    plan["rows"][0]["cells"][0]["refinement_strength"] = 0.5
    image = {"kind": "redux", "path": "kites/red.jpg", "weight": 0.8}
    plan["objects"][0] |= {"image": image, "hard_binding_steps": 3, "lora": ["kites.safetensors:0.7"]}
    return plan | changes


def changed(path, value, start=document):
    """Return the document with the value at a path of keys replaced."""
    result = start()
    place = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


@given(plans(size=numbers, coordinate=numbers) | plans(version=2))
def test_json_brings_every_plan_back(plan):
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False))) == plan


def test_files_bring_plans_back(tmp_path):
    plan = Plan.from_dict(document(prompt="ein Drachen über der Scheune — 凧"))
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    assert "凧" in (tmp_path / "plan.json").read_text(encoding="utf-8")


def test_objects_and_notes_may_be_absent():
    short = document()
    del short["objects"], short["notes"]
    plan = Plan.from_dict(short)
    assert (plan.objects, plan.notes) == ((), ())
    assert plan.to_dict() == short


def test_documents_agree_with_the_schema():
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    jsonschema.validate(document(), plan_schema())
    jsonschema.validate(Plan.from_dict(document()).to_dict(), plan_schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["rows"], []),
        (["rows", 0, "height"], 0),
        (["rows", 0, "cells"], []),
        (["rows", 1, "cells", 0, "width"], -1),
        (["rows", 1, "cells", 0, "prompt"], ""),
        (["objects", 0, "box", "x"], 1.5),
        (["objects", 0, "box", "height"], 0),
        (["rows"], [{"height": 1, "cells": [{"width": 1, "prompt": "x"}]}] * 17),
    ],
)
def test_the_schema_settles_ranges_and_counts(path, value):
    wrong = changed(path, value)
    Plan.from_dict(wrong)  # can be held and talked about
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, plan_schema())


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["objects", 0, "box", "x"], "0.3", ["objects[0].box.x", "a number", "'0.3'"]),
        (["objects", 0, "box", "y"], math.nan, ["objects[0].box.y", "finite", "nan"]),
        (["objects", 0, "box", "width"], math.inf, ["objects[0].box.width", "finite", "inf"]),
        (["objects", 0, "box", "height"], True, ["objects[0].box.height", "a number", "True"]),
        (["objects", 0, "box", "height"], 10**400, ["objects[0].box.height", "finite"]),
        (["objects", 0, "box"], [0.3, 0.1, 0.2, 0.2], ["objects[0].box", "an object"]),
        (["objects", 0, "box", "depth"], 1, ["unknown", "objects[0].box.depth", "1"]),
        (["objects", 0, "prompt"], None, ["objects[0].prompt", "a string", "None"]),
        (["objects", 0], {"prompt": "a kite"}, ["missing", "objects[0].box"]),
        (["objects"], {}, ["objects", "a list"]),
        (["rows", 1, "cells", 1, "width"], None, ["rows[1].cells[1].width", "a number", "None"]),
        (["rows", 1, "cells", 0, "prompt"], 7, ["rows[1].cells[0].prompt", "a string", "7"]),
        (["rows", 1, "cells"], "abc", ["rows[1].cells", "a list", "'abc'"]),
        (["rows", 0, "height"], "1/3", ["rows[0].height", "a number", "'1/3'"]),
        (["rows", 0, "color"], "red", ["unknown", "rows[0].color", "'red'"]),
        (["prompt"], "\ud800", ["prompt", "surrogates"]),
        (["notes", 0], 1, ["notes[0]", "a string", "1"]),
        (["version"], 3, ["version", "1 or 2", "3"]),
        (["version"], True, ["version", "True"]),
        (["style"], "oil", ["unknown", "style", "'oil'"]),
    ],
)
def test_wrong_documents_name_path_and_value(path, value, words):
    with pytest.raises(PlanError) as error:
        Plan.from_dict(changed(path, value))
    assert [word for word in words if word not in str(error.value)] == []


NEW_KEYS = [
    (["objects", 0, "image", "kind"], "face", ["objects[0].image.kind", "redux, ip_adapter, pulid", "'face'"]),
    (["objects", 0, "image", "path"], "", ["objects[0].image.path", "file", "''"]),
    (["objects", 0, "image", "path"], None, ["objects[0].image.path", "a string", "None"]),
    (["objects", 0, "image", "weight"], 3.5, ["objects[0].image.weight", "from 0 to 3", "3.5"]),
    (["objects", 0, "image", "weight"], "1", ["objects[0].image.weight", "a number", "'1'"]),
    (["objects", 0, "image", "size"], 2, ["unknown", "objects[0].image.size", "2"]),
    (["objects", 0, "image"], {"kind": "redux"}, ["missing", "objects[0].image.path"]),
    (["objects", 0, "image"], None, ["objects[0].image", "an object", "None"]),
    (["objects", 0, "hard_binding_steps"], -1, ["objects[0].hard_binding_steps", "at least 0", "-1"]),
    (["objects", 0, "hard_binding_steps"], 2.0, ["objects[0].hard_binding_steps", "whole number", "2.0"]),
    (["objects", 0, "hard_binding_steps"], None, ["objects[0].hard_binding_steps", "whole number", "None"]),
    (["objects", 0, "lora"], "a.safetensors", ["objects[0].lora", "a list", "'a.safetensors'"]),
    (["objects", 0, "lora"], [""], ["objects[0].lora[0]", "file[:scale]", "''"]),
    (["rows", 0, "cells", 0, "refinement_strength"], 1.2, ["rows[0].cells[0].refinement_strength", "0 to 1", "1.2"]),
    (["rows", 0, "cells", 0, "refinement_strength"], None, ["rows[0].cells[0].refinement_strength", "a number"]),
    (["refinement_steps"], [3], ["refinement_steps", "two whole numbers", "[3]"]),
    (["refinement_steps"], [3, 3], ["refinement_steps", "above 3", "[3, 3]"]),
    (["refinement_steps"], [-1, 3], ["refinement_steps[0]", "at least 0", "-1"]),
    (["refinement_steps"], [0, 2.5], ["refinement_steps[1]", "whole number", "2.5"]),
    (["refinement_steps"], None, ["refinement_steps", "a list", "None"]),
]


@pytest.mark.parametrize(("path", "value", "words"), NEW_KEYS)
def test_wrong_values_of_the_new_keys_name_path_value_and_range(path, value, words):
    with pytest.raises(PlanError) as error:
        Plan.from_dict(changed(path, value, newer))
    assert [word for word in words if word not in str(error.value)] == []
    if value not in ([3, 3], 2.0):  # JSON Schema cannot compare two numbers, and takes 2.0 for a whole one
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(changed(path, value, newer), plan_schema())


def test_version_2_has_keys_of_its_own():
    plan = Plan.from_dict(newer())
    assert plan.objects[0].image == ImagePrompt("redux", "kites/red.jpg", 0.8)
    assert (plan.objects[0].hard_binding_steps, plan.objects[0].lora) == (3, ("kites.safetensors:0.7",))
    assert [cell.refinement_strength for cell in plan.cells] == [0.5, None, None]
    assert plan.refinement_steps == (4, 20)
    assert plan.to_dict() == newer()
    jsonschema.validate(newer(), plan_schema())


@pytest.mark.parametrize("key", ["objects[0].image", "rows[0].cells[0].refinement_strength", "refinement_steps"])
def test_version_1_has_none_of_them(key):
    with pytest.raises(PlanError, match="version must be 2 in a plan with ") as error:
        Plan.from_dict(newer(version=1))
    assert key in str(error.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(newer(version=1), plan_schema())


def test_version_2_without_its_keys_is_written_as_version_1():
    assert Plan.from_dict(document(version=2)).to_dict() == document()


def test_a_picture_needs_no_prompt():
    plan = newer()
    del plan["objects"][0]["prompt"], plan["objects"][0]["image"]["weight"]
    item = Plan.from_dict(plan).objects[0]
    assert (item.prompt, item.name, item.image.weight) == ("", "red.jpg", 1)
    jsonschema.validate(plan, plan_schema())
    jsonschema.validate(Plan.from_dict(plan).to_dict(), plan_schema())
    del plan["objects"][0]["image"]
    with pytest.raises(PlanError, match=r"missing objects\[0\]\.prompt"):
        Plan.from_dict(plan)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plan, plan_schema())


def test_language_models_are_asked_for_version_1():
    schema = get_task("plan").schema
    jsonschema.validate(document(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(newer(), schema)
    jsonschema.validate(document(), plan_schema())


def test_paths_in_a_plan_file_are_relative_to_it(tmp_path):
    folder = tmp_path / "plans"
    (folder / "kites").mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(newer()), encoding="utf-8")
    plan = Plan.load(folder / "plan.json")
    assert plan.objects[0].image.path == str(folder / "kites" / "red.jpg")
    plan.save(folder / "same.json")
    assert json.loads((folder / "same.json").read_text(encoding="utf-8")) == newer()
    plan.save(tmp_path / "above.json")
    above = json.loads((tmp_path / "above.json").read_text(encoding="utf-8"))
    assert above["objects"][0]["image"]["path"] == "plans/kites/red.jpg"
    other = tmp_path / "other"
    other.mkdir()
    plan.save(other / "plan.json")
    assert Plan.load(other / "plan.json") == plan


def test_paths_in_memory_are_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Plan.from_dict(newer()).save("plan.json")
    assert Plan.load("plan.json").objects[0].image.path == str(tmp_path / "kites" / "red.jpg")


def test_long_values_are_shown_shortened():
    with pytest.raises(PlanError) as error:
        Plan.from_dict(document(rows="x" * 100_000))
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("value", [None, [], "plan", 3, {}])
def test_what_is_no_plan_at_all(value):
    with pytest.raises(PlanError):
        Plan.from_dict(value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b'{"version": 1, "version": 1}', "twice"),
        (b'{"version": 1, "prompt": NaN, "rows": []}', "prompt"),
        (b'{"version": 1, "prompt": "", "rows": [{"height": 1e999, "cells": []}]}', "rows[0].height"),
    ],
)
def test_broken_files_are_named(tmp_path, source, words):
    path = tmp_path / "broken.json"
    path.write_bytes(source)
    with pytest.raises(PlanError, match=r"broken\.json") as error:
        Plan.load(path)
    assert words in str(error.value)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Plan.load(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Box(0, 0, math.nan, 1),
        lambda: Box("0", 0, 1, 1),
        lambda: Cell(math.inf, "x"),
        lambda: Row(None, ()),
        lambda: ObjectBox(3, Box(0, 0, 1, 1)),
        lambda: Plan(None, ()),
    ],
)
def test_classes_refuse_what_no_document_can_hold(build):
    with pytest.raises(PlanError):
        build()


def test_lists_become_tuples():
    plan = Plan("x", [Row(1, [Cell(1, "y")])])
    assert plan == Plan("x", (Row(1, (Cell(1, "y"),)),))
    assert hash(plan)


@given(plans())
def test_cells_cover_the_canvas_once(plan):
    boxes = iter(plan.cell_boxes())
    rows = [[next(boxes) for _ in row.cells] for row in plan.rows]
    assert next(boxes, None) is None
    assert (rows[0][0].x, rows[0][0].y) == (0, 0)
    assert rows[-1][0].bottom == pytest.approx(1)
    for upper, lower in pairwise(rows):
        assert upper[0].bottom == pytest.approx(lower[0].y)
    for row in rows:
        assert row[0].x == 0
        assert row[-1].right == pytest.approx(1)
        assert len({(box.y, box.height) for box in row}) == 1
        for left, right in pairwise(row):
            assert left.right == pytest.approx(right.x)
            assert left.width > 0


@given(plans(), st.sampled_from([0.5, 2.0, 4.0]))
def test_only_ratios_of_sizes_matter(plan, factor):
    scaled = Plan(
        plan.prompt,
        tuple(
            Row(row.height * factor, tuple(Cell(cell.width * factor, cell.prompt) for cell in row.cells))
            for row in plan.rows
        ),
    )
    assert scaled.cell_boxes() == plan.cell_boxes()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "rows"),
        ((Row(1, ()),), "rows[0].cells"),
        ((Row(1, (Cell(1, ""), Cell(0, ""))),), "rows[0].cells[1].width must be positive, got 0"),
        ((Row(1, (Cell(1, ""),)), Row(-2, (Cell(1, ""),))), "rows[1].height must be positive, got -2"),
        ((Row(1, (Cell(1e308, ""), Cell(1e308, ""))),), "the sum of rows[0].cells.width"),
    ],
)
def test_cells_without_a_size_are_refused(rows, words):
    with pytest.raises(PlanError) as error:
        Plan("", rows).cell_boxes()
    assert words in str(error.value)


def test_the_owner_cell_holds_the_centre():
    plan = Plan.from_dict(document())
    places = {0: (0.9, 0.1), 1: (0.1, 0.9), 2: (0.3, 0.4)}
    for cell, (x, y) in places.items():
        box = Box(x - 0.05, y - 0.02, 0.1, 0.04)
        assert Plan(plan.prompt, plan.rows, (ObjectBox("a kite", box),)).owner_cell(0) == cell


@pytest.mark.parametrize(
    ("center", "cell"),
    [
        ((0.5, 0.5), 0),  # the corner where all four meet
        ((0.5, 0.8), 2),
        ((0.8, 0.5), 1),
        ((0.5 + 1e-12, 0.5 + 1e-12), 0),  # as decimals add up
        ((1.7, 1.2), 3),  # off the canvas: the nearest
        ((-0.3, 0.2), 0),
    ],
)
def test_ties_go_to_the_first_cell(center, cell):
    row = Row(1, (Cell(1, "a"), Cell(1, "b")))
    x, y = center
    assert Plan("", (row, row), (ObjectBox("", Box(x - 0.1, y - 0.1, 0.2, 0.2)),)).owner_cell(0) == cell


@given(plans())
def test_owner_cells_contain_the_centre(plan):
    boxes = plan.cell_boxes()
    for index, item in enumerate(plan.objects):
        x, y = item.box.center
        distance = boxes[plan.owner_cell(index)].distance(x, y)
        assert distance <= min(box.distance(x, y) for box in boxes) + 1e-9


boxes = st.builds(Box, fractions, fractions, fractions, fractions)


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(one, other):
    assert 0 <= one.iou(other) <= 1
    assert one.iou(other) == other.iou(one)


@given(st.builds(Box, fractions, fractions, st.floats(0.01, 1), st.floats(0.01, 1)))
def test_a_box_overlaps_itself_fully(box):
    assert box.iou(box) == pytest.approx(1)


def test_a_box_scaled_to_a_canvas():
    assert Box(0.25, 0.5, 0.5, 0.125).scaled(64, 32) == Box(16, 16, 32, 4)


def test_iou_of_known_boxes():
    box = Box(0, 0, 0.5, 0.5)
    assert box.iou(Box(0.25, 0, 0.5, 0.5)) == pytest.approx(1 / 3)
    assert box.iou(Box(0.5, 0, 0.5, 0.5)) == 0
    assert box.iou(Box(0, 0, 0.25, 0.5)) == pytest.approx(0.5)


def test_containing_has_a_tolerance():
    cell = Box(0, 0, 0.5, 1)
    assert cell.contains(Box(0.1, 0, 0.4, 1))
    assert not cell.contains(Box(0.1, 0, 0.41, 1))
    assert cell.contains(Box(0.1, 0, 0.41, 1), tolerance=0.02)
    assert not cell.contains(Box(-0.1, 0, 0.3, 1), tolerance=0.02)


RAG = {
    "prompt": "a kite over two goats",
    "HB_prompt_list": ["a kite", "a goat"],
    "HB_m_offset_list": [0.1, 0.55],
    "HB_n_offset_list": [0, 0.6],
    "HB_m_scale_list": [0.35, 0.4],
    "HB_n_scale_list": [0.3, 1 / 3],
    "SR_prompt": "sky with a kite BREAK a brown goat BREAK a white goat",
    "SR_hw_split_ratio": "1/3; 2/3,0.45,0.55",
}


def test_release_parameters_become_a_plan():
    assert Plan.from_rag(**RAG) == Plan(
        "a kite over two goats",
        (
            Row(1 / 3, (Cell(1, "sky with a kite"),)),
            Row(2 / 3, (Cell(0.45, "a brown goat"), Cell(0.55, "a white goat"))),
        ),
        (
            ObjectBox("a kite", Box(0.1, 0, 0.35, 0.3)),
            ObjectBox("a goat", Box(0.55, 0.6, 0.4, 1 / 3)),
        ),
    )


def test_the_release_gets_its_lists_back():
    back = Plan.from_rag(**RAG).to_rag()
    for key in RAG.keys() - {"SR_hw_split_ratio"}:
        assert back[key] == RAG[key], key
    assert [part.count(",") for part in back["SR_hw_split_ratio"].split(";")] == [0, 2]
    assert Plan.from_rag(**back) == Plan.from_rag(**RAG)


@given(plans(size=numbers.filter(lambda size: 0 < size < 1e150), coordinate=numbers))
def test_to_rag_is_read_back_as_the_same_plan(plan):
    back = Plan.from_rag(**plan.to_rag())
    rows = plan.rows
    if len(rows) == 1:  # its height has no effect, and the release no place for it
        rows = (Row(1, rows[0].cells),)
    assert back == Plan(plan.prompt, rows, plan.objects)
    assert back.cell_boxes() == plan.cell_boxes()


PICTURES = {
    "redux": {"Redux_list": ["red.jpg", "goat.jpg"]},
    "ip_adapter": {"id_images_path": ["red.jpg", "goat.jpg"], "id_weights": [0.8, 1.5]},
    "pulid": {"id_images_path": ["red.jpg", "goat.jpg"], "id_weights": [0.8, 1.5]},
}


@pytest.mark.parametrize("kind", PICTURES)
def test_the_release_gets_its_pictures_back(kind, caplog):
    plan = Plan.from_rag(**RAG, **PICTURES[kind], identity=kind)
    assert [item.image.kind for item in plan.objects] == [kind, kind]
    back = plan.to_rag()
    assert PICTURES[kind].items() <= back.items()
    assert Plan.from_rag(**back, identity=kind) == plan
    assert caplog.text == ""


def test_pictures_alone_are_objects_too():
    plan = Plan.from_rag(**{key: value for key, value in RAG.items() if key != "HB_prompt_list"}, **PICTURES["redux"])
    assert [(item.prompt, item.name) for item in plan.objects] == [("", "red.jpg"), ("", "goat.jpg")]


def test_what_the_release_has_no_word_for_is_named(caplog):
    plan = Plan.from_dict(newer())
    assert not plan.to_rag().keys() & {"Redux_list", "id_images_path"}  # it has no weight of a Redux picture
    assert "left out" in caplog.text
    for key in ("image", "hard_binding_steps", "lora"):
        assert f"objects[0].{key}" in caplog.text
    assert "rows[0].cells[0].refinement_strength" in caplog.text
    assert "refinement_steps" in caplog.text


@pytest.mark.parametrize(
    ("ratio", "rows"),
    [
        ("0.6,0.4", [(1, [0.6, 0.4])]),
        ("0.7", [(1, [0.7])]),
        ("0.5; 0.5", [(0.5, [1]), (0.5, [1])]),
        ("1,2,3;4", [(1, [2, 3]), (4, [1])]),
        (" 1/4 , 3 / 4\n", [(1, [0.25, 0.75])]),
        ("1/3;1,.5,2.", [(1 / 3, [1]), (1, [0.5, 2])]),
        ("1e-1,+2,3E1", [(1, [0.1, 2, 30])]),
    ],
)
def test_split_ratios(ratio, rows):
    count = sum(len(widths) for _, widths in rows)
    plan = Plan.from_rag(**RAG | {"SR_hw_split_ratio": ratio, "SR_prompt": " BREAK ".join("x" * count)})
    assert [(row.height, [cell.width for cell in row.cells]) for row in plan.rows] == rows


@pytest.mark.parametrize(
    "ratio",
    [
        "",
        ";",
        "1;",
        "1,,2",
        "1;;2",
        "a",
        "1/0",
        "1/2/3",
        "nan",
        "inf",
        "1e999",
        "0x1",
        "1_0",
        "(1)",
        "1+1",
        "2**3",
        "__import__('os').getcwd()",
        "1 2",
        "½",
        "\u0661",
        "1e308/1e-308",
    ],
)
def test_split_ratios_are_read_not_evaluated(ratio):
    with pytest.raises(PlanError) as error:
        Plan.from_rag(**RAG | {"SR_hw_split_ratio": ratio, "SR_prompt": "x"})
    assert repr(ratio) in str(error.value)


def test_a_plan_without_objects_has_empty_lists():
    lists = {key: [] for key in RAG if key.startswith("HB_")}
    plan = Plan.from_rag(**RAG | lists)
    assert plan.objects == ()
    assert {key: value for key, value in plan.to_rag().items() if key.startswith("HB_")} == lists


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"HB_m_scale_list": [0.3]}, ["HB_m_scale_list 1", "HB_prompt_list 2"]),
        ({"SR_prompt": "one BREAK two"}, ["2 prompts", "3 cells"]),
        ({"HB_n_offset_list": [0.1, "0.2"]}, ["HB_n_offset_list[1]", "'0.2'"]),
        ({"HB_n_offset_list": [0.1, math.nan]}, ["HB_n_offset_list[1]", "nan"]),
        ({"HB_prompt_list": [1, 2]}, ["HB_prompt_list[0]", "a string"]),
        ({"HB_prompt_list": "ab"}, ["HB_prompt_list", "a list"]),
        ({"HB_prompt_list": None}, ["missing HB_prompt_list"]),
        ({"Redux_list": ["a.jpg"]}, ["HB_prompt_list 2", "Redux_list 1"]),
        ({"Redux_list": ["a.jpg", 3]}, ["Redux_list[1]", "a string", "3"]),
        ({"id_images_path": ["a.jpg", "b.jpg"], "id_weights": [1]}, ["id_weights has 1", "id_images_path 2"]),
        ({"id_images_path": ["a.jpg", "b.jpg"], "id_weights": [1, 4]}, ["id_weights[1]", "from 0 to 3", "4"]),
        ({"Redux_list": [], "id_images_path": []}, ["Redux_list and id_images_path"]),
        ({"SR_prompt": None}, ["SR_prompt", "a string"]),
        ({"SR_hw_split_ratio": 0.5}, ["SR_hw_split_ratio", "a string", "0.5"]),
    ],
)
def test_wrong_release_parameters_are_named(changes, words):
    with pytest.raises(PlanError) as error:
        Plan.from_rag(**RAG | changes)
    assert [word for word in words if word not in str(error.value)] == []


def test_break_in_a_cell_prompt_cannot_be_exported():
    plan = Plan("", (Row(1, (Cell(1, "tea"), Cell(1, "a BREAKFAST table"))),))
    with pytest.raises(PlanError, match="cell 1 contains BREAK"):
        plan.to_rag()


HUB_NAME = "owner/name/yarn.safetensors:0.8"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yarn.safetensors:0.8", "{folder}/yarn.safetensors:0.8"),
        ("../other/yarn.safetensors", "{above}/other/yarn.safetensors"),
        ("loras/a/yarn.safetensors:-1", "{folder}/loras/a/yarn.safetensors:-1"),
        ("/elsewhere/yarn.safetensors:1.0", "/elsewhere/yarn.safetensors:1.0"),
        (HUB_NAME, HUB_NAME),
    ],
)
def test_loras_in_a_plan_file_are_relative_to_it(tmp_path, written, read):
    folder = tmp_path / "plans"
    (folder / "loras" / "a").mkdir(parents=True)
    (folder / "loras" / "a" / "yarn.safetensors").touch()
    (folder / "plan.json").write_text(json.dumps(with_lora(written)), encoding="utf-8")
    plan = Plan.load(folder / "plan.json")
    assert plan.objects[0].lora == (read.format(folder=folder, above=tmp_path),)
    plan.save(tmp_path / "above.json")
    assert Plan.load(tmp_path / "above.json") == plan
    plan.save(folder / "same.json")
    if not written.startswith(".."):
        assert json.loads((folder / "same.json").read_text(encoding="utf-8")) == with_lora(written)


def test_a_file_beside_the_plan_goes_before_the_hub(tmp_path):
    local = tmp_path / HUB_NAME.removesuffix(":0.8")
    local.parent.mkdir(parents=True)
    local.touch()
    (tmp_path / "plan.json").write_text(json.dumps(with_lora(HUB_NAME)), encoding="utf-8")
    assert Plan.load(tmp_path / "plan.json").objects[0].lora == (f"{local}:0.8",)


def with_lora(text):
    values = document()
    return {**values, "version": 2, "objects": [{**values["objects"][0], "lora": [text]}, *values["objects"][1:]]}
