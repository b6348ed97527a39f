"""Random scenes for training: one to six objects in boxes on a canvas, and words that say what is where."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generator.embedded.catalogue import Sprite, look
from generator.embedded.colours import COLOURS, FILLS
from generator.embedded.grounds import PHRASES, PLAIN
from generator.embedded.pictures import (
    OPENINGS,
    TAILS,
    UNKNOWN_TAILS,
    PxBox,
    compose,
    draw_sprite,
    held_back,
    name_of,
)
from planner.plan.limits import TOKEN_PX

CANVASES = (*((256, 256),) * 6, (384, 256), (256, 384), (320, 320), (384, 384), (192, 192), (256, 192))
"""Whole pictures; what stands here several times is drawn as often."""
CELLS = ((256, 128), (128, 256), (256, 112), (256, 144), (96, 256), (80, 256), (128, 128), (96, 128), (192, 128))
"""What the planner cuts a canvas of 256 × 256 px into, and a few more."""
SCENE_SIZES = (*CANVASES, *CELLS)

COUNTED = {2: "two", 3: "three"}
LONE_SHARE = {CANVASES: 0.3, CELLS: 0.8}
"""Scenes of one object: what a cell's pass sees, and must not add to."""
FILLING_SHARE = 0.35
"""Of these, so many have their object as large as the canvas allows, as a single; the others anywhere."""

EMPTY_SHARE = 0.08
"""Scenes of nothing but their ground: what the prompt of an emptied region asks for."""

HARD = (
    *("bicycle", "airplane", "television", "camera", "cactus", "door", "chair", "vase", "crown", "bag", "cat"),
    *("backpack", "table", "guitar", "plate", "sofa", "candle", "mushroom", "turtle", "sheep", "pig", "clock"),
)
"""Nouns that an earlier state of the weights drew wrong, alone or white: drawn three times as often, in any colour."""

COUNTS_TO_LAYOUTS: dict[int, tuple[str, ...]] = {
    1: ("whole", "left", "right", "top", "bottom"),
    2: ("columns", "rows"),
    3: ("columns", "columns", "rows", "two over one", "one over two"),
    4: ("grid", "grid", "columns", "rows"),
    5: ("three over two", "two over three"),
    6: ("three over three",),
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
    "three over two5": ("{0}, {1} and {2} above {3} and {4}", "{0}, {1}, {2}, {3} and {4}"),
    "two over three5": ("{0} and {1} above {2}, {3} and {4}", "{0}, {1}, {2}, {3} and {4}"),
    "three over three6": ("{0}, {1} and {2} above {3}, {4} and {5}", "{0}, {1}, {2}, {3}, {4} and {5}"),
}


@dataclass(frozen=True)
class TrainingScene:
    """What is where on a canvas of width × height px.

    `layout` is "single", "lone", "empty" or one of `COUNTS_TO_LAYOUTS`.
    """

    layout: str
    width: int
    height: int
    placed: tuple[tuple[Sprite, PxBox], ...]
    ground: str = PLAIN

    def picture(self) -> NDArray[np.uint8]:
        """Draw the scene: (height, width, 3)."""
        return compose(self.width, self.height, self.placed, ground=self.ground)

    def free_tokens(self) -> Tensor:
        """Say of each token, row by row, whether no object's box covers it: (height · width / TOKEN_PX²,)."""
        free = torch.ones(self.height // TOKEN_PX, self.width // TOKEN_PX, dtype=torch.bool)
        for _, (x, y, width, height) in self.placed:
            right, bottom = x + width, y + height
            free[y // TOKEN_PX : -(-bottom // TOKEN_PX), x // TOKEN_PX : -(-right // TOKEN_PX)] = False
        return free.flatten()

    def caption(self, rng: random.Random) -> str:
        """Say the scene in words, each time a little differently."""
        names = [name_of(sprite, rng) for sprite, _ in self.placed]
        if self.layout == "empty":
            return self._with_ground("", rng).strip()
        if self.layout in ("single", "lone"):
            return self._with_ground(_single_caption(names[0], rng), rng)
        if len({sprite for sprite, _ in self.placed}) < len(names):
            sentence = f"{COUNTED[len(names)]} {names[0].split(' ', 1)[1]}"
        else:
            sentence = rng.choice(SENTENCES[f"{self.layout}{len(names)}"]).format(*names)
        return self._with_ground((rng.choice(OPENINGS) if rng.random() < 0.2 else "") + sentence, rng)

    def _with_ground(self, sentence: str, rng: random.Random) -> str:
        """Say where it is, behind the sentence or, now and then, before it."""
        if self.ground == PLAIN:
            return sentence
        where = rng.choice(PHRASES[self.ground])
        return f"{where} {sentence}" if rng.random() < 0.15 else f"{sentence} {where}"


def _single_caption(name: str, rng: random.Random) -> str:
    if rng.random() < 0.2:
        name = name.split(" ", 1)[1]
    opening = rng.choice(OPENINGS) if rng.random() < 0.15 else ""
    tail = f" {rng.choice(TAILS if rng.random() < 0.6 else UNKNOWN_TAILS)}" if rng.random() < 0.3 else ""
    return opening + name + tail


def draw_ground(rng: random.Random) -> str:
    """Choose a ground: the plain one in two of three cases."""
    return PLAIN if rng.random() < 0.66 else rng.choice(tuple(PHRASES))


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
        "three over two": [3, 2],
        "two over three": [2, 3],
        "three over three": [3, 3],
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
    """Place a box of whole tokens in a cell, mostly filling its middle, never smaller than 48 px unless the cell is."""
    anywhere = rng.random() < 0.3

    def side(start: int, length: int) -> tuple[int, int]:
        tokens = length // TOKEN_PX
        used = rng.randint(min(tokens, max(3, tokens * 6 // 10)), tokens)
        room = rng.randint(0, tokens - used) if anywhere else (tokens - used + rng.randint(0, 1)) // 2
        return start + room * TOKEN_PX, used * TOKEN_PX

    x, w = side(cell[0], cell[2])
    y, h = side(cell[1], cell[3])
    return x, y, w, h


def _draw(rng: random.Random) -> Sprite:
    """Choose a sprite as `draw_sprite` does, what is hard to draw more often: some nouns, and what is white."""
    chance = rng.random()
    if chance < 0.2:
        noun = rng.choice(HARD)
        return look(noun, rng.choice((None, *COLOURS)) if noun in FILLS else None)
    return look(rng.choice(tuple(FILLS)), "white") if chance < 0.42 else draw_sprite(rng)


def _choose_sprites(count: int, rng: random.Random) -> list[Sprite]:
    while True:
        chosen = [_draw(rng) for _ in range(count)]
        if len({noun for noun, _ in chosen}) == count and not held_back(noun for noun, _ in chosen):
            return chosen


def random_single(width: int, height: int, rng: random.Random) -> TrainingScene:
    """One object that fills its canvas, as in a hard-binding pass."""
    placed = ((_draw(rng), (0, 0, width, height)),)
    return TrainingScene("single", width, height, placed, draw_ground(rng))


def random_scene(width: int, height: int, rng: random.Random) -> TrainingScene:
    """One to six different objects, none of the held-back pairs together, or some of a kind.

    Or one object, of whose place and size the words do not tell: the rest of the canvas must learn to stay empty.
    Or none.
    """
    if rng.random() < EMPTY_SHARE:
        return TrainingScene("empty", width, height, (), draw_ground(rng))
    if rng.random() < LONE_SHARE[CELLS if (width, height) in CELLS else CANVASES]:
        return (random_single if rng.random() < FILLING_SHARE else _lone_object)(width, height, rng)
    count = rng.choices((1, 2, 3, 4, 5, 6), weights=(2, 5, 4, 4, 1, 3))[0]
    layouts = [name for name in COUNTS_TO_LAYOUTS[count] if _has_room(name, count, width, height)]
    while not layouts:
        count -= 1
        layouts = [name for name in COUNTS_TO_LAYOUTS[count] if _has_room(name, count, width, height)]
    layout = rng.choice(layouts)
    boxes = [box_in(cell, rng) for cell in cell_boxes(layout, count, width, height)]
    alike = layout == "columns" and count <= 3 and rng.random() < 0.15
    chosen = [_draw(rng)] * count if alike else _choose_sprites(count, rng)
    return TrainingScene(layout, width, height, tuple(zip(chosen, boxes, strict=True)), draw_ground(rng))


def _lone_object(width: int, height: int, rng: random.Random) -> TrainingScene:
    w, h = (rng.randint(4, min(length // TOKEN_PX, 16)) * TOKEN_PX for length in (width, height))
    if rng.random() < 0.5:
        w = h = min(w, h)
    tokens = ((width - w) // TOKEN_PX, (height - h) // TOKEN_PX)
    x, y = (free // 2 if rng.random() < 0.4 else rng.randint(0, free) for free in tokens)
    placed = ((_draw(rng), (x * TOKEN_PX, y * TOKEN_PX, w, h)),)
    return TrainingScene("lone", width, height, placed, draw_ground(rng))


def _has_room(layout: str, count: int, width: int, height: int) -> bool:
    return all(min(w, h) >= 48 for _, _, w, h in cell_boxes(layout, count, width, height))
