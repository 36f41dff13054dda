"""Commands on claims, signals and coding sheets."""

import argparse
import sys
from pathlib import Path

from analysis.core import paths
from analysis.core.errors import ParameterError


def claims_command(options: argparse.Namespace) -> int:
    """Print claims with their verdicts and why."""
    import json

    from analysis.claims import ledger
    from analysis.claims.evidence import load_evidence
    from analysis.data.tables import load

    ledger.require_known(options.step, options.verdict, load("steps"))
    evidence = load_evidence()
    table = ledger.ledger(evidence, options.step)
    if options.verdict:
        table = table[table["verdict"] == options.verdict]
    if options.json:
        print(json.dumps(ledger.records(table, evidence), ensure_ascii=False, indent=2))
    else:
        print("\n".join(ledger.lines(table)))
    return 0


def signals_command(options: argparse.Namespace) -> int:
    """Print the indices of signals, coded by hand and, where files are given, by machine."""
    import json

    from analysis.data.tables import load
    from analysis.runs.parameters import read_choice, read_window
    from analysis.signals import coding, indices
    from analysis.signals.events import DYADS, in_window

    dyad = None if options.dyad is None else read_choice("--dyad", options.dyad, DYADS)
    start, end = read_window("--from", options.first, "--to", options.last)
    scales = load("scales")
    settled = coding.counted(coding.load_settled(load("codings_signals"), load("events"), scales))
    coded = indices.code_counts(in_window(settled, start, end))
    if indices.in_dyad(coded, dyad).empty:
        raise ParameterError(f"no signal {'of ' + dyad + ' ' if dyad else ''}from {options.first} to {options.last}")
    result = {"dyad": dyad, "from": options.first, "to": options.last, **indices.summary(coded, scales, dyad)}
    if options.events:
        from analysis.runs import workers
        from analysis.signals import exports

        useful = min(workers.default_workers(), len(options.events))
        with workers.open_pool(options.workers or useful, options.scheduler) as pool:
            counts, reports = exports.count_files(options.events, pool, first=start, last=end)
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


def coding_sheet_command(options: argparse.Namespace) -> int:
    """Write an empty coding sheet, or add a filled one to the codings."""
    from analysis.data.schema import read_schema
    from analysis.data.tables import load
    from analysis.validation import coding_sheet

    if options.add:
        print(f"added {coding_sheet.add_sheet(options.add)} codings to data/{coding_sheet.TABLE}.csv")
        return 0
    table = read_schema(paths.DATAPACKAGE)[coding_sheet.TABLE]
    file = options.out or Path(f"coding-sheet-{options.coder}.csv")
    coding_sheet.write_sheet(coding_sheet.sheet(load("provisions"), table, options.coder), file)
    print(f"{file}: fill in these columns by codebook A (book/codebook.md)")
    print("\n".join(f"  {line}" for line in coding_sheet.guide(table)))
    print(f"then: balancing-act coding-sheet --add {file}")
    return 0
