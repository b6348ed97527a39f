"""Measure repainting on the embedded model: one of three objects becomes another thing, the other two must stay.

    python -m generator.embedded.measure_repaint --out out/measure-repaint

Sentences of three objects in combinations kept out of the training pictures, planned by the `rules` backend. The box of
one object, each in turn, is painted anew as a thing that is not in the picture; the prompts of the new picture are
derived as `ragplan repaint --object N WORDS` does. A case counts when the recogniser reads the new thing, colour
included, in the region and both other things in their boxes. Results are one JSON line a case, as in `measure`;
`--share` divides the work, `--development` takes other cases, on which the settings are chosen.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from generator.embedded.catalogue import Sprite
from generator.embedded.measure import (
    SETTINGS,
    embedded_pipeline,
    expected_objects,
    painted_in,
    planned_scene,
    results_in,
    words_of,
)
from generator.embedded.pictures import PxBox, draw_sprite
from generator.embedded.recogniser import reads_as
from generator.regions.repaint import Repaint
from generator.settings import repaint_binding_steps
from planner import Plan
from planner.tasks.rewriting import replace_object

OBJECTS_A_PICTURE = 3


@dataclass(frozen=True)
class RepaintedCase:
    """A picture of three objects, and the one (a number) of them that becomes `new`."""

    key: str
    plan: Plan
    seed: int
    changed: int
    new: Sprite
    expected: tuple[tuple[Sprite, PxBox], ...]
    """(sprite, its box in px) of the plan's objects, in its order"""


def repaint_cases(count: int, seed: int = 4242) -> Iterator[RepaintedCase]:
    """Held-back combinations of three objects, of which each in turn is changed; the new one is of another noun."""
    rng = random.Random(seed)
    for number in range(count):
        sentence, plan = planned_scene(rng, OBJECTS_A_PICTURE)
        expected = tuple((sprite, box) for sprite, box, _ in expected_objects(plan))
        new = draw_sprite(rng)
        while new[0] in {noun for (noun, _), _ in expected}:
            new = draw_sprite(rng)
        changed = number % OBJECTS_A_PICTURE
        key = f"{number} of {seed}: {sentence}; {plan.objects[changed].prompt} becomes {words_of(new)}"
        yield RepaintedCase(key, plan, seed=number, changed=changed, new=new, expected=expected)


def paint(pipe: Any, case: RepaintedCase, binding_steps: int) -> tuple[Image.Image, Image.Image]:
    """Paint a case's picture, as it was and with the one object changed."""
    new = replace_object(case.plan, case.changed, words_of(case.new))
    box = case.plan.objects[case.changed].box
    made = pipe.repaint(
        case.plan,
        Repaint(new.prompt, new.object_prompt, new.cells, binding_steps, case.seed, mask=box),
        width=SETTINGS.width,
        height=SETTINGS.height,
        num_inference_steps=SETTINGS.steps,
        hard_binding_steps=SETTINGS.hard_binding_steps,
        generator=torch.Generator().manual_seed(case.seed),
    )
    return made.images[0], made.repainted[0]


def score(before: Image.Image, after: Image.Image, case: RepaintedCase) -> dict[str, Any]:
    """Say whether the new thing is read in the region, and each other one in its box, before and after."""
    others = [placed for number, placed in enumerate(case.expected) if number != case.changed]
    return {
        "new": reads_as(after, case.expected[case.changed][1], case.new),
        "before": [reads_as(before, box, sprite) for sprite, box in others],
        "after": [reads_as(after, box, sprite) for sprite, box in others],
    }


def run(cases: list[RepaintedCase], out: Path, name: str, binding_steps: int) -> None:
    """Paint and score the cases that `out` has no result of yet; before and after are kept as one picture."""
    known, pipe = painted_in(out), embedded_pipeline()
    with (out / f"{name}.jsonl").open("a") as file:
        for case in (case for case in cases if case.key not in known):
            before, after = paint(pipe, case, binding_steps)
            both = Image.new("RGB", (before.width * 2, before.height))
            both.paste(before, (0, 0))
            both.paste(after, (before.width, 0))
            both.save(out / f"{name}-{case.seed}.png")
            file.write(json.dumps({"key": case.key, **score(before, after, case)}) + "\n")
            file.flush()


def summary(results: list[dict[str, Any]]) -> str:
    """Return the shares as Markdown."""

    def share(hits: list[bool]) -> str:
        return f"{sum(hits) / len(hits):.0%} of {len(hits)}" if hits else "–"

    intact = [result for result in results if all(result["before"])]
    rows = {
        "the new thing is there and both others are": [r["new"] and all(r["after"]) for r in results],
        "the same, where both others were right before": [r["new"] and all(r["after"]) for r in intact],
        "the new thing is there": [r["new"] for r in results],
        "both others were right before": [all(r["before"]) for r in results],
        "other things that were right and still are": [
            after for r in results for before, after in zip(r["before"], r["after"], strict=True) if before
        ],
    }
    lines = [f"| {words} | {share(hits)} |" for words, hits in rows.items()]
    return "\n".join(["| one of three objects repainted | share |", "|---|---|", *lines])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/measure-repaint"))
    parser.add_argument("--cases", type=int, default=48, help="how many (default 48)")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="do every N-th case, from the I-th on")
    parser.add_argument("--binding-steps", type=int, help="of the new object (default: what `ragplan repaint` takes)")
    parser.add_argument("--development", action="store_true", help="take cases that the measurement does not")
    arguments = parser.parse_args()
    first, step = map(int, arguments.share.split("/"))
    steps = repaint_binding_steps(SETTINGS) if arguments.binding_steps is None else arguments.binding_steps
    everything = list(repaint_cases(arguments.cases, **({"seed": 77} if arguments.development else {})))
    run(everything[first::step], arguments.out, f"share-{first}-of-{step}", steps)
    print(summary(results_in(arguments.out)))
