"""Plans with a ControlNet: equal to diffusers' own pipeline, and to the algorithm written plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FluxControlNetPipeline, FluxMultiControlNetModel
from painting import BASE, NO_OBJECTS, PLAN, close, noise, paint, watch
from PIL import Image
from tiny_flux import TEXT_TOKENS, tiny_control_pipeline

from generator.benchmarks import naive
from generator.pipeline import RegionalFluxControlNetPipeline
from generator.regions.repaint import Repaint
from planner.errors import RenderError
from planner.plan import Box, Plan

pytestmark = pytest.mark.filterwarnings("ignore:.*FluxPosEmbed:FutureWarning")  # of diffusers' own ControlNet
EDGES = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
DEPTH = EDGES.rotate(90)
UNION = {"num_mode": 3}
XLABS = {"conditioning_embedding_channels": 4, "patch_size": 2, "num_layers": 2, "num_single_layers": 0}
KINDS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "plain": ([{"guidance_embeds": True}], {}),
    "two blocks": ([{"num_layers": 2, "num_single_layers": 2}], {"controlnet_conditioning_scale": 0.5}),
    "union": ([UNION], {"control_mode": 2}),
    "two": ([{}, {}], {"control_image": [EDGES, DEPTH], "controlnet_conditioning_scale": [0.7, 0.3]}),
    "half": ([{}], {"control_guidance_start": 0.3, "control_guidance_end": 0.7}),
}


@pytest.fixture(scope="module")
def pipe() -> RegionalFluxControlNetPipeline:
    return tiny_control_pipeline(guidance_embeds=True)


def stock(pipe: RegionalFluxControlNetPipeline, **arguments: Any) -> torch.Tensor:
    own = FluxControlNetPipeline(**pipe.components)
    own.set_progress_bar_config(disable=True)
    given = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", "guidance_scale": 3.5}
    sizes = {"height": 64, "width": 64, "max_sequence_length": TEXT_TOKENS}
    latents: torch.Tensor = own(BASE, **sizes, **{"control_image": EDGES, **given, **arguments}).images
    return latents


def plain(pipe: RegionalFluxControlNetPipeline, plan: Plan = NO_OBJECTS, **arguments: Any) -> torch.Tensor:
    return paint(pipe, plan, **{"refinement_strength": 0, "control_image": EDGES, **arguments})


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_objects_and_no_refinement_is_the_stock_pipeline(kind: str) -> None:
    configs, arguments = KINDS[kind]
    pipe = tiny_control_pipeline(*configs, guidance_embeds=True)
    lists = {"controlnet_conditioning_scale": [1.0, 1.0]} if len(configs) > 1 else {}
    assert torch.equal(plain(pipe, **arguments), stock(pipe, **{**lists, **arguments}))
    assert not close(plain(pipe, **arguments), plain(pipe, **{**arguments, "controlnet_conditioning_scale": 0.0}))


def test_the_kind_that_sees_pixels() -> None:
    """XLabs' kind has no VAE in front of it, nothing for single-stream blocks, and its residuals take turns."""
    pipe = tiny_control_pipeline(XLABS, num_layers=3)
    assert torch.equal(plain(pipe), stock(pipe))
    assert not close(plain(pipe), plain(pipe, control_image=DEPTH))


def test_one_union_model_for_several_pictures() -> None:
    pipe = tiny_control_pipeline(UNION)
    pipe.register_modules(controlnet=FluxMultiControlNetModel([pipe.controlnet]))
    arguments = {"control_image": [EDGES, DEPTH], "control_mode": [0, 2]}
    both = plain(pipe, **arguments)
    lists = {"control_guidance_start": [0.0, 0.0], "control_guidance_end": [1.0, 1.0]}  # else stock takes but the first
    assert torch.equal(both, stock(pipe, **arguments, **lists, controlnet_conditioning_scale=[1.0, 1.0]))
    assert not close(both, plain(pipe, **{**arguments, "control_mode": [2, 0]}))


@pytest.mark.parametrize("strength", [0, 0.5, 1])
@pytest.mark.parametrize("binding", [None, 2])
@pytest.mark.parametrize("span", [(0.0, 1.0), (0.3, 0.7)])
def test_packed_equals_naive(
    pipe: RegionalFluxControlNetPipeline, strength: float, binding: int | None, span: tuple[float, float]
) -> None:
    generator = noise()
    found = plain(
        pipe,
        PLAN,
        generator=generator,
        refinement_strength=strength,
        hard_binding_steps=binding,
        controlnet_conditioning_scale=0.8,
        control_guidance_start=span[0],
        control_guidance_end=span[1],
    )
    assert close(found, expected(pipe, naive.PlainSettings(64, 64, strength=strength, binding_steps=binding), span))


def expected(
    pipe: RegionalFluxControlNetPipeline, call: naive.PlainSettings, span: tuple[float, float]
) -> torch.Tensor:
    def encode(prompt: str) -> naive.Prompt:
        with torch.no_grad():
            embeds, pooled, _ = pipe.encode_prompt(prompt, max_sequence_length=TEXT_TOKENS)
        return embeds, pooled

    embeds, pooled = encode(BASE)
    noise_of_control = noise()
    with torch.no_grad():
        encoded = pipe.vae.encode(pipe.image_processor.preprocess(EDGES)).latent_dist.sample(noise_of_control)
    picture = naive.pack((encoded - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor)
    ids = torch.tensor([[0.0, token // 4, token % 4] for token in range(16)])

    def control(step: int, timestep: torch.Tensor, latents: torch.Tensor) -> naive.Residuals:
        acts = step / call.steps >= span[0] and (step + 1) / call.steps <= span[1]
        said: naive.Residuals = pipe.controlnet(
            hidden_states=latents,
            controlnet_cond=picture,
            conditioning_scale=0.8 * acts,
            encoder_hidden_states=embeds,
            pooled_projections=pooled,
            timestep=timestep.expand(1) / 1000,
            img_ids=ids,
            txt_ids=torch.zeros(TEXT_TOKENS, 3),
            return_dict=False,
        )
        return said

    return naive.paint(pipe, PLAN, call, encode, control=control, noise=noise_of_control)


def test_objects_that_are_painted_alone_get_nothing(pipe: RegionalFluxControlNetPipeline) -> None:
    passes = watch(pipe, hard_binding_steps=2, control_image=EDGES)
    said = ["controlnet_block_samples" in passed for passed in passes]
    assert said == [False, True, False, True, True]


def test_nothing_is_computed_where_it_does_not_act(pipe: RegionalFluxControlNetPipeline) -> None:
    calls: list[None] = []
    handle = pipe.controlnet.register_forward_hook(lambda *_: calls.append(None))
    plain(pipe, control_guidance_end=0.4)
    handle.remove()
    assert len(calls) == 1


def test_each_picture_is_that_of_a_single_call(pipe: RegionalFluxControlNetPipeline) -> None:
    together = plain(pipe, PLAN, refinement_strength=0.5, num_images_per_prompt=2, generator=[noise(1), noise(2)])
    for index, seed in enumerate((1, 2)):
        assert close(together[index : index + 1], plain(pipe, PLAN, refinement_strength=0.5, generator=noise(seed)))


def test_repainting_follows_the_picture_too(pipe: RegionalFluxControlNetPipeline) -> None:
    def repaint(**changed: Any) -> Any:
        arguments = {"num_inference_steps": 3, "generator": noise(), "output_type": "latent", "control_image": EDGES}
        new = Repaint(
            "a red dog and a ball",
            "a ball",
            ("a red dog on grass", "a ball", "grass"),
            1,
            mask=Box(0.5, 0.25, 0.5, 0.5),
        )
        return pipe.repaint(PLAN, new, **{**arguments, **changed})

    output = repaint()
    outside = [token for token in range(16) if token not in (6, 7, 10, 11)]
    assert torch.equal(output.images, plain(pipe, PLAN, refinement_strength=1.0))
    assert torch.equal(output.repainted[:, outside], output.images[:, outside])
    assert not close(output.repainted[:, [6, 7]], repaint(control_image=DEPTH).repainted[:, [6, 7]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"control_image": None}, "control_image is missing"),
        ({"controlnet_conditioning_scale": -1}, "controlnet_conditioning_scale must be a number from 0 up, got -1"),
        ({"control_guidance_start": 1.5}, r"control_guidance_start must be a number in 0\.\.1, got 1.5"),
        ({"control_guidance_start": 0.5, "control_guidance_end": 0.2}, r"control_guidance_end must be a number in 0.5"),
        ({"control_mode": 1}, "control_mode is for a union ControlNet, and this is none; got 1"),
        ({"controlnet_conditioning_scale": [1.0, 1.0]}, "must be one value, or 1, one for each control image"),
        ({"control_image": torch.zeros(1, 3, 32, 64)}, "must have the picture's size, 64×64, got"),
        ({"step_cache": 0.1}, "step_cache does not work with a ControlNet"),
    ],
)
def test_what_does_not_work(pipe: RegionalFluxControlNetPipeline, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        plain(pipe, **arguments)


def test_union_modes_and_lists() -> None:
    with pytest.raises(RenderError, match=r"control_mode must be a whole number in 0\.\.2, got None"):
        plain(tiny_control_pipeline(UNION))
    several = tiny_control_pipeline({}, {})
    with pytest.raises(RenderError, match="control_image must be a list for several ControlNets"):
        plain(several)
    with pytest.raises(RenderError, match="2 ControlNets need as many control images, got 1"):
        plain(several, control_image=[EDGES])
