"""The reviewer `sprites`: reads the embedded model's pictures by comparing them with its sprites.

It is not the recogniser that measures the model (`recogniser.py`), so that what is published is not what was mended
for. That one takes a region and its squared error against one sprite on its ground; this one takes the whole picture,
finds sprites in it by normalised correlation at all places and sizes, whatever their contrast, looks at each again
twice as large, matches them with the plan, and then looks at what no sprite explains. It knows only the catalogue and
the sprites: with other ones it needs nothing but a new start.

The thresholds were set on development scenes that no measurement uses; LIKE with the recogniser's verdicts on them in
view, so that how often the two agree there says little.
Tensors: (sprites or 3 channels, height, width).
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from generator.embedded.card import is_unknown
from generator.embedded.catalogue import Sprite, read_prompt, sprites
from generator.embedded.colours import ALWAYS
from generator.embedded.grounds import GROUNDS, ground_of
from generator.embedded.pictures import FILL, compose, size_in
from generator.review.findings import MAX_STRAYS, Finding, Review, Stray
from generator.review.matching import assigned, is_in
from planner.plan import Box, Plan

LONGER_SIDE: Final = 96  # px, of the picture as it is compared
SIDES: Final = tuple(round(14 * 1.12**step) for step in range(17))  # px, the longer ones of the sprites looked for
FINE: Final = 4  # times finer a sprite is drawn than it is compared
LARGER: Final = 2  # times as large as before things are looked at again
SIZES_AGAIN: Final = (0.92, 0.96, 1.0, 1.04, 1.08)  # of the size that was found
STEP_BETWEEN: Final = 0.02  # of the size, to both sides of the best of these
SHIFT_PX: Final = 3  # by which a thing may stand elsewhere in the larger picture
LIKE: Final = 0.90  # correlation from which on something is the sprite
ALIKE: Final = 0.65  # from which on it is taken for a bad drawing of it
LEAST_GAIN: Final = 3.0  # squared error that a sprite must explain, of 96 × 96 px
SEEN_PX: Final = 0.06  # difference from the ground, 0..1, from which on a pixel shows something
GROWTH_PX: Final = 2  # around a sprite's outline
LEAST_STRAY: Final = 0.01  # of the energy of the object whose cell it is in
AREA: Final = 0.5  # what a share of its area counts, or pale pieces would weigh nothing
WHOLE_STRAY: Final = 0.3  # from which on a stray counts as a whole thing
CLOSE_PX: Final = 2  # pieces so close are one stray

Pixels = np.ndarray[Any, np.dtype[np.bool_]]
Energies = np.ndarray[Any, np.dtype[np.floating[Any]]]


@dataclass(frozen=True)
class Sighting:
    """A sprite that stands somewhere: which, its top left corner and size in px, and how sure that is.

    likeness: the normalised correlation, −1 to 1. gain: the squared error that it explains.
    """

    sprite: Sprite
    x: int
    y: int
    width: int
    height: int
    likeness: float
    gain: float

    def box(self, width: int, height: int) -> Box:
        """Return where it is, in fractions of a canvas of width × height px."""
        return Box(self.x / width, self.y / height, self.width / width, self.height / height)

    def hides(self, other: Sighting) -> bool:
        """Tell whether both cannot be there: they share over a third of the smaller one."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        smaller = min(self.width * self.height, other.width * other.height)
        return width > 0 and height > 0 and 3 * width * height > smaller


class SpriteReviewer:
    """Reads pictures of the embedded model: which of its things stand where, and what else."""

    name = "sprites"

    def review(self, image: Image.Image, plan: Plan) -> Review:
        """Look for each object of the plan, and for what is not in it; an object that it does not know is not seen."""
        start = time.monotonic()
        ground = ground_of(plan.prompt)
        width, height = _compared_size(image)
        seen = _less_ground(image, (width, height), ground)
        larger = _less_ground(image, (width * LARGER, height * LARGER), ground)
        padded = torch.nn.functional.pad(larger, (SHIFT_PX,) * 4)
        wanted = [read_prompt(item.prompt) for item in plan.objects]
        found = find_sprites(seen, ground, {sprite[0] for sprite in wanted if sprite})
        sightings = [_looked_at_again(padded, each, ground) for each in found]
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


def find_sprites(seen: Tensor, ground: str, nouns: Collection[str]) -> list[Sighting]:
    """Find the sprites in a picture less its ground (3, height, width), the plainest first, none over another.

    nouns: these are looked for in every colour, all others in their own.
    """
    height, width = seen.shape[1:]
    spectrum = torch.fft.rfft2(seen)
    squares = torch.nn.functional.pad(seen.square().sum(0).cumsum(0).cumsum(1), (1, 0, 1, 0))
    found = [
        each
        for noun in ("", *sorted(nouns))
        for side in SIDES
        if side <= min(height, width)
        for templates in _templates(noun, side, height, width, ground)
        for each in _peaks(spectrum, squares, templates, (height, width))
    ]
    kept: list[Sighting] = []
    for each in sorted(found, key=lambda sighting: -sighting.gain):
        if not any(each.hides(other) for other in kept):
            kept.append(each)
    return kept


def _peaks(spectrum: Tensor, squares: Tensor, those: _Templates, size: tuple[int, int]) -> list[Sighting]:
    """Find the places where a sprite of one size explains more than at all places beside it."""
    high, wide = those.pictures.shape[2:]
    rows, columns = size[0] - high + 1, size[1] - wide + 1
    match = torch.fft.irfft2((spectrum[None] * those.spectra).sum(1), s=size)[:, :rows, :columns]
    inside = squares[high:, wide:] - squares[:-high, wide:] - squares[high:, :-wide] + squares[:-high, :-wide]
    gain, number = (2 * match - those.own[:, None, None]).max(0)
    highest = torch.nn.functional.max_pool2d(gain[None], 7, 1, 3)[0]
    found = []
    for y, x in ((gain == highest) & (gain > LEAST_GAIN)).nonzero().tolist():
        best = int(number[y, x])
        likeness = match[best, y, x] / torch.sqrt(inside[y, x].clamp(min=1e-3) * those.own[best])
        sprite, best_gain = those.sprites[best], float(gain[y, x])
        found.append(Sighting(sprite, x=x, y=y, width=wide, height=high, likeness=float(likeness), gain=best_gain))
    return [each for each in found if each.likeness >= ALIKE]


def _looked_at_again(padded: Tensor, each: Sighting, ground: str) -> Sighting:
    """Return a sighting with the likeness that it has in a larger picture.

    Outlines are thinner than the pixels that things are found by, and sizes lie between those that are tried there.
    padded: (3, LARGER · height, LARGER · width), with SHIFT_PX more on each side.
    """
    tried = {size: _likeness_at(padded, each, size, ground) for size in SIZES_AGAIN}
    best = max(tried, key=lambda size: tried[size])
    between = (_likeness_at(padded, each, best + step, ground) for step in (-STEP_BETWEEN, STEP_BETWEEN))
    return replace(each, likeness=max(each.likeness, tried[best], *between))


def _likeness_at(padded: Tensor, each: Sighting, size: float, ground: str) -> float:
    """Return the likeness of a sprite about where it was sighted, `size` times as large; −1 where it has no room."""
    side = round(size * LARGER * max(each.width, each.height))
    wide, high = size_in(each.sprite, side, side)
    x = max(round(LARGER * (each.x + each.width / 2) - wide / 2), 0)
    y = max(round(LARGER * (each.y + each.height / 2) - high / 2), 0)
    window = padded[:, y : y + high + 2 * SHIFT_PX, x : x + wide + 2 * SHIFT_PX]
    if window.shape[1] < high or window.shape[2] < wide:
        return -1.0
    return _correlation(window, _template(each.sprite, wide, high, ground))


def _correlation(window: Tensor, template: Tensor) -> float:
    """Return the largest normalised correlation, −1 to 1, of a template at all its places in a window."""
    match = torch.nn.functional.conv2d(window[None], template[None])
    inside = torch.nn.functional.conv2d(window.square().sum(0)[None, None], torch.ones_like(template[None, :1]))
    return float((match / torch.sqrt(inside.clamp(min=1e-3) * template.square().sum())).max())


@dataclass(frozen=True)
class _Templates:
    """Sprites of one size less the ground (sprites, 3, height, width), the squares of each, spectra on a canvas."""

    sprites: tuple[Sprite, ...]
    pictures: Tensor
    own: Tensor
    spectra: Tensor


@lru_cache(maxsize=1_000)
def _templates(noun: str, side: int, height: int, width: int, ground: str) -> list[_Templates]:
    """Return the colours of a noun, or of all nouns ("") as they are, at one size, by their proportions."""
    colours = [sprite for sprite in sprites() if sprite[0] == noun]
    sizes: dict[tuple[int, int], list[Sprite]] = {}
    for sprite in colours or [sprite for sprite in sprites() if sprite[1] == ALWAYS.get(sprite[0])]:
        sizes.setdefault(size_in(sprite, side, side), []).append(sprite)
    made = []
    for (wide, high), those in sizes.items():
        pictures = torch.stack([_template(sprite, wide, high, ground) for sprite in those])
        spectra = torch.fft.rfft2(pictures, s=(height, width)).conj()
        made.append(_Templates(tuple(those), pictures, pictures.square().sum((1, 2, 3)), spectra))
    return made


@lru_cache(maxsize=10_000)
def _template(sprite: Sprite, width: int, height: int, ground: str) -> Tensor:
    """Draw one sprite less the ground: (3, height, width)."""
    box = (0, 0, width * FINE, height * FINE)
    picture = compose(width * FINE, height * FINE, [(sprite, box)], fill=1.0, ground=ground)
    return _less_ground(Image.fromarray(picture), (width, height), ground)


def _compared_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in px of a picture as it is compared."""
    scale = LONGER_SIDE / max(image.size)
    return max(round(image.width * scale), 1), max(round(image.height * scale), 1)


def _less_ground(image: Image.Image, size: tuple[int, int], ground: str) -> Tensor:
    small = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX), dtype=np.float32)
    return torch.from_numpy((small - np.array(GROUNDS[ground], dtype=np.float32)) / 255).movedim(-1, 0).contiguous()


def _likeness(sighting: Sighting, wanted: Sprite | None) -> float:
    """Return how likely a sighting is the wanted sprite: half as likely in another colour, 0 for another thing."""
    noun, colour = sighting.sprite
    if wanted is None or noun != wanted[0]:
        return 0.0
    return sighting.likeness if colour == wanted[1] else sighting.likeness / 2


def _finding(number: int, box: Box, wanted: Sprite | None, sighting: Sighting | None, size: tuple[int, int]) -> Finding:
    if sighting is None:
        words = "no picture of it is known" if wanted is None else ""
        return Finding(number, False, count=0, confidence=0.0 if wanted is None else 1.0, words=words)
    noun, colour = sighting.sprite
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
    placed_here = _outlines(placed, height, width, ground_of(plan.prompt)) | _cards(plan, height, width)
    left = _shown(seen) & ~placed_here
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
        share = _share(energy[rows, columns][piece], _drawn_near(box, plan, wanted, (width, height)))
        if share >= LEAST_STRAY:
            found.append((share, Stray(_name(box, sightings, (width, height)), box, min(share / WHOLE_STRAY, 1.0))))
    return [stray for _, stray in sorted(found, key=lambda pair: -pair[0])[:MAX_STRAYS]]


def _shown(less_ground: Tensor) -> Pixels:
    """Return the pixels of a picture less its ground (3, height, width) that show something: (height, width)."""
    shown: Pixels = (less_ground.abs().amax(0) > SEEN_PX).numpy()
    return shown


def _outlines(placed: Sequence[Sighting], height: int, width: int, ground: str) -> Pixels:
    """Return the pixels that belong to sprites, with a little around them."""
    mask = np.zeros((height, width), dtype=bool)
    for each in placed:
        template = _template(each.sprite, each.width, each.height, ground)
        mask[each.y : each.y + each.height, each.x : each.x + each.width] |= _shown(template)
    grown: Pixels = ndimage.binary_dilation(mask, iterations=GROWTH_PX) if placed else mask
    return grown


def _cards(plan: Plan, height: int, width: int) -> Pixels:
    """Return the pixels of the boxes of what is not known, in which cards stand."""
    mask = np.zeros((height, width), dtype=bool)
    for box in (item.box for item in plan.objects if is_unknown(item)):
        rows = slice(math.floor(box.y * height), math.ceil(box.bottom * height))
        mask[rows, math.floor(box.x * width) : math.ceil(box.right * width)] = True
    return mask


def _share(piece: Energies, drawn: Tensor | None) -> float:
    """Return how large a piece is, of an object less the ground (3, height, width): by its energy or half its area.

    piece: the squared difference from the ground of each of its pixels; their sum is returned where no object is known.
    """
    if drawn is None:
        return float(piece.sum())
    return max(float(piece.sum()) / float(drawn.square().sum()), AREA * piece.size / int(_shown(drawn).sum()))


def _drawn_near(box: Box, plan: Plan, wanted: Sequence[Sprite | None], size: tuple[int, int]) -> Tensor | None:
    """Draw the object that is nearest to a piece, as it should be; None where none is known."""
    known = [number for number, sprite in enumerate(wanted) if sprite is not None]
    if not known:
        return None
    nearest = min(known, key=lambda number: plan.objects[number].box.distance(*box.center))
    target = plan.objects[nearest].box
    sprite = wanted[nearest]
    assert sprite is not None
    drawn = size_in(sprite, FILL * target.width * size[0], FILL * target.height * size[1])
    return _template(sprite, *drawn, ground_of(plan.prompt))


def _name(box: Box, sightings: Sequence[Sighting], size: tuple[int, int]) -> str:
    """Name a piece by the sprite that is read there, if one is."""
    over = [each for each in sightings if each.box(*size).intersection(box) >= box.area / 2]
    best = max(over, key=lambda each: each.likeness, default=None)
    if best is None:
        return "something"
    words = " ".join(word for word in reversed(best.sprite) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
