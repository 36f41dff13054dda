"""The command `balancing-act`. It parses arguments and calls what does the work."""

import os
import sys
from collections.abc import Sequence

from analysis.cli.parser import make_parser
from analysis.core import paths
from analysis.core.errors import ProjectError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 1 after printing what went wrong."""
    options = make_parser().parse_args(arguments)
    try:
        return int(options.call(options))
    except ProjectError as error:
        from analysis.data.faults import printable

        print(printable(str(error).replace(f"{paths.ROOT}{os.sep}", "")), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the last good output is untouched", file=sys.stderr)
        return 130
