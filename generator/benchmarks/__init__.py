"""Measurements against the stock pipeline, always as ratios within one run.

`cases.py` has the models and plans; `regions.py` measures what regions cost, `adapters.py` what reference pictures do,
`cache.py` what diffusers' first-block cache saves, `batch.py` what two painters paint.
"""
