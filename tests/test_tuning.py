"""The made-up sentences that the small local model learns from."""

import json

import jsonschema
import pytest

from planner.tasks.copying import copied
from planner.tasks.scene import read_scene
from planner.tasks.tasks import get_task
from planner.tuning.captions import Caption, make_captions

SCHEMA = get_task("scene").schema


@pytest.fixture(scope="module")
def captions() -> list[Caption]:
    return make_captions(400, seed=3)


def test_they_are_the_same_for_a_seed_and_all_different(captions: list[Caption]) -> None:
    assert captions == make_captions(400, seed=3)
    assert captions[0] != make_captions(1, seed=4)[0]
    assert len({caption.sentence for caption in captions}) == 400


def test_their_scenes_can_be_answered_under_the_grammar(captions: list[Caption]) -> None:
    for caption in captions:
        jsonschema.validate(caption.reply, copied(SCHEMA, caption.sentence))


def test_reading_drops_nothing_of_them(captions: list[Caption]) -> None:
    lost = [caption.sentence for caption in captions if read_scene(caption.reply, caption.sentence).notes]
    assert lost == []


def test_all_kinds_of_relations_and_places_occur() -> None:
    replies = [caption.reply for caption in make_captions(2000, seed=0)]
    properties = SCHEMA["properties"]
    kinds = set(properties["relations"]["items"]["properties"]["relation"]["enum"])
    places = set(properties["objects"]["items"]["properties"]["position"]["enum"])
    assert kinds - {link["relation"] for reply in replies for link in reply["relations"]} == {"around"}
    assert places == {item["position"] for reply in replies for item in reply["objects"]}


def test_training_learns_the_reply_and_not_the_question(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("llguidance", reason="the extra `local` is not installed")
    from tiny_llm import save_tiny_llm

    from planner.backends.local_model import LocalModel
    from planner.tuning.train import IGNORED, encode

    loaded = LocalModel(str(save_tiny_llm(tmp_path)))
    caption = make_captions(1, seed=0)[0]
    tokens, labels = encode(loaded, caption)
    learned = [token for token, label in zip(tokens, labels, strict=True) if label != IGNORED]
    assert loaded.tokenizer.decode(learned).removesuffix(loaded.tokenizer.eos_token) == json.dumps(caption.reply)
    assert caption.sentence in loaded.tokenizer.decode(tokens[: -len(learned)])
