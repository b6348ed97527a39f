"""Measure what the embedded model draws right, and what hard binding and soft refinement add.

    python -m generator.embedded.measure --out out/measure

(a) every sprite alone on square canvases of 64–128 px, without any region; (b) sentences of two, three and four objects
in combinations kept out of the training pictures, planned by the `rules` backend, painted in four ways from the same
plan and seed. An object counts when the recogniser reads its very picture (noun and colour) in its box; for comparison
also in its whole cell, which is kinder to ways of painting that know no boxes. Results are one JSON line a picture in
`OUT/*.jsonl`, so a stopped run goes on where it was, and several runs (`--share 0/2`, `--share 1/2`) can do the work
together; the table is made from all lines and printed at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from generator import load_pipeline
from generator.embedded.catalogue import Sprite, read_prompt, sprites
from generator.embedded.pictures import PxBox, draw_sprite, held_back
from generator.embedded.recogniser import read_region
from generator.embedded.scenes import SENTENCES
from generator.pipeline import RegionalFluxPipeline
from generator.settings import RenderSettings
from planner import Box, Cell, Plan, Row, plan_layout

SINGLE_SIDES = (64, 80, 96, 112, 128)
LAYOUTS = {2: ("columns2", "rows2"), 3: ("columns3", "two over one3", "one over two3"), 4: ("grid4",)}
SETTINGS = RenderSettings.for_model("embedded")
WAYS: dict[str, dict[str, Any]] = {
    "plain": {"hard_binding_steps": None, "refinement_strength": 0.0},
    "soft refinement": {"hard_binding_steps": None, "refinement_strength": 1.0},
    "hard binding": {"hard_binding_steps": SETTINGS.hard_binding_steps, "refinement_strength": 0.0},
    "both": {"hard_binding_steps": SETTINGS.hard_binding_steps, "refinement_strength": 1.0},
}


@dataclass(frozen=True)
class PaintedCase:
    """One picture to paint: what to paint, how, and which sprite must be where (in px)."""

    key: str
    plan: Plan
    width: int
    height: int
    seed: int
    way: str
    expected: tuple[tuple[Sprite, PxBox, PxBox], ...]
    """(sprite, its box, its cell)"""


def words_of(sprite: Sprite) -> str:
    """Name a sprite with its article and colour."""
    noun, colour = sprite
    words = f"{colour} {noun}" if colour else noun
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def single_cases() -> Iterator[PaintedCase]:
    """Every sprite at every size, painted plainly."""
    for i, sprite in enumerate(sprites()):
        for side in SINGLE_SIDES:
            prompt = words_of(sprite)
            plan = Plan(prompt, (Row(1.0, (Cell(1.0, prompt),)),))
            everything = (0, 0, side, side)
            yield PaintedCase(
                f"single {prompt} {side}",
                plan,
                width=side,
                height=side,
                seed=i,
                way="plain",
                expected=((sprite, everything, everything),),
            )


def scene_cases(combinations: int, seed: int = 2026) -> Iterator[PaintedCase]:
    """Held-back combinations of two, three and four objects, each painted in all four ways."""
    rng = random.Random(seed)
    for count, layouts in LAYOUTS.items():
        for number in range(combinations):
            chosen = held_back_sprites(count, rng)
            sentence = rng.choice(SENTENCES[rng.choice(layouts)]).format(*map(words_of, chosen))
            plan = plan_layout(sentence, "rules", width=SETTINGS.width, height=SETTINGS.height)
            expected = tuple(expected_objects(plan))
            if sorted(map(str, chosen)) != sorted(str(sprite) for sprite, _, _ in expected):
                raise RuntimeError(f"the planner read {sentence!r} as {[item.prompt for item in plan.objects]}")
            for way in WAYS:
                key = f"{count} objects {number} {way}: {sentence}"
                yield PaintedCase(
                    key, plan, width=SETTINGS.width, height=SETTINGS.height, seed=number, way=way, expected=expected
                )


def held_back_sprites(count: int, rng: random.Random) -> list[Sprite]:
    """Choose sprites of different nouns, at least two of which never stood in one training picture."""
    chosen = [draw_sprite(rng) for _ in range(count)]
    while len({noun for noun, _ in chosen}) < count or not held_back(noun for noun, _ in chosen):
        chosen = [draw_sprite(rng) for _ in range(count)]
    return chosen


def expected_objects(plan: Plan) -> Iterator[tuple[Sprite, PxBox, PxBox]]:
    """Say for each object of a plan which sprite must be in which box and cell."""
    cells = plan.cell_boxes()
    for i, item in enumerate(plan.objects):
        sprite = read_prompt(item.prompt)
        if sprite is None:
            raise RuntimeError(f"the embedded model has no picture of {item.prompt!r}")
        yield sprite, pixels(item.box), pixels(cells[plan.owner_cell(i)])


def pixels(box: Box) -> PxBox:
    """Turn fractions into px of the embedded model's canvas."""
    x, y = round(box.x * SETTINGS.width), round(box.y * SETTINGS.height)
    return x, y, round(box.right * SETTINGS.width) - x, round(box.bottom * SETTINGS.height) - y


def shows(picture: Image.Image, sprite: Sprite, region: PxBox) -> bool:
    """Say whether a region is read as this very sprite."""
    reading = read_region(picture, region)
    return reading.accepted and reading.sprite == sprite


def score(picture: Image.Image, case: PaintedCase) -> dict[str, Any]:
    """Read each object's box and cell."""
    return {
        "box": [shows(picture, sprite, box) for sprite, box, _ in case.expected],
        "cell": [shows(picture, sprite, cell) for sprite, _, cell in case.expected],
    }


def results_in(out: Path) -> list[dict[str, Any]]:
    """Read all results, one for each key: two runs may have painted the same case."""
    lines = [line for path in sorted(out.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return list({result["key"]: result for result in map(json.loads, lines)}.values())


def painted_in(out: Path) -> set[str]:
    """Return the keys of the cases that the folder, made if need be, has results of."""
    out.mkdir(parents=True, exist_ok=True)
    return {result["key"] for result in results_in(out)}


def embedded_pipeline() -> RegionalFluxPipeline:
    """Load the embedded model, quietly."""
    pipe = load_pipeline("embedded", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(cases: list[PaintedCase], out: Path, name: str) -> None:
    """Paint and score the cases that `out` has no result of yet."""
    known, pipe = painted_in(out), embedded_pipeline()
    with (out / f"{name}.jsonl").open("a") as file:
        for case in (case for case in cases if case.key not in known):
            picture = pipe(
                case.plan,
                width=case.width,
                height=case.height,
                num_inference_steps=SETTINGS.steps,
                generator=torch.Generator().manual_seed(case.seed),
                **WAYS[case.way],
            ).images[0]
            picture.save(out / f"{re.sub(r'[^a-z0-9]+', '-', case.key)[:100]}.png")
            file.write(json.dumps({"key": case.key, "way": case.way, **score(picture, case)}) + "\n")
            file.flush()


def share(results: list[dict[str, Any]], region: str) -> str:
    """Format the share of objects that were read right."""
    hits = [hit for result in results for hit in result[region]]
    return f"{sum(hits) / len(hits):.0%}" if hits else "–"


def table(results: list[dict[str, Any]]) -> str:
    """Return both measurements as Markdown."""
    singles = [result for result in results if result["key"].startswith("single")]
    lines = ["| alone on | " + " | ".join(f"{side} px" for side in SINGLE_SIDES) + " | all |", "|---" * 7 + "|"]
    per_side = [share([r for r in singles if r["key"].endswith(f" {side}")], "box") for side in SINGLE_SIDES]
    lines += ["| drawn right | " + " | ".join([*per_side, share(singles, "box")]) + " |", ""]
    lines += ["| objects in their box (in their cell) | 2 | 3 | 4 |", "|---|---|---|---|"]
    for way in WAYS:
        row = []
        for count in LAYOUTS:
            some = [r for r in results if r["key"].startswith(f"{count} objects") and r["way"] == way]
            row.append(f"{share(some, 'box')} ({share(some, 'cell')})")
        lines.append(f"| {way} | " + " | ".join(row) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/measure"))
    parser.add_argument("--combinations", type=int, default=34, help="for each number of objects (default 34)")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="do every N-th case, from the I-th on")
    arguments = parser.parse_args()
    first, step = map(int, arguments.share.split("/"))
    everything = [*single_cases(), *scene_cases(arguments.combinations)]
    run(everything[first::step], arguments.out, f"share-{first}-of-{step}")
    print(table(results_in(arguments.out)))
