"""Tiny random FLUX models for tests: whole pipelines with word tokenizers, and the one of the parity fixtures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxControlNetModel,
    FluxMultiControlNetModel,
    FluxTransformer2DModel,
)
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

from generator.pipeline import RegionalFluxControlNetPipeline, RegionalFluxPipeline

PARITY = Path(__file__).parent / "data" / "parity"
TEXT_TOKENS = 8
WORDS = ["<pad>", "<unk>", "</s>", "a", "red", "blue", "dog", "cat", "ball", "on", "the", "right", "and", "grass"]


def random_transformer(**config: Any) -> FluxTransformer2DModel:
    """A FLUX transformer of 2 double-stream and 3 single-stream blocks with weights that make it far from linear."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "in_channels": 16,
        "num_layers": 2,
        "num_single_layers": 3,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 24,
        "pooled_projection_dim": 20,
        "axes_dims_rope": (4, 6, 6),
    }
    transformer = FluxTransformer2DModel(**{**sizes, **config}).eval()
    for parameter in transformer.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=1.5 / parameter.shape[1] ** 0.5)
        else:
            torch.nn.init.normal_(parameter, mean=0.0 if parameter.ndim == 0 else 0.1, std=0.3)
    return transformer


def word_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer with a token a word, ending in `</s>`."""
    ids = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", ids["</s>"])])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=TEXT_TOKENS,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="</s>",
    )


def tiny_pipeline(**transformer_config: Any) -> RegionalFluxPipeline:
    """A complete random pipeline: own canvas 64 × 64 px, own text length 8 tokens, no network."""
    transformer = random_transformer(**transformer_config)
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=transformer.config.in_channels // 4,
        norm_num_groups=1,
        sample_size=64,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.1,
        scaling_factor=0.4,
    )
    clip = CLIPTextConfig(
        vocab_size=len(WORDS),
        hidden_size=transformer.config.pooled_projection_dim,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TEXT_TOKENS,
        eos_token_id=WORDS.index("</s>"),
        pad_token_id=0,
        bos_token_id=1,
    )
    t5 = T5Config(
        vocab_size=len(WORDS),
        d_model=transformer.config.joint_attention_dim,
        d_kv=8,
        d_ff=32,
        num_layers=2,
        num_heads=2,
        pad_token_id=0,
        eos_token_id=WORDS.index("</s>"),
    )
    pipe = RegionalFluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae.eval(),
        text_encoder=CLIPTextModel(clip).eval(),
        tokenizer=word_tokenizer(),
        text_encoder_2=T5EncoderModel(t5).eval(),
        tokenizer_2=word_tokenizer(),
        transformer=transformer,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


class ParityPipeline(RegionalFluxPipeline):
    """The parity fixtures' model, which looks its prompts up instead of encoding them."""

    embeddings: dict[str, torch.Tensor]

    def encode_prompt(self, prompt: str, **_: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the recorded embeddings; the fixtures have no pooled vector for prompts of cells."""
        embeds = self.embeddings[f"t5|{prompt}"][None]
        pooled = self.embeddings.get(f"clip|{prompt}", torch.full([24], torch.nan))[None]
        return embeds, pooled, torch.zeros(embeds.shape[1], 3)


def parity_document(folder: Path = PARITY) -> dict[str, Any]:
    """The parity fixtures' configurations and cases."""
    document: dict[str, Any] = json.loads((folder / "cases.json").read_text())
    return document


def parity_pipeline(folder: Path = PARITY) -> ParityPipeline:
    """The parity fixtures' pipeline, without text encoders and VAE."""
    document = parity_document(folder)
    transformer = FluxTransformer2DModel(**document["transformer"])
    transformer.load_state_dict(load_file(folder / "transformer.safetensors"))
    parts = dict.fromkeys(("vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"))
    scheduler = FlowMatchEulerDiscreteScheduler(**document["scheduler"])
    pipe = ParityPipeline(scheduler=scheduler, transformer=transformer.eval(), **parts)
    pipe.embeddings = {name: embed.float() for name, embed in load_file(folder / "embeddings.safetensors").items()}
    pipe.set_progress_bar_config(disable=True)
    return pipe


def tiny_control_pipeline(*controls: dict[str, Any], **transformer_config: Any) -> RegionalFluxControlNetPipeline:
    """The tiny pipeline with one random ControlNet, or several, of the configurations that are given."""
    plain = tiny_pipeline(**transformer_config)
    models = [random_controlnet(plain.transformer, **config) for config in controls or ({},)]
    controlnet = models[0] if len(models) == 1 else FluxMultiControlNetModel(models)
    pipe = RegionalFluxControlNetPipeline(**plain.components, controlnet=controlnet)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def random_controlnet(transformer: FluxTransformer2DModel, **config: Any) -> FluxControlNetModel:
    """A ControlNet of one block of each kind for a transformer, with weights that make it matter."""
    names = ("in_channels", "attention_head_dim", "num_attention_heads", "joint_attention_dim")
    sizes = {name: transformer.config[name] for name in (*names, "pooled_projection_dim", "axes_dims_rope")}
    torch.manual_seed(1)
    controlnet = FluxControlNetModel(**{**sizes, "num_layers": 1, "num_single_layers": 1, **config}).eval()
    for parameter in controlnet.parameters():
        torch.nn.init.normal_(parameter, std=1.0 / parameter.shape[-1] ** 0.5)
    return controlnet
