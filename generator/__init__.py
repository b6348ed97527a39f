"""Plan → picture: FLUX that paints each object in its box and each cell by its own prompt.

The names are loaded on use, so that `import generator` (and planning, and `ragplan --help`) does not load torch.

In order: `agent.py` (from a sentence to a picture), `painting/` (with a model that stays loaded, one picture or
many), `review/` (looking at a picture) and `mending/` (what is done then), `batch/` (thousands), `studio/` (the
page in the browser); `settings.py` (what decides a picture), `options.py` (what a setting may hold), `recipe.py`
(plan, settings and repaints in one record, and pictures that carry it), `pictures.py` (files), `progress.py` (what
is told meanwhile); `pipeline.py` (FLUX.1's pipelines), `regions/` (the algorithm), `families/` (models),
`adapters/` (reference pictures, ControlNets, LoRAs); `loading/` (weights and what they need), `costs/`, `cli/`,
`benchmarks/`, `embedded/` (the model that ships).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.adapters.embeds import ImageEmbeds
    from generator.adapters.encoding import encode_images
    from generator.agent import change_and_repaint, generate, plan_and_generate
    from generator.batch import paint_many
    from generator.costs.estimate import estimate
    from generator.loading.pipelines import load_pipeline
    from generator.painting.batch import generate_many, generate_together
    from generator.painting.painter import Painter
    from generator.pipeline import RegionalFluxControlNetPipeline, RegionalFluxPipeline
    from generator.progress import Progress
    from generator.recipe import Recipe, Result, read_recipe, read_source, save_picture
    from generator.regions.masking import Repaint
    from generator.settings import Adapters, LoadOptions, RenderSettings

__all__ = [
    "Adapters",
    "ImageEmbeds",
    "LoadOptions",
    "Painter",
    "Progress",
    "Recipe",
    "RegionalFluxControlNetPipeline",
    "RegionalFluxPipeline",
    "RenderSettings",
    "Repaint",
    "Result",
    "change_and_repaint",
    "encode_images",
    "estimate",
    "generate",
    "generate_many",
    "generate_together",
    "load_pipeline",
    "paint_many",
    "plan_and_generate",
    "read_recipe",
    "read_source",
    "save_picture",
]

_MODULES = {
    "Adapters": "generator.settings",
    "ImageEmbeds": "generator.adapters.embeds",
    "LoadOptions": "generator.settings",
    "Painter": "generator.painting.painter",
    "Progress": "generator.progress",
    "Recipe": "generator.recipe",
    "RegionalFluxControlNetPipeline": "generator.pipeline",
    "RegionalFluxPipeline": "generator.pipeline",
    "RenderSettings": "generator.settings",
    "Repaint": "generator.regions.masking",
    "Result": "generator.recipe",
    "change_and_repaint": "generator.agent",
    "encode_images": "generator.adapters.encoding",
    "estimate": "generator.costs.estimate",
    "generate": "generator.agent",
    "generate_many": "generator.painting.batch",
    "generate_together": "generator.painting.batch",
    "load_pipeline": "generator.loading.pipelines",
    "paint_many": "generator.batch",
    "plan_and_generate": "generator.agent",
    "read_recipe": "generator.recipe",
    "read_source": "generator.recipe",
    "save_picture": "generator.recipe",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
