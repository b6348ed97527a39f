"""Plan → picture: FLUX that paints each object in its box and each cell by its own prompt.

The names are loaded on use, so that `import generator` (and planning, and `ragplan --help`) does not load torch.

In order: `agent.py` (from a sentence to a picture), `painting/` (with a model that stays loaded, one picture or
many), `review/` (looking at a picture) and `mending/` (what is done then), `batch/` (thousands), `studio/` (the
page in the browser); `settings.py` (what decides a picture), `options.py` (what a setting may hold), `seeds.py` (of one
picture and of several), `recipe.py` (plan, settings and repaints in one record, and pictures that carry it),
`pictures.py` (PNG files), `progress.py` (what is told meanwhile); `pipeline.py` (FLUX.1's pipelines), `regions/` (the
algorithm), `families/` (models), `adapters/` (reference pictures, ControlNets, LoRAs); `weights/` (where they are and
what they need), `costs/`, `cli/`, `benchmarks/`, `embedded/` (the model that ships).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.weights.libraries import silent_libraries as _silent_libraries
from planner.lazy import lazy_names

if TYPE_CHECKING:
    from generator.adapters.embeds import ImageEmbeds, NativePicture
    from generator.adapters.encoding import encode_images
    from generator.agent import change_and_repaint, generate, plan_and_generate
    from generator.batch import paint_many
    from generator.costs.estimate import estimate
    from generator.mending import Mended, MendLimits, mend, review_picture
    from generator.painting.batch import generate_many, generate_together
    from generator.painting.loading import load_pipeline
    from generator.painting.painter import Painter
    from generator.painting.sources import read_source
    from generator.pipeline import RegionalFluxControlNetPipeline, RegionalFluxPipeline
    from generator.progress import Progress
    from generator.recipe import Recipe, Result, read_recipe, save_picture
    from generator.regions.repaint import Repaint
    from generator.review import Finding, Review, Stray
    from generator.settings import Adapters, LoadOptions, RenderSettings

__all__ = [
    "Adapters",
    "Finding",
    "ImageEmbeds",
    "LoadOptions",
    "MendLimits",
    "Mended",
    "NativePicture",
    "Painter",
    "Progress",
    "Recipe",
    "RegionalFluxControlNetPipeline",
    "RegionalFluxPipeline",
    "RenderSettings",
    "Repaint",
    "Result",
    "Review",
    "Stray",
    "change_and_repaint",
    "encode_images",
    "estimate",
    "generate",
    "generate_many",
    "generate_together",
    "load_pipeline",
    "mend",
    "paint_many",
    "plan_and_generate",
    "read_recipe",
    "read_source",
    "review_picture",
    "save_picture",
]

_LOUD = (
    "generator.adapters.encoding",
    "generator.painting.loading",
    "generator.pipeline",
)  # their imports have remarks

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "generator.adapters.embeds": ("ImageEmbeds", "NativePicture"),
        "generator.adapters.encoding": ("encode_images",),
        "generator.agent": ("change_and_repaint", "generate", "plan_and_generate"),
        "generator.batch": ("paint_many",),
        "generator.costs.estimate": ("estimate",),
        "generator.mending": ("MendLimits", "Mended", "mend", "review_picture"),
        "generator.painting.loading": ("load_pipeline",),
        "generator.painting.batch": ("generate_many", "generate_together"),
        "generator.painting.painter": ("Painter",),
        "generator.pipeline": ("RegionalFluxControlNetPipeline", "RegionalFluxPipeline"),
        "generator.progress": ("Progress",),
        "generator.painting.sources": ("read_source",),
        "generator.recipe": ("Recipe", "Result", "read_recipe", "save_picture"),
        "generator.regions.repaint": ("Repaint",),
        "generator.review": ("Finding", "Review", "Stray"),
        "generator.settings": ("Adapters", "LoadOptions", "RenderSettings"),
    },
    lambda module: _silent_libraries(module in _LOUD),
)
