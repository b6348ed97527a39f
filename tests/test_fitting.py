"""Whether a picture fits a computer, and which flags would make it fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from generator.costs.estimate import Estimate, estimate
from generator.costs.fitting import Fit, fit, said_of_size, to_download
from generator.costs.full_memory import number_bits
from generator.costs.machine import Machine, cpu_bits
from generator.settings import LoadOptions, RenderSettings
from generator.weights.devices import choose_dtype
from planner import plan_layout

DEV = "black-forest-labs/FLUX.1-dev"
PLAN = plan_layout("a dog on the left and a cat on the right", width=1024, height=1024)
GIB = 2.0**30
ROOMY = Machine("cuda", "a GPU", 80 * GIB, 128 * GIB, 1e12)


def cost(quantize: str | None, offload: str | None) -> Estimate:
    return estimate(PLAN, RenderSettings.for_model(DEV, quantize=quantize), offload=offload)


@pytest.mark.parametrize(
    ("gpu_gib", "flags"),
    [
        (80, ()),
        (24, ("--quantize", "int8")),
        (16, ("--quantize", "int8", "--offload", "model")),
        (12, ("--quantize", "nf4", "--offload", "model")),
        (8, ("--quantize", "nf4", "--offload", "model")),
        (6, ("--offload", "group")),
        (1, None),
    ],
)
def test_the_smaller_the_gpu_the_more_flags(gpu_gib: float, flags: tuple[str, ...] | None) -> None:
    found = fit(cost, DEV, None, None, replace(ROOMY, device_bytes=gpu_gib * GIB))
    assert found.flags == flags
    assert bool(found.problems) == (flags != ())
    if flags:
        given = dict(zip(flags[::2], flags[1::2], strict=True))
        again = fit(
            cost, DEV, given.get("--quantize"), given.get("--offload"), replace(ROOMY, device_bytes=gpu_gib * GIB)
        )
        assert again.problems == ()


def test_what_was_asked_for_is_kept_in_the_advice() -> None:
    found = fit(cost, DEV, "int8", None, replace(ROOMY, device_bytes=16 * GIB))
    assert found.flags == ("--quantize", "int8", "--offload", "model")


def test_offloaded_weights_need_ram() -> None:
    found = fit(cost, DEV, None, "model", replace(ROOMY, free_ram_bytes=16 * GIB))
    assert "the weights, 31.4 GiB, stay in RAM, of which 16 GiB are free" in found.problems[0]
    assert found.flags is not None
    assert "--quantize" in found.flags


def test_on_the_cpu_the_ram_is_what_counts_and_nothing_is_offloaded() -> None:
    small = replace(ROOMY, device="cpu", device_bytes=None, free_ram_bytes=24 * GIB)
    found = fit(cost, DEV, None, None, small)
    assert "of RAM, 24 GiB are free" in found.problems[0]
    assert found.flags == ("--quantize", "int8")


def test_a_full_disk_is_said_before_the_download() -> None:
    found = fit(cost, "some-one/a-model-not-here", None, None, replace(ROOMY, free_disk_bytes=5e9))
    assert "the download takes 34 GB of disk, 5 GB are free" in found.problems[-1]
    assert "download at the first use: 34 GB" in list(found.lines())


def test_models_on_this_disk_are_not_downloaded(tmp_path: Path) -> None:
    assert to_download("embedded") == to_download(str(tmp_path)) == 0
    assert to_download("some-one/a-model-not-here") > 1e10


def test_a_model_that_is_not_known_is_said_to_be_guessed() -> None:
    assert said_of_size("embedded") == said_of_size(DEV) == ""
    assert "taken for FLUX.1-dev's size" in said_of_size("stabilityai/stable-diffusion-xl-base-1.0")


@pytest.mark.parametrize(
    ("free_gib", "quantize", "bits"),
    [(128, None, 32), (70, None, 32), (64, None, 16), (20, None, 16), (32, "int8", 32), (8, "int8", 16)],
)
def test_a_processor_computes_in_float32_where_its_memory_has_room_for_that(
    monkeypatch: pytest.MonkeyPatch, free_gib: float, quantize: str | None, bits: int
) -> None:
    def memory() -> SimpleNamespace:
        return SimpleNamespace(available=free_gib * GIB)

    monkeypatch.setattr("generator.costs.machine.psutil.virtual_memory", memory)
    settings = RenderSettings.for_model(DEV, quantize=quantize)
    assert cpu_bits(DEV, quantize) == number_bits(settings, LoadOptions(), "cpu") == bits
    chosen = choose_dtype(None, torch.device("cpu"), cpu_bits=cpu_bits(DEV, quantize))
    assert chosen == (torch.float32 if bits == 32 else torch.bfloat16)
    assert cpu_bits("embedded") == 32
    assert number_bits(settings, LoadOptions(dtype="bfloat16"), "cpu") == 16
    assert number_bits(settings, LoadOptions(), "cuda:0") == 16
    assert number_bits(settings, LoadOptions(), "mps") == 32


def test_this_computer_has_memory_and_a_speed() -> None:
    here = Machine.here("cpu")
    assert here.device_bytes is None
    assert here.free_ram_bytes > 1e8
    assert here.free_disk_bytes > 0
    speed = here.measured(64, bits=32).flops_per_second
    assert speed is not None
    assert speed > 1e6


def test_a_slow_computer_is_measured_with_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr("generator.costs.machine.time.perf_counter", lambda: float(next(seconds)))
    assert Machine.here("cpu").measured(64, bits=32).flops_per_second == 2 * 4 * 64**2
    assert next(seconds) == 4  # two passes of a second each


def test_the_time_is_what_the_flops_take_at_the_measured_speed() -> None:
    assert fit(cost, DEV, None, None, ROOMY).seconds is None
    slow = fit(cost, DEV, None, None, replace(ROOMY, flops_per_second=1e12)).seconds
    fast = fit(cost, DEV, None, None, replace(ROOMY, flops_per_second=1e14)).seconds
    assert slow is not None
    assert fast is not None
    assert slow == pytest.approx(100 * fast)
    assert slow > cost(None, None).flops / 1e12


@pytest.mark.parametrize(
    ("seconds", "said"), [(9, "9 s"), (600, "10 minutes"), (7200, "2.0 hours"), (864000, "10 days")]
)
def test_a_time_is_said_in_its_own_unit(seconds: float, said: str) -> None:
    assert f"time: about {said} to paint" in list(Fit(ROOMY, (), (), 0, seconds).lines())[-1]


def test_the_numbers_are_plain_json_with_their_total() -> None:
    found = fit(cost, DEV, None, None, ROOMY).to_dict()
    assert found["fits"] is True
    assert found["machine"]["name"] == "a GPU"
    assert cost(None, None).to_dict()["memory_bytes"] == cost(None, None).memory_bytes
