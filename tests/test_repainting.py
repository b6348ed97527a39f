"""Repaint prompts from one sentence: asked, checked, asked again, repaired, by any backend."""

import json
from typing import Any

import jsonschema
import pytest
from llm_server import completion, serve

from planner.backends import Original
from planner.backends.openai import OpenAIBackend
from planner.backends.openai.strict_schema import strict_schema
from planner.backends.scripted import ScriptedBackend
from planner.errors import PlanError
from planner.loop.prompting import load_prompts
from planner.plan import Box, Cell, ObjectBox, Plan, Row
from planner.planner import Planner
from planner.tasks.repaint import schema_for

LEFT, RIGHT, FLOOR = Box(0, 0, 0.5, 0.75), Box(0.5, 0.25, 0.5, 0.5), Box(0.2, 0.8, 0.2, 0.2)
PLAN = Plan(
    "an apple beside a red ball on a table",
    (Row(1, (Cell(1, "a shiny apple on a table"), Cell(1, "a red ball on a table"))),),
    (ObjectBox("a shiny apple", LEFT), ObjectBox("a red ball", RIGHT)),
)
SENTENCE = "the apple becomes a Rubik's cube"
GOOD: dict[str, Any] = {
    "object": 0,
    "object_prompt": "a Rubik's cube",
    "prompt": "a Rubik's cube beside a red ball on a table",
    "cells": ["a colourful Rubik's cube on a table", "a red ball on a table"],
}
NO_CELLS = json.dumps({**GOOD, "cells": []})


def changed(**parts: Any) -> str:
    return json.dumps({**GOOD, **parts})


def test_a_good_reply_is_the_new_plan() -> None:
    backend = ScriptedBackend([json.dumps(GOOD)])
    result = Planner(backend).change(PLAN, SENTENCE, width=256, height=512)
    assert result.changed == 0
    assert result.plan.prompt == GOOD["prompt"]
    assert [cell.prompt for cell in result.plan.cells] == GOOD["cells"]
    assert result.plan.objects == (ObjectBox("a Rubik's cube", LEFT), PLAN.objects[1])
    (request,) = backend.requests
    asked = request.messages[-1].content
    for words in ("256 × 512", PLAN.prompt, "Cell 1: a red ball on a table", "Object 0, in cell 0: a shiny apple"):
        assert words in asked
    assert asked.endswith(f"Sentence: {SENTENCE}")
    assert request.schema["title"] == "ragplan repaint reply"


@pytest.mark.parametrize(
    ("reply", "code", "path"),
    [
        ("the apple is a cube now", "not_json", ""),
        (NO_CELLS, "schema", "cells"),
        (changed(object=2), "schema", "object"),
        (changed(object=-1), "schema", "object"),
        (changed(object=1), "repaint_other_object", "object"),
        (changed(prompt=PLAN.prompt), "repaint_not_named", "prompt"),
        (changed(cells=["a shiny apple on a table", "a red ball"]), "repaint_not_named", "cells[0]"),
        (changed(object_prompt="a shiny apple"), "repaint_nothing_new", "object_prompt"),
        (changed(cells=["a Rubik's cube BREAK a table", "a red ball"]), "prompt_has_break", "cells[0]"),
    ],
)
def test_a_wrong_reply_is_asked_again_with_what_is_wrong(reply: str, code: str, path: str) -> None:
    backend = ScriptedBackend([reply, json.dumps(GOOD)])
    result = Planner(backend).change(PLAN, SENTENCE)
    assert result.plan.prompt == GOOD["prompt"]
    first = result.attempts[0].errors[0]
    assert (first.code, first.path) == (code, path)
    assert first.message in backend.requests[1].messages[-1].content


def test_warnings_do_not_refuse_a_reply() -> None:
    prompt = "a Rubik's cube on an apple crate beside a red ball"
    reply = changed(prompt=prompt, object_prompt="a Rubik's cube on the left")
    result = Planner(ScriptedBackend([reply])).change(PLAN, SENTENCE)
    assert {complaint.code for complaint in result.attempts[0].complaints} == {
        "repaint_old_named",
        "prompt_names_place",
    }
    assert result.plan.prompt == prompt


def test_prompts_that_stay_wrong_are_written_by_substitution() -> None:
    backend = ScriptedBackend([changed(prompt=PLAN.prompt, object_prompt="a wooden cube")] * 2)
    result = Planner(backend).change(PLAN, SENTENCE)
    assert result.repairs == ("the prompts are written by substitution",)
    assert result.plan.prompt == "an apple beside a red ball on a table, with a wooden cube"
    assert result.plan.cells[0].prompt == "a wooden cube on a table"


def test_a_wrong_object_is_not_mended() -> None:
    with pytest.raises(PlanError, match=r'2 attempts; .*The sentence changes "the apple", which is object 0') as caught:
        Planner(ScriptedBackend([changed(object=1)] * 3)).change(PLAN, SENTENCE)
    assert len(caught.value.attempts) == 2


def test_a_new_thing_in_a_region() -> None:
    reply = changed(
        object=-1,
        object_prompt="a dog",
        prompt="an apple beside a red ball on a table, under it a dog",
        cells=["a shiny apple on a table, a dog below", "a red ball on a table"],
    )
    backend = ScriptedBackend([reply])
    result = Planner(backend).change(PLAN, "a dog under the table", region=FLOOR)
    assert result.changed == 2
    assert result.plan.objects[2] == ObjectBox("a dog", FLOOR)
    assert "Region: x 0.2, y 0.8, width 0.2, height 0.2" in backend.requests[0].messages[-1].content


def test_an_object_that_was_named_by_its_number_is_the_one() -> None:
    backend = ScriptedBackend([json.dumps(GOOD), changed(object=1, object_prompt="a red ball")])
    with pytest.raises(PlanError):
        Planner(backend, max_attempts=1).change(PLAN, "a red ball", changed=1)
    reply = {**GOOD, "object": 1, "object_prompt": "a red ball", "prompt": PLAN.prompt}
    again = ScriptedBackend([json.dumps({**reply, "cells": [cell.prompt for cell in PLAN.cells]})])
    result = Planner(again).change(PLAN, "a red ball", changed=1)  # the same thing once more, with another seed
    assert (result.changed, result.plan.prompt) == (1, PLAN.prompt)
    assert "Object 1 becomes what the sentence names." in again.requests[0].messages[-1].content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"changed": 2}, r"there is no object 2; the plan's objects are 0\.\.1"),
        ({"width": 100}, "width must be a multiple of 16"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], message: str) -> None:
    backend = ScriptedBackend([])
    with pytest.raises(PlanError, match=message):
        Planner(backend).change(PLAN, SENTENCE, **options)
    with pytest.raises(PlanError, match="no objects that could change"):
        Planner(backend).change(Plan(PLAN.prompt, PLAN.rows), SENTENCE)
    assert backend.requests == []


def test_rules_write_them_by_substitution() -> None:
    result = Planner("rules").change(PLAN, "the ball becomes a blue cube")
    assert (result.changed, result.backend) == (1, "rules")
    assert result.plan.prompt == "an apple beside a blue cube on a table"
    assert [cell.prompt for cell in result.plan.cells] == ["a shiny apple on a table", "a blue cube on a table"]
    assert Planner("rules").change(PLAN, "a dog", region=FLOOR).plan.prompt == f"{PLAN.prompt}, with a dog"
    assert Planner("rules").change(PLAN, "a red ball", changed=1).plan.prompt == PLAN.prompt
    with pytest.raises(PlanError, match="say where to paint"):
        Planner("rules").change(PLAN, "a dog")


def test_the_longest_prompts_of_a_plan_can_change() -> None:
    long = f"a red ball {'very ' * 380}bright"
    plan = Plan(f"{long}, {long}", (Row(1, (Cell(1, long),)),), (ObjectBox("a red ball", LEFT),))
    result = Planner("rules").change(plan, "the ball becomes a long yellow train of many wagons")
    assert result.plan.cells[0].prompt.startswith("a long yellow train of many wagons very very")


def test_rules_replace_words_of_a_plan_without_objects() -> None:
    bare = Plan(PLAN.prompt, PLAN.rows)
    result = Planner("rules").change(bare, "the apple becomes a pear", region=LEFT)
    assert result.plan.prompt == "a pear beside a red ball on a table"
    assert result.plan.cells[0].prompt == "a shiny pear on a table"
    with pytest.raises(PlanError, match="no object 'the hat'"):
        Planner("rules").change(bare, "the hat becomes a pear", region=LEFT)


def test_a_server_is_held_to_the_schema() -> None:
    with serve(completion(json.dumps(GOOD))) as server:
        result = Planner(OpenAIBackend("test-1", base_url=server.url, api_key="k")).change(PLAN, SENTENCE)
    assert (result.plan.prompt, result.model) == (GOOD["prompt"], "test-1")
    sent = server.requests[0]["response_format"]["json_schema"]
    assert sent["name"] == "ragplan_repaint"
    assert "at least 2 items, at most 2 items" in json.dumps(sent["schema"])


def test_the_schema_knows_the_picture() -> None:
    schema = schema_for(Original(PLAN))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(GOOD, schema)
    jsonschema.validate({**GOOD, "object": -1}, schema_for(Original(PLAN, FLOOR)))
    for wrong in ({"object": -1}, {"object": 2}, {"cells": ["one"]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**GOOD, **wrong}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(GOOD, schema_for(Original(PLAN, None, 1)))
    assert strict_schema(schema)["required"] == list(schema["properties"])


def test_the_prompt_s_own_example_is_a_good_reply() -> None:
    system = load_prompts("repaint").system
    example = json.loads(system[system.index('{"object"') :].splitlines()[0])
    prompt, cells = "a cat on the left and two shiny red balls on the right", example["cells"]
    rows = (Row(1, (Cell(1, "a grey cat"), Cell(1, "two shiny red balls"))),)
    plan = Plan(prompt, rows, (ObjectBox("a grey cat", LEFT), *[ObjectBox("a shiny red ball", RIGHT)] * 2))
    result = Planner(ScriptedBackend([json.dumps(example)])).change(plan, "the ball in front becomes a Rubik's cube")
    assert result.attempts[0].complaints == ()
    assert [cell.prompt for cell in result.plan.cells] == cells
