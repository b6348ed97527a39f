"""Tiny random checkpoints of models that take boxes in their own prompt, saved as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    Flux3DistilledModularPipeline,
    Flux3ModularPipeline,
    Flux3Transformer2DModel,
    Ideogram4Pipeline,
    Ideogram4Transformer2DModel,
)
from tiny_families import flux2_vae, randomized
from tiny_qwen import VISION_3, text_config, text_processor, tokenizer
from transformers import (
    PreTrainedTokenizerFast,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLModel,
)

TEMPLATE = (
    "user {% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{{ message['content'][0]['text'] }}{% endif %}{% endfor %}"
)
CHANNELS = 16  # of the text encoder, which has as many layers as the pipelines read


def chat_tokenizer() -> PreTrainedTokenizerFast:
    words = tokenizer()
    words.chat_template = TEMPLATE
    return words


def text_encoder(kind: Any, layers: int) -> Any:
    words = text_config(len(tokenizer()))
    torch.manual_seed(0)
    return randomized(kind(Qwen3VLConfig(text_config={**words, "num_hidden_layers": layers}, vision_config=VISION_3)))


def ideogram4(folder: Path) -> Ideogram4Pipeline:
    """diffusers' own pipeline with transformers of one block, saved."""
    transformers = [
        randomized(
            Ideogram4Transformer2DModel(
                in_channels=16,
                num_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                intermediate_size=16,
                adaln_dim=8,
                llm_features_dim=13 * CHANNELS,
                mrope_section=(2, 1, 1),
            ),
            seed,
        )
        for seed in (1, 2)
    ]
    pipe = Ideogram4Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=flux2_vae(),
        text_encoder=text_encoder(Qwen3VLModel, 36),
        tokenizer=chat_tokenizer(),
        transformer=transformers[0],
        unconditional_transformer=transformers[1],
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(folder)
    return pipe


def flux3(folder: Path, *, distilled: bool = False) -> Any:
    """diffusers' own modular pipeline with a transformer of one block of each kind, saved.

    Its processor is another model's, as that of Qwen3-VL needs torchvision; only words go through it.
    """
    processor = text_processor(chat_tokenizer(), TEMPLATE)
    transformer = Flux3Transformer2DModel(
        in_channels=16,
        cond_in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=8 * CHANNELS,
        timestep_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        flow_map=distilled,
    )
    pipe = (Flux3DistilledModularPipeline if distilled else Flux3ModularPipeline)()
    pipe.update_components(
        text_encoder=text_encoder(Qwen3VLForConditionalGeneration, 32),
        tokenizer=processor,
        vae=flux2_vae(),
        transformer=randomized(transformer),
    )
    pipe.save_pretrained(str(folder), overwrite_modular_index=True)
    return pipe
