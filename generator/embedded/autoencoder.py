"""Train the embedded model's VAE: diffusers' `AutoencoderKL`, 8× smaller in each direction, 16 channels, as FLUX.1's.

    python -m generator.embedded.autoencoder --minutes 12
    torchrun --nproc-per-node 2 -m generator.embedded.autoencoder --minutes 12        # a process for each core

Writes `weights/vae`. Pictures are random sprites at random sizes and on random grounds, on crops of 64 to 192 px and
whole on canvases of 64 to 160 px; the loss is L1 on the pixels plus L1 on their differences to the right and below
(edges carry flat drawings) plus a small KL term. With `--decoder-only` every second step has scenes of things that were
encoded alone, as hard binding paints them.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from generator.embedded.cpu import join, mean_of_processes, mixed_precision, process
from generator.embedded.pictures import compose, draw_sprite
from generator.embedded.scenes import CANVASES, TrainingScene, draw_ground, random_scene, random_single

WEIGHTS = Path(__file__).parent / "weights"
CANVAS_PX = 256
KL_WEIGHT = 3e-4
CROPS = ((16, 64), (16, 64), (7, 96), (16, 64), (2, 192))
WHOLE = ((16, 64), (10, 80), (7, 96), (5, 112), (4, 128), (3, 160))
"""(pictures, side in px) of one step after the other: crops and whole objects."""
BOUND_PX = 2 * CANVAS_PX**2
"""Pixels of the scenes of a step, together."""


def new_autoencoder() -> AutoencoderKL:
    """Return the untrained VAE; `sample_size` is the canvas the embedded model is made for."""
    return AutoencoderKL(
        block_out_channels=(16, 32, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=16,
        norm_num_groups=8,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        sample_size=CANVAS_PX,
        scaling_factor=1.0,
        shift_factor=0.0,
    )


def to_tensor(pictures: list[np.ndarray]) -> Tensor:
    """Turn uint8 pictures (height, width, 3) of one size into a batch (pictures, 3, height, width) in −1..1."""
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return batch.float().div_(127.5).sub_(1)


def random_crops(count: int, side_px: int, rng: random.Random) -> Tensor:
    """Draw pictures of one to three sprites of 40–200 px, partly off the canvas: (count, 3, side, side) in −1..1."""
    pictures = []
    for _ in range(count):
        placed = []
        for _ in range(rng.randint(1, 3)):
            size = round(36 * 5 ** rng.random())
            x, y = (rng.randint(-size * 2 // 3, side_px - size // 3) for _ in range(2))
            placed.append((draw_sprite(rng), (x, y, size, size)))
        pictures.append(compose(side_px, side_px, placed, ground=draw_ground(rng)))
    return to_tensor(pictures)


def pictures_of(step: int, rng: random.Random) -> Tensor:
    """Draw what a step learns from: (count, 3, side, side) in −1..1; crops in even steps, whole objects in odd ones."""
    if step % 2 == 0:
        return random_crops(*CROPS[step // 2 % len(CROPS)], rng)
    count, side = rng.choice(WHOLE)
    return to_tensor([random_single(side, side, rng).picture() for _ in range(count)])


def bound_scenes(vae: AutoencoderKL, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Draw scenes as hard binding makes them.

    Returns pictures (count, 3, height, width) in −1..1 and latents (count, 16, height / 8, width / 8).
    """
    width, height = rng.choice(CANVASES)
    scenes = [random_scene(width, height, rng) for _ in range(max(1, BOUND_PX // (width * height)))]
    with mixed_precision(vae.device.type):
        latents = bound_latents(vae, scenes)
    return to_tensor([scene.picture() for scene in scenes]), latents


def encoded(vae: AutoencoderKL, pictures: list[np.ndarray]) -> Tensor:
    """Encode uint8 pictures (height, width, 3) of one size: (count, 16, height / 8, width / 8)."""
    latents: Tensor = vae.encode(to_tensor(pictures).to(vae.device)).latent_dist.mode()
    return latents


@torch.no_grad()
def bound_latents(vae: AutoencoderKL, scenes: Sequence[TrainingScene]) -> Tensor:
    """Encode scenes of one size as hard binding makes them: each object alone in its box, and put among the ground.

    The norms of encoder and decoder go over whole pictures, so that these latents are not those of the scene as a
    whole; half of the scenes are a mixture of both. Returns (count, 16, height / 8, width / 8).
    """
    whole = encoded(vae, [scene.picture() for scene in scenes])
    bound = encoded(vae, [replace(scene, placed=()).picture() for scene in scenes])
    for latents, scene in zip(bound, scenes, strict=True):
        for sprite, (x, y, w, h) in scene.placed:
            alone = compose(w, h, [(sprite, (0, 0, w, h))], ground=scene.ground)
            latents[:, y // 8 : (y + h) // 8, x // 8 : (x + w) // 8] = encoded(vae, [alone])[0]
    share = (2 * torch.rand(len(scenes), 1, 1, 1, device=whole.device)).clamp(max=1)
    return torch.lerp(whole.float(), bound.float(), share)


def reconstruction_loss(out: Tensor, target: Tensor) -> Tensor:
    """L1 on pixels plus L1 on the differences of neighbours, both (batch, 3, height, width)."""
    loss = (out - target).abs().mean()
    for axis in (2, 3):
        loss = loss + (out.diff(dim=axis) - target.diff(dim=axis)).abs().mean()
    return loss


def train(minutes: float, start: Path | None = None, *, decoder_only: bool = False, seed: int = 0) -> AutoencoderKL:
    """Train for a number of minutes of the processor, anew or from the weights in a folder.

    Sets `scaling_factor` and `shift_factor` so that latents have zero mean and unit variance. With `decoder_only` the
    encoder and these factors stay as they are, so that a transformer trained on its latents still fits.
    """
    rank, _ = process()
    torch.manual_seed(seed)
    rng = random.Random(seed + 1_000_003 * rank)
    vae = new_autoencoder() if start is None else AutoencoderKL.from_pretrained(start)
    vae.encoder.requires_grad_(not decoder_only)
    trained = [parameter for parameter in vae.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-3, betas=(0.9, 0.99), weight_decay=1e-4)
    began, step = time.process_time(), 0
    spent = 0.0
    while spent < 1:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 100) * min(1, (1 - spent) / 0.5)
        bound = decoder_only and step % 2 == 1
        loss = bound_loss(vae, *bound_scenes(vae, rng)) if bound else step_loss(vae, pictures_of(step // 2, rng))
        loss.backward()  # type: ignore[no-untyped-call]
        used = torch.tensor((time.process_time() - began) / 60 / minutes)
        mean_of_processes([used, *(value.grad for value in trained if value.grad is not None)])
        spent = used.item()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 100 == 0 and not rank:
            print(f"{spent:6.1%} step {step} loss {loss.item():.4f}", flush=True)
        step += 1
    if not decoder_only:
        with torch.no_grad():
            latents = vae.encode(random_crops(256, 96, rng)).latent_dist.mode()
        vae.register_to_config(scaling_factor=1 / latents.std().item(), shift_factor=latents.mean().item())
    return vae.eval()


def step_loss(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Reconstruct through sampled latents; add the KL divergence of the posterior from a unit normal."""
    with mixed_precision(pictures.device.type):
        posterior = vae.encode(pictures).latent_dist
        decoded = vae.decode(posterior.sample()).sample.float()
    kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).float().mean()
    loss: Tensor = reconstruction_loss(decoded, pictures) + KL_WEIGHT * kl
    return loss


def bound_loss(vae: AutoencoderKL, pictures: Tensor, latents: Tensor) -> Tensor:
    """Reconstruct pictures from the latents that hard binding would give."""
    with mixed_precision(pictures.device.type):
        decoded = vae.decode(latents).sample.float()
    return reconstruction_loss(decoded, pictures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--weights", type=Path, help="folder of a trained VAE to go on from")
    parser.add_argument("--decoder-only", action="store_true", help="leave the latents as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "vae")
    given = parser.parse_args()
    join()
    trained = train(given.minutes, given.weights, decoder_only=given.decoder_only, seed=given.seed)
    trained.register_to_config(_name_or_path="")  # else where it was loaded from is published
    if not process()[0]:
        trained.half().save_pretrained(given.out)
