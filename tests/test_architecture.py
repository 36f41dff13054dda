"""The page on architecture: names that exist, and a claim on its way."""

import importlib
import re
from contextlib import suppress

import pytest
from altered import altered
from test_house import PACKAGES

from analysis.book.directives import claim_values
from analysis.claims.evidence import Evidence, load_evidence
from analysis.core import paths
from analysis.core.errors import ParameterError

PAGE = (paths.BOOK / "architecture.md").read_text(encoding="utf-8")


def unknown(page: str) -> list[str]:
    """The names of the code on a page, such as `claims.ledger.verdict_of`, that do not exist."""
    missing = []
    for name in re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", page):
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            with suppress(ModuleNotFoundError):
                there = importlib.import_module(".".join(["analysis", *parts[:length]]))
                break
        for part in parts[length:]:
            there = getattr(there, part, None)
        if there is None:
            missing.append(name)
    return missing


def test_the_page_says_of_each_package_what_its_docstring_says() -> None:
    assert set(PACKAGES) == {file.parent.name for file in paths.CODE.glob("*/__init__.py")}
    for name in PACKAGES:
        about = (importlib.import_module(f"analysis.{name}").__doc__ or "").partition("\n")[0]
        assert f"- **`{name}`**: {about}\n" in PAGE


def test_every_name_on_the_page_exists() -> None:
    assert len(re.findall(r"`\w+\.\w+\.\w+`", PAGE)) > 20
    assert unknown(PAGE) == []
    wrong = "`claims.ledger.verdict` `claims.nowhere` `runs.results.Results.take` `runs.results.Results.add`"
    assert unknown(wrong) == ["claims.ledger.verdict", "claims.nowhere", "runs.results.Results.take"]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


def test_the_values_of_a_claim_follow_its_rows(evidence: Evidence) -> None:
    values = claim_values(evidence, "C32")
    assert (values["check"], values["part"], values["verdict"]) == ("quotation", "detail", "confirmed with correction")
    right = values["arguments"].replace('"illegal"', '"unlawful"')
    checks = evidence.table("checks").replace({"arguments": {values["arguments"]: right}})
    changed = altered(evidence, {"checks": checks})
    assert claim_values(changed, "C32")["verdict"] == "confirmed"


@pytest.mark.parametrize(("claim", "message"), [("C99", "C99 is no claim_id"), ("C54", "C54 is judged")])
def test_a_claim_without_checks_is_refused(evidence: Evidence, claim: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        claim_values(evidence, claim)
