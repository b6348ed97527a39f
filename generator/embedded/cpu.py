"""Training on processors: FLUX.1's attention written out, and several processes that share their gradients.

On short sequences torch's fused attention takes as long as the rest. Its tensors: (batch, tokens, heads, head channels)
inside, (batch, tokens, channels) outside. `torchrun --nproc-per-node N -m …` starts a process for each core.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor
from torch import Tensor
from torch.overrides import TorchFunctionMode

from generator.families.flux1_attention import Rotary, project, project_back


class PlainAttnProcessor(FluxAttnProcessor):  # type: ignore[misc]
    """diffusers' FLUX attention as two matrix products and a softmax, without a mask."""

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: None = None,
        image_rotary_emb: Rotary | None = None,
    ) -> Any:
        """Attend as `FluxAttnProcessor` does."""
        query, key, value = project(attn, hidden_states, encoder_hidden_states)
        if image_rotary_emb is not None:
            query = apply_rotary_emb(query, image_rotary_emb, sequence_dim=1)
            key = apply_rotary_emb(key, image_rotary_emb, sequence_dim=1)
        output = attend(query.to(value.dtype), key.to(value.dtype), value)
        return output if encoder_hidden_states is None else project_back(attn, output, encoder_hidden_states)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return what every token takes from all others: (batch, tokens, heads · head channels)."""
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    weights = scores.softmax(dim=-1, dtype=torch.float32).to(value.dtype)
    output: Tensor = (weights @ value).transpose(1, 2).flatten(2)
    return output


def has_bfloat16(device: str) -> bool:
    """Say whether a device computes in bfloat16: a processor without AVX-512 takes two hundred times as long."""
    return device != "cpu" or torch.backends.cpu.get_cpu_capability() not in ("DEFAULT", "AVX2")


def mixed_precision(device: str) -> torch.autocast:
    """Compute in bfloat16 where the device can."""
    return torch.autocast(device, torch.bfloat16, enabled=has_bfloat16(device))


class InFloat32(TorchFunctionMode):
    """Leave float32 as it is where code asks for bfloat16, as `torch.optim.Muon` does."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of torch's."""
        return args[0].clone() if func is Tensor.bfloat16 else func(*args, **(kwargs or {}))


def join() -> None:
    """Take part in what `torchrun` has started, if it has; gradients go over the machine's own network."""
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo")


def process() -> tuple[int, int]:
    """Return which training process this is, and of how many."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def mean_of_processes(values: Sequence[Tensor]) -> None:
    """Replace tensors by their mean over all training processes, in place; one process alone changes nothing."""
    if dist.is_initialized():
        together = torch.cat([value.flatten() for value in values])
        dist.all_reduce(together)
        together /= dist.get_world_size()
        for value, mean in zip(values, torch.split(together, [value.numel() for value in values]), strict=True):
            value.copy_(mean.view_as(value))
