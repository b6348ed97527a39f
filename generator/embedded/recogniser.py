"""Say which sprite a region of a picture shows, or that it shows none: squared error against every sprite.

Independent of the generator: it knows only the sprites. The region is shrunk until its shorter side is 32 px; every
sprite at every scale of `SCALES` is tried at every place; the error is over the *whole* region against the sprite on
the ground, relative to the larger of what the region and the sprite hold, so a blank region scores 1, a
perfect drawing 0, and a stray fragment beside the object counts against it. The few best are tried again between the
pixels and at sizes between those, or outlines beside their place would count as wrong. `ACCEPT` was fixed on clean,
blurred and spoiled renders (`python -m generator.embedded.recogniser`) before any picture of the model was measured.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from generator.embedded.catalogue import Sprite, sprites
from generator.embedded.grounds import GROUNDS, PLAIN
from generator.embedded.pictures import PxBox, compose, size_in

SIDE = 32
SCALES = tuple(share / 32 for share in range(16, 33))
"""How large a sprite is, of the largest that fits into the region."""
ACCEPT = 0.20
FINE = 4
"""So many sprites are tried between the pixels."""


@dataclass(frozen=True)
class Recognition:
    """The best sprite and its relative squared error: 0 perfect, 1 as bad as a blank region."""

    sprite: Sprite
    error: float

    @property
    def accepted(self) -> bool:
        """Whether the region really shows that sprite."""
        return self.error <= ACCEPT


@lru_cache(maxsize=40_000)
def _templates(those: tuple[Sprite, ...], width: int, height: int, ground: str) -> tuple[Tensor, Tensor]:
    """Sprites less the ground, (sprites, 3, height, width) in 0..1 units, and what each of them holds, (sprites)."""
    box = (0, 0, width, height)
    pictures = np.stack([compose(width, height, [(sprite, box)], fill=1.0, ground=ground) for sprite in those])
    templates = _less_ground(pictures, ground)
    return templates, templates.square().sum(dim=(1, 2, 3))


def _less_ground(pictures: np.ndarray, ground: str) -> Tensor:
    values = (pictures.astype(np.float32) - np.array(GROUNDS[ground], dtype=np.float32)) / 255
    return torch.from_numpy(values).movedim(-1, -3).contiguous()


@lru_cache(maxsize=256)
def _groups(width: int, height: int, among: tuple[Sprite, ...]) -> list[tuple[tuple[Sprite, ...], float, int, int]]:
    """Say for a region of width × height px which sprites are to be tried at which scales and sizes."""
    sizes: dict[tuple[int, int], tuple[float, dict[Sprite, None]]] = {}
    for scale in SCALES:
        for sprite in among:
            sizes.setdefault(size_in(sprite, scale * width, scale * height), (scale, {}))[1][sprite] = None
    return [(tuple(those), scale, *size) for size, (scale, those) in sizes.items()]


def read_region(
    picture: Image.Image, region: PxBox, ground: str = PLAIN, among: tuple[Sprite, ...] | None = None
) -> Recognition:
    """Name what a region (x, y, width, height in px) of an RGB picture shows; sides of 16 px at least.

    ground: on which the picture stands. among: the sprites that it may be, None for all.
    """
    seen = _seen(picture, region, ground)
    height, width = seen.shape[1:]
    found: dict[Sprite, tuple[float, float]] = {}
    for those, scale, *size in _groups(width, height, among or sprites()):
        for sprite, error in zip(those, _errors(seen, *_templates(those, *size, ground)), strict=True):
            found[sprite] = min(found.get(sprite, (float("inf"), scale)), (error, scale))
    nearest = sorted(found, key=lambda sprite: found[sprite])[:FINE]
    errors = {sprite: min(found[sprite][0], _fine_error(seen, sprite, found[sprite][1], ground)) for sprite in nearest}
    best = min(errors, key=lambda sprite: errors[sprite])
    return Recognition(best, errors[best])


def _errors(seen: Tensor, templates: Tensor, own: Tensor) -> list[float]:
    """Relative squared error of each template at its best place.

    seen: (3, height, width). templates: (n, 3, at most height, at most width). own: (n,), what each template holds.
    """
    energy = seen.square().sum()
    match = conv2d(seen[None], templates)[0].amax(dim=(1, 2))
    errors: list[float] = ((energy - 2 * match + own) / torch.maximum(energy, own)).tolist()
    return errors


def _fine_error(seen: Tensor, sprite: Sprite, scale: float, ground: str) -> float:
    """The smallest error at half pixels and half steps of size around a scale."""
    height, width = seen.shape[1:]
    errors = [float("inf")]
    for step, right, down in product((-1.0, -0.5, 0.0, 0.5, 1.0), (0, 1), (0, 1)):
        size = min(scale + step / SIDE, 1.0)
        template = _between_pixels(sprite, *size_in(sprite, 2 * size * width, 2 * size * height), right, down, ground)
        if template.shape[2] <= height and template.shape[3] <= width:
            errors += _errors(seen, template, template.square().sum()[None])
    return min(errors)


@lru_cache(maxsize=20_000)
def _between_pixels(sprite: Sprite, width: int, height: int, right: int, down: int, ground: str) -> Tensor:
    """A sprite of width × height half pixels, 0 or 1 off the grid, less the ground: (1, 3, …) at full pixels."""
    canvas = (width + right + 1) // 2 * 2, (height + down + 1) // 2 * 2
    drawn = compose(*canvas, [(sprite, (right, down, width, height))], fill=1.0, ground=ground)
    return avg_pool2d(_less_ground(drawn[None], ground), 2)


def reads_as(picture: Image.Image, region: PxBox, sprite: Sprite, ground: str = PLAIN) -> bool:
    """Say whether `read_region` names this very sprite and accepts it; the others are tried only where it fits."""
    if not read_region(picture, region, ground, (sprite,)).accepted:
        return False
    return read_region(picture, region, ground).sprite == sprite


def _seen(picture: Image.Image, region: PxBox, ground: str) -> Tensor:
    """Cut a region out, shrunk and less the ground: (3, height, width)."""
    x, y, w, h = region
    scale = SIDE / min(w, h)
    size = round(w * scale), round(h * scale)
    small = picture.convert("RGB").resize(size, Image.Resampling.BOX, box=(x, y, x + w, y + h))
    return _less_ground(np.asarray(small), ground)


def _rates(count: int, rng: random.Random) -> dict[str, float]:
    """Measure the recogniser on renders: share read right (clean, blurred) or wrongly accepted (spoiled, blank)."""
    hits = {"clean": 0, "blurred": 0, "quarters swapped": 0, "upper half missing": 0, "two overlaid": 0}
    blank = read_region(Image.new("RGB", (64, 64), GROUNDS[PLAIN]), (0, 0, 64, 64)).accepted
    for _ in range(count):
        width, height = (rng.choice((64, 80, 96, 112, 128)) for _ in range(2))
        first, second = rng.sample(sprites(), 2)
        box = (0, 0, width, height)
        picture = Image.fromarray(compose(width, height, [(first, box)]))
        half = Image.fromarray(compose(width, height, [(second, box)]))
        mixed = Image.blend(picture, half, 0.5)
        swapped = Image.new("RGB", (width, height))
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            quarter = picture.crop((dx * width // 2, dy * height // 2, (dx + 1) * width // 2, (dy + 1) * height // 2))
            swapped.paste(quarter, ((1 - dx) * width // 2, (1 - dy) * height // 2))
        cut = picture.copy()
        cut.paste(GROUNDS[PLAIN], (0, 0, width, height // 2))
        hits["clean"] += _is(picture, first)
        hits["blurred"] += _is(picture.filter(ImageFilter.GaussianBlur(min(width, height) / 32)), first)
        hits["quarters swapped"] += read_region(swapped, box).accepted
        hits["upper half missing"] += read_region(cut, box).accepted
        hits["two overlaid"] += read_region(mixed, box).accepted
    return {"blank accepted": float(blank), **{name: hit / count for name, hit in hits.items()}}


def _is(picture: Image.Image, sprite: Sprite) -> bool:
    return reads_as(picture, (0, 0, *picture.size), sprite)


if __name__ == "__main__":
    for name, rate in _rates(300, random.Random(1)).items():
        print(f"{name:20} {rate:6.1%}")
