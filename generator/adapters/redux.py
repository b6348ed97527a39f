"""Redux: a picture in place of an object's words, by diffusers' own prior pipeline.

Without text, as in the RAG-Diffusion release: 512 text tokens and a pooled vector of zeros, then the picture's tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers import FluxPriorReduxPipeline
from PIL import Image

from generator.adapters.embeds import ImageEmbeds
from generator.weights.hub import LOAD_ERRORS, check_folder, check_reached, explain
from planner.errors import RenderError

WHAT = "a Redux prior"
TEXT_PARTS = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")


def encode_redux(
    pictures: Sequence[Image.Image], source: str, device: torch.device, dtype: torch.dtype
) -> list[ImageEmbeds]:
    """Return of each RGB picture (1, 512 + 729, 4096) prompt embeddings and a (1, 768) pooled vector, on the CPU.

    The embeddings are unscaled: their weight is the plan's (the prior's own `prompt_embeds_scale` is 1).
    source: folder or hub id. Raises `RenderError` where the prior cannot be loaded.
    """
    check_folder(WHAT, source)
    check_reached(source)
    try:
        prior = FluxPriorReduxPipeline.from_pretrained(source, dtype=dtype, **dict.fromkeys(TEXT_PARTS))
    except LOAD_ERRORS as error:
        raise RenderError(explain(source, error, WHAT)) from error
    prior.to(device)
    found = [prior(picture) for picture in pictures]
    return [ImageEmbeds("redux", one.prompt_embeds.cpu(), one.pooled_prompt_embeds.cpu()) for one in found]
