"""Commands on claims, signals and coding sheets."""

import json
import sys
from pathlib import Path

import click

from analysis.cli.runs import FOLDER, with_workers
from analysis.core.errors import ParameterError


@click.command()
@click.argument("claim", required=False, metavar="[CLAIM]")
@click.option("--step", metavar="S4", help="Only the claims of this step, S1 to S8.")
@click.option("--verdict", metavar="VERDICT", help="Only those with this verdict, such as misquoted.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, with checks, evidence and sources.")
def claims(claim: str | None, step: str | None, verdict: str | None, as_json: bool) -> None:
    """Print the claims of the article with their verdicts, or one with the verdicts of other choices (C35)."""
    from analysis.claims import ledger, robustness
    from analysis.claims.evidence import load_evidence
    from analysis.data.tables import load

    ledger.require_known(step, verdict, load("steps"))
    evidence = load_evidence()
    if claim:
        evidence.rows("claims", "claim_id", [claim])
    table = ledger.choose(ledger.ledger(evidence, None if claim else step), claim, step, verdict)
    if as_json:
        print(json.dumps(ledger.records(table, evidence), ensure_ascii=False, indent=2))
        return
    print("\n".join(ledger.lines(table)))
    if claim:
        print("\n".join(robustness.lines(evidence, claim)))


@click.command()
@click.option("--dyad", metavar="PAIR", help="JPN-CHN, JPN-USA or CHN-USA (default: all).")
@click.option("--from", "first", default="2021-01-01", metavar="DAY", help="First day, YYYY-MM-DD.")
@click.option("--to", "last", default="2026-12-31", metavar="DAY", help="Last day, YYYY-MM-DD.")
@click.option(
    "--events",
    multiple=True,
    type=FOLDER,
    metavar="FILE",
    help="Set the events of GDELT or POLECAT exports beside the hand-coded signals; more files may follow.",
)
@click.argument("more_events", nargs=-1, type=FOLDER, metavar="")
@with_workers
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, by direction and by quarter.")
def signals(
    dyad: str | None,
    first: str,
    last: str,
    events: tuple[Path, ...],
    more_events: tuple[Path, ...],
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Print the indices of signals among the three states."""
    from analysis.data.tables import load
    from analysis.runs.parameters import read_choice, read_day, require_window
    from analysis.signals import coding, indices
    from analysis.signals.events import DYADS, in_window

    files = [*events, *more_events]
    dyad = None if dyad is None else read_choice("--dyad", dyad, DYADS)
    start, end = read_day("--from", first), read_day("--to", last)
    require_window("--from", start, "--to", end, {})
    scales = load("scales")
    settled = coding.counted(coding.load_settled(load("codings_signals"), load("events"), scales))
    coded = indices.code_counts(in_window(settled, start, end))
    if indices.in_dyad(coded, dyad).empty:
        raise ParameterError(f"no signal {'of ' + dyad + ' ' if dyad else ''}from {first} to {last}")
    result = {"dyad": dyad, "from": first, "to": last, **indices.summary(coded, scales, dyad)}
    if files:
        from analysis.runs.workers import default_workers, open_pool
        from analysis.signals import exports

        useful = min(default_workers(), len(files))
        with open_pool(useful if workers is None else workers, scheduler) as pool:
            counts, reports = exports.count_files(files, pool, first=start, last=end)
        print(*reports, sep="\n", file=sys.stderr)
        if indices.in_dyad(counts, dyad).empty:
            raise ParameterError(f"the files hold no event of these states from {first} to {last}")
        result["machine_coded"] = indices.summary(counts, scales, dyad)
    if as_json:
        print(json.dumps(result, indent=2))
        return
    lines = indices.report(result)
    if files:
        lines = ["coded by hand", *lines, "", "coded by machine", *indices.report(result["machine_coded"])]
    print("\n".join(lines))


@click.command()
@click.option("--codebook", type=click.Choice(["A", "B", "C", "D"]), default="A", help="Which codebook (default: A).")
@click.option("--coder", metavar="NAME", help="Make an empty sheet for this coder.")
@click.option("--instructions", is_flag=True, help="Make a folder with the sheet and all that a coder is told.")
@click.option("--add", type=FOLDER, metavar="FILE", help="Check a filled sheet and add its rows to the codings.")
@click.option("--kind", metavar="KIND", help="With --add: human, language model or other.")
@click.option("--family", default="", metavar="NAME", help="With --add: family of the model, or the program.")
@click.option("--version", default="", metavar="NAME", help="With --add: version of it.")
@click.option("--out", type=FOLDER, metavar="PATH", help="Where to write the empty sheet, or the folder.")
def coding_sheet(
    codebook: str,
    coder: str | None,
    instructions: bool,
    add: Path | None,
    kind: str | None,
    family: str,
    version: str,
    out: Path | None,
) -> None:
    """Make or take in the sheet of a further coder."""
    from analysis.validation import coding_sheet as sheets

    if (coder is None and not instructions) == (add is None):
        raise click.UsageError("give --coder, --instructions or both; or --add")
    if (add is None) != (kind is None) or (add is None and (family or version)):
        raise click.UsageError("--add needs --kind (human, language model or other); --family and --version go with it")
    if add is not None:
        count = sheets.add_sheet(add, sheets.Who(str(kind), family, version), codebook)
        print(f"added {count} codings to data/{sheets.CODEBOOKS[codebook].table}.csv, and the coder to data/coders.csv")
        return
    if instructions:
        place = out or Path("-".join(["coding", codebook, *([coder] if coder else [])]))
        sheets.write_package(codebook, coder or "", place)
        print(f"{place}/ holds {sheets.INSTRUCTIONS} and {sheets.SHEET}")
        return
    file = out or Path(f"coding-sheet-{coder}.csv")
    sheets.write_sheet(sheets.sheet(codebook, str(coder)), file)
    print(f"{file}: fill in these columns by codebook {codebook} (book/codebook.md)")
    print("\n".join(f"  {line}" for line in sheets.guide(codebook)))
    print(f"then: balancing-act coding-sheet --codebook {codebook} --add {file} --kind KIND")
