"""The documents that the text measures compare: which are statements, which strategies, and which pair is in focus."""

from collections.abc import Iterable

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
LEADERS = "leaders"  # the genre of the statements that are placebos of each other
LEAST = 10  # sentences of a whole statement: the mean match of fewer is noise, and would rank anywhere
OPENING = 9  # sentences of an opening: as many as the shortest that could be had
# the programs and strategies of its defense alone, of which one is in force at a time
DEFENSE_PROGRAMS = ("jpn-ndpg-2010", "jpn-ndpg-2013", "jpn-ndpg-2018", FOCAL_STRATEGY)
# the documents that quotations are checked in: of these the features hold hashed n-grams
QUOTED = (*SERIES, FOCAL_STRATEGY)


def ids(documents: pd.DataFrame, kind: str) -> list[str]:
    """Return the ids of the statements or strategies (column kind), in the order of the table."""
    return documents.loc[documents["kind"] == kind, "document_id"].to_list()


def comparable(documents: pd.DataFrame) -> pd.DataFrame:
    """Return the documents whose text is in English: only they can be placebos, since words are compared."""
    return documents[documents["language"] == "en"]


def among(documents: pd.DataFrame, *also: str, genres: Iterable[str] = (LEADERS,)) -> pd.DataFrame:
    """Return the strategies and the whole statements of some genres, and the documents with other ids besides."""
    chosen = (documents["kind"] == "strategy") | documents["genre"].isin(list(genres))
    return documents[(chosen & (documents["extent"] == "whole")) | documents["document_id"].isin(also)]


def find(name: str, value: object, documents: pd.DataFrame, kind: str = "document") -> str:
    """Return the id of a document, of a kind where one is named. Raises ParameterError with the nearest ids.

    A statement of which the opening alone was read is refused where a statement is asked for.
    """
    of_kind = documents if kind == "document" else documents[documents["kind"] == kind]
    known = of_kind["document_id"].to_list()
    if kind != "document":
        known = of_kind.loc[of_kind["extent"] == "whole", "document_id"].to_list()
    if value not in known:
        nearest = close_matches(str(value), known) or known[:3]
        other_kind = f" (it is no {kind})" if value in set(documents["document_id"]) else ""
        if value in set(of_kind["document_id"]):
            other_kind = " (its opening alone was read)"
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
