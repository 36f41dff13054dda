"""Stage the sources of the book and build HTML and PDF from them with Sphinx, in this process.

Both books are built from one staged folder: configuration, contents, pages, executed notebooks and named results. A
build replaces the last good book only when it succeeded, and does nothing when nothing it depends on changed.
"""

import hashlib
import importlib.util
import io
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.core.files import new_folder, read_yaml, write_whole
from analysis.runs.notebooks import RESULTS, notebook_files, without_colours
from analysis.runs.workers import default_workers, open_pool

CHANGELOG, CITATION = Path(paths.CHANGELOG.name), Path(paths.CITATION.name)  # in the staged folder
UNUSED = ("sphinx_thebe", "sphinx_comments", "sphinx.ext.intersphinx", "sphinx_jupyterbook_latex")


def require_packages() -> None:
    """Raise BuildError where packages of the book are missing, as in the base environment."""
    if any(importlib.util.find_spec(name) is None for name in ("jupyter_book", "xlsxwriter", "typst", "noto_cjk")):
        raise BuildError("the book needs further packages: pip install -r requirements/full.txt")


def digest(files: Iterable[Path], *notes: str) -> str:
    """Return a hash of files, with their names, and of some notes."""
    state = hashlib.sha256("\0".join(notes).encode())
    for file in sorted(files):
        state.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return state.hexdigest()


def code_digest() -> str:
    """Return a hash of what turns pages into books: code, templates, Python and the locked packages."""
    folders = (paths.CODE.rglob("*.py"), paths.CODE.rglob("*.html"), paths.TEMPLATES.iterdir(), paths.TYPST.iterdir())
    return digest([*chain(*folders), paths.ROOT / "uv.lock"], sys.version)


def book_day(source: Path) -> str:
    """Return the day of the newest release, which the book carries; empty without a changelog. Raises BuildError."""
    file = source / CHANGELOG
    if not file.exists():
        return ""
    days = re.findall(r"^## \[[^\]]+\] - (\d{4}-\d\d-\d\d)", file.read_text(encoding="utf-8"), re.M)
    if not days:
        raise BuildError("CHANGELOG.md names no release with its day, as in “## [0.1.0] - 2026-11-23”")
    return str(max(days))


def citation_line(source: Path) -> str:
    """Return one line that cites this edition, from CITATION.cff in the staged folder; empty where there is none."""
    from analysis.book.cite import name_of

    file = source / CITATION
    if not file.exists():
        return ""
    cff = read_yaml(file)
    authors = ", ".join(name_of(author).natural() for author in cff["authors"])
    year = str(cff["date-released"])[:4]
    return f"Cite as: {authors} ({year}). {cff['title']}, version {cff['version']}. Data under CC BY 4.0."


def configuration(source: Path) -> dict[str, Any]:
    """Return the Sphinx settings of the staged book: of Jupyter Book and _config.yml, citation line and date."""
    from jupyter_book.config import get_final_config

    settings: dict[str, Any]
    settings, _ = get_final_config(
        user_yaml=source / paths.CONFIG.name, cli_config={"latex_individualpages": False}, sourcedir=source
    )
    # the book does not use these parts of Jupyter Book, and they would name other hosts in its pages
    extensions = [name for name in settings["extensions"] if name not in UNUSED]
    settings.pop("comments_config", None)
    return settings | {
        "extensions": extensions,
        "templates_path": [str(paths.TEMPLATES)],  # before those of the theme
        "book_code": code_digest(),
        "book_day": book_day(source),
        "citation_line": citation_line(source),
        "version": version("balancing-act"),
    }


def first_faults(log: str, most: int = 8) -> str:
    """Return the warnings and errors of a build log, without terminal colours, at most so many."""
    plain = without_colours(log)
    faults = [line for line in plain.splitlines() if re.search(r"WARNING|ERROR|Error:|error:", line)]
    shown = faults[:most] or plain.strip().splitlines()[-most:]
    more = f"\n… and {len(faults) - most} more" if len(faults) > most else ""
    return "\n".join(shown) + more


def run_sphinx(source: Path, out: Path, doctrees: Path, builder: str, settings: Mapping[str, Any]) -> None:
    """Build with Sphinx in this process; warnings are errors. Raises BuildError with the first faults.

    Pages are not written in processes beside it: those would be forked, and what draws charts has threads.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    log = io.StringIO()
    try:
        with warnings.catch_warnings(), patch_docutils(), docutils_namespace():
            warnings.simplefilter("ignore")  # those of other packages
            app = Sphinx(source, None, out, doctrees, builder, dict(settings), status=None, warning=log)
            app.build(force_all=False, filenames=None)
    except Exception as error:
        faults = first_faults(log.getvalue()) + f"\n{type(error).__name__}: {error}"
        raise BuildError(f"the book ({builder}) could not be built:\n{faults.strip()}") from error
    if faults := log.getvalue().replace(f"{source}{os.sep}", "").strip():
        # a page that is not parsed again would not warn again
        (doctrees / "environment.pickle").unlink(missing_ok=True)
        raise BuildError(f"the book ({builder}) could not be built:\n{first_faults(faults)}")


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
    text = json.dumps(results, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    contents = {place: file.read_bytes() for place, file in files.items()} | {Path(RESULTS): text.encode()}
    for place, content in contents.items():
        target = source / place
        if not target.exists() or target.read_bytes() != content:  # so that Sphinx sees what really changed
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
    for file in source.rglob("*"):
        if file.is_file() and file.relative_to(source) not in contents:
            file.unlink()


def _state(source: Path, book: Path) -> str:
    """Return a hash of all that a book depends on: its sources, its place and the code."""
    files = [file for file in source.rglob("*") if file.is_file()]
    return digest(files, str(book), code_digest())


def _stamp(source: Path, file: Path) -> Path:
    return source.parent / "work" / f"{file.suffix[1:]}.stamp"  # holds the state from which a book was built


def _is_current(source: Path, file: Path) -> bool:
    stamp = _stamp(source, file)
    return file.exists() and stamp.exists() and stamp.read_text() == _state(source, file)


def _build_if_changed(source: Path, file: Path, build: Callable[[], None]) -> None:
    """Call build unless the book was built from the same sources before; file: of the book."""
    state = _state(source, file)
    if not _is_current(source, file):
        build()
        write_whole(_stamp(source, file), state.encode())


def outdated(source: Path = paths.SOURCE, html: Path = paths.HTML, pdf: Path = paths.PDF) -> list[Path]:
    """Return those of the two books that are missing or were built from other sources than the staged ones."""
    return [book for book, file in ((html, html / "index.html"), (pdf, pdf)) if not _is_current(source, file)]


def build_html(source: Path = paths.SOURCE, html: Path = paths.HTML) -> None:
    """Build the HTML book; warnings are errors. Raises BuildError and keeps the last good book."""

    def build() -> None:
        html.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(html) as out:
            run_sphinx(source, out, source.parent / "work" / "doctrees", "html", configuration(source))
            (out / ".buildinfo").unlink(missing_ok=True)

    _build_if_changed(source, html / "index.html", build)


def build_pdf(source: Path = paths.SOURCE, pdf: Path = paths.PDF) -> None:
    """Build the PDF book with Typst. Raises BuildError and keeps the last good book."""
    from analysis.book.pdf.builder import compile_markup

    work = (source.parent / "work").resolve()

    def build() -> None:
        settings = configuration(source)
        run_sphinx(source.resolve(), work / "typst", work / "pdf-doctrees", "typst", settings)
        content = compile_markup(work / "typst" / "book" / "book.typ", date.fromisoformat(settings["book_day"]))
        pdf.parent.mkdir(parents=True, exist_ok=True)
        write_whole(pdf, content)

    _build_if_changed(source, pdf, build)


def build_both(source: Path = paths.SOURCE, html: Path = paths.HTML, pdf: Path = paths.PDF) -> None:
    """Build both books, at the same time where that helps. Raises BuildError and keeps the last good books."""
    apart = len(outdated(source, html, pdf)) == 2 and default_workers() > 1
    with open_pool(2 if apart else 1) as pool:
        setting = pool.submit(build_pdf, source, pdf)
        build_html(source, html)
        setting.result()
