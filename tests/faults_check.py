"""Make hundreds of faults in data and code, one at a time, and see what notices them: `make faults`.

Prints the shares and every survivor, writes benchmarks/faults.csv, and exits with 1 where a target is missed. It takes
about half an hour on two cores, so it is no part of `make test`.
"""

import argparse
import csv
import os
import sys
from dataclasses import asdict, fields
from pathlib import Path

from faults import suite
from faults.data_faults import all_faults
from faults.mutants import all_mutants, drawn

from analysis import paths

OUTPUT = paths.ROOT / "benchmarks" / "faults.csv"


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


def main() -> int:
    """Run the suite; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("data", "code"), help="one part; the rows of the other one stay")
    options = parser.parse_args()
    workers = os.cpu_count() or 1
    findings, all_of_data = [], range(len(all_faults(paths.DATA)))
    if options.only == "code":
        findings += kept("data")
    else:
        findings += suite.data_findings(all_of_data, workers, progress)
    if options.only == "data":
        findings += kept("code")
    else:
        calls, chapters = suite.traced(workers, progress), suite.traced_chapters()
        findings += suite.code_findings(drawn(all_mutants(suite.CODE)), calls, chapters, workers, progress)
    with Path(OUTPUT).open("w", encoding="utf-8", newline="") as stream:
        names = [field.name for field in fields(suite.Finding)]
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(finding) for finding in findings)
    print(*suite.summary(findings), sep="\n")
    missed = suite.missed(findings)
    print(*missed, sep="\n", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
