"""What a sentence is read as, before anything is laid out."""

from collections import Counter

import pytest

from generator.embedded.catalogue import OBJECTS
from planner.english.sentence import read_sentence
from planner.scene.scene import Item, Place, Scene


def names(scene: Scene, kind: str) -> list[tuple[str, str]]:
    """The relations of a kind as ("cat & dog", "sofa")."""
    found = [relation for relation in scene.relations if relation.kind == kind]
    return [
        (
            " & ".join(scene.items[i].name for i in relation.subjects),
            " & ".join(scene.items[i].name for i in relation.objects),
        )
        for relation in found
    ]


def only(sentence: str) -> Item:
    items = read_sentence(sentence).items
    assert len(items) == 1, items
    return items[0]


@pytest.mark.parametrize(
    ("sentence", "kind", "pair"),
    [
        ("a cat to the left of a dog", "left_of", ("cat", "dog")),
        ("a cat on the left-hand side of a dog", "left_of", ("cat", "dog")),
        ("a cat and a dog on the right of a tree", "right_of", ("cat & dog", "tree")),
        ("a cat underneath a table", "under", ("cat", "table")),
        ("a cat below a table", "below", ("cat", "table")),
        ("a lamp hanging over a table", "above", ("lamp", "table")),
        ("a cat sits atop a fridge", "on", ("cat", "fridge")),
        ("a cat inside of a box", "inside", ("cat", "box")),
        ("a cat close to a dog", "next_to", ("cat", "dog")),
        ("a cat hidden by a dog", "behind", ("cat", "dog")),
        ("a cat surrounded by dogs", "around", ("dog", "cat")),
        ("a woman carrying a bag", "holding", ("woman", "bag")),
        ("a man wearing a suit and tie", "wearing", ("man", "suit & tie")),
        ("a boy rides a bike", "riding", ("boy", "bike")),
        ("a cat in between a dog and a bird", "between", ("cat", "dog & bird")),
        ("a plate topped with a slice of cake", "on", ("slice", "plate")),
        ("two kids sit on both sides of a dog", "between", ("dog", "kid")),
        ("a bed with a lamp on each side", "between", ("bed", "lamp")),
        ("a man walking hand in hand with a woman", "next_to", ("man", "woman")),
        ("A dog on a leash looks at a cat in a tree", "next_to", ("dog", "cat")),
    ],
)
def test_relations(sentence: str, kind: str, pair: tuple[str, str]) -> None:
    assert pair in names(read_sentence(sentence), kind)


@pytest.mark.parametrize(
    ("sentence", "place"),
    [
        ("a dog on the left", Place(column=0)),
        ("a dog on the far right side of the picture", Place(column=1)),
        ("a dog in the upper left corner", Place(0, 0)),
        ("a dog at the bottom right", Place(1, 1)),
        ("a dog at the top", Place(row=0)),
        ("a dog in the center", Place(0.5, 0.5)),
        ("a dog in the second row", Place(row=0.02)),
        ("at the bottom, a dog", Place(row=1)),
        ("a dog, on the left,", Place(column=0)),
    ],
)
def test_places(sentence: str, place: Place) -> None:
    assert only(sentence).place == place


@pytest.mark.parametrize(
    ("sentence", "description", "count"),
    [
        ("An old red fire hydrant", "old red fire hydrant", 1),
        ("the brightly colored birds", "brightly colored bird", 2),
        ("12 white sheep", "white sheep", 12),
        ("three wine glasses", "wine glass", 3),
        ("three cups of hot coffee", "cup of hot coffee", 3),
        ("a sleeping cat", "sleeping cat", 1),
        ("a stuffed animal", "stuffed animal", 1),
        ("a parking meter", "parking meter", 1),
        ("a kind of bird", "bird", 1),
        ("two of the dogs", "dog", 2),
        ("a very large dog", "large dog", 1),
        ("the hood of a car", "hood of a car", 1),
        ("a run down bus", "run down bus", 1),
        ("a fluffy and soft pillow", "fluffy and soft pillow", 1),
        ("999999 ants", "999999 ants", 1),
        ("12345678901234 ants", "12345678901234 ants", 1),
        ("five hundred ants", "500 ants", 1),
        ("twenty-five ants", "25 ants", 1),
    ],
)
def test_noun_phrases(sentence: str, description: str, count: int) -> None:
    item = only(sentence)
    assert (item.description, item.count) == (description, count)


@pytest.mark.parametrize(
    ("sentence", "doing"),
    [
        ("A dog sits", "sitting"),
        ("A dog sat on the floor", "sitting on the floor"),
        ("A car is parked on the grass", "parked on the grass"),
        ("A dog with a wagging tail", "with a wagging tail"),
        ("A table made of wood", "made of wood"),
        ("Two horses graze", "grazing"),
        ("A playful dog running on the sand", "running on the sand"),
    ],
)
def test_what_a_thing_does_stays_with_it(sentence: str, doing: str) -> None:
    assert only(sentence).doing == doing


def test_passengers_are_in_what_has_them() -> None:
    relation = read_sentence("A tram with six passengers beside a kiosk").relations[0]
    assert (relation.kind, relation.subjects, relation.objects) == ("inside", (1,), (0,))


@pytest.mark.parametrize(
    ("sentence", "background", "style"),
    [
        ("a dog in the park", "in the park", ""),
        ("a dog at night, digital art", "at night", "digital art"),
        ("a dog in the style of Van Gogh", "", "in the style of Van Gogh"),
        ("a pencil sketch of a dog", "", "a pencil sketch"),
        ("A picture of a dog", "", ""),
        ("a dog in a kitchen, 8k, cinematic lighting", "in a kitchen", "8k, cinematic lighting"),
    ],
)
def test_background_and_style_are_no_things(sentence: str, background: str, style: str) -> None:
    scene = read_sentence(sentence)
    assert [item.name for item in scene.items] == ["dog"]
    assert (scene.background, scene.style) == (background, style)


@pytest.mark.parametrize(
    ("sentence", "absent"),
    [
        ("a dog without a collar", ("collar",)),
        ("a dog, no people", ("people",)),
        ("a dog with no collar or leash", ("collar", "leash")),
        ("a dog but not a cat", ("cat",)),
    ],
)
def test_what_is_denied_is_absent(sentence: str, absent: tuple[str, ...]) -> None:
    scene = read_sentence(sentence)
    assert [item.name for item in scene.items] == ["dog"]
    assert scene.absent == absent


@pytest.mark.parametrize(
    ("sentence", "subjects", "objects"),
    [
        ("a cat and a bag above a shoe and a pig", "cat bag", "shoe pig"),
        ("two cats and a bag to the left of a shoe and a pig", "cat bag", "shoe pig"),
        ("a boy, a lamp and a dog above a fish, a cup and a mouse", "boy lamp dog", "fish cup mouse"),
        ("a boat, a strawberry and a kite above a fish, a cup and a mouse", "boat strawberry kite", "fish cup mouse"),
        ("a red boat and a dog below a fish, a cup, a kite and a mouse", "boat dog", "fish cup kite mouse"),
        ("a cat and a dog above a shoe, a pig on a sofa", "cat dog", "shoe"),
        ("a cat and a dog above a shoe, a lamp", "cat dog", "shoe"),
        ("a cat and a dog above a shoe. A lamp and a pig", "cat dog", "shoe"),
        ("a cat, a dog above a shoe, a flower and a pig", "dog", "shoe"),
    ],
)
def test_a_list_beside_a_list(sentence: str, subjects: str, objects: str) -> None:
    scene = read_sentence(sentence)
    relation = scene.relations[0]
    assert [scene.items[i].name for i in relation.subjects] == subjects.split()
    assert [scene.items[i].name for i in relation.objects] == objects.split()


def test_the_same_thing_is_not_counted_twice() -> None:
    scene = read_sentence(
        "There is a red ball and a blue ball. The red ball is left of the blue ball. A cat is on the red ball."
    )
    assert [item.description for item in scene.items] == ["red ball", "blue ball", "cat"]
    assert names(scene, "on") == [("cat", "ball")]


def test_it_means_what_the_clause_is_about() -> None:
    scene = read_sentence("A cat sits on a chair while it looks at a bird.")
    assert ("cat", "bird") in names(scene, "next_to")


@pytest.mark.parametrize(
    "sentence", ["", "   ", ".", ",,,", "and", "of", "the", "with", "left of", "\n", '"', "(((", "1", "no"]
)
def test_fragments_give_a_scene_without_things(sentence: str) -> None:
    assert read_sentence(sentence).items == ()


CAPTIONS = [
    ("three balls: red, blue and green", {"red ball": 1, "blue ball": 1, "green ball": 1}),
    ("Two elephants crossing a river with their trunks raised.", {"elephant": 2}),
    ("Five people wait near a sign as a bus arrives.", {"person": 5, "sign": 1, "bus": 1}),
    ("Six colorful kites fly high in the blue sky.", {"colorful kite": 6}),
    ("A vase with three roses sits on a shelf.", {"vase": 1, "rose": 3, "shelf": 1}),
    ("A zebra drinks from a stream while two others watch.", {"zebra": 3}),
    ("Two parrots, one green and one red, sit on a perch.", {"green parrot": 1, "red parrot": 1, "perch": 1}),
    ("One giraffe bends down while another giraffe stands behind it.", {"giraffe": 2}),
    ("The tennis player is about to hit the ball.", {"tennis player": 1, "ball": 1}),
    ("Three people riding skateboards down a hill.", {"person": 3, "skateboard": 3}),
    ("A cup, a triangular plant stand and a pizza slice", {"cup": 1, "triangular plant stand": 1, "pizza slice": 1}),
    ("A man is holding a stick and kicking a ball at a net.", {"man": 1, "stick": 1, "ball": 1, "net": 1}),
    ("A cat playfully lounging under a bicycle tire", {"cat": 1, "bicycle tire": 1}),
    ("A dining room table with six chairs around it.", {"dining room table": 1, "chair": 6}),
    ("Two laptops sit side by side on a wooden desk.", {"laptop": 2, "wooden desk": 1}),
]


@pytest.mark.parametrize(("sentence", "counts"), CAPTIONS)
def test_captions(sentence: str, counts: dict[str, int]) -> None:
    found = Counter[str]()
    for item in read_sentence(sentence).items:
        found[item.description] += item.count
    assert found == counts


@pytest.mark.parametrize("noun", OBJECTS)
def test_everything_that_the_embedded_model_draws_is_read(noun: str) -> None:
    other = "dog" if noun != "dog" else "cat"
    scene = read_sentence(f"A small {noun} to the left of a {other}")
    assert [item.description for item in scene.items] == [f"small {noun}", other]
    assert names(scene, "left_of") == [(noun, other)]
    many = only(f"three old {PLURALS.get(noun, noun + 's')}")
    assert (many.name, many.description, many.count) == (noun, f"old {noun}", 3)


PLURALS = {
    "fish": "fish", "strawberry": "strawberries", "butterfly": "butterflies", "bus": "buses", "cactus": "cacti",
    "glass": "glasses", "bench": "benches", "mouse": "mice", "sheep": "sheep", "man": "men", "woman": "women",
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "prompts"),
    [
        ("A lantern made of paper hanging over a bench", ["a lantern made of paper", "a bench"]),
        ("Two herons folded from old newspaper beside a cup", ["a heron made of old newspaper", "a cup"]),
        ("A kite made by a boy", ["a kite"]),
    ],
)
def test_what_a_thing_is_made_of_is_in_its_prompt(sentence: str, prompts: list[str]) -> None:
    assert [item.prompt for item in read_sentence(sentence).items] == prompts
