"""Cut a normalised text into passages: sections by the outline, paragraphs, sentences, tokens.

A normalised text has one block a line and an empty line after each; a block that begins with `# ` is a heading, any
other a paragraph. A passage is one sentence, or one heading. Nothing here knows a file.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# before the next capital letter these end no sentence; all in small letters, without the last full stop
ABBREVIATIONS = _words(
    "adm approx art arts capt ch cf co col dr eg ex fig figs gen gov hon ie inc jr lt ltd messrs mr mrs ms no nos "
    "op para paras pp pres prof rep rev sec sen sgt sr st vol vols vs"
)
# after "etc." and abbreviations in capitals, such as U.S. or D.C., only these words begin a new sentence
OPENERS = _words(
    "a after all also although an and as at because both but by during each finally for from further furthermore "
    "given he her his however if in it its many moreover most no on or our she since so such that the their there "
    "therefore these they this those through thus to together today under until we when where while with without"
)
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")

_END = re.compile(r"[.!?][.!?]*[”’»\"')\]]*\s+(?=[“‘«\"'(\[]*[^\W_a-z])")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ENUMERATOR = re.compile(
    r"\((?P<inner>\d{1,2}|[a-z]|[ivx]+)\)\s+"
    r"|(?P<outer>\d{1,2}|[A-Za-z]|[IVXivx]+)(?P<dot>[.)]?)\s+"
)
_INNER_ENUMERATOR = re.compile(r"[:;]\s+\(?(?:\d{1,2}|[A-Za-z])[.)]+$")
_TOKEN = re.compile(
    r"(?<!\w)(?:[^\W\d_]\.)+[^\W\d_](?!\w)\.?"  # u.s. and d.c., which lose their stops
    r"|fy(?=\d)"  # fy2027 is fy 2027
    r"|\d+(?:[.,]\d+)+"  # 1.5 and 10,000
    r"|(?<=\w)'s(?!\w)"  # the possessive, a token of its own
    r"|[^\W_]+(?:'(?!s(?!\w))[^\W\d_]+)*"
)
# soft hyphens and marks without width are taken out; typographic apostrophes become plain ones
_CHARACTERS = {ord(c): None for c in "\u00ad\u200b\u200c\u200d\u2060\ufeff"} | {ord(c): "'" for c in "’‘ʼ´`"}


@dataclass(frozen=True)
class Passage:
    """A sentence or a heading.

    section is the path in the outline, such as III-1-(2)-a; block counts headings and paragraphs from 1, paragraph
    the paragraphs alone (0 in a heading), sentence the sentences of a paragraph from 1 (0 in a heading).
    """

    section: str
    block: int
    paragraph: int
    sentence: int
    heading: bool
    text: str


def tokenize(text: str) -> list[str]:
    """Return the tokens of a text, in order and in small letters.

    Hyphens and slashes part words, stops in abbreviations are dropped (U.S. and US are both us), a possessive s is a
    token ('s), and numbers keep their inner stops and commas.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_CHARACTERS).casefold()
    return [token.replace(".", "") if _DOTTED.match(token) else token for token in _TOKEN.findall(plain)]


def _ends_sentence(before: str, after: str) -> bool:
    """Return whether a stop after the text `before` ends a sentence that `after` follows."""
    word = re.split(r"[\s/–—-]+", before.rstrip(".!?”’»\"')]"))[-1]
    last = word.lstrip("“‘«\"'([")
    if not before.rstrip("”’»\"')] ").endswith("."):
        return True
    if last.casefold() in ABBREVIATIONS or _INNER_ENUMERATOR.search(before):
        return False
    if _DOTTED.fullmatch(last) or last == "etc" or re.fullmatch(r"[A-Z]", last):
        follower = re.match(r"[^\W\d_]+", after.lstrip("“‘«\"'["))
        return len(last) > 1 and follower is not None and follower[0].casefold() in OPENERS
    return True


def split_sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph. Abbreviations, initials, enumerators, colons and semicolons end none."""
    pieces, start = [], 0
    for match in _END.finditer(paragraph):
        if _ends_sentence(paragraph[start : match.end()].rstrip(), paragraph[match.end() :]):
            pieces.append(paragraph[start : match.end()].strip())
            start = match.end()
    pieces.append(paragraph[start:].strip())
    sentences = [""]
    for piece in pieces:
        sentences[-1] = f"{sentences[-1]} {piece}".strip()
        is_enumerator = re.fullmatch(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]+)[.)]+", piece)  # it belongs to the next piece
        if not is_enumerator or len(piece) == len(paragraph):
            sentences.append("")
    return [sentence for sentence in sentences if sentence]


# --- outline


def _readings(match: re.Match[str]) -> Iterator[tuple[str, int, str]]:
    """Yield what an enumerator may be: (style, value, label), the likelier first."""
    mark = match["inner"] or match["outer"]
    shape = "({})" if match["inner"] else "{}"
    if mark.isdigit():
        yield f"number {shape}", int(mark), shape.format(mark)
        return
    case = "upper" if mark.isupper() else "lower"
    if mark.casefold() in ROMAN and mark in (mark.upper(), mark.lower()):
        yield f"{case} roman {shape}", ROMAN.index(mark.casefold()) + 1, shape.format(mark)
    if len(mark) == 1 and (match["inner"] or match["dot"]):  # a heading may begin with the article
        yield f"{case} letter {shape}", ord(mark.casefold()) - ord("a") + 1, shape.format(mark)


class Outline:
    """The path of the section in which a text stands, kept from block to block.

    Each level has a style (roman, number, letter, number in brackets). An enumerator that goes on in a style of the
    path closes the levels below it; one that begins at 1, a or I opens a level; headings without one are counted.
    """

    def __init__(self) -> None:
        self._levels: list[tuple[str, int, str]] = []
        self._headings = 0

    @property
    def path(self) -> str:
        """Return the path, such as III-1-(2)-a; 0 before the first heading."""
        return "-".join(label for _, _, label in self._levels) or "0"

    def enter(self, block: str, *, heading: bool) -> str:
        """Move to the section that a block opens, if it opens one; return the block without its enumerator."""
        match = _ENUMERATOR.match(block)
        if match and (heading or match["inner"] or match["dot"]):
            readings = list(_readings(match))
            for style, value, label in readings:
                for depth, (known, last, _) in enumerate(self._levels):
                    if known == style and value == last + 1:
                        self._levels[depth:] = [(style, value, label)]
                        return block[match.end() :]
            for style, value, label in readings:
                if value == 1 and all(known != style for known, _, _ in self._levels):
                    self._levels.append((style, value, label))
                    return block[match.end() :]
        if heading:
            self._headings += 1
            depth = next((d for d, (style, _, _) in enumerate(self._levels) if style == "heading"), 0)
            self._levels[depth:] = [("heading", self._headings, f"#{self._headings}")]
        return block


def passages(text: str, last_block: int | None = None) -> list[Passage]:
    """Return the passages of a normalised text, in order, without those that have no token, such as a row of dashes.

    With last_block the text is read up to that block, because another document follows.
    """
    cut: list[Passage] = []
    outline, paragraph = Outline(), 0
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text)]
    for number, block in enumerate([block for block in blocks if block][:last_block], 1):
        if block.startswith("# "):
            title = outline.enter(block[2:], heading=True)
            cut.append(Passage(outline.path, number, 0, 0, True, title))
            continue
        paragraph += 1
        for count, sentence in enumerate(split_sentences(outline.enter(block, heading=False)), 1):
            cut.append(Passage(outline.path, number, paragraph, count, False, sentence))
    return [passage for passage in cut if tokenize(passage.text)]


def block_tokens(parts: Sequence[Passage]) -> Iterator[tuple[str, list[str]]]:
    """Yield section and tokens of each block, sentences joined, so that a quotation may run across a sentence end."""
    for _, of_block in groupby(parts, attrgetter("block")):
        block = list(of_block)
        yield block[0].section, [token for part in block for token in tokenize(part.text)]
