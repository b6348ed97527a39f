"""What the embedded model draws, by name. Plain data, no torch.

`OBJECTS` maps each noun to its picture in Microsoft's Fluent Emoji (flat style) or in `drawings.py`; `ALIASES` are
other words and plurals that are read as the noun. The first 48 are those of the first weights.
"""

from __future__ import annotations

import re
from functools import cache

from generator.embedded.colours import ALWAYS, COLOURS, FILLS, OWN

OBJECTS: dict[str, str] = {
    # animals
    "dog": "dog-face",
    "cat": "cat-face",
    "rabbit": "rabbit",
    "elephant": "elephant",
    "horse": "horse",
    "cow": "cow",
    "pig": "pig",
    "duck": "duck",
    "penguin": "penguin",
    "owl": "owl",
    "turtle": "turtle",
    "fish": "fish",
    "butterfly": "butterfly",
    "frog": "frog",
    # fruit and food
    "apple": "red-apple",
    "banana": "banana",
    "orange": "tangerine",
    "strawberry": "strawberry",
    "pineapple": "pineapple",
    "watermelon": "watermelon",
    "cake": "birthday-cake",
    "pizza": "pizza",
    # vehicles
    "car": "automobile",
    "bus": "bus",
    "bicycle": "bicycle",
    "train": "locomotive",
    "airplane": "airplane",
    "boat": "sailboat",
    "rocket": "rocket",
    # furniture and things
    "chair": "chair",
    "bed": "bed",
    "clock": "mantelpiece-clock",
    "cup": "hot-beverage",
    "book": "closed-book",
    "umbrella": "umbrella",
    "guitar": "guitar",
    "television": "television",
    "vase": "amphora",
    "candle": "candle",
    "hat": "billed-cap",
    "house": "house",
    "balloon": "balloon",
    # balls
    "ball": "basketball",
    "football": "soccer-ball",
    # plants
    "tree": "deciduous-tree",
    "cactus": "cactus",
    "sunflower": "sunflower",
    "mushroom": "mushroom",
    # animals
    "bird": "bird",
    "bear": "bear",
    "chicken": "chicken",
    "sheep": "ewe",
    "giraffe": "giraffe",
    "lion": "lion",
    "mouse": "mouse",
    "bee": "honeybee",
    # people
    "man": "man-standing",
    "woman": "woman-standing",
    "person": "person-standing",
    "boy": "boy",
    "girl": "girl",
    # sky and land
    "sun": "sun",
    "moon": "crescent-moon",
    "star": "star",
    "cloud": "cloud",
    "mountain": "snow-capped-mountain",
    "flower": "tulip",
    "rose": "rose",
    "plant": "potted-plant",
    "snowman": "snowman",
    # furniture and things
    "table": "table",
    "sofa": "sofa",
    "lamp": "lamp",
    "bench": "bench",
    "door": "door",
    "bottle": "bottle",
    "glass": "glass-of-milk",
    "bowl": "bowl-with-spoon",
    "plate": "fork-and-knife-with-plate",
    "key": "old-key",
    "phone": "mobile-phone",
    "laptop": "laptop",
    "camera": "camera",
    "backpack": "backpack",
    "suitcase": "luggage",
    "bag": "handbag",
    "shoe": "mans-shoe",
    "shirt": "t-shirt",
    "crown": "crown",
    "robot": "robot",
    "castle": "castle",
    # vehicles
    "truck": "delivery-truck",
    "motorcycle": "motorcycle",
    # food
    "bread": "bread",
    "egg": "egg",
    "lemon": "lemon",
    "carrot": "carrot",
}
UNKNOWN = "unknown"
"""The grey card with a question mark that stands for everything else."""

# No plural in -s.
IRREGULAR = ("fish", "butterfly", "man", "woman", "mouse", "sheep", "bench")

ALIASES: dict[str, str] = {
    "puppy": "dog",
    "kitten": "cat",
    "bunny": "rabbit",
    "pony": "horse",
    "tortoise": "turtle",
    "goldfish": "fish",
    "automobile": "car",
    "bike": "bicycle",
    "plane": "airplane",
    "aeroplane": "airplane",
    "sailboat": "boat",
    "locomotive": "train",
    "mug": "cup",
    "teacup": "cup",
    "tv": "television",
    "cap": "hat",
    "basketball": "ball",
    "violet": "purple",
    "butterflies": "butterfly",
    "strawberries": "strawberry",
    "buses": "bus",
    "cacti": "cactus",
    "puppies": "dog",
    "bunnies": "rabbit",
    "ponies": "horse",
    "child": "boy",
    "kid": "boy",
    "guy": "man",
    "lady": "woman",
    "human": "person",
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "boy",
    "mice": "mouse",
    "teddy": "bear",
    "lamb": "sheep",
    "hen": "chicken",
    "couch": "sofa",
    "desk": "table",
    "tulip": "flower",
    "hill": "mountain",
    "smartphone": "phone",
    "cellphone": "phone",
    "computer": "laptop",
    "handbag": "bag",
    "purse": "bag",
    "motorbike": "motorcycle",
    "lorry": "truck",
    "sneaker": "shoe",
    "tshirt": "shirt",
    "loaf": "bread",
    "benches": "bench",
    "glasses": "glass",
    "dishes": "plate",
    "loaves": "bread",
    "ladies": "woman",
}
ALIASES |= {f"{noun}s": noun for noun in OBJECTS if noun[-1] != "s" and noun not in IRREGULAR}
ALIASES |= {f"{word}s": noun for word, noun in list(ALIASES.items()) if word[-1] not in "sien"}

Sprite = tuple[str, str | None]
"""A picture: the noun, and its colour or None for its own look."""
CARD: Sprite = (UNKNOWN, None)


@cache
def sprites() -> tuple[Sprite, ...]:
    """List every picture in the order of the sprite sheet: each noun as it is, then in its colours, last the card."""
    looks = [(noun, None) for noun in OBJECTS if noun not in ALWAYS]
    tinted = [(noun, colour) for noun in FILLS for colour in COLOURS if OWN.get(noun) != colour]
    return (*looks, *tinted, CARD)


# What stands behind one of these tells more of a thing, and is not the thing.
BEHIND = frozenset(
    (
        *("with", "in", "on", "at", "under", "over", "near", "behind", "beside", "by", "from", "next", "above"),
        *("below", "inside", "between", "among", "around", "against", "full", "made", "and", "that", "which", "who"),
        *("whose", "wearing", "holding", "carrying", "riding", "eating", "playing", "chasing", "driving", "reading"),
    )
)
# What may follow a thing, beside colours, participles and adverbs.
AFTER = frozenset(("alone", "there", "here", "asleep", "awake", "outside", "together"))


def nouns_in(prompt: str) -> list[str]:
    """List the known nouns of a prompt in order, plurals and other words as the noun that they are read as."""
    return [noun for word in _words(prompt) if (noun := ALIASES.get(word, word)) in OBJECTS]


def read_prompt(prompt: str) -> Sprite | None:
    """Say which picture a thing's prompt asks for; None where the thing itself is not known, whatever it has with it.

    The thing is the last noun before the words that say more of it, and only adjectives and participles follow it.

    Example: "a playful puppy on the grass" → ("dog", None); "a small blue ball" → ("ball", "blue"); "a wizard in a red
    hat", "a car alarm" → None; "a cup of tea" → ("cup", "blue"), "a slice of pizza" → ("pizza", None).
    """
    words = [ALIASES.get(word, word) for word in _words(without_style(prompt))]
    words = words[: next((i for i, word in enumerate(words) if i and word in BEHIND), len(words))]
    while "of" in words:
        before, words = words[: words.index("of")], words[words.index("of") + 1 :]
        if not OBJECTS.keys().isdisjoint(before):
            words = before
    last = max((i for i, word in enumerate(words) if word in OBJECTS), default=None)
    if last is None or not all(map(_says_more, words[last + 1 :])):
        return None
    colours = [word for word in words if word in COLOURS]
    return look(words[last], colours[-1] if colours else None)


def without_style(prompt: str) -> str:
    """Give a thing's prompt up to the comma behind the thing: "a small, red cat, watercolor" → "a small, red cat"."""
    parts = prompt.split(",")
    named = (end for end in range(1, len(parts)) if nouns_in(parts[end - 1]))
    return ",".join(parts[: next(named, len(parts))])


def look(noun: str, colour: str | None) -> Sprite:
    """Return the picture of a noun in a colour, or without one: ("fish", "blue") → ("fish", None), as it is blue."""
    if noun not in FILLS or (colour is not None and colour == OWN.get(noun)):
        return noun, None
    return noun, colour or ALWAYS.get(noun)


def _says_more(word: str) -> bool:
    """Tell whether a word behind a thing describes it, and is no thing that the first belongs to ("a car key")."""
    return word in COLOURS or word in AFTER or word.endswith(("ing", "ed", "ly"))


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z]+", prompt.lower())
