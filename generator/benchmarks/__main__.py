"""`python -m generator.benchmarks`: what regions cost, `regions.py`."""

import sys

from generator.benchmarks.regions import main

sys.exit(main())
