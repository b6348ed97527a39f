"""How good are plans? Suites of prompts, the rules that judge plans, runs, reports and comparisons.

In order: `suites/` (a file of prompts → cases: what must be in the image), `outcomes.py` and `runs.py` (cases →
records: plan, replies, attempts, tokens, seconds, one JSON line each), `rules/` (a case and its plan → right or wrong
by the suite's published rule), `validity.py` (what is wrong with the boxes, whatever was asked), `layouts.py` (how
the boxes look), `summary.py` and `reports/` (records → tables, Markdown, a page with the worst plans;
two runs → the difference with its confidence interval).
"""
