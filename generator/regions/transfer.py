"""Carrying image tokens from one pass of the transformer into another: what hard binding and repainting are made of.

A pass that is recorded gives away the hidden states of some of its image tokens after the input embedding and after
each block; a pass that is bound has its own tokens overwritten by them at each of those places. The last place of all,
the output, is the pipeline's business: it overwrites the velocity.

A `Transfer` is used up while it is written, so that no feature outlives the step it was made for. Hooks are set for the
time of one pass, through diffusers' own registry.
Tensors: hidden states (batch, image tokens, channels), rows (tokens,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from diffusers.hooks import HookRegistry, ModelHook

BINDING_HOOK = "ragplan_binding"


def rows(tokens: Sequence[int], device: torch.device) -> torch.Tensor:
    """Return token numbers, none perhaps, as an index (tokens,)."""
    return torch.tensor(tokens, dtype=torch.long, device=device)


@dataclass(frozen=True)
class Place:
    """Where hidden states are taken and overwritten: 0 is the input embedding, then the blocks in order.

    late: whether it is a block that may have two image streams; what is written there goes into the first of them.
    """

    index: int
    late: bool = False


# What is done to the image tokens (batch, image tokens, channels) of a pass at a place, in them or aside.
Action = Callable[[Place, torch.Tensor], None]

# Where the image tokens are in a module's output, given it and their number: a view (batch, image tokens or more,
# channels), of which the first are the picture's, in the order in which the transformer sees them.
View = Callable[[Any, int], torch.Tensor]

# The actions of the pass that this thread makes.
_ACTING: ContextVar[Sequence[Action] | None] = ContextVar("acting", default=None)


class Rows(Protocol):
    """A pass that can say where image tokens are in its sequence, and whether it is that of the negative prompt."""

    @property
    def negative(self) -> bool: ...

    def rows(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return where some image tokens are in the sequence."""
        ...


@dataclass
class Transfer:
    """Some image tokens on their way from the recorded passes of a canvas to the bound ones of another.

    source: the tokens, row by row, on the recorded canvas. target: the same on the bound one. batch: the entries of
    the recorded canvas that they are taken from. into: as many entries of the bound one. late: whether the late blocks
    are places too.
    """

    source: torch.Tensor
    target: torch.Tensor
    batch: slice
    into: slice
    late: bool
    features: dict[tuple[bool, Place], torch.Tensor] = field(default_factory=dict)

    def recording(self, one: Rows) -> Action:
        """Return what keeps a copy of the tokens of a pass. A view would keep the whole sequence in memory."""
        source = one.rows(self.source)

        def record(place: Place, image: torch.Tensor) -> None:
            if self.late or not place.late:
                self.features[one.negative, place] = image[self.batch].index_select(1, source)

        return record

    def writing(self, one: Rows) -> Action:
        """Return what overwrites the tokens in a block's fresh output, and lets go of the copy."""
        target = one.rows(self.target)

        def write(place: Place, image: torch.Tensor) -> None:
            if self.late or not place.late:
                image[self.into].index_copy_(1, target, self.features.pop((one.negative, place)))

        return write


class BindingHook(ModelHook):  # type: ignore[misc]
    """After one module's forward: do what is to be done to its image tokens, in order."""

    def __init__(self, place: Place, view: View, image: int, actions: Sequence[Action]) -> None:
        super().__init__()
        self.place = place
        self.view = view
        self.image = image
        self.actions = actions

    def post_forward(self, module: torch.nn.Module, output: Any) -> Any:
        """Act on the image tokens in the output, and return the same output."""
        if _ACTING.get() is self.actions:  # not where another thread uses the same transformer
            image = self.view(output, self.image)
            for action in self.actions:
                action(self.place, image)
        return output


@contextmanager
def acting(
    transformer: Any,
    places: Sequence[tuple[torch.nn.Module, Place, View]],
    image: int,
    actions: Sequence[Action],
) -> Iterator[None]:
    """Act at every place of one pass of a transformer.

    The input embedding and every block are hooked for that pass only: a compiled block with a hook of its own would be
    compiled once more for every block. The pass itself runs uncompiled, the others find the blocks as they were.

    image: how many image tokens the pass has.
    """
    if not actions:
        yield
        return
    hooks = {module: BindingHook(place, view, image, actions) for module, place, view in places}
    token = _ACTING.set(actions)
    try:
        with hooked(hooks, BINDING_HOOK), _uncompiled(transformer):
            yield
    finally:
        _ACTING.reset(token)


def is_compiled(transformer: Any) -> bool:
    """Tell whether blocks of a transformer are compiled."""
    return any(module._compiled_call_impl is not None for module in transformer.modules())


def _uncompiled(transformer: Any) -> AbstractContextManager[Any]:
    return torch.compiler.set_stance("force_eager") if is_compiled(transformer) else nullcontext()


@contextmanager
def hooked(hooks: Mapping[torch.nn.Module, ModelHook], name: str) -> Iterator[None]:
    """Register a hook on every module under `name`; on leaving, also by an exception, no trace of them is left."""
    with ExitStack() as stack:
        for module, hook in hooks.items():
            stack.enter_context(_hooked(module, hook, name))
        yield


@contextmanager
def _hooked(module: torch.nn.Module, hook: ModelHook, name: str) -> Iterator[None]:
    registry_is_new = not hasattr(module, "_diffusers_hook")
    forward_is_new = "forward" not in vars(module)
    registry = HookRegistry.check_if_exists_or_initialize(module)
    registry.register_hook(hook, name)
    try:
        yield
    finally:
        registry.remove_hook(name, recurse=False)
        # The registry leaves `module.forward` bound to this very module, so that a deep copy would run the original.
        if not registry.hooks:
            if forward_is_new:
                del module.forward
            if registry_is_new:
                del module._diffusers_hook
