"""The command `balancing-act`. It parses arguments, enters a case where one is named, and calls what does the work."""

import os
import subprocess
import sys
from collections.abc import Sequence

from analysis.cli.parser import FOR_CASES, make_parser
from analysis.cli.place import enter_case
from analysis.core import paths
from analysis.core.errors import ParameterError, ProjectError


def _in_case(name: str, arguments: Sequence[str]) -> int:
    """Run the command anew for a case, or for none: the environment variable goes on to the kernels."""
    from analysis.cases.settings import find

    if name:
        find(name)
    environment = os.environ | {paths.CASE_VARIABLE: name}
    return subprocess.run([sys.executable, "-m", "analysis", *arguments], env=environment, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 1 after printing what went wrong."""
    options = make_parser().parse_args(arguments)
    try:
        if options.case != paths.CASE:  # where everything is, is settled when the package is loaded
            return _in_case(options.case, sys.argv[1:] if arguments is None else arguments)
        if paths.CASE:
            name = " ".join(filter(None, (options.command, getattr(options, "action", None))))
            if name not in FOR_CASES:
                allowed = ", ".join(FOR_CASES)
                raise ParameterError(f"{name} needs the tables of the article; with --case: {allowed}")
            enter_case()
        return int(options.call(options))
    except ProjectError as error:
        from analysis.data.faults import printable

        print(printable(str(error).replace(f"{paths.ROOT}{os.sep}", "")), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the last good output is untouched", file=sys.stderr)
        return 130
