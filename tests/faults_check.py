"""Make hundreds of faults in data and code, one at a time, and see what notices them: `make faults`.

Prints the shares and every survivor, writes benchmarks/faults.csv, and exits with 1 where a target is missed. It takes
about half an hour on two cores, so it is no part of `make test`.
"""

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import chain

from faults import suite
from faults.data_faults import all_faults
from faults.mutants import all_mutants, drawn, equivalents

from analysis.core import paths

OUTPUT = paths.ROOT / "benchmarks" / "faults.csv"
PARTS, AGAIN = ("data", "code"), "again"


def progress(what: str, done: int, of: int) -> None:
    """Say how far the suite is."""
    end = "\n" if done == of else ""
    print(f"\r{what}: {done} of {of}", end=end, file=sys.stderr, flush=True)


def kept(part: str) -> list[suite.Finding]:
    """The findings of a part that the table holds from an earlier run."""
    if not OUTPUT.exists():
        return []
    with OUTPUT.open(encoding="utf-8", newline="") as stream:
        return [suite.Finding(**row) for row in csv.DictReader(stream) if row["part"] == part]


def found_in(part: str, workers: int) -> list[suite.Finding]:
    """The findings of a part, anew; for AGAIN those of the code, where what survived unexplained is tried again."""
    if part == "data":
        return suite.data_findings(range(len(all_faults(paths.DATA))), workers, progress)
    mutants, before = all_mutants(suite.CODE), kept("code")
    equivalents(mutants)  # raises before the work begins
    numbers = drawn(mutants)
    places = list(range(len(numbers)))
    if part == AGAIN:
        if [finding.fault for finding in before] != [mutants[number].words for number in numbers]:
            sys.exit("the code changed since the table was written: make faults ONLY=code")
        places = [place for place, found in enumerate(before) if (found.caught_by, found.where) == (suite.NOTHING, "")]
    calls, chapters = suite.traced(workers, progress), suite.traced_chapters()
    found = suite.code_findings([numbers[place] for place in places], calls, chapters, workers, progress)
    if part != AGAIN:
        return found
    for place, finding in zip(places, found, strict=True):
        before[place] = finding
    return before


def write(findings: Sequence[suite.Finding]) -> None:
    """Write the table."""
    with OUTPUT.open("w", encoding="utf-8", newline="") as stream:
        names = [field.name for field in fields(suite.Finding)]
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(finding) for finding in findings)


def main() -> int:
    """Run the suite; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", choices=(*PARTS, AGAIN), help="one part, or of the code what survived unexplained; other rows stay"
    )
    options = parser.parse_args()
    findings, workers = {part: kept(part) for part in PARTS}, os.cpu_count() or 1
    for part in (options.only,) if options.only else PARTS:
        findings["code" if part == AGAIN else part] = found_in(part, workers)
        write([*chain.from_iterable(findings.values())])  # a part that is done stays, whatever becomes of the other
    every = [*chain.from_iterable(findings.values())]
    print(*suite.summary(every), sep="\n")
    missed = suite.missed(every)
    print(*missed, sep="\n", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
