"""Repairing: the result is no worse, what is safe is done, what is not is left."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.checks import check_plan
from planner.checks.repair import repair
from planner.plan import Box, Cell, ObjectBox, Plan, Row

SIZE = {"width": 512, "height": 512}


def plan(*boxes: Box, cells: int = 1, prompts: tuple[str, ...] = ("a dog", "a cat", "a cow", "a hen")) -> Plan:
    row = Row(1, tuple(Cell(1, "an animal on the grass") for _ in range(cells)))
    objects = tuple(ObjectBox(prompt, box) for prompt, box in zip(prompts, boxes, strict=False))
    return Plan("some animals", (row,), objects)


def errors(made: Plan) -> list[str]:
    return [item.code for item in check_plan(made, **SIZE) if item.severity == "error"]


def repaired(made: Plan) -> Plan:
    return repair(made, partial(check_plan, **SIZE), **SIZE).plan


@pytest.mark.parametrize(
    ("boxes", "fixed"),
    [
        ((Box(0.8, 0.2, 0.4, 0.4),), (Box(0.6, 0.2, 0.4, 0.4),)),
        ((Box(-0.1, -0.1, 0.4, 0.4),), (Box(0, 0, 0.4, 0.4),)),
        ((Box(0.5, 0.2, 1.4, 0.4),), (Box(0.5, 0.2, 0.5, 0.4),)),
        ((Box(0.1, 0.1, 0.4, 0.8), Box(0.3, 0.1, 0.4, 0.8)), (Box(0.1, 0.1, 0.3, 0.8), Box(0.4, 0.1, 0.3, 0.8))),
        ((Box(0.1, 0.3, 0.8, 0.4), Box(0.1, 0.1, 0.8, 0.4)), (Box(0.1, 0.4, 0.8, 0.3), Box(0.1, 0.1, 0.8, 0.3))),
        ((Box(0.1, 0.1, 0.8, 0.4), Box(0.1, 0.1, 0.8, 0.4)), (Box(0.1, 0.1, 0.4, 0.4), Box(0.5, 0.1, 0.4, 0.4))),
        ((Box(0.1, 0.1, 0.2, 0.6), Box(0.1, 0.1, 0.2, 0.6)), (Box(0.1, 0.1, 0.2, 0.3), Box(0.1, 0.4, 0.2, 0.3))),
    ],
)
def test_boxes(boxes: tuple[Box, ...], fixed: tuple[Box, ...]) -> None:
    made = plan(*boxes)
    assert errors(made)
    result = repaired(made)
    for item, box in zip(result.objects, fixed, strict=True):
        assert [item.box.x, item.box.y, item.box.width, item.box.height] == pytest.approx(
            [box.x, box.y, box.width, box.height], abs=2e-4
        )
    assert errors(result) == []


def test_a_box_is_cut_at_its_cell_or_moved_into_it() -> None:
    assert repaired(plan(Box(0.1, 0.1, 0.6, 0.5), cells=2)).objects[0].box == Box(0.1, 0.1, 0.4, 0.5)
    assert errors(repaired(plan(Box(0.2, 0.1, 0.7, 0.5), cells=4))) == []


def test_a_thin_box_is_grown() -> None:
    result = repaired(plan(Box(0.5, 0.2, 0.001, 0.4)))
    assert result.objects[0].box.width * 512 >= 32
    assert errors(result) == []


def test_a_hidden_object_is_painted_later() -> None:
    made = plan(Box(0.3, 0.3, 0.3, 0.3), Box(0.1, 0.1, 0.8, 0.8))
    sentence = "a dog in front of a cat"
    check = partial(check_plan, sentence=sentence, **SIZE)
    result = repair(made, check, **SIZE)
    assert [item.prompt for item in result.plan.objects] == ["a cat", "a dog"]
    assert result.repairs == ("objects[1].box: painted before the object that it would hide",)


def test_a_good_plan_stays_as_it_is() -> None:
    made = plan(Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.1, 0.3, 0.3))
    result = repair(made, partial(check_plan, **SIZE), **SIZE)
    assert result.plan == made
    assert result.repairs == ()


def test_counts_and_relations_are_not_guessed() -> None:
    made = plan(Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.1, 0.3, 0.3))
    check = partial(check_plan, counts={"dog": 2}, relations=[("cat", "left of", "dog")], **SIZE)
    assert repair(made, check, **SIZE).plan == made


SIDES = st.floats(-0.5, 1.5).map(lambda side: round(side, 3))
BOXES = st.builds(Box, SIDES, SIDES, st.floats(0.01, 1.2), st.floats(0.01, 1.2))


@given(st.lists(BOXES, min_size=1, max_size=4), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_it_never_gets_worse(boxes: list[Box], cells: int) -> None:
    made = plan(*boxes, cells=cells)
    result = repair(made, partial(check_plan, **SIZE), **SIZE)
    assert len(errors(result.plan)) <= len(errors(made))
    assert sorted(item.prompt for item in result.plan.objects) == sorted(item.prompt for item in made.objects)
    assert bool(result.repairs) == (result.plan != made)
    again = repair(result.plan, partial(check_plan, **SIZE), **SIZE)
    assert len(errors(again.plan)) <= len(errors(result.plan))
