"""A package that is imported when it is used."""

import subprocess
import sys

import jsonschema
import pytest

import analysis  # noqa: F401  (it puts the stand-in in place)


def printed(code: str) -> str:
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", f"import sys; {code}"], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr


def test_altair_does_without_the_grammars() -> None:
    assert printed("import analysis, altair; print('rfc3987_syntax.syntax_helpers' in sys.modules)") == "False"


def test_they_are_imported_when_they_are_used() -> None:
    code = (
        "import analysis, altair, jsonschema; check = jsonschema.FormatChecker(); "
        "print(check.conforms('https://例え.jp', 'iri'), check.conforms('a b', 'iri'), "
        "'rfc3987_syntax.syntax_helpers' in sys.modules)"
    )
    assert printed(code) == "True False True"


def test_what_was_imported_before_stays() -> None:
    code = "import rfc3987_syntax as before, analysis; print(sys.modules['rfc3987_syntax'] is before)"
    assert printed(code) == "True"


@pytest.mark.parametrize(("value", "holds"), [("https://例え.jp", True), ("a b", False)])
def test_the_format_is_checked_as_before(value: str, holds: bool) -> None:
    assert jsonschema.FormatChecker().conforms(value, "iri") is holds
