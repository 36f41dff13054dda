"""Chinese, Japanese and Korean signs of the pages, and the subsets of a font that show them (`make fonts`)."""

from __future__ import annotations

import argparse
import re
import subprocess
from html import unescape
from pathlib import Path

from analysis.core import paths

STYLE = paths.BOOK / "_static" / "book.css"
# what a page loads later and shows: the texts of the search and of the cards
LOADED = ("_static/search-texts.js", "_static/previews/*.js")
ARROW = "\u2197"  # of links that leave the book
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def font_file(weight: str) -> Path:
    """The committed subset of a weight: Regular, Bold, or signs for the arrow alone."""
    return paths.FONTS / f"NotoSansCJK-{weight}.woff2"


def sign_pattern(style: str) -> re.Pattern[str]:
    """What finds a sign that the style sheet shows in the subsets, by their unicode-range."""
    found = re.search(r'"Book CJK"[^}]*unicode-range: ([^;]+);', style)
    assert found, "book.css has no font “Book CJK” with a unicode-range"
    parts = re.findall(r"U\+([0-9A-F]+)-([0-9A-F]+)", found[1])
    return re.compile("[" + "".join(f"{chr(int(a, 16))}-{chr(int(b, 16))}" for a, b in parts) + "]")


def texts_of(book: Path) -> dict[str, str]:
    """What a reader of a built book can come to see, by file: its pages and the scripts with their texts."""
    files = [*book.rglob("*.html"), *(file for pattern in LOADED for file in book.glob(pattern))]
    texts = {file.relative_to(book).as_posix(): file.read_text(encoding="utf-8") for file in files}
    return {name: ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), unescape(text)) for name, text in texts.items()}


def signs_of(book: Path) -> set[str]:
    """The signs of all pages of a built book."""
    return set(sign_pattern(STYLE.read_text(encoding="utf-8")).findall("".join(texts_of(book).values())))


def make(tools: Path) -> None:
    """Write the subsets; the forms of Chinese that differ from the Japanese ones (locl) stay in them."""
    import noto_cjk  # type: ignore[import-untyped]

    signs = "".join(sorted(signs_of(paths.HTML)))
    for weight, style, text in (("Regular", "regular", signs), ("Bold", "bold", signs), ("signs", "regular", ARROW)):
        source = noto_cjk.font_path("sans", "jp", style)
        wanted = [f"--text={text}", "--layout-features=locl", "--flavor=woff2", "--no-hinting", "--desubroutinize"]
        command = [str(tools / "python"), "-m", "fontTools.subset", str(source), *wanted]
        subprocess.run([*command, f"--output-file={font_file(weight)}"], check=True)
        print(f"{font_file(weight).name}: {len(text)} signs, {font_file(weight).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, required=True, help="the folder with a Python that has fonttools")
    make(parser.parse_args().tools)
