"""Say which sprite a region of a picture shows, or that it shows none: squared error against every sprite.

Independent of the generator: it knows only the sprites. The region is shrunk until its shorter side is 32 px; every
sprite at every scale of `SCALES` is tried at every place; the error is over the *whole* region against the sprite on
the plain background, relative to the larger of what the region and the sprite hold, so a blank region scores 1, a
perfect drawing 0, and a stray fragment beside the object counts against it. `ACCEPT` was fixed on clean, blurred and
spoiled renders (`python -m generator.embedded.recogniser`) before any picture of the model was measured.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from generator.embedded.catalogue import Sprite, sprites
from generator.embedded.pictures import BACKGROUND, PxBox, compose

SIDE = 32
SCALES = tuple(range(16, 33))
ACCEPT = 0.20


@dataclass(frozen=True)
class Recognition:
    """The best sprite and its relative squared error: 0 perfect, 1 as bad as a blank region."""

    sprite: Sprite
    error: float

    @property
    def accepted(self) -> bool:
        """Whether the region really shows that sprite."""
        return self.error <= ACCEPT


@cache
def _templates(side_px: int) -> Tensor:
    """All sprites at one size, less the background: (sprites, 3, side, side), in 0..1 units."""
    pictures = [compose(side_px, side_px, [(sprite, (0, 0, side_px, side_px))], fill=1.0) for sprite in sprites()]
    return _less_background(np.stack(pictures))


def _less_background(pictures: np.ndarray) -> Tensor:
    values = (pictures.astype(np.float32) - np.array(BACKGROUND, dtype=np.float32)) / 255
    return torch.from_numpy(values).movedim(-1, -3).contiguous()


def read_region(picture: Image.Image, region: PxBox) -> Recognition:
    """Name what a region (x, y, width, height in px) of an RGB picture shows; sides of 16 px at least."""
    x, y, w, h = region
    scale = SIDE / min(w, h)
    size = round(w * scale), round(h * scale)
    small = picture.convert("RGB").resize(size, Image.Resampling.BOX, box=(x, y, x + w, y + h))
    seen = _less_background(np.asarray(small))
    energy = seen.square().sum()
    best = Recognition(sprites()[0], float("inf"))
    for side in SCALES:
        templates = _templates(side)
        own = templates.square().sum(dim=(1, 2, 3))
        match = torch.nn.functional.conv2d(seen[None], templates)[0].amax(dim=(1, 2))
        errors = (energy - 2 * match + own) / torch.maximum(energy, own)
        error, index = errors.min(dim=0)
        if error.item() < best.error:
            best = Recognition(sprites()[int(index)], error.item())
    return best


def _rates(count: int, rng: random.Random) -> dict[str, float]:
    """Measure the recogniser on renders: share read right (clean, blurred) or wrongly accepted (spoiled, blank)."""
    hits = {"clean": 0, "blurred": 0, "quarters swapped": 0, "upper half missing": 0, "two overlaid": 0}
    blank = read_region(Image.new("RGB", (64, 64), BACKGROUND), (0, 0, 64, 64)).accepted
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
        cut.paste(BACKGROUND, (0, 0, width, height // 2))
        hits["clean"] += _is(picture, first)
        hits["blurred"] += _is(picture.filter(ImageFilter.GaussianBlur(min(width, height) / 32)), first)
        hits["quarters swapped"] += read_region(swapped, box).accepted
        hits["upper half missing"] += read_region(cut, box).accepted
        hits["two overlaid"] += read_region(mixed, box).accepted
    return {"blank accepted": float(blank), **{name: hit / count for name, hit in hits.items()}}


def _is(picture: Image.Image, sprite: Sprite) -> bool:
    reading = read_region(picture, (0, 0, *picture.size))
    return reading.accepted and reading.sprite == sprite


if __name__ == "__main__":
    for name, rate in _rates(300, random.Random(1)).items():
        print(f"{name:20} {rate:6.1%}")
