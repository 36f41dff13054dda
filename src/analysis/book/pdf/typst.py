"""The builder of the PDF for Sphinx: all pages in one Typst file, beside its pictures and template."""

import json
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinxcontrib_typstbuilder import TypstBuilder  # type: ignore[import-untyped]

from analysis.book.gallery import gallery
from analysis.book.pdf.links import show_addresses
from analysis.book.pdf.text import prepare
from analysis.book.pdf.writer import BookTranslator
from analysis.core import paths


class BookBuilder(TypstBuilder):  # type: ignore[misc]
    """Writes the whole book as one Typst file beside its pictures and template."""

    name = "typst"
    default_translator_class = BookTranslator

    def write(self, *_: Any) -> None:
        """Write the book; the installed Sphinx knows only builders that write page by page."""
        self._write_doc(self.config.root_doc, "book", self.config.html_title, "template", [], self.config.pdf_metadata)

    def _assemble_doctree(self, startdocname: str, appendices: list[str]) -> nodes.document:
        root = self.env.get_doctree(startdocname)
        parts = {
            toctree["entries"][0][1]: toctree["caption"]
            for toctree in root.findall(addnodes.toctree)
            if toctree["entries"] and toctree.get("caption")
        }
        tree: nodes.document = super()._assemble_doctree(startdocname, appendices)
        tree["parts"] = parts
        for page in [page for page in tree.findall(addnodes.start_of_file) if next(page.findall(gallery), None)]:
            page.parent.remove(page)  # a list of figures stands at the beginning
        prepare(tree)
        show_addresses(tree)
        return tree

    def _copy_images(self, outdir: Path) -> None:
        for image, name in self.images.items():
            shutil.copyfile(Path(self.srcdir) / image, outdir / name)

    def _copy_download_files(self, outdir: Path) -> None:
        pass

    def _copy_template(self, template_name: str, outdir: Path) -> None:
        (outdir / "templates").mkdir(exist_ok=True)
        shutil.copyfile(paths.TYPST / "template.typ", outdir / "templates" / f"{template_name}.typ")

    def _write_metadata(self, title: str, extra_metadata: dict[str, Any], outdir: Path) -> None:
        (outdir / "metadata.json").write_text(json.dumps({"title": title, **extra_metadata}), encoding="utf-8")
