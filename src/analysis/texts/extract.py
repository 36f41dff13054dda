"""The text of a page or a PDF in the normal form of `analysis.texts.segment`; functions of bytes and strings."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Literal
from xml.etree import ElementTree

from analysis.core.errors import FetchError
from analysis.texts.segment import tokenize


@contextmanager
def extra_packages() -> Iterator[None]:
    """Say which extra to install where an import inside fails."""
    try:
        yield
    except ImportError as error:
        raise FetchError(f'{error}; in the repository: .venv/bin/python -m pip install -e ".[fetch]"') from None


with extra_packages():
    import pypdf
    import trafilatura

for _name in ("pypdf", "trafilatura"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–—\s]*\d{1,4}[-–—\s]*(?:(?:of|/)\s*\d{1,4})?", re.IGNORECASE)
_ENUMERATED = re.compile(r"\(?(?:\d{1,2}|[A-Za-z]|[IVXivx]+)[.)] ")
_PARTED = re.compile(r"([^\W\d_]+)(\u00ad| ?-)$")  # some PDFs have a blank before the hyphen
_SENTENCE_END = re.compile(r"[.!?:;][”’»\"')\]]*$")


def normal_form(blocks: Iterable[str]) -> str:
    """Return blocks as a normalised text: blanks collapsed, an empty line between, none without a token."""
    lines = [" ".join(block.split()) for block in blocks]
    return "".join(f"{line}\n\n" for line in lines if tokenize(line)).removesuffix("\n")


def _inline(element: ElementTree.Element) -> str:
    text = ("- " if element.tag == "item" else "") + (element.text or "")
    for child in element:
        gap = "" if child.tag in ("hi", "ref", "del") else " "
        text += gap + _inline(child) + gap + (child.tail or "")
    return text


def html_blocks(page: bytes | str) -> list[str]:
    """Return the blocks of the main text of a page, without its title; a list is one block, a dash before each item."""
    extracted = trafilatura.extract(page, output_format="xml", include_comments=False)
    main = ElementTree.fromstring(extracted).find("main") if extracted else None
    blocks: list[str] = []
    for place, element in enumerate(main if main is not None else ()):
        if element.tag == "table":
            blocks += [_inline(row) for row in element]
        elif element.tag != "head":
            blocks.append(_inline(element))
        elif place > 0 or element.get("rend") != "h1":
            blocks.append(f"# {_inline(element)}")
    return blocks


def _join(block: str, line: str, words: set[str]) -> str:
    """Return a block with its next line; a hyphen that only parts a word at the line end goes."""
    left, right = _PARTED.search(block), re.match(r"[^\W\d_]+", line)
    if left and right and line[0].islower():
        parts = [left[1].casefold(), right[0]]
        is_compound = left[2] != "\u00ad" and words.issuperset(parts) and "".join(parts) not in words
        return block[: left.end(1)] + ("-" if is_compound else "") + line
    return block + ("" if not block or re.search(r"[^\s-]-$", block) else " ") + line


def pdf_blocks(pages: Sequence[str]) -> list[str]:
    """Return the blocks of the texts of pages, lines joined, page numbers dropped, parted words put together.

    A block ends at an empty line or at a short line that ends a sentence. A short line between two sentences is a
    heading. A word parted at a hyphen keeps it if both parts stand elsewhere as words and the two together do not.
    """
    lines: list[str] = []
    for page in pages:
        page_lines = [" ".join(line.split()) for line in page.strip().splitlines()]
        for edge in (0, -1):
            if page_lines and _PAGE_NUMBER.fullmatch(page_lines[edge]):
                page_lines.pop(edge)
        lines += "\n".join(page_lines).strip().splitlines()
    words = set(re.findall(r"[^\W\d_]+", re.sub(r"\S+ ?[-\u00ad]\n\S+", "", "\n".join(lines)).casefold()))
    lengths = sorted(len(line) for line in lines)
    short = 0.8 * lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    blocks = [""]
    for line, following in zip(lines, [*lines, ""][1:], strict=True):
        ends = _SENTENCE_END.search(line) is not None
        opens = not blocks[-1] or _SENTENCE_END.search(blocks[-1]) is not None
        if not line or (opens and _ENUMERATED.match(line)):
            blocks.append("")
        if not line:
            continue
        if opens and not ends and len(line) < short and line[-1] not in ",-\u00ad" and not following[:1].islower():
            blocks += [f"# {line}", ""]
        else:
            blocks[-1] = _join(blocks[-1], line, words)
            if ends and len(line) < short:
                blocks.append("")
    return [block for block in blocks if block]


def kind_of(raw: bytes, content_type: str) -> Literal["html", "pdf"]:
    """Return what a file is, by its first bytes, then by its content type. Raises FetchError where it is neither."""
    start, name = raw[:1000].lstrip().lower(), content_type.split(";")[0].strip().lower()
    is_html = name in ("text/html", "application/xhtml+xml") or start.startswith((b"<!doctype html", b"<html"))
    if start.startswith(b"%pdf-") or (name == "application/pdf" and not is_html):
        return "pdf"
    if is_html:
        return "html"
    raise FetchError(f"what came is neither HTML nor PDF but {name or 'of no content type'}")


def extract(raw: bytes, content_type: str = "") -> str:
    """Return the normalised text of a page or PDF. Raises FetchError where none can be read."""
    kind = kind_of(raw, content_type)
    try:
        if kind == "pdf":
            blocks = pdf_blocks([page.extract_text() for page in pypdf.PdfReader(BytesIO(raw)).pages])
        else:
            page: bytes | str = raw
            if charset := re.search(r'charset="?([\w.:-]+)', content_type, re.IGNORECASE):
                with suppress(LookupError, UnicodeDecodeError):
                    page = raw.decode(charset[1])
            blocks = html_blocks(page)
    except Exception as error:  # a broken file may raise anything
        raise FetchError(f"what came cannot be read as {kind.upper()} ({type(error).__name__}: {error})") from error
    if text := normal_form(blocks):
        return text
    raise FetchError(f"the {kind.upper()} that came holds no text")
