"""The events of making a picture."""

import json

from generator.progress import Progress


def test_an_event_is_plain_json_without_its_preview() -> None:
    event = Progress("paint", "a dog", 3, 20, "steps", preview=lambda: None)  # type: ignore[arg-type, return-value]
    expected = {"stage": "paint", "text": "a dog", "done": 3, "total": 20, "unit": "steps"}
    assert json.loads(json.dumps(event.to_dict())) == expected


def test_a_stage_is_whole_when_all_of_it_is_done() -> None:
    assert not Progress("load", "FLUX.1-dev").is_whole
    assert Progress("load", "FLUX.1-dev", 1).is_whole
    assert not Progress("download", "weights", 5, None, "bytes").is_whole
