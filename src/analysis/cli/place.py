"""Where a command works, the repository or a case, and how its messages name files there."""

from analysis.core import paths
from analysis.data.faults import Fault


def place_of_tables() -> str:
    """The folder of the tables, for messages."""
    return f"cases/{paths.CASE}" if paths.CASE else "data"


def relative(path: object) -> str:
    """A path as messages name it: from the root of the repository."""
    return str(path).removeprefix(f"{paths.ROOT}/")


def enter_case() -> None:
    """Lay the case out. Raises ProjectError where it cannot be, or where a command that needs it whole finds faults."""
    from analysis.cases import settings
    from analysis.cases.layout import write_place
    from analysis.core.files import written

    folder = settings.find(paths.CASE)
    case = settings.read(folder)
    table = settings.all_documents(folder)
    [paragraphs] = table.loc[table["document_id"] == case.statement, "paragraphs"]
    with written(f"build/cases/{case.name}", "the case", "cases/ is untouched"):
        write_place(case, int(paragraphs))


def all_case_faults() -> list[Fault]:
    """All faults of the case that is laid out: of its tables, and then of the values of its parameters."""
    from analysis.cases import settings
    from analysis.cases.rules import case_faults, value_faults

    return case_faults() or list(value_faults(settings.read(settings.find(paths.CASE))))


def require_whole_case() -> None:
    """Raise DataError with all faults of the case, where the command works on one."""
    from analysis.data.faults import require_none

    if paths.CASE:
        require_none(all_case_faults())
