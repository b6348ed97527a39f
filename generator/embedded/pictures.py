"""Pictures with captions for training the embedded model: sprites on one ground, alone or several to a scene.

Every picture is a canvas whose sides are multiples of 16 px (whole tokens). A sprite is drawn in the middle of its box,
as large as `FILL` of the box allows. Pairs of nouns that `held_back` names never stand in one training picture, so that
the adherence measurement asks for combinations the model has not seen.
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

from generator.embedded.catalogue import CARD, OBJECTS, Sprite, look, sprites
from generator.embedded.colours import ALWAYS, COLOURS, FILLS, OWN
from generator.embedded.grounds import GROUNDS, PLAIN
from generator.embedded.render_sprites import COLUMNS, SHEET, SPRITE_PX

FILL = 0.88
OUTLINE = (52, 44, 66)
OUTLINE_PX = 3
"""On the sheet, where a picture is `SPRITE_PX` wide and high."""

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
    "on a plain background",
    "standing still",
    "on a sunny day",
    "looking happy",
    "with soft light",
    "in flat style",
    "near a wall",
    "resting quietly",
    "in front of a wall",
    "under the sky",
    "seen from the side",
    "on the floor",
    "in a room",
    "on the street",
    "in the city",
]
# None of these is a word of the model's: it reads each as "<unk>".
UNKNOWN_NOUNS = ("xylophone", "zeppelin", "fire hydrant", "gizmo", "quokka", "harpsichord")
UNKNOWN_ADJECTIVES = ("gorgeous", "majestic", "rusty", "striped", "glowing", "oversized", "oval", "woollen")
UNKNOWN_TAILS = ("galloping", "waving merrily", "made of felt", "wearing a bowtie", "enjoying itself", "full of dents")
OPENINGS = ("a picture of ", "an image of ", "an illustration of ", "a drawing of ", "there is ", "a photo of ")

PxBox = tuple[int, int, int, int]
"""x, y, width, height in pixels from the top left."""


@lru_cache(maxsize=1)
def _sheet() -> dict[Sprite, NDArray[np.float32]]:
    """Cut the sheet into pictures without margins, each with its outline; (height, width, 4) premultiplied."""
    sheet = Image.open(SHEET).convert("RGBA")
    tiles = {}
    for i, sprite in enumerate(sprites()):
        x, y = i % COLUMNS * SPRITE_PX, i // COLUMNS * SPRITE_PX
        tile = sheet.crop((x, y, x + SPRITE_PX, y + SPRITE_PX))
        tiles[sprite] = _outlined(tile.crop(tile.getchannel("A").getbbox()))
    return tiles


def _outlined(tile: Image.Image) -> NDArray[np.float32]:
    """Put a thin dark line around a picture, so that it stands out from every ground."""
    padded = np.pad(np.asarray(tile, dtype=np.float32), ((OUTLINE_PX,) * 2, (OUTLINE_PX,) * 2, (0, 0)))
    alpha = padded[..., 3:] / 255
    reach = np.arange(-OUTLINE_PX, OUTLINE_PX + 1)
    around = [(dy, dx) for dy in reach for dx in reach if dy * dy + dx * dx <= OUTLINE_PX * OUTLINE_PX + 1]
    spread = np.maximum.reduce([np.roll(alpha, shift, axis=(0, 1)) for shift in around])
    colour = padded[..., :3] * alpha + np.array(OUTLINE, dtype=np.float32) * (spread * (1 - alpha))
    return np.concatenate([colour, 255 * np.maximum(spread, alpha)], axis=-1)


def size_in(sprite: Sprite, width: float, height: float) -> tuple[int, int]:
    """Return how large a sprite is drawn that just fits into width × height px: (width, height)."""
    rows, columns = _sheet()[sprite].shape[:2]
    scale = min(width / columns, height / rows)
    return max(1, round(columns * scale)), max(1, round(rows * scale))


@lru_cache(maxsize=20_000)
def _sprite_at(sprite: Sprite, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the sprite's premultiplied colour (height, width, 3) and 1 − alpha (height, width, 1), without fringes."""
    tile = _sheet()[sprite]
    planes = [Image.fromarray(tile[..., c]).resize((width, height), Image.Resampling.LANCZOS) for c in range(4)]
    rgba = np.stack([np.asarray(plane) for plane in planes], axis=-1).clip(0, 255).astype(np.float32)
    return rgba[..., :3], np.float32(1) - rgba[..., 3:] / np.float32(255)


def compose(
    width: int, height: int, placed: Iterable[tuple[Sprite, PxBox]], fill: float = FILL, ground: str = PLAIN
) -> NDArray[np.uint8]:
    """Draw each sprite in the middle of its box on a canvas of width × height px; later ones cover earlier ones.

    A sprite is as large as `fill` of its box allows. What lies off the canvas is cut off.
    """
    canvas = np.empty((height, width, 3), dtype=np.float32)
    canvas[:] = GROUNDS[ground]
    for sprite, (x, y, w, h) in placed:
        across, down = size_in(sprite, fill * w, fill * h)
        left, top = x + (w - across) // 2, y + (h - down) // 2
        colour, see_through = _sprite_at(sprite, across, down)
        seen = (slice(max(0, -top), max(0, height - top)), slice(max(0, -left), max(0, width - left)))
        where = canvas[max(0, top) : max(0, top + down), max(0, left) : max(0, left + across)]
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
    words = [rng.choice(UNKNOWN_NOUNS) if sprite == CARD else noun]
    if sprite == CARD:
        colour = rng.choice((None, None, *COLOURS))
    elif colour is None and noun in OWN and rng.random() < 0.15:
        colour = OWN[noun]
    elif colour == ALWAYS.get(noun) and rng.random() < 0.3:
        colour = None
    if colour is not None:
        words.insert(0, colour)
    if rng.random() < 0.25:
        words.insert(0, rng.choice(ADJECTIVES if rng.random() < 0.7 else (*UNKNOWN_ADJECTIVES, "orange")))
    article = "an" if words[0][0] in "aeiou" else "a"
    return " ".join([article, *words])


def draw_sprite(rng: random.Random) -> Sprite:
    """Choose a sprite: a noun with no colour named, or in two of five cases in a colour; rarely the card."""
    chance = rng.random()
    if chance < 0.03:
        return CARD
    if chance < 0.42:
        return look(rng.choice(tuple(FILLS)), rng.choice(tuple(COLOURS)))
    return look(rng.choice(tuple(OBJECTS)), None)
