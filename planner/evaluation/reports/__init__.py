"""What a run is shown as: tables (`report.py`), a page (`page.py`) with drawings (`svg.py`), all the files that
a run's folder gets (`run_files.py`); and two runs beside each other, the difference with its confidence interval
(`compare.py`)."""
