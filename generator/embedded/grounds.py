"""The grounds on which scenes stand, by the words that ask for them. Plain data, no torch.

The plain ground is dark enough that white things stand out and light enough that dark ones do.
"""

from __future__ import annotations

import re

PLAIN = "plain"

# ground → its colour
GROUNDS: dict[str, tuple[int, int, int]] = {
    PLAIN: (156, 200, 220),
    "grass": (150, 205, 128),
    "sand": (238, 214, 156),
    "snow": (228, 238, 247),
    "water": (84, 152, 212),
    "night": (84, 92, 150),
}

# ground → what is said of a scene on it
PHRASES: dict[str, tuple[str, ...]] = {
    "grass": ("on the grass", "on grass", "in the garden", "in the park", "in a field", "on a green meadow"),
    "sand": ("on the beach", "at the beach", "in the desert", "on the sand"),
    "snow": ("in the snow", "on snow", "on the snow", "in winter"),
    "water": ("on the sea", "on the water", "in the sea", "on the lake", "in the ocean", "on the pond", "on the river"),
    "night": ("at night", "in the night", "in space", "at midnight", "in the dark"),
}

WORDS: dict[str, str] = {
    "grass": "grass",
    "garden": "grass",
    "park": "grass",
    "field": "grass",
    "meadow": "grass",
    "lawn": "grass",
    "backyard": "grass",
    "beach": "sand",
    "desert": "sand",
    "sand": "sand",
    "snow": "snow",
    "snowy": "snow",
    "winter": "snow",
    "sea": "water",
    "water": "water",
    "lake": "water",
    "ocean": "water",
    "pond": "water",
    "river": "water",
    "night": "night",
    "space": "night",
    "midnight": "night",
    "dark": "night",
}


def ground_of(prompt: str) -> str:
    """Name the ground that a prompt asks for, by the last of its words that tell one: "a dog at night" → "night"."""
    told = [WORDS[word] for word in re.findall(r"[a-z]+", prompt.lower()) if word in WORDS]
    return told[-1] if told else PLAIN
