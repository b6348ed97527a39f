"""Which thing a phrase names: right prompts are found by any name of the thing, wrong ones by none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.checks.names import named_in, read_name


def stands_for(name: str, prompt: str) -> bool:
    return read_name(name).stands_for(read_name(prompt))


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        # nouns behind "of", and measures behind the noun
        ("tulips", "a bouquet of yellow tulips"),
        ("ham", "a thick slice of smoked ham"),
        ("parsley", "a sprig of fresh parsley on a board"),
        ("socks", "a pair of striped woollen socks"),
        ("berries", "a cluster of dark berries"),
        ("porridge", "a steaming bowl of oat porridge"),
        ("spices", "an assortment of ground spices"),
        ("firewood", "a neat stack of split firewood"),
        ("book", "a pile of three books"),
        ("goat", "one of the goats"),
        ("cake", "a slice of the cake"),
        ("pizza", "a pizza slice"),
        ("wine", "a glass of red wine"),
        ("coffee", "a coffee cup"),
        # plural-only and mass nouns
        ("scissors", "a pair of kitchen scissors"),
        ("trousers", "grey trousers"),
        ("glasses", "a pair of reading glasses"),
        ("sheep", "a flock of sheep"),
        ("smoke", "smoke drifting left"),
        ("hair", "long silver hair"),
        # nouns that look like verbs or styles
        ("painting", "a large oil painting of a harbour"),
        ("drawing", "a child's drawing"),
        ("building", "a tall brick building"),
        ("ceiling", "a vaulted ceiling"),
        ("wedding ring", "a gold wedding ring"),
        ("dumpling", "a steamed dumpling"),
        ("sleeping bag", "a rolled sleeping bag"),
        ("portrait", "a portrait of a queen in a gilded frame"),
        # what stands behind the noun
        ("lime", "a lime cut in half"),
        ("child", "a child eating ice cream"),
        ("fiddler", "a fiddler playing"),
        ("kite", "a red kite flying high"),
        ("door", "a wooden door half open"),
        ("man", "a man dressed in black"),
        ("Curie", "Marie Curie reading"),
        # two names for one thing, another spelling, a kind of it
        ("lamp post", "a crooked lamppost"),
        ("t-shirt", "a white tshirt"),
        ("gray cat", "a fat grey cat"),
        ("café", "a small cafe"),
        ("sofa", "a leather couch"),
        ("bike", "a rusty bicycle"),
        ("boat", "a small sailboat"),
        ("bird", "a green parrot"),
        ("person", "an old woman with a stick"),
        ("elm", "an elm tree"),
        ("toy", "a plush toy fox"),
        ("woman", "a woman doctor"),
        # several adjectives, several nouns
        ("cow", "a black and white cow"),
        ("stone", "a small, wet stone"),
        ("butter", "bread and butter"),
    ],
)
def test_a_right_prompt_is_found(name: str, prompt: str) -> None:
    assert stands_for(name, prompt)


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("cherry", "a cherry cake"),
        ("pear", "a pear tree"),
        ("rabbit", "a rabbit hutch"),
        ("bird", "a bird cage"),
        ("horse", "a horse saddle"),
        ("bus", "a bus stop"),
        ("carrot", "carrot soup"),
        ("watch", "a watch tower"),
        ("fire", "a fire truck"),
        ("dog", "a statue of a dog"),
        ("harbour", "an oil painting of a harbour"),
        ("guitar", "a man playing guitar"),
        ("plum", "a plate with a plum"),
        ("horse", "a seahorse"),
        ("apple", "a pineapple"),
        ("red kettle", "a green kettle"),
        ("parrot", "a bird"),
        ("plum", "a fruit"),
    ],
)
def test_another_thing_is_not_found(name: str, prompt: str) -> None:
    assert not stands_for(name, prompt)


@pytest.mark.parametrize(
    ("text", "name", "named"),
    [
        ("Two tulips in a vase", "a tulip", True),
        ("a lamppost at night", "a crooked lamp post", True),
        ("a vase on a table", "a tulip", False),
        ("anything", "the", True),
    ],
)
def test_texts_that_name_a_thing(text: str, name: str, named: bool) -> None:
    assert named_in(text, read_name(name)) is named


@given(st.text(max_size=40))
def test_any_text_is_read_and_names_itself(text: str) -> None:
    name = read_name(text)
    assert name.stands_for(name) is bool(name.nouns)
