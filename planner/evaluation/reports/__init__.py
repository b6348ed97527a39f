"""What a run is shown as: tables (`report.py`), a page (`page.py`) with drawings (`svg.py`), both at once
(`results.py`)."""
