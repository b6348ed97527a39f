"""Plan → picture: FLUX that paints each object in its box and each cell by its own prompt.

The names are loaded on use, so that `import generator` (and planning, and `ragplan --help`) does not load torch.

In order: `agent.py` (from a sentence to a picture) and `batch.py` (many of them), `settings.py`, `load_options.py` and
`ranges.py` (what decides a picture, checked), `recipe.py` and `sources.py` (pictures that remember it), `progress.py`
(what is told meanwhile); `pipeline.py` and `control_pipeline.py` (the pipelines), `regions/` (the algorithm),
`families/` (models), `adapters/` (reference pictures, ControlNets, LoRAs); `loading.py`, `hub.py`, `quantizing.py` and
`packages.py` (weights and what they need), `costs/`, `cli/`, `benchmarks/`, `embedded/` (the model that ships).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.adapters.embeds import ImageEmbeds
    from generator.adapters.encoding import encode_images
    from generator.adapters.sources import Adapters
    from generator.agent import Result, change_and_repaint, generate, plan_and_generate
    from generator.control_pipeline import RegionalFluxControlNetPipeline
    from generator.loading import load_pipeline
    from generator.pipeline import RegionalFluxPipeline
    from generator.regions.masking import Repaint
    from generator.settings import RenderSettings

__all__ = [
    "Adapters",
    "ImageEmbeds",
    "RegionalFluxControlNetPipeline",
    "RegionalFluxPipeline",
    "RenderSettings",
    "Repaint",
    "Result",
    "change_and_repaint",
    "encode_images",
    "generate",
    "load_pipeline",
    "plan_and_generate",
]

_MODULES = {
    "Adapters": "generator.adapters.sources",
    "ImageEmbeds": "generator.adapters.embeds",
    "RegionalFluxControlNetPipeline": "generator.control_pipeline",
    "RegionalFluxPipeline": "generator.pipeline",
    "RenderSettings": "generator.settings",
    "Repaint": "generator.regions.masking",
    "Result": "generator.agent",
    "change_and_repaint": "generator.agent",
    "encode_images": "generator.adapters.encoding",
    "generate": "generator.agent",
    "load_pipeline": "generator.loading",
    "plan_and_generate": "generator.agent",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
