"""What acts on the passes of a canvas besides its prompts: a seam that adapters implement, each in a module of its own.

Nothing here, and nothing in this folder, knows which effects there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Protocol, Self, TypeVar

import torch

from generator.regions.transfer import Action

# The pass that an effect acts on, `passes.Pass`: a parameter, so that neither module needs the other.
P = TypeVar("P", contravariant=True)


class Effect(Protocol[P]):
    """Something that acts on every pass of a canvas, such as a picture to follow, or an object's reference picture.

    second_stream: whether it needs a second image stream where cells are refined at full strength, too.
    layout: whether the attention has to know where the tokens are, without cells too.
    stays: whether it acts on a picture that is made from this one by repainting.
    """

    second_stream: ClassVar[bool]
    layout: ClassVar[bool]
    stays: ClassVar[bool]

    @property
    def group(self) -> Hashable:
        """What boxes must have in common that are painted as one batch; None: nothing."""
        ...

    @classmethod
    def join(cls, parts: Sequence[tuple[Self, slice]]) -> Self:
        """Return the effect on a batch of canvases from those of single ones, each with its entries of the batch."""
        ...

    def arguments(self, one: P, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return further keyword arguments of the transformer; `joint_attention_kwargs` are joined with others'.

        timestep: as the scheduler gives it, without dimensions.
        """
        ...

    def actions(self, one: P) -> Sequence[Action]:
        """Return what is done to the image tokens of a pass after the input embedding and after blocks."""
        ...

    def around(self, one: P) -> AbstractContextManager[None]:
        """Return what holds while a pass is made."""
        ...
