"""Several plans in one call: their arguments, and what they must have in common. No torch at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.regions.call import Request
from planner.errors import RenderError
from planner.plan import Plan


def divided(plans: Sequence[Plan], arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each plan's arguments: of generators in a list, and of latents, its own share, the others as they are.

    Raises `RenderError` where they cannot be divided.
    """
    if not plans:
        raise RenderError("there is no plan to paint: the list of plans is empty")
    if len(plans) == 1:
        return [{**arguments, "plan": plans[0]}]
    images = arguments.get("num_images_per_prompt", 1)
    split = [name for name in ("generator", "latents") if hasattr(arguments.get(name), "__len__")]
    for name in split:
        if len(arguments[name]) != len(plans) * images:
            need = f"{'one, or a list of ' if name == 'generator' else ''}{len(plans) * images}"
            raise RenderError(
                f"{name} must be {need}: {len(plans)} plans have {images} pictures each; got {len(arguments[name])}"
            )
    return [
        {
            **arguments,
            **{name: arguments[name][number * images : (number + 1) * images] for name in split},
            "plan": plan,
        }
        for number, plan in enumerate(plans)
    ]


def check_batch(requests: Sequence[Request]) -> None:
    """Raise `RenderError` for plans whose pictures cannot be painted as one batch."""
    if len(requests) > 1 and any(item.image for request in requests for item in request.plan.objects):
        raise RenderError("plans with reference pictures cannot be painted together; paint them one after the other")
    for number, request in enumerate(requests[1:], 1):
        if _refinement(request) != _refinement(requests[0]):
            raise RenderError(
                f"plans that are painted together need the same cells, and those of plan {number} are not plan 0's "
                "(or not refined as strongly, in the same steps, by the same LoRAs); paint them one after the other"
            )


def _refinement(request: Request) -> tuple[Any, ...]:
    """Return all that says where, when, how strongly and with which LoRAs cells are refined; nothing where none is."""
    if not request.cells:
        return ()
    return request.cells, request.strengths, request.refined_steps, request.cell_loras
