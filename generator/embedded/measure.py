"""Measure what the embedded model draws right, and what hard binding and soft refinement add.

    python -m generator.embedded.measure --out out/measure

(a) every sprite alone on square canvases of 64–160 px, without any region; (b) sentences of two, three, four and six
objects in combinations kept out of the training pictures, planned by the `rules` backend, painted in four ways from the
same plan and seed. An object counts when the recogniser reads its very picture (noun and colour) in its box; for
comparison also in its whole cell, and anywhere, which is kinder to ways of painting that know no boxes. Results are one
JSON line a picture in `OUT/*.jsonl`, so a stopped run goes on where it was, and several runs (`--share 0/2`, `--share
1/2`) can do the work together; the table is made from all lines and printed at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from generator import load_pipeline
from generator.embedded.catalogue import CARD, OBJECTS, UNKNOWN, Sprite, read_prompt, sprites
from generator.embedded.colours import ALWAYS
from generator.embedded.grounds import GROUNDS, PLAIN
from generator.embedded.pictures import PxBox, draw_sprite, held_back
from generator.embedded.recogniser import reads_as
from generator.embedded.scenes import SENTENCES
from generator.embedded.wording import UNKNOWN_WORDS
from generator.settings import RenderSettings
from generator.weights.libraries import silent_libraries
from planner import Box, Cell, Plan, Row, plan_layout
from planner.plan.limits import TOKEN_PX

if TYPE_CHECKING:
    from generator.pipeline import RegionalFluxPipeline

SINGLE_SIDES = (64, 80, 96, 112, 128, 160)
LAYOUTS = {
    2: ("columns2", "rows2"),
    3: ("columns3", "two over one3", "one over two3"),
    4: ("grid4",),
    6: ("three over three6",),
}
FIRST = 48
"""So many objects had the first weights."""
SETTINGS = RenderSettings.for_model("embedded")
NOT_PLANNED = ("mountain", "rose")
"""Nouns that the planner now and then takes for scenery, or for what somebody did."""
SEEN = 32
"""Grey levels by which a pixel differs from the ground where something stands."""
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
    """Name a sprite with its article and colour, the card as the model is told it."""
    noun, colour = sprite
    if sprite == CARD:
        return UNKNOWN_WORDS
    words = f"{colour} {noun}" if colour else noun
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def single_cases() -> Iterator[PaintedCase]:
    """Every object in its own look at every size, in each other colour at one of them, painted plainly."""
    for i, sprite in enumerate(sprites()):
        own = sprite[1] in (None, ALWAYS.get(sprite[0]))
        for side in SINGLE_SIDES if own else (SINGLE_SIDES[i % len(SINGLE_SIDES)],):
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
    """Held-back combinations of two, three, four and six objects, each painted in all four ways."""
    rng = random.Random(seed)
    for count in LAYOUTS:
        for number in range(combinations):
            sentence, plan = planned_scene(rng, count)
            expected = tuple(expected_objects(plan))
            for way in WAYS:
                key = f"{count} objects {number} {way}: {sentence}"
                yield PaintedCase(
                    key, plan, width=SETTINGS.width, height=SETTINGS.height, seed=number, way=way, expected=expected
                )


def planned_scene(rng: random.Random, count: int) -> tuple[str, Plan]:
    """Draw a held-back sentence that the planner reads as it was meant: "an orange and a green hat" are two hats."""
    while True:
        chosen = held_back_sprites(count, rng)
        sentence = rng.choice(SENTENCES[rng.choice(LAYOUTS[count])]).format(*map(words_of, chosen))
        plan = plan_layout(sentence, "rules", width=SETTINGS.width, height=SETTINGS.height)
        if sorted(str(read_prompt(item.prompt)) for item in plan.objects) == sorted(map(str, chosen)):
            return sentence, plan


def held_back_sprites(count: int, rng: random.Random) -> list[Sprite]:
    """Choose sprites of different nouns, at least two of which never stood in one training picture."""
    while True:
        chosen = [draw_sprite(rng) for _ in range(count)]
        nouns = {noun for noun, _ in chosen}
        if len(nouns) == count and held_back(nouns) and nouns.isdisjoint((*NOT_PLANNED, UNKNOWN)):
            return chosen


def expected_objects(plan: Plan) -> Iterator[tuple[Sprite, PxBox, PxBox]]:
    """Say for each object of a plan which sprite must be in which box and cell; its box, where it shares its cell."""
    cells = plan.cell_boxes()
    owners = [plan.owner_cell(i) for i in range(len(plan.objects))]
    for i, item in enumerate(plan.objects):
        sprite = read_prompt(item.prompt)
        if sprite is None:
            raise RuntimeError(f"the embedded model has no picture of {item.prompt!r}")
        alone = owners.count(owners[i]) == 1
        yield sprite, pixels(item.box), pixels(cells[owners[i]] if alone else item.box)


def pixels(box: Box) -> PxBox:
    """Turn fractions into px of the embedded model's canvas."""
    x, y = round(box.x * SETTINGS.width), round(box.y * SETTINGS.height)
    return x, y, round(box.right * SETTINGS.width) - x, round(box.bottom * SETTINGS.height) - y


def things_in(picture: Image.Image) -> Iterator[PxBox]:
    """Find what stands on the plain ground: the box around each piece that is larger than a token."""
    off = np.abs(np.asarray(picture.convert("RGB"), dtype=int) - GROUNDS[PLAIN]).max(axis=-1) > SEEN
    for rows, columns in ndimage.find_objects(ndimage.label(off)[0]):
        width, height = columns.stop - columns.start, rows.stop - rows.start
        if min(width, height) >= TOKEN_PX:
            yield columns.start, rows.start, width, height


def score(picture: Image.Image, case: PaintedCase) -> dict[str, Any]:
    """Read each object's box and cell, and whatever stands anywhere."""
    things = list(things_in(picture))
    return {
        "anywhere": [any(reads_as(picture, thing, sprite) for thing in things) for sprite, _, _ in case.expected],
        "box": [reads_as(picture, box, sprite) for sprite, box, _ in case.expected],
        "cell": right_in_cells(picture, case),
    }


def right_in_cells(picture: Image.Image, case: PaintedCase) -> list[bool]:
    """Read each object's cell, where strays count."""
    return [reads_as(picture, cell, sprite) for sprite, _, cell in case.expected]


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
    with silent_libraries():
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
    sides = " | ".join(f"{side} px" for side in SINGLE_SIDES)
    lines = [f"| alone on | {sides} | all |", "|---" * (len(SINGLE_SIDES) + 2) + "|"]
    per_side = [share([r for r in singles if r["key"].endswith(f" {side}")], "box") for side in SINGLE_SIDES]
    lines += ["| drawn right | " + " | ".join([*per_side, share(singles, "box")]) + " |", ""]
    lines += [f"| objects in their box (cell; anywhere) | {' | '.join(map(str, LAYOUTS))} |", "|---" * 5 + "|"]
    for way in WAYS:
        row = []
        for count in LAYOUTS:
            some = [r for r in results if r["key"].startswith(f"{count} objects") and r["way"] == way]
            row.append(f"{share(some, 'box')} ({share(some, 'cell')}; {share(some, 'anywhere')})")
        lines.append(f"| {way} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def of_the_first(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results of single objects that the first weights knew, too."""
    first = list(OBJECTS)[:FIRST]
    return [
        r for r in results if (sprite := read_prompt(r["key"])) and r["key"].startswith("single") and sprite[0] in first
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/measure"))
    parser.add_argument("--combinations", type=int, default=34, help="for each number of objects (default 34)")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="do every N-th case, from the I-th on")
    arguments = parser.parse_args()
    first, step = map(int, arguments.share.split("/"))
    everything = [*scene_cases(arguments.combinations), *single_cases()]
    run(everything[first::step], arguments.out, f"share-{first}-of-{step}")
    measured = results_in(arguments.out)
    print(table(measured))
    print(f"the first {FIRST} objects alone: {share(of_the_first(measured), 'box')}")
