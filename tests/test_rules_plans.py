"""Properties of every plan that the rules planner makes."""

import json
import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.backends import Request, get_backend
from planner.checks import check_plan
from planner.complaints import Complaint
from planner.errors import PlanError
from planner.lexicon.words import word_set
from planner.plan import Box, Plan
from planner.planner import plan_layout
from planner.scene.arrange import arrange
from planner.scene.folding import COMFORTABLE
from planner.scene.scene import Item, Order, Place, Relation, Scene

FUZZ = bool(os.environ.get("FUZZ"))
TOKEN = 16
WORDS = st.sampled_from(
    sorted(
        word_set(
            "a an the two three 12 several no dog cat cats apples red small huge table on top of under left right",
            "to the next in front of behind between and , . : with without wearing is are sitting sits it one",
            "other from bottom row first corner middle around inside each photo style watercolor beach sky pair",
            "of dozen that not holding both sides its background shelf surrounded by full glasses sheep people",
            'orange "STOP" 25 covered hidden',
        )
    )
)
SENTENCES = st.lists(WORDS, max_size=24).map(" ".join)
CANVASES = st.sampled_from([(256, 256), (128, 128), (96, 256), (1024, 1024), (1344, 768), (48, 48), (720, 1280)])


def assert_good(plan: Plan, width: int, height: int) -> None:
    assert [str(found) for found in check_plan(plan, width=width, height=height) if found.severity == "error"] == []
    for item in plan.objects:
        for start, size, canvas in ((item.box.x, item.box.width, width), (item.box.y, item.box.height, height)):
            tokens = size * canvas / TOKEN
            assert abs(tokens - round(tokens)) < 1e-6
            assert int(size * canvas // TOKEN) >= 2
            assert int(start * canvas // TOKEN) + int(size * canvas // TOKEN) <= canvas // TOKEN
    for cell in plan.cells:
        assert cell.prompt.strip()


def planned(sentence: str, width: int, height: int) -> Plan | None:
    """Plan a sentence, or give None where the planner says before it plans that it cannot: no text, no room."""
    try:
        return plan_layout(sentence, width=width, height=height)
    except PlanError as error:
        if error.complaints:
            raise
        return None


@settings(max_examples=4000 if FUZZ else 300)
@given(sentence=SENTENCES, canvas=CANVASES)
def test_any_english_gives_a_good_plan_or_a_plan_error(sentence: str, canvas: tuple[int, int]) -> None:
    plan = planned(sentence, *canvas)
    if plan is not None:
        assert_good(plan, *canvas)


@settings(max_examples=4000 if FUZZ else 200)
@given(sentence=st.text(max_size=300))
def test_any_text_gives_a_good_plan_or_a_plan_error(sentence: str) -> None:
    plan = planned(sentence, 256, 256)
    if plan is not None:  # else there is no text, it is no English, or it has control characters
        assert_good(plan, 256, 256)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Scenes that no sentence need have: this is what a language model may fill in."""
    count = draw(st.integers(1, 7))
    kinds = (
        "left_of right_of above below on under next_to between in_front_of behind inside around holding wearing riding"
    )
    places = st.sampled_from([None, 0.0, 0.01, 0.5, 1.0])
    items = tuple(
        Item(
            name=f"thing{index}",
            description=f"red thing{index}",
            count=draw(st.integers(1, 5)),
            size=draw(st.sampled_from(["tiny", "small", "normal", "large", "huge"])),
            place=draw(st.one_of(st.just(Place()), st.builds(Place, places, places))),
            formation=draw(st.sampled_from([None, None, "x", "y"])),
        )
        for index in range(count)
    )
    some = st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True).map(tuple)
    relations = st.builds(
        Relation, st.sampled_from(kinds.split()), some, some, st.sampled_from(["in front of", "near"])
    )
    orders = st.builds(Order, st.sampled_from(["x", "y"]), some)
    return Scene(
        "things in front of a thing",
        items,
        tuple(draw(st.lists(relations, max_size=6))),
        tuple(draw(st.lists(orders, max_size=1))),
    )


@settings(max_examples=2000 if FUZZ else 100)
@given(scene=scenes(), canvas=CANVASES)
def test_any_scene_is_laid_out_with_all_its_things(scene: Scene, canvas: tuple[int, int]) -> None:
    if (canvas[0] // 32) * (canvas[1] // 32) < min(16, sum(item.count for item in scene.items)):
        return
    plan = arrange(scene, width=canvas[0], height=canvas[1])
    assert_good(plan, *canvas)
    if sum(item.count for item in scene.items) <= COMFORTABLE:  # with more, what is held is said in words
        expected = Counter({f"a {item.description}": item.count for item in scene.items})
        assert Counter(item.prompt for item in plan.objects) == expected


def test_the_same_sentence_gives_the_same_plan() -> None:
    sentence = "three red apples on a table next to a cat, in watercolor style"
    assert plan_layout(sentence) == plan_layout(sentence)


def test_unrelated_things_fill_the_canvas() -> None:
    plan = plan_layout("a dog, a cat, a ball and a cup", width=256, height=256)
    assert [len(row.cells) for row in plan.rows] == [2, 2]
    assert all(min(item.box.width, item.box.height) >= 64 / 256 for item in plan.objects)


@pytest.mark.parametrize(
    "sentence",
    [
        "a cat, an elephant and a bee",
        "a mouse, a cup, an egg and a horse",
        "a blue cat, a bag and a snowman above a shoe, a flower and a pig",
        "a boy, a hat and a bee above a fish, a sun and a mouse",
    ],
)
def test_nothing_is_smaller_than_a_small_model_draws(sentence: str) -> None:
    plan = plan_layout(sentence, width=256, height=256)
    assert min(min(item.box.width, item.box.height) for item in plan.objects) >= 64 / 256


def test_things_in_front_are_painted_last() -> None:
    plan = plan_layout("a dog in front of a tree and a cat behind a ball", width=256, height=256)
    order = [item.prompt for item in plan.objects]
    assert order.index("a dog") > order.index("a tree")
    assert order.index("a ball") > order.index("a cat")


def test_more_things_than_a_plan_holds_share_a_box_and_are_noted() -> None:
    plan = plan_layout("twelve eggs, five spoons and a cup", width=512, height=512)
    assert Counter(item.prompt for item in plan.objects) == {"twelve eggs": 1, "a spoon": 5, "a cup": 1}
    assert any("twelve eggs" in note for note in plan.notes)


def test_things_beyond_the_limit_are_noted() -> None:
    animals = [
        f"a {color} {animal}"
        for color in ("red", "blue", "green")
        for animal in ["dog", "cat", "cow", "pig", "hen", "fox"]
    ]
    plan = plan_layout(", ".join(animals), width=512, height=512)
    assert len(plan.objects) == 16
    assert any("green hen, green fox" in note for note in plan.notes)


def test_a_relation_without_room_is_noted() -> None:
    plan = plan_layout("a dog is left of a cat. The cat is left of a bird. The bird is left of the dog.")
    assert any("bird" in note and "No room" in note for note in plan.notes)


def test_a_canvas_too_small_for_the_things() -> None:
    with pytest.raises(PlanError, match="12 objects do not fit on 64×64 pixels"):
        plan_layout("twelve dogs", width=64, height=64)


def test_a_canvas_too_small_for_the_layout_only() -> None:
    plan = plan_layout("from left to right: a cat, a dog, a bird and a fish", width=64, height=64)
    assert len(plan.objects) == 4
    assert any("too small" in note for note in plan.notes)


def test_break_does_not_get_into_cell_prompts() -> None:
    plan = plan_layout('a sign that says "BREAK" next to a BREAK dancer')
    assert not any("BREAK" in cell.prompt for cell in plan.cells)


def test_a_long_sentence_keeps_to_the_schema() -> None:
    long = "a " + "very old " * 300 + "dog next to a " + "x" * 900
    assert plan_layout(long).objects


@pytest.mark.parametrize(("width", "height"), [(250, 256), (256, 16), (0, 0), (-256, 256)])
def test_wrong_canvas(width: int, height: int) -> None:
    with pytest.raises(PlanError, match="multiple of 16"):
        plan_layout("a dog", width=width, height=height)


def test_the_reply_is_a_plan_document() -> None:
    reply = get_backend("rules").complete(Request("a dog left of a cat", 256, 256))
    assert Plan.from_dict(json.loads(reply.text)).prompt == "a dog left of a cat"
    assert reply.finish_reason == "stop"
    assert reply.model == "rules"


def test_complaints_change_nothing() -> None:
    first = get_backend("rules").complete(Request("a dog", 256, 256))
    complaint = Complaint("boxes_overlap", "objects[1].box", "The boxes overlap.")
    assert get_backend("rules").complete(Request("a dog", 256, 256, complaints=(complaint,))) == first


def test_boxes_survive_the_way_to_tokens() -> None:
    """48 tokens: fractions like 5/48 are not exact in binary, and the generator cuts down."""
    plan = plan_layout("from left to right: a cat, a dog, a bird, a fish and a cow", width=768, height=768)
    assert all(isinstance(item.box, Box) for item in plan.objects)
    assert_good(plan, 768, 768)
