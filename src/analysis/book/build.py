"""Stage the sources of the book and build HTML and PDF from them.

Both books are built from one staged folder: configuration, contents, pages, executed notebooks and named results. A
build replaces the last good book only when it succeeded, and does nothing when nothing it depends on changed.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.book.sphinx import CHANGELOG, CITATION, EPOCH, PACKAGES, code_digest, configuration, digest, run_sphinx
from analysis.core import paths
from analysis.core.files import new_folder, write_whole
from analysis.runs.notebooks import RESULTS, notebook_files
from analysis.runs.workers import default_workers, open_pool

PDF_PACKAGES = ("typst", "pypandoc-binary", "noto-cjk")


def _copy_if_changed(source: Path, target: Path) -> None:
    """Copy a file unless the target holds the same bytes, so that Sphinx sees what really changed."""
    if not (target.exists() and target.read_bytes() == source.read_bytes()):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, source.read_bytes())


def staged_files() -> dict[Path, Path]:
    """Return the files that the book is made of, notebooks aside, by their place in the staged folder."""
    files = {Path(file.name): file for file in (paths.CONFIG, paths.TOC)}
    for folder in (paths.BOOK, paths.DATA):
        files |= {Path(folder.name) / file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
    return files | {name: paths.ROOT / name for name in (CHANGELOG, CITATION)}


def stage(notebooks: Path, results: Mapping[str, Any], source: Path = paths.SOURCE) -> None:
    """Lay out the sources of the book in a folder; files that no longer belong there are removed."""
    files = staged_files() | {
        Path("notebooks") / file.relative_to(notebooks): file for file in notebook_files(notebooks)
    }
    for relative, file in files.items():
        _copy_if_changed(file, source / relative)
    results_file = source / RESULTS
    text = json.dumps(results, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if not results_file.exists() or results_file.read_text(encoding="utf-8") != text:
        write_whole(results_file, text.encode())
    for file in source.rglob("*"):
        if file.is_file() and file.relative_to(source) not in files and file != results_file:
            file.unlink()


def _state(source: Path, book: Path, notes: Sequence[str]) -> str:
    return digest([file for file in source.rglob("*") if file.is_file()], str(book), *notes)


def _is_current(book: Path, stamp: Path, now: str) -> bool:
    """Return whether a book was built from the sources of this hash, which its stamp holds."""
    return book.exists() and stamp.exists() and stamp.read_text() == now


def _build_if_changed(source: Path, book: Path, stamp: Path, notes: Sequence[str], build: Callable[[], None]) -> None:
    """Call build unless the book was built from the same sources before."""
    now = _state(source, book, notes)
    if not _is_current(book, stamp, now):
        build()
        write_whole(stamp, now.encode())


def _html_notes() -> list[str]:
    return [code_digest(), os.environ.get(EPOCH, "")]


def _pdf_notes() -> list[str]:
    return [code_digest((*PACKAGES, *PDF_PACKAGES)), os.environ.get(EPOCH, "")]


def outdated(source: Path = paths.SOURCE, html: Path = paths.HTML, pdf: Path = paths.PDF) -> list[Path]:
    """Return those of the two books that are missing or were built from other sources than the staged ones."""
    work, entrance = source.parent / "work", html / "index.html"
    current = {
        html: _is_current(entrance, work / "html.stamp", _state(source, entrance, _html_notes())),
        pdf: _is_current(pdf, work / "pdf.stamp", _state(source, pdf, _pdf_notes())),
    }
    return [book for book, is_current in current.items() if not is_current]


def build_html(source: Path = paths.SOURCE, html: Path = paths.HTML) -> None:
    """Build the HTML book; warnings are errors. Raises BuildError and keeps the last good book."""
    work = source.parent / "work"

    def build() -> None:
        html.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(html) as out:
            run_sphinx(source, out, work / "doctrees", "html", configuration(source))
            (out / ".buildinfo").unlink(missing_ok=True)

    _build_if_changed(source, html / "index.html", work / "html.stamp", _html_notes(), build)


def build_pdf(source: Path = paths.SOURCE, pdf: Path = paths.PDF) -> None:
    """Build the PDF book with Typst. Raises BuildError and keeps the last good book."""
    from analysis.book.pdf import builder

    builder.require_packages()
    work = source.parent / "work"
    _build_if_changed(
        source, pdf, work / "pdf.stamp", _pdf_notes(), lambda: builder.build_pdf(source, pdf, work / "pdf-doctrees")
    )


def build_both(source: Path = paths.SOURCE, html: Path = paths.HTML, pdf: Path = paths.PDF) -> None:
    """Build both books, at the same time where both have to be built and there are processors for it.

    Raises BuildError and keeps the last good books.
    """
    apart = len(outdated(source, html, pdf)) == 2 and default_workers() > 1
    with open_pool(2 if apart else 1) as pool:
        setting = pool.submit(build_pdf, source, pdf)
        build_html(source, html)
        setting.result()
