"""What a picture costs, computed without torch: `estimate.py` adds up what the others count."""
