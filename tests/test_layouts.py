"""Boxes as a picture editor would draw them: by kind, on one line, in and on each other; and measures of it."""

from itertools import pairwise

import pytest

from planner.checks import check_plan
from planner.evaluation.layouts import LayoutLook, look_of, summary_lines
from planner.lexicon.kinds import UNKNOWN, kind_of, known_kind_of
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import plan_layout
from planner.scene.arrange import arrange
from planner.scene.scene import Comparison, Item, Panel, Place, Relation, Scene

SIDE = 1024


def laid_out(*items: Item, relations: tuple[Relation, ...] = (), sentence: str = "things", **more: object) -> Plan:
    scene = Scene(sentence, items, relations, **more)  # type: ignore[arg-type]
    plan = arrange(scene, width=SIDE, height=SIDE)
    assert [found for found in check_plan(plan, width=SIDE, height=SIDE) if found.severity == "error"] == []
    return plan


def box(plan: Plan, name: str) -> Box:
    return next(item.box for item in plan.objects if item.prompt.endswith(name))


def thing(name: str, **more: object) -> Item:
    return Item(name, name, **more)  # type: ignore[arg-type]


def test_a_kind_is_found_by_the_last_words_of_a_noun() -> None:
    assert kind_of("red fire hydrant") == kind_of("hydrant")
    assert kind_of("wolves") == kind_of("wolf")
    assert kind_of("zorble") == UNKNOWN
    assert known_kind_of("zorble") is None


def test_persons_are_high_and_cars_wide_and_both_stand_on_one_line() -> None:
    plan = laid_out(thing("woman"), thing("car"))
    woman, car = box(plan, "woman"), box(plan, "car")
    assert woman.height > 1.5 * woman.width
    assert car.width > woman.width
    assert woman.bottom == car.bottom


def test_equals_stand_side_by_side() -> None:
    first, second = (item.box for item in laid_out(thing("woman", count=2)).objects)
    assert (first.y, first.height, first.width) == (second.y, second.height, second.width)
    assert first.right <= second.x


def test_a_mouse_beside_an_elephant_is_small_but_can_be_painted() -> None:
    plan = laid_out(thing("mouse"), thing("elephant"))
    mouse, elephant = box(plan, "mouse"), box(plan, "elephant")
    assert mouse.area < elephant.area / 2
    assert min(mouse.width, mouse.height) >= 0.12


def test_what_is_said_to_be_larger_is() -> None:
    plan = laid_out(thing("cat"), thing("dog"), comparisons=(Comparison(larger=0, smaller=1),))
    assert box(plan, "cat").area > box(plan, "dog").area


def test_what_is_in_a_box_lies_in_it_and_is_painted_later() -> None:
    plan = laid_out(
        thing("cat"), thing("box"), relations=(Relation("inside", (0,), (1,), "in"),), sentence="a cat in a box"
    )
    assert box(plan, "box").contains(box(plan, "cat"))
    assert plan.objects[1].prompt == "a cat"


def test_flowers_stick_out_of_their_vase() -> None:
    plan = laid_out(
        thing("rose"), thing("vase"), relations=(Relation("inside", (0,), (1,), "in"),), sentence="a rose in a vase"
    )
    rose, vase = box(plan, "rose"), box(plan, "vase")
    assert rose.y < vase.y < rose.bottom < vase.bottom


def test_a_table_carries_all_that_is_on_it() -> None:
    relations = (Relation("on", (0,), (1,), "on"),)
    plan = laid_out(thing("mug", count=6), thing("table"), relations=relations, sentence="six mugs on a table")
    table = box(plan, "table")
    for mug in (item.box for item in plan.objects if item.prompt == "a mug"):
        assert table.x - 0.02 <= mug.x <= mug.right <= table.right + 0.02
        assert mug.bottom >= table.y - 0.02


def test_rows_of_a_grid_are_as_many_as_said() -> None:
    plan = laid_out(thing("egg", count=9, formation="grid", lines=3))
    assert len({item.box.y for item in plan.objects}) == 3
    assert len({item.box.x for item in plan.objects}) == 3


def test_a_circle_has_no_two_things_in_one_place() -> None:
    boxes = [item.box for item in laid_out(thing("stone", count=7, formation="circle")).objects]
    assert not any(one.intersection(other) for index, one in enumerate(boxes) for other in boxes[:index])
    assert all(one.distance(0.5, 0.5) > 0 for one in boxes)


def test_panels_are_cells_with_what_is_in_them() -> None:
    panels = (Panel("a snowy forest", 0, 0, 0.5, 1), Panel("a sunny beach", 0.5, 0, 0.5, 1))
    plan = laid_out(thing("deer", panel=0), thing("crab", panel=1), panels=panels)
    (left, right) = plan.cells
    assert left.prompt == "a snowy forest, a deer"
    assert right.prompt == "a sunny beach, a crab"
    assert box(plan, "deer").right <= 0.5 <= box(plan, "crab").x


def test_panels_of_scenery_need_no_things() -> None:
    panels = (Panel("day", 0, 0, 0.5, 1), Panel("night", 0.5, 0, 0.5, 1))
    assert [cell.prompt for cell in laid_out(panels=panels).cells] == ["day", "night"]


def test_what_is_between_panels_has_a_cell_there() -> None:
    panels = (Panel("day", 0, 0, 0.5, 1), Panel("night", 0.5, 0, 0.5, 1))
    plan = laid_out(thing("tree", place=Place(0.5, 0.5)), panels=panels)
    assert [cell.prompt for cell in plan.cells] == ["day", "a tree", "night"]


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_boxes_stand_in_the_middle_of_their_cells(side: int) -> None:
    scene = Scene("things", (thing("dog", place=Place(column=0.0)), thing("fox", place=Place(column=1.0))))
    plan = arrange(scene, width=side, height=side)
    for index, cell in enumerate(plan.cell_boxes()):
        middle = plan.objects[index].box.center[0]
        assert abs(middle - cell.center[0]) <= 8.001 / side  # half a token


def test_the_look_of_a_plan() -> None:
    boxes = (Box(0, 0.5, 0.2, 0.5), Box(0.5, 0.5, 0.2, 0.5), Box(0.6, 0.5, 0.2, 0.5))
    objects = tuple(ObjectBox("a tall man with a dog", one) for one in boxes)
    look = look_of(Plan("three men", (Row(1, (Cell(1, "men"),)),), objects), width=SIDE, height=SIDE)
    assert look.coverage == pytest.approx(0.25)
    assert look.smallest == pytest.approx(0.2)
    assert (look.pairs_apart, look.overlapping) == (3, 1)
    assert (look.in_rows, look.aligned) == (3, 3)
    assert (look.known, look.formed) == (3, 3)


def test_looks_are_put_together() -> None:
    looks = [LayoutLook(0.2, 0.1, 2, 1, 4, 3, 2, 1), LayoutLook(0.4, 0.3, 2, 0, 0, 0, 2, 2)]
    assert [value for _, value in summary_lines(looks)] == ["30.0%", "20.0%", "25.0%", "75.0%", "75.0%"]
    assert summary_lines([]) == []


def test_one_row_is_in_reading_order() -> None:
    boxes = [item.box for item in laid_out(thing("cat"), thing("dog"), thing("fox")).objects]
    assert all(one.right <= other.x for one, other in pairwise(boxes))


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_equal_things_have_equal_boxes(side: int) -> None:
    for count in range(2, 10):
        plan = arrange(Scene("eggs", (thing("egg", count=count),)), width=side, height=side)
        assert len({(item.box.width, item.box.height) for item in plan.objects}) == 1


def test_no_row_makes_persons_slivers() -> None:
    for item in laid_out(*(thing(name) for name in ("man", "woman", "car", "nurse", "chef"))).objects:
        assert item.box.height < 3.2 * item.box.width


@pytest.mark.parametrize("side", [512, 768, 1024])
def test_what_is_small_stays_smaller_than_two_huge_things_in_the_other_half(side: int) -> None:
    small = thing("elephant", size="small", place=Place(column=0.0))
    scene = Scene("things", (small, thing("rabbit", count=2, size="huge", place=Place(column=1.0))))
    elephant, *rabbits = (item.box.area for item in arrange(scene, width=side, height=side).objects)
    assert elephant < min(rabbits)


def test_as_many_riders_as_horses_ride_one_each() -> None:
    relations = (Relation("riding", (0,), (1,), "riding"),)
    plan = laid_out(thing("man", count=3), thing("horse", count=3), relations=relations, sentence="men riding horses")
    horses, men = ([item.box for item in plan.objects if item.prompt == f"a {name}"] for name in ("horse", "man"))
    assert all(horse.x < man.center[0] < horse.right for horse, man in zip(horses, men, strict=True))


def test_what_a_vase_holds_is_in_it() -> None:
    relations = (Relation("holding", (0,), (1,), "holding"),)
    plan = laid_out(thing("vase"), thing("rose"), relations=relations, sentence="a vase holding a rose")
    rose, vase = box(plan, "rose"), box(plan, "vase")
    assert rose.y < vase.y < rose.bottom < vase.bottom


@pytest.mark.parametrize(("name", "bearer"), [("clock", "door"), ("word", "rocket"), ("painting", "wall")])
def test_signs_lie_within_what_they_are_on(name: str, bearer: str) -> None:
    relations = (Relation("on", (0,), (1,), "on"),)
    plan = laid_out(thing(name), thing(bearer), relations=relations, sentence=f"a {name} on a {bearer}")
    assert box(plan, bearer).contains(box(plan, name))


def test_a_line_of_animals_is_wide_and_a_stack_is_high() -> None:
    caravan = Item("caravan", "caravan of camels", formation="x")
    stack = Item("stack", "stack of boxes", formation="y")
    plan = laid_out(caravan, stack)
    assert box(plan, "camels").width > box(plan, "camels").height
    assert box(plan, "boxes").height > box(plan, "boxes").width


def test_fields_under_a_sky_are_no_boxes_at_the_top() -> None:
    plan = plan_layout("Poppy fields under a cloudy sky, a windmill on the left")
    assert [item.prompt for item in plan.objects] == ["a windmill"]
    assert any("poppy fields" in cell.prompt.lower() for row in plan.rows for cell in row.cells)


def test_four_pictures_of_a_grid_are_a_quarter_of_the_canvas_each() -> None:
    plan = plan_layout("One mailbox, four times: with a bee, with a snail, with a wren, with a toad, in a 2x2 grid")
    mailboxes = [item.box.center for item in plan.objects if item.prompt == "a mailbox"]
    assert [(x < 0.5, y < 0.5) for x, y in mailboxes] == [(True, True), (False, True), (True, False), (False, False)]


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param((thing("sofa"),), id="one thing"),
        pytest.param((thing("lamp"), thing("sofa"), thing("wardrobe", place=Place(1.0, None))), id="one at the side"),
        pytest.param((thing("sofa"), thing("banner", place=Place(None, 0.0))), id="one at the top"),
    ],
)
def test_what_is_in_the_middle_stands_there_whatever_is_beside_it(beside: tuple[Item, ...]) -> None:
    middle = box(laid_out(thing("cake", place=Place(0.5, 0.5)), *beside), "cake")
    assert 1 / 3 < middle.x + middle.width / 2 < 2 / 3


@pytest.mark.parametrize("sentence", ["A brass samovar, next to it two glasses", "Two stools beside a loom"])
def test_of_two_next_to_a_thing_one_stands_on_each_side(sentence: str) -> None:
    places = sorted((item.box.center[0], item.prompt) for item in plan_layout(sentence).objects)
    assert places[0][1] == places[2][1] != places[1][1]


def test_what_a_composition_has_no_room_for_is_put_right_in_a_grid() -> None:
    title, line = Item("word", 'the words "IRON"', place=Place(None, 1.0)), Item("word", 'the words "GO"')
    beside, upon = Relation("next_to", (0,), (1,)), Relation("on", (4,), (0,))
    things = (thing("robot hand"), thing("skyscraper"), thing("helicopter", count=2), title, line)
    plan = laid_out(*things, relations=(beside, upon))
    assert box(plan, '"GO"').y < box(plan, "robot hand").y
    assert box(plan, '"IRON"').y > 0.5


@pytest.mark.parametrize(
    ("count", "name", "container"),
    [(5, "apple", "bowl"), (3, "dog", "boat"), (9, "marble", "jar"), (2, "cat", "basket")],
)
def test_several_things_in_something_are_within_its_sides(count: int, name: str, container: str) -> None:
    plan = plan_layout(f"{count} {name}s in a {container}", width=SIDE, height=SIDE)
    around = box(plan, container)
    inner = [item.box for item in plan.objects if item.prompt.endswith(name)]
    assert len(inner) == count
    assert min(one.x for one in inner) >= around.x
    assert max(one.x + one.width for one in inner) <= around.x + around.width
    assert all(one.bottom > around.y for one in inner)


@pytest.mark.parametrize(
    ("sentence", "inner", "number"),
    [
        ("a row of seven crows, the middle one wearing a crown", "crow", 7),
        ("five candles, all of them white except the black one in the middle", "candle", 5),
    ],
)
def test_the_middle_one_of_several_has_half_of_the_others_on_each_side(sentence: str, inner: str, number: int) -> None:
    plan = plan_layout(sentence)
    crowned = [item.box.center[0] for item in plan.objects if item.prompt in ("a crown", "a black candle")]
    row = sorted(item.box.center[0] for item in plan.objects if item.prompt.endswith(inner))
    assert len(row) == number
    assert min(row, key=lambda x: abs(x - crowned[0])) == row[number // 2]


@pytest.mark.parametrize(
    "sentence",
    ["a crate with a basket inside it and a kitten inside the basket", "a kitten in a basket, which is in a crate"],
)
def test_what_is_in_something_that_is_in_something_is_in_both(sentence: str) -> None:
    plan = plan_layout(sentence)
    crate, basket, kitten = (box(plan, name) for name in ("crate", "basket", "kitten"))
    for outer, inner in ((crate, basket), (basket, kitten)):
        assert outer.x <= inner.x
        assert inner.right <= outer.right
        assert min(inner.bottom, outer.bottom) - max(inner.y, outer.y) > inner.height / 2


@pytest.mark.parametrize(("held", "share"), [("apple", 0.3), ("basketball", 0.6)])
def test_what_is_held_keeps_its_shape_and_is_small_beside_its_holder(held: str, share: float) -> None:
    plan = plan_layout(f"a girl holding a {held}", "rules", width=SIDE, height=SIDE)
    girl, thing_held = box(plan, "girl"), box(plan, held)
    assert thing_held.width < share * girl.width
    assert 0.75 < thing_held.width / thing_held.height < 1.34


def test_a_bare_name_is_as_tall_as_a_person() -> None:
    plan = plan_layout("Cleopatra on the left, a wardrobe on the right", "rules", width=SIDE, height=SIDE)
    assert box(plan, "Cleopatra").height > 1.5 * box(plan, "Cleopatra").width


@pytest.mark.parametrize(
    ("sentence", "wearer", "parts"),
    [
        ("portrait of a sailor, grey beard, blue cap", "sailor", ("cap", "beard")),
        ("a woman with a straw hat, a white blouse and a long green skirt", "woman", ("hat", "blouse", "skirt")),
        ("a dog with a red collar beside a chair", "dog", ("collar",)),
    ],
)
def test_clothes_are_on_who_has_them_from_head_to_feet(sentence: str, wearer: str, parts: tuple[str, ...]) -> None:
    plan = plan_layout(sentence, "rules", width=SIDE, height=SIDE)
    body, worn = box(plan, wearer), [box(plan, part) for part in parts]
    assert all(body.x <= one.x and one.right <= body.right and one.bottom <= body.bottom for one in worn)
    assert [one.center[1] for one in worn] == sorted(one.center[1] for one in worn)


def test_clothes_of_which_nothing_says_whose_they_are_stand_beside() -> None:
    plan = plan_layout("a man, a woman, a hat", "rules", width=SIDE, height=SIDE)
    hat = box(plan, "hat")
    assert all(hat.x >= box(plan, name).right or hat.right <= box(plan, name).x for name in (" man", "woman"))


def test_what_is_in_something_at_a_side_is_at_that_side() -> None:
    plan = plan_layout(
        "A pantry on the left, a hall on the right, in the pantry a churn, a barrel and a trunk", "rules"
    )
    for name in ("churn", "barrel", "trunk"):
        inner = box(plan, name)
        assert inner.x + inner.width / 2 < 1 / 3 + 0.02


def test_what_is_around_something_on_a_tray_stands_on_both_sides_of_it() -> None:
    plan = plan_layout("A plain tray, in the middle a pie, around it four plums", "rules")
    pie, tray = box(plan, "pie"), box(plan, "tray")
    plums = [item.box for item in plan.objects if item.prompt.endswith("plum")]
    assert sorted(plum.x < pie.x for plum in plums) == [False, False, True, True]
    assert all(plum.y + plum.height < tray.y + 0.6 * tray.height for plum in plums)


def test_what_is_at_the_top_stands_above_a_row_from_side_to_side() -> None:
    plan = plan_layout("A fox on the left, an owl on the right, a hare between the two, a banner at the top", "rules")
    assert all(box(plan, "banner").y < box(plan, name).y for name in ("fox", "owl", "hare"))


@pytest.mark.parametrize(
    ("sentence", "container", "support"),
    [
        ("on the desk is a fish in a bowl", "bowl", "desk"),
        ("a kitten in a basket on a bench", "basket", "bench"),
        ("a table, and on it a snail in a jar", "jar", "table"),
    ],
)
def test_what_a_thing_is_in_stands_where_the_thing_does(sentence: str, container: str, support: str) -> None:
    plan = plan_layout(sentence, "rules", width=SIDE, height=SIDE)
    below, upon = box(plan, support), box(plan, container)
    assert below.y <= upon.bottom <= below.bottom
    assert upon.center[1] < below.center[1]


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("a table, a teapot, six saucers, a jug and a candle", "saucer"),
        ("A cook in front of a stove holding a tray with five pancakes, a parrot on a perch", "pancake"),
        ("a clown with six trumpets, a wagon, a goat, a drum", "trumpet"),
    ],
)
def test_several_things_of_one_kind_are_no_column(sentence: str, name: str) -> None:
    plan = plan_layout(sentence, "rules", width=SIDE, height=SIDE)
    boxes = [item.box for item in plan.objects if item.prompt.endswith(name)]
    assert len({one.x for one in boxes}) > 1
    assert len({one.x for one in boxes}) >= len({one.y for one in boxes}) - 1


@pytest.mark.parametrize(
    ("sentence", "row"),
    [
        ("Poster with a trumpeter, a bassist and two dancers, title HOT NIGHTS on top", 0),
        ("Concert flyer with a cellist and a pianist, headline BLUE HOUR on top", 0),
        ("A puppy at a keyboard, caption DEADLINE TODAY at the bottom", 2),
    ],
)
def test_a_title_is_a_line_across_the_picture(sentence: str, row: int) -> None:
    plan = plan_layout(sentence, "rules", width=SIDE, height=SIDE)
    title = next(item.box for item in plan.objects if "the words" in item.prompt)
    assert title.width > max(0.6, 3.5 * title.height)
    assert int(3 * title.center[1]) == row
    assert not any(title.intersection(item.box) for item in plan.objects if item.box != title)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("a sailor with scarred knuckles and a tattoo on his chest, beside him a parrot", "knuckles"),
        ("girl, freckles, braids, holding a lantern", "freckles"),
        ("a demon with four eyes and six arms beside a baker", "six arms"),
    ],
)
def test_parts_of_a_body_are_words_and_no_boxes(sentence: str, words: str) -> None:
    plan = plan_layout(sentence, "rules", width=SIDE, height=SIDE)
    assert len(plan.objects) == 2
    assert any(words in cell.prompt for cell in plan.cells)


def test_a_hand_that_is_nobodys_has_a_box() -> None:
    plan = plan_layout("a robot hand with a rose", "rules", width=SIDE, height=SIDE)
    assert {item.prompt for item in plan.objects} == {"a robot hand", "a rose"}


def test_what_is_on_a_part_of_somebody_is_on_them() -> None:
    plan = plan_layout("a pilot, goggles pushed up on the forehead, a cat", "rules", width=SIDE, height=SIDE)
    assert not any(item.prompt.endswith("forehead") for item in plan.objects)
    assert box(plan, "pilot").intersection(box(plan, "goggles"))


def test_clothes_are_on_the_only_person_beside_an_animal() -> None:
    plan = plan_layout("A skater, torn jeans, a goose beside her", "rules", width=SIDE, height=SIDE)
    assert box(plan, "skater").contains(box(plan, "jeans"))


def test_what_is_in_something_is_painted_after_it_though_it_is_in_the_background() -> None:
    inside = (Relation("inside", (0,), (1,), "in"),)
    plan = laid_out(thing("coin", depth="background"), thing("box"), relations=inside, sentence="a coin in a box")
    assert [item.prompt for item in plan.objects] == ["a box", "a coin"]


def test_what_hangs_is_in_the_upper_of_several_rows() -> None:
    plan = plan_layout("a piano, a rug, a sofa, a table, a lamp, a clock on the wall", "rules", width=SIDE, height=SIDE)
    assert box(plan, "clock").bottom < 0.5 < max(item.box.bottom for item in plan.objects)


def test_many_things_between_two_sides_stand_in_several_rows() -> None:
    plan = plan_layout(
        "A gate on the left, a well on the right, a hen with four chicks, a cart full of hay, a dog beside a kennel, "
        "two buckets on a bench",
        "rules", width=SIDE, height=SIDE,
    )  # fmt: skip
    assert len({round(box(plan, name).bottom, 1) for name in ("hen", "cart", "kennel", "bench")}) > 2
    assert min(min(item.box.width, item.box.height) for item in plan.objects) > 0.1


def test_many_things_in_something_stand_in_rows_in_it() -> None:
    plan = plan_layout("In a crate two red, three green and two white bottles and a lamp", "rules")
    crate = box(plan, "crate")
    inner = [item.box for item in plan.objects if not item.prompt.endswith("crate")]
    assert all(crate.contains(one) for one in inner)
    assert len({one.bottom for one in inner}) > 1


def test_what_sits_on_a_shoulder_is_no_wider_than_the_person() -> None:
    plan = plan_layout("an elf with a white cat on her shoulder", "rules", width=SIDE, height=SIDE)
    elf, cat = box(plan, "elf"), box(plan, "cat")
    assert cat.width <= elf.width
    assert cat.height < elf.height / 2


def test_what_is_below_others_at_a_side_leaves_the_other_half_of_its_row_free() -> None:
    below = (Relation("below", (2,), (0, 1), "below"),)
    plan = laid_out(thing("mask"), thing("helmet"), thing("boot", place=Place(column=1.0)), relations=below)
    boot = box(plan, "boot")
    assert boot.center[0] > 2 / 3
    assert boot.y >= max(box(plan, "mask").bottom, box(plan, "helmet").bottom)
