"""The reviewer that detects: on outputs made by hand, and on a tiny random OWLv2 from disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import Owlv2Config, Owlv2ForObjectDetection, PreTrainedTokenizerFast
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil

from generator.review import Finding, Review, Stray, get_reviewer
from generator.review.base import memory_bytes
from generator.review.detector import DetectorReviewer, judged, noun_of, things_of
from generator.review.matching import assigned, is_in
from generator.review.owl import Owl, boxes_of
from planner import BackendError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

LEFT, RIGHT, CORNER = Box(0, 0.25, 0.4, 0.5), Box(0.6, 0.25, 0.4, 0.5), Box(0.8, 0.8, 0.2, 0.2)
PHRASES = ["ball", "cat", "a red ball", "a grey cat"]


def plan_of(*objects: tuple[str, Box]) -> Plan:
    return Plan("x", (Row(1, (Cell(1, "x"),)),), tuple(ObjectBox(*each) for each in objects))


PLAN = plan_of(("a red ball", LEFT), ("a grey cat", RIGHT))


def seen(things: list[Box], scores: list[list[float]], plan: Plan = PLAN) -> Review:
    whole = [item.prompt for item in plan.objects]
    phrases = list(dict.fromkeys([*map(noun_of, whole), *whole]))
    found = np.array(scores, dtype=np.float32).reshape(len(things), len(phrases))
    return Review("detector", *judged(plan, things, found, phrases, (list(map(noun_of, whole)), whole)))


@pytest.mark.parametrize(
    ("phrase", "noun"),
    [("a red ball", "ball"), ("two shiny dogs", "dogs"), ("a cat on a rug", "cat"), ("dog", "dog"), ("!", "!")],
)
def test_nouns_of_phrases(phrase: str, noun: str) -> None:
    assert noun_of(phrase) == noun


def test_all_is_right() -> None:
    review = seen([RIGHT, LEFT], [[0, 0.8, 0.1, 0.7], [0.9, 0, 0.9, 0]])
    assert review.is_right
    assert [finding.box for finding in review.findings] == [LEFT, RIGHT]


def test_missing_misplaced_wrongly_coloured_and_strays() -> None:
    assert [each.verdict for each in seen([LEFT], [[0.9, 0, 0.9, 0]]).findings] == ["right", "not there"]
    swapped = seen([RIGHT, LEFT], [[0.9, 0, 0.9, 0], [0, 0.8, 0, 0.8]])
    assert [each.verdict for each in swapped.findings] == ["not in its box"] * 2
    blue = seen([LEFT, RIGHT], [[0.9, 0, 0.3, 0], [0, 0.8, 0, 0.8]])
    assert blue.findings[0].verdict == "not as described"
    assert blue.findings[0].words == "its words fit 0.30, its noun 0.90"
    twice = seen([LEFT, RIGHT, CORNER], [[0.9, 0, 0.9, 0], [0, 0.8, 0, 0.8], [0.5, 0, 0.4, 0]])
    assert twice.wrong == ()
    assert twice.strays == (Stray("ball", CORNER, 0.5),)
    assert seen([], []).wrong == (0, 1)


def test_two_of_a_kind_are_told_by_colour_and_place() -> None:
    plan = plan_of(("a red ball", LEFT), ("a blue ball", RIGHT))
    review = seen([RIGHT, LEFT], [[0.8, 0.1, 0.8], [0.8, 0.8, 0.1]], plan)
    assert review.is_right
    assert [finding.box for finding in review.findings] == [LEFT, RIGHT]


def test_boxes_of_one_thing_are_one() -> None:
    near = Box(0.02, 0.25, 0.4, 0.5)
    scores = np.array([[0.5], [0.9], [0.1]], dtype=np.float32)
    assert things_of([near, LEFT, CORNER], scores, 0.2) == [1]


def test_a_picture_is_seen_padded_below_and_on_the_right() -> None:
    scores = np.array([[0.9], [0.9], [0.001]], dtype=np.float32)
    places = np.array([[0.25, 0.25, 0.5, 0.5], [0.5, 0.9, 0.1, 0.1], [0.5, 0.5, 1, 1]])
    [box], kept = boxes_of(places, scores, (200, 100), squared=True)
    assert box == Box(0, 0, 0.5, 1)
    assert kept.shape == (1, 1)
    boxes, _ = boxes_of(places, scores, (200, 100), squared=False)
    assert boxes[0] == Box(0, 0, 0.5, 0.5)


boxes = st.builds(Box, st.floats(0, 0.8), st.floats(0, 0.8), st.floats(0.05, 0.2), st.floats(0.05, 0.2))


@given(st.lists(boxes, max_size=5), st.lists(boxes, max_size=5), st.randoms())
def test_an_assignment_gives_no_thing_twice(objects: list[Box], things: list[Box], rng: object) -> None:
    likeness = np.random.default_rng(1).random((len(objects), len(things))).round(1)
    found = assigned(likeness, objects, things)
    taken = [each for each in found if each is not None]
    assert len(found) == len(objects)
    assert len(taken) == len(set(taken))
    assert all(likeness[number, thing] > 0 for number, thing in enumerate(found) if thing is not None)


def test_the_nearer_thing_is_the_object() -> None:
    assert assigned(np.ones((2, 2)), [LEFT, RIGHT], [RIGHT, LEFT]) == [1, 0]
    assert assigned(np.zeros((1, 1)), [LEFT], [LEFT]) == [None]
    assert is_in(LEFT, LEFT)
    assert not is_in(Box(0, 0, 1, 1), LEFT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random OWLv2 of two layers of 16 channels, with a tokenizer of some words."""
    folder = tmp_path_factory.mktemp("owl")
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    vision = {**small, "image_size": 64, "patch_size": 16}
    config = Owlv2Config(text_config={**small, "vocab_size": 20}, vision_config=vision, projection_dim=16)
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    words = ["<pad>", "<unk>", "<end>", "a", "red", "ball", "grey", "cat"]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>").save_pretrained(folder)
    Owlv2ImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def test_a_tiny_detector_looks(folder: Path) -> None:
    image = Image.effect_noise((96, 64), 80).convert("RGB")
    found, scores = Owl(str(folder), "cpu").scores(image, ["ball", "a red ball"])
    assert scores.shape == (len(found), 2)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert all(Box(0, 0, 1, 1).contains(box, 1e-6) for box in found)
    reviewer = get_reviewer(f"detector:{folder}", device="cpu")
    review = reviewer.review(image, PLAN)
    assert (
        review == reviewer.review(image, PLAN).check(PLAN) or review.findings == reviewer.review(image, PLAN).findings
    )
    assert len(review.findings) == 2
    everything = DetectorReviewer(str(folder), "cpu", threshold=0.0).review(image, PLAN)
    assert any(finding.seen for finding in everything.findings)
    assert reviewer.review(image, plan_of()).findings == ()


def test_a_long_phrase_is_cut_to_what_the_model_reads(folder: Path) -> None:
    owl = Owl(str(folder), "cpu")
    _, scores = owl.scores(Image.new("RGB", (64, 64), "red"), ["a red ball " * 30])
    assert scores.shape[1] == 1


def test_memory_is_that_of_the_files(folder: Path) -> None:
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    assert memory_bytes(DetectorReviewer(str(folder))) == weights + 0.6e9
    assert memory_bytes(DetectorReviewer()) > 1e9


def test_what_is_no_detector_is_told(folder: Path, tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(BackendError, match=r"takes no model of the kind 'bert'.*OWLv2"):
        DetectorReviewer(str(tmp_path)).review(image, PLAN)
    with pytest.raises(BackendError, match=r"detector cannot load '.*nothing'"):
        DetectorReviewer(str(tmp_path / "nothing")).review(image, PLAN)


def test_findings_are_what_they_say() -> None:
    assert Finding(0, True, box=LEFT).is_right
