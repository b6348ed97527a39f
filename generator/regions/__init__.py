"""The algorithm: regional hard binding and soft refinement (arXiv 2411.06558), packed.

In order: `geometry.py` (numbers), `call.py` (what is asked), `masking.py` (what is painted anew), `packing.py` (the
sequence), `prepare.py`, `hard_binding.py`, `hooks.py` and `features.py`, `denoise.py` (the steps), `repainting.py`;
then `blending.py` (pixels).
"""
