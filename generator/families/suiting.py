"""Whether a model can do what a picture's settings and plan ask for; said before anything is loaded. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from generator.families.detecting import checkpoint_of, profile_of
from planner.errors import RenderError
from planner.formats.registry import export_plan
from planner.formats.shared import one_cell
from planner.plan import Cell, ObjectBox, Plan, Row

NOTHING: Mapping[str, object] = MappingProxyType({})
# Settings that act by regions, each with the value that says nothing.
REGIONAL = {"hard_binding_steps": None, "refinement_strength": 1.0, "region_max_sequence_length": None}


def regional_of(settings: Mapping[str, object]) -> dict[str, object]:
    """Return what of some settings acts by regions, by name, but for what says nothing."""
    found = {name: settings.get(name, unsaid) for name, unsaid in REGIONAL.items()}
    return {name: value for name, value in found.items() if value is not None and value != REGIONAL[name]}


def check_suits(
    model: str,
    *,
    negative_prompt: str | None = None,
    guidance_scale: float = 0.0,
    controlnet: str | None = None,
    step_cache: float | None = None,
    references: Iterable[str] = (),
    regional: Mapping[str, object] = NOTHING,
    offload: str | None = None,
) -> None:
    """Raise `RenderError`, which names the model, for what does not work with it.

    references: the kinds of reference pictures that objects have.
    regional: what `regional_of` says of the settings.
    offload: what stays in the CPU's memory. The others are a picture's settings.
    """
    family, checkpoint = profile_of(model), checkpoint_of(model)
    works, named = family.works(checkpoint), f"{model!r} ({family.name})"
    if negative_prompt is not None and not works.negative_prompt:
        raise RenderError(
            f"{named} knows no negative prompt: say in the sentence what is to be seen instead ('an empty street'); "
            f"got {negative_prompt!r}"
        )
    if negative_prompt is not None and not family.guided(checkpoint, guidance_scale):
        raise RenderError(
            f"negative_prompt acts by guidance, and {named} has none at a guidance_scale of {guidance_scale:g}"
        )
    for name, value in () if works.regions else regional.items():
        raise RenderError(f"{named} takes boxes in its own prompt, and knows no {name}; got {value!r}")
    if offload is not None and not works.offload:
        raise RenderError(f"offload does not work with {named}; got {offload!r}")
    if controlnet is not None and not works.controlnet:
        raise RenderError(f"a ControlNet does not work with {named}; got {controlnet!r}")
    if step_cache is not None and not works.step_cache:
        raise RenderError(f"step_cache does not work with {named}: diffusers has none for it; got {step_cache:g}")
    for kind in references:
        if kind not in works.references:
            known = f"it has {', '.join(works.references)}" if works.references else "it has none"
            raise RenderError(f"reference pictures of kind {kind!r} do not work with {named}: {known}")


def asked(model: str, plan: Plan, *, repaints: int = 0) -> Plan:
    """Return the plan that a model's passes are made of: of one that takes boxes in its own prompt, that prompt alone.

    repaints: how many regions are painted anew afterwards.

    Raises `RenderError` for what acts by regions only, and `PlanError` for a plan that the model's format cannot say.
    """
    family = profile_of(model)
    if family.prompt_format is None:
        return plan
    named = f"{model!r} ({family.name}) takes boxes in its own prompt"
    if repaints:
        raise RenderError(
            f"{named}, and cannot paint a region anew; paint the changed plan, or repaint another model's"
        )
    for number, item in enumerate(plan.objects):
        if item.image is not None or item.lora:
            what = "a picture" if item.image is not None else "a LoRA of its own"
            raise RenderError(f"{named}, and object {number}, {item.name!r}, has {what}, which it cannot use")
    boxes = tuple(ObjectBox(item.prompt, item.box) for item in plan.objects)
    export_plan(Plan(plan.prompt, one_cell(plan.prompt), boxes), family.prompt_format)
    return unrefined(plan)


def unrefined(plan: Plan) -> Plan:
    """Return a plan's prompt alone: one cell that nothing refines, and no objects."""
    return Plan(plan.prompt, (Row(1.0, (Cell(1.0, plan.prompt, 0.0),)),))
