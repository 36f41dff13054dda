"""What `balancing-act` takes: its commands with their arguments, and the function that each calls."""

import argparse
from pathlib import Path

from analysis import __version__
from analysis.cli import book as cli_book
from analysis.cli import claims as cli_claims
from analysis.cli import runs, texts
from analysis.core import paths

# the commands that work on a case; the others need the tables of the article
FOR_CASES = ("check", "run", "rerun", "diff", "book", "corpus build", "align", "coding-sheet")


def _add_workers(command: argparse.ArgumentParser) -> None:
    text = "processes (default: one for each processor; 1: no process beside this one)"
    command.add_argument("--workers", type=int, metavar="N", help=text)
    text = "a Dask scheduler, tcp://HOST:8786, or local for a cluster of this machine (extra scale)"
    command.add_argument("--scheduler", metavar="ADDRESS", help=text)


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command; what it reads has, as call, the function that does the work."""
    parser = argparse.ArgumentParser(
        prog="balancing-act", description="Check the data, run the notebooks and build the book.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    text = f"work on this case, a folder of cases/ (with {', '.join(FOR_CASES)})"
    parser.add_argument("--case", metavar="NAME", default=paths.CASE, help=text)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")

    text = "lay out a folder for another statement and strategy"
    new = commands.add_parser("new-case", help=text, description=text)
    new.add_argument("name", metavar="NAME", help="name of the folder in cases/: small letters, digits and hyphens")
    new.add_argument("--statement", metavar="ID", help="id of a statement of data/documents.csv")
    new.add_argument("--strategy", metavar="ID", help="id of a strategy of data/documents.csv")
    new.set_defaults(call=runs.new_case_command)

    check = commands.add_parser("check", help="check every table in data/ and list all faults")
    check.set_defaults(call=runs.check_command)

    run = commands.add_parser("run", help="execute the notebooks that changed, in parallel")
    what = run.add_mutually_exclusive_group()
    what.add_argument("--update-notebooks", action="store_true", help="then copy the outputs into notebooks/")
    what.add_argument("--explain", action="store_true", help="say which would be executed and why, and execute nothing")
    run.set_defaults(call=runs.run_command)

    text = "run one chapter with other parameters, keep the run, and say which results differ from the default"
    again = commands.add_parser("rerun", help=text, description=text)
    again.add_argument("chapter", metavar="CHAPTER", help="number or name of a chapter, such as 04")
    again.add_argument("-p", dest="parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    again.add_argument("--list", action="store_true", help="list the parameters of the chapter and run nothing")
    again.set_defaults(call=runs.rerun_command)

    text = "run a chapter with many combinations of parameters, in parallel; the same command goes on after Ctrl-C"
    sweep = commands.add_parser("sweep", help=text, description=text)
    sweep.add_argument("file", type=Path, metavar="FILE", help="a sweep in YAML, such as sweeps/coders.yml")
    _add_workers(sweep)
    sweep.set_defaults(call=runs.sweep_command)

    text = "which named results differ between two runs"
    diff = commands.add_parser("diff", help=text, description=text)
    diff.add_argument("one", type=Path, metavar="RUN1", help="folder of a run")
    diff.add_argument("other", type=Path, metavar="RUN2", help="folder of another")
    diff.set_defaults(call=runs.diff_command)

    book = commands.add_parser("book", help="run the notebooks, then build the HTML and the PDF book")
    book.add_argument("--html", action="store_true", help="build the HTML only")
    book.add_argument("--pdf", action="store_true", help="build the PDF only")
    book.add_argument("--committed", action="store_true", help="take the committed notebooks, run nothing")
    book.set_defaults(call=cli_book.book_command)

    corpus = commands.add_parser("corpus", help="make, verify or fetch the texts behind the features")
    actions = corpus.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    for name, call, text in (
        ("build", texts.build_command, "make data/features from a folder of texts"),
        ("verify", texts.verify_command, "show that data/features is what a folder of texts gives"),
        ("embed", texts.embed_command, "make the embedding scores again (needs the extra semantic)"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--texts", type=Path, required=True, metavar="DIR", help="folder with texts/ID.txt")
        action.set_defaults(call=call)

    text = "get the publishers' pages and PDFs and compare them with what was read"
    fetch = actions.add_parser("fetch", help=text, description=text)
    fetch.add_argument("--document", action="append", default=[], metavar="ID", help="only this one (may be repeated)")
    fetch.add_argument("--into", type=Path, default=paths.CORPUS, metavar="DIR", help="folder (default: build/corpus)")
    fetch.add_argument("--refresh", action="store_true", help="ask again for what is there already")
    fetch.set_defaults(call=texts.fetch_command)

    align = commands.add_parser("align", help="how close a statement is to a strategy, among placebos")
    align.add_argument("statement", metavar="STATEMENT", help="id of a statement, such as us-jpn-2025-02-07")
    align.add_argument("strategy", metavar="STRATEGY", help="id of a strategy, such as jpn-nds-2022")
    align.add_argument("--json", action="store_true", help="print the result as JSON")
    align.set_defaults(call=texts.align_command)

    text = "whether a quotation stands in a document word for word (exit 0), and else the nearest wording (exit 1)"
    quote = commands.add_parser("quote", help=text, description=text)
    quote.add_argument("text", metavar="WORDS", help="the quotation, in quotation marks")
    quote.add_argument("--in", dest="document", required=True, metavar="ID", help="id of a document")
    quote.add_argument("--section", metavar="PATH", help="only in this section and below, such as III-2")
    quote.set_defaults(call=texts.quote_command)

    text = "the claims of the article with their verdicts, and why"
    claims = commands.add_parser("claims", help=text, description=text)
    claims.add_argument("--step", metavar="S4", help="only the claims of this step, S1 to S8")
    claims.add_argument("--verdict", metavar="VERDICT", help="only those with this verdict, such as misquoted")
    claims.add_argument("--json", action="store_true", help="print them as JSON, with checks, evidence and sources")
    claims.set_defaults(call=cli_claims.claims_command)

    text = "make one zip of book, PDF, data, notebooks, code and checksums, the same bytes every time"
    archive = commands.add_parser("archive", help=text, description=text)
    archive.add_argument("--out", type=Path, metavar="FILE", help="the zip (default: in build/archive)")
    archive.set_defaults(call=cli_book.archive_command)

    text = "indices of the signals among Japan, China and the United States, on two scales"
    signal = commands.add_parser("signals", help=text, description=text)
    signal.add_argument("--dyad", metavar="PAIR", help="JPN-CHN, JPN-USA or CHN-USA (default: all)")
    signal.add_argument("--from", dest="first", default="2021-01-01", metavar="DAY", help="first day, YYYY-MM-DD")
    signal.add_argument("--to", dest="last", default="2026-12-31", metavar="DAY", help="last day, YYYY-MM-DD")
    text = "set the events of GDELT or POLECAT exports beside the hand-coded signals"
    signal.add_argument("--events", type=Path, nargs="+", metavar="FILE", help=text)
    _add_workers(signal)
    signal.add_argument("--json", action="store_true", help="print them as JSON, by direction and by quarter")
    signal.set_defaults(call=cli_claims.signals_command)

    sheet = commands.add_parser("coding-sheet", help="make or take in the sheet of a further coder (codebook A)")
    either = sheet.add_mutually_exclusive_group(required=True)
    either.add_argument("--coder", metavar="NAME", help="make an empty sheet for this coder")
    either.add_argument("--add", type=Path, metavar="FILE", help="check a filled sheet and add its rows to the codings")
    sheet.add_argument("--out", type=Path, metavar="FILE", help="where to write the empty sheet")
    sheet.set_defaults(call=cli_claims.coding_sheet_command)
    return parser
