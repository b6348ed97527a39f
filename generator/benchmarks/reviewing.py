"""Measure what looking and mending adds on the embedded model: one seed, the best of several, and the loop.

    python -m generator.benchmarks.reviewing --out out/measure-review

Held-back sentences of two, three, four and six objects, those of `embedded.measure`, painted as `ragplan "…"` does. The
reviewer `sprites` chooses and mends; the recogniser, which it does not know, says what is right: a picture is where
every object is read in its cell, strays and all. The best of N seeds is the one that the reviewer likes best. Costs
are FLOPs, in pictures of one seed. Results are one JSON line a scene in `OUT/*.jsonl`; `--share` divides the work, a
stopped run goes on; the picture before and the one after are kept side by side.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

from generator.costs.estimate import estimate
from generator.embedded.measure import (
    LAYOUTS,
    SETTINGS,
    PaintedCase,
    embedded_pipeline,
    painted_in,
    results_in,
    right_in_cells,
    scene_cases,
)
from generator.embedded.sprite_reader import SpriteReviewer
from generator.mending import Mended, MendLimits, Round, mend
from generator.painting.painter import Painter
from generator.recipe import Recipe, Result

SEEDS = 4
ROUNDS = 4
MEASURED = 34  # combinations of each number of objects in `measure`


class RememberingPainter(Painter):
    """Paints what it has not painted yet: the seeds that are compared are those that the loop may try."""

    _known: tuple[tuple[Recipe, Result], ...] = ()

    def paint(self, what: Any, **options: Any) -> Result:
        """Paint a recipe, or return its picture."""
        found = [result for recipe, result in self._known if recipe == what]
        if found:
            return found[0]
        result = super().paint(what, **options)
        self._known = (*self._known, (what, result))
        return result

    def forget(self) -> None:
        """Let go of the pictures of a scene."""
        self._known = ()


def review_cases(combinations: int) -> list[PaintedCase]:
    """Return the first combinations of each number of objects of the scenes that `measure` has, in turns."""
    cases = (case for case in scene_cases(MEASURED) if case.way == "both" and case.seed < combinations)
    return sorted(cases, key=lambda case: case.seed)


def measured(painter: RememberingPainter, case: PaintedCase, seeds: int) -> tuple[dict[str, Any], Mended]:
    """Paint a scene from several seeds, then mend the first one."""
    painter.forget()
    reviewer = SpriteReviewer()
    recipes = [Recipe(case.plan, SETTINGS.changed(seed=case.seed + number)) for number in range(seeds)]
    pictures = [painter.paint(recipe) for recipe in recipes]
    looked = [reviewer.review(picture.image, case.plan) for picture in pictures]
    chosen = [
        {"score": review.score, "right": review.is_right, "cell": right_in_cells(picture.image, case)}
        for review, picture in zip(looked, pictures, strict=True)
    ]
    mended = mend(painter, pictures[0], reviewer, limits=MendLimits(ROUNDS))
    rounds = [_told(each, case, recipes[0]) for each in mended.rounds]
    return {"key": case.key, "seeds": chosen, "rounds": rounds, "stopped": mended.stopped}, mended


def _told(finished: Round, case: PaintedCase, first: Recipe) -> dict[str, Any]:
    assert finished.result is not None
    assert finished.review is not None
    recipe = finished.result.recipe
    single = estimate(first.plan, first.settings).flops
    return {
        "what": finished.what,
        "kept": finished.kept,
        "score": finished.review.score,
        "right": finished.review.is_right,
        "cell": right_in_cells(finished.result.image, case),
        "cost": estimate(recipe.plan, recipe.settings, repaint=recipe.repaints).flops / single,
    }


def run(cases: Iterable[PaintedCase], out: Path, name: str) -> None:
    """Measure the scenes that `out` has no result of yet."""
    known = painted_in(out)
    painter = RememberingPainter()
    painter._pipe, painter._given = embedded_pipeline(), True
    with (out / f"{name}.jsonl").open("a") as file:
        for case in (case for case in cases if case.key not in known):
            result, mended = measured(painter, case, SEEDS)
            first = mended.rounds[0].result
            assert first is not None
            both = Image.new("RGB", (2 * first.image.width, first.image.height))
            both.paste(first.image, (0, 0))
            both.paste(mended.result.image, (first.image.width, 0))
            both.save(out / f"{len(case.expected)}-objects-{case.seed}.png")
            file.write(json.dumps(result) + "\n")
            file.flush()


def table(results: list[dict[str, Any]]) -> str:
    """Return the shares of pictures that are wholly right, and what they cost, as Markdown."""
    groups = [[r for r in results if r["key"].startswith(f"{count} objects")] for count in LAYOUTS]
    counts = " | ".join(map(str, LAYOUTS))
    lines = [
        f"| pictures wholly right, in cells | {counts} objects | cost in pictures |",
        "|---" * (len(LAYOUTS) + 2) + "|",
    ]
    for count in (1, 2, SEEDS):
        name = "one seed" if count == 1 else f"the best of {count} seeds"
        shares = [_share([all(_best(r, count)["cell"]) for r in group]) for group in groups]
        lines.append(f"| {name} | {' | '.join(shares)} | {count} |")
    shares = [_share([all(_last(r)["cell"]) for r in group]) for group in groups]
    costs = [sum(each["cost"] for each in r["rounds"]) for r in results]
    mean = f"{sum(costs) / len(costs):.2f}" if costs else "–"
    lines.append(f"| looked at and mended, at most {ROUNDS} rounds | {' | '.join(shares)} | {mean} on average |")
    return "\n".join([*lines, "", *_remarks(results)])


def _remarks(results: list[dict[str, Any]]) -> Iterator[str]:
    """Say how often the reviewer and a mend were wrong, by the recogniser."""
    seen = [each for r in results for each in [*r["seeds"], *r["rounds"][1:]]]
    missed = [each for each in seen if each["right"] and not all(each["cell"])]
    doubted = [each for each in seen if not each["right"] and all(each["cell"])]
    yield f"reviewer: of {len(seen)} pictures {len(missed)} called right by mistake, {len(doubted)} wrong by mistake"
    mends = [each for r in results for each in r["rounds"][1:]]
    kept = [(before, after) for r in results for before, after in pairwise([e for e in r["rounds"] if e["kept"]])]
    worse = sum(sum(after["cell"]) < sum(before["cell"]) for before, after in kept)
    yield f"mends: {len(mends)}, kept {len(kept)}, of these with fewer objects right than before {worse}"


def _best(result: dict[str, Any], count: int) -> dict[str, Any]:
    found: dict[str, Any] = max(result["seeds"][:count], key=lambda each: each["score"])
    return found


def _last(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = [each for each in result["rounds"] if each["kept"]][-1]
    return found


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):.0%} of {len(hits)}" if hits else "–"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/measure-review"))
    parser.add_argument("--combinations", type=int, default=16, help="for each number of objects (default 16)")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="do every N-th scene, from the I-th on")
    arguments = parser.parse_args()
    share, step = map(int, arguments.share.split("/"))
    run(review_cases(arguments.combinations)[share::step], arguments.out, f"share-{share}-of-{step}")
    print(table(results_in(arguments.out)))
