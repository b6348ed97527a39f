"""Objects with reference pictures: what they do to the picture, in all mixtures, and how they leave the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from adapters import (
    CLIP,
    FOUR_EMBEDS,
    embeds,
    four_objects,
    instantx_weights,
    load_adapters,
    load_xlabs,
    pictured,
    pulid_weights,
    random,
)
from painting import BASE, CAT, CELLS, DOG, NO_OBJECTS, ONE_CELL, PLAN, close, noise, paint, paint_stock, watch

from generator.adapters.embeds import ImageEmbeds
from generator.pipeline import RegionalFluxPipeline
from generator.regions.repaint import Repaint
from planner.errors import RenderError
from planner.plan import Box, Cell, ObjectBox, Plan, Row

FOUR = four_objects(PLAN)
MASK = Box(0.5, 0.25, 0.5, 0.5)
REPAINT = Repaint("a red dog and a ball", "a ball", ("a red dog on grass", "a ball", "grass"), seed=4, mask=MASK)
OUTSIDE = [token for token in range(16) if token not in (6, 7, 10, 11)]


def mixed(pipe: RegionalFluxPipeline, **arguments: Any) -> torch.Tensor:
    return paint(pipe, FOUR, image_embeds=FOUR_EMBEDS, **arguments)


class TestRedux:
    def test_it_replaces_the_text_of_the_objects_own_pass(self, pipe: RegionalFluxPipeline) -> None:
        same_size = Plan(BASE, CELLS, (DOG, CAT))
        both = {0: embeds("redux", 1), 1: embeds("redux", 2)}
        first, *_ = watch(pipe, pictured(same_size, {0: "redux", 1: "redux"}, 0.5), image_embeds=both)
        for entry, given in both.items():
            assert torch.equal(first["encoder_hidden_states"][entry], 0.5 * given.embeds[0])
            assert given.pooled is not None
            assert torch.equal(first["pooled_projections"][entry], 0.5 * given.pooled[0])

    def test_an_objects_own_text_as_its_picture_changes_nothing(self, pipe: RegionalFluxPipeline) -> None:
        with torch.no_grad():
            text, pooled, _ = pipe.encode_prompt(DOG.prompt, None, device="cpu", max_sequence_length=8)
        plan = pictured(PLAN, {0: "redux"}, weight=1)
        assert torch.equal(paint(pipe, plan, image_embeds={0: ImageEmbeds("redux", text, pooled)}), paint(pipe))


class TestXLabs:
    RAW = random(1, 1, CLIP, seed=5)

    def stock(self, pipe: RegionalFluxPipeline, **arguments: Any) -> torch.Tensor:
        given = {"ip_adapter_image_embeds": [self.RAW], "negative_ip_adapter_image_embeds": [self.RAW]}
        latents: torch.Tensor = paint_stock(pipe, **given, **arguments)
        return latents

    def embeds(self, pipe: RegionalFluxPipeline) -> dict[int, ImageEmbeds]:
        with torch.no_grad():
            tokens = pipe.transformer.encoder_hid_proj([self.RAW])[0][0]
        return {0: ImageEmbeds("ip_adapter", tokens)}

    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    def test_an_object_that_covers_the_canvas_is_stock_diffusers(
        self, pipe: RegionalFluxPipeline, strength: float
    ) -> None:
        load_xlabs(pipe)
        pipe.set_ip_adapter_scale([0.5, 0.25])
        whole = pictured(Plan(BASE, ONE_CELL.rows, (ObjectBox(BASE, Box(0, 0, 1, 1)),)), {0: "ip_adapter"}, weight=1)
        given = {"refinement_strength": strength, "image_embeds": self.embeds(pipe)}
        expected = self.stock(pipe)
        assert close(paint(pipe, whole, hard_binding_steps=None, **given), expected)
        box_noise = noise()
        torch.randn(1, 4, 8, 8, generator=box_noise)  # the picture's own noise comes first
        alone = paint(pipe, whole, hard_binding_steps=3, **given)
        assert close(alone, self.stock(pipe, generator=box_noise))
        pipe.set_ip_adapter_scale(1.0)
        assert not close(self.stock(pipe), expected)

    def test_plans_without_pictures_are_painted_as_without_the_adapter(self, pipe: RegionalFluxPipeline) -> None:
        before = [paint(pipe, refinement_strength=strength) for strength in (0, 0.5)]
        load_xlabs(pipe)
        assert all(close(paint(pipe, refinement_strength=s), b) for s, b in zip((0, 0.5), before, strict=True))


@pytest.mark.parametrize("ip_adapter", ["instantx", "xlabs"])
class TestMixtures:
    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    def test_every_picture_and_weight_matters(
        self, pipe: RegionalFluxPipeline, ip_adapter: str, strength: float
    ) -> None:
        load_adapters(pipe, ip_adapter)
        results = [mixed(pipe, refinement_strength=strength)]
        for number, given in FOUR_EMBEDS.items():
            changed = {**FOUR_EMBEDS, number: embeds(given.kind, seed=9)}
            results.append(paint(pipe, FOUR, refinement_strength=strength, image_embeds=changed))
            lighter = pictured(FOUR, {number: given.kind}, weight=0.2)
            results.append(paint(pipe, lighter, refinement_strength=strength, image_embeds=FOUR_EMBEDS))
        for index, one in enumerate(results):
            assert one.isfinite().all()
            assert not any(close(one, other) for other in results[:index])

    def test_list_of_generators_gives_the_pictures_of_single_calls(
        self, pipe: RegionalFluxPipeline, ip_adapter: str
    ) -> None:
        load_adapters(pipe, ip_adapter)
        together = mixed(pipe, refinement_strength=0.5, num_images_per_prompt=2, generator=[noise(1), noise(2)])
        for index, seed in enumerate((1, 2)):
            assert close(together[index : index + 1], mixed(pipe, refinement_strength=0.5, generator=noise(seed)))

    @pytest.mark.parametrize("strength", [0, 0.5, 1])
    def test_repaint(self, pipe: RegionalFluxPipeline, ip_adapter: str, strength: float) -> None:
        load_adapters(pipe, ip_adapter)
        arguments = {"refinement_strength": strength, "num_inference_steps": 4, "image_embeds": FOUR_EMBEDS}
        output = pipe.repaint(FOUR, REPAINT, generator=noise(), output_type="latent", **arguments)
        assert torch.equal(output.images, paint(pipe, FOUR, **arguments))
        assert torch.equal(output.repainted[:, OUTSIDE], output.images[:, OUTSIDE])
        assert not close(output.repainted, output.images)


def test_equal_cells_are_one_text_only_where_they_see_the_same(pipe: RegionalFluxPipeline) -> None:
    load_adapters(pipe)
    grass = Row(1, (Cell(1, "grass"),))
    plan = pictured(Plan(BASE, (grass, grass, grass), (DOG,)), {0: "ip_adapter"})
    texts = watch(pipe, plan, hard_binding_steps=None, image_embeds={0: FOUR_EMBEDS[2]})[0]["encoder_hidden_states"]
    assert texts.shape[1] == 2 * 8


@pytest.mark.parametrize("undo", [RegionalFluxPipeline.unload_image_adapters, RegionalFluxPipeline.unload_ip_adapter])
@pytest.mark.parametrize("ip_adapter", ["instantx", "xlabs"])
def test_unloading_restores_the_stock_model(
    pipe: RegionalFluxPipeline, ip_adapter: str, undo: Callable[[RegionalFluxPipeline], None]
) -> None:
    pipe.transformer.set_attention_backend("_native_math")
    before, names = paint_stock(pipe), list(pipe.transformer.state_dict())
    processors = [(type(p), p._attention_backend) for p in pipe.transformer.attn_processors.values()]
    if undo is RegionalFluxPipeline.unload_image_adapters:
        load_adapters(pipe, ip_adapter)
        adapted = mixed(pipe)
        assert torch.equal(mixed(pipe), adapted)  # they survive a call
    elif ip_adapter == "instantx":
        pipe.load_instantx_ip_adapter(instantx_weights())
        assert torch.equal(paint_stock(pipe), before)  # it does nothing without a picture
    else:
        load_xlabs(pipe)
    undo(pipe)
    assert list(pipe.transformer.state_dict()) == names
    assert [(type(p), p._attention_backend) for p in pipe.transformer.attn_processors.values()] == processors
    assert torch.equal(paint_stock(pipe), before)


def test_pulid_alone_needs_two_image_streams_in_the_single_stream_blocks(pipe: RegionalFluxPipeline) -> None:
    load_adapters(pipe)
    seen: list[int] = []
    blocks = [*pipe.transformer.transformer_blocks, *pipe.transformer.single_transformer_blocks]
    handles = [block.register_forward_hook(lambda *call: seen.append(call[2][1].shape[1])) for block in blocks]
    face = pictured(Plan(BASE, CELLS, (DOG,)), {0: "pulid"})
    paint(pipe, face, num_inference_steps=1, hard_binding_steps=None, image_embeds={0: FOUR_EMBEDS[3]})
    for handle in handles:
        handle.remove()
    assert seen == [16, 16, 32, 32, 32]


def test_compiled_blocks(pipe: RegionalFluxPipeline) -> None:
    load_adapters(pipe)
    expected = mixed(pipe, refinement_strength=0.5)
    torch._dynamo.reset()
    pipe.transformer.compile_repeated_blocks(fullgraph=True, backend="eager")
    assert close(mixed(pipe, refinement_strength=0.5), expected)
    plan, given = pictured(Plan(BASE, CELLS, (DOG,)), {0: "ip_adapter"}), {0: FOUR_EMBEDS[2]}
    compiled = paint(pipe, plan, refinement_strength=0.5, image_embeds=given)
    torch._dynamo.reset()
    with torch.compiler.set_stance("force_eager"):
        assert close(compiled, paint(pipe, plan, refinement_strength=0.5, image_embeds=given))


IP, FACE = pictured(PLAN, {0: "ip_adapter"}), pictured(PLAN, {0: "pulid"})


@pytest.mark.parametrize(
    ("plan", "arguments", "message"),
    [
        (IP, {}, r"object 0 has a picture, 'a.png', but image_embeds has none for it; encode it"),
        (PLAN, {"image_embeds": {2: embeds("redux")}}, "image_embeds has 2, but the plan's objects are 2"),
        (PLAN, {"image_embeds": {0: embeds("redux")}}, "object 0 has no picture in the plan, image_embeds has one"),
        (IP, {"image_embeds": {0: embeds("redux")}}, "a picture of kind 'ip_adapter' in the plan, .* kind 'redux'"),
        (IP, {"image_embeds": {0: embeds("ip_adapter")}}, "no IP-Adapter is loaded: call pipe.load_instantx_ip"),
        (FACE, {"image_embeds": {0: embeds("pulid")}}, "PuLID is not loaded: call pipe.load_pulid"),
        (
            pictured(PLAN, {0: "redux"}),
            {"image_embeds": {0: ImageEmbeds("redux", torch.zeros(1, 2, 7), torch.zeros(1, 20))}},
            "image_embeds of object 0 must have 24 channels, got 7",
        ),
        (
            pictured(PLAN, {0: "redux"}),
            {"image_embeds": {0: ImageEmbeds("redux", torch.zeros(1, 2, 24), torch.zeros(1, 7))}},
            "pooled image_embeds of object 0 must have 20 channels, got 7",
        ),
        (PLAN, {"joint_attention_kwargs": {"ip_hidden_states": []}}, "cannot hold 'ip_hidden_states'"),
    ],
)
def test_what_does_not_fit(pipe: RegionalFluxPipeline, plan: Plan, arguments: dict[str, Any], message: str) -> None:
    generator = noise()
    untouched = generator.get_state()
    with pytest.raises(RenderError, match=message):
        paint(pipe, plan, generator=generator, **arguments)
    assert torch.equal(generator.get_state(), untouched)


def test_faces_and_the_step_cache(pipe: RegionalFluxPipeline) -> None:
    load_adapters(pipe)
    with pytest.raises(RenderError, match="step_cache does not work with PuLID"):
        paint(pipe, FACE, step_cache=0.1, image_embeds={0: embeds("pulid")})
    assert paint(pipe, IP, step_cache=0.1, image_embeds={0: embeds("ip_adapter")}).isfinite().all()


class TestLoading:
    def test_adapters_go_before_groups(self, pipe: RegionalFluxPipeline) -> None:
        pipe.enable_group_offload(torch.device("cpu"), offload_type="leaf_level")
        with pytest.raises(RenderError, match="before the transformer is offloaded"):
            pipe.load_pulid(pulid_weights(), head_channels=8)

    def test_one_ip_adapter_at_a_time(self, pipe: RegionalFluxPipeline) -> None:
        load_xlabs(pipe)
        with pytest.raises(RenderError, match=r"call pipe.unload_ip_adapter\(\) first"):
            pipe.load_instantx_ip_adapter(instantx_weights())
        pipe.unload_ip_adapter()
        pipe.load_instantx_ip_adapter(instantx_weights())
        with pytest.raises(RenderError, match=r"call pipe.unload_ip_adapter\(\) first"):
            load_xlabs(pipe)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda w: w.clear(), "this is not an IP-Adapter's file: it has no weights named ip_adapter"),
            (lambda w: w.pop("ip_adapter.4.to_v_ip.weight"), r"4.to_v_ip.weight must be \(32, channels\), got none"),
            (lambda w: w.update({"ip_adapter.5.to_k_ip.weight": torch.zeros(32, 24)}), "more layers than .* 5: 5.to_k"),
            (lambda w: w.update({"ip_adapter.0.to_k_ip.weight": torch.zeros(3, 24)}), r"got \(3, 24\)"),
        ],
    )
    def test_wrong_ip_adapters(self, pipe: RegionalFluxPipeline, change: Callable[..., Any], message: str) -> None:
        weights = instantx_weights()
        change(weights)
        with pytest.raises(RenderError, match=message):
            pipe.load_instantx_ip_adapter(weights)
        assert torch.equal(paint(pipe, NO_OBJECTS, refinement_strength=0), paint_stock(pipe))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda w: w.clear(), "this is not a PuLID checkpoint: it has no weights named pulid_ca"),
            (lambda w: w.pop("pulid_ca.1.to_q.weight"), "layer 1 is incomplete: 'to_q.weight'"),
            (lambda w: w.update({"pulid_ca.2.to_q.weight": torch.zeros(16, 32)}), "more layers .* places, 2: 2.to_q"),
        ],
    )
    def test_wrong_faces(self, pipe: RegionalFluxPipeline, change: Callable[..., Any], message: str) -> None:
        weights = pulid_weights()
        change(weights)
        with pytest.raises(RenderError, match=message):
            pipe.load_pulid(weights, head_channels=8)
        assert not hasattr(pipe.transformer, "pulid_ca")
