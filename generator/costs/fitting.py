"""Whether a picture fits this computer, what would make it fit, and about how long it takes. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from generator.costs.estimate import Estimate, units
from generator.costs.machine import Machine
from generator.families.known import known_model
from generator.families.profiles.checkpoint import EMBEDDED, model_folder
from generator.families.profiles.flux1 import FLUX_BYTES

RESERVED_BYTES: Final = 1.0e9  # of a GPU's memory, which CUDA itself and other programs take
OVERHEAD: Final = 1.5  # how much longer a picture takes than its FLOPs at the measured speed
LADDER: Final = (  # (quantize, offload), what changes a picture and its time least first
    (None, None),
    (None, "model"),
    ("int8", None),
    ("int8", "model"),
    ("nf4", "model"),
    (None, "group"),
    ("int8", "group"),
)

Cost = Callable[[str | None, str | None], Estimate]


@dataclass(frozen=True)
class Fit:
    """What a picture takes of a computer.

    problems: what there is not enough of, a sentence each; empty where it fits.
    flags: options of the command line with which it would fit; None where none do, empty where it fits.
    download_bytes: what a first use fetches; 0 for what is here.
    seconds: about how long the painting takes, without loading; None where that was not measured.
    """

    machine: Machine
    problems: tuple[str, ...]
    flags: tuple[str, ...] | None
    download_bytes: float
    seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "fits": not self.problems,
            "problems": list(self.problems),
            "flags": None if self.flags is None else list(self.flags),
            "download_bytes": self.download_bytes,
            "seconds": self.seconds,
            "machine": self.machine.to_dict(),
        }

    def lines(self) -> Iterator[str]:
        """Say it in lines for people."""
        machine = self.machine
        memory = f"{units(machine.device_bytes, 1024)}B, " if machine.device_bytes else ""
        yield (
            f"this computer: {machine.name}, {memory}{units(machine.free_ram_bytes, 1024)}B of free RAM, "
            f"{units(machine.free_disk_bytes, 1000)}B of free disk"
        )
        if self.download_bytes:
            yield f"download at the first use: {units(self.download_bytes, 1000)}B"
        yield from (f"does not fit: {problem}" for problem in self.problems)
        if self.flags:
            yield f"would fit with: {' '.join(self.flags)}"
        elif self.flags is None:
            yield "would fit with none of --quantize and --offload: take a smaller --size, or another computer"
        else:
            yield "fits"
        if self.seconds is not None:
            yield f"time: about {_duration(self.seconds)} to paint, after loading"


def fit(cost: Cost, model: str, quantize: str | None, offload: str | None, machine: Machine) -> Fit:
    """Hold what a picture costs against a computer.

    cost: estimates the picture with (quantize, offload). model: what --model names.
    """
    download = to_download(model)
    problems = list(_problems(cost, quantize, offload, machine))
    if download > machine.free_disk_bytes:
        problems.append(
            f"the download takes {units(download, 1000)}B of disk, {units(machine.free_disk_bytes, 1000)}B are free; "
            "HF_HOME names another folder"
        )
    flags = tuple(_flags_that_fit(cost, quantize, offload, machine)) if problems else ()
    speed = machine.flops_per_second
    seconds = OVERHEAD * cost(quantize, offload).flops / speed if speed else None
    return Fit(machine, tuple(problems), flags or (None if problems else ()), download, seconds)


def to_download(model: str) -> float:
    """Return how many bytes a model's first use fetches from the hub; unknown ids are taken for FLUX.1."""
    if model == EMBEDDED or model_folder(model).exists():
        return 0
    known = known_model(model)
    if known is None:
        from huggingface_hub import try_to_load_from_cache

        return 0 if isinstance(try_to_load_from_cache(model, "model_index.json"), str) else FLUX_BYTES
    return 0 if known.model.is_here else known.model.download_bytes


def said_of_size(model: str) -> str:
    """Say what a model's size was taken from, where it was not read from its files."""
    if model == EMBEDDED or (Path(model_folder(model)) / "transformer").is_dir() or known_model(model):
        return ""
    return (
        f"{model!r} is no model that is known here: it is taken for FLUX.1-dev's size, and may be none of FLUX.1 at all"
    )


def _problems(cost: Cost, quantize: str | None, offload: str | None, machine: Machine) -> Iterator[str]:
    needed, weights = cost(quantize, offload).memory_bytes, cost(quantize, None).weights_bytes
    ram = machine.free_ram_bytes
    if machine.device_bytes is None:
        if needed > ram:
            yield f"it takes {units(needed, 1024)}B of RAM, {units(ram, 1024)}B are free"
        return
    if needed + RESERVED_BYTES > machine.device_bytes:
        yield (
            f"it takes {units(needed, 1024)}B of GPU memory and about 1 GB for CUDA, the GPU has "
            f"{units(machine.device_bytes, 1024)}B"
        )
    if weights > ram:
        where = "stay" if offload else "pass"
        yield f"the weights, {units(weights, 1024)}B, {where} in RAM, of which {units(ram, 1024)}B are free"


def _flags_that_fit(cost: Cost, quantize: str | None, offload: str | None, machine: Machine) -> list[str]:
    """Return the options that change least and make it fit; those that were given are not taken back."""
    on_gpu = machine.device_bytes is not None
    for bits, parts in LADDER:
        wished = (quantize or bits, offload or parts)
        if not on_gpu and (wished[1] or wished[0] == "nf4"):
            continue
        if not list(_problems(cost, *wished, machine)):
            given = (("--quantize", wished[0]), ("--offload", wished[1]))
            return [word for flag, value in given if value for word in (flag, value)]
    return []


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 259200:
        return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.0f} days"
