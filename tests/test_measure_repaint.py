"""The measurement of repainting: its cases, its scores and its table, on pictures that are drawn."""

import json
from pathlib import Path

from PIL import Image

from generator.embedded.measure import results_in
from generator.embedded.measure_repaint import RepaintedCase, repaint_cases, score, summary
from generator.embedded.pictures import compose, held_back


def drawn(case: RepaintedCase, sprites: list[tuple[str, str | None]]) -> Image.Image:
    boxes = [box for _, box in case.expected]
    return Image.fromarray(compose(256, 256, list(zip(sprites, boxes, strict=True)), fill=1.0))


def test_cases_are_held_back_and_change_one_of_three() -> None:
    cases = list(repaint_cases(42))
    assert len({case.key for case in cases}) == 42
    assert cases == list(repaint_cases(42))
    assert {case.changed for case in cases} == {0, 1, 2}
    for case in cases:
        nouns = {sprite[0] for sprite, _ in case.expected}
        assert len(nouns) == 3
        assert held_back(nouns)
        assert case.new[0] not in nouns


def test_development_cases_are_others() -> None:
    def known(cases: list[RepaintedCase]) -> set[str]:
        return {case.key.split(": ")[1] for case in cases}

    assert not known(list(repaint_cases(42))) & known(list(repaint_cases(42, seed=77)))


def test_scores_are_of_the_new_thing_and_of_the_others() -> None:
    case = next(iter(repaint_cases(1)))
    were = [sprite for sprite, _ in case.expected]
    become = [case.new if number == case.changed else sprite for number, sprite in enumerate(were)]
    before, after = drawn(case, were), drawn(case, become)
    assert score(before, after, case) == {"new": True, "before": [True, True], "after": [True, True]}
    assert score(before, before, case)["new"] is False
    blank = Image.new("RGB", (256, 256), "white")
    assert score(before, blank, case) == {"new": False, "before": [True, True], "after": [False, False]}


def test_a_case_painted_twice_counts_once(tmp_path: Path) -> None:
    lines = [{"key": "a", "new": True}, {"key": "b", "new": False}]
    (tmp_path / "share-0-of-2.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "share-1-of-2.jsonl").write_text(json.dumps(lines[0]) + "\n")
    assert results_in(tmp_path) == lines


def test_the_table_has_every_share() -> None:
    good = {"new": True, "before": [True, True], "after": [True, True]}
    lost = {"new": True, "before": [True, True], "after": [True, False]}
    never = {"new": True, "before": [False, True], "after": [False, True]}
    said = summary([good, good, lost, never])
    assert "| the new thing is there and both others are | 50% of 4 |" in said
    assert "| the same, where both others were right before | 67% of 3 |" in said
    assert "| the new thing is there | 100% of 4 |" in said
    assert "| both others were right before | 75% of 4 |" in said
    assert "| other things that were right and still are | 86% of 7 |" in said
    assert "–" in summary([])
