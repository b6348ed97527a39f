"""What a family of models must supply, so that the algorithm can paint with it: a seam, one module a family.

The algorithm (this folder) calls the members below and nothing else of a model; it names no model. A family is an
object without state: whatever a call needs is handed in. `generator.families` says how to add one.

A pass reaches the transformer through `predict`, as one call of the *stock* transformer, so that offloading, quantised
weights and caches go on working. What differs about regions:

- Sequence. `one.texts()` are to stand in it side by side, and the image tokens, in the order of `one.pack` or row by
  row (then `one.regions.order` says which are a cell's). The texts' own order, and whether text or image comes first,
  is the family's. Position ids go the way of the tokens: `one.pack(one.canvas.positions)`; a model that makes positions
  from shapes needs them sorted in its rotary embedding, by a hook (`hooked`) or, where image tokens stay row by row,
  only those of the texts replaced.
- Attention. `attention` lets the transformer's processors follow `one.layout()` for the time of a call: a cell's text
  and image tokens attend to the cell's text and all image tokens, and get δ of that and 1 - δ of the base's output. How
  the layout gets to the processors is the family's business; where nothing is handed over they must be stock, bit for
  bit, also for another thread that uses the same transformer meanwhile.
- Texts alone. Blocks that see texts only (refiners) must not let one text attend to another.
- Masks and padding. Padding between packed texts has to be cut out, or attended to as stock does; `Text.length` says
  how many tokens a text has in the sequence if not as many as its embeddings.
- Places. `places` names the modules after which hard binding carries tokens over, and where the image is in what each
  returns (a view, as it is written into).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from generator.regions.call import Call
from generator.regions.geometry import Sizes, TokenGrid
from generator.regions.passes import Pass
from generator.regions.text import Text
from generator.regions.transfer import Place, View


@dataclass(frozen=True)
class Noise:
    """The noise of a canvas, which a family draws as its stock pipeline does.

    grid: the canvas' size.
    images: how many pictures.
    dtype: of the numbers.
    generators: where it is drawn from.
    latents: what is given instead, packed; None: nothing.
    """

    grid: TokenGrid
    images: int
    dtype: torch.dtype
    generators: torch.Generator | list[torch.Generator] | None
    latents: torch.Tensor | None = None

    def arguments(self, channels: int, device: Any) -> tuple[Any, ...]:
        """Return what most of diffusers' `prepare_latents` take, in their order."""
        size = (self.grid.height_px, self.grid.width_px)
        return (self.images, channels, *size, self.dtype, device, self.generators, self.latents)


class Family(Protocol):
    """A family of models. All tensors of latents but those of `decode` are packed: (batch, image tokens, channels)."""

    name: str  # what people call it
    longest_text: int  # tokens of a prompt
    sizes: Sizes  # which pictures it paints, and how many pixels a token has
    two_streams: bool  # whether late blocks get a second image stream where a δ is below 1, and not one that is mixed

    def side_px(self, pipe: Any) -> int:
        """Return the side of the model's own square picture."""
        ...

    def text_tokens(self, pipe: Any) -> int:
        """Return how many tokens the model's own prompts have at most."""
        ...

    def check(self, pipe: Any, call: Call) -> None:
        """Raise `RenderError`, before any work, for a call that this model cannot paint."""
        ...

    def negative(self, pipe: Any, call: Call) -> str | None:
        """Return the prompt of the second pass of each step; None where one pass is enough."""
        ...

    def guide(self, call: Call, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Combine the velocities of the two passes, both row by row."""
        ...

    def encode(self, pipe: Any, prompt: str, tokens: int, call: Call) -> Text:
        """Encode one prompt to at most so many tokens: a batch of one."""
        ...

    def timesteps(self, pipe: Any, call: Call) -> torch.Tensor:
        """Set the scheduler's timesteps, shifted for the picture's size, and return them."""
        ...

    def noise(self, pipe: Any, wanted: Noise) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return packed noise for a canvas, drawn as the stock pipeline does, or what is given; and its positions."""
        ...

    def attention(self, transformer: Any, call: Call) -> AbstractContextManager[None]:
        """Let a transformer's attention follow layouts for the time of a call; undone on leaving, also by an error."""
        ...

    def places(self, transformer: Any) -> Sequence[tuple[torch.nn.Module, Place, View]]:
        """Return the input embedding and the blocks in order, each with where the image is in its output."""
        ...

    def predict(
        self, transformer: Any, one: Pass, timestep: torch.Tensor, call: Call, given: Mapping[str, Any]
    ) -> torch.Tensor:
        """Return the velocity of a pass, image tokens in the order of `one.pack`, by one call of the transformer.

        timestep: as the scheduler gives it, without dimensions. given: further keyword arguments, of effects.
        """
        ...

    def unpack(self, pipe: Any, latents: torch.Tensor, grid: TokenGrid) -> torch.Tensor:
        """Turn packed latents into a picture's: (batch, channels, height, width), of which means can be taken."""
        ...

    def decode(self, pipe: Any, latents: torch.Tensor, output_type: str) -> Any:
        """Turn a picture's latents, as `unpack` makes them, of any size, into pictures: "pil", "np" or "pt"."""
        ...


def first(output: Any, image: int) -> torch.Tensor:
    """The image is what a module returns, or the beginning of it."""
    view: torch.Tensor = output
    return view


def second(output: Any, image: int) -> torch.Tensor:
    """The image is the second of (text, image)."""
    view: torch.Tensor = output[1]
    return view


def last(output: Any, image: int) -> torch.Tensor:
    """The image is the end of [text | image]."""
    view: torch.Tensor = output[:, output.shape[1] - image :]
    return view
