"""The algorithm written for clarity: every cell has streams of its own, nothing is packed, nothing is saved.

This is the oracle that the generator is tested against: K + 1 complete passes of attention per block, box features of
all places, plain loops over boxes and cells. It uses a diffusers FLUX transformer's layers, but neither its forward
nor any code of the generator.

Tensors: image (1, image tokens, channels), text (1, text tokens, channels), features by place.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from torch import Tensor
from torch.nn import functional

from planner.plan import Plan

Prompt = tuple[Tensor, Tensor]  # T5 embedding, CLIP pooled vector
Weights = Tensor | float  # δ of all image tokens, or of each, (image tokens, 1)
Rect = tuple[int, int, int, int]  # x, y, width, height in tokens
After = Callable[[int, Tensor], Tensor]  # (place, image) → image, after the input embedding and every block
Residuals = tuple[list[Tensor], list[Tensor]]  # what is added after double-stream and single-stream blocks
Control = Callable[[int, Tensor, Tensor], Residuals]  # (step, timestep, latents) → what a ControlNet says
Watch = Callable[[int, Tensor, Tensor, list[Tensor], Tensor], None]  # step, timestep, latents, features, velocity


@dataclass
class PlainSettings:
    """One call. Steps and strength as in the pipeline; seed for one CPU generator."""

    height: int
    width: int
    steps: int = 3
    binding_steps: int | None = 2
    strength: float = 1.0
    guidance_scale: float = 3.5
    seed: int = 0


@dataclass
class PlainBox:
    """An object on its own canvas."""

    rect: Rect
    prompt: Prompt
    latents: Tensor
    scheduler: Any
    steps: int
    features: list[Tensor] = field(default_factory=list)
    velocity: Tensor | None = None


@dataclass
class PlainPass:
    """What a pass is about.

    prompt: of the base stream.
    columns: of the token grid.
    guidance_scale: as of the call.
    cells: the text of every cell, and its tokens.
    strength: δ.
    """

    prompt: Prompt
    columns: int
    guidance_scale: float
    cells: list[tuple[Tensor, list[int]]] = field(default_factory=list)
    strength: Weights = 0.0


@dataclass
class BlockInputs:
    """What every block of a pass sees: the model, time and guidance, positions, the cells' tokens, δ."""

    model: Any
    temb: Tensor
    ids: Tensor
    tokens: list[list[int]]
    strength: Weights


@torch.no_grad()
def paint(
    pipe: Any,
    plan: Plan,
    settings: PlainSettings,
    encode: Callable[[str], Prompt],
    watch: Watch | None = None,
    control: Control | None = None,
    noise: torch.Generator | None = None,
) -> Tensor:
    """Return the packed latents of one picture; `watch` sees every step before the picture takes it."""
    columns, rows = settings.width // 16, settings.height // 16
    noise = noise or torch.Generator().manual_seed(settings.seed)
    scheduler = timed_scheduler(pipe, settings)
    channels = pipe.transformer.config.in_channels // 4
    latents = pack(torch.randn(1, channels, 2 * rows, 2 * columns, generator=noise))
    boxes = [
        PlainBox(rect, encode(prompt), noise_of(rect, channels, noise), copy.deepcopy(scheduler), steps)
        for rect, prompt, steps in bound_objects(plan, settings)
    ]
    cells = [(encode(text)[0], tokens) for text, tokens in cell_tokens(plan, columns, rows)]
    model, base = pipe.transformer, encode(plan.prompt)
    for step, timestep in enumerate(scheduler.timesteps):
        for box in boxes:
            if step <= box.steps:
                latents = put(latents, box.latents, box.rect, columns)
            if step < box.steps:
                paint_alone(model, box, timestep, settings)
        bound = [box for box in boxes if step < box.steps]
        features: list[Tensor] = []
        after = recorder(features, overwriter(bound, columns))
        added = control(step, timestep, latents) if control else None
        whole = PlainPass(base, columns, settings.guidance_scale, cells, weights(plan, step, settings))
        velocity = forward(model, latents, timestep, whole, after, added)
        for box in bound:
            assert box.velocity is not None
            velocity = put(velocity, box.velocity, box.rect, columns)
        if watch:
            watch(step, timestep, latents, features, velocity)
        latents = scheduler.step(velocity, timestep, latents, return_dict=False)[0]
    return latents


def bound_objects(plan: Plan, settings: PlainSettings) -> list[tuple[Rect, str, int]]:
    """The box, the prompt and the binding steps of every object that binds."""
    found = []
    for item in plan.objects:
        steps = settings.binding_steps if item.hard_binding_steps is None else item.hard_binding_steps
        if steps is None:
            continue
        sides = (item.box.x, item.box.y, item.box.width, item.box.height)
        sizes = (settings.width, settings.height) * 2
        x, y, width, height = (int(side * size // 16) for side, size in zip(sides, sizes, strict=True))
        found.append(((x, y, width, height), item.prompt, steps))
    return found


def noise_of(rect: Rect, channels: int, noise: torch.Generator) -> Tensor:
    """A box's own packed noise."""
    _, _, width, height = rect
    return pack(torch.randn(1, channels, 2 * height, 2 * width, generator=noise))


def paint_alone(model: Any, box: PlainBox, timestep: Tensor, settings: PlainSettings) -> None:
    """Take an object one step on, on its own canvas, and keep its features and velocity."""
    box.features = []
    alone = PlainPass(box.prompt, box.rect[2], settings.guidance_scale)
    box.velocity = forward(model, box.latents, timestep, alone, recorder(box.features))
    box.latents = box.scheduler.step(box.velocity, timestep, box.latents, return_dict=False)[0]


def timed_scheduler(pipe: Any, settings: PlainSettings) -> Any:
    """A fresh scheduler, shifted for the picture's number of tokens."""
    scheduler = copy.deepcopy(pipe.scheduler)
    mu = calculate_shift(settings.height // 16 * (settings.width // 16))
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / settings.steps, settings.steps), mu=mu)
    return scheduler


def cell_tokens(plan: Plan, columns: int, rows: int) -> list[tuple[str, list[int]]]:
    """Every cell's prompt and tokens, in reading order."""
    cells, top, heights = [], 0, 0.0
    total_height = sum(row.height for row in plan.rows)
    for row in plan.rows:
        heights += row.height / total_height
        bottom = rows if row is plan.rows[-1] else int(heights * rows)
        left, widths = 0, 0.0
        total_width = sum(cell.width for cell in row.cells)
        for cell in row.cells:
            widths += cell.width / total_width
            right = columns if cell is row.cells[-1] else int(widths * columns)
            cells.append((cell.prompt, [y * columns + x for y in range(top, bottom) for x in range(left, right)]))
            left = right
        top = bottom
    return cells


def weights(plan: Plan, step: int, settings: PlainSettings) -> Weights:
    """δ of every image token in a step: its cell's own, or the call's."""
    first, end = plan.refinement_steps or (0, settings.steps)
    if not first <= step < end:
        return 0.0
    columns, rows = settings.width // 16, settings.height // 16
    found = torch.zeros(columns * rows, 1)
    for cell, (_, tokens) in zip(plan.cells, cell_tokens(plan, columns, rows), strict=True):
        found[tokens] = settings.strength if cell.refinement_strength is None else cell.refinement_strength
    return found


def pack(latents: Tensor) -> Tensor:
    """(1, channels, 2·rows, 2·columns) → (1, rows·columns, 4·channels)."""
    _, channels, height, width = latents.shape
    latents = latents.reshape(1, channels, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return latents.reshape(1, height // 2 * width // 2, channels * 4)


def put(image: Tensor, box_image: Tensor, rect: Rect, columns: int) -> Tensor:
    """Overwrite a rectangle of the image's tokens."""
    x, y, width, height = rect
    grid = image.clone().reshape(1, -1, columns, image.shape[-1])
    grid[:, y : y + height, x : x + width] = box_image.reshape(1, height, width, -1)
    return grid.reshape(image.shape)


def recorder(features: list[Tensor], before: After = lambda _, image: image) -> After:
    """Keep the image after every place, and after what `before` does to it there."""

    def after(place: int, image: Tensor) -> Tensor:
        assert place == len(features)
        features.append(before(place, image))
        return features[place]

    return after


def overwriter(boxes: list[PlainBox], columns: int) -> After:
    """Overwrite every box by its features at every place; later boxes win."""

    def after(place: int, image: Tensor) -> Tensor:
        for box in boxes:
            image = put(image, box.features[place], box.rect, columns)
        return image

    return after


def forward(
    model: Any, latents: Tensor, timestep: Tensor, about: PlainPass, after: After, added: Residuals | None = None
) -> Tensor:
    """One pass: the base stream, and a text stream for every cell. Returns the velocity."""
    guidance = torch.tensor([about.guidance_scale]) * 1000
    guides = (guidance,) if model.config.guidance_embeds else ()
    temb = model.time_text_embed(timestep.expand(1) / 1000 * 1000, *guides, about.prompt[1])
    image = after(0, model.x_embedder(latents))
    texts = [model.context_embedder(embeds) for embeds in (about.prompt[0], *(embeds for embeds, _ in about.cells))]
    ids = torch.tensor([[0, token // about.columns, token % about.columns] for token in range(latents.shape[1])])
    seen = BlockInputs(model, temb, ids, [tokens for _, tokens in about.cells], about.strength)

    place = 0
    for block in model.transformer_blocks:
        place += 1
        image, texts = double_block(block, seen, image, texts)
        image = after(place, image)
        if added:
            image = image + share(added[0], place - 1, len(model.transformer_blocks))
    second = image
    for block in model.single_transformer_blocks:
        place += 1
        image, second, texts = single_block(block, seen, image, second, texts)
        image = after(place, image)
        if added:
            residual = share(added[1], place - 1 - len(model.transformer_blocks), len(model.single_transformer_blocks))
            image, second = image + residual, second + residual
    velocity: Tensor = model.proj_out(model.norm_out(image, temb))
    return velocity


def share(residuals: list[Tensor], block: int, blocks: int) -> Tensor:
    """The residual of a block: a ControlNet has fewer of them, each for some blocks in a row."""
    return residuals[block // math.ceil(blocks / len(residuals))]


def double_block(block: Any, seen: BlockInputs, image: Tensor, texts: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """All streams through a double-stream block; they share the image tokens. The first text is the base's."""
    temb = seen.temb
    normed, gate, shift_mlp, scale_mlp, gate_mlp = block.norm1(image, emb=temb)
    attended = []
    for stream in texts:
        normed_text = block.norm1_context(stream, emb=temb)[0]
        attended.append(double_attention(seen, block.attn, normed_text, normed))
    mixed = mix(attended[0][1], [output for _, output in attended[1:]], seen.tokens, seen.strength)
    image = image + gate[:, None] * mixed
    image = image + gate_mlp[:, None] * block.ff(block.norm2(image) * (1 + scale_mlp[:, None]) + shift_mlp[:, None])
    new_texts = []
    for stream, (output, _) in zip(texts, attended, strict=True):
        _, gate, shift_mlp, scale_mlp, gate_mlp = block.norm1_context(stream, emb=temb)
        stream = stream + gate[:, None] * output
        hidden = block.norm2_context(stream) * (1 + scale_mlp[:, None]) + shift_mlp[:, None]
        new_texts.append(stream + gate_mlp[:, None] * block.ff_context(hidden))
    return image, new_texts


def single_block(
    block: Any, seen: BlockInputs, image: Tensor, second: Tensor, texts: list[Tensor]
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The base stream with `image`, the cells with `second`, through a single-stream block."""

    def project(stream: Tensor, attended: Tensor) -> Tensor:
        normed, gate = block.norm(stream, emb=seen.temb)
        hidden = torch.cat([attended, block.act_mlp(block.proj_mlp(normed))], dim=2)
        new: Tensor = stream + gate[:, None] * block.proj_out(hidden)
        return new

    attended = []
    for stream, stream_image in zip(texts, [image, *[second] * (len(texts) - 1)], strict=True):
        normed = block.norm(torch.cat([stream, stream_image], dim=1), emb=seen.temb)[0]
        output = single_attention(seen, block.attn, normed)
        attended.append((output[:, : stream.shape[1]], output[:, stream.shape[1] :]))
    outputs = [output for _, output in attended[1:]]
    mixed = mix(attended[0][1], outputs, seen.tokens, seen.strength)
    stitched = mix(attended[0][1], outputs, seen.tokens, 1.0)
    new_texts = [project(stream, output) for stream, (output, _) in zip(texts, attended, strict=True)]
    return project(image, mixed), project(second, stitched), new_texts


def mix(base: Tensor, outputs: list[Tensor], tokens: list[list[int]], strength: Weights) -> Tensor:
    """Stitch the cells' outputs together and mix them with the base's."""
    stitched = base.clone()
    for output, rows in zip(outputs, tokens, strict=True):
        stitched[:, rows] = output[:, rows]
    return strength * stitched + (1 - strength) * base


def double_attention(seen: BlockInputs, attn: Any, text: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
    """One text and the whole image; returns what each attends to, projected."""
    heads = (-1, attn.head_dim)
    query = torch.cat(
        [
            attn.norm_added_q(attn.add_q_proj(text).unflatten(-1, heads)),
            attn.norm_q(attn.to_q(image).unflatten(-1, heads)),
        ],
        dim=1,
    )
    key = torch.cat(
        [
            attn.norm_added_k(attn.add_k_proj(text).unflatten(-1, heads)),
            attn.norm_k(attn.to_k(image).unflatten(-1, heads)),
        ],
        dim=1,
    )
    value = torch.cat([attn.add_v_proj(text), attn.to_v(image)], dim=1).unflatten(-1, heads)  # type: ignore[no-untyped-call]
    output = attend(seen, query, key, value)
    return attn.to_add_out(output[:, : text.shape[1]]), attn.to_out[0](output[:, text.shape[1] :])


def single_attention(seen: BlockInputs, attn: Any, sequence: Tensor) -> Tensor:
    """Text and the whole image in one sequence, not projected."""
    heads = (-1, attn.head_dim)
    query = attn.norm_q(attn.to_q(sequence).unflatten(-1, heads))
    key = attn.norm_k(attn.to_k(sequence).unflatten(-1, heads))
    return attend(seen, query, key, attn.to_v(sequence).unflatten(-1, heads))


def attend(seen: BlockInputs, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Rotate by position and attend; text tokens are at position (0, 0)."""
    text_ids = torch.zeros(query.shape[1] - len(seen.ids), 3, dtype=seen.ids.dtype)
    cos, sin = seen.model.pos_embed(torch.cat([text_ids, seen.ids]))
    query, key = rotate(query, cos, sin), rotate(key, cos, sin)
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    return functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)


def rotate(values: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs of neighbouring channels by the angles of their token."""
    pairs = values.unflatten(-1, (-1, 2))  # type: ignore[no-untyped-call]
    turned = torch.stack([-pairs[..., 1], pairs[..., 0]], dim=-1).flatten(-2)
    return values * cos[None, :, None] + turned * sin[None, :, None]
