"""The command `balancing-act`. It parses arguments, calls the package and prints; nothing else."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import __version__, paths
from analysis.errors import FetchError, ParameterError, ProjectError

if TYPE_CHECKING:
    from analysis.tables import Fault

# the commands that work on a case; the others need the tables of the article
FOR_CASES = ("check", "run", "rerun", "diff", "book", "corpus build", "align", "coding-sheet")


def _place_of_tables() -> str:
    return f"cases/{paths.CASE}" if paths.CASE else "data"


def _check(_: argparse.Namespace) -> int:
    from analysis.rules import check
    from analysis.schema import read_schema

    faults = _case_faults() if paths.CASE else check()
    for fault in faults:
        print(fault, file=sys.stderr)
    tables = len(read_schema(paths.DATAPACKAGE))
    if faults:
        print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {_place_of_tables()}/", file=sys.stderr)
        return 1
    print(f"{_place_of_tables()}/ is sound: {tables} tables")
    if not paths.CASE:
        from analysis.data_record import changed_files

        if changed := list(changed_files()):
            print(f"changed since `make notebooks` recorded the files: {', '.join(changed)}")
    if paths.CASE:
        from analysis.tables import load

        coders = load("codings_alignment")["coder"].nunique()
        open_codings = (
            "nobody has coded yet: `coding-sheet --coder NAME` makes a sheet; chapters leave out what needs it"
        )
        print(f"coders: {coders}" if coders else open_codings)
    return 0


def _new_case(options: argparse.Namespace) -> int:
    from analysis.case_new import new_case

    place = new_case(options.name, options.statement or "", options.strategy or "")
    print(f"{_relative(place)}/ holds the tables with their headers, case.yml, pages and heads of chapters")
    print(f"next: balancing-act --case {options.name} check")
    return 0


def _enter_case() -> None:
    """Lay the case out. Raises ProjectError where it cannot be, or where a command that needs it whole finds faults."""
    from analysis import cases
    from analysis.case_place import write_place
    from analysis.files import written

    folder = cases.find(paths.CASE)
    case = cases.read(folder)
    table = cases.all_documents(folder)
    [paragraphs] = table.loc[table["document_id"] == case.statement, "paragraphs"]
    with written(f"build/cases/{case.name}", "the case", "cases/ is untouched"):
        write_place(case, int(paragraphs))


def _case_faults() -> list["Fault"]:
    """All faults of the case that is laid out: of its tables, and then of the values of its parameters."""
    from analysis import cases
    from analysis.case_rules import case_faults, value_faults

    return case_faults() or list(value_faults(cases.read(cases.find(paths.CASE))))


def _require_whole_case() -> None:
    from analysis.tables import require_none

    if paths.CASE:
        require_none(_case_faults())


def _run(options: argparse.Namespace) -> int:
    from analysis.run import explain, run_notebooks, update_committed

    if paths.CASE and options.update_notebooks:
        raise ParameterError("--update-notebooks: the notebooks of a case are made from those of the repository")
    _require_whole_case()
    if options.explain:
        for name, reasons in explain().items():
            print(f"{name}: {'to be executed: ' + '; '.join(reasons) if reasons else 'unchanged'}")
        return 0
    run = run_notebooks()
    print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged; see {_relative(run.folder)}/")
    if options.update_notebooks:
        from analysis import exercises, start
        from analysis.data_record import record

        changed = update_committed(run)
        if start.refresh():
            changed.append(paths.START.stem)
        if recorded := record():
            print(f"recorded anew in {_relative(paths.DATAPACKAGE)}: {', '.join(recorded)}")
        if exercises.refresh():
            print(f"updated the solutions of the exercises ({_relative(paths.ANSWERS)})")
        print("notebooks/ is up to date" if not changed else f"updated in notebooks/: {', '.join(changed)}")
    return 0


def _rerun(options: argparse.Namespace) -> int:
    from analysis import rerun
    from analysis.results import read_results

    _require_whole_case()
    notebook = rerun.find_notebook(options.chapter)
    known = rerun.declared(notebook)
    if options.list:
        print("\n".join(f"{p.name}: {p.type} = {p.default!r}  {p.meaning}" for p in known.values()))
        return 0
    place = rerun.rerun(notebook, rerun.read_values(options.parameter, known))
    if paths.CASE:
        notebook = paths.RUN / "notebooks" / notebook.name
    before = read_results([notebook]) if notebook.exists() else None  # committed outputs are those of the default run
    print(f"{_relative(place)}/ holds {notebook.name}, {rerun.RESULTS}, {rerun.PAGE} and {rerun.PROVENANCE}")
    if before is None:
        print(f"no default run to compare with; `balancing-act --case {paths.CASE} run` makes it")
    else:
        which = "default run" if paths.CASE else "committed default run"
        print(f"against the {which}: " + "\n".join(rerun.compare(before, rerun.results_of(place))))
    return 0


def _diff(options: argparse.Namespace) -> int:
    from analysis import rerun

    print("\n".join(rerun.compare(rerun.results_of(options.one), rerun.results_of(options.other))))
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from analysis import sweep_run, sweeps, workers

    sweep = sweeps.read_sweep(options.file)
    with workers.open_pool(options.workers or workers.default_workers(), options.scheduler) as pool:
        done = sweep_run.run_sweep(sweep, pool, paths.RUNS)
    print("\n".join(sweep_run.report(done, _relative(done.folder))))
    return 1 if done.failed else 0


def _book(options: argparse.Namespace) -> int:
    from analysis.files import locked, written
    from analysis.publish import build_html, build_pdf, require_packages, stage
    from analysis.results import read_results
    from analysis.run import notebook_files, run_notebooks

    require_packages()
    if paths.CASE and options.committed:
        raise ParameterError("--committed: a case has no committed notebooks; leave the option out")
    _require_whole_case()
    if options.committed:
        notebooks = paths.NOTEBOOKS
    else:
        run = run_notebooks()
        notebooks = run.notebooks
        print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged")
    both = not (options.html or options.pdf)
    busy = f"{_relative(paths.BUILD)}: another run or build is at work here; wait for it, or end it"
    with written(_relative(paths.BUILD), "the book", "the last good book is untouched"), locked(paths.BUILD, busy):
        stage(notebooks, read_results(notebook_files(notebooks)), paths.SOURCE)
        if options.html or both:
            build_html(paths.SOURCE, paths.HTML)
            print(f"HTML: {_relative(paths.HTML / 'index.html')}")
        if options.pdf or both:
            build_pdf(paths.SOURCE, paths.PDF)
            print(f"PDF:  {_relative(paths.PDF)}")
    return 0


def _build(options: argparse.Namespace) -> int:
    from analysis import corpus
    from analysis.tables import load

    if paths.CASE:
        from analysis import cases

        folder = cases.find(paths.CASE)
        place, rows = f"cases/{paths.CASE}", corpus.build_added(options.texts, cases.own_documents(folder), folder)
    else:
        place, rows = "data", corpus.build(options.texts, load("documents"))
    print(f"{place}/features: " + ", ".join(f"{count:,} {name}" for name, count in rows.items()))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from analysis import corpus
    from analysis.tables import load

    table = load("documents")
    differences = corpus.verify(options.texts, table)
    for line in differences:
        print(line, file=sys.stderr)
    if differences:
        return 1
    print(f"data/features is what the {len(table)} texts give, byte for byte")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from analysis import fetch
    from analysis.tables import load

    results = fetch.fetch(load("documents"), options.document, options.into, refresh=options.refresh)
    print("\n".join(fetch.report(results)))
    return fetch.exit_status(results)


def _embed(options: argparse.Namespace) -> int:
    from analysis import corpus, embeddings
    from analysis.features import load_features
    from analysis.specifications import Source
    from analysis.tables import load

    encode = embeddings.load_model()
    table = load("documents")
    source = Source(load_features(), table, load("terms"), embeddings.no_scores())
    texts = corpus.read_texts(options.texts, table)
    scores = embeddings.score_table(source, texts, corpus.last_blocks(table), encode)
    if embeddings.are_committed():
        difference = embeddings.largest_difference(embeddings.read_scores(), scores)
        print(f"largest difference from the scores before: {difference:.6f}")
    embeddings.write_scores(scores)
    print(f"data/features: {len(scores):,} embedding scores")
    return 0


def _align(options: argparse.Namespace) -> int:
    import json

    from analysis import documents, pair
    from analysis.specifications import Specification
    from analysis.tables import load

    table = load("documents")
    statement = documents.find("STATEMENT", options.statement, table, "statement")
    strategy = documents.find("STRATEGY", options.strategy, table, "strategy")
    result = pair.align(pair.load_source(), statement, strategy, Specification())
    print(json.dumps(result, indent=2) if options.json else pair.report(result))
    return 0


def _quote(options: argparse.Namespace) -> int:
    from analysis.features import load_features, load_ngrams
    from analysis.quotations import find_quotation

    found = find_quotation(options.text, options.document, load_ngrams(), load_features(), section=options.section)
    if found.found:
        print(f"stands word for word in {options.document}, section {', '.join(found.sections)}")
        return 0
    print(f"does not stand in {options.document}" + (f", section {options.section}" if options.section else ""))
    for wording in found.nearest:
        near = f"“{wording}” (words changed: {wording.changes})" if wording else "nothing near is on record"
        print(f"  nearest wording on record: {near}")
    return 1


def _claims(options: argparse.Namespace) -> int:
    import json

    from analysis import ledger
    from analysis.evidence import load_evidence
    from analysis.tables import load

    ledger.require_known(options.step, options.verdict, load("steps"))
    evidence = load_evidence()
    table = ledger.ledger(evidence, options.step)
    if options.verdict:
        table = table[table["verdict"] == options.verdict]
    if options.json:
        print(json.dumps(ledger.records(table, evidence), ensure_ascii=False, indent=2))
    else:
        print("\n".join(ledger.report(table)))
    return 0


def _signals(options: argparse.Namespace) -> int:
    import json

    from analysis import indices, signals
    from analysis.diplomacy import DYADS, in_window
    from analysis.parameters import read_choice, read_window
    from analysis.tables import load

    dyad = None if options.dyad is None else read_choice("--dyad", options.dyad, DYADS)
    start, end = read_window("--from", options.first, "--to", options.last)
    scales = load("scales")
    settled = signals.counted(signals.load_settled(load("codings_signals"), load("events"), scales))
    coded = indices.code_counts(in_window(settled, start, end))
    if indices.in_dyad(coded, dyad).empty:
        raise ParameterError(f"no signal {'of ' + dyad + ' ' if dyad else ''}from {options.first} to {options.last}")
    result = {"dyad": dyad, "from": options.first, "to": options.last, **indices.summary(coded, scales, dyad)}
    if options.events:
        from analysis import event_files, workers

        useful = min(workers.default_workers(), event_files.jobs_in(options.events))
        with workers.open_pool(options.workers or useful, options.scheduler) as pool:
            counts, reports = event_files.read_files(options.events, pool, first=start, last=end)
        print("\n".join(map(str, reports)), file=sys.stderr)
        if indices.in_dyad(counts, dyad).empty:
            raise ParameterError(f"the files hold no event of these states from {options.first} to {options.last}")
        result["machine_coded"] = indices.summary(counts, scales, dyad)
    if options.json:
        print(json.dumps(result, indent=2))
        return 0
    lines = indices.report(result)
    if options.events:
        lines = ["coded by hand", *lines, "", "coded by machine", *indices.report(result["machine_coded"])]
    print("\n".join(lines))
    return 0


def _coding_sheet(options: argparse.Namespace) -> int:
    from analysis import coding_sheet
    from analysis.schema import read_schema
    from analysis.tables import load

    if options.add:
        table_file = f"{coding_sheet.TABLE}.csv"
        if paths.CASE:
            added = coding_sheet.add_sheet(options.add, target=paths.CASES / paths.CASE / table_file)
        else:
            added = coding_sheet.add_sheet(options.add)
        print(f"added {added} codings to {_place_of_tables()}/{table_file}")
        return 0
    table = read_schema(paths.DATAPACKAGE)[coding_sheet.TABLE]
    codebook = f"cases/{paths.CASE}/codebook.md" if paths.CASE else "codebook A (book/codebook.md)"
    case = f"--case {paths.CASE} " if paths.CASE else ""
    file = options.out or Path(f"coding-sheet-{options.coder}.csv")
    coding_sheet.write_sheet(coding_sheet.sheet(load("provisions"), table, options.coder), file)
    print(f"{file}: fill in these columns by {codebook}")
    print("\n".join(f"  {line}" for line in coding_sheet.guide(table)))
    print(f"then: balancing-act {case}coding-sheet --add {file}")
    return 0


def _links(_: argparse.Namespace) -> int:
    from analysis import link_check, links

    try:
        results = link_check.check_links(links.collect(), links.read_archived())
    except FetchError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(link_check.report(results)))
    return link_check.exit_status(results)


def _archive(options: argparse.Namespace) -> int:
    from analysis import archive
    from analysis.files import written

    if changed := archive.changed_files():
        print(f"note: {len(changed)} files differ from the last commit, {changed[0]} among them", file=sys.stderr)
    place = options.out or _relative(paths.ARCHIVE)
    with written(place, "the archive", "an archive of that name is untouched"):
        target = archive.write_archive(options.out)
    print(f"{_relative(target)}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


def _citation(_: argparse.Namespace) -> int:
    from analysis import citation_file

    print(f"CITATION.cff {'brought' if citation_file.refresh() else 'is'} up to date with data/sources.bib")
    return 0


def _relative(path: object) -> str:
    return str(path).removeprefix(f"{paths.ROOT}/")


def _add_workers(command: argparse.ArgumentParser) -> None:
    text = "processes (default: one for each processor; 1: no process beside this one)"
    command.add_argument("--workers", type=int, metavar="N", help=text)
    text = "a Dask scheduler, tcp://HOST:8786, or local for a cluster of this machine (extra scale)"
    command.add_argument("--scheduler", metavar="ADDRESS", help=text)


def _parser() -> argparse.ArgumentParser:
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
    new.set_defaults(call=_new_case)

    check = commands.add_parser("check", help="check every table in data/ and list all faults")
    check.set_defaults(call=_check)

    run = commands.add_parser("run", help="execute the notebooks that changed, in parallel")
    what = run.add_mutually_exclusive_group()
    what.add_argument("--update-notebooks", action="store_true", help="then copy the outputs into notebooks/")
    what.add_argument("--explain", action="store_true", help="say which would be executed and why, and execute nothing")
    run.set_defaults(call=_run)

    text = "run one chapter with other parameters, keep the run, and say which results differ from the default"
    again = commands.add_parser("rerun", help=text, description=text)
    again.add_argument("chapter", metavar="CHAPTER", help="number or name of a chapter, such as 04")
    again.add_argument("-p", dest="parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    again.add_argument("--list", action="store_true", help="list the parameters of the chapter and run nothing")
    again.set_defaults(call=_rerun)

    text = "run a chapter with many combinations of parameters, in parallel; the same command goes on after Ctrl-C"
    sweep = commands.add_parser("sweep", help=text, description=text)
    sweep.add_argument("file", type=Path, metavar="FILE", help="a sweep in YAML, such as sweeps/coders.yml")
    _add_workers(sweep)
    sweep.set_defaults(call=_sweep)

    text = "which named results differ between two runs"
    diff = commands.add_parser("diff", help=text, description=text)
    diff.add_argument("one", type=Path, metavar="RUN1", help="folder of a run")
    diff.add_argument("other", type=Path, metavar="RUN2", help="folder of another")
    diff.set_defaults(call=_diff)

    book = commands.add_parser("book", help="run the notebooks, then build the HTML and the PDF book")
    book.add_argument("--html", action="store_true", help="build the HTML only")
    book.add_argument("--pdf", action="store_true", help="build the PDF only")
    book.add_argument("--committed", action="store_true", help="take the committed notebooks, run nothing")
    book.set_defaults(call=_book)

    corpus = commands.add_parser("corpus", help="make, verify or fetch the texts behind the features")
    actions = corpus.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    for name, call, text in (
        ("build", _build, "make data/features from a folder of texts"),
        ("verify", _verify, "show that data/features is what a folder of texts gives"),
        ("embed", _embed, "make the embedding scores again (needs the extra semantic)"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--texts", type=Path, required=True, metavar="DIR", help="folder with texts/ID.txt")
        action.set_defaults(call=call)

    text = "get the publishers' pages and PDFs and compare them with what was read"
    fetch = actions.add_parser("fetch", help=text, description=text)
    fetch.add_argument("--document", action="append", default=[], metavar="ID", help="only this one (may be repeated)")
    fetch.add_argument("--into", type=Path, default=paths.CORPUS, metavar="DIR", help="folder (default: build/corpus)")
    fetch.add_argument("--refresh", action="store_true", help="ask again for what is there already")
    fetch.set_defaults(call=_fetch)

    align = commands.add_parser("align", help="how close a statement is to a strategy, among placebos")
    align.add_argument("statement", metavar="STATEMENT", help="id of a statement, such as us-jpn-2025-02-07")
    align.add_argument("strategy", metavar="STRATEGY", help="id of a strategy, such as jpn-nds-2022")
    align.add_argument("--json", action="store_true", help="print the result as JSON")
    align.set_defaults(call=_align)

    text = "whether a quotation stands in a document word for word (exit 0), and else the nearest wording (exit 1)"
    quote = commands.add_parser("quote", help=text, description=text)
    quote.add_argument("text", metavar="WORDS", help="the quotation, in quotation marks")
    quote.add_argument("--in", dest="document", required=True, metavar="ID", help="id of a document")
    quote.add_argument("--section", metavar="PATH", help="only in this section and below, such as III-2")
    quote.set_defaults(call=_quote)

    text = "the claims of the article with their verdicts, and why"
    claims = commands.add_parser("claims", help=text, description=text)
    claims.add_argument("--step", metavar="S4", help="only the claims of this step, S1 to S8")
    claims.add_argument("--verdict", metavar="VERDICT", help="only those with this verdict, such as misquoted")
    claims.add_argument("--json", action="store_true", help="print them as JSON, with checks, evidence and sources")
    claims.set_defaults(call=_claims)

    text = "make one zip of book, PDF, data, notebooks, code and checksums, the same bytes every time"
    archive = commands.add_parser("archive", help=text, description=text)
    archive.add_argument("--out", type=Path, metavar="FILE", help="the zip (default: in build/archive)")
    archive.set_defaults(call=_archive)

    text = "ask for every external link of book and data: exit 1 where one is dead, 2 where there is no network"
    link = commands.add_parser("links", help=text, description=text)
    link.set_defaults(call=_links)

    citation = commands.add_parser("citation", help="bring the references of CITATION.cff up to date with sources.bib")
    citation.set_defaults(call=_citation)

    text = "indices of the signals among Japan, China and the United States, on two scales"
    signal = commands.add_parser("signals", help=text, description=text)
    signal.add_argument("--dyad", metavar="PAIR", help="JPN-CHN, JPN-USA or CHN-USA (default: all)")
    signal.add_argument("--from", dest="first", default="2021-01-01", metavar="DAY", help="first day, YYYY-MM-DD")
    signal.add_argument("--to", dest="last", default="2026-12-31", metavar="DAY", help="last day, YYYY-MM-DD")
    text = "set the events of GDELT or POLECAT exports beside the hand-coded signals"
    signal.add_argument("--events", type=Path, nargs="+", metavar="FILE", help=text)
    _add_workers(signal)
    signal.add_argument("--json", action="store_true", help="print them as JSON, by direction and by quarter")
    signal.set_defaults(call=_signals)

    sheet = commands.add_parser("coding-sheet", help="make or take in the sheet of a further coder (codebook A)")
    either = sheet.add_mutually_exclusive_group(required=True)
    either.add_argument("--coder", metavar="NAME", help="make an empty sheet for this coder")
    either.add_argument("--add", type=Path, metavar="FILE", help="check a filled sheet and add its rows to the codings")
    sheet.add_argument("--out", type=Path, metavar="FILE", help="where to write the empty sheet")
    sheet.set_defaults(call=_coding_sheet)
    return parser


def _in_case(name: str, arguments: Sequence[str]) -> int:
    """Run the command anew for a case, or for none: the environment variable goes on to the kernels."""
    from analysis.cases import find

    if name:
        find(name)
    environment = os.environ | {paths.CASE_VARIABLE: name}
    return subprocess.run([sys.executable, "-m", "analysis", *arguments], env=environment, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 1 after printing what went wrong."""
    options = _parser().parse_args(arguments)
    try:
        if options.case != paths.CASE:  # where everything is, is settled when the package is loaded
            return _in_case(options.case, sys.argv[1:] if arguments is None else arguments)
        if paths.CASE:
            name = " ".join(filter(None, (options.command, getattr(options, "action", None))))
            if name not in FOR_CASES:
                allowed = ", ".join(FOR_CASES)
                raise ParameterError(f"{name} needs the tables of the article; with --case: {allowed}")
            _enter_case()
        return int(options.call(options))
    except ProjectError as error:
        print(str(error).replace(f"{paths.ROOT}{os.sep}", ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the last good output is untouched", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
