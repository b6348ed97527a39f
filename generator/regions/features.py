"""Carrying image tokens from one pass of the transformer into another: what hard binding and repainting are made of.

A pass that is recorded gives away the hidden states of some of its image tokens after the input embedding and after
each block; a pass that is bound has its own tokens overwritten by them at each of those places. The last place of all,
the output, is the pipeline's business: it overwrites the velocity.

A `Transfer` is used up while it is written, so that no feature outlives the step it was made for.
Tensors: hidden states (batch, image tokens, channels), rows (tokens,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.hooks import ModelHook

from generator.regions.hooks import hooked

BINDING_HOOK = "ragplan_binding"


def rows(tokens: Sequence[int], device: torch.device) -> torch.Tensor:
    """Return token numbers, none perhaps, as an index (tokens,)."""
    return torch.tensor(tokens, dtype=torch.long, device=device)


@dataclass(frozen=True)
class Place:
    """Where hidden states are taken and overwritten: 0 is the input embedding, then the blocks in order."""

    index: int
    single_stream: bool


# What is done to the image tokens (batch, image tokens, channels) of a pass at a place, in them or aside.
Action = Callable[[Place, torch.Tensor], None]


@dataclass
class Transfer:
    """Some image tokens on their way from a recorded pass to a bound one.

    source: their rows in the recorded pass. target: their rows in the bound pass. batch: the entries of the recorded
    pass' batch that they are taken from. into: as many entries of the bound pass' batch. single_stream: whether the
    single-stream blocks are places too.
    """

    source: torch.Tensor
    target: torch.Tensor
    batch: slice
    into: slice
    single_stream: bool
    features: dict[Place, torch.Tensor] = field(default_factory=dict)

    def record(self, place: Place, image: torch.Tensor) -> None:
        """Keep a copy of the tokens. A view would keep the whole sequence, text too, in memory."""
        if self.single_stream or not place.single_stream:
            self.features[place] = image[self.batch].index_select(1, self.source)

    def write(self, place: Place, image: torch.Tensor) -> None:
        """Overwrite the tokens in `image`, a block's fresh output, and let go of the copy."""
        if self.single_stream or not place.single_stream:
            image[self.into].index_copy_(1, self.target, self.features.pop(place))


class BindingHook(ModelHook):  # type: ignore[misc]
    """After one module's forward: do what is to be done to its image tokens, in order."""

    def __init__(self, place: Place, actions: Sequence[Action]) -> None:
        super().__init__()
        self.place = place
        self.actions = actions

    def post_forward(self, module: torch.nn.Module, output: Any) -> Any:
        """Take the image tokens out of (text, image), or a lone tensor, and return the same output."""
        image = output[1] if isinstance(output, tuple) else output
        for action in self.actions:
            action(self.place, image)
        return output


@contextmanager
def acting(transformer: Any, actions: Sequence[Action]) -> Iterator[None]:
    """Act at every place of one pass of a `FluxTransformer2DModel`.

    The input embedding and every block are hooked for that pass only: a compiled block with a hook of its own would be
    compiled once more for every block. The pass itself runs uncompiled, the others find the blocks as they were.
    """
    if not actions:
        yield
        return
    modules = [(module, False) for module in (transformer.x_embedder, *transformer.transformer_blocks)]
    modules += [(module, True) for module in transformer.single_transformer_blocks]
    hooks = {
        module: BindingHook(Place(index, single_stream), actions)
        for index, (module, single_stream) in enumerate(modules)
    }
    with hooked(hooks, BINDING_HOOK), _uncompiled(transformer):
        yield


def is_compiled(transformer: Any) -> bool:
    """Tell whether blocks of a transformer are compiled."""
    return any(module._compiled_call_impl is not None for module in transformer.modules())


def _uncompiled(transformer: Any) -> AbstractContextManager[Any]:
    return torch.compiler.set_stance("force_eager") if is_compiled(transformer) else nullcontext()
