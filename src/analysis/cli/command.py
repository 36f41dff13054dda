"""The command `balancing-act`: its subcommands, and one clear message where one fails."""

import sys
from collections.abc import Sequence

import click

from analysis import __version__
from analysis.cli import claims, runs, texts
from analysis.core import paths
from analysis.core.errors import ProjectError

NAME = "balancing-act"


@click.group(NAME)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
def balancing_act() -> None:
    """Check the data, run the notebooks and build the book."""


for one in (
    *(runs.check, runs.run, runs.rerun, runs.sweep, runs.diff, runs.book, runs.archive),
    *(texts.corpus, texts.align, texts.quote),
    *(claims.claims, claims.signals, claims.coding_sheet),
):
    balancing_act.add_command(one)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its status: 0, 1 after printing what went wrong, 130 after Ctrl-C.

    Raises SystemExit with status 2 where the arguments are not those of a command.
    """
    try:
        return int(balancing_act.main(arguments, NAME, standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except ProjectError as error:
        from analysis.data.faults import printable

        print(printable(paths.from_here(error)), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, click.Abort):
        print("interrupted; the last good output is untouched", file=sys.stderr)
        return 130
