"""Load the models that paint: the embedded one, a folder, a single file, or a checkpoint from the Hugging Face hub."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

import torch
from diffusers import FluxControlNetModel, FluxMultiControlNetModel

from generator.adapters.lora_files import add_loras
from generator.costs.machine import cpu_bits
from generator.embedded.cpu import has_bfloat16
from generator.families.detecting import family_of
from generator.families.flux1_checkpoints import read_transformer
from generator.families.profiles.checkpoint import EMBEDDED
from generator.families.profiles.flux1 import FLUX1
from generator.families.suiting import check_suits
from generator.options import LoraFile, check_choice
from generator.pipeline import RegionalFluxControlNetPipeline
from generator.regions.pipeline import RegionalPipeline
from generator.settings import QUANTIZERS, LoadOptions
from generator.weights.configs import check_configs
from generator.weights.devices import choose_device, choose_dtype
from generator.weights.hub import LOAD_ERRORS, check_folder, check_reached, explain, find_model, first_line
from generator.weights.libraries import silent_libraries
from generator.weights.quantizing import quantization
from planner.errors import RenderError

log = logging.getLogger("ragplan")


class LoadKeywords(TypedDict, total=False):
    """The fields of `LoadOptions` by name; a device and a dtype may be torch's own. `quiet` is no field."""

    device: str | torch.device | None
    dtype: str | torch.dtype | None
    offload: str | None
    compile: bool | str
    attention_backend: str | None
    base: str | Path | None
    quiet: bool


def load_pipeline(
    model: str | Path = EMBEDDED,
    *,
    loading: LoadOptions | None = None,
    quantize: str | None = None,
    lora: str | Sequence[str] = (),
    ip_adapter: str | None = None,
    pulid: str | None = None,
    controlnet: str | Path | Sequence[str | Path] = (),
    **options: Unpack[LoadKeywords],
) -> RegionalPipeline:
    """Load a checkpoint and put it on a device: the pipeline of its family, told by its files.

    model: "embedded", a folder that diffusers saved, a hub id, which is downloaded once, or a transformer in a single
        file, .safetensors or .gguf.
    loading: how it is loaded and run; None: as `LoadOptions` says it by default.
    quantize: "nf4" (bitsandbytes, needs a GPU), "int8" or "fp8" (torchao): the weights of transformer and largest text
        encoder.
    lora: files, each with ":SCALE" behind it if it is not to act fully; also owner/name/FILE.safetensors of the hub.
    ip_adapter: InstantX' or XLabs' file, or owner/name/FILE of the hub: what objects with such pictures need inside the
        pipeline.
    pulid: PuLID's file, likewise.
    controlnet: a FLUX ControlNet, or several: folders that diffusers saved, or hub ids. The pipeline is then a
        `RegionalFluxControlNetPipeline`.
    options: fields of `LoadOptions` that differ from `loading`'s; `quiet=False` shows what the libraries print.

    Raises `RenderError`, which says what to do, where the model or the device is not to be had.
    """
    chosen = _chosen(loading or LoadOptions(), options)
    check_choice("quantize", quantize, tuple(QUANTIZERS))
    loras = _found(_listed(lora))
    adapters = {"ip_adapter": ip_adapter, "pulid": pulid}
    check_suits(str(model), references=[kind for kind, file in adapters.items() if file is not None])
    device = choose_device(chosen.device)
    dtype = _warned(numbers_for(chosen, device, str(model), quantize), device)
    with silent_libraries(options.get("quiet", True)):
        pipe = _read(str(model), dtype, quantize, chosen.base, _listed(controlnet))
        add_loras(pipe, loras)
        _add_references(pipe, ip_adapter, pulid)
        return _set_up(pipe, device, chosen)


def numbers_for(loading: LoadOptions, device: torch.device, model: str, quantize: str | None) -> torch.dtype:
    """Return the numbers that a model computes with on a device; only on a processor its size matters."""
    if device.type != "cpu" or loading.dtype is not None:
        return choose_dtype(loading.dtype, device)
    return choose_dtype(None, device, cpu_bits=cpu_bits(model, quantize, loading.base))


def _warned(dtype: torch.dtype, device: torch.device) -> torch.dtype:
    """Return the numbers, and warn where they are slow."""
    if dtype == torch.bfloat16 and not has_bfloat16(device.type):
        log.warning("this processor computes in bfloat16 very slowly; float32 takes twice the memory")
    return dtype


def _listed(names: str | Path | Sequence[str | Path]) -> list[str]:
    """Return one name or several as a list."""
    return [str(name) for name in ([names] if isinstance(names, str | Path) else names)]


def _found(names: Sequence[str]) -> list[LoraFile]:
    """Read the LoRAs' names and scales. Raises `RenderError` for one that is not there."""
    loras = [LoraFile.parse(text) for text in names]
    for item in loras:
        item.source()
    return loras


def _add_references(pipe: RegionalPipeline, ip_adapter: str | None, pulid: str | None) -> None:
    """Load what objects with reference pictures need inside the pipeline."""
    if ip_adapter is not None:
        from generator.adapters.ip_adapter import add_ip_adapter  # on use: image encoders take a while to load

        add_ip_adapter(pipe, ip_adapter)
    if pulid is not None:
        from generator.adapters.pulid import add_pulid

        add_pulid(pipe, pulid)


def _chosen(loading: LoadOptions, options: LoadKeywords) -> LoadOptions:
    """Return the options of loading with those that are given by name; torch's own values become their names."""
    named: dict[str, Any] = {name: value for name, value in options.items() if name != "quiet"}
    for name in ("device", "dtype", "base"):
        if named.get(name) is not None:
            named[name] = str(named[name]).removeprefix("torch.")
    return loading.changed(**named)


def _read(
    model: str, dtype: torch.dtype, quantize: str | None, base: str | None, controlnet: Sequence[str]
) -> RegionalPipeline:
    """Read a pipeline into the CPU's memory, or where the quantising library puts it."""
    file = Path(model).expanduser()
    if base is not None and not file.is_file():
        raise RenderError(f"base is for a model in a single file, and {model!r} is none")
    given: dict[str, Any] = {"dtype": dtype}
    source = find_model(model)
    check_reached(source)
    family, kind = family_of(source)
    if quantize is not None:
        given["quantization_config"] = quantization(quantize, dtype, family.quantized)
    if controlnet:
        if family is not FLUX1:
            raise RenderError(f"a ControlNet works with FLUX.1 only, and {model!r} is {family.name}")
        kind = RegionalFluxControlNetPipeline
        controlnets = [_read_controlnet(name, dtype) for name in controlnet]
        given["controlnet"] = controlnets[0] if len(controlnets) == 1 else FluxMultiControlNetModel(controlnets)
    try:
        if file.is_file():
            source, given["transformer"] = read_transformer(file, dtype, base)
            if quantize is not None:
                raise RenderError(f"{model!r} is a single file; only folders and hub ids can be quantised on loading")
        pipe: RegionalPipeline = kind.from_pretrained(source, **given)
    except RenderError:
        raise
    except Exception as error:  # files that are no model bring about errors of every class
        raise RenderError(explain(model, error, f"a {family.name} pipeline")) from error
    check_configs(pipe.components, model)
    return pipe


def _read_controlnet(name: str, dtype: torch.dtype) -> Any:
    """Read a ControlNet from a folder or the hub."""
    check_folder("a ControlNet", name)
    check_reached(name)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*FluxPosEmbed", FutureWarning)  # diffusers warns of its own import
            return FluxControlNetModel.from_pretrained(str(Path(name).expanduser()), dtype=dtype)
    except LOAD_ERRORS as error:
        raise RenderError(explain(name, error, "a FLUX.1 ControlNet")) from error


def _set_up(pipe: RegionalPipeline, device: torch.device, loading: LoadOptions) -> RegionalPipeline:
    """Choose the attention, bring the pipeline to the device, compile what is to be compiled, and return it."""
    if loading.attention_backend is not None:
        _set_attention_backend(pipe, loading.attention_backend)
    _place(pipe, device, loading.offload)
    if loading.compile:
        backend = "inductor" if loading.compile is True else loading.compile
        pipe.transformer.compile_repeated_blocks(fullgraph=True, backend=backend)
    return pipe


def _place(pipe: RegionalPipeline, device: torch.device, offload: str | None) -> None:
    """Put a pipeline on a device, or let its parts come to it as they are needed."""
    if offload is None:
        pipe.to(device)
        return
    if device.type == "cpu":
        log.warning("offload=%r saves nothing on the CPU, where everything is in its memory anyway", offload)
    if offload == "model":
        pipe.enable_model_cpu_offload(device=device)
        return
    blocks = {"offload_type": "block_level", "num_blocks_per_group": 1} if offload == "group" else {}
    layers = blocks or {"offload_type": "leaf_level"}  # what accelerate's sequential offloading does, only faster
    pipe.enable_group_offload(device, use_stream=device.type == "cuda", **layers)


def _set_attention_backend(pipe: RegionalPipeline, name: str) -> None:
    try:
        pipe.transformer.set_attention_backend(name)
    except (ValueError, RuntimeError, ImportError) as error:
        raise RenderError(f"the attention backend {name!r} cannot be used: {first_line(error)}") from error
