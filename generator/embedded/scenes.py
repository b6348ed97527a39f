"""Random scenes for training: one to four objects in boxes on a canvas, and words that say what is where."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.embedded.catalogue import Sprite
from generator.embedded.pictures import (
    OPENINGS,
    TAILS,
    PxBox,
    compose,
    draw_sprite,
    held_back,
    name_of,
)
from planner.plan.limits import TOKEN_PX

SCENE_SIZES = ((128, 128), (192, 128), (128, 192), (192, 192), (256, 128), (256, 192), (256, 256))

COUNTS_TO_LAYOUTS: dict[int, tuple[str, ...]] = {
    1: ("whole", "left", "right", "top", "bottom"),
    2: ("columns", "rows"),
    3: ("columns", "columns", "rows", "two over one", "one over two"),
    4: ("grid", "grid", "columns", "rows"),
}

SENTENCES: dict[str, tuple[str, ...]] = {
    "whole1": ("{0}", "{0} in the middle"),
    "left1": ("{0} on the left",),
    "right1": ("{0} on the right",),
    "top1": ("{0} at the top",),
    "bottom1": ("{0} at the bottom",),
    "columns2": (
        "{0} on the left and {1} on the right",
        "{0} to the left of {1}",
        "{0} on the left of {1}",
        "{1} to the right of {0}",
        "{1} on the right and {0} on the left",
        "{0} next to {1}",
        "{0} and {1}",
    ),
    "rows2": (
        "{0} above {1}",
        "{1} below {0}",
        "{0} on top of {1}",
        "{0} at the top and {1} at the bottom",
        "{1} under {0}",
        "{1} at the bottom and {0} at the top",
    ),
    "columns3": (
        "from left to right {0} {1} and {2}",
        "{0} on the left, {1} in the middle and {2} on the right",
        "{1} between {0} and {2}",
        "{0}, {1} and {2}",
    ),
    "rows3": (
        "from top to bottom {0} {1} and {2}",
        "{0} at the top, {1} in the middle and {2} at the bottom",
    ),
    "two over one3": ("{0} and {1} above {2}", "{0} at the top left, {1} at the top right and {2} at the bottom"),
    "one over two3": ("{0} above {1} and {2}", "{0} at the top, {1} at the bottom left and {2} at the bottom right"),
    "grid4": (
        "{0} at the top left, {1} at the top right, {2} at the bottom left and {3} at the bottom right",
        "{0} and {1} above {2} and {3}",
        "{0}, {1}, {2} and {3}",
    ),
    "columns4": ("from left to right {0} {1} {2} and {3}",),
    "rows4": ("from top to bottom {0} {1} {2} and {3}",),
}


@dataclass(frozen=True)
class TrainingScene:
    """What is where on a canvas of width × height px; `layout` is "single" or one of `COUNTS_TO_LAYOUTS`."""

    layout: str
    width: int
    height: int
    placed: tuple[tuple[Sprite, PxBox], ...]

    def picture(self) -> NDArray[np.uint8]:
        """Draw the scene: (height, width, 3)."""
        return compose(self.width, self.height, self.placed)

    def caption(self, rng: random.Random) -> str:
        """Say the scene in words, each time a little differently."""
        names = [name_of(sprite, rng) for sprite, _ in self.placed]
        if self.layout == "single":
            return _single_caption(names[0], rng)
        sentence = rng.choice(SENTENCES[f"{self.layout}{len(names)}"]).format(*names)
        return (rng.choice(OPENINGS) if rng.random() < 0.2 else "") + sentence


def _single_caption(name: str, rng: random.Random) -> str:
    if rng.random() < 0.2:
        name = name.split(" ", 1)[1]
    opening = rng.choice(OPENINGS) if rng.random() < 0.15 else ""
    tail = f" {rng.choice(TAILS)}" if rng.random() < 0.3 else ""
    return opening + name + tail


def split(length_px: int, parts: int) -> list[tuple[int, int]]:
    """Cut a length into parts of whole tokens, nearly equal: [(start, length), …] in px."""
    edges = [round(length_px / TOKEN_PX * i / parts) * TOKEN_PX for i in range(parts + 1)]
    return [(a, b - a) for a, b in pairwise(edges)]


def cell_boxes(layout: str, count: int, width: int, height: int) -> list[PxBox]:
    """Lay out the cells of a named layout in reading order."""
    per_row = {
        "columns": [count],
        "rows": [1] * count,
        "grid": [2, 2],
        "two over one": [2, 1],
        "one over two": [1, 2],
        "left": [2],
        "right": [2],
        "top": [1, 1],
        "bottom": [1, 1],
        "whole": [1],
    }[layout]
    cells = [
        (x, y, w, h)
        for (y, h), columns in zip(split(height, len(per_row)), per_row, strict=True)
        for x, w in split(width, columns)
    ]
    if layout in ("left", "top"):
        return cells[:1]
    return cells[1:] if layout in ("right", "bottom") else cells


def box_in(cell: PxBox, rng: random.Random) -> PxBox:
    """Place a box of whole tokens in a cell, mostly filling it, never smaller than 48 px unless the cell is."""

    def side(start: int, length: int) -> tuple[int, int]:
        tokens = length // TOKEN_PX
        used = rng.randint(min(tokens, max(3, tokens * 6 // 10)), tokens)
        return start + rng.randint(0, tokens - used) * TOKEN_PX, used * TOKEN_PX

    x, w = side(cell[0], cell[2])
    y, h = side(cell[1], cell[3])
    return x, y, w, h


def _choose_sprites(count: int, rng: random.Random) -> list[Sprite]:
    while True:
        chosen = [draw_sprite(rng) for _ in range(count)]
        if len({noun for noun, _ in chosen}) == count and not held_back(noun for noun, _ in chosen):
            return chosen


def random_single(width: int, height: int, rng: random.Random) -> TrainingScene:
    """One object that fills its canvas, as in a hard-binding pass."""
    return TrainingScene("single", width, height, ((draw_sprite(rng), (0, 0, width, height)),))


def random_scene(width: int, height: int, rng: random.Random) -> TrainingScene:
    """One to four different objects, none of the held-back pairs together.

    Or one object in any place, of which the words do not tell: the rest of the canvas must learn to stay empty.
    """
    if rng.random() < 0.3:
        side = rng.randint(4, min(width, height) // TOKEN_PX) * TOKEN_PX
        x, y = (rng.randint(0, (length - side) // TOKEN_PX) * TOKEN_PX for length in (width, height))
        return TrainingScene("single", width, height, ((draw_sprite(rng), (x, y, side, side)),))
    count = rng.choices((1, 2, 3, 4), weights=(2, 4, 4, 4))[0]
    layouts = [name for name in COUNTS_TO_LAYOUTS[count] if _has_room(name, count, width, height)]
    layout = rng.choice(layouts)
    boxes = [box_in(cell, rng) for cell in cell_boxes(layout, count, width, height)]
    return TrainingScene(layout, width, height, tuple(zip(_choose_sprites(count, rng), boxes, strict=True)))


def _has_room(layout: str, count: int, width: int, height: int) -> bool:
    return all(min(w, h) >= 48 for _, _, w, h in cell_boxes(layout, count, width, height))
