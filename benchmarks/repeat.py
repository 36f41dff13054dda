"""Two builds of everything, from two clean clones, compared byte by byte: `make repeat`; about ten minutes.

The second build has another folder, time of day, locale, time zone, hash seed and number of processes, and, where the
program faketime is installed, a clock that is 400 days ahead. Then the notebooks run on every other Python from 3.11 to
3.13 that is found, and their results are compared. Prints a table, writes it to benchmarks/repeat.csv, and exits with 1
where anything differs.
"""

import csv
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "repeat"
TABLE = Path(__file__).with_suffix(".csv")
CORPUS = ROOT.parent / "shared" / "corpus"
PYTHONS = ("3.11", "3.12", "3.13")
AHEAD = "+400d"
AROUND = 40  # bytes shown around the first difference
# what is compared: name, pattern of the files below a clone
PARTS = {
    "features": "data/features/*",
    "executed notebooks": "build/run/notebooks/**/*.ipynb",
    "results": "build/run/results.json",
    "HTML": "build/html/**/*",
    "PDF": "build/pdf/*.pdf",
    "archive": "build/archive/*.zip",
}


@dataclass(frozen=True)
class Setting:
    """How a build differs from the other: its folder below PLACE, variables, processors, and a moved clock."""

    folder: str
    variables: Mapping[str, str] = field(default_factory=dict)
    processors: int = 0
    ahead: bool = False

    @property
    def clone(self) -> Path:
        """The folder of the clone."""
        return PLACE / self.folder

    def words(self) -> str:
        """The setting in words."""
        own = [f"{name}={value}" for name, value in self.variables.items()]
        own += [f"{self.processors} processor"] * bool(self.processors)
        return ", ".join([f"folder {self.folder}", *own, *[f"clock {AHEAD}"] * (self.ahead and has_faketime())])

    def run(self, *command: str) -> None:
        """Run a command in the clone. Ends the whole run with its output where it fails."""
        words = list(command)
        if self.ahead and has_faketime():
            words = ["faketime", "-f", AHEAD, *words]
        if self.processors and hasattr(os, "sched_setaffinity") and shutil.which("taskset"):
            words = ["taskset", "-c", "0", *words]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "VIRTUAL"))}
        done = subprocess.run(
            words, cwd=self.clone, env=kept | self.variables, capture_output=True, encoding="utf-8", errors="replace"
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed in {self.folder}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


FIRST = Setting("a", {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "1"})
SECOND = Setting(
    "second/clone-of-the-same",
    {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "4294967295", "COLUMNS": "47"},
    processors=1,
    ahead=True,
)


def has_faketime() -> bool:
    """Whether the clock of a program can be moved."""
    return shutil.which("faketime") is not None


def clean_clone(setting: Setting) -> None:
    """Clone the last commit into the folder of a setting, without anything built."""
    shutil.rmtree(setting.clone, ignore_errors=True)
    setting.clone.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, setting.clone], check=True)


def build(setting: Setting, python: str) -> None:
    """Set up in a clean clone, then make features (where the texts are), notebooks, HTML, PDF and the archive."""
    clean_clone(setting)
    Setting(setting.folder).run("make", "setup", f"PYTHON={python}")  # the clock is right while packages are fetched
    command = ".venv/bin/balancing-act"
    if CORPUS.exists():
        setting.run(command, "corpus", "build", "--texts", str(CORPUS))
    setting.run(command, "book")
    setting.run(command, "archive")


def files_of(clone: Path, pattern: str) -> dict[str, bytes]:
    """The content of the files of a clone that match a pattern, by name."""
    return {file.relative_to(clone).as_posix(): file.read_bytes() for file in clone.glob(pattern) if file.is_file()}


def first_difference(one: bytes, other: bytes) -> str:
    """Where two contents part, and what stands there in each."""
    at = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    start = max(0, at - AROUND)
    return f"byte {at}: {one[start : at + AROUND]!r} and {other[start : at + AROUND]!r}"


def compare(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """What differs between two sets of files, by name."""
    found = [
        f"{name} is only in {'the first' if name in one else 'the second'}"
        for name in sorted(one.keys() ^ other.keys())
    ]
    both = sorted(one.keys() & other.keys())
    return found + [f"{name}: {first_difference(one[name], other[name])}" for name in both if one[name] != other[name]]


def digest(files: Mapping[str, bytes]) -> str:
    """One SHA-256 of all files with their names."""
    state = hashlib.sha256()
    for name, content in sorted(files.items()):
        state.update(f"{name}\0{len(content)}\0".encode() + content)
    return state.hexdigest()


def row(what: str, beside: str, one: Mapping[str, bytes], faults: Sequence[str]) -> dict[str, str]:
    """A row of the table."""
    return {
        "what": what,
        "beside": beside,
        "files": f"{len(one)}",
        "bytes": f"{sum(map(len, one.values()))}",
        "sha256": digest(one)[:16],
        "same": "no" if faults else "yes",
    }


def found_pythons(finds: Callable[[str], str | None] = shutil.which) -> dict[str, str]:
    """The Pythons of this machine that work, by version; this one is known."""
    found = {}
    for version in PYTHONS:
        name = sys.executable if platform.python_version().startswith(f"{version}.") else finds(f"python{version}")
        asked = name and subprocess.run(
            [name, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True
        )
        if asked and asked.returncode == 0:
            found[version] = asked.stdout.strip()
    return found


def main() -> int:
    """Build twice, compare, then run on the other Pythons; returns 1 where anything differs."""
    pythons = found_pythons()
    own = ".".join(platform.python_version_tuple()[:2])
    print(f"first: {FIRST.words()}\nsecond: {SECOND.words()}", flush=True)
    for setting in (FIRST, SECOND):
        build(setting, pythons[own])
    pairs = [(what, "the second clone", SECOND) for what in PARTS]
    for version in PYTHONS:
        if version == own:
            continue
        if version not in pythons:
            print(f"Python {version} is not on this machine: not compared")
            continue
        other = Setting(f"python-{version}", FIRST.variables)
        clean_clone(other)
        other.run("make", "setup", f"PYTHON={pythons[version]}")
        other.run(".venv/bin/balancing-act", "run")
        pairs += [(what, f"Python {version}", other) for what in ("executed notebooks", "results")]
    rows, faults = [], []
    for what, beside, setting in pairs:
        one, other_files = (files_of(clone, PARTS[what]) for clone in (FIRST.clone, setting.clone))
        found = compare(one, other_files) if one else [f"{what}: nothing was made"]
        rows.append(row(what, beside, one, found))
        faults += found
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for line in rows:
        print("  ".join(line.values()))
    print("\n".join(faults) or f"all the same to the byte; the table is in {TABLE.name}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
