"""Models of a chosen family and size with random weights, and their stock pipelines on the same weights.

Text encoders and VAE take no part: a prompt's embedding is random, drawn from its words. A family is measured by
`regions.py` when it has a line in `SUBJECTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    Krea2Pipeline,
    Krea2Transformer2DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)

from generator.benchmarks.cases import Config
from generator.families.flux2 import RegionalFlux2KleinPipeline
from generator.families.krea2 import RegionalKrea2Pipeline
from generator.families.profiles.checkpoint import Checkpoint, KnownModel
from generator.families.profiles.flux2 import FLUX2
from generator.families.profiles.krea2 import KREA2
from generator.families.profiles.qwen_image import QWEN_IMAGE
from generator.families.profiles.z_image import Z_IMAGE
from generator.families.qwen_image import RegionalQwenImagePipeline
from generator.families.z_image import RegionalZImagePipeline
from generator.pipeline import RegionalFluxPipeline
from generator.regions.pipeline import RegionalPipeline

KREA2_LAYERS: Final = 2  # of the text encoder, whose hidden states are stacked


@dataclass(frozen=True)
class Subject:
    """What is measured: our pipeline, the stock one on the same weights, and the arguments that both take.

    guidance: the scale at which there is one pass a step. inputs: what the stock pipeline is told of a prompt.
    """

    config: Config
    pipe: RegionalPipeline
    stock: Any
    guidance: float
    inputs: Callable[[str], dict[str, Any]]


class RandomPrompts:
    """A pipeline whose prompts are random embeddings, as many tokens as the size has."""

    config_size: Config
    transformer: Any

    def drawn(self, prompt: str, channels: int) -> torch.Tensor:
        """Return a prompt's embedding, (1, tokens, channels)."""
        weights = next(self.transformer.parameters())
        source = torch.Generator().manual_seed(sum(map(ord, prompt)))
        return torch.randn(1, self.config_size.text_tokens, channels, generator=source).to(weights)


class RandomFlux1(RandomPrompts, RegionalFluxPipeline):
    """FLUX.1 for plans."""

    def encode_prompt(self, prompt: str, **_: Any) -> tuple[torch.Tensor, ...]:
        """Return embeddings (1, tokens, channels), the pooled vector and position ids of a prompt."""
        embeds = self.drawn(prompt, self.config_size.text_channels)
        pooled = self.drawn(prompt + " pooled", self.config_size.pooled_channels)[:, 0]
        return embeds, pooled, embeds.new_zeros(embeds.shape[1], 3)


class RandomFlux2(RandomPrompts, RegionalFlux2KleinPipeline):
    """FLUX.2 klein for plans."""

    def encode_prompt(self, prompt: str, **_: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Return embeddings and position ids of a prompt."""
        embeds = self.drawn(prompt, self.config_size.text_channels)
        return embeds, self._prepare_text_ids(embeds)


class RandomZImage(RandomPrompts, RegionalZImagePipeline):
    """Z-Image-Turbo for plans."""

    def encode_prompt(self, prompt: str, **_: Any) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Return the embeddings of a prompt, (tokens, channels), in a list."""
        return list(self.drawn(prompt, self.config_size.text_channels)), []


class RandomQwenImage(RandomPrompts, RegionalQwenImagePipeline):
    """Qwen-Image for plans."""

    def encode_prompt(self, prompt: str, **_: Any) -> tuple[torch.Tensor, None]:
        """Return the embeddings of a prompt, without padding."""
        return self.drawn(prompt, self.config_size.text_channels), None


class RandomKrea2(RandomPrompts, RegionalKrea2Pipeline):
    """Krea 2 Turbo for plans."""

    def encode_prompt(self, prompt: str, *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embeddings of a prompt, (1, tokens, layers, channels), and a mask: nothing is padding."""
        embeds = self.drawn(prompt, self.config_size.text_channels)[:, :, None].repeat(1, 1, KREA2_LAYERS, 1)
        return embeds, torch.ones(embeds.shape[:2], dtype=torch.bool, device=embeds.device)


def flux1(config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """FLUX.1 of a size."""
    with torch.device(device):
        transformer = FluxTransformer2DModel(
            num_layers=config.double_blocks,
            num_single_layers=config.single_blocks,
            num_attention_heads=config.heads,
            attention_head_dim=config.head_channels,
            joint_attention_dim=config.text_channels,
            pooled_projection_dim=config.pooled_channels,
            axes_dims_rope=config.axes,
            guidance_embeds=True,
        ).to(dtype)
    encoders = ("vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    pipe = _set_up(RandomFlux1(_scheduler(), transformer=transformer.eval(), **dict.fromkeys(encoders)), config)
    stock = FluxPipeline(**pipe.components)

    def inputs(prompt: str) -> dict[str, Any]:
        embeds, pooled, _ = pipe.encode_prompt(prompt)
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled, "max_sequence_length": config.text_tokens}

    return Subject(config, pipe, stock, 3.5, inputs)


def flux2(config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """FLUX.2 klein, as wide and deep as FLUX.1 of a size."""
    sizes = {
        "num_layers": config.double_blocks,
        "num_single_layers": config.single_blocks,
        "num_attention_heads": config.heads,
        "attention_head_dim": config.head_channels,
    }
    with torch.device(device):
        transformer = Flux2Transformer2DModel(
            **sizes,
            joint_attention_dim=config.text_channels,
            axes_dims_rope=(config.head_channels // 4,) * 4,
            guidance_embeds=False,
        ).to(dtype)
    config = replace(config, own=FLUX2.size(_published({"transformer": sizes})))
    vae = AutoencoderKLFlux2(block_out_channels=(4,) * 4, norm_num_groups=1).to(device, dtype)  # stock asks it
    parts: dict[str, Any] = {"vae": vae, "text_encoder": None, "tokenizer": None}
    pipe = _set_up(RandomFlux2(_scheduler(), transformer=transformer.eval(), **parts, is_distilled=True), config)
    stock = Flux2KleinPipeline(**pipe.components, is_distilled=True)
    return Subject(config, pipe, stock, 1.0, lambda prompt: {"prompt_embeds": pipe.encode_prompt(prompt)[0]})


def z_image(config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """Z-Image-Turbo, as wide as FLUX.1 of a size, with as many blocks in all."""
    sizes = {
        "dim": config.heads * config.head_channels,
        "n_layers": config.double_blocks + config.single_blocks,
        "n_refiner_layers": 2,
    }
    with torch.device(device):
        transformer = ZImageTransformer2DModel(
            **sizes,
            n_heads=config.heads,
            n_kv_heads=config.heads,
            cap_feat_dim=config.text_channels,
            axes_dims=list(config.axes),
        ).to(dtype)
    config = replace(config, own=Z_IMAGE.size(_published({"transformer": sizes})))
    parts = dict.fromkeys(("vae", "text_encoder", "tokenizer"))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    pipe = _set_up(RandomZImage(scheduler, transformer=transformer.eval(), **parts), config)
    stock = ZImagePipeline(**pipe.components)
    return Subject(config, pipe, stock, 0.0, lambda prompt: {"prompt_embeds": pipe.encode_prompt(prompt)[0]})


def qwen_image(config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """Qwen-Image without guidance, as wide as FLUX.1 of a size, with as many blocks in all."""
    sizes = {
        "num_layers": config.double_blocks + config.single_blocks,
        "num_attention_heads": config.heads,
        "attention_head_dim": config.head_channels,
    }
    with torch.device(device):
        transformer = QwenImageTransformer2DModel(
            **sizes, joint_attention_dim=config.text_channels, axes_dims_rope=config.axes
        ).to(dtype)
    config = replace(config, own=QWEN_IMAGE.size(_published({"transformer": sizes})))
    parts = dict.fromkeys(("vae", "text_encoder", "tokenizer"))
    pipe = _set_up(RandomQwenImage(_scheduler(), transformer=transformer.eval(), **parts), config)
    stock = QwenImagePipeline(**pipe.components)
    return Subject(config, pipe, stock, 1.0, lambda prompt: {"prompt_embeds": pipe.encode_prompt(prompt)[0]})


def krea2(config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """Krea 2 Turbo, as wide as FLUX.1 of a size, with as many blocks in all."""
    sizes = {
        "num_layers": config.double_blocks + config.single_blocks,
        "num_attention_heads": config.heads,
        "num_key_value_heads": max(1, config.heads // 4),
        "attention_head_dim": config.head_channels,
        "intermediate_size": 8 * config.heads * config.head_channels // 3,
    }
    texts = {"text_hidden_dim": config.text_channels, "text_intermediate_size": config.text_channels}
    with torch.device(device):
        transformer = Krea2Transformer2DModel(
            **sizes,
            **texts,
            num_text_layers=KREA2_LAYERS,
            text_num_attention_heads=2,
            text_num_key_value_heads=2,
            axes_dims_rope=config.axes,
        ).to(dtype)
    config = replace(config, own=KREA2.size(_published({"transformer": sizes})))
    parts = dict.fromkeys(("vae", "text_encoder", "tokenizer"))
    own = RandomKrea2(_scheduler(), transformer=transformer.eval(), **parts, is_distilled=True)
    pipe = _set_up(own, config)
    stock = Krea2Pipeline(**pipe.components, is_distilled=True)

    def inputs(prompt: str) -> dict[str, Any]:
        embeds, mask = pipe.encode_prompt(prompt)
        return {"prompt_embeds": embeds, "prompt_embeds_mask": mask}

    return Subject(config, pipe, stock, 0.0, inputs)


SUBJECTS: Final[dict[str, Callable[[Config, torch.device, torch.dtype], Subject]]] = {
    "flux1": flux1,
    "flux2": flux2,
    "z_image": z_image,
    "qwen_image": qwen_image,
    "krea2": krea2,
}


def build(family: str, config: Config, device: torch.device, dtype: torch.dtype) -> Subject:
    """Return a family's model of a size with random weights."""
    torch.manual_seed(0)
    subject = SUBJECTS[family](config, device, dtype)
    for pipe in (subject.pipe, subject.stock):
        pipe.set_progress_bar_config(disable=True)
    return subject


def _set_up(pipe: Any, config: Config) -> Any:
    pipe.config_size = config
    return pipe


def _scheduler() -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)


def _published(configs: dict[str, Any]) -> Checkpoint:
    return Checkpoint("random", None, KnownModel("random", 0, "", configs=configs))
