"""Commands that check the data, run notebooks, and make the book and the archive of them."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from analysis.core import paths
from analysis.core.paths import from_here

FOLDER = click.Path(path_type=Path)


def as_pairs(arguments: Sequence[str]) -> list[str]:
    """Return arguments with every parameter as -p NAME=VALUE, also one given as -p NAME VALUE or behind another one."""
    left, taken = list(arguments), []
    while left:
        taken.append(left.pop(0))
        if taken[-1] == "--":
            break
        while taken[-1] == "-p" and left:
            pair = left.pop(0)
            if "=" not in pair and left and not re.match("--?[a-z]", left[0]):
                pair = f"{pair}={left.pop(0)}"
            taken.append(pair)
            if left and re.match(r"\w+=", left[0]):
                taken.append("-p")
    return taken + left


class WithPairs(click.Command):
    """A command whose parameters may be written as papermill takes them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments after `as_pairs`."""
        return super().parse_args(ctx, as_pairs(args))


def with_workers(command: Any) -> Any:
    """Add the options that say where work is done."""
    text = "Processes (default: one for each processor; 1: no process beside this one)."
    command = click.option("--workers", type=int, metavar="N", help=text)(command)
    text = "A Dask scheduler, tcp://HOST:8786, or local for a cluster of this machine (extra scale)."
    return click.option("--scheduler", metavar="ADDRESS", help=text)(command)


@click.command()
def check() -> int:
    """Check every table in data/ and list all faults."""
    from analysis.data.record import changed_files
    from analysis.data.schema import read_schema
    from analysis.validation.check import check as find_faults

    if faults := find_faults():
        print(*faults, sep="\n", file=sys.stderr)
        print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in data/", file=sys.stderr)
        return 1
    print(f"data/ is sound: {len(read_schema(paths.DATAPACKAGE))} tables")
    if changed := list(changed_files()):
        print(f"changed since `make notebooks` recorded the files: {', '.join(changed)}")
    return 0


@click.command()
@click.option("--update-notebooks", is_flag=True, help="Then copy the outputs into notebooks/.")
@click.option("--explain", is_flag=True, help="Say which would be executed and why, and execute nothing.")
def run(update_notebooks: bool, explain: bool) -> None:
    """Execute the notebooks that changed, in parallel."""
    from analysis.runs import notebooks

    if update_notebooks and explain:
        raise click.UsageError("--explain executes nothing; leave out --update-notebooks")
    if explain:
        for name, reasons in notebooks.explain().items():
            print(f"{name}: {'to be executed: ' + '; '.join(reasons) if reasons else 'unchanged'}")
        return
    done = notebooks.run_notebooks()
    print(f"executed {len(done.executed)} notebooks, {len(done.unchanged)} unchanged; see {from_here(done.folder)}/")
    if update_notebooks:
        from analysis.data.record import record
        from analysis.runs import exercises, start

        changed = notebooks.update_committed(done)
        if start.refresh():
            changed.append(paths.START.stem)
        if recorded := record():
            print(f"recorded anew in {from_here(paths.DATAPACKAGE)}: {', '.join(recorded)}")
        if exercises.refresh():
            print(f"updated the solutions of the exercises ({from_here(paths.ANSWERS)})")
        print("notebooks/ is up to date" if not changed else f"updated in notebooks/: {', '.join(changed)}")


@click.command(cls=WithPairs)
@click.argument("chapter")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="One or several, also as NAME VALUE.")
@click.option("--list", "only_list", is_flag=True, help="List the parameters of the chapter and run nothing.")
def rerun(chapter: str, pairs: tuple[str, ...], only_list: bool) -> None:
    """Run one chapter with other parameters.

    Keeps the run in runs/ and says which results differ from the default. CHAPTER is a number, a name or a path,
    such as 04 or notebooks/04-alignment.ipynb.
    """
    from analysis.runs import rerun as reruns
    from analysis.runs.parameters import declared
    from analysis.runs.results import read_results

    notebook = reruns.find_notebook(chapter)
    parameters = declared(notebook)
    if only_list:
        for one in parameters:
            allowed = f" [{one.allowed}]" if one.allowed else ""
            print(f"{one.name}: {one.type} = {one.default!r}  {one.meaning}{allowed}")
        return
    place = reruns.rerun(notebook, reruns.read_pairs(pairs, parameters))
    print(f"{from_here(place)}/ holds {notebook.name}, {reruns.RESULTS}, {reruns.PAGE} and {reruns.PROVENANCE}")
    committed = read_results([notebook])  # the default run
    lines = reruns.compare(committed, reruns.results_of(place), ("the committed default run", "this run"))
    print("against the committed default run: " + "\n".join(lines))


@click.command()
@click.argument("file", type=FOLDER)
@with_workers
def sweep(file: Path, workers: int | None, scheduler: str | None) -> int:
    """Run a chapter with many combinations of parameters.

    The same command goes on where it was interrupted. The status is 1 where a case failed. FILE describes the sweep
    in YAML, such as sweeps/coders.yml.
    """
    from analysis.runs import sweep as sweeps
    from analysis.runs.workers import default_workers, open_pool

    checked = sweeps.read_sweep(file)
    with open_pool(default_workers() if workers is None else workers, scheduler) as pool:
        done = sweeps.run_sweep(checked, pool, paths.RUNS)
    print("\n".join(sweeps.report(done, from_here(done.folder))))
    return 1 if len(done.failed) else 0


@click.command()
@click.argument("run1", type=FOLDER)
@click.argument("run2", type=FOLDER)
def diff(run1: Path, run2: Path) -> None:
    """Say which named results differ between two runs.

    RUN1 and RUN2 are folders of runs, or executed notebooks such as papermill leaves.
    """
    from analysis.data.faults import printable
    from analysis.runs import rerun as reruns

    print(printable("\n".join(reruns.compare(reruns.results_of(run1), reruns.results_of(run2)))))


@click.command()
@click.option("--html", is_flag=True, help="Build the HTML only.")
@click.option("--pdf", is_flag=True, help="Build the PDF only.")
@click.option("--committed", is_flag=True, help="Take the committed notebooks, run nothing.")
def book(html: bool, pdf: bool, committed: bool) -> None:
    """Run the notebooks, then build the HTML and the PDF book."""
    from analysis.book.build import build_both, build_html, build_pdf, require_packages, stage
    from analysis.core.files import locked, write_errors
    from analysis.runs.notebooks import notebook_files, run_notebooks
    from analysis.runs.results import read_results

    require_packages()
    notebooks = paths.NOTEBOOKS
    if not committed:
        done = run_notebooks()
        notebooks = done.notebooks
        print(f"executed {len(done.executed)} notebooks, {len(done.unchanged)} unchanged")
    busy = f"{from_here(paths.BUILD)}: another run or build is at work here; wait for it, or end it"
    with write_errors(from_here(paths.BUILD), "the book", "the last good book is untouched"), locked(paths.BUILD, busy):
        stage(notebooks, read_results(notebook_files(notebooks)))
        if html == pdf:
            build_both()
        elif html:
            build_html()
        else:
            build_pdf()
    if html or not pdf:
        print(f"HTML: {from_here(paths.HTML / 'index.html')}")
    if pdf or not html:
        print(f"PDF:  {from_here(paths.PDF)}")


@click.command()
@click.option("--out", type=FOLDER, metavar="FILE", help="The zip (default: in build/archive).")
def archive(out: Path | None) -> None:
    """Make one zip of books, data, notebooks and code."""
    from analysis.core.files import write_errors
    from analysis.release import archive as archives

    if changed := archives.changed_files():
        print(f"note: {len(changed)} files differ from the last commit, {changed[0]} among them", file=sys.stderr)
    with write_errors(out or from_here(paths.ARCHIVE), "the archive", "an archive of that name is untouched"):
        target = archives.write_archive(out)
    print(f"{from_here(target)}: {target.stat().st_size / 1e6:.1f} MB")
