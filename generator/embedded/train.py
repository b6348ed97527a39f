"""Train the embedded model: FLUX.1's transformer made small, together with its two text encoders, on a frozen VAE.

    python -m generator.embedded.train --minutes 90        # continues from the last checkpoint, if there is one
    torchrun --nproc-per-node 2 -m generator.embedded.train --minutes 90        # a process for each core

Rectified flow as FLUX.1: `x_s = (1 − s)·latents + s·noise`, the model predicts `noise − latents` from s. Timesteps
are logit-normal, shifted further towards noise than the scheduler shifts them at these sizes: there the words alone
must tell what is drawn; a quarter of them is shifted towards the picture: what is pale or small is lost in the last
steps. Steps alternate between single objects on small canvases (what hard binding asks for) and whole scenes. The
schedule follows the minutes of the processor, so that a busy machine trains as well as an idle one; a run can be
stopped, continued and extended. Checkpoints hold weights, their moving average and the optimizer's state.
Shapes: batch B, image tokens I, text tokens T, channels C = 64 packed.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from generator.embedded.autoencoder import WEIGHTS, bound_latents, encoded
from generator.embedded.catalogue import OBJECTS
from generator.embedded.cpu import (
    InFloat32,
    PlainAttnProcessor,
    has_bfloat16,
    join,
    mean_of_processes,
    mixed_precision,
    process,
)
from generator.embedded.scenes import SCENE_SIZES, TrainingScene, random_scene, random_single
from generator.embedded.text import CLIP_WIDTH, MAX_TOKENS, T5_WIDTH, new_clip, new_t5, vocabulary, word_tokenizer

SHORT_TEXT = 16
KEPT = {"single": 1200, "scene": 600}
"""Pictures of one kind and size whose latents are at hand; `fresh_share` of those drawn are new, in place of others."""
# Canvases of single objects in px, those of boxes; long sides need longer to learn.
SQUARES = (48, 64, 64, 64, 80, 80, 96, 96, 96, 96, 112, 112, 112, 128, 128, 128, 128, 160, 160, 160, 192)
OBLONGS = ((64, 96), (64, 112), (64, 128), (80, 160), (96, 128))
SINGLE_SIZES = (*((side, side) for side in 2 * SQUARES), *OBLONGS, *((h, w) for w, h in OBLONGS))
LONE_NOISE = 0.92
"""An object anywhere is learned where it can be seen: in more noise its words ask for one that fills the canvas."""
BLOCKS = re.compile(r"transformer_blocks|\.block\.|\.layers\.")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result, beside the pictures."""

    minutes: float
    seed: int = 0
    learning_rate: float = 6e-4
    decay_share: float = 0.9
    warmup_steps: int = 100
    ema: float = 0.995
    tokens_per_step: int = 2500
    scene_share: float = 0.4
    fresh_share: float = 0.1
    blank_pooled_share: float = 0.2
    single_shift: float = 4.0
    scene_shift: float = 3.0
    late_share: float = 0.25
    late_shift: float = 0.5
    own_strays_share: float = 0.5
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


def new_pipeline(settings: Settings, vae: Path = WEIGHTS / "vae") -> FluxPipeline:
    """Put the trained VAE and everything still untrained into one stock pipeline."""
    words = word_tokenizer(start=False)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKL.from_pretrained(vae),
        text_encoder=new_clip(len(words)),
        tokenizer=word_tokenizer(start=True),
        text_encoder_2=new_t5(len(words)),
        tokenizer_2=words,
        transformer=new_transformer(settings),
    )


@dataclass(frozen=True)
class Batch:
    """Latents packed as FLUX packs them (B, I, C), their positions (I, 3), token ids of both tokenizers (B, T).

    `free` (B, I) says which image tokens no object's box covers, `noisiest` (B,) up to which noise level they are
    learned from.
    """

    latents: Tensor
    image_ids: Tensor
    t5_ids: Tensor
    clip_ids: Tensor
    free: Tensor
    noisiest: Tensor
    single: bool


class LatentBank:
    """Pictures to learn from with their latents: the VAE encodes each once, and they recur with other words."""

    def __init__(self, pipe: FluxPipeline, settings: Settings, rng: random.Random) -> None:
        self.pipe = pipe
        self.settings = settings
        self.rng = rng
        self.latents: dict[TrainingScene, Tensor] = {}
        self.kept: dict[tuple[str, int, int], list[TrainingScene]] = {}

    def draw(self, kind: str) -> Batch:
        """Draw a batch of one size, as many pictures as fit the token budget of a step; kind: "single" or "scene"."""
        width, height = self.rng.choice(SINGLE_SIZES if kind == "single" else SCENE_SIZES)
        short = kind == "single" and self.rng.random() < 0.7
        text_tokens = SHORT_TEXT if short else MAX_TOKENS
        count = max(4, self.settings.tokens_per_step // (width * height // 256 + text_tokens))
        return self._batch(kind, [self._scene(kind, width, height) for _ in range(count)], text_tokens)

    def _scene(self, kind: str, width: int, height: int) -> TrainingScene:
        kept = self.kept.setdefault((kind, width, height), [])
        if len(kept) >= KEPT[kind] // 4 and self.rng.random() >= self.settings.fresh_share:
            return self.rng.choice(kept)
        scene = (random_single if kind == "single" else random_scene)(width, height, self.rng)
        if len(kept) < KEPT[kind]:
            kept.append(scene)
        else:
            place = self.rng.randrange(len(kept))
            self.latents.pop(kept[place], None)
            kept[place] = scene
        return scene

    @torch.no_grad()
    def _batch(self, kind: str, drawn: list[TrainingScene], text_tokens: int) -> Batch:
        vae, single = self.pipe.vae, kind == "single"
        new = [scene for scene in dict.fromkeys(drawn) if scene not in self.latents]
        if new:
            made = encoded(vae, [scene.picture() for scene in new]) if single else bound_latents(vae, new)
            scaled = (made - vae.config.shift_factor) * vae.config.scaling_factor
            self.latents |= zip(new, scaled.half(), strict=True)
        latents = torch.stack([self.latents[scene] for scene in drawn]).float()
        count, channels, height, width = latents.shape
        captions = [scene.caption(self.rng) for scene in drawn]

        def ids(tokenizer: Any, length: int) -> Tensor:
            padded = tokenizer(captions, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
            return padded.input_ids.to(vae.device)  # type: ignore[no-any-return]

        noisiest = [LONE_NOISE if scene.layout == "lone" else 1.0 for scene in drawn]
        return Batch(
            latents=self.pipe._pack_latents(latents, count, channels, height, width),
            image_ids=self.pipe._prepare_latent_image_ids(count, height // 2, width // 2, vae.device, torch.float32),
            t5_ids=ids(self.pipe.tokenizer_2, text_tokens),
            clip_ids=ids(self.pipe.tokenizer, MAX_TOKENS),
            free=torch.stack([scene.free_tokens() for scene in drawn]).to(vae.device),
            noisiest=torch.tensor(noisiest, device=vae.device),
            single=single,
        )


def flow_loss(pipe: FluxPipeline, batch: Batch, settings: Settings) -> Tensor:
    """Mean squared error of the predicted velocity at one random timestep a sample."""
    count, device = len(batch.latents), batch.latents.device
    late = torch.rand(count, device=device) < settings.late_share
    shift = torch.where(late, settings.late_shift, settings.single_shift if batch.single else settings.scene_shift)
    odds = torch.randn(count, device=device).exp() * shift
    s = odds / (1 + odds) * batch.noisiest
    noise = torch.randn_like(batch.latents)
    text = pipe.text_encoder_2(batch.t5_ids).last_hidden_state
    pooled = pipe.text_encoder(batch.clip_ids).pooler_output
    pooled = pooled * (torch.rand(count, 1, device=device) >= settings.blank_pooled_share)

    def velocity(noisy: Tensor, s: Tensor) -> Tensor:
        predicted: Tensor = pipe.transformer(
            hidden_states=noisy,
            timestep=s,
            encoder_hidden_states=text,
            pooled_projections=pooled,
            txt_ids=torch.zeros(text.shape[1], 3, device=device),
            img_ids=batch.image_ids,
            return_dict=False,
        )[0]
        return predicted.float()

    seen = batch.latents
    if not batch.single:
        own = torch.rand(()) < settings.own_strays_share
        seen = with_own_strays(batch, s, noise, velocity) if own else with_strays(batch, s)
    noisy = torch.lerp(seen, noise, s[:, None, None])
    return (velocity(noisy, s) - (noisy - batch.latents) / s[:, None, None]).square().mean()


def with_own_strays(batch: Batch, s: Tensor, noise: Tensor, velocity: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Put what the model itself begins to draw where nothing is said to be, in one or two steps from pure noise to s.

    What hard binding pastes comes late for the picture around it, which then holds such beginnings. s: (B,) noise
    levels; noise: (B, I, C); velocity: what the model predicts of noisy latents and their levels. Returns (B, I, C).
    """
    free = batch.free[..., None]
    seen, level = batch.latents, torch.ones_like(s)
    noisy = noise
    with torch.no_grad():
        for _ in range(1 + int(torch.randint(2, ()))):
            begun = noisy - level[:, None, None] * velocity(noisy, level)
            seen = torch.where(free, begun, batch.latents)
            level = torch.lerp(s, level, torch.rand_like(s))
            noisy = torch.lerp(seen, noise, level[:, None, None])
    return torch.lerp(batch.latents, seen, bounded(s)[:, None, None])


def with_strays(batch: Batch, s: Tensor) -> Tensor:
    """Put a faint piece of another scene where nothing is said to be, into half of the scenes.

    They stand for the beginnings of things that the model learns to take back. s: (B,) noise levels in (0, 1).
    Returns (B, I, C).
    """
    count = len(batch.latents)
    rows, columns = batch.image_ids[:, 1], batch.image_ids[:, 2]

    def stripe(places: Tensor) -> Tensor:
        first, share = torch.rand(2, count, 1, device=places.device)
        length = 2 + share * places.max() / 2
        start = first * (places.max() + 1 - length)
        inside: Tensor = (places >= start) & (places < start + length)
        return inside

    amount = torch.rand(count, device=s.device) * (torch.rand(count, device=s.device) < 0.5) * bounded(s)
    where = batch.free & stripe(rows) & stripe(columns)
    return batch.latents + (amount[:, None] * where)[..., None] * (batch.latents.roll(1, 0) - batch.latents)


def bounded(s: Tensor) -> Tensor:
    """Say how much of a stray there may be at a noise level, so that the velocity away from it stays bounded."""
    return (s / (1 - s)).clamp(max=1)


def new_optimizers(parameters: dict[str, nn.Parameter], settings: Settings) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices inside the blocks, AdamW for all else: embeddings, norms, biases, ways in and out."""
    matrices = [name for name, value in parameters.items() if value.ndim == 2 and BLOCKS.search(name)]
    common: dict[str, Any] = {"lr": settings.learning_rate, "weight_decay": 0.01}
    rest = [value for name, value in parameters.items() if name not in matrices]
    return (
        torch.optim.Muon([parameters[name] for name in matrices], adjust_lr_fn="match_rms_adamw", **common),
        torch.optim.AdamW(rest, betas=(0.9, 0.98), fused=True, **common),
    )


def learning_rate_at(spent: float, step: int, settings: Settings) -> float:
    """Warm up, hold, then decay linearly to zero over the last `decay_share` of the time (spent: 0..1)."""
    decay = min(1.0, (1 - spent) / settings.decay_share)
    return settings.learning_rate * min(1.0, (step + 1) / settings.warmup_steps) * max(0.0, decay)


class Trainer:
    """The trained modules with their moving average, optimizer and progress; saved to and loaded from a folder."""

    def __init__(self, settings: Settings, vae: Path = WEIGHTS / "vae", device: str = "cpu") -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.device = device
        self.pipe = new_pipeline(settings, vae).to(device)
        if device == "cpu":
            self.pipe.transformer.set_attn_processor(PlainAttnProcessor())
        self.pipe.vae.requires_grad_(False)
        self.modules = nn.ModuleDict(
            {name: getattr(self.pipe, name) for name in ("transformer", "text_encoder", "text_encoder_2")}
        )
        self.parameters = dict(self.modules.named_parameters())
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.optimizers = new_optimizers(self.parameters, settings)
        self.progress = {"minutes": 0.0, "step": 0, "samples": 0}

    def step(self, batch: Batch) -> float:
        """Take one optimizer step and return the loss."""
        spent = min(1.0, self.progress["minutes"] / self.settings.minutes)
        rate = learning_rate_at(spent, int(self.progress["step"]), self.settings)
        with warnings.catch_warnings(), mixed_precision(self.device):
            warnings.filterwarnings("ignore", "Mismatch dtype")  # norms' weights stay float32
            loss = flow_loss(self.pipe, batch, self.settings)
        loss.backward()  # type: ignore[no-untyped-call]
        samples = torch.tensor(float(len(batch.latents)), device=self.device)
        mean_of_processes([samples, *(value.grad for value in self.parameters.values() if value.grad is not None)])
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            with nullcontext() if has_bfloat16(self.device) else InFloat32():
                optimizer.step()
            optimizer.zero_grad()
        decay = min(self.settings.ema, (1 + self.progress["step"]) / (10 + self.progress["step"]))
        values = [value.detach() for value in self.parameters.values()]
        torch._foreach_lerp_(list(self.average.values()), values, 1 - decay)
        self.progress["step"] += 1
        self.progress["samples"] += round(samples.item() * process()[1])
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
        tensors = {name: value.contiguous().cpu() for name, value in tensors.items()}
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
                    *_, p, key = name.split(".")
                    state.setdefault(int(p), {})[key] = tensor
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def start_from(self, folder: Path) -> None:
        """Begin with the weights of a pipeline folder that `export` wrote, with a new optimizer.

        That folder may know other words: those in common keep what was learned of them, new ones begin as something
        like the nouns it knows.
        """
        trained = FluxPipeline.from_pretrained(folder, dtype=torch.float32)
        for name, module in self.modules.items():
            state = getattr(trained, name).state_dict()
            for key, value in module.state_dict().items():
                if value.shape != state[key].shape:
                    known = trained.tokenizer.get_vocab() if value.shape[0] != MAX_TOKENS else None
                    state[key] = _fitted(state[key], value.shape[0], known)
            module.load_state_dict(state)
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a `FluxPipeline` folder in half precision."""
        with torch.no_grad():
            kept = {name: value.clone() for name, value in self.parameters.items()}
            for name, value in self.parameters.items():
                value.copy_(self.average[name])
            self.pipe.vae.register_to_config(_name_or_path="")  # else where it was loaded from is published
            self.pipe.to("cpu", torch.float16).save_pretrained(folder)
            self.pipe.to(self.device, torch.float32)
            for name, value in self.parameters.items():
                value.copy_(kept[name])


def _fitted(table: Tensor, rows: int, known: dict[str, int] | None) -> Tensor:
    """Return an embedding table (rows, width) for the present vocabulary, or for more positions where none is known."""
    if known is None:
        return torch.cat([table, table[-1:].expand(rows - len(table), -1)])
    nouns = table[[known[noun] for noun in OBJECTS if noun in known]]
    spread, middle = nouns.std(dim=0), nouns.mean(dim=0)
    new = [table[known[word]] if word in known else middle + spread * torch.randn_like(middle) for word in vocabulary()]
    return torch.stack(new)


def train(
    settings: Settings,
    folder: Path,
    start: Path | None = None,
    vae: Path = WEIGHTS / "vae",
    device: str = "cpu",
    *,
    log_every: int = 50,
    save_every_minutes: float = 10,
) -> Trainer:
    """Train until the minutes of the processor are spent, logging the mean losses to `folder/loss.csv`."""
    trainer = _trainer(settings, folder, start, vae, device)
    folder.mkdir(parents=True, exist_ok=True)
    rank, _ = process()
    seed = settings.seed + int(trainer.progress["step"]) + 1_000_003 * rank  # other pictures and noise for each process
    torch.manual_seed(seed)
    rng = random.Random(seed)
    bank = LatentBank(trainer.pipe, settings, rng)
    losses: dict[str, list[float]] = {"single": [], "scene": []}
    before, began = trainer.progress["minutes"], time.process_time()
    saved = time.monotonic()
    with (folder / "loss.csv").open("a", newline="") as file:
        while trainer.progress["minutes"] < settings.minutes:
            kind = "scene" if rng.random() < settings.scene_share else "single"
            losses[kind].append(trainer.step(bank.draw(kind)))
            minutes = torch.tensor(before + (time.process_time() - began) / 60)
            mean_of_processes([minutes])
            trainer.progress["minutes"] = minutes.item()
            if rank:
                continue
            if trainer.progress["step"] % log_every == 0:
                csv.writer(file).writerow(_logged(trainer.progress, losses))
                file.flush()
                losses = {kind: [] for kind in losses}
            if time.monotonic() - saved > 60 * save_every_minutes:
                trainer.save(folder)
                saved = time.monotonic()
    if not rank:
        trainer.save(folder)
    return trainer


def _trainer(settings: Settings, folder: Path, start: Path | None, vae: Path, device: str) -> Trainer:
    """Go on from the last checkpoint; where there is none from the weights in `start`, or from nothing."""
    trainer = Trainer(settings, vae, device)
    if (folder / "checkpoint.safetensors").exists():
        trainer.load(folder)
    elif start is not None:
        trainer.start_from(start)
    return trainer


def _logged(progress: dict[str, float], losses: dict[str, list[float]]) -> list[float | str]:
    """A row of `loss.csv`: minutes, steps, samples, mean losses."""
    means = [sum(v) / len(v) if v else float("nan") for v in losses.values()]
    return [*(round(float(v), 2) for v in progress.values()), *(f"{m:.4f}" for m in means)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=90, help="of the processor, on one thread (default 90)")
    parser.add_argument("--checkpoints", type=Path, default=Path("out/embedded"))
    parser.add_argument("--weights", type=Path, help="pipeline folder to begin with, for instance the shipped weights")
    parser.add_argument("--vae", type=Path, default=WEIGHTS / "vae", help="folder of the trained VAE")
    parser.add_argument("--export", type=Path, default=WEIGHTS, help="folder for the pipeline at the end")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    join()
    chosen = Settings(minutes=arguments.minutes, seed=arguments.seed)
    trained = train(chosen, arguments.checkpoints, arguments.weights, arguments.vae, arguments.device)
    if not process()[0]:
        trained.export(arguments.export)
        (HERE / "training.json").write_text(json.dumps(asdict(chosen), indent=2) + "\n")
