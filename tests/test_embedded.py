"""The embedded model's parts: what it draws, what it learned from, who judges it, and how training goes on."""

import random
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generator.embedded.card import draw_card, with_cards
from generator.embedded.catalogue import COLOURS, OBJECTS, TINTED, read_prompt, sprites
from generator.embedded.measure import scene_cases, table
from generator.embedded.pictures import BACKGROUND, compose, held_back
from generator.embedded.recogniser import read_region
from generator.embedded.scenes import SCENE_SIZES, random_scene, random_single
from generator.embedded.text import MAX_TOKENS, word_tokenizer
from generator.embedded.train import LatentBank, Settings, Trainer, flow_loss
from generator.families.profiles.checkpoint import EMBEDDED_FOLDER
from generator.regions.geometry import TokenGrid
from planner.plan import Box, Cell, ObjectBox, Plan, Row

TINY = Settings(minutes=1, tokens_per_step=100, blocks=(1, 1), heads=1, warmup_steps=1)


@pytest.mark.parametrize(
    ("prompt", "sprite"),
    [
        ("a playful dog sitting on the grass", ("dog", None)),
        ("Two Bunnies!", ("rabbit", None)),
        ("a small blue ball", ("ball", "blue")),
        ("a ball", ("ball", "red")),
        ("an orange", ("orange", None)),
        ("an orange cat", ("cat", None)),
        ("a cup full of hot tea", ("cup", "blue")),
        ("a slice of pizza", ("pizza", None)),
        ("a picture of a red balloon floating", ("balloon", "red")),
        ("a cat alone", ("cat", None)),
        ("a dog house", ("house", None)),
        ("a zebra", None),
        ("a man in a red hat", None),
        ("a car key", None),
        ("a wizard wearing a hat", None),
        ("", None),
    ],
)
def test_prompts_are_read(prompt: str, sprite: tuple[str, str | None] | None) -> None:
    assert read_prompt(prompt) == sprite


def plan_of(*things: tuple[str, Box]) -> Plan:
    return Plan("x", (Row(1, (Cell(1, "x"),)),), tuple(ObjectBox(*each) for each in things))


def test_a_card_stands_where_a_thing_is_not_known_and_nowhere_else() -> None:
    picture = Image.new("RGB", (256, 192), "red")
    grid = TokenGrid.from_pixels(*picture.size)
    unknown, known = Box(0.125, 0.25, 0.5, 0.5), Box(0.5, 0.25, 0.25, 0.5)
    assert with_cards(picture, plan_of(("a dog", unknown)), grid) is picture
    shown = np.asarray(with_cards(picture, plan_of(("a zebra", unknown), ("a dog", known)), grid))
    red = (shown == (255, 0, 0)).all(axis=-1)
    assert not red[48:144, 32:128].any()
    red[48:144, 32:128] = True
    assert red.all()  # the dog's box, which is later, among it
    behind = np.asarray(with_cards(picture, plan_of(("a dog", known), ("a zebra", unknown)), grid))
    assert not (behind[48:144, 32:160] == (255, 0, 0)).all(axis=-1).any()
    assert np.asarray(picture)[..., 0].min() == 255


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (48, 160), (160, 48)])
def test_the_card_has_an_edge_and_a_mark(size: tuple[int, int]) -> None:
    grey = np.asarray(draw_card(*size).convert("L"))
    assert grey.shape == size[::-1]
    middle = grey[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4]
    assert middle.min() < 130 < 200 < middle.max()
    assert (grey[0] < 180).all()
    assert (grey[:, -1] < 180).all()


def test_the_catalogue_has_48_objects_eight_of_them_in_five_colours() -> None:
    assert len(OBJECTS) == 48
    assert len(sprites()) == len(set(sprites())) == 48 - len(TINTED) + len(TINTED) * len(COLOURS)


def test_the_recogniser_reads_clean_renders_and_accepts_no_wrong_ones() -> None:
    rng = random.Random(11)
    right = wrong = 0
    for sprite in sprites():
        width, height = (rng.choice((64, 80, 96, 112, 128)) for _ in range(2))
        box = (0, 0, width, height)
        picture = Image.fromarray(compose(width, height, [(sprite, box)]))
        reading = read_region(picture, box)
        right += reading.accepted and reading.sprite == sprite
        scrambled = np.array(picture).reshape(-1, 3)
        np.random.default_rng(3).shuffle(scrambled)
        wrong += read_region(Image.fromarray(scrambled.reshape(height, width, 3)), box).accepted
    assert right >= 0.98 * len(sprites())
    assert wrong == 0
    assert not read_region(Image.new("RGB", (64, 64), BACKGROUND), (0, 0, 64, 64)).accepted
    assert not read_region(Image.new("RGB", (64, 64), "red"), (0, 0, 64, 64)).accepted


def test_no_training_scene_holds_a_held_back_pair() -> None:
    pairs = list(combinations(sorted(OBJECTS), 2))
    assert 0.08 < sum(map(held_back, pairs)) / len(pairs) < 0.18
    rng = random.Random(0)
    for _ in range(200):
        scene = random_scene(*rng.choice(SCENE_SIZES), rng)
        assert not held_back(sprite[0] for sprite, _ in scene.placed)
        for _, (x, y, width, height) in scene.placed:
            assert min(width, height) >= 48
            assert x >= 0 <= y
            assert x + width <= scene.width
            assert y + height <= scene.height


def test_measured_sentences_are_held_back_and_planned_with_the_same_objects() -> None:
    for case in scene_cases(3):
        assert held_back(sprite[0] for sprite, _, _ in case.expected)
        for _, (x, y, width, height), cell in case.expected:
            assert (x >= cell[0], y >= cell[1]) == (True, True)
            assert (x + width <= cell[0] + cell[2], y + height <= cell[1] + cell[3]) == (True, True)


def test_the_table_counts_objects_not_pictures() -> None:
    results = [
        {"key": "single a dog 64", "way": "plain", "box": [True], "cell": [True]},
        {"key": "2 objects 0 both: x", "way": "both", "box": [True, False], "cell": [True, True]},
        {"key": "2 objects 1 both: y", "way": "both", "box": [True, True], "cell": [True, True]},
    ]
    assert "| both | 75% (100%) | – (–) | – (–) |" in table(results)
    assert "| drawn right | 100% |" in table(results)


def test_captions_fit_the_tokenizer() -> None:
    tokenizer = word_tokenizer(start=True)
    rng = random.Random(4)
    unknown = tokenizer.unk_token_id
    for _ in range(300):
        scene = random_scene(256, 256, rng) if rng.random() < 0.5 else random_single(64, 64, rng)
        ids = tokenizer(scene.caption(rng)).input_ids
        assert len(ids) <= MAX_TOKENS
        assert unknown not in ids
    assert tokenizer("a bunny").input_ids == tokenizer("A rabbit!").input_ids
    assert unknown in tokenizer("a xylophone").input_ids


def test_training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    def losses(trainer: Trainer, count: int) -> list[float]:
        torch.manual_seed(int(trainer.progress["step"]))
        bank = LatentBank(trainer.pipe, TINY, random.Random(0))
        return [trainer.step(bank.draw("single")) for _ in range(count)]

    straight = Trainer(TINY)
    losses(straight, 2)
    straight.save(tmp_path)
    stopped = Trainer(TINY)
    stopped.load(tmp_path)
    assert losses(stopped, 2) == losses(straight, 2)
    for name, value in straight.average.items():
        assert torch.equal(value, stopped.average[name])


def test_training_can_begin_with_exported_weights(tmp_path: Path) -> None:
    first, second = Trainer(TINY), Trainer(Settings(**{**asdict(TINY), "seed": 1}))
    first.export(tmp_path)
    second.start_from(tmp_path)
    for name, value in first.average.items():
        assert torch.equal(second.parameters[name], value.half().float())
        assert torch.equal(second.average[name], second.parameters[name])
        assert torch.equal(first.parameters[name], value)


def test_training_learns() -> None:
    trainer = Trainer(
        Settings(minutes=1, tokens_per_step=100, blocks=(1, 1), heads=1, warmup_steps=1, learning_rate=3e-3)
    )
    bank = LatentBank(trainer.pipe, TINY, random.Random(0))
    batch = bank.draw("single")
    torch.manual_seed(1)
    before = flow_loss(trainer.pipe, batch, TINY).item()
    for _ in range(30):
        trainer.step(batch)
    torch.manual_seed(1)
    assert flow_loss(trainer.pipe, batch, TINY).item() < 0.8 * before


def test_the_weights_are_small_and_in_half_precision() -> None:
    from safetensors.torch import load_file

    files = list(EMBEDDED_FOLDER.rglob("*.safetensors"))
    assert len(files) == 4
    assert sum(file.stat().st_size for file in EMBEDDED_FOLDER.rglob("*")) < 40e6
    for file in files:
        assert {tensor.dtype for tensor in load_file(file).values() if tensor.is_floating_point()} == {torch.float16}
