"""Qwen-Image and Krea 2 with regions, written plainly: a whole stream of attention for every text, nothing packed.

Uses diffusers' layers with their stock processors, but neither a transformer's forward nor anything of the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from plain_painting import TEXT_TOKENS, PlainFamily
from torch import Tensor
from torch.nn.functional import gelu

from generator.regions.geometry import TokenGrid

Cells = Sequence[tuple[list[int], float]]  # the image tokens of each, and its δ
Keep = Callable[[int, Tensor], Tensor]  # what becomes of the image at a place: it is recorded, or overwritten


def mixed(outputs: Sequence[Tensor], cells: Cells) -> Tensor:
    """The base's output for the image, the cells' mixed in with their δ."""
    image = outputs[0].clone()
    for own, (rows, strength) in zip(outputs[1:], cells, strict=True):
        image[:, rows] = strength * own[:, rows] + (1 - strength) * outputs[0][:, rows]
    return image


@dataclass(frozen=True)
class PlainText:
    """A prompt's tokens (1, tokens, …), and pictures that go with it: tokens (1, tokens, channels), rows, columns."""

    embeds: Tensor
    pictures: tuple[tuple[Tensor, int, int], ...] = ()


def qwen_pass(
    model: Any, image: Tensor, shape: tuple[int, int], sigma: Tensor, texts: Sequence[Any], cells: Cells, keep: Keep
) -> Tensor:
    """One pass of Qwen-Image. shape: rows and columns of tokens; texts: `PlainText`, the base's first."""
    count, times = image.shape[1], sigma.expand(1)
    temb = model.time_text_embed(times, image)
    still = model.time_text_embed(times * 0, image) if model.zero_cond_t else temb  # what pictures are modulated by
    streams = [model.txt_in(model.txt_norm(text.embeds)) for text in texts]
    pictures = [torch.cat([image[:, :0], *(each for each, *_ in text.pictures)], 1) for text in texts]
    pictures = [model.img_in(each) for each in pictures]
    shapes = [[[(1, *shape), *((1, rows, columns) for _, rows, columns in text.pictures)]] for text in texts]
    turns = [
        model.pos_embed(each, max_txt_seq_len=stream.shape[1], device=image.device)
        for each, stream in zip(shapes, streams, strict=True)
    ]
    image = keep(0, model.img_in(image))
    for place, block in enumerate(model.transformer_blocks, 1):
        shift, scale, gate, shift2, scale2, gate2 = (part[:, None] for part in block.img_mod(temb).chunk(6, -1))
        pictured = [part[:, None] for part in block.img_mod(still).chunk(6, -1)]
        tshift, tscale, tgate, tshift2, tscale2, tgate2 = (part[:, None] for part in block.txt_mod(temb).chunk(6, -1))
        normed, outputs, following, seen = block.img_norm1(image) * (1 + scale) + shift, [], [], []
        for text, picture, turn in zip(streams, pictures, turns, strict=True):
            beside = block.img_norm1(picture) * (1 + pictured[1]) + pictured[0]
            output, own = block.attn(
                hidden_states=torch.cat([normed, beside], 1),
                encoder_hidden_states=block.txt_norm1(text) * (1 + tscale) + tshift,
                image_rotary_emb=turn,
            )
            text = text + tgate * own
            following.append(text + tgate2 * block.txt_mlp(block.txt_norm2(text) * (1 + tscale2) + tshift2))
            picture = picture + pictured[2] * output[:, count:]
            turned = block.img_mlp(block.img_norm2(picture) * (1 + pictured[4]) + pictured[3])
            seen.append(picture + pictured[5] * turned)
            outputs.append(output[:, :count])
        image = image + gate * mixed(outputs, cells)
        image = image + gate2 * block.img_mlp(block.img_norm2(image) * (1 + scale2) + shift2)
        image, streams, pictures = keep(place, image), following, seen
    velocity: Tensor = model.proj_out(model.norm_out(image, temb))
    return velocity


def krea2_pass(
    model: Any, image: Tensor, shape: tuple[int, int], sigma: Tensor, texts: Sequence[Any], cells: Cells, keep: Keep
) -> Tensor:
    """One pass of Krea 2; the texts' tokens are (1, tokens, layers, channels), without padding."""
    temb = model.time_embed(sigma.expand(len(image)), dtype=image.dtype)
    shared = model.time_mod_proj(gelu(temb, approximate="tanh")).unflatten(-1, (6, -1))
    places = torch.tensor([[0.0, row, column] for row in range(shape[0]) for column in range(shape[1])])
    streams = [model.txt_in(model.text_fusion(text.embeds)) for text in texts]
    turns = [model.rotary_emb(torch.cat([torch.zeros(each.shape[1], 3), places])) for each in streams]
    image = keep(0, model.img_in(image))
    for place, block in enumerate(model.transformer_blocks, 1):
        scale, shift, gate, scale2, shift2, gate2 = (shared + block.scale_shift_table).unbind(-2)
        outputs, following = [], []
        for text, turn in zip(streams, turns, strict=True):
            joined = (1 + scale) * block.norm1(torch.cat([text, image], 1)) + shift
            output = block.attn(joined, image_rotary_emb=turn)
            text = text + gate * output[:, : text.shape[1]]
            following.append(text + gate2 * block.ff((1 + scale2) * block.norm2(text) + shift2))
            outputs.append(output[:, text.shape[1] :])
        image = image + gate * mixed(outputs, cells)
        image = image + gate2 * block.ff((1 + scale2) * block.norm2(image) + shift2)
        image, streams = keep(place, image), following
    velocity: Tensor = model.final_layer(image, temb)
    return velocity


def encoded(pipe: Any, words: str, prompt: str) -> PlainText:
    """The tokens of some words, without padding."""
    embeds, mask = pipe.encode_prompt(words, max_sequence_length=TEXT_TOKENS)
    return PlainText(embeds if mask is None else embeds[:, mask[0].bool()])


def drawn(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    latents: Tensor = pipe.prepare_latents(
        1, pipe.transformer.config.in_channels // 4, grid.height * 16, grid.width * 16, torch.float32, "cpu", generator
    )
    return latents


def shift(longest: int) -> Callable[[Any, int], float]:
    return lambda pipe, tokens: 0.5 + (1.15 - 0.5) / (longest - 256) * (tokens - 256)


def rescaled(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    both = negative + scale * (positive - negative)
    return both * (positive.norm(dim=-1, keepdim=True) / both.norm(dim=-1, keepdim=True))


def from_zero(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    return positive + scale * (positive - negative)


def qwen_guidance(scale: float) -> dict[str, Any]:
    """What the stock pipeline calls guidance."""
    return {"true_cfg_scale": scale, "negative_prompt": " "} if scale > 1 else {"true_cfg_scale": 1.0}


QWEN_IMAGE = PlainFamily(qwen_pass, encoded, drawn, shift(4096), rescaled, 1.0, " ")
KREA2 = PlainFamily(krea2_pass, encoded, drawn, shift(6400), from_zero, 0.0, "")


def qwen21_pass(
    model: Any, image: Tensor, shape: tuple[int, int], sigma: Tensor, texts: Sequence[Tensor], cells: Cells, keep: Keep
) -> Tensor:
    """One pass of Qwen-Image 2.1 on squares of four tokens; each text ends where the base's does, as does its sequence.

    Rows of squares are rows of tokens here: the image is unfolded, and folded again for what is kept.
    """
    rows, columns = 2 * shape[0], 2 * shape[1]
    times = torch.cat([sigma.expand(1), sigma.new_zeros(1)])
    temb = model.time_text_embed(times, image)
    real, still = ([part[i][None, None] for part in model.modulation(temb).chunk(4, -1)] for i in (0, 1))
    end = texts[0].shape[1]
    tables, streams = model.pos_embed.freqs, [model.txt_in(text) for text in texts]
    ys = torch.arange(-shape[0], shape[0]).repeat_interleave(columns)
    xs = torch.arange(-shape[1], shape[1]).repeat(rows)
    turns = []
    for text in texts:
        own = torch.arange(end - text.shape[1], end)
        places = [torch.cat([own, each]) for each in (torch.full_like(ys, end), ys, xs)]
        turns.append(torch.cat([table[place] for table, place in zip(tables, places, strict=True)], -1))
    image = unfolded(keep(0, folded(model.img_in(unfolded(image, shape, 4)), shape)), shape, 4)
    for number, block in enumerate(model.transformer_blocks, 1):
        outputs, following = [], []
        for text, turn in zip(streams, turns, strict=True):
            count = text.shape[1]
            normed = [block.img_norm1(part) * (1 + scale[0]) for part, scale in ((text, still), (image, real))]
            seen = block.attn(torch.cat(normed, 1), rotary_emb=turn, segments=[(0, count, True)])
            text = text + still[1].tanh() * seen[:, :count]
            following.append(text + still[3].tanh() * block.img_mlp(block.img_norm2(text) * (1 + still[2])))
            outputs.append(folded(seen[:, count:], shape))
        image = image + real[1].tanh() * unfolded(mixed(outputs, cells), shape, 4)
        image = image + real[3].tanh() * block.img_mlp(block.img_norm2(image) * (1 + real[2]))
        image, streams = unfolded(keep(number, folded(image, shape)), shape, 4), following
    scale = model.norm_out.linear(model.norm_out.silu(temb))[0]
    return folded(model.proj_out(model.norm_out.norm(image) * (1 + scale)), shape)


def folded(tokens: Tensor, shape: tuple[int, int]) -> Tensor:
    """Rows of tokens as squares of 2 × 2 (1, squares, 4 · channels)."""
    squares = tokens.reshape(1, shape[0], 2, shape[1], 2, -1).transpose(2, 3)
    return squares.reshape(1, shape[0] * shape[1], -1)


def unfolded(squares: Tensor, shape: tuple[int, int], each: int) -> Tensor:
    """The other way round: (1, tokens, channels)."""
    tokens = squares.reshape(1, shape[0], shape[1], 2, 2, -1).transpose(2, 3)
    return tokens.reshape(1, each * shape[0] * shape[1], -1)


def from_one(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    return negative + scale * (positive - negative)


def encoded21(pipe: Any, words: str, prompt: str) -> Tensor:
    return pipe.encode_prompt(words)[0]  # type: ignore[no-any-return]


def drawn21(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    sizes = (1, pipe.transformer.config.in_channels, grid.height * 32, grid.width * 32)
    latents = pipe.prepare_latents(None, *sizes, torch.float32, "cpu", generator)[0]
    return folded(latents, (grid.height, grid.width))


def shift21(pipe: Any, tokens: int) -> float:
    return shift(4096)(pipe, 4 * tokens)


QWEN_IMAGE21 = PlainFamily(qwen21_pass, encoded21, drawn21, shift21, from_one, 1.0, " ")
