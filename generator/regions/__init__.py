"""The algorithm: regional hard binding and soft refinement (arXiv 2411.06558), packed. It names no model, no adapter.

In order: `geometry.py` (numbers), `call.py` (what is asked), `masking.py` (masks as tokens), `repaint.py` (what is
painted anew, and as what), `text.py` (a prompt as the encoders see it), `packing.py` (the sequence), `attending.py`
(attention over it), `passes.py` (what is denoised), `transfer.py` (image tokens carried from pass to pass, block by
block); the two seams, `family.py` (what a kind of models must supply) and `effect.py` (what else acts on a pass);
`prepare.py` (from a call to canvases), `holding.py` (one call at a time), `step_cache.py` (blocks that are skipped),
`denoise.py` (the way through the transformer), `hard_binding.py` (objects alone, pasted into their boxes),
`repaint_chain.py` (a picture, then its repaints, each with the states of the one before), `pipeline.py` (the
steps, what makes one of diffusers' pipelines paint plans); then `blending.py` (pixels).
"""
