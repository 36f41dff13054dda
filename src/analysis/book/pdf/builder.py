"""The PDF of the book: Sphinx writes Typst markup from the same sources as the HTML, and Typst sets it.

`writer` knows how each node is written, and `layout` mends what the end of a page would spoil. Date and version come
from the sources, fonts from this repository and from packages, so that the same sources give the same bytes.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.errors import NoUri
from sphinx.util.nodes import inline_all_toctrees

from analysis.book.charts import gallery
from analysis.book.cite import work_of
from analysis.book.pdf.layout import settle
from analysis.book.pdf.text import prepare, show_addresses
from analysis.book.pdf.writer import Writer
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.core.files import read_yaml

HEAD = """\
#import "template.typ": *
#let metadata = json("metadata.json")
#show: template.with(metadata: metadata)

"""
# for archives and screen readers; they refuse letters that no font has and pictures without alt text
STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]


def described(cff: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the title page and the properties take from CITATION.cff: abstract, keywords and the article."""
    texts: dict[str, Any] = {key: cff[key] for key in ("abstract", "keywords") if key in cff}
    for article in [work for work in cff.get("references", ()) if work["type"] == "article"][:1]:
        work = work_of(article)
        authors = ", ".join(author.initials() for author in work.authors)
        texts["article"] = {"authors": authors, "year": work.year, "title": work.title}
    return texts


def compile_markup(markup: Path, day: date) -> bytes:
    """Set Typst markup as a PDF, with no font but the book's. Raises BuildError with Typst's own words."""
    import noto_cjk  # type: ignore[import-untyped]
    import typst

    cjk = [noto_cjk.font_path("sans", "jp", style) for style in ("regular", "bold")]
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[paths.FONTS, *(file.parent for file in cjk)])
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    try:
        compiler = typst.Compiler(markup, root=markup.parent, font_paths=fonts)
        settle(compiler, markup.parent)
        pdf, warnings = compiler.compile_with_warnings(pdf_standards=[*STANDARDS], timestamp=midnight)
    except typst.TypstError as error:
        raise BuildError(f"the PDF could not be set:\n{_first_lines(error.diagnostic)}") from error
    if warnings:
        raise BuildError(f"the PDF could not be set:\n{_first_lines(warnings[0].diagnostic)}")
    assert isinstance(pdf, bytes)
    return pdf


def _first_lines(diagnostic: str) -> str:
    return "\n".join(line[:240] for line in diagnostic.strip().splitlines()[:8])


class BookBuilder(Builder):
    """Writes the whole book as one Typst file beside its pictures and template."""

    name = format = "typst"
    supported_image_types: ClassVar[list[str]] = [  # type: ignore[misc]
        f"image/{kind}" for kind in ("svg+xml", "webp", "png", "jpeg", "gif")
    ]

    def get_outdated_docs(self) -> str:
        """Return what Sphinx says it writes: always the whole book."""
        return "all documents"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return the label of a page. Raises NoUri where the book has no such page."""
        if docname not in self.pages:
            raise NoUri(docname, typ)
        return f"%{docname}"

    def get_relative_uri(self, _from: str, to: str, typ: str | None = None) -> str:
        """Return the label of a page, the same from everywhere."""
        return self.get_target_uri(to, typ)

    def write(self, *_: Any) -> None:
        """Write the book."""
        folder = Path(self.outdir, "book")
        folder.mkdir(exist_ok=True)
        tree = self.assemble()
        self.images: dict[str, str] = {}
        self.post_process_images(tree)
        markup = Writer(self, tree).write(tree)
        (folder / "book.typ").write_text(f"{HEAD}{markup}\n", encoding="utf-8")
        (folder / "metadata.json").write_text(json.dumps(self.metadata()), encoding="utf-8")
        shutil.copyfile(paths.TYPST / "template.typ", folder / "template.typ")
        for image, name in self.images.items():
            shutil.copyfile(Path(self.srcdir) / image, folder / name)

    def metadata(self) -> dict[str, Any]:
        """Return what the title page and the properties of the PDF say."""
        citation, config = Path(self.srcdir, "CITATION.cff"), self.config
        day = date.fromisoformat(config.book_day)
        return {
            **described(read_yaml(citation) if citation.exists() else {}),
            "title": config.html_title,
            "author": config.author,
            "subtitle": config.book_subtitle,
            "edition": f"version {config.version}",
            "date": {"year": day.year, "month": day.month, "day": day.day},
            "language": config.language,
        }

    def assemble(self) -> nodes.document:
        """Return the tree of the whole book; without the gallery, since the PDF begins with a list of figures."""
        root = self.config.root_doc
        tree = self.env.get_doctree(root)
        tree["docname"] = root
        tree["parts"] = {
            toctree["entries"][0][1]: toctree["caption"]
            for toctree in tree.findall(addnodes.toctree)
            if toctree["entries"] and toctree.get("caption")
        }
        self.pages = {root}
        tree = inline_all_toctrees(self, self.pages, root, tree, str, [root])
        self.env.resolve_references(tree, root, self)
        for page in [page for page in tree.findall(addnodes.start_of_file) if next(page.findall(gallery), None)]:
            page.parent.remove(page)
        prepare(tree)
        show_addresses(tree)
        return tree


def setup(app: Sphinx) -> None:
    """Add the builder of the PDF."""
    app.add_builder(BookBuilder)
