"""The reviewer that asks a vision-language model: a fake server, good, bad, late and lying; a tiny model from disk."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from llm_server import Answer, completion, failure, serve
from PIL import Image
from tiny_llm import tiny_tokenizer

from generator.mending import MendLimits, mend
from generator.recipe import Recipe, Result
from generator.review import get_reviewer
from generator.review.base import memory_bytes
from generator.review.questions import numbered, question
from generator.review.vlm import VlmReviewer
from generator.settings import RenderSettings
from planner import BackendError
from planner.backends.openai import OpenAIBackend
from planner.plan import Box, Cell, ObjectBox, Plan, Row

PLAN = Plan(
    "a red ball and a grey cat",
    (Row(1, (Cell(1, "a red ball"), Cell(1, "a grey cat"))),),
    (ObjectBox("a red ball", Box(0, 0.25, 0.4, 0.5)), ObjectBox("a grey cat", Box(0.6, 0.25, 0.4, 0.5))),
)
IMAGE = Image.new("RGB", (96, 64), "white")


def item(number: int, **changes: Any) -> dict[str, Any]:
    right = {"seen": True, "in_box": True, "as_described": True, "count": 1, "confidence": 0.9, "words": ""}
    return {"number": number, **right, **changes}


def answer(*objects: dict[str, Any], strays: Any = ()) -> Answer:
    return completion(json.dumps({"objects": list(objects), "strays": list(strays)}))


GOOD = answer(item(0), item(1, as_described=False, words="it is black"))


def reviewer(url: str, timeout_s: float | None = 20) -> VlmReviewer:
    return VlmReviewer(
        timeout_s=timeout_s, backend=OpenAIBackend("see-1", base_url=url, api_key="sk-Secret1234567890", task="review")
    )


def test_a_good_answer_and_what_was_asked() -> None:
    stray = {"what": "a second cat", "box": {"x": 0.5, "y": 0, "width": 0.5, "height": 0.25}}
    with serve(answer(item(0), item(1, as_described=False, words="it is black"), strays=[stray])) as server:
        review = reviewer(server.url).review(IMAGE, PLAN)
    assert [each.verdict for each in review.findings] == ["right", "not as described"]
    assert review.findings[1].words == "it is black"
    assert [(each.what, each.box) for each in review.strays] == [("a second cat", Box(0.5, 0, 0.5, 0.25))]
    assert review.tokens == 18
    [body] = server.requests
    assert body["response_format"]["json_schema"]["name"] == "ragplan_review"
    words, picture = body["messages"][1]["content"]
    assert "0: a red ball\n1: a grey cat" in words["text"]
    data = base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(data)).tobytes() == numbered(IMAGE, PLAN).tobytes()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (completion("I see a ball and a cat."), "holds no JSON object"),
        (answer(item(0)), "objects"),
        (answer(item(1), item(0)), "each object once, in order"),
        (answer(item(0), item(1, seen=False)), "An object is seen where its count is 1 or more"),
        (answer(item(0), item(1, seen=False, count=0)), "not in its box either"),
        (answer(item(0, confidence=7), item(1)), "7 is greater than the maximum of 1"),
        (
            answer(item(0), item(1), strays=[{"what": "x", "box": {"x": 0.9, "y": 0, "width": 0.9, "height": 1}}]),
            "lie inside the picture",
        ),
        (completion('{"objects": [', finish_reason="length"), "was cut off before its end"),
        (completion("", refusal="I do not look at people"), "refused to answer"),
    ],
)
def test_a_faulty_answer_is_asked_again_with_what_is_wrong(wrong: Answer, told: str) -> None:
    with serve(wrong, GOOD) as server:
        review = reviewer(server.url).review(IMAGE, PLAN)
    assert review.wrong == (1,)
    first, second = server.requests
    assert told in second["messages"][-1]["content"]
    assert second["messages"][1] == first["messages"][1]  # the picture once more, where it was
    assert review.tokens == 36


def test_a_model_that_keeps_lying_gives_no_review() -> None:
    with serve(answer(item(0), item(1, seen=False))) as server:
        with pytest.raises(BackendError, match="gave no usable answer about the picture in 3 attempts"):
            reviewer(server.url).review(IMAGE, PLAN)
        assert len(server.requests) == 3


def test_a_late_server_loses_no_picture() -> None:
    first = Result(IMAGE.resize((64, 64)), Recipe(PLAN, RenderSettings(width=64, height=64, seed=1)))
    with serve(Answer(body="{}", delay_s=20)) as server:
        mended = mend(None, first, reviewer(server.url, 0.3), limits=MendLimits(2))  # type: ignore[arg-type]
    assert mended.stopped.startswith("not reviewed: vlm: openai gave no answer within")
    assert mended.result == first


def test_no_key_is_seen_in_what_is_told() -> None:
    with serve(failure(401, "bad key sk-Secret1234567890")) as server, pytest.raises(BackendError) as caught:
        reviewer(server.url).review(IMAGE, PLAN)
    assert "sk-Secret" not in str(caught.value)
    assert "***" in str(caught.value)


def test_a_server_without_system_turns_gets_the_picture_all_the_same() -> None:
    with serve(failure(400, "the system role is not supported"), GOOD) as server:
        reviewer(server.url).review(IMAGE, PLAN)
    [turn] = server.requests[-1]["messages"]
    assert [part["type"] for part in turn["content"]] == ["text", "image_url"]
    assert turn["content"][0]["text"].startswith("You look at a picture")


def test_without_a_key_or_a_server_the_picture_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    found = get_reviewer("vlm:gpt-4o")
    with pytest.raises(BackendError, match="needs a key"):
        found.review(IMAGE, PLAN)


def test_the_boxes_are_drawn_on_a_copy_that_is_not_too_large() -> None:
    large = Image.new("RGB", (3000, 1500), "white")
    drawn = numbered(large, PLAN)
    assert drawn.size == (1024, 512)
    assert large.getextrema() == ((255, 255),) * 3
    pixels = np.asarray(drawn)
    assert (pixels[128, 10] != 255).any()  # the first box' upper edge
    assert (pixels[300, 500] == 255).all()
    assert question(large, PLAN).schema["properties"]["objects"]["maxItems"] == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random LLaVA of one layer, with a byte-level tokenizer and a template."""
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    folder = tmp_path_factory.mktemp("llava")
    tokenizer = tiny_tokenizer(None)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**small, image_size=32, patch_size=16, projection_dim=16),
        text_config=LlamaConfig(
            **small, vocab_size=len(tokenizer), max_position_embeddings=8192, eos_token_id=tokenizer.eos_token_id
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    template = (
        "{% for m in messages %}<|{{ m['role'] }}|>{% for part in m['content'] %}"
        "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=template,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder


def test_a_tiny_local_model_is_held_to_the_schema(folder: Path) -> None:
    from generator.review.local_vlm import LocalVlm

    small = {"type": "object", "required": ["seen"], "properties": {"seen": {"type": "boolean"}}}
    request = question(IMAGE, PLAN)
    schema = {**small, "additionalProperties": False}
    reply = LocalVlm(str(folder), "cpu").complete(type(request)(**{**vars(request), "schema": schema}))
    assert json.loads(reply.text)["seen"] in (True, False)
    assert reply.finish_reason == "stop"
    assert reply.usage.prompt_tokens > 100


def test_a_local_model_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"vlm cannot load '.*nothing'"):
        VlmReviewer(f"local:{tmp_path / 'nothing'}").review(IMAGE, PLAN)
    assert memory_bytes(VlmReviewer("gpt-4o")) == 0


def test_memory_is_that_of_a_local_model_s_files(folder: Path) -> None:
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    assert memory_bytes(get_reviewer(f"vlm:local:{folder}")) == weights > 0
