"""What holds under load and when things fail: `make load`; two to three hours. Linux alone.

In a clean clone: all notebooks fifty times in a row; `book`, `sweep` and `corpus build` killed with SIGKILL at fifty
random moments each; two builds at once; a full disk; a folder of data that nobody may write; a clock that jumps. After
each, the last good output must stand to the byte, and the next run must make it anew. Parts can be named:
`python benchmarks/failures.py book sweep`. Each trial is written to benchmarks/failures.csv as it ends, and a part that
was cut off goes on after its last trial. Prints the table, and exits with 1 where something did not hold.
"""

import csv
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLONE = ROOT / "build" / "failures"
TABLE = Path(__file__).with_suffix(".csv")
CORPUS = ROOT.parent / "shared" / "corpus"
TIMES = 50
SEED = 20250207
PATIENCE = 15  # seconds for the children of a killed process to end
AHEAD = "+400d"
OWN_MOUNTS = "" if not os.geteuid() and shutil.which("unshare") else "needs root and unshare"  # why there are none
COMMAND = (sys.executable, "-m", "analysis")
BOOK = ("build/run/results.json", "build/run/notebooks/**/*.ipynb", "build/html/**/*", "build/pdf/*.pdf")
SWEEP = """
chapter: "01"
result: events
grid:
  start: {from: 2021-01-01, to: 2021-02-19}
"""


def written_rows() -> dict[str, list[str]]:
    """The rows of the table as it is, by what was done."""
    if not TABLE.exists():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {line[0]: line for line in list(csv.reader(stream))[1:]}


@dataclass
class Row:
    """What was done, how often, how often all held, and what did not."""

    what: str
    times: int = 0
    held: int = 0
    seconds: float = 0
    note: str = ""

    @classmethod
    def begun(cls, what: str) -> "Row":
        """The row as a run left it that was cut off before the last trial, or a new one."""
        _, times, held, seconds, note = written_rows().get(what, [what, "0", "0", "0", ""])
        return cls(what, int(times), int(held), float(seconds), note) if int(times) < TIMES else cls(what)

    def write(self) -> None:
        """Put the row into the table."""
        rows = written_rows() | {
            self.what: [self.what, str(self.times), str(self.held), f"{self.seconds:.0f}", self.note]
        }
        with TABLE.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["what", "times", "held", "seconds each", "note"])
            writer.writerows(rows.values())

    def add(self, *faults: str) -> None:
        """Count one trial; the first fault of all is noted."""
        found = [fault for fault in faults if fault]
        self.times += 1
        self.held += not found
        self.note = self.note or (found[0] if found else "")
        self.write()
        print(f"  {self.what}: {self.held} of {self.times} held{f'; {found[0]}' if found else ''}", flush=True)


def environment() -> dict[str, str]:
    """The variables of a command in the clone, whose code comes first."""
    return os.environ | {"PYTHONPATH": str(CLONE / "src"), "PYTHONWARNINGS": "default"}


def start(*words: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """A command of the clone, in a session of its own, its output in a file."""
    with (CLONE / "build" / "said.txt").open("wb") as said:
        return subprocess.Popen(
            [*before, *COMMAND, *words], cwd=CLONE, env=environment(), stdout=said, stderr=said, start_new_session=True
        )


def said() -> str:
    """The last lines of what the last command said."""
    return (CLONE / "build" / "said.txt").read_text(encoding="utf-8", errors="replace").strip()[-300:]


def finish(*words: str, before: Sequence[str] = ()) -> str:
    """Run a command of the clone to its end; returns a fault, or nothing."""
    code = start(*words, before=before).wait()
    return f"{' '.join(words)} ended with {code}: {said()}" if code else ""


def digests(patterns: Sequence[str], root: Path = CLONE) -> dict[str, str]:
    """SHA-256 of the files of a folder that match, by name; a folder that stands aside whole counts as itself."""
    found = {}
    for pattern in patterns:
        head = "/".join(pattern.split("/")[:2])
        moved = not (root / head).exists() and (root / f"{head}.old").exists()
        for file in root.glob(pattern.replace(head, f"{head}.old", 1) if moved else pattern):
            if file.is_file():
                name = file.relative_to(root).as_posix().replace(f"{head}.old", head, 1)
                found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def made(row: Row, words: Sequence[str], patterns: Sequence[str]) -> dict[str, str]:
    """Run a command to its end; returns the digests of what it made. To make nothing is a trial that fails."""
    fault = finish(*words)
    found = {} if fault else digests(patterns)
    if not found:
        row.add(fault or f"{' '.join(words)} made nothing")
    return found


def damage(good: dict[str, str], patterns: Sequence[str], root: Path = CLONE) -> str:
    """The first file of a folder that is no longer what it was, or nothing."""
    now = digests(patterns, root)
    wrong = sorted(name for name in good.keys() | now.keys() if good.get(name) != now.get(name))
    return f"{wrong[0]} is damaged ({len(wrong)} files)" if wrong else ""


def processes() -> list[int]:
    """The processes that a command of the clone started."""
    mark = f"PYTHONPATH={CLONE / 'src'}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0") and (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def orphans() -> str:
    """A fault where processes outlive the one that was killed; they are ended."""
    until = time.monotonic() + PATIENCE
    while (left := processes()) and time.monotonic() < until:
        time.sleep(0.1)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return f"{len(left)} processes outlived the one that was killed" if left else ""


def change_code(number: int) -> None:
    """Let everything be made again: the code is another, and does the same."""
    file = CLONE / "src" / "analysis" / "errors.py"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("# trial ")]
    file.write_text("\n".join([*kept, f"# trial {number}", ""]), encoding="utf-8")


def killed(what: str, words: Sequence[str], patterns: Sequence[str], again: int) -> Row:
    """Kill a command at random moments; the last good output must stand, and every so many times be made anew."""
    row = Row.begun(f"{what} killed at a random moment")
    change_code(0)
    began = time.monotonic()
    good = made(row, words, patterns)
    if not good:
        return row
    row.seconds = lasts = time.monotonic() - began
    for number in range(row.times + 1, TIMES + 1):
        change_code(number)
        process = start(*words)
        time.sleep(random.Random(f"{SEED} {what} {number}").uniform(0, lasts))
        if number % 2:
            process.kill()  # alone: what it started must end by itself
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        faults = [orphans(), damage(good, patterns)]
        if number % again == 0:
            faults += [finish(*words), damage(good, patterns)]
        row.add(*faults)
    return row


def kill_book() -> Row:
    """`book`, killed."""
    return killed("book", ["book"], BOOK, 10)


def kill_sweep() -> Row:
    """`sweep`, killed; it goes on where it stopped."""
    (CLONE / "build" / "light.yml").write_text(SWEEP, encoding="utf-8")
    return killed("sweep", ["sweep", "build/light.yml"], ["runs/sweep-light/results.parquet"], 1)


def kill_corpus() -> Row:
    """`corpus build`, killed."""
    if not CORPUS.exists():
        return Row("corpus build killed at a random moment", note="the texts are not on this machine")
    return killed("corpus build", ["corpus", "build", "--texts", str(CORPUS)], ["data/features/*"], 1)


def run_often() -> Row:
    """All notebooks in parallel, again and again: no kernel is lost and the results are the same."""
    row, patterns = Row.begun("all notebooks in parallel, in a row"), BOOK[:2]
    good: dict[str, str] = {}
    for number in range(row.times + 1, TIMES + 1):
        change_code(1000 + number)
        began = time.monotonic()
        fault = finish("run")
        row.seconds += (time.monotonic() - began - row.seconds) / number
        good = good or digests(patterns)
        row.add(fault, damage(good, patterns), orphans())
    return row


def two_at_once() -> Row:
    """Two builds at once: one makes the book, the other says that it must wait."""
    row = Row("two builds at once")
    good = made(row, ["book"], BOOK)
    for number in range(5):
        change_code(2000 + number)
        one = start("book")
        time.sleep(1.5)
        two = start("book")
        codes = sorted([one.wait(), two.wait()])
        row.add("" if codes[0] == 0 < codes[1] else f"they ended with {codes}", damage(good, BOOK))
    return row


def clock_jumps() -> Row:
    """A clock that jumps 400 days ahead, and back: nothing is made again, and what is made anew is the same."""
    row = Row("the clock jumps 400 days")
    if not shutil.which("faketime"):
        row.note = "the program faketime is not on this machine"
        return row
    good = made(row, ["book"], BOOK)
    for number, ahead in enumerate((AHEAD, AHEAD.replace("+", "-")) * 2):
        if number > 1:
            change_code(3000 + number)
        row.add(finish("book", before=("faketime", "-f", ahead)), damage(good, BOOK))
    return row


def in_own_mounts(script: str, *words: str) -> str:
    """A command of the clone, "$@" in a script that changes what is mounted for it alone; root may do that."""
    return finish(*words, before=("unshare", "--mount", "sh", "-ec", script, "sh"))


def data_read_only() -> Row:
    """A folder of data that cannot be written is enough to check, run and build."""
    row = Row("data that cannot be written", note=OWN_MOUNTS)
    if row.note:
        return row
    good = made(row, ["book"], BOOK)
    change_code(4000)
    for words in (["check"], ["run"], ["book"]):
        script = 'mount --bind data data; mount -o remount,ro,bind data; exec "$@"'
        row.add(in_own_mounts(script, *words), damage(good, BOOK))
    return row


def disk_full() -> Row:
    """A disk that runs full at some point: one message, and the last good output stands."""
    row = Row("the disk runs full", note=OWN_MOUNTS)
    if row.note:
        return row
    good = made(row, ["book"], BOOK)
    after = CLONE / "after"
    for number, megabytes in enumerate((1, 5, 12, 25, 40)):
        change_code(5000 + number)
        shutil.rmtree(after, ignore_errors=True)
        # what is built lies on a disk with so much room beside it; `after` shows what the command left there
        script = (
            f"mkdir -p disk after; size=$(($(du -sm build | cut -f1) + {megabytes})); "
            "mount -t tmpfs -o size=${size}m tmpfs disk; cp -a build/. disk/; mount --bind disk build; "
            'code=0; "$@" || code=$?; cp -a build after/; exit $code'
        )
        fault = in_own_mounts(script, "book")
        plain = "Traceback" not in said() and "No space left" in said()
        row.add("" if plain or not fault else f"{megabytes} MB: {said()}", damage(good, BOOK, after))
    row.add(finish("book"), damage(good, BOOK))
    return row


PARTS: dict[str, Callable[[], Row]] = {
    "sweep": kill_sweep,
    "corpus": kill_corpus,
    "book": kill_book,
    "two": two_at_once,
    "clock": clock_jumps,
    "data": data_read_only,
    "disk": disk_full,
    "often": run_often,
}


def main(names: Sequence[str]) -> int:
    """Try the named parts, or all; returns 1 where something did not hold."""
    if wrong := [name for name in names if name not in PARTS]:
        sys.exit(f"{wrong[0]}: no such part; allowed: {', '.join(PARTS)}")
    shutil.rmtree(CLONE, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, CLONE], check=True)
    (CLONE / "build").mkdir()
    failed = 0
    for name in names or PARTS:
        print(name, flush=True)
        row = PARTS[name]()
        row.write()
        failed += row.held < row.times
    print(TABLE.read_text(encoding="utf-8"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
