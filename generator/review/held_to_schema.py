"""What a model of transformers may write next, after a JSON Schema. Imported only when one runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor

from planner.backends.local_model import Grammar


class HeldToSchema(LogitsProcessor):  # type: ignore[misc]
    """Holds `generate` to a schema, token by token; when the JSON is whole, only the end may follow.

    tokenizer: the model's; vocabulary: how many logits it has; length: tokens of the prompt.
    """

    def __init__(self, tokenizer: Any, schema: Mapping[str, Any], vocabulary: int, length: int) -> None:
        self._grammar = Grammar(from_tokenizer(tokenizer, n_vocab=vocabulary), schema, vocabulary)
        self._read, self._end = length, int(tokenizer.eos_token_id)

    @property
    def ended(self) -> bool:
        """Whether the JSON is whole."""
        return self._grammar.complete

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores (1, vocabulary) with minus infinity for what may not follow input_ids (1, length)."""
        for token in input_ids[0, self._read :].tolist():
            self._grammar.take(token)
        self._read = input_ids.shape[1]
        if self.ended:
            only = torch.full_like(scores, -torch.inf)
            only[:, self._end] = 0
            return only
        return self._grammar.allow(scores[0].float().cpu())[None].to(scores)
