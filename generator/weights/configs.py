"""Values in a model's config files that cannot be meant: said when it is loaded, and not by a crash while it paints.

A value's kind is told by its default: where that is a number, text will not do. Lists of whole numbers in place of one
are let pass, as diffusers has them for some layers.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from numbers import Real
from types import NoneType
from typing import Any, get_args

from diffusers.configuration_utils import ConfigMixin

from planner.errors import RenderError


def check_configs(components: Mapping[str, Any], model: str) -> None:
    """Raise `RenderError` for the first value in the configs of a pipeline's parts that cannot be meant.

    components: the pipeline's parts by name.
    model: its name, for the message.
    """
    for name, part in components.items():
        if isinstance(part, ConfigMixin):
            for key, why in _faults(part):
                raise RenderError(f"{model!r} has a wrong {key} in its {name}'s config: {why}")


def _faults(part: ConfigMixin) -> Iterator[tuple[str, str]]:
    """Yield the names of values that cannot be meant, each with what it must be."""
    config = part.config
    for key, parameter in inspect.signature(type(part).__init__).parameters.items():
        default = 0.0 if set(get_args(parameter.annotation)) == {float, NoneType} else parameter.default
        if key in config and (wanted := _wanted(config[key], default)):
            yield key, f"it must be {wanted}, got {config[key]!r:.60}"
    if config.get("scaling_factor") == 0:
        yield "scaling_factor", "it must not be 0"
    axes, width = config.get("axes_dims_rope"), config.get("attention_head_dim")
    if axes is not None and width is not None and sum(axes) != width:
        yield "axes_dims_rope", f"it must add up to attention_head_dim, {width}, got {list(axes)}"


def _wanted(value: object, default: object) -> str:
    """Say what a value must be to be of its default's kind; empty where it is."""
    if value is None or default is None:
        return ""
    if isinstance(default, bool | str):
        kind = type(default)
        return "" if isinstance(value, kind) else {bool: "true or false", str: "text"}[kind]
    if isinstance(default, Real):
        if isinstance(value, list | tuple) and isinstance(default, int):
            return "" if all(map(_is_number, value)) else "numbers"
        return "" if _is_number(value) else "a finite number"
    if isinstance(default, list | tuple):
        if not isinstance(value, list | tuple):
            return "a list"
        numbers = bool(default) and all(map(_is_number, default))
        return "" if not numbers or all(one is None or _is_number(one) for one in value) else "a list of numbers"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
