"""Commands that check the data and run notebooks."""

import argparse
import sys

from analysis.cli.place import relative
from analysis.core import paths


def check_command(_: argparse.Namespace) -> int:
    """Print all faults of the tables; 1 where there is one."""
    from analysis.data.record import changed_files
    from analysis.data.schema import read_schema
    from analysis.validation.check import check

    faults = check()
    for fault in faults:
        print(fault, file=sys.stderr)
    tables = len(read_schema(paths.DATAPACKAGE))
    if faults:
        print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in data/", file=sys.stderr)
        return 1
    print(f"data/ is sound: {tables} tables")
    if changed := list(changed_files()):
        print(f"changed since `make notebooks` recorded the files: {', '.join(changed)}")
    return 0


def run_command(options: argparse.Namespace) -> int:
    """Execute the notebooks that changed, or say which would be; with --update-notebooks refresh the committed ones."""
    from analysis.runs.notebooks import explain, run_notebooks, update_committed

    if options.explain:
        for name, reasons in explain().items():
            print(f"{name}: {'to be executed: ' + '; '.join(reasons) if reasons else 'unchanged'}")
        return 0
    run = run_notebooks()
    print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged; see {relative(run.folder)}/")
    if options.update_notebooks:
        from analysis.data.record import record
        from analysis.runs import exercises, start

        changed = update_committed(run)
        if start.refresh():
            changed.append(paths.START.stem)
        if recorded := record():
            print(f"recorded anew in {relative(paths.DATAPACKAGE)}: {', '.join(recorded)}")
        if exercises.refresh():
            print(f"updated the solutions of the exercises ({relative(paths.ANSWERS)})")
        print("notebooks/ is up to date" if not changed else f"updated in notebooks/: {', '.join(changed)}")
    return 0


def rerun_command(options: argparse.Namespace) -> int:
    """Run one chapter with other parameters and say which results differ, or list its parameters."""
    from analysis.runs import rerun
    from analysis.runs.results import read_results

    notebook = rerun.find_notebook(options.chapter)
    known = rerun.declared(notebook)
    if options.list:
        print("\n".join(f"{p.name}: {p.type} = {p.default!r}  {p.meaning}" for p in known.values()))
        return 0
    place = rerun.rerun(notebook, rerun.read_values(options.parameter, known))
    before = read_results([notebook])  # committed outputs are those of the default run
    print(f"{relative(place)}/ holds {notebook.name}, {rerun.RESULTS}, {rerun.PAGE} and {rerun.PROVENANCE}")
    print("against the committed default run: " + "\n".join(rerun.compare(before, rerun.results_of(place))))
    return 0


def sweep_command(options: argparse.Namespace) -> int:
    """Run a sweep; 1 where a run of it failed."""
    from analysis.runs import sweep as sweep_run
    from analysis.runs import sweep_file, workers

    sweep = sweep_file.read_sweep(options.file)
    with workers.open_pool(options.workers or workers.default_workers(), options.scheduler) as pool:
        done = sweep_run.run_sweep(sweep, pool, paths.RUNS)
    print("\n".join(sweep_run.report(done, relative(done.folder))))
    return 1 if done.failed else 0


def diff_command(options: argparse.Namespace) -> int:
    """Print which named results differ between two runs."""
    from analysis.runs import rerun

    print("\n".join(rerun.compare(rerun.results_of(options.one), rerun.results_of(options.other))))
    return 0
