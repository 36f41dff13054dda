"""The jobs of this book beside the plain ways to do them, in one run on one machine: a part of `make bench`.

Each way of a job runs several times, in turn with the others, in a process of its own, with the memory that it takes.
Where a plain way would take hours, a part of the work is timed and the whole is projected from it, as the column `part`
says. Prints the table, writes it to benchmarks/peers.csv, and exits with 1 where a bar is missed.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gdelt
import measuring
import pandas as pd
from measuring import HERE, Timing, scaled, timed

from analysis.core import paths

OUTPUT = Path(__file__).with_suffix(".csv")
PAPERMILL = "papermill, one by one"
PACKAGES = (
    *("papermill", "nbclient", "jupyter-book", "sphinx", "scikit-learn", "krippendorff", "pandas", "numpy", "scipy"),
    "distributed",
)
STATEMENT, STRATEGY = "us-jpn-2025-02-07", "jpn-nds-2022"
LINES = 1_000_000  # of the event file
SWEEP = """
chapter: "01"
result: events
grid:
  start: {from: 2021-01-01, to: 2021-04-10}
  end: [2025-02-28, 2025-12-31]
"""
LOOPED = 10  # cases of the sweep that papermill computes
PAIRS, SPECIFICATIONS, DRAWS = 40, 4, 200  # parts of the work of scikit-learn, and draws of a length match
RESAMPLED, RESAMPLES = 200, 2000  # of the bootstrap: draws that krippendorff computes, and all

CHAPTERS, NOTHING = "all chapters, executed", "all chapters, nothing changed"
BOOK, AGAIN = "HTML book from nothing", "HTML book, unchanged"
EDITED = "HTML book, one edit"
CASES = "200 cases of a chapter"
MATRIX, CURVE = "all pairs, 200 draws each", "the specification curve"
PAIR = "one pair with its placebos"
ALPHA = "alpha, 2,000 draws"
EVENTS = "a million foreign events"
START = "the start of the command"

# what must hold: a job takes at most so many seconds here, or a way takes so many times as long
LIMITS = {NOTHING: 1.0, START: 0.4, AGAIN: 3.0}
BARS = {(CHAPTERS, PAPERMILL): 2.0, (CASES, PAPERMILL): 10.0}

Jobs = Mapping[str, Timing]
WAYS: dict[str, tuple[str, str, Callable[[Path], Jobs]]] = {}


def way(name: str, part: str = "") -> Callable[[Callable[[Path], Jobs]], Callable[[Path], Jobs]]:
    """Register what does some jobs in a way of this name, from an empty folder; part: of the work, where not all."""

    def register(work: Callable[[Path], Jobs]) -> Callable[[Path], Jobs]:
        WAYS[work.__name__] = (name, part, work)
        return work

    return register


def command(*words: str | Path, cwd: Path = paths.ROOT, code: Path | None = None) -> Callable[[], None]:
    """A command to run in a folder, with the package as it is there."""
    environment = os.environ | ({"PYTHONPATH": str(code / "src")} if code else {})

    def run() -> None:
        done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout[-1000:]}{done.stderr[-3000:]}")

    return run


def tool(name: str) -> Path:
    """A program of the environment."""
    return Path(sys.executable).with_name(name)


def papermill(notebook: Path, target: Path, *words: str) -> Callable[[], None]:
    """The command papermill for one notebook."""
    return command(tool("papermill"), "--no-progress-bar", notebook, target, *words)


# --- notebooks


@way(HERE)
def chapters_here(folder: Path) -> Jobs:
    """All chapters, then once more."""
    from analysis.runs.notebooks import run_notebooks

    first = timed(lambda: run_notebooks(folder=folder / "run"))
    command(tool("balancing-act"), "run")()
    return {
        CHAPTERS: first,
        NOTHING: timed(command(tool("balancing-act"), "run")),
        START: timed(command(tool("balancing-act"), "--version")),
    }


@way(PAPERMILL)
def chapters_papermill(folder: Path) -> Jobs:
    """All chapters, as papermill does by itself; it would do the same again where nothing changed."""
    from analysis.runs.notebooks import notebook_files

    def every() -> None:
        for file in notebook_files():
            papermill(file, folder / file.name)()

    return {CHAPTERS: timed(every), START: timed(command(tool("papermill"), "--version"))}


@way("nbclient, in parallel")
def chapters_nbclient(_folder: Path) -> Jobs:
    """All chapters, as many at a time as there are processors."""
    import nbformat
    from nbclient import NotebookClient

    from analysis.runs.notebooks import notebook_files

    resources = {"metadata": {"path": str(paths.NOTEBOOKS)}}

    async def every() -> None:
        free = asyncio.Semaphore(os.cpu_count() or 1)

        async def one(client: Any) -> None:
            async with free:
                await client.async_execute()

        clients = [NotebookClient(nbformat.read(file, 4), resources=resources) for file in notebook_files()]
        await asyncio.gather(*map(one, clients))

    return {CHAPTERS: timed(lambda: asyncio.run(every()))}


# --- books


def _copy(folder: Path) -> Path:
    """A copy of the repository, without what git ignores."""
    target = folder / "repository"
    names = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=paths.ROOT, capture_output=True, check=True, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (source := paths.ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def _book(build: Callable[[], None], page: Path) -> Jobs:
    """A book from nothing, once more, and once more after an edit of a page."""
    first, again = timed(build), timed(build)
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    return {BOOK: first, AGAIN: again, EDITED: timed(build)}


@way(HERE)
def book_here(folder: Path) -> Jobs:
    """`balancing-act book --html` on a machine that has built nothing, then after an edit."""
    copy = _copy(folder)
    build = command(sys.executable, "-m", "analysis", "book", "--html", cwd=copy, code=copy)
    return _book(build, copy / "book" / "teaching.md")


@way("jupyter-book build")
def book_jupyter(folder: Path) -> Jobs:
    """Jupyter Book with the same pages and extensions, executing by itself, with its cache; then after an edit."""
    copy = _copy(folder)
    # the pages show numbers of the run, which only our run leaves
    command(sys.executable, "-m", "analysis", "book", "--html", cwd=copy, code=copy)()
    source, config = copy / "build" / "source", copy / "build" / "source" / "_config.yml"
    shutil.copytree(copy / "notebooks", source / "notebooks", dirs_exist_ok=True)
    (source / "notebooks" / "start.ipynb").unlink()
    text = config.read_text(encoding="utf-8")
    assert 'execute_notebooks: "off"' in text
    text = text.replace('execute_notebooks: "off"', "execute_notebooks: cache\n  timeout: 600")
    config.write_text(text.replace('    nb_execution_mode: "off"\n', ""), encoding="utf-8")
    words = ("build", source, "--path-output", folder / "jupyter")
    build = command(tool("jupyter-book"), *words, cwd=source, code=copy)
    return _book(build, source / "book" / "teaching.md")


# --- sweeps


def _sweep(folder: Path) -> Any:
    from analysis.runs.sweep import read_sweep

    (folder / "light.yml").write_text(SWEEP, encoding="utf-8")
    return read_sweep(folder / "light.yml")


def _sweep_in(folder: Path, workers: int, scheduler: str | None) -> Jobs:
    from analysis.runs.sweep import run_sweep
    from analysis.runs.workers import open_pool

    sweep = _sweep(folder)

    def run() -> None:
        with open_pool(workers, scheduler) as pool:
            run_sweep(sweep, pool, folder / "sweep")

    return {CASES: timed(run)}


@way(HERE)
def sweep_here(folder: Path) -> Jobs:
    """In as many processes as the command starts."""
    from analysis.runs.workers import default_workers

    return _sweep_in(folder, default_workers(), None)


@way("here, in one process")
def sweep_alone(folder: Path) -> Jobs:
    """In one process."""
    return _sweep_in(folder, 1, None)


@way("here, on Dask")
def sweep_dask(folder: Path) -> Jobs:
    """On Dask, on this machine."""
    from analysis.runs.workers import LOCAL, default_workers

    return _sweep_in(folder, default_workers(), LOCAL)


@way(PAPERMILL, part=f"{LOOPED} of 200 cases")
def sweep_papermill(folder: Path) -> Jobs:
    """One run of papermill after another."""
    sweep = _sweep(folder)

    def some() -> None:
        for case in sweep.cases[:LOOPED]:
            given = (word for item in case.items() for word in ("-p", *map(str, item)))
            papermill(sweep.notebook, folder / "case.ipynb", *given)()

    return {CASES: scaled(timed(some), len(sweep.cases) / LOOPED)}


# --- texts


def plain_scores(source: Any, specification: Any, pairs: list[tuple[str, str]], draws: int) -> None:
    """Scores of some pairs by scikit-learn: fit, then for each pair transform, compare and, where asked, draw."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.metrics.pairwise import cosine_similarity

    from analysis.measures.placebos import base_rows, drawn_passages, in_unit

    passages = in_unit(source.features, source.documents, source.terms, specification.unit, mask=specification.mask)
    base = np.flatnonzero(base_rows(passages.frame, specification.idf_base))
    weights = TfidfTransformer(sublinear_tf=True).fit(passages.counts[base])
    rng, drawn = np.random.default_rng(1), drawn_passages(passages.frame)
    for statement, strategy in pairs:
        a = weights.transform(passages.counts[passages.rows(statement)])
        b = weights.transform(passages.counts[passages.rows(strategy)])
        similarity = cosine_similarity(a, b)
        similarity.max(axis=1).mean()
        for _ in range(draws):
            similarity[:, rng.choice(similarity.shape[1], drawn, replace=False)].max(axis=1).mean()


def _every_pair(source: Any) -> list[tuple[str, str]]:
    from analysis.texts import documents

    statements, strategies = (documents.ids(source.documents, kind) for kind in ("statement", "strategy"))
    return [(statement, strategy) for statement in statements for strategy in strategies]


def _scikit_learn(source: Any, specifications: list[Any], share: float, draws: int) -> Timing:
    """The time of scikit-learn for all pairs in some specifications, from a sample of the pairs."""
    import numpy as np

    every = _every_pair(source)
    rng = np.random.default_rng(2)
    plain_scores(source, specifications[0], every[:1], 1)  # imports are not part of the comparison
    seconds = peak = 0.0
    for specification in specifications:
        chosen = [every[place] for place in rng.choice(len(every), PAIRS, replace=False)]
        drawn = draws if specification.length_matched else 0
        fit = timed(lambda s=specification: plain_scores(source, s, [], 0))  # type: ignore[misc]
        some = timed(lambda s=specification, c=chosen, d=drawn: plain_scores(source, s, c, d))  # type: ignore[misc]
        seconds += fit.seconds + (some.seconds - fit.seconds) * len(every) / PAIRS
        peak = max(peak, some.peak_mb)
    return Timing(seconds * share, peak)


@way(HERE)
def matrix_here(_folder: Path) -> Jobs:
    """All pairs, in single length-matched draws."""
    from analysis.measures.pair import load_source
    from analysis.measures.placebos import base_rows, drawn_scores, in_unit
    from analysis.measures.similarity import represent
    from analysis.texts import documents

    source = load_source()
    statements, strategies = (documents.ids(source.documents, kind) for kind in ("statement", "strategy"))

    def work() -> None:
        passages = in_unit(source.features, source.documents, source.terms, "sentence", mask=True)
        made = represent("tfidf", passages.counts, base_rows(passages.frame, "all"))
        drawn_scores(passages, made, statements, strategies, draws=DRAWS, seed=1)

    return {MATRIX: timed(work)}


@way("scikit-learn, pair by pair", part=f"{PAIRS} pairs")
def matrix_scikit_learn(_folder: Path) -> Jobs:
    """All pairs, in single length-matched draws."""
    from analysis.measures.pair import load_source
    from analysis.measures.specifications import Specification

    return {MATRIX: _scikit_learn(load_source(), [Specification()], 1, DRAWS)}


@way(HERE)
def curve_here(_folder: Path) -> Jobs:
    """All specifications, those with embeddings too, each with all pairs as placebos."""
    from analysis.measures.pair import load_source
    from analysis.measures.specifications import curve

    source = load_source()
    return {CURVE: timed(lambda: curve(source, STATEMENT, STRATEGY))}


@way("scikit-learn, pair by pair", part=f"{SPECIFICATIONS} of the lexical specifications, {PAIRS} pairs each")
def curve_scikit_learn(_folder: Path) -> Jobs:
    """The lexical specifications, drawing where length is matched."""
    import numpy as np

    from analysis.measures.pair import load_source
    from analysis.measures.specifications import EMBEDDINGS, all_specifications

    lexical = [s for s in all_specifications() if s.representation != EMBEDDINGS]
    rng = np.random.default_rng(3)
    chosen = [lexical[place] for place in rng.choice(len(lexical), SPECIFICATIONS, replace=False)]
    return {CURVE: _scikit_learn(load_source(), chosen, len(lexical) / SPECIFICATIONS, DRAWS)}


@way(HERE)
def pair_here(_folder: Path) -> Jobs:
    """`align` with placebos, residual and draws, after the start of the command."""
    from analysis.measures.pair import align, load_source

    source = load_source()
    return {PAIR: timed(lambda: align(source, STATEMENT, STRATEGY))}


@way("scikit-learn, pair by pair", part=f"{PAIRS} pairs")
def pair_scikit_learn(_folder: Path) -> Jobs:
    """The placebos of a pair are all pairs; draws of its statement alone are needed."""
    from analysis.measures.pair import load_source
    from analysis.measures.specifications import Specification

    source = load_source()
    undrawn = _scikit_learn(source, [Specification()], 1, 0)
    own = [(STATEMENT, strategy) for _, strategy in _every_pair(source) if _ == STATEMENT]
    drawn = timed(lambda: plain_scores(source, Specification(), own, DRAWS))
    return {PAIR: Timing(undrawn.seconds + drawn.seconds, max(undrawn.peak_mb, drawn.peak_mb))}


# --- agreement and events


def _strength() -> Any:
    from analysis.data.tables import load
    from analysis.measures.agreement import value_table

    return value_table(load("codings_alignment"), ["provision_id"], "strength")


@way(HERE)
def alpha_here(_folder: Path) -> Jobs:
    """Krippendorff's alpha (ordinal) of strength."""
    from analysis.measures.agreement import bootstrap_interval

    values = _strength()
    return {ALPHA: timed(lambda: bootstrap_interval(values, "ordinal", draws=RESAMPLES))}


@way("krippendorff", part=f"{RESAMPLED} of {RESAMPLES} draws")
def alpha_krippendorff(_folder: Path) -> Jobs:
    """The package in a loop."""
    import krippendorff
    import numpy as np

    values, rng = _strength(), np.random.default_rng(1)

    def some() -> None:
        for _ in range(RESAMPLED):
            drawn = values[:, rng.integers(0, values.shape[1], values.shape[1])]
            krippendorff.alpha(drawn, level_of_measurement="ordinal")

    return {ALPHA: scaled(timed(some), RESAMPLES / RESAMPLED)}


def _events(folder: Path) -> Path:
    gdelt.write_events(folder / "events.csv", LINES)
    return folder / "events.csv"


@way(HERE)
def events_here(folder: Path) -> Jobs:
    """In as many processes as the command starts; the counts are those of pandas."""
    file = _events(folder)
    found: list[pd.DataFrame] = []
    timing = timed(lambda: found.append(gdelt.count_here(file)))
    pd.testing.assert_frame_equal(found[0], gdelt.count_with_pandas(file))
    return {EVENTS: timing}


@way("pandas, the whole file")
def events_pandas(folder: Path) -> Jobs:
    """Four columns of all lines at once."""
    file = _events(folder)
    return {EVENTS: timed(lambda: gdelt.count_with_pandas(file))}


@way("pandas, in pieces")
def events_pandas_pieces(folder: Path) -> Jobs:
    """Four columns, a tenth of the lines at once."""
    file = _events(folder)
    return {EVENTS: timed(lambda: gdelt.count_with_pandas(file, LINES // 10))}


# --- the run


def table_of(found: Mapping[tuple[str, str, str], list[Timing]]) -> pd.DataFrame:
    """The rows of the table, by job; found: the timings by job, way and part."""
    rows = [
        {"job": job, "way": name, **measuring.summary(timings), "part": part}
        for (job, name, part), timings in found.items()
    ]
    table = pd.DataFrame(rows)
    here = table[table["way"] == HERE].set_index("job")["seconds"]
    table.insert(
        5, "times", [measuring.rounded(s / here[j]) for s, j in zip(table["seconds"], table["job"], strict=True)]
    )
    order = {job: number for number, job in enumerate(dict.fromkeys(table["job"]))}
    return table.sort_values("job", key=lambda jobs: jobs.map(order), kind="stable", ignore_index=True)


def missed(table: pd.DataFrame) -> list[str]:
    """The bars that are missed, in words."""
    found = []
    seconds = table[table["way"] == HERE].set_index("job")["seconds"]
    times = table.set_index(["job", "way"])["times"]
    found += [f"{job}: {seconds[job]} s, at most {most} s" for job, most in LIMITS.items() if seconds[job] > most]
    found += [
        f"{job}: {name} takes {times[job, name]} times as long, at least {least}"
        for (job, name), least in BARS.items()
        if times[job, name] < least
    ]
    return found


def main() -> int:
    """Run all ways in turn, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=list(WAYS), help="one way, here; print its timings as JSON")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            measuring.answer(WAYS[options.one][2](Path(folder)))
        return 0
    found: dict[tuple[str, str, str], list[Timing]] = defaultdict(list)
    for run in range(options.runs):
        for name, (label, part, _) in WAYS.items():
            print(f"run {run + 1} of {options.runs}: {name}", file=sys.stderr, flush=True)
            for job, timing in measuring.ask(Path(__file__), name).items():
                found[job, label, part].append(timing)
    table = table_of(found)
    table["machine"], table["versions"] = measuring.machine(), measuring.versions(PACKAGES)
    table.to_csv(OUTPUT, index=False, lineterminator="\n")
    print(table.drop(columns=["machine", "versions"]).to_string(index=False))
    faults = missed(table)
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
