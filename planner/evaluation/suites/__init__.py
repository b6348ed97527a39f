"""Benchmarks' files, each read into cases.

In order: `cases.py` (what a case is), `suites.py` (which suite a file is, and those in JSON), `compbench.py` and
`lmd.py` (those whose prompts are sentences of a few templates).
"""
