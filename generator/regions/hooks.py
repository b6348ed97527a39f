"""Hooks on a transformer's modules for the time of a `with` block, through diffusers' own registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from diffusers.hooks import HookRegistry, ModelHook


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
