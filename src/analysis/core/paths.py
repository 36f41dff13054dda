"""Where everything is. No other module knows a path."""

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
