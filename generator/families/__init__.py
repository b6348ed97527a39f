"""The models that can be painted with, one family a module; which one a checkpoint is of is read from its files.

FLUX.1: `flux1.py` (the family), `flux1_attention.py` (regions in its attention), `flux1_images.py` (reference
pictures in it), `flux1_checkpoints.py` (weights in single files). `detecting.py` tells a checkpoint's family,
`known.py` lists checkpoints by name.

To add a family, write one module with two classes and a line in `detecting.FAMILIES`:

1. A class with the members of `generator.regions.family.Family`, which says what each is for; without state. What its
   stock pipeline does before and after the loop is called, not copied: `pipe.encode_prompt`, `pipe.prepare_latents`, …
   (tests/toy_family.py is a whole one in a hundred lines, with a stock transformer and pipeline of its own.)
2. A pipeline: `class RegionalXPipeline(RegionalPipeline, XPipeline): family = X()`, `RegionalPipeline` of
   `generator.regions.pipeline` first. It has the call and `repaint`; `_call` may be overridden to take more options,
   `_check_conditions` and `_conditions` to bring along effects (`generator.regions.effect`), as `generator.pipeline`
   does for FLUX.1. Without them reference pictures and LoRAs of single objects are refused.
3. A test that holds it against the algorithm written plainly, on a tiny random model: cells at every δ, boxes, both
   passes of guidance, repaints; and against the stock pipeline, bit for bit, without regions and at δ = 0.
"""
