"""From a picture and one sentence to the changed picture, in Python."""

from __future__ import annotations

import pytest
from painting import CAT, DOG, PLAN

from generator import RenderSettings, change_and_repaint, generate
from generator.agent import Result
from generator.pipeline import RegionalFluxPipeline
from planner import Box, PlanError, RenderError


@pytest.fixture
def before(pipe: RegionalFluxPipeline) -> Result:
    return generate(PLAN, RenderSettings(model="tiny", width=64, height=64, steps=3, seed=1), pipe=pipe)


def test_a_sentence_changes_one_thing(before: Result, pipe: RegionalFluxPipeline) -> None:
    after = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe)
    assert after.repaint is not None
    assert after.repaint.mask == CAT.box
    assert after.repaint.prompt == "a red dog and a ball"
    assert after.repaint.hard_binding_steps == before.settings.hard_binding_steps == 2
    assert after.settings == before.settings
    assert after.image.tobytes() != before.image.tobytes()
    again = generate(after.plan, after.settings, pipe=pipe, repaint=after.repaint)
    assert again.image.tobytes() == after.image.tobytes()
    other = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe, seed=5)
    assert other.image.tobytes() != after.image.tobytes()


def test_a_region_takes_what_the_sentence_names(before: Result, pipe: RegionalFluxPipeline) -> None:
    region = Box(0, 0, 0.5, 1)
    after = change_and_repaint(before, "a tree", region=region, backend="rules", pipe=pipe)
    assert after.repaint is not None
    assert after.repaint.mask == region
    assert DOG.prompt not in after.repaint.prompt  # the region holds the dog


def test_what_cannot_change(before: Result, pipe: RegionalFluxPipeline) -> None:
    with pytest.raises(PlanError, match="no object 'the hat'"):
        change_and_repaint(before, "the hat becomes a ball", backend="rules", pipe=pipe)
    after = change_and_repaint(before, "the cat becomes a ball", backend="rules", pipe=pipe)
    with pytest.raises(RenderError, match="repainted already"):
        change_and_repaint(after, "the dog becomes a ball", backend="rules", pipe=pipe)
