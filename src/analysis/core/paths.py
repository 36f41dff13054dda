"""Where everything is. No other module knows a path.

The environment variable BALANCING_ACT_CASE names a case, a statement and a strategy of somebody else's choice
(`analysis.cases.settings`). Then data, notebooks, book and everything made are those of the case, which is laid out
like the repository in build/cases/NAME.
"""

import os
from pathlib import Path

CODE = Path(__file__).resolve().parents[1]
ROOT = CODE.parents[1]

CASE_VARIABLE = "BALANCING_ACT_CASE"
CASE = os.environ.get(CASE_VARIABLE, "")
CASES = ROOT / "cases"
CASE_TEMPLATE = CASES / "_template"
# what cases share
SHARED_DATA = ROOT / "data"
SHARED_NOTEBOOKS = ROOT / "notebooks"
SHARED_BOOK = ROOT / "book"
SHARED_CONFIG = ROOT / "_config.yml"

PLACE = ROOT / "build" / "cases" / CASE if CASE else ROOT

DATA = PLACE / "data"
DATAPACKAGE = DATA / "datapackage.json"
BIBLIOGRAPHY = DATA / "sources.bib"
FEATURES = DATA / "features"

CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"

NOTEBOOKS = PLACE / "notebooks"
START = SHARED_NOTEBOOKS / "start.ipynb"
BOOK = PLACE / "book"
FONTS = SHARED_BOOK / "_static" / "fonts"
TYPST = SHARED_BOOK / "pdf"
TEMPLATES = SHARED_BOOK / "_templates"
README_PICTURE = SHARED_BOOK / "_static" / "argument-map.svg"
EXERCISES = SHARED_BOOK / "exercises.yml"
ANSWERS = SHARED_BOOK / "exercises.json"
CONFIG = PLACE / "_config.yml"
TOC = PLACE / "_toc.yml"

BUILD = PLACE if CASE else ROOT / "build"
RUN = BUILD / "run"
SOURCE = BUILD / "source"
CORPUS = BUILD / "corpus"
HTML = BUILD / "html"
ARCHIVE = BUILD / "archive"
RUNS = ROOT / "runs" / "cases" / CASE if CASE else ROOT / "runs"
PDF = BUILD / "pdf" / f"{CASE or 'balancing-act'}.pdf"
