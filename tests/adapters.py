"""Random adapters of the sizes of `tiny_flux`' models, and plans whose objects have pictures."""

from __future__ import annotations

from dataclasses import replace

import torch

from generator.adapters.embeds import ImageEmbeds
from generator.pipeline import RegionalFluxPipeline
from planner.plan import Box, ImagePrompt, ObjectBox, Plan

INNER, TEXT, POOLED, CLIP, FACE = 32, 24, 20, 10, 12  # channels: of the transformer, of the text, of the encoders
BLOCKS, DOUBLE_BLOCKS, NETS = 5, 2, 2
TOKENS = {"redux": 11, "ip_adapter": 4, "pulid": 3}


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def instantx_weights() -> dict[str, torch.Tensor]:
    """The attention's half of an InstantX checkpoint."""
    names = [f"ip_adapter.{block}.to_{part}_ip.weight" for block in range(BLOCKS) for part in "kv"]
    return {name: random(INNER, TEXT, seed=seed) / 3 for seed, name in enumerate(names)}


def xlabs_weights() -> dict[str, dict[str, torch.Tensor]]:
    """A checkpoint for diffusers' `load_ip_adapter`."""
    adapter = {}
    for seed, name in enumerate(f"{block}.to_{part}_ip" for block in range(DOUBLE_BLOCKS) for part in "kv"):
        adapter |= {f"{name}.weight": random(INNER, TEXT, seed=seed) / 3, f"{name}.bias": random(INNER, seed=seed)}
    projection = {"proj.weight": random(4 * TEXT, CLIP, seed=20), "proj.bias": random(4 * TEXT, seed=21)}
    return {"image_proj": {**projection, "norm.weight": torch.ones(TEXT), "norm.bias": torch.zeros(TEXT)}} | {
        "ip_adapter": adapter
    }


def pulid_weights() -> dict[str, torch.Tensor]:
    """The attention's half of a PuLID checkpoint, heads of 8 channels."""
    shapes = {"norm1": (FACE,), "norm2": (INNER,), "to_q": (16, INNER), "to_kv": (32, FACE), "to_out": (INNER, 16)}
    weights = {f"{n}.{name}.weight": random(*shape, seed=n) for n in range(NETS) for name, shape in shapes.items()}
    weights |= {f"{n}.norm{i}.bias": torch.zeros(size) for n in range(NETS) for i, size in ((1, FACE), (2, INNER))}
    return {f"pulid_ca.{name}": tensor for name, tensor in weights.items()}


def load_xlabs(pipe: RegionalFluxPipeline) -> None:
    pipe.load_ip_adapter(xlabs_weights(), weight_name="", image_encoder_pretrained_model_name_or_path=None)


def load_adapters(pipe: RegionalFluxPipeline, ip_adapter: str = "instantx") -> None:
    """Load PuLID and one of the two IP-Adapters."""
    pipe.load_pulid(pulid_weights(), head_channels=8)
    if ip_adapter == "instantx":
        pipe.load_instantx_ip_adapter(instantx_weights())
    else:
        load_xlabs(pipe)


def embeds(kind: str, seed: int = 0) -> ImageEmbeds:
    """What an adapter made of a picture, at random."""
    pooled = random(1, POOLED, seed=seed) if kind == "redux" else None
    return ImageEmbeds(kind, random(1, TOKENS[kind], FACE if kind == "pulid" else TEXT, seed=seed), pooled)


def pictured(plan: Plan, kinds: dict[int, str], weight: float = 0.8) -> Plan:
    """The plan with pictures for some of its objects."""
    objects = list(plan.objects)
    for number, kind in kinds.items():
        objects[number] = replace(objects[number], image=ImagePrompt(kind, "a.png", weight))  # type: ignore[arg-type]
    return replace(plan, objects=tuple(objects))


def four_objects(plan: Plan) -> Plan:
    """A text object, then one of every kind of picture, on 4 × 4 tokens; two boxes overlap."""
    boxes = [Box(0, 0, 0.5, 0.5), Box(0.5, 0, 0.5, 0.5), Box(0.5, 0.25, 0.5, 0.5), Box(0, 0.5, 0.5, 0.5)]
    words = ["a red dog", "", "a blue cat", "a ball"]
    objects = tuple(
        ObjectBox(prompt, box, ImagePrompt(kind, "a.png", 0.8) if kind else None)  # type: ignore[arg-type]
        for prompt, box, kind in zip(words, boxes, ("", *TOKENS), strict=True)
    )
    return replace(plan, objects=objects)


FOUR_EMBEDS = {number: embeds(kind, number) for number, kind in enumerate(TOKENS, start=1)}
