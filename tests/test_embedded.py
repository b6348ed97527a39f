"""The embedded model's parts: what it draws, what it learned from, who judges it, and how training goes on."""

import random
import subprocess
import sys
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor
from PIL import Image
from torch import Tensor

from generator.embedded.autoencoder import bound_latents, new_autoencoder, to_tensor
from generator.embedded.card import draw_card, with_cards
from generator.embedded.catalogue import CARD, OBJECTS, look, read_prompt, sprites
from generator.embedded.colours import ALWAYS, COLOURS, FILLS, OWN
from generator.embedded.cpu import InFloat32, PlainAttnProcessor, mean_of_processes
from generator.embedded.grounds import GROUNDS, PHRASES, PLAIN, ground_of
from generator.embedded.measure import scene_cases, table, things_in
from generator.embedded.pictures import UNKNOWN_ADJECTIVES, UNKNOWN_NOUNS, UNKNOWN_TAILS, compose, held_back, size_in
from generator.embedded.recogniser import read_region, reads_as
from generator.embedded.scenes import SCENE_SIZES, random_scene, random_single
from generator.embedded.text import MAX_TOKENS, vocabulary, word_tokenizer
from generator.embedded.train import LONE_NOISE, LatentBank, Settings, Trainer, flow_loss, with_own_strays, with_strays
from generator.embedded.wording import UNKNOWN_WORDS, told, worded
from generator.families.profiles.checkpoint import EMBEDDED_FOLDER
from generator.regions.geometry import TokenGrid
from planner import Box, Cell, Plan, Row
from planner.plan import ObjectBox

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
        ("a black cat", ("cat", "black")),
        ("a blue fish", ("fish", None)),
        ("a red fish", ("fish", "red")),
        ("a red man", ("man", None)),
        ("two children", ("boy", None)),
        ("a zebra", None),
        ("a man in a red hat", ("man", None)),
        ("a car alarm", None),
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


def test_the_catalogue_is_whole() -> None:
    assert len(OBJECTS) >= 80
    assert set(FILLS) | set(ALWAYS) | set(OWN) <= set(OBJECTS)
    assert len(sprites()) == len(set(sprites()))
    for noun in OBJECTS:
        looks = {look(noun, colour) for colour in (None, *COLOURS)}
        assert looks == {sprite for sprite in sprites() if sprite[0] == noun}
        assert len(looks) in (1, len(COLOURS), len(COLOURS) + 1)


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_sprite_fits_its_box_and_stands_out(ground: str) -> None:
    for sprite in sprites()[::7]:
        width, height = size_in(sprite, 60, 90)
        assert width == 60 or height == 90
        assert width <= 60
        assert height <= 90
        picture = compose(60, 90, [(sprite, (0, 0, 60, 90))], fill=1.0, ground=ground)
        differs = np.abs(picture.astype(int) - GROUNDS[ground]).max(axis=-1) > 24
        assert differs.mean() > 0.1


def test_grounds_are_read_from_words() -> None:
    for ground, phrases in PHRASES.items():
        assert {ground_of(f"a dog {phrase}") for phrase in phrases} == {ground}
    assert ground_of("a dog under a tree") == PLAIN
    assert ground_of("") == PLAIN


def test_the_model_is_told_the_ground_and_what_it_does_not_know() -> None:
    assert told("a dog", PLAIN) == "a dog"
    assert told("a xylophone", PLAIN) == UNKNOWN_WORDS
    assert read_prompt(told("a red car", "snow")) == ("car", "red")
    assert ground_of(told("a xylophone", "snow")) == "snow"
    assert told("a dog at night", "snow") == "a dog at night"
    plan = Plan("a dog in the snow", (Row(1, (Cell(1, "a dog"),)),), (ObjectBox("a dog", Box(0, 0, 1, 1)),))
    assert ground_of(worded(plan).objects[0].prompt) == "snow"
    assert worded(plan).rows == plan.rows


@pytest.mark.parametrize(
    ("prompt", "known"),
    [
        ("a small, red cat, watercolor", "a small, red cat"),
        ("a dog", "a dog"),
        ("an elf, oil on canvas", UNKNOWN_WORDS),
    ],
)
def test_a_style_behind_a_thing_leaves_it_what_it_is(prompt: str, known: str) -> None:
    assert told(prompt, PLAIN) == known


def test_unknown_words_are_none_of_the_models() -> None:
    texts = (*UNKNOWN_NOUNS, *UNKNOWN_ADJECTIVES, UNKNOWN_WORDS.removeprefix("an "))
    words = {word for text in texts for word in text.split()}
    assert not words & set(vocabulary())
    assert all(set(text.split()) - set(vocabulary()) for text in UNKNOWN_TAILS)
    assert read_prompt(UNKNOWN_WORDS) is None


def test_things_are_found_on_the_ground() -> None:
    boxes = [(0, 0, 64, 64), (96, 32, 96, 64)]
    picture = Image.fromarray(compose(192, 128, list(zip([("dog", None), CARD], boxes, strict=True))))
    found = sorted(things_in(picture))
    assert len(found) == 2
    for (x, y, width, height), box in zip(found, boxes, strict=True):
        assert box[0] <= x
        assert box[1] <= y
        assert x + width <= box[0] + box[2]
        assert y + height <= box[1] + box[3]


@pytest.mark.parametrize("side", [64, 112])
def test_a_perfect_drawing_is_read_between_the_pixels(side: int) -> None:
    """An outline beside its place must not make a white thing, which holds little else, a wrong one."""
    for sprite in [sprite for sprite in sprites() if sprite[1] == "white"][::5]:
        picture = Image.fromarray(compose(side, side, [(sprite, (0, 0, side, side))]))
        assert read_region(picture, (0, 0, side, side), among=(sprite,)).accepted, sprite


def test_the_recogniser_reads_clean_renders_and_accepts_no_wrong_ones() -> None:
    rng = random.Random(11)
    right = wrong = 0
    tried = rng.sample(sprites(), 24)
    for sprite in tried:
        width, height = (rng.choice((64, 80, 96, 112, 128)) for _ in range(2))
        box = (0, 0, width, height)
        picture = Image.fromarray(compose(width, height, [(sprite, box)]))
        reading = read_region(picture, box)
        right += reading.accepted and reading.sprite == sprite
        for asked in (sprite, rng.choice(sprites())):
            assert reads_as(picture, box, asked) == (reading.accepted and reading.sprite == asked)
        scrambled = np.array(picture).reshape(-1, 3)
        np.random.default_rng(3).shuffle(scrambled)
        wrong += read_region(Image.fromarray(scrambled.reshape(height, width, 3)), box).accepted
    assert right >= 0.98 * len(tried)
    assert wrong == 0
    assert not read_region(Image.new("RGB", (64, 64), GROUNDS[PLAIN]), (0, 0, 64, 64)).accepted
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
    for case in scene_cases(6):
        assert held_back(sprite[0] for sprite, _, _ in case.expected)
        for _, (x, y, width, height), cell in case.expected:
            assert (x >= cell[0], y >= cell[1]) == (True, True)
            assert (x + width <= cell[0] + cell[2], y + height <= cell[1] + cell[3]) == (True, True)


def test_the_table_counts_objects_not_pictures() -> None:
    results = [
        {"key": "single a dog 64", "way": "plain", "box": [True], "cell": [True], "anywhere": [True]},
        {"key": "2 objects 0 both: x", "way": "both", "box": [False], "cell": [True], "anywhere": [True]},
        {"key": "2 objects 1 both: y", "way": "both", "box": [True] * 3, "cell": [True] * 3, "anywhere": [False] * 3},
    ]
    assert "| both | 75% (100%; 25%) | – (–; –) |" in table(results)
    assert "| drawn right | 100% |" in table(results)


def test_captions_fit_the_tokenizer() -> None:
    tokenizer = word_tokenizer(start=True)
    rng = random.Random(4)
    unknown = tokenizer.unk_token_id
    for _ in range(300):
        scene = random_scene(256, 256, rng) if rng.random() < 0.5 else random_single(64, 64, rng)
        ids = tokenizer(scene.caption(rng)).input_ids
        assert len(ids) <= MAX_TOKENS
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


def test_the_attention_of_training_is_the_stock_one() -> None:
    trainer = Trainer(TINY)
    batch = LatentBank(trainer.pipe, TINY, random.Random(0)).draw("scene")
    losses = []
    for processor in (PlainAttnProcessor(), FluxAttnProcessor()):
        trainer.pipe.transformer.set_attn_processor(processor)
        torch.manual_seed(0)
        losses.append(flow_loss(trainer.pipe, batch, TINY).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


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


OTHER_PROCESS = """
import sys, torch, torch.distributed as dist
dist.init_process_group("gloo", init_method=sys.argv[1], rank=1, world_size=2)
dist.all_reduce(torch.tensor([3.0, 0.0, 0.0, -4.0, 10.0]))
"""


def test_training_processes_mean_their_gradients(tmp_path: Path) -> None:
    values = [torch.tensor([[1.0, 2.0], [2.0, 4.0]]), torch.tensor([6.0])]
    mean_of_processes(values)
    assert [value.tolist() for value in values] == [[[1, 2], [2, 4]], [6]]  # alone
    meeting = (tmp_path / "meeting").as_uri()
    other = subprocess.Popen([sys.executable, "-c", OTHER_PROCESS, meeting])
    dist.init_process_group("gloo", init_method=meeting, rank=0, world_size=2)
    try:
        mean_of_processes(values)
    finally:
        dist.destroy_process_group()
        other.wait(timeout=60)
    assert [value.tolist() for value in values] == [[[2, 1], [1, 0]], [8]]


def test_strays_are_put_where_nothing_is_said_to_be() -> None:
    trainer = Trainer(TINY)
    bank = LatentBank(trainer.pipe, TINY, random.Random(0))
    changed = 0
    for _ in range(8):
        batch = bank.draw("scene")
        differs = (with_strays(batch, torch.full((len(batch.latents),), 0.5)) != batch.latents).any(-1)
        assert not differs[~batch.free].any()
        changed += int(differs.sum())
    assert changed > 0


def test_what_the_model_begins_itself_is_put_where_nothing_is_said_to_be() -> None:
    batch = LatentBank(Trainer(TINY).pipe, TINY, random.Random(0)).draw("scene")
    noise = torch.randn_like(batch.latents)
    asked: list[Tensor] = []

    def velocity(noisy: Tensor, levels: Tensor) -> Tensor:  # of a model that draws 3 everywhere
        asked.append(levels)
        return (noisy - 3) / levels[:, None, None]

    levels = torch.linspace(0.2, 0.9, len(batch.latents))
    seen = with_own_strays(batch, levels, noise, velocity)
    assert asked[0].tolist() == [1] * len(batch.latents)
    assert all((later > levels).all() for later in asked)
    amount = (levels / (1 - levels)).clamp(max=1)[:, None, None]
    expected = torch.where(batch.free[..., None], torch.lerp(batch.latents, torch.tensor(3.0), amount), batch.latents)
    assert torch.allclose(seen, expected, atol=1e-4)


def test_an_object_anywhere_is_learned_where_it_can_be_seen() -> None:
    rng = random.Random(0)
    batches = [LatentBank(Trainer(TINY).pipe, TINY, rng).draw(kind) for kind in ("single", *["scene"] * 6)]
    assert (batches[0].noisiest == 1).all()
    levels = sorted({value.item() for batch in batches for value in batch.noisiest})
    assert levels == pytest.approx([LONE_NOISE, 1.0])


def test_bound_latents_hold_each_object_as_it_is_encoded_alone() -> None:
    vae = new_autoencoder()
    rng = random.Random(2)
    scene = next(scene for scene in (random_scene(256, 256, rng) for _ in range(50)) if len(scene.placed) == 2)
    torch.manual_seed(0)
    latents = torch.cat([bound_latents(vae, [scene]) for _ in range(8)])
    sprite, (x, y, w, h) = scene.placed[0]
    with torch.no_grad():
        alone = vae.encode(to_tensor([compose(w, h, [(sprite, (0, 0, w, h))], ground=scene.ground)])).latent_dist.mode()
    there = latents[:, :, y // 8 : (y + h) // 8, x // 8 : (x + w) // 8]
    same = [torch.allclose(each, alone[0], atol=1e-4) for each in there]
    assert any(same)
    assert not all(same)


def test_muon_stays_in_float32_where_it_is_told_to() -> None:
    with InFloat32():
        assert torch.ones(2).bfloat16().dtype == torch.float32
    assert torch.ones(2).bfloat16().dtype == torch.bfloat16
