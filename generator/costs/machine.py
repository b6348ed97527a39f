"""What this computer has, and how fast it computes: memory, disk, FLOPs a second. Torch is imported on use only."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import psutil

from generator.costs.estimate import weights_bytes
from generator.families.detecting import profile_of, size_of
from generator.families.profiles.checkpoint import EMBEDDED

WORKING_BYTES: Final = 4e9  # of the computer's memory, for what a picture takes beside the weights
MEASURED_S: Final = 0.2  # how long the speed is measured
MEASURED_TOKENS: Final = 512


@dataclass(frozen=True)
class Machine:
    """What there is to paint with.

    device: "cuda", "mps", "cpu", …; name: of the GPU or the processor, for people.
    device_bytes: of the GPU's memory; None where the device computes in the computer's own.
    free_ram_bytes: of the computer's memory.
    free_disk_bytes: where models are downloaded to.
    flops_per_second: as measured for a model; None where that was not asked for.
    """

    device: str
    name: str
    device_bytes: float | None
    free_ram_bytes: float
    free_disk_bytes: float
    flops_per_second: float | None = None

    @classmethod
    def here(cls, device: str | None = None) -> Machine:
        """Look at this computer. device: what to paint on; None takes CUDA where there is one, else the CPU."""
        import torch

        found = torch.cuda.is_available()
        chosen = device or ("cuda" if found else "cpu")
        name, memory = f"{os.cpu_count()} processor cores", None
        if chosen.startswith("cuda") and found:
            properties = torch.cuda.get_device_properties(torch.device(chosen))
            name, memory = properties.name, float(properties.total_memory)
        ram, disk = psutil.virtual_memory().available, shutil.disk_usage(_download_folder()).free
        return cls(chosen, name, memory, float(ram), float(disk))

    def measured(self, channels: int, *, bits: int = 16) -> Machine:
        """Return it with the FLOPs a second of a feed-forward layer with so many channels, in some tenths of a second.

        bits: of the numbers that are computed with, 16 or 32.
        """
        import torch

        dtype = torch.float32 if bits == 32 else torch.bfloat16
        weights = torch.randn(channels, 4 * channels, device=self.device).to(dtype)

        def pass_seconds(tokens: int, at_least_s: float = 0.0) -> float:
            """Repeat the layer for so long, once at least, and return how long it takes once."""
            values = torch.randn(tokens, channels, device=self.device).to(dtype)
            passes, spent, began = 0, 0.0, time.perf_counter()
            while passes < 1 or spent < at_least_s:
                (values @ weights).sum().item()  # .item() waits for the device
                passes, spent = passes + 1, time.perf_counter() - began
            return spent / passes

        tokens = 1  # few first: a processor without AVX-512 takes minutes for many in bfloat16
        while pass_seconds(tokens) < MEASURED_S and tokens < MEASURED_TOKENS:
            tokens *= 8
        speed = 2.0 * tokens * 4 * channels**2 / pass_seconds(tokens, MEASURED_S)
        return replace(self, flops_per_second=speed)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def cpu_bits(model: str, quantize: str | None = None, base: str | None = None) -> int:
    """Return the bits of the numbers that a processor computes with, where nobody says it: 32, or 16 to save memory.

    Many processors take a hundred times as long for bfloat16, so it is only for models whose weights would not fit
    into the free memory otherwise.

    base: what the rest of a model in a single file comes from; the file itself says how large its transformer is.
    """
    if model == EMBEDDED:
        return 32
    try:
        size, file = size_of(base or model), Path(model).expanduser()
        if file.is_file():
            size = replace(size, parameters={**size.parameters, "transformer": file.stat().st_size // 2})
        weights = weights_bytes(size, quantize, 32, None, profile_of(base or model).quantized)
    except Exception:  # files that are no model bring about errors of every class; loading says what is wrong
        return 32
    return 32 if weights + WORKING_BYTES <= psutil.virtual_memory().available else 16


def _download_folder() -> Path:
    """Return the folder of the hub's downloads, or the nearest one above it that is there."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return next(folder for folder in (Path(HF_HUB_CACHE), *Path(HF_HUB_CACHE).absolute().parents) if folder.is_dir())
