"""The embedded model's parts: what it draws, what it learned from, who judges it, and how training goes on."""

import random
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generator.embedded.catalogue import COLOURS, OBJECTS, TINTED, read_prompt, sprites
from generator.embedded.measure import scene_cases, table
from generator.embedded.pictures import BACKGROUND, compose, held_back
from generator.embedded.recogniser import read_region
from generator.embedded.scenes import SCENE_SIZES, random_scene, random_single
from generator.embedded.text import MAX_TOKENS, word_tokenizer
from generator.embedded.train import LatentBank, Settings, Trainer, flow_loss
from generator.families.profiles.checkpoint import EMBEDDED_FOLDER

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
        ("a zebra", None),
        ("", None),
    ],
)
def test_prompts_are_read(prompt: str, sprite: tuple[str, str | None] | None) -> None:
    assert read_prompt(prompt) == sprite


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
