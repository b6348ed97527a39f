"""Measurements against the stock pipeline, always as ratios within one run.

`cases.py` has the plans, `subjects.py` the models of each family; `regions.py` measures what regions cost,
`adapters.py` what reference pictures do, `naive.py` is the algorithm written plainly, the oracle of the tests;
`chains.py` measures repaints of repaints, `cache.py` what diffusers' first-block cache saves, `batch.py` what two
painters paint, `reviewing.py` what looking and mending adds.
"""
