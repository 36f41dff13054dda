"""The article's quotations beside the wording on record: word for word or not, with the words that differ marked."""

from difflib import SequenceMatcher
from typing import cast

import pandas as pd

from analysis.core.wording import address_in_markdown, count, in_markdown, number, percent, table_in_markdown
from analysis.signals.events import named
from analysis.texts.features import Features
from analysis.texts.quotations import Ngrams, find_quotation
from analysis.texts.segment import tokenize

MATTERS = {"none": "nothing", "wording": "wording", "detail": "a detail", "meaning": "the meaning"}


def audit(quotations: pd.DataFrame, ngrams: Ngrams, features: Features) -> pd.DataFrame:
    """Return the table quotations with columns exact (it stands there word for word), on_record and looked_up.

    on_record is the wording on record: the quotation itself where it is exact, otherwise the nearest run of words of
    the document, or the recorded wording. looked_up says whether a document was searched.
    """
    exact, on_record = [], []
    for row in quotations.itertuples():
        words, wording, match = str(row.words), str(row.wording), None
        if row.document_id:
            match = find_quotation(words, str(row.document_id), ngrams, features, section=str(row.section))
            wording = wording or " … ".join(str(near) for near in match.nearest if near is not None)
        exact.append(match is not None and match.found)
        on_record.append(words if exact[-1] else wording)
    return quotations.assign(exact=exact, on_record=on_record, looked_up=quotations["document_id"] != "")


def mark_differences(one: str, other: str, mark: str = "**") -> tuple[str, str]:
    """Return both texts with the words that the other lacks between marks; capitals and punctuation do not count."""
    left, right = one.split(), other.split()
    a, b = ([" ".join(tokenize(word)) for word in words] for words in (left, right))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    marked: tuple[list[str], list[str]] = ([], [])
    for kind, start, end, begin, stop in matcher.get_opcodes():
        for words, part in ((marked[0], left[start:end]), (marked[1], right[begin:stop])):
            if part:
                words.append(" ".join(part) if kind == "equal" else f"{mark}{' '.join(part)}{mark}")
    return " ".join(marked[0]), " ".join(marked[1])


def summary(table: pd.DataFrame) -> str:
    """Return how the quotations fare, in one sentence. Takes the frame of `audit`."""
    searched = table[table["looked_up"]]
    differ = table[~table["exact"]]
    changed = int((table["matters"] == "meaning").sum())
    verb = "changes" if changed < 2 else "change"
    there, share = number(int(searched["exact"].sum())), percent(searched["exact"].mean())
    return (
        f"Of {number(len(table))} quotations {number(len(searched))} can be looked up in a text at hand, and {there} "
        f"of these stand there word for word ({share}). Of the {number(len(differ))} that differ from the wording on "
        f"record, {count(changed)} {verb} the meaning."
    )


def audit_markdown(table: pd.DataFrame) -> str:
    """Return the audit as Markdown: the summary, then a table in the order of the article."""
    heads = ("quotation", "the article quotes", "on record", "came through", "differs in", "why")
    rows = []
    for row in table.itertuples():
        words, on_record = mark_differences(in_markdown(str(row.words)), in_markdown(str(row.on_record)))
        native = str(row.original).replace("`", "’").replace("|", "\\|")
        original = f" ({{zh}}`{native}`)" if native else ""
        given, said_by = cast("tuple[tuple[str, ...], ...]", (row.attributed_to, row.said_by))
        speakers = f"said by {named(said_by)}" + (f", given to {named(given)}" if set(given) != set(said_by) else "")
        cells = (
            f"{row.quotation_id}, claim {{ref}}`{row.claim_id} <{str(row.claim_id).lower()}>`",
            f"“{words}”",
            f"“{on_record}”{original}, [source]({address_in_markdown(str(row.url))})",
            f"{in_markdown(str(row.door))}; {speakers}",
            MATTERS[str(row.matters)],
            in_markdown(str(row.remark)),
        )
        rows.append(cells)
    return f"{summary(table)}\n\n{table_in_markdown(heads, rows)}\n"
