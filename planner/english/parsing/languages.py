"""Telling that a request is not English, before anything is made of it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from planner.errors import PlanError
from planner.lexicon import words

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Words that no other of the languages below writes so: one of them is enough.
_ENGLISH_ONLY: Final = words.word_set(
    "the with and of are its from this that there near behind above below left right two three four five six wearing",
    "holding sitting standing who which into between next front under underneath beside small big red blue green white",
    "black old little woman dog cat quality light photo picture bed car tree house chair flat best style",
)
_ARTICLES: Final = words.word_set("a an")
_OTHER_ARTICLES: Final = words.word_set(
    "e y o la el le les et und der die das ein eine een het um uma un una en ett il"
)
FEWEST_WORDS: Final = 4
_UNLIKELY: Final = 0.15  # English, beside the other languages
_LANGUAGES: Final = (
    "ENGLISH", "GERMAN", "FRENCH", "SPANISH", "ITALIAN", "PORTUGUESE", "DUTCH", "POLISH", "SWEDISH", "TURKISH",
)  # fmt: skip
_CODES: Final = dict(zip(_LANGUAGES, ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr"), strict=True))
_FOREIGN: Final = 0.25  # of the words: so many are the other language's own little words, or have letters of its own


def require_english(sentence: str, reader: str = "this planner") -> None:
    """Raise `PlanError` for a sentence in another language; a few foreign words or names are no other language."""
    letters = [char for char in sentence if char.isalpha()]
    foreign = [char for char in letters if not unicodedata.name(char, "").startswith("LATIN")]
    if letters and len(foreign) / len(letters) > 0.3:
        script = unicodedata.name(foreign[0], "OTHER").split()[0].title()
        raise _error(f"is written in {'Chinese or Japanese' if script == 'Cjk' else script} letters", reader)
    found = re.findall(r"[^\W\d_]+(?:'\w+)?", sentence.lower())
    articles = sum(word in _ARTICLES for word in found)
    listed = articles >= len(found) / 4 and _OTHER_ARTICLES.isdisjoint(found)  # "a lamp, a sofa, a rug"
    if len(found) < FEWEST_WORDS or not _ENGLISH_ONLY.isdisjoint(found) or listed:
        return
    for rough in (True, False):  # the rough models load in a tenth of the time, and see when no more is needed
        values = _detector(rough=rough).compute_language_confidence_values(sentence)
        if next(value.value for value in values if value.language.name == "ENGLISH") > _UNLIKELY:
            return
    language = values[0].language.name
    if _foreign_words(found, language) >= _FOREIGN * len(found):
        raise _error(f"seems to be {language.title()}", reader)


def _foreign_words(found: list[str], language: str) -> int:
    """Count the words that show a language: its little words that English has not, and letters that English has not.

    Without them short lists of names and rare nouns ("a torii gate, mt fuji") pass for whatever they resemble.
    """
    english, other = (
        import_module(f"spacy.lang.{_CODES[name]}.stop_words").STOP_WORDS for name in ("ENGLISH", language)
    )
    return sum(not word.isascii() or (word in other and word not in english) for word in found)


def _error(what: str, reader: str) -> PlanError:
    return PlanError(
        f"the sentence {what}, and {reader} reads English only: translate it, or let a language model plan it "
        '(--backend openai, or backend="openai" in Python)'
    )


@cache
def _detector(*, rough: bool) -> LanguageDetector:
    from lingua import Language, LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_languages(*(getattr(Language, name) for name in _LANGUAGES))
    return (builder.with_low_accuracy_mode() if rough else builder).build()
