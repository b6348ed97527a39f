"""Measure what reference pictures cost: the share of a picture's time that an adapter takes.

    python -m generator.benchmarks.adapters --config small

Random weights of a chosen size, and the plan of `generator.benchmarks.regions`: once as it is, once with a reference
picture for
each of its objects. Both are painted in turns, so that a machine that slows down slows both; the share is the median
over these pairs. Encoding the pictures takes no part. Redux lengthens the text of the objects' own passes only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import torch

from generator.adapters.embeds import ImageEmbeds
from generator.adapters.loaders import PULID_NETS, net_places
from generator.benchmarks.cases import BINDINGS, CELLS, CONFIGS, Case, Config, plan_of
from generator.benchmarks.regions import seconds
from generator.benchmarks.subjects import RandomFlux1, build
from generator.costs.adapters import FACE_CHANNELS, FACE_INNER, FACE_TOKENS, IP_TOKENS
from planner.plan import ImagePrompt, Plan

PICTURE_TOKENS = {"redux": 729, "instantx": IP_TOKENS, "pulid": FACE_TOKENS}  # Redux' come after the text's
HEAD_CHANNELS = 128  # of PuLID's cross attention

HEADER = "| adapter | cells K | δ | binding steps | without s | with s | **share** |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Cost:
    """What was measured: medians over pairs. share: of the time with pictures, what the pictures take."""

    adapter: str
    case: Case
    seconds_without: float
    seconds_with: float
    share: float
    pairs: int

    def row(self) -> str:
        """Return the table's line."""
        case = self.case
        return (
            f"| {self.adapter} | {case.cells} | {case.strength:g} | {case.binding_steps} | "
            f"{self.seconds_without:.3f} | {self.seconds_with:.3f} | **{self.share:.1%}** |"
        )


def load(pipe: RandomFlux1, config: Config, adapter: str) -> ImageEmbeds:
    """Load an adapter with random weights, and return a random picture as it sees it."""
    tokens, channels = PICTURE_TOKENS[adapter], config.text_channels
    if adapter == "redux":
        pooled = torch.zeros(1, config.pooled_channels)
        return ImageEmbeds("redux", torch.randn(1, config.text_tokens + tokens, channels), pooled)
    inner = pipe.transformer.inner_dim
    if adapter == "instantx":
        names = [
            f"ip_adapter.{i}.to_{part}_ip.weight" for i in range(len(pipe.transformer.attn_processors)) for part in "kv"
        ]
        pipe.load_instantx_ip_adapter({name: torch.randn(inner, channels) / channels for name in names})
        return ImageEmbeds("ip_adapter", torch.randn(1, tokens, channels))
    pipe.load_pulid(_pulid(len(net_places(pipe.transformer)), inner), head_channels=HEAD_CHANNELS)
    return ImageEmbeds("pulid", torch.randn(1, tokens, FACE_CHANNELS))


def pictured(plan: Plan, kind: Any) -> Plan:
    """Return the plan with a picture for each object."""
    image = ImagePrompt(kind, "random")
    return replace(plan, objects=tuple(replace(item, image=image) for item in plan.objects))


def measure(pipe: RandomFlux1, config: Config, adapter: str, case: Case, pairs: int) -> Cost:
    """Paint without and with pictures in turns, once without measuring, and return the medians."""
    embeds = load(pipe, config, adapter)
    plain = plan_of(case.cells)
    plans = ((plain, None), (pictured(plain, embeds.kind), dict.fromkeys(range(case.cells), embeds)))

    def paint(plan: Plan, images: dict[int, ImageEmbeds] | None) -> None:
        pipe(
            plan,
            height=config.side_px,
            width=config.side_px,
            num_inference_steps=config.steps,
            max_sequence_length=config.text_tokens,
            hard_binding_steps=case.binding_steps or None,
            refinement_strength=case.strength,
            generator=torch.Generator().manual_seed(0),
            output_type="latent",
            image_embeds=images,
        )

    for one in plans:
        paint(*one)
    times = [[seconds(lambda one=one: paint(*one)) for one in plans] for _ in range(pairs)]  # type: ignore[misc]
    pipe.unload_image_adapters()
    without, having = ([pair[index] for pair in times] for index in (0, 1))
    share = statistics.median(1 - pair[0] / pair[1] for pair in times)
    return Cost(adapter, case, statistics.median(without), statistics.median(having), share, pairs)


def _pulid(nets: int, inner: int) -> dict[str, torch.Tensor]:
    shapes = {"to_q": (FACE_INNER, inner), "to_kv": (2 * FACE_INNER, FACE_CHANNELS), "to_out": (inner, FACE_INNER)}
    weights: dict[str, torch.Tensor] = {}
    for net in range(nets):
        weights |= {f"{net}.{name}.weight": torch.randn(shape) / shape[1] for name, shape in shapes.items()}
        for name, channels in (("norm1", FACE_CHANNELS), ("norm2", inner)):
            weights |= {f"{net}.{name}.weight": torch.ones(channels), f"{net}.{name}.bias": torch.zeros(channels)}
    return {f"{PULID_NETS}.{name}": tensor for name, tensor in weights.items()}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m generator.benchmarks.adapters", description=summary)
    parser.add_argument("--config", choices=list(CONFIGS), default="small", help="size of the model (default small)")
    parser.add_argument("--adapters", nargs="+", choices=list(PICTURE_TOKENS), default=list(PICTURE_TOKENS))
    parser.add_argument("--cells", type=int, nargs="+", choices=CELLS, default=(4,), metavar="K")
    parser.add_argument("--strengths", type=float, nargs="+", default=(0.5, 1.0), metavar="DELTA")
    parser.add_argument("--binding", type=int, nargs="+", default=BINDINGS[-1:], metavar="STEPS")
    parser.add_argument("--pairs", type=int, default=5, help="measured pairs a case (default 5)")
    parser.add_argument("--json", action="store_true", help="a JSON line a case instead of a table")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    arguments = parse(argv)
    config, on_gpu = CONFIGS[arguments.config], torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    pipe: Any = build("flux1", config, device, torch.bfloat16 if on_gpu else torch.float32).pipe
    if not arguments.json:
        print(HEADER)
    for adapter, *values in product(arguments.adapters, arguments.cells, arguments.strengths, arguments.binding):
        cost = measure(pipe, config, adapter, Case(*values), arguments.pairs)
        print(json.dumps(asdict(cost)) if arguments.json else cost.row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
