"""Reference pictures that a model reads itself, as image tokens beside those that are denoised; for several families.

An object's picture acts in the object's own pass and in its cell, whose text and image tokens attend to it; the base's
prompt and the other cells do not. A family's `predict` finds in what effects give which pictures go with each text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import torch
from PIL import Image

from generator.regions.call import Call
from generator.regions.passes import Pass
from generator.regions.pipeline import PAINTED_ANYWAY, RegionalPipeline
from generator.regions.prepare import Conditions, Effects
from generator.regions.text import Text
from generator.regions.transfer import Action
from planner.errors import RenderError

PICTURES = "pictures"  # the key, in what effects give, of `Seen`
NEGATIVE = "negative_text"  # of the text that a pass guides away from, where it is not the canvas' own


@dataclass(frozen=True)
class ReferenceTokens:
    """A reference picture on its way through the transformer, beside the image: it is not denoised.

    latents: (batch, tokens, channels), packed. shape: (1, rows, columns) of its tokens.
    """

    latents: torch.Tensor
    shape: tuple[int, int, int]


# By text of a pass, the base's first: the pictures that go with it.
Seen: TypeAlias = tuple[tuple[ReferenceTokens, ...], ...]


def seen_in(given: dict[str, Any], texts: Sequence[Text]) -> Seen:
    """Take out of what effects give the pictures that go with each text of a pass."""
    seen: Seen = given.pop(PICTURES, tuple(() for _ in texts))
    return seen


@dataclass(frozen=True)
class References:
    """An `Effect`: the reference pictures of a canvas, by the objects' numbers.

    negative: what a pass with all of them guides away from; None: the canvas' own, or nothing.
    alone: whether it is an object's own canvas, which sees them in every pass.
    """

    second_stream: ClassVar[bool] = False
    layout: ClassVar[bool] = False
    stays: ClassVar[bool] = False

    tokens: Mapping[int, ReferenceTokens]
    negative: Text | None = None
    alone: bool = False

    @property
    def group(self) -> Hashable:
        """Return whose pictures they are: an object with a picture is painted alone."""
        return tuple(self.tokens)

    @classmethod
    def join(cls, parts: Sequence[tuple[References, slice]]) -> References:
        """Return the only one: plans with pictures are painted alone."""
        ((only, _),) = parts
        return only

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return which pictures go with each text of a pass; an object's own pass has one text, which sees them all."""
        if self.alone:
            guided = {NEGATIVE: self.negative} if one.negative and self.negative is not None else {}
            return {PICTURES: (tuple(self.tokens.values()),), **guided}
        if one.regions is None:
            return {}
        seen: list[list[ReferenceTokens]] = [[] for _ in one.texts()]
        for number, tokens in self.tokens.items():
            _, cell = one.regions.streams_of(number)
            if cell is not None:
                seen[cell].append(tokens)
        return {PICTURES: tuple(map(tuple, seen))}

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return nothing."""
        return ()

    def around(self, one: Pass) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()


class NativeConditions(ABC):
    """The `Conditions` of one plan's call: its objects' pictures, encoded; a family says how."""

    def __init__(self, pipe: Any, call: Call) -> None:
        self.pipe = pipe
        self.call = call
        self.pictures = {number: given.picture for number, given in sorted((call.image_embeds or {}).items())}
        self.tokens = {number: self._tokens(picture) for number, picture in self.pictures.items()}

    def on_picture(self) -> Effects:
        """Return the pictures, which cells see."""
        return (References(self.tokens),) if self.tokens and self.call.cells else ()

    def on_box(self, number: int) -> Effects:
        """Return the object's own picture."""
        if number not in self.tokens:
            return ()
        return (References({number: self.tokens[number]}, self.negative(number), alone=True),)

    def seen_by(self, cell: int) -> tuple[int, ...]:
        """Return the objects with pictures that a cell owns."""
        return tuple(number for number in self.pictures if self.call.plan.owner_cell(number) == cell)

    def negative(self, number: int) -> Text | None:
        """Return what an object's own pass guides away from, where it is not the canvas' own."""
        return None

    def text(self, number: int) -> Text | None:
        """Return nothing: words are read without pictures."""
        return None

    def cell_text(self, prompt: str, objects: Sequence[int]) -> Text | None:
        """Return nothing: words are read without pictures."""
        return None

    @abstractmethod
    def _tokens(self, picture: Image.Image) -> ReferenceTokens:
        """Encode a picture, RGB, for all pictures of the call."""


class NativePipeline(RegionalPipeline):
    """The calls of a pipeline whose model reads pictures of objects itself.

    conditions: how they are read.
    """

    conditions: ClassVar[type[NativeConditions]]

    def _check_conditions(self, call: Call) -> None:
        """Raise `RenderError` for LoRAs of single objects, and for a picture that is not there or of another kind."""
        for number, item in enumerate(call.plan.objects):
            found = [name for name, value in vars(item).items() if value and name not in (*PAINTED_ANYWAY, "image")]
            if found:
                raise RenderError(f"object {number} has {found[0]!r}, and {self.family.name} has no adapters for that")
            if item.image is None:
                continue
            if item.image.kind != "native":
                raise RenderError(
                    f"object {number} has a picture of kind {item.image.kind!r}, and {self.family.name} reads its own: "
                    "'native'"
                )
            if number not in (call.image_embeds or {}):
                raise RenderError(
                    f"object {number} has a picture, {item.image.path!r}, but image_embeds has none for it; give "
                    "generator.NativePicture, or let generate() or the command line do it"
                )

    @contextmanager
    def _conditions(self, calls: Sequence[Call]) -> Iterator[Sequence[Conditions]]:
        yield [self.conditions(self, call) for call in calls]
