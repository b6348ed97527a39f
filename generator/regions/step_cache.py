"""diffusers' first-block cache for the time of one call, in the thread of that call only.

Its hooks lie in the transformer, where another thread's pipeline would meet them: that one computes every block, as if
there were none.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import CacheMixin, FirstBlockCacheConfig
from diffusers.hooks.first_block_cache import FBCSharedBlockState
from diffusers.hooks.hooks import StateManager

from generator.regions.call import Call
from generator.regions.transfer import is_compiled
from planner.errors import RenderError


def caches(transformer: Any) -> bool:
    """Tell whether a transformer has a cache now."""
    return isinstance(transformer, CacheMixin) and bool(transformer.is_cache_enabled)


@contextmanager
def step_cache(transformer: Any, call: Call) -> Iterator[None]:
    """Let passes that carry nothing skip all blocks but the first where that one hardly changed.

    Raises `RenderError` for a model with which that does not work.
    """
    if call.step_cache is None:
        yield
        return
    if not isinstance(transformer, CacheMixin):
        raise RenderError(
            f"step_cache does not work with this model: diffusers has none for {type(transformer).__name__}"
        )
    if is_compiled(transformer):
        raise RenderError("step_cache does not work with compiled blocks; leave one of the two out")
    transformer.enable_cache(FirstBlockCacheConfig(threshold=call.step_cache))
    try:
        _keep_to_this_thread(transformer)
        yield
    finally:
        transformer.disable_cache()


def _keep_to_this_thread(transformer: torch.nn.Module) -> None:
    """Give the cache's hooks a state of this thread's own."""
    state = _StateOfOneThread(FBCSharedBlockState)
    for module in transformer.modules():
        registry: Any = getattr(module, "_diffusers_hook", None)
        for hook in registry.hooks.values() if registry else ():
            if isinstance(getattr(hook, "state_manager", None), StateManager):
                hook.state_manager = state


class _StateOfOneThread(StateManager):  # type: ignore[misc]
    """What the cache remembers for the thread that made it; for every other thread it remembers nothing."""

    def __init__(self, kind: type[FBCSharedBlockState]) -> None:
        super().__init__(kind)
        self._thread = threading.get_ident()
        self._others = _Forgetful()

    def get_state(self) -> Any:
        return super().get_state() if self._is_mine else self._others

    def set_context(self, context: Any) -> None:
        if self._is_mine:
            super().set_context(context)

    def reset(self, *arguments: Any, **options: Any) -> None:
        if self._is_mine:  # diffusers' pipelines reset the caches of their models when they end
            super().reset(*arguments, **options)

    @property
    def _is_mine(self) -> bool:
        return threading.get_ident() == self._thread


class _Forgetful(threading.local):
    """A state in which every block is computed: each step is the first one, also of a pass that has begun already."""

    should_compute = True
    head_block_output: Any = (0, 0)
    tail_block_residuals: Any = None

    @property
    def head_block_residual(self) -> None:
        """Nothing to compare a step with."""

    @head_block_residual.setter
    def head_block_residual(self, value: Any) -> None:
        """Forget it."""
