"""How a model is loaded and run: the options of `load_pipeline`, checked before anything is loaded. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import RenderError
from planner.plan.parts import names_hub_file, split_scale

DTYPES = ("bfloat16", "float16", "float32")
QUANTIZATIONS = ("nf4", "int8", "fp8")
OFFLOADS = ("model", "group", "sequential")


@dataclass(frozen=True)
class LoadOptions:
    """How a model runs; none of it is meant to change the picture, beyond rounding.

    dtype: one of DTYPES, None: bfloat16 on CUDA, else float32. offload: one of OFFLOADS. compile: compile the
    transformer's blocks, True or the name of a torch.compile backend. attention_backend: one that diffusers knows.
    base: for a single file, the pipeline that its other parts come from.
    """

    dtype: str | None = None
    offload: str | None = None
    compile: bool | str = False
    attention_backend: str | None = None
    base: str | None = None

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, DTYPES)
        check_choice("offload", self.offload, OFFLOADS)

    def arguments(self) -> dict[str, Any]:
        """Return the options as arguments of `load_pipeline`."""
        return dict(vars(self))


@dataclass(frozen=True)
class LoraFile:
    """A LoRA and how strongly it acts: 1 as it was trained, 0 not at all."""

    file: str
    scale: float = 1.0

    @classmethod
    def parse(cls, text: str) -> LoraFile:
        """Read file[:scale], a folder or hub id with the file's name behind it ("owner/name/file.safetensors") too."""
        return cls(*split_scale(text))

    def source(self) -> tuple[str, str]:
        """Return the folder or hub id and the file's name in it, as diffusers wants them.

        Raises `RenderError` where there is no such file and the name cannot be one on the hub.
        """
        path = Path(self.file).expanduser()
        if path.is_file():
            return str(path.parent), path.name
        if names_hub_file(self.file):
            owner, name, file = self.file.split("/", 2)
            return f"{owner}/{name}", file
        raise RenderError(
            f"there is no LoRA file {self.file!r}; give a .safetensors file or owner/name/FILE.safetensors of the hub, "
            "with :SCALE behind it if you like"
        )


def check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    """Raise `RenderError` for a value that is neither None nor one of the choices."""
    if value is not None and value not in choices:
        raise RenderError(f"{name} must be one of {', '.join(choices)}, or left out; got {value!r}")
