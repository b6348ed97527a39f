"""The steps of flow-matching schedulers, as diffusers' pipelines set them: shifted by the size of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps

from generator.regions.call import Call


def shift_by_size(scheduler: Any, call: Call, longest: int = 4096, each: int = 1) -> float:
    """Return how much noisier the steps of a call are than evenly spaced ones, by the number of image tokens.

    longest: image tokens of the largest shift, where the scheduler's configuration does not say.
    each: how many of the model's tokens one of the canvas is.
    """
    config = scheduler.config
    shift: float = calculate_shift(
        each * call.grid.count,
        config.get("base_image_seq_len", 256),
        config.get("max_image_seq_len", longest),
        config.get("base_shift", 0.5),
        config.get("max_shift", 1.15),
    )
    return shift


def set_timesteps(
    pipe: Any, call: Call, shift: float, *, own: Sequence[float] | None = None, flow: bool = False
) -> torch.Tensor:
    """Set the scheduler's timesteps and return them: by the call's noise levels, or the model's own.

    own: the model's; None: evenly spaced ones.
    flow: whether a scheduler that says use_flow_sigmas makes them itself.
    """
    steps = call.num_inference_steps
    usual: Any = np.linspace(1.0, 1 / steps, steps) if own is None else own
    sigmas = usual if call.sigmas is None else list(call.sigmas)
    if flow and pipe.scheduler.config.get("use_flow_sigmas"):
        sigmas = None
    timesteps: torch.Tensor
    timesteps, _ = retrieve_timesteps(pipe.scheduler, steps, pipe._execution_device, sigmas=sigmas, mu=shift)
    return timesteps
