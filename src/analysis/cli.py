"""The command `balancing-act`. It parses arguments, calls the package and prints; nothing else."""

import argparse
import sys
from collections.abc import Sequence

from analysis import __version__, paths
from analysis.errors import ProjectError


def _check(_: argparse.Namespace) -> int:
    from analysis.rules import check
    from analysis.schema import read_schema

    faults = check()
    for fault in faults:
        print(fault, file=sys.stderr)
    tables = len(read_schema(paths.DATAPACKAGE))
    if faults:
        print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in data/", file=sys.stderr)
        return 1
    print(f"data/ is sound: {tables} tables")
    return 0


def _run(options: argparse.Namespace) -> int:
    from analysis.run import run_notebooks, update_committed

    run = run_notebooks()
    print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged; see {_relative(run.folder)}/")
    if options.update_notebooks:
        changed = update_committed(run)
        print("notebooks/ is up to date" if not changed else f"updated in notebooks/: {', '.join(changed)}")
    return 0


def _book(options: argparse.Namespace) -> int:
    from analysis.publish import build_html, build_pdf, stage
    from analysis.results import read_results
    from analysis.run import notebook_files, run_notebooks

    if options.committed:
        notebooks = paths.NOTEBOOKS
    else:
        run = run_notebooks()
        notebooks = run.notebooks
        print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged")
    stage(notebooks, read_results(notebook_files(notebooks)), paths.SOURCE)
    both = not (options.html or options.pdf)
    if options.html or both:
        build_html(paths.SOURCE, paths.HTML)
        print(f"HTML: {_relative(paths.HTML / 'index.html')}")
    if options.pdf or both:
        build_pdf(paths.SOURCE, paths.PDF)
        print(f"PDF:  {_relative(paths.PDF)}")
    return 0


def _relative(path: object) -> str:
    return str(path).removeprefix(f"{paths.ROOT}/")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="balancing-act", description="Check the data, run the notebooks and build the book.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="check every table in data/ and list all faults")
    check.set_defaults(call=_check)

    run = commands.add_parser("run", help="execute the notebooks that changed, in parallel")
    run.add_argument("--update-notebooks", action="store_true", help="then copy the outputs into notebooks/")
    run.set_defaults(call=_run)

    book = commands.add_parser("book", help="run the notebooks, then build the HTML and the PDF book")
    book.add_argument("--html", action="store_true", help="build the HTML only")
    book.add_argument("--pdf", action="store_true", help="build the PDF only")
    book.add_argument("--committed", action="store_true", help="take the committed notebooks, run nothing")
    book.set_defaults(call=_book)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 1 after printing what went wrong."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.call(options))
    except ProjectError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the last good output is untouched", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
