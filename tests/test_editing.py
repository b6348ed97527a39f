"""Plans that are edited, by calls and by words: the texts keep in step with the objects, and the rest stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import Box, Cell, ImagePrompt, ObjectBox, Plan, PlanError, Row, can_generate, check_plan, plan_layout
from planner.checks.names import speaks_of
from planner.editing import add_object, edit_by_words, move_object, remove_object, rename_object

SIZE = {"width": 256, "height": 256}
PLAN = plan_layout("a penguin and a red balloon above a blue car", **SIZE)  # type: ignore[arg-type]
AT_THE_TOP = move_object(PLAN, 0, Box(0, 0, 0.5, 0.5), **SIZE)
THINGS = ("a dog", "a red hat", "a cup", "an owl", "a tree", "a wooden chair", "a cake")
NEW_KEYS = Plan(
    "a cat and a clock on a table",
    (Row(1, (Cell(1, "a cat", 0.25), Cell(1, "a clock"))), Row(1, (Cell(1, "a table", 0.75),))),
    (
        ObjectBox("a cat", Box(0, 0, 0.5, 0.5), ImagePrompt("redux", "/cat.jpg", 0.5), 3, ("style.safetensors:0.5",)),
        ObjectBox("a clock", Box(0.5, 0, 0.5, 0.5)),
        ObjectBox("a table", Box(0, 0.5, 1, 0.5)),
    ),
    refinement_steps=(2, 9),
)


def texts(plan: Plan) -> list[str]:
    return [plan.prompt, *(cell.prompt for cell in plan.cells)]


def assert_in_step(plan: Plan) -> None:
    """The whole prompt names every object, and each cell's prompt those whose centres lie in the cell."""
    for index, item in enumerate(plan.objects):
        assert speaks_of(plan.prompt, item.prompt)
        assert speaks_of(plan.cells[plan.owner_cell(index)].prompt, item.prompt)


def test_what_is_added_is_named_where_it_stands() -> None:
    plan = add_object(PLAN, "a yellow duck", Box(0.5, 0.5, 0.25, 0.25), **SIZE)
    assert plan.objects[-1] == ObjectBox("a yellow duck", Box(0.5, 0.5, 0.25, 0.25))
    assert texts(plan) == [
        "a penguin and a red balloon above a blue car, with a yellow duck",
        "a penguin",
        "a red balloon",
        "a blue car, with a yellow duck",
    ]


def test_what_moves_to_another_cell_takes_its_words_along() -> None:
    plan = move_object(PLAN, 0, Box(0.5, 0.5, 0.25, 0.25), **SIZE)
    assert texts(plan)[1:] == ["a plain background", "a red balloon", "a blue car, with a penguin"]
    assert plan.objects[1:] == PLAN.objects[1:]


def test_a_sentence_that_says_otherwise_where_things_stand_says_it_no_more() -> None:
    plan = plan_layout("a dog on the left and a red ball on the right", **SIZE)  # type: ignore[arg-type]
    moved = edit_by_words(plan, "swap the dog and the ball", **SIZE).plan
    assert "left" not in moved.prompt
    assert moved.objects[0].box.center[0] > 0.5 > moved.objects[1].box.center[0]
    assert_in_step(moved)


@pytest.mark.parametrize(
    ("sentence", "index", "left"),
    [
        ("a penguin and a red balloon above a blue car", 0, "a red balloon above a blue car"),
        ("a penguin and a red balloon above a blue car", 2, "a penguin and a red balloon"),
        ("two red apples next to a cup", 0, "a red apple next to a cup"),
        ("a dog", 0, "a plain background"),
    ],
)
def test_what_is_removed_is_named_no_more(sentence: str, index: int, left: str) -> None:
    plan = plan_layout(sentence, **SIZE)  # type: ignore[arg-type]
    removed = remove_object(plan, index)
    assert removed.prompt == left
    assert len(removed.objects) == len(plan.objects) - 1
    assert_in_step(removed)


def test_a_background_stays_where_the_only_thing_of_a_cell_goes() -> None:
    plan = plan_layout("a dog in the top left corner of a meadow", **SIZE)  # type: ignore[arg-type]
    assert texts(remove_object(plan, 0)) == ["in a meadow"] * 4


def test_what_an_edit_does_not_touch_stays_as_it_is() -> None:
    plan = rename_object(NEW_KEYS, 1, "a lamp")
    plan = move_object(plan, 0, Box(0.0, 0.0, 0.375, 0.375), **SIZE)
    plan = add_object(plan, "a cup", Box(0.5, 0.5, 0.25, 0.25), **SIZE)
    plan = remove_object(plan, 2)
    kept = plan.objects[0]
    assert (kept.image, kept.hard_binding_steps, kept.lora) == (NEW_KEYS.objects[0].image, 3, NEW_KEYS.objects[0].lora)
    assert [cell.refinement_strength for cell in plan.cells] == [0.25, None, 0.75]
    assert plan.refinement_steps == (2, 9)
    assert [item.prompt for item in plan.objects] == ["a cat", "a lamp", "a cup"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda: add_object(PLAN, " ", Box(0, 0, 0.5, 0.5), **SIZE), "the prompt of an object is empty"),
        (lambda: add_object(PLAN, "a cup", Box(0.9, 0, 0.5, 0.5), **SIZE), "reaches from x 0.9 to 1.4"),
        (lambda: move_object(PLAN, 0, Box(0, 0, 0.01, 0.5), **SIZE), "too small to draw in at 256 pixels"),
        (lambda: move_object(PLAN, 3, Box(0, 0, 0.5, 0.5), **SIZE), "there is no object 3"),
        (lambda: remove_object(PLAN, -1), "there is no object -1"),
        (lambda: rename_object(PLAN, 0, ""), "is empty"),
        (lambda: edit_by_words(PLAN, "dance", **SIZE), "no edit that is known; known are"),
        (lambda: edit_by_words(PLAN, " ", **SIZE), "the sentence is empty; known are"),
        (lambda: edit_by_words(PLAN, "remove the dog", **SIZE), "the plan has no object 'the dog'"),
        (lambda: edit_by_words(AT_THE_TOP, "move the penguin up", **SIZE), "cannot move up: it is at the edge"),
        (lambda: edit_by_words(PLAN, "move the car above the car", **SIZE), "to a side of itself"),
        (lambda: edit_by_words(PLAN, "move the car to the party", **SIZE), "no place that is known"),
    ],
)
def test_errors(edit: Callable[[], object], message: str) -> None:
    with pytest.raises(PlanError, match=message.replace("(", r"\(")):
        edit()


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("add a hat", ["a penguin", "a red balloon", "a blue car", "a hat"]),
        ("add hat", ["a penguin", "a red balloon", "a blue car", "a hat"]),
        ("add another hat", ["a penguin", "a red balloon", "a blue car", "a hat"]),
        ("please put a hat on the penguin.", ["a penguin", "a red balloon", "a blue car", "a hat"]),
        ("give the car a hat", ["a penguin", "a red balloon", "a blue car", "a hat"]),
        ("add two dogs on the right", ["a penguin", "a red balloon", "a blue car", "a dog", "a dog"]),
        ("remove the penguin", ["a red balloon", "a blue car"]),
        ("delete the car from the picture", ["a penguin", "a red balloon"]),
        ("make the balloon blue", ["a penguin", "a blue balloon", "a blue car"]),
        ("make the car wooden", ["a penguin", "a red balloon", "a wooden blue car"]),
        ("make the balloon a green cube", ["a penguin", "a green cube", "a blue car"]),
        ("the balloon becomes a cake", ["a penguin", "a cake", "a blue car"]),
        ("turn the car into a bus", ["a penguin", "a red balloon", "a bus"]),
    ],
)
def test_words_that_change_which_things_there_are(sentence: str, names: list[str]) -> None:
    edited = edit_by_words(PLAN, sentence, **SIZE)
    assert [item.prompt for item in edited.plan.objects] == names
    assert_in_step(edited.plan)
    one_place = edited.region is not None
    assert one_place == (len(names) >= 3 and names.count("a dog") == 0)
    if edited.index is not None:
        assert edited.plan.objects[edited.index].box == edited.region


Moved = Callable[[Box, Box], bool]


def near(width: float, wanted: float) -> bool:
    """Tell whether a width is the wanted one, to the nearest token of 16 px."""
    return abs(width - wanted) <= 8 / SIZE["width"]


@pytest.mark.parametrize(
    ("sentence", "index", "moved"),
    [
        ("move the car up", 2, lambda old, new: new.y < old.y and new.x == old.x),
        ("move the penguin down", 0, lambda old, new: new.y > old.y and new.x == old.x),
        ("shift the balloon a bit down", 1, lambda old, new: 0 < new.y - old.y <= 0.126),
        ("move the balloon to the left", 1, lambda old, new: new.x < old.x and new.y == old.y),
        ("move the car to the top left corner", 2, lambda old, new: (new.x, new.y) == (0, 0)),
        ("move the car to the middle left", 2, lambda old, new: new.x == 0 and new.center[1] == 0.5),
        ("move the penguin to the right of the balloon", 0, lambda old, new: new.x >= 0.5),
        ("put the car above the penguin", 2, lambda old, new: new.bottom <= 0.5),
        ("make the penguin tiny", 0, lambda old, new: new.area < old.area),
        ("make the car bigger", 2, lambda old, new: new.area > old.area),
        ("shrink the car", 2, lambda old, new: new.area < old.area),
        ("make the car half as big", 2, lambda old, new: near(new.width, old.width / 2)),
        ("make the car twice as small", 2, lambda old, new: near(new.width, old.width / 2)),
        ("halve the car", 2, lambda old, new: near(new.width, old.width / 2)),
        ("make the car half its size", 2, lambda old, new: near(new.width, old.width / 2)),
        ("make the penguin twice as big", 0, lambda old, new: near(new.width, 2 * old.width)),
        ("make the penguin two times as large as before", 0, lambda old, new: near(new.width, 2 * old.width)),
        ("double the size of the penguin", 0, lambda old, new: near(new.width, 2 * old.width)),
        ("make the penguin a bit bigger", 0, lambda old, new: old.width < new.width < 1.4 * old.width),
        ("shrink the penguin a little", 0, lambda old, new: 0.7 * old.width < new.width < old.width),
    ],
)
def test_words_that_change_where_things_are(sentence: str, index: int, moved: Moved) -> None:
    edited = edit_by_words(PLAN, sentence, **SIZE)
    assert edited.region is None
    assert moved(PLAN.objects[index].box, edited.plan.objects[index].box)
    assert [item.prompt for item in edited.plan.objects] == [item.prompt for item in PLAN.objects]
    assert_in_step(edited.plan)
    assert can_generate(check_plan(edited.plan, **SIZE))


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("a dog and a cat above a bus", "move the cat down"),
        ("a dog and a cat above a bus", "make the cat bigger"),
        ("a penguin and a red balloon above a blue car", "move the penguin to the right"),
        ("a cup on the left and a hat on the right", "move the cup a little to the right"),
        ("an owl above a house and a tree", "swap the owl and the tree"),
    ],
)
def test_cells_follow_what_moves_out_of_them(sentence: str, words: str) -> None:
    edited = edit_by_words(plan_layout(sentence, "rules", **SIZE), words, **SIZE).plan  # type: ignore[arg-type]
    assert [found.path for found in check_plan(edited, **SIZE) if found.code == "box_outside_cell"] == []
    assert_in_step(edited)


def two(first: Box, second: Box) -> Plan:
    rows = (Row(1, (Cell(1, "a cat and a bus"),)),)
    return Plan("a cat and a bus", rows, (ObjectBox("a cat", first), ObjectBox("a bus", second)))


CAT = Box(0.5, 0.0625, 0.375, 0.375)


@pytest.mark.parametrize(
    ("words", "bus", "moved", "notes"),
    [
        (
            "move the cat down",
            Box(0.25, 0.5, 0.4375, 0.4375),
            (0.5, 0.125),
            ["moves only as far as object 1 ('a bus')"],
        ),
        ("move the cat down", Box(0, 0.5, 0.4375, 0.4375), (0.5, 0.3125), []),
        ("move the cat to the left", Box(0, 0.0625, 0.375, 0.375), (0.375, 0.0625), ["object 0 ('a cat') moves only"]),
        ("move the cat a bit down", Box(0.25, 0.5625, 0.4375, 0.375), (0.5, 0.1875), []),
        (
            "move the cat to the bottom",
            Box(0.25, 0.5, 0.3125, 0.4375),
            (0.5, 0.625),
            ["object 0 ('a cat') now overlaps object 1 ('a bus'), by 14% of the smaller one"],
        ),
        (
            "make the cat bigger",
            Box(0.25, 0.4375, 0.4375, 0.4375),
            (0.4375, 0),
            ["now overlaps object 1 ('a bus'), by 8%"],
        ),
    ],
)
def test_a_thing_that_moves_stops_at_others_or_it_is_said(
    words: str, bus: Box, moved: tuple[float, float], notes: list[str]
) -> None:
    edited = edit_by_words(two(CAT, bus), words, **SIZE)
    box = edited.plan.objects[0].box
    assert (box.x, box.y) == moved
    assert [said in found for said, found in zip(notes, edited.notes, strict=True)] == [True] * len(notes)
    assert bool(box.intersection(bus)) == any("now overlaps" in note for note in notes)


def test_cells_that_stay_together_keep_their_words_and_those_with_a_strength_their_place() -> None:
    rows = (Row(1, (Cell(1, "a cat asleep"), Cell(1, "a tall clock"))),)
    boxes = (Box(0.1, 0.2, 0.3, 0.5), Box(0.6, 0.2, 0.3, 0.5))
    plan = Plan("a cat and a clock", rows, (ObjectBox("a cat", boxes[0]), ObjectBox("a clock", boxes[1])))
    moved = edit_by_words(plan, "move the clock a little to the left", **SIZE).plan
    assert [cell.prompt for cell in moved.cells] == ["a cat asleep", "a tall clock"]
    assert moved.rows[0].cells[0].width < moved.rows[0].cells[1].width
    assert edit_by_words(NEW_KEYS, "move the table up", **SIZE).plan.rows[0].cells[0].width == 1


def test_words_for_the_whole_picture_go_into_every_text_and_no_object() -> None:
    edited = edit_by_words(PLAN, "make it snow", **SIZE)
    assert all(text.endswith(", snow") for text in texts(edited.plan))
    assert edited.plan.objects == PLAN.objects


def test_a_new_thing_finds_a_free_place_on_the_side_that_is_said() -> None:
    right = edit_by_words(PLAN, "add a cup to the right of the car", **SIZE).plan.objects[-1].box
    assert right.x >= PLAN.objects[2].box.right
    assert all(right.intersection(item.box) < 1e-6 for item in PLAN.objects)


def test_a_new_thing_stands_on_the_side_that_is_said_where_nothing_is_free() -> None:
    above = edit_by_words(PLAN, "add a cup above the car", **SIZE).plan.objects[-1].box
    assert above.bottom <= PLAN.objects[2].box.y
    with pytest.raises(PlanError, match="the canvas ends there"):
        edit_by_words(PLAN, "add a cup to the left of the penguin", **SIZE)


FRACTION = st.integers(-2, 18).map(lambda token: token / 16)
BOXES = st.builds(Box, FRACTION, FRACTION, FRACTION, FRACTION)
EDITS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(THINGS), BOXES),
    st.tuples(st.just("move"), st.integers(0, 5), BOXES),
    st.tuples(st.just("rename"), st.integers(0, 5), st.sampled_from(THINGS)),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(
        st.just("say"),
        st.sampled_from(("move", "add", "remove", "make")),
        st.sampled_from(THINGS),
        st.sampled_from(("up", "bigger", "left", "blue", "on the right")),
    ),
)


def edited(plan: Plan, edit: tuple[object, ...]) -> Plan:
    kind, *rest = edit
    if kind == "say":
        return edit_by_words(plan, " ".join(map(str, rest)), **SIZE).plan
    calls: dict[object, Callable[..., Plan]] = {"add": add_object, "move": move_object}
    calls |= {"rename": rename_object, "remove": remove_object}
    return calls[kind](plan, *rest, **(SIZE if kind in ("add", "move") else {}))


@settings(max_examples=150, deadline=None)
@given(st.lists(EDITS, max_size=8))
def test_no_sequence_of_edits_ends_in_a_plan_that_cannot_be_painted(sequence: list[tuple[object, ...]]) -> None:
    plan = PLAN
    for edit in sequence:
        try:
            plan = edited(plan, edit)
        except PlanError:
            continue
        assert can_generate(check_plan(plan, **SIZE))
        assert_in_step(plan)
        assert all(text.strip() for text in texts(plan))
        assert Plan.from_dict(plan.to_dict()) == plan
