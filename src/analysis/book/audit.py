"""The audit of quotations in the book, made from the tables and the hashed n-grams."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from analysis.claims.quotation_audit import audit, audit_markdown
from analysis.data.tables import load
from analysis.texts.features import load_features, load_ngrams

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class QuotationAudit(SphinxDirective):
    """```{quotation-audit} becomes the summary and the table of the audit of data/quotations.csv."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The parsed Markdown."""
        data = Path(self.env.srcdir, "data")
        features = data / "features"
        for file in (data / "quotations.csv", features / "ngrams.parquet", features / "passages.parquet"):
            self.env.note_dependency(str(file))
        text = audit_markdown(audit(load("quotations", data), load_ngrams(features), load_features(features)))
        node = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), "quotation-audit"), self.content_offset, node)
        return node.children


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("quotation-audit", QuotationAudit)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
