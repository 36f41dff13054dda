"""The documents that the text measures compare: which are statements, which strategies, and which pair is in focus."""

import pandas as pd

from analysis.core.errors import ParameterError
from analysis.data.faults import close_matches

FOCAL_STATEMENT = "us-jpn-2025-02-07"
FOCAL_STRATEGY = "jpn-nds-2022"
# the joint statements of the leaders of Japan and the United States, 2021 to 2025
SERIES = ("us-jpn-2021-04-16", "us-jpn-2022-05-23", "us-jpn-2023-01-13", "us-jpn-2024-04-10", FOCAL_STATEMENT)
# Japan's strategic documents from 2010 on, by the names that charts use
STRATEGIES_OF_JAPAN = {
    "jpn-ndpg-2010": "NDPG 2010",
    "jpn-ndpg-2013": "NDPG 2013",
    "jpn-nss-2013": "NSS 2013",
    "jpn-ndpg-2018": "NDPG 2018",
    FOCAL_STRATEGY: "NDS 2022",
    "jpn-nss-2022": "NSS 2022",
    "jpn-dbp-2022": "Buildup Program 2022",
}
# the documents that quotations are checked in: of these the features hold hashed n-grams
QUOTED = (*SERIES, FOCAL_STRATEGY)


def ids(documents: pd.DataFrame, kind: str) -> list[str]:
    """Return the ids of the statements or strategies (column kind), in the order of the table."""
    return documents.loc[documents["kind"] == kind, "document_id"].to_list()


def comparable(documents: pd.DataFrame) -> pd.DataFrame:
    """Return the documents whose text is in English: only they can be placebos, since words are compared."""
    return documents[documents["language"] == "en"]


def find(name: str, value: object, documents: pd.DataFrame, kind: str = "document") -> str:
    """Return the id of a document, of a kind where one is named. Raises ParameterError with the nearest ids."""
    known = documents["document_id"].to_list() if kind == "document" else ids(documents, kind)
    if value not in known:
        nearest = close_matches(str(value), known) or known[:3]
        other_kind = f" (it is no {kind})" if value in set(documents["document_id"]) else ""
        raise ParameterError(
            f"{name}: {value!r} is not the id of a {kind}{other_kind}; nearest: {', '.join(nearest)}; "
            f"all {len(known)} stand in data/documents.csv"
        )
    return str(value)


def find_english(name: str, value: object, documents: pd.DataFrame, kind: str) -> str:
    """Return the id of a document of a kind in English, the language of the placebos. Raise ParameterError."""
    document_id = find(name, value, documents, kind)
    if document_id not in set(comparable(documents)["document_id"]):
        [language] = documents.loc[documents["document_id"] == document_id, "language"]
        raise ParameterError(
            f"{name}: {value!r} is in another language (column language: {language}); words are compared, and every "
            f"placebo is in English; allowed: a {kind} in English"
        )
    return document_id
