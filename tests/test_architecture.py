"""The page on architecture: layers that hold, names that exist, and a claim on its way."""

import re
from collections.abc import Callable

import pytest
from test_house import imports

from analysis import code_map, paths
from analysis.code_map import Layer, modules_markdown, read_layers
from analysis.errors import ParameterError
from analysis.evidence import Evidence, load_evidence
from analysis.sphinx_code import claim_values

PAGE = (paths.BOOK / "architecture.md").read_text(encoding="utf-8")


def described() -> list[str]:
    """The lines of the page that describe the layers."""
    [found] = re.findall(r"```\{code-layers\}\n(.*?)```", PAGE, re.DOTALL)
    return str(found).splitlines()


@pytest.fixture(scope="module")
def layers() -> list[Layer]:
    return read_layers(described())


def test_a_module_imports_from_its_own_layer_and_those_before_it(layers: list[Layer]) -> None:
    place = {module: number for number, layer in enumerate(layers) for module in layer.modules}
    imported = imports(code_map.trees())
    assert sum(map(len, imported.values())) > len(place)
    against = [(own, other) for own, others in imported.items() for other in others if place[other] > place[own]]
    assert against == []


def test_every_module_stands_in_the_table_with_what_it_is_about(layers: list[Layer]) -> None:
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \| (.+) \|$", modules_markdown(layers), re.MULTILINE)
    assert sorted(module for _, module, _ in rows) == sorted(code_map.trees())
    assert ("Ground", "paths", "Where everything is. No other module knows a path.") in rows


def test_every_name_on_the_page_exists() -> None:
    named = set(re.findall(r"\{code-name\}`([^`]+)`", PAGE))
    assert len(named) > 20
    assert named <= code_map.names()
    assert not {"ledger.verdict", "no_module", "results.Results.take"} & code_map.names()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [*lines, "Above"], "“Above” is no layer; allowed: name: purpose | modules"),
        (lambda lines: [*lines, "Above: More. | code_mop"], "has no module “code_mop” (nearest: code_map)"),
        (lambda lines: [*lines, "Above: More. | led*"], "Above: ledger is in a layer already (Claims)"),
        (lambda lines: lines[1:], "in no layer: code_map, errors, faults, files, "),
    ],
)
def test_wrong_layers_are_named(change: Callable[[list[str]], list[str]], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        read_layers(change(described()))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


def test_the_values_of_a_claim_follow_its_rows(evidence: Evidence) -> None:
    values = claim_values(evidence, "C32")
    assert (values["check"], values["part"], values["verdict"]) == ("quotation", "quotation", "misquoted")
    right = values["arguments"].replace("words=illegal", "words=unlawful")
    checks = evidence.tables["checks"].replace({"arguments": {values["arguments"]: right}})
    changed = Evidence({**evidence.tables, "checks": checks}, evidence.texts)
    assert claim_values(changed, "C32")["verdict"] == "confirmed"


@pytest.mark.parametrize(("claim", "message"), [("C99", "C99 is no claim_id"), ("C54", "C54 is judged")])
def test_a_claim_without_checks_is_refused(evidence: Evidence, claim: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        claim_values(evidence, claim)
