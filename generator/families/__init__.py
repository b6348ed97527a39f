"""The models that can be painted with, one family a file.

FLUX.1: `flux1_attention.py` (regions in its attention), `flux1_processors.py` (attention processors for a while),
`flux1_checkpoints.py` (weights in single files).
"""
