"""Whether a model can do what a picture's settings ask for; said before anything is loaded. No torch."""

from __future__ import annotations

from collections.abc import Iterable

from generator.families.detecting import checkpoint_of, profile_of
from planner.errors import RenderError


def check_suits(
    model: str,
    *,
    negative_prompt: str | None = None,
    guidance_scale: float = 0.0,
    controlnet: str | None = None,
    step_cache: float | None = None,
    references: Iterable[str] = (),
) -> None:
    """Raise `RenderError`, which names the model, for what does not work with it.

    references: the kinds of reference pictures that objects have. The others are a picture's settings.
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
    if controlnet is not None and not works.controlnet:
        raise RenderError(f"a ControlNet does not work with {named}; got {controlnet!r}")
    if step_cache is not None and not works.step_cache:
        raise RenderError(f"step_cache does not work with {named}: diffusers has none for it; got {step_cache:g}")
    for kind in references:
        if kind not in works.references:
            known = f"it has {', '.join(works.references)}" if works.references else "it has none"
            raise RenderError(f"reference pictures of kind {kind!r} do not work with {named}: {known}")
