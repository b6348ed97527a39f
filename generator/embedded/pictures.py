"""Pictures with captions for training the embedded model: sprites on one plain background, alone or several to a scene.

Every picture is a canvas whose sides are multiples of 16 px (whole tokens). A sprite is drawn in the middle of its box,
`FILL` of the box's shorter side. Pairs of nouns that `held_back` names never stand in one training picture, so that the
adherence measurement asks for combinations the model has not seen.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.embedded.catalogue import TINTED, Sprite, sprites
from generator.embedded.render_sprites import COLUMNS, SHEET, SPRITE_PX

BACKGROUND = (247, 243, 234)
FILL = 0.92

ADJECTIVES = [
    "small",
    "big",
    "huge",
    "tiny",
    "playful",
    "happy",
    "cute",
    "old",
    "new",
    "shiny",
    "beautiful",
    "lovely",
    "bright",
    "wooden",
    "little",
    "large",
    "nice",
    "pretty",
    "fluffy",
    "funny",
    "colorful",
    "simple",
    "single",
    "lonely",
    "friendly",
    "detailed",
    "flat",
    "round",
    "young",
    "tall",
    "sleepy",
    "modern",
    "vintage",
]
TAILS = [
    "on the grass",
    "sitting on the grass",
    "on a table",
    "in the garden",
    "on a plain background",
    "standing still",
    "at the beach",
    "on the floor",
    "in the park",
    "by the sea",
    "in the sun",
    "in the snow",
    "on a sunny day",
    "looking happy",
    "with soft light",
    "in flat style",
    "near a wall",
    "resting quietly",
    "in front of a wall",
    "under the sky",
    "seen from the side",
]
OPENINGS = ("a picture of ", "an image of ", "an illustration of ", "a drawing of ", "there is ", "a photo of ")

PxBox = tuple[int, int, int, int]
"""x, y, width, height in pixels from the top left."""


@lru_cache(maxsize=1)
def _sheet() -> dict[Sprite, Image.Image]:
    sheet = Image.open(SHEET).convert("RGBA")
    tiles = {}
    for i, sprite in enumerate(sprites()):
        x, y = i % COLUMNS * SPRITE_PX, i // COLUMNS * SPRITE_PX
        tiles[sprite] = sheet.crop((x, y, x + SPRITE_PX, y + SPRITE_PX))
    return tiles


@lru_cache(maxsize=20_000)
def _sprite_at(sprite: Sprite, side_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the sprite's premultiplied colour (side, side, 3) and 1 − alpha (side, side, 1), without fringes."""
    tile = np.asarray(_sheet()[sprite], dtype=np.float32)
    tile[..., :3] *= tile[..., 3:] / 255
    planes = [Image.fromarray(tile[..., c]).resize((side_px, side_px), Image.Resampling.LANCZOS) for c in range(4)]
    rgba = np.stack([np.asarray(plane) for plane in planes], axis=-1).clip(0, 255).astype(np.float32)
    return rgba[..., :3], np.float32(1) - rgba[..., 3:] / np.float32(255)


def compose(width: int, height: int, placed: Iterable[tuple[Sprite, PxBox]], fill: float = FILL) -> NDArray[np.uint8]:
    """Draw each sprite in the middle of its box on a canvas of width × height px; later ones cover earlier ones.

    What lies off the canvas is cut off.
    """
    canvas = np.empty((height, width, 3), dtype=np.float32)
    canvas[:] = BACKGROUND
    for sprite, (x, y, w, h) in placed:
        side = round(fill * min(w, h))
        left, top = x + (w - side) // 2, y + (h - side) // 2
        colour, see_through = _sprite_at(sprite, side)
        seen = (slice(max(0, -top), max(0, height - top)), slice(max(0, -left), max(0, width - left)))
        where = canvas[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
        where *= see_through[seen]
        where += colour[seen]
    return canvas.round().clip(0, 255).astype(np.uint8)


def held_back(nouns: Iterable[str]) -> bool:
    """Say whether two of the nouns are one of the pairs (an eighth of all) kept out of the training pictures."""
    return any(_held_back_pair(*pair) for pair in combinations(sorted(set(nouns)), 2))


@cache
def _held_back_pair(a: str, b: str) -> bool:
    return hashlib.sha256(f"{a}+{b}".encode()).digest()[0] % 8 == 0


def name_of(sprite: Sprite, rng: random.Random) -> str:
    """Name a sprite in words, with its article: "a red ball"; a colour that is the default is sometimes left out."""
    noun, colour = sprite
    words = [noun]
    if colour is not None and (colour != TINTED[noun][0] or rng.random() < 0.7):
        words.insert(0, colour)
    if rng.random() < 0.25:
        words.insert(0, rng.choice(ADJECTIVES))
    article = "an" if words[0][0] in "aeiou" else "a"
    return " ".join([article, *words])


def draw_sprite(rng: random.Random) -> Sprite:
    """Choose a sprite: in two of five cases one of the 40 tinted ones, else one of the 40 with a single look."""
    everything = sprites()
    single = [sprite for sprite in everything if sprite[1] is None]
    tinted = [sprite for sprite in everything if sprite[1] is not None]
    return rng.choice(tinted) if rng.random() < 0.4 else rng.choice(single)
