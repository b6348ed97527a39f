"""How good are plans? Suites of prompts, the rules that judge plans, runs, reports and comparisons.

suites.py (compbench.py, lmd.py)   a file of prompts → cases: what must be in the picture
asking.py, runs.py                 cases → records: plan, replies, attempts, tokens, seconds, one JSON line each
rules.py (naming.py, places.py)    a case and its plan → right or wrong by the suite's published rule
validity.py                        what is wrong with the boxes, whatever was asked
summary.py, report.py, page.py     records → tables, Markdown, a page with the worst plans
compare.py                         two runs → the difference with its confidence interval
"""
