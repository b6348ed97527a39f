"""The reviewer of the embedded model's pictures: on renders, clean, blurred and spoiled."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image, ImageFilter

from generator.embedded.catalogue import Sprite, sprites
from generator.embedded.measure import pixels, words_of
from generator.embedded.pictures import PxBox, compose
from generator.embedded.sprite_reader import SpriteReviewer
from generator.review import Finding, Review
from planner.plan import Box, Cell, ObjectBox, Plan, Row

BOXES = (Box(0.0625, 0.0625, 0.375, 0.375), Box(0.5, 0.4375, 0.4375, 0.4375))
DOG, BALL, RED_CAR, BLUE_CAR = ("dog", None), ("ball", "blue"), ("car", "red"), ("car", "blue")


def plan_of(*wanted: Sprite) -> Plan:
    objects = tuple(ObjectBox(words_of(sprite), box) for sprite, box in zip(wanted, BOXES, strict=False))
    return Plan("a test", (Row(1, (Cell(1, "a test"),)),), objects)


def drawn(*placed: tuple[Sprite, Box | PxBox]) -> Image.Image:
    boxes = [(sprite, pixels(box) if isinstance(box, Box) else box) for sprite, box in placed]
    return Image.fromarray(compose(256, 256, boxes))


def seen(image: Image.Image, *wanted: Sprite) -> Review:
    return SpriteReviewer().review(image, plan_of(*wanted))


def test_a_clean_picture_is_right_and_read_alike_each_time() -> None:
    image = drawn((DOG, BOXES[0]), (BALL, BOXES[1]))
    review = seen(image, DOG, BALL)
    assert review.is_right
    assert all(finding.confidence > 0.9 for finding in review.findings)
    assert seen(image, DOG, BALL).findings == review.findings
    assert not seen(image, BALL, DOG).is_right  # each in the other's box


def test_renders_are_read_and_spoiled_ones_are_not() -> None:
    rng = random.Random(5)
    right = wrong = 0
    tried = rng.sample(sprites(), 16)
    for sprite, other in zip(tried, tried[1:] + tried[:1], strict=True):
        clean = drawn((sprite, BOXES[1]))
        x, y, width, height = pixels(BOXES[1])
        right += seen_alone(clean.filter(ImageFilter.GaussianBlur(width / 40)), sprite).is_right
        half = clean.copy()
        half.paste(drawn().crop((0, 0, width, height // 2)), (x, y))
        wrong += seen_alone(half, sprite).is_right
        wrong += seen_alone(Image.blend(clean, drawn((other, BOXES[1])), 0.5), sprite).is_right
    assert right >= 14
    assert wrong <= 2


def test_a_clean_thing_is_surely_read_between_the_pixels_too() -> None:
    rng = random.Random(7)
    for sprite in rng.sample(sprites(), 12):
        side = rng.randint(56, 110)
        x, y = (rng.randint(0, 256 - side) for _ in range(2))
        box = Box(x / 256, y / 256, side / 256, side / 256)
        plan = Plan("x", (Row(1, (Cell(1, "x"),)),), (ObjectBox(words_of(sprite), box),))
        [finding] = SpriteReviewer().review(drawn((sprite, (x, y, side, side))), plan).findings
        assert finding.confidence > 0.93, (sprite, x, y, side)


def seen_alone(image: Image.Image, sprite: Sprite) -> Finding:
    plan = Plan("x", (Row(1, (Cell(1, "x"),)),), (ObjectBox(words_of(sprite), BOXES[1]),))
    return SpriteReviewer().review(image, plan).findings[0]


@pytest.mark.parametrize(
    ("placed", "wanted", "verdicts"),
    [
        ([(DOG, BOXES[0])], (DOG, BALL), ["right", "not there"]),
        ([(DOG, BOXES[0]), (BLUE_CAR, BOXES[1])], (DOG, RED_CAR), ["right", "not as described"]),
        ([(DOG, (16, 150, 96, 96)), (BALL, BOXES[1])], (DOG, BALL), ["not in its box", "right"]),
        ([], (DOG, BALL), ["not there", "not there"]),
    ],
)
def test_what_is_wrong_is_said(
    placed: list[tuple[Sprite, Box]], wanted: tuple[Sprite, ...], verdicts: list[str]
) -> None:
    assert [finding.verdict for finding in seen(drawn(*placed), *wanted).findings] == verdicts


def test_another_colour_is_named() -> None:
    review = seen(drawn((DOG, BOXES[0]), (BLUE_CAR, BOXES[1])), DOG, RED_CAR)
    assert review.findings[1].words == "a blue one"
    assert review.strays == ()


def test_strays_are_found_where_they_are() -> None:
    image = drawn((DOG, BOXES[0]), (BALL, BOXES[1]), (BALL, (16, 176, 64, 64)))
    review = seen(image, DOG, BALL)
    [stray] = review.strays
    assert (stray.what, review.wrong) == ("a blue ball", ())
    assert stray.box.iou(Box(16 / 256, 176 / 256, 0.25, 0.25)) > 0.6
    assert stray.confidence > 0.9
    shard = image.copy()
    shard.paste((30, 90, 200), (20, 230, 50, 250))
    shard = Image.composite(shard, drawn((DOG, BOXES[0]), (BALL, BOXES[1])), Image.new("L", image.size, 255))
    assert len(seen(shard, DOG, BALL).strays) >= 1


def test_a_pale_stray_is_found_too() -> None:
    image = drawn((DOG, BOXES[0]), (BALL, BOXES[1]))
    image.paste((182, 214, 228), (20, 190, 70, 215))  # the ground, a little lighter
    [stray] = seen(image, DOG, BALL).strays
    assert stray.box.iou(Box(20 / 256, 190 / 256, 50 / 256, 25 / 256)) > 0.6


def test_a_speck_is_no_stray() -> None:
    image = drawn((DOG, BOXES[0]), (BALL, BOXES[1]))
    image.paste((30, 90, 200), (20, 240, 25, 245))
    assert seen(image, DOG, BALL).is_right


def test_what_it_has_no_picture_of_is_not_seen_and_said() -> None:
    plan = Plan("x", (Row(1, (Cell(1, "x"),)),), (ObjectBox("a zebra", BOXES[0]),))
    [finding] = SpriteReviewer().review(drawn((DOG, BOXES[0])), plan).findings
    assert (finding.seen, finding.confidence, finding.words) == (False, 0, "no picture of it is known")


def test_two_of_a_kind_are_two_objects() -> None:
    review = seen(drawn((DOG, BOXES[0]), (DOG, BOXES[1])), DOG, DOG)
    assert review.is_right
    assert seen(drawn((DOG, BOXES[0])), DOG, DOG).wrong == (1,)


def test_any_size_of_picture_is_read() -> None:
    wide = Image.fromarray(
        np.pad(np.asarray(drawn((DOG, BOXES[0]), (BALL, BOXES[1]))), ((0, 0), (0, 64), (0, 0)), "edge")
    )
    plan = plan_of(DOG, BALL)
    narrower = [Box(box.x * 0.8, box.y, box.width * 0.8, box.height) for box in BOXES]
    objects = tuple(ObjectBox(item.prompt, box) for item, box in zip(plan.objects, narrower, strict=True))
    assert SpriteReviewer().review(wide, Plan("x", plan.rows, objects)).is_right
