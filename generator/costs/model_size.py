"""How large a model is, and what a pass of it costs. No torch.

Counts are of FLUX's own arithmetic (a multiplication and an addition are two operations): every token of a block costs
24·D² (D channels), every query with every key 4·D; embeddings and modulation are left out, they are under 1 %.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.settings import model_folder

MAX_TEXT_TOKENS = 512  # FLUX.1 was trained with no more
FLUX_PARAMETERS = {"transformer": 11.9e9, "text_encoder_2": 4.76e9, "text_encoder": 0.12e9, "vae": 0.08e9}


@dataclass(frozen=True)
class ModelSize:
    """What the cost depends on. The defaults are FLUX.1's; text_tokens: the longest prompt. parameters: by part.

    vae_channels: of the largest tensors of the VAE's decoder, which have the picture's size.
    """

    double_blocks: int = 19
    single_blocks: int = 38
    channels: int = 3072
    text_tokens: int = MAX_TEXT_TOKENS
    parameters: dict[str, float] = field(default_factory=lambda: dict(FLUX_PARAMETERS))
    vae_channels: int = 256

    @classmethod
    def of(cls, model: str) -> ModelSize:
        """Read a folder's (or the embedded model's) size; hub ids and single files are taken for FLUX.1."""
        folder = model_folder(model)
        if not (folder / "transformer" / "config.json").is_file():
            return cls()
        transformer = _read_json(folder / "transformer" / "config.json")
        vae_channels = _read_json(folder / "vae" / "config.json")["block_out_channels"]
        tokenizer = _read_json(folder / "tokenizer_2" / "tokenizer_config.json")
        return cls(
            transformer["num_layers"],
            transformer["num_single_layers"],
            transformer["num_attention_heads"] * transformer["attention_head_dim"],
            min(int(tokenizer.get("model_max_length", MAX_TEXT_TOKENS)), MAX_TEXT_TOKENS),
            {part: count_parameters(folder / part) for part in FLUX_PARAMETERS},
            max(vae_channels[:2]),
        )

    def flops(self, tokens: Sequence[int], attention: Sequence[int]) -> float:
        """Return the FLOPs of one pass.

        tokens: how many there are in a double-stream and in a single-stream block. attention: the same for pairs of
        query and key.
        """
        blocks = (self.double_blocks, self.single_blocks)
        return float(
            sum(
                number * (24 * self.channels**2 * count + 4 * self.channels * pairs)
                for number, count, pairs in zip(blocks, tokens, attention, strict=True)
            )
        )

    def plain_flops(self, image: int, text: int) -> float:
        """Return the FLOPs of a pass of the stock model."""
        return self.flops([image + text] * 2, [(image + text) ** 2] * 2)

    def region_flops(self, cells: Sequence[int], text: int, base_text: int, *, mixed: bool) -> float:
        """Return the FLOPs of a pass with soft refinement.

        cells: image tokens of each text stream. mixed: whether a δ is below 1.
        """
        image = sum(cells)
        tokens = image + text * len(cells)
        pairs = sum((text + cell) * (text + image) for cell in cells)
        if not mixed:
            return self.flops([tokens] * 2, [pairs] * 2)
        pairs += (base_text + image) ** 2
        return self.flops([tokens + base_text, tokens + base_text + image], [pairs] * 2)

    def naive_flops(self, cells: int, image: int, text: int) -> float:
        """Return the FLOPs of the same pass as the release computes it: the whole image once more for every cell.

        Only the image's feed-forward layers in the double-stream blocks, 16 of 24 parts, are shared.
        """
        whole = self.plain_flops(image, text)
        shared = self.double_blocks * 16 * self.channels**2 * image
        return whole + cells * (whole - shared)


def count_parameters(folder: Path) -> float:
    """Count a part's weights from the headers of its safetensors files."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                count = 1
                for side in tensor["shape"]:
                    count *= side
                total += count
    return float(total)


def _read_json(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read
