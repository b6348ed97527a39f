"""The loop that looks and mends: every way it can go, with scripted reviewers and a painter that paints nothing."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from painting import PLAN
from PIL import Image

from generator import Painter, Recipe, RenderSettings, Result, generate
from generator.mending import Mended, MendLimits, Round, mend, replanning, review_picture
from generator.mending.choosing import Choosing
from generator.mending.mends import (
    NewPlan,
    NewSeed,
    RefineCell,
    RepaintParts,
    RoomierBoxes,
    roomier,
    stray_tokens,
)
from generator.pipeline import RegionalFluxPipeline
from generator.progress import OnProgress, Progress, ignore
from generator.recipe import read_recipe
from generator.regions.geometry import TokenGrid, box_rect
from generator.regions.repaint import Repaint
from generator.review import Finding, Review, Reviewed, Stray, Tried, get_reviewer, reviewer_names
from planner import BackendError, PlanError, Planner, RenderError
from planner.backends.scripted import ScriptedBackend
from planner.plan import Box, Cell, ImagePrompt, ObjectBox, Plan, Row

SETTINGS = RenderSettings(model="tiny", width=64, height=64, steps=3, seed=7)
RIGHT = (Finding(0, True), Finding(1, True))
NO_CAT = (Finding(0, True), Finding(1, False, count=0))
NO_DOG = (Finding(0, False, count=0), Finding(1, True))
NOTHING = (Finding(0, False, count=0), Finding(1, False, count=0))
STRAY = Stray("a bit of dog", Box(0.6, 0, 0.2, 0.2), 0.5)


class FakePainter(Painter):
    """Paints white pictures, or raises what it is told to; `painted` keeps the recipes."""

    def __init__(self, *raised: BaseException | None) -> None:
        self.painted: list[Recipe] = []
        self._raised = list(raised)

    def paint(self, what: Any, *, on_progress: OnProgress = ignore, **_: Any) -> Result:
        self.painted.append(what)
        for step in (1, 2):
            on_progress(Progress("paint", "", step, 2, "steps"))
        error = self._raised.pop(0) if self._raised else None
        if error is not None:
            raise error
        return picture(what)


class Scripted:
    """Says what it is told to, one thing after the other; the last one for ever."""

    name = "scripted"

    def __init__(self, *said: Sequence[Finding] | Review | BaseException) -> None:
        self.said = list(said)
        self.looked = 0

    def review(self, image: Image.Image, plan: Plan) -> Review:
        self.looked += 1
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, BaseException):
            raise said
        return said if isinstance(said, Review) else Review(self.name, tuple(said))


def picture(recipe: Recipe | None = None) -> Result:
    return Result(Image.new("RGB", (64, 64), "white"), recipe or Recipe(PLAN, SETTINGS))


def run(reviewer: Any, painter: Painter | None = None, **options: Any) -> Mended:
    limits = MendLimits(options.pop("rounds", 4), options.pop("seconds", None))
    return mend(painter or FakePainter(), picture(), reviewer, limits=limits, **options)


def test_a_right_picture_is_left_alone() -> None:
    painter = FakePainter()
    mended = run(Scripted(RIGHT), painter)
    assert (mended.stopped, painter.painted, len(mended.rounds)) == ("all is right", [], 1)
    assert mended.result.recipe.reviewed == Reviewed(
        replace(mended.rounds[0].review or Review(""), seconds=mended.review.seconds if mended.review else 0),
        (Tried("the first picture", 1.0, True),),
        "all is right",
    )


def test_what_is_wrong_is_repainted_and_nothing_else() -> None:
    painter = FakePainter()
    mended = run(Scripted(NO_CAT, RIGHT), painter)
    [recipe] = painter.painted
    [repaint] = recipe.repaints
    assert (repaint.object_prompt, repaint.number, repaint.mask) == ("a blue cat", 1, PLAN.objects[1].box)
    assert recipe.shown == PLAN
    assert recipe.settings == SETTINGS
    assert mended.stopped == "all is right"
    assert mended.result.recipe.repaints == recipe.repaints


def test_a_stray_is_painted_over_with_what_the_plan_has_there() -> None:
    painter = FakePainter()
    run(Scripted(Review("scripted", RIGHT, (STRAY,)), RIGHT), painter)
    [repaint] = painter.painted[0].repaints
    assert repaint.object_prompt == ""
    assert painter.painted[0].shown == PLAN
    boxed = set(stray_tokens([Stray("", Box(0, 0, 1, 1))], replace(PLAN, objects=()), TokenGrid(4, 4)))
    assert set(repaint.tokens(TokenGrid(4, 4))) < boxed


def test_a_stray_inside_a_box_alone_leaves_another_seed() -> None:
    inside = Stray("a bit", Box(0.1, 0.1, 0.1, 0.1))
    filled = replace(PLAN, objects=(ObjectBox("a red dog", Box(0, 0, 1, 1)),))
    painter = FakePainter()
    mend(painter, picture(Recipe(filled, SETTINGS)), Scripted(Review("s", (Finding(0, True),), (inside,)), [RIGHT[0]]))
    assert (painter.painted[0].repaints, painter.painted[0].settings.seed) == ((), 8)


def test_a_picture_that_is_mostly_wrong_begins_anew() -> None:
    painter = FakePainter()
    mended = run(Scripted(NOTHING, NO_CAT, RIGHT), painter)
    first, second = painter.painted
    assert (first.settings.seed, first.repaints) == (8, ())
    assert (second.settings.seed, len(second.repaints)) == (8, 1)
    assert [each.kept for each in mended.rounds] == [True, True, True]


def test_a_mend_that_breaks_another_object_is_undone() -> None:
    stray_and_cat = Review("scripted", NO_CAT, (replace(STRAY, confidence=1.0), replace(STRAY, confidence=1.0)))
    painter = FakePainter()
    mended = run(Scripted(stray_and_cat, NO_DOG), painter, rounds=1)
    assert [each.kept for each in mended.rounds] == [True, False]  # though its score is better
    assert mended.rounds[1].review is not None
    assert mended.rounds[1].review.score > stray_and_cat.score
    assert mended.rounds[1].trouble == "it broke a red dog"
    assert mended.result.recipe.repaints == ()


def test_vain_repaints_get_other_noise_and_more_steps_then_another_seed() -> None:
    painter = FakePainter()
    mended = run(Scripted(NO_CAT), painter, rounds=4)
    assert mended.stopped == "4 rounds are over"
    kinds = [(each.settings.seed, [repaint.seed for repaint in each.repaints]) for each in painter.painted]
    assert kinds == [(7, [1]), (7, [2]), (8, []), (9, [])]
    assert mended.result.recipe.repaints == ()
    assert len(mended.rounds) == 5


def test_a_vain_search_refines_a_cell_by_half_in_the_end() -> None:
    painter = FakePainter()
    run(Scripted(NO_CAT), painter, rounds=5)
    changed = [cell.refinement_strength for cell in painter.painted[-1].plan.cells]
    assert changed[PLAN.owner_cell(1)] == 0.5
    assert changed.count(None) == len(changed) - 1


def test_an_object_with_a_reference_picture_is_not_repainted_without_it() -> None:
    item = replace(PLAN.objects[1], image=ImagePrompt("redux", "cat.png"))
    recipe = Recipe(replace(PLAN, objects=(PLAN.objects[0], item)), SETTINGS)
    chosen = Choosing(recipe).next(Round(0, "", picture(recipe), Review("s", NO_CAT), True), 1)
    assert chosen == NewSeed(8)


def test_no_round_only_looks() -> None:
    mended = run(Scripted(NO_CAT), rounds=0)
    assert (len(mended.rounds), mended.stopped) == (1, "0 rounds are over")
    assert mended.result.recipe.reviewed is not None


@pytest.mark.parametrize("rounds", [-1, 101, 1.5, True])
def test_limits_are_checked(rounds: Any) -> None:
    with pytest.raises(RenderError, match=r"rounds must be a whole number in 0\.\.100"):
        MendLimits(rounds)
    with pytest.raises(RenderError, match="seconds must be a number"):
        MendLimits(seconds=0)


findings = st.builds(
    Finding,
    number=st.integers(0, 9),
    seen=st.booleans(),
    placed=st.booleans(),
    as_described=st.booleans(),
    count=st.integers(0, 3),
    confidence=st.floats(0, 1),
)
reviews = st.builds(
    lambda pair, strays: Review("s", tuple(replace(each, number=at) for at, each in enumerate(pair)), tuple(strays)),
    st.tuples(findings, findings),
    st.lists(st.builds(Stray, st.just("x"), st.just(STRAY.box), st.floats(0, 1)), max_size=3),
)


@given(st.lists(reviews | st.just(BackendError("gone", provider="s")), min_size=1, max_size=8), st.integers(0, 6))
def test_the_kept_score_never_falls(said: list[Any], rounds: int) -> None:
    mended = run(Scripted(*said), rounds=rounds)
    kept = [each.review.score for each in mended.rounds if each.kept and each.review]
    assert kept == sorted(set(kept))
    assert len(mended.rounds) <= rounds + 1
    reviewed = mended.result.recipe.reviewed
    assert (reviewed.review.score if reviewed else None) == (kept[-1] if kept else None)
    assert [tried.kept for tried in reviewed.tried] == [each.kept for each in mended.rounds] if reviewed else not kept


@given(reviews, st.lists(st.builds(Tried, st.text("ab", max_size=9), st.none() | st.floats(0, 1), st.booleans())))
def test_what_was_seen_travels_as_json(review: Review, tried: list[Tried]) -> None:
    reviewed = Reviewed(replace(review, seconds=0.25), tuple(tried), "all is right")
    assert Reviewed.from_dict(reviewed.to_dict()) == reviewed


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("review", "findings", 0, "seen"), 1, "reviewed.review.findings.0..seen must be true or false"),
        (("review", "findings", 0, "confidence"), 2, "confidence must be a number from 0 to 1"),
        (("review", "strays"), "no", "reviewed.review.strays must be a list"),
        (("tried", 0, "score"), "good", "reviewed.tried.0..score must be a number"),
        (("stopped",), None, "reviewed.stopped must be a string"),
    ],
)
def test_a_damaged_record_says_where(path: Sequence[Any], value: Any, message: str) -> None:
    values: Any = Reviewed(Review("s", RIGHT), (Tried("x", 1.0, True),), "").to_dict()
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(PlanError, match=message):
        Reviewed.from_dict(values)


@pytest.mark.parametrize(
    "said",
    [
        BackendError("no answer", provider="s"),
        ValueError("a bug"),
        Review("s", RIGHT[:1]),
        Review("s", RIGHT[::-1]),
    ],
)
def test_a_failing_reviewer_loses_no_picture(said: Any) -> None:
    first = run(Scripted(said))
    assert first.stopped.startswith("not reviewed: scripted: ")
    assert first.result.recipe.reviewed is None
    later = run(Scripted(NO_CAT, said))
    assert later.stopped.startswith("not reviewed: scripted: ")
    assert later.review is not None
    assert later.review.findings == NO_CAT
    assert later.result.recipe.repaints == ()


def test_a_reviewer_that_answers_something_else_is_told() -> None:
    class Odd:
        name = "odd"

        def review(self, image: Image.Image, plan: Plan) -> Any:
            return "fine"

    assert run(Odd()).stopped == "not reviewed: odd: TypeError: it returned a str in place of a Review"


@pytest.mark.parametrize("error", [RenderError("the box is too small"), MemoryError("out of memory")])
def test_a_mend_that_cannot_be_painted_is_a_round_of_its_own(error: Exception) -> None:
    mended = run(Scripted(NO_CAT, RIGHT), FakePainter(error))
    assert mended.rounds[1].result is None
    assert str(error) in mended.rounds[1].trouble
    assert mended.stopped == "all is right"


def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Scripted(NO_CAT), FakePainter(ZeroDivisionError()))


@pytest.mark.parametrize("during", ["review", "paint"])
def test_ctrl_c_keeps_the_best_so_far(during: str) -> None:
    painted = FakePainter(None, KeyboardInterrupt()) if during == "paint" else FakePainter()
    said = [NOTHING, NO_CAT, KeyboardInterrupt()] if during == "review" else [NOTHING, NO_CAT]
    mended = run(Scripted(*said), painted)
    assert (mended.interrupted, mended.stopped) == (True, "interrupted")
    assert mended.result.settings.seed == 8
    assert mended.result.recipe.reviewed is not None
    assert mended.result.recipe.reviewed.stopped == "interrupted"


def test_time_stops_what_is_painted_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr("planner.loop.transport.time.monotonic", lambda: clock[0])

    def tick(progress: Progress) -> None:
        clock[0] += 4 if progress.stage == "paint" else 0

    painter = FakePainter()
    mended = run(Scripted(NOTHING, NO_CAT), painter, seconds=15, on_progress=tick, rounds=100)
    assert mended.stopped == "15 seconds are over"
    assert len(painter.painted) == 2  # the second one was stopped before its last step
    assert mended.result.settings.seed == 8


def test_a_reviewer_that_hangs_is_left_alone_when_the_time_is_up() -> None:
    from threading import Event

    over = Event()

    class Slow(Scripted):
        def review(self, image: Image.Image, plan: Plan) -> Review:
            over.wait(30)
            return super().review(image, plan)

    mended = run(Slow(RIGHT), seconds=0.05)
    over.set()
    assert mended.stopped == "0.05 seconds are over"
    assert mended.result.recipe.reviewed is None


def test_rounds_are_told_with_their_pictures() -> None:
    heard: list[Round] = []
    stages: list[str] = []
    mended = run(Scripted(NO_CAT, RIGHT), on_round=heard.append, on_progress=lambda event: stages.append(event.stage))
    assert tuple(heard) == mended.rounds
    assert all(each.result is not None for each in heard)
    assert stages == ["review", "review", "mend", "paint", "paint", "mend", "review", "review"]
    assert heard[0].lines() == ["a red dog: right", "a blue cat: not there", "score 0.50"]
    assert heard[1].lines()[-1] == "score 1.00, kept"
    assert mended.to_dict()["rounds"][1]["what"] == "a blue cat again, noise 1"


def test_the_planner_is_asked_where_an_object_fails_again_and_again() -> None:
    moved = replace(PLAN, objects=(PLAN.objects[0], replace(PLAN.objects[1], box=Box(0.5, 0, 0.5, 1))))
    asked: list[Review] = []

    def replan(review: Review) -> NewPlan:
        asked.append(review)
        return NewPlan(moved, "scripted")

    painter = FakePainter()
    mended = run(Scripted(NO_CAT, NO_CAT, NO_CAT, RIGHT), painter, replan=replan)
    assert [each.plan for each in painter.painted] == [PLAN, PLAN, moved]
    assert len(asked) == 1
    assert mended.result.plan == moved


def test_the_planner_gets_what_is_wrong_and_the_plan_that_was_painted() -> None:
    plan = Plan(
        "a red dog and a blue cat",
        (Row(1, (Cell(1, "a red dog sits on green grass"), Cell(1, "a blue cat sits on green grass"))),),
        (ObjectBox("a red dog", Box(0.05, 0.2, 0.4, 0.6)), ObjectBox("a blue cat", Box(0.6, 0.4, 0.2, 0.3))),
    )
    better = replace(plan, objects=(plan.objects[0], ObjectBox("a blue cat", Box(0.55, 0.2, 0.4, 0.6))))

    class Told(ScriptedBackend):
        task = "plan"

    backend = Told([json.dumps(better.to_dict())])
    replan = replanning.by(Planner(backend), Recipe(plan, replace(SETTINGS, width=256, height=256)))
    found = replan(Review("s", NO_CAT))
    assert isinstance(found, NewPlan)
    assert found.plan.objects == better.objects
    said = [message.content for message in backend.requests[0].messages]
    assert '"a blue cat" is not there' in said[-1]
    assert json.loads(said[-2]) == plan.to_dict()
    assert backend.requests[0].sentence == plan.prompt
    gone = Planner(Told([BackendError("gone", provider="x")]))
    assert replanning.by(gone, Recipe(plan, SETTINGS))(Review("s", NO_CAT)) is None


def test_a_planner_that_has_no_other_plan_changes_nothing() -> None:
    rules = Planner("rules")
    recipe = Recipe(rules.plan("a dog", width=64, height=64).plan, SETTINGS)
    assert replanning.by(rules, recipe)(Review("s", (Finding(0, False, count=0),))) is None


def test_a_small_box_gets_more_room_inside_its_cell_and_over_no_other() -> None:
    small = ObjectBox("a hat", Box(0.1, 0.4, 0.2, 0.2))
    beside = ObjectBox("a cup", Box(0.32, 0.4, 0.15, 0.2))
    plan = Plan("x", (Row(1, (Cell(1, "x"), Cell(1, "y"))),), (small,))
    found = roomier(plan, 0)
    assert found is not None
    assert vars(found.objects[0].box) == pytest.approx(vars(Box(0.05, 0.35, 0.3, 0.3)))
    assert roomier(replace(plan, objects=(small, replace(beside, box=Box(0.3, 0.4, 0.2, 0.2)))), 0) is None
    assert roomier(replace(plan, objects=(ObjectBox("a hat", Box(0, 0, 0.5, 1)),)), 0) is None  # it fills its cell
    assert roomier(replace(plan, objects=(ObjectBox("a hat", Box(0.3, 0, 0.5, 1)),)), 0) is None  # beyond its cell
    made = RoomierBoxes((0,), ("a hat",)).applied(Recipe(plan, SETTINGS), Recipe(plan, replace(SETTINGS, seed=9)))
    assert (made.plan, made.settings.seed, made.repaints) == (found, 9, ())


def test_more_room_comes_after_the_first_vain_repaint() -> None:
    roomy = replace(PLAN, objects=(PLAN.objects[0], ObjectBox("a blue cat", Box(0.6, 0.1, 0.25, 0.25))))
    painter = FakePainter()
    mend(painter, picture(Recipe(roomy, SETTINGS)), Scripted(NO_CAT), limits=MendLimits(3))
    repainted, enlarged, other = painter.painted
    assert (len(repainted.repaints), repainted.plan) == (1, roomy)
    assert (enlarged.repaints, enlarged.plan) == ((), roomier(roomy, 1))
    assert (other.settings.seed, other.plan) == (8, roomy)


def test_all_around_is_everything_beside_the_objects() -> None:
    grid = TokenGrid(4, 4)
    boxes = {token for item in PLAN.objects for token in box_rect(item.box, grid).tokens(grid)}
    assert set(stray_tokens([STRAY], PLAN, grid, around=True)) == set(range(16)) - boxes
    inside = Stray("x", Box(0.1, 0.4, 0.01, 0.01))
    assert stray_tokens([inside], replace(PLAN, objects=(ObjectBox("x", Box(0, 0, 1, 1)),)), grid, around=True) == ()


def test_a_mend_of_a_mend_takes_its_place_but_not_that_of_a_change_asked_for() -> None:
    asked = Recipe(PLAN, SETTINGS).repainted(Repaint("x", "a hat", ("", "", ""), 1, mask=PLAN.objects[1].box, number=1))
    once = RepaintParts((1,), seed=1).applied(asked, asked)
    twice = RepaintParts((1,), seed=2).applied(asked, once)
    assert [each.seed for each in twice.repaints] == [0, 2]
    assert twice.repaints[0] == asked.repaints[0]
    assert NewSeed(3).applied(asked, twice).repaints == asked.repaints


def test_a_cell_is_refined_otherwise_in_the_first_recipe() -> None:
    best = Recipe(PLAN, replace(SETTINGS, seed=99))
    made = RefineCell(2, 0.25).applied(Recipe(PLAN, SETTINGS), best)
    assert [cell.refinement_strength for cell in made.plan.cells] == [None, None, 0.25]
    assert made.settings.seed == 99


def test_a_mended_picture_is_made_again_without_looking(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    painter = Painter.of(pipe, planner=Planner("rules"))
    first = painter.paint(PLAN, width=64, height=64, steps=3, seed=1)
    stray = Review("scripted", NO_CAT, (STRAY,))
    mended = mend(painter, first, Scripted(stray, Review("scripted", RIGHT, (STRAY,)), RIGHT))
    assert [len(each.result.recipe.repaints) for each in mended.rounds if each.result] == [0, 2, 2]
    path = mended.result.save(tmp_path / "a.png")
    recipe = read_recipe(path)
    assert recipe.reviewed is not None
    assert recipe.reviewed.to_dict() == mended.result.recipe.reviewed.to_dict()  # type: ignore[union-attr]
    again = generate(recipe, pipe=pipe)
    assert again.image.tobytes() == mended.result.image.tobytes()
    assert again.recipe.reviewed == recipe.reviewed
    assert painter.paint(recipe, seed=5).recipe.reviewed is None  # another picture, which nobody looked at
    assert recipe.one(1).reviewed is None


def test_looking_alone(pipe: RegionalFluxPipeline) -> None:
    assert review_picture(picture(), Scripted(RIGHT)).is_right
    with pytest.raises(BackendError, match="gone"):
        review_picture(picture(), Scripted(BackendError("gone", provider="s")))


def test_reviewers_by_name() -> None:
    assert "sprites" in reviewer_names()
    assert get_reviewer("sprites").name == "sprites"
    scripted = Scripted(RIGHT)
    assert get_reviewer(scripted) is scripted
    with pytest.raises(BackendError, match=r"unknown reviewer 'sprite'.*did you mean .sprites."):
        get_reviewer("sprite")
    with pytest.raises(BackendError, match="has no use for the model 'gpt-4o'"):
        get_reviewer("sprites:gpt-4o")
    with pytest.raises(BackendError, match="is no reviewer: name and review are missing"):
        get_reviewer(7)  # type: ignore[arg-type]


def test_reviewers_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "theirs"

        def __init__(self, factory: Callable[..., Any]) -> None:
            self.load = lambda: factory

    def offer(factory: Callable[..., Any]) -> None:
        monkeypatch.setattr("generator.review.entry_points", lambda group: [Point(factory)])

    def with_model(model: str = "small") -> Scripted:
        made = Scripted(RIGHT)
        made.name = model
        return made

    offer(with_model)
    assert reviewer_names()[-1] == "theirs"
    assert get_reviewer("theirs:large").name == "large"
    offer(lambda: 7)
    with pytest.raises(BackendError, match="gives no reviewer"):
        get_reviewer("theirs")
    offer(lambda: 1 / 0)
    with pytest.raises(BackendError, match="'theirs' does not start: division by zero"):
        get_reviewer("theirs")


def test_words_of_mends() -> None:
    assert RepaintParts((1,), (STRAY,), ("a cat",), 3).words == "a cat again and 1 stray piece painted over, noise 3"
    assert RepaintParts((), (STRAY, STRAY), (), 3).words == "2 stray pieces painted over, noise 3"


def test_a_score_counts_objects_and_what_is_not_one() -> None:
    half = (Finding(0, True), Finding(1, True, placed=False))
    assert Review("s", RIGHT).score == 1
    assert Review("s", half).score == 0.75
    assert Review("s", NO_CAT, (replace(STRAY, confidence=1.0),)).score == pytest.approx(1 / 3)
    assert Review("s").score == 1
    assert [Finding(0, True, count=2).verdict, Finding(0, True, placed=False, as_described=False).verdict] == [
        "there 2 times",
        "not in its box, not as described",
    ]


def test_random_choices_never_repeat_themselves() -> None:
    rng = random.Random(3)
    choosing = Choosing(Recipe(PLAN, SETTINGS))
    best = Round(0, "", picture(), Review("s", NO_CAT), True)
    done = []
    for number in range(1, 30):
        done.append(choosing.next(best, number))
        choosing.seen(replace(best, number=number, kept=rng.random() < 0.3))
    assert len({repr(each) for each in done}) == len(done)
