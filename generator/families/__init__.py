"""The models that can be painted with, one family a file; `known.py` lists checkpoints by name.

FLUX.1: `flux1_attention.py` (regions in its attention), `flux1_processors.py` (attention processors for a while),
`flux1_checkpoints.py` (weights in single files).
"""
