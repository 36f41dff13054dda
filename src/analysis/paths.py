"""Where everything is. No other module knows a path."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DATA = ROOT / "data"
DATAPACKAGE = DATA / "datapackage.json"
BIBLIOGRAPHY = DATA / "sources.bib"
FEATURES = DATA / "features"

NOTEBOOKS = ROOT / "notebooks"
START = NOTEBOOKS / "start.ipynb"
BOOK = ROOT / "book"
FONTS = BOOK / "_static" / "fonts"
TYPST = BOOK / "pdf"
README_PICTURE = BOOK / "_static" / "argument-map.svg"
CONFIG = ROOT / "_config.yml"
TOC = ROOT / "_toc.yml"

BUILD = ROOT / "build"
RUN = BUILD / "run"
SOURCE = BUILD / "source"
CORPUS = BUILD / "corpus"
HTML = BUILD / "html"
RUNS = ROOT / "runs"
PDF = BUILD / "pdf" / "balancing-act.pdf"
