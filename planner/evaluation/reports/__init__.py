"""What a run is shown as: tables (`report.py`), a page (`page.py`) with drawings (`svg.py`), both at once
(`results.py`); and two runs beside each other, the difference with its confidence interval (`compare.py`)."""
