"""One transformer, several threads: a second call waits, and no picture is ever another one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from painting import BASE, PLAN, noise, paint, paint_stock

from generator import RegionalFluxPipeline
from planner.errors import RenderError


def beside(pipe: RegionalFluxPipeline) -> RegionalFluxPipeline:
    """Another pipeline on the same transformer, with a scheduler and tokenizers of its own."""
    parts = {name: part for name, part in pipe.components.items() if name in ("transformer", "vae")}
    parts |= {name: getattr(pipe, name) for name in ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")}
    other = RegionalFluxPipeline(scheduler=type(pipe.scheduler).from_config(pipe.scheduler.config), **parts)
    other.set_progress_bar_config(disable=True)
    return other


def test_two_threads_on_one_transformer_paint_what_they_paint_alone(pipe: RegionalFluxPipeline) -> None:
    other = beside(pipe)
    options: list[dict[str, Any]] = [{"refinement_strength": 0.5}, {"hard_binding_steps": 3}]
    both = [(pipe, options[0]), (other, options[1])]
    alone = [paint(each, PLAN, **own) for each, own in both]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(paint, each, PLAN, **own) for _ in range(4) for each, own in both]
        for number, job in enumerate(jobs):
            assert torch.equal(job.result(), alone[number % 2])


def test_a_call_waits_until_the_one_before_it_has_ended(pipe: RegionalFluxPipeline) -> None:
    other, order, begun, go_on = beside(pipe), [], threading.Event(), threading.Event()

    def slow(of: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        order.append("first")
        begun.set()
        assert go_on.wait(60)
        return {}

    def quick(of: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        order.append("second")
        return {}

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(paint, pipe, callback_on_step_end=slow)
        assert begun.wait(60)
        second = pool.submit(paint, other, callback_on_step_end=quick)
        assert not second.done()
        go_on.set()
        first.result()
        second.result()
    assert order == ["first"] * 3 + ["second"] * 3


@pytest.mark.parametrize("options", [{"refinement_strength": 0.5}, {"step_cache": 1e9, "num_inference_steps": 6}])
def test_a_stock_pipeline_meanwhile_sees_the_stock_model(pipe: RegionalFluxPipeline, options: dict[str, Any]) -> None:
    """In the middle of our call, another thread paints by diffusers' own pipeline on the same transformer."""
    expected, ours, found = paint_stock(pipe), paint(pipe, **options), list[Any]()
    parts = {**pipe.components, "scheduler": type(pipe.scheduler).from_config(pipe.scheduler.config)}

    def stock() -> Any:
        meanwhile = FluxPipeline(**parts)
        meanwhile.set_progress_bar_config(disable=True)
        given = {"height": 64, "width": 64, "guidance_scale": 3.5, "max_sequence_length": 8, "output_type": "latent"}
        return meanwhile(BASE, num_inference_steps=3, generator=noise(), **given).images

    def callback(of: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            found.append(pool.submit(stock).result())
        return {}

    assert torch.equal(paint(pipe, callback_on_step_end=callback, **options), ours)
    assert len(found) >= 3
    assert all(torch.equal(picture, expected) for picture in found)


def test_a_callback_cannot_paint_with_the_same_model(pipe: RegionalFluxPipeline) -> None:
    def callback(*_: Any) -> dict[str, Any]:
        paint(pipe)
        return {}

    before = paint(pipe)
    with pytest.raises(RenderError, match="painting already, and a callback cannot paint with it"):
        paint(pipe, callback_on_step_end=callback)
    assert torch.equal(paint(pipe), before)
