"""Tiny random models of each family, saved as folders, and what the plain algorithm needs to know of each.

A family joins tests/test_every_family.py with a `Tiny` in `TINY`: a builder of its stock pipeline, and the family as
`plain_painting` wants it, with its forward pass written plainly, a whole stream of attention for each text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from plain_painting import TEXT_TOKENS, PlainFamily
from plain_qwen import KREA2, QWEN_IMAGE, PlainText, qwen_guidance
from tiny_flux import WORDS, word_tokenizer
from tiny_qwen import tiny_krea2, tiny_qwen_image
from torch import Tensor
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from generator.regions.geometry import TokenGrid

TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"

Keep = Callable[[int, Tensor], Tensor]
CellOf = tuple[list[int], float]  # the numbers of its image tokens, its δ


@dataclass(frozen=True)
class Tiny:
    """A family's tiny model.

    build: makes a pipeline of diffusers' with random weights. plain: the family in the plain algorithm.
    guidance: a scale at which there are two passes; None: there never are.
    stock: further arguments of the stock pipeline's call. guided: those that give it a scale of guidance.
    exact: whether its pictures without regions are ours, bit for bit, with guidance too.
    """

    build: Callable[[], Any]
    plain: PlainFamily
    guidance: float | None
    stock: dict[str, Any] = field(default_factory=dict)
    exact: bool = True
    text_tokens: int | None = None
    guided: Callable[[float], dict[str, Any]] = lambda scale: {"guidance_scale": scale}


def randomized(model: Any, seed: int = 0) -> Any:
    """Weights that make everything matter: zero-initialised gates and padding tokens, too."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=1.2 / parameter.shape[-1] ** 0.5, generator=generator)
        else:
            parameter.data += 0.25 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def scheduler(**config: Any) -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(**{"shift": 3.0, "use_dynamic_shifting": True, **config})


def vae(kind: Any = AutoencoderKL, channels: int = 4, **config: Any) -> Any:
    torch.manual_seed(0)
    return kind(
        block_out_channels=(4,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=1,
        sample_size=64,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **config,
    ).eval()


def chat_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = word_tokenizer()
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def qwen3(layers: int, channels: int = 8) -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(WORDS),
        hidden_size=channels,
        intermediate_size=8,
        num_hidden_layers=layers,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
        pad_token_id=0,
    )
    return randomized(Qwen3ForCausalLM(config))  # type: ignore[no-any-return]


def mixed(base: Tensor, cells: Sequence[CellOf], own: Sequence[Tensor]) -> Tensor:
    """Return the base's attention with δ of each cell's own in its tokens."""
    out = base.clone()
    for (rows, strength), values in zip(cells, own, strict=True):
        out[:, rows] = (1 - strength) * base[:, rows] + strength * values[:, rows]
    return out


# FLUX.2 ---------------------------------------------------------------------------------------------------------------


def flux2(distilled: bool) -> Flux2KleinPipeline:
    encoder = {"text_encoder": qwen3(27), "tokenizer": chat_tokenizer()}
    return Flux2KleinPipeline(**flux2_parts(guidance_embeds=False), **encoder, is_distilled=distilled)


def flux2_dev_parts() -> dict[str, Any]:
    """The parts of dev, whose text encoder is left out: tests bring its embeddings."""
    return {**flux2_parts(guidance_embeds=True), "text_encoder": None, "tokenizer": None}


def flux2_parts(guidance_embeds: bool) -> dict[str, Any]:
    torch.manual_seed(0)
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=24,
        axes_dims_rope=(4, 4, 4, 4),
        timestep_guidance_channels=16,
        guidance_embeds=guidance_embeds,
    )
    return {"scheduler": scheduler(), "vae": flux2_vae(), "transformer": randomized(transformer)}


def flux2_vae() -> AutoencoderKLFlux2:
    own: AutoencoderKLFlux2 = vae(AutoencoderKLFlux2)
    own.bn.running_mean.normal_()
    own.bn.running_var.uniform_(0.5, 1.5)
    return own


def flux2_text(pipe: Any, words: str, prompt: str) -> PlainText:
    return PlainText(pipe.encode_prompt(words, max_sequence_length=12)[0])


def flux2_noise(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    channels = pipe.transformer.config.in_channels
    return torch.randn(1, channels, grid.height, grid.width, generator=generator).flatten(2).transpose(1, 2)


def flux2_pass(
    model: Any,
    latents: Tensor,
    shape: tuple[int, int],
    sigma: Tensor,
    texts: Sequence[PlainText],
    cells: Sequence[CellOf],
    keep: Keep,
) -> Tensor:
    """Each text has its own pictures behind the image, of which the first is 10 steps away, as if it were alone."""
    temb = model.time_guidance_embed(sigma.reshape(1) * 1000, None)
    image_mod = model.double_stream_modulation_img(temb).chunk(6, -1)  # shift, scale, gate, twice
    text_mod = model.double_stream_modulation_txt(temb).chunk(6, -1)
    shift, scale, gate = model.single_stream_modulation(temb).chunk(3, -1)
    tokens, streams, pictures, ropes = latents.shape[1], [], [], []
    for each in texts:
        ids = [[0, 0, 0, place] for place in range(each.embeds.shape[1])]
        for number, (rows, columns) in enumerate([shape, *(sides for _, *sides in each.pictures)]):
            ids += [[10 * number, y, x, 0] for y in range(rows) for x in range(columns)]
        ropes.append(model.pos_embed(torch.tensor(ids)))
        streams.append(model.context_embedder(each.embeds))
        pictures.append(model.x_embedder(torch.cat([latents[:, :0], *(shown for shown, *_ in each.pictures)], 1)))

    def fed(values: Tensor, forward: Any, norm: Any, mod: Sequence[Tensor]) -> Tensor:
        return values + mod[5] * forward(norm(values) * (1 + mod[4]) + mod[3])  # type: ignore[no-any-return]

    image, places = keep(0, model.x_embedder(latents)), count(1)
    for block in model.transformer_blocks:
        attended, following, shown = [], [], []
        for each, picture, rope in zip(streams, pictures, ropes, strict=True):
            normed = block.norm1(torch.cat([image, picture], 1)) * (1 + image_mod[1]) + image_mod[0]
            normed_text = block.norm1_context(each) * (1 + text_mod[1]) + text_mod[0]
            seen, text_seen = block.attn(normed, normed_text, image_rotary_emb=rope)
            following.append(fed(each + text_mod[2] * text_seen, block.ff_context, block.norm2_context, text_mod))
            shown.append(fed(picture + image_mod[2] * seen[:, tokens:], block.ff, block.norm2, image_mod))
            attended.append(seen[:, :tokens])
        image = image + image_mod[2] * mixed(attended[0], cells, attended[1:])
        image, streams, pictures = fed(image, block.ff, block.norm2, image_mod), following, shown
        image = keep(next(places), image)
    for block in model.single_transformer_blocks:
        attended, following, shown = [], [], []
        for each, picture, rope in zip(streams, pictures, ropes, strict=True):
            normed = block.norm(torch.cat([each, image, picture], 1)) * (1 + scale) + shift
            seen = gate * block.attn(normed, image_rotary_emb=rope)
            of_text, of_image, of_picture = seen.split_with_sizes([each.shape[1], tokens, picture.shape[1]], 1)
            following.append(each + of_text)
            shown.append(picture + of_picture)
            attended.append(of_image)
        image = keep(next(places), image + mixed(attended[0], cells, attended[1:]))
        streams, pictures = following, shown
    return model.proj_out(model.norm_out(image, temb))  # type: ignore[no-any-return]


def plainly_guided(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    return negative + scale * (positive - negative)


# Z-Image --------------------------------------------------------------------------------------------------------------


def z_image() -> ZImagePipeline:
    torch.manual_seed(0)
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=3,
        n_refiner_layers=2,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=8,
        axes_dims=[4, 6, 6],
        axes_lens=[256, 64, 64],
    )
    own = vae(shift_factor=0.1, scaling_factor=0.4)
    parts = (scheduler(use_dynamic_shifting=False), own, qwen3(2), chat_tokenizer(), randomized(transformer))
    return ZImagePipeline(*parts)


def z_image_text(pipe: Any, words: str, prompt: str) -> Tensor:
    return pipe.encode_prompt(words, do_classifier_free_guidance=False, max_sequence_length=64)[0][0]  # type: ignore[no-any-return]


def z_image_noise(pipe: Any, grid: TokenGrid, generator: torch.Generator) -> Tensor:
    latents = torch.randn(1, 4, 2 * grid.height, 2 * grid.width, generator=generator)
    patches = latents.reshape(1, 4, grid.height, 2, grid.width, 2)
    return patches.permute(0, 2, 4, 3, 5, 1).reshape(1, grid.count, 16)


def z_image_pass(
    model: Any,
    latents: Tensor,
    shape: tuple[int, int],
    sigma: Tensor,
    texts: Sequence[Tensor],
    cells: Sequence[CellOf],
    keep: Keep,
) -> Tensor:
    """Each text has its stock positions, and with them the image; rotary attention sees only how far they are apart."""
    temb = model.t_embedder((1 - sigma).reshape(1) * model.t_scale)
    tokens, padded = latents.shape[1], _padded(latents.shape[1])
    base = _padded(len(texts[0]))
    streams, ropes, images = [], [], []
    for each in texts:
        length = _padded(len(each))
        ids = torch.tensor([[1 + place, 0, 0] for place in range(length)])
        turned = model.rope_embedder(ids)[None]
        embedded = model.cap_embedder(each)
        embedded = torch.cat([embedded, model.cap_pad_token.expand(length - len(embedded), -1)])[None]
        for block in model.context_refiner:
            embedded = embedded + block.attention_norm2(
                block.attention(block.attention_norm1(embedded), freqs_cis=turned)
            )
            embedded = embedded + block.ffn_norm2(block.feed_forward(block.ffn_norm1(embedded)))
        image_ids = [[length + 1, y, x] for y in range(shape[0]) for x in range(shape[1])]
        # Its padding is as far from the image as in a pass of the base alone.
        away = torch.tensor(image_ids + [[0, 0, 0]] * (padded - tokens))
        away[:tokens, 0] = base + 1
        image_turned = model.rope_embedder(away)[None]
        moved = model.rope_embedder(torch.tensor([[abs(base - length), 0, 0]]))[None]
        moved = moved if base >= length else moved.conj()
        images.append(image_turned)
        ropes.append(torch.cat([image_turned, turned * moved], 1))
        streams.append(embedded)
    image, places = keep(0, model.all_x_embedder["2-1"](latents)), count(1)
    image = torch.cat([image, model.x_pad_token.expand(1, padded - tokens, -1)], 1)
    for block in model.noise_refiner:
        image = _z_refined(block, image, images[0], temb)
        image = torch.cat([keep(next(places), image[:, :tokens]), image[:, tokens:]], 1)
    for block in model.layers:
        scale, *_ = block.adaLN_modulation(temb)[:, None].chunk(4, 2)
        attended, following = [], []
        for each, rope in zip(streams, ropes, strict=True):
            joined = torch.cat([image, each], 1)
            seen = block.attention(block.attention_norm1(joined) * (1 + scale), freqs_cis=rope)
            attended.append(seen[:, :padded])
            following.append(seen[:, padded:])
        seen = mixed(attended[0], cells, attended[1:])
        if cells:  # what pads the image goes with the last of the cells that differ
            last = _last_of(texts[1:], cells)
            seen[:, tokens:] = torch.lerp(attended[0][:, tokens:], attended[1 + last][:, tokens:], cells[last][1])
        streams = [_z_end(block, each, out, temb) for each, out in zip(streams, following, strict=True)]
        image = _z_end(block, image, seen, temb)
        image = torch.cat([keep(next(places), image[:, :tokens]), image[:, tokens:]], 1)
    return -model.all_final_layer["2-1"](image, c=temb)[:, :tokens]  # type: ignore[no-any-return]


def _z_refined(block: Any, image: Tensor, rope: Tensor, temb: Tensor) -> Tensor:
    scale = block.adaLN_modulation(temb)[:, None].chunk(4, 2)[0]
    seen = block.attention(block.attention_norm1(image) * (1 + scale), freqs_cis=rope)
    return _z_end(block, image, seen, temb)


def _z_end(block: Any, values: Tensor, attended: Tensor, temb: Tensor) -> Tensor:
    _, gate, scale, ff_gate = block.adaLN_modulation(temb)[:, None].chunk(4, 2)
    values = values + gate.tanh() * block.attention_norm2(attended)
    forward = block.feed_forward(block.ffn_norm1(values) * (1 + scale))
    return values + ff_gate.tanh() * block.ffn_norm2(forward)  # type: ignore[no-any-return]


def _last_of(texts: Sequence[Tensor], cells: Sequence[CellOf]) -> int:
    """Return the last cell that is like none before it."""
    alike = [(text, strength) for text, (_, strength) in zip(texts, cells, strict=True)]
    return max(
        number
        for number, (text, strength) in enumerate(alike)
        if not any(strength == delta and torch.equal(text, own) for own, delta in alike[:number])
    )


def _padded(count: int) -> int:
    return -(-count // 32) * 32


def guided_from_zero(scale: float, positive: Tensor, negative: Tensor) -> Tensor:
    return positive + scale * (positive - negative)


def flux2_shift(pipe: Any, tokens: int) -> float:
    return compute_empirical_mu(tokens, 3)  # type: ignore[no-any-return]


KLEIN = PlainFamily(flux2_pass, flux2_text, flux2_noise, flux2_shift, plainly_guided, 1.0, "")
Z_IMAGE = PlainFamily(z_image_pass, z_image_text, z_image_noise, lambda *_: 1.0, guided_from_zero, 0.0, "")
TINY = {
    "klein": Tiny(lambda: flux2(distilled=True), KLEIN, None, {"max_sequence_length": 12}, text_tokens=12),
    "klein base": Tiny(lambda: flux2(distilled=False), KLEIN, 3.0, {"max_sequence_length": 12}, text_tokens=12),
    "Z-Image": Tiny(z_image, Z_IMAGE, 2.0, {"max_sequence_length": 64}, exact=False, text_tokens=32),
    "Qwen-Image": Tiny(tiny_qwen_image, QWEN_IMAGE, 3.0, {"max_sequence_length": TEXT_TOKENS}, guided=qwen_guidance),
    "Krea 2": Tiny(tiny_krea2, KREA2, 2.0, {"max_sequence_length": TEXT_TOKENS}),
}
