"""The page on architecture: the packages, and a claim on its way."""

import ast
from string import Template
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from analysis.book.entries import EntriesDirective
from analysis.claims import ledger
from analysis.claims.evidence import Evidence
from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.data.faults import row_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


PACKAGES = (
    "core",
    "data",
    "texts",
    "measures",
    "signals",
    "claims",
    "charts",
    "validation",
    "runs",
    "book",
    "release",
    "cli",
)  # each imports only from those before it


class Packages(SphinxDirective):
    """```{packages} becomes the list of the packages, each with the first line of its docstring."""

    def run(self) -> list[nodes.Node]:
        """The list."""
        lines = []
        for name in PACKAGES:
            source = (paths.CODE / name / "__init__.py").read_text(encoding="utf-8")
            about = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
            lines.append(f"- **`{name}`**: {about}")
        return parsed(self, "\n".join(lines))


def parsed(directive: SphinxDirective, markdown: str) -> list[nodes.Node]:
    """The nodes of a piece of Markdown where a directive stands."""
    holder = nodes.Element()
    source = directive.get_source_info()[0]
    directive.state.nested_parse(StringList(markdown.splitlines(), source), directive.content_offset, holder)
    return holder.children


def claim_values(evidence: Evidence, claim_id: str) -> dict[str, Any]:
    """Return what stands of a claim at the places of its way: its row, the decisive check, its outcome, the verdict.

    Raise ParameterError where there is no such claim, or none that checks decide.
    """
    evidence.rows("claims", "claim_id", [claim_id])
    claims, checked = evidence.table("claims"), ledger.outcomes(evidence, [claim_id])
    if checked.empty:
        raise ParameterError(f"{claim_id} is judged, and no check decides it")
    [claim] = claims[claims["claim_id"] == claim_id].itertuples()
    decisive = ledger.decisive(checked).iloc[0]
    rows = evidence.table("checks")
    here = (rows["entry_id"] == claim_id) & (rows["check_no"] == decisive["check_no"])
    return {
        "id": claim_id,
        "claim": claim.claim,
        "claim_row": row_of(claim.Index),
        "check": decisive["check"],
        "arguments": decisive["arguments"],
        "check_row": row_of(rows.index[here][0]),
        "part": decisive["part"],
        "expected": decisive["expected"],
        "found": decisive["found"],
        "verdict": ledger.verdict_of(checked),
    }


class WayOfClaim(EntriesDirective):
    """```{way-of-claim} C32 becomes its own text with what stands of the claim for $verdict, $check and the others."""

    has_content: ClassVar[bool] = True
    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """The parsed text."""
        try:
            values = claim_values(self.evidence(), self.arguments[0])
            return parsed(self, Template("\n".join(self.content)).substitute(values))
        except (ParameterError, KeyError) as error:
            raise self.error(f"{self.arguments[0]}: {error}") from None


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("packages", Packages)
    app.add_directive("way-of-claim", WayOfClaim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
