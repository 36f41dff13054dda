"""Where everything is. No other module knows a path."""

import os
from pathlib import Path

CODE = Path(__file__).resolve().parents[1]
ROOT = CODE.parents[1]

DATA = ROOT / "data"
DATAPACKAGE = DATA / "datapackage.json"
BIBLIOGRAPHY = DATA / "sources.bib"
FEATURES = DATA / "features"
CASES = DATA / "cases"

CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"

NOTEBOOKS = ROOT / "notebooks"
START = NOTEBOOKS / "start.ipynb"
BOOK = ROOT / "book"
CODEBOOK = BOOK / "codebook.md"
FONTS = BOOK / "_static" / "fonts"
TYPST = BOOK / "pdf"
TEMPLATES = BOOK / "_templates"
README_PICTURE = BOOK / "_static" / "argument-map.svg"
EXERCISES = BOOK / "exercises.yml"
ANSWERS = BOOK / "exercises.json"
CONFIG = ROOT / "_config.yml"
TOC = ROOT / "_toc.yml"

BUILD = ROOT / "build"
RUN = BUILD / "run"
SOURCE = BUILD / "source"
CORPUS = BUILD / "corpus"
HTML = BUILD / "html"
ARCHIVE = BUILD / "archive"
RUNS = ROOT / "runs"
PDF = BUILD / "pdf" / "balancing-act.pdf"


def from_here(text: object) -> str:
    """Return a path, or a text with paths, with those of the repository as the current folder names them.

    They stay whole where the current folder lies outside the repository, or is gone.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return str(text)
    if not here.is_relative_to(ROOT):
        return str(text)
    return str(text).replace(f"{ROOT}{os.sep}", "../" * len(here.relative_to(ROOT).parts))
