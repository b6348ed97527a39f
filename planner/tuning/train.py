"""Train the adapter (LoRA) with which SmolLM2-135M reads a sentence as a scene: `python -m planner.tuning.train`.

The model sees what it sees in use, the short system prompt that lies beside the adapter and a sentence, and learns to
write the reply. Its own weights stay as they are. A run of a given length ends at a learning rate of zero; the adapter
is saved every few minutes in PEFT's format.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig

from planner.backends.local import ADAPTER
from planner.backends.local_model import LocalModel
from planner.backends.local_source import bundled_model
from planner.loop.prompting import load_prompts
from planner.tasks.backend import Request
from planner.tuning.captions import Caption, make_captions

IGNORED = -100  # a label that counts for nothing


@dataclass(frozen=True)
class TrainingSettings:
    """`layers` counts from the top: the lower ones stay as they are, which saves their share of the backward pass."""

    rank: int = 16
    layers: int = 20
    learning_rate: float = 1e-3
    warmup: int = 30  # steps
    batch: int = 8
    pool: int = 512  # captions that are sorted by length before they become batches


def main(argv: Sequence[str] | None = None) -> None:
    """Train for `--minutes` and save the adapter."""
    parser = argparse.ArgumentParser(prog="python -m planner.tuning.train", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="length of the run (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the sentences and the first weights (default: 0)")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="the highest (default: 0.001)")
    parser.add_argument("--start", type=Path, help="an adapter's folder to go on from")
    parser.add_argument("--out", type=Path, default=Path("out/adapter"), help="where the adapter goes")
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    train(TrainingSettings(learning_rate=args.learning_rate), args.minutes * 60, args.seed, args.out, args.start)


def train(settings: TrainingSettings, length_s: float, seed: int, out: Path, start: Path | None = None) -> None:
    """Train an adapter for `length_s` seconds and save it in `out`, with `loss.csv` beside it."""
    loaded = LocalModel(bundled_model())
    model = loaded.model
    _add_adapter(model, settings, start)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.0)
    out.mkdir(parents=True, exist_ok=True)
    begun = saved = time.monotonic()
    seen = 0
    with (out / "loss.csv").open("a", newline="") as file:
        table = csv.writer(file)
        for step, batch in enumerate(batches(loaded, settings, seed)):
            share = (time.monotonic() - begun) / length_s
            if share >= 1:
                break
            rate = min(1, (step + 1) / settings.warmup) * 0.5 * (1 + math.cos(math.pi * share))
            optimizer.param_groups[0]["lr"] = settings.learning_rate * rate
            loss = reply_loss(model, *batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            seen += len(batch[0])
            table.writerow([step, seen, round(time.monotonic() - begun), round(loss.item(), 4)])
            file.flush()
            if time.monotonic() - saved > 300:
                model.save_pretrained(out)
                saved = time.monotonic()
    model.save_pretrained(out)


def _add_adapter(model: Any, settings: TrainingSettings, start: Path | None) -> None:
    if start is not None:
        model.load_adapter(str(start), is_trainable=True)
        return
    layers = model.config.num_hidden_layers
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.rank,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        layers_to_transform=list(range(layers - settings.layers, layers)),
        task_type="CAUSAL_LM",
    )
    model.add_adapter(config)


def batches(loaded: LocalModel, settings: TrainingSettings, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield token ids and labels (batch, length) without end; sentences of about one length stand together."""
    while True:
        captions = make_captions(settings.pool, seed)
        rows = sorted((encode(loaded, caption) for caption in captions), key=lambda row: len(row[0]))
        groups = [rows[i : i + settings.batch] for i in range(0, len(rows), settings.batch)]
        random.Random(seed).shuffle(groups)
        yield from map(_padded, groups)
        seed += 1


def encode(loaded: LocalModel, caption: Caption) -> tuple[list[int], list[int]]:
    """Return the token ids of a chat and their labels, `IGNORED` for what is asked."""
    request = Request(caption.sentence, width=256, height=256)
    asked = loaded._prompt(load_prompts("scene", ADAPTER).first(request))[0].tolist()
    reply = loaded.tokenizer(json.dumps(caption.reply), add_special_tokens=False).input_ids
    written = [*reply, loaded.tokenizer.eos_token_id]
    return asked + written, [IGNORED] * len(asked) + written


def _padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(row[0]) for row in rows)
    tokens = [row[0] + [0] * (longest - len(row[0])) for row in rows]
    labels = [row[1] + [IGNORED] * (longest - len(row[1])) for row in rows]
    return torch.tensor(tokens), torch.tensor(labels)


def reply_loss(model: Any, tokens: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of the replies' tokens; logits are made for these only.

    Padding stands behind what counts, so causal attention needs no mask for it.
    """
    hidden = model.model(input_ids=tokens).last_hidden_state[:, :-1]
    counts = labels[:, 1:] != IGNORED
    logits = model.lm_head(hidden[counts])
    return torch.nn.functional.cross_entropy(logits.float(), labels[:, 1:][counts])


if __name__ == "__main__":
    main()
