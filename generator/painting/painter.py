"""A model that is loaded once and paints plans, one picture at a time, whichever thread asks.

    painter = Painter("embedded")
    before = painter.paint("a cup and a hat above a house", seed=2)
    painter.repaint(before, "the hat becomes a rocket").save("after.png")

No torch at import: the model comes with the first picture, after everything that can be wrong has been looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from generator.adapters.control_request import control_arguments
from generator.adapters.references import Reference, read_reference, read_references, with_images
from generator.costs.full_memory import full_memory_told
from generator.embedded.card import with_cards
from generator.embedded.grounds import ground_of
from generator.embedded.wording import told, worded
from generator.families.profiles.checkpoint import EMBEDDED
from generator.families.suiting import asked
from generator.painting.checks import check_painting, tell_unknown_words
from generator.progress import OnProgress, Progress, ignore
from generator.recipe import Recipe, Result, check_result
from generator.regions.blending import blended_chain
from generator.regions.masking import TokenMask, tokens_box
from generator.regions.repaint import Repaint
from generator.seeds import noise_of
from generator.settings import LoadOptions, RenderSettings, repaint_binding_steps
from generator.weights.libraries import silent_libraries, without_collecting
from generator.weights.packages import check_torchvision
from planner import Planner, PlanningResult
from planner.errors import RenderError
from planner.plan import Box, ImagePrompt, Plan
from planner.planner import with_style

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from generator.adapters.embeds import ImageEmbeds, NativePicture
    from generator.regions.pipeline import RegionalPipeline


class Painter:
    """A loaded model: `paint` makes a picture of a plan or a sentence, `repaint` changes one thing in a picture.

    model: "embedded", a checkpoint's folder or file, or a hub id.
    loading: how it is loaded and run.
    planner: who plans sentences, and writes the prompts of changes.
    quiet: False shows the pipeline's own bar, and what the libraries print.
    settings: for all pictures, where a call says nothing else: fields of `RenderSettings` (lora, quantize, steps, …);
        fields of `LoadOptions` (device, offload, dtype, …) are taken for `loading`.

    May be used from several threads: a call waits until the one before it is done. A picture that needs other weights
    (another LoRA, an adapter for its reference pictures) lets go of the loaded ones first.
    Raises `RenderError`, before anything is loaded, for a model, a device or settings that cannot be had.
    """

    def __init__(
        self,
        model: str = EMBEDDED,
        *,
        loading: LoadOptions | None = None,
        planner: Planner | None = None,
        quiet: bool = True,
        **settings: Any,
    ) -> None:
        names = {each.name for each in fields(LoadOptions)}
        given = {name: settings.pop(name) for name in list(settings) if name in names}
        self.loading = replace(loading or LoadOptions(), **given)
        self.settings = RenderSettings.for_model(model, **settings)
        self.planner = planner or Planner("auto")
        self.quiet = quiet
        self._pipe: RegionalPipeline | None = None
        self._given = False
        self._weights: dict[str, Any] = {}
        self._lock, self._painting = threading.RLock(), False
        check_painting(self.settings, self.loading)

    @classmethod
    def of(cls, pipe: RegionalPipeline, *, planner: Planner | None = None, quiet: bool = True) -> Painter:
        """Return a painter with a pipeline that is loaded already, which is used for every picture."""
        painter = cls(planner=planner, quiet=quiet)
        painter._pipe, painter._given = pipe, True
        return painter

    def paint(
        self,
        what: str | Plan | Recipe,
        *,
        images: Mapping[int, ImagePrompt] | None = None,
        image_embeds: Mapping[int, ImageEmbeds | NativePicture] | None = None,
        style: str | None = None,
        on_progress: OnProgress = ignore,
        **settings: Any,
    ) -> Result:
        """Paint a picture.

        what: a sentence, which is planned first; a plan; or a recipe, which has settings of its own.
        images: reference pictures, by the numbers of the plan's objects, from 0.
        image_embeds: what an adapter made of a picture before, by the objects' numbers; the others are encoded here.
        style: words for every prompt, such as "watercolor".
        on_progress: called with what is done and how far it is; what it raises stops the painting.
        settings: fields of `RenderSettings`; what is not given is the painter's, or the recipe's.

        Raises `RenderError` or `PlanError`, before anything is loaded, for what cannot be painted; `BackendError` where
        no planner answers.
        """
        for number, reference in (images or {}).items():
            read_reference(number, reference)
        recipe = self._recipe(what, settings, (images or {}).values(), on_progress)
        plan = with_images(recipe.plan, images or {})
        recipe = replace(recipe, plan=with_style(plan, style) if style else plan).seeded()
        tell_unknown_words(recipe)
        [image] = self.together([recipe], image_embeds=image_embeds, on_progress=on_progress)
        return Result(image, recipe, recipe.plan.notes)

    def repaint(
        self,
        before: Result,
        change: str | Repaint,
        *,
        region: Box | TokenMask | None = None,
        number: int | None = None,
        seed: int = 0,
        blend: bool = True,
        on_progress: OnProgress = ignore,
    ) -> Result:
        """Change one thing in a picture: plan the change, and paint its region anew; everything else stays.

        before: a picture of ragplan's, one that was repainted before, too.
        change: what becomes what ("the apple becomes a cube"), or what the region or the object shows; or a `Repaint`,
            whose prompts are all given.
        region: what is painted anew, a box in fractions of the picture, or tokens that were marked.
        number: the object that changes, from 0; None: the sentence, or the region, says which.
        seed: of the new thing's own noise.
        blend: keep the pixels outside the region, too, with a soft edge of 8 px; False: only the latents, next to which
            the decoder changes a few pixels. A `Repaint` says that itself.
        on_progress: as in `paint`.

        Raises `PlanError` where nothing of the picture can change so, and as `paint`.
        """
        check_result(before)
        if isinstance(change, str):
            on_progress(Progress("plan", change))
            change = plan_repaint(self.planner, before.recipe, change, region=region, number=number, seed=seed)[0]
            change = replace(change, blend=blend)
            on_progress(Progress("plan", change.prompt, 1))
        return self.paint(before.recipe.repainted(change), on_progress=on_progress)

    def together(
        self,
        recipes: Sequence[Recipe],
        *,
        images: int = 1,
        image_embeds: Mapping[int, ImageEmbeds | NativePicture] | None = None,
        on_progress: OnProgress = ignore,
    ) -> list[Image]:
        """Paint recipes, their seeds filled in, as one batch; they have the same settings but for the seeds.

        images: how many in a row have the same plan. The other arguments are those of `paint`.
        Raises `RenderError` where the memory is full, which says with which of the command line's flags it would do.
        """
        painted = self._painted([_worded(recipe) for recipe in recipes], images, image_embeds or {}, on_progress)
        if self._given or recipes[0].settings.model != EMBEDDED:
            return painted
        return [with_cards(image, recipe.shown, recipe.grid) for image, recipe in zip(painted, recipes, strict=True)]

    def _painted(
        self,
        recipes: Sequence[Recipe],
        images: int,
        image_embeds: Mapping[int, ImageEmbeds | NativePicture],
        on_progress: OnProgress,
    ) -> list[Image]:
        """Paint as `together` does, what the model makes of it."""
        first, plans = recipes[0], [recipe.plan for recipe in recipes[::images]]
        for recipe in () if self._given else recipes[::images]:
            asked(recipe.settings.model, recipe.plan, repaints=len(recipe.repaints))
        with self._alone(), full_memory_told(recipes[::images], self.loading.on(self._device_name()), images):
            noise = [self._noise(recipe.settings) for recipe in recipes]
            pipe, options = self._ready(first, image_embeds, on_progress)
            pipe.set_progress_bar_config(disable=self.quiet)
            if on_progress is not ignore:
                from generator.painting.preview import Steps

                options |= Steps(pipe, first, on_progress).options()
            if first.repaints:
                found = pipe.repaint(plans[0], first.repaints, generator=noise[0], **options)
                chain = [found.images, *(found.between or ()), found.repainted]
                return [_kept_outside(first, [images[0] for images in chain])]
            if len(recipes) == 1:
                return list(pipe(plans[0], generator=noise[0], **options).images)
            return list(pipe(plans, generator=noise, num_images_per_prompt=images, **options).images)

    def _recipe(
        self,
        what: str | Plan | Recipe,
        settings: dict[str, Any],
        images: Iterable[ImagePrompt],
        on_progress: OnProgress,
    ) -> Recipe:
        """Return what is to be painted, a sentence planned once everything that it will be painted with was found."""
        chosen = (what if isinstance(what, Recipe) else self).settings.changed(**settings)
        if not self._given:
            check_painting(chosen, self.loading, images)
        if isinstance(what, Recipe):
            return replace(what.changed(settings=chosen), versions={})
        if isinstance(what, Plan):
            return Recipe(what, chosen)
        on_progress(Progress("plan", what))
        planned = self.planner.plan(what, width=chosen.width, height=chosen.height)
        on_progress(Progress("plan", what, 1))
        return Recipe(planned.plan, chosen)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other thread paints here. Raises `RenderError` for a listener that paints with its painter."""
        with self._lock:
            if self._painting:
                raise RenderError("this painter is painting already; its on_progress cannot paint with it, too")
            self._painting = True
            try:
                yield
            finally:
                self._painting = False

    def _noise(self, settings: RenderSettings) -> torch.Generator:
        assert settings.seed is not None
        return noise_of(settings.seed, settings.seed_device, self._device_name())

    def _device_name(self) -> str | None:
        return str(self._pipe._execution_device) if self._given and self._pipe else self.loading.device

    def _ready(
        self, recipe: Recipe, image_embeds: Mapping[int, ImageEmbeds | NativePicture], on_progress: OnProgress
    ) -> tuple[RegionalPipeline, dict[str, Any]]:
        """Return the model that a recipe needs, and the options of its call, but for the generator.

        What can be wrong with pictures that the settings or the plan name is raised before a model is loaded.
        """
        check_torchvision()
        options = {**recipe.settings.options(), **control_arguments(recipe.settings)}
        references = read_references(recipe.plan, given=image_embeds)
        weights = recipe.settings.weights() | _adapters(recipe)
        if not self._given and weights != self._weights:
            self._pipe = None  # lets go of the last one first, for the encoders too
        encoded = {**self._encoded(references, recipe.settings), **image_embeds}
        if self._pipe is None:
            self._pipe, self._weights = self._load(weights, on_progress), weights
        return self._pipe, options | ({"image_embeds": encoded} if encoded else {})

    def _load(self, weights: Mapping[str, Any], on_progress: OnProgress) -> RegionalPipeline:
        from generator.weights.downloads import fetch

        if on_progress is not ignore:
            fetch(weights, on_progress)
        on_progress(Progress("load", weights["model"]))
        load_libraries(quiet=self.quiet)
        from generator.painting.loading import load_pipeline

        pipe = load_pipeline(**weights, loading=self.loading, quiet=self.quiet)
        on_progress(Progress("load", weights["model"], 1))
        return pipe

    def _encoded(
        self, references: Mapping[int, Reference], settings: RenderSettings
    ) -> dict[int, ImageEmbeds | NativePicture]:
        """Encode reference pictures in the numbers that the model computes with, before it is loaded if it is not."""
        if not references:
            return {}
        with silent_libraries(self.quiet):
            from generator.adapters.encoding import encode_references
            from generator.painting.loading import numbers_for
            from generator.weights.devices import choose_device

            if self._pipe is not None:
                device, dtype = self._pipe._execution_device, self._pipe.transformer.dtype
            else:
                device = choose_device(self.loading.device)
                dtype = numbers_for(self.loading, device, settings.model, settings.quantize)
            return encode_references(references, settings.adapters, device, dtype)


def load_libraries(*, quiet: bool, enough: Callable[[], bool] = lambda: False) -> None:
    """Import torch, and then what paints, which takes seconds, unless by then it is `enough`."""
    with without_collecting():
        import torch  # noqa: F401

        if enough():
            return
        with silent_libraries(quiet):
            import generator.painting.loading  # noqa: F401


def plan_repaint(
    planner: Planner,
    recipe: Recipe,
    sentence: str,
    *,
    region: Box | TokenMask | None = None,
    number: int | None = None,
    seed: int = 0,
) -> tuple[Repaint, PlanningResult]:
    """Return what changes in a picture by a sentence, and how that was planned; the arguments are `Painter.repaint`'s.

    Raises `PlanError` where nothing of the picture can change so.
    """
    settings, box = recipe.settings, tokens_box(region) if isinstance(region, TokenMask) else region
    asked(settings.model, recipe.plan, repaints=1)
    size = {"width": settings.width, "height": settings.height}
    found = planner.change(recipe.shown, sentence, **size, region=box, changed=number)
    assert found.changed is not None
    new, cells = found.plan.objects[found.changed], tuple(cell.prompt for cell in found.plan.cells)
    steps = repaint_binding_steps(settings)
    mask, number = region or new.box, found.changed
    return Repaint(found.plan.prompt, new.prompt, cells, steps, seed, mask=mask, number=number), found


def _worded(recipe: Recipe) -> Recipe:
    """Return what the model is told: the embedded one in its own words, every other the prompts as they are."""
    if recipe.settings.model != EMBEDDED:
        return recipe
    ground = ground_of(recipe.plan.prompt)
    repaints = [replace(each, object_prompt=told(each.object_prompt, ground)) for each in recipe.repaints]
    return replace(recipe, plan=worded(recipe.plan), repaints=tuple(repaints))


def _kept_outside(recipe: Recipe, pictures: Sequence[Image]) -> Image:
    """Return the last picture of a chain, with the pixels of the one before outside each region that is blended."""
    return blended_chain(pictures, recipe.repaints, recipe.settings.grid)


def _adapters(recipe: Recipe) -> dict[str, str]:
    """Return the adapters' files that a plan needs inside the pipeline, as arguments of `load_pipeline`."""
    kinds = {item.image.kind for item in recipe.plan.objects if item.image}
    return {kind: getattr(recipe.settings.adapters, kind) for kind in ("ip_adapter", "pulid") if kind in kinds}
