"""The page on architecture: names of the code that must exist, the layers of modules, and a claim on its way."""

from string import Template
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis import code_map, ledger
from analysis.errors import ParameterError
from analysis.evidence import Evidence
from analysis.faults import row_of
from analysis.sphinx_book import named_text
from analysis.sphinx_entries import EntriesDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CodeNameRole(SphinxRole):
    """{code-name}`ledger.verdict_of` names a part of the code; one that does not exist is a warning."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The name as code."""
        found, messages = named_text(self, {name: name for name in code_map.names()}, "name of the code")
        return [nodes.literal(self.rawtext, node.astext()) for node in found], messages


class CodeLayers(SphinxDirective):
    """```{code-layers} becomes the list of the layers that its lines describe, and the table of their modules."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """The list and the table."""
        try:
            layers = code_map.read_layers(self.content)
        except ParameterError as error:
            raise self.error(str(error)) from None
        return parsed(self, code_map.layers_markdown(layers) + "\n" + code_map.modules_markdown(layers))


def parsed(directive: SphinxDirective, markdown: str) -> list[nodes.Node]:
    """The nodes of a piece of Markdown where a directive stands."""
    holder = nodes.Element()
    source = directive.get_source_info()[0]
    directive.state.nested_parse(StringList(markdown.splitlines(), source), directive.content_offset, holder)
    return holder.children


def claim_values(evidence: Evidence, claim_id: str) -> dict[str, Any]:
    """What stands of a claim at the places of its way: its row, the check that decides it, what that says, the verdict.

    Raises ParameterError where there is no such claim, or none that checks decide.
    """
    evidence.rows("claims", "claim_id", [claim_id])
    claims, checked = evidence.tables["claims"], ledger.outcomes(evidence, [claim_id])
    if checked.empty:
        raise ParameterError(f"{claim_id} is judged, and no check decides it")
    [claim] = claims[claims["claim_id"] == claim_id].itertuples()
    failing = checked[~checked["holds"]]
    decisive = (failing if len(failing) else checked).iloc[0]
    rows = evidence.tables["checks"]
    here = (rows["entry_id"] == claim_id) & (rows["check_no"] == decisive["check_no"])
    return {
        "id": claim_id,
        "claim": claim.claim,
        "claim_row": row_of(claim.Index),
        "check": decisive["check"],
        "arguments": decisive["arguments"],
        "check_row": row_of(rows.index[here][0]),
        "part": decisive["part"],
        "sentence": decisive["sentence"],
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
    app.add_role("code-name", CodeNameRole())
    app.add_directive("code-layers", CodeLayers)
    app.add_directive("way-of-claim", WayOfClaim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
