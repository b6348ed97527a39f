# ruff: noqa: RUF001 (letters of other languages are what this is about)
"""Other languages are refused in words; English is not, however short, rare or foreign its nouns are."""

import pytest

from planner.english.parsing.languages import require_english
from planner.errors import PlanError


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("ein Hund und eine Katze", "German"),
        ("Frau mit rotem Regenschirm im Regen", "German"),
        ("el perro rojo a la izquierda", "Spanish"),
        ("une femme avec un chapeau rouge", "French"),
        ("un gatto nero sul tavolo rosso", "Italian"),
        ("uma casa com um jardim", "Portuguese"),
        ("een hond en een kat op de bank", "Dutch"),
        ("kot na czerwonym stole", "Polish"),
        ("en hund och en katt", "Swedish"),
        ("masanın üstünde kırmızı bir elma", "Turkish"),
        ("赤い風船と犬", "Japanese letters"),
        ("красный шар и собака", "Cyrillic"),
    ],
)
def test_another_language_is_named(sentence: str, language: str) -> None:
    with pytest.raises(PlanError, match=language):
        require_english(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "a bed under a tv",
        "a laptop under a tv",
        "a torii gate, mt fuji",
        "croissant, baguette, cafe au lait",
        "sushi, ramen, tempura, sake",
        "vintage vespa, espresso bar, piazza",
        "a piñata next to a cactus",
        "a <b>cup</b>",
        "Eiffel Tower",
        "un chat noir",  # too short to tell
    ],
)
def test_english_passes(sentence: str) -> None:
    require_english(sentence)
