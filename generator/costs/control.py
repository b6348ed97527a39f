"""What a ControlNet costs, computed: its size, and what a pass of it takes. No torch.

Counted as in `generator.families.profiles.model_size`, without what prepares the control image.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generator.adapters.control_request import control_input
from generator.families.profiles.checkpoint import count_parameters
from generator.families.profiles.model_size import ModelSize
from generator.settings import RenderSettings


@dataclass(frozen=True)
class ControlCosts:
    """A ControlNet beside a picture.

    size: of its blocks. steps: those in which it makes a pass. known: whether its size was read; those of the hub are
    taken for FLUX.1-dev-ControlNet-Union-Pro-2.0, which has 6 double-stream blocks.
    """

    size: ModelSize
    steps: tuple[int, ...]
    known: bool

    @classmethod
    def of(cls, settings: RenderSettings) -> ControlCosts | None:
        """Return the costs of a picture's ControlNet; None without one. Raises `RenderError` as painting would."""
        given = control_input(settings)
        if given is None or settings.controlnet is None:
            return None
        steps = tuple(step for step in range(settings.steps) if given.scale_at(step, settings.steps))
        folder = Path(settings.controlnet).expanduser()
        file = folder / "config.json"
        if not file.is_file():
            return cls(ModelSize(6, 0, parameters={"controlnet": 2.14e9}), steps, known=False)
        config = json.loads(file.read_text(encoding="utf-8"))
        given.check(config.get("num_mode"), settings.width, settings.height)
        size = ModelSize(
            config["num_layers"],
            config["num_single_layers"],
            config["num_attention_heads"] * config["attention_head_dim"],
            parameters={"controlnet": count_parameters(folder)},
        )
        return cls(size, steps, known=True)

    @property
    def samples(self) -> int:
        """How many tensors (image tokens, channels) a pass gives to the transformer."""
        return self.size.double_blocks + self.size.single_blocks

    def flops(self, image: int, text: int) -> float:
        """Return the FLOPs of one pass."""
        return self.size.plain_flops(image, text) + self.samples * 2 * self.size.channels**2 * image

    def kept(self, image: int, streams: int) -> int:
        """Return how many tokens of `size.channels` are kept while the transformer makes its pass.

        streams: image streams in its single-stream blocks.
        """
        return image * (self.size.double_blocks + streams * self.size.single_blocks)
