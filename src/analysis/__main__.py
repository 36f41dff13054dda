"""`python -m analysis` is the command `balancing-act`."""

import sys

from analysis.cli.command import main

sys.exit(main())
