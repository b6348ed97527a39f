"""The algorithm: regional hard binding and soft refinement (arXiv 2411.06558), packed.

In order: `geometry.py` and `masking.py` (numbers), `call.py` and `batching.py` (what is asked), `packing.py` (the
sequence), `prepare.py`, `hard_binding.py`, `hooks.py` and `features.py`, `denoise.py` (the steps), `repainting.py` and
`repaint_request.py`; then `blending.py` (pixels).
"""
