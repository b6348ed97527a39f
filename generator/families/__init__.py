"""The models that can be painted with, each family in two modules; a checkpoint's files say of which it is.

Before anything is loaded, without torch: `profiles/` (what each family says of itself), `known.py` (the families, and
checkpoints by name), `detecting.py` (which family a checkpoint is of), `suiting.py` (whether a model can do what is
asked).

FLUX.1: `flux1.py` (the family), `flux1_attention.py` (regions in its attention), `flux1_images.py` (reference pictures
in it), `flux1_checkpoints.py` (a transformer in a single file). FLUX.2: `flux2.py`. Z-Image: `z_image.py`,
`z_image_attention.py` (regions in its attention, positions and padding). Qwen-Image: `qwen_image.py`,
`qwen_image_attention.py` (regions in its attention), `qwen_image_edit.py` (that reads reference pictures itself).
Qwen-Image 2.1: `qwen_image21.py`. Krea 2: `krea2.py`. What several need: `stepping.py` (shifted steps),
`packed_attention.py` (attention by regions behind a text that stands first), `native_pictures.py` (reference pictures
that a model reads itself). `boxed/`: models that take boxes in their own prompt, Ideogram 4 and FLUX.3.

To add a family, write two modules and a line in `known.FAMILIES`:

1. `profiles/x`: a class with the members of `profile.Profile`: its checkpoints, defaults with their source, sizes,
   what works with it, what it costs. No torch: settings, `--dry-run` and `ragplan models` ask it before anything loads.
2. `x`: a class with the members of `generator.regions.family.Family`, which says what each is for; without state.
   What its stock pipeline does before and after the loop is called, not copied: `pipe.encode_prompt`,
   `pipe.prepare_latents`, … And a pipeline, which the profile names:
   `class RegionalXPipeline(RegionalPipeline, XPipeline): family = X()`, `RegionalPipeline` of
   `generator.regions.pipeline` first. It has the call and `repaint`; `_call` may be overridden to take more options,
   `_check_conditions` and `_conditions` to bring along effects (`generator.regions.effect`), as `generator.pipeline`
   does for FLUX.1. Without them reference pictures and LoRAs of single objects are refused.
   (tests/toy_family.py is a whole family in a hundred lines, with a stock transformer and pipeline of its own.)
3. A test that holds it against the algorithm written plainly, on a tiny random model: cells at every δ, boxes, both
   passes of guidance, repaints; and against the stock pipeline, bit for bit, without regions and at δ = 0.
   tests/test_every_family.py runs them all: a family joins with a fixture in tests/tiny_families.py.
"""
