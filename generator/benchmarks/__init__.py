"""Measurements against the stock pipeline, always as ratios within one run."""
