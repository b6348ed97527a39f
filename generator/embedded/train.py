"""Train the embedded model: FLUX.1's transformer made small, together with its two text encoders, on a frozen VAE.

    python -m generator.embedded.train --minutes 90        # continues from the last checkpoint, if there is one

Rectified flow as FLUX.1: `x_s = (1 − s)·latents + s·noise`, the model predicts `noise − latents` from s. Timesteps are
logit-normal, shifted further towards noise than the scheduler shifts them at these sizes: there the words alone must
tell what is drawn. Steps alternate between single objects on small
canvases (what hard binding asks for) and whole scenes. The schedule follows the minutes spent, so a run can be stopped,
continued and extended; checkpoints hold weights, their moving average and the optimizer's state. Shapes: batch B,
image tokens I, text tokens T, channels C = 64 packed.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from generator.embedded.autoencoder import WEIGHTS, to_tensor
from generator.embedded.scenes import SCENE_SIZES, TrainingScene, random_scene, random_single
from generator.embedded.text import CLIP_WIDTH, MAX_TOKENS, T5_WIDTH, new_clip, new_t5, word_tokenizer

SHORT_TEXT = 16
SCENES_KEPT = 600
# Sides of single canvases in px: those of boxes on the model's own canvas; long sides need longer to learn.
SINGLE_SIDES = (48, 64, 64, 80, 80, 96, 96, 96, 112, 112, 112, 128, 128, 128, 128, 128, 128, 128, 160)
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result, beside the pictures."""

    minutes: float
    seed: int = 0
    learning_rate: float = 1.5e-3
    decay_share: float = 0.4
    warmup_steps: int = 200
    ema: float = 0.995
    tokens_per_step: int = 2500
    scene_share: float = 0.3
    blank_pooled_share: float = 0.2
    single_shift: float = 4.0
    scene_shift: float = 3.0
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
    single: bool


class LatentBank:
    """Scenes with their latents: the VAE encodes a picture once; singles recur by themselves, scenes are reused."""

    def __init__(self, pipe: FluxPipeline, settings: Settings, rng: random.Random) -> None:
        self.pipe = pipe
        self.settings = settings
        self.rng = rng
        self.latents: dict[TrainingScene, Tensor] = {}
        self.scenes: dict[tuple[int, int], list[TrainingScene]] = {size: [] for size in SCENE_SIZES}

    def draw(self, kind: str) -> Batch:
        """Draw a batch of one size, as many pictures as fit the token budget of a step."""
        width, height = self._size(kind)
        short = kind == "single" and self.rng.random() < 0.7
        text_tokens = SHORT_TEXT if short else MAX_TOKENS
        count = max(8, self.settings.tokens_per_step // (width * height // 256 + text_tokens))
        if kind == "single":
            drawn = [random_single(width, height, self.rng) for _ in range(count)]
        else:
            drawn = [self._scene(width, height) for _ in range(count)]
        return self._batch(kind, drawn, text_tokens)

    def _size(self, kind: str) -> tuple[int, int]:
        if kind == "scene":
            return self.rng.choice(SCENE_SIZES)
        width = self.rng.choice(SINGLE_SIDES)
        if self.rng.random() < 0.93:
            return width, width
        fitting = [side for side in SINGLE_SIDES if max(side, width) <= 2 * min(side, width)]
        return width, self.rng.choice(fitting)

    def _scene(self, width: int, height: int) -> TrainingScene:
        kept = self.scenes[width, height]
        if len(kept) >= SCENES_KEPT and self.rng.random() < 0.8:
            return self.rng.choice(kept)
        scene = random_scene(width, height, self.rng)
        if len(kept) < SCENES_KEPT:
            kept.append(scene)
        else:
            place = self.rng.randrange(SCENES_KEPT)
            self.latents.pop(kept[place], None)
            kept[place] = scene
        return scene

    @torch.no_grad()
    def _batch(self, kind: str, drawn: list[TrainingScene], text_tokens: int) -> Batch:
        vae = self.pipe.vae
        new = [scene for scene in dict.fromkeys(drawn) if scene not in self.latents]
        if new:
            encoded = vae.encode(to_tensor([scene.picture() for scene in new])).latent_dist.mode()
            scaled = (encoded - vae.config.shift_factor) * vae.config.scaling_factor
            self.latents |= zip(new, scaled.half(), strict=True)
        latents = torch.stack([self.latents[scene] for scene in drawn]).float()
        count, channels, height, width = latents.shape
        captions = [scene.caption(self.rng) for scene in drawn]

        def ids(tokenizer: Any, length: int) -> Tensor:
            encoded = tokenizer(captions, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
            return encoded.input_ids  # type: ignore[no-any-return]

        return Batch(
            self.pipe._pack_latents(latents, count, channels, height, width),
            self.pipe._prepare_latent_image_ids(count, height // 2, width // 2, torch.device("cpu"), torch.float32),
            ids(self.pipe.tokenizer_2, text_tokens),
            ids(self.pipe.tokenizer, MAX_TOKENS),
            kind == "single",
        )


def flow_loss(pipe: FluxPipeline, batch: Batch, settings: Settings) -> Tensor:
    """Mean squared error of the predicted velocity at one random timestep a sample."""
    count = len(batch.latents)
    odds = torch.randn(count).exp() * (settings.single_shift if batch.single else settings.scene_shift)
    s = odds / (1 + odds)
    noise = torch.randn_like(batch.latents)
    noisy = torch.lerp(batch.latents, noise, s[:, None, None])
    text = pipe.text_encoder_2(batch.t5_ids).last_hidden_state
    pooled = pipe.text_encoder(batch.clip_ids).pooler_output
    pooled = pooled * (torch.rand(count, 1) >= settings.blank_pooled_share)
    velocity: Tensor = pipe.transformer(
        hidden_states=noisy,
        timestep=s,
        encoder_hidden_states=text,
        pooled_projections=pooled,
        txt_ids=torch.zeros(text.shape[1], 3),
        img_ids=batch.image_ids,
        return_dict=False,
    )[0]
    return (velocity - (noise - batch.latents)).square().mean()


def learning_rate_at(spent: float, step: int, settings: Settings) -> float:
    """Warm up, hold, then decay linearly to zero over the last `decay_share` of the time (spent: 0..1)."""
    decay = min(1.0, (1 - spent) / settings.decay_share)
    return settings.learning_rate * min(1.0, (step + 1) / settings.warmup_steps) * max(0.0, decay)


class Trainer:
    """The trained modules with their moving average, optimizer and progress; saved to and loaded from a folder."""

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
        self.optimizer = torch.optim.AdamW(
            self.parameters.values(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self.progress = {"minutes": 0.0, "step": 0, "samples": 0}

    def step(self, batch: Batch) -> float:
        """Take one optimizer step and return the loss."""
        spent = min(1.0, self.progress["minutes"] / self.settings.minutes)
        rate = learning_rate_at(spent, int(self.progress["step"]), self.settings)
        loss = flow_loss(self.pipe, batch, self.settings)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
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
        for p, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{p}.{key}": torch.as_tensor(value) for key, value in state.items()}
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
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, p, key = name.split(".", 2)
                state.setdefault(int(p), {})[key] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]})

    def start_from(self, folder: Path) -> None:
        """Begin with the weights of a pipeline folder that `export` wrote, with a new optimizer."""
        trained = FluxPipeline.from_pretrained(folder, dtype=torch.float32)
        for name, module in self.modules.items():
            module.load_state_dict(getattr(trained, name).state_dict())
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a `FluxPipeline` folder in half precision."""
        with torch.no_grad():
            kept = {name: value.clone() for name, value in self.parameters.items()}
            for name, value in self.parameters.items():
                value.copy_(self.average[name])
            self.pipe.vae.register_to_config(_name_or_path="")  # else where it was loaded from is published
            self.pipe.to(torch.float16).save_pretrained(folder)
            self.pipe.to(torch.float32)
            for name, value in self.parameters.items():
                value.copy_(kept[name])


def train(
    settings: Settings, folder: Path, start: Path | None = None, log_every: int = 50, save_every: int = 200
) -> Trainer:
    """Train until the minutes are spent, logging the mean losses to `folder/loss.csv`."""
    trainer = Trainer(settings)
    if (folder / "checkpoint.safetensors").exists():
        trainer.load(folder)
    elif start is not None:
        trainer.start_from(start)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed + int(trainer.progress["step"]))
    rng = random.Random(settings.seed + int(trainer.progress["step"]))
    bank = LatentBank(trainer.pipe, settings, rng)
    losses: dict[str, list[float]] = {"single": [], "scene": []}
    before, began = trainer.progress["minutes"], time.monotonic()
    with (folder / "loss.csv").open("a", newline="") as file:
        while trainer.progress["minutes"] < settings.minutes:
            kind = "scene" if rng.random() < settings.scene_share else "single"
            losses[kind].append(trainer.step(bank.draw(kind)))
            trainer.progress["minutes"] = before + (time.monotonic() - began) / 60
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
    parser.add_argument("--start", type=Path, help="pipeline folder to begin with, for instance the shipped weights")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chosen = Settings(minutes=arguments.minutes, seed=arguments.seed)
    train(chosen, arguments.checkpoints, arguments.start).export(WEIGHTS)
    (HERE / "training.json").write_text(json.dumps(asdict(chosen), indent=2) + "\n")
