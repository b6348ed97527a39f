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


def read_prompt(prompt: str) -> Sprite | None:
    """Say which picture a prompt asks for, by its first known noun; None when it names none.

    Example: "a playful puppy on the grass" → ("dog", None); "a small blue ball" → ("ball", "blue").
    """
    words = [ALIASES.get(word, word) for word in re.findall(r"[a-z]+", prompt.lower())]
    if "orange" in words[:-1] and words[words.index("orange") + 1] in OBJECTS:
        words.remove("orange")  # a colour here, and none that is drawn
    nouns = [word for word in words if word in OBJECTS]
    if not nouns:
        return None
    noun = nouns[0]
    if noun not in TINTED:
        return noun, None
    before = words[: words.index(noun)]
    colours = [word for word in before if word in COLOURS]
    return noun, colours[-1] if colours else TINTED[noun][0]
