"""Where a command works, the repository or a case, and how its messages name files there."""

from analysis import paths
from analysis.faults import Fault


def place_of_tables() -> str:
    """The folder of the tables, for messages."""
    return f"cases/{paths.CASE}" if paths.CASE else "data"


def relative(path: object) -> str:
    """A path as messages name it: from the root of the repository."""
    return str(path).removeprefix(f"{paths.ROOT}/")


def enter_case() -> None:
    """Lay the case out. Raises ProjectError where it cannot be, or where a command that needs it whole finds faults."""
    from analysis import cases
    from analysis.case_place import write_place
    from analysis.files import written

    folder = cases.find(paths.CASE)
    case = cases.read(folder)
    table = cases.all_documents(folder)
    [paragraphs] = table.loc[table["document_id"] == case.statement, "paragraphs"]
    with written(f"build/cases/{case.name}", "the case", "cases/ is untouched"):
        write_place(case, int(paragraphs))


def all_case_faults() -> list[Fault]:
    """All faults of the case that is laid out: of its tables, and then of the values of its parameters."""
    from analysis import cases
    from analysis.case_rules import case_faults, value_faults

    return case_faults() or list(value_faults(cases.read(cases.find(paths.CASE))))


def require_whole_case() -> None:
    """Raise DataError with all faults of the case, where the command works on one."""
    from analysis.faults import require_none

    if paths.CASE:
        require_none(all_case_faults())
