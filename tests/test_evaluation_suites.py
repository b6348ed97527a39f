"""Every suite format: what is read from it, and what is refused."""

import json
from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.evaluation.suites.cases import SuiteRelation, SuiteThing
from planner.evaluation.suites.suites import FORMATS, detect, read_suite
from planner.evaluation.validity import look_at
from planner.plan import Plan

COUNTING = [
    {"id": 4, "prompt": "Two owls and a fox.", "num_object": [["owl", 2], ["fox", 1]], "sub-type": "two"},
    {"id": 5, "prompt": "Three owls, fewer foxes.", "num_object": [["owl", 3], ["fox", 2]], "sub-type": "comparison"},
]
SPATIAL = [
    {
        "id": 1,
        "prompt": "a kettle to the left of a lamp",
        "obj1": ["kettle", [0, 0, 0.2, 0.2]],
        "obj2": ["lamp", [0.5, 0, 0.2, 0.2]],
        "relation": "left",
        "type": "template",
    }
]
GENEVAL = [
    {
        "tag": "counting",
        "include": [{"class": "owl", "count": 3}],
        "exclude": [{"class": "owl", "count": 4}],
        "prompt": "a photo of three owls",
    },
    {"tag": "colors", "include": [{"class": "owl", "count": 1, "color": "red"}], "prompt": "a photo of a red owl"},
    {
        "tag": "position",
        "include": [{"class": "fox", "count": 1}, {"class": "owl", "count": 1, "position": ["above", 0]}],
        "prompt": "a photo of an owl above a fox",
    },
]
OWN = [
    {
        "prompt": "two red cups left of a plate",
        "kind": "kitchen",
        "objects": [
            {"name": "cup", "count": 2, "attributes": ["red"]},
            {"name": "plate"},
            {"name": "fork", "count": 0},
        ],
        "relations": [{"subject": "cup", "relation": "left of", "object": "plate"}],
    }
]
LMD = [
    "A realistic photo of a scene without kettles",
    "A realistic photo of a scene with three tea kettles",
    "A realistic photo of a scene with a red kettle and an orange lamp",
    "A realistic photo of a scene with a kettle on the left and a lamp on the right",
]


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    if path.suffix == ".jsonl":
        assert isinstance(content, list)
        path.write_text("\n".join(json.dumps(line) for line in content))
    elif path.suffix == ".txt":
        assert isinstance(content, list)
        path.write_text("\n".join(content))
    else:
        path.write_text(json.dumps(content))
    return path


def test_nsr1k_counting(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, "counting.val.json", COUNTING))
    assert suite.format == "nsr1k"
    first, second = suite.cases
    assert (first.id, first.kind, first.rule) == ("4", "two", "nsr1k-counting")
    assert first.things == (SuiteThing("owl", 2), SuiteThing("fox", 1))
    assert second.rule == "nsr1k-comparison"


def test_nsr1k_spatial(tmp_path: Path) -> None:
    (case,) = read_suite(write(tmp_path, "spatial.train.json", SPATIAL)).cases
    assert (case.rule, case.kind) == ("nsr1k-spatial", "template")
    assert [thing.name for thing in case.things] == ["kettle", "lamp"]
    assert case.relations == (SuiteRelation(0, "left", 1),)


def test_geneval(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, "evaluation_metadata.jsonl", GENEVAL))
    counting, colors, position = suite.cases
    assert suite.format == "geneval"
    assert counting.things == (SuiteThing("owl", 3, 3),)
    assert colors.things == (SuiteThing("owl", None, 1, ("red",)),)
    assert position.relations == (SuiteRelation(1, "above", 0),)


def test_own(tmp_path: Path) -> None:
    (case,) = read_suite(write(tmp_path, "mine.jsonl", OWN)).cases
    assert (case.id, case.kind, case.rule) == ("1", "kitchen", "own")
    assert case.things == (SuiteThing("cup", 2, 1, ("red",)), SuiteThing("plate"), SuiteThing("fork", 0))
    assert case.relations == (SuiteRelation(0, "left of", 1),)
    assert case.expectation() == "2 red cup; 1 plate; 0 fork; cup left of plate"


def test_lmd(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, "prompts.txt", LMD))
    assert suite.format == "lmd"
    assert [case.kind for case in suite.cases] == ["negation", "numeracy", "attribution", "spatial"]
    negation, numeracy, attribution, spatial = (case.things for case in suite.cases)
    assert negation == (SuiteThing("kettle", 0),)
    assert numeracy == (SuiteThing("tea kettle", 3),)
    assert attribution == (SuiteThing("kettle", None, 1, ("red",)), SuiteThing("lamp", None, 1, ("orange",)))
    assert [thing.name for thing in spatial] == ["kettle", "lamp"]
    assert suite.cases[3].relations == (SuiteRelation(0, "left", 1),)


def things_of(folder: Path, name: str, prompt: str, *others: str) -> tuple[SuiteThing, ...]:
    return read_suite(write(folder, name, [prompt, *others])).cases[0].things


def test_compbench_spatial(tmp_path: Path) -> None:
    flat = read_suite(write(tmp_path, "spatial_val.txt", ["a tea kettle on the top of an owl", "An owl, near nothing"]))
    assert flat.format == "compbench"
    assert [case.rule for case in flat.cases] == ["compbench-spatial", "none"]
    assert flat.cases[1].kind == "spatial, unlabelled"
    assert [thing.name for thing in flat.cases[0].things] == ["tea kettle", "owl"]
    assert flat.cases[0].relations == (SuiteRelation(0, "top", 1),)
    deep = read_suite(write(tmp_path, "3d_spatial_val.txt", ["a kettle hidden by an owl", "a lamp in front of a fox"]))
    assert [case.relations[0].kind for case in deep.cases] == ["behind", "in front of"]


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("two owls", {"owl": 2}),
        ("three tea kettles and one fox", {"tea kettle": 3, "fox": 1}),
        ("six foxes played in a park", {"fox": 6}),  # nobody counts parks
        ("four sheep, a fox, and two owls", {"sheep": 4, "fox": 1, "owl": 2}),
        ("one owl beside another owl and two owls", {"owl": 3}),
    ],
)
def test_compbench_numeracy(prompt: str, counts: dict[str, int], tmp_path: Path) -> None:
    found = things_of(tmp_path, "numeracy_val.txt", prompt, "two foxes and five owls")
    assert {thing.name: thing.count for thing in found} == counts


@pytest.mark.parametrize(
    ("name", "prompt", "bound"),
    [
        ("color_val.txt", "a green kettle and a red lamp", {"kettle": ("green",), "lamp": ("red",)}),
        ("color_val.txt", "A black truck in front of a brown house.", {"truck": ("black",), "house": ("brown",)}),
        ("color_val.txt", "a brown and white cow and a red orange", {"cow": ("brown", "white"), "orange": ("red",)}),
        ("texture_val.txt", "The plastic cup and metallic straw rest on the wooden coaster.",
         {"cup": ("plastic",), "straw": ("metallic",), "coaster": ("wooden",)}),
        ("shape_val.txt", "a round oval mirror and a spherical piñata",
         {"mirror": ("round", "oval"), "piñata": ("spherical",)}),
    ],
)  # fmt: skip
def test_compbench_attributes(name: str, prompt: str, bound: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    assert {thing.name: thing.attributes for thing in things_of(tmp_path, name, prompt)} == bound


def test_what_stands_before_no_noun_is_left_unlabelled(tmp_path: Path) -> None:
    (case,) = read_suite(
        write(tmp_path, "color_val.txt", ["The wall behind the fox is red and the fox looks away."])
    ).cases
    assert case.rule == "none"


def test_prompts_without_labels(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, "mine.txt", ["an owl", "", "a fox"]))
    assert suite.format == "prompts"
    assert [(case.prompt, case.rule) for case in suite.cases] == [("an owl", "none"), ("a fox", "none")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", [{"id": 1, "prompt": "an owl"}], "relation|obj1"),
        ("a.json", {"id": 1}, "a list"),
        ("a.json", [{**SPATIAL[0], "relation": "beyond"}], "next to, got 'beyond'"),
        ("a.json", [{**COUNTING[0], "num_object": [["owl", -1]]}], "at least 0"),
        ("a.json", [{**COUNTING[1], "num_object": [["owl", 1]]}], "two things to compare"),
        ("a.json", [COUNTING[0], COUNTING[0]], "ids must not repeat"),
        ("a.jsonl", [{**GENEVAL[2], "include": [{"class": "owl", "count": 1, "position": ["above", 7]}]}], "got 7"),
        ("a.jsonl", [{**GENEVAL[0], "exclude": [{"class": "owl", "count": 9}]}], "exclude"),
        ("a.jsonl", [{"prompt": "an owl", "objects": [{"name": "owl", "number": 2}]}], "unknown key line 1.number"),
        ("a.jsonl", [{"prompt": "an owl", "objects": [{"name": "owl", "count": 1, "at_least": 1}]}], "either count"),
        ("a.jsonl", [{**OWN[0], "relations": [{"subject": "cup", "relation": "left of", "object": "owl"}]}], "'owl'"),
        ("a.jsonl", [{**OWN[0], "relations": [{"subject": "cup", "relation": "by", "object": "cup"}]}], "'by'"),
        ("a.txt", [], "no prompt"),
        ("a.csv", [], "got '.csv'"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused(name: str, content: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=message):
        read_suite(write(tmp_path, name, content))


def test_a_forced_format_is_kept_to(tmp_path: Path) -> None:
    path = write(tmp_path, "lines.txt", ["an owl"])
    assert read_suite(path, "prompts").format == "prompts"
    with pytest.raises(PlanError, match="none of LMD's kinds"):
        read_suite(path, "lmd")
    with pytest.raises(PlanError, match="must have one of"):
        read_suite(path, "compbench")
    with pytest.raises(PlanError, match=f"unknown suite format 'lines'; known are auto, {next(iter(FORMATS))}"):
        read_suite(path, "lines")


def test_broken_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "an owl", "objects": []}\n{"prompt": \n')
    assert detect(path, path.read_text().splitlines()[0]) == "own"
    with pytest.raises(PlanError, match="line 2: this is not JSON"):
        read_suite(path)


SUITES = Path(__file__).parent.parent / "examples/suites"


def test_the_shipped_counting_suite_is_whole() -> None:
    suite = read_suite(SUITES / "counting.jsonl")
    assert len(suite.cases) >= 300
    assert len({case.prompt for case in suite.cases}) == len(suite.cases)
    assert all(case.things for case in suite.cases)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("geneval-form.jsonl", {"single_object", "two_object", "counting", "colors", "position", "color_attr"}),
        ("lmd-form.txt", {"negation", "numeracy", "attribution", "spatial"}),
    ],
)
def test_the_other_shipped_suites_have_every_kind(name: str, kinds: set[str]) -> None:
    suite = read_suite(SUITES / name)
    assert f"{suite.format}-form" == Path(name).stem
    assert {case.kind for case in suite.cases} == kinds


@pytest.mark.parametrize("name", ["counting", "heldout"])
def test_a_suite_s_published_plans_are_its_prompts_plans(name: str) -> None:
    suites = Path(__file__).parent.parent / "examples" / "suites"
    lines = (suites / "plans" / f"{name}-rules.jsonl").read_text().splitlines()
    plans = [Plan.from_dict(json.loads(line)) for line in lines]
    assert [plan.prompt for plan in plans] == [case.prompt for case in read_suite(suites / f"{name}.jsonl").cases]
    assert all(look_at(plan, width=1024, height=1024).invalid == 0 for plan in plans)
