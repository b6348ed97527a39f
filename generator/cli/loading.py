"""The command line's options that say how a model is loaded and run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generator.costs.estimate import estimate
from generator.load_options import DTYPES, OFFLOADS, QUANTIZATIONS, LoadOptions
from generator.regions.masking import Repaint
from generator.settings import EMBEDDED, RenderSettings
from planner.plan import Plan


def add_weight_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that choose weights, or trade the picture for speed."""
    parser.add_argument(
        "--lora",
        action="append",
        metavar="FILE[:SCALE]",
        help="a LoRA, or owner/name/FILE of the hub, and how strongly it acts (default 1); can be given several times",
    )
    parser.add_argument(
        "--quantize", choices=QUANTIZATIONS, help="weights of fewer bits (default: as they are); nf4 needs a GPU"
    )
    parser.add_argument(
        "--step-cache",
        type=float,
        metavar="THRESHOLD",
        help="skip blocks where the first changes by less, say 0.08",
    )
    parser.add_argument(
        "--max-sequence-length", type=int, metavar="N", help="text tokens of the whole prompt, 1..512 (default: 512)"
    )
    parser.add_argument(
        "--region-max-sequence-length",
        type=int,
        metavar="N",
        help="text tokens of each cell's and object's prompt (default: as the whole prompt); fewer are faster",
    )


def add_control_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that let a picture follow another one."""
    parser.add_argument("--controlnet", metavar="MODEL", help="a FLUX ControlNet: a folder or a hub id")
    parser.add_argument("--control-image", metavar="FILE", help="the picture that it follows: edges, depth, a pose, …")
    parser.add_argument("--control-scale", type=float, metavar="X", help="how strongly, 0 and up (default 1)")
    parser.add_argument("--control-mode", type=int, metavar="N", help="the kind of picture, for a union ControlNet")
    for name, default in (("start", 0), ("end", 1)):
        text = f"where in the steps it {name}s to act, a fraction 0..1 (default {default})"
        parser.add_argument(f"--control-{name}", type=float, metavar="X", help=text)


def add_loading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change speed and memory, not the picture."""
    parser.add_argument("--device", help="cpu, cuda, mps, … (default: cuda where there is one)")
    parser.add_argument("--dtype", choices=DTYPES, help="numbers to compute with (default: bfloat16 on cuda)")
    parser.add_argument("--offload", choices=OFFLOADS, help="keep what does not run in the CPU's memory")
    parser.add_argument("--compile", action="store_true", help="compile the transformer's blocks")
    parser.add_argument("--attention-backend", metavar="NAME", help="native, flash, sage, … (default: native)")
    parser.add_argument("--base", metavar="MODEL", help="where a single file's text encoders and VAE come from")
    parser.add_argument(
        "--dry-run", action="store_true", help="print size, steps, streams, FLOPs and memory; load and paint nothing"
    )


def load_options(arguments: argparse.Namespace) -> LoadOptions:
    """Return what the options say about loading."""
    names = ("dtype", "offload", "compile", "attention_backend", "base")
    return LoadOptions(**{name: getattr(arguments, name) for name in names})


def weights_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of `add_weight_options`, where they are given."""
    given: dict[str, Any] = {}
    if getattr(arguments, "lora", None):
        given["lora"] = tuple(arguments.lora)
    if getattr(arguments, "quantize", None):
        given["quantize"] = arguments.quantize
    if getattr(arguments, "control_image", None):
        given["control_image"] = str(Path(arguments.control_image).expanduser().resolve())
    names = ("step_cache", "max_sequence_length", "region_max_sequence_length")
    for name in (*names, "controlnet", "control_scale", "control_mode", "control_start", "control_end"):
        if getattr(arguments, name, None) is not None:
            given[name] = getattr(arguments, name)
    return given


def print_estimate(
    plan: Plan | Sequence[Plan],
    settings: RenderSettings,
    repaint: Repaint | None,
    arguments: argparse.Namespace,
    images: int = 1,
) -> None:
    """Print what painting will cost, with the numbers of --dtype, else those that the device most likely has.

    Several plans, and several images of each, are one batch.
    """
    on_cpu = arguments.device == "cpu" or (arguments.device is None and settings.model == EMBEDDED)
    bits = {"float32": 32, None: 32 if on_cpu else 16}.get(arguments.dtype, 16)
    found = estimate(plan, settings, repaint=repaint, bits=bits, offload=arguments.offload, images=images)
    if arguments.json:
        print(json.dumps(found.to_dict()))
        return
    print("\n".join([f"model: {settings.model}, {bits} bits a number", *found.lines()]))
    if settings.controlnet and not Path(settings.controlnet).expanduser().is_dir():
        print(f"the ControlNet {settings.controlnet!r} is taken for one of 6 double-stream blocks, as Union-Pro-2.0 is")
