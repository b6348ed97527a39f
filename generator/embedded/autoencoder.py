"""Train the embedded model's VAE: diffusers' `AutoencoderKL`, 8× smaller in each direction, 16 channels, as FLUX.1's.

    python -m generator.embedded.autoencoder --minutes 12

Writes `weights/vae`. Pictures are random sprites at random sizes on crops of 64 and 96 px; the loss is L1 on the pixels
plus L1 on their differences to the right and below (edges carry flat drawings) plus a small KL term.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from generator.embedded.pictures import compose, draw_sprite

WEIGHTS = Path(__file__).parent / "weights"
CANVAS_PX = 256
KL_WEIGHT = 3e-4


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
        pictures.append(compose(side_px, side_px, placed))
    return to_tensor(pictures)


def reconstruction_loss(out: Tensor, target: Tensor) -> Tensor:
    """L1 on pixels plus L1 on the differences of neighbours, both (batch, 3, height, width)."""
    loss = (out - target).abs().mean()
    for axis in (2, 3):
        loss = loss + (out.diff(dim=axis) - target.diff(dim=axis)).abs().mean()
    return loss


def train(minutes: float, start: Path | None = None, *, decoder_only: bool = False, seed: int = 0) -> AutoencoderKL:
    """Train for a number of minutes, anew or from the weights in a folder.

    Sets `scaling_factor` and `shift_factor` so that latents have zero mean and unit variance. With `decoder_only` the
    encoder and these factors stay as they are, so that a transformer trained on its latents still fits.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    vae = new_autoencoder() if start is None else AutoencoderKL.from_pretrained(start)
    vae.encoder.requires_grad_(not decoder_only)
    trained = [parameter for parameter in vae.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-3, betas=(0.9, 0.99), weight_decay=1e-4)
    began, step = time.monotonic(), 0
    while (spent := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 100) * min(1, (1 - spent) / 0.5)
        pictures = random_crops(16, 64, rng) if step % 4 else random_crops(7, 96, rng)
        loss = step_loss(vae, pictures)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"{spent:6.1%} step {step} loss {loss.item():.4f}", flush=True)
        step += 1
    if not decoder_only:
        with torch.no_grad():
            latents = vae.encode(random_crops(256, 96, rng)).latent_dist.mode()
        vae.register_to_config(scaling_factor=1 / latents.std().item(), shift_factor=latents.mean().item())
    return vae.eval()


def step_loss(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Reconstruct through sampled latents; add the KL divergence of the posterior from a unit normal."""
    posterior = vae.encode(pictures).latent_dist
    kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).mean()
    loss: Tensor = reconstruction_loss(vae.decode(posterior.sample()).sample, pictures) + KL_WEIGHT * kl
    return loss


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--start", type=Path, help="folder of a trained VAE to go on from")
    parser.add_argument("--decoder-only", action="store_true", help="leave the latents as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "vae")
    given = parser.parse_args()
    trained = train(given.minutes, given.start, decoder_only=given.decoder_only, seed=given.seed)
    trained.register_to_config(_name_or_path="")  # else where it was loaded from is published
    trained.half().save_pretrained(given.out)
