"""What the embedded model draws: 48 objects by name, eight of them in five colours. Plain data, no torch.

`OBJECTS` maps each noun to its picture in Microsoft's Fluent Emoji (flat style); `TINTED` says which of that picture's
fills are repainted for a colour; `ALIASES` are other words and plurals that are read as the noun.
"""

from __future__ import annotations

import re

OBJECTS: dict[str, str] = {
    # animals
    "dog": "dog",
    "cat": "cat",
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
}

# colour name → (main, light, dark) shade
COLOURS: dict[str, tuple[str, str, str]] = {
    "red": ("#f8312f", "#ff8687", "#b0123f"),
    "blue": ("#3f5fff", "#8bafff", "#26339c"),
    "green": ("#2fae4a", "#86d72f", "#14662c"),
    "yellow": ("#fcd53f", "#fff1a0", "#d29a00"),
    "purple": ("#9a55d8", "#c9a0f0", "#553078"),
}

# noun → (its colour when none is named, {fill in the source picture: 0 main, 1 light, 2 dark})
TINTED: dict[str, tuple[str, dict[str, int]]] = {
    "ball": ("red", {"#ff6723": 0}),
    "balloon": ("red", {"#f8312f": 0, "#ff8687": 1, "#ca0b4a": 2}),
    "car": ("red", {"#f8312f": 0, "#ca0b4a": 2}),
    "cup": ("blue", {"#e6e6e6": 0, "#d3d3d3": 0, "#f4f4f4": 1, "#9b9b9b": 2}),
    "book": ("green", {"#ca0b4a": 0, "#990838": 2}),
    "umbrella": ("purple", {"#8d65c5": 0, "#433b6b": 2}),
    "hat": ("blue", {"#6683ff": 2, "#6a8cff": 0, "#8bafff": 0, "#3c378c": 2, "#526ce3": 2}),
    "chair": ("yellow", {"#7d4533": 0, "#a56953": 0, "#402a32": 2}),
}

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
}
ALIASES |= {f"{noun}s": noun for noun in OBJECTS if noun not in ("bus", "fish", "butterfly")}
ALIASES |= {f"{word}s": noun for word, noun in list(ALIASES.items()) if word[-1] not in "si"}

Sprite = tuple[str, str | None]
"""A picture: the noun, and its colour or None where the noun has only one look."""


def sprites() -> list[Sprite]:
    """List every picture in the order of the sprite sheet: 40 single looks, then 8 nouns × 5 colours."""
    plain: list[Sprite] = [(noun, None) for noun in OBJECTS if noun not in TINTED]
    return plain + [(noun, colour) for noun in TINTED for colour in COLOURS]


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

    Example: "a playful puppy on the grass" → ("dog", None); "a small blue ball" → ("ball", "blue"); "a man in a red
    hat", "a car key" → None; "a cup of tea" → ("cup", "blue"), "a slice of pizza" → ("pizza", None).
    """
    words = [ALIASES.get(word, word) for word in _words(prompt)]
    words = words[: next((i for i, word in enumerate(words) if i and word in BEHIND), len(words))]
    while "of" in words:
        before, words = words[: words.index("of")], words[words.index("of") + 1 :]
        if not OBJECTS.keys().isdisjoint(before):
            words = before
    last = max((i for i, word in enumerate(words) if word in OBJECTS), default=None)
    if last is None or not all(map(_says_more, words[last + 1 :])):
        return None
    noun = words[last]
    if noun not in TINTED:
        return noun, None
    colours = [word for word in words if word in COLOURS]
    return noun, colours[-1] if colours else TINTED[noun][0]


def _says_more(word: str) -> bool:
    """Tell whether a word behind a thing describes it, and is no thing that the first belongs to ("a car key")."""
    return word in COLOURS or word in AFTER or word.endswith(("ing", "ed", "ly"))


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z]+", prompt.lower())
