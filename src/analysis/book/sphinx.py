"""Run Sphinx on the staged book, in this process: its settings, what they take from the sources, and its faults."""

import hashlib
import importlib.util
import io
import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.runs.notebooks import without_colours

CHANGELOG, CITATION = Path(paths.CHANGELOG.name), Path(paths.CITATION.name)  # in the staged folder
UNUSED = ("sphinx_thebe", "sphinx_comments", "sphinx.ext.intersphinx", "sphinx_jupyterbook_latex")
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


def require_packages(purpose: str = "the book", names: Sequence[str] = ("jupyter_book", "xlsxwriter")) -> None:
    """Raise BuildError where packages of the book, or of a part of it, are missing, as in the base environment."""
    if any(importlib.util.find_spec(name) is None for name in names):
        raise BuildError(f"{purpose} needs further packages: pip install -r requirements/full.txt")


def digest(files: list[Path], *notes: str) -> str:
    """Hash of files, with their names, and of some notes."""
    state = hashlib.sha256("\0".join(notes).encode())
    for file in sorted(files):
        state.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return state.hexdigest()


def code_digest(packages: tuple[str, ...] = PACKAGES) -> str:
    """Hash of the code, templates and packages that turn pages into books."""
    files = [*paths.CODE.rglob("*.py"), *paths.CODE.rglob("*.html"), *paths.TEMPLATES.iterdir(), *paths.TYPST.iterdir()]
    return digest(files, sys.version, *(f"{name} {version(name)}" for name in packages))


def release_date(changelog: str) -> date:
    """Return the day of the newest release in a changelog. Raises BuildError where it has none."""
    days = [date.fromisoformat(day) for day in re.findall(r"^## \[[^\]]+\] - (\d{4}-\d\d-\d\d)", changelog, re.M)]
    if not days:
        raise BuildError("CHANGELOG.md names no release with its day, as in “## [0.1.0] - 2026-11-23”")
    return max(days)


def book_date(changelog: str) -> date:
    """Return the date that the PDF carries: SOURCE_DATE_EPOCH where it is set, else the day of the newest release."""
    epoch = os.environ.get(EPOCH)
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else release_date(changelog)


def book_day(source: Path) -> str:
    """Return the date of the book, as on the PDF; empty where neither the environment nor a changelog has one."""
    file = source / CHANGELOG
    changelog = file.read_text(encoding="utf-8") if file.exists() else ""
    return str(book_date(changelog)) if changelog or os.environ.get(EPOCH) else ""


def citation_line(source: Path) -> str:
    """Return one line that cites this edition, from CITATION.cff in the staged folder; empty where there is none."""
    from analysis.core.files import read_yaml

    file = source / CITATION
    if not file.exists():
        return ""
    cff = read_yaml(file)
    authors = ", ".join(
        author.get("name") or f"{author['given-names']} {author['family-names']}" for author in cff["authors"]
    )
    released = cff["date-released"]
    return f"Cite as: {authors} ({str(released)[:4]}). {cff['title']}, version {cff['version']}. Data under CC BY 4.0."


def configuration(source: Path) -> dict[str, Any]:
    """Return the Sphinx settings of the staged book: of Jupyter Book and _config.yml, citation line and date."""
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
