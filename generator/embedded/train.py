"""Train the embedded model: FLUX.1's transformer made small, together with its two text encoders, on a frozen VAE.

    python -m generator.embedded.train --minutes 90        # continues from the last checkpoint, if there is one

Rectified flow as FLUX.1: `x_s = (1 − s)·latents + s·noise`, the model predicts `noise − latents` from s. Timesteps are
logit-normal, shifted as the scheduler shifts them at this size. Steps alternate between single objects on small canvases
(what hard binding asks for) and whole scenes. The schedule follows the minutes spent, so a run can be stopped, continued
and extended; checkpoints hold weights, their moving average and the optimizer's state. Shapes: batch B, image tokens I,
text tokens T, channels C = 64 packed.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from generator.embedded.autoencoder import WEIGHTS, to_tensor
from generator.embedded.pictures import Sample, single_sample
from generator.embedded.scenes import SCENE_SIZES, scene_sample
from generator.embedded.text import CLIP_WIDTH, MAX_TOKENS, T5_WIDTH, new_clip, new_t5, word_tokenizer

SINGLE_SIDES = (48, 64, 64, 64, 80, 80, 96, 96, 112, 128)
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result, beside the pictures."""

    minutes: float
    seed: int = 0
    learning_rate: float = 1e-3
    muon: bool = False
    decay_share: float = 0.4
    warmup_steps: int = 200
    ema: float = 0.998
    tokens_per_step: int = 5000
    scene_share: float = 0.45
    blank_pooled_share: float = 0.2
    timestep_shift: float = 1.65
    blocks: tuple[int, int] = (3, 6)
    heads: int = 4
    axes: tuple[int, int, int] = (8, 20, 20)


def new_transformer(settings: Settings) -> FluxTransformer2DModel:
    """Return the untrained transformer, FLUX.1-schnell's architecture (no guidance embedding)."""
    return FluxTransformer2DModel(
        in_channels=64,
        num_layers=settings.blocks[0],
        num_single_layers=settings.blocks[1],
        attention_head_dim=sum(settings.axes),
        num_attention_heads=settings.heads,
        joint_attention_dim=T5_WIDTH,
        pooled_projection_dim=CLIP_WIDTH,
        guidance_embeds=False,
        axes_dims_rope=settings.axes,
    )


def new_pipeline(settings: Settings) -> FluxPipeline:
    """Put the trained VAE and everything still untrained into one stock pipeline."""
    words = word_tokenizer(start=False)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKL.from_pretrained(WEIGHTS / "vae"),
        text_encoder=new_clip(len(words)),
        tokenizer=word_tokenizer(start=True),
        text_encoder_2=new_t5(len(words)),
        tokenizer_2=words,
        transformer=new_transformer(settings),
    )


@dataclass(frozen=True)
class Batch:
    """Latents packed as FLUX packs them (B, I, C), their positions (I, 3), token ids of both tokenizers (B, T)."""

    latents: Tensor
    image_ids: Tensor
    t5_ids: Tensor
    clip_ids: Tensor


def draw_samples(kind: str, settings: Settings, rng: random.Random) -> list[Sample]:
    """Draw samples of one size, as many as fit the token budget of a step."""
    if kind == "single":
        width = rng.choice(SINGLE_SIDES)
        height = rng.choice([side for side in SINGLE_SIDES if max(side, width) <= 2 * min(side, width)])
        if rng.random() < 0.1:
            width, height = width * 2, height * 2
        make = single_sample
    else:
        width, height = rng.choice(SCENE_SIZES)
        make = scene_sample
    tokens = width * height // 256 + (MAX_TOKENS if kind == "scene" else MAX_TOKENS // 2)
    return [make(width, height, rng) for _ in range(max(8, settings.tokens_per_step // tokens))]


@torch.no_grad()
def encode(pipe: FluxPipeline, samples: list[Sample], text_tokens: int) -> Batch:
    """Turn pictures and captions into what a training step needs."""
    config = pipe.vae.config
    pixels = to_tensor([sample.picture for sample in samples])
    latents = (pipe.vae.encode(pixels).latent_dist.sample() - config.shift_factor) * config.scaling_factor
    count, channels, height, width = latents.shape
    captions = [sample.caption for sample in samples]

    def ids(tokenizer: object, length: int) -> Tensor:
        encoded = tokenizer(captions, padding="max_length", max_length=length, truncation=True, return_tensors="pt")  # type: ignore[operator]
        return encoded.input_ids  # type: ignore[no-any-return]

    return Batch(
        pipe._pack_latents(latents, count, channels, height, width),
        pipe._prepare_latent_image_ids(count, height // 2, width // 2, torch.device("cpu"), torch.float32),
        ids(pipe.tokenizer_2, text_tokens),
        ids(pipe.tokenizer, MAX_TOKENS),
    )


def flow_loss(pipe: FluxPipeline, batch: Batch, settings: Settings) -> Tensor:
    """Mean squared error of the predicted velocity at one random timestep a sample."""
    count = len(batch.latents)
    odds = torch.randn(count).exp() * settings.timestep_shift
    s = odds / (1 + odds)
    noise = torch.randn_like(batch.latents)
    noisy = torch.lerp(batch.latents, noise, s[:, None, None])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        text = pipe.text_encoder_2(batch.t5_ids).last_hidden_state
        pooled = pipe.text_encoder(batch.clip_ids).pooler_output
        pooled = pooled * (torch.rand(count, 1) >= settings.blank_pooled_share)
        velocity = pipe.transformer(
            hidden_states=noisy,
            timestep=s,
            encoder_hidden_states=text,
            pooled_projections=pooled,
            txt_ids=torch.zeros(text.shape[1], 3),
            img_ids=batch.image_ids,
            return_dict=False,
        )[0]
    return (velocity.float() - (noise - batch.latents)).square().mean()


def learning_rate_at(spent: float, step: int, settings: Settings) -> float:
    """Warm up, hold, then decay linearly to zero over the last `decay_share` of the time (spent: 0..1)."""
    decay = min(1.0, (1 - spent) / settings.decay_share)
    return settings.learning_rate * min(1.0, (step + 1) / settings.warmup_steps) * max(0.0, decay)


class Trainer:
    """The trained modules with their moving average, optimizers and progress; saved to and loaded from a folder."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.pipe = new_pipeline(settings)
        self.pipe.vae.requires_grad_(False)
        self.modules = nn.ModuleDict(
            {name: getattr(self.pipe, name) for name in ("transformer", "text_encoder", "text_encoder_2")}
        )
        self.parameters = dict(self.modules.named_parameters())
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.optimizers = self._new_optimizers()
        self.progress = {"minutes": 0.0, "step": 0, "samples": 0}

    def _new_optimizers(self) -> list[torch.optim.Optimizer]:
        matrices = [
            value
            for name, value in self.parameters.items()
            if self.settings.muon and "blocks." in name and value.ndim == 2
        ]
        chosen = {id(value) for value in matrices}
        others = [value for value in self.parameters.values() if id(value) not in chosen]
        rate = self.settings.learning_rate
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        ]
        if matrices:
            optimizers.append(
                torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw", ns_steps=5)
            )
        return optimizers

    def step(self, batch: Batch) -> float:
        """Take one optimizer step and return the loss."""
        spent = min(1.0, self.progress["minutes"] / self.settings.minutes)
        rate = learning_rate_at(spent, int(self.progress["step"]), self.settings)
        loss = flow_loss(self.pipe, batch, self.settings)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
        decay = min(self.settings.ema, (1 + self.progress["step"]) / (10 + self.progress["step"]))
        values = [value.detach() for value in self.parameters.values()]
        torch._foreach_lerp_(list(self.average.values()), values, 1 - decay)
        self.progress["step"] += 1
        self.progress["samples"] += len(batch.latents)
        return loss.item()

    def save(self, folder: Path) -> None:
        """Write a checkpoint: new file first, then renamed over the old one."""
        tensors = {f"weights.{name}": value.detach() for name, value in self.parameters.items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for o, optimizer in enumerate(self.optimizers):
            for p, state in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{o}.{p}.{key}": torch.as_tensor(value) for key, value in state.items()}
        folder.mkdir(parents=True, exist_ok=True)
        metadata = {"progress": json.dumps(self.progress), "settings": json.dumps(asdict(self.settings))}
        tensors = {name: value.contiguous() for name, value in tensors.items()}
        save_file(tensors, folder / "checkpoint.new", metadata)
        (folder / "checkpoint.new").replace(folder / "checkpoint.safetensors")

    def load(self, folder: Path) -> None:
        """Continue from a checkpoint written by `save`."""
        from safetensors import safe_open

        path = folder / "checkpoint.safetensors"
        with safe_open(path, "pt") as file:
            self.progress = json.loads(file.metadata()["progress"])
        tensors = load_file(path)
        with torch.no_grad():
            for name, value in self.parameters.items():
                value.copy_(tensors[f"weights.{name}"])
                self.average[name].copy_(tensors[f"average.{name}"])
        for o, optimizer in enumerate(self.optimizers):
            state: dict[int, dict[str, Tensor]] = {}
            for name, tensor in tensors.items():
                if name.startswith(f"optimizer.{o}."):
                    _, _, p, key = name.split(".", 3)
                    state.setdefault(int(p), {})[key] = tensor
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a `FluxPipeline` folder in half precision."""
        with torch.no_grad():
            kept = {name: value.clone() for name, value in self.parameters.items()}
            for name, value in self.parameters.items():
                value.copy_(self.average[name])
            self.pipe.to(torch.float16).save_pretrained(folder)
            self.pipe.to(torch.float32)
            for name, value in self.parameters.items():
                value.copy_(kept[name])


def batches(pipe: FluxPipeline, settings: Settings, rng: random.Random) -> Iterator[tuple[str, Batch]]:
    """Draw kinds, samples and text lengths without end; single captions often go with a short text."""
    while True:
        kind = "scene" if rng.random() < settings.scene_share else "single"
        short = kind == "single" and rng.random() < 0.7
        yield kind, encode(pipe, draw_samples(kind, settings, rng), 16 if short else MAX_TOKENS)


def train(settings: Settings, folder: Path, log_every: int = 50, save_every: int = 500) -> Trainer:
    """Train until the minutes are spent, logging the mean losses to `folder/loss.csv`."""
    trainer = Trainer(settings)
    if (folder / "checkpoint.safetensors").exists():
        trainer.load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed + int(trainer.progress["step"]))
    stream = batches(trainer.pipe, settings, random.Random(settings.seed + int(trainer.progress["step"])))
    losses: dict[str, list[float]] = {"single": [], "scene": []}
    before, last = trainer.progress["minutes"], time.monotonic()
    start = last
    with (folder / "loss.csv").open("a", newline="") as file:
        while trainer.progress["minutes"] < settings.minutes:
            kind, batch = next(stream)
            losses[kind].append(trainer.step(batch))
            trainer.progress["minutes"] = before + (time.monotonic() - start) / 60
            if trainer.progress["step"] % log_every == 0:
                means = [sum(v) / len(v) if v else float("nan") for v in losses.values()]
                row = [*(round(float(v), 2) for v in trainer.progress.values()), *(f"{m:.4f}" for m in means)]
                csv.writer(file).writerow(row)
                file.flush()
                losses = {kind: [] for kind in losses}
            if trainer.progress["step"] % save_every == 0:
                trainer.save(folder)
    trainer.save(folder)
    return trainer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--checkpoints", type=Path, default=Path("out/embedded"))
    arguments = parser.parse_args()
    chosen = Settings(minutes=arguments.minutes)
    train(chosen, arguments.checkpoints).export(WEIGHTS)
    (HERE / "training.json").write_text(json.dumps(asdict(chosen), indent=2) + "\n")
