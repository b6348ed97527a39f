"""Benchmarks' files, each read into cases: `suites.py` tells which one a file is."""
