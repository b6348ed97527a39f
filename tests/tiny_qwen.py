"""Tiny random checkpoints of Qwen-Image and Krea 2, with text encoders and tokenizers of the real kinds: no network."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    Krea2Pipeline,
    Krea2Transformer2DModel,
    QwenImage21Pipeline,
    QwenImage21Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BatchFeature,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2AudioProcessor,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLModel,
    WhisperFeatureExtractor,
)

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>", "<|vision_start|>", "<|vision_end|>"]
TEMPLATE = (
    "system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial relationships "
    "of the objects and background:\nuser\nassistant\nDescribe the key features of the input image (color, shape, "
    "size, texture, objects, background), then explain how the user's text instruction should alter or modify the "
    "image. Generate a new image that meets the user's requirements while maintaining consistency with the original "
    "input where appropriate.\nPicture 1: "
)
SYSTEM_TEMPLATE = "<|im_start|>system\n{{ messages[0]['content'][0]['text'] }}<|im_end|>\n"
LATENT_CHANNELS = 4
TEXT_CHANNELS = 16
VISION_3 = {
    "depth": 1,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_heads": 2,
    "out_hidden_size": TEXT_CHANNELS,
    "deepstack_visual_indexes": [0],
    "num_position_embeddings": 16,
}


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level tokenizer as Qwen's is, in which the template's words are tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=SPECIAL, initial_alphabet=alphabet)
    made.train_from_iterator([TEMPLATE] * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<|endoftext|>", eos_token="<|im_end|>")


def randomize(model: Any, seed: int = 0) -> Any:
    """Give a model weights with which everything matters, zero-initialised gates and tables too."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5, generator=generator)
        else:
            parameter.data += 0.25 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def vae() -> AutoencoderKLQwenImage:
    torch.manual_seed(0)
    channels = LATENT_CHANNELS
    return AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=channels,
        dim_mult=[1, 2, 2, 2],
        num_res_blocks=1,
        latents_mean=[0.1] * channels,
        latents_std=[0.9] * channels,
    ).eval()


def text_config(vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": TEXT_CHANNELS,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 2048,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]},
    }


def scheduler(**config: Any) -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(shift=1.0, use_dynamic_shifting=True, **config)


def tiny_qwen_image(**config: Any) -> QwenImagePipeline:
    """diffusers' own pipeline with a transformer of 3 blocks of 2 heads of 16 channels."""
    words = tokenizer()
    vision: dict[str, Any] = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2}
    vision["out_hidden_size"] = TEXT_CHANNELS
    vision["fullatt_block_indexes"] = [0]
    marks = {"image_token_id": "<|image_pad|>", "vision_start_token_id": "<|vision_start|>"}
    ids = {name: words.convert_tokens_to_ids(token) for name, token in marks.items()}
    encoder = Qwen2_5_VLConfig(text_config=text_config(len(words)), vision_config=vision, **ids)
    sizes = {"num_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2, "axes_dims_rope": (4, 6, 6)}
    channels = {
        "in_channels": 4 * LATENT_CHANNELS,
        "out_channels": LATENT_CHANNELS,
        "joint_attention_dim": TEXT_CHANNELS,
    }
    torch.manual_seed(0)
    return _quiet(
        QwenImagePipeline(
            scheduler=scheduler(),
            vae=vae(),
            text_encoder=randomize(Qwen2_5_VLForConditionalGeneration(encoder)),
            tokenizer=words,
            transformer=randomize(QwenImageTransformer2DModel(**{**sizes, **channels, **config})),
        )
    )


def tiny_qwen_image_edit(**config: Any) -> QwenImageEditPlusPipeline:
    """diffusers' own pipeline that reads pictures, with the parts of `tiny_qwen_image`."""
    parts = tiny_qwen_image(**config).components
    return _quiet(QwenImageEditPlusPipeline(**parts, processor=TinyProcessor(parts["tokenizer"])))


class TinyProcessor:
    """What Qwen2VLProcessor does to texts with pictures; the real one needs torchvision."""

    def __init__(self, words: PreTrainedTokenizerFast) -> None:
        self.words = words
        self.pictures = Qwen2VLImageProcessor(patch_size=14, merge_size=2, min_pixels=28 * 28, max_pixels=64 * 64)

    def __call__(self, text: list[str], images: Any, padding: bool, return_tensors: str) -> BatchFeature:
        found = dict(self.pictures(images=images, return_tensors=return_tensors)) if images else {}
        for grid in found.get("image_grid_thw", ()):
            slots = "<|slot|>" * (int(grid.prod()) // 4)
            text = [line.replace("<|image_pad|>", slots, 1) for line in text]
        text = [line.replace("<|slot|>", "<|image_pad|>") for line in text]
        return BatchFeature({**self.words(text, padding=padding, return_tensors=return_tensors), **found})


def tiny_qwen_image21(**config: Any) -> QwenImage21Pipeline:
    """diffusers' own pipeline with a transformer of 3 blocks of 2 heads of 16 channels."""
    words = tokenizer()
    encoder = Qwen3VLConfig(text_config=text_config(len(words)), vision_config=VISION_3)
    channels = {"in_channels": LATENT_CHANNELS, "out_channels": LATENT_CHANNELS, "context_in_dim": TEXT_CHANNELS}
    sizes = {"num_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2, "axes_dims_rope": (4, 6, 6)}
    torch.manual_seed(0)
    own = AutoencoderKLQwenImage21(
        base_dim=8,
        decoder_base_dim=8,
        z_dim=LATENT_CHANNELS,
        dim_mult=[1, 1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.1] * LATENT_CHANNELS,
        latents_std=[0.9] * LATENT_CHANNELS,
    ).eval()
    return _quiet(
        QwenImage21Pipeline(
            scheduler=scheduler(),
            vae=own,
            text_encoder=randomize(Qwen3VLForConditionalGeneration(encoder)),
            processor=text_processor(words, SYSTEM_TEMPLATE),
            transformer=randomize(QwenImage21Transformer2DModel(**{**sizes, **channels, **config})),
        )
    )


def text_processor(words: PreTrainedTokenizerFast, template: str) -> Qwen2AudioProcessor:
    """A processor for words that can be saved and loaded; that of Qwen3-VL needs torchvision."""
    return Qwen2AudioProcessor(WhisperFeatureExtractor(), words, chat_template=template)


def tiny_krea2(*, is_distilled: bool = False, **config: Any) -> Krea2Pipeline:
    """diffusers' own pipeline with a transformer of 3 blocks of 4 heads of 16 channels, 2 of keys."""
    words = tokenizer()
    encoder = Qwen3VLConfig(text_config=text_config(len(words)), vision_config=VISION_3)
    sizes = {
        "in_channels": 4 * LATENT_CHANNELS,
        "num_layers": 3,
        "attention_head_dim": 16,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
        "timestep_embed_dim": 16,
        "text_hidden_dim": TEXT_CHANNELS,
        "num_text_layers": 2,
        "text_num_attention_heads": 2,
        "text_num_key_value_heads": 1,
        "text_intermediate_size": 32,
        "axes_dims_rope": (4, 6, 6),
    }
    torch.manual_seed(0)
    return _quiet(
        Krea2Pipeline(
            scheduler=scheduler(max_image_seq_len=6400),
            vae=vae(),
            text_encoder=randomize(Qwen3VLModel(encoder)),
            tokenizer=words,
            transformer=randomize(Krea2Transformer2DModel(**{**sizes, **config})),
            text_encoder_select_layers=(1, 2),
            is_distilled=is_distilled,
        )
    )


def _quiet(pipe: DiffusionPipeline) -> Any:
    pipe.set_progress_bar_config(disable=True)
    return pipe
