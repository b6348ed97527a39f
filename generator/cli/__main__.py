"""`python -m generator.cli`: the command `ragplan`."""

import sys

from generator.cli.main import main

sys.exit(main())
