"""The reviewer `sprites`: reads the embedded model's pictures by comparing them with its sprites.

It is not the recogniser that measures the model (`recogniser.py`), so that what is published is not what was mended
for. That one takes a region and its squared error against one sprite on a plain background; this one takes the whole
picture, finds sprites in it by normalised correlation at all places and sizes, whatever their contrast, matches them
with the plan, and then looks at what no sprite explains. It knows only the catalogue and the sprites: with other ones
it needs nothing but a new start.

The thresholds were set on development scenes that no measurement uses; LIKE with the recogniser's verdicts on them in
view, so that how often the two agree there says little.
Tensors: (sprites or 3 channels, height, width).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from generator.embedded.card import is_unknown
from generator.embedded.catalogue import Sprite, read_prompt, sprites
from generator.embedded.pictures import BACKGROUND, FILL, compose
from generator.review.findings import MAX_STRAYS, Finding, Review, Stray
from generator.review.matching import assigned, is_in
from planner.plan import Box, Plan

LONGER_SIDE: Final = 96  # px, of the picture as it is compared
SIDES: Final = tuple(round(14 * 1.12**step) for step in range(17))  # px, of the sprites that are looked for
FINE: Final = 4  # times finer a sprite is drawn than it is compared
LIKE: Final = 0.89  # correlation from which on something is the sprite
ALIKE: Final = 0.65  # from which on it is taken for a bad drawing of it
LEAST_GAIN: Final = 3.0  # squared error that a sprite must explain, of 96 × 96 px
SEEN_PX: Final = 0.12  # difference from the background, 0..1, from which on a pixel shows something
GROWTH_PX: Final = 2  # around a sprite's outline
LEAST_STRAY: Final = 0.05  # of the energy of the object whose cell it is in
WHOLE_STRAY: Final = 0.3  # from which on a stray counts as a whole thing
CLOSE_PX: Final = 2  # pieces so close are one stray

Pixels = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Sighting:
    """A sprite that stands somewhere: its number, top left corner and side in px, and how sure that is.

    likeness: the normalised correlation, −1 to 1. gain: the squared error that it explains.
    """

    sprite: int
    x: int
    y: int
    side: int
    likeness: float
    gain: float

    def box(self, width: int, height: int) -> Box:
        """Return where it is, in fractions of a canvas of width × height px."""
        return Box(self.x / width, self.y / height, self.side / width, self.side / height)

    def hides(self, other: Sighting) -> bool:
        """Tell whether both cannot be there: they share over a third of the smaller one."""
        width = min(self.x + self.side, other.x + other.side) - max(self.x, other.x)
        height = min(self.y + self.side, other.y + other.side) - max(self.y, other.y)
        return width > 0 and height > 0 and 3 * width * height > min(self.side, other.side) ** 2


class SpriteReviewer:
    """Reads pictures of the embedded model: which of its things stand where, and what else."""

    name = "sprites"

    def review(self, image: Image.Image, plan: Plan) -> Review:
        """Look for each object of the plan, and for what is not in it; an object that it does not know is not seen."""
        start = time.monotonic()
        seen = _shrunk(image)
        height, width = seen.shape[1:]
        sightings = find_sprites(seen)
        wanted = [read_prompt(item.prompt) for item in plan.objects]
        likeness = np.array([[_likeness(each, sprite) for each in sightings] for sprite in wanted])
        places = [each.box(width, height) for each in sightings]
        chosen = assigned(likeness.reshape(len(wanted), len(sightings)), [item.box for item in plan.objects], places)
        pairs = [None if each is None else sightings[each] for each in chosen]
        findings = tuple(
            _finding(number, plan.objects[number].box, sprite, sighting, (width, height))
            for number, (sprite, sighting) in enumerate(zip(wanted, pairs, strict=True))
        )
        strays = tuple(_strays(seen, plan, wanted, [each for each in pairs if each], sightings))
        return Review(self.name, findings, strays, time.monotonic() - start)


def find_sprites(seen: Tensor) -> list[Sighting]:
    """Find the sprites in a picture less its background (3, height, width), the plainest first, none over another."""
    height, width = seen.shape[1:]
    spectrum = torch.fft.rfft2(seen)
    squares = torch.nn.functional.pad(seen.square().sum(0).cumsum(0).cumsum(1), (1, 0, 1, 0))
    found = [
        each
        for side in SIDES
        if side <= min(height, width)
        for each in _peaks(spectrum, squares, side, (height, width))
    ]
    kept: list[Sighting] = []
    for each in sorted(found, key=lambda sighting: -sighting.gain):
        if not any(each.hides(other) for other in kept):
            kept.append(each)
    return kept


def _peaks(spectrum: Tensor, squares: Tensor, side: int, size: tuple[int, int]) -> list[Sighting]:
    """Find the places where a sprite of one size explains more than at all places beside it."""
    _, own, spectra = _templates(side, *size)
    rows, columns = size[0] - side + 1, size[1] - side + 1
    match = torch.fft.irfft2((spectrum[None] * spectra).sum(1), s=size)[:, :rows, :columns]
    inside = squares[side:, side:] - squares[:-side, side:] - squares[side:, :-side] + squares[:-side, :-side]
    gain, number = (2 * match - own[:, None, None]).max(0)
    highest = torch.nn.functional.max_pool2d(gain[None], 7, 1, 3)[0]
    found = []
    for y, x in ((gain == highest) & (gain > LEAST_GAIN)).nonzero().tolist():
        sprite = int(number[y, x])
        likeness = match[sprite, y, x] / torch.sqrt(inside[y, x].clamp(min=1e-3) * own[sprite])
        found.append(Sighting(sprite, x, y, side, float(likeness), float(gain[y, x])))
    return [each for each in found if each.likeness >= ALIKE]


@cache
def _templates(side: int, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """All sprites of one size less the background, the squares of each, and their spectra on a canvas."""
    fine = side * FINE
    pictures = [compose(fine, fine, [(sprite, (0, 0, fine, fine))], fill=1.0) for sprite in sprites()]
    templates = torch.stack([_less_background(Image.fromarray(picture), (side, side)) for picture in pictures])
    return templates, templates.square().sum((1, 2, 3)), torch.fft.rfft2(templates, s=(height, width)).conj()


def _shrunk(image: Image.Image) -> Tensor:
    scale = LONGER_SIDE / max(image.size)
    return _less_background(image, (max(round(image.width * scale), 1), max(round(image.height * scale), 1)))


def _less_background(image: Image.Image, size: tuple[int, int]) -> Tensor:
    small = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX), dtype=np.float32)
    return torch.from_numpy((small - np.array(BACKGROUND, dtype=np.float32)) / 255).movedim(-1, 0).contiguous()


def _likeness(sighting: Sighting, wanted: Sprite | None) -> float:
    """Return how likely a sighting is the wanted sprite: half as likely in another colour, 0 for another thing."""
    noun, colour = sprites()[sighting.sprite]
    if wanted is None or noun != wanted[0]:
        return 0.0
    return sighting.likeness if colour == wanted[1] else sighting.likeness / 2


def _finding(number: int, box: Box, wanted: Sprite | None, sighting: Sighting | None, size: tuple[int, int]) -> Finding:
    if sighting is None:
        words = "no picture of it is known" if wanted is None else ""
        return Finding(number, False, count=0, confidence=0.0 if wanted is None else 1.0, words=words)
    noun, colour = sprites()[sighting.sprite]
    words = f"a {colour} one" if (noun, colour) != wanted else "" if sighting.likeness >= LIKE else "badly drawn"
    confidence = min(max(sighting.likeness, 0.0), 1.0)
    place = sighting.box(*size)
    return Finding(
        number,
        seen=True,
        placed=is_in(place, box),
        as_described=not words,
        confidence=confidence,
        box=place,
        words=words,
    )


def _strays(
    seen: Tensor, plan: Plan, wanted: Sequence[Sprite | None], placed: Sequence[Sighting], sightings: Sequence[Sighting]
) -> list[Stray]:
    """Return the pieces that none of the plan's objects explains, the largest first."""
    height, width = seen.shape[1:]
    left = (seen.abs().amax(0) > SEEN_PX).numpy() & ~_outlines(placed, height, width) & ~_cards(plan, height, width)
    near = ndimage.binary_dilation(left, iterations=CLOSE_PX)
    labels, _ = ndimage.label(near, structure=np.ones((3, 3)))
    energy = seen.square().sum(0).numpy()
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        piece = (labels[rows, columns] == number) & left[rows, columns]
        inside = np.argwhere(piece)
        (top, first), (bottom, last) = inside.min(0), inside.max(0) + 1
        x, y = columns.start + first, rows.start + top
        box = Box(x / width, y / height, (last - first) / width, (bottom - top) / height)
        share = float(energy[rows, columns][piece].sum()) / _energy_near(box, plan, wanted, (width, height))
        if share >= LEAST_STRAY:
            found.append((share, Stray(_name(box, sightings, (width, height)), box, min(share / WHOLE_STRAY, 1.0))))
    return [stray for _, stray in sorted(found, key=lambda pair: -pair[0])[:MAX_STRAYS]]


def _outlines(placed: Sequence[Sighting], height: int, width: int) -> Pixels:
    """Return the pixels that belong to sprites, with a little around them."""
    mask = np.zeros((height, width), dtype=bool)
    for each in placed:
        templates, _, _ = _templates(each.side, height, width)
        mask[each.y : each.y + each.side, each.x : each.x + each.side] |= (
            templates[each.sprite].abs().amax(0) > SEEN_PX / 2
        ).numpy()
    grown: Pixels = ndimage.binary_dilation(mask, iterations=GROWTH_PX) if placed else mask
    return grown


def _cards(plan: Plan, height: int, width: int) -> Pixels:
    """Return the pixels of the boxes of what is not known, in which cards stand."""
    mask = np.zeros((height, width), dtype=bool)
    for box in (item.box for item in plan.objects if is_unknown(item)):
        rows = slice(math.floor(box.y * height), math.ceil(box.bottom * height))
        mask[rows, math.floor(box.x * width) : math.ceil(box.right * width)] = True
    return mask


def _energy_near(box: Box, plan: Plan, wanted: Sequence[Sprite | None], size: tuple[int, int]) -> float:
    """Return the energy of the object that is nearest to a piece, as it should be drawn; 1 where none is known."""
    known = [number for number, sprite in enumerate(wanted) if sprite is not None]
    if not known:
        return 1.0
    nearest = min(known, key=lambda number: plan.objects[number].box.distance(*box.center))
    target = plan.objects[nearest].box
    side = max(round(FILL * min(target.width * size[0], target.height * size[1])), 4)
    sprite = wanted[nearest]
    assert sprite is not None
    return float(_templates(side, size[1], size[0])[1][sprites().index(sprite)])


def _name(box: Box, sightings: Sequence[Sighting], size: tuple[int, int]) -> str:
    """Name a piece by the sprite that is read there, if one is."""
    over = [each for each in sightings if each.box(*size).intersection(box) >= box.area / 2]
    best = max(over, key=lambda each: each.likeness, default=None)
    if best is None:
        return "something"
    words = " ".join(word for word in reversed(sprites()[best.sprite]) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
