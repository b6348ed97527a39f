"""Captions as people write them, read as scenes: things, places, relations, what must not be seen, texts.

`data/captions.jsonl` has one caption a line with what it states; the styles are those that people use.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from planner.english.parsing.languages import require_english
from planner.english.sentence import read_sentence
from planner.errors import PlanError
from planner.planner import plan_layout

CASES = [json.loads(line) for line in (Path(__file__).parent / "data/captions.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["sentence"]))
def test_a_caption_is_read(case: dict[str, Any]) -> None:
    scene = read_sentence(case["sentence"])
    found = Counter[str]()
    for item in scene.items:
        found[item.description] += item.count
    assert found == case["objects"]
    names = [item.description for item in scene.items]
    relations = [
        [" & ".join(names[i] for i in side) for side in (relation.subjects, relation.objects)] + [relation.kind]
        for relation in scene.relations
    ]
    for subject, kind, target in case["relations"]:
        assert [subject, target, kind] in relations
    for name, place in case["at"].items():
        assert place in [[i.place.column, i.place.row] for i in scene.items if i.description == name]
    assert list(scene.absent) == case["absent"]
    assert [text.words for text in scene.texts] == case["texts"]


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("ein Pferd links und ein blauer Drachen rechts", "German"),
        ("un cheval \u00e0 gauche et un cerf-volant bleu \u00e0 droite", "French"),
        ("una bicicleta roja junto a una puerta de madera", "Spanish"),
        ("\u5de6\u8fb9\u4e00\u53ea\u732b\uff0c\u53f3\u8fb9\u4e00\u4e2a\u7403", "Chinese or Japanese"),
        ("\u043a\u043e\u0448\u043a\u0430 \u0441\u043b\u0435\u0432\u0430", "Cyrillic"),
    ],
)
def test_another_language_is_an_error_that_says_what_to_do(sentence: str, language: str) -> None:
    with pytest.raises(PlanError, match=rf"{language}.*--backend openai"):
        plan_layout(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "cyberpunk samurai, neon rain, katana, masterpiece",
        "a caf\u00e9 with a chaise longue",
        "a bed under a tv",
        "a laptop, a sofa, a mug",
        "zwei",
        "Caf\u00e9",
    ],
)
def test_names_tags_and_single_words_are_no_other_language(sentence: str) -> None:
    require_english(sentence)


def test_other_tools_syntax_leaves_a_note() -> None:
    plan = plan_layout("a fox <lora:ink:0.6> and a crow --ar 3:2 --no snow")
    assert sorted(item.prompt for item in plan.objects) == ["a crow", "a fox"]
    notes = " ".join(plan.notes)
    assert "<lora:ink:0.6>" in notes
    assert "--ar 3:2" in notes
    assert "snow" in notes
