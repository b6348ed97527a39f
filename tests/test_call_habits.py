"""What callers of diffusers' pipelines are used to: own embeddings, sigmas, negative prompts, saved indices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import FluxImg2ImgPipeline
from painting import BASE, PLAN, close, paint, paint_stock

from generator import RegionalFluxPipeline, Repaint
from planner.errors import RenderError
from planner.plan import Box, Plan


def test_text_encoders_may_be_freed_before_the_call(pipe: RegionalFluxPipeline) -> None:
    expected = paint(pipe, refinement_strength=0.5)
    repaint = Repaint("a red dog", "a ball", ("grass", "a ball", "a cat"), mask=Box(0.5, 0.25, 0.5, 0.5))
    texts = pipe.encode_texts(PLAN, [repaint])
    pipe.text_encoder, pipe.text_encoder_2 = None, None
    assert torch.equal(paint(pipe, refinement_strength=0.5, texts=texts), expected)
    output = pipe.repaint(PLAN, repaint, num_inference_steps=3, output_type="latent", texts=texts)
    assert torch.isfinite(output.repainted).all()
    with pytest.raises(RenderError, match=r"has no text encoder, and texts has nothing for 'a red dog and a blue cat'"):
        paint(pipe)


def test_sigmas_are_those_of_the_stock_pipeline(pipe: RegionalFluxPipeline) -> None:
    sigmas = [1.0, 0.5, 0.25]
    plain = {"refinement_strength": 0, "hard_binding_steps": None, "sigmas": sigmas}
    assert torch.equal(paint(pipe, Plan(BASE, ()), **plain), paint_stock(pipe, sigmas=sigmas))
    with pytest.raises(RenderError, match="sigmas must be 3, one for each step, got 2"):
        paint(pipe, sigmas=[1.0, 0.5])


def test_a_negative_prompt_takes_a_second_pass_as_the_stock_pipeline_does(pipe: RegionalFluxPipeline) -> None:
    guided = {"negative_prompt": "a ball", "true_cfg_scale": 3.0}
    plain = paint(pipe, Plan(BASE, ()), refinement_strength=0, hard_binding_steps=None, **guided)
    assert close(plain, paint_stock(pipe, **guided))
    assert not close(paint(pipe, refinement_strength=0.5, **guided), paint(pipe, refinement_strength=0.5))
    with pytest.raises(RenderError, match="negative_prompt and true_cfg_scale above 1 need each other"):
        paint(pipe, negative_prompt="a ball")


def test_other_pipelines_of_diffusers_are_made_of_its_parts(pipe: RegionalFluxPipeline) -> None:
    other = FluxImg2ImgPipeline.from_pipe(pipe)
    assert other.transformer is pipe.transformer
    assert type(RegionalFluxPipeline.from_pipe(other)) is RegionalFluxPipeline


def test_a_saved_pipeline_is_one_of_diffusers(pipe: RegionalFluxPipeline, tmp_path: Path) -> None:
    pipe.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "model_index.json").read_text())["_class_name"] == "FluxPipeline"
