"""Adapters' weights in a transformer: they are parts of it, so that they move, and are offloaded, with it.

InstantX' IP-Adapter sits in the attention processors, as diffusers' own does; PuLID's nets lie beside the blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers.hooks.group_offloading import _is_group_offload_enabled
from diffusers.models.transformers.consisid_transformer_3d import PerceiverCrossAttention
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, FluxIPAdapterAttnProcessor

from generator.adapters.checkpoint import part, read_checkpoint
from generator.families.flux1 import has_xlabs_adapter
from generator.families.flux1_images import InstantXAttnProcessor
from generator.regions.transfer import Place
from planner.errors import RenderError

PULID_NETS = "pulid_ca"  # their attribute of the transformer, and their prefix in PuLID's checkpoint
DOUBLE_INTERVAL, SINGLE_INTERVAL = 2, 4

Weights = Mapping[str, torch.Tensor] | str | Path


class ImageAdapters:
    """What a FLUX pipeline needs so that objects can have reference pictures; goes in front of it as a base class."""

    transformer: Any

    def load_instantx_ip_adapter(self, weights: Weights) -> None:
        """Load InstantX' IP-Adapter for FLUX.1-dev: the half of its checkpoint that the attention needs.

        weights: a file, or its tensors under flat names, "ip_adapter.0.to_k_ip.weight" and so on, numbered as the
        transformer's attention processors; others are left alone. Load it before offloading.
        Raises `RenderError` where they do not fit the transformer, or another IP-Adapter is loaded.
        """
        _check_open(self.transformer)
        if has_xlabs_adapter(self.transformer):
            raise RenderError("one IP-Adapter at a time: call pipe.unload_ip_adapter() first")
        transformer, processors = self.transformer, self.transformer.attn_processors
        own = _own(weights, "an IP-Adapter's file", "ip_adapter.")
        loaded = {}
        for index, (path, stock) in enumerate(processors.items()):
            nets = [_linear(own, f"{index}.{name}", transformer) for name in ("to_k_ip", "to_v_ip")]
            loaded[path] = InstantXAttnProcessor(*nets)
            loaded[path]._attention_backend = stock._attention_backend
        if own:
            raise RenderError(f"the IP-Adapter has more layers than the transformer's {len(processors)}: {min(own)}")
        transformer.set_attn_processor(loaded)

    def load_ip_adapter(self, *arguments: Any, **named: Any) -> None:
        """Load XLabs' IP-Adapter, by diffusers' own loader. Raises `RenderError` where another one is loaded."""
        _check_open(self.transformer)
        if has_instantx_adapter(self.transformer):
            raise RenderError("one IP-Adapter at a time: call pipe.unload_ip_adapter() first")
        backends = [processor._attention_backend for processor in self.transformer.attn_processors.values()]
        super().load_ip_adapter(*arguments, **named)  # type: ignore[misc]
        for processor, backend in zip(self.transformer.attn_processors.values(), backends, strict=True):
            processor._attention_backend = backend

    def unload_ip_adapter(self) -> None:
        """Take the IP-Adapter out, whichever it is, and XLabs' image encoder with it."""
        stock = {name: _stock(processor) for name, processor in self.transformer.attn_processors.items()}
        if has_xlabs_adapter(self.transformer):
            super().unload_ip_adapter()  # type: ignore[misc]
        self.transformer.set_attn_processor(stock)

    def load_pulid(self, weights: Weights, *, head_channels: int = 128) -> None:
        """Load PuLID's cross attention for FLUX.1-dev.

        weights: a file, or its tensors under flat names, "pulid_ca.0.to_q.weight" and so on; others are left alone.
        head_channels: of each attention head, PuLID's own are 128. Load it before offloading. The picture's passes run
        uncompiled where there are faces.
        Raises `RenderError` where they do not fit the transformer.
        """
        _check_open(self.transformer)
        own = _own(weights, "a PuLID checkpoint", f"{PULID_NETS}.")
        places = net_places(self.transformer)
        nets = [_cross_attention(own, f"{index}.", head_channels, self.transformer) for index in range(len(places))]
        if own:
            raise RenderError(f"PuLID has more layers than the transformer has places, {len(places)}: {min(own)}")
        setattr(self.transformer, PULID_NETS, torch.nn.ModuleList(nets))

    def unload_image_adapters(self) -> None:
        """Take all adapters out of the transformer: it is the stock model again."""
        self.unload_ip_adapter()
        if hasattr(self.transformer, PULID_NETS):
            delattr(self.transformer, PULID_NETS)


def has_instantx_adapter(transformer: Any) -> bool:
    """Tell whether InstantX' IP-Adapter is loaded."""
    return any(isinstance(processor, InstantXAttnProcessor) for processor in transformer.attn_processors.values())


def ip_adapter_channels(transformer: Any) -> int | None:
    """Return how many channels the tokens of an IP-Adapter's picture have; None without an adapter."""
    for processor in transformer.attn_processors.values():
        if isinstance(processor, InstantXAttnProcessor):
            return processor.to_k_ip.in_features
        if isinstance(processor, FluxIPAdapterAttnProcessor):
            return int(processor.to_k_ip[0].in_features)
    return None


def net_places(transformer: Any) -> list[Place]:
    """Return the places after which PuLID acts, in the order of its nets."""
    double, single = len(transformer.transformer_blocks), len(transformer.single_transformer_blocks)
    places = [Place(1 + block, False) for block in range(0, double, DOUBLE_INTERVAL)]
    return places + [Place(1 + double + block, True) for block in range(0, single, SINGLE_INTERVAL)]


def pulid_nets(transformer: Any) -> dict[Place, torch.nn.Module]:
    """Return PuLID's nets by place; none where it is not loaded."""
    nets = getattr(transformer, PULID_NETS, ())
    return dict(zip(net_places(transformer), nets, strict=True)) if nets else {}


def _stock(processor: Any) -> Any:
    """Return what an attention processor is without its IP-Adapter."""
    if not isinstance(processor, InstantXAttnProcessor | FluxIPAdapterAttnProcessor):
        return processor
    stock = FluxAttnProcessor()
    stock._attention_backend = processor._attention_backend
    return stock


def _check_open(transformer: Any) -> None:
    if _is_group_offload_enabled(transformer):
        raise RenderError("adapters must be loaded before the transformer is offloaded in groups")


def _own(weights: Weights, what: str, prefix: str) -> dict[str, torch.Tensor]:
    """Return the weights under a prefix, without it."""
    named = weights if isinstance(weights, Mapping) else read_checkpoint(what, str(weights))
    found = part(named, prefix)
    if not found:
        raise RenderError(f"this is not {what}: it has no weights named {prefix}…")
    return found


def _linear(weights: dict[str, torch.Tensor], name: str, transformer: Any) -> torch.nn.Linear:
    """Take a projection to the transformer's channels out of the weights."""
    weight, bias = weights.pop(f"{name}.weight", None), weights.pop(f"{name}.bias", None)
    if weight is None or weight.ndim != 2 or len(weight) != transformer.inner_dim:
        found = "none" if weight is None else str(tuple(weight.shape))
        raise RenderError(f"the IP-Adapter's {name}.weight must be ({transformer.inner_dim}, channels), got {found}")
    with torch.device("meta"):
        net = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    net.load_state_dict({"weight": weight} | ({"bias": bias} if bias is not None else {}), assign=True)
    return net.to(transformer.device, transformer.dtype).requires_grad_(False)


def _cross_attention(weights: dict[str, torch.Tensor], prefix: str, head_channels: int, transformer: Any) -> Any:
    """Take one of PuLID's nets out of the weights."""
    own = {name.removeprefix(prefix): weights.pop(name) for name in list(weights) if name.startswith(prefix)}
    try:
        inner, channels = own["to_q.weight"].shape
        kv_channels = own["norm1.weight"].shape[0]
        with torch.device("meta"):
            net = PerceiverCrossAttention(channels, head_channels, inner // head_channels, kv_channels)
        net.load_state_dict(own, assign=True)
    except (KeyError, RuntimeError, ValueError) as error:
        raise RenderError(f"PuLID's layer {prefix.rstrip('.')} is incomplete: {error}") from error
    if channels != transformer.inner_dim:
        raise RenderError(f"PuLID's layers have {channels} channels, the transformer {transformer.inner_dim}")
    return net.to(transformer.device, transformer.dtype).requires_grad_(False)
