"""Commands that build the book and what goes out with it: archive."""

import argparse
import sys

from analysis.cli.place import relative, require_whole_case
from analysis.core import paths
from analysis.core.errors import ParameterError


def book_command(options: argparse.Namespace) -> int:
    """Build the HTML, the PDF or both, from a fresh run or from the committed notebooks."""
    from analysis.book.build import build_both, build_html, build_pdf, stage
    from analysis.book.sphinx import require_packages
    from analysis.core.files import locked, written
    from analysis.runs.notebooks import notebook_files, run_notebooks
    from analysis.runs.results import read_results

    require_packages()
    if paths.CASE and options.committed:
        raise ParameterError("--committed: a case has no committed notebooks; leave the option out")
    require_whole_case()
    if options.committed:
        notebooks = paths.NOTEBOOKS
    else:
        run = run_notebooks()
        notebooks = run.notebooks
        print(f"executed {len(run.executed)} notebooks, {len(run.unchanged)} unchanged")
    html, pdf = options.html or not options.pdf, options.pdf or not options.html
    busy = f"{relative(paths.BUILD)}: another run or build is at work here; wait for it, or end it"
    with written(relative(paths.BUILD), "the book", "the last good book is untouched"), locked(paths.BUILD, busy):
        stage(notebooks, read_results(notebook_files(notebooks)), paths.SOURCE)
        if html and pdf:
            build_both()
        elif html:
            build_html()
        else:
            build_pdf()
    if html:
        print(f"HTML: {relative(paths.HTML / 'index.html')}")
    if pdf:
        print(f"PDF:  {relative(paths.PDF)}")
    return 0


def archive_command(options: argparse.Namespace) -> int:
    """Write the archive."""
    from analysis.core.files import written
    from analysis.release import archive

    if changed := archive.changed_files():
        print(f"note: {len(changed)} files differ from the last commit, {changed[0]} among them", file=sys.stderr)
    place = options.out or relative(paths.ARCHIVE)
    with written(place, "the archive", "an archive of that name is untouched"):
        target = archive.write_archive(options.out)
    print(f"{relative(target)}: {target.stat().st_size / 1e6:.1f} MB")
    return 0
