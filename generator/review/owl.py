"""OWLv2 (or OWL-ViT) of transformers: how likely each of some phrases is in each of many boxes of a picture.

Why OWLv2 and not Grounding DINO: it scores every phrase for itself, on the same boxes, so that "a red ball" can be held
against "ball" in one place; Grounding DINO reads all phrases as one caption, in which the words of one leak into the
others. It is also the smaller one (155 million parameters), and both are Apache-2.0.

Imported only when a picture is looked at. Scores: (boxes, phrases), 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL.Image import Image
from transformers import AutoConfig, AutoImageProcessor, AutoModelForZeroShotObjectDetection, AutoTokenizer

from generator.weights.libraries import silent_libraries
from planner.errors import BackendError
from planner.plan import Box

KINDS: Final = ("owlv2", "owlvit")
LONGEST_PHRASE: Final = 16  # tokens, all that its text encoder has places for
LEAST: Final = 0.02  # score under which a box is of no phrase

Scores = np.ndarray[Any, np.dtype[np.float32]]


class Owl:
    """A detector that is loaded once; it is on its device only while it looks.

    model: a folder or a hub id. device: where it looks; None: CUDA where there is one.
    Raises `BackendError` for what is no such model, and what transformers raises.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        local = Path(model).expanduser().is_dir()
        options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": local}
        with silent_libraries():
            config = AutoConfig.from_pretrained(model, **options)
            if config.model_type not in KINDS:
                hint = "take google/owlv2-base-patch16-ensemble, or another OWLv2 or OWL-ViT"
                message = f"detector takes no model of the kind {config.model_type!r}"
                raise BackendError(message, provider="detector", hint=hint)
            self._tokenizer = AutoTokenizer.from_pretrained(model, **options)
            self._pictures = AutoImageProcessor.from_pretrained(model, **options)
            self._model = AutoModelForZeroShotObjectDetection.from_pretrained(model, use_safetensors=True, **options)
        self._model.eval()
        self._squared = config.model_type == "owlv2"  # pads pictures to a square, below and on the right
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")

    @torch.inference_mode()
    def scores(self, image: Image, phrases: Sequence[str]) -> tuple[list[Box], Scores]:
        """Return boxes in fractions of the picture, and how likely each phrase is in each; boxes of no phrase left out.

        phrases: at least one; what of one is beyond `LONGEST_PHRASE` tokens is not looked for.
        """
        words = self._tokenizer(
            list(phrases), padding="max_length", truncation=True, max_length=LONGEST_PHRASE, return_tensors="pt"
        )
        pixels = self._pictures(images=image, return_tensors="pt").pixel_values
        self._model.to(self._device)
        try:
            found = self._model(
                input_ids=words.input_ids.to(self._device),
                attention_mask=words.attention_mask.to(self._device),
                pixel_values=pixels.to(self._device),
            )
            scores = found.logits[0].sigmoid().float().cpu().numpy()
            places = found.pred_boxes[0].float().cpu().numpy()
        finally:
            self._model.to("cpu")  # the painter's again
        return boxes_of(places, scores, image.size, squared=self._squared)


def boxes_of(places: Any, scores: Scores, size: tuple[int, int], *, squared: bool) -> tuple[list[Box], Scores]:
    """Turn a model's boxes (n, 4: centre x, y, width, height of what it saw) into those of a picture, cut at its edges.

    squared: it saw the picture padded to a square, below and on the right.
    """
    side = max(size)
    scale = np.array([side / size[0], side / size[1]] * 2) if squared else np.ones(4)
    kept = [number for number in range(len(places)) if scores[number].max() >= LEAST]
    boxes, used = [], []
    for number in kept:
        x, y, width, height = (float(value) for value in places[number] * scale)
        left, top = max(x - width / 2, 0.0), max(y - height / 2, 0.0)
        right, bottom = min(x + width / 2, 1.0), min(y + height / 2, 1.0)
        if right > left and bottom > top:  # else it is in the padding
            boxes.append(Box(left, top, right - left, bottom - top))
            used.append(number)
    return boxes, scores[used]
