"""Stage the sources of the book and build HTML and PDF from them.

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
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import BuildError
from analysis.files import new_folder, write_whole
from analysis.run import RESULTS, notebook_files, without_colours

CHANGELOG, CITATION = Path("CHANGELOG.md"), Path("CITATION.cff")
UNUSED = ("sphinx_thebe", "sphinx_comments", "sphinx.ext.intersphinx", "sphinx_jupyterbook_latex")
PDF_PACKAGES = ("typst", "sphinxcontrib-typstbuilder", "pypandoc-binary", "noto-cjk")
PACKAGES = (
    "jupyter-book",
    "latex2mathml",
    "myst-nb",
    "sphinx",
    "sphinx-book-theme",
    "sphinxcontrib-bibtex",
    "vl-convert-python",
    "xlsxwriter",
)
EPOCH = "SOURCE_DATE_EPOCH"


def _copy_if_changed(source: Path, target: Path) -> None:
    """Copy a file unless the target holds the same bytes, so that Sphinx sees what really changed."""
    if not (target.exists() and target.read_bytes() == source.read_bytes()):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, source.read_bytes())


def staged_files() -> dict[Path, Path]:
    """The files of the repository that the book is made of, notebooks aside, by their place in the staged folder."""
    files = {Path(file.name): file for file in (paths.CONFIG, paths.TOC)}
    for folder in (paths.BOOK, paths.DATA):
        files |= {Path(folder.name) / file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
    # a case has a day, that of the package, but is not what CITATION.cff cites
    return files | {name: paths.ROOT / name for name in ((CHANGELOG,) if paths.CASE else (CHANGELOG, CITATION))}


def stage(notebooks: Path, results: Mapping[str, Any], source: Path = paths.SOURCE) -> None:
    """Lay out the sources of the book in a folder; files that no longer belong there are removed."""
    files = staged_files() | {Path("notebooks") / file.name: file for file in notebook_files(notebooks)}
    for relative, file in files.items():
        _copy_if_changed(file, source / relative)
    results_file = source / RESULTS
    text = json.dumps(results, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if not results_file.exists() or results_file.read_text(encoding="utf-8") != text:
        write_whole(results_file, text.encode())
    for file in source.rglob("*"):
        if file.is_file() and file.relative_to(source) not in files and file != results_file:
            file.unlink()


def first_faults(log: str, most: int = 8) -> str:
    """The warnings and errors of a build log, without terminal colours, at most so many."""
    plain = without_colours(log)
    faults = [line for line in plain.splitlines() if re.search(r"WARNING|ERROR|Error:|error:", line)]
    shown = faults[:most] or plain.strip().splitlines()[-most:]
    more = f"\n… and {len(faults) - most} more" if len(faults) > most else ""
    return "\n".join(shown) + more


def _digest(files: list[Path], *notes: str) -> str:
    state = hashlib.sha256("\0".join(notes).encode())
    for file in sorted(files):
        state.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return state.hexdigest()


def code_digest(packages: tuple[str, ...] = PACKAGES) -> str:
    """Hash of the code, templates and packages that turn pages into books."""
    files = [*Path(__file__).parent.glob("*.py"), *paths.TEMPLATES.iterdir(), *paths.TYPST.iterdir()]
    return _digest(files, sys.version, *(f"{name} {version(name)}" for name in packages))


def _state(source: Path, book: Path, notes: Sequence[str]) -> str:
    return _digest([file for file in source.rglob("*") if file.is_file()], str(book), *notes)


def _is_current(book: Path, stamp: Path, now: str) -> bool:
    """Whether a book was built from the sources of this hash, which its stamp holds."""
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
    """Those of the two books that are missing or were built from other sources than the staged ones."""
    work, entrance = source.parent / "work", html / "index.html"
    current = {
        html: _is_current(entrance, work / "html.stamp", _state(source, entrance, _html_notes())),
        pdf: _is_current(pdf, work / "pdf.stamp", _state(source, pdf, _pdf_notes())),
    }
    return [book for book, is_current in current.items() if not is_current]


def citation_line(source: Path) -> str:
    """One line that cites this edition, from CITATION.cff in the staged folder; empty where there is none."""
    from analysis import yaml_files

    file = source / CITATION
    if not file.exists():
        return ""
    cff = yaml_files.read(file)
    authors = ", ".join(
        author.get("name") or f"{author['given-names']} {author['family-names']}" for author in cff["authors"]
    )
    released = cff["date-released"]
    return f"Cite as: {authors} ({str(released)[:4]}). {cff['title']}, version {cff['version']}. Data under CC BY 4.0."


def book_day(source: Path) -> str:
    """The date of the book, as on the PDF; empty where neither the environment nor a changelog has one."""
    from analysis.sphinx_pdf import book_date

    file = source / CHANGELOG
    changelog = file.read_text(encoding="utf-8") if file.exists() else ""
    return str(book_date(changelog)) if changelog or os.environ.get(EPOCH) else ""


def require_packages(what: str = "the book", names: Sequence[str] = ("jupyter_book", "xlsxwriter")) -> None:
    """Raise BuildError where packages of the book, or of a part of it, are missing, as in the base environment."""
    if any(importlib.util.find_spec(name) is None for name in names):
        raise BuildError(f"{what} needs further packages: pip install -r requirements/full.txt")


def configuration(source: Path) -> dict[str, Any]:
    """The Sphinx settings of the staged book: those of Jupyter Book, of _config.yml, the citation line and the date."""
    from jupyter_book.config import get_final_config

    settings, _ = get_final_config(
        user_yaml=source / paths.CONFIG.name, cli_config={"latex_individualpages": False}, sourcedir=source
    )
    settings |= {
        "book_code": code_digest(),
        "book_day": book_day(source),
        "citation_line": citation_line(source),
        "version": version("balancing-act"),
    }
    # the book does not use these parts of Jupyter Book, and they would name other hosts in its pages
    settings["extensions"] = [name for name in settings["extensions"] if name not in UNUSED]
    return {name: value for name, value in settings.items() if name != "comments_config"}


def run_sphinx(source: Path, out: Path, doctrees: Path, builder: str, settings: Mapping[str, Any]) -> None:
    """Build with Sphinx in this process; warnings are errors. Raises BuildError with the first faults."""
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
    from analysis import sphinx_pdf

    sphinx_pdf.require_packages()
    work = source.parent / "work"
    _build_if_changed(
        source, pdf, work / "pdf.stamp", _pdf_notes(), lambda: sphinx_pdf.build_pdf(source, pdf, work / "pdf-doctrees")
    )
