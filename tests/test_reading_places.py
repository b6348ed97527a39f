"""Places, lists that are announced, and several pictures in one, as a sentence is read."""

import pytest

from planner.english.sentence import read_sentence
from planner.scene.scene import Scene

Spot = tuple[float | None, float | None]


def spots(sentence: str) -> dict[str, Spot]:
    """Where each thing of a sentence stands: (column, row)."""
    return {item.name: (item.place.column, item.place.row) for item in read_sentence(sentence).items}


def counted(sentence: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in read_sentence(sentence).items:
        found[item.name] = found.get(item.name, 0) + item.count
    return found


def related(scene: Scene, kind: str) -> set[tuple[str, str]]:
    return {
        (scene.items[one].name, scene.items[other].name)
        for relation in scene.relations
        if relation.kind == kind
        for one in relation.subjects
        for other in relation.objects
    }


@pytest.mark.parametrize(
    ("said", "spot"),
    [
        ("in the north", (None, 0.0)),
        ("along the southern edge", (None, 1.0)),
        ("near the western shore", (0.0, None)),
        ("in the north-east corner", (1.0, 0.0)),
        ("against the east wall", (1.0, None)),
        ("down the left side", (0.0, None)),
        ("in the lower right-hand corner of the map", (1.0, 1.0)),
        ("in the very centre of the poster", (0.5, 0.5)),
        ("at the bottom, dead centre", (0.5, 1.0)),
        ("across the upper third", (None, 0.0)),
    ],
)
def test_a_place_in_all_its_wordings(said: str, spot: Spot) -> None:
    assert spots(f"{said}, a fox")["fox"] == spot
    assert spots(f"a stone and a fox {said}")["fox"] == spot


@pytest.mark.parametrize(
    ("said", "depth"),
    [
        ("at the far end", "background"),
        ("at the far end of the corridor", "background"),
        ("on the back wall", "background"),
        ("far away", "background"),
        ("at the near end", "foreground"),
        ("in the immediate foreground", "foreground"),
    ],
)
def test_near_and_far(said: str, depth: str) -> None:
    assert read_sentence(f"a lamp and a clock {said}").items[1].depth == depth


@pytest.mark.parametrize(
    "sentence", ["a cup at the left of a jug", "a ring on her left hand", "a stool at the end of a table"]
)
def test_sides_of_things_are_no_places(sentence: str) -> None:
    assert all(spot == (None, None) for spot in spots(sentence).values())


def test_two_places_in_a_row_are_one() -> None:
    fox = next(item for item in read_sentence("In the foreground, on the left, a fox sleeps beside a log").items)
    assert (fox.name, fox.depth, fox.place.column) == ("fox", "foreground", 0.0)


def test_compass_words_relate_things_as_on_a_map() -> None:
    scene = read_sentence("a tower to the east of the mill and a well south of it")
    assert ("tower", "mill") in related(scene, "right_of")
    assert related(scene, "below")


@pytest.mark.parametrize(
    ("sentence", "left", "right"),
    [
        ("On one side of the picture a knight, on the other a monk", "knight", "monk"),
        ("a pile of coal at one end, a heap of salt at the other end", "pile", "heap"),
        ("a lion on the left and a goat on the opposite side", "lion", "goat"),
    ],
)
def test_one_side_and_the_other(sentence: str, left: str, right: str) -> None:
    found = spots(sentence)
    assert (found[left][0], found[right][0]) == (0.0, 1.0)


def test_ends_of_a_thing_are_its_sides() -> None:
    scene = read_sentence("At one end of a long table sits a queen, at the other end a cook")
    assert related(scene, "left_of") == {("queen", "table")}
    assert related(scene, "right_of") == {("cook", "table")}


@pytest.mark.parametrize(
    ("said", "number"),
    [("a torch in each corner", 4), ("four torches, one in every corner", 4), ("a torch in both lower corners", 2)],
)
def test_corners_have_one_each(said: str, number: int) -> None:
    places = [item.place for item in read_sentence(f"{said} and a throne in the middle").items if item.name == "torch"]
    assert len(set(places)) == len(places) == number


@pytest.mark.parametrize(
    ("sentence", "things"),
    [
        ("Two birds share the branch: an owl and a crow", {"branch": 1, "owl": 1, "crow": 1}),
        (
            "Three tools lie on a cloth, namely a whisk, a sieve and a spoon",
            {"cloth": 1, "whisk": 1, "sieve": 1, "spoon": 1},
        ),
        ("Her things lie on the bed: a diary, a comb and a mirror", {"bed": 1, "diary": 1, "comb": 1, "mirror": 1}),
        ("three pets: a poodle; a parrot; and a cat", {"poodle": 1, "parrot": 1, "cat": 1}),
        ("Two girls on a beach: a kite and a bucket beside them", {"girl": 2, "kite": 1, "bucket": 1}),
    ],
)
def test_what_only_announces_a_list_is_no_thing_of_it(sentence: str, things: dict[str, int]) -> None:
    assert counted(sentence) == things


def test_a_list_stands_where_its_announcement_does() -> None:
    scene = read_sentence("On the workbench lie two tools: a saw and a clamp")
    assert related(scene, "on") == {("saw", "workbench"), ("clamp", "workbench")}
    assert spots("On the left there are two animals: a fox and a hen") == {"fox": (0.0, None), "hen": (0.0, None)}


@pytest.mark.parametrize(
    "sentence",
    [
        "Split screen: on the left a boy planting a tree, on the right the boy climbing the tree",
        "Before and after: before, a boy beside a tree; after, a boy on a tree",
        "A comic in two panels. In the first a boy waters a tree, in the second he climbs the tree.",
        "One boy shown twice: beside a tree, on a tree",
    ],
)
def test_each_picture_has_its_own_things(sentence: str) -> None:
    scene = read_sentence(sentence)
    assert counted(sentence) == {"boy": 2, "tree": 2}
    columns = [item.place.column for item in scene.items if item.name == "tree"]
    assert None not in columns
    assert columns[0] != columns[1]


def test_what_is_said_of_all_pictures_stands_in_none() -> None:
    found = spots("On the left half a farm, on the right half a factory. Both halves are divided by a tall fence.")
    assert found["fence"] == (None, None)


def test_seasons_in_strips_are_drawn_once_each() -> None:
    assert counted("The same mill in four seasons, in four vertical strips from left to right") == {"mill": 4}


@pytest.mark.parametrize(
    ("sentence", "things"),
    [
        ("Three hens on a fence, the first asleep, the second preening itself", {"hen": 3, "fence": 1}),
        ("six plums in a bowl and two more lying next to it", {"plum": 8, "bowl": 1}),
        ("Two rows of candles, four candles in each row", {"candle": 8}),
        ("Two goats facing each other on either side of a gate", {"goat": 2, "gate": 1}),
        ("A robot finds a coin and it polishes the coin", {"robot": 1, "coin": 1}),
    ],
)
def test_some_of_several_are_no_further_things(sentence: str, things: dict[str, int]) -> None:
    assert counted(sentence) == things


def test_a_map_has_harbours_and_lakes_as_things() -> None:
    assert spots("Treasure map, the harbour in the north, the swamp in the far south") == {
        "harbour": (None, 0.0),
        "swamp": (None, 1.0),
    }


def test_a_picture_for_somebody_shows_what_it_has() -> None:
    assert spots("Dashboard for a small bank with a chart on the left") == {"chart": (0.0, None)}


def test_what_a_place_is_told_of_before_the_order_stands_there() -> None:
    scene = read_sentence("A desk stands by the wall. On it, from left to right, are a lamp, a pen and a map.")
    assert {"lamp", "pen"} <= {one for one, other in related(scene, "on") if other == "desk"}


def test_a_text_is_named_once_though_a_verb_follows_it() -> None:
    assert len(read_sentence('A poster with a goat, the title "MILK" arched across the top').texts) == 1


def test_panels_between_others_are_columns() -> None:
    found = spots("Triptych: in the left panel a hen, in the middle panel a fox, in the right panel a dog")
    assert found == {"hen": (0.0, None), "fox": (0.5, None), "dog": (1.0, None)}


def test_ordinals_say_what_each_of_several_is_like() -> None:
    items = read_sentence("Three ribbons in a row, the first teal, the second mauve, the third white").items
    assert [(item.count, item.description) for item in items] == [
        (1, "white ribbon"),
        (1, "teal ribbon"),
        (1, "mauve ribbon"),
    ]
