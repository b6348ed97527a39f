"""Boxes as models write them: in other units, as corners, as lists; one reading for a whole reply, or none."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.loop.box_forms import read_boxes

BOXES = ((0.1, 0.25, 0.3, 0.5), (0.55, 0.2, 0.4, 0.75))


def reply(*boxes: Any, key: str = "box") -> dict[str, Any]:
    return {"objects": [{"prompt": "a kettle", key: box} for box in boxes], "rows": []}


def keyed(sides: tuple[Any, ...], names: str = "x y width height") -> dict[str, Any]:
    return dict(zip(names.split(), sides, strict=True))


def corners(box: tuple[float, ...]) -> tuple[float, ...]:
    return (box[0], box[1], box[0] + box[2], box[1] + box[3])


def scaled(box: tuple[float, ...], x: float, y: float) -> tuple[float, ...]:
    return (box[0] * x, box[1] * y, box[2] * x, box[3] * y)


def boxes_of(data: Any) -> list[tuple[float, ...]]:
    return [tuple(item["box"][side] for side in ("x", "y", "width", "height")) for item in data["objects"]]


def test_boxes_as_asked_for_are_left_alone() -> None:
    data = reply(*map(keyed, BOXES))
    read = read_boxes(data, width=640, height=480)
    assert read.data is data
    assert (read.leniencies, read.repairs) == ((), ())


@pytest.mark.parametrize(
    ("names", "code", "as_written"),
    [
        ("x y w h", "box_keys", lambda box: box),
        ("left top width height", "box_keys", lambda box: box),
        ("X Y Width Height", "box_keys", lambda box: box),
        ("x1 y1 x2 y2", "box_corners", corners),
        ("left top right bottom", "box_corners", corners),
        ("x_min y_min x_max y_max", "box_corners", corners),
        ("cx cy w h", "box_center", lambda b: (b[0] + b[2] / 2, b[1] + b[3] / 2, b[2], b[3])),
    ],
)
@pytest.mark.parametrize(("unit", "also"), [((1, 1), ()), ((1000, 1000), ("box_unit",)), ((640, 480), ("box_unit",))])
def test_other_names_say_what_is_meant(
    names: str, code: str, as_written: Any, unit: tuple[float, float], also: tuple[str, ...]
) -> None:
    written = [keyed(scaled(as_written(box), *unit), names) for box in BOXES]
    read = read_boxes(reply(*written), width=640, height=480)
    assert boxes_of(read.data) == [pytest.approx(box) for box in BOXES]
    assert read.leniencies == (code, *also)
    assert bool(read.repairs) == bool(also)


@pytest.mark.parametrize(
    ("unit", "canvas", "said"),
    [
        ((1000, 1000), (768, 768), "thousandths and were divided by 1000"),
        ((100, 100), (768, 768), "percent and were divided by 100"),
        ((512, 512), (512, 512), "pixels and were divided by 512"),
        ((1536, 1024), (1536, 1024), "pixels and were divided by 1536 × 1024"),
    ],
)
def test_the_unit_that_fits_every_box_is_taken_and_told(
    unit: tuple[float, float], canvas: tuple[int, int], said: str
) -> None:
    written = reply(*(keyed(scaled(box, *unit)) for box in BOXES))
    read = read_boxes(written, width=canvas[0], height=canvas[1])
    assert boxes_of(read.data) == [pytest.approx(box) for box in BOXES]
    assert read.leniencies == ("box_unit",)
    assert read.repairs == (f"the boxes were given in {said}",)


@pytest.mark.parametrize("key", ["box", "bbox", "bounding_box"])
def test_a_list_is_in_the_order_that_was_asked_for(key: str) -> None:
    read = read_boxes(reply(*map(list, BOXES), key=key), width=512, height=512)
    assert boxes_of(read.data) == [pytest.approx(box) for box in BOXES]
    assert read.leniencies == ("box_list",)
    assert read.data["objects"][0].keys() == {"prompt", "box"}


@pytest.mark.parametrize(
    ("key", "written", "codes"),
    [
        ("box", lambda box: ", ".join(map(str, box)), ("box_list",)),
        ("box", lambda box: f"[{' '.join(map(str, box))}]", ("box_list",)),
        ("box", lambda box: {"bbox": keyed(box)}, ("box_keys",)),
        ("box", lambda box: [list(corners(box)[:2]), list(corners(box)[2:])], ("box_corners",)),
        ("bbox_2d", lambda box: list(scaled(corners(box), 1000, 1000)), ("box_corners", "box_unit")),
        ("box_2d", lambda box: [1000 * corners(box)[i] for i in (1, 0, 3, 2)], ("box_corners", "box_unit")),
        ("box", lambda box: keyed(tuple(f"{side * 512:g}px" for side in box)), ("box_unit",)),
        ("box", lambda box: "".join(f"<loc{1024 * corners(box)[i]:04.0f}>" for i in (1, 0, 3, 2)), ("box_corners",)),
        ("bbox", lambda box: "".join(f"<loc_{1000 * side:.0f}>" for side in corners(box)), ("box_corners", "box_unit")),
        ("box", lambda box: "<|box_start|>({},{}),({},{})<|box_end|>".format(*corners(box)), ("box_corners",)),
    ],
)
def test_boxes_as_some_models_were_taught_them(key: str, written: Any, codes: tuple[str, ...]) -> None:
    read = read_boxes(reply(*map(written, BOXES), key=key), width=512, height=512)
    assert boxes_of(read.data) == [pytest.approx(box, abs=0.001) for box in BOXES]  # tokens are whole numbers
    assert read.leniencies == codes


@pytest.mark.parametrize("box", ["", "a b c d", "1,2,3", [[0.1, 0.2], [0.3]], {"bbox": {"bbox": 5}}, {"box": None}])
def test_what_is_no_box_stays_as_it_is(box: Any) -> None:
    data = reply(box)
    assert read_boxes(data, width=512, height=512).data is data


def test_a_list_is_corners_where_only_these_fit() -> None:
    read = read_boxes(reply(*(list(scaled(corners(box), 1000, 1000)) for box in BOXES)), width=512, height=512)
    assert boxes_of(read.data) == [pytest.approx(box) for box in BOXES]
    assert set(read.leniencies) == {"box_list", "box_corners", "box_unit"}


def test_corners_under_our_names_are_seen_by_where_they_reach() -> None:
    read = read_boxes(reply(*(keyed(corners(box)) for box in BOXES)), width=512, height=512)
    assert boxes_of(read.data) == [pytest.approx(box) for box in BOXES]
    assert "two corners" in read.repairs[0]


def test_numbers_beside_the_prompt_are_the_box() -> None:
    data = {"objects": [{"prompt": "a kettle", **keyed(BOXES[0])}]}
    read = read_boxes(data, width=512, height=512)
    assert read.data == {"objects": [{"prompt": "a kettle", "box": keyed(BOXES[0])}]}


@pytest.mark.parametrize(
    "boxes",
    [
        [(0.1, 0.2, 0.3, 0.4), (560, 350, 380, 550)],  # fractions and thousandths in one reply
        [(5000, 5000, 400, 400)],
        [(1.8, 0.2, 0.4, 0.4)],  # a slip, no unit: as percent it would be a dot
        [(-300, 10, 400, 400), (560, 350, 380, 550)],
        [(0.1, 0.2, 0.92, 0.4)],  # a small reach: repaired, not read anew
        [(0.1, 0.2, float("nan"), 0.4)],
        [("wide", 1, 2, 3)],
    ],
)
def test_what_fits_no_reading_stays(boxes: list[tuple[Any, ...]]) -> None:
    data = reply(*map(keyed, boxes))
    read = read_boxes(data, width=512, height=512)
    assert read.data is data
    assert read.repairs == ()


@pytest.mark.parametrize("data", [None, [], 3, {}, {"objects": 3}, {"objects": [None, 1, "box"]}, {"objects": [{}]}])
def test_whatever_it_is_it_comes_back(data: Any) -> None:
    assert read_boxes(data, width=512, height=512).data is data


SIDE = st.floats(0.05, 0.45)
BOX = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), SIDE, SIDE)


@given(st.lists(BOX, min_size=1, max_size=5), st.sampled_from([(1000, 1000), (100, 100)]))
@settings(max_examples=100, deadline=None)
def test_fractions_times_a_unit_come_back(boxes: list[tuple[float, ...]], unit: tuple[float, float]) -> None:
    full = [*boxes, (0.0, 0.0, 0.96, 0.96)]  # something reaches far, as a layout does
    read = read_boxes(reply(*(keyed(scaled(box, *unit)) for box in full)), width=2048, height=2048)
    assert boxes_of(read.data) == [pytest.approx(box) for box in full]
