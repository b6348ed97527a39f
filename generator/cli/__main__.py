"""`python -m generator.cli`: the command `ragplan`."""

import sys

from generator.cli.commands import main

sys.exit(main())
