"""What makes a plan good: every complaint on a plan that deserves it, and none on plans that do not."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.regions.geometry import TokenGrid, cell_rects, object_rects
from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, PlanError, RagplanError, Row, can_generate, check_plan
from planner.plan import limits
from planner.tasks.schema import plan_schema

HALVES = (Row(1, (Cell(1, "a goat on a stony slope"), Cell(1, "a crate of pears in the grass"))),)
GOAT = ObjectBox("a goat", Box(0.05, 0.2, 0.4, 0.6))
CRATE = ObjectBox("a crate of pears", Box(0.55, 0.4, 0.4, 0.5))
GOOD = Plan("a goat to the left of a crate of pears", HALVES, (GOAT, CRATE))


def check(plan, *, width=256, height=256, **stated):
    return check_plan(plan, width=width, height=height, **stated)


def codes(plan, **options):
    return [(complaint.code, complaint.path) for complaint in check(plan, **options)]


def with_boxes(*boxes, sentence="some things"):
    """A plan of a single cell with things in the given boxes."""
    names = ("kite", "drum", "lamp", "sock")
    objects = [ObjectBox(f"a {name}", Box(*box)) for name, box in zip(names, boxes, strict=False)]
    return Plan(sentence, (Row(1, (Cell(1, "some things on a plain table"),)),), objects)


def with_cells(*rows):
    return Plan("a pattern", [Row(height, [Cell(width, "a tile") for width in widths]) for height, *widths in rows])


def test_a_good_plan_has_no_complaints():
    assert check(GOOD, counts={"goat": 1, "crate": 1}, relations=[("goat", "left_of", "crate")]) == []


def test_a_plan_without_objects_is_good():
    assert check(replace(GOOD, objects=())) == []


@pytest.mark.parametrize(
    ("plan", "code", "path", "blocking"),
    [
        (Plan("x", ()), "no_cells", "rows", True),
        (Plan("x", (*HALVES, Row(1, ()))), "no_cells", "rows[1].cells", True),
        (with_cells((1, *[1] * 9), (1, *[1] * 8)), "too_many_cells", "rows", False),
        (with_cells((1, 1, 0)), "size_not_positive", "rows[0].cells[1].width", True),
        (with_cells((1, 1), (-0.5, 1)), "size_not_positive", "rows[1].height", True),
        (with_cells((1, 1e308, 1e308)), "size_too_large", "rows", True),
        (with_cells((1, 1, 1000)), "cell_too_small", "rows[0].cells[0]", True),
        (with_cells((1, 1), (1000, 1)), "cell_too_small", "rows[0].cells[0]", True),
        (replace(GOOD, prompt=" "), "prompt_empty", "prompt", False),
        (Plan("x", (Row(1, (Cell(1, ""),)),)), "prompt_empty", "rows[0].cells[0].prompt", False),
        (replace(GOOD, objects=(GOAT, replace(CRATE, prompt=""))), "prompt_empty", "objects[1].prompt", False),
        (Plan("x", (Row(1, (Cell(1, "a BREAK b"),)),)), "prompt_has_break", "rows[0].cells[0].prompt", False),
        (with_boxes((0.7, 0.1, 0.4, 0.4)), "box_outside_canvas", "objects[0].box", True),
        (with_boxes((0.1, -0.2, 0.4, 0.4)), "box_outside_canvas", "objects[0].box", True),
        (with_boxes((0.1, 0.6, 0.4, 0.401)), "box_outside_canvas", "objects[0].box", False),
        (with_boxes((0.1, 0.1, 0.1, 0.4)), "box_too_small", "objects[0].box", False),
        (with_boxes((0.1, 0.1, 0.4, 0.05)), "box_too_small", "objects[0].box", True),
        (with_boxes((0.5, 0.1, -0.4, 0.4)), "box_too_small", "objects[0].box", True),
        (with_boxes((0.1, 0.1, 0.4, 0.4), (0.1, 0.1, 0.4, 0.4)), "boxes_identical", "objects[1].box", False),
        (with_boxes((0.1, 0.1, 0.5, 0.5), (0.3, 0.3, 0.5, 0.5)), "boxes_overlap", "objects[1].box", False),
        (with_boxes((0.2, 0.2, 0.2, 0.2), (0.1, 0.1, 0.5, 0.5)), "box_hidden", "objects[1].box", False),
        (
            replace(GOOD, objects=(replace(GOAT, box=Box(0.1, 0.2, 0.5, 0.6)),)),
            "box_outside_cell",
            "objects[0].box",
            False,
        ),
    ],
)
def test_errors(plan, code, path, blocking):
    found = check(plan)
    assert [(complaint.code, complaint.path) for complaint in found] == [(code, path)]
    assert found[0].severity == "error"
    assert found[0].blocking is blocking
    assert can_generate(found) is not blocking


def test_an_object_that_is_a_picture_needs_no_prompt():
    pictured = replace(CRATE, prompt="", image=ImagePrompt("redux", "crate.jpg"))
    assert codes(replace(GOOD, objects=(GOAT, pictured))) == []
    found = check(replace(GOOD, objects=(pictured, replace(pictured, prompt="a box"))))
    assert any('objects[0] ("crate.jpg")' in complaint.message for complaint in found)


def test_too_many_objects():
    boxes = [Box(column / 5, row / 5, 0.15, 0.15) for row in range(4) for column in range(5)][:17]
    plan = Plan("pins", (Row(1, (Cell(1, "a row of pins on a board"),)),), [ObjectBox("a pin", box) for box in boxes])
    assert codes(plan) == [("too_many_objects", "objects")]
    assert codes(replace(plan, objects=plan.objects[:16])) == []


def test_limits_are_those_of_the_schema():
    properties = plan_schema()["properties"]
    cell = properties["rows"]["items"]["properties"]["cells"]["items"]["properties"]
    item = properties["objects"]["items"]["properties"]
    most = properties["objects"]["maxItems"], properties["rows"]["maxItems"]
    assert most == (limits.MAX_OBJECTS, limits.MAX_CELLS) == (16, 16)
    assert properties["prompt"]["maxLength"] == limits.MAX_SENTENCE_CHARACTERS
    assert cell["prompt"]["maxLength"] == limits.MAX_CELL_PROMPT_CHARACTERS
    assert item["prompt"]["maxLength"] == limits.MAX_OBJECT_PROMPT_CHARACTERS
    assert item["image"]["properties"]["weight"]["maximum"] == limits.MAX_IMAGE_WEIGHT
    assert properties["notes"]["maxItems"] == limits.MAX_NOTES
    assert properties["notes"]["items"]["maxLength"] == limits.MAX_NOTE_CHARACTERS
    assert codes(with_cells(*[(1, 1)] * most[1])) == []
    assert codes(with_cells(*[(1, 1)] * (most[1] + 1)), height=512) == [("too_many_cells", "rows")]


def test_every_message_is_a_sentence_that_names_the_numbers():
    plan = with_boxes((0.7, 0.1, 0.4, 0.4), (0.1, 0.1, 0.5, 0.5), (0.12, 0.1, 0.5, 0.5), (0.1, 0.8, 0.05, 0.2))
    found = check(plan)
    for complaint in found:
        assert complaint.message[0].isupper()
        assert complaint.message.endswith(".")
        assert "\n" not in complaint.message
    messages = {complaint.code: complaint.message for complaint in found}
    assert "1.1" in messages["box_outside_canvas"]
    assert 'objects[1] ("a drum")' in messages["boxes_overlap"]
    assert "at least 0.125" in messages["box_too_small"]


@pytest.mark.parametrize(
    ("box", "unit"),
    [((560, 350, 380, 550), "0 to 1000"), ((20, 10, 50, 60), "percent"), ((0.5, 0.5, 1.4, 0.4), None)],
)
def test_boxes_in_another_unit_are_told_so(box, unit):
    messages = [complaint.message for complaint in check(with_boxes(box)) if complaint.code == "box_outside_canvas"]
    assert messages
    assert all(("fractions" in message) is (unit is not None) for message in messages)
    assert all(unit is None or unit in message for message in messages)


@pytest.mark.parametrize(("size", "found"), [(1024, []), (256, ["box_too_small"])])
def test_small_is_a_matter_of_the_canvas(size, found):
    plan = with_boxes((0.1, 0.1, 0.1, 0.1))
    assert {code for code, _ in codes(plan, width=size, height=size)} == set(found)


def test_decimals_may_miss_the_edge_by_rounding():
    assert codes(with_boxes((0.1, 0.3, 0.9000005, 0.7))) == []
    assert codes(with_boxes((0.1, 0.3, 0.90001, 0.7))) == [("box_outside_canvas", "objects[0].box")]


@pytest.mark.parametrize("size", [0, -16, 15, 256.0, "256", True])
def test_canvas_sizes_are_whole_pixels(size):
    with pytest.raises(PlanError, match="width must be a whole number of at least 16"):
        check(GOOD, width=size)


def test_a_box_may_reach_a_little_beyond_its_cell():
    assert codes(replace(GOOD, objects=(replace(GOAT, box=Box(0.1, 0.2, 0.415, 0.6)),))) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "a kite in front of a drum",
        "a kite behind a drum",
        "a kite inside a drum",
        "a kite holding a drum",
        "a kite wearing a drum",
        "A kite riding a drum",
        "a kite on a drum",
        "ribbons around a drum",
        "a kite on top of a drum on the left",
    ],
)
def test_contact_words_allow_overlap(sentence):
    overlapping = with_boxes((0.1, 0.1, 0.5, 0.5), (0.3, 0.3, 0.5, 0.5), sentence=sentence)
    assert codes(overlapping) == []
    assert codes(overlapping, sentence="a kite and a drum") == [("boxes_overlap", "objects[1].box")]


@pytest.mark.parametrize(
    "sentence",
    [
        "a kite and a drum",
        "a kite on the left and a drum on the far right",
        "a kite next to a drum",
        "a drum on its right side",
        "a stone in the middle, a lemon at the bottom",
    ],
)
def test_words_of_place_do_not_allow_overlap(sentence):
    plan = with_boxes((0.1, 0.1, 0.5, 0.5), (0.3, 0.3, 0.5, 0.5), sentence=sentence)
    assert codes(plan) == [("boxes_overlap", "objects[1].box")]


def test_stated_relations_say_which_boxes_may_touch():
    plan = with_boxes((0.1, 0.1, 0.5, 0.5), (0.3, 0.3, 0.5, 0.5), (0.5, 0.5, 0.4, 0.4), sentence="on and on")
    both = [("boxes_overlap", "objects[1].box"), ("boxes_overlap", "objects[2].box")]
    assert codes(plan, relations=[]) == both
    assert codes(plan, relations=[("drum", "in_front_of", "kite")]) == both[1:]
    assert codes(plan, relations=[("lamp", "on", "drum")]) == both[:1]
    assert codes(plan, relations=[("lamp", "next to", "drum")]) == both


def test_contact_makes_leaving_the_cell_a_warning():
    plan = Plan(
        "a goat on a crate",
        HALVES,
        (replace(GOAT, box=Box(0.2, 0.1, 0.4, 0.3)), replace(CRATE, box=Box(0.45, 0.4, 0.5, 0.5))),
    )
    found = check(plan)
    assert [(complaint.code, complaint.severity) for complaint in found] == [("box_outside_cell", "warning")] * 2
    assert {complaint.severity for complaint in check(plan, relations=[])} == {"error"}


def test_contact_does_not_allow_identical_or_hidden_boxes():
    hidden = with_boxes((0.2, 0.2, 0.2, 0.2), (0.1, 0.1, 0.5, 0.5), sentence="a kite on a drum")
    assert codes(hidden) == [("box_hidden", "objects[1].box")]
    in_front = replace(hidden, objects=hidden.objects[::-1])
    assert codes(in_front) == []


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a drum on the left", "on the left"),
        ("a drum in the top right corner", "in the top right corner"),
        ("a drum at the bottom of the picture", "at the bottom of the picture"),
        ("a drum to the left of a kite", "to the left of"),
        ("a drum next to a kite", "next to"),
        ("a lamp in the background", "in the background"),
        ("the upper-left drum", "upper-left"),
        ("A drum In The Middle", "In The Middle"),
    ],
)
def test_object_prompts_name_no_place(prompt, words):
    plan = replace(GOOD, objects=(replace(GOAT, prompt=prompt), CRATE))
    (complaint,) = check(plan)
    assert (complaint.code, complaint.path) == ("prompt_names_place", "objects[0].prompt")
    assert complaint.severity == "warning"
    assert f'"{words}"' in complaint.message


@pytest.mark.parametrize(
    "prompt",
    [
        "a drum",
        "a left shoe",
        "a top hat",
        "a house at the bottom of a hill",
        "a bow on the top of a box",
        "a lower leg",
        "a dancer in the middle of a leap",
        "the leftovers",
        "a mark on the left side of a face",
    ],
)
def test_words_of_place_that_belong_to_the_thing(prompt):
    assert codes(replace(GOOD, objects=(replace(GOAT, prompt=prompt), CRATE))) == []


def things(*prompts):
    boxes = [Box(0.05 + 0.19 * (index % 5), 0.05 + 0.2 * (index // 5), 0.15, 0.15) for index in range(len(prompts))]
    objects = [ObjectBox(prompt, box) for prompt, box in zip(prompts, boxes, strict=True)]
    return Plan("things", (Row(1, (Cell(1, "things on a table"),)),), objects)


@pytest.mark.parametrize(
    ("prompts", "counts"),
    [
        (["a pear", "a pear"], {"pear": 2}),
        (["one ripe pear", "a pear on a plate"], {"pears": 2}),
        (["a red pear", "a pear", "a pear"], {"red pear": 1, "pear": 2}),
        (["a red pear"], {"pear": 1}),
        (["a goose chasing a duck", "a duck"], {"goose": 1, "duck": 1}),
        (["a sleeping goose"], {"geese": 1}),
        (["a goose sleeping"], {"goose": 1}),
        (["a jar of honey"], {"jar": 1, "bee": 0}),
        (["a jar of honey"], {"jar of honey": 1}),
        (["a watch tower", "a watch"], {"watch": 1, "watch tower": 1}),
        (["a sailor with two parrots"], {"sailor": 1}),
        (["a crimson drum"], {}),
        (["twenty gulls", "a boat"], {"gull": 20, "boat": 1}),
        (["16 gulls", "four gulls"], {"gull": 20}),
    ],
)
def test_right_counts(prompts, counts):
    assert check(things(*prompts), counts=counts) == []


@pytest.mark.parametrize(
    ("prompts", "counts", "words"),
    [
        (["a pear"], {"pear": 2}, ['2 of "pear"', "show 1", "add 1"]),
        (["a pear", "a pear", "a pear"], {"pear": 2}, ["show 3", "remove 1"]),
        (["a green pear"], {"red pear": 1}, ['1 of "red pear"', "show 0"]),
        (["a plate with a pear"], {"pear": 1}, ["show 0"]),
        (["three pears"], {"pear": 3}, ["show 1", "add 2"]),
        (["a cat"], {"cat": 0}, ["0 of", "remove 1"]),
        ([], {"cat": 1}, ["show 0"]),
    ],
)
def test_wrong_counts(prompts, counts, words):
    (complaint,) = check(things(*prompts), counts=counts)
    assert (complaint.code, complaint.path, complaint.severity) == ("wrong_count", "objects", "error")
    assert [word for word in words if word not in complaint.message] == []


KITE, DRUM = (0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.3, 0.3)


@pytest.mark.parametrize(
    ("relation", "holds"),
    [
        ("left_of", True),
        ("to the left of", True),
        ("on the left side of", True),
        ("Left-of", True),
        ("right of", False),
        ("to_the_right_of", False),
        ("above", True),
        ("on top of", True),
        ("over", True),
        ("below", False),
        ("under", False),
        ("next to", True),
        ("behind", True),
    ],
)
def test_stated_directions_hold_between_centres(relation, holds):
    plan = with_boxes(KITE, DRUM)
    found = codes(plan, relations=[("kite", relation, "drum")])
    assert found == ([] if holds else [("relation_broken", "objects[0].box")])


def test_broken_relations_say_where_to_move():
    (complaint,) = check(with_boxes(KITE, DRUM), relations=[("kite", "below", "drum")])
    for words in ('"a kite" must be below objects[1] ("a drum")', "y 0.25", "0.75", "towards the bottom"):
        assert words in complaint.message


@pytest.mark.parametrize("relation", ["left of", "right of"])
def test_equal_centres_are_on_no_side_of_each_other(relation):
    plan = with_boxes((0.1, 0.1, 0.3, 0.3), (0.1, 0.6, 0.3, 0.3))
    assert codes(plan, relations=[("kite", relation, "drum")]) == [("relation_broken", "objects[0].box")]


def test_relations_hold_for_each_of_several_things():
    plan = things("a kite", "a drum", "a kite")
    assert codes(plan, relations=[("kites", "left of", "drum")]) == [("relation_broken", "objects[2].box")]


def test_relations_of_things_that_are_not_there_are_passed_over():
    assert codes(GOOD, relations=[("goat", "right of", "moon"), ("moon", "above", "sun")]) == []


sides = st.integers(min_value=-2, max_value=40).map(lambda side: side / 32) | st.floats(-0.1, 1.2)
plans = st.builds(
    lambda boxes, rows: replace(with_boxes(*boxes), rows=rows),
    st.lists(st.tuples(sides, sides, sides, sides), max_size=3),
    st.lists(st.tuples(st.floats(-1, 30), st.floats(0, 30), st.floats(0.1, 3)), max_size=3).map(
        lambda rows: with_cells(*rows).rows
    ),
)


@given(plans, st.sampled_from([64, 256, 768]), st.sampled_from([64, 256, 768]))
@example(with_boxes((0.1, 0.1, 0.5, 0.5), (0.2, 0.7, 0.8, 0.3)), 256, 256)
def test_what_can_be_generated_is_what_the_generator_takes(plan, width, height):
    found = check(plan, width=width, height=height)
    assert len(set(found)) == len(found)
    grid = TokenGrid.from_pixels(width, height)
    try:
        object_rects(plan, grid)
        cell_rects(plan, grid)
    except RagplanError:
        assert not can_generate(found)
    else:
        assert can_generate(found)
