"""LoRAs of single objects: for the time of one call, each acts on its object only.

An object's LoRA acts fully in the pass in which the object is painted alone. In the picture's pass it acts in the cell
that owns the object's box: on the cell's text tokens, and on the image tokens of that cell, in both image streams. That
is exact for every layer that works token by token: attention projections, feed-forward layers, embeddings, the last
projection. Tokens elsewhere change only by attending to those. The modulation layers see one vector for the whole pass,
not tokens: there, LoRAs of objects stay out of the picture's pass, as they do where no cell is refined (δ = 0, and
steps outside the plan's refinement_steps) and from the text encoders.

Tensors: a layer's output is (batch, tokens, channels), or (batch, channels) where it is modulation.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from accelerate.hooks import CpuOffload
from diffusers.hooks.group_offloading import _get_top_level_group_offload_hook
from peft.tuners.lora import LoraLayer

from generator.adapters.lora_files import load_transformer_lora
from generator.options import LoraFile
from generator.regions.passes import Pass
from generator.regions.transfer import Action, is_compiled
from planner.errors import RenderError

NAME = "ragplan_object_"
TEXT_LAYERS = ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out", "ff_context", "context_embedder")


@dataclass(frozen=True)
class Tokens:
    """The tokens that a LoRA acts on in a pass: one truth value per text token and per token of one image stream."""

    text: torch.Tensor
    image: torch.Tensor

    def mask(self, layer: str, tokens: int) -> torch.Tensor:
        """Return (tokens, 1) for a layer of the transformer that sees so many tokens."""
        parts = layer.split(".")
        if any(part in TEXT_LAYERS for part in parts):
            return self.text[:, None]
        text = self.text if parts[0] == "single_transformer_blocks" else self.text[:0]
        streams = (tokens - len(text)) // len(self.image)
        return torch.cat([text, self.image.repeat(streams)])[:, None]


@dataclass
class ObjectLoras:
    """The LoRAs of a call's objects, by how the plan names them; outside of passes that they act on they do nothing.

    everywhere: those that act on the whole pass that is being made. somewhere: those that act on some of its tokens.
    thread: the one that makes the pass; they do nothing to those of others.
    """

    everywhere: Sequence[str] = ()
    somewhere: Mapping[str, Tokens] = field(default_factory=dict)
    thread: int | None = None

    def of(self, loras: tuple[str, ...]) -> LoraEffect:
        """Return the effect on a canvas on which these act as a whole, and others where its cells are marked."""
        return LoraEffect(self, loras)

    def limit(self, lora: str, layer: str, output: torch.Tensor) -> torch.Tensor:
        """Return what a LoRA adds to a layer's output, limited to the tokens that it acts on."""
        if threading.get_ident() != self.thread:
            return torch.zeros_like(output)
        if lora in self.everywhere:
            return output
        if lora in self.somewhere and output.ndim == 3:
            return output * self.somewhere[lora].mask(layer, output.shape[1]).to(output)
        return torch.zeros_like(output)


@dataclass(frozen=True)
class LoraEffect:
    """An `Effect`: the LoRAs of a canvas, of an object painted alone, or of the picture's cells."""

    second_stream: ClassVar[bool] = False
    layout: ClassVar[bool] = False
    stays: ClassVar[bool] = True

    loras: ObjectLoras
    whole: tuple[str, ...]

    @property
    def group(self) -> Hashable:
        """Return the LoRAs: boxes with others are painted apart."""
        return self.whole or None

    @classmethod
    def join(cls, parts: Sequence[tuple[LoraEffect, slice]]) -> LoraEffect:
        """Return the first: all act equally."""
        return parts[0][0]

    def arguments(self, one: Pass, timestep: torch.Tensor) -> Mapping[str, Any]:
        """Return nothing."""
        return {}

    def actions(self, one: Pass) -> Sequence[Action]:
        """Return nothing."""
        return ()

    @contextmanager
    def around(self, one: Pass) -> Iterator[None]:
        """Let the LoRAs act on one pass."""
        marked = one.regions.marked(one.text.tokens) if one.regions is not None else {}
        self.loras.thread, self.loras.everywhere = threading.get_ident(), self.whole
        self.loras.somewhere = {lora: Tokens(*tokens) for lora, tokens in marked.items()}
        try:
            yield
        finally:
            self.loras.thread, self.loras.everywhere, self.loras.somewhere = None, (), {}


@contextmanager
def object_loras(pipe: Any, loras: Sequence[str]) -> Iterator[ObjectLoras | None]:
    """Load LoRAs of objects, "file[:scale]" each, into a pipeline's transformer; on leaving they are gone again.

    Raises `RenderError` for files that are no LoRAs of this model, for compiled models, and for ways of offloading that
    LoRAs cannot join for one call.
    """
    if not loras:
        yield None
        return
    transformer = pipe.transformer
    if is_compiled(transformer):
        raise RenderError("LoRAs of single objects do not work with compiled blocks; leave one of the two out")
    _check_offload(transformer)
    before = list(transformer.active_adapters()) if transformer._hf_peft_config_loaded else []
    names = {f"{NAME}{number}": lora for number, lora in enumerate(dict.fromkeys(loras))}
    acting, handles = ObjectLoras(), []
    try:
        for name, lora in names.items():
            load_transformer_lora(pipe, name, LoraFile.parse(lora))
        for layer, module in transformer.named_modules():
            if isinstance(module, LoraLayer):
                handles += _prepare(module, layer, names, before, acting)
        yield acting
    finally:
        for handle in handles:
            handle.remove()
        _remove(transformer, list(names), before)


def _check_offload(transformer: Any) -> None:
    what = "LoRAs of single objects do not work with"
    hook = getattr(transformer, "_hf_hook", None)
    if hook is not None and not isinstance(hook, CpuOffload):
        raise RenderError(f"{what} enable_sequential_cpu_offload; load the pipeline with offload='sequential'")
    groups = _get_top_level_group_offload_hook(transformer)
    if groups is not None and groups.config.offload_to_disk_path:
        raise RenderError(f"{what} groups that are offloaded to the disk; offload them to the CPU's memory")


def _prepare(
    module: Any, layer: str, names: Mapping[str, str], before: Sequence[str], acting: ObjectLoras
) -> list[torch.utils.hooks.RemovableHandle]:
    """Make the LoRAs of one layer active with their scales, beside those that were, each behind its limit."""
    module.set_adapter([*before, *names], inference_mode=True)
    handles = []
    for name, lora in names.items():
        module.set_scale(name, LoraFile.parse(lora).scale)
        if name in module.lora_B:

            def limited(_: Any, __: Any, output: torch.Tensor, lora: str = lora) -> torch.Tensor:
                return acting.limit(lora, layer, output)

            handles.append(module.lora_B[name].register_forward_hook(limited))
    return handles


def _remove(transformer: Any, names: Sequence[str], before: Sequence[str]) -> None:
    """Take the LoRAs out, so that the transformer is what it was."""
    if not before:
        transformer.unload_lora()
        return
    for module in transformer.modules():
        if isinstance(module, LoraLayer):
            module.set_adapter(list(before))
    transformer.delete_adapters([name for name in names if name in transformer.peft_config])
