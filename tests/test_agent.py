"""From a picture and one sentence to the changed picture, in Python."""

from __future__ import annotations

import pytest
from painting import CAT, DOG, PLAN

from generator import RenderSettings, change_and_repaint, generate
from generator.pipeline import RegionalFluxPipeline
from generator.recipe import Result
from planner import Box, PlanError


@pytest.fixture
def before(pipe: RegionalFluxPipeline) -> Result:
    return generate(PLAN, RenderSettings(model="tiny", width=64, height=64, steps=3, seed=1), pipe=pipe)


def test_a_sentence_changes_one_thing(before: Result, pipe: RegionalFluxPipeline) -> None:
    after = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe)
    [repaint] = after.recipe.repaints
    assert (repaint.mask, repaint.number) == (CAT.box, 1)
    assert repaint.prompt == "a red dog and a ball"
    assert repaint.hard_binding_steps == before.settings.hard_binding_steps == 2
    assert after.settings == before.settings
    assert after.image.tobytes() != before.image.tobytes()
    again = generate(after.recipe, pipe=pipe)
    assert again.image.tobytes() == after.image.tobytes()
    other = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe, seed=5)
    assert other.image.tobytes() != after.image.tobytes()


def test_a_region_takes_what_the_sentence_names(before: Result, pipe: RegionalFluxPipeline) -> None:
    region = Box(0, 0, 0.5, 1)
    after = change_and_repaint(before, "a tree", region=region, backend="rules", pipe=pipe)
    [repaint] = after.recipe.repaints
    assert repaint.mask == region
    assert DOG.prompt not in repaint.prompt  # the region holds the dog


def test_what_cannot_change(before: Result, pipe: RegionalFluxPipeline) -> None:
    with pytest.raises(PlanError, match="no object 'the hat'"):
        change_and_repaint(before, "the hat becomes a ball", backend="rules", pipe=pipe)


def test_a_change_of_a_changed_picture(before: Result, pipe: RegionalFluxPipeline) -> None:
    """The second change is of what is seen now, and its recipe makes the picture again."""
    once = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe)
    assert [item.prompt for item in once.plan.objects] == ["a red dog", "a ball"]
    assert once.recipe.plan == before.plan
    twice = change_and_repaint(once, "the ball becomes a tree", backend="rules", pipe=pipe)
    assert [item.prompt for item in twice.plan.objects] == ["a red dog", "a tree"]
    assert twice.plan.prompt == "a red dog and a tree"
    assert len(twice.recipe.repaints) == 2
    assert twice.image.tobytes() != once.image.tobytes()
    assert generate(twice.recipe, pipe=pipe).image.tobytes() == twice.image.tobytes()
    with pytest.raises(PlanError, match="no object 'the cat'"):
        change_and_repaint(twice, "the cat becomes a hat", backend="rules", pipe=pipe)
