"""Every rule with a right plan and wrong ones, made by hand."""

from __future__ import annotations

import pytest

from planner.evaluation.rules import naming, places
from planner.evaluation.rules.naming import layoutgpt_name
from planner.evaluation.rules.numbers import distinct
from planner.evaluation.rules.rules import RULES, judge
from planner.evaluation.suites.cases import SuiteCase, SuiteRelation, SuiteThing
from planner.evaluation.validity import look_at
from planner.plan import Box, Cell, ObjectBox, Plan, Row

SIDE = 1024
LEFT, RIGHT = Box(0.05, 0.3, 0.3, 0.3), Box(0.65, 0.3, 0.3, 0.3)
TOP, BOTTOM = Box(0.35, 0.05, 0.3, 0.3), Box(0.35, 0.65, 0.3, 0.3)
SPOTS = [Box(0.02 + 0.16 * i, 0.4, 0.14, 0.14) for i in range(6)]


def plan(*objects: tuple[str, Box], cell: str = "a scene") -> Plan:
    return Plan("a scene", (Row(1, (Cell(1, cell),)),), tuple(ObjectBox(*item) for item in objects))


def row(*prompts: str) -> Plan:
    """Objects in a row from left to right."""
    return plan(*zip(prompts, SPOTS, strict=False))


def scores(case: SuiteCase, a_plan: Plan | None) -> dict[str, float]:
    return judge(case, a_plan, width=SIDE, height=SIDE).scores


def case_of(rule: str, *things: SuiteThing, relation: str = "", prompt: str = "a scene") -> SuiteCase:
    relations = (SuiteRelation(0, relation, 1),) if relation else ()
    return SuiteCase("1", prompt, "test", rule, things, relations)


OWL, FOX = SuiteThing("owl", None), SuiteThing("fox", None)


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "name", "expected"),
    [
        ("a dog", "dog", True),
        ("two dogs", "dog", True),
        ("a large black and white dog", "dog", True),
        ("a small brown dog lying on a rug", "dog", True),
        ("a small brown dog lying on a rug", "rug", False),
        ("a dog looking sad", "dog", True),
        ("a dog house", "dog", False),
        ("a dog house", "house", True),
        ("a hot dog", "dog", False),
        ("a hot dog", "hot dog", True),
        ("a teddy bear", "bear", False),
        ("a slice of pizza", "pizza", True),
        ("a pizza slice", "pizza", True),
        ("a statue of a bird", "bird", False),
        ("a carrot", "car", False),
        ("an old woman", "person", True),
        ("a kitchen table", "dining table", True),
        ("a sofa", "couch", True),
        ("a wine glass half full of red wine", "wine glass", True),
        ("cattle", "cat", False),
    ],
)
def test_a_prompt_names_its_noun(prompt: str, name: str, expected: bool) -> None:
    assert naming.names(prompt, name) is expected


def test_the_best_name_is_the_most_special_and_never_another_s_synonym() -> None:
    assert naming.best_name("a hot dog", ["dog", "hot dog"]) == "hot dog"
    assert naming.best_name("a red car", ["car", "red car"]) == "red car"
    assert naming.best_name("a woman", ["person", "woman"]) == "woman"
    assert naming.best_name("a fox", ["owl"]) is None


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("a herd of cows", True), ("cows", True), ("two dogs", True), ("a bus", False), ("a cow", False)],
)
def test_one_prompt_may_speak_of_many(prompt: str, expected: bool) -> None:
    assert naming.is_many(prompt) is expected


# Numbers -------------------------------------------------------------------------------------------------------------


def test_nsr1k_counting() -> None:
    case = case_of("nsr1k-counting", SuiteThing("owl", 2), SuiteThing("fox", 1))
    right = scores(case, row("an owl", "a white owl", "a fox", "a lamp"))
    assert right == {"LayoutGPT": 1, "whole words": 1, "precision": 0.75, "recall": 1}
    fewer = scores(case, row("an owl", "a fox"))
    assert (fewer["LayoutGPT"], fewer["precision"], fewer["recall"]) == (0, 1, pytest.approx(2 / 3))
    assert scores(case, row("an owl", "an owl", "an owl", "a fox"))["LayoutGPT"] == 0
    assert scores(case, plan()) == dict.fromkeys(right, 0)
    verdict = judge(case, row("an owl", "a fox"), width=SIDE, height=SIDE)
    assert verdict.faults == ("1 of 'owl' instead of 2",)


def test_nsr1k_counting_takes_parts_of_words_and_the_strict_twin_does_not() -> None:
    case = case_of("nsr1k-counting", SuiteThing("car", 1))
    assert scores(case, row("a carrot"))["LayoutGPT"] == 1
    assert scores(case, row("a carrot"))["whole words"] == 0
    assert scores(case, row("a toy car on a carpet"))["whole words"] == 1


def test_layoutgpt_names_are_found_in_both_directions() -> None:
    assert layoutgpt_name("a white owl", ["owl"]) == "owl"
    assert layoutgpt_name("bear", ["teddy bear"]) == "teddy bear"
    assert layoutgpt_name("a lamp", ["owl"]) == "a lamp"
    # Stripped of the letters of "a", "an" and "the" the prompt is "pple", which is in the name.
    assert layoutgpt_name("an apple", ["pineapple"]) == "pineapple"


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (("an owl", "an owl", "an owl", "a fox"), 1),
        (("an owl", "an owl", "an owl", "a fox", "a fox"), 1),
        (("an owl", "an owl", "an owl", "a fox", "a fox", "a fox"), 0),
        (("an owl", "an owl", "a fox"), 0),
    ],
)
def test_nsr1k_comparison(prompts: tuple[str, ...], expected: int) -> None:
    case = case_of("nsr1k-comparison", SuiteThing("owl", 3), SuiteThing("fox", 2))
    assert scores(case, row(*prompts)) == {"LayoutGPT": expected, "whole words": expected}


def test_nsr1k_comparison_of_equals_needs_both_numbers() -> None:
    case = case_of("nsr1k-comparison", SuiteThing("owl", 2), SuiteThing("fox", 2))
    assert scores(case, row("an owl", "an owl", "a fox", "a fox"))["LayoutGPT"] == 1
    assert scores(case, row("an owl", "a fox"))["LayoutGPT"] == 0


def test_compbench_numeracy_gives_halves() -> None:
    case = case_of("compbench-numeracy", SuiteThing("owl", 2), SuiteThing("fox", 1))
    assert scores(case, row("an owl", "an owl", "a fox"))["T2I-CompBench"] == 1
    assert scores(case, row("an owl", "a fox")) == {"T2I-CompBench": 0.75, "all numbers": 0}
    assert scores(case, row("an owl", "an owl"))["T2I-CompBench"] == 0.5
    assert scores(case, row("a lamp"))["T2I-CompBench"] == 0


def test_compbench_numeracy_counts_one_inside_another_once() -> None:
    assert distinct([Box(0, 0, 100, 100), Box(1, 1, 50, 50), Box(200, 0, 50, 50)]) == [
        Box(0, 0, 100, 100),
        Box(200, 0, 50, 50),
    ]
    case = case_of("compbench-numeracy", SuiteThing("owl", 2))
    assert scores(case, plan(("an owl", LEFT), ("an owl", LEFT)))["all numbers"] == 0


# Places --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "other", "expected"),
    [
        (LEFT, RIGHT, "left"),
        (RIGHT, LEFT, "right"),
        (TOP, BOTTOM, "top"),
        (BOTTOM, TOP, "bottom"),
        (Box(0, 0, 0.1, 0.1), Box(0.5, 0.5, 0.1, 0.1), "diagonal"),
        (Box(0, 0.1, 0.1, 0.1), Box(0.5, 0.5, 0.1, 0.1), "left"),
        (LEFT, LEFT, "diagonal"),
        (Box(0.4, 0.4, 0.2, 0.2), Box(0.3, 0.3, 0.4, 0.4), "diagonal"),
    ],
)
def test_quarters(box: Box, other: Box, expected: str) -> None:
    assert places.quarter(box, other) == expected


@pytest.mark.parametrize(
    ("relation", "one", "other"),
    [
        ("left", LEFT, RIGHT),
        ("right", RIGHT, LEFT),
        ("top", TOP, BOTTOM),
        ("bottom", BOTTOM, TOP),
        ("next to", LEFT, RIGHT),
    ],
)
def test_nsr1k_spatial(relation: str, one: Box, other: Box) -> None:
    case = case_of("nsr1k-spatial", OWL, FOX, relation=relation)
    names = ("LayoutGPT", "whole words", "last words", "whole prompts")
    assert scores(case, plan(("an owl", one), ("a fox", other))) == dict.fromkeys(names, 1)
    assert scores(case, plan(("an owl", one))) == dict.fromkeys(names, 0)
    diagonal = plan(("an owl", Box(0, 0, 0.1, 0.1)), ("a fox", Box(0.5, 0.5, 0.1, 0.1)))
    assert scores(case, diagonal)["LayoutGPT"] == 0
    if relation != "next to":
        assert scores(case, plan(("an owl", other), ("a fox", one))) == dict.fromkeys(names, 0)


def test_nsr1k_next_to_is_not_above() -> None:
    case = case_of("nsr1k-spatial", OWL, FOX, relation="next to")
    assert scores(case, plan(("an owl", TOP), ("a fox", BOTTOM)))["LayoutGPT"] == 0


def test_nsr1k_spatial_needs_one_pair_and_the_strict_twin_all() -> None:
    case = case_of("nsr1k-spatial", OWL, FOX, relation="left")
    mixed = plan(("an owl", LEFT), ("an owl", Box(0.7, 0, 0.1, 0.1)), ("a fox", RIGHT))
    assert scores(case, mixed) == {"LayoutGPT": 1, "whole words": 0, "last words": 1, "whole prompts": 1}


def test_nsr1k_spatial_finds_names_in_descriptions() -> None:
    case = case_of("nsr1k-spatial", OWL, FOX, relation="left")
    described = plan(("a large owl with brown feathers", LEFT), ("a sleeping red fox", RIGHT))
    assert scores(case, described) == {
        "LayoutGPT": 1, "whole words": 1, "last words": 1, "whole prompts": 0,
    }  # fmt: skip
    # difflib's likeness: "foxes" is near enough to "fox", "box" too, "lamp" is not.
    assert scores(case, plan(("an owl", LEFT), ("foxes", RIGHT)))["LayoutGPT"] == 1
    assert scores(case, plan(("an owl", LEFT), ("a box", RIGHT)))["LayoutGPT"] == 1
    assert scores(case, plan(("an owl", LEFT), ("a box", RIGHT)))["whole words"] == 0
    assert scores(case, plan(("an owl", LEFT), ("a lamp", RIGHT)))["LayoutGPT"] == 0


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("a metal laptop computer", "laptop"),
        ("an open microwave oven", "microwave"),
        ("a small boy holding a kite", "person"),
        ("a hot dog", "hot dog"),
        ("a remote control", "remote"),
        ("a computer", None),
        ("a car mirror", None),
        ("an owl", None),
    ],
)
def test_objects_are_named_by_their_category(prompt: str, category: str | None) -> None:
    assert naming.category(prompt) == category


def test_nsr1k_spatial_names_objects_as_layoutgpt_does() -> None:
    case = case_of("nsr1k-spatial", SuiteThing("cat", None), SuiteThing("laptop", None), relation="left")
    found = scores(case, plan(("a cat", LEFT), ("a metal laptop computer", RIGHT)))
    assert found == {"LayoutGPT": 1, "whole words": 1, "last words": 0, "whole prompts": 0}


@pytest.mark.parametrize(("relation", "one", "other"), [("left", LEFT, RIGHT), ("top", TOP, BOTTOM)])
def test_compbench_spatial(relation: str, one: Box, other: Box) -> None:
    case = case_of("compbench-spatial", OWL, FOX, relation=relation)
    assert scores(case, plan(("an owl", one), ("a fox", other))) == {"T2I-CompBench": 1, "relation": 1}
    assert scores(case, plan(("an owl", other), ("a fox", one))) == {"T2I-CompBench": 0.5, "relation": 0}
    assert scores(case, plan(("an owl", one))) == {"T2I-CompBench": 0, "relation": 0}


def test_compbench_spatial_takes_off_for_overlap_and_distance() -> None:
    overlapping = places.compbench_score(Box(0, 0, 100, 100), Box(50, 0, 100, 100), "left", 512)
    assert overlapping == pytest.approx(0.3)  # an IoU of a third, where a tenth is allowed
    assert places.compbench_score(Box(0, 0, 10, 10), Box(140, 400, 10, 10), "next to", 512) == 1
    assert places.compbench_score(Box(0, 0, 10, 10), Box(200, 300, 10, 10), "next to", 512) == 0.5
    # The same picture at twice the size.
    assert places.compbench_score(Box(0, 0, 20, 20), Box(400, 600, 20, 20), "next to", 1024) == 0.5
    assert places.compbench_score(Box(0, 0, 10, 10), Box(60, 50, 10, 10), "top", 512) == 0


def test_depth() -> None:
    case = case_of("compbench-3d", OWL, FOX, relation="in front of", prompt="an owl in front of a fox")
    near, far = Box(0.3, 0.4, 0.3, 0.4), Box(0.2, 0.2, 0.6, 0.5)
    assert scores(case, plan(("a fox", far), ("an owl", near))) == {"depth": 1}
    assert scores(case, plan(("an owl", near), ("a fox", far))) == {"depth": 0}
    assert scores(case, plan(("an owl", Box(0, 0.6, 0.3, 0.3)), ("a fox", Box(0.5, 0.3, 0.3, 0.3)))) == {"depth": 1}
    assert scores(case, plan(("an owl", near))) == {"depth": 0}
    hidden = case_of("compbench-3d", OWL, FOX, relation="behind", prompt="an owl hidden by a fox")
    assert scores(hidden, plan(("an owl", far), ("a fox", near))) == {"depth": 1}
    assert scores(hidden, plan(("a fox", near), ("an owl", far))) == {"depth": 0}
    same = case_of("compbench-3d", OWL, OWL, relation="in front of")
    assert scores(same, plan(("an owl", far), ("an owl", near))) == {"depth": 1}
    assert scores(same, plan(("an owl", far))) == {"depth": 0}
    apart = plan(("an owl", Box(0.5, 0.3, 0.3, 0.3)), ("a fox", Box(0, 0.6, 0.3, 0.3)))
    assert scores(hidden, apart) == {"depth": 0}


# Attributes ----------------------------------------------------------------------------------------------------------


def test_compbench_binding() -> None:
    case = case_of("compbench-binding", SuiteThing("owl", None, 1, ("red",)), SuiteThing("fox", None, 1, ("green",)))
    assert scores(case, row("a red owl", "a green fox")) == {"bound": 1, "things bound": 1}
    assert scores(case, row("a green owl", "a red fox")) == {"bound": 0, "things bound": 0}
    assert scores(case, row("a red owl", "a fox")) == {"bound": 0, "things bound": 0.5}
    assert scores(case, row("a red owl", "a red and green fox")) == {"bound": 0, "things bound": 1}
    assert scores(case, row("a red owl", "a green fox", "a red lamp"))["bound"] == 0
    assert scores(case, row("a red owl", "a reddish fox"))["things bound"] == 0.5


def test_compbench_binding_of_two_things_with_one_word() -> None:
    case = case_of(
        "compbench-binding", SuiteThing("owl", None, 1, ("red",)), SuiteThing("owl", None, 1, ("old", "green"))
    )
    assert scores(case, row("a red owl", "an old green owl cage"))["bound"] == 1
    assert scores(case, row("a red owl", "an owl cage"))["bound"] == 0
    assert scores(case, row("a red owl", "a red owl"))["things bound"] == 0.5
    assert scores(case, row("a red and green owl", "an old green owl"))["bound"] == 0
    assert scores(case, row("a red owl", "an old green owl", "an owl"))["bound"] == 0


def test_compbench_binding_in_a_cell_s_prompt() -> None:
    case = case_of(
        "compbench-binding", SuiteThing("owl", None, 1, ("red",)), SuiteThing("wall", None, 1, ("smooth", "white"))
    )
    owl = ("a red owl", LEFT)
    assert scores(case, plan(owl, cell="a red owl before a smooth white wall"))["bound"] == 1
    assert scores(case, plan(owl, cell="a smooth owl before a white wall"))["bound"] == 0
    assert scores(case, plan(owl, cell="a red owl"))["bound"] == 0


def test_geneval_counting_is_exact_and_objects_are_at_least() -> None:
    counting = case_of("geneval", SuiteThing("owl", 2, 2))
    assert scores(counting, row("an owl", "an owl"))["GenEval"] == 1
    assert scores(counting, row("an owl"))["GenEval"] == 0
    assert scores(counting, row("an owl", "an owl", "an owl"))["GenEval"] == 0
    two = case_of("geneval", OWL, FOX)
    assert scores(two, row("an owl", "an owl", "a fox"))["GenEval"] == 1
    assert scores(two, row("an owl"))["GenEval"] == 0


def test_geneval_colors() -> None:
    case = case_of("geneval", SuiteThing("owl", None, 1, ("red",)), SuiteThing("fox", None, 1, ("blue",)))
    assert scores(case, row("a red owl", "a blue fox"))["GenEval"] == 1
    assert scores(case, row("a blue owl", "a red fox"))["GenEval"] == 0
    assert scores(case, row("an owl", "a blue fox"))["GenEval"] == 0
    assert scores(case, row("a red and blue owl", "a blue fox"))["GenEval"] == 0
    # Only the first objects of a kind count, as many as are asked for.
    assert scores(case, row("a red owl", "a blue fox", "a green owl"))["GenEval"] == 1


@pytest.mark.parametrize(
    ("relation", "one", "other"),
    [("left of", LEFT, RIGHT), ("right of", RIGHT, LEFT), ("above", TOP, BOTTOM), ("below", BOTTOM, TOP)],
)
def test_geneval_position(relation: str, one: Box, other: Box) -> None:
    case = case_of("geneval", OWL, FOX, relation=relation)
    assert scores(case, plan(("an owl", one), ("a fox", other)))["GenEval"] == 1
    assert scores(case, plan(("an owl", other), ("a fox", one)))["GenEval"] == 0
    assert scores(case, plan(("an owl", one), ("a fox", one)))["GenEval"] == 0


def test_geneval_relations_need_more_than_a_tenth_of_the_sizes() -> None:
    big = Box(0, 0, 400, 400)
    assert places.geneval_relations(Box(70, 0, 400, 400), big) == set()
    assert places.geneval_relations(Box(300, 0, 400, 400), big) == {"right of"}
    assert places.geneval_relations(Box(600, 600, 100, 100), Box(0, 0, 100, 100)) == {"right of", "below"}


def test_lmd() -> None:
    negation = case_of("lmd", SuiteThing("owl", 0))
    assert scores(negation, row("a fox")) == {"LMD": 1}
    assert scores(negation, row("a white owl")) == {"LMD": 0}
    numeracy = case_of("lmd", SuiteThing("owl", 2))
    assert scores(numeracy, row("an owl", "an owl", "a fox")) == {"LMD": 1}
    assert scores(numeracy, row("an owl")) == {"LMD": 0}
    attribution = case_of("lmd", SuiteThing("owl", None, 1, ("red",)), SuiteThing("fox", None, 1, ("blue",)))
    assert scores(attribution, row("a red owl", "a blue fox")) == {"LMD": 1}
    assert scores(attribution, row("a blue owl", "a red fox")) == {"LMD": 0}


@pytest.mark.parametrize(
    ("side", "one", "other"),
    [("left", LEFT, RIGHT), ("right", RIGHT, LEFT), ("top", TOP, BOTTOM), ("bottom", BOTTOM, TOP)],
)
def test_lmd_spatial(side: str, one: Box, other: Box) -> None:
    case = case_of("lmd", SuiteThing("car", None), FOX, relation=side)
    assert scores(case, plan(("a car", one), ("a fox", other))) == {"LMD": 1}
    assert scores(case, plan(("a car", other), ("a fox", one))) == {"LMD": 0}
    assert scores(case, plan(("a carrot", one), ("a fox", other))) == {"LMD": 0}


# Own suites ----------------------------------------------------------------------------------------------------------


def test_own_numbers_and_attributes() -> None:
    case = case_of("own", SuiteThing("owl", 2, 1, ("red",)), SuiteThing("fox", 0))
    assert scores(case, row("a red owl", "a red owl")) == {"all": 1, "numbers": 1, "attributes": 1}
    assert scores(case, row("a red owl", "an owl")) == {"all": 0, "numbers": 1, "attributes": 0}
    assert scores(case, row("a red owl", "a red owl", "a fox")) == {"all": 0, "numbers": 0, "attributes": 1}


def test_own_open_numbers() -> None:
    case = case_of("own", SuiteThing("owl", None, 2))
    assert scores(case, row("an owl", "an owl", "an owl"))["all"] == 1
    assert scores(case, row("a flock of owls"))["all"] == 1
    assert scores(case, row("an owl"))["all"] == 0
    exact = case_of("own", SuiteThing("owl", 2))
    assert scores(exact, row("two owls"))["all"] == 0
    crowded = case_of("own", SuiteThing("owl", 12), SuiteThing("fox", 5))
    assert scores(crowded, row("twelve owls", "five foxes"))["all"] == 1


@pytest.mark.parametrize(
    ("relation", "right", "wrong"),
    [
        ("left of", (LEFT, RIGHT), (RIGHT, LEFT)),
        ("right of", (RIGHT, LEFT), (LEFT, RIGHT)),
        ("above", (TOP, BOTTOM), (BOTTOM, TOP)),
        ("below", (BOTTOM, TOP), (TOP, BOTTOM)),
        ("next to", (SPOTS[0], SPOTS[1]), (SPOTS[0], SPOTS[4])),
        ("on", (Box(0.4, 0.3, 0.2, 0.2), Box(0.3, 0.5, 0.4, 0.4)), (Box(0.0, 0.3, 0.2, 0.2), Box(0.3, 0.5, 0.4, 0.4))),
        ("on", (Box(0.4, 0.3, 0.2, 0.3), Box(0.3, 0.5, 0.4, 0.4)), (Box(0.4, 0.0, 0.2, 0.2), Box(0.3, 0.5, 0.4, 0.4))),
        ("inside", (Box(0.4, 0.4, 0.2, 0.2), Box(0.3, 0.3, 0.5, 0.5)), (LEFT, RIGHT)),
        ("behind", (Box(0.3, 0.3, 0.4, 0.4), Box(0.4, 0.5, 0.3, 0.4)), (Box(0.1, 0.7, 0.2, 0.2), TOP)),
        ("in front of", (Box(0.1, 0.7, 0.2, 0.2), TOP), (Box(0.3, 0.3, 0.4, 0.4), Box(0.4, 0.5, 0.3, 0.4))),
    ],
)  # fmt: skip
def test_own_relations(relation: str, right: tuple[Box, Box], wrong: tuple[Box, Box]) -> None:
    case = case_of("own", SuiteThing("owl"), SuiteThing("fox"), relation=relation)
    assert scores(case, plan(("an owl", right[0]), ("a fox", right[1])))["relations"] == 1
    assert scores(case, plan(("an owl", wrong[0]), ("a fox", wrong[1])))["relations"] == 0
    assert scores(case, plan(("an owl", right[0])))["relations"] == 0


@pytest.mark.parametrize(
    ("relation", "owls", "foxes", "expected"),
    [
        ("more than", 3, 2, 1),
        ("more than", 2, 2, 0),
        ("more than", 2, 0, 0),
        ("fewer than", 1, 2, 1),
        ("fewer than", 2, 1, 0),
        ("as many as", 2, 2, 1),
        ("as many as", 2, 1, 0),
    ],
)
def test_own_comparisons(relation: str, owls: int, foxes: int, expected: int) -> None:
    case = case_of("own", OWL, FOX, relation=relation)
    assert scores(case, row(*["an owl"] * owls, *["a fox"] * foxes))["relations"] == expected


def test_a_failed_plan_is_wrong_by_every_rule() -> None:
    for name, rule in RULES.items():
        case = case_of(name, SuiteThing("owl", 1), SuiteThing("fox", 1), relation="" if name == "own" else "left")
        verdict = judge(case, None, width=SIDE, height=SIDE)
        assert set(verdict.scores) <= set(rule.scores)
        assert next(iter(verdict.scores), None) == next(iter(rule.scores), None)
        assert not any(verdict.scores.values())
        assert verdict.faults == ("there is no plan",)


# Boxes ---------------------------------------------------------------------------------------------------------------


def test_validity_finds_what_is_wrong_with_boxes() -> None:
    good = look_at(row("an owl", "a fox"), width=SIDE, height=SIDE)
    assert (good.boxes, good.pairs, good.invalid, good.overlapping, good.outside_cell) == (2, 1, 0, 0, 0)
    assert look_at(plan(), width=SIDE, height=SIDE).empty == 1
    off = look_at(plan(("an owl", Box(0.8, 0.8, 0.3, 0.1))), width=SIDE, height=SIDE)
    assert (off.off_canvas, off.outside_cell, off.invalid) == (1, 1, 1)
    assert look_at(plan(("an owl", Box(0, 0, 0.02, 0.5))), width=SIDE, height=SIDE).undersized == 1
    assert look_at(plan(("an owl", Box(0, 0, 1 / 32, 0.5))), width=SIDE, height=SIDE).undersized == 0
    same = look_at(plan(("an owl", LEFT), ("a fox", LEFT)), width=SIDE, height=SIDE)
    assert (same.identical, same.deep_overlaps, same.overlapping) == (1, 1, 1)
    half = look_at(plan(("an owl", Box(0, 0, 0.4, 0.4)), ("a fox", Box(0.2, 0, 0.4, 0.4))), width=SIDE, height=SIDE)
    assert (half.identical, half.deep_overlaps, half.overlapping) == (0, 0, 1)


def test_validity_of_cells() -> None:
    cells = (Row(1, (Cell(1, "left"), Cell(1, "right"))),)
    across = Plan("a scene", cells, (ObjectBox("an owl", Box(0.3, 0.3, 0.4, 0.3)),))
    assert look_at(across, width=SIDE, height=SIDE).outside_cell == 1
    broken = Plan("a scene", (Row(-1, (Cell(1, "all"),)),), (ObjectBox("an owl", LEFT),))
    assert look_at(broken, width=SIDE, height=SIDE).outside_cell == 1
