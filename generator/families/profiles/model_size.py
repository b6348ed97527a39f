"""How large a model is, and what a pass of it costs. No torch.

A multiplication and an addition are two operations: every token of a block costs 24·D² in most families (D channels),
every query with every key 4·D; embeddings and modulation are left out, they are under 1 %. Families say their sizes in
their profiles (`generator.families.profiles.profile`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelSize:
    """What the cost depends on. The defaults are FLUX.1-dev's.

    double_blocks: in which image and text have weights of their own. single_blocks: in which they have the same.
    channels: of a token. text_tokens: the longest prompt.
    parameters: by part, the transformer's first.
    vae_channels: of the largest tensors of the VAE's decoder, which have the picture's size.
    token_flops: what a token costs in a block, in channels².
    block_parameters: weights of the largest block, in channels².
    block_tensors: (tokens, channels), alive at one time in the block that keeps the most.
    two_streams: whether single blocks have a second image stream where a δ is below 1.
    image_blocks, text_blocks: refiners, which see the image, or each text, alone.
    multiple: what image and texts are each padded to. each: how many of the model's tokens one of the canvas is.
    """

    double_blocks: int = 19
    single_blocks: int = 38
    channels: int = 3072
    text_tokens: int = 512
    parameters: Mapping[str, float] = field(default_factory=dict)
    vae_channels: int = 256
    token_flops: float = 24.0
    block_parameters: float = 36.0
    block_tensors: float = 17.0
    two_streams: bool = True
    image_blocks: int = 0
    text_blocks: int = 0
    multiple: int = 1
    each: int = 1

    def flops(self, tokens: Sequence[int], attention: Sequence[int]) -> float:
        """Return the FLOPs of one pass through the double and the single blocks.

        tokens: how many there are in a double-stream and in a single-stream block. attention: the same for pairs of
        query and key.
        """
        blocks = (self.double_blocks, self.single_blocks)
        return sum(self._block(*each) for each in zip(blocks, tokens, attention, strict=True))

    def plain_flops(self, image: int, text: int) -> float:
        """Return the FLOPs of a pass of the stock model."""
        image, text = self.padded(self.each * image), self.padded(text)
        return self.flops([image + text] * 2, [(image + text) ** 2] * 2) + self._refiners(image, [text])

    def region_flops(self, cells: Sequence[int], text: int, base_text: int, *, mixed: bool) -> float:
        """Return the FLOPs of a pass with soft refinement.

        cells: image tokens of each text stream. mixed: whether a δ is below 1.
        """
        cells = [self.each * cell for cell in cells]
        text, base_text, padding = self.padded(text), self.padded(base_text), self.padded(sum(cells)) - sum(cells)
        cells = [*cells[:-1], cells[-1] + padding]  # what the image is padded with goes with the last cell
        image = sum(cells)
        tokens = image + text * len(cells)
        pairs = sum((text + cell) * (text + image) for cell in cells)
        refiners = self._refiners(image, [text] * len(cells) + [base_text] * mixed)
        if not mixed:
            return self.flops([tokens] * 2, [pairs] * 2) + refiners
        pairs += (base_text + image) ** 2
        late = tokens + base_text + (image if self.two_streams else 0)
        return self.flops([tokens + base_text, late], [pairs] * 2) + refiners

    def padded(self, tokens: int) -> int:
        """Return how many tokens the sequence has for some of image or text."""
        return -(-tokens // self.multiple) * self.multiple

    def _refiners(self, image: int, texts: Sequence[int]) -> float:
        alone = sum(self._block(self.text_blocks, text, text**2) for text in texts)
        return self._block(self.image_blocks, image, image**2) + alone

    def _block(self, number: int, tokens: int, pairs: int) -> float:
        return float(number * (self.token_flops * self.channels**2 * tokens + 4 * self.channels * pairs))

    def naive_flops(self, cells: int, image: int, text: int) -> float:
        """Return the FLOPs of the same pass as the release computes it: the whole image once more for every cell.

        Only the image's feed-forward layers in the double-stream blocks, 16 of 24 parts, are shared.
        """
        whole = self.plain_flops(image, text)
        shared = self.double_blocks * 16 * self.channels**2 * image
        return whole + cells * (whole - shared)
