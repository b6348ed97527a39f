"""The one way through the transformer: a canvas' velocity, by one pass or two, with all that acts on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import CacheMixin

from generator.regions.call import Call
from generator.regions.family import Family
from generator.regions.passes import Canvas, Pass
from generator.regions.step_cache import caches, step_cache
from generator.regions.transfer import Action, Transfer, acting
from planner.errors import RenderError


@dataclass(frozen=True)
class Denoiser:
    """The transformer for the time of one call."""

    family: Family
    transformer: Any
    call: Call

    def velocity(
        self,
        canvas: Canvas,
        timestep: torch.Tensor,
        *,
        name: str = "cond",
        written: Sequence[Transfer] = (),
        recorded: Sequence[Transfer] = (),
    ) -> torch.Tensor:
        """Predict a canvas' velocity, its tokens row by row.

        name: the canvas' own name, by which diffusers' caches tell passes apart, refined ones from plain ones too.
        written, recorded: tokens that are overwritten from, or kept for, the passes of another canvas.
        """
        passes = [Pass(canvas, negative, self.family.two_streams) for negative in (False, True)]
        outputs = [
            self._output(one, timestep, name, written, recorded)
            for one in (passes if canvas.negative is not None else passes[:1])
        ]
        return outputs[0] if len(outputs) == 1 else self.family.guide(self.call, *outputs)

    def _output(
        self,
        one: Pass,
        timestep: torch.Tensor,
        name: str,
        written: Sequence[Transfer],
        recorded: Sequence[Transfer],
    ) -> torch.Tensor:
        """Make one pass."""
        effects, transformer = one.canvas.effects, self.transformer
        actions: list[Action] = [transfer.writing(one) for transfer in written]
        actions += [action for effect in effects for action in effect.actions(one)]
        actions += [transfer.recording(one) for transfer in recorded]
        context = " in regions" if one.regions is not None else " negative" if one.negative else ""
        with ExitStack() as stack:
            for effect in effects:
                stack.enter_context(effect.around(one))
            stack.enter_context(self._acting(one, actions))
            stack.enter_context(_cache_context(transformer, name + context))
            output = self.family.predict(transformer, one, timestep, self.call, _arguments(one, timestep))
        if caches(transformer) and (written or recorded):
            transformer._reset_stateful_cache()  # so that no later pass goes on from one that was overwritten
        return one.unpack(output)

    def _acting(self, one: Pass, actions: Sequence[Action]) -> AbstractContextManager[None]:
        if not actions:
            return nullcontext()
        return acting(self.transformer, self.family.places(self.transformer), one.canvas.latents.shape[1], actions)


@contextmanager
def denoiser(family: Family, transformer: Any, call: Call, *, binds: bool) -> Iterator[Denoiser]:
    """Prepare a transformer for a call; on leaving, also by an exception, it is the stock model again.

    binds: whether passes overwrite each other.
    Raises `RenderError` for a model that is set up in a way that the call's regions cannot work with.
    """
    if call.cells or binds or call.image_embeds:
        _check(transformer)
    with family.attention(transformer, call), step_cache(transformer, call):
        yield Denoiser(family, transformer, call)


def _arguments(one: Pass, timestep: torch.Tensor) -> dict[str, Any]:
    """Return the transformer's further keyword arguments of all effects on a pass."""
    found: dict[str, Any] = {}
    for effect in one.canvas.effects:
        for name, value in effect.arguments(one, timestep).items():
            found[name] = {**found.get(name, {}), **value} if name == "joint_attention_kwargs" else value
    return found


def _cache_context(transformer: Any, name: str) -> AbstractContextManager[Any]:
    return transformer.cache_context(name) if isinstance(transformer, CacheMixin) else nullcontext()


def _check(transformer: Any) -> None:
    parallel = transformer._parallel_config
    if parallel is not None and parallel.context_parallel_config is not None:
        raise RenderError("cells, boxes and masks do not work with context parallelism")
    if caches(transformer):
        raise RenderError(
            "cells, boxes and masks do not work with a cache of your own; call transformer.disable_cache() and give "
            "step_cache, which is diffusers' first-block cache"
        )
